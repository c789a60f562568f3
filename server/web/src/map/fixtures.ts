/**
 * Doors, toilets and basins as lines in metres, so that one knows where one stands: pure functions from a plan.
 *
 * A plan holds zones and nothing in them.  What stands where follows from a zone's kind and from which of its sides is a
 * wall of the room, another zone's or open floor: a cubicle's door opens to the floor and its toilet stands opposite.
 * That is a guess, and the map says so; a zone from which nothing follows gets nothing.
 */
import type { Plan, Zone } from "../api/types";
import { SIDES, type Extent, type Side } from "./placing";
import { cornersOf } from "./shading";

/** Which side of a zone its fixtures stand on, and from which one it is entered. */
export interface ZoneSides {
  readonly back: Side;
  readonly door: Side;
}

export interface FixtureLine {
  readonly className: "fixture" | "fixture-door" | "fixture-gap";
  /** An SVG path in metres of the plan. */
  readonly d: string;
}

const OPPOSITE: Readonly<Record<Side, Side>> = { left: "right", right: "left", top: "bottom", bottom: "top" };
const TOUCH_M = 0.12; // guessed: plans are drawn to a hand's width
const STALL_DOOR_M = 0.6; // guessed: as most cubicle doors
const ROOM_DOOR_M = 0.9; // guessed: as most entrances
const BASIN_M = 0.75; // guessed: a person's width
const FACING: Readonly<Record<Side, number>> = { right: 0, bottom: 90, left: 180, top: 270 };

export type Direction = "back" | "door" | "left" | "right";

/** The angle of each direction, clockwise from the plan's +x; left and right as seen when one faces the back. */
export function directionsOf({ back }: ZoneSides): Record<Direction, number> {
  const ahead = FACING[back];
  return { back: ahead, door: (ahead + 180) % 360, left: (ahead + 270) % 360, right: (ahead + 90) % 360 };
}

export function sidesOf(zone: Zone, plan: Plan): ZoneSides | null {
  if (zone.kind === "other") return null;
  const box = boxOf(zone);
  const kinds = new Map(SIDES.map((side) => [side, touches(side, box, zone, plan)]));
  const rank = (side: Side) => {
    const opposite = kinds.get(OPPOSITE[side]);
    switch (kinds.get(side)) {
      case "open":
        return opposite === "wall" ? 4 : 3;
      case "zone":
        return 1;
      default:
        return 0;
    }
  };
  if (zone.kind === "entrance") {
    const door = best((side) => (kinds.get(side) === "wall" ? 100 + lengthOf(box, side) : 0));
    return { door, back: OPPOSITE[door] };
  }
  if (zone.kind === "stall" || zone.kind === "booth") {
    const door = best((side) => rank(side) * 100 - lengthOf(box, side)); // deeper than wide, where both would do
    return { door, back: OPPOSITE[door] };
  }
  const back = best((side) => (kinds.get(side) === "wall" ? 100 : 0) + lengthOf(box, side));
  return { back, door: OPPOSITE[back] };
}

/** The side on which a cubicle's door opens to the floor; null where there is none. */
export function doorOf(zone: Zone, plan: Plan): Side | null {
  if (zone.kind !== "stall" && zone.kind !== "booth") return null;
  const door = sidesOf(zone, plan)?.door ?? null;
  return door !== null && touches(door, boxOf(zone), zone, plan) === "open" ? door : null;
}

export function fixtureLines(plan: Plan): FixtureLine[] {
  return plan.zones.flatMap((zone) => fixturesOf(zone, plan));
}

export function fixturesOf(zone: Zone, plan: Plan): FixtureLine[] {
  const sides = sidesOf(zone, plan);
  if (sides === null) return [];
  const box = boxOf(zone);
  const frame = new Frame(box, sides.back);
  const front = new Frame(box, sides.door);
  switch (zone.kind) {
    case "stall":
      return [...toilet(frame), ...door(front, STALL_DOOR_M)];
    case "booth":
      return [bench(frame), ...door(front, STALL_DOOR_M)];
    case "basin":
      return row(frame, (u) => [frame.ellipse(u, 0.27, 0.2, 0.15)], frame.line(-0.47, 0.52, 0.47, 0.52));
    case "urinal":
      return row(frame, (u) => [frame.box(u, 0.06, 0.17, 0.1), frame.ellipse(u, 0.25, 0.14, 0.16)], null);
    case "entrance":
      return door(front, ROOM_DOOR_M);
    default:
      return [];
  }
}

function toilet(frame: Frame): FixtureLine[] {
  return [
    { className: "fixture", d: frame.box(0, 0.07, 0.21, 0.15) },
    { className: "fixture", d: frame.ellipse(0, 0.46, 0.17, 0.23) },
  ];
}

