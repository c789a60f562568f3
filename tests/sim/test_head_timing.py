"""Lamp and trigger edges of the real firmware to the cycle, the host-silence rule, time budget and endurance."""

import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from sweep.link import messages
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.head import SerialPort
from sweep.link.imu import LOST
from sweep.sim.head.emulated import EmulatedHead
from sweep.sim.head.machine import SLOT_CYCLES, HeadMachine
from sweep.sim.head.scene import Emitter, RfScene

from .head_kit import LOSS_COUNTERS, REPO_ROOT, SLOTS_GIVEN_SINCE, Host, built_elf, lamp_run

TRIPLES_20_PER_S = lamp_run((1, 2, 0))
EVERY_5_MHZ = messages.TunerSweep(5645, 8, 0, 300, 41, bytes((5,) * 40))
BUSY = RfScene((Emitter("wifi", -40.0, duty_cycle=0.5),))
SLOT_VECTOR = 11
TRIGGER_CYCLES = 4  # the camera trigger comes this late in its slot, a quarter of a microsecond
RAM_START, RAM_END, PAINT = 0x100, 0x900, 0xA5
TIFR1, OCF1B = 0x36, 1 << 2
EDGE_TOLERANCE_CYCLES = 4  # the emulator notices an edge at the end of the instruction that it falls into


def test_20_triples_a_second_with_rf_windows_lose_nothing() -> None:
    host = Host(BUSY, is_watching_pins=True)
    host.send(messages.RfStart(3125, 767, 8))
    host.send(TRIPLES_20_PER_S)
    host.run(5.0, keep_alive=True)
    host.assert_nothing_lost()
    assert len(host.of(messages.EnvelopeWindow)) == 49
    exposures = host.of(messages.Exposure)
    assert len(exposures) == pytest.approx(5 * 31_250 / 521, abs=2)
    assert [exposure.trigger for exposure in exposures] == list(range(len(exposures)))
    assert [exposure.phase for exposure in exposures[:6]] == [1, 2, 0, 1, 2, 0]
    assert {exposure.lit_slots for exposure in exposures if exposure.phase} == {31}
    assert {b.tick - a.tick for a, b in pairwise(exposures)} == {521}
    assert host.of(messages.Counters)[-1].guard_trips == 0

    # Every edge on the schedule: the first trigger fixes the phase, all others follow from the reported ticks.
    edges = host.machine.edges
    triggers = [edge.cycle for edge in edges if edge.pin == "camera_trigger" and edge.level == 0]
    origin = triggers[0] - exposures[0].tick * SLOT_CYCLES
    begin_of_slot = origin - TRIGGER_CYCLES
    for cycle, exposure in zip(triggers, exposures, strict=False):
        assert abs(cycle - origin - exposure.tick * SLOT_CYCLES) <= EDGE_TOLERANCE_CYCLES
    on = [edge.cycle for edge in edges if edge.pin == "strobe" and edge.level == 1]
    off = [edge.cycle for edge in edges if edge.pin == "strobe" and edge.level == 0]
    lit = [exposure for exposure in exposures if exposure.phase]
    for cycle, exposure in zip(on, lit, strict=False):
        late = cycle - begin_of_slot - (exposure.tick + 2) * SLOT_CYCLES
        assert abs(late) <= EDGE_TOLERANCE_CYCLES + TRIGGER_CYCLES  # half a microsecond
    for begin, end in zip(on, off, strict=False):
        assert abs(end - begin - 31 * SLOT_CYCLES) <= EDGE_TOLERANCE_CYCLES


def test_everything_at_once_misses_no_slot_and_loses_nothing() -> None:
    """Windows with histograms, 20 triples a second, chips, tuner, inertial sensor, the button and the buzzer."""
    host = Host(replace(BUSY, presses_s=((0.5, 1.0),)), is_watching_pins=True)
    host.send(messages.RfStart(3125, 767, 8))
    host.send(TRIPLES_20_PER_S)
    host.send(messages.StimulusRun(1000, 128, bytes((0x5A,) * 16)))
    host.send(messages.RfHistogram(1))
    host.send(EVERY_5_MHZ)
    host.send(messages.BuzzerSet(500, 3000, 50))
    host.send(messages.ImuSet(312))
    host.run(4.0, keep_alive=True)
    host.assert_nothing_lost()
    exposures, chips = host.of(messages.Exposure), host.of(messages.Chip)
    assert {b.tick - a.tick for a, b in pairwise(exposures)} == {521}
    assert len(chips) == pytest.approx(4.0 * 31.25, abs=3)
    # A chip gives way to a lamp edge by a few slots and says so.
    assert all(0 <= b.tick - a.tick - 1000 <= 10 for a, b in pairwise(chips))
    triggers = [edge.cycle for edge in host.machine.edges if edge.pin == "camera_trigger" and edge.level == 0]
    origin = triggers[0] - exposures[0].tick * SLOT_CYCLES
    for cycle, exposure in zip(triggers, exposures, strict=False):
        assert abs(cycle - origin - exposure.tick * SLOT_CYCLES) <= EDGE_TOLERANCE_CYCLES
    assert len(host.of(messages.TunerWindow)) == pytest.approx(4.0 / 0.068, abs=3)
    assert len(host.of(messages.EnvelopeHistogram)) == len(host.of(messages.EnvelopeWindow))
    batches = host.of(messages.Imu)
    assert [batch.index for batch in batches] == list(range(len(batches)))
    assert len(batches) == pytest.approx(3.88 * 25, abs=3)
    assert {b.tick - a.tick for a, b in pairwise(batches)} == {4 * 312}
    assert sum(late == LOST for batch in batches for late in batch.late_slots) == 0


