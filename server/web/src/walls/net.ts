/**
 * A zone folded open like a box, in metres: the wall that one faces in the middle, those beside it at its sides, ceiling
 * above and floor below, painted as they were seen, with a ring where to point.  Pure.
 *
 * A plan holds no walls: a cubicle has four, of other zones only those are drawn that the probe has told, and the one faced.
 */
import type { CoverageEvent, Plan, Zone } from "../api/types";
import { directionsOf, sidesOf, type Direction } from "../map/fixtures";
import { cornersOf } from "../map/shading";
import { areasOf, type WallArea } from "../sweep/walls";
import type { Spot } from "./spots";

type Part = "front" | "left" | "right" | "behind" | "ceiling" | "floor";

export interface NetSurface {
  readonly part: Part;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly areas: readonly WallArea[];
  /** From the metres in which it is told to these. */
  readonly transform: string;
}

export interface Net {
  readonly width: number;
  readonly height: number;
  readonly surfaces: readonly NetSurface[];
  /** Toilet and door, as lines. */
  readonly fixtures: string;
  readonly aimed: { readonly part: Part; readonly x: number; readonly y: number } | null;
}

export const RING_M = 0.3;
const HEIGHT_M = 2.4; // guessed: plans do not say
const GAP_M = 0.06;
const SILL_M = 0.12; // guessed: below a cubicle's door

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
const ORDER: readonly Part[] = ["left", "front", "right", "behind"];

/** Null for a zone of which nobody can say which wall one faces. */
export function netOf(zone: Zone, plan: Plan, walls: CoverageEvent["walls"], spot: Spot | null): Net | null {
  const sides = sidesOf(zone, plan);
  if (sides === null) return null;
  const isCubicle = zone.kind === "stall" || zone.kind === "booth";
  // At an entrance one looks at the door; a direction is clockwise from the plan's +x.
  const ahead = directionsOf(sides)[zone.kind === "entrance" ? "door" : "back"];
  const corners = cornersOf(zone);
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const size = [Math.max(...xs) - left, Math.max(...ys) - top] as const;
  const [across, deep] = ahead % 180 === 0 ? [size[1], size[0]] : [size[0], size[1]];

  const upright = new Map<Part, { width: number; told: CoverageEvent["walls"][number] | undefined }>();
  corners.forEach(([x, y], corner) => {
    const [nextX, nextY] = corners[(corner + 1) % corners.length] ?? [x, y];
    const width = Math.hypot(nextX - x, nextY - y);
    // Out of the middle through the wall, in quarters of a turn.
    const out = Math.atan2(((y + nextY) / 2 - top) / size[1] - 0.5, ((x + nextX) / 2 - left) / size[0] - 0.5);
    const quarter = (90 * Math.round(((out * 180) / Math.PI - ahead) / 90) + 720) % 360;
    const part = BESIDE[TURN[quarter] ?? "back"];
    const told = walls.find((wall) => wall.surface === "wall" && wall.corner === corner);
    const isThere = isCubicle || part === "front" || told !== undefined;
    if (isThere && (upright.get(part)?.width ?? 0) < width) upright.set(part, { width, told });
  });

  const surfaces: NetSurface[] = [];
  let x = 0;
  let frontX = 0;
  for (const part of ORDER) {
    const wall = upright.get(part);
    if (wall === undefined) continue;
    if (part === "front") frontX = x;
    surfaces.push({
      part, x, y: deep + GAP_M, width: wall.width, height: HEIGHT_M, ...painted(wall.told, wall.width, HEIGHT_M),
    }); // prettier-ignore
    x += wall.width + GAP_M;
  }
  for (const part of ["ceiling", "floor"] as const) {
    const told = walls.find(({ surface }) => surface === part);
    const { areas, transform } = painted(told, size[0], size[1]);
    const y = part === "ceiling" ? 0 : deep + HEIGHT_M + 2 * GAP_M;
    const folded = `${part === "ceiling" ? `translate(0 ${String(deep)}) scale(1 -1) ` : ""}${turned(ahead, size)}`;
    surfaces.push({ part, x: frontX, y, width: across, height: deep, areas, transform: `${folded} ${transform}` });
  }
  const [part, up] = spot === null ? [null, 0] : AT[spot];
  const on = surfaces.find((surface) => surface.part === part);
  return {
    width: Math.max(x - GAP_M, frontX + across),
    height: 2 * deep + HEIGHT_M + 2 * GAP_M,
    surfaces,
    fixtures: isCubicle ? fixturesOn(surfaces, zone.kind === "stall") : "",
    aimed:
      on === undefined
        ? null
        : { part: on.part, x: on.x + on.width / 2, y: on.y + (up === 0 ? on.height / 2 : on.height - up) },
  };
}

/** The cells of a surface, stretched from their squares to its edges. */
function painted(
  told: CoverageEvent["walls"][number] | undefined,
  width: number,
  height: number,
): Pick<NetSurface, "areas" | "transform"> {
  if (told === undefined) return { areas: [], transform: "" };
  const rows = Math.ceil(told.cells.length / told.columns);
  const [wide, high] = [told.columns * told.cell_m, rows * told.cell_m];
  return { areas: areasOf(told), transform: `scale(${String(width / wide)} ${String(height / high)})` };
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

function fixturesOn(surfaces: readonly NetSurface[], hasToilet: boolean): string {
  const lines: string[] = [];
  const front = surfaces.find(({ part }) => part === "front");
  if (hasToilet && front !== undefined) {
    const [middle, floor] = [front.x + front.width / 2, front.y + front.height];
    const [tankLeft, tankTop] = [String(middle - 0.2), String(floor - 0.8)];
    lines.push(`M${tankLeft} ${tankTop}h.4v.36h-.4z`);
    lines.push(
      `M${String(middle - 0.19)} ${String(floor - 0.44)}h.38c0 .22-.08 .3-.12 .44h-.14c-.04-.14-.12-.22-.12-.44z`,
    );
  }
  const door = surfaces.find(({ part }) => part === "behind");
  if (door !== undefined) {
    const half = Math.min(0.3, door.width / 2 - 0.05);
    const [left, bottom] = [door.x + door.width / 2 - half, door.y + door.height - SILL_M];
    lines.push(`M${String(left)} ${String(bottom)}v-1.8h${String(2 * half)}v1.8z`);
    lines.push(`M${String(left + 2 * half - 0.12)} ${String(bottom - 0.95)}h.06`);
  }
  return lines.join("");
}
