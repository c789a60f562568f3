/** The cells of a surface as the report has them, in metres of that surface: its shades, and the largest gap. Pure. */
import type { WallView } from "../api/types";

export type Shade = 0 | 1 | 2 | 3;

/** All cells of one shade: one path, since a node for each of 1,500 cells keeps a phone busy at every position. */
export interface WallArea {
  readonly shade: Shade;
  readonly cells: number;
  readonly d: string;
}

/** Cells side by side that were hardly seen. */
export interface Gap {
  readonly areaM2: number;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  /** Its outline, edge by edge. */
  readonly d: string;
}

/** The paths of a surface do not depend on where it is laid: they are made once. */
const areas = new WeakMap<WallView, readonly WallArea[]>();
const gaps = new WeakMap<WallView, Gap | null>();

export function areasOf(wall: WallView): readonly WallArea[] {
  return kept(areas, wall, () => {
    const metres = Array.from({ length: Math.max(wall.columns, rowsOf(wall), 2) }, (_, cells) =>
      (cells * wall.cell_m).toFixed(3),
    );
    const square = `h${String(metres[1])}v${String(metres[1])}h-${String(metres[1])}z`;
    const paths = ([0, 1, 2, 3] as const).map((shade) => ({ shade, d: [] as string[] }));
    for (let index = 0; index < wall.cells.length; index += 1) {
      const character = wall.cells.charAt(index);
      if (character === ".") continue;
      const [x, y] = [metres[index % wall.columns], metres[Math.floor(index / wall.columns)]];
      paths[shadeOf(Number(character))]?.d.push(`M${String(x)} ${String(y)}${square}`);
    }
    return paths.filter(({ d }) => d.length > 0).map(({ shade, d }) => ({ shade, cells: d.length, d: d.join("") }));
  });
}

/** The largest of a surface; null where all of it was seen somewhat. */
export function gapOf(wall: WallView): Gap | null {
  return kept(gaps, wall, () => {
    const { columns, cell_m: side } = wall;
    const isUnseen = (index: number) => wall.cells.charAt(index) === "0"; // the lightest shade
    const around = (index: number) => [
      index % columns > 0 ? index - 1 : -1,
      index % columns < columns - 1 ? index + 1 : -1,
      index - columns,
      index + columns,
    ];
    const seen = new Set<number>();
    let largest: number[] = [];
    for (let start = 0; start < wall.cells.length; start += 1) {
      if (seen.has(start) || !isUnseen(start)) continue;
      seen.add(start);
      const found = [start];
      for (const index of found)
        for (const next of around(index))
          if (isUnseen(next) && !seen.has(next)) {
            seen.add(next);
            found.push(next);
          }
      if (found.length > largest.length) largest = found;
    }
    if (largest.length === 0) return null;
    const edges = largest.flatMap((index) => {
      const [x, y] = [(index % columns) * side, Math.floor(index / columns) * side];
      const lines = [`M${m(x)} ${m(y)}v${m(side)}`, `M${m(x + side)} ${m(y)}v${m(side)}`]; // left, right
      lines.push(`M${m(x)} ${m(y)}h${m(side)}`, `M${m(x)} ${m(y + side)}h${m(side)}`); // above, below
      return around(index).flatMap((next, edge) => (isUnseen(next) ? [] : (lines[edge] ?? [])));
    });
    const mean = (of: (index: number) => number) =>
      largest.reduce((sum, index) => sum + (of(index) + 0.5) * side, 0) / largest.length;
    return {
      areaM2: largest.length * side * side,
      x: mean((index) => index % columns),
      y: mean((index) => Math.floor(index / columns)),
      d: edges.join(""),
    };
  });
}

/** Of all cells, those of the lightest shade; all of them where none was told. */
export function unseenShare(walls: readonly WallView[]): number {
  const all = walls.flatMap(areasOf);
  const count = (some: readonly WallArea[]) => some.reduce((sum, area) => sum + area.cells, 0);
  return all.length === 0 ? 1 : count(all.filter(({ shade }) => shade === 0)) / count(all);
}

/** The mean chance, 0 to 1, of what is painted darker than the lightest shade; null where nothing is. */
export function paintedMean(walls: readonly WallView[]): number | null {
  const tenths = walls.flatMap(({ cells }) => [...cells].map(Number).filter((tenth) => shadeOf(tenth) > 0));
  return tenths.length === 0 ? null : tenths.reduce((sum, tenth) => sum + (tenth + 0.5) / 10, 0) / tenths.length;
}

export function rowsOf(wall: WallView): number {
  return Math.ceil(wall.cells.length / wall.columns);
}

/** Four shades: below 10 %, below 20 %, below 40 %, and what a wall that was seen from near and with care comes to: the
 * measured curve of a 1 mm pinhole ends at about a half, so that steps up to 100 % would show all walls alike. */
export function shadeOf(tenths: number): Shade {
  return tenths < 1 ? 0 : tenths < 2 ? 1 : tenths < 4 ? 2 : 3;
}

function kept<T>(known: WeakMap<WallView, T>, wall: WallView, make: () => T): T {
  if (known.has(wall)) return known.get(wall) as T;
  const made = make();
  known.set(wall, made);
  return made;
}

const m = (metres: number) => String(Math.round(metres * 1000) / 1000);
