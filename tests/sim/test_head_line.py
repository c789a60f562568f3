"""The serial line as it is: a receiver of two octets, commands that are acknowledged and obeyed once, everything on."""

import random

import pytest

from sweep.link import messages
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.head import Unanswered
from sweep.sim.head.avr import CLOCK_HZ
from sweep.sim.head.machine import SLOT_CYCLES, HeadMachine
from sweep.sim.head.scene import Emitter, RfScene
from sweep.sim.head.uart import OCTET_CYCLES

from .head_kit import LOSS_COUNTERS, Asker, built_elf, lamp_run

BUSY = RfScene((Emitter("wifi", -40.0, duty_cycle=0.5),))
TRIPLES_20_PER_S = lamp_run((1, 2, 0))
CHIPS = messages.StimulusRun(1000, 128, bytes((0x5A,) * 16))
EVERY_5_MHZ = messages.TunerSweep(5645, 8, 0, 300, 41, bytes((5,) * 40))
EVERYTHING = (
    messages.RfStart(3125, 767, 8),
    CHIPS,
    messages.RfHistogram(1),
    EVERY_5_MHZ,
    messages.BuzzerSet(500, 3000, 50),
    messages.ImuSet(312),
    messages.LightSet(1, 1),
    messages.LightSet(1, 0),
)
EDGE_TOLERANCE_CYCLES = 4  # the emulator notices an edge at the end of the instruction that it falls into
A_WHILE = 500  # commands between two accounts of the edges


def test_no_command_is_lost_with_everything_on() -> None:
    _many_commands(2_000)


@pytest.mark.soak
def test_no_command_of_a_hundred_thousand_is_lost_with_everything_on() -> None:
    _many_commands(100_000)


def _many_commands(count: int) -> None:
    """Windows, histograms, lamps, chips, tuner, sensor and buzzer run while commands come without a pause."""
    machine = HeadMachine(BUSY, built_elf(), is_watching_pins=True)
    asker = Asker(machine)
    asker.wait(0.02)
    for command in (TRIPLES_20_PER_S, *EVERYTHING):
        assert isinstance(asker.ask(command), messages.Accepted)
    rng = random.Random(2)
    origins: set[int] = set()
    exposures = 0
    for number in range(count):
        command = rng.choice(EVERYTHING)
        assert isinstance(asker.ask(command), messages.Accepted), number
        if number % A_WHILE == 0 or number == count - 1:
            exposures += _check_edges(asker, origins)
    assert exposures > count // 40
    assert len(origins) <= EDGE_TOLERANCE_CYCLES, "an edge did not come at its cycle"
    asker.wait(1.1)
    assert (asker.sender.repeats, asker.sender.unanswered) == (0, 0)
    assert (machine.receiver.overwritten, machine.receiver.unheard) == (0, 0)
    counters = asker.decoder.losses.head
    assert counters is not None
    assert {name: getattr(counters, name) for name in LOSS_COUNTERS} == dict.fromkeys(LOSS_COUNTERS, 0)
    assert counters.silence_trips == 0
    losses = asker.decoder.losses
    assert (losses.missing_messages, losses.dropped_samples, losses.restarts) == (0, 0, 0)
    assert not losses.rejected


def _check_edges(asker: Asker, origins: set[int]) -> int:
    """Each camera trigger since the last account, by its cycle, against the slot that the head reports for it."""
    asker.wait(0.01)
    exposures = asker.of(messages.Exposure)
    begun = [edge.cycle for edge in asker.machine.edges if edge.pin == "camera_trigger" and edge.level == 0]
    assert 0 <= len(begun) - len(exposures) <= 1
    origins |= {cycle - exposure.tick * SLOT_CYCLES for cycle, exposure in zip(begun, exposures, strict=False)}
    done = begun[: len(exposures)]
    asker.machine.edges[:] = [e for e in asker.machine.edges if e.pin == "camera_trigger" and e.cycle not in done]
    asker.heard.clear()
    return len(exposures)


