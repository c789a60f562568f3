"""Where on which wall of its zone something glints, and how a person says that: wall, height, and what it is beside.

Input is the plan, where the inspector stood, and the glint's direction; output is a spot and its words.  A plan holds
zones and nothing in them: a cubicle's door is where one side opens to the floor, and only there; what the plan does not
tell is not said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from sweep.lens.evidence.chance import EYE_M
from sweep.lens.evidence.walls import ENCLOSED, HEIGHT_M, SAME_M, WallLine, wall_lines
from sweep.modality.words import Sentences
from sweep.report import LensObservation, LocalText, Observation, Plan, Position, WallSpot, Zone

WALLS: Final = Sentences(
    "eye_look.wall",
    "door back left_wall right_wall left_partition right_partition towards ahead behind left right",
)
HEIGHTS: Final = Sentences("eye_look.height", "floor ankle knee waist chest eyes overhead ceiling unknown")
BESIDE: Final = Sentences("eye_look.beside", "left_corner right_corner middle from_left from_right")
UP_TO_M: Final = (
    (0.15, "floor"), (0.35, "ankle"), (0.65, "knee"), (1.1, "waist"), (1.4, "chest"), (1.75, "eyes"),
    (2.15, "overhead"), (math.inf, "ceiling"),
)  # fmt: skip
"""Of a grown person (guessed): the probe's own height is known to 15 cm."""
CORNER_M: Final = 0.3
"""Nearer to a corner it is beside it: as well as an inspector's place is known (guessed)."""
MIDDLE_M: Final = 0.15
OFF_M: Final = 0.6
"""A range so far from every wall is of no wall that the plan knows, or a third of the way where that is more
(guessed)."""

TOUCH_M: Final = 0.12
"""Plans are drawn to a hand's width (guessed)."""


def spot_of(plan: Plan, zone: Zone, position: Position, seen: Observation | None) -> WallSpot | None:
    """Where the way of a glint ends at a wall; None where nobody knows its direction, or no wall is there."""
    if not isinstance(seen, LensObservation) or seen.bearing_deg is None:
        return None
    return spot_at(plan, zone, position, seen.bearing_deg, seen.elevation_deg, seen.range_m)


def spot_at(
    plan: Plan, zone: Zone, position: Position, bearing_deg: float, elevation_deg: float | None, range_m: float | None
) -> WallSpot | None:
    """The same for a direction."""
    angle = math.radians(position.facing_deg + bearing_deg)
    ahead, stand = np.array([math.cos(angle), math.sin(angle)]), np.array([position.x_m, position.y_m])
    met: list[tuple[float, float, float, WallLine]] = []
    for line in wall_lines(plan, zone):
        into = float(ahead @ line.normal)
        if into >= -1e-6:  # along it, or from behind
            continue
        reach_m = float((line.left - stand) @ line.normal) / into
        along_m = float((stand + reach_m * ahead - line.left) @ line.way) / max(1e-9, line.width_m)
        if reach_m > 0.0 and 0.0 <= along_m <= line.width_m:
            met.append((reach_m if range_m is None else abs(reach_m - range_m), reach_m, along_m, line))
    if not met:
        return None
    off_m, reach_m, along_m, line = min(met, key=lambda one: one[:2])
    if range_m is not None and off_m > max(OFF_M, reach_m / 3.0):
        return None
    up_m = None
    if elevation_deg is not None:
        away_m = reach_m if range_m is None else range_m
        up_m = round(min(HEIGHT_M, max(0.0, EYE_M + away_m * math.tan(math.radians(elevation_deg)))), 2)
    return WallSpot(
        corner=line.corner, along_m=round(along_m, 2), width_m=round(line.width_m, 2), up_m=up_m, height_m=HEIGHT_M
    )


def point_of(plan: Plan, zone: Zone, spot: WallSpot) -> tuple[float, float]:
    """Where it is on the plan: x_m, y_m."""
    line = next(one for one in wall_lines(plan, zone) if one.corner == spot.corner)
    x_m, y_m = line.left + spot.along_m * line.way / max(1e-9, line.width_m)
    return float(x_m), float(y_m)


