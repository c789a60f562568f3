/**
 * Where things go on the map, in plain numbers: how much of the surroundings it shows so that no finding is cut off, and
 * where in a zone its label hides neither a finding nor a place where the probe stood.
 */
import type { Finding, Plan, SweepReport, TransmitterPlace, Zone } from "../api/types";
import { cornersOf } from "./shading";

/** A rectangle of the plan in metres, y downwards. */
export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
/**
 * Outside the room beside its upper or lower wall, on the floor before one of these edges, inside at the zone's upper or lower
 * end, or across an edge.
 */
export type LabelSpot =
  | "outside_top" | "outside_bottom" | "before_top" | "before_bottom"
  | "top" | "bottom" | "across_top" | "across_bottom"; // prettier-ignore

const WALL_M = 0.18; // guessed: the wall's line and a little air
const AIR_M = 0.05; // guessed: between a finding's area and the frame
const TOUCH_M = 0.12; // guessed: plans are drawn to a hand's width
const NAME_PX = 30; // derived: one line of a label outside the room, and the wall's line
const NAME_LINE_PX = 20; // derived: a line of it
const PIN_PX = 24; // derived: half the size of a finding's marker
const LEAST_WIDTH_PX = 290; // derived: the frame on a phone 320 px wide, less a border of a marker's size
const LEAST_HEIGHT_PX = 230; // derived: the same on a phone held sideways
export const LEAST_NAMED_PX = 210; // guessed: in a lower frame the names of two rows lie over each other
export const LABEL_PX = { width: 92, verdict: 50, coverage: 66 } as const; // what a finger hits, by layer
const SEEN_LABEL_PX = 78; // measured: 74 for a stall in Korean; English names run wider
const SEEN_PIN_PX = 20; // as map.css draws it, with the ring of a strong finding
const BEFORE_PX = 5; // derived: half a partition's lines, and air
const SPARE_PX = 10; // derived: of what a finger hits, and no word stands in
const POSITION_PX = 12; // derived: half the size of a position's mark

/** The extent with room above and below for the names of zones at these walls, in a frame of at most so many pixels. */
export function withNames(extent: Extent, plan: Plan, widthPx: number, heightPx: number): Extent {
  const pixelsPerM = Math.min(
    Math.max(widthPx, LEAST_WIDTH_PX) / (extent.right - extent.left),
    (Math.max(heightPx, LEAST_NAMED_PX) - 2 * NAME_PX) / (extent.bottom - extent.top),
  );
  const nameM = NAME_PX / pixelsPerM;
  const touches = (at: number) =>
    plan.zones.some((zone) => cornersOf(zone).some(([, y]) => Math.abs(y - at) < TOUCH_M));
  return {
    ...extent,
    top: Math.min(extent.top, touches(0) ? -nameM : 0),
    bottom: Math.max(extent.bottom, plan.depth_m + (touches(plan.depth_m) ? nameM : 0)),
  };
}

/** The room with its walls, and every finding's area and marker whole, on the smallest frame that a phone has. */
export function extentOf(plan: Plan, findings: readonly Pick<Finding, "x_m" | "y_m" | "radius_m">[]): Extent {
  const pinM = PIN_PX * Math.max(plan.width_m / LEAST_WIDTH_PX, plan.depth_m / LEAST_HEIGHT_PX);
  const reach = (finding: Pick<Finding, "radius_m">) => Math.max(finding.radius_m + AIR_M, pinM);
  return {
    left: Math.min(-WALL_M, ...findings.map((finding) => finding.x_m - reach(finding))),
    top: Math.min(-WALL_M, ...findings.map((finding) => finding.y_m - reach(finding))),
    right: Math.max(plan.width_m + WALL_M, ...findings.map((finding) => finding.x_m + reach(finding))),
    bottom: Math.max(plan.depth_m + WALL_M, ...findings.map((finding) => finding.y_m + reach(finding))),
  };
}

