/** How evidence moves the odds of a finding, step by step from the prior to the posterior, in log10 odds. */
import type { Evidence, Finding } from "../api/types";

export interface Step {
  readonly evidence: Evidence;
  readonly from: number;
  readonly to: number;
}

export interface Walk {
  readonly steps: readonly Step[];
  /** Whole numbers that the scale shows, even odds (0) always among them. */
  readonly lowest: number;
  readonly highest: number;
}

/** Whether every weight was measured in the field, so that the sum may be read as odds (`are_measured` of sweep/report). */
export function areMeasured({ evidence_for, evidence_against }: Finding): boolean {
  return [...evidence_for, ...evidence_against].every(
    ({ weight_source: source }) => source === "field" || source === "measured",
  );
}

/** What speaks for it first, as the sheet lists it; the last step ends at the posterior (`walk_of` of the printed log). */
export function walkOf(finding: Finding): Walk {
  let at = finding.prior_log10_odds;
  const steps = [...finding.evidence_for, ...finding.evidence_against].map((evidence) => {
    const from = at;
    at += evidence.weight_log10;
    return { evidence, from, to: at };
  });
  const ends = [finding.prior_log10_odds, finding.posterior_log10_odds, ...steps.map((step) => step.to)];
  const { posterior_low_log10_odds: low, posterior_high_log10_odds: high, strong_from_log10_odds: strong } = finding;
  for (const end of [low, high, strong]) if (end !== null && end !== undefined) ends.push(end);
  return { steps, lowest: Math.floor(Math.min(...ends) - 0.2), highest: Math.max(1, Math.ceil(Math.max(...ends))) };
}