@pytest.mark.parametrize("pause_s", [0.0, 0.0007])
def test_the_receiver_is_read_in_time_whatever_comes(pause_s: float) -> None:
    """Also on a line without a pause, of which the loop cannot take everything: nothing is lost in the receiver."""
    machine = HeadMachine(BUSY, built_elf(), is_watching_pins=True)
    asker = Asker(machine)
    asker.wait(0.02)
    for command in (TRIPLES_20_PER_S, *EVERYTHING):
        asker.ask(command)
    octets = encode(messages.KeepAlive(), 0)
    until = machine.avr.cycle + CLOCK_HZ
    sent = 0
    while machine.avr.cycle < until:
        machine.send(octets)
        sent += len(octets)
        machine.run(pause_s or len(octets) * OCTET_CYCLES / CLOCK_HZ)
    asker.wait(1.1)
    assert sent > 5_000
    assert machine.receiver.overwritten == 0
    assert machine.receiver.longest_wait_cycles < 2 * OCTET_CYCLES
    counters = asker.decoder.losses.head
    assert counters is not None
    assert (counters.missed_slots, counters.dropped_samples, counters.rx_overrun_bytes) == (0, 0, 0)


@pytest.mark.soak
def test_a_line_that_is_wholly_full_for_fourteen_seconds_costs_two_slots_and_they_are_counted() -> None:
    """As firmware/README.md says; nothing is lost in the receiver meanwhile."""
    machine = HeadMachine(BUSY, built_elf())
    asker = Asker(machine)
    asker.wait(0.02)
    for command in (TRIPLES_20_PER_S, *EVERYTHING[:-1]):
        machine.send(encode(command, 0))
        asker.wait(0.01)
    octets = encode(messages.KeepAlive(), 0)
    until = machine.avr.cycle + 14 * CLOCK_HZ
    while machine.avr.cycle < until:
        machine.send(octets)
        asker.decoder.feed(machine.run(len(octets) * OCTET_CYCLES / CLOCK_HZ))
    asker.wait(1.1)
    counters = asker.decoder.losses.head
    assert counters is not None
    assert counters.missed_slots == counters.dropped_samples <= 2
    assert counters.rx_overrun_bytes == 0


# --- a number that comes again ----------------------------------------------------------------------------------------

FLASH = messages.StimulusRun(2, 2, bytes((0b01,)).ljust(16, b"\0"))
"""64 us of white light: each time that it is obeyed is an edge of the pin, which no loss on the line can hide."""


def flashes(machine: HeadMachine) -> int:
    return sum(edge.pin == "white" and edge.level == 1 for edge in machine.edges)


def quiet_head() -> HeadMachine:
    machine = HeadMachine(RfScene(), built_elf(), is_watching_pins=True)
    machine.run(0.02)
    return machine


def say(machine: HeadMachine, message: messages.Message, seq: int) -> list[messages.Message]:
    machine.send(encode(message, seq))
    events = FrameReader().feed(machine.run(0.005))
    return [event.message for event in events if isinstance(event, Received)]


def test_a_number_that_comes_again_is_answered_again_and_not_done_twice() -> None:
    machine = quiet_head()
    for _ in range(3):
        answers = say(machine, FLASH, 7)
        assert [m for m in answers if isinstance(m, messages.Accepted)] == [messages.Accepted(FLASH.ID, 7, 0)]
        assert say(machine, messages.KeepAlive(), 0) == []  # comes between without a number of its own
    assert flashes(machine) == 1
    say(machine, FLASH, 8)
    assert flashes(machine) == 2
    say(machine, messages.LightSet(0, 0), 9)
    say(machine, FLASH, 9)  # the same number over other content is another command
    assert flashes(machine) == 3