export const SIDES = ["left", "right", "top", "bottom"] as const;
export type Side = (typeof SIDES)[number];
export const OUTSIDE_M = 0.6; // guessed: a strip behind the wall that holds two digits
const LEAST_SHOWN_SHARE = 0.05; // guessed: one in twenty

/** The sides of the room behind which a transmitter may well be. */
export function outsideSides({ outside }: Pick<TransmitterPlace, "outside">): { side: Side; share: number }[] {
  return SIDES.map((side) => ({ side, share: outside[`${side}_share`] })).filter(
    ({ share }) => share >= LEAST_SHOWN_SHARE,
  );
}

/** The strip behind the wall on one side of the room. */
export function stripOf(plan: Plan, side: Side): Extent {
  const { width_m: right, depth_m: bottom } = plan;
  switch (side) {
    case "left":
      return { left: -OUTSIDE_M, top: 0, right: 0, bottom };
    case "right":
      return { left: right, top: 0, right: right + OUTSIDE_M, bottom };
    case "top":
      return { left: 0, top: -OUTSIDE_M, right, bottom: 0 };
    case "bottom":
      return { left: 0, top: bottom, right, bottom: bottom + OUTSIDE_M };
  }
}

/** The extent with the strips behind the walls that a transmitter's place asks for. */
export function withOutside(extent: Extent, plan: Plan, place: Pick<TransmitterPlace, "outside"> | null): Extent {
  const strips = place === null ? [] : outsideSides(place).map(({ side }) => stripOf(plan, side));
  return {
    left: Math.min(extent.left, ...strips.map(({ left }) => left)),
    top: Math.min(extent.top, ...strips.map(({ top }) => top)),
    right: Math.max(extent.right, ...strips.map(({ right }) => right)),
    bottom: Math.max(extent.bottom, ...strips.map(({ bottom }) => bottom)),
  };
}

const SPOTS: readonly LabelSpot[] = [
  "outside_top", "outside_bottom", "before_top", "before_bottom", "top", "bottom", "across_top", "across_bottom",
]; // prettier-ignore

/** Where the zone's label hides least at `scale` pixels per metre; the first of the spots that are equally good. */
export function labelSpot(
  zone: Zone,
  plan: Plan,
  findings: readonly Pick<Finding, "x_m" | "y_m">[],
  positions: readonly Pick<SweepReport["positions"][number], "x_m" | "y_m">[],
  scale: number,
  heightPx: number,
  door: Side | null,
  isNameOnly: boolean,
): LabelSpot {
  // Before the door it hides neither door nor toilet, nor who stands inside; without floor it is a plate on the door.
  const plate: LabelSpot | null = door === "bottom" ? "across_bottom" : door === "top" ? "across_top" : null;
  const before: LabelSpot | null = door === "bottom" ? "before_bottom" : door === "top" ? "before_top" : null;
  const hidden = (spot: LabelSpot) => {
    // What a finger hits reaches from outside into the zone, where it may not lie under a pin.
    const seen = labelBox(zone, spot, scale, heightPx);
    const top = labelPlace(zone, spot).yM * scale - labelAnchor(spot, heightPx);
    const box = isOutside(spot) ? { ...seen, top, bottom: top + heightPx } : seen;
    const sum = (places: readonly { x_m: number; y_m: number }[], radius: number) =>
      places.reduce((total, { x_m, y_m }) => total + overlap(box, x_m * scale, y_m * scale, radius), 0);
    // guessed: a finding outweighs every position, and a label across any edge but the door's is the last resort
    return (
      100 * sum(findings, SEEN_PIN_PX) +
      sum(positions, POSITION_PX) +
      (isOutside(spot) ? -50 : spot === before ? -30 : spot === plate ? -24 : isAcross(spot) ? 50 : 0)
    );
  };
  const atWall: Partial<Record<LabelSpot, number>> = { outside_top: 0, outside_bottom: plan.depth_m };
  const isInside = (spot: LabelSpot) => {
    const { yM } = labelPlace(zone, spot);
    if (isOutside(spot)) return isNameOnly && Math.abs(yM - (atWall[spot] ?? 0)) < TOUCH_M;
    if (isBefore(spot))
      return spot === before && isFloor(labelBox(zone, spot, scale, heightPx - SPARE_PX), plan, scale);
    return !isAcross(spot) || (yM * scale > heightPx / 2 && (plan.depth_m - yM) * scale > heightPx / 2);
  };
  const spots = SPOTS.filter(isInside);
  return spots.reduce((best, spot) => (hidden(spot) < hidden(best) ? spot : best));
}

