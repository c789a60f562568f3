"""How strong each lamp is and how its light is spread, from a matt card filling the view at known distances.

Job: take the dark frame off, average, and divide by what an even lamp of the inverse square would give. Input: clips
of a flat matt card of known reflectance; output: a `LampFit` for each lamp that was lit. Refuses a saturated card,
a card that hardly answers, and distances that disagree with the inverse square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.calibration import MAP_COLUMNS, MAP_ROWS, CalibrationError, Lamp, LampFit, LampMap, SensorFit
from sweep.lens.clip.clips import DARK, Clip
from sweep.lens.pixels.register import Image
from sweep.phrases import Phrase

LEAST_LIGHT_E = 20.0
"""Derived: 20 electrons a pixel average to 1 % over a cell of a few frames."""
MAX_RANGE_ERROR = 0.15
"""Guessed: distance to the lens's entrance pupil, read off a ruler, is good to 1 cm: 7 % of the light at 0.3 m."""
MAX_SATURATED = 0.001


@dataclass(frozen=True)
class CardClip:
    """A recording of the card."""

    clip: Clip
    range_m: float


def fit_lamps(cards: Sequence[CardClip], reflectance: float, sensor: SensorFit) -> dict[Lamp, LampFit]:
    """Fit every lamp that the clips show. Raises CalibrationError, `ClipError`."""
    maps: dict[Lamp, list[LampMap]] = {}
    levels: dict[Lamp, list[float]] = {}
    for card in cards:
        dark = mean_electrons(card.clip, DARK, sensor)
        if dark is None:
            raise CalibrationError(Phrase("card_no_dark_frame", clip=card.clip.name))
        for lamp in _lamps(card.clip):
            lit = mean_electrons(card.clip, lamp, sensor)
            if lit is None:
                continue
            grid = cv2.resize(lit - dark, (MAP_COLUMNS, MAP_ROWS), interpolation=cv2.INTER_AREA)
            level = float(grid.mean())
            if level < LEAST_LIGHT_E:
                raise CalibrationError(
                    Phrase(
                        "card_too_little_light", clip=card.clip.name, lamp=lamp, electrons=level, needed=LEAST_LIGHT_E
                    )
                )
            gain = tuple(round(float(v), 4) for v in np.maximum(grid / level, 0.0).ravel())
            maps.setdefault(lamp, []).append(LampMap(range_m=card.range_m, gain=gain))
            milliseconds = card.clip.meta.exposure_s * 1e3
            levels.setdefault(lamp, []).append(level * card.range_m**2 / (milliseconds * reflectance))
    if not maps:
        raise CalibrationError(Phrase("card_no_lit_lamp"))
    return {lamp: _fit(lamp, maps[lamp], levels[lamp]) for lamp in maps}


def _fit(lamp: Lamp, maps: list[LampMap], levels: list[float]) -> LampFit:
    middle = float(np.median(levels))
    error = max(abs(level / middle - 1.0) for level in levels)
    # a lamp far from the axis lights a near card from the side; its own map holds that, the constant does not
    if lamp == "A" and error > MAX_RANGE_ERROR:
        raise CalibrationError(Phrase("card_distances_disagree", share=error))
    return LampFit(
        electrons_m2=round(middle, 3),
        range_error=round(min(1.0, error), 4),
        maps=tuple(sorted(maps, key=lambda m: m.range_m)),
    )


def _lamps(clip: Clip) -> list[Lamp]:
    known: tuple[Lamp, ...] = ("A", "B", "M", "N", "R")
    return [lamp for lamp in known if lamp in clip.meta.phases]


def mean_electrons(clip: Clip, phase: str, sensor: SensorFit) -> Image | None:
    """Mean of the frames of a phase in electrons, black level out, hot pixels filled; None when there is none. Frames
    with short pulses are left out.
    """
    total: npt.NDArray[np.float64] | None = None
    count, short = 0, clip.meta.short_frames
    for index, letter in enumerate(clip.meta.phases):
        if letter != phase or index in short:
            continue
        frame = clip.frame(index)
        if float((frame >= clip.meta.saturation_dn).mean()) > MAX_SATURATED:
            raise CalibrationError(Phrase("card_frame_saturated", clip=clip.name, frame=index))
        total = frame.astype(np.float64) if total is None else total + frame
        count += 1
    if total is None:
        return None
    mean = (total / count - sensor.black_level_dn) * sensor.e_per_dn
    smooth = cv2.medianBlur(mean.astype(np.float32), 3)
    for x, y in sensor.hot_pixels:
        mean[y, x] = smooth[y, x]
    return np.asarray(mean, np.float32)