function bench(frame: Frame): FixtureLine {
  return { className: "fixture", d: frame.box(0, 0.05, Math.max(0.1, frame.width / 2 - 0.1), 0.35) };
}

/** So many basins or urinals stand along a wall. */
export function placesAlong(widthM: number): number {
  return Math.max(1, Math.floor(widthM / BASIN_M));
}

function row(frame: Frame, one: (u: number) => string[], edge: string | null): FixtureLine[] {
  const count = placesAlong(frame.width);
  const step = frame.width / count;
  const shapes = Array.from({ length: count }, (_, index) => one(-frame.width / 2 + step * (index + 0.5))).flat();
  return [...shapes, ...(edge === null ? [] : [edge])].map((d) => ({ className: "fixture", d }));
}

/** A gap in the wall, and the door's leaf open into the zone with the arc of its edge. */
function door(frame: Frame, widthM: number): FixtureLine[] {
  const half = Math.min(widthM, frame.width * 0.8) / 2;
  return [
    { className: "fixture-gap", d: frame.line(-half / (frame.width || 1), 0, half / (frame.width || 1), 0) },
    { className: "fixture-door", d: frame.leaf(half) },
  ];
}

/** Coordinates of a zone seen from one of its sides: u along that side from its middle, v into the zone; metres. */
class Frame {
  readonly width: number;
  readonly #box: Extent;
  readonly #side: Side;

  constructor(box: Extent, side: Side) {
    this.#box = box;
    this.#side = side;
    this.width = lengthOf(box, side);
  }

  point(u: number, v: number): [number, number] {
    const { left, right, top, bottom } = this.#box;
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    switch (this.#side) {
      case "top":
        return [x + u, top + v];
      case "bottom":
        return [x - u, bottom - v];
      case "left":
        return [left + v, y - u];
      case "right":
        return [right - v, y + u];
    }
  }

  box(u: number, v: number, halfWidth: number, depth: number): string {
    const corners = [
      [u - halfWidth, v],
      [u + halfWidth, v],
      [u + halfWidth, v + depth],
      [u - halfWidth, v + depth],
    ] as const;
    return `M${corners.map(([a, b]) => this.#at(a, b)).join("L")}Z`;
  }

  /** From one share of the side's length to another, shares counted from its middle. */
  line(fromShare: number, fromV: number, toShare: number, toV: number): string {
    return `M${this.#at(fromShare * this.width, fromV)}L${this.#at(toShare * this.width, toV)}`;
  }

  ellipse(u: number, v: number, ru: number, rv: number): string {
    const [rx, ry] = this.#side === "top" || this.#side === "bottom" ? [ru, rv] : [rv, ru];
    const arc = `A${number(rx)} ${number(ry)} 0 0 1`;
    return `M${this.#at(u - ru, v)}${arc} ${this.#at(u + ru, v)}${arc} ${this.#at(u - ru, v)}Z`;
  }

  leaf(half: number): string {
    const radius = number(2 * half);
    return `M${this.#at(-half, 0)}L${this.#at(-half, 2 * half)}A${radius} ${radius} 0 0 0 ${this.#at(half, 0)}`;
  }

  #at(u: number, v: number): string {
    const [x, y] = this.point(u, v);
    return `${number(x)} ${number(y)}`;
  }
}

const number = (value: number) => String(Math.round(value * 1000) / 1000);

function boxOf(zone: Zone): Extent {
  const corners = cornersOf(zone);
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function lengthOf(box: Extent, side: Side): number {
  return side === "top" || side === "bottom" ? box.right - box.left : box.bottom - box.top;
}

function touches(side: Side, box: Extent, zone: Zone, plan: Plan): "wall" | "zone" | "open" {
  const room = { left: 0, top: 0, right: plan.width_m, bottom: plan.depth_m };
  if (Math.abs(box[side] - room[side]) < TOUCH_M) return "wall";
  const isFlat = side === "top" || side === "bottom";
  const isNext = plan.zones.some((other) => {
    if (other.zone_id === zone.zone_id) return false;
    const next = boxOf(other);
    if (Math.abs(next[OPPOSITE[side]] - box[side]) >= TOUCH_M) return false;
    const shared = isFlat
      ? Math.min(next.right, box.right) - Math.max(next.left, box.left)
      : Math.min(next.bottom, box.bottom) - Math.max(next.top, box.top);
    return shared > lengthOf(box, side) / 2;
  });
  return isNext ? "zone" : "open";
}

/** The side of the highest value; of several the first of bottom, top, right and left. */
function best(value: (side: Side) => number): Side {
  const order: readonly Side[] = ["bottom", "top", "right", "left"];
  return order.reduce((found, side) => (value(side) > value(found) ? side : found));
}
