"""The modelled parts that a hand meets: grip and its pad, door, cap, adapter shell, phone foot, block. By build123d."""

from __future__ import annotations

import math

from build123d import Axis, Box, Cylinder, Part, Polygon, Pos, Rot, fillet, loft

from hardware.enclosure import layout, screws
from hardware.enclosure.shapes import CENTRE, HALF_X, HOLD, S, block, rod


def oblong(width: float, depth: float, low: float, high: float, radius: float) -> Part:
    """An upright block with rounded corners around the grip's axis."""
    z = S["grip"]["z"]
    part = block(-width / 2, low, z - depth / 2, width / 2, high, z + depth / 2)
    return fillet(part.edges().filter_by(Axis.Y), radius)


def grip() -> Part:
    """Handle with the power bank inside and the button in front. Prints upside down, on its flange."""
    table = S["grip"]
    top, bottom = layout.grip_top(), layout.grip_bottom()
    width, depth, thick = table["flange"]
    part = oblong(width, depth, top - thick, top, 6.0)
    part += oblong(table["outer"][0], table["outer"][1], bottom, top, table["outer_radius"])
    part -= oblong(table["inner"][0], table["inner"][1], bottom, top, table["inner_radius"])
    for at in screws.grip():
        part -= rod("y", at, 4.4, top - thick, top)
    y = top - thick + table["button_y"]
    front = table["z"] + table["outer"][1] / 2
    part -= rod("z", (0.0, y), table["button_diameter"], front - 8.0, front)
    part -= rod("x", (bottom + table["door_overlap"] / 2, table["z"]), 2.6, -table["outer"][0], table["outer"][0])
    _, outer, inner = layout.wake_slot()
    sink = S["wake"]["sink"]
    part -= wake_block(outer - 1.0, sink + 1.0, outer + sink, 0.0)
    return part - wake_block(outer + sink, 0.0, inner + 1.0, 0.0)


def wake_block(rear: float, rear_grow: float, front: float, front_grow: float) -> Part:
    """A block between two z with the outline of the opening over the bank's button, wider by so much at each end."""
    y, _, _ = layout.wake_slot()
    ends = ((rear, rear_grow), (front, front_grow))
    return loft([Pos(0, y, z) * Polygon(*layout.wake_outline(grow), align=None) for z, grow in ends], ruled=True)


def wake_pad() -> Part:
    """Closes that opening and is pressed through: a rim that snaps in from outside, a skin. Of TPU, on its skin."""
    table, (_, outer, inner) = S["wake"], layout.wake_slot()
    sink, play, behind, end = table["sink"], table["play"], inner + 0.05, inner + table["reach"]
    part = wake_block(outer, sink, outer + sink + play, -play)
    part += wake_block(outer + sink + play, -play, behind, -play)
    part += wake_block(behind, table["catch"], end, table["catch"] - (end - behind))
    return part - wake_block(outer - 1.0, -table["rim"], end - table["skin"], -table["rim"])


def door() -> Part:
    """Closes the grip from below, whole: the bank's ports are up. Thumbscrews hold it. Prints on its outer face."""
    table = S["grip"]
    bottom = layout.grip_bottom()
    gap, wall, round_mm = table["door_clearance"], table["door_wall"], table["outer_radius"]
    width, depth = table["outer"][0] + 2 * (gap + wall), table["outer"][1] + 2 * (gap + wall)
    part = oblong(width, depth, bottom - 3.0, bottom + table["door_overlap"], round_mm + gap + wall)
    part -= oblong(
        table["outer"][0] + 2 * gap, table["outer"][1] + 2 * gap, bottom, bottom + table["door_overlap"], round_mm + gap
    )
    part -= rod("x", (bottom + table["door_overlap"] / 2, table["z"]), 3.2, -table["outer"][0], table["outer"][0])
    return part


def cap() -> Part:
    """Lens cap; sits on the collar of the front plate, or on its twin on the lid. Prints on its outer face."""
    eye = S["eye"]
    radius = eye["collar_outer_radius"] + eye["cap_clearance"]
    part = rod("z", (0, 0), 2 * radius + 4.0, 0.4, eye["collar_height"] + 2.4)
    part -= rod("z", (0, 0), 2 * radius, 0.4, eye["collar_height"] + 0.1)
    tab = block(-4.0, -radius - 10.0, eye["collar_height"] + 0.1, 4.0, -radius, eye["collar_height"] + 2.4)
    tab -= rod("z", (0, -radius - 6.5), 3.0, 0, 10.0)
    return part + tab


def wifi_shell() -> Part:
    """Cover of the Wi-Fi adapter on the lid, open behind for its antennas. Prints on its roof."""
    table, low = S["wifi"], layout.lid_top()
    gap, wall = table["room"], table["wall"]
    width, height, length = table["box"]
    x0, x1 = table["x"] - gap, table["x"] + width + gap
    front, rear = table["z"] + table["plug"], table["z"] - length
    roof = low + height + 2 * gap
    part = block(x0 - wall, low, rear, x1 + wall, roof + wall, front + wall)
    part -= block(x0, low, rear, x1, roof, front)
    size = table["post"] / 2
    for x, z in screws.wifi():
        part += block(max(x - size, x0 - wall), low, z - size, x + size, roof + wall, z + size)
    for at in screws.wifi():
        part -= rod("y", at, S["shell"]["pilot_m3"], low, low + HOLD["adapter shell"].depth_mm)
    return part


def phone_foot() -> Part:
    """Wedge on the lid for a phone clamp with 1/4 inch thread; the bolt's head hides in it. Prints on its foot."""
    table, low = S["phone"], layout.lid_top()
    width, deep = table["foot"]
    x, z = table["x"], table["z"]
    slope = math.radians(table["slope_deg"])
    rise = deep * math.tan(slope)
    part = block(x - width / 2, low, z - deep / 2, x + width / 2, low + table["low"] + rise, z + deep / 2)
    lean = Rot(-table["slope_deg"], 0, 0)
    above = Pos(x, low + table["low"] + rise / 2, z) * lean
    part -= above * Pos(0, 30, 0) * Box(4 * width, 60, 4 * deep)
    part -= above * Pos(0, -30.0, 0) * Rot(-90, 0, 0) * Cylinder(table["bolt"] / 2, 60, align=CENTRE)
    across = table["bolt_head"][0]
    seat = 6.0
    part -= above * Pos(0, -seat - 30.0, 0) * Box(across, 60.0, across)
    for at in screws.phone():
        part -= rod("y", at, S["shell"]["pilot_m3"], low, low + HOLD["phone foot"].depth_mm)
    return part


def corner_block() -> Part:
    """Takes up a fall; four of them, of TPU. Prints on the side that is glued."""
    thick, height, depth = S["corner"]["block"]
    z = layout.corner_places()[0]
    part = block(HALF_X, -height / 2, z, HALF_X + thick, height / 2, z + depth)
    return fillet(part.faces().sort_by(Axis.X)[-1].edges(), 4.0)
