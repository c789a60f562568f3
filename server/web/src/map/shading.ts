/** How the map shows a zone: the server's word of it over all methods, or what one method says alone. Pure. */
import type {
  FindingStands,
  FindingState,
  Modality,
  SweepDetail,
  TargetCoverage,
  Zone,
  ZoneCoverage,
  ZoneStands,
  ZoneState,
  ZoneVerdict,
} from "../api/types";
import type { IconName } from "../parts/icons";
import { shownTarget } from "../sweep/chance";
import type { ModalityChoice } from "../sweep/modalities";
import { shadeOf } from "../walls/cells";

/** `pending` only while a sweep runs: nothing has been said of the zone yet. `untold`: without a report the plan is bare. */
export type ShownState = ZoneState | "pending" | "untold";
/** What the map shows of the zones: what was said of them, or what would have been found. Never both in one number. */
export type MapLayer = "verdict" | "coverage";
/** What stands of findings, by finding. */
export type Stands = ReadonlyMap<string, FindingState>;

export interface ZoneShade {
  readonly zone: Zone;
  /** The sweep is not over: what is said of it may still change. */
  readonly isSoFar: boolean;
  /** By the equipment. */
  readonly state: ShownState;
  /** A find of persons in this zone, beside what the equipment says. */
  readonly find: FindingState | null;
  readonly ways: number;
  readonly unable: number;
  /** Of the target that the map shows; null where nothing was told of it. */
  readonly chance: TargetCoverage | null;
}

export const STATE_ICON: Readonly<Record<ShownState | "find", IconName>> = {
  clear: "check",
  find: "flag",
  to_inspect: "eye",
  nothing_detected: "ring",
  not_assessable: "question",
  not_looked: "minus",
  pending: "minus",
  untold: "minus",
};
const FINDS: ReadonlySet<FindingState> = new Set(["confirmed", "found"]);

export interface Judged {
  readonly isRunning: boolean;
  readonly zones: readonly ZoneStands[];
  readonly findings: readonly FindingStands[];
  readonly verdicts: readonly (Pick<ZoneVerdict, "zone_id" | "modality" | "verdict"> &
    Partial<Pick<ZoneVerdict, "clear_of" | "not_clear_of">>)[];
  readonly coverage: readonly (Pick<ZoneCoverage, "zone_id" | "modality"> & { readonly status?: string })[];
  readonly targets: readonly TargetCoverage[];
  readonly places: readonly { readonly finding_id: string; readonly zone_id: string }[];
}

export const NOTHING_JUDGED: Judged = {
  isRunning: false,
  zones: [],
  findings: [],
  verdicts: [],
  coverage: [],
  targets: [],
  places: [],
};

/** What is known of a sweep whose report is there. */
export function judgedOf(detail: SweepDetail | null): Judged {
  if (detail === null || detail.report === null) return NOTHING_JUDGED;
  const { verdicts, coverage, targets, findings: places } = detail.report;
  return { isRunning: false, zones: detail.zones, findings: detail.findings, verdicts, coverage, targets, places };
}

export function standsOf({ findings }: Pick<Judged, "findings">): Stands {
  return new Map(findings.map((one) => [one.finding_id, one.state]));
}

export function shadeZones(zones: readonly Zone[], judged: Judged, choice: ModalityChoice): ZoneShade[] {
  const target = shownTarget(judged.targets, choice);
  return zones.map((zone) => ({
    zone,
    isSoFar: judged.isRunning,
    ...shadeZone(zone.zone_id, judged, choice),
    chance: judged.targets.find((one) => one.zone_id === zone.zone_id && one.target === target) ?? null,
  }));
}

function shadeZone(
  zoneId: string,
  judged: Judged,
  choice: ModalityChoice,
): Omit<ZoneShade, "zone" | "isSoFar" | "chance"> {
  const isHere = (item: { zone_id: string; modality: Modality }) => item.zone_id === zoneId && item.modality === choice;
  const coverage = judged.coverage.find(isHere);
  const told = judged.zones.find((one) => one.zone_id === zoneId);
  const here = new Set(judged.places.filter((one) => one.zone_id === zoneId).map((one) => one.finding_id));
  const find = judged.findings.find((one) => here.has(one.finding_id) && FINDS.has(one.state));
  return {
    state:
      choice === "all"
        ? (told?.state ?? (judged.isRunning ? "pending" : "untold"))
        : methodState(coverage, judged.verdicts.find(isHere), judged.targets.filter(isHere)),
    find: find?.state ?? null,
    ways: choice === "all" ? (told?.ways ?? 0) : 1,
    unable: choice === "all" ? (told?.unable ?? 0) : 0,
  };
}

/** What one method says of a zone: clear only of all its targets and by the field, as the server says of a zone; without
 * a verdict, whether it looked at all. */
export function methodState(
  coverage: { readonly status?: string } | undefined,
  verdict: (Pick<ZoneVerdict, "verdict"> & Partial<Pick<ZoneVerdict, "clear_of" | "not_clear_of">>) | undefined,
  targets: readonly Pick<TargetCoverage, "target" | "source">[] = [],
): ZoneState {
  if (verdict !== undefined && verdict.verdict !== "not_assessable") {
    if (verdict.verdict === "candidate") return "to_inspect";
    const clear = new Set(verdict.clear_of);
    const isProven = targets.length > 0 && targets.every((one) => one.source === "field" && clear.has(one.target));
    return isProven && (verdict.not_clear_of ?? []).length === 0 ? "clear" : "nothing_detected";
  }
  return coverage === undefined || coverage.status === "not_looked" ? "not_looked" : "not_assessable";
}

/** The shade of a zone by what would have been found in it: 1 to 4 as of its walls, 0 where that cannot be said. */
export function chanceStep({ chance }: ZoneShade): number {
  return chance === null || chance.probability === null ? 0 : 1 + shadeOf(10 * chance.probability);
}

/** Zones in the order in which eyes should go on: first where nobody can say what would have been found, then where least. */
export function leastSeen(shades: readonly ZoneShade[]): ZoneShade[] {
  const seen = ({ chance }: ZoneShade) => chance?.probability ?? -1;
  return [...shades].sort((one, other) => seen(one) - seen(other));
}

/** A share in the five steps that the map can show: 0 nothing ... 4 nearly everything. */
export function shareStep(share: number): number {
  return Math.ceil(Math.min(1, Math.max(0, share)) * 4);
}

/** The zone's corners (x_m, y_m); the generated types forget that a point has two numbers. */
export function cornersOf(zone: Zone): [number, number][] {
  return zone.polygon.map(([x = 0, y = 0]) => [x, y]);
}
