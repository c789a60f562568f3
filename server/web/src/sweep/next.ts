import type { CaseView, RoomSummary } from "../api/types";
import type { MessageKey } from "../i18n/messages";
import { word } from "../i18n/glossary";
import { local, t } from "../i18n/translate.svelte";

type NextStep = Extract<MessageKey, `next_${string}`>;
/** What leads there: a sweep, the map of the last one, its checklist. */
export type NextAct = "start" | "map" | "checklist";

const OF_FIND = { report: "next_found", hand_over: "next_hand_over", police_result: "next_police" } as const;
const OF_OTHERS = { supervisor: "next_supervisor", police: "next_police", facility: "next_facility" } as const;

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

/** Where the button at the thumb leads, while no case is open. */
export function nextAct(room: RoomSummary): NextAct {
  const step = nextStep(room);
  if (room.last_sweep === null || ["next_first", "next_demo", "next_recheck", "next_none"].includes(step))
    return "start";
  return step === "next_by_eye" ? "checklist" : "map";
}

/** In words; what was found says by its own case how far it is. `cases`: the open ones of the room, null while unknown. */
export function nextOf(room: RoomSummary, cases: readonly CaseView[] | null): string {
  const found = cases?.find(({ is_found }) => is_found);
  if (found !== undefined) return local(found.next);
  return t(nextStep(room));
}

/** In one sentence: what its gravest case asks of whoever stands here, else what the room needs. */
export function imperativeOf(room: RoomSummary, gravest: CaseView | undefined): string {
  if (gravest === undefined) return t(nextStep(room));
  if (gravest.is_found) return t(room.standing?.state === "found" ? nextStep(room) : "next_found");
  return t(gravest.whose === "pair" || gravest.whose === "nobody" ? "next_to_inspect" : OF_OTHERS[gravest.whose]);
}

/** What nobody has closed, by its state; empty without any. */
export function standingWords({ standing }: RoomSummary): string {
  const counts = standing?.counts ?? [];
  return counts.map(({ state, count }) => t("room_standing", { word: word("finding", state), n: count })).join(" · ");
}
