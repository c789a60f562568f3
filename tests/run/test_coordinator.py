"""Between listener, lamp, persons and page: what is passed on, and that the light stops before anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from sweep.host.access_point import AccessPoint
from sweep.host.machine import find_alarm
from sweep.link.head_messages import ButtonPressed, FromHead, HeadState, HeadTurn, RfCut, RfMeasured, SupplyTold, ToHead
from sweep.modality.control import Control
from sweep.modality.messages import (
    PLAYED_OUT,
    SKIPPED,
    FirstWord,
    Leave,
    MeasureRf,
    PlayChips,
    Played,
    Progress,
    ResponseTestBegins,
    RfHeard,
    SkipResponseTests,
    StopChips,
    ToCoordinator,
    ToWorker,
)
from sweep.modality.next_position import NextPosition
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.modality.strobe import StopStrobe, Strobe, StrobeEnded, Trigger, Triggers
from sweep.phrases import Phrase
from sweep.report import (
    GuidanceEvent,
    LiveEvent,
    Modality,
    NoticeEvent,
    ProgressEvent,
    ResponseTestEvent,
    ResponseTestFlow,
    ZoneEvent,
)
from sweep.run.hotspot_pause import HotspotPause
from sweep.run.position.coordinator import Coordinator
from sweep.run.position.walk_prompter import READY_S
from sweep.run.watch.supply_watch import SupplyWatch
from sweep.run.words import GUIDANCE
from tests.test_reasons import window
from tests.waiting import wait_until

CHIPS = PlayChips("light", 3, 0.6)
WALK = PlayChips("motion", 4, 4.0)
DRAWN = (1, 1, 0, 1)
PLAYED = Played(2, 5, 6e8, 7)


class Head:
    """The head's process, as the coordinator sees it."""

    def __init__(self) -> None:
        self.said: list[ToHead] = []
        self.words: list[FromHead] = []
        self.firmware = "abc"

    def say(self, message: ToHead) -> None:
        self.said.append(message)

    def hear(self) -> list[FromHead]:
        words, self.words = self.words, []
        return words


class Scene:
    def __init__(self, *, has_head: bool = True) -> None:
        self.head = Head()
        self.now_s = 0.0
        self.told: list[ToWorker] = []
        self.rf: list[ToWorker] = []
        self.events: list[LiveEvent] = []
        self.control = Control(clock=lambda: self.now_s, wait_s=10.0)
        self.states: list[str] = []
        self.control.announce(self.states.append)
        self.control.declare_empty(("A-1", "A-2"))
        self.coordinator = Coordinator(
            self.control,
            self.head if has_head else None,  # type: ignore[arg-type]  # no process behind it
            self.say,
            self.events.append,
            clock_s=lambda: self.now_s,
            now_ns=lambda: round(self.now_s * 1e9),
            draw=lambda count: DRAWN[:count],
        )
        self.coordinator.begin("stall-2", 1, 3)

    def say(self, modality: Modality, message: ToWorker) -> None:
        (self.rf if modality == "rf" else self.told).append(message)

    def hear(self, message: ToCoordinator) -> None:
        self.coordinator.on_message("rf" if isinstance(message, MeasureRf) else "wifi", message)

    def run(self, seconds: float) -> None:
        until = self.now_s + seconds
        while self.now_s < until - 1e-9:
            self.now_s += 0.1
            self.coordinator.attend()


def test_chips_go_to_the_lamp_and_their_times_to_the_listener() -> None:
    scene = Scene()
    scene.hear(CHIPS)
    scene.head.words = [PLAYED]
    scene.run(0.1)
    assert scene.head.said == [CHIPS]
    assert scene.told == [PLAYED]
    scene.hear(StopChips("decided"))
    assert isinstance(scene.head.said[-1], StopChips)
    scene.head.words = [PLAYED]
    scene.run(0.1)
    assert scene.told == [PLAYED], "what comes late belongs to no test"


STROBE = Strobe(50.0, 1e-3, 10.0)
TRIGGERS = Triggers((Trigger(0, 5, "A", True),))


