/** Every zone is through: what is left is to look again where that is asked for, and to end. */
import { local } from "../../i18n/translate.svelte";
import { say } from "../say.svelte";
import { asksTo } from "../so-far";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function finish({ feed: { guidance }, hasPending }: Scene): Imperative {
  // Whatever else the probe asks for at the end, it says itself.
  if (guidance !== null && !asksTo("stand_next", guidance)) return { sentence: local(guidance) };
  return { sentence: say(hasPending ? "finish_look" : "finish_now") };
}
