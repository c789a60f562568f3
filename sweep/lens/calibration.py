"""The calibration of one probe's camera and lamps: the file, whether it holds, and what must be said when it does not.

Job: read and write the calibration strictly, decide whether it holds for a probe on a day, and put its numbers in
place of the nominal ones. Input: JSON; output: `LensCalibration`, `LensLaws` with named limits. Refuses unknown
fields, numbers outside any sensor's bounds and maps of a wrong size; a calibration that is missing, too old, partial
or another probe's never stops a sweep, but every report then says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sweep.lens.clip.clips import MAX_FRAME_PX, ClipMeta
from sweep.phrases import Phrase
from sweep.report.base import Pseudonym, Record, Slug, Text
from sweep.report.files import read_json

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_AGE_DAYS = 365
"""A year (convention): LEDs age and lenses are knocked."""
MAX_HOT_PIXELS = 20_000
"""Derived: 1.3 % of the sensor; a sensor with more is broken."""
MAP_COLUMNS, MAP_ROWS = 32, 24
"""Derived: cells of 45 px at full size; lamp profiles and vignetting change more slowly."""
REFERENCE_LOW, REFERENCE_HIGH = 0.67, 1.5
"""Guessed: a reference lens that returns less or more than this of what is expected says that something changed."""

Lamp = Literal["A", "B", "M", "N", "R"]


class CalibrationError(ValueError):
    """The file or the recordings are no usable calibration; one line that says what is wrong."""


class SensorFit(Record):
    """What the sensor adds by itself."""

    black_level_dn: Annotated[float, Field(ge=0, le=4096)]
    black_spread_dn: Annotated[float, Field(ge=0, le=64)]
    """Standard deviation of the pixels' own dark levels, hot ones left out."""
    e_per_dn: Annotated[float, Field(gt=0, le=1000)]
    """Slope of the photon-transfer curve."""
    e_per_dn_error: Annotated[float, Field(ge=0, le=1000)]
    """Half of its 90 % interval."""
    read_noise_e: Annotated[float, Field(ge=0, le=1000)]
    saturation_dn: Annotated[float, Field(gt=0, le=65535)]
    pixel_response_spread: Annotated[float, Field(ge=0, le=0.2)]
    """Standard deviation of the pixels' response, mean 1."""
    hot_pixels: Annotated[
        tuple[Annotated[tuple[int, ...], Field(min_length=2, max_length=2)], ...], Field(max_length=MAX_HOT_PIXELS)
    ]
    """(x, y) of pixels that are bright without light."""
    frames: Annotated[int, Field(ge=2)]
    """Frames the fit rests on."""


class GeometryFit(Record):
    """Pinhole with distortion (Brown): x' = x (1 + k1 r^2 + k2 r^4) + 2 p1 x y + p2 (r^2 + 2 x^2), likewise y."""

    focal_px: Annotated[float, Field(ge=10, le=100_000)]
    centre_x_px: Annotated[float, Field(ge=-MAX_FRAME_PX, le=2 * MAX_FRAME_PX)]
    centre_y_px: Annotated[float, Field(ge=-MAX_FRAME_PX, le=2 * MAX_FRAME_PX)]
    k1: Annotated[float, Field(ge=-5, le=5)]
    k2: Annotated[float, Field(ge=-20, le=20)]
    p1: Annotated[float, Field(ge=-1, le=1)]
    p2: Annotated[float, Field(ge=-1, le=1)]
    rms_px: Annotated[float, Field(ge=0, le=2)]
    """Residual of the fit."""
    views: Annotated[int, Field(ge=1)]


class LampMap(Record):
    """Light of one lamp over the field at one distance, with the vignetting of the lens in it, mean 1."""

    range_m: Annotated[float, Field(gt=0, le=20)]
    gain: Annotated[
        tuple[Annotated[float, Field(ge=0, le=100)], ...],
        Field(min_length=MAP_COLUMNS * MAP_ROWS, max_length=MAP_COLUMNS * MAP_ROWS),
    ]
    """Row by row from the top left, `MAP_ROWS` x `MAP_COLUMNS` cells."""


class LampFit(Record):
    """How strong a lamp is and how its light is spread."""

    electrons_m2: Annotated[float, Field(gt=0)]
    """Electrons per pixel and millisecond that a white matt card (albedo 1) at 1 m returns, mean of the field."""
    range_error: Annotated[float, Field(ge=0, le=1)]
    """How far the distances disagree with the inverse square, as a share."""
    maps: Annotated[tuple[LampMap, ...], Field(min_length=1, max_length=8)]


