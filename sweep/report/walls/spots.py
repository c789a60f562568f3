"""Where on which wall of its zone something is, and how a person says that: wall, height, and what it is beside.

Input is the plan, where the inspector stood, and a glint's direction, or a report and its finding; output is a spot and
its words, or in which order to look where nobody knows the wall.  A plan holds zones and nothing in them: a cubicle's
door is where one side opens to the floor, and only there; what the plan does not tell is not said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sweep.report.base import LocalText
from sweep.report.eye_looks import WallSpot
from sweep.report.findings import Finding
from sweep.report.observations import LensObservation, Observation
from sweep.report.plan import Plan, Point, Zone
from sweep.report.sentences import Sentence, Sentences
from sweep.report.sweep import Position, SweepReport
from sweep.report.walls.lines import ENCLOSED, HEIGHT_M, WallLine, is_outline, wall_lines

EYE_M: Final = 1.35
"""Height of the probe: held before the chest and the face (guessed)."""
WALLS: Final = Sentences(
    "eye_look.wall",
    "door back left_wall right_wall left_partition right_partition towards ahead behind left right wall",
)
HEIGHTS: Final = Sentences("eye_look.height", "floor ankle knee waist chest eyes overhead ceiling unknown")
BESIDE: Final = Sentences("eye_look.beside", "middle corner from_corner")
CORNERS: Final = Sentences(
    "eye_look.corner",
    "at_left at_right door back left_wall right_wall left_partition right_partition ahead behind left right",
)
"""By the wall that meets there; left and right only on a wall that whoever comes in faces, or where none does."""
FACED: Final = frozenset({"back", "ahead", "towards", "wall"})
PLACES: Final = Sentences("eye_look.where", "wall area")
LOOKS: Final = Sentences("where_to_look", "door back partition wall ceiling basin urinal beside")
"""What inspectors look at (guessed), by the kind of wall, and of zones without any."""
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
    ahead, stand = (math.cos(angle), math.sin(angle)), (position.x_m, position.y_m)
    met: list[tuple[float, float, float, WallLine]] = []
    for line in wall_lines(plan, zone):
        into = _dot(ahead, line.normal)
        if into >= -1e-6:  # along it, or from behind
            continue
        reach_m = _dot(_minus(line.left, stand), line.normal) / into
        end = (stand[0] + reach_m * ahead[0], stand[1] + reach_m * ahead[1])
        along_m = _dot(_minus(end, line.left), line.way) / max(1e-9, line.width_m)
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
    share = spot.along_m / max(1e-9, line.width_m)
    return line.left[0] + share * line.way[0], line.left[1] + share * line.way[1]


def spot_words(plan: Plan, zone: Zone, position: Position, spot: WallSpot) -> tuple[LocalText, LocalText, LocalText]:
    """The wall, the height, and what it is beside."""
    lines = {line.corner: line for line in wall_lines(plan, zone)}
    wall, neighbour = _wall_of(plan, zone, position.facing_deg, lines, spot.corner)
    height = "unknown" if spot.up_m is None else next(code for up_to, code in UP_TO_M if spot.up_m < up_to)
    right_m = spot.width_m - spot.along_m
    ends = [("at_left", spot.along_m), ("at_right", right_m)]
    if wall not in FACED:
        ends = list(_ends_of(plan, zone, position.facing_deg, lines, spot)) or ends
    end, near_m = min(ends, key=lambda one: one[1])
    if near_m < CORNER_M and abs(spot.along_m - right_m) > MIDDLE_M:
        beside = "corner"
    elif abs(spot.along_m - right_m) <= 2.0 * MIDDLE_M:
        beside = "middle"
    else:
        beside = "from_corner"
    corner, cm = CORNERS[end], f"{round(near_m, 1) * 100:.0f}"
    return (
        _with_zone(WALLS[wall], neighbour or zone),
        HEIGHTS[height].text(),
        LocalText(
            ko=BESIDE[beside].ko.format(corner=corner.ko, cm=cm), en=BESIDE[beside].en.format(corner=corner.en, cm=cm)
        ),
    )


def _ends_of(
    plan: Plan, zone: Zone, facing_deg: float, lines: dict[int, WallLine], spot: WallSpot
) -> Iterator[tuple[str, float]]:
    """The walls that meet the spot's, as they are called, and how far the spot is from each."""
    line = lines[spot.corner]
    for other in lines.values():
        right = other.left[0] + other.way[0], other.left[1] + other.way[1]
        own_right = line.left[0] + line.way[0], line.left[1] + line.way[1]
        name = _wall_of(plan, zone, facing_deg, lines, other.corner)[0]
        if abs(_dot(other.normal, line.normal)) > 0.5 or name not in CORNERS:
            continue
        if math.dist(right, line.left) < TOUCH_M:
            yield name, spot.along_m
        elif math.dist(other.left, own_right) < TOUCH_M:
            yield name, spot.width_m - spot.along_m


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a finding is to be looked for."""

    where: LocalText
    """Zone, wall, height and what it is beside, as far as they are known."""
    spot: WallSpot | None
    """None where only an area is known."""
    x_m: float
    y_m: float
    """Of the spot on the plan; of an area its middle."""
    behind: LocalText | None
    """The zone behind the spot's wall: it may be there."""
    looks: tuple[LocalText, ...]
    """Where nobody knows the wall: where to look, one after the other, the neighbours' facing sides last."""


