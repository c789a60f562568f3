"""Where the optional lamps sit: LEDs of phases M, N and R, and the arc board of phase N.

Job: the geometry of `[middle]` and `[arc]` of `../interfaces.toml` as points and solids. Input: the boards' tables;
output: millimetres in the enclosure's coordinates. `layout.py` puts them among everything else.
"""

from __future__ import annotations

import math
from typing import Any

from hardware.enclosure.solids import Box, Cylinder, Point2, Solid

Boards = dict[str, Any]


def on_circle(radius: float, angles: list[float]) -> list[Point2]:
    """Points around the optical axis; angles in degrees."""
    return [(radius * math.cos(math.radians(a)), radius * math.sin(math.radians(a))) for a in angles]


def leds(boards: Boards) -> list[Point2]:
    """On the ring board's outer circle and on the arc."""
    middle, arc_board = boards["middle"], boards["arc"]
    step = 360.0 / middle["led_count"]
    starts = (middle["middle_first_angle_deg"], middle["red_first_angle_deg"])
    turns = [first + step * k for first in starts for k in range(middle["led_count"])]
    return on_circle(middle["led_radius_mm"], turns) + on_circle(
        arc_board["led_radius_mm"], arc_board["led_angles_deg"]
    )


def screws(boards: Boards) -> list[Point2]:
    """Of the arc."""
    return on_circle(boards["arc"]["hole_radius_mm"], boards["arc"]["hole_angles_deg"])


def arc(boards: Boards, front: float) -> list[Solid]:
    """The arc as a chain of discs as wide as it is, its connector with its plug behind, and its LEDs; `front` is z."""
    row, body = boards["arc"], boards["body"]["ir"]
    inner, outer, half = row["inner_radius_mm"], row["outer_radius_mm"], row["half_angle_deg"]
    back, wide = front - row["thickness_mm"], (outer - inner) / 2
    reach = half - math.degrees(math.asin(wide / ((inner + outer) / 2)))
    discs = on_circle((inner + outer) / 2, [reach * (k / 4 - 1) for k in range(9)])
    modality = row["connector_radius_mm"]
    lamps = on_circle(row["led_radius_mm"], row["led_angles_deg"])
    return [
        *(Cylinder("z", at, wide, back, front) for at in discs),
        Box((modality - 5.0, -6.0, back - row["connector_height_mm"]), (modality + 5.0, 6.0, back)),
        *(Cylinder("z", at, body[0] / 2, front, front + body[2]) for at in lamps),
    ]
