"""Tuner, raw runs, histograms, button, buzzer and supply of the real firmware, with the emulator's peripherals."""

from itertools import pairwise

import numpy as np
import pytest

from sweep.link import messages
from sweep.link.raw_runs import RawAssembler
from sweep.link.supply import read_supply
from sweep.sim.head.machine import SLOT_CYCLES
from sweep.sim.head.scene import Emitter, RfScene, Waveform

from .head_kit import Host, lamp_run

CAMERA = Emitter("analog_video", -50.0, centre_mhz=5800.0)
EDGE_TOLERANCE_CYCLES = 4  # the emulator notices an edge at the end of the instruction that it falls into
TABLE = (5645, 5658, 5800, 5806, 5945)


def sweep_of(mhz: tuple[int, ...], dwell_blocks: int = 8, rounds: int = 1) -> messages.TunerSweep:
    deltas = bytes(b - a for a, b in pairwise(mhz))
    return messages.TunerSweep(mhz[0], dwell_blocks, rounds, 300, len(mhz), deltas.ljust(40, b"\0"))


def test_a_sweep_tunes_settles_and_reports_each_frequency() -> None:
    host = Host(RfScene((CAMERA,)))
    host.send(messages.RfStart(3125, 767, 8))
    host.send(sweep_of(TABLE))
    host.run(0.8, keep_alive=True)
    host.assert_nothing_lost()
    windows = host.of(messages.TunerWindow)
    assert [(window.index, window.mhz) for window in windows] == list(enumerate(TABLE))
    assert [word >> 5 for word in host.machine.tuner.words] == [0x2817, 0x281D, 0x2984, 0x2987, 0x2A8D]
    for window in windows:
        assert window.rssi_samples >= 30
        assert window.window_slots == pytest.approx(1000, abs=10)
        assert window.blocks == 8
        assert window.rssi_min_counts * window.rssi_samples <= window.rssi_sum_counts
    ticks = [window.tick for window in windows]
    settled_slots = [b - a - 1000 for a, b in pairwise(ticks)]
    assert min(settled_slots) * 32e-6 >= 0.030
    means = [window.rssi_sum_counts / window.rssi_samples for window in windows]
    assert means.index(max(means)) == 2
    assert max(means) - min(means) > 200
    # 14 mV a dB: -50 dBm is 45 dB over the receiver's floor of 450 mV.
    assert max(means) == pytest.approx((450 + 14 * 45) / 2500 * 1023, abs=4)
    assert windows[2].busy_samples == windows[2].rssi_samples
    assert windows[0].busy_samples == 0


@pytest.mark.parametrize(("lines_per_s", "per_field"), [(15_625.0, 7.5), (15_734.0, 9.0)])
def test_lines_are_counted(lines_per_s: float, per_field: float) -> None:
    camera = Emitter("analog_video", -60.0, centre_mhz=5800.0, lines_per_s=lines_per_s)
    host = Host(RfScene((camera,)))
    host.send(messages.TunerSet(5800, 250, 300))
    host.run(1.2, keep_alive=True)
    window = host.of(messages.TunerWindow)[0]
    seconds = window.window_slots * 32e-6
    assert seconds == pytest.approx(1.0, abs=0.01)
    fields_per_s = 50 if per_field == 7.5 else 59.94
    assert window.lines / seconds == pytest.approx(lines_per_s + fields_per_s * per_field, rel=0.004)
    assert window.least_lines in (61, 62, 63)
    assert window.most_lines <= 73


def test_noise_and_a_bare_carrier_give_no_line_rate() -> None:
    carrier = Emitter("continuous", -50.0, centre_mhz=5800.0, width_mhz=0.2)
    for emitters in ((), (carrier,)):
        host = Host(RfScene(emitters))
        host.send(messages.TunerSet(5800, 50, 300))
        host.run(0.9, keep_alive=True)
        windows = host.of(messages.TunerWindow)
        assert len(windows) >= 3
        assert all(window.most_lines - window.least_lines > 12 or window.most_lines < 3 for window in windows)


