import type { SweepSummary } from "../api/types";
import type { MessageKey } from "../i18n/messages";

type NextStep = Extract<MessageKey, `next_${string}`>;

/** What a room needs next, from its newest sweep; a clean simulation still leaves the real sweep to do. */
export function nextStep(last: SweepSummary | null): NextStep {
  if (last === null) return "next_first";
  if (last.source !== "live" && last.result !== "suspected" && last.result !== "unfinished") return "next_demo";
  return `next_${last.result}`;
}