@pytest.mark.soak
def test_a_minute_of_windows_tuner_and_lamps() -> None:
    _a_while_through_pyserial(60.0)


@pytest.mark.soak
@pytest.mark.wall_clock("the emulated head keeps to wall time while its process shares the machine")
def test_some_seconds_of_windows_tuner_and_lamps() -> None:
    _a_while_through_pyserial(6.0)


def _a_while_through_pyserial(seconds: float) -> None:
    """Windows, tuner, inertial sensor and 20 triples a second through the pseudo-terminal: nothing lost or broken."""
    reader, received = FrameReader(), list[Received]()
    with EmulatedHead(BUSY, built_elf(), paced=True) as emulated, SerialPort(emulated.port) as port:
        commands: list[messages.Message] = [messages.RfStart(3125, 767, 8), TRIPLES_20_PER_S, EVERY_5_MHZ]
        commands.append(messages.ImuSet(312))
        for seq, command in enumerate(commands):
            port.write(encode(command, seq))
        wanted, windows = round(seconds / 0.1), 0
        while windows < wanted:
            arrived = reader.feed(port.read())
            port.write(encode(messages.KeepAlive(), 9))
            received += [event for event in arrived if isinstance(event, Received)]
            windows += sum(isinstance(e, Received) and isinstance(e.message, messages.EnvelopeWindow) for e in arrived)
    assert not reader.rejected
    first = received[0].seq  # what the head said before the port was open went to nobody
    assert [event.seq for event in received] == [(first + n) & 0xFF for n in range(len(received))]
    assert first < 4
    counters = [event.message for event in received if isinstance(event.message, messages.Counters)]
    assert len(counters) >= seconds - 1
    for name in LOSS_COUNTERS:
        assert getattr(counters[-1], name) == 0, name
    assert counters[-1].silence_trips == 0, "this machine was too busy to send its keep-alives in time"
    envelopes = [event.message for event in received if isinstance(event.message, messages.EnvelopeWindow)]
    assert [window.index for window in envelopes] == list(range(len(envelopes)))
    assert all(window.dropped == 0 for window in envelopes)
    given = sum(window.window_slots - window.samples for window in envelopes)
    accounts = [event.message for event in received if isinstance(event.message, messages.Housekeeping)]
    assert accounts[-1].given_slots - SLOTS_GIVEN_SINCE <= given <= accounts[-1].given_slots + SLOTS_GIVEN_SINCE
    exposures = [event.message for event in received if isinstance(event.message, messages.Exposure)]
    assert len(exposures) == pytest.approx(60 * seconds, rel=0.05)
    assert [exposure.trigger for exposure in exposures] == list(range(len(exposures)))
    tuned = [event.message for event in received if isinstance(event.message, messages.TunerWindow)]
    assert [window.index for window in tuned] == list(range(len(tuned)))
    batches = [event.message for event in received if isinstance(event.message, messages.Imu)]
    assert [batch.index for batch in batches] == list(range(len(batches)))
    assert len(batches) == pytest.approx(25 * seconds, abs=5)
    assert sum(late == LOST for batch in batches for late in batch.late_slots) == 0


def test_only_the_lamp_of_the_phase_is_selected_while_the_strobe_is_on() -> None:
    host = Host(is_watching_pins=True)
    host.send(lamp_run((1, 2, 3, 5, 0), period=900))
    host.run(0.5, keep_alive=True)
    levels: dict[str, int] = {}
    lit_with: list[set[str]] = []
    for edge in host.machine.edges:
        if edge.pin.startswith("select"):
            assert not levels.get("strobe"), "a select line moved while the lamps were lit"
        levels[edge.pin] = edge.level
        if edge.pin == "strobe" and edge.level:
            lit_with.append({pin for pin, level in levels.items() if level and pin.startswith("select")})
    assert lit_with[:4] == [
        {"select_on_axis"},
        {"select_off_axis"},
        {"select_middle_ring"},
        {"select_off_axis", "select_middle_ring"},
    ]
    assert len(lit_with) >= 8


