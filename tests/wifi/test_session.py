"""One stand in a made-up air: what is tested, what is begun once more, and what is said where nothing can be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np
import pytest

from sweep.modality.messages import NOBODY, PLAYED_OUT, Leave, Line, Progress
from sweep.modality.partial_results import CUT_OFF
from sweep.report import StimulusJudgement, WifiObservation
from sweep.wifi.capture.air import TROUBLES, Air, AirTrouble, CaptureOpenError
from sweep.wifi.capture.bands import CHANNELS_IN_USE, list_missing_channels
from sweep.wifi.capture.channels import SURVEY_S, Channel
from sweep.wifi.observations import judge_position
from sweep.wifi.position import PositionResult, WifiRequest
from sweep.wifi.response_test_schedule import MAY_PASS
from sweep.wifi.scan import scan_log
from sweep.wifi.session import WifiSession, hear_position
from sweep.wifi.targets import LOUDER_ELSEWHERE, targets_by_channel
from sweep.wifi.words import RESPONSE_TEST_REASONS, WORDS
from tests.run.test_workers import TASK
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_rig import ROW
from tests.wifi.live_rig import CAMERA_MHZ
from tests.wifi.made_up_air import CAMERA, CHANNELS, OTHER, MadeUpAir, MadeUpPlayer, Pictures, network, phone

LISTEN = WifiRequest(dwell_s=12.0)
LIGHT = replace(LISTEN, kind="light", test_longest_s=15.0)

OWN = 0x02_00_00_00_0C_99


class NextPosition:
    """A camera that sees the player's lamp, an access point, and a phone that says little."""

    def __init__(
        self, *, row: str = ROW, channels: tuple[Channel, ...] = CHANNELS,
        refused: frozenset[int] = frozenset(), away: tuple[float, float] = (np.inf, np.inf),
        is_adapter: bool = False,
    ) -> None:  # fmt: skip
        self.air = MadeUpAir(channels=channels, refused=refused, away=away, is_adapter=is_adapter)
        self.player = MadeUpPlayer(self.air)
        self.air.place(CAMERA_MHZ, network(), phone(), Pictures(CAMERA, LitCamera(row, 1), self.player.level_at))

    def hear(self, wish: WifiRequest) -> PositionResult:
        return hear_position(wish, self.air, self.player)


@pytest.fixture(scope="module")
def listened() -> PositionResult:
    return NextPosition().hear(LISTEN)


def test_every_channel_is_surveyed_and_the_time_goes_where_a_camera_sends(listened: PositionResult) -> None:
    heard = listened.heard
    assert (heard.channels, heard.visited) == (len(CHANNELS), len(CHANNELS))
    spent = sum(dwell.seconds for dwell in heard.dwells if dwell.channel.mhz == CAMERA_MHZ)
    assert spent > 6.0
    assert sum(dwell.seconds for dwell in heard.dwells) == pytest.approx(LISTEN.dwell_s, abs=SURVEY_S)
    assert (listened.follows, listened.troubles, listened.is_settled) == ({}, {}, True)


def test_what_sends_like_a_camera_is_tested_once_a_zone(listened: PositionResult) -> None:
    scan = scan_log(listened.heard.log)
    (channel,) = targets_by_channel(scan, listened.heard, is_any=False, decided=frozenset())
    assert (channel.mhz, channel.addresses) == (CAMERA_MHZ, frozenset({CAMERA}))
    assert targets_by_channel(scan, listened.heard, is_any=False, decided=frozenset({CAMERA})) == ()


def test_what_was_much_louder_elsewhere_is_not_tested_and_says_so() -> None:
    position = NextPosition()
    found = position.hear(replace(LIGHT, elsewhere_dbm={CAMERA: 0.0}))
    assert position.player.plays == []
    said = found.follows[CAMERA]
    assert (said.verdict, said.p_value, said.reason) == ("not_assessable", None, LOUDER_ELSEWHERE)
    assert said.reason in RESPONSE_TEST_REASONS


def test_the_light_may_be_for_some_only_however_loud_they_are_elsewhere() -> None:
    position = NextPosition()
    heard = position.hear(replace(LIGHT, only=frozenset({CAMERA})))
    assert heard.follows[CAMERA].p_value is not None
    other = NextPosition()
    assert CAMERA not in other.hear(replace(LIGHT, only=frozenset({CAMERA + 1}))).follows
    assert other.player.plays == []


def test_a_camera_that_sees_the_lamp_follows_it_and_one_in_the_dark_does_not() -> None:
    position = NextPosition()
    found = position.hear(replace(LIGHT, test_longest_s=114.0))
    assert found.follows[CAMERA].verdict == "follows_light"
    assert (found.is_settled, len(position.player.plays)) == (True, 1)
    assert found.heard.watched_s > 15.0
    doing = [message.doing for message in position.player.said if isinstance(message, Progress)]
    assert doing == sorted(doing, reverse=True)
    assert set(doing) == {"listening", "light"}
    dark = NextPosition()
    dark.player.is_next_door = True
    found = dark.hear(replace(LIGHT, test_longest_s=114.0))
    said = found.follows[CAMERA]
    assert (said.verdict, said.reason) in {("does_not", None), ("not_assessable", "light_too_weak")}
    assert (said.p_value or 0.0) > 0.05


