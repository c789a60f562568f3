/** The surfaces of a zone laid side by side in metres, as the report has them cell by cell. */
import type { WallView } from "../api/types";

export type Shade = 0 | 1 | 2 | 3;

/** All cells of one shade: one path, since a node for each of 1,500 cells keeps a phone busy at every position. */
export interface WallArea {
  readonly shade: Shade;
  readonly cells: number;
  readonly d: string;
}

export interface LaidSurface {
  readonly kind: WallView["surface"];
  readonly corner: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly areas: readonly WallArea[];
}

export interface Unrolled {
  readonly width: number;
  readonly height: number;
  readonly surfaces: readonly LaidSurface[];
  /** Of all cells, those of the lightest shade. */
  readonly unseenShare: number;
}

const GAP_M = 0.12;

/** Walls in the order of the zone's corners in one row, floor and ceiling below them, room for a name under each. */
export function unroll(walls: readonly WallView[], labelM: number): Unrolled {
  const surfaces: LaidSurface[] = [];
  let [width, height] = [0, 0];
  for (const isFlat of [false, true]) {
    const y = height;
    let x = 0;
    for (const wall of walls.filter((one) => (one.surface !== "wall") === isFlat)) {
      const laid = lay(wall, x, y);
      surfaces.push(laid);
      x += laid.width + GAP_M;
      width = Math.max(width, laid.x + laid.width);
      height = Math.max(height, laid.y + laid.height + labelM);
    }
  }
  const areas = surfaces.flatMap((surface) => surface.areas);
  const count = (some: readonly WallArea[]) => some.reduce((sum, area) => sum + area.cells, 0);
  const [all, unseen] = [count(areas), count(areas.filter(({ shade }) => shade === 0))];
  return { width, height, surfaces, unseenShare: all === 0 ? 1 : unseen / all };
}

/** The paths of a surface do not depend on where it is laid: they are made once. */
const made = new WeakMap<WallView, readonly WallArea[]>();

export function areasOf(wall: WallView): readonly WallArea[] {
  const known = made.get(wall);
  if (known !== undefined) return known;
  const rows = Math.ceil(wall.cells.length / wall.columns);
  const metres = Array.from({ length: Math.max(wall.columns, rows, 2) }, (_, cells) =>
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
  const areas = paths
    .filter(({ d }) => d.length > 0)
    .map(({ shade, d }) => ({ shade, cells: d.length, d: d.join("") }));
  made.set(wall, areas);
  return areas;
}

function lay(wall: WallView, x: number, y: number): LaidSurface {
  const rows = Math.ceil(wall.cells.length / wall.columns);
  return {
    kind: wall.surface,
    corner: wall.corner,
    x,
    y,
    width: wall.columns * wall.cell_m,
    height: rows * wall.cell_m,
    areas: areasOf(wall),
  };
}

/** Four shades: below 10 %, below 20 %, below 40 %, and what a wall that was seen from near and with care comes to: the
 * measured curve of a 1 mm pinhole ends at about a half, so that steps up to 100 % would show all walls alike. */
export function shadeOf(tenths: number): Shade {
  return tenths < 1 ? 0 : tenths < 2 ? 1 : tenths < 4 ? 2 : 3;
}

const ARROWS = ["→", "↘", "↓", "↙", "←", "↖", "↑", "↗"] as const;

/** Where on the plan (x to the right, y down) the wall from that corner to the next lies, as the zone sees it. */
export function arrowTo(polygon: readonly (readonly number[])[], corner: number): string {
  const [begin, end] = [polygon[corner], polygon[(corner + 1) % polygon.length]];
  if (begin === undefined || end === undefined) return "";
  const mean = (axis: 0 | 1, of: readonly (readonly number[])[]) =>
    of.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / of.length;
  const way = Math.atan2(mean(1, [begin, end]) - mean(1, polygon), mean(0, [begin, end]) - mean(0, polygon));
  return ARROWS[(Math.round((way * 4) / Math.PI) + 8) % 8] ?? "";
}
