/**
 * What stands in a room, by counts: templates for a start, and one tap for "five stalls".  Pure functions.
 *
 * Sizes, names and ids are those of the server's first plans (server/places/layout.py), so that a room laid out from
 * an imported file and one laid out on a phone are the same room.
 */
import type { LocalText, Plan } from "../api/types";
import {
  changed,
  drawingOf,
  fixturesOf,
  isFixture,
  spliced,
  type Drawing,
  type Fixture,
  type Item,
  type Row,
  type ZoneKind,
} from "./rows";

export type Shape = "row" | "facing";
/** What is counted: cubicles (stalls, or booths of a changing room), places at urinals and at basins. */
export type Counted = "cubicle" | "urinal" | "basin";
/** What a zone can be called; each is a kind of the contract with a name. */
export type Fitting = "stall" | "accessible" | "booth" | "urinal" | "basin" | "entrance" | "cupboard" | "other";
export const FITTINGS: readonly Fitting[] = [
  "stall",
  "accessible",
  "booth",
  "urinal",
  "basin",
  "entrance",
  "cupboard",
  "other",
];
export const MOST: Readonly<Record<Counted, number>> = { cubicle: 24, urinal: 14, basin: 6 };

const STALL_M = [1.0, 1.5] as const;
const ACCESSIBLE_M = [1.8, 2.0] as const; // guessed: a wheelchair turns
const URINAL_M = [0.8, 0.9] as const; // of each
const BASINS_DEPTH_M = 0.9;
const ENTRANCE_M = [1.2, 0.9] as const;
const AISLE_M = 1.2;
const basinsWidth = (count: number) => 0.4 + 0.8 * count;
const FLOOR: Item = { kind: "floor", widthM: 0 };

const NAMES: Readonly<Record<Exclude<Fitting, "stall" | "booth">, LocalText>> = {
  accessible: { ko: "장애인 칸", en: "Accessible stall" },
  urinal: { ko: "소변기", en: "Urinals" },
  basin: { ko: "세면대", en: "Basins" },
  entrance: { ko: "출입구", en: "Entrance" },
  cupboard: { ko: "청소도구함", en: "Cleaning cupboard" },
  other: { ko: "기타", en: "Other" },
};
const IDS: Readonly<Record<ZoneKind, string>> = {
  stall: "stall",
  booth: "booth",
  urinal: "urinals",
  basin: "basins",
  entrance: "entrance",
  other: "other",
};
const NUMBERED = /^(?:Stall|Booth) (\d+)$/;

export interface Counts {
  readonly cubicle: number;
  readonly urinal: number;
  readonly basin: number;
}

/** A room of so many: cubicles along the upper wall, or along both; basins and the entrance opposite. */
export function template(shape: Shape, counts: Counts, isChangingRoom: boolean): Drawing {
  const kind = isChangingRoom ? "booth" : "stall";
  const all = Array.from({ length: counts.cubicle }, (_, index) => numbered(kind, index + 1));
  const upper = shape === "row" ? all.length : Math.ceil(all.length / 2);
  const urinals = counts.urinal === 0 ? [] : [urinalRow(counts.urinal)];
  const basins = counts.basin === 0 ? [] : [basinRow(counts.basin)];
  return {
    rows: [
      [...all.slice(0, upper), ...urinals],
      [...all.slice(upper), ...basins, FLOOR, entrance()],
    ],
    aisleM: AISLE_M,
    leastWidthM: 0,
  };
}

/** How many of each there are; rows of basins and urinals count the places that the map draws in them. */
export function countsOf(drawing: Drawing): Counts {
  const of = (kind: ZoneKind) => fixturesOf(drawing).filter((item) => item.kind === kind);
  const places = (kind: ZoneKind, count: (widthM: number) => number) =>
    of(kind).reduce((sum, { widthM }) => sum + Math.max(1, count(widthM)), 0);
  return {
    cubicle: of("stall").length + of("booth").length,
    urinal: places("urinal", (widthM) => Math.round(widthM / URINAL_M[0])),
    basin: places("basin", (widthM) => Math.round((widthM - 0.4) / 0.8)),
  };
}

/** The drawing with so many of what is counted; everything else stays as it is. */
export function counted(drawing: Drawing, what: Counted, count: number, isChangingRoom: boolean): Drawing {
  return what === "cubicle" ? cubicles(drawing, count, isChangingRoom) : places(drawing, what, count);
}

