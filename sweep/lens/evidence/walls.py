"""The surfaces of a zone as cells of 10 cm: walls, floor and ceiling, and which of them a position can see.

Job: lay out the cells from the zone's polygon and say which lie behind a partition.  Input: plan and zone; output:
points, normals and how the cells lie on their surfaces.  Between zones that are no stall or booth there are no walls
but the room's own and the partitions of stalls.  Plans name no fixtures, so none are laid out: what hangs on a wall
counts as that wall, what stands in the room is not covered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from sweep.report import Plan, Zone
from sweep.report.walls.lines import HEIGHT_M, partitions_of, wall_lines

CELL_M: Final = 0.1
MOST_CELLS: Final = 4_000
"""Of a zone; beyond, cells grow."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Surface:
    """One surface with its cells, rows from the top down (floor and ceiling: along y), columns from the left."""

    kind: Literal["wall", "floor", "ceiling"]
    corner: int
    rows: int
    columns: int
    is_part: npt.NDArray[np.bool_]
    """rows x columns: which of them belong to the zone."""


@dataclass(frozen=True, eq=False)
class Grid:
    """All cells of a zone that belong to it, surface by surface."""

    cell_m: float
    surfaces: tuple[Surface, ...]
    points_m: Floats
    """N x 3: x, y of the plan and height."""
    normals: Floats
    """N x 3, into the zone."""
    blocking: Floats
    """M x 4: partitions between the floor and above the head as x, y, x, y."""

    @cached_property
    def area_m2(self) -> float:
        """Of all cells."""
        return len(self.points_m) * self.cell_m**2

    def visible_from(self, x_m: float, y_m: float) -> npt.NDArray[np.bool_]:
        """Which cells show their front there, with no partition between."""
        hidden = ((np.array([x_m, y_m]) - self.points_m[:, :2]) * self.normals[:, :2]).sum(axis=1) < 0.0
        # a little short of the cell, so that its own wall does not hide it
        to = np.array([x_m, y_m]) + 0.98 * (self.points_m[:, :2] - [x_m, y_m])
        for x1, y1, x2, y2 in self.blocking:
            hidden |= _cross((x_m, y_m), to, (x1, y1), (x2, y2))
        return ~hidden


def grid_of(plan: Plan, zone: Zone, height_m: float = HEIGHT_M, cell_m: float = CELL_M) -> Grid:
    """The cells of a zone."""
    walls = wall_lines(plan, zone)
    xs, ys = np.array(zone.polygon, float).T
    area = sum(line.width_m * height_m for line in walls) + 2.0 * np.ptp(xs) * np.ptp(ys)
    cell_m = max(cell_m, math.sqrt(area / MOST_CELLS))
    surfaces, points, normals = [], [], []
    for line in walls:
        columns, rows = (max(1, round(size / cell_m)) for size in (line.width_m, height_m))
        along = (np.arange(columns) + 0.5) / columns
        heights = height_m * (1.0 - (np.arange(rows) + 0.5) / rows)
        xy = np.array(line.left) + along[:, None] * np.array(line.way)
        points.append(np.column_stack([np.tile(xy, (rows, 1)), heights.repeat(columns)]))
        normals.append(np.tile([*line.normal, 0.0], (rows * columns, 1)))
        surfaces.append(Surface("wall", line.corner, rows, columns, np.ones((rows, columns), bool)))
    columns, rows = (max(1, round(float(np.ptp(axis)) / cell_m)) for axis in (xs, ys))
    x = xs.min() + (np.arange(columns) + 0.5) * np.ptp(xs) / columns
    y = ys.min() + (np.arange(rows) + 0.5) * np.ptp(ys) / rows
    flat = np.column_stack([np.tile(x, rows), y.repeat(columns)])
    inside = _inside(zone, flat)
    levels: tuple[tuple[Literal["floor", "ceiling"], float, float], ...] = (
        ("floor", 0.0, 1.0),
        ("ceiling", height_m, -1.0),
    )
    for kind, height, up in levels:
        points.append(np.column_stack([flat[inside], np.full(inside.sum(), height)]))
        normals.append(np.tile([0.0, 0.0, up], (int(inside.sum()), 1)))
        surfaces.append(Surface(kind, 0, rows, columns, inside.reshape(rows, columns)))
    partitions = np.array([(*a, *b) for a, b in partitions_of(plan)], float).reshape(-1, 4)
    return Grid(cell_m, tuple(surfaces), np.concatenate(points), np.concatenate(normals), partitions)


def _inside(zone: Zone, points: Floats) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(points), bool)
    x, y = points.T
    for (x1, y1), (x2, y2) in pairwise((*zone.polygon, zone.polygon[0])):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside


def _cross(
    eye: tuple[float, float], to: Floats, a: tuple[float, float], b: tuple[float, float]
) -> npt.NDArray[np.bool_]:
    """Which of the ways from the eye cross the line from a to b."""

    def side(
        px: Floats | float, py: Floats | float, ox: float, oy: float, dx: Floats | float, dy: Floats | float
    ) -> Floats:
        return np.asarray(dx * (py - oy) - dy * (px - ox), float)

    way_x, way_y = to[:, 0] - eye[0], to[:, 1] - eye[1]
    ends = side(a[0], a[1], *eye, way_x, way_y) * side(b[0], b[1], *eye, way_x, way_y) < 0.0
    line_x, line_y = b[0] - a[0], b[1] - a[1]
    eyes = float(side(eye[0], eye[1], *a, line_x, line_y)) * side(to[:, 0], to[:, 1], *a, line_x, line_y) < 0.0
    return np.asarray(ends & eyes)
