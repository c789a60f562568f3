"""How long a sweep may take: what each position may take of it, what is left, and what is left out when time runs
short.

Input is the settings' durations, how many positions are still to come and a clock; output is a plan for the position
that begins and the seconds that the sweep takes at most from now on.  It measures nothing and knows no process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sweep.modality.looks import TRANSMITTER_LOOK_S
from sweep.modality.mode import QUICK_LEAVES_OUT, SHORT_LEAVES_OUT, LeftOut
from sweep.modality.pending_light import LIGHT_DWELL_S
from sweep.report import Mode

BUDGET_S: Final[dict[Mode, float]] = {"full": 480.0, "quick": 180.0}
"""For three stalls (DESIGN.md); a room with more of them has as much more for each."""
BUDGET_STALLS: Final = 3
MOVE_S: Final = 10.0
"""From one position to the next, and through the door: guessed."""
SURVEY_S: Final = 15.0
"""One survey over the channels: derived, 0.3 s for each of 50."""
CLOSE_S: Final = 5.0
"""Until the report stands: guessed."""
LEAST_LIGHT_S: Final = 21.0
"""The first look at the light test after 15 s, and what a test takes besides; with less it is not begun."""
AROUND_LIGHT_S: Final = 6.0
"""What a light test takes besides (wifi/response_test_schedule)."""
FIRST_COME: Final = 0.5
"""What is spare is the next position's by so much, at least an even share: guessed; the stalls come first, and most
rooms send nothing that needs the light."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long each part takes at a position, in seconds; 0 for what this probe does not have."""

    listen_s: float
    """Wi-Fi, with RF beside it."""
    light_s: float = 0.0
    """One light test at most."""
    ble_s: float = 0.0
    film_s: float = 0.0
    outside_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PositionPlan:
    """What the position that begins may take."""

    light_s: float | None
    """All light tests there together; None: as the settings say."""
    open_light_s: float | None = None
    """Of it, those in which nothing is called video: most are for what its traffic leaves open."""
    leaves_out: tuple[LeftOut, ...] = ()
    """For want of time, in the order of SHORT_LEAVES_OUT."""
    is_light_later: bool = False
    """The light comes when every zone was heard."""


