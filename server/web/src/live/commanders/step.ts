/** Where to stand next, or what is done outside the door before the room. */
import { local } from "../../i18n/translate.svelte";
import { say } from "../say.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function step({ next, before }: Scene): Imperative {
  if (before !== null) return { sentence: before.sentence, caption: say("outside_place") };
  return { sentence: next === null ? "" : local(next.text), caption: say("next_position_title") };
}