def test_a_refusal_and_a_shortened_pulse_are_told_again_as_they_were() -> None:
    machine = quiet_head()
    for _ in range(2):
        assert say(machine, messages.RfStart(10, 767, 8), 3) == [messages.Refused(messages.RfStart.ID, 3, 1)]
    too_long = lamp_run((1, 0), period=2000, exposure=1000, pulse=255)
    for _ in range(2):
        answers = say(machine, too_long, 4)
        assert [m for m in answers if isinstance(m, messages.Accepted)] == [messages.Accepted(too_long.ID, 4, 62)]


@pytest.mark.parametrize("number", [0, 5, 255])
def test_a_host_that_begins_anew_may_use_the_number_that_was_last(number: int) -> None:
    machine = quiet_head()
    say(machine, FLASH, number)
    assert any(isinstance(m, messages.Identity) for m in say(machine, messages.Identify(), 0))
    say(machine, FLASH, number)
    assert flashes(machine) == 2


def test_a_head_that_was_reset_knows_no_number() -> None:
    machine = quiet_head()
    say(machine, FLASH, 0)
    machine.restart()
    machine.run(0.02)
    say(machine, FLASH, 0)
    assert flashes(machine) == 2


def test_numbers_go_round() -> None:
    machine = quiet_head()
    asker = Asker(machine)
    for _ in range(300):
        assert isinstance(asker.ask(FLASH), messages.Accepted)
        asker.wait(0.0005)
    assert flashes(machine) == 300


# --- a line that harms ------------------------------------------------------------------------------------------------


class Harm:
    """Loses frames, loses or changes octets in the middle of them, puts garbage between them, by a seed."""

    def __init__(self, seed: int, share: float) -> None:
        self._rng = random.Random(seed)
        self._share = share
        self.harmed = 0

    def __call__(self, data: bytes) -> bytes:
        if not data or self._rng.random() >= self._share:
            return data
        self.harmed += 1
        at = self._rng.randrange(len(data))
        match self._rng.randrange(5):
            case 0:
                return b""
            case 1:
                return data[:at] + data[at + 1 :]
            case 2:
                return data[:at] + bytes((data[at] ^ 1 << self._rng.randrange(8),)) + data[at + 1 :]
            case 3:
                return data[:-1]  # the delimiter: what comes next runs into it
            case _:
                return self._rng.randbytes(self._rng.randrange(1, 12)) + data


@pytest.mark.parametrize("seed", range(2))
def test_what_is_answered_was_done_once_however_bad_the_line_is(seed: int) -> None:
    machine = quiet_head()
    to_head, to_host = Harm(seed, 0.25), Harm(seed + 100, 0.02)
    asker = Asker(machine, seed, to_head=to_head, to_host=to_host)
    done: list[int] = []
    for _ in range(100):
        before = flashes(machine)
        outcome = asker.ask(FLASH)
        asker.wait(0.001)
        done.append(flashes(machine) - before)
        assert done[-1] == 1 if isinstance(outcome, messages.Accepted) else done[-1] <= 1
    assert to_head.harmed > 15
    assert asker.sender.repeats > 15
    assert asker.sender.unanswered <= 3
    counters = asker.decoder.losses.head
    assert counters is not None
    assert counters.rx_bad_frames > 0


def test_answers_that_are_lost_make_the_command_come_again_but_not_be_done_again() -> None:
    machine = quiet_head()
    lost = [3]
    cut = [b""]

    def lose_three(data: bytes) -> bytes:
        *frames, cut[0] = (cut[0] + data).split(b"\0")
        passed = []
        for frame in frames:
            if frame[1:2] == bytes((messages.Accepted.ID,)) and lost[0]:
                lost[0] -= 1
            else:
                passed.append(frame + b"\0")
        return b"".join(passed)

    asker = Asker(machine, to_host=lose_three)
    assert isinstance(asker.ask(FLASH), messages.Accepted)
    assert (asker.sender.repeats, asker.sender.unanswered) == (3, 0)
    assert flashes(machine) == 1
    lost[0] = 4
    assert asker.ask(FLASH) == Unanswered(FLASH)
    assert asker.sender.unanswered == 1
    asker.wait(0.01)
    assert flashes(machine) == 2


