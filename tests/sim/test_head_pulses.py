"""Pulses of the real firmware to the cycle: short groups, red bursts, and a host that asks for what must not be."""

import random
from itertools import pairwise

import pytest

from sweep.link import messages
from sweep.link.frame import encode
from sweep.sim.head.machine import SLOT_CYCLES, Edge, HeadMachine
from sweep.sim.head.scene import Emitter, RfScene

from .head_kit import Asker, built_elf, lamp_run

BUSY = RfScene((Emitter("wifi", -40.0, duty_cycle=0.5),))
EVERYTHING = (
    messages.RfStart(3125, 767, 8),
    messages.RfHistogram(1),
    messages.TunerSweep(5645, 8, 0, 300, 41, bytes((5,) * 40)),
    messages.BuzzerSet(500, 3000, 50),
    messages.ImuSet(312),
)
SHORT_TRIPLES = lamp_run((1, 2, 0), exposure=36, pulse=32, shorter=2, short_every=4)
RED_BURST = messages.RedBurst(36, 32, 12, 5, 1)
RED, RED_GAP, RED_BURST_SLOTS, RED_REST_S = 4, 312, 6250, 2.1
EDGE_TOLERANCE_CYCLES = 4  # the emulator notices an edge at the end of the instruction that it falls into
LONGEST = {"select_red": 12}
LONGEST_PULSE = 62
Pulse = tuple[str, int, int]


def read_pulses(edges: list[Edge]) -> list[Pulse]:
    """(select lines that were high, cycle at which light began, cycles that it lasted), in order."""
    levels: dict[str, int] = {}
    pulses: list[Pulse] = []
    begun = 0
    for edge in edges:
        levels[edge.pin] = edge.level
        if edge.pin == "strobe" and edge.level:
            begun = edge.cycle
        elif edge.pin == "strobe" and begun:
            lit = "+".join(sorted(pin for pin, level in levels.items() if level and pin.startswith("select")))
            pulses.append((lit, begun, edge.cycle - begun))
    return pulses


def check_limits(pulses: list[Pulse]) -> None:
    """No pulse is too long, and red lights in bursts only."""
    for lit, _, cycles in pulses:
        assert cycles <= LONGEST.get(lit, LONGEST_PULSE) * SLOT_CYCLES + EDGE_TOLERANCE_CYCLES, lit
    red = [(begun, cycles) for lit, begun, cycles in pulses if "select_red" in lit]
    first = red[0][0] if red else 0
    for (begun, _), (again, cycles) in pairwise(red):
        if again - begun > RED_GAP * SLOT_CYCLES + EDGE_TOLERANCE_CYCLES:
            assert again - begun > 2 * 16_000_000
            first = again
        assert again + cycles - first <= RED_BURST_SLOTS * SLOT_CYCLES


