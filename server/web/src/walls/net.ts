/**
 * A zone folded open like a box, in metres: the wall that one faces in the middle, those beside it at its sides, ceiling
 * above and floor below, painted as they were seen; on them the largest gap, the places of findings, and where to point.
 * Pure.
 *
 * A plan holds no walls: a cubicle has four, of other zones only those are drawn that the probe has told, and the one faced.
 * Nobody can say which wall one faces in a zone of no kind: there the plan's upper side is in the middle.
 */
import type { Finding, FindingPlace, Plan, WallSpot, WallView, Zone } from "../api/types";
import type { Spot } from "../live/spots";
import { directionsOf, placesAlong, sidesOf, type Direction } from "../map/fixtures";
import { cornersOf } from "../map/shading";
import { areasOf, gapOf, rowsOf, type Gap, type WallArea } from "./cells";

type Part = "front" | "left" | "right" | "behind" | "ceiling" | "floor";
/** What a surface is called. */
export type SurfaceName =
  | "back" | "door" | "ahead" | "behind" | "left" | "right" | "ceiling" | "floor"
  | "plan_top" | "plan_right" | "plan_bottom" | "plan_left"; // prettier-ignore

export interface NetSurface {
  readonly part: Part;
  readonly name: SurfaceName;
  /** Of the zone's polygon, at which the wall begins; null for floor and ceiling. */
  readonly corner: number | null;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly areas: readonly WallArea[];
  readonly gap: Gap | null;
  /** From the metres in which it is told to these. */
  readonly transform: string;
  /** What stands at it as far as the plan lets guess, as lines from its upper left corner. */
  readonly fixtures: string;
}

/** A finding on it: a disc on its wall, a band where no height is known, or a part of the floor where no wall is. */
export interface NetPlace {
  readonly number: number;
  readonly kind: "spot" | "band" | "area";
  readonly on: NetSurface;
  /** From the upper left corner of its surface. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface Net {
  /** Where its front lies, clockwise from the plan's +x. */
  readonly ahead: number;
  readonly width: number;
  readonly height: number;
  readonly surfaces: readonly NetSurface[];
  /** The surface with the largest gap of all; null where nothing was told, or nothing was left. */
  readonly emptiest: NetSurface | null;
  readonly aimed: { readonly part: Part; readonly x: number; readonly y: number } | null;
}

export const RING_M = 0.3;
/** Below each wall, for its name. */
export const NAME_M = 0.34;
const HEIGHT_M = 2.4; // guessed: plans do not say
const GAP_M = 0.06;
const SILL_M = 0.12; // guessed: below a cubicle's door
const LEAST_GAP_M2 = 0.04; // guessed: as large as a hand

/** On which surface a spot is, and how far above the floor. */
const AT: Readonly<Record<Spot, readonly [Part, number]>> = {
  ceiling: ["ceiling", 0],
  left_gap: ["left", 1.2],
  toilet: ["front", 0.5],
  right_gap: ["right", 1.2],
  door: ["behind", 1.2],
  back_wall: ["front", 1.5],
  mirror: ["front", 1.5],
  soap: ["front", 1.1],
  under_basin: ["front", 0.4],
  urinal_wall: ["front", 1.5],
  urinal_gaps: ["front", 0.9],
  drain: ["floor", 0],
  frame: ["front", 1.9],
  bench: ["front", 0.9],
  left_wall: ["left", 1.2],
  right_wall: ["right", 1.2],
  fittings: ["front", 1.2],
};
const TURN: Readonly<Record<number, Direction>> = { 0: "back", 90: "right", 180: "door", 270: "left" };
const BESIDE = { back: "front", left: "left", right: "right", door: "behind" } as const;
const TURNED = { front: 0, right: 90, behind: 180, left: 270 } as const;
const ORDER = ["left", "front", "right", "behind"] as const;
const UPWARDS_DEG = 270;