def test_who_films_asks_after_rf_and_hears_its_triggers_and_the_page_what_it_sees() -> None:
    scene = Scene()
    scene.coordinator.begin("stall-2", 1, 3, measuring=("rf", "lens"))
    scene.coordinator.on_message("lens", STROBE)
    scene.run(5.0)
    assert scene.head.said == [], "RF makes way after a while, a strobe for nobody: so RF asks first"
    scene.hear(MeasureRf(10.0))
    scene.run(0.1)
    assert scene.head.said == [MeasureRf(10.0), STROBE]
    scene.head.words = [HeadTurn("rf", ("strobe",))]
    scene.run(0.1)
    (waits,) = [e for e in scene.events if isinstance(e, ProgressEvent)]
    assert (waits.modality, waits.waits) == ("rf", ("lens",))
    scene.head.words = [TRIGGERS]
    scene.run(0.1)
    assert scene.told == [TRIGGERS]
    for message in (FirstWord(False, 0.3, 0.2), FirstWord(False, 0.31, 0.3), FirstWord(True, 0.31, 0.4)):
        scene.coordinator.on_message("lens", message)
    zones = [e for e in scene.events if isinstance(e, ZoneEvent)]
    assert [(e.zone_id, e.modality, e.verdict, e.quality) for e in zones] == [
        ("stall-2", "lens", "nothing_detected", 0.3),
        ("stall-2", "lens", "candidate", 0.31),
    ]
    *_, progress = [e for e in scene.events if isinstance(e, ProgressEvent)]
    assert progress.modality == "lens"
    assert progress.fraction == pytest.approx((1 + 0.2) / 3)
    scene.coordinator.on_message("lens", StopStrobe())
    scene.head.words = [TRIGGERS]
    scene.run(0.1)
    assert scene.head.said[2:] == [StopStrobe()]
    assert scene.told == [TRIGGERS], "what comes late is nobody's"


def test_who_films_is_told_to_stop_when_somebody_comes_in_and_that_there_is_no_lamp() -> None:
    scene = Scene()
    scene.coordinator.on_message("lens", STROBE)
    scene.run(0.1)
    scene.control.pause()
    scene.run(0.1)
    assert scene.head.said == [STROBE, StopStrobe()]
    assert scene.told == [Leave("room_entered"), Leave("room_entered")], "who listens, and who films"
    scene.coordinator.on_message("lens", STROBE)
    assert scene.told[2:] == [StrobeEnded("room_entered")]
    blind = Scene(has_head=False)
    blind.coordinator.on_message("lens", STROBE)
    assert blind.told == [StrobeEnded("no_lamp")]


def test_whose_process_died_leaves_no_lamp_alight() -> None:
    scene = Scene()
    scene.coordinator.on_message("lens", STROBE)
    scene.run(0.1)
    scene.coordinator.ended("ble")
    assert scene.head.said == [STROBE]
    scene.coordinator.ended("lens")
    scene.hear(CHIPS)
    scene.coordinator.ended("wifi")
    assert scene.head.said == [STROBE, StopStrobe(), CHIPS, StopChips()]
    scene.coordinator.ended("lens")
    scene.coordinator.ended("wifi")
    assert len(scene.head.said) == 4


def test_without_a_head_there_is_no_light() -> None:
    scene = Scene(has_head=False)
    scene.hear(CHIPS)
    assert [message.ended for message in scene.told if isinstance(message, Played)] == ["no_lamp"]


