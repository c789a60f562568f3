"""The probe's own law: from a table of known levels to a file, from the file to levels, and what holds without it."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lab.bench.rf_laws import MeasuredTable, fit_laws, read_table, to_toml
from sweep.rf.calibration import (
    NOMINAL_LEVELS,
    CalibrationError,
    RfCalibration,
    levels_of,
    read_calibration,
)
from sweep.rf.envelope import LAWS, NOMINAL, DetectorLaw
from sweep.rf.judge import judge_windows
from sweep.rf.tuner import NOMINAL_TUNER, TunerLaw

from .envelopes import Source, log_windows, tuner_windows

DAY = date(2026, 3, 2)
ORIGIN = {
    "v": 1,
    "probe_serial": "probe-demo-1",
    "measured": DAY,
    "method": "generator, steps of 5 dB",
    "done_by": "lab-01",
    "reference": "power meter, certificate 1234",
}
LEVELS_DBM = tuple(float(dbm) for dbm in range(-55, -5, 5))


def readings(law: DetectorLaw, *, noise_counts: float = 0.0, seed: int = 1) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    return {
        "terminated_counts": law.to_counts(-63.0),
        "points": [[dbm, law.to_counts(dbm) + noise_counts * float(rng.standard_normal())] for dbm in LEVELS_DBM],
    }


def tuner_readings(law: TunerLaw) -> dict[str, object]:
    def counts(dbm: float) -> float:
        return (law.floor_v + (dbm - law.floor_dbm) * law.slope_v_per_db) * 1023 / law.reference_v

    return {
        "terminated_counts": counts(law.floor_dbm),
        "points": [[float(dbm), counts(dbm)] for dbm in range(-90, -50, 5)],
    }


def table(**sections: object) -> MeasuredTable:
    return MeasuredTable.model_validate(ORIGIN | sections)


OWN = DetectorLaw(slope_v_per_db=0.0238, intercept_dbm=23.5)
OWN_TUNER = TunerLaw(slope_v_per_db=0.012, floor_v=0.5, floor_dbm=-92.0)


def fitted() -> RfCalibration:
    return fit_laws(table(detector={"5.8GHz": readings(OWN)}, tuner=tuner_readings(OWN_TUNER)))


def test_a_fit_gives_back_the_law_and_a_file_keeps_it(tmp_path: Path) -> None:
    calibration = fitted()
    fit = calibration.detector["5.8GHz"]
    assert (fit.slope_v_per_db, fit.intercept_dbm) == pytest.approx((0.0238, 23.5), abs=1e-3)
    assert (fit.lowest_dbm, fit.highest_dbm) == pytest.approx((-61.0, -10.0), abs=0.01)
    assert calibration.tuner is not None
    assert calibration.tuner.floor_dbm == pytest.approx(-92.0, abs=0.01)
    path = tmp_path / "rf.toml"
    path.write_text(to_toml(calibration), encoding="utf-8")
    assert read_calibration(path) == calibration
    assert calibration.version.startswith("rf probe-demo-1 2026-03-02 ")
    changed = calibration.model_copy(update={"reference": "another"})
    assert changed.version != calibration.version


@given(st.floats(0.022, 0.027), st.floats(17, 26), st.integers(0, 1000))
def test_noise_of_a_reading_moves_the_law_little(slope: float, intercept: float, seed: int) -> None:
    law = DetectorLaw(slope_v_per_db=slope, intercept_dbm=intercept)
    calibration = fit_laws(table(detector={"2.4GHz": readings(law, noise_counts=1.0, seed=seed)}))
    own = levels_of(calibration, on=DAY).law_at(2440.0)
    for dbm in (-50.0, -30.0, -10.0):
        assert own.to_dbm(law.to_counts(dbm)) == pytest.approx(dbm, abs=0.6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": [[-50.0, 700.0], [-20.0, 400.0]]}, "2 different levels"),
        ({"points": [[-50.0 + n, 700.0 - 10 * n] for n in range(8)]}, "over 7 dB"),
        ({"points": [[dbm, 600.0] for dbm in LEVELS_DBM]}, "does not follow"),
        ({"points": [[dbm, 500.0 + 10 * dbm] for dbm in LEVELS_DBM[3:]]}, "slope_v_per_db"),
        (
            {"points": [[dbm, min(OWN.to_counts(dbm), 640.0)] for dbm in LEVELS_DBM]},
            "in the noise and in saturation",
        ),
    ],
    ids=["few", "narrow", "dead", "wrong-sign", "bent"],
)
def test_a_table_that_shows_no_law_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        fit_laws(table(detector={"5.8GHz": readings(OWN) | change}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v = 1",
        "v = [",
        "\ud800".encode("utf-8", "surrogatepass"),
        to_toml(fitted()).replace("0.0238", "0.3"),
        to_toml(fitted()).replace("v = 1", "v = 2"),
        to_toml(fitted()).replace("[tuner]", "[receiver]"),
        to_toml(fitted()).replace("5.8GHz", "7GHz"),
        to_toml(fitted()).replace("2026-03-02", '"soon"'),
        to_toml(fitted()) + "\nmore = 1\n",
        b"x" * 300_000,
    ],
)
def test_a_file_that_is_no_calibration_is_one_line(text: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "rf.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CalibrationError) as error:
        read_calibration(path)
    assert len(str(error.value).splitlines()) == 1
    assert str(path) in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="No such file"):
        read_calibration(tmp_path / "none.toml")


def test_what_does_not_hold_leaves_levels_nominal_and_says_why() -> None:
    calibration = fitted()
    assert levels_of(None, on=DAY) is NOMINAL_LEVELS
    for day, serial, limits in (
        (DAY + timedelta(366), None, ("levels_nominal", "calibration_stale")),
        (DAY - timedelta(366), None, ("levels_nominal", "calibration_stale")),
        (DAY, "probe-2", ("levels_nominal", "calibration_of_another_probe")),
    ):
        levels = levels_of(calibration, on=day, probe_serial=serial)
        assert (levels.wideband, levels.tuner, levels.version) == (NOMINAL, NOMINAL_TUNER, None)
        assert levels.limits == limits
    held = levels_of(calibration, on=DAY + timedelta(365), probe_serial="probe-demo-1")
    assert (held.version, held.limits) == (calibration.version, ())
    no_tuner = levels_of(calibration.model_copy(update={"tuner": None}), on=DAY)
    assert (no_tuner.tuner, no_tuner.limits) == (NOMINAL_TUNER, ("tuner_levels_nominal",))


def test_laws_by_band() -> None:
    levels = levels_of(fit_laws(table(detector={"5.8GHz": readings(OWN), "2.4GHz": readings(LAWS["2.4GHz"])})), on=DAY)
    assert levels.law_at(5800.0).intercept_dbm == pytest.approx(23.5, abs=0.01)
    assert levels.law_at(2440.0).intercept_dbm == pytest.approx(19.6, abs=0.01)
    assert levels.law_at(None) is levels.law_at(950.0) is levels.wideband
    assert levels.wideband.intercept_dbm == pytest.approx((23.5 + 19.6) / 2, abs=0.01)
    assert NOMINAL_LEVELS.law_at(None) is NOMINAL_LEVELS.law_at(100.0) is NOMINAL
    assert NOMINAL_LEVELS.law_at(5800.0) is LAWS["5.8GHz"]


def test_levels_follow_the_calibration() -> None:
    rng = np.random.default_rng(2)
    windows = [*log_windows([Source("continuous", -40.0)], 1.0, rng)]
    windows += tuner_windows([(Source("analog_video", -60.0), 5800.0)], (5780, 5800, 5820), rng)
    nominal = judge_windows(windows)
    (before,) = nominal.emitters
    assert (nominal.calibration, "levels_nominal" in nominal.limits) == (None, True)
    levels = levels_of(fitted(), on=DAY)
    result = judge_windows(windows, levels=levels)
    (after,) = result.emitters
    assert result.calibration == levels.version
    assert "levels_nominal" not in result.limits
    # Both receivers hear one carrier: its level is the detector's, by the law at the tuner's frequency.
    assert after.level_dbm == pytest.approx(OWN.to_dbm(LAWS["5.8GHz"].to_counts(before.level_dbm)), abs=0.05)


def test_rf_calibrate_writes_what_rf_reads(tmp_path: Path) -> None:
    source, made = tmp_path / "table.toml", tmp_path / "rf.toml"
    readme = (Path(__file__).parents[2] / "sweep" / "rf" / "README.md").read_text(encoding="utf-8")
    source.write_text(readme.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert read_table(source).probe_serial == "probe-demo-1"
    app = build_app(("rf", "rf-calibrate"))
    result = CliRunner().invoke(app, ["rf-calibrate", str(source), "--out", str(made)])
    assert result.exit_code == 0, result.output
    version = read_calibration(made).version
    assert version in result.output
    source.write_text("v = 1", encoding="utf-8")
    result = CliRunner().invoke(app, ["rf-calibrate", str(source), "--out", str(made)])
    assert result.exit_code == 2