class Budget:
    """One for a sweep."""

    def __init__(
        self,
        mode: Mode,
        durations: Durations,
        stalls: int,
        clock_s: Callable[[], float],
        *,
        is_light_last: bool = False,
    ) -> None:
        """The sweep begins now; `stalls`: of the room, booths too.  `is_light_last`: the light is played when every
        zone was heard, where what was heard says (`sweep.modality.pending_light`), instead of at each position.
        """
        self._durations = durations
        self._light_s = 0.0 if "light_test" in QUICK_LEAVES_OUT and mode == "quick" else durations.light_s
        self._is_light_last = is_light_last and self._light_s > 0.0
        self._clock_s = clock_s
        self._total_s = BUDGET_S[mode] * max(1.0, stalls / BUDGET_STALLS)
        self._until_s = clock_s() + self._total_s
        self._ends_s: float | None = None
        self._stopped_s: float | None = None
        self._looks_s = 0.0

    def hold(self, seconds: float) -> None:
        """So long the second looks take at most that are asked for: it is kept from the light, as far as there is."""
        self._looks_s = seconds

    def has_time(self, seconds: float, positions: int) -> bool:
        """Whether there is so much time besides the positions to come, without light."""
        spare_s = self._until_s - self._clock_s() - self._need_s(0.0, positions, without_ble=False)
        return spare_s >= seconds

    def look(self) -> PositionPlan:
        """What a second look by light may take, listening included; one of the lens needs no plan."""
        left_s = self._until_s - self._clock_s() - CLOSE_S
        most_s = min(TRANSMITTER_LOOK_S, max(0.0, left_s)) - self._durations.listen_s - MOVE_S
        light_s = min(self._most_light_s, most_s)
        return PositionPlan(light_s, light_s) if light_s >= LEAST_LIGHT_S else PositionPlan(0.0, 0.0)

    def stop(self) -> None:
        """Nobody may go on: the time until `go_on` does not count."""
        if self._stopped_s is None:
            self._stopped_s = self._clock_s()

    def go_on(self) -> None:
        """After `stop`."""
        if self._stopped_s is not None:
            stood_s = self._clock_s() - self._stopped_s
            self._until_s += stood_s
            self._ends_s = None if self._ends_s is None else self._ends_s + stood_s
            self._stopped_s = None

    @property
    def left_s(self) -> float | None:
        """How long the sweep takes at most from now on; None before its first position is planned."""
        return None if self._ends_s is None else max(0.0, self._ends_s - self._clock_s())

    @property
    def _most_light_s(self) -> float:
        """At one position: two tests (wifi/targets), each with what it takes besides."""
        return 2.0 * (self._light_s + AROUND_LIGHT_S) if self._light_s else 0.0

    def outside(self, positions: int) -> None:
        """Outside the door, before so many positions."""
        self._plan(self._durations.outside_s + MOVE_S + SURVEY_S, positions)

    def plan_position(self, positions: int, *, is_first: bool) -> PositionPlan:
        """What the position that begins now may take; `stands` are still to come, this one too."""
        first_s = SURVEY_S if is_first else 0.0
        spare_s = self._plan(first_s, positions)
        light_s = min(self._most_light_s, max(FIRST_COME * spare_s, spare_s / positions))
        goes = set[LeftOut]()
        if light_s < LEAST_LIGHT_S or self._is_light_last:
            light_s = 0.0
        open_s = min(light_s, self._open_s(spare_s, positions))
        if open_s < LEAST_LIGHT_S:
            open_s = 0.0
        if self._light_s > 0.0 and not self._is_light_last:
            goes |= {"light_test"} if light_s == 0.0 else set()
            goes |= {"open_light_test"} if open_s == 0.0 else set()
        if spare_s < 0.0 and self._durations.ble_s > 0.0:
            goes.add("bluetooth")
            self._plan(first_s, positions, without_ble=True)
        leaves_out = tuple(one for one in SHORT_LEAVES_OUT if one in goes)
        return PositionPlan(light_s, open_s, leaves_out, is_light_later=self._is_light_last)

    def pending_light(self) -> PositionPlan:
        """What a light test may take for which somebody went back, listening included: all that is left, since the
        likeliest place comes first.
        """
        spare_s = self._until_s - self._clock_s() - LIGHT_DWELL_S - CLOSE_S
        looks_s = max(0.0, min(spare_s, self._looks_s))
        light_s = min(self._light_s + AROUND_LIGHT_S, spare_s - looks_s) if self._light_s else 0.0
        light_s = 0.0 if light_s < LEAST_LIGHT_S else light_s
        self._ends_s = max(self._until_s, self._clock_s())
        return PositionPlan(light_s, light_s)

    @property
    def has_pending_light(self) -> bool:
        """Whether there is time to go back somewhere for one more."""
        spare_s = self._until_s - self._clock_s() - MOVE_S - LIGHT_DWELL_S - CLOSE_S
        return self._light_s > 0.0 and spare_s - self._looks_s >= LEAST_LIGHT_S

    def _open_s(self, spare_s: float, positions: int) -> float:
        """What is spare for tests that are only for open transmitters: before the last position a test of something
        that is called video is kept back, as long as an even share is left.
        """
        if positions == 1:
            return spare_s
        return max(FIRST_COME * (spare_s - self._light_s - AROUND_LIGHT_S), spare_s / positions)

    def _plan(self, first_s: float, positions: int, *, without_ble: bool = False) -> float:
        """What is spare when everything but the light is done; negative when it will be late."""
        need_s = self._need_s(first_s, positions, without_ble=without_ble)
        spare_s = self._until_s - self._clock_s() - need_s
        looks_s = max(0.0, min(spare_s, self._looks_s))
        spare_s -= looks_s
        light_s = max(0.0, min(spare_s, self._most_light_s * positions))
        self._ends_s = self._clock_s() + need_s + looks_s + light_s
        return spare_s

    def _need_s(self, first_s: float, positions: int, *, without_ble: bool) -> float:
        each_s = self._each_s(without_ble=without_ble)
        return first_s + positions * each_s + max(0, positions - 1) * MOVE_S + CLOSE_S

    def _each_s(self, *, without_ble: bool) -> float:
        on_air_s = self._durations.listen_s + (0.0 if without_ble else self._durations.ble_s)
        return max(on_air_s, self._durations.film_s)
