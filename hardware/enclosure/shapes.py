"""Blocks and rods for the modelled parts, and the numbers that all of them share. Needs build123d."""

from __future__ import annotations

from build123d import Align, Box, Cone, Cylinder, Part, Pos, Rot

from hardware.enclosure import layout, screws

CENTRE = (Align.CENTER, Align.CENTER, Align.MIN)
S = layout.shell()
WALL = S["shell"]["wall"]
HALF_X, HALF_Y = S["shell"]["half_width"], S["shell"]["half_height"]
PLATE_BACK = -S["shell"]["front_thickness"]
HOLD = screws.fastenings()


def block(x0: float, y0: float, z0: float, x1: float, y1: float, z1: float) -> Part:
    """A box between two corners."""
    return Pos((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2) * Box(x1 - x0, y1 - y0, z1 - z0)


def rod(axis: str, at: tuple[float, float], diameter: float, low: float, high: float) -> Part:
    """A cylinder along x, y or z, as `solids.Cylinder`."""
    body = Cylinder(diameter / 2, high - low, align=CENTRE)
    if axis == "z":
        return Pos(at[0], at[1], low) * body
    if axis == "y":
        return Pos(at[0], low, at[1]) * Rot(-90, 0, 0) * body
    return Pos(low, at[0], at[1]) * Rot(0, 90, 0) * body


def countersink(axis: str, at: tuple[float, float], face: float) -> Part:
    """What a countersunk M3 screw takes out of a face that looks along +y or +z, from the clearance hole up."""
    wide, hole = S["shell"]["head_m3"] / 2, 1.7
    cone = Cone(hole, wide, wide - hole, align=CENTRE)
    if axis == "z":
        return Pos(at[0], at[1], face - (wide - hole)) * cone
    return Pos(at[0], face - (wide - hole), at[1]) * Rot(-90, 0, 0) * cone
