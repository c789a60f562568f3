"""The walls of a zone as lines on the plan: edges of stalls and booths, and of other zones what is the room's outline.

Input is plan and zone, output are lines in metres.  Plans name no fixtures and no heights: what is not drawn is no
wall.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sweep.report.plan import Plan, Point, Zone

HEIGHT_M: Final = 2.4
"""Of the room: plans do not say; public restrooms have 2.3 to 2.7 m (guessed)."""
ENCLOSED: Final = frozenset({"stall", "booth"})
SAME_M: Final = 0.06
"""Beyond this from the room's outline an edge is no wall of the room: half a partition and a hand's drawing."""
Segment = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class WallLine:
    """A wall of a zone on the plan."""

    corner: int
    left: Point
    """Its left end as seen from inside the zone: x, y."""
    way: Point
    """From there to its right end."""
    normal: Point
    """Into the zone."""

    @property
    def width_m(self) -> float:
        """Of the wall."""
        return math.hypot(*self.way)


def edges_of(zone: Zone) -> list[Segment]:
    """From corner to corner, closed."""
    return list(pairwise((*zone.polygon, zone.polygon[0])))


def partitions_of(plan: Plan) -> list[Segment]:
    """Edges of stalls and booths."""
    return [edge for zone in plan.zones if zone.kind in ENCLOSED for edge in edges_of(zone)]


def wall_lines(plan: Plan, zone: Zone) -> list[WallLine]:
    """The walls of a zone, in the order of its corners."""
    middle_x, middle_y = (sum(point[axis] for point in zone.polygon) / len(zone.polygon) for axis in (0, 1))
    lines = []
    for corner, (begin, end) in _walls(plan, zone):
        left, way = begin, (end[0] - begin[0], end[1] - begin[1])
        size = max(1e-9, math.hypot(*way))
        normal = (-way[1] / size, way[0] / size)
        if normal[0] * (middle_x - left[0]) + normal[1] * (middle_y - left[1]) < 0.0:
            normal = (-normal[0], -normal[1])
        if normal[0] * way[1] - normal[1] * way[0] > 0.0:  # seen from inside, left is the other end
            left, way = end, (-way[0], -way[1])
        lines.append(WallLine(corner, left, way, normal))
    return lines


def is_outline(plan: Plan, edge: Segment) -> bool:
    """Whether it lies on the room's own outline."""
    return any(
        all(abs(point[axis] - at) <= SAME_M for point in edge)
        for axis, size in ((0, plan.width_m), (1, plan.depth_m))
        for at in (0.0, size)
    )


def _walls(plan: Plan, zone: Zone) -> Iterator[tuple[int, Segment]]:
    partitions = partitions_of(plan)
    for corner, edge in enumerate(edges_of(zone)):
        if zone.kind in ENCLOSED or is_outline(plan, edge) or any(_along(edge, one) for one in partitions):
            yield corner, edge


def _along(edge: Segment, partition: Segment) -> bool:
    """Whether the middle of an edge lies on a partition."""
    (begin_x, begin_y), (end_x, end_y) = partition
    x, y = (edge[0][0] + edge[1][0]) / 2.0, (edge[0][1] + edge[1][1]) / 2.0
    way_x, way_y = end_x - begin_x, end_y - begin_y
    at = ((x - begin_x) * way_x + (y - begin_y) * way_y) / max(1e-9, way_x**2 + way_y**2)
    at = min(1.0, max(0.0, at))
    return math.hypot(begin_x + at * way_x - x, begin_y + at * way_y - y) <= SAME_M
