/** The words of registers in the chosen language; they come with those pages. */
import { speaker, type PlainKeyOf } from "../i18n/speaker";
import { registerWords } from "./words";

export type RegisterKey = PlainKeyOf<typeof registerWords>;

export const say = speaker(registerWords);
