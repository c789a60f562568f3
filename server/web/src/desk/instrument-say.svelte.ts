/** Words of the page of instruments, which come with that page and not with the desk's first load. */
import { speaker, type PlainKeyOf } from "../i18n/speaker";
import { instrumentWords } from "./instrument-words";

export type InstrumentKey = PlainKeyOf<typeof instrumentWords>;

export const say = speaker(instrumentWords);
