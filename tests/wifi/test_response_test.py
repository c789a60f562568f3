"""A response test in a made-up air: looks, decisions, and a named reason for everything that breaks it off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from sweep.modality.messages import (
    PLAYED_OUT,
    SKIPPED,
    Leave,
    PlayChips,
    Played,
    Progress,
    ResponseTestKind,
    SkipResponseTests,
    StopChips,
    ToWorker,
)
from sweep.report import StimulusJudgement
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.listen import Listener
from sweep.wifi.response_test_schedule import run_response_test
from sweep.wifi.stimulus.response_test import (
    LIGHT_CHIP_S,
    WALK_CHIPS,
    ResponseTest,
    ResponseTestRequest,
    ResponseTestResult,
    looks_within,
)
from sweep.wifi.stimulus.sequence import ChipSequence
from sweep.wifi.stimulus.significance import LOOKS, StimulusResult, StimulusScan, Verdict
from sweep.wifi.stimulus.stopping_rule import HOPELESS_FROM_CHIPS
from tests.wifi.live_rig import CAMERA_MHZ
from tests.wifi.made_up_air import CAMERA, OTHER, PLAY_DELAY_S, START_NS, MadeUpAir, MadeUpPlayer, beeper

Told = dict[int, tuple[Verdict, float | None]]
Judge = Callable[[ChipSequence], Told]


def nothing_yet(sequence: ChipSequence) -> Told:
    return {CAMERA: ("does_not" if sequence.duration_s >= 45.0 else "not_assessable", 0.4)}


@dataclass
class Room:
    """An air in which some transmitters are just there, a player, and a judgement that is made up."""

    judge: Judge = nothing_yet
    away_s: float = np.inf
    silent_s: float = np.inf
    looked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        senders = [beeper(address, until_s=self.silent_s) for address in (CAMERA, OTHER)] + [beeper(0xC3)]
        self.air = MadeUpAir({CAMERA_MHZ: senders}, away=(self.away_s, np.inf))
        self.player = MadeUpPlayer(self.air)

    def test(
        self, *, kind: ResponseTestKind = "light", longest_s: float = 114.0,
        targets: frozenset[int] = frozenset({CAMERA}),
        tests_here: int = 1,
    ) -> ResponseTestResult:  # fmt: skip
        wish = ResponseTestRequest(kind, targets, longest_s, tests_here)
        result = run_response_test(ResponseTest(wish, self._judge), Listener(self.air).watch(CAMERA_MHZ), self.player)
        assert isinstance(self.player.said[-1], StopChips), "whatever happens, the light is told to stop"
        return result

    def _judge(
        self,
        log: FrameLog,
        sequence: ChipSequence,
        *,
        is_sequential: bool,
        valued: frozenset[int] | None,
        tests_here: int,
        chosen: frozenset[int],
    ) -> StimulusScan:
        (play,) = self.player.plays
        assert tests_here >= 1
        assert chosen <= {CAMERA, OTHER}, "what was chosen before the light, and nobody else"
        is_last = len(sequence.chips) == LOOKS[-1][0] if is_sequential else False
        assert valued is None or not is_last, "at the end every denial says what it is worth"
        assert is_sequential == (play.kind == "light")
        assert sequence.start_s == pytest.approx(START_NS / 1e9 + play.begin_s)
        assert sequence.chips == play.chips[: len(sequence.chips)]
        now_s = START_NS / 1e9 + self.air.now_s
        assert now_s > sequence.start_s + sequence.duration_s + sequence.start_uncertainty_s
        assert log.listened_s > sequence.duration_s
        self.looked.append(len(sequence.chips))
        found = self.judge(sequence).items()
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


def test_it_looks_when_each_share_of_the_chips_was_played_and_denies_only_at_the_end() -> None:
    room = Room()
    result = room.test()
    assert room.looked == [chips for chips, _ in LOOKS]
    assert result.ended == PLAYED_OUT
    assert result.judgements[CAMERA].verdict == "does_not"
    assert result.judgements[CAMERA].tested_s == pytest.approx(114.0)
    assert room.player.asked == [PlayChips("light", LOOKS[-1][0], LIGHT_CHIP_S)]
    progress = [message for message in room.player.said if isinstance(message, Progress)]
    assert {message.doing for message in progress} == {"light"}
    assert progress[-1].longest_s == pytest.approx(114.0)
    assert all(a.elapsed_s <= b.elapsed_s for a, b in pairwise(progress))


def test_it_stops_as_soon_as_everything_that_matters_is_decided() -> None:
    def judge(sequence: ChipSequence) -> Told:
        later = nothing_yet(sequence)[CAMERA]
        return {
            CAMERA: ("follows_light", 0.001),
            OTHER: ("follows_light", 0.002) if len(sequence.chips) > 60 else later,
        }

    room = Room(judge)
    result = room.test(targets=frozenset({CAMERA, OTHER}))
    assert room.looked == [25, 50, 75]
    assert result.ended == "decided"
    after = {address: judgement.decided_after_s for address, judgement in result.judgements.items()}
    assert 15.0 < (after[CAMERA] or 0.0) < 19.0, "found at the first look, and it stays the answer"
    assert 45.0 < (after[OTHER] or 0.0) < 49.0


def test_what_follows_is_played_on_until_it_says_so_clearly_and_keeps_when_it_was_found() -> None:
    p_by_look = dict(zip((chips for chips, _ in LOOKS), (0.4, 0.04, 0.02, 0.002, 0.5, 0.5), strict=True))

    def judge(sequence: ChipSequence) -> Told:
        p_value = p_by_look[len(sequence.chips)]
        return {CAMERA: ("follows_light" if p_value <= 0.05 else "not_assessable", p_value)}

    room = Room(judge)
    result = room.test()
    assert room.looked == [25, 50, 75, 95]
    assert result.ended == "decided"
    found = result.judgements[CAMERA]
    assert (found.verdict, found.p_value) == ("follows_light", 0.002)
    assert 30.0 < (found.decided_after_s or 0.0) < 34.0, "found at the second look"


def test_what_follows_but_never_clearly_is_found_all_the_same() -> None:
    p_values = iter((0.04, 0.03, 0.3, 0.3, 0.3, 0.3))
    room = Room(lambda _: {CAMERA: ("follows_light" if (p := next(p_values)) <= 0.05 else "does_not", p)})
    result = room.test()
    assert room.looked == [chips for chips, _ in LOOKS]
    assert result.ended == "decided"
    assert (result.judgements[CAMERA].verdict, result.judgements[CAMERA].p_value) == ("follows_light", 0.03)


def test_it_ends_early_where_nothing_has_shown_anything() -> None:
    room = Room(lambda sequence: {CAMERA: nothing_yet(sequence)[CAMERA], OTHER: ("does_not", 1.0)})
    result = room.test(targets=frozenset({OTHER}))
    assert result.ended == "no_promise"
    assert room.looked == [chips for chips, _ in LOOKS if chips <= HOPELESS_FROM_CHIPS]
    assert result.judgements[OTHER].verdict == "does_not", "an answer, and nothing broken off"
    both = Room(room.judge)
    assert both.test(targets=frozenset({CAMERA, OTHER})).ended == PLAYED_OUT, "one of them may still follow"


def test_two_channels_share_the_error() -> None:
    room = Room(lambda _: {CAMERA: ("follows_light", 0.03)})
    result = room.test(tests_here=2)
    assert room.looked == [chips for chips, _ in LOOKS]
    assert (result.judgements[CAMERA].verdict, result.judgements[CAMERA].p_value) == ("does_not", 0.06)


def dead(room: Room) -> None:
    room.player.is_dead = True


def saying(after_s: float, message: ToWorker) -> Callable[[Room], None]:
    return lambda room: room.player.says.append((after_s, message))


def stopping(after_s: float, why: str) -> Callable[[Room], None]:
    return lambda room: room.player.stops.append((after_s, why))


@pytest.mark.parametrize(
    ("room", "trouble", "reason"),
    [
        (Room(), dead, "lamp_not_playing"),
        (Room(away_s=60.0), None, "adapter_away"),
        (Room(silent_s=20.0), None, "transmitter_silent"),
        (Room(), saying(60.0, Leave("room_entered")), "room_entered"),
        (Room(), saying(60.0, Leave("aborted")), "aborted"),
        (Room(), saying(60.0, SkipResponseTests()), SKIPPED),
        (Room(), saying(-1.0, SkipResponseTests()), SKIPPED),
        (Room(), saying(0.0, Played(0, 0, 0.0, 0, ended="no_lamp")), "no_lamp"),
        (Room(), stopping(60.0, "head_away"), "head_away"),
        (Room(), stopping(60.0, "lamp_went_off"), "lamp_went_off"),
        (Room(), stopping(0.1, "lamp_refused"), "lamp_refused"),
    ],
    ids=[
        "dead",
        "adapter",
        "silent",
        "entered",
        "aborted",
        "skipped",
        "skipped_early",
        "no_lamp",
        "head",
        "went_off",
        "refused",
    ],
)
def test_what_breaks_it_off_has_a_name_and_denies_nothing(
    room: Room, trouble: Callable[[Room], None] | None, reason: str
) -> None:
    if trouble is not None:
        trouble(room)
    result = room.test()
    assert result.ended == reason
    assert result.judgements[CAMERA].verdict == "not_assessable"
    assert result.judgements[CAMERA].reason == reason
    assert (result.left is None) == (reason not in {"room_entered", "aborted"})


def test_what_was_decided_before_the_trouble_stays() -> None:
    room = Room(lambda _: {CAMERA: ("follows_light", 0.001), OTHER: ("does_not", 0.7)})
    room.player.says.append((40.0, Leave("room_entered")))
    result = room.test(targets=frozenset({CAMERA, OTHER}))
    assert result.judgements[CAMERA].verdict == "follows_light"
    assert (result.judgements[OTHER].verdict, result.judgements[OTHER].reason) == ("not_assessable", "room_entered")


def test_a_stop_is_heard_within_a_second_also_before_the_first_chip() -> None:
    room = Room()
    room.player.says.append((-1.0, Leave("aborted")))
    result = room.test()
    assert (result.ended, room.looked) == ("aborted", [])
    assert room.air.now_s <= 0.5
    assert room.player.asked == []


def test_what_a_player_says_late_of_another_test_is_not_taken_for_this_one() -> None:
    room = Room()
    room.player.says.append((-1.0, Played(190, 5, 6e8, 7, ended="lamp_went_off", chips=(1,) * 190)))
    assert room.test().ended == PLAYED_OUT
    assert room.looked == [chips for chips, _ in LOOKS]


def test_a_player_that_does_not_tell_its_chips_is_not_judged() -> None:
    room = Room()
    room.player.is_dead = True
    start_ns = START_NS + round(3.4e9)
    room.player.says += [(at_s, Played(round(at_s), start_ns, 6e8, 7, chips=(1,) * 20)) for at_s in (1.0, 60.0)]
    result = room.test()
    assert (result.ended, room.looked) == ("lamp_not_playing", [])
    assert result.judgements[CAMERA].verdict == "not_assessable"


def test_a_walk_is_judged_once_at_its_end() -> None:
    room = Room(lambda _: {CAMERA: ("follows_light", 0.004)})
    result = room.test(kind="motion")
    assert room.looked == [WALK_CHIPS]
    assert result.judgements[CAMERA] == StimulusJudgement(
        verdict="follows_light", p_value=0.004, kind="motion", tested_s=120.0,
        decided_after_s=result.judgements[CAMERA].decided_after_s,
    )  # fmt: skip
    assert room.player.plays[0].begin_s == pytest.approx(3.0 + PLAY_DELAY_S)


def test_how_long_it_may_take_follows_the_setting() -> None:
    assert looks_within(114.0) == tuple(chips for chips, _ in LOOKS)
    assert looks_within(50.0)[-1] * LIGHT_CHIP_S == pytest.approx(45.0)
    assert looks_within(15.0) == (25,)
