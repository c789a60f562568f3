/**
 * The small picture beside a piece of evidence, as numbers to draw: which levels over the positions, which chance, which
 * level against the one outside the door.  Input is a report and one piece of evidence; null where nothing was measured
 * that a picture could show.
 */
import type { Evidence, SweepReport } from "../api/types";
import { transmittersOf } from "./transmitters";

export type EvidencePicture =
  | { readonly kind: "levels"; readonly bars: readonly LevelBar[]; readonly strongest: LevelBar }
  | { readonly kind: "chance"; readonly p: number }
  | { readonly kind: "outside"; readonly hereDbm: number; readonly outsideDbm: number };

export interface LevelBar {
  readonly zoneId: string;
  /** In the zone of the finding. */
  readonly isOurs: boolean;
  /** dBm; null where it was not heard. */
  readonly levelDbm: number | null;
  /** Height of the bar, 0-1. */
  readonly share: number;
}

const FAINT_DBM = -95; // guessed: what receivers of this kind just hear
const LOUD_DBM = -25; // guessed: a sender at arm's length

export const LIGHT_CODES: ReadonlySet<string> = new Set(["follows_light", "follows_light_again", "does_not_follow"]);

export function pictureOf(evidence: Evidence, report: SweepReport): EvidencePicture | null {
  const observation = report.observations.find((one) => one.observation_id === evidence.observation_id);
  if (observation === undefined) return null;
  if (observation.modality === "rf") {
    const { level_dbm: hereDbm, baseline_dbm: outsideDbm } = observation;
    return hereDbm === null || outsideDbm === null ? null : { kind: "outside", hereDbm, outsideDbm };
  }
  if (observation.modality === "lens") return null; // its picture is the crop
  const p = observation.modality === "wifi" ? (observation.stimulus?.p_value ?? null) : null;
  if (p !== null && LIGHT_CODES.has(evidence.code)) return { kind: "chance", p };
  const zoneId = observation.zone_id;
  const transmitter = transmittersOf(report).find(({ wifi, ble }) =>
    [...wifi, ...ble].some((one) => one.observation_id === observation.observation_id),
  );
  const bars = (transmitter?.readings ?? []).map(({ position, medianDbm }) => ({
    zoneId: position.zone_id,
    isOurs: position.zone_id === zoneId,
    levelDbm: medianDbm,
    share: medianDbm === null ? 0 : shareOf(medianDbm),
  }));
  const heard = bars.filter(({ levelDbm }) => levelDbm !== null);
  if (heard.length < 2) return null;
  const strongest = heard.reduce((best, bar) => ((bar.levelDbm ?? 0) > (best.levelDbm ?? 0) ? bar : best));
  return { kind: "levels", bars, strongest };
}

export function shareOf(dbm: number): number {
  return Math.min(1, Math.max(0.04, (dbm - FAINT_DBM) / (LOUD_DBM - FAINT_DBM)));
}

const LEAST_P = 1e-5;

/** Where a p-value lies between "always by chance" (0) and one in 100,000 (1). */
export function chanceShare(p: number): number {
  return Math.min(1, Math.log10(Math.max(p, LEAST_P)) / Math.log10(LEAST_P));
}
