/**
 * A room as rows of stalls and fixtures along its walls: what the plan editor changes.  Pure functions.
 *
 * A plan holds rectangles in metres, which nobody wants to push about with a thumb in a glove.  Here a room is rows from
 * its upper to its lower wall, with floor between them; whatever changes in a row, the rest closes up.  `drawingOf` reads a
 * plan and gives null where rows cannot say the same, so that nothing is redrawn that nobody touched.
 */
import type { Plan, Zone } from "../api/types";

export type ZoneKind = Zone["kind"];
type Name = Zone["name"];

/** A stall, a row of basins and so on, along a wall. */
export interface Fixture {
  readonly id: string;
  readonly kind: ZoneKind;
  readonly name: Name;
  readonly widthM: number;
  readonly depthM: number;
}

/** Open floor between two of them; the last one of a row takes what is left of the room's width. */
export interface Floor {
  readonly kind: "floor";
  readonly widthM: number;
}

export type Item = Fixture | Floor;
export type Row = readonly Item[];

export interface Drawing {
  /** From the upper wall to the lower one; two of them at least. */
  readonly rows: readonly Row[];
  readonly aisleM: number;
  /** The room is wider than its rows where this says so. */
  readonly leastWidthM: number;
}

const NEAR_M = 0.12; // guessed: plans are drawn to a hand's width, as map/fixtures.ts has it
const SAME_M = 0.06; // guessed: half of that, so that what is read and written again is the same drawing
const STRETCH: Floor = { kind: "floor", widthM: 0 };

export const isFixture = (item: Item): item is Fixture => item.kind !== "floor";
export const round = (metres: number): number => Math.round(metres * 100) / 100;

export function fixturesOf(drawing: Drawing): Fixture[] {
  return drawing.rows.flatMap((row) => row.filter(isFixture));
}

/** The least width that holds every row, in metres. */
export function rowsWidth(drawing: Drawing): number {
  return round(Math.max(...drawing.rows.map(widthOf)));
}

export function roomWidth(drawing: Drawing): number {
  return Math.max(rowsWidth(drawing), drawing.leastWidthM);
}

export function roomDepth(drawing: Drawing): number {
  const deep = drawing.rows.reduce((sum, row) => sum + depthOf(row), 0);
  return round(deep + drawing.aisleM * (drawing.rows.length - 1));
}

/** The drawing as a plan in metres. */
export function planOf(drawing: Drawing, version: number, isVerified: boolean): Plan {
  const [width, depth] = [roomWidth(drawing), roomDepth(drawing)];
  const zones: Zone[] = [];
  let top = 0;
  drawing.rows.forEach((row, index) => {
    let left = 0;
    for (const item of spread(row, width)) {
      if (isFixture(item)) {
        const upper = index > 0 && index === drawing.rows.length - 1 ? depth - item.depthM : top;
        zones.push(zoneOf(item, left, upper));
      }
      left += item.widthM;
    }
    top += depthOf(row) + drawing.aisleM;
  });
  return { version, is_verified: isVerified, width_m: width, depth_m: depth, zones };
}

/** A plan as rows; null where rows cannot say the same as it does. */
export function drawingOf(plan: Plan): Drawing | null {
  const boxes = plan.zones.map(boxOf);
  const upper = boxes.filter(({ top }) => top < NEAR_M);
  const lower = boxes.filter((box) => !upper.includes(box) && plan.depth_m - box.bottom < NEAR_M);
  const between = boxes
    .filter((box) => !upper.includes(box) && !lower.includes(box))
    .sort((one, other) => one.top - other.top);
  const middle: Box[][] = [];
  for (const box of between) {
    const last = middle.at(-1);
    if (last?.[0] !== undefined && box.top - last[0].top < NEAR_M) last.push(box);
    else middle.push([box]);
  }
  const rows = [upper, ...middle, lower].map((row) => readRow(row, plan.width_m));
  const gaps = rows.length - 1;
  const deep = rows.reduce((sum, row) => sum + depthOf(row), 0);
  const read: Drawing = { rows, aisleM: round((plan.depth_m - deep) / gaps), leastWidthM: 0 };
  const drawing = { ...read, leastWidthM: rowsWidth(read) < plan.width_m - SAME_M ? round(plan.width_m) : 0 };
  return drawing.aisleM >= 0 && isSame(planOf(drawing, plan.version, plan.is_verified), plan) ? drawing : null;
}

/** The room seen in a mirror: left and right change places. */
export function mirrored(drawing: Drawing): Drawing {
  const width = roomWidth(drawing);
  const rows = drawing.rows.map((row) => {
    const isFull = widthOf(row) > width - SAME_M || row.some((item) => !isFixture(item));
    const turned = [...spread(isFull ? row : [...row, STRETCH], width)].reverse();
    const last = lastFloor(turned);
    return turned.map((item, index) => (index === last ? STRETCH : item));
  });
  return { ...drawing, rows };
}

/** One place further along its wall: past its neighbour, or onto the floor that is left. */
export function moved(drawing: Drawing, id: string, by: -1 | 1): Drawing {
  const width = roomWidth(drawing);
  return inRow(drawing, id, (row, at) => {
    const next = at + by;
    const item = row[at];
    const other = row[next];
    if (item === undefined) return row;
    if (other === undefined) return by === 1 && widthOf(row) < width - SAME_M ? spliced(row, at, 0, STRETCH) : row;
    return spliced(row, Math.min(at, next), 2, ...(by === 1 ? [other, item] : [item, other]));
  });
}