@pytest.mark.parametrize(
    ("act", "reason", "states"),
    [
        (lambda control: control.pause(), "room_entered", ["paused"]),
        (lambda control: control.abort(), "aborted", ["closing"]),
        (lambda control: control.finish(), "finished_early", ["closing"]),
        (lambda control: control.go_to(NextPosition("basin", 1.0, 1.0, 0.0)), "moved_on", []),
    ],
    ids=["pause", "abort", "finish", "position"],
)
def test_what_persons_do_puts_the_light_out_at_once(act: object, reason: str, states: list[str]) -> None:
    scene = Scene()
    scene.hear(CHIPS)
    scene.run(0.2)
    assert callable(act)
    act(scene.control)
    scene.run(0.1)
    assert scene.head.said == [CHIPS, StopChips()]
    assert scene.told == [Leave(reason)]
    scene.hear(CHIPS)  # asked for while the word was on its way
    scene.run(1.0)
    assert scene.head.said == [CHIPS, StopChips()]
    assert scene.told == [Leave(reason)], "said once"
    assert scene.states == ["waiting_for_empty", "running", *states]


def test_a_declaration_that_runs_out_stops_it_too() -> None:
    scene = Scene()
    scene.hear(CHIPS)
    scene.now_s = 901.0
    scene.run(0.1)
    assert scene.told == [Leave("declaration_expired")]
    assert scene.states == ["waiting_for_empty", "running", "waiting_for_empty"]


@pytest.mark.parametrize("act", [Control.pause, Control.finish, Control.lapse])
def test_why_a_lease_ended_is_told_as_persons_ended_it(act: Callable[[Control], None]) -> None:
    scene = Scene()
    scene.hear(CHIPS)
    act(scene.control)
    scene.head.words = [Played(2, 5, 6e8, 7, ended="not_declared")]
    scene.run(0.1)
    (left,) = scene.told
    assert isinstance(left, Leave)


def test_a_light_without_a_lease_is_told_to_the_listener() -> None:
    scene = Scene()
    scene.hear(CHIPS)
    refused = Played(0, 0, 0.0, 0, ended="not_declared")
    scene.head.words = [refused]
    scene.run(0.1)
    assert scene.told == [refused]


def test_the_button_is_somebody_at_the_door() -> None:
    scene = Scene()
    scene.hear(CHIPS)
    scene.head.words = [ButtonPressed()]
    scene.run(0.1)
    assert scene.told == [Leave("room_entered")]
    assert not scene.control.is_declared


def test_the_page_hears_when_a_test_has_begun_and_then_every_five_seconds_how_far_it_is() -> None:
    scene = Scene()
    scene.hear(CHIPS)
    for second in range(21):
        scene.hear(Progress("light", float(second), 114.0))
        scene.run(1.0)
    scene.hear(StopChips("decided"))
    tests = [event for event in scene.events if isinstance(event, ResponseTestEvent)]
    assert [event.elapsed_s for event in tests] == [0.0, 1.0, 6.0, 11.0, 16.0, 20.0]
    assert (tests[0].text.ko, tests[0].text.en) == (
        "조명 반응 시험 준비: 최대 114초",
        "Light test about to begin: 114 s at most",
    )
    assert (tests[2].text.ko, tests[2].text.en) == (
        "조명 반응 시험 중: 6초 / 최대 114초",
        "Light test: 6 s of at most 114 s",
    )
    assert [event.phase for event in tests] == ["running"] * 5 + ["over"]
    assert tests[-1].zone_id == "stall-2"


def test_listening_is_a_part_of_the_progress() -> None:
    scene = Scene()
    scene.now_s = 10.0
    scene.hear(Progress("listening", 10.0, 20.0))
    (event,) = scene.events
    assert isinstance(event, ProgressEvent)
    assert event.fraction == pytest.approx(0.5)


def test_a_head_that_goes_is_said_once() -> None:
    scene = Scene()
    scene.head.words = [HeadState(True), HeadState(False, why=Phrase("head_process_ended")), HeadState(False)]
    scene.run(0.3)
    assert [event.type for event in scene.events] == ["notice"]


