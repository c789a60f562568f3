/** Which two visits are compared until somebody chooses: the last two real ones, else the last two of any kind. */
import type { SweepSummary } from "../api/types";

/** Nothing was measured without a probe, so there is nothing to compare. */
export const isMeasured = ({ outcome, equipment }: SweepSummary) => outcome !== null && equipment !== "not_measured";

/** Of sweeps with an end, the newest first; null when there are not two. The older one comes first. */
export function pairOf(closed: readonly SweepSummary[]): readonly [string, string] | null {
  const real = closed.filter((sweep) => sweep.source === "live");
  const [newer, older] = real.length >= 2 ? real : closed;
  return newer === undefined || older === undefined ? null : [older.sweep_id, newer.sweep_id];
}
