"""Fits a probe's own laws to readings at known levels. Input is a table (a carrier at each level, and the input
terminated), output a calibration; readings that lie on no straight line, span too little or give a law that no such
receiver has are refused with the reason.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from sweep.phrases import Phrase
from sweep.report.files import read_toml
from sweep.report.problems import first_problem
from sweep.rf.calibration import (
    LEAST_POINTS,
    MAX_FILE_BYTES,
    MAX_RMS_DB,
    MAX_WORST_DB,
    Band,
    CalibrationError,
    CalibrationRecord,
    DetectorFit,
    Origin,
    RfCalibration,
    TunerFit,
)
from sweep.rf.envelope import ADC_FULL_SCALE_COUNTS, NOMINAL, DetectorLaw

LEAST_SPAN_DB = 25.0
"""Half of the detector's range: slope and intercept of less pull at each other (guessed)."""
ABOVE_TERMINATED_DB = 2.0
"""What the detector shows with its input terminated, and so much more, is its own noise (guessed)."""

R = TypeVar("R", bound=CalibrationRecord)


class MeasuredLevels(CalibrationRecord):
    """Readings of one receiver at known levels."""

    terminated_counts: Annotated[float, Field(ge=0, le=1023)]
    """Mean reading with the input terminated in 50 ohm."""
    points: Annotated[
        list[Annotated[list[float], Field(min_length=2, max_length=2)]], Field(min_length=1, max_length=1_000)
    ]
    """[level at the antenna connector in dBm, mean reading in counts], an unmodulated carrier."""


class MeasuredTable(Origin):
    """What `sweep rf-calibrate` reads, format v1."""

    detector: Annotated[dict[Band, MeasuredLevels], Field(min_length=1)]
    tuner: MeasuredLevels | None = None


def read_table(path: Path) -> MeasuredTable:
    """The table of known levels in a TOML file. Raises CalibrationError."""
    return read_toml(MeasuredTable, path, CalibrationError, max_bytes=MAX_FILE_BYTES)


def to_toml(calibration: RfCalibration) -> str:
    """The file that `read_calibration` reads back."""
    sections: list[tuple[str, CalibrationRecord]] = [
        (f'detector."{b}"', fit) for b, fit in calibration.detector.items()
    ]
    if calibration.tuner is not None:
        sections.append(("tuner", calibration.tuner))
    lines = [_line(name, getattr(calibration, name)) for name in Origin.model_fields]
    for title, fit in sections:
        lines += ["", f"[{title}]", *(_line(name, value) for name, value in fit)]
    return "\n".join(lines) + "\n"


def _line(name: str, value: object) -> str:
    # A JSON string is a TOML string too; the contract's text holds no control characters.
    text = value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
    return f"{name} = {text}"


def fit_laws(table: MeasuredTable) -> RfCalibration:
    """The laws that a table of known levels shows. Raises CalibrationError, naming receiver and reason."""
    detector = {band: _fit_detector(f"detector {band}", levels) for band, levels in table.detector.items()}
    tuner = None if table.tuner is None else _fit_tuner(table.tuner)
    origin = {name: getattr(table, name) for name in Origin.model_fields}
    return RfCalibration(**origin, detector=detector, tuner=tuner)


def _fit_detector(name: str, levels: MeasuredLevels) -> DetectorFit:
    slope, offset, rms, worst = _line_through(name, levels)
    law = DetectorLaw(slope_v_per_db=-slope, intercept_dbm=-offset / slope)
    return _checked(
        DetectorFit,
        name,
        slope_v_per_db=-slope,
        intercept_dbm=law.intercept_dbm,
        lowest_dbm=law.to_dbm(levels.terminated_counts) + ABOVE_TERMINATED_DB,
        highest_dbm=max(dbm for dbm, _ in levels.points),
        rms_db=rms,
        worst_db=worst,
        points=len(levels.points),
    )


def _fit_tuner(levels: MeasuredLevels) -> TunerFit:
    slope, offset, rms, worst = _line_through("tuner", levels)
    floor_v = _volts(levels.terminated_counts)
    return _checked(
        TunerFit,
        "tuner",
        slope_v_per_db=slope,
        floor_v=floor_v,
        floor_dbm=(floor_v - offset) / slope,
        highest_dbm=max(dbm for dbm, _ in levels.points),
        rms_db=rms,
        worst_db=worst,
        points=len(levels.points),
    )


def _checked(model: type[R], name: str, **values: float) -> R:
    try:
        return model(**{key: round(value, 5) for key, value in values.items()})  # an integer stays one
    except ValidationError as error:
        raise CalibrationError(Phrase("place_and_reason", place=name, why=first_problem(error))) from None


def _volts(counts: float) -> float:
    return counts * NOMINAL.reference_v / ADC_FULL_SCALE_COUNTS


def _line_through(name: str, levels: MeasuredLevels) -> tuple[float, float, float, float]:
    """(slope V/dB, V at 0 dBm, rms dB, worst dB) by least squares of the voltages: the levels are what is known."""
    known = [dbm for dbm, _ in levels.points]
    read = [_volts(counts) for _, counts in levels.points]
    if len(set(known)) < LEAST_POINTS:
        raise CalibrationError(Phrase("rf_too_few_levels", name=name, count=len(set(known)), needed=LEAST_POINTS))
    if max(known) - min(known) < LEAST_SPAN_DB:
        raise CalibrationError(
            Phrase("rf_levels_too_close", name=name, span=max(known) - min(known), needed=LEAST_SPAN_DB)
        )
    mean_dbm, mean_v = sum(known) / len(known), sum(read) / len(read)  # coordinates of a fit, not a level
    spread = sum((dbm - mean_dbm) ** 2 for dbm in known)
    slope = sum((dbm - mean_dbm) * (v - mean_v) for dbm, v in zip(known, read, strict=True)) / spread
    if abs(slope) < 1e-4:
        raise CalibrationError(Phrase("rf_reading_does_not_follow", name=name))
    offset = mean_v - slope * mean_dbm
    errors = [(v - offset) / slope - dbm for dbm, v in zip(known, read, strict=True)]
    rms = (sum(error**2 for error in errors) / len(errors)) ** 0.5
    at = max(range(len(errors)), key=lambda n: abs(errors[n]))
    if rms > MAX_RMS_DB or abs(errors[at]) > MAX_WORST_DB:
        raise CalibrationError(
            Phrase(
                "rf_no_straight_line",
                name=name,
                most_rms=MAX_RMS_DB,
                most_worst=MAX_WORST_DB,
                rms=rms,
                worst=abs(errors[at]),
                level=known[at],
            )
        )
    return slope, offset, rms, abs(errors[at])
