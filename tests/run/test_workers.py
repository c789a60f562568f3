from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import active_children
from typing import Any
from uuid import UUID

import pytest

from sweep.modality.addresses import AddressKey
from sweep.modality.liveness import boottime_ns
from sweep.modality.measurement import Measurement
from sweep.modality.messages import Line, PartialMeasurement
from sweep.modality.partial_results import CUT_OFF
from sweep.modality.protocol import Measure
from sweep.modality.task import Task, blind
from sweep.report import Position
from sweep.run.workers import Workers
from tests.report_factory import uid
from tests.waiting import PATIENCE_S, wait_until

KEY = AddressKey.random()
TASK: Task[Any] = Task(
    sweep_id=uid(1),
    position=Position(
        position_id="p1", zone_id="stall-1", x_m=1.0, y_m=1.0, facing_deg=0.0, start_ns=0, end_ns=1_000_000_000
    ),
    dwell_s=1.0,
    sweep_key=KEY,
    room_key=KEY,
)
STUCK = UUID(int=uid(2).int)
DIES = UUID(int=uid(3).int)
TELLS_AND_DIES = UUID(int=uid(4).int)


def opened() -> Measure:
    return measured


def measured(task: Task[object], line: Line) -> Measurement:
    """A worker that measures, hangs or dies by the task's sweep id."""
    if task.sweep_id == TELLS_AND_DIES:
        line.say(PartialMeasurement(replace(blind(task, "wifi", CUT_OFF), samples=4)))
    if task.sweep_id in {DIES, TELLS_AND_DIES}:
        os.kill(os.getpid(), signal.SIGKILL)
    if task.sweep_id == STUCK:
        signal.pause()
    return Measurement(task.position.zone_id, task.position.position_id, "wifi", 1.0, 5, 0, 1.0, None)


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers({"wifi": opened, "ble": opened}, timeout_s=PATIENCE_S) as running:
        yield running


def test_a_worker_answers_task_after_task_in_one_process(workers: Workers) -> None:
    first = workers.process_id("wifi")
    for _ in range(3):
        (one,) = workers.measure({"wifi": TASK})
        assert (one.samples, one.blind_reason) == (5, None)
    assert workers.process_id("wifi") == first
    assert workers.restarts == 0


@pytest.mark.parametrize(
    ("sweep_id", "reason", "timeout_s"),
    [(DIES, "process_died", PATIENCE_S), (STUCK, "timed_out", 15.0)],  # the other one has to start within them
    ids=["dies", "hangs"],
)
def test_a_worker_that_dies_or_hangs_is_a_gap_and_is_started_again(
    sweep_id: UUID, reason: str, timeout_s: float
) -> None:
    with Workers({"wifi": opened, "ble": opened}, timeout_s=timeout_s) as workers:
        results = list(workers.measure({"wifi": replace(TASK, sweep_id=sweep_id), "ble": TASK}))
        blind = {one.blind_reason for one in results}
        assert blind == {None, reason}
        (gap,) = [gap for one in results for gap in one.gaps]
        assert gap.reason == reason
        assert gap.end_ns > gap.start_ns
        assert workers.restarts == 1
        (after,) = workers.measure({"wifi": TASK})
        assert after.blind_reason is None


def test_what_a_worker_had_told_before_it_died_stands_with_a_gap_from_then_on(workers: Workers) -> None:
    told: list[Measurement] = []
    begun_ns = boottime_ns()
    (one,) = workers.measure({"wifi": replace(TASK, sweep_id=TELLS_AND_DIES)}, on_partial_result=told.append)
    assert [so_far.samples for so_far in told] == [4]
    assert (one.samples, one.blind_reason, one.rejections) == (4, "process_died", {"process_died": 1})
    (gap,) = one.gaps
    assert begun_ns < gap.start_ns <= gap.end_ns
    (after,) = workers.measure({"wifi": replace(TASK, sweep_id=DIES)})
    assert after.samples == 0, "what was told of another task does not stand for this one"


def test_a_worker_killed_between_tasks_is_started_again_and_costs_nothing(workers: Workers) -> None:
    list(workers.measure({"wifi": TASK}))
    pid = workers.process_id("wifi")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in {one.pid for one in active_children()}, "the word of its death")
    (after,) = workers.measure({"wifi": TASK})
    assert (after.samples, after.blind_reason, workers.restarts) == (5, None, 1)


def test_no_process_is_left_behind() -> None:
    with Workers({"wifi": opened}, timeout_s=3.0) as running:
        pid = running.process_id("wifi")
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