/** The middle of the zone's upper or lower edge in metres, at which its label is held. */
export function labelPlace(zone: Zone, spot: LabelSpot): { xM: number; yM: number } {
  const xs = cornersOf(zone).map(([x]) => x);
  const ys = cornersOf(zone).map(([, y]) => y);
  const isUpper = spot.endsWith("top");
  return { xM: (Math.min(...xs) + Math.max(...xs)) / 2, yM: isUpper ? Math.min(...ys) : Math.max(...ys) };
}

/** How far below the label's upper end the point lies at which it is held, in pixels. */
export function labelAnchor(spot: LabelSpot, heightPx: number): number {
  if (isAcross(spot)) return heightPx / 2;
  if (isBefore(spot)) return spot === "before_bottom" ? -BEFORE_PX : heightPx + BEFORE_PX;
  // What a finger hits reaches into the zone: outside there is room for the name alone.
  if (isOutside(spot)) return spot === "outside_top" ? NAME_PX - 2 : heightPx - NAME_PX + 2;
  return spot === "top" ? 0 : heightPx;
}

function isOutside(spot: LabelSpot): boolean {
  return spot === "outside_top" || spot === "outside_bottom";
}

function isBefore(spot: LabelSpot): boolean {
  return spot === "before_top" || spot === "before_bottom";
}

/** Whether nothing but open floor lies under a box, in pixels. */
function isFloor(box: Extent, plan: Plan, scale: number): boolean {
  const isOn = box.top >= 0 && box.bottom <= plan.depth_m * scale;
  return (
    isOn &&
    plan.zones.every((zone) => {
      const [xs, ys] = [cornersOf(zone).map(([x]) => x * scale), cornersOf(zone).map(([, y]) => y * scale)];
      return (
        box.right <= Math.min(...xs) ||
        box.left >= Math.max(...xs) ||
        box.bottom <= Math.min(...ys) ||
        box.top >= Math.max(...ys)
      );
    })
  );
}

function isAcross(spot: LabelSpot): boolean {
  return spot === "across_top" || spot === "across_bottom";
}

function labelBox(zone: Zone, spot: LabelSpot, scale: number, heightPx: number): Extent {
  const { xM, yM } = labelPlace(zone, spot);
  const top = yM * scale - labelAnchor(spot, heightPx);
  return {
    left: xM * scale - SEEN_LABEL_PX / 2,
    right: xM * scale + SEEN_LABEL_PX / 2,
    top: spot === "outside_bottom" ? top + heightPx - NAME_LINE_PX : top,
    bottom: spot === "outside_top" ? top + NAME_LINE_PX : top + heightPx,
  };
}

/** The corner of a zone, held to its edges, where a short text hides none of the discs; all in pixels. */
export function cornerSpot(
  zone: Extent,
  size: { readonly width: number; readonly height: number },
  discs: readonly { readonly x: number; readonly y: number; readonly radius: number }[],
): { x: number; y: number } {
  const corners = [zone.top, zone.bottom - size.height].flatMap((y) =>
    [zone.left, zone.right - size.width].map((x) => ({ x, y })),
  );
  const hidden = ({ x, y }: { x: number; y: number }) => {
    const box = { left: x, top: y, right: x + size.width, bottom: y + size.height };
    return discs.reduce((sum, disc) => sum + overlap(box, disc.x, disc.y, disc.radius), 0);
  };
  return corners.reduce((best, corner) => (hidden(corner) < hidden(best) ? corner : best));
}

