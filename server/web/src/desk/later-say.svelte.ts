/** The words of later pages in the chosen language. */
import { speaker, type PlainKeyOf } from "../i18n/speaker";
import { laterWords } from "./later-words";

export type LaterKey = PlainKeyOf<typeof laterWords>;

export const tell = speaker(laterWords);