def test_dwelling_and_stopping() -> None:
    host = Host(RfScene((CAMERA,)))
    host.send(messages.TunerSet(5800, 8, 300))
    host.run(0.5, keep_alive=True)
    windows = host.of(messages.TunerWindow)
    assert [window.index for window in windows] == list(range(len(windows)))
    assert len(windows) >= 10
    host.send(messages.TunerStop())
    host.run(0.05)
    seen = len(host.of(messages.TunerWindow))
    host.run(0.3)
    assert len(host.of(messages.TunerWindow)) == seen
    host.send(messages.TunerSet(5200, 8, 300))
    host.send(messages.TunerSet(5800, 0, 300))
    host.send(sweep_of((5945, 6001)))
    host.run(0.05)
    assert [refused.reason for refused in host.of(messages.Refused)] == [1, 1, 1]


def test_the_detector_is_not_disturbed_by_the_channels_it_gives_slots_to() -> None:
    """Battery at a third of 5 V, RSSI, bandgap: none of their counts may turn up among the detector's."""
    host = Host(RfScene((Emitter("continuous", -40.0),)))
    host.send(messages.RfStart(3125, 767, 8))
    host.send(messages.RfHistogram(1))
    host.send(sweep_of(TABLE, rounds=0))
    host.run(2.5, keep_alive=True)
    host.assert_nothing_lost()
    windows = host.of(messages.EnvelopeWindow)
    given = sum(window.window_slots - window.samples for window in windows)
    assert 300 < given < 0.04 * 2.5 * 31_250
    assert all(600 < window.min_counts <= window.max_counts < 630 for window in windows)
    for histogram, window in zip(host.of(messages.EnvelopeHistogram), windows, strict=True):
        assert histogram.index == window.index
        assert histogram.first_bin == window.min_counts // 8
        used = [at for at, share in enumerate(histogram.shares) if share]
        assert max(used) <= window.max_counts // 8 - histogram.first_bin


def test_a_raw_run_is_gapless_and_shows_the_waveform() -> None:
    scene = RfScene((Emitter("dect", -40.0),), seed=4)
    host = Host(scene)
    host.send(messages.RfStart(3125, 767, 8))
    host.run(0.15, keep_alive=True)
    host.send(messages.RfRaw(512, 700, 31_250))
    host.run(0.1, keep_alive=True)
    pieces = host.of(messages.RfSamples)
    assert [piece.offset for piece in pieces] == list(range(0, 512, 64))
    assert {(piece.total, piece.count, piece.dropped) for piece in pieces} == {(512, 64, 0)}
    run = np.frombuffer(b"".join(piece.quarter_counts for piece in pieces), np.uint8)
    loud = run < 700 // 4
    assert loud[0], "it begins with the trigger"
    assert loud[:11].all()
    assert not loud[13:300].any()
    assert loud[312:323].all(), "the next frame comes 10 ms later"
    # The same samples, from the scene itself.
    counts = Waveform(scene).next_block().astype(np.int64) * 1023 // 2500 // 4
    matches = [at for at in range(counts.size - 512) if np.array_equal(counts[at : at + 512], run)]
    assert len(matches) == 1
    assert len(host.of(messages.EnvelopeWindow)) == 1
    host.send(messages.RfStart(3125, 767, 8))
    host.run(0.25, keep_alive=True)
    assert len(host.of(messages.EnvelopeWindow)) == 3


def test_a_raw_run_without_a_trigger_begins_by_itself() -> None:
    host = Host()
    host.send(messages.RfRaw(10, 500, 6250))
    host.run(0.15)
    assert not host.of(messages.RfSamples)
    host.run(0.1)
    (piece,) = host.of(messages.RfSamples)
    assert (piece.total, piece.count) == (10, 10)
    assert not any(piece.quarter_counts[10:])
    host.send(messages.RfRaw(0, 500, 6250))
    host.send(messages.RfRaw(513, 500, 6250))
    host.run(0.05)
    assert len(host.of(messages.Refused)) == 2