/** Where a room's plan begins in the editor: as it is drawn, or from a template where nobody has drawn it in rows. */
export function startOf(plan: Plan, isChangingRoom: boolean): { drawing: Drawing; isTemplate: boolean } {
  const read = plan.zones.length > 1 ? drawingOf(plan) : null;
  if (read !== null) return { drawing: read, isTemplate: false };
  const count = (kinds: readonly ZoneKind[]) => plan.zones.filter((zone) => kinds.includes(zone.kind)).length;
  const cubicle = Math.min(MOST.cubicle, plan.zones.length > 1 ? count(["stall", "booth"]) : 3);
  const counts = { cubicle, urinal: Math.min(MOST.urinal, count(["urinal"])), basin: isChangingRoom ? 0 : 2 };
  return { drawing: template("row", counts, isChangingRoom), isTemplate: true };
}

export function fittingOf({ kind, name }: Fixture): Fitting {
  if (kind === "stall") return name.ko === NAMES.accessible.ko ? "accessible" : "stall";
  if (kind === "other") return name.ko === NAMES.cupboard.ko ? "cupboard" : "other";
  return kind;
}

/** A zone that is something else than it was said to be. */
export function refitted(drawing: Drawing, id: string, fitting: Fitting): Drawing {
  const kind = kindOf(fitting);
  const old = fixturesOf(drawing).find((item) => item.id === id);
  if (old === undefined) return drawing;
  const isNumbered = fitting === "stall" || fitting === "booth";
  const name = isNumbered ? numberedName(fitting, fixturesOf(drawing).length + 1) : NAMES[fitting];
  const size = fitting === "accessible" ? { widthM: Math.max(old.widthM, 1.4) } : {}; // guessed: the door alone is 0.9
  return renumbered(changed(drawing, id, { kind, name, ...size }));
}

/** Numbers of cubicles without gaps, in their order; ids stay, since reports cite them. */
export function renumbered(drawing: Drawing): Drawing {
  const order = fixturesOf(drawing)
    .filter((item) => NUMBERED.test(item.name.en))
    .sort((one, other) => numberOf(one) - numberOf(other));
  const numbers = new Map(order.map((item, index) => [item.id, index + 1]));
  const rows = drawing.rows.map((row) =>
    row.map((item) => {
      const number = isFixture(item) ? numbers.get(item.id) : undefined;
      if (!isFixture(item) || number === undefined || number === numberOf(item)) return item;
      return { ...item, name: numberedName(item.kind === "booth" ? "booth" : "stall", number) };
    }),
  );
  return { ...drawing, rows };
}

function cubicles(drawing: Drawing, count: number, isChangingRoom: boolean): Drawing {
  const all = fixturesOf(drawing).filter(isCubicle);
  if (count < all.length) {
    const gone = new Set([...all].sort((one, other) => numberOf(other) - numberOf(one)).slice(0, all.length - count));
    const rows = drawing.rows.map((row) => row.filter((item) => !isFixture(item) || !gone.has(item)));
    return renumbered({ ...drawing, rows });
  }
  return Array.from({ length: count - all.length }).reduce<Drawing>((so) => withCubicle(so, isChangingRoom), drawing);
}

/** One more, like the last and beside it; the shorter of two rows of them first, as they face each other. */
function withCubicle(drawing: Drawing, isChangingRoom: boolean): Drawing {
  const all = fixturesOf(drawing).filter(isCubicle);
  const counts = drawing.rows.map((row) => row.filter((item) => isFixture(item) && isCubicle(item)).length);
  const used = counts.filter((one) => one > 0);
  const index = used.length === 0 ? 0 : counts.lastIndexOf(Math.min(...used));
  const row = drawing.rows[index] ?? [];
  const at = row.map((item) => isFixture(item) && isCubicle(item)).lastIndexOf(true);
  const kind = all[0]?.kind === "booth" || (all.length === 0 && isChangingRoom) ? "booth" : "stall";
  const number = all.filter((item) => NUMBERED.test(item.name.en)).length + 1;
  const like = row[at];
  const size = like !== undefined && isFixture(like) && fittingOf(like) === kind ? like : null;
  const fresh = numbered(kind, number);
  const one = { ...fresh, id: freeId(drawing, kind, number), ...(size && sizeOf(size)) };
  return inserted(drawing, index, at + 1, one);
}