@pytest.mark.parametrize("seed", range(2))
def test_a_command_that_meets_a_restart_is_obeyed_by_the_head_that_comes_back(seed: int) -> None:
    machine = quiet_head()
    asker = Asker(machine, seed)
    rng = random.Random(seed)
    for number in range(1, 9):
        command = asker.put(FLASH)
        for _ in range(rng.randrange(3)):
            asker.turn()
        machine.restart()
        while command.outcome is None:
            asker.turn()
        assert isinstance(command.outcome, messages.Accepted)
        asker.wait(0.03)
        assert flashes(machine) >= number
    assert asker.decoder.losses.restarts == 7  # the first was nobody's second introduction
    assert asker.decoder.losses.missing_messages == 0


# --- signs of life ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost_in_a_row", [1, 2])
def test_lost_signs_of_life_do_not_put_the_lamps_out(lost_in_a_row: int) -> None:
    passed = [0]

    def lose_some(frame: bytes) -> bytes:
        passed[0] += 1
        return b"" if passed[0] % (lost_in_a_row + 1) else frame

    asker = Asker(quiet_head())
    asker.ask(TRIPLES_20_PER_S)
    asker.to_head = lose_some
    asker.wait(2.0)
    counters = asker.decoder.losses.head
    assert counters is not None
    assert counters.silence_trips == 0
    assert asker.of(messages.LampsOff) == []


def test_a_host_that_falls_silent_still_puts_them_out() -> None:
    machine = quiet_head()
    asker = Asker(machine)
    asker.ask(TRIPLES_20_PER_S)
    asker.wait(0.2)
    asker.to_head = lambda _: b""
    asker.wait(0.05)
    assert asker.of(messages.LampsOff) == []
    asker.wait(0.07)
    assert [off.reason for off in asker.of(messages.LampsOff)] == [1]
    strobe = [edge.cycle for edge in machine.edges if edge.pin == "strobe"]
    asker.wait(0.2)
    assert [edge.cycle for edge in machine.edges if edge.pin == "strobe"] == strobe


# --- the way back -----------------------------------------------------------------------------------------------------


def test_a_full_transmit_buffer_loses_nothing_that_the_head_has_to_say() -> None:
    """A host that asks faster than the line can answer: it loses questions, counted, and no results."""
    machine = HeadMachine(RfScene(presses_s=((0.3, 0.45),)), built_elf(), is_watching_pins=True)
    asker = Asker(machine)
    asker.wait(0.02)
    asker.ask(messages.RfStart(625, 767, 8))
    asker.ask(messages.RfHistogram(1))
    asker.ask(TRIPLES_20_PER_S)
    asked = 0
    for _ in range(700):
        machine.send(encode(messages.Identify(), 0) * 2)
        asked += 2
        asker.turn()
    asker.wait(1.1)
    assert [(b.is_pressed) for b in asker.of(messages.Button)] == [1, 0]
    exposures = asker.of(messages.Exposure)
    assert [exposure.trigger for exposure in exposures] == list(range(len(exposures)))
    windows = asker.of(messages.EnvelopeWindow)
    assert len(asker.of(messages.EnvelopeHistogram)) == len(windows)
    counters = asker.decoder.losses.head
    assert counters is not None
    assert counters.rx_dropped_bytes > 100, "the line was never full"
    answered = len(asker.of(messages.Identity)) - 1
    assert asked // 5 < answered < asked
    assert (counters.tx_dropped_messages, counters.dropped_events, counters.dropped_windows) == (0, 0, 0)
    assert (counters.rx_overrun_bytes, asker.decoder.losses.missing_messages) == (0, 0)
