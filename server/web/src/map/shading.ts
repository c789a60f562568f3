/** How the map shows a zone: the server's word of it over all methods, or what one method says alone. Pure. */
import type {
  FindingStands,
  FindingState,
  Modality,
  SweepDetail,
  Zone,
  ZoneCoverage,
  ZoneStands,
  ZoneState,
  ZoneVerdict,
} from "../api/types";
import type { IconName } from "../parts/icons";

/** `pending` only while a sweep runs: nothing has been said of the zone yet. `untold`: without a report the plan is bare. */
export type ShownState = ZoneState | "pending" | "untold";
export type ModalityChoice = Modality | "all";
/** What the map shows of the zones: what was said of them, or how much of them was looked at. Never both in one number. */
export type MapLayer = "verdict" | "coverage";
/** What stands of findings, by finding. */
export type Stands = ReadonlyMap<string, FindingState>;

export interface ZoneShade {
  readonly zone: Zone;
  /** By the equipment. */
  readonly state: ShownState;
  /** A find of persons in this zone, beside what the equipment says. */
  readonly find: FindingState | null;
  readonly ways: number;
  readonly unable: number;
  /** 0-1, of the chosen method, or the server's mean over all. */
  readonly quality: number;
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
  readonly verdicts: readonly Pick<ZoneVerdict, "zone_id" | "modality" | "verdict">[];
  readonly coverage: readonly (Pick<ZoneCoverage, "zone_id" | "modality" | "quality"> & { readonly status?: string })[];
  readonly places: readonly { readonly finding_id: string; readonly zone_id: string }[];
}

export const NOTHING_JUDGED: Judged = {
  isRunning: false,
  zones: [],
  findings: [],
  verdicts: [],
  coverage: [],
  places: [],
};

/** What is known of a sweep whose report is there. */
export function judgedOf(detail: SweepDetail | null): Judged {
  if (detail === null || detail.report === null) return NOTHING_JUDGED;
  const { verdicts, coverage, findings: places } = detail.report;
  return { isRunning: false, zones: detail.zones, findings: detail.findings, verdicts, coverage, places };
}

export function standsOf({ findings }: Pick<Judged, "findings">): Stands {
  return new Map(findings.map((one) => [one.finding_id, one.state]));
}

export function shadeZones(zones: readonly Zone[], judged: Judged, choice: ModalityChoice): ZoneShade[] {
  return zones.map((zone) => ({ zone, ...shadeZone(zone.zone_id, judged, choice) }));
}

function shadeZone(zoneId: string, judged: Judged, choice: ModalityChoice): Omit<ZoneShade, "zone"> {
  const isHere = (item: { zone_id: string; modality: Modality }) => item.zone_id === zoneId && item.modality === choice;
  const coverage = judged.coverage.find(isHere);
  const told = judged.zones.find((one) => one.zone_id === zoneId);
  const here = new Set(judged.places.filter((one) => one.zone_id === zoneId).map((one) => one.finding_id));
  const find = judged.findings.find((one) => here.has(one.finding_id) && FINDS.has(one.state));
  return {
    state:
      choice === "all"
        ? (told?.state ?? (judged.isRunning ? "pending" : "untold"))
        : methodState(coverage, judged.verdicts.find(isHere)),
    find: find?.state ?? null,
    ways: choice === "all" ? (told?.ways ?? 0) : 1,
    unable: choice === "all" ? (told?.unable ?? 0) : 0,
    quality: (choice === "all" ? told?.looked : coverage?.quality) ?? 0,
  };
}

/** What one method says of a zone: its own verdict; without one, whether it looked at all. */
export function methodState(
  coverage: { readonly status?: string } | undefined,
  verdict: Pick<ZoneVerdict, "verdict"> | undefined,
): ZoneState {
  if (verdict !== undefined && verdict.verdict !== "not_assessable")
    return verdict.verdict === "candidate" ? "to_inspect" : verdict.verdict;
  return coverage === undefined || coverage.status === "not_looked" ? "not_looked" : "not_assessable";
}

/** Coverage in the five steps that the map can show: 0 not looked at ... 4 nearly everything. */
export function qualityStep(quality: number): number {
  return Math.ceil(Math.min(1, Math.max(0, quality)) * 4);
}

/** The zone's corners (x_m, y_m); the generated types forget that a point has two numbers. */
export function cornersOf(zone: Zone): [number, number][] {
  return zone.polygon.map(([x = 0, y = 0]) => [x, y]);
}
