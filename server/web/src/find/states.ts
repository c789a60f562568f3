/** What the state of a case lets a person do, how far its find is, and where a step leads. Pure. */
import type { CaseDetail } from "../api/types";
import type { Step } from "../desk/step-fields";

export type State = CaseDetail["state"];

export const PHASES = ["close", "call", "record", "hand_over"] as const;
/** Of six screens of the hand-over, the signature and the report to the city come once the police have it. */
const HAND_OVER = { all: 6, before: 4 };

/** How many phases of a find are done, the running one by its share; null: there is no find, or the police have ended it. */
export function phasesDone(state: State, screens: number, page: number): number | null {
  const share = Math.min(page, screens - 1) / screens;
  switch (state) {
    case "camera":
      return share;
    case "room_closed":
      return 1 + share;
    case "police_called":
      return page === 0 ? 2 : 3 + (share * HAND_OVER.before) / HAND_OVER.all;
    case "handed_over":
      return 3 + (HAND_OVER.before + page) / HAND_OVER.all;
    case "reported_to_city":
      return PHASES.length;
    default:
      return null;
  }
}

/** After the police have it, until they said what it was. */
const MAY_BE_ANSWERED: ReadonlySet<State> = new Set([
  "police_called",
  "handed_over",
  "reported_to_city",
  "police_camera",
  "police_none",
]);

export function mayHearPolice(state: State): boolean {
  return MAY_BE_ANSWERED.has(state);
}

/** Where a step without a second person leads, for the guide to go on while it waits; null: the case stays as it is. */
export function leadsTo(step: Step): State | null {
  switch (step.step) {
    case "room_closed":
    case "police_called":
    case "reported_to_city":
    case "not_reached":
    case "repaired":
      return step.step;
    case "unchanged":
      return "not_camera";
    case "defect_found":
      return "defect";
    case "rechecked":
      return step.holds ? "hole_repaired" : "defect";
    case "reopened":
      return "candidate";
    case "police_result":
      return step.result === "unknown" ? null : `police_${step.result}`;
    default:
      return null;
  }
}
/** Nothing was handed over yet: 112 stays in reach. */
export const AT_RISK: ReadonlySet<State> = new Set(["camera", "room_closed", "police_called"]);
/** From the call on, the file of the case may go to the police. */
export const WITH_POLICE: ReadonlySet<State> = new Set([
  "police_called",
  "handed_over",
  "reported_to_city",
  "police_camera",
]);
/** When a picture of a hole or a repair may be worth taking beside the steps. */
export const WORTH_A_PICTURE: ReadonlySet<State> = new Set([
  "candidate",
  "not_reached",
  "looked_at",
  "defect",
  "repaired",
]);
const MAY_BE_NONE: ReadonlySet<State> = new Set(["camera", "room_closed"]);

export function mayBeNone(state: State): boolean {
  return MAY_BE_NONE.has(state);
}
