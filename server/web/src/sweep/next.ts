import type { RoomSummary } from "../api/types";
import type { MessageKey } from "../i18n/messages";

type NextStep = Extract<MessageKey, `next_${string}`>;

/** What a room needs next: what stands open in it, else its newest sweep; a clean simulation leaves the real one to do. */
export function nextStep({ standing, last_sweep: last }: RoomSummary): NextStep {
  if (standing !== null) return `next_${standing.result}`;
  if (last === null) return "next_first";
  if (last.source !== "live" && last.result !== "suspected" && last.result !== "unfinished") return "next_demo";
  return `next_${last.result}`;
}