def test_what_was_learnt_of_the_channels_stays_for_the_next_position() -> None:
    position = NextPosition()
    position.hear(LISTEN)
    heard = position.hear(replace(LISTEN, dwell_s=6.0)).heard
    assert {dwell.reason for dwell in heard.dwells} == {"resurvey", "undecided"}, "no survey is needed again"
    assert (heard.dwells[-1].channel.mhz, heard.dwells[-1].seconds) == (CAMERA_MHZ, 5.0)


def breaking(*stops: tuple[float, str]) -> Callable[[NextPosition], None]:
    return lambda position: position.player.stops.extend(stops)


@pytest.mark.parametrize("trouble", sorted(MAY_PASS))
def test_a_test_that_broke_off_before_it_was_judged_begins_once_more_with_other_chips(trouble: str) -> None:
    position = NextPosition()
    breaking((4.0, trouble))(position)
    found = position.hear(LIGHT)
    first, second = position.player.plays
    assert first.chips != second.chips
    assert found.is_settled
    position = NextPosition()
    breaking((4.0, trouble), (4.0, trouble))(position)
    found = position.hear(LIGHT)
    assert len(position.player.plays) == 2, "once"
    assert (found.is_settled, found.troubles[f"light_{trouble}"]) == (False, 1)
    assert found.follows[CAMERA].reason == trouble


def leaving(position: NextPosition) -> None:
    position.player.says.append((4.0, Leave("room_entered")))


def test_what_was_judged_or_stopped_by_persons_does_not() -> None:
    position = NextPosition()
    position.player.is_next_door = True
    breaking((20.0, "lamp_went_off"))(position)
    found = position.hear(replace(LIGHT, test_longest_s=114.0))
    assert (len(position.player.plays), found.troubles) == (1, {"light_lamp_went_off": 1})
    position = NextPosition()
    leaving(position)
    found = position.hear(LIGHT)
    assert (len(position.player.plays), found.lefts) == (1, ("room_entered",))
    position = NextPosition(away=(20.0, 25.0))
    found = position.hear(LIGHT)
    assert (len(position.player.plays), found.follows[CAMERA].reason) == (1, "adapter_away")
    position = NextPosition()
    assert position.hear(LIGHT).is_settled
    assert len(position.player.plays) == 1


def test_persons_who_want_it_to_stop_are_heard_within_a_second_and_nothing_is_tested() -> None:
    position = NextPosition()
    position.player.says.append((-1.0, Leave("moved_on")))
    found = position.hear(LIGHT)
    assert position.air.now_s <= 1.0
    assert (found.lefts, position.player.asked) == (("moved_on",), [])
    measured = judge_position(TASK, LIGHT, found)
    assert measured.rejections["left_moved_on"] == 1
    assert measured.rejections["channel_not_visited"] == len(CHANNELS) - found.heard.visited


def test_light_is_asked_once_a_zone_and_a_walk_of_all_that_does_not_follow_yet() -> None:
    session = WifiSession(stimulus="auto", stimulus_longest_s=57.0, own_addresses=frozenset({OWN}))
    light = session.wish("stall-1", 10.0, why_no_light="no_lamp", is_walk=False)
    assert (light.kind, light.test_longest_s, light.no_test_because) == ("light", 57.0, "no_lamp")
    assert (light.decided, light.own_addresses, light.is_any_uplink) == (frozenset(), frozenset({OWN}), False)
    denies, follows = (StimulusJudgement(verdict=verdict, p_value=0.1) for verdict in ("does_not", "follows_light"))
    session.remember("stall-1", {CAMERA: denies, OTHER: follows})
    session.remember("stall-1", {OTHER: denies})
    assert session.wish("stall-1", 10.0, why_no_light=None, is_walk=False).decided == frozenset({CAMERA, OTHER})
    assert session.wish("stall-2", 10.0, why_no_light=None, is_walk=False).decided == frozenset()
    walk = session.wish("stall-1", 10.0, why_no_light="no_lamp", is_walk=True)
    assert (walk.kind, walk.decided, walk.no_test_because) == ("motion", frozenset({OTHER}), None)
    assert WifiSession(stimulus="always").wish("stall-1", 10.0, why_no_light=None, is_walk=False).is_any_uplink
    assert WifiSession().wish("stall-1", 10.0, why_no_light=None, is_walk=False).kind is None


