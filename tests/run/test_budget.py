"""The time of a sweep on a simulated clock: three stalls in their budget, and what goes first when it runs short."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest

from sweep.judge.locate import locate_uplinks
from sweep.modality.measurement import Measurement
from sweep.modality.messages import NOBODY, Line
from sweep.modality.mode import QUICK, QUICK_LEAVES_OUT, SHORT_LEAVES_OUT, zones_of
from sweep.modality.pending_light import LIGHT_DWELL_S, LIGHT_LATER, PendingLights, pending_light
from sweep.modality.task import Task
from sweep.report import Mode, Position, WifiObservation
from sweep.run.plan.budget import (
    AROUND_LIGHT_S,
    BUDGET_S,
    CLOSE_S,
    LEAST_LIGHT_S,
    MOVE_S,
    Budget,
    Durations,
    PositionPlan,
)
from sweep.run.plan.light_test_chances import chances_of
from sweep.run.plan.sweep_timer import SweepTimer, quick_limits
from sweep.sim.source import default_room
from sweep.sim.sources import SimulatedRoom, WifiSource
from sweep.sim.world import SimulatedPosition
from sweep.wifi.session import WifiSession
from tests.test_reasons import TASK

USUAL = Durations(listen_s=20.0, light_s=114.0, ble_s=10.0, film_s=20.0, outside_s=20.0)
"""As the settings are by themselves."""
ROOM = default_room()


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_whoever_is_quick_has_time_for_the_light_and_whoever_is_slow_loses_it_first_and_bluetooth_next() -> None:
    clock = Clock()
    budget = Budget("full", USUAL, 3, clock)
    budget.outside(3)
    assert budget.left_s == BUDGET_S["full"]
    clock.now_s += 30.0
    first = budget.plan_position(3, is_first=True)
    assert first.light_s is not None
    assert first.light_s >= 114.0
    assert first.leaves_out == ()
    clock.now_s += 200.0
    second = budget.plan_position(2, is_first=False)
    assert second.light_s is not None
    assert 57.0 <= second.light_s < first.light_s
    clock.now_s += 205.0
    assert budget.plan_position(1, is_first=False).leaves_out == ("open_light_test", "light_test")
    clock.now_s += 15.0
    late = budget.plan_position(1, is_first=False)
    assert late.leaves_out == tuple(SHORT_LEAVES_OUT)
    assert late.light_s == 0.0
    clock.now_s += 1_000.0
    assert budget.left_s == 0.0


def test_light_that_is_only_for_open_transmitters_goes_before_that_for_something_called_video() -> None:
    clock = Clock()
    budget = Budget("full", USUAL, 3, clock)
    first = budget.plan_position(3, is_first=True)
    assert first.light_s is not None
    assert first.open_light_s is not None
    assert LEAST_LIGHT_S <= first.open_light_s < first.light_s, "one test is kept back"
    clock.now_s += 315.0
    short = budget.plan_position(3, is_first=False)
    assert short.leaves_out == ("open_light_test",)
    assert short.open_light_s == 0.0
    assert (short.light_s or 0.0) >= LEAST_LIGHT_S
    last = budget.plan_position(1, is_first=False)
    assert last.open_light_s == last.light_s, "nothing is to come that it could be kept back for"


def test_light_that_comes_last_gets_what_is_left_by_then_and_second_looks_keep_theirs() -> None:
    clock = Clock()
    budget = Budget("full", USUAL, 3, clock, is_light_last=True)
    plan = budget.plan_position(3, is_first=True)
    assert (plan.light_s, plan.open_light_s, plan.leaves_out, plan.is_light_later) == (0.0, 0.0, (), True)
    clock.now_s += 240.0
    had_light = budget.has_pending_light
    assert budget.pending_light().light_s == USUAL.light_s + AROUND_LIGHT_S, "one whole test"
    clock.now_s += 100.0
    assert budget.pending_light().light_s == USUAL.light_s + AROUND_LIGHT_S
    budget.hold(80.0)
    short = budget.pending_light()
    assert (short.light_s, short.open_light_s) == (49.0, 49.0)
    budget.hold(110.0)
    assert (had_light, budget.has_pending_light) == (True, False)
    assert budget.pending_light().light_s == 0.0


def test_a_pause_does_not_count() -> None:
    clock = Clock()
    budget = Budget("full", USUAL, 3, clock)
    plan = budget.plan_position(3, is_first=True)
    left_s = budget.left_s
    budget.stop()
    clock.now_s += 600.0
    budget.go_on()
    assert budget.left_s == left_s
    assert budget.plan_position(3, is_first=True) == plan


def test_a_quick_sweep_never_plays_the_light_and_a_room_with_more_stalls_has_more_time() -> None:
    clock = Clock()
    quick = Budget("quick", USUAL, 3, clock)
    plan = quick.plan_position(3, is_first=True)
    assert (plan.light_s, plan.leaves_out) == (0.0, ())
    assert quick.left_s == 15.0 + 3 * 30.0 + 2 * MOVE_S + 5.0
    large = Budget("full", USUAL, 9, clock)
    large.outside(9)
    assert large.left_s == 3 * BUDGET_S["full"]


@dataclass(frozen=True)
class Timed:
    """A source that moves the clock on by the time that was listened and played behind it."""

    source: WifiSource
    clock: Clock
    why_no_light = None

    @contextmanager
    def open(self, line: Line) -> Iterator[Any]:
        with self.source.open(line) as (air, answers):
            begun_ns = air.now_ns()
            yield air, answers
            self.clock.now_s += (air.now_ns() - begun_ns) / 1e9


@dataclass
class TimedSweep:
    """A sweep of the room whose every uplink is tested by light, on a clock that listening and playing move on."""

    mode: Mode
    clock: Clock = field(default_factory=Clock)
    measured: list[Measurement] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    told: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = WifiSession(stimulus="always")
        self.room = SimulatedRoom(ROOM.plan, seed=5, camera_zone="stall-2", mode=self.mode)
        self.timer = SweepTimer(self.mode, ROOM.plan, USUAL, self.clock)
        self.clock.now_s += USUAL.outside_s + MOVE_S

    def measure(
        self, place: SimulatedPosition, position_id: str, plan: PositionPlan, dwell_s: float, **other: Any
    ) -> None:
        self.told.append(self.timer.left_s() or 0.0)
        position = Position(
            position_id=position_id, zone_id=place.zone_id, x_m=place.x_m, y_m=place.y_m, facing_deg=0.0,
            start_ns=0, end_ns=20_000_000_000,
        )  # fmt: skip
        task: Task[Any] = replace(
            TASK, position=position, dwell_s=dwell_s, light_s=plan.light_s, open_light_s=plan.open_light_s,
            source=Timed(self.room.sources(place.position_id, 0).wifi, self.clock), **other,
        )  # fmt: skip
        self.measured.append(self.session.measure(task, NOBODY))
        self.positions.append(position)

    def look(self) -> None:
        """At every position once."""
        for place in self.room.positions:
            plan = self.timer.plan_position(place.zone_id)
            why_not = QUICK if self.mode == "quick" else LIGHT_LATER if plan.is_light_later else None
            self.measure(place, place.position_id, plan, USUAL.listen_s, no_light_because=why_not)
            self.clock.now_s += MOVE_S + (0.0 if "bluetooth" in plan.leaves_out else USUAL.ble_s)
        self.clock.now_s -= MOVE_S  # nowhere after the last

    def go_back(self) -> list[tuple[str, float]]:
        """For the light; zones, and what it was worth to go there."""
        lights = PendingLights()
        went: list[tuple[str, float]] = []
        while True:
            observations = [o for one in self.measured for o in one.observations]
            places = locate_uplinks(ROOM.plan, self.positions, observations)
            lights.offer(pending_light(chances_of(ROOM.plan, self.positions, self.measured, places)))
            if not lights.pending or not self.timer.has_pending_light:
                return went
            ahead = lights.pending[0]
            lights.begin(ahead)
            went.append((ahead.zone_id, ahead.worth))
            self.clock.now_s += MOVE_S
            place = next(one for one in self.room.positions if one.zone_id == ahead.zone_id)
            plan = self.timer.pending_light()
            self.measure(place, f"light-{len(went)}", plan, LIGHT_DWELL_S, light_tags=ahead.tags)

    @property
    def took_s(self) -> float:
        return self.clock.now_s + CLOSE_S - 1_000.0


@pytest.mark.parametrize("mode", ["full", "quick"])
def test_three_stalls_take_no_longer_than_they_may(mode: Mode) -> None:
    sweep = TimedSweep(mode)
    sweep.look()
    assert all(a > b for a, b in pairwise(sweep.told))
    assert [one.zone_id for one in sweep.measured] == list(zones_of(mode, ROOM.plan))
    went = sweep.go_back() if mode == "full" else []
    assert sweep.took_s <= BUDGET_S[mode]
    measured = sweep.measured
    limits = {code for one in measured for code in one.limits}
    tested = [o for one in measured for o in one.observations if isinstance(o, WifiObservation) and o.stimulus]
    assert tested
    if mode == "full":
        followed = [o.zone_id for o in tested if o.stimulus and o.stimulus.verdict == "follows_light"]
        assert followed[0] == "stall-2"
        assert went[0][0] == "stall-2", "the likeliest place comes first"
        first = {o.stimulus.reason for one in measured[: len(zones_of(mode, ROOM.plan))] for o in one.observations
                 if isinstance(o, WifiObservation) and o.stimulus}  # fmt: skip
        assert first == {LIGHT_LATER}
        assert not limits & set(QUICK_LEAVES_OUT.values())
    else:
        assert {o.stimulus.reason for o in tested if o.stimulus} == {QUICK}
        assert QUICK_LEAVES_OUT["light_test"] in limits
        assert all(one.rejections[f"light_{QUICK}"] for one in measured), "in the coverage, too"
        assert quick_limits(mode, ROOM.plan, [one.zone_id for one in measured]) == {QUICK_LEAVES_OUT["other_zones"]}
