/** A response test: nobody moves while the light plays, or somebody walks by prompts. */
import { t } from "../../i18n/translate.svelte";
import { say } from "../say.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function test({ test: running, testS, now, zoneName }: Scene): Imperative {
  if (running === null) return { sentence: "", caption: "" };
  const { kind, prompt, nextPromptS, longestS, elapsedS, heardMs } = running;
  if (prompt === null)
    return {
      sentence: say("test_still"),
      caption: t(`response_test_${kind}`),
      seconds: say("aim_seconds", { s: Math.ceil(longestS - testS) }),
    };
  const sentence = t(prompt === "walk" ? "response_test_walk" : "response_test_stand");
  if (nextPromptS === null) return { sentence, caption: t(`response_test_${kind}`) };
  const n = Math.max(0, Math.ceil(nextPromptS - (now - heardMs) / 1000));
  const then =
    prompt === "walk"
      ? "response_test_next_stand"
      : elapsedS > 0
        ? "response_test_next_walk"
        : "response_test_next_begin";
  return { sentence, caption: [zoneName, t(then, { n })].filter((part) => part !== null).join(" · ") };
}
