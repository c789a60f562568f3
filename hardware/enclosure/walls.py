"""Walls of the printed parts, measured on the exported files: how thick, where too thin, and what is meant to be thin.

Job: from points spread evenly over a part's surface a ray goes straight inwards; where it leaves through a face that
looks the other way, the way between is a wall. Input: the triangles of an STL and its solid; output: `Wall`s, mm. A ray
that leaves through a face at more than 37 degrees to the first is an edge, no wall: so a countersink meets its plate.
A thin spot of A mm2 is missed with the chance exp(-A x points per mm2), and each wall has two sides to be found from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from manifold3d import Manifold

from hardware.enclosure import layout
from hardware.enclosure.mesh import Corners
from hardware.enclosure.solids import Box, Point

LEAST_MM = 1.2
"""Three lines of a nozzle of 0.4 mm: a wall that holds."""
LINE_MM = 0.4
"""The nozzle: nothing thinner is printed at all."""
PER_MM2 = 1.0
"""Points a mm2: a thin spot of 5 mm2 is missed in one look of 150, one of 5 mm2 on both sides in one of 22,000."""
OPPOSITE = math.cos(math.radians(37.0))
LOOK_MM = 6.0
SKIN_MM = 1e-3
Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wall:
    """One ray through a part."""

    at: Point
    """Where it went in."""
    mm: float


@dataclass(frozen=True, slots=True)
class Thin:
    """A place that is thinner than a wall on purpose."""

    part: str
    where: Box
    least_mm: float
    why: str


def surface_points(corners: Corners, per_mm2: float, seed: int = 1) -> tuple[Points, Points]:
    """Points spread evenly over a surface and the ways straight inwards from them, always the same for a seed."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
    size = np.linalg.norm(across, axis=1)
    chance = np.random.default_rng(seed)
    count = max(1, round(per_mm2 * float(size.sum()) / 2))
    face = chance.choice(len(corners), count, p=size / size.sum())
    a, b = np.sqrt(chance.random(count)), chance.random(count)
    parts = np.stack([1 - a, a * (1 - b), a * b], axis=1)[:, :, None]
    return (corners[face] * parts).sum(axis=1, dtype=np.float64), -across[face] / size[face, None]


def walls(corners: Corners, solid: Manifold, per_mm2: float = PER_MM2) -> Iterator[Wall]:
    """Every wall of at most `LOOK_MM` that a ray finds."""
    points, inwards = surface_points(corners, per_mm2)
    begin, end = points + SKIN_MM * inwards, points + LOOK_MM * inwards
    for point, start, stop, way in zip(points.tolist(), begin.tolist(), end.tolist(), inwards.tolist(), strict=True):
        hits = solid.ray_cast((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        if hits and sum(a * b for a, b in zip(hits[0].normal, way, strict=True)) > OPPOSITE:
            mm = SKIN_MM + float(hits[0].distance) * (LOOK_MM - SKIN_MM)
            yield Wall((point[0], point[1], point[2]), mm)


def thinnest_mm(corners: Corners, solid: Manifold, per_mm2: float = PER_MM2) -> float:
    """The thinnest wall that is found; `LOOK_MM` where there is none."""
    return min((wall.mm for wall in walls(corners, solid, per_mm2)), default=LOOK_MM)


def is_in(box: Box, point: Point) -> bool:
    """Whether a point lies in a box, its faces with 0.02 mm besides."""
    return all(low - 0.02 <= p <= high + 0.02 for low, p, high in zip(box.low, point, box.high, strict=True))


def too_thin(name: str, corners: Corners, solid: Manifold, per_mm2: float = PER_MM2) -> list[Wall]:
    """Walls below what is asked for at their place, thinnest first."""
    meant = [thin for thin in on_purpose() if thin.part == name]
    found = []
    for wall in walls(corners, solid, per_mm2):
        if wall.mm >= LEAST_MM - 1e-2:
            continue
        least = min((thin.least_mm for thin in meant if is_in(thin.where, wall.at)), default=LEAST_MM)
        if wall.mm < least - 1e-2:
            found.append(wall)
    return sorted(found, key=lambda wall: wall.mm)


def on_purpose() -> list[Thin]:
    """What may be thinner than a wall, where, how thin, and why."""
    s, back = layout.shell(), -float(layout.shell()["shell"]["front_thickness"])
    eye, half = s["eye"], layout.boards()["middle"]["window_mm"] * math.sqrt(0.5)
    skin = eye["option_skin"]
    (x, y), (wide, high) = s["range"]["at"], s["range"]["window"]
    pockets = [(px, py, half, half) for px, py in layout.option_leds()] + [(x, y, wide / 2, high / 2)]
    places = [
        Thin("front_plate", Box((px - dx, py - dy, -skin), (px + dx, py + dy, 0.0)), skin, "a skin that is cut out")
        for px, py, dx, dy in pockets
    ]
    edge, far = eye["spoke_width"] / 2, eye["opening_radius"] + 0.2
    for low, top in (((-far, -edge), (far, edge)), ((-edge, -far), (edge, far))):
        box = Box((*low, back), (*top, 0.0))
        places.append(Thin("front_plate", box, eye["spoke_width"], "between two LEDs there is no more room"))
    return places
