/** Arrows over a photograph in thousandths of its width and height, as its entry keeps them. Pure. */
import type { Arrow } from "../api/types";

export const MOST_ARROWS = 8; // as the server takes it
const LEAST = 30; // guessed: thousandths; shorter ones are taps
const HALF_ANGLE = 0.45; // radians

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The arrow between two places; null for one that is too short to point anywhere. */
export function arrowOf(from: Point, to: Point): Arrow | null {
  if (Math.hypot(to.x - from.x, to.y - from.y) < LEAST) return null;
  return { from_x: from.x, from_y: from.y, to_x: to.x, to_y: to.y };
}

/** Where a pointer is in a picture that fits into a box, kept within the picture. */
export function pointIn(
  box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  picture: { readonly width: number; readonly height: number },
  at: { readonly clientX: number; readonly clientY: number },
): Point {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const part = (client: number, start: number, room: number, size: number) =>
    Math.round(1000 * Math.min(1, Math.max(0, (client - start - (room - size * scale) / 2) / (size * scale))));
  return {
    x: part(at.clientX, box.left, box.width, picture.width),
    y: part(at.clientY, box.top, box.height, picture.height),
  };
}

/** The head of an arrow as points of a polygon. */
export function headOf(x1: number, y1: number, x2: number, y2: number, length: number): string {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const wings = [-HALF_ANGLE, HALF_ANGLE].map((turn) =>
    [x2 - length * Math.cos(angle + turn), y2 - length * Math.sin(angle + turn)]
      .map((part) => part.toFixed(1))
      .join(","),
  );
  return [`${x2.toFixed(1)},${y2.toFixed(1)}`, ...wings].join(" ");
}