def test_a_person_is_prompted_chip_by_chip_with_the_time_until_the_next_change() -> None:
    scene = Scene()
    scene.hear(WALK)
    scene.run(READY_S + 4 * 4.0 + 0.2)
    prompts = [event for event in scene.events if isinstance(event, ResponseTestEvent)]
    assert [event.prompt for event in prompts] == ["stand", "walk", "walk", "stand", "walk", "stand"]
    assert [event.next_prompt_s for event in prompts] == pytest.approx([4.9, 8.0, 4.0, 4.0, 4.0, 0.0], abs=0.11)
    assert all(event.longest_s == 16.0 for event in prompts)
    played = [message for message in scene.told if isinstance(message, Played)]
    assert [message.begun for message in played] == [1, 2, 3, 4, 4]
    assert [message.ended for message in played] == [None] * 4 + [PLAYED_OUT]
    assert {(message.start_ns, message.chips) for message in played} == {(round(READY_S * 1e9), DRAWN)}


def test_a_walk_stops_when_somebody_comes_in() -> None:
    scene = Scene()
    scene.hear(WALK)
    scene.run(8.0)
    scene.control.pause()
    scene.run(8.0)
    assert Leave("room_entered") in scene.told
    assert len([event for event in scene.events if isinstance(event, ResponseTestEvent)]) == 2


def test_a_head_that_is_pulled_is_a_gap_and_is_asked_again_when_it_comes_back() -> None:
    scene = Scene()
    scene.hear(MeasureRf(10.0, (5_740,)))
    scene.run(2.0)
    scene.head.words = [HeadState(False, why=Phrase("head_process_ended"))]
    scene.run(3.0)
    scene.head.words = [HeadState(True, firmware="abc")]
    scene.run(0.1)
    assert scene.rf == [], "it goes on"
    (first, again) = [message for message in scene.head.said if isinstance(message, MeasureRf)]
    assert (first.seconds, again.tuner_mhz) == (10.0, (5_740,))
    assert again.seconds == 10.0, "no window had arrived: all of it is left"
    notices = [(event.code, event.is_over) for event in scene.events if isinstance(event, NoticeEvent)]
    assert notices == [("head_away", False), ("head_away", True)]
    said = [event.text.en for event in scene.events if isinstance(event, GuidanceEvent)]
    assert said == [GUIDANCE["head_back"][1]]
    scene.run(20.0)
    (heard,) = scene.rf
    assert isinstance(heard, RfHeard)
    assert (heard.windows, heard.because) == ((), "head_away")
    (gap,) = heard.gaps
    assert (gap.start_ns, gap.end_ns, gap.reason) == (2_100_000_000, 5_100_000_000, "head_away")


def test_a_head_that_is_not_there_is_said_to_who_asks_for_rf() -> None:
    scene = Scene(has_head=False)
    scene.hear(MeasureRf(10.0))
    scene.hear(MeasureRf(0.0, is_outside=True))
    assert scene.rf == [RfHeard(because="not_connected"), RfHeard(because="not_recorded")]


def test_windows_are_told_while_more_of_them_come() -> None:
    scene = Scene()
    scene.hear(MeasureRf(10.0))
    for number in range(40):
        scene.head.words = [RfMeasured((window(number),))]
        scene.run(0.1)
    heard = [message for message in scene.rf if isinstance(message, RfHeard)]
    assert [len(message.windows) for message in heard] == [12, 24, 36]
    assert {message.is_over for message in heard} == {False}
    scene.run(12.0)
    assert [message.is_over for message in scene.rf if isinstance(message, RfHeard)][-1]


def test_windows_are_handed_over_when_the_light_plays_or_everybody_leaves() -> None:
    scene = Scene()
    scene.hear(MeasureRf(10.0))
    scene.head.words = [RfMeasured((window(0), window(1)))]
    scene.run(0.2)
    assert scene.rf == []
    scene.hear(CHIPS)
    scene.head.words = [HeadTurn("rf", ("chips",))]
    scene.run(0.1)
    assert scene.rf == [], "RF makes way by the head's word, once it has had its least"
    scene.head.words = [RfCut(), HeadTurn("chips", ())]
    scene.run(0.1)
    assert scene.rf == [RfHeard((window(0), window(1)), spent_s=0.2)]
    scene.control.pause()
    scene.run(0.1)
    scene.hear(MeasureRf(10.0))
    assert scene.rf[1:] == [RfHeard(because="room_entered")]


