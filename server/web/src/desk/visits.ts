/** Two visits of one room side by side: coverage and verdicts by zone, and which transmitters stayed, came or went. */
import type { SweepReport, VerdictName } from "../api/types";

export interface ZoneSide {
  readonly verdict: VerdictName | null;
  /** 0 to 1; null where nothing was looked at. */
  readonly quality: number | null;
}
export interface ZonePair {
  readonly zoneId: string;
  readonly name: { readonly ko: string; readonly en: string };
  readonly older: ZoneSide;
  readonly newer: ZoneSide;
}
export interface Air {
  readonly stayed: number;
  readonly came: number;
  readonly went: number;
  /** False where the tags of the two visits are of different keys. */
  readonly isComparable: boolean;
}

const GRAVITY: readonly VerdictName[] = ["candidate", "not_assessable", "nothing_detected", "clear"];

/** The gravest verdict of a zone, and the best coverage any modality had there. */
function sideOf(report: SweepReport, zoneId: string): ZoneSide {
  const verdicts = report.verdicts.filter((one) => one.zone_id === zoneId).map((one) => one.verdict);
  const looked = report.coverage.filter((one) => one.zone_id === zoneId && one.status !== "not_looked");
  return {
    verdict: GRAVITY.find((verdict) => verdicts.includes(verdict)) ?? null,
    quality: looked.length === 0 ? null : Math.max(...looked.map((one) => one.quality)),
  };
}

export function zonesOf(older: SweepReport, newer: SweepReport): readonly ZonePair[] {
  const names = new Map([...older.plan.zones, ...newer.plan.zones].map((zone) => [zone.zone_id, zone.name]));
  return [...names].map(([zoneId, name]) => ({
    zoneId,
    name,
    older: sideOf(older, zoneId),
    newer: sideOf(newer, zoneId),
  }));
}

/** Tags by the key they were made with; only those of the room's own key outlive a sweep. */
function tagsOf(report: SweepReport): { readonly tags: ReadonlySet<string>; readonly keys: ReadonlySet<string> } {
  const tokens = report.observations
    .flatMap((one) => (one.modality === "wifi" ? one.addresses : []))
    .filter((token) => token.scheme === "room");
  return {
    tags: new Set(tokens.map((token) => `${token.key_id}/${token.tag}`)),
    keys: new Set(tokens.map((token) => token.key_id)),
  };
}

export function airOf(older: SweepReport, newer: SweepReport): Air {
  const [before, now] = [tagsOf(older), tagsOf(newer)];
  const stayed = [...now.tags].filter((tag) => before.tags.has(tag)).length;
  const isComparable =
    before.keys.size === 0 || now.keys.size === 0 || [...now.keys].some((key) => before.keys.has(key));
  return { stayed, came: now.tags.size - stayed, went: before.tags.size - stayed, isComparable };
}
