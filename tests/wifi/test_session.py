"""What is tested at a live position, and what is begun once more: with made-up trials and made-up air."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sweep.plug.talk import NOBODY
from sweep.report import StimulusJudgement
from sweep.run.parts import ProbeParts, with_trial
from sweep.wifi import session as hearing
from sweep.wifi.adapter import CaptureOpenError
from sweep.wifi.listen import Heard
from sweep.wifi.response_test import TrialResult, TrialWish
from sweep.wifi.scan import scan_log
from tests.run.test_workers import TASK
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_log import log_of

CAMERA, OTHER = 0x02_00_00_00_0C_01, 0x02_00_00_00_0C_02
LIGHT = replace(TASK, trial="light", wifi_adapter="mon0")


@pytest.fixture(scope="module")
def heard() -> Heard:
    """Ten seconds of a camera, and a phone that says little."""
    return Heard(log_of({CAMERA: LitCamera("lit_capped_600", 1)}, seconds=10.0), (), 5, 0, ())


def results(*ended: tuple[str, int]) -> Iterator[TrialResult]:
    for reason, looks in ended:
        yield TrialResult("light", {CAMERA: StimulusJudgement(verdict="does_not", p_value=0.5)}, reason, looks=looks)


def run(
    monkeypatch: pytest.MonkeyPatch, heard: Heard, made: Iterator[TrialResult], **changes: Any
) -> list[TrialResult]:
    class Made:
        def __init__(self, wish: TrialWish, *_: object) -> None:
            assert wish.targets == {CAMERA}

        def run(self) -> TrialResult:
            return next(made)

    monkeypatch.setattr(hearing, "Trial", Made)
    monkeypatch.setattr(hearing, "watch_here", lambda *_: None)
    return hearing._test(replace(LIGHT, **changes), "light", "mon0", heard, NOBODY)


def test_what_sends_like_a_camera_is_tested_once_a_zone(heard: Heard) -> None:
    scan = scan_log(heard.log)
    assert hearing.targets_by_channel(scan, heard, is_any=False, decided=frozenset()) == {2437: {CAMERA}}
    assert hearing.targets_by_channel(scan, heard, is_any=False, decided=frozenset({CAMERA})) == {}


@pytest.mark.parametrize("trouble", sorted(hearing.MAY_PASS))
def test_a_test_that_broke_off_before_it_was_judged_begins_once_more(
    monkeypatch: pytest.MonkeyPatch, heard: Heard, trouble: str
) -> None:
    (found,) = run(monkeypatch, heard, results((trouble, 0), ("played_out", 6)))
    assert found.ended == "played_out"
    made = results((trouble, 0), (trouble, 0), ("decided", 1))
    (found,) = run(monkeypatch, heard, made)
    assert found.ended == trouble, "once"


@pytest.mark.parametrize("ended", [("lamp_went_off", 1), ("room_entered", 0), ("adapter_away", 0), ("decided", 2)])
def test_what_was_judged_or_stopped_by_persons_does_not(
    monkeypatch: pytest.MonkeyPatch, heard: Heard, ended: tuple[str, int]
) -> None:
    (found,) = run(monkeypatch, heard, results(ended))
    assert found.ended == ended[0]


def test_light_is_asked_once_a_zone_and_a_walk_of_all_that_does_not_follow_yet() -> None:
    known = {CAMERA: "does_not", OTHER: "follows_light"}
    parts = ProbeParts(stimulus="auto", stimulus_longest_s=57.0)
    light = with_trial(TASK, "light", parts, known, "no_lamp")
    assert (light.trial, light.trial_longest_s, light.no_trial_because) == ("light", 57.0, "no_lamp")
    assert (light.decided, light.is_any_uplink) == (frozenset({CAMERA, OTHER}), False)
    assert with_trial(TASK, "light", ProbeParts(stimulus="always"), {}, None).is_any_uplink
    assert with_trial(TASK, "light", ProbeParts(stimulus="never"), {}, None).trial is None
    walk = with_trial(TASK, "motion", ProbeParts(stimulus="never"), known, "no_lamp")
    assert (walk.trial, walk.decided, walk.no_trial_because) == ("motion", frozenset({OTHER}), None)


def test_what_cannot_be_played_is_said_of_each_target(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    (found,) = run(monkeypatch, heard, results(), no_trial_because="no_lamp")
    assert (found.ended, found.judgements[CAMERA].reason) == ("no_lamp", "no_lamp")

    def away(*_: object) -> None:
        raise CaptureOpenError("gone")

    monkeypatch.setattr(hearing, "watch_here", away)
    (found,) = hearing._test(LIGHT, "light", "mon0", heard, NOBODY)
    assert (found.ended, found.judgements[CAMERA].verdict) == ("adapter_away", "not_assessable")