def spot_words(plan: Plan, zone: Zone, position: Position, spot: WallSpot) -> tuple[LocalText, LocalText, LocalText]:
    """The wall, the height, and what it is beside."""
    lines = {line.corner: line for line in wall_lines(plan, zone)}
    wall, neighbour = _wall_of(plan, zone, position, lines, spot.corner)
    name = zone.name if neighbour is None else neighbour.name
    height = "unknown" if spot.up_m is None else next(code for up_to, code in UP_TO_M if spot.up_m < up_to)
    right_m = spot.width_m - spot.along_m
    side, near_m = ("left", spot.along_m) if spot.along_m <= right_m else ("right", right_m)
    if near_m < CORNER_M and abs(spot.along_m - right_m) > MIDDLE_M:
        beside = f"{side}_corner"
    elif abs(spot.along_m - right_m) <= 2.0 * MIDDLE_M:
        beside = "middle"
    else:
        beside = f"from_{side}"
    return (
        LocalText(ko=WALLS[wall].ko.format(zone=name.ko), en=WALLS[wall].en.format(zone=name.en)),
        HEIGHTS[height].text(),
        BESIDE[beside].text(cm=f"{round(near_m, 1) * 100:.0f}"),
    )


def _wall_of(
    plan: Plan, zone: Zone, position: Position, lines: dict[int, WallLine], corner: int
) -> tuple[str, Zone | None]:
    """What the wall is called, and which zone lies behind it: as one sees it who comes in, and where nobody knows from
    where, as seen from where one faces.
    """
    line = lines[corner]
    behind = next(_behind(plan, zone, line), None)
    door = _door_of(plan, zone, lines)
    if door is not None:
        if door.corner == corner:
            return "door", None
        into = door.normal
    elif behind is not None and zone.kind in ENCLOSED:
        return "towards", behind
    else:
        angle = math.radians(position.facing_deg)
        into = np.array([math.cos(angle), math.sin(angle)])
    turn = math.degrees(math.atan2(*(-line.normal)[::-1]) - math.atan2(into[1], into[0]))
    quarter = round(turn / 90.0) % 4
    if door is None:
        return ("ahead", "right", "behind", "left")[quarter], behind
    if quarter in {0, 2}:
        return "back", None
    side = "right" if quarter == 1 else "left"
    return (f"{side}_wall", None) if behind is None else (f"{side}_partition", behind)


def _door_of(plan: Plan, zone: Zone, lines: dict[int, WallLine]) -> WallLine | None:
    """The one side of a cubicle that is open floor, or of several the one opposite a wall of the room; None where no
    side alone is that.
    """
    if zone.kind not in ENCLOSED:
        return None
    outer = [line for line in lines.values() if _is_outer(plan, line)]
    floor = [line for line in lines.values() if line not in outer and next(_behind(plan, zone, line), None) is None]
    facing = [line for line in floor if any(float(line.normal @ other.normal) < -0.9 for other in outer)]
    found = facing if len(floor) > 1 else floor
    return found[0] if len(found) == 1 else None


def _is_outer(plan: Plan, line: WallLine) -> bool:
    ends = (line.left, line.left + line.way)
    return any(
        all(abs(float(end[axis]) - at) <= SAME_M for end in ends)
        for axis, size in ((0, plan.width_m), (1, plan.depth_m))
        for at in (0.0, size)
    )


def _behind(plan: Plan, zone: Zone, line: WallLine) -> Iterator[Zone]:
    """Other cubicles behind the middle of a wall."""
    x_m, y_m = line.left + line.way / 2.0 - TOUCH_M * line.normal
    for other in plan.zones:
        if other.zone_id != zone.zone_id and other.kind in ENCLOSED:
            alone = plan.model_copy(update={"zones": (other,)})
            if alone.zone_at(float(x_m), float(y_m)) is not None:
                yield other
