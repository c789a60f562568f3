/** The words of the desk in the chosen language; they are fetched with the desk, not with the phone's first load. */
import { speaker, type PlainKeyOf } from "../i18n/speaker";
import { words } from "./words";

export type DeskKey = keyof typeof words;

/** Words without {placeholders}. */
export type PlainKey = PlainKeyOf<typeof words>;

export const say = speaker(words);
