"""The tests of one position: one for all of a channel, which channels are left, who has time, and a person who
skips.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sweep.modality.messages import SKIPPED, ResponseTestBegins, SkipResponseTests, ToRunner
from sweep.modality.mode import QUICK, SHORT_OF_TIME
from sweep.report import StimulusJudgement
from sweep.wifi.listen import Listener
from sweep.wifi.observations import judge_position
from sweep.wifi.partial_result_line import PartialResultLine
from sweep.wifi.position import WifiRequest
from sweep.wifi.response_test_schedule import no_tag, open_part_s, run_response_tests, shares_of_tests_s
from sweep.wifi.scan import JudgedTransmitter
from sweep.wifi.session import hear_position
from sweep.wifi.stimulus.response_test import LEAD_S, ResponseTestResult
from sweep.wifi.targets import MAX_RESPONSE_TESTS, THICK_UPLINK, TOO_MANY_CHANNELS, ChannelTargets, Target
from sweep.wifi.traffic.reception import Reception
from sweep.wifi.traffic.video import NO_CLOCK, Verdict, VideoVerdict
from sweep.wifi.transmitters.transmitters import LevelSummary, Transmitter
from tests.run.test_workers import TASK
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_rig import ROW
from tests.wifi.live_rig import CAMERA_MHZ, NETWORK_MHZ
from tests.wifi.made_up_air import CAMERA, CHANNELS, OTHER, MadeUpAir, MadeUpPlayer, Pictures, beeper, network

LIGHT = WifiRequest(12.0, "light", test_longest_s=15.0)
ADDRESSES = (CAMERA, OTHER, 0xC3, 0xC4)


def target(address: int, mhz: int, verdict: Verdict = "not_assessable") -> Target:
    one = Transmitter(
        addresses=(address,), role="sta", vendor=None, is_randomised=False, channel_mhz=mhz,
        level=LevelSummary(-50.0, -44.0), frames=9, retries=0, bytes_up=1, bytes_down=1, first_ns=0, last_ns=1,
        names=(),
    )  # fmt: skip
    video = VideoVerdict(verdict, 0.4, None, None, NO_CLOCK if verdict == "not_assessable" else None)
    return Target(JudgedTransmitter(one, video, Reception()), 0.75)


OPEN = ChannelTargets(CAMERA_MHZ, (target(CAMERA, CAMERA_MHZ),))
SURE = ChannelTargets(NETWORK_MHZ, (target(OTHER, NETWORK_MHZ, "video_uplink"),))
EVERYWHERE = [
    ChannelTargets(one.mhz, (target(address, one.mhz),)) for one, address in zip(CHANNELS, ADDRESSES, strict=True)
]


class NextPosition:
    """An air in which a transmitter is just there on each channel."""

    def __init__(self) -> None:
        self.air = MadeUpAir({one.mhz: [beeper(address)] for one, address in zip(CHANNELS, ADDRESSES, strict=True)})
        self.player = MadeUpPlayer(self.air)
        self.listener = Listener(self.air)

    def run(self, wish: WifiRequest, wanted: Sequence[ChannelTargets]) -> list[ResponseTestResult]:
        line = PartialResultLine(self.player, lambda _: None, self.listener)
        results = run_response_tests(wish, "light", wanted, self.listener, line, no_tag)
        assert results == line.results
        return results


def aheads(said: Sequence[ToRunner]) -> list[ResponseTestBegins]:
    return [message for message in said if isinstance(message, ResponseTestBegins)]


def test_a_third_and_a_fourth_channel_are_named_and_not_tested() -> None:
    position = NextPosition()
    results = position.run(LIGHT, EVERYWHERE)
    assert len(position.player.plays) == MAX_RESPONSE_TESTS
    assert TOO_MANY_CHANNELS not in [one.ended for one in results[:MAX_RESPONSE_TESTS]]
    reasons = [one.judgements[address].reason for one, address in zip(results, ADDRESSES, strict=True)]
    assert reasons[MAX_RESPONSE_TESTS:] == [TOO_MANY_CHANNELS] * 2
    told = aheads(position.player.said)
    assert [(one.index, one.tests_here, one.flow_count) for one in told] == [(0, 2, 1), (1, 2, 1)]
    (flow,) = told[0].flows
    assert (flow.why, flow.channel_mhz, flow.rssi_dbm) == (NO_CLOCK, CHANNELS[0].mhz, -50.0)


def test_one_test_is_for_all_of_a_channel_and_says_why_of_each() -> None:
    position = NextPosition()
    thick = target(0xC3, CAMERA_MHZ, "not_video")
    (result,) = position.run(LIGHT, [ChannelTargets(CAMERA_MHZ, (*OPEN.targets, *SURE.targets, thick))])
    assert len(position.player.plays) == 1
    assert set(result.judgements) == {CAMERA, OTHER, 0xC3}
    (ahead,) = aheads(position.player.said)
    assert [flow.why for flow in ahead.flows] == [NO_CLOCK, "video_uplink", THICK_UPLINK]


def test_a_skip_ends_the_tests_of_the_stand_at_once_and_denies_nothing() -> None:
    position = NextPosition()
    position.player.says.append((5.0, SkipResponseTests()))
    results = position.run(LIGHT, EVERYWHERE)
    assert [(one.ended, one.left) for one in results] == [(SKIPPED, None)] * 4
    answers = [answer for one in results for answer in one.judgements.values()]
    assert {(one.verdict, one.reason) for one in answers} == {("not_assessable", SKIPPED)}
    assert len(position.player.plays) == 1
    assert results[0].took_s < LEAD_S + 5.0 + 1.0


def camera_stand() -> tuple[MadeUpAir, MadeUpPlayer]:
    air = MadeUpAir()
    player = MadeUpPlayer(air)
    air.place(CAMERA_MHZ, network(), Pictures(CAMERA, LitCamera(ROW, 1), player.level_at))
    return air, player


def test_who_skips_before_the_test_has_none_and_the_report_says_so() -> None:
    air, player = camera_stand()
    player.says.append((-1.0, SkipResponseTests()))
    found = hear_position(LIGHT, air, player)
    assert (player.asked, found.follows[CAMERA].reason, found.is_settled) == ([], SKIPPED, True)
    measured = judge_position(TASK, LIGHT, found)
    assert measured.rejections[f"light_{SKIPPED}"] == 1
    assert measured.limits == ("trial_skipped",)
    assert (measured.light_s, measured.light_open_s) == (0.0, 0.0)


def test_what_a_test_took_is_told_and_that_it_was_only_for_what_nobody_called_video_yet() -> None:
    air, player = camera_stand()
    begun_s = air.now_s
    measured = judge_position(TASK, LIGHT, hear_position(LIGHT, air, player))
    assert measured.light_s == pytest.approx(air.now_s - begun_s - LIGHT.dwell_s, abs=1.0)
    assert measured.light_s > 15.0
    assert measured.light_open_s == measured.light_s


def follows(after_s: float) -> StimulusJudgement:
    return StimulusJudgement(verdict="follows_light", p_value=0.001, decided_after_s=after_s)


@pytest.mark.parametrize(
    ("targets", "answers", "open_s"),
    [
        (OPEN.targets, {}, 119.0),
        (SURE.targets, {}, 0.0),
        ((*SURE.targets, *OPEN.targets), {OTHER: follows(17.0)}, 97.0),
        ((*SURE.targets, *OPEN.targets), {CAMERA: follows(17.0)}, 0.0),
    ],
    ids=["open", "sure", "sure_answered", "open_answered"],
)
def test_open_part_of_a_test(targets: tuple[Target, ...], answers: dict[int, StimulusJudgement], open_s: float) -> None:
    result = ResponseTestResult("light", answers, played_s=114.0, took_s=119.0)
    assert open_part_s(ChannelTargets(CAMERA_MHZ, targets), result) == open_s


@pytest.mark.parametrize(
    ("all_s", "open_s", "tested", "shares"),
    [
        (None, None, [SURE, OPEN], [114.0, 114.0]),
        (130.0, None, [SURE], [114.0]),
        (130.0, None, [SURE, SURE], [59.0, 59.0]),
        (25.0, None, [SURE, SURE], [19.0, 0.0]),
        (19.0, None, [SURE], [0.0]),
        (130.0, 130.0, [SURE, OPEN], [114.0, 0.0]),
        (150.0, 150.0, [SURE, OPEN], [114.0, 24.0]),
        (150.0, 60.0, [OPEN, OPEN], [24.0, 24.0]),
        (150.0, 0.0, [OPEN], [0.0]),
        (150.0, 0.0, [SURE, OPEN], [114.0, 0.0]),
    ],
)  # fmt: skip
def test_who_is_called_video_is_given_time_before_who_is_only_open(
    all_s: float | None, open_s: float | None, tested: list[ChannelTargets], shares: list[float]
) -> None:
    wish = WifiRequest(20.0, "light", tests_longest_s=all_s, open_tests_longest_s=open_s)
    assert shares_of_tests_s(wish, [one.has_video for one in tested]) == shares


def test_thin_streams_have_what_the_others_leave() -> None:
    wish = WifiRequest(20.0, "light", tests_longest_s=150.0)
    assert shares_of_tests_s(wish, [False, False], [False, True]) == [114.0, 24.0]
    assert shares_of_tests_s(wish, [True, False], [False, True]) == [114.0, 24.0]
    assert shares_of_tests_s(wish, [False], [True]) == [114.0]


@pytest.mark.parametrize(
    ("wish", "reasons"),
    [
        (WifiRequest(5.0, "light", no_test_because=QUICK), [QUICK] * 4),
        (WifiRequest(5.0, "light", open_tests_longest_s=0.0), [SHORT_OF_TIME] * 2 + [TOO_MANY_CHANNELS] * 2),
    ],
    ids=["quick", "short"],
)
def test_what_is_left_out_by_design_says_why(wish: WifiRequest, reasons: list[str]) -> None:
    position = NextPosition()
    assert [one.ended for one in position.run(wish, EVERYWHERE)] == reasons
    assert aheads(position.player.said) == []
