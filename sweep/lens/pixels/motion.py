"""How far the view moved between two frames: enough to point a map and to tell a hand that is too fast.

Job: whole translation between on_axis frames from small copies of them. Input: frames in electrons; output:
`Shift` in pixels of the frame. It does not register for the detector, which has its own, finer way. Refuses to guess:
without texture or overlap the shift is not known and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sweep.lens.pixels.register import Image

WIDTH_PX = 182
"""An eighth of full size: a shift of half the view is found in a millisecond."""
LEAST_RESPONSE = 0.06
"""Guessed: peak of the phase correlation below which two frames of noise look alike."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Where a point of the first frame lies in the second, minus where it lay."""

    dx_px: float
    dy_px: float
    is_known: bool


def thumbnail(electrons: Image) -> Image:
    """Small copy with the noise evened out and the glints held down, about `WIDTH_PX` wide."""
    step = max(1, round(electrons.shape[1] / WIDTH_PX))
    size = (electrons.shape[1] // step, electrons.shape[0] // step)
    small = np.sqrt(np.maximum(cv2.resize(electrons, size, interpolation=cv2.INTER_AREA), 0.0))
    flat = small - cv2.blur(small, (25, 25))
    limit = float(np.percentile(np.abs(flat), 90.0)) + 1e-3
    return np.asarray(np.clip(flat, -limit, limit), np.float32)


def shift_between(first: Image, second: Image, width_px: int) -> Shift:
    """Shift between two thumbnails of frames `width_px` wide."""
    height, width = first.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (dx, dy), response = cv2.phaseCorrelate(first, second, window)
    if not np.isfinite([dx, dy, response]).all() or response < LEAST_RESPONSE:
        return Shift(0.0, 0.0, False)
    step = width_px / width
    return Shift(dx * step, dy * step, True)
