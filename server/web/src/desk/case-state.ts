/** States of cases: how grave they look, and the way of a found camera. */
import type { CaseView } from "../api/types";

export type CaseState = CaseView["state"];

export const STATES: readonly CaseState[] = [
  "candidate",
  "not_reached",
  "looked_at",
  "defect",
  "repaired",
  "camera",
  "room_closed",
  "police_called",
  "handed_over",
  "reported_to_city",
  "police_camera",
  "police_none",
  "not_camera",
  "hole_repaired",
];

/** The guided procedure, in its order. */
export const PROCEDURE: readonly CaseState[] = [
  "camera",
  "room_closed",
  "police_called",
  "handed_over",
  "reported_to_city",
];

/** How far a case is on that way; what the police said comes after all of it. */
export function placeOnWay(state: CaseState): number {
  return state === "police_camera" ? PROCEDURE.length : PROCEDURE.indexOf(state);
}

/** Closed as no camera some months ago: the day on which it opens again has come. */
export function isAgain(one: Pick<CaseView, "is_open" | "state">): boolean {
  return one.is_open && one.state === "not_camera";
}

/** What is looked at first: found cameras, then what waits, then what has opened again. */
export function urgency(one: Pick<CaseView, "is_open" | "is_found" | "state">): number {
  if (one.is_found && one.is_open) return 0;
  if (one.is_open) return isAgain(one) ? 2 : 1;
  return 3;
}

export function tone(one: Pick<CaseView, "is_open" | "is_found">): string {
  if (one.is_found) return one.is_open ? "tag grave" : "tag";
  return one.is_open ? "tag asks" : "tag calm";
}
