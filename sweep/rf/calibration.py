"""A probe's own law of its detector and tuner, read from a calibration file and turned into the laws that the judgement
uses. Input is TOML, output is `RfLevels`; a calibration that is missing, too old or another probe's gives the
datasheet's laws and says so by a named limit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sweep.report.base import Pseudonym, Slug, Text
from sweep.report.files import read_toml
from sweep.rf.envelope import BAND_LIMITS_MHZ, LAWS, NOMINAL, DetectorLaw
from sweep.rf.tuner import NOMINAL_TUNER, TunerLaw

Band = Literal["900MHz", "1.2GHz", "2.4GHz", "5.8GHz"]
MAX_FILE_BYTES = 256 * 1024
MAX_AGE_DAYS = 365
"""A year, as laboratories recalibrate power meters (convention)."""
LEAST_POINTS = 6
MAX_RMS_DB, MAX_WORST_DB = 1.0, 2.0
"""AD8318 datasheet: log conformance within 1 dB over 55 dB; the rest is left to the reference (guessed)."""


class CalibrationError(ValueError):
    """The file is no usable calibration or table; one line that says what is wrong."""


class CalibrationRecord(BaseModel):
    """Strict, closed, finite."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class DetectorFit(CalibrationRecord):
    """P_dBm = intercept - V / slope of the log detector in one band."""

    slope_v_per_db: Annotated[float, Field(ge=0.018, le=0.032)]
    intercept_dbm: Annotated[float, Field(ge=5, le=40)]
    lowest_dbm: Annotated[float, Field(ge=-75, le=-40)]
    """Below it the detector shows its own noise."""
    highest_dbm: Annotated[float, Field(ge=-30, le=10)]
    """The highest level that was measured: above it nothing is known."""
    rms_db: Annotated[float, Field(ge=0, le=MAX_RMS_DB)]
    worst_db: Annotated[float, Field(ge=0, le=MAX_WORST_DB)]
    """Greatest distance of a point from the law."""
    points: Annotated[int, Field(ge=LEAST_POINTS, le=1_000)]


class TunerFit(CalibrationRecord):
    """P_dBm = floor_dbm + (V - floor_v) / slope of the tuner's signal strength."""

    slope_v_per_db: Annotated[float, Field(ge=0.005, le=0.03)]
    floor_v: Annotated[float, Field(ge=0.1, le=1.2)]
    """With the input terminated."""
    floor_dbm: Annotated[float, Field(ge=-115, le=-70)]
    highest_dbm: Annotated[float, Field(ge=-75, le=0)]
    """The highest level that was measured: above it nothing is known."""
    rms_db: Annotated[float, Field(ge=0, le=MAX_RMS_DB)]
    worst_db: Annotated[float, Field(ge=0, le=MAX_WORST_DB)]
    points: Annotated[int, Field(ge=LEAST_POINTS, le=1_000)]


class Origin(CalibrationRecord):
    """Whose levels were measured, when, how and against what."""

    v: Literal[1]
    probe_serial: Slug
    """The probe's `probe_id`: a law belongs to one detector with its cable and antenna connector."""
    measured: date
    method: Text
    """How, in words: generator, cable, steps."""
    done_by: Pseudonym
    reference: Text
    """What the levels were compared with, and the number of its certificate."""


class RfCalibration(Origin):
    """A calibration file, format v1."""

    detector: Annotated[dict[Band, DetectorFit], Field(min_length=1)]
    tuner: TunerFit | None = None

    @property
    def version(self) -> str:
        """What a report cites: probe, day, and the first octets of the content's hash."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()
        return f"rf {self.probe_serial} {self.measured.isoformat()} {digest[:8]}"


@dataclass(frozen=True, slots=True)
class RfLevels:
    """The laws in force, and what must be said of them."""

    laws: Mapping[str, DetectorLaw]
    """By band."""
    wideband: DetectorLaw
    """Of the log detector while nobody knows the band."""
    tuner: TunerLaw
    version: str | None
    """None: nominal."""
    limits: tuple[str, ...]
    """Codes (sweep/rf/limits.py, judge.py)."""

    def law_at(self, mhz: float | None) -> DetectorLaw:
        """The detector's law at a frequency; `wideband` where the frequency or the band's law is unknown."""
        if mhz is not None:
            for band, lowest, highest in BAND_LIMITS_MHZ:
                if lowest <= mhz < highest and band in self.laws:
                    return self.laws[band]
        return self.wideband


NOMINAL_LEVELS = RfLevels(LAWS, NOMINAL, NOMINAL_TUNER, None, ("levels_nominal",))


def levels_of(
    calibration: RfCalibration | None,
    *,
    on: date,
    probe_serial: str | None = None,
) -> RfLevels:
    """The laws for a measurement on a day by a probe (None: whichever), nominal where the calibration does not hold.

    A calibration holds for `MAX_AGE_DAYS` before and after it was made: a recording may be older than it.
    """
    if calibration is None:
        return NOMINAL_LEVELS
    reason = None
    if probe_serial is not None and calibration.probe_serial != probe_serial:
        reason = "calibration_of_another_probe"
    elif abs((on - calibration.measured).days) > MAX_AGE_DAYS:
        reason = "calibration_stale"
    if reason is not None:
        return RfLevels(LAWS, NOMINAL, NOMINAL_TUNER, None, (*NOMINAL_LEVELS.limits, reason))
    laws: dict[str, DetectorLaw] = {
        band: DetectorLaw(
            slope_v_per_db=fit.slope_v_per_db,
            intercept_dbm=fit.intercept_dbm,
            lowest_dbm=fit.lowest_dbm,
            highest_dbm=fit.highest_dbm,
        )
        for band, fit in calibration.detector.items()
    }
    tuner = calibration.tuner
    return RfLevels(
        laws=laws,
        wideband=_between(tuple(laws.values())),
        tuner=NOMINAL_TUNER
        if tuner is None
        else TunerLaw(
            slope_v_per_db=tuner.slope_v_per_db,
            floor_v=tuner.floor_v,
            floor_dbm=tuner.floor_dbm,
            highest_dbm=tuner.highest_dbm,
        ),
        version=calibration.version,
        limits=() if tuner is not None else ("tuner_levels_nominal",),
    )


def _between(laws: Sequence[DetectorLaw]) -> DetectorLaw:
    """The law in the middle between those of the bands: no band is farther off than half of what they differ."""

    def middle(values: Sequence[float]) -> float:
        return (min(values) + max(values)) / 2

    return DetectorLaw(
        slope_v_per_db=middle([law.slope_v_per_db for law in laws]),
        intercept_dbm=middle([law.intercept_dbm for law in laws]),
        lowest_dbm=max(law.lowest_dbm for law in laws),
        highest_dbm=min(law.highest_dbm for law in laws),
    )


# --- files


def read_calibration(path: Path) -> RfCalibration:
    """The calibration in a TOML file. Raises CalibrationError."""
    return read_toml(RfCalibration, path, CalibrationError, max_bytes=MAX_FILE_BYTES)
