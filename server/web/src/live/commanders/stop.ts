/** The sweep was stopped, and its people decide. */
import { local, t } from "../../i18n/translate.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function stop({ feed }: Scene): Imperative {
  return { sentence: feed.stateText === null ? t("state_paused") : local(feed.stateText), caption: "" };
}
