/** The probe measures nothing until a hand has done something. */
import { say } from "../say.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function condition({ hindrance }: Scene): Imperative {
  return { sentence: hindrance === null ? "" : say(`hindrance_${hindrance}`) };
}