def test_host_silence_turns_everything_off_within_100_ms() -> None:
    host = Host(is_watching_pins=True)
    host.send(messages.LightSet(1, 1))
    host.send(messages.LightSet(0, 1))
    host.send(TRIPLES_20_PER_S)
    host.run(0.3, keep_alive=True)
    host.run(0.001)
    silent_from = host.machine.avr.cycle
    host.run(0.5)
    assert max(edge.cycle for edge in host.machine.edges) - silent_from < 1_600_000
    final = {edge.pin: edge.level for edge in host.machine.edges}
    assert final == {pin: int(pin in {"camera_trigger", "tuner_select"}) for pin in final}
    assert [off.reason for off in host.of(messages.LampsOff)] == [1]
    host.send(messages.ReportCounters())
    host.run(0.02)
    assert host.of(messages.Counters)[-1].silence_trips == 1
    host.send(TRIPLES_20_PER_S)
    host.run(0.1)
    assert len(host.of(messages.Exposure)) > 0, "a host that comes back may light them again"


def test_lamp_stop_is_immediate() -> None:
    host = Host(is_watching_pins=True)
    host.send(TRIPLES_20_PER_S)
    host.run(0.2, keep_alive=True)
    host.send(messages.LampStop())
    host.run(0.002)
    stopped = host.machine.avr.cycle
    host.run(0.2, keep_alive=True)
    assert max(edge.cycle for edge in host.machine.edges) <= stopped


def test_limits_hold_whatever_the_host_asks() -> None:
    host = Host(is_watching_pins=True)
    host.send(lamp_run((1, 0), period=2000, exposure=1000, pulse=255))
    host.send(lamp_run((1,), period=100, exposure=90, pulse=62))
    host.run(0.3, keep_alive=True)
    assert [accepted.clamped_slots for accepted in host.of(messages.Accepted)] == [62]
    assert [(refused.request, refused.reason) for refused in host.of(messages.Refused)] == [(messages.LampRun.ID, 2)]
    on = [edge.cycle for edge in host.machine.edges if edge.pin == "strobe" and edge.level]
    off = [edge.cycle for edge in host.machine.edges if edge.pin == "strobe" and not edge.level]
    assert on
    assert max(end - begin for begin, end in zip(on, off, strict=False)) <= 62 * SLOT_CYCLES + EDGE_TOLERANCE_CYCLES


def test_restarting_the_schedule_does_not_cheat_the_rest() -> None:
    host = Host(is_watching_pins=True)
    for _ in range(40):
        host.send(lamp_run((1,), period=2000, pulse=62))
        host.run(0.004)
    on = [edge.cycle for edge in host.machine.edges if edge.pin == "strobe" and edge.level]
    off = [edge.cycle for edge in host.machine.edges if edge.pin == "strobe" and not edge.level]
    for begin, end, again in zip(on, off, on[1:], strict=False):
        assert again - end >= 19 * (end - begin) - 20 * EDGE_TOLERANCE_CYCLES
    host.send(messages.ReportCounters())
    host.run(0.02)
    assert host.of(messages.Counters)[-1].guard_trips > 5


def test_the_chip_sequence_is_played_and_reported() -> None:
    host = Host(is_watching_pins=True)
    chips = (1, 0, 0, 1, 1, 0, 1)
    bits = sum(level << n for n, level in enumerate(chips))
    host.send(messages.StimulusRun(625, len(chips), bits.to_bytes(16, "little")))
    host.run(0.3, keep_alive=True)
    reported = host.of(messages.Chip)
    assert [(chip.index, chip.level) for chip in reported] == list(enumerate(chips))
    assert {b.tick - a.tick for a, b in pairwise(reported)} == {625}
    white = [edge for edge in host.machine.edges if edge.pin == "white"]
    assert [edge.level for edge in white] == [1, 0, 1, 0, 1, 0]
    assert white[2].cycle - white[0].cycle == pytest.approx(3 * 625 * SLOT_CYCLES, abs=300)
    assert [off.reason for off in host.of(messages.LampsOff)] == [3]