@pytest.mark.parametrize("lines_per_s", [15_625.0, 15_734.0])
def test_raw_runs_show_lines_at_any_place_in_the_slot(lines_per_s: float) -> None:
    """PAL's lines come once in two slots: each second run, half a slot later, sees what the others may miss."""
    camera = Emitter("analog_video", -40.0, lines_per_s=lines_per_s, slope_db_per_mhz=0.4)
    host = Host(RfScene((camera,), seed=1))
    excess = []
    for _ in range(4):
        host.send(messages.RfRaw(512, 1024, 0))
        assembler = RawAssembler()
        pieces = [one for one in host.run(0.06, keep_alive=True) if isinstance(one, messages.RfSamples)]
        (run,) = [run for piece in pieces if (run := assembler.take(piece, 0)) is not None]
        assert run.line_excess_db is not None
        excess.append(run.line_excess_db)
    host.assert_nothing_lost()
    assert max(excess[0], excess[1]) > 10.0, excess
    assert max(excess[2], excess[3]) > 10.0, excess
    host.send(messages.RfStart(3125, 767, 8))
    host.run(0.25, keep_alive=True)
    assert [window.samples for window in host.of(messages.EnvelopeWindow)] == [3125, 3125], "and windows are as before"


def test_lamps_take_the_converter_back() -> None:
    host = Host(RfScene((Emitter("continuous", -40.0),)), is_watching_pins=True)
    for _ in range(2):  # the second is the late one, and waits for a trigger that does not come
        host.send(messages.RfRaw(512, 0, 31_250))
        host.run(0.02)
    assert host.machine.avr.is_sampling_late()
    host.send(lamp_run((1, 2, 0)))
    host.run(0.3, keep_alive=True)
    assert not host.machine.avr.is_sampling_late()
    edges = [edge for edge in host.machine.edges if edge.pin == "camera_trigger" and edge.level]
    places = [edge.cycle % SLOT_CYCLES for edge in edges[1:]]  # the first is the reset
    assert len(places) > 5
    assert max(places) - min(places) <= EDGE_TOLERANCE_CYCLES


def test_battery_reference_and_temperature() -> None:
    host = Host(RfScene(battery_mv=4_500, temperature_c=-7.0))
    host.run(2.1)
    readings = [read_supply(message) for message in host.of(messages.Housekeeping)]
    assert len(readings) == 3
    for supply in readings:
        assert supply.battery_v == pytest.approx(4.5, abs=0.02)
        assert supply.reference_v == pytest.approx(2.5, abs=0.02)
        assert supply.temperature_c == pytest.approx(-7.0, abs=0.5)
        assert supply.warnings == ("low_battery",)


def test_supply_readings_that_cannot_be_are_named() -> None:
    assert read_supply(messages.Housekeeping(0, 700, 0, 0, 0)).warnings == ("reference_off", "temperature_unread")
    assert read_supply(messages.Housekeeping(0, 700, 300, 300, 0)).warnings == ("reference_off",)
    assert read_supply(messages.Housekeeping(0, 700, 450, 300, 0)).warnings == ()


def test_the_button_reports_presses_and_the_buzzer_beeps() -> None:
    host = Host(RfScene(presses_s=((0.3, 0.5), (0.7, 0.705))), is_watching_pins=True)
    host.send(messages.BuzzerSet(1000, 3000, 3))
    host.send(messages.BuzzerSet(5000, 3000, 3))
    host.run(1.0)
    buttons = host.of(messages.Button)
    assert [button.is_pressed for button in buttons] == [1, 0], "a press of 5 ms is none"
    assert [button.tick * 32e-6 for button in buttons] == pytest.approx([0.32, 0.52], abs=0.004)
    edges = [edge for edge in host.machine.edges if edge.pin == "buzzer"]
    assert [edge.level for edge in edges] == [1, 0] * 3
    assert (edges[1].cycle - edges[0].cycle) / SLOT_CYCLES == pytest.approx(1000, abs=60)
    assert (edges[2].cycle - edges[0].cycle) / SLOT_CYCLES == pytest.approx(3000, abs=60)
    assert len(host.of(messages.Refused)) == 1