def where_found(report: SweepReport, finding: Finding) -> Whereabouts:
    """Where it is: on the wall to which the strongest glint that speaks for it points from where one stood."""
    plan = report.plan
    zone = next(zone for zone in plan.zones if zone.zone_id == finding.zone_id)
    seen = {one.observation_id: one for one in report.observations if one.zone_id == finding.zone_id}
    stood = {one.position_id: one for one in report.positions}
    for evidence in sorted(finding.evidence_for, key=lambda one: -one.weight_log10):
        glint = None if evidence.observation_id is None else seen.get(evidence.observation_id)
        position = None if glint is None else stood.get(glint.position_id)
        if position is None or (spot := spot_of(plan, zone, position, glint)) is None:
            continue
        x_m, y_m = point_of(plan, zone, spot)
        if math.dist((x_m, y_m), (finding.x_m, finding.y_m)) > finding.radius_m + OFF_M:
            continue  # the finding's own circle says otherwise
        line = next(one for one in wall_lines(plan, zone) if one.corner == spot.corner)
        behind = next(_behind(plan, zone, line), None)
        x_m, y_m = _onto(plan, line, x_m, y_m)
        return Whereabouts(
            where=place_words(plan, zone, position, spot),
            spot=spot,
            x_m=round(x_m, 3),
            y_m=round(y_m, 3),
            behind=None if behind is None else behind.name,
            looks=(),
        )
    where = _with_zone(PLACES["area"], zone)
    return Whereabouts(where, None, finding.x_m, finding.y_m, behind=None, looks=look_order(plan, zone))


def look_order(plan: Plan, zone: Zone) -> tuple[LocalText, ...]:
    """Where to look in a zone of which no wall is known: its walls, the ceiling, and from the cubicles beside it."""
    lines = {line.corner: line for line in wall_lines(plan, zone)}
    walls = [_wall_of(plan, zone, None, lines, corner) for corner in lines]
    said = [LOOKS[zone.kind].text()] if zone.kind in {"basin", "urinal"} else []
    for code in ("door", "partition", "back", "wall"):
        for wall, behind in walls:
            if code == _looked_as(wall):
                name = _with_zone(WALLS[wall], behind or zone)
                said.append(LocalText(ko=LOOKS[code].ko.format(wall=name.ko), en=LOOKS[code].en.format(wall=name.en)))
    said.append(LOOKS["ceiling"].text())
    said += [_with_zone(LOOKS["beside"], behind) for _, behind in walls if behind is not None]
    return tuple(one for n, one in enumerate(said) if one not in said[:n])


def _looked_as(wall: str) -> str:
    if wall.endswith("partition") or wall == "towards":
        return "partition"
    return wall if wall in {"door", "back"} else "wall"


