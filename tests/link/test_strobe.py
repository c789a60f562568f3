"""What a strobe asks of the head, and what its triggers say of their pulses."""

from typing import Any

import pytest

from sweep.link.clock import TickClock
from sweep.link.messages import SLOT_NS, Exposure, RedBurst
from sweep.link.strobe import StrobeRun
from sweep.modality.strobe import Strobe


def settled_clock() -> TickClock:
    clock = TickClock(SLOT_NS)
    for second in range(9):
        clock.observe(round(second * 1e9 / SLOT_NS), 10**12 + second * 10**9)
    return clock


def test_every_fourth_round_is_a_sixteenth_as_long_unless_none_is_wanted() -> None:
    command = StrobeRun(settled_clock(), Strobe(60.0, 1e-3, 1.0)).command
    assert (command.short_every, command.pulse_slots, command.short_slots) == (
        4,
        b"\x20" * 3 + bytes(3),
        b"\2" * 3 + bytes(3),
    )
    assert 16 * command.short_slots[0] == command.pulse_slots[0]
    assert StrobeRun(settled_clock(), Strobe(60.0, 1e-3, 1.0, short_every=0)).command.short_every == 0
    shortest = StrobeRun(settled_clock(), Strobe(60.0, 50e-6, 1.0)).command
    assert (shortest.pulse_slots[0], shortest.short_slots[0]) == (2, 2), "no pulse is shorter than two slots"


@pytest.mark.parametrize(
    "wrong",
    [{"order": ("A", "R")}, {"order": ()}, {"order": ("A",) * 7}, {"short_every": 256}, {"exposure_s": 0.0}],
    ids=str,
)
def test_what_no_command_can_carry_is_an_error(wrong: dict[str, object]) -> None:
    asked: dict[str, Any] = {"fps": 60.0, "exposure_s": 1e-3, "longest_s": 1.0, **wrong}
    with pytest.raises(ValueError, match="a strobe has"):
        StrobeRun(settled_clock(), Strobe(**asked))


def test_a_trigger_tells_the_length_of_its_pulse_and_red_comes_in_its_time() -> None:
    run = StrobeRun(settled_clock(), Strobe(60.0, 1e-3, 10.0, red_every_s=3.0, red_count=5))
    assert run.due(10**12) is None, "nothing is triggered yet"
    told = [(0, 1, 32), (1, 0, 0), (2, 2, 2), (3, 4, 12), (4, 1, 0)]
    triggers = [run.take(Exposure(200_000 + 521 * n, n, phase, lit)) for n, phase, lit in told]
    found = [(t.phase, t.is_lit, t.pulse_scale) for t in triggers if t is not None]
    assert found == [("A", True, 1.0), ("C", False, 1.0), ("B", True, 1 / 16), ("R", True, 1.0), ("A", False, 1.0)]
    began_ns = 2 * 10**12
    assert run.due(began_ns) == RedBurst(36, 32, 12, 5, 1)
    assert run.due(began_ns + 2_900_000_000) is None
    assert run.due(began_ns + 3_000_000_000) is not None
    assert StrobeRun(settled_clock(), Strobe(60.0, 1e-3, 10.0)).due(began_ns) is None