function places(drawing: Drawing, what: "urinal" | "basin", count: number): Drawing {
  const [first, ...rest] = fixturesOf(drawing).filter((item) => item.kind === what);
  const gone = new Set(count === 0 ? [first, ...rest] : rest);
  const rows = drawing.rows.map((row) => row.filter((item) => !isFixture(item) || !gone.has(item)));
  const without = { ...drawing, rows };
  if (count === 0) return without;
  const fresh = what === "urinal" ? urinalRow(count) : basinRow(count);
  if (first !== undefined) return changed(without, first.id, { widthM: fresh.widthM });
  const one = { ...fresh, id: freeId(drawing, what, 0) };
  const upper = rows[0] ?? [];
  if (what === "urinal") return inserted(without, 0, upper.map(isFixture).lastIndexOf(true) + 1, one);
  const lower = rows.at(-1) ?? [];
  const floor = lower.findIndex((item) => !isFixture(item));
  const wall = lower[0] !== undefined && isFixture(lower[0]) && lower[0].kind === "entrance" ? 1 : 0;
  return inserted(without, rows.length - 1, floor < 0 ? wall : floor, one);
}

function inserted(drawing: Drawing, index: number, at: number, item: Item): Drawing {
  const rows: Row[] = drawing.rows.map((row, other) => (other === index ? spliced(row, at, 0, item) : row));
  return { ...drawing, rows };
}

const isCubicle = ({ kind }: Fixture) => kind === "stall" || kind === "booth";
const numberOf = ({ name }: Fixture) => Number(NUMBERED.exec(name.en)?.[1] ?? 0);
const sizeOf = ({ widthM, depthM }: Fixture) => ({ widthM, depthM });
const kindOf = (fitting: Fitting): ZoneKind =>
  fitting === "accessible" ? "stall" : fitting === "cupboard" ? "other" : fitting;

function numberedName(kind: "stall" | "booth", number: number): LocalText {
  const n = String(number);
  return { ko: `${n}번 칸`, en: `${kind === "stall" ? "Stall" : "Booth"} ${n}` };
}

function numbered(kind: "stall" | "booth", number: number): Fixture {
  const [widthM, depthM] = STALL_M;
  return { id: `${kind}-${String(number)}`, kind, name: numberedName(kind, number), widthM, depthM };
}

function urinalRow(count: number): Fixture {
  return { id: IDS.urinal, kind: "urinal", name: NAMES.urinal, widthM: URINAL_M[0] * count, depthM: URINAL_M[1] };
}

function basinRow(count: number): Fixture {
  return { id: IDS.basin, kind: "basin", name: NAMES.basin, widthM: basinsWidth(count), depthM: BASINS_DEPTH_M };
}

function entrance(): Fixture {
  return { id: IDS.entrance, kind: "entrance", name: NAMES.entrance, widthM: ENTRANCE_M[0], depthM: ENTRANCE_M[1] };
}

/** One more zone, of the sizes that such a thing has, on the lower wall before its floor. */
export function withFitting(drawing: Drawing, fitting: Fitting): Drawing {
  const kind = kindOf(fitting);
  const [widthM, depthM] = fitting === "accessible" ? ACCESSIBLE_M : ENTRANCE_M;
  if (fitting === "stall" || fitting === "booth") return withCubicle(drawing, fitting === "booth");
  const one: Fixture = { id: freeId(drawing, kind, 1), kind, name: NAMES[fitting], widthM, depthM };
  const lower = drawing.rows.at(-1) ?? [];
  const floor = lower.findIndex((item) => !isFixture(item));
  return inserted(drawing, drawing.rows.length - 1, floor < 0 ? lower.length : floor, one);
}

/** An id that no zone has: with the number that is asked for, or the next free one. */
function freeId(drawing: Drawing, kind: ZoneKind, number: number): string {
  const taken = new Set(fixturesOf(drawing).map(({ id }) => id));
  if (number === 0 && !taken.has(IDS[kind])) return IDS[kind];
  let next = Math.max(1, number);
  while (taken.has(`${IDS[kind]}-${String(next)}`)) next += 1;
  return `${IDS[kind]}-${String(next)}`;
}