export interface NetWishes {
  /** What was seen may be shown. */
  readonly isPainted: boolean;
  /** Where to point now. */
  readonly spot?: Spot | null;
  /** Walls that are drawn though nothing was told of them. */
  readonly corners?: readonly number[];
  /** Where somebody looked who stood there: walls without a door are named from there, as the report does. */
  readonly facingDeg?: number | null;
}

export function netOf(zone: Zone, plan: Plan, walls: readonly WallView[], wishes: NetWishes): Net {
  const { isPainted, spot = null, corners: wanted = [], facingDeg = null } = wishes;
  const sides = sidesOf(zone, plan);
  const isCubicle = zone.kind === "stall" || zone.kind === "booth";
  const isFacing = facingDeg !== null && !isCubicle;
  // At an entrance one looks at the door; a direction is clockwise from the plan's +x.
  const ahead = isFacing
    ? (90 * Math.round(facingDeg / 90) + 720) % 360
    : sides === null
      ? UPWARDS_DEG
      : directionsOf(sides)[zone.kind === "entrance" ? "door" : "back"];
  const { left, top, size } = boxOf(zone);
  const [across, deep] = ahead % 180 === 0 ? [size[1], size[0]] : [size[0], size[1]];
  const corners = cornersOf(zone);
  const ways = sides === null ? null : directionsOf(sides);
  const upright = corners.map(([x, y], corner) => {
    const [nextX, nextY] = corners[(corner + 1) % corners.length] ?? [x, y];
    // Out of the middle through the wall, in quarters of a turn.
    const out = Math.atan2(((y + nextY) / 2 - top) / size[1] - 0.5, ((x + nextX) / 2 - left) / size[0] - 0.5);
    const turn = ((out * 180) / Math.PI - ahead + 720) % 360;
    const part = BESIDE[TURN[(90 * Math.round(turn / 90)) % 360] ?? "back"];
    const told = walls.find((wall) => wall.surface === "wall" && wall.corner === corner);
    return { corner, turn, part, width: Math.hypot(nextX - x, nextY - y), told };
  });
  const surfaces: NetSurface[] = [];
  const y = deep + GAP_M;
  let x = 0;
  let frontX = 0;
  for (const part of ORDER) {
    const here = upright.filter((wall) => wall.part === part).sort((one, other) => around(one) - around(other));
    const widest = Math.max(...here.map(({ width }) => width));
    // Of a side with several walls those that were told; where none was, the widest stands for all.
    const told = here.filter((wall) => wall.told !== undefined || wanted.includes(wall.corner));
    const untold = isCubicle || part === "front" ? here.filter(({ width }) => width === widest).slice(0, 1) : [];
    if (part === "front") frontX = x;
    for (const { corner, width, told: seen } of told.length > 0 ? told : untold) {
      const box = { x, y, width, height: HEIGHT_M };
      const named = { part, name: nameOf(part, zone, isFacing, sides !== null), corner };
      surfaces.push({
        ...named, ...box, ...painted(isPainted ? seen : undefined, width, HEIGHT_M),
        fixtures: fixturesOn(wayOf((ahead + TURNED[part]) % 360, ways), zone, width),
      }); // prettier-ignore
      x += width + GAP_M;
    }
  }
  for (const part of ["ceiling", "floor"] as const) {
    const told = isPainted ? walls.find(({ surface }) => surface === part) : undefined;
    const { transform, ...seen } = painted(told, size[0], size[1]);
    const box = { x: frontX, y: part === "ceiling" ? 0 : y + HEIGHT_M + NAME_M, width: across, height: deep };
    const folded = part === "ceiling" ? `translate(0 ${String(deep)}) scale(1 -1) ` : "";
    surfaces.push({
      part, name: part, corner: null, ...box, ...seen, fixtures: "",
      transform: `${folded}${turned(ahead, size)} ${transform}`,
    }); // prettier-ignore
  }
  const [part, up] = spot === null || sides === null ? [null, 0] : AT[spot];
  const on = surfaces.find((surface) => surface.part === part);
  const empty = surfaces.filter(({ gap }) => gap !== null && gap.areaM2 >= LEAST_GAP_M2);
  return {
    ahead,
    width: Math.max(x - GAP_M, frontX + across),
    height: y + HEIGHT_M + NAME_M + deep,
    surfaces,
    emptiest: empty.reduce<NetSurface | null>(
      (best, one) => ((one.gap?.areaM2 ?? 0) > (best?.gap?.areaM2 ?? 0) ? one : best),
      null,
    ),
    aimed:
      on === undefined
        ? null
        : { part: on.part, x: on.x + on.width / 2, y: on.y + (up === 0 ? on.height / 2 : on.height - up) },
  };
}

