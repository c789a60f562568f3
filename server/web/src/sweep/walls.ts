/** The surfaces of a zone laid side by side in metres, as the report has them cell by cell. */
import type { WallView } from "../api/types";

export interface WallCell {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  /** Tenths of the probability that a 1 mm pinhole there would have been found. */
  readonly tenths: number;
}

export interface LaidSurface {
  readonly kind: WallView["surface"];
  readonly corner: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly cell: number;
  readonly cells: readonly WallCell[];
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
  const cells = surfaces.flatMap((surface) => surface.cells);
  const unseen = cells.filter((cell) => shadeOf(cell.tenths) === 0).length;
  return { width, height, surfaces, unseenShare: cells.length === 0 ? 1 : unseen / cells.length };
}

function lay(wall: WallView, x: number, y: number): LaidSurface {
  const rows = Math.ceil(wall.cells.length / wall.columns);
  const cells = [...wall.cells].flatMap((character, index) =>
    character === "."
      ? []
      : [
          {
            index,
            x: (index % wall.columns) * wall.cell_m,
            y: Math.floor(index / wall.columns) * wall.cell_m,
            tenths: Number(character),
          },
        ],
  );
  return {
    kind: wall.surface,
    corner: wall.corner,
    x,
    y,
    width: wall.columns * wall.cell_m,
    height: rows * wall.cell_m,
    cell: wall.cell_m,
    cells,
  };
}

/** Four shades: below 10 %, below 20 %, below 40 %, and what a wall that was seen from near and with care comes to: the
 * measured curve of a 1 mm pinhole ends at about a half, so that steps up to 100 % would show all walls alike. */
export function shadeOf(tenths: number): 0 | 1 | 2 | 3 {
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
