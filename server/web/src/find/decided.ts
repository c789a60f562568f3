/** What was decided of a thing in its guide, and whether one person's word still changes anything. Pure. */
import type { CaseDetail } from "../api/types";
import { isAgain } from "../desk/case-state";
import { WITH_POLICE, type State } from "./states";

type Event = CaseDetail["events"][number];

/** Steps that say what it is, or ask it anew. */
const DECIDES: ReadonlySet<string> = new Set([
  "camera",
  "not_camera",
  "defect_found",
  "unchanged",
  "police_result",
  "reopened",
]);
const UNDECIDED: ReadonlySet<State> = new Set(["candidate", "not_reached", "looked_at"]);

/** Oldest first. */
export function decisionsIn(one: CaseDetail): readonly Event[] {
  return one.events.filter(({ step }) => DECIDES.has(step.step));
}

/** By its guide or the police: from then on the guide alone says what may follow. */
export function isDecided(one: CaseDetail): boolean {
  if (UNDECIDED.has(one.state) || isAgain(one)) return false;
  if (WITH_POLICE.has(one.state) || one.state === "police_none") return true;
  const last = decisionsIn(one).at(-1);
  return last !== undefined && last.step.step !== "reopened";
}