/** Where findings of the zone are on it; `places` says on which walls. */
export function placesOn(
  net: Net,
  zone: Zone,
  findings: readonly { readonly finding: Finding; readonly number: number }[],
  places: readonly FindingPlace[],
): NetPlace[] {
  return findings.flatMap(({ finding, number }): NetPlace[] => {
    const found = places.find(({ finding_id }) => finding_id === finding.finding_id);
    const wall = net.surfaces.find(({ corner }) => corner !== null && corner === found?.spot?.corner);
    if (found?.spot && wall !== undefined) return [{ number, radius: finding.radius_m, ...spotOn(wall, found.spot) }];
    const floor = net.surfaces.find(({ part }) => part === "floor");
    if (floor === undefined) return [];
    const { left, top, size } = boxOf(zone);
    const [x, y] = turnedPoint(net.ahead, size, [
      (found?.x_m ?? finding.x_m) - left,
      (found?.y_m ?? finding.y_m) - top,
    ]);
    return [{ number, kind: "area", on: floor, x, y, radius: finding.radius_m }];
  });
}

/** A place on its wall, as it stands in the report. */
export function spotOn(wall: NetSurface, spot: WallSpot): Pick<NetPlace, "kind" | "on" | "x" | "y"> {
  const x = spot.along_m * (wall.width / (spot.width_m || wall.width));
  if (spot.up_m === null) return { kind: "band", on: wall, x, y: wall.height / 2 };
  return { kind: "spot", on: wall, x, y: wall.height * (1 - spot.up_m / spot.height_m) };
}

/** What stands at the left and right end of a wall, as whoever faces it sees it; null where that is no wall of the net. */
export function besides(zone: Zone, net: Net, corner: number): Record<"left" | "right", SurfaceName | null> {
  const corners = cornersOf(zone);
  const area = corners.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = corners[(index + 1) % corners.length] ?? [x, y];
    return sum + x * nextY - nextX * y;
  }, 0);
  const nameAt = (step: number) =>
    net.surfaces.find((one) => one.corner === (corner + step + corners.length) % corners.length)?.name ?? null;
  const forward = area > 0 ? 1 : -1; // with y downwards: the corners run to the right of whoever stands inside
  return { left: nameAt(-forward), right: nameAt(forward) };
}

function boxOf(zone: Zone): { left: number; top: number; size: readonly [number, number] } {
  const corners = cornersOf(zone);
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { left, top, size: [Math.max(...xs) - left, Math.max(...ys) - top] };
}

/** From left to right, as whoever faces that side sees its walls. */
function around({ turn, part }: { readonly turn: number; readonly part: Part }): number {
  return part === "front" && turn > 180 ? turn - 360 : turn;
}

function nameOf(part: (typeof ORDER)[number], zone: Zone, isFacing: boolean, isKnown: boolean): SurfaceName {
  if (!isFacing && !isKnown)
    return ({ front: "plan_top", right: "plan_right", behind: "plan_bottom", left: "plan_left" } as const)[part];
  if (part === "left" || part === "right") return part;
  if (zone.kind === "stall" || zone.kind === "booth") return part === "front" ? "back" : "door";
  return part === "behind" ? "behind" : zone.kind === "entrance" && !isFacing ? "door" : "ahead";
}

