"""What stands on a printed plan as lines in metres: doors, toilets, basins, and areas that end at walls.

Input are a plan and a zone of it, output polylines; a plan holds zones and nothing in them, so fixtures are what its
sides let guess, as on the page (`server/web/src/map/fixtures.ts`), and where nothing follows nothing is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sweep.report import Plan, Zone
from sweep.report.walls.lines import ENCLOSED, WallLine, is_outline, wall_lines
from sweep.report.walls.spots import door_of

STALL_DOOR_M: Final = 0.6
ROOM_DOOR_M: Final = 0.9
BASIN_M: Final = 0.75
"""A person's width; as the doors guessed."""
ARC: Final = 48
"""Corners of a circle that looks round (guessed)."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """One line; `gap` takes a piece out of a wall."""

    kind: Literal["fixture", "door", "gap"]
    points: tuple[Point, ...]


def strokes_of(plan: Plan, zone: Zone) -> Iterator[Stroke]:
    """Doors and fixtures of a zone."""
    lines = {line.corner: line for line in wall_lines(plan, zone)}
    if zone.kind in ENCLOSED:
        door = door_of(plan, zone, lines)
        if door is None:
            return
        facing = [
            one for one in lines.values() if one.normal[0] * door.normal[0] + one.normal[1] * door.normal[1] < -0.9
        ]
        back = max(facing, key=lambda one: one.width_m, default=None)
        if back is not None:
            at = _Frame(back)
            if zone.kind == "stall":
                yield at.box(0.0, 0.07, 0.21, 0.15)
                yield at.ellipse(0.0, 0.46, 0.17, 0.23)
            else:
                yield at.box(0.0, 0.05, max(0.1, back.width_m / 2 - 0.1), 0.35)
        yield from _Frame(door).door(STALL_DOOR_M)
        return
    outer = [one for one in lines.values() if _is_outer(plan, one)]
    if zone.kind == "other" or not outer:
        return
    longest = max(outer, key=lambda one: one.width_m)
    at = _Frame(longest)
    if zone.kind == "entrance":
        yield from at.door(ROOM_DOOR_M)
        return
    count = max(1, math.floor(longest.width_m / BASIN_M))
    step = longest.width_m / count
    for u in ((index + 0.5) * step - longest.width_m / 2 for index in range(count)):
        if zone.kind == "basin":
            yield at.ellipse(u, 0.27, 0.2, 0.15)
        else:
            yield at.box(u, 0.06, 0.17, 0.1)
            yield at.ellipse(u, 0.25, 0.14, 0.16)


def area_within(zone: Zone, x_m: float, y_m: float, radius_m: float) -> list[Point]:
    """The part of a circle that lies within a zone: the zone cut by each edge of the round polygon in turn (Sutherland
    and Hodgman); empty where none does.
    """
    area = list(zone.polygon)
    inset = radius_m * math.cos(math.pi / ARC)
    for index in range(ARC):
        middle = 2.0 * math.pi * (index + 0.5) / ARC
        nx, ny = math.cos(middle), math.sin(middle)
        beyond = [(x - x_m) * nx + (y - y_m) * ny - inset for x, y in area]
        cut: list[Point] = []
        for at, (to, after) in enumerate(zip(area, beyond, strict=True)):
            begin, before = area[at - 1], beyond[at - 1]
            if (before > 0.0) != (after > 0.0):
                share = before / (before - after)
                cut.append((begin[0] + share * (to[0] - begin[0]), begin[1] + share * (to[1] - begin[1])))
            if after <= 0.0:
                cut.append(to)
        area = cut
    return area


def inward_of(plan: Plan, zone: Zone, corner: int) -> Point:
    """The way from the wall at that corner into the zone, one metre long."""
    return next(line.normal for line in wall_lines(plan, zone) if line.corner == corner)


def _is_outer(plan: Plan, line: WallLine) -> bool:
    (x, y), (way_x, way_y) = line.left, line.way
    return is_outline(plan, ((x, y), (x + way_x, y + way_y)))


class _Frame:
    """Coordinates of a zone seen from one of its walls: u along it from its middle, v into the zone; metres."""

    def __init__(self, line: WallLine) -> None:
        self._line = line

    def point(self, u: float, v: float) -> Point:
        line, (nx, ny) = self._line, self._line.normal
        share = 0.5 + u / max(1e-9, line.width_m)
        x, y = line.left[0] + share * line.way[0] + v * nx, line.left[1] + share * line.way[1] + v * ny
        return round(x, 3), round(y, 3)

    def box(self, u: float, v: float, half: float, depth: float) -> Stroke:
        corners = ((u - half, v), (u + half, v), (u + half, v + depth), (u - half, v + depth), (u - half, v))
        return Stroke("fixture", tuple(self.point(*corner) for corner in corners))

    def ellipse(self, u: float, v: float, ru: float, rv: float) -> Stroke:
        turns = [2.0 * math.pi * index / 24 for index in range(25)]
        return Stroke("fixture", tuple(self.point(u + ru * math.cos(a), v + rv * math.sin(a)) for a in turns))

    def door(self, width_m: float) -> Iterator[Stroke]:
        """A gap in the wall, and the leaf open into the zone with the arc of its edge."""
        wide = min(width_m, 0.8 * self._line.width_m)
        half = wide / 2.0
        yield Stroke("gap", (self.point(-half, 0.0), self.point(half, 0.0)))
        turns = [math.pi / 2.0 * index / 12 for index in range(13)]
        arc = [self.point(-half + wide * math.sin(a), wide * math.cos(a)) for a in turns]
        yield Stroke("door", (self.point(-half, 0.0), *arc))
