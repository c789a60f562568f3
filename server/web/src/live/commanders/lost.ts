/** Nothing is heard of the probe: what stands on the screen may no longer be so. */
import { clockTime } from "../../i18n/format";
import { t } from "../../i18n/translate.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function lost({ feed }: Scene): Imperative {
  if (feed.connection === "open") return { sentence: t("live_probe_offline") };
  const since = feed.lastHeardMs;
  const when = since === null ? "" : ` · ${t("state_last_heard", { when: clockTime(since) })}`;
  return { sentence: `${t("state_stale")}${when}` };
}
