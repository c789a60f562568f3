"""A response test with a made-up room: looks, decisions, and a named reason for everything that breaks it off."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from sweep.plug.talk import PLAYED_OUT, Leave, PlayChips, Played, Progress, StopChips, ToRunner, ToWorker, TrialKind
from sweep.report import StimulusJudgement
from sweep.wifi import response_test as trial
from sweep.wifi.framelog import FrameLog, LogBuilder
from sweep.wifi.response_test import LIGHT_CHIP_S, WALK_CHIPS, Trial, TrialResult, TrialWish, looks_within
from sweep.wifi.sequence import ChipSequence
from sweep.wifi.stimulus import LOOKS, StimulusResult, StimulusScan, Verdict

CAMERA, OTHER = 0xC1, 0xC2
PLAY_DELAY_S = 0.4


class Room:
    """Watch and line in one: time passes while it is listened to, and chips are played once asked for."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.said: list[ToRunner] = []
        self.script: list[tuple[float, ToWorker]] = []
        """Said when so many seconds have passed since chips were asked for."""
        self.asked_s: float | None = None
        self.chips: tuple[int, ...] = ()
        self.chip_s = 0.0
        self.is_dead_lamp = False
        self.away_after_s = np.inf
        self.silent_after_s = np.inf
        self.stops_after_s = np.inf
        self.why = ""

    def stop(self, after_s: float, why: str) -> None:
        self.stops_after_s, self.why = after_s, why

    @property
    def playing_s(self) -> float:
        return -1.0 if self.asked_s is None else self.now_s - self.asked_s

    @property
    def is_away(self) -> bool:
        return self.playing_s > self.away_after_s

    def hear(self, seconds: float) -> None:
        self.now_s += seconds

    def log(self) -> FrameLog:
        return LogBuilder().finish()

    def say(self, word: ToRunner) -> None:
        self.said.append(word)
        if isinstance(word, PlayChips):
            self.asked_s, self.chips, self.chip_s = self.now_s, word.chips, word.chip_s

    def heard_words(self) -> list[ToWorker]:
        words = [word for at, word in self.script if at <= self.playing_s]
        self.script = [(at, word) for at, word in self.script if at > self.playing_s]
        since_s = min(self.playing_s, self.stops_after_s) - PLAY_DELAY_S
        if self.asked_s is None or since_s < 0 or self.is_dead_lamp:
            return words
        begun = min(int(since_s / self.chip_s) + 1, len(self.chips))
        is_over = since_s >= len(self.chips) * self.chip_s
        ended = self.why if self.playing_s >= self.stops_after_s else PLAYED_OUT if is_over else None
        start_ns = round((self.asked_s + PLAY_DELAY_S) * 1e9)
        return [*words, Played(begun, start_ns, self.chip_s * 1e9, 8_000_000, ended=ended)]


class Ear:
    """The line's end that the trial holds."""

    def __init__(self, room: Room) -> None:
        self.say = room.say
        self.hear = room.heard_words


Told = dict[int, tuple[Verdict, float | None]]
Judge = Callable[[ChipSequence], Told]


def run(
    monkeypatch: pytest.MonkeyPatch, room: Room, judge: Judge, *, kind: TrialKind = "light", longest_s: float = 114.0,
    targets: frozenset[int] = frozenset({CAMERA}), trials: int = 1,
) -> tuple[TrialResult, list[int]]:  # fmt: skip
    looked: list[int] = []

    def judged(log: FrameLog, sequence: ChipSequence, *, is_sequential: bool) -> StimulusScan:
        assert is_sequential == (kind == "light")
        assert sequence.start_s == pytest.approx((room.asked_s or 0.0) + PLAY_DELAY_S)
        assert room.now_s > sequence.start_s + sequence.duration_s + sequence.start_uncertainty_s
        looked.append(len(sequence.chips))
        found = judge(sequence).items()
        return StimulusScan(
            tuple(
                StimulusResult(
                    (address,), p, p, verdict, sequence.duration_s, 0.1,
                    "too_short" if verdict == "not_assessable" else None,
                )
                for address, (verdict, p) in found
            ),
            len(found),
        )  # fmt: skip

    def sending(log: FrameLog, now_ns: int) -> frozenset[int]:
        return frozenset() if now_ns / 1e9 - (room.asked_s or 0.0) > room.silent_after_s else frozenset({CAMERA, OTHER})

    monkeypatch.setattr(trial, "judge_stimulus", judged)
    monkeypatch.setattr(trial, "_still_sending", sending)
    wish = TrialWish(kind, targets, longest_s, trials)
    result = Trial(
        wish, room, Ear(room), clock_s=lambda: room.now_s, now_ns=lambda: round(room.now_s * 1e9)
    ).run()  # fmt: skip
    assert isinstance(room.said[-1], StopChips), "whatever happens, the light is told to stop"
    return result, looked


def nothing_yet(sequence: ChipSequence) -> Told:
    return {CAMERA: ("does_not" if sequence.duration_s >= 45.0 else "not_assessable", 0.4)}


