"""The process of the sensor head against the real firmware, kept to wall time: what it says, and what the pin did."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from sweep.link.head_messages import ButtonPressed, FromHead, HeadState, HeadTurn, RfCut, RfMeasured, SupplyTold
from sweep.link.head_process import HeadProcess
from sweep.modality.control import Control
from sweep.modality.messages import PLAYED_OUT, MeasureRf, PlayChips, Played, StopChips
from sweep.modality.motion import Moved
from sweep.modality.strobe import PAIR_WITHIN_SHARE, Strobe, StrobeEnded, Triggers
from sweep.report import RfWindow
from sweep.sim.head.emulated import EmulatedHead, RfScene
from sweep.sim.head.imu import Motion
from tests.sim.head_kit import built_elf
from tests.waiting import PATIENCE_S, wait_until

CHIPS = 16
CHIP_S = 0.15
THREAD_NS = 30_000_000
"""From an edge of the pin until this test's thread has heard of it, on a busy machine (guessed)."""


def wait_for(head: HeadProcess, is_it: Callable[[FromHead], bool], patience_s: float = PATIENCE_S) -> list[FromHead]:
    """What the head's process says, up to the word that is waited for."""
    said: list[FromHead] = []

    def is_said() -> bool:
        for message in head.hear():
            said.append(message)
            if is_it(message):
                return True
        return False

    wait_until(is_said, "a word of the head's process", patience_s, 0.01)
    return said


