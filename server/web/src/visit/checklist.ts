/**
 * The checklist of a visit: what was seen in each zone, and the note of the visit that follows from it. Pure.
 *
 * Input are a plan's zones and what was ticked; output is the note as the server takes it. A part that nobody ticked was
 * not seen: nothing is called fine by leaving it alone.
 */
import { visit_spot } from "../api/tables.json";
import type { CaseDetail, LocalText, VisitNote, Zone } from "../api/types";

export type Check = NonNullable<VisitNote["zones"]>[number];
export type Spot = VisitNote["spots"][number];
export type Defect = Extract<CaseDetail["events"][number]["step"], { step: "defect_found" }>["defect"];
export type Bell = VisitNote["emergency_bell"];
export type Seen = "fine" | "marked" | "broken" | "unseen";

export interface ZoneDraft {
  seen: Partial<Record<Spot, Seen>>;
  holes: number;
  floor: string;
  ceiling: string;
  bell: Bell;
  sticker: boolean;
  /** Cases that were opened from here, by what for. */
  cases: Record<string, string>;
  /** Their ids, from before the server has answered. */
  asked: Record<string, string>;
}

export const FLOOR_MOST_MM = 5; // the decree of July 2023 to 공중화장실 등에 관한 법률, as in server/cases/gaps.py
export const CEILING_LEAST_MM = 300; // the same
export const LOOK_S = 2; // at a part of a zone, as before the answers of a look come
const MOST_MM = 5000; // as the server takes it
const MARKS_LENGTH = 200; // as the server takes it
export const SPOTS: readonly Spot[] = [
  "vent",
  "ceiling",
  "light",
  "socket",
  "door_lock",
  "partition",
  "toilet_bin",
  "basin",
];
const WITHOUT: Readonly<Record<Zone["kind"], ReadonlySet<Spot>>> = {
  stall: new Set(["basin"]),
  booth: new Set(["basin", "toilet_bin"]),
  basin: new Set(["door_lock", "partition", "toilet_bin"]),
  urinal: new Set(["door_lock", "basin"]),
  entrance: new Set(["partition", "toilet_bin", "basin"]),
  other: new Set(),
};

/** What there is to look at in a zone. */
export function spotsOf(zone: Zone): readonly Spot[] {
  return SPOTS.filter((spot) => !WITHOUT[zone.kind].has(spot));
}

/** Whether a zone has partitions, whose gaps are measured. */
export function hasGaps(zone: Zone): boolean {
  return zone.kind === "stall" || zone.kind === "booth";
}

export function newDraft(): ZoneDraft {
  return { seen: {}, holes: 0, floor: "", ceiling: "", bell: "not_tested", sticker: false, cases: {}, asked: {} };
}

/** Millimetres as written; null for nothing, undefined for what is no number of them. */
export function millimetres(written: string): number | null | undefined {
  const line = written.trim();
  if (line === "") return null;
  const value = Number(line);
  return /^\d+$/.test(line) && value <= MOST_MM ? value : undefined;
}

/** What of a zone has to be repaired, as cases name it. */
export function defectsOf(draft: ZoneDraft): readonly Defect[] {
  const [floor, ceiling] = [millimetres(draft.floor), millimetres(draft.ceiling)];
  return [
    ...(draft.holes > 0 ? (["hole"] as const) : []),
    ...(draft.bell === "broken" ? (["emergency_bell"] as const) : []),
    ...(typeof floor === "number" && floor > FLOOR_MOST_MM ? (["floor_gap"] as const) : []),
    ...(typeof ceiling === "number" && ceiling < CEILING_LEAST_MM ? (["ceiling_gap"] as const) : []),
    ...SPOTS.filter((spot) => draft.seen[spot] === "broken"),
  ];
}

export type ZoneState = "todo" | "part" | "fine" | "marked" | "broken" | "waiting";

