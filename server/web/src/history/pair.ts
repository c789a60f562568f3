/** Which two visits are compared until somebody chooses: the last two real ones, else the last two of any kind. */
import type { SweepSummary } from "../api/types";
import { date, dateTime } from "../i18n/format";

/** Nothing was measured without a probe, so there is nothing to compare. */
export const isMeasured = ({ outcome, equipment }: SweepSummary) => outcome !== null && equipment !== "not_measured";

/** What an office's own list says of the past. */
export const isImported = ({ mode }: SweepSummary) => mode === "imported" || mode === "cited";

/** When that was; of a list without a time only the day. */
export const dayOf = ({ started }: SweepSummary) =>
  started.slice(11, 16) === "15:00" ? date(started) : dateTime(started); // midnight in Korea

/** Of sweeps with an end, the newest first; null when there are not two. The older one comes first. */
export function pairOf(closed: readonly SweepSummary[]): readonly [string, string] | null {
  const real = closed.filter((sweep) => sweep.source === "live");
  const [newer, older] = real.length >= 2 ? real : closed;
  return newer === undefined || older === undefined ? null : [older.sweep_id, newer.sweep_id];
}