@pytest.mark.wall_clock("the emulated head keeps to wall time while its process shares the machine")
def test_it_plays_measures_and_tells_what_happened_when() -> None:
    edges: list[tuple[int, int]] = []

    def note(_pin: str, level: int, _t_ns: int) -> None:
        edges.append((time.clock_gettime_ns(time.CLOCK_BOOTTIME), level))

    emulated = EmulatedHead(RfScene(), built_elf(), paced=True, pins=("white",), on_edge=note)
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    with emulated, control.lease() as lease, HeadProcess(emulated.port, lease=lease.end) as head:
        wait_for(head, lambda message: isinstance(message, HeadState) and message.is_there)
        assert head.firmware is not None

        head.say(MeasureRf(1.0, (5_740, 5_800)))
        windows: list[RfWindow] = []

        def has_measured(message: FromHead) -> bool:
            windows.extend(message.windows if isinstance(message, RfMeasured) else ())
            return len([window for window in windows if window.receiver == "log_detector"]) >= 10

        wait_for(head, has_measured)
        assert len([window for window in windows if window.receiver == "log_detector"]) == 10
        assert {window.centre_mhz for window in windows if window.receiver == "tuner"} == {5_740.0, 5_800.0}

        head.say(PlayChips("light", CHIPS, CHIP_S))
        said = wait_for(head, lambda message: isinstance(message, Played) and message.ended is not None)
        assert not any(isinstance(message, RfMeasured) for message in said), "not more than was asked for"
        last = said[-1]
        assert isinstance(last, Played)
        assert (last.ended, last.begun, last.unreported, last.cut) == (PLAYED_OUT, CHIPS, 0, 0)
        assert len(last.chips) == CHIPS
        levels = (0, *last.chips, 0)
        changes = [n for n in range(CHIPS + 1) if levels[n + 1] != levels[n]]
        wait_until(lambda: len(edges) >= len(changes), "the last edge", PATIENCE_S, 0.01)  # another thread notes it
        assert [level for _, level in edges] == [levels[n + 1] for n in changes]
        # what one edge is late by is the wait of the thread that notes it; the middle one is the head's
        late_ns = sorted(
            at_ns - (last.start_ns + number * last.chip_ns)
            for number, (at_ns, _) in zip(changes, edges, strict=True)
            if number < CHIPS  # the end of the last one nobody reports
        )
        assert -last.error_ns <= late_ns[0]
        assert late_ns[len(late_ns) // 2] <= last.error_ns + THREAD_NS
        assert last.error_ns <= 60_000_000

        head.say(PlayChips("light", 40, CHIP_S))
        said = wait_for(head, lambda message: isinstance(message, Played) and 1 in message.chips[: message.begun])
        assert {message.chips[:CHIPS] for message in said if isinstance(message, Played)}.isdisjoint({last.chips})
        head.say(StopChips())
        head.say(MeasureRf(0.1, ()))  # which it does next
        wait_for(head, lambda message: isinstance(message, RfMeasured))
        assert edges[-1][1] == 0
        dark = len(edges)

        emulated.hold_button(is_pressed=True)
        wait_for(head, lambda message: isinstance(message, ButtonPressed))
        head.say(PlayChips("light", 20, CHIP_S))
        wait_for(head, lambda message: message == Played(0, 0, 0.0, 0, ended="room_entered"))
        assert len(edges) == dark, "it stayed dark"
        control.declare_empty(("A-1", "A-2"))

        head.say(PlayChips("light", 20, CHIP_S))
        wait_for(head, lambda message: isinstance(message, Played) and message.begun >= 2)
        emulated.unplug()
        said = wait_for(head, lambda message: isinstance(message, HeadState) and not message.is_there)
        assert [message.ended for message in said if isinstance(message, Played)][-1] == "head_away"
        head.say(PlayChips("light", CHIPS, CHIP_S))
        wait_for(head, lambda message: isinstance(message, Played) and message.ended == "head_away")


@pytest.mark.wall_clock("the emulated head keeps to wall time while its process shares the machine")
def test_strobe_rf_and_light_have_their_turns_and_never_two_at_once() -> None:
    log: list[tuple[str, int, int]] = []
    pins = ("strobe", "camera_trigger", "white", "aim")

    def note(pin: str, level: int, t_ns: int) -> None:
        log.append((pin, level, t_ns))

    motion = Motion(turn_dps=40.0, tremor_dps=0.5)
    scene = EmulatedHead(RfScene(motion=motion), built_elf(), paced=True, pins=pins, on_edge=note)
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    with scene as emulated, control.lease() as lease, HeadProcess(emulated.port, lease=lease.end) as head:
        wait_for(head, lambda message: isinstance(message, HeadState) and message.is_there)
        head.say(MeasureRf(60.0))
        head.say(Strobe(50.0, 1e-3, 2.0))
        head.say(PlayChips("light", CHIPS, CHIP_S))
        said = wait_for(head, lambda message: isinstance(message, Played) and message.ended is not None)
        control.pause()
        head.say(Strobe(50.0, 1e-3, 2.0))
        wait_for(head, lambda message: message == StrobeEnded("not_declared"))
        control.declare_empty(("A-1", "A-2"))
        assert "aim" not in {pin for pin, _, _ in log}, "a sweep keeps no frame, so nothing shows it"
        head.say(Strobe(50.0, 1e-3, 60.0, is_shown=True))
        wait_for(head, lambda message: isinstance(message, Triggers) and len(message.triggers) > 0)
        paused_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        control.pause()
        wait_for(head, lambda message: message == StrobeEnded("not_declared"))
        wait_until(lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) > paused_ns + 500_000_000, "half a second")
    turns = [(message.holder, message.waiting) for message in said if isinstance(message, HeadTurn)]
    assert turns[-2:] == [("strobe", ("chips",)), ("chips", ())]
    assert {turn[0] for turn in turns[:-2]} <= {"rf"}
    windows = [window for message in said if isinstance(message, RfMeasured) for window in message.windows]
    assert len(windows) >= 40, "RF has its least"
    assert RfCut() in said
    triggers = [trigger for message in said if isinstance(message, Triggers) for trigger in message.triggers]
    assert len(triggers) >= 20, "100, less what a busy machine holds up"
    assert [t.number - triggers[0].number for t in triggers] == list(range(len(triggers)))
    assert "".join(t.phase for t in triggers[:6]) in "ABCABCABC"
    assert StrobeEnded("filmed_out") in said, [message for message in said if isinstance(message, StrobeEnded)]
    moved = [sample for message in said if isinstance(message, Moved) for sample in message.samples]
    assert len(moved) >= 100, "200, as of triggers"
    assert sum(sample.rate_dps[2] for sample in moved) / len(moved) == pytest.approx(40.0, abs=4.0)
    assert triggers[0].t_ns - 2_000_000_000 < moved[0].t_ns <= moved[-1].t_ns < triggers[-1].t_ns + 500_000_000
    opened = {
        t_ns: number for number, t_ns in enumerate(t for pin, level, t in log if (pin, level) == ("camera_trigger", 0))
    }
    for trigger in triggers:
        assert min(abs(t_ns - trigger.t_ns) for t_ns in opened) < PAIR_WITHIN_SHARE * 20e6
    assert log[-1][2] < paused_ns + 100_000_000, "dark within 0.1 s"
    is_lit = dict.fromkeys(pins, False)
    for pin, level, _ in log:
        is_lit[pin] = bool(level) != (pin == "camera_trigger")
        assert not (is_lit["white"] and (is_lit["strobe"] or is_lit["camera_trigger"]))
    shown = [at for at, (pin, _, __) in enumerate(log) if pin == "aim"]
    assert [log[at][1] for at in shown] == [1, 0]
    lit = [at for at, (pin, level, _) in enumerate(log) if (pin, level) == ("strobe", 1)]
    assert any(shown[0] < at for at in lit)
    assert not any(at > shown[1] for at in lit), "it shines as long as the lamps flash"
    assert set(pins) == {pin for pin, _, _ in log}


def test_a_process_that_dies_is_started_again_and_finds_the_head() -> None:
    with (
        EmulatedHead(RfScene(battery_mv=4_300), built_elf(), paced=True) as emulated,
        HeadProcess(emulated.port) as head,
    ):
        said = wait_for(head, lambda message: isinstance(message, SupplyTold))
        (supply,) = [message for message in said if isinstance(message, SupplyTold)]
        assert abs(supply.battery_v - 4.3) < 0.05
        before = head.process_id
        assert before is not None
        os.kill(before, signal.SIGKILL)
        said = wait_for(head, lambda message: isinstance(message, HeadState) and message.is_there)
        assert [message.is_there for message in said if isinstance(message, HeadState)] == [False, True]
        assert [message.ended for message in said if isinstance(message, Played)] == ["head_away"]
        assert head.process_id != before
        head.say(MeasureRf(0.5, ()))
        wait_for(head, lambda message: isinstance(message, RfMeasured))
        head.say(PlayChips("light", CHIPS, CHIP_S))  # by a process that nobody gave a lease
        wait_for(head, lambda message: message == Played(0, 0, 0.0, 0, ended="not_declared"))