def test_later_positions_say_too_that_the_head_is_away() -> None:
    scene = Scene()
    scene.head.words = [HeadState(False, why=Phrase("head_process_ended"))]
    scene.run(1.0)
    scene.coordinator.begin("basins", 2, 3)
    scene.hear(MeasureRf(1.0))
    scene.run(1.2)
    (heard,) = scene.rf
    assert isinstance(heard, RfHeard)
    (gap,) = heard.gaps
    assert (gap.start_ns, gap.end_ns, gap.reason) == (1_000_000_000, 2_000_000_000, "head_away")
    scene.head.words = [HeadState(True, firmware="abc")]
    scene.coordinator.begin("stall-3", 3, 3)
    scene.run(0.1)
    scene.coordinator.begin("entrance", 4, 4)
    scene.hear(MeasureRf(1.0))
    scene.run(20.0)
    assert scene.rf[1:] == [RfHeard(because="no_windows")]


@pytest.mark.parametrize(
    ("volts", "seconds", "closes", "is_low"),
    [(5.0, 60.0, False, False), (4.5, 60.0, False, True), (4.3, 2.0, False, True), (4.3, 6.0, True, True)],
)
def test_a_low_supply_is_said_and_an_empty_one_closes_the_sweep_in_order(
    volts: float, seconds: float, closes: bool, is_low: bool
) -> None:
    scene = Scene()
    scene.head.words = [SupplyTold(volts)]
    scene.run(seconds)
    notices = [event.code for event in scene.events if isinstance(event, NoticeEvent)]
    assert notices == (["battery_low"] if is_low else [])
    assert scene.control.standing == ("finish" if closes else "go")
    assert scene.coordinator.closed_because == ("battery_low" if closes else None)
    assert scene.told == ([Leave("battery_low")] if closes else [])


def test_between_positions_a_head_that_goes_and_an_empty_supply_are_heard_all_the_same() -> None:
    scene = Scene()
    scene.coordinator.rest()
    with scene.coordinator.listening():

        def has_heard(code: str) -> bool:
            scene.now_s += 0.1
            return code in [event.code for event in scene.events if isinstance(event, NoticeEvent)]

        scene.head.words = [HeadState(False, why=Phrase("head_process_ended"))]
        wait_until(lambda: has_heard("head_away"), "the head's notice")
        scene.head.words = [HeadState(True, firmware="abc"), SupplyTold(4.3)]
        wait_until(lambda: has_heard("battery_low"), "the supply's notice")
        wait_until(lambda: has_heard("battery_low") and scene.control.standing == "finish", "the end")
    assert scene.coordinator.closed_because == "battery_low"


def test_a_dip_of_the_supply_closes_nothing() -> None:
    scene = Scene()
    for volts in (4.3, 4.8) * 5:
        scene.head.words = [SupplyTold(volts)]
        scene.run(2.0)
    assert scene.control.standing == "go"


def test_the_pis_own_alarm_is_said_at_once_and_closes_only_when_it_lasts(tmp_path: Path) -> None:
    for name, driver in (("hwmon0", "cpu_thermal"), ("hwmon1", "rpi_volt")):
        (tmp_path / "class" / "hwmon" / name).mkdir(parents=True)
        (tmp_path / "class" / "hwmon" / name / "name").write_text(driver + "\n")
    alarm = tmp_path / "class" / "hwmon" / "hwmon1" / "in0_lcrit_alarm"
    alarm.write_text("1\n")
    assert find_alarm(tmp_path) == alarm
    assert find_alarm(tmp_path / "class") is None
    now_s = 0.0
    watch = SupplyWatch(alarm, clock_s=lambda: now_s)

    def run(seconds: float) -> list[tuple[str, bool]]:
        nonlocal now_s
        said = []
        for _ in range(round(seconds)):
            now_s += 1.0
            said += [(e.code, e.is_over) for e in watch.look() if isinstance(e, NoticeEvent)]
        return said

    assert run(20.0) == [("battery_low", False)]
    alarm.write_text("0\n")
    assert run(3.0) == [("battery_low", True)]
    assert [watch.must_close] == [None]
    alarm.write_text("1\n")
    run(31.0)
    assert watch.must_close == "battery_low"
    alarm.unlink()
    assert run(3.0) == [("battery_low", True)], "a driver that is gone says nothing any more"