def test_the_slot_interrupt_stays_inside_its_budget() -> None:
    host = Host(BUSY)
    starts: list[int] = []
    lasted: list[int] = []

    def note(is_running: int) -> None:
        if is_running:
            starts.append(host.machine.avr.cycle)
        elif starts:  # the list may have been emptied in the middle of one
            lasted.append(host.machine.avr.cycle - starts[-1])

    host.machine.avr.on_interrupt(SLOT_VECTOR, note)
    host.run(0.1)
    idle = sorted(lasted)[len(lasted) // 2]
    host.send(messages.RfStart(3125, 767, 8))
    host.send(TRIPLES_20_PER_S)
    host.send(messages.ImuSet(312))
    host.run(0.1, keep_alive=True)
    starts.clear()
    lasted.clear()
    host.run(2.0, keep_alive=True)
    host.assert_nothing_lost()
    usual = sorted(start % SLOT_CYCLES for start in starts)[len(starts) // 2]
    latency = max((start - usual + EDGE_TOLERANCE_CYCLES) % SLOT_CYCLES for start in starts) - EDGE_TOLERANCE_CYCLES
    mean = sum(lasted) / len(lasted)
    assert idle < 200
    assert mean < 360
    assert max(lasted) < 850
    assert latency < 400
    assert len(starts) == pytest.approx(2.0 * 31_250, abs=5), "an interrupt was lost"


def test_the_stack_stays_inside_what_the_build_reserves() -> None:
    makefile = (REPO_ROOT / "firmware" / "Makefile").read_text(encoding="utf-8")
    reserved = int(re.findall(r"^STACK_RESERVE := (\d+)", makefile, re.MULTILINE)[0])
    machine = HeadMachine(replace(BUSY, presses_s=((0.3, 0.9),)), built_elf())
    for address in range(RAM_START, RAM_END):
        machine.avr.write_memory(address, PAINT)
    host = Host(BUSY, machine=machine)
    host.send(messages.RfStart(3125, 767, 8))
    host.send(TRIPLES_20_PER_S)
    host.send(messages.StimulusRun(1000, 128, bytes((0x5A,) * 16)))
    host.send(messages.LightSet(1, 1))
    host.send(messages.RfHistogram(1))
    host.send(EVERY_5_MHZ)
    host.send(messages.BuzzerSet(100, 1000, 20))
    host.send(messages.ImuSet(312))
    host.run(1.5, keep_alive=True)
    for command in (
        messages.Identify(),
        messages.ReportCounters(),
        messages.RfStart(1, 1, 1),
        messages.RfRaw(512, 1024, 0),
        messages.TunerSet(5800, 8, 300),
        messages.TunerStop(),
        messages.RfStop(),
    ):
        host.send(command)
        host.run(0.1, keep_alive=True)
    host.send(messages.SelfTest(0x3FFF, 3125, 1))
    host.run(2.0, keep_alive=True)
    assert host.of(messages.SelfTestResult)
    memory = bytes(machine.avr.read_memory(address) for address in range(RAM_START, RAM_END))
    untouched = max(re.findall(bytes((PAINT,)) + b"+", memory), key=len)
    used = RAM_END - RAM_START - memory.rindex(untouched) - len(untouched)
    assert 60 < used <= reserved
    assert len(untouched) > 150


def test_the_adc_trigger_flag_is_cleared_in_each_slot() -> None:
    """The converter starts on the rising edge of OCF1B; the emulator starts it anyway, the chip would not."""
    host = Host(BUSY)
    flags: list[int] = []

    def note(is_running: int) -> None:
        if not is_running:
            flags.append(host.machine.avr.read_memory(TIFR1) & OCF1B)

    host.machine.avr.on_interrupt(SLOT_VECTOR, note)
    host.send(messages.RfStart(3125, 767, 8))
    host.send(TRIPLES_20_PER_S)
    host.run(0.2, keep_alive=True)
    assert len(flags) > 6000
    # An interrupt that outlasts its slot has already seen the next flag rise; it is cleared by the one that follows.
    assert sum(map(bool, flags)) < 0.02 * len(flags)


def test_random_bytes_are_counted_and_the_head_resynchronises() -> None:
    _random_bytes(20_000)


@pytest.mark.soak
def test_a_million_random_bytes() -> None:
    _random_bytes(1_000_000)


def _random_bytes(count: int) -> None:
    rng = random.Random(7)
    host = Host()
    host.send(messages.RfStart(3125, 767, 8))
    sent = 0
    while sent < count:
        host.machine.send(rng.randbytes(2000))
        host.run(0.06)
        sent += 2000
    host.machine.send(b"\0")
    host.send(messages.Identify())
    host.send(messages.ReportCounters())
    answers = host.run(0.05)
    assert any(isinstance(message, messages.Identity) for message in answers)
    counters = host.of(messages.Counters)[-1]
    assert counters.rx_bad_frames == pytest.approx(min(count / 256, 65_535), rel=0.2)
    # A line at full rate is more than the loop can take while it measures: what it drops it counts.
    assert counters.rx_dropped_bytes + counters.rx_overrun_bytes < 0.02 * count
    assert counters.missed_slots == counters.dropped_samples == counters.tx_dropped_messages == 0
    assert not host.reader.rejected