def test_what_cannot_be_played_is_said_of_each_target() -> None:
    position = NextPosition()
    found = position.hear(replace(LIGHT, no_test_because="no_lamp"))
    assert (found.follows[CAMERA].verdict, found.follows[CAMERA].reason) == ("not_assessable", "no_lamp")
    assert (position.player.asked, found.troubles) == ([], {"light_no_lamp": 1})
    position = NextPosition(away=(11.9, np.inf))
    found = position.hear(LIGHT)
    assert (found.follows[CAMERA].verdict, found.follows[CAMERA].reason) == ("not_assessable", "adapter_away")
    (gap,) = judge_position(TASK, LIGHT, found).gaps
    assert gap.reason == "adapter_away"


def test_an_adapter_that_was_away_is_a_gap_and_refused_channels_are_counted() -> None:
    position = NextPosition(refused=frozenset({2_412}), away=(3.0, 8.0))
    found = position.hear(LISTEN)
    assert found.heard.refused.total() >= 1
    measured = judge_position(TASK, LISTEN, found)
    (gap,) = measured.gaps
    assert (gap.end_ns - gap.start_ns) / 1e9 == pytest.approx(5.0, abs=0.3)
    assert measured.rejections["channel_refused"] >= 1
    assert measured.rejections["channel_not_visited"] == 1
    assert measured.dwell_s < 8.0


def test_an_adapter_that_cannot_be_tuned_is_heard_where_it_is() -> None:
    position = NextPosition(channels=())
    found = position.hear(replace(LIGHT, test_longest_s=114.0))
    assert (found.heard.channels, found.heard.dwells) == (0, ())
    assert found.follows[CAMERA].verdict == "follows_light"
    measured = judge_position(TASK, LISTEN, found)
    assert measured.limits == ("wifi_one_channel",)
    assert measured.quality <= 0.1
    assert PLAYED_OUT not in measured.rejections


def test_channels_that_an_adapter_cannot_hear_are_said_and_a_simulation_says_nothing() -> None:
    offered = tuple(Channel(mhz) for mhz in (*CHANNELS_IN_USE["2.4"], 5_180))
    measured = judge_position(TASK, LISTEN, NextPosition(channels=offered, is_adapter=True).hear(LISTEN))
    assert measured.unheard_mhz == (*CHANNELS_IN_USE["5"][1:], *CHANNELS_IN_USE["6"])
    assert measured.limits == ("wifi_no_6_ghz", "wifi_channels_missing")
    simulated = judge_position(TASK, LISTEN, NextPosition(channels=offered).hear(LISTEN))
    assert (simulated.unheard_mhz, simulated.limits) == (None, ())
    assert measured.quality == simulated.quality
    untuned = judge_position(TASK, LISTEN, NextPosition(channels=(), is_adapter=True).hear(LISTEN))
    assert untuned.unheard_mhz == list_missing_channels({CAMERA_MHZ})
    assert untuned.limits == ("wifi_one_channel",)


def test_what_a_stand_has_so_far_can_be_asked_at_any_time_and_changes_nothing() -> None:
    asked: list[PositionResult] = []

    def ask(so_far: Callable[[], PositionResult]) -> None:
        if position.air.now_s >= 3.0 * len(asked):
            asked.append(so_far())

    position = NextPosition()
    found = hear_position(LIGHT, position.air, position.player, ask)
    alone = NextPosition().hear(LIGHT)
    assert judge_position(TASK, LIGHT, found) == judge_position(TASK, LIGHT, alone)
    assert len(asked) >= 6
    measured = [judge_position(TASK, LIGHT, one) for one in asked]
    samples = [one.samples for one in measured]
    assert samples == sorted(samples)
    assert samples[-1] > 0.8 * judge_position(TASK, LIGHT, found).samples
    assert {one.rejections[f"left_{CUT_OFF}"] for one in measured} == {1}
    listening, testing = asked[1], asked[-1]
    assert (listening.follows, listening.is_settled) == ({}, True)
    assert (testing.follows[CAMERA].verdict, testing.follows[CAMERA].reason) == ("not_assessable", CUT_OFF)
    assert not testing.is_settled
    (camera,) = [one for one in measured[-1].observations if isinstance(one, WifiObservation) and one.stimulus]
    assert camera.video.verdict == "video_uplink"


@dataclass(frozen=True)
class ClosedDoor:
    """The source of an air that cannot be opened, and why."""

    code: AirTrouble
    why_no_light: str | None = None

    def open(self, line: Line) -> AbstractContextManager[tuple[Air, Line]]:
        """Raises CaptureOpenError."""
        raise CaptureOpenError("not opened; try anew", self.code)


@pytest.mark.parametrize("code", TROUBLES)
def test_a_stand_that_could_not_be_opened_says_why_in_both_languages(code: AirTrouble) -> None:
    said = WifiSession().measure(replace(TASK, source=ClosedDoor(code)), NOBODY)
    assert (said.blind_reason, said.rejections) == (code, {code: 1})
    assert said.guidance == (WORDS.guidance[code].text(),)
    reason = WORDS.reasons[code].text()
    assert ("커널" in reason.ko, "kernel" in reason.en) == (
        (True, True) if code == "no_packet_rings" else (False, False)
    )
