"""The process of the sensor head against the real firmware, kept to wall time: what it says, and what the pin did."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from sweep.link.head_owner import ButtonPressed, FromHead, HeadProcess, HeadState, RfMeasured, SupplyTold
from sweep.plug.control import Control
from sweep.plug.talk import PLAYED_OUT, MeasureRf, PlayChips, Played, StopChips
from sweep.report import RfWindow
from sweep.sim.head import EmulatedHead, RfScene
from tests.sim.head_kit import built_elf
from tests.waiting import wait_until

CHIPS = 16
CHIP_S = 0.15
THREAD_NS = 30_000_000
"""From an edge of the pin until this test's thread has heard of it, on a busy machine (guessed)."""


def wait_for(head: HeadProcess, is_it: Callable[[FromHead], bool], patience_s: float = 20.0) -> list[FromHead]:
    """What the head's process says, up to the word that is waited for."""
    said: list[FromHead] = []

    def is_said() -> bool:
        for word in head.hear():
            said.append(word)
            if is_it(word):
                return True
        return False

    wait_until(is_said, "a word of the head's process", patience_s, 0.01)
    return said


def test_it_plays_measures_and_tells_what_happened_when() -> None:
    edges: list[tuple[int, int]] = []

    def note(level: int) -> None:
        edges.append((time.clock_gettime_ns(time.CLOCK_BOOTTIME), level))

    emulated = EmulatedHead(RfScene(), built_elf(), paced=True, pin="white", on_level=note)
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    with emulated, control.lease() as lease, HeadProcess(emulated.port, lease=lease.end) as head:
        wait_for(head, lambda word: isinstance(word, HeadState) and word.is_there)
        assert head.firmware is not None

        head.say(MeasureRf(1.0, (5_740, 5_800)))
        windows: list[RfWindow] = []

        def has_measured(word: FromHead) -> bool:
            windows.extend(word.windows if isinstance(word, RfMeasured) else ())
            return len([window for window in windows if window.receiver == "log_detector"]) >= 10

        wait_for(head, has_measured)
        assert len([window for window in windows if window.receiver == "log_detector"]) == 10
        assert {window.centre_mhz for window in windows if window.receiver == "tuner"} == {5_740.0, 5_800.0}

        head.say(PlayChips("light", CHIPS, CHIP_S))
        said = wait_for(head, lambda word: isinstance(word, Played) and word.ended is not None)
        assert not any(isinstance(word, RfMeasured) for word in said), "not more than was asked for"
        last = said[-1]
        assert isinstance(last, Played)
        assert (last.ended, last.begun, last.unreported, last.cut) == (PLAYED_OUT, CHIPS, 0, 0)
        assert len(last.chips) == CHIPS
        levels = (0, *last.chips, 0)
        changes = [n for n in range(CHIPS + 1) if levels[n + 1] != levels[n]]
        assert [level for _, level in edges] == [levels[n + 1] for n in changes]
        for number, (at_ns, _) in zip(changes, edges, strict=True):
            if number == CHIPS:  # the end of the last one, which nobody reports
                break
            late_ns = at_ns - (last.start_ns + number * last.chip_ns)
            assert -last.error_ns <= late_ns <= last.error_ns + THREAD_NS
        assert last.error_ns <= 60_000_000

        head.say(PlayChips("light", 40, CHIP_S))
        said = wait_for(head, lambda word: isinstance(word, Played) and 1 in word.chips[: word.begun])
        assert {word.chips[:CHIPS] for word in said if isinstance(word, Played)}.isdisjoint({last.chips})
        head.say(StopChips())
        head.say(MeasureRf(0.1, ()))  # which it does next
        wait_for(head, lambda word: isinstance(word, RfMeasured))
        assert edges[-1][1] == 0
        dark = len(edges)

        emulated.hold_button(is_pressed=True)
        wait_for(head, lambda word: isinstance(word, ButtonPressed))
        head.say(PlayChips("light", 20, CHIP_S))
        wait_for(head, lambda word: word == Played(0, 0, 0.0, 0, ended="room_entered"))
        assert len(edges) == dark, "it stayed dark"
        control.declare_empty(("A-1", "A-2"))

        head.say(PlayChips("light", 20, CHIP_S))
        wait_for(head, lambda word: isinstance(word, Played) and word.begun >= 2)
        emulated.__exit__(None, None, None)
        said = wait_for(head, lambda word: isinstance(word, HeadState) and not word.is_there)
        assert [word.ended for word in said if isinstance(word, Played)][-1] == "head_away"
        head.say(PlayChips("light", CHIPS, CHIP_S))
        wait_for(head, lambda word: isinstance(word, Played) and word.ended == "head_away")


def test_a_process_that_dies_is_started_again_and_finds_the_head() -> None:
    with (
        EmulatedHead(RfScene(battery_mv=4_300), built_elf(), paced=True) as emulated,
        HeadProcess(emulated.port) as head,
    ):
        said = wait_for(head, lambda word: isinstance(word, SupplyTold))
        (supply,) = [word for word in said if isinstance(word, SupplyTold)]
        assert abs(supply.battery_v - 4.3) < 0.05
        before = head.process_id
        assert before is not None
        os.kill(before, signal.SIGKILL)
        said = wait_for(head, lambda word: isinstance(word, HeadState) and word.is_there)
        assert [word.is_there for word in said if isinstance(word, HeadState)] == [False, True]
        assert [word.ended for word in said if isinstance(word, Played)] == ["head_away"]
        assert head.process_id != before
        head.say(MeasureRf(0.5, ()))
        wait_for(head, lambda word: isinstance(word, RfMeasured))
        head.say(PlayChips("light", CHIPS, CHIP_S))  # by a process that nobody gave a lease
        wait_for(head, lambda word: word == Played(0, 0, 0.0, 0, ended="not_declared"))