/** How far a zone is; `isFound`: persons found or suspect something there already, `isWaiting`: a place has yet to be looked at. */
export function stateOf(zone: Zone, draft: ZoneDraft, isFound: boolean, isWaiting: boolean): ZoneState {
  const seen = spotsOf(zone).map((spot) => draft.seen[spot] ?? "unseen");
  if (isFound || draft.holes > 0 || seen.includes("marked")) return "marked";
  if (isWaiting) return "waiting";
  if (seen.includes("broken")) return "broken";
  if (seen.every((one) => one === "unseen")) return "todo";
  return seen.includes("unseen") ? "part" : "fine";
}

export function checkOf(zone: Zone, draft: ZoneDraft): Check {
  const those = (what: Seen) => spotsOf(zone).filter((spot) => draft.seen[spot] === what);
  return {
    zone_id: zone.zone_id,
    fine: those("fine"),
    marked: those("marked"),
    broken: those("broken"),
    holes: draft.holes,
    floor_gap_mm: millimetres(draft.floor) ?? null,
    ceiling_gap_mm: millimetres(draft.ceiling) ?? null,
    emergency_bell: draft.bell,
    sticker: draft.sticker,
  };
}

export interface Rest {
  readonly occasion: VisitNote["occasion"];
  readonly companions: string;
  readonly measures: readonly VisitNote["measures"][number][];
  readonly confirmed: string;
}

/** One line of marks, zone by zone, as `say` says them; `found`: what stands in a zone. Empty without any. */
export function marksOf(
  zones: readonly Zone[],
  drafts: Readonly<Record<string, ZoneDraft>>,
  found: ReadonlyMap<string, LocalText>,
  say: (text: LocalText) => string,
): string {
  const lines = zones.flatMap((zone) => {
    const draft = drafts[zone.zone_id] ?? newDraft();
    const stands = found.get(zone.zone_id);
    const spots = checkOf(zone, draft).marked.map((spot) => visit_spot[`visit_spot_${spot}`]);
    const parts = [...(stands === undefined ? [] : [stands]), ...spots];
    const holes = String(draft.holes);
    if (draft.holes > 0) parts.push({ ko: `구멍 ${holes}곳`, en: `holes: ${holes}` });
    return parts.length === 0 ? [] : [`${say(zone.name)}: ${parts.map(say).join(", ")}`];
  });
  const line = lines.join("; ");
  return line.length <= MARKS_LENGTH ? line : `${line.slice(0, MARKS_LENGTH - 1)}…`;
}

/** The note of the visit. */
export function noteOf(
  zones: readonly Zone[],
  drafts: Readonly<Record<string, ZoneDraft>>,
  rest: Rest,
  marks: string,
  noteId: string,
): VisitNote {
  const checks = zones.flatMap((zone) => {
    const draft = drafts[zone.zone_id];
    return draft === undefined ? [] : [checkOf(zone, draft)];
  });
  const looked = new Set(checks.flatMap((check) => [...check.fine, ...check.marked, ...(check.broken ?? [])]));
  if (checks.some((check) => check.holes > 0)) looked.add("partition");
  const bells = new Set(checks.map((check) => check.emergency_bell));
  const bell = (["broken", "works", "none"] as const).find((one) => bells.has(one)) ?? "not_tested";
  const measures = new Set(rest.measures);
  if (checks.some((check) => check.sticker)) measures.add("hole_closed");
  if (Object.values(drafts).some(({ cases }) => Object.keys(cases).some((what) => what !== "suspect")))
    measures.add("repair_asked");
  const line = (words: string): string | null => (words.trim() === "" ? null : words.trim());
  return {
    by_eye: looked.size === 0 ? "not_done" : marks === "" ? "nothing_unusual" : "marks",
    spots: SPOTS.filter((spot) => looked.has(spot)),
    marks: looked.size === 0 ? null : line(marks),
    occasion: rest.occasion,
    companions: line(rest.companions),
    emergency_bell: bell,
    measures: (["sticker", "hole_closed", "repair_asked", "scene_kept", "police_called"] as const).filter((one) =>
      measures.has(one),
    ),
    confirmed_by: line(rest.confirmed),
    zones: checks,
    note_id: noteId,
  };
}