/** How far a disc reaches into a rectangle, in their unit; 0 when it does not. */
function overlap(box: Extent, x: number, y: number, radius: number): number {
  const dx = Math.max(box.left - x, 0, x - box.right);
  const dy = Math.max(box.top - y, 0, y - box.bottom);
  return Math.max(0, radius - Math.hypot(dx, dy));
}

const ARC = 48; // guessed: corners of a circle that looks round

/** The part of a circle that lies within a zone (metres): what is behind its walls is not drawn. */
export function areaWithin(zone: Zone, circle: Pick<Finding, "x_m" | "y_m" | "radius_m">): [number, number][] {
  let area: [number, number][] = cornersOf(zone);
  const { x_m: x, y_m: y, radius_m: radius } = circle;
  // Sutherland and Hodgman: the zone cut by each edge of the round polygon in turn.
  for (let index = 0; index < ARC; index += 1) {
    const middle = (2 * Math.PI * (index + 0.5)) / ARC;
    const [nx, ny] = [Math.cos(middle), Math.sin(middle)];
    const inset = radius * Math.cos(Math.PI / ARC);
    const beyond = ([px, py]: [number, number]) => (px - x) * nx + (py - y) * ny - inset;
    const cut: [number, number][] = [];
    area.forEach((to, at) => {
      const from = area[(at + area.length - 1) % area.length] ?? to;
      const [before, after] = [beyond(from), beyond(to)];
      if (before > 0 !== after > 0) {
        const share = before / (before - after);
        cut.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
      }
      if (after <= 0) cut.push(to);
    });
    area = cut;
  }
  return area;
}

/** The way from a wall of the zone into it, one metre long. */
export function inwardOf(zone: Zone, corner: number): [number, number] {
  const corners = cornersOf(zone);
  const [begin, end] = [corners[corner % corners.length], corners[(corner + 1) % corners.length]];
  if (begin === undefined || end === undefined) return [0, 0];
  const [wayX, wayY] = [end[0] - begin[0], end[1] - begin[1]];
  const length = Math.hypot(wayX, wayY) || 1;
  const mean = (axis: 0 | 1) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  const side = (mean(0) - begin[0]) * -wayY + (mean(1) - begin[1]) * wayX < 0 ? -1 : 1;
  return [(side * -wayY) / length, (side * wayX) / length];
}

const ROUNDS = 60; // guessed: as many as a plan has pins

/** Rectangles moved apart until none lies over another, within a frame as far as that has room. */
export function spread(boxes: readonly Extent[], frame: Extent): Extent[] {
  const moved = boxes.map((box) => ({ ...box }));
  const push = (box: (typeof moved)[number], x: number, y: number) => {
    box.left += x;
    box.right += x;
    box.top += y;
    box.bottom += y;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    let isClear = true;
    moved.forEach((one, index) => {
      for (const other of moved.slice(index + 1)) {
        const x = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const y = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (x <= 0 || y <= 0) continue;
        isClear = false;
        const isAcross = x < y;
        const isBefore = isAcross ? one.left <= other.left : one.top <= other.top;
        const by = ((isAcross ? x : y) / 2 + 0.5) * (isBefore ? 1 : -1);
        push(one, isAcross ? -by : 0, isAcross ? 0 : -by);
        push(other, isAcross ? by : 0, isAcross ? 0 : by);
      }
    });
    if (isClear) break;
    for (const box of moved)
      push(
        box,
        Math.max(0, frame.left - box.left) - Math.max(0, box.right - frame.right),
        Math.max(0, frame.top - box.top) - Math.max(0, box.bottom - frame.bottom),
      );
  }
  return moved;
}
