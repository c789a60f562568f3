"""Walls fill while somebody looks at them, by the estimate that is told afterwards, and nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from sweep.lens.modality import LensModality
from sweep.modality.measurement import Measurement
from sweep.modality.partial_results import LEAST_REST
from sweep.modality.protocol import SensingModality
from sweep.modality.strobe import StopStrobe, Strobe
from sweep.report import CoverageEvent, Plan, Position
from sweep.run.position.coverage_so_far import TELL_EVERY_S, CoverageSoFar, Estimate
from sweep.run.reporting.room_progress import coverage_event
from tests.lens.test_chance import seen
from tests.report_factory import make_plan
from tests.run.test_coordinator import Scene
from tests.waiting import wait_until

PLAN = make_plan()
MODALITIES: Sequence[SensingModality] = (LensModality(),)
STROBE = Strobe(50.0, 1e-3, 10.0)


def position(position_id: str, zone_id: str = "stall-1") -> Position:
    return Position(position_id=position_id, zone_id=zone_id, x_m=0.7, y_m=0.9, facing_deg=270.0, start_ns=0, end_ns=1)


def looked(left: int, right: int, position_id: str = "p1", zone_id: str = "stall-1") -> Measurement:
    return Measurement(zone_id, position_id, "lens", 8.0, 60, 0, 0.8, None, seen=seen(left, right))


def painted(event: CoverageEvent) -> int:
    """Cells of the walls that are not white."""
    return sum(cell not in ".0" for wall in event.walls for cell in wall.cells)


@dataclass
class Asked:
    """What an estimate was asked for, and how many went on at once."""

    zone_id: str
    positions: tuple[str, ...]
    looks: tuple[tuple[str, int], ...]
    """Position and samples of each measurement."""


@dataclass
class Estimator:
    """Works out nothing, and takes as long as the test wants."""

    may_end: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def __call__(
        self, plan: Plan, zone_id: str, positions: Sequence[Position], measurements: Iterable[Measurement],
        modalities: Sequence[SensingModality],
    ) -> CoverageEvent:  # fmt: skip
        assert (plan, modalities) == (PLAN, MODALITIES)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        looks = tuple((one.position_id, one.samples) for one in measurements)
        self.asked.append(Asked(zone_id, tuple(one.position_id for one in positions), looks))
        self.may_end.acquire()
        self.at_once -= 1
        return CoverageEvent(type="coverage", zone_id=zone_id, targets=(), walls=coverage(looked(6, 34)).walls)


def coverage(*measurements: Measurement) -> CoverageEvent:
    positions = [position(one.position_id, one.zone_id) for one in measurements]
    event = coverage_event(PLAN, positions[-1].zone_id, positions, measurements, MODALITIES)
    assert event is not None
    return event


class Stand:
    """Somebody who looks at walls, and the clock."""

    def __init__(self, estimate: Estimate = coverage_event, may_tell: Callable[[], bool] = lambda: True) -> None:
        self.now_s = 100.0
        self.told: list[CoverageEvent] = []
        self.tellers: list[str] = []
        self.so_far = CoverageSoFar(
            MODALITIES, self._hear, may_tell=may_tell, estimate=estimate, clock_s=lambda: self.now_s
        )

    def _hear(self, event: CoverageEvent) -> None:
        self.told.append(event)
        self.tellers.append(threading.current_thread().name)

    def begin(self, *before: Measurement, here: str = "p1", zone_id: str = "stall-1") -> None:
        positions = [position(one.position_id, one.zone_id) for one in before]
        self.so_far.begin(PLAN, (*positions, position(here, zone_id)), before)

    def hear(self, count: int) -> None:
        wait_until(lambda: len(self.told) >= count, f"{count} told")

    def hear_of(self, one: Measurement, count: int) -> None:
        """Time passes, and this stays the newest, until so many were told."""

        def is_told() -> bool:
            self.now_s += TELL_EVERY_S
            self.so_far.take(one)
            return len(self.told) >= count

        wait_until(is_told, f"{count} told")


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    with made.so_far:
        yield made


@pytest.fixture
def slow() -> Iterator[tuple[Stand, Estimator]]:
    """One whose estimates end when the test says so."""
    estimator = Estimator()
    made = Stand(estimator)
    with made.so_far:
        yield made, estimator
        made.so_far.end()
        estimator.may_end.release(100)


def test_walls_fill_while_one_looks_and_as_they_do_afterwards(stand: Stand) -> None:
    stand.begin()
    steps = [looked(18, 22), looked(12, 28), looked(6, 34)]
    for count, one in enumerate(steps, start=1):
        stand.so_far.take(one)
        stand.hear(count)
        stand.now_s += TELL_EVERY_S
    assert stand.told == [coverage(one) for one in steps], "one computation"
    shares = [painted(event) for event in stand.told]
    assert 0 < shares[0] < shares[1] < shares[2]
    assert set(stand.tellers) == {"coverage so far"}


def test_what_earlier_positions_saw_of_the_zone_counts_and_who_sees_no_walls_asks_for_nothing(stand: Stand) -> None:
    before = looked(6, 34, "p0")
    stand.begin(before)
    stand.so_far.take(Measurement("stall-1", "p1", "wifi", 1.0, 5, 0, 1.0, None))
    stand.so_far.take(looked(18, 22))
    stand.hear(1)
    assert stand.told == [coverage(before, looked(18, 22))]
    assert painted(stand.told[0]) > painted(coverage(looked(18, 22)))


def test_it_is_told_no_more_often_than_a_page_needs_it_and_nothing_twice(stand: Stand) -> None:
    stand.begin()
    stand.so_far.take(looked(18, 22))
    stand.hear(1)
    for number in range(10):
        stand.now_s += TELL_EVERY_S / 10.1
        stand.so_far.take(looked(17 - number // 2, 23 + number // 2))
    stand.so_far.take(looked(8, 32))
    assert len(stand.told) == 1
    stand.now_s += TELL_EVERY_S
    stand.so_far.take(looked(8, 32))
    stand.hear(2)
    assert stand.told[1] == coverage(looked(8, 32)), "the newest"
    stand.now_s += TELL_EVERY_S
    stand.so_far.take(looked(8, 32))
    stand.hear_of(looked(6, 34), 3)
    assert stand.told[2] == coverage(looked(6, 34)), "what says nothing new is left out"


def test_one_estimate_at_a_time_and_the_newest_wins(slow: tuple[Stand, Estimator]) -> None:
    stand, estimator = slow
    stand.begin()
    for samples in range(1, 6):
        stand.so_far.take(replace(looked(18, 22), samples=samples))
        wait_until(lambda: estimator.asked, "the first estimate")
        stand.now_s += TELL_EVERY_S
    assert [one.looks for one in estimator.asked] == [(("p1", 1),)]
    estimator.may_end.release(2)
    stand.hear(1)
    rested_s = stand.now_s + LEAST_REST * 5 * TELL_EVERY_S
    stand.so_far.take(replace(looked(18, 22), samples=6))
    assert len(estimator.asked) == 1, "after a slow one it rests three times as long"
    stand.now_s = rested_s
    stand.so_far.take(replace(looked(18, 22), samples=7))
    wait_until(lambda: len(estimator.asked) == 2, "the second estimate")
    assert estimator.asked[1].looks == (("p1", 7),)
    assert estimator.most_at_once == 1


def test_what_comes_out_after_the_position_is_told_to_nobody(slow: tuple[Stand, Estimator]) -> None:
    stand, estimator = slow
    first = looked(18, 22)
    stand.begin()
    stand.so_far.take(first)
    wait_until(lambda: estimator.asked, "the estimate")
    stand.so_far.end()
    stand.so_far.take(first)
    stand.begin(first, here="p2", zone_id="stall-2")
    estimator.may_end.release(2)
    stand.hear_of(replace(looked(18, 22, "p2", "stall-2"), samples=7), 1)
    assert [event.zone_id for event in stand.told] == ["stall-2"]
    assert estimator.asked[1:2] == [Asked("stall-2", ("p1", "p2"), (("p1", 60), ("p2", 7)))]


def test_a_second_look_counts_for_no_coverage(slow: tuple[Stand, Estimator]) -> None:
    stand, estimator = slow
    stand.begin(looked(6, 34), here="again-stall-1-near")
    stand.so_far.take(looked(18, 22, "again-stall-1-near"))
    stand.begin(looked(6, 34), here="p2")
    stand.so_far.take(looked(18, 22, "p2"))
    wait_until(lambda: estimator.asked, "the estimate")
    assert [one.positions for one in estimator.asked] == [("p1", "p2")]


def test_a_stop_while_it_is_worked_out_is_as_quick_and_nothing_is_told_after_it() -> None:
    scene, estimator = Scene(), Estimator()
    stand = Stand(estimator, lambda: scene.control.standing == "go")
    with stand.so_far:
        stand.begin()
        scene.coordinator.on_message("lens", STROBE)
        scene.run(0.1)
        stand.so_far.take(looked(18, 22))
        wait_until(lambda: estimator.at_once, "the estimate")
        stand.so_far.take(looked(12, 28))  # as the runner hands on what the lens has next
        scene.control.pause()
        scene.run(0.1)  # one turn of the coordinator, in this thread: nobody has let the estimate end
        assert scene.head.said == [STROBE, StopStrobe()]
        assert scene.states[-1] == "paused"
        assert estimator.at_once == 1
        stand.now_s += TELL_EVERY_S
        estimator.may_end.release(2)
        wait_until(lambda: estimator.at_once == 0, "the estimate's end")
        stand.so_far.end()
    assert stand.told == []


def test_the_end_of_a_sweep_waits_for_one_estimate_at_most() -> None:
    estimator = Estimator()
    stand = Stand(estimator)
    with stand.so_far:
        stand.begin()
        stand.so_far.take(looked(18, 22))
        wait_until(lambda: estimator.at_once, "the estimate")
        stand.so_far.take(looked(12, 28))
        stand.now_s += TELL_EVERY_S
        estimator.may_end.release()
    assert (len(estimator.asked), stand.told) == (1, [])
