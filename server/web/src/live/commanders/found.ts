/** An eye took something for a camera. */
import { local } from "../../i18n/translate.svelte";
import { say } from "../say.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function found({ found: seen }: Scene): Imperative {
  return { sentence: say("eye_untouched"), caption: seen === null ? "" : local(seen.where) };
}