AHEAD = ResponseTestBegins(
    (ResponseTestFlow(tag="a1" * 8, channel_mhz=2437.0, rssi_dbm=-52.0, vendor=None, why="no_clock"),), 1, 0, 2
)


def test_the_page_hears_for_whom_a_test_is_and_a_person_who_skips_it_puts_the_light_out_at_once() -> None:
    scene = Scene()
    scene.hear(AHEAD)
    scene.hear(Progress("light", 0.0, 114.0))
    scene.hear(CHIPS)
    (running,) = [e for e in scene.events if isinstance(e, ResponseTestEvent)]
    assert (running.flows, running.flow_count, running.trial_index, running.trials) == (AHEAD.flows, 1, 0, 2)
    assert running.position_index == 1
    scene.control.skip_response_tests(0)
    scene.run(0.5)
    assert scene.told == [], "of another position"
    scene.control.skip_response_tests(1)
    scene.run(0.1)
    assert scene.head.said == [CHIPS, StopChips()]
    scene.hear(CHIPS)  # asked for while the word was on its way
    scene.control.skip_response_tests(1)
    scene.run(1.0)
    assert scene.told == [SkipResponseTests()], "said once"
    assert scene.head.said == [CHIPS, StopChips()]
    scene.hear(StopChips(SKIPPED))
    *_, over = [e for e in scene.events if isinstance(e, ResponseTestEvent)]
    assert (over.phase, over.position_index, over.text.en.startswith("Skipped by a person")) == ("over", 1, True)
    assert scene.states == ["waiting_for_empty", "running"], "the sweep goes on"
    scene.coordinator.begin("basin", 2, 3)
    scene.hear(CHIPS)
    scene.run(0.1)
    assert scene.head.said[-1] == CHIPS, "at the next position the light plays again"


def test_the_second_test_of_a_position_is_told_at_once() -> None:
    scene = Scene()
    for index in (0, 1):
        scene.hear(replace(AHEAD, index=index))
        scene.hear(Progress("light", 0.0, 114.0))
        scene.hear(StopChips())
    told = [(e.trial_index, e.phase) for e in scene.events if isinstance(e, ResponseTestEvent)]
    assert told == [(0, "running"), (0, "over"), (1, "running"), (1, "over")]


class Hotspot(AccessPoint):
    """An access point that obeys at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, wish: Literal["up", "down"]) -> None:
        self.asked.append(wish)

    def has_done(self) -> bool:
        return True

    def wait(self) -> bool:
        return True


def test_the_access_point_is_off_for_a_part_of_the_windows_and_the_rest_are_its_own() -> None:
    scene, hotspot = Scene(), Hotspot()
    own = OwnTransmissions(lambda: round(scene.now_s * 1e9))
    own.turn_on("hotspot")
    scene.coordinator = Coordinator(
        scene.control,
        scene.head,  # type: ignore[arg-type]  # no process behind it
        scene.say,
        scene.events.append,
        clock_s=lambda: scene.now_s,
        own=own,
        quiet=HotspotPause(hotspot, own, 4.0, lambda: scene.now_s),
    )
    scene.coordinator.begin("stall-2", 1, 3)
    scene.hear(MeasureRf(10.0))
    scene.run(10.0)
    assert hotspot.asked == ["down", "up"]
    scene.head.words = [RfMeasured((window(0), window(30), window(90))), RfCut()]
    scene.run(0.1)
    (heard,) = [message for message in scene.rf if isinstance(message, RfHeard) and message.is_over]
    assert heard.own is not None
    silent = [one.t_ns for one in heard.windows if not any(a < one.t_ns + 1e8 and one.t_ns < b for a, b in heard.own)]
    assert silent == [window(30).t_ns]
