"""Boxes and cylinders: the shapes in which `layout.py` says where everything sits, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float, float]
Point2 = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box between two corners, mm."""

    low: Point
    high: Point


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A cylinder along `axis` (x, y or z) from `low` to `high`, around the two other coordinates in their order."""

    axis: str
    centre: tuple[float, float]
    radius: float
    low: float
    high: float
    bore: float = 0.0


Solid = Box | Cylinder