def test_it_looks_when_each_share_of_the_chips_was_played_and_denies_only_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()
    result, looked = run(monkeypatch, room, nothing_yet)
    assert looked == [chips for chips, _ in LOOKS]
    assert result.ended == PLAYED_OUT
    assert result.judgements[CAMERA].verdict == "does_not"
    assert result.judgements[CAMERA].tested_s == pytest.approx(114.0)
    progress = [word for word in room.said if isinstance(word, Progress)]
    assert {word.doing for word in progress} == {"light"}
    assert progress[-1].longest_s == pytest.approx(114.0)
    assert all(a.elapsed_s <= b.elapsed_s for a, b in pairwise(progress))


def test_it_stops_as_soon_as_everything_that_matters_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()

    def judge(sequence: ChipSequence) -> Told:
        later = nothing_yet(sequence)[CAMERA]
        return {CAMERA: ("follows_light", 0.01), OTHER: ("follows_light", 0.02) if len(sequence.chips) > 60 else later}

    result, looked = run(monkeypatch, room, judge, targets=frozenset({CAMERA, OTHER}))
    assert looked == [25, 50, 75]
    assert result.ended == "decided"
    after = {address: judgement.decided_after_s for address, judgement in result.judgements.items()}
    assert 15.0 < (after[CAMERA] or 0.0) < 19.0, "found at the first look, and it stays the answer"
    assert 45.0 < (after[OTHER] or 0.0) < 49.0


def test_two_channels_share_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    result, looked = run(monkeypatch, Room(), lambda _: {CAMERA: ("follows_light", 0.03)}, trials=2)
    assert looked == [chips for chips, _ in LOOKS]
    assert (result.judgements[CAMERA].verdict, result.judgements[CAMERA].p_value) == ("does_not", 0.06)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda room: setattr(room, "is_dead_lamp", True), "lamp_not_playing"),
        (lambda room: setattr(room, "away_after_s", 60.0), "adapter_away"),
        (lambda room: setattr(room, "silent_after_s", 20.0), "transmitter_silent"),
        (lambda room: room.script.append((60.0, Leave("room_entered"))), "room_entered"),
        (lambda room: room.script.append((60.0, Leave("aborted"))), "aborted"),
        (lambda room: room.script.append((0.0, Played(0, 0, 0.0, 0, ended="no_lamp"))), "no_lamp"),
        (lambda room: room.stop(60.0, "head_away"), "head_away"),
        (lambda room: room.stop(60.0, "lamp_went_off"), "lamp_went_off"),
    ],
    ids=["dead", "adapter", "silent", "entered", "aborted", "no_lamp", "head", "went_off"],
)
def test_what_breaks_it_off_has_a_name_and_denies_nothing(
    monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Room], object], reason: str
) -> None:
    room = Room()
    trouble(room)
    result, _ = run(monkeypatch, room, nothing_yet)
    assert result.ended == reason
    assert result.judgements[CAMERA].verdict == "not_assessable"
    assert result.judgements[CAMERA].reason == reason
    assert (result.left is None) == (reason not in {"room_entered", "aborted"})


def test_what_was_decided_before_the_trouble_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    room.script.append((40.0, Leave("room_entered")))

    def judge(_: ChipSequence) -> Told:
        return {CAMERA: ("follows_light", 0.001), OTHER: ("does_not", 0.7)}

    result, _ = run(monkeypatch, room, judge, targets=frozenset({CAMERA, OTHER}))
    assert result.judgements[CAMERA].verdict == "follows_light"
    assert (result.judgements[OTHER].verdict, result.judgements[OTHER].reason) == ("not_assessable", "room_entered")


def test_a_stop_is_heard_within_a_second_also_before_the_first_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    room.script.append((-1.0, Leave("aborted")))
    began_s = room.now_s
    result, looked = run(monkeypatch, room, nothing_yet)
    assert (result.ended, looked) == ("aborted", [])
    assert room.now_s - began_s <= 0.5
    assert not any(isinstance(word, PlayChips) for word in room.said)


def test_a_walk_is_judged_once_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    result, looked = run(monkeypatch, room, lambda _: {CAMERA: ("follows_light", 0.004)}, kind="motion")
    assert looked == [WALK_CHIPS]
    assert result.judgements[CAMERA] == StimulusJudgement(
        verdict="follows_light", p_value=0.004, kind="motion", tested_s=120.0,
        decided_after_s=result.judgements[CAMERA].decided_after_s,
    )  # fmt: skip


def test_how_long_it_may_take_follows_the_setting() -> None:
    assert looks_within(114.0) == tuple(chips for chips, _ in LOOKS)
    assert looks_within(50.0)[-1] * LIGHT_CHIP_S == pytest.approx(45.0)
    assert looks_within(15.0) == (25,)


def test_who_fell_silent() -> None:
    frames = SimpleNamespace(
        t_ns=np.array([1, 2], dtype=np.int64) * 10**9, ta=np.array([CAMERA, OTHER], dtype=np.uint64)
    )
    log = SimpleNamespace(frames=frames)
    assert trial._still_sending(log, 13_500_000_000) == {OTHER}  # type: ignore[arg-type]  # only the columns that are looked at
