/**
 * Which places of a map are drawn as one dot, and which dots bear their name: pure functions over points in pixels.
 * A dot is as grave as its gravest place; what is graver is drawn later, on top, and is named first.
 */
import { GRAVITY, type PlaceState } from "./place-state";

export interface Point<Place> {
  readonly place: Place;
  readonly state: PlaceState;
  readonly x: number;
  readonly y: number;
}

export interface Dot<Place> {
  readonly first: Place;
  readonly count: number;
  readonly state: PlaceState;
  /** The middle of its places. */
  readonly x: number;
  readonly y: number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const gravity = (state: PlaceState): number => GRAVITY.indexOf(state);

/** Dots, the gravest last; `cellPx` 0: each place is a dot of its own. */
export function gather<Place>(points: Iterable<Point<Place>>, scale: number, cellPx: number): Dot<Place>[] {
  const cells = new Map<number, { first: Place; count: number; state: PlaceState; x: number; y: number }>();
  let alone = 0;
  for (const { place, state, x: x0, y: y0 } of points) {
    const [x, y] = [x0 * scale, y0 * scale];
    // One number for a cell: at the last zoom that gathers, the world is 2^20 cells wide.
    const cell = cellPx === 0 ? (alone += 1) : Math.floor(x / cellPx) * 2 ** 21 + Math.floor(y / cellPx);
    const dot = cells.get(cell);
    if (dot === undefined) cells.set(cell, { first: place, count: 1, state, x, y });
    else {
      dot.count += 1;
      dot.x += x;
      dot.y += y;
      if (gravity(state) < gravity(dot.state)) dot.state = state;
    }
  }
  const dots = [...cells.values()].map((dot) => ({ ...dot, x: dot.x / dot.count, y: dot.y / dot.count }));
  return dots.sort((a, b) => gravity(b.state) - gravity(a.state));
}

/** Of these dots, the gravest last, the single ones whose name finds room beside them: no name covers a dot or a name. */
export function named<Place>(
  dots: readonly Dot<Place>[],
  most: number,
  box: (dot: Dot<Place>) => Box,
  reach: number,
): Dot<Place>[] {
  const taken: Box[] = [];
  const found: Dot<Place>[] = [];
  for (const dot of [...dots].reverse()) {
    if (found.length >= most) break;
    if (dot.count > 1) continue;
    const own = box(dot);
    const isFree =
      taken.every((other) => !overlap(own, other)) &&
      dots.every((other) => other === dot || !overlap(own, around(other, reach)));
    if (!isFree) continue;
    taken.push(own);
    found.push(dot);
  }
  return found;
}

const around = ({ x, y }: { x: number; y: number }, reach: number): Box => ({
  left: x - reach,
  top: y - reach,
  right: x + reach,
  bottom: y + reach,
});

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
