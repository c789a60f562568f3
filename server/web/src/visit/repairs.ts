/** What of a case has to be repaired, for whoever keeps the building: nothing else of it. */
import type { CaseDetail, LocalText } from "../api/types";
import type { Defect } from "./checklist";

export interface Repair {
  readonly defect: Defect;
  readonly measuredMm: number | null;
  readonly due: string;
  /** Null where the case names none. */
  readonly zone: LocalText | null;
}

/** The last defect of a case; none of a case that has none. */
export function repairsOf(one: CaseDetail): readonly Repair[] {
  const found = one.events.flatMap(({ step }) =>
    step.step === "defect_found"
      ? [{ defect: step.defect, measuredMm: step.measured_mm, due: step.due, zone: one.zone }]
      : [],
  );
  return found.slice(-1);
}
