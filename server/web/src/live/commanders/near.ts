/** Something leads the hand to a candidate. */
import { say } from "../say.svelte";
import { SHORT_TAG } from "../../sweep/transmitters";
import type { NearNow } from "../near";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function near({ lead }: Scene): Imperative {
  if (lead === null) return { sentence: "", caption: "" };
  return {
    sentence: say(`near_${lead.guide}`),
    caption: leadName(lead),
    ...(lead.thing.modality === "lens" ? { picture: "lens" as const } : {}),
  };
}

/** What leads, as the screen names it. */
export function leadName({ thing: { modality, tag } }: NearNow): string {
  if (modality !== "wifi") return say(modality === "lens" ? "near_lens" : "near_rf");
  return say("near_wifi", { tag: (tag ?? "").slice(0, SHORT_TAG) });
}
