/** Nothing is to be done but to wait. */
import { local, t } from "../../i18n/translate.svelte";
import { say } from "../say.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function wait(scene: Scene): Imperative {
  return { sentence: sentenceOf(scene), seconds: leftOf(scene) };
}

function sentenceOf({ feed, phase, isRunning, toStand }: Scene): string {
  if (!isRunning) return feed.stateText === null ? t(`state_${phase}`) : local(feed.stateText);
  if (feed.guidance !== null) return local(feed.guidance);
  if (feed.isMeasuring) return say("aim_hold");
  return toStand === null ? say("wait_next") : say("wait_stand", { zone: local(toStand.name) });
}

function leftOf({ feed: { progress, isMeasuring }, now }: Scene): string {
  if (!isMeasuring || typeof progress?.leftS !== "number") return "";
  const left = Math.max(0, Math.ceil(progress.leftS - Math.max(0, now - progress.heardMs) / 1000));
  return `${String(Math.floor(left / 60))}:${String(left % 60).padStart(2, "0")}`;
}
