"""Lens candidates as the contract records them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sweep.modality.measurement import code_of
from sweep.modality.task import Task
from sweep.report import LensObservation

if TYPE_CHECKING:
    from sweep.lens.clip.clips import ClipMeta
    from sweep.lens.records import Detection


@dataclass(frozen=True, slots=True)
class Direction:
    """Where something lies, seen from the position."""

    bearing_deg: float | None
    """To the right of where the camera looked when the position began, -180 to 180."""
    elevation_deg: float | None
    """Above the horizon."""


FWHM: Final = 2.355
"""Of a Gaussian, in standard deviations."""
NO_DIRECTION: Final = Direction(None, None)


def lens_observation(
    task: Task[Any],
    number: int,
    found: Detection,
    *,
    clip: str,
    meta: ClipMeta,
    range_m: float,
    direction: Direction | None = None,
    is_measured: bool = False,
) -> LensObservation:
    """The contract's record of one lens candidate, recorded or live; `range_m`: distance taken for the surface.

    `direction`: where it lies; None: the camera is taken to look where the position faces. `is_measured`: a range
    sensor told the distance, so its width is known.
    """
    if direction is None:
        bearing = math.degrees(math.atan2(found.x - meta.principal_point[0], meta.focal_px))
        direction = Direction(bearing, None)
    return LensObservation(
        observation_id=task.observation_id("lens", number),
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        t_ns=task.middle_ns,
        modality="lens",
        clip=clip,
        frame=found.frame,
        x_px=found.x,
        y_px=found.y,
        score=found.score,
        snr=found.evidence.get("snr"),
        off_axis_ratio=found.evidence.get("off_axis_ratio"),
        persistence=min(1.0, max(0.0, found.evidence.get("persistence", 0.0))),
        range_m=range_m,
        bearing_deg=None if direction.bearing_deg is None else round(direction.bearing_deg, 2),
        elevation_deg=None if direction.elevation_deg is None else round(direction.elevation_deg, 1),
        width_m=_width_m(found.evidence.get("width"), meta, range_m) if is_measured else None,
        reasons=tuple(code_of(reason.name) for reason in found.reasons[:32]),
        crop_commitment=None,
    )


def _width_m(width: float | None, meta: ClipMeta, range_m: float) -> float | None:
    """At half its height. `width`: standard deviation in pixels of the measuring scale, as evidence counts it."""
    if width is None or not math.isfinite(width):
        return None
    from sweep.lens.pixels.matched_filter import measuring_step  # loads OpenCV

    width_px = FWHM * max(0.0, width) * measuring_step(meta.width)
    return round(width_px / meta.focal_px * range_m, 4)
