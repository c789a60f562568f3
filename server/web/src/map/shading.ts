/** What colour, pattern and icon a zone gets: pure functions from verdicts and coverage to what the map draws. */
import type { DispositionVerdict, Finding, Modality, VerdictName, Zone, ZoneCoverage, ZoneVerdict } from "../api/types";
import type { IconName } from "../parts/icons";
import { modalitiesOf } from "../sweep/modalities";

/** `pending` only while a sweep runs: nothing has been said of the zone yet. `found` is a person's word, never the probe's. */
export type ShownVerdict = VerdictName | "pending" | "found";
export type ModalityChoice = Modality | "all";
/** What the map shows of the zones: what was said of them, or how much of them was looked at. Never both in one number. */
export type MapLayer = "verdict" | "coverage";
/** What persons said of findings, by finding. */
export type Decided = ReadonlyMap<string, DispositionVerdict>;

export interface ZoneShade {
  readonly zone: Zone;
  readonly verdict: ShownVerdict;
  /** 0-1, of the chosen modality or the mean over all; what was not looked at counts as 0. */
  readonly quality: number;
}

export const VERDICT_ICON: Readonly<Record<ShownVerdict, IconName>> = {
  clear: "check",
  found: "flag",
  candidate: "eye",
  nothing_detected: "ring",
  not_assessable: "question",
  pending: "minus",
};

interface Judged {
  readonly verdicts: readonly Pick<ZoneVerdict, "zone_id" | "modality" | "verdict">[];
  readonly coverage: readonly Pick<ZoneCoverage, "zone_id" | "modality" | "quality">[];
  readonly findings: readonly Pick<Finding, "finding_id" | "zone_id">[];
}

const GRAVEST_FIRST: readonly DispositionVerdict[] = ["camera_found", "cannot_exclude", "recheck", "no_camera"];

/** Of several decisions about a finding the gravest counts, as in the log. */
export function decidedOf(
  dispositions: readonly { readonly finding_id: string | null; readonly verdict: DispositionVerdict }[],
): Decided {
  const gravest = new Map<string, DispositionVerdict>();
  for (const verdict of [...GRAVEST_FIRST].reverse())
    for (const made of dispositions)
      if (made.finding_id !== null && made.verdict === verdict) gravest.set(made.finding_id, verdict);
  return gravest;
}

const NOTHING_DECIDED: Decided = new Map();

export function shadeZones(
  zones: readonly Zone[],
  judged: Judged,
  choice: ModalityChoice,
  decided: Decided = NOTHING_DECIDED,
): ZoneShade[] {
  return zones.map((zone) => ({ zone, ...shadeZone(zone.zone_id, judged, choice, decided) }));
}

function shadeZone(zoneId: string, judged: Judged, choice: ModalityChoice, decided: Decided): Omit<ZoneShade, "zone"> {
  const isChosen = (item: { zone_id: string; modality: Modality }) =>
    item.zone_id === zoneId && (choice === "all" || item.modality === choice);
  const said = judged.verdicts.filter(isChosen).map((verdict) => verdict.verdict);
  const covered = judged.coverage.filter(isChosen).reduce((sum, coverage) => sum + coverage.quality, 0);
  const findings = judged.findings.filter((finding) => finding.zone_id === zoneId);
  const isFound = findings.some(({ finding_id }) => decided.get(finding_id) === "camera_found");
  const isCandidate = choice === "all" && findings.length > 0;
  return {
    verdict: isFound ? "found" : isCandidate ? "candidate" : worstFirst(said),
    quality: covered / (choice === "all" ? modalitiesOf(judged.coverage).length : 1),
  };
}

/** One word for several: a candidate outweighs everything, then what one modality at least can say. */
export function worstFirst(said: readonly VerdictName[]): ShownVerdict {
  if (said.includes("candidate")) return "candidate";
  if (said.includes("clear")) return "clear";
  if (said.includes("nothing_detected")) return "nothing_detected";
  return said.length > 0 ? "not_assessable" : "pending";
}

/** Coverage in the five steps that the map can show: 0 not looked at ... 4 nearly everything. */
export function qualityStep(quality: number): number {
  return Math.ceil(Math.min(1, Math.max(0, quality)) * 4);
}

/** The zone's corners (x_m, y_m); the generated types forget that a point has two numbers. */
export function cornersOf(zone: Zone): [number, number][] {
  return zone.polygon.map(([x = 0, y = 0]) => [x, y]);
}