def test_pulses_of_each_exposure_and_a_red_burst_are_exact_with_everything_on() -> None:
    machine = HeadMachine(BUSY, built_elf(), is_watching_pins=True)
    asker = Asker(machine)
    asker.wait(0.02)
    assert asker.ask(RED_BURST) == messages.Refused(RED_BURST.ID, 0, 4), "red rests after a reset"
    asker.wait(RED_REST_S)
    for command in (*EVERYTHING, SHORT_TRIPLES):
        assert isinstance(asker.ask(command), messages.Accepted)
    asker.wait(0.25)
    undeclared = asker.ask(messages.RedBurst(36, 32, 12, 5, 0))
    assert isinstance(undeclared, messages.Refused)
    assert undeclared.reason == 3
    assert isinstance(asker.ask(RED_BURST), messages.Accepted)
    asker.wait(0.45)
    again = asker.ask(RED_BURST)
    assert isinstance(again, messages.Refused)
    assert again.reason == 4

    exposures = asker.of(messages.Exposure)
    assert [exposure.trigger for exposure in exposures] == list(range(len(exposures)))
    phases = [exposure.phase for exposure in exposures]
    first = phases.index(RED)
    assert phases[first - 3 : first + 10] == [0, 0, 1, 4, 4, 4, 4, 4, 1, 0, 1, 2, 0]
    usual = exposures[: first - 2] + exposures[first + 7 :]
    for number, exposure in enumerate(usual):
        assert exposure.phase == (1, 2, 0)[number % 3]
        assert exposure.lit_slots == (0 if exposure.phase == 0 else 2 if number // 3 % 4 == 3 else 32), number

    # What the pins did, against what was reported.
    triggers = [edge.cycle for edge in machine.edges if edge.pin == "camera_trigger" and edge.level == 0]
    origin = triggers[0] - exposures[0].tick * SLOT_CYCLES
    pulses = read_pulses(machine.edges)
    check_limits(pulses)
    names = {1: "select_on_axis", 2: "select_off_axis", RED: "select_red"}
    wanted: list[tuple[str, int, int]] = []
    for exposure in exposures:
        if exposure.lit_slots:
            begin = exposure.tick + 2
            wanted.append((names[exposure.phase], begin, exposure.lit_slots))
            if exposure.phase == RED:
                wanted.append((names[RED], begin + RED_GAP, exposure.lit_slots))
    assert 0 <= len(pulses) - len(wanted) <= 1
    for (lit, begun, cycles), (name, begin, slots) in zip(pulses, wanted, strict=False):
        assert lit == name
        assert abs(begun - origin - begin * SLOT_CYCLES) <= 2 * EDGE_TOLERANCE_CYCLES
        assert abs(cycles - slots * SLOT_CYCLES) <= EDGE_TOLERANCE_CYCLES
    red = [(begun, cycles) for lit, begun, cycles in pulses if lit == "select_red"]
    assert len(red) == 10
    assert {round(16e6 / (b - a)) for (a, _), (b, _) in pairwise(red)} == {100}, "hertz"
    ended = [edge.cycle for edge in machine.edges if edge.pin == "camera_trigger" and edge.level]
    shut = [cycle for cycle in ended if cycle > triggers[0]]  # the line goes up at the reset
    inside = [
        any(o < begun and begun + cycles < s for o, s in zip(triggers, shut, strict=False)) for begun, cycles in red
    ]
    assert inside == [True, False] * 5, "one of two lies in the exposure"
    counters = asker.decoder.losses.head
    assert counters is not None
    assert (counters.missed_slots, counters.guard_trips, counters.dropped_events) == (0, 0, 0)


def test_a_hostile_host_never_gets_a_pulse_that_is_too_long() -> None:
    _hostile_commands(1.2)


@pytest.mark.soak
def test_a_hostile_host_of_two_minutes() -> None:
    _hostile_commands(120.0)


def _hostile_commands(seconds: float) -> None:
    """Lamp commands of any content, many of them likely to be taken, one right behind the other."""
    rng = random.Random(17)
    machine = HeadMachine(RfScene(), built_elf(), is_watching_pins=True)
    machine.run(RED_REST_S)
    seq = 0
    pulses: list[Pulse] = []
    sent = 0
    while machine.avr.cycle < (RED_REST_S + seconds) * 16e6:
        long, short = (bytes(rng.choices((0, 1, 2, 12, 13, 32, 62, 63, 255), k=6)) for _ in range(2))
        pulse, red = rng.choices((0, 2, 12, 62, 255), k=2)
        exposure = rng.choice((5, 36, 66, 100, 310, 65_535))
        period = rng.choice((32, 100, 312, 521, 1250, exposure + 2)) & 0xFFFF
        count = rng.randrange(8)
        match rng.randrange(8):
            case 0 | 1 | 2:
                phases = bytes(rng.sample(range(7), 6))
                message: messages.Message = messages.LampRun(
                    period, exposure, count, phases, long, short, rng.choice((0, 1, 4, 255))
                )
            case 3 | 4:
                message = messages.RedBurst(exposure, pulse, red, count, rng.choice((0, 1, 1)))
            case 5:
                message = messages.LampStop()
            case 6:
                message = messages.SelfTest(rng.randrange(1 << 16), 3125, rng.choice((0, 1)))
            case _:
                message = messages.LightSet(0, rng.randrange(2))
        machine.send(encode(message, seq := (seq + 1) & 0xFF))
        sent += 1
        machine.run(rng.choice((0.001, 0.003, 0.01, 0.03)))
        pulses += read_pulses(machine.edges)
        levels = {edge.pin: edge for edge in machine.edges}
        machine.edges[:] = [edge for edge in levels.values() if edge.level]
    assert len(pulses) > seconds
    check_limits(pulses)
    assert sent > 50 * seconds
