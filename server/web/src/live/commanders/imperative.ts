/** What whoever commands says: one sentence, and what stands beside it.  One file for each. */
import { word } from "../../i18n/glossary";
import { modalityName } from "../../sweep/modalities";
import { t } from "../../i18n/translate.svelte";
import type { Commander } from "../arbiter";
import { aim } from "./aim";
import { condition } from "./condition";
import { finish } from "./finish";
import { found } from "./found";
import { look } from "./look";
import { lost } from "./lost";
import { near } from "./near";
import type { Scene } from "./scene.svelte";
import { step } from "./step";
import { stop } from "./stop";
import { test } from "./test";
import { wait } from "./wait";

export interface Imperative {
  readonly sentence: string;
  /** What comes before it for whoever does not see the picture. */
  readonly unseen?: string;
  /** What comes before it for whoever hears it only. */
  readonly heard?: string;
  /** Above the picture; where there is none, what is measured. */
  readonly caption?: string;
  /** What is left of it, as text. */
  readonly seconds?: string;
  /** Beside the seconds of a simulation, whose clock is not the one on the wall. */
  readonly pace?: string;
  readonly picture?: "wall" | "net" | "lens";
}

const OF: Readonly<Record<Commander, (scene: Scene) => Imperative>> = {
  lost,
  stop,
  found,
  condition,
  test,
  look,
  near,
  aim,
  finish,
  step,
  wait,
};

export function imperativeOf(scene: Scene): Required<Omit<Imperative, "picture">> & {
  readonly picture: "wall" | "net" | "lens" | "plan";
} {
  const { sentence, unseen = "", heard = unseen, caption, seconds = "", picture = "plan" } = OF[scene.commander](scene);
  return {
    sentence,
    unseen,
    heard,
    caption: caption ?? measured(scene),
    seconds,
    pace: seconds !== "" && scene.feed.probe?.role === "demo" ? word("pace", "simulated") : "",
    picture,
  };
}

/** Where one stands and what is measured there. */
function measured({ feed, isRunning, isBefore, zoneName }: Scene): string {
  if (!isRunning || isBefore) return "";
  const modality = feed.progress?.modality;
  if (modality && zoneName !== null) return t("live_now", { zone: zoneName, modality: modalityName(modality) });
  return zoneName ?? "";
}