/** The cells of a surface, stretched from their squares to its edges. */
function painted(
  told: WallView | undefined,
  width: number,
  height: number,
): Pick<NetSurface, "areas" | "gap" | "transform"> {
  if (told === undefined) return { areas: [], gap: null, transform: "" };
  const [wide, high] = [told.columns * told.cell_m, rowsOf(told) * told.cell_m];
  return {
    areas: areasOf(told),
    gap: gapOf(told),
    transform: `scale(${String(width / wide)} ${String(height / high)})`,
  };
}

/** The floor as whoever faces that way sees it below: its far edge on top. */
function turned(ahead: number, [width, depth]: readonly [number, number]): string {
  switch (ahead) {
    case 0:
      return `matrix(0 -1 1 0 0 ${String(width)})`;
    case 90:
      return `matrix(-1 0 0 -1 ${String(width)} ${String(depth)})`;
    case 180:
      return `matrix(0 1 -1 0 ${String(depth)} 0)`;
    default:
      return "";
  }
}

function turnedPoint(
  ahead: number,
  [width, depth]: readonly [number, number],
  [x, y]: readonly [number, number],
): [number, number] {
  switch (ahead) {
    case 0:
      return [y, width - x];
    case 90:
      return [width - x, depth - y];
    case 180:
      return [depth - y, x];
    default:
      return [x, y];
  }
}

/** Whether a wall that lies that way is the one with the fixtures, or with the door. */
function wayOf(deg: number, ways: Record<Direction, number> | null): "back" | "door" | null {
  if (ways === null) return null;
  return deg === ways.back ? "back" : deg === ways.door ? "door" : null;
}

/** Of which no height is known: toilet, bench, basins below their mirror, urinals and doors as most are (guessed). */
function fixturesOn(way: "back" | "door" | null, zone: Zone, width: number): string {
  const [middle, up] = [width / 2, (metres: number) => HEIGHT_M - metres];
  const row = (one: (x: number) => string) => {
    const count = placesAlong(width);
    return Array.from({ length: count }, (_, index) => one((width * (index + 0.5)) / count)).join("");
  };
  const door = (half: number, sill: number) =>
    `M${m(middle - half)} ${m(up(sill))}v-1.8h${m(2 * half)}v1.8zM${m(middle + half - 0.12)} ${m(up(sill + 0.95))}h.06`;
  switch (`${zone.kind} ${String(way)}`) {
    case "stall back":
      return (
        `M${m(middle - 0.2)} ${m(up(0.8))}h.4v.36h-.4z` +
        `M${m(middle - 0.19)} ${m(up(0.44))}h.38c0 .22-.08 .3-.12 .44h-.14c-.04-.14-.12-.22-.12-.44z`
      );
    case "booth back":
      return `M.1 ${m(up(0.45))}h${m(width - 0.2)}v.06h${m(0.2 - width)}z`;
    case "stall door":
    case "booth door":
      return door(Math.min(0.3, middle - 0.05), SILL_M);
    case "entrance door":
      return door(Math.min(0.45, middle - 0.05), 0);
    case "basin back":
      return (
        `M${m(0.06 * width)} ${m(up(1.9))}h${m(0.88 * width)}v.8h${m(-0.88 * width)}z` +
        `M${m(0.03 * width)} ${m(up(0.85))}h${m(0.94 * width)}` +
        row((x) => `M${m(x - 0.2)} ${m(up(0.85))}c0 .2 .1 .24 .2 .24s.2-.04 .2-.24M${m(x)} ${m(up(0.85))}v-.14h.06`)
      );
    case "urinal back":
      return row((x) => `M${m(x - 0.17)} ${m(up(1.05))}h.34v.36c0 .2-.1 .3-.17 .3s-.17-.1-.17-.3z`);
    default:
      return "";
  }
}

const m = (metres: number) => String(Math.round(metres * 1000) / 1000);
