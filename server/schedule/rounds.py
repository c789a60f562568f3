"""A day's rounds: which pair visits which places, and in which order.  Pure.

Places of a district are sorted by their bearing from the middle and cut into sectors of equal load, one for each pair;
the direction of the first cut is drawn anew every day, so that a place is not always visited by the same two.  Within a
round the order is the nearest next place, improved by turning pieces round (2-opt).  **Distances are straight lines**:
no road, river or hill is known here, and the minutes between places say so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from server.schedule.opening import Hours

SHIFT_MIN = 360  # FIELD: two inspectors are about six hours a day on their way
FIRST_MIN = 9 * 60
ROOM_MIN = 8.0  # the budget of a full sweep of three stalls
PLACE_MIN = 4.0  # guessed: asking for the key, closing the room, the sign at the door
WALK_M_PER_MIN = 67.0  # 4 km/h
METRES_OF_DEGREE = 111_320.0
MOST_TURNS = 20  # guessed: rounds of thirty places settle within five


class Stop(NamedTuple):
    """A place to visit, with the rooms that are due there."""

    facility_id: UUID
    latitude_deg: float | None
    longitude_deg: float | None
    rooms: int
    is_urgent: bool = False
    """Overdue, or in the law's last days: visited even where not everything fits into the day."""
    hours: Hours | None = None

    @property
    def minutes(self) -> float:
        """Time at the place."""
        return PLACE_MIN + self.rooms * ROOM_MIN


class Visit(NamedTuple):
    """A place in a round."""

    stop: Stop
    metres: float | None
    """Straight line from the place before; None for the first, and where a place has no coordinates."""
    at_min: int
    """Expected, in minutes since midnight, with walks along straight lines."""
    is_open: bool
    """By the hours that are known."""


@dataclass(slots=True)
class Round:
    """What one pair does in a day."""

    visits: list[Visit] = field(default_factory=list)
    left_over: list[Stop] = field(default_factory=list)
    """What does not fit into the day."""


def rounds_of(
    stops: Sequence[Stop],
    pairs: int,
    *,
    first_bearing: float,
    kept_from: Mapping[UUID, Collection[int]] | None = None,
) -> list[Round]:
    """A round for each of so many pairs; `first_bearing` in radians is where the first sector begins.

    `kept_from` tells by facility which of the pairs do not go there, as long as another one can.
    """
    if pairs == 0:
        return []
    middle = _middle(stops)
    placed = sorted(stops, key=lambda stop: (_bearing(stop, middle, first_bearing), stop.facility_id.int))
    share = sum(stop.minutes for stop in placed) / pairs
    sectors: list[list[Stop]] = [[] for _ in range(pairs)]
    done = 0.0
    for stop in placed:
        sector = min(pairs - 1, int((done + stop.minutes / 2) / share))
        away = (kept_from or {}).get(stop.facility_id, ())
        turns = ((sector + turn) % pairs for turn in range(pairs))
        sectors[next((one for one in turns if one not in away), sector)].append(stop)
        done += stop.minutes
    return [_round(sector) for sector in sectors]


def metres_between(one: Stop, other: Stop) -> float | None:
    """Straight line on the ground; None where one of them has no coordinates."""
    if one.latitude_deg is None or one.longitude_deg is None:
        return None
    if other.latitude_deg is None or other.longitude_deg is None:
        return None
    east = (one.longitude_deg - other.longitude_deg) * math.cos(math.radians(one.latitude_deg))
    return math.hypot(east, one.latitude_deg - other.latitude_deg) * METRES_OF_DEGREE


def length_m(stops: Sequence[Stop]) -> float:
    """Length of a round in straight lines; what has no coordinates adds nothing."""
    return sum(metres_between(one, other) or 0.0 for one, other in itertools.pairwise(stops))


def _round(sector: Sequence[Stop]) -> Round:
    found = Round()
    now_min = float(FIRST_MIN)
    ordered = _ordered(sector)
    room_for_others = SHIFT_MIN - sum(stop.minutes for stop in ordered if stop.is_urgent)
    for stop in ordered:
        metres = metres_between(found.visits[-1].stop, stop) if found.visits else None
        walk_min = (metres or 0.0) / WALK_M_PER_MIN
        needed = walk_min + stop.minutes
        is_late = now_min + needed > FIRST_MIN + SHIFT_MIN
        if is_late or (not stop.is_urgent and needed > room_for_others):
            found.left_over.append(stop)
            continue
        room_for_others -= walk_min if stop.is_urgent else needed
        at_min = now_min + walk_min
        is_open = stop.hours is None or stop.hours.first_min <= at_min <= stop.hours.last_min - stop.minutes
        found.visits.append(Visit(stop, metres, round(at_min), is_open))
        now_min += needed
    return found


def _ordered(sector: Sequence[Stop]) -> list[Stop]:
    """By nearest next place and 2-opt; after those what opens later than the shift begins, then what lies nowhere."""
    placed = [stop for stop in sector if stop.latitude_deg is not None]
    early = [stop for stop in placed if stop.hours is None or stop.hours.first_min <= FIRST_MIN]
    late = [stop for stop in placed if stop not in early]
    unplaced = [stop for stop in sector if stop.latitude_deg is None]
    return [*_turned(_nearest(early)), *_turned(_nearest(late)), *unplaced]


def _nearest(stops: Sequence[Stop]) -> list[Stop]:
    left = sorted(stops, key=lambda stop: (stop.latitude_deg or 0.0, stop.facility_id.int))
    path = left[:1]
    left = left[1:]
    while left:
        last = path[-1]
        following = min(left, key=lambda stop: metres_between(last, stop) or 0.0)
        left.remove(following)
        path.append(following)
    return path


def _turned(path: list[Stop]) -> list[Stop]:
    for _ in range(MOST_TURNS):
        is_better = False
        for first in range(len(path) - 1):
            for last in range(first + 1, len(path)):
                turned = path[:first] + path[first : last + 1][::-1] + path[last + 1 :]
                around = slice(max(first - 1, 0), last + 2)
                if length_m(turned[around]) < length_m(path[around]) - 1e-6:
                    path, is_better = turned, True
        if not is_better:
            break
    return path


def _middle(stops: Sequence[Stop]) -> tuple[float, float]:
    placed = [(stop.latitude_deg, stop.longitude_deg or 0.0) for stop in stops if stop.latitude_deg is not None]
    many = max(len(placed), 1)
    return sum(lat for lat, _ in placed) / many, sum(lon for _, lon in placed) / many


def _bearing(stop: Stop, middle: tuple[float, float], first_bearing: float) -> float:
    if stop.latitude_deg is None or stop.longitude_deg is None:
        return math.tau
    east = (stop.longitude_deg - middle[1]) * math.cos(math.radians(middle[0]))
    return (math.atan2(east, stop.latitude_deg - middle[0]) - first_bearing) % math.tau
