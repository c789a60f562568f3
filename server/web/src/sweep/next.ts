import type { CaseView, RoomSummary } from "../api/types";
import type { MessageKey } from "../i18n/messages";
import { word } from "../i18n/glossary";
import { local, t } from "../i18n/translate.svelte";

type NextStep = Extract<MessageKey, `next_${string}`>;

const OF_FIND = { report: "next_found", hand_over: "next_hand_over", police_result: "next_police" } as const;

/** What a room needs next: what stands open in it, else its newest sweep; a clean simulation leaves the real one to do. */
function nextStep({ standing, last_sweep: last, persons, equipment }: RoomSummary): NextStep {
  switch (standing?.state) {
    case "found":
      return standing.asks === null ? "next_found" : OF_FIND[standing.asks];
    case "suspected":
    case "recheck":
    case "to_inspect":
      return `next_${standing.state}`;
  }
  if (last === null) return "next_first";
  if (last.outcome === null) return "next_unfinished";
  if (persons === "suspected" || persons === "recheck") return `next_${persons}`;
  if (last.source !== "live") return "next_demo";
  if (equipment === "partly" || equipment === "not_assessable") return "next_recheck";
  return persons === "not_recorded" || persons === "not_done" ? "next_by_eye" : "next_none";
}

/** It may wait: nothing in it is suspected, and its day is the schedule's. */
export function mayWait(room: RoomSummary): boolean {
  return ["next_first", "next_unfinished", "next_demo", "next_recheck", "next_by_eye"].includes(nextStep(room));
}

/** In words; what was found says by its own case how far it is. `cases`: the open ones of the room, null while unknown. */
export function nextOf(room: RoomSummary, cases: readonly CaseView[] | null): string {
  const found = cases?.find(({ is_found }) => is_found);
  if (found !== undefined) return local(found.next);
  return t(nextStep(room));
}

/** What nobody has closed, by its state; empty without any. */
export function standingWords({ standing }: RoomSummary): string {
  const counts = standing?.counts ?? [];
  return counts.map(({ state, count }) => t("room_standing", { word: word("finding", state), n: count })).join(" · ");
}