class ReferenceFit(Record):
    """A lens that is kept with the probe, seen at a known distance."""

    name: Text
    range_m: Annotated[float, Field(gt=0, le=20)]
    measured_e: float
    """On-axis electrons of one exposure, median over the triples."""
    expected_e: Annotated[float, Field(gt=0)]
    off_axis_ratio: float

    @property
    def ratio(self) -> float:
        """Measured over expected."""
        return self.measured_e / self.expected_e

    @property
    def is_as_expected(self) -> bool:
        """Within what lamp and lens may have changed."""
        return REFERENCE_LOW <= self.ratio <= REFERENCE_HIGH


class LensCalibration(Record):
    """A calibration file, format v1."""

    v: Literal[1]
    probe_serial: Slug
    """The probe's `probe_id`."""
    camera_serial: Text
    measured: date
    done_by: Pseudonym
    software: Text
    """Version of this package and of OpenCV."""
    width: Annotated[int, Field(ge=64, le=MAX_FRAME_PX)]
    height: Annotated[int, Field(ge=64, le=MAX_FRAME_PX)]
    sensor: SensorFit
    geometry: GeometryFit | None = None
    lamps: dict[Lamp, LampFit] = Field(default={})
    reference: ReferenceFit | None = None

    @model_validator(mode="after")
    def _fits_the_frame(self) -> Self:
        if any(not (0 <= x < self.width and 0 <= y < self.height) for x, y in self.sensor.hot_pixels):
            raise ValueError(Phrase("hot_pixel_outside_frame"))
        return self

    @property
    def version(self) -> str:
        """What a report cites: probe, day, and the first octets of the content's hash."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()
        return f"lens {self.probe_serial} {self.measured.isoformat()} {digest[:8]}"


@dataclass(frozen=True, slots=True)
class LensLaws:
    """The calibration in force, and what must be said of it."""

    calibration: LensCalibration | None
    """None: the nominal numbers of `optics.toml`."""
    limits: tuple[str, ...]
    """Codes for the report's limits."""

    @property
    def version(self) -> str | None:
        """What the report cites."""
        return None if self.calibration is None else self.calibration.version


def laws_of(
    calibration: LensCalibration | None,
    *,
    on: date,
    probe_serial: str | None = None,
    camera_serial: str | None = None,
) -> LensLaws:
    """The calibration for a measurement on a day by a probe (None: whichever); nominal where it does not hold.

    It holds for `MAX_AGE_DAYS` before and after it was made: a recording may be older than it.
    """
    if calibration is None:
        return LensLaws(None, ("lens_uncalibrated",))
    if probe_serial is not None and calibration.probe_serial != probe_serial:
        return LensLaws(None, ("lens_calibration_of_another_probe", "lens_uncalibrated"))
    if camera_serial is not None and calibration.camera_serial != camera_serial:
        return LensLaws(None, ("lens_calibration_of_another_probe", "lens_uncalibrated"))
    if abs((on - calibration.measured).days) > MAX_AGE_DAYS:
        return LensLaws(None, ("lens_calibration_stale", "lens_uncalibrated"))
    limits = []
    if calibration.geometry is None or not {"A", "B"} <= set(calibration.lamps) or calibration.reference is None:
        limits.append("lens_calibration_incomplete")
    if calibration.reference is not None and not calibration.reference.is_as_expected:
        limits.append("lens_reference_failed")
    return LensLaws(calibration, tuple(limits))


def apply(calibration: LensCalibration, meta: ClipMeta) -> ClipMeta:
    """The numbers of a recording with the calibrated ones in place; raises CalibrationError for another frame shape.

    Half-size frames are taken for 2 x 2 means: focal length and centre halve, gain and noise per pixel change by 4.
    """
    step = calibration.width / meta.width
    if abs(calibration.height / meta.height - step) > 1e-6 or step not in {1.0, 2.0}:
        raise CalibrationError(
            Phrase(
                "frames_do_not_fit_calibration",
                width=meta.width,
                height=meta.height,
                calibration_width=calibration.width,
                calibration_height=calibration.height,
            )
        )
    sensor, geometry = calibration.sensor, calibration.geometry
    changes: dict[str, object] = {
        "black_level": sensor.black_level_dn,
        "e_per_dn": sensor.e_per_dn * step**2,
        "read_noise_e": sensor.read_noise_e * step,
    }
    if geometry is not None:
        shift = 0.5 * (1.0 / step - 1.0)  # centres of pixels are at integers
        changes["focal_px"] = geometry.focal_px / step
        changes["principal_point"] = (geometry.centre_x_px / step + shift, geometry.centre_y_px / step + shift)
    return meta.model_copy(update=changes)


def read_calibration(path: Path) -> LensCalibration:
    """The calibration in a JSON file. Raises CalibrationError."""
    return read_json(LensCalibration, path, CalibrationError, max_bytes=MAX_FILE_BYTES)
