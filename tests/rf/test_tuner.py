"""Tuner windows, merging with the log detector, laws by band, blanking and the hot/cold meter."""

import numpy as np
import pytest

from sweep.modality.line_rate import has_line_rate
from sweep.report import RfWindow
from sweep.rf.channels import tuner_frequencies
from sweep.rf.envelope import LAWS, NOMINAL
from sweep.rf.judge import blank, judge_windows
from sweep.rf.meter import HotCold
from sweep.rf.tuner import NOMINAL_TUNER, tell_tuned

from .envelopes import Source, log_windows, tuner_windows

CAMERA = Source("analog_video", -60.0)


def tuned(level_dbm: float = -60.0, seed: int = 1) -> list[RfWindow]:
    rng = np.random.default_rng(seed)
    return tuner_windows([(Source("analog_video", level_dbm), 5800.0)], tuner_frequencies(), rng)


def test_a_camera_is_told_with_frequency_level_and_lines() -> None:
    (camera,) = tell_tuned(tuned(), tuned(-85.0, 2))
    assert camera.kind == "analog_video"
    assert camera.centre_mhz == pytest.approx(5800, abs=8)
    assert camera.level_dbm == pytest.approx(-60, abs=4)
    assert camera.baseline_dbm == pytest.approx(-85, abs=4)
    assert any("line rate" in reason for reason in camera.reasons)


def test_two_cameras_are_two() -> None:
    rng = np.random.default_rng(3)
    sources = [(CAMERA, 5660.0), (Source("analog_video", -70.0), 5880.0)]
    found = tell_tuned(tuner_windows(sources, tuner_frequencies(), rng))
    assert [one.kind for one in found] == ["analog_video", "analog_video"]
    assert [round(one.centre_mhz, -1) for one in found] == [5660, 5880]


def test_line_rate_needs_rate_and_steadiness() -> None:
    (good, *_) = [window for window in tuned() if window.centre_mhz == 5800]
    assert has_line_rate(good)
    for change in (
        {"lines_per_s": 15_000.0},
        {"lines_per_s": 17_000.0},
        {"line_spread_counts": 20},
        {"lines_per_s": None},
        {"line_spread_counts": None},
    ):
        assert not has_line_rate(good.model_copy(update=change))


def test_both_receivers_hear_one_carrier_once() -> None:
    rng = np.random.default_rng(4)
    inside = [*log_windows([Source("analog_video", -30.0)], 1.0, rng), *tuned(-46.0)]
    outside = [*log_windows([Source("analog_video", -50.0)], 1.0, rng), *tuned(-60.0)]
    result = judge_windows(inside, outside)
    (camera,) = result.emitters
    assert camera.kind == "analog_video"
    assert camera.excess_db == pytest.approx(20.0, abs=2.0)
    assert camera.centre_mhz is not None
    assert "no_line_rate_without_tuner" not in result.limits
    assert "tuner_5_8_ghz_only" in result.limits
    assert result.floor_change_db is not None


def test_laws_differ_by_band() -> None:
    counts = NOMINAL.to_counts(-40.0)
    assert LAWS["5.8GHz"].to_dbm(counts) - LAWS["2.4GHz"].to_dbm(counts) == pytest.approx(5.2, abs=0.5)
    assert NOMINAL_TUNER.to_dbm(0.45 / 2.5 * 1023) == pytest.approx(-95.0)


def test_windows_during_own_transmissions_are_left_out() -> None:
    rng = np.random.default_rng(5)
    quiet = log_windows([], 1.0, rng)
    loud = [w.model_copy(update={"t_ns": w.t_ns + 1_000_000_000}) for w in log_windows([CAMERA_NEAR], 1.0, rng)]
    assert judge_windows([*quiet, *loud]).emitters
    own = ((1_000_000_000, 2_000_000_000),)
    result = judge_windows([*quiet, *loud], own=own)
    assert (result.emitters, result.blanked, result.windows) == ((), 10, 10)
    assert "own_transmissions_blanked" in result.limits
    assert len(blank(quiet, ((50_000_000, 150_000_000),))) == 8
    assert blank(quiet, ()) == quiet


CAMERA_NEAR = Source("continuous", -30.0)


def test_the_meter_rises_towards_a_transmitter_and_falls_behind_it() -> None:
    rng = np.random.default_rng(6)
    meter = HotCold(baseline_dbm=-60.0)
    readings = []
    for number, level_dbm in enumerate([*range(-60, -30, 2), *range(-30, -60, -2)]):
        for window in log_windows([Source("continuous", float(level_dbm))], 0.5, rng):
            moved = window.model_copy(update={"t_ns": window.t_ns + number * 500_000_000})
            reading = meter.feed(moved)
            assert reading is not None
            readings.append(reading)
    assert readings[0].above_db < 4.0
    assert meter_is_silent_below_the_floor()
    # From a step above the first level that stands out of the detector's own, over two seconds, until it falls by one.
    assert {reading.trend for reading in readings[60:75]} == {"warmer"}
    assert {reading.trend for reading in readings[-35:]} == {"colder"}
    loudest = max(readings, key=lambda reading: reading.above_db)
    assert loudest.above_db == pytest.approx(29, abs=3)
    assert loudest.beep_period_s is not None
    assert 0.12 <= loudest.beep_period_s < 0.2
    assert meter.feed(tuned()[0]) is None


def meter_is_silent_below_the_floor() -> bool:
    readings = [HotCold(baseline_dbm=-60.0).feed(window) for window in log_windows([], 0.5, np.random.default_rng(8))]
    return all(reading is not None and reading.beep_period_s is None for reading in readings)


def test_without_a_baseline_the_meter_compares_with_the_quietest_so_far() -> None:
    rng = np.random.default_rng(7)
    meter = HotCold()
    last = None
    for level_dbm in (-40.0, -50.0, -40.0):
        for window in log_windows([Source("continuous", level_dbm)], 2.0, rng):
            last = meter.feed(window)
    assert last is not None
    assert last.above_db == pytest.approx(10.0, abs=1.0)
