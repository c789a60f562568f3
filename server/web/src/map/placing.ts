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
/** Inside at the zone's upper or lower end, or across one of these edges. */
export type LabelSpot = "top" | "bottom" | "across_top" | "across_bottom";

const WALL_M = 0.18; // guessed: the wall's line and a little air
const AIR_M = 0.05; // guessed: between a finding's circle and the frame
const PIN_PX = 24; // derived: half the size of a finding's marker
const LEAST_WIDTH_PX = 290; // derived: the frame on a phone 320 px wide, less a border of a marker's size
const LEAST_HEIGHT_PX = 230; // derived: the same on a phone held sideways
export const LABEL_PX = { width: 92, verdict: 50, coverage: 66 } as const; // what a finger hits, by layer
const SEEN_LABEL_PX = 78; // measured: 74 for a stall in Korean; English names run wider
const SEEN_PIN_PX = 20; // as map.css draws it, with the ring of a strong finding
const POSITION_PX = 12; // derived: half the size of a position's mark

/** The room with its walls, and every finding's circle and marker whole, on the smallest frame that a phone has. */
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

/** Where the zone's label hides least at `scale` pixels per metre; the first of the spots that are equally good. */
export function labelSpot(
  zone: Zone,
  plan: Plan,
  findings: readonly Pick<Finding, "x_m" | "y_m">[],
  positions: readonly Pick<SweepReport["positions"][number], "x_m" | "y_m">[],
  scale: number,
  heightPx: number,
  door: Side | null,
): LabelSpot {
  // Like a plate on the door: it hides neither the toilet nor who stands inside.
  const plate: LabelSpot | null = door === "bottom" ? "across_bottom" : door === "top" ? "across_top" : null;
  const hidden = (spot: LabelSpot) => {
    const box = labelBox(zone, spot, scale, heightPx);
    const sum = (places: readonly { x_m: number; y_m: number }[], radius: number) =>
      places.reduce((total, { x_m, y_m }) => total + overlap(box, x_m * scale, y_m * scale, radius), 0);
    // guessed: a finding outweighs every position, and a label across any edge but the door's is the last resort
    return (
      100 * sum(findings, SEEN_PIN_PX) + sum(positions, POSITION_PX) + (spot === plate ? -24 : isAcross(spot) ? 50 : 0)
    );
  };
  const isInside = (spot: LabelSpot) => {
    const { yM } = labelPlace(zone, spot);
    return !isAcross(spot) || (yM * scale > heightPx / 2 && (plan.depth_m - yM) * scale > heightPx / 2);
  };
  const spots = (["top", "bottom", "across_top", "across_bottom"] as const).filter(isInside);
  return spots.reduce((best, spot) => (hidden(spot) < hidden(best) ? spot : best));
}

/** The middle of the zone's upper or lower edge in metres, at which its label is held. */
export function labelPlace(zone: Zone, spot: LabelSpot): { xM: number; yM: number } {
  const xs = cornersOf(zone).map(([x]) => x);
  const ys = cornersOf(zone).map(([, y]) => y);
  const isUpper = spot === "top" || spot === "across_top";
  return { xM: (Math.min(...xs) + Math.max(...xs)) / 2, yM: isUpper ? Math.min(...ys) : Math.max(...ys) };
}

/** How far below the label's upper end the point lies at which it is held, in pixels. */
export function labelAnchor(spot: LabelSpot, heightPx: number): number {
  if (isAcross(spot)) return heightPx / 2;
  return spot === "top" ? 0 : heightPx;
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
    top,
    bottom: top + heightPx,
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