/** To the opposite wall, as near as it goes to where it stood. */
export function across(drawing: Drawing, id: string): Drawing {
  const from = drawing.rows.findIndex((row) => row.some((item) => isFixture(item) && item.id === id));
  const to = from === 0 ? drawing.rows.length - 1 : 0;
  const row = drawing.rows[from] ?? [];
  const at = row.findIndex((item) => isFixture(item) && item.id === id);
  const item = row[at];
  if (item === undefined || from === to) return drawing;
  const rows = drawing.rows.map((one, index) => {
    if (index === from) return spliced(one, at, 1);
    return index === to ? spliced(one, Math.min(at, one.length), 0, item) : one;
  });
  return { ...drawing, rows };
}

/** With other words or another size; sizes stay within `LEAST_M` and `MOST_M`. */
export function changed(drawing: Drawing, id: string, change: Partial<Omit<Fixture, "id">>): Drawing {
  return inRow(drawing, id, (row, at) =>
    row.map((item, index) => (index === at && isFixture(item) ? bounded({ ...item, ...change }) : item)),
  );
}

export function removed(drawing: Drawing, id: string): Drawing {
  return inRow(drawing, id, (row, at) => spliced(row, at, 1));
}

/** With another depth of the floor between the rows, so that the whole room is as deep as was said. */
export function deepened(drawing: Drawing, by: number): Drawing {
  return { ...drawing, aisleM: Math.max(0, round(drawing.aisleM + by / (drawing.rows.length - 1))) };
}

export function widened(drawing: Drawing, by: number): Drawing {
  const width = round(roomWidth(drawing) + by);
  return { ...drawing, leastWidthM: width > rowsWidth(drawing) ? Math.min(width, MOST_ROOM_M) : 0 };
}

export const LEAST_M = 0.6; // guessed: a child's stall
export const MOST_M = 12; // guessed: a long row of basins
const MOST_ROOM_M = 60; // guessed

function bounded(item: Fixture): Fixture {
  const within = (metres: number) => round(Math.min(MOST_M, Math.max(LEAST_M, metres)));
  return { ...item, widthM: within(item.widthM), depthM: within(item.depthM) };
}

function inRow(drawing: Drawing, id: string, change: (row: Row, at: number) => Row): Drawing {
  const rows = drawing.rows.map((row) => {
    const at = row.findIndex((item) => isFixture(item) && item.id === id);
    return at < 0 ? row : change(row, at);
  });
  return { ...drawing, rows };
}

export const spliced = (row: Row, at: number, gone: number, ...come: Item[]): Row => [
  ...row.slice(0, at),
  ...come,
  ...row.slice(at + gone),
];
const lastFloor = (row: Row): number => row.map((item) => item.kind).lastIndexOf("floor");
const widthOf = (row: Row): number => row.reduce((sum, item) => sum + item.widthM, 0);
const depthOf = (row: Row): number => Math.max(0, ...row.filter(isFixture).map(({ depthM }) => depthM));

/** The row over the whole width of the room: its last floor takes what is left. */
function spread(row: Row, width: number): Row {
  const last = lastFloor(row);
  const left = Math.max(0, width - widthOf(row));
  return row.map((item, index) => (index === last ? { ...item, widthM: item.widthM + left } : item));
}

interface Box {
  readonly zone: Zone;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function boxOf(zone: Zone): Box {
  const xs = zone.polygon.map((corner) => corner[0] as number);
  const ys = zone.polygon.map((corner) => corner[1] as number);
  return { zone, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function readRow(boxes: readonly Box[], width: number): Row {
  const row: Item[] = [];
  let at = 0;
  for (const { zone, left, right, top, bottom } of [...boxes].sort((one, other) => one.left - other.left)) {
    if (left - at > NEAR_M) row.push({ kind: "floor", widthM: round(left - at) });
    const { zone_id: id, kind, name } = zone;
    row.push({ id, kind, name, widthM: round(right - left), depthM: round(bottom - top) });
    at = right;
  }
  // An entrance in a corner stays there when the room grows.
  const entrance = row.findIndex((item) => item.kind === "entrance");
  if (row.length > 1 && !row.some((item) => !isFixture(item)) && width - at <= NEAR_M && entrance >= 0)
    row.splice(entrance === 0 ? 1 : entrance, 0, STRETCH);
  if (width - at > NEAR_M && row.some((item) => !isFixture(item))) row.push(STRETCH);
  const last = lastFloor(row);
  return row.map((item, index) => (index === last ? STRETCH : item));
}

function isSame(one: Plan, other: Plan): boolean {
  const near = (a: number, b: number) => Math.abs(a - b) <= SAME_M;
  const found = new Map(one.zones.map((zone) => [zone.zone_id, zone]));
  return (
    near(one.width_m, other.width_m) &&
    near(one.depth_m, other.depth_m) &&
    other.zones.every((zone) => {
      const [a, b] = [found.get(zone.zone_id), boxOf(zone)];
      if (a === undefined || zone.polygon.length !== 4) return false;
      const box = boxOf(a);
      return (["left", "right", "top", "bottom"] as const).every((side) => near(box[side], b[side]));
    })
  );
}

function zoneOf({ id, kind, name, widthM, depthM }: Fixture, x: number, y: number): Zone {
  const [left, top, right, bottom] = [x, y, x + widthM, y + depthM].map(round) as [number, number, number, number];
  return {
    zone_id: id,
    kind,
    name,
    polygon: [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ],
  };
}
