"""Where the light is still to be played: back in which zone, for which transmitters, the likeliest first.

Input is, for each transmitter that may be a camera, how likely it is in which zone by what all positions heard of it;
output is tests by zone and channel, one test serving all of a channel.  Each is played with all the time that is left:
most rooms' likeliest place is the right one, and a test that shows nothing ends early by itself.  It knows no process.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

LIGHT_LATER: Final = "light_later"
"""Why nothing is tested at a first position: the light comes when every zone was heard, where it tells most."""
LIGHT_LEFT_OUT: Final = "light_left_out"
"""Limit of a report: nobody went back for it."""
LEAST_CHANCE: Final = 0.005
"""Of a place below which nobody goes back for it: guessed.  Levels that hardly differ between three positions leave
0.006 to 0.008 for each zone; in the simulated city 0.002 instead of 0.01 found no more than 1 in 100 more and took half
a minute longer where there is no camera."""
OPEN_WORTH: Final = 0.5
"""An upload that its traffic leaves open, against one called video: guessed, about how often either is a camera."""
THIN_WORTH: Final = 0.1
"""The same of a thin stream.  Derived: others are thin 7 times as often as otherwise open in five made-up airs (983 to
139 of 9,600 flows), 3 times in homes and halls alone (322 to 116 of 4,500), which gives 0.07 to 0.18 if cameras are
either as often."""
UNPLACED: Final = 0.4
"""Share of the zone where it was loudest, of a transmitter that too few positions heard: guessed, a little less than
half of those inside are loudest in their own zone among five."""
LIGHT_DWELL_S: Final = 6.0
"""Listened before a light test at a position that was listened to before: derived, the 5 s in which a stream is told
from a burst, on channels that are known."""


@dataclass(frozen=True, slots=True)
class Chance:
    """A transmitter that may be a camera, by what was heard of it so far."""

    tag: str
    """By which the listening process knows it."""
    channel: float | None
    """Centre in MHz, or any other name of a channel."""
    is_open: bool
    zones: Mapping[str, float]
    """Probability of each zone, those left out that need no test."""
    is_thin: bool = False
    """It is open for how little it sends."""

    @property
    def worth(self) -> float:
        """Of the light in the zone where it certainly is."""
        return THIN_WORTH if self.is_thin else OPEN_WORTH if self.is_open else 1.0


@dataclass(frozen=True, slots=True)
class PendingLight:
    """One test by light to go back for."""

    zone_id: str
    tags: frozenset[str]
    """Of the transmitters that it is for; all on one channel."""
    worth: float
    """Sum of their chances to be here."""


def pending_light(chances: Collection[Chance]) -> tuple[PendingLight, ...]:
    """The tests that are worth going back for, the likeliest first; of those that are for thin streams alone the
    likeliest of each zone before the second of any.
    """
    found: dict[tuple[str, float | None], dict[str, float]] = {}
    thin = {one.tag for one in chances if one.is_thin}
    for one in chances:
        for zone_id, share in one.zones.items():
            worth = share * one.worth
            if worth >= LEAST_CHANCE:
                found.setdefault((zone_id, one.channel), {})[one.tag] = worth
    ahead = [PendingLight(zone_id, frozenset(tags), sum(tags.values())) for (zone_id, _), tags in found.items()]
    ahead.sort(key=lambda one: (one.tags <= thin, -one.worth, one.zone_id, sorted(one.tags)))
    turns: Counter[str] = Counter()
    order: list[tuple[int, PendingLight]] = []
    for test in ahead:
        turns[test.zone_id] += test.tags <= thin
        order.append((turns[test.zone_id] if test.tags <= thin else 0, test))
    return tuple(test for _, test in sorted(order, key=lambda pair: pair[0]))


class PendingLights:
    """Those of one sweep as they stand now; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead: tuple[PendingLight, ...] = ()
        self._begun: set[tuple[str, str]] = set()

    def offer(self, ahead: Iterable[PendingLight]) -> None:
        """What is to be played by what was measured so far; what was begun is not asked for again."""
        with self._lock:
            self._ahead = tuple(one for one in ahead if any((one.zone_id, tag) not in self._begun for tag in one.tags))

    def begin(self, ahead: PendingLight) -> None:
        """It is played now."""
        with self._lock:
            self._begun |= {(ahead.zone_id, tag) for tag in ahead.tags}
            self._ahead = tuple(one for one in self._ahead if one != ahead)

    @property
    def pending(self) -> tuple[PendingLight, ...]:
        """The likeliest first."""
        with self._lock:
            return self._ahead

    def at(self, zone_id: str) -> PendingLight | None:
        """The likeliest of a zone."""
        return next((one for one in self.pending if one.zone_id == zone_id), None)
