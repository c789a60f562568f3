"""What a measurement has so far is told often enough, and never so often that it takes the time of measuring."""

from __future__ import annotations

import itertools
from dataclasses import replace

from sweep.modality.measurement import Measurement
from sweep.modality.messages import Nobody, PartialMeasurement, ToRunner
from sweep.modality.partial_results import CUT_OFF, LEAST_REST, TELL_EVERY_S, PartialResultSender, cut_off
from sweep.modality.task import blind
from sweep.report import Gap
from tests.run.test_workers import TASK

HAD = replace(blind(TASK, "wifi", CUT_OFF), samples=12, rejections={"too_far": 1})
GAP = Gap(start_ns=5, end_ns=8, reason="process_died")


class Runner(Nobody):
    def __init__(self) -> None:
        self.told_s: list[float] = []
        self.now_s = 0.0

    def say(self, message: ToRunner) -> None:
        assert message == PartialMeasurement(HAD)
        self.told_s.append(self.now_s)


def told_in(seconds: float, takes_s: float) -> list[float]:
    runner = Runner()
    teller = PartialResultSender(runner, lambda: runner.now_s)

    def judge() -> Measurement:
        runner.now_s += takes_s
        return HAD

    while runner.now_s < seconds:
        runner.now_s += 0.1
        teller.offer(judge)
    return runner.told_s


def test_a_kill_costs_less_than_two_seconds_where_judging_is_quick() -> None:
    told_s = [0.0, *told_in(30.0, takes_s=0.2)]
    rests_s = [after - before for before, after in itertools.pairwise(told_s)]
    assert TELL_EVERY_S <= min(rests_s) <= max(rests_s) < 1.7


def test_where_judging_is_slow_it_takes_no_more_than_its_share() -> None:
    told_s = told_in(200.0, takes_s=2.0)
    assert 2.0 * len(told_s) <= 200.0 / (1.0 + LEAST_REST) + 2.0


def test_what_was_cut_off_says_why_and_from_when_on() -> None:
    found = cut_off(HAD, GAP)
    assert (found.samples, found.blind_reason, found.gaps) == (12, "process_died", (GAP,))
    assert found.rejections == {"too_far": 1, "process_died": 1}
    assert cut_off(replace(HAD, blind_reason=None), GAP).blind_reason is None
    assert cut_off(replace(HAD, blind_reason="too_few_frames"), GAP).blind_reason == "too_few_frames"