def _with_zone(said: Sentence, zone: Zone) -> LocalText:
    return LocalText(ko=said.ko.format(zone=zone.name.ko), en=said.en.format(zone=zone.name.en))


def place_words(plan: Plan, zone: Zone, position: Position, spot: WallSpot) -> LocalText:
    """The zone with the wall, the height, and what it is beside, in one line."""
    wall, height, beside = spot_words(plan, zone, position, spot)
    said = PLACES["wall"]
    return LocalText(
        ko=said.ko.format(zone=zone.name.ko, wall=wall.ko, height=height.ko, beside=beside.ko),
        en=said.en.format(zone=zone.name.en, wall=wall.en, height=height.en, beside=beside.en),
    )


def _wall_of(
    plan: Plan, zone: Zone, facing_deg: float | None, lines: dict[int, WallLine], corner: int
) -> tuple[str, Zone | None]:
    """What the wall is called, and which zone lies behind it: as one sees it who comes in, and where nobody knows from
    where, as seen from where one faces; where nobody faces it either, only that it is one.
    """
    line = lines[corner]
    behind = next(_behind(plan, zone, line), None)
    door = door_of(plan, zone, lines)
    if door is not None:
        if door.corner == corner:
            return "door", None
        into = door.normal
    elif behind is not None and zone.kind in ENCLOSED:
        return "towards", behind
    elif facing_deg is None:
        return "wall", behind
    else:
        angle = math.radians(facing_deg)
        into = (math.cos(angle), math.sin(angle))
    turn = math.degrees(math.atan2(-line.normal[1], -line.normal[0]) - math.atan2(into[1], into[0]))
    quarter = round(turn / 90.0) % 4
    if door is None:
        return ("ahead", "right", "behind", "left")[quarter], behind
    if quarter in {0, 2}:
        return "back", None
    side = "right" if quarter == 1 else "left"
    return (f"{side}_wall", None) if behind is None else (f"{side}_partition", behind)


def door_of(plan: Plan, zone: Zone, lines: dict[int, WallLine]) -> WallLine | None:
    """The one side of a cubicle that is open floor, or of several the one opposite a wall of the room; None where no
    side alone is that.
    """
    if zone.kind not in ENCLOSED:
        return None
    outer = [line for line in lines.values() if _is_outer(plan, line)]
    floor = [line for line in lines.values() if line not in outer and next(_behind(plan, zone, line), None) is None]
    facing = [line for line in floor if any(_dot(line.normal, other.normal) < -0.9 for other in outer)]
    found = facing if len(floor) > 1 else floor
    return found[0] if len(found) == 1 else None


def _is_outer(plan: Plan, line: WallLine) -> bool:
    (x_m, y_m), (way_x, way_y) = line.left, line.way
    return is_outline(plan, ((x_m, y_m), (x_m + way_x, y_m + way_y)))


def _onto(plan: Plan, line: WallLine, x_m: float, y_m: float) -> Point:
    """A point of a wall of the room on that wall's own line, from which zones are drawn a few centimetres off."""
    if not _is_outer(plan, line):
        return x_m, y_m
    if abs(line.normal[0]) > abs(line.normal[1]):
        return (0.0 if line.normal[0] > 0.0 else plan.width_m), y_m
    return x_m, (0.0 if line.normal[1] > 0.0 else plan.depth_m)


def _behind(plan: Plan, zone: Zone, line: WallLine) -> Iterator[Zone]:
    """Other cubicles behind the middle of a wall."""
    x_m, y_m = (line.left[axis] + line.way[axis] / 2.0 - TOUCH_M * line.normal[axis] for axis in (0, 1))
    for other in plan.zones:
        if other.zone_id != zone.zone_id and other.kind in ENCLOSED:
            alone = plan.model_copy(update={"zones": (other,)})
            if alone.zone_at(x_m, y_m) is not None:
                yield other


def _dot(one: Point, other: Point) -> float:
    return one[0] * other[0] + one[1] * other[1]


def _minus(one: Point, other: Point) -> Point:
    return one[0] - other[0], one[1] - other[1]
