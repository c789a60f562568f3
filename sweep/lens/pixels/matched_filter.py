"""Frames behind a matched filter, and places in them: scales, coordinates, motion.

Job: filter a frame at its scales, state the noise of what the filter says, and carry places and images from one frame
to another. Input: float32 frames in electrons and the motion between them; output: `Level`s and places. Refuses
nothing: a place outside reads the edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.register import Affine, Image

Column = npt.NDArray[np.float32]


HALF_WIDTH_PX = 728
"""Frames are measured at about this width, so that the same numbers mean the same at full size."""
POINT_SIGMA_PX = 0.8
"""Derived: defocus within 0.3 dioptres, pixel area and f/2.8 together at half size."""
LEVELS = 2
"""Scales: points in focus and points out of focus by up to 1.5 dioptres."""
SLACK_PX = 2
"""Derived: off_axis is searched this far around the registered place, in pixels of the level; residual parallax."""
SLACK = np.ones((2 * SLACK_PX + 1, 2 * SLACK_PX + 1), np.uint8)
LAMP_RATIO = (0.15, 6.0)
"""Guessed: beyond it the lamps are not those of the recording's numbers."""


def _gaussian(grid: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float64]:
    line = np.exp(-0.5 * (grid / sigma) ** 2)
    line /= line.sum()
    return np.outer(line, line)


@dataclass(frozen=True)
class Level:
    """One scale of a filtered frame."""

    flux: Image
    """Matched-filter output: electrons of a point centred at the pixel."""
    mean: Image
    """Local mean, electrons per pixel of the frame."""
    widest: Image
    """Largest flux within `SLACK_PX`."""
    step: int
    """Pixels of the frame per pixel of this level."""


@dataclass(frozen=True)
class PointFilter:
    """Zero-mean matched filter: a Gaussian point minus one twice as wide, scaled so that a point returns its flux."""

    sigma_px: float
    gain: float
    noise_gain: float
    """Standard deviation of the flux for unit noise per pixel."""

    @classmethod
    def of(cls, sigma_px: float) -> PointFilter:
        """Filter for points of Gaussian width `sigma_px`."""
        radius = int(np.ceil(8 * sigma_px))
        grid = np.arange(-radius, radius + 1, dtype=np.float64)
        point = _gaussian(grid, sigma_px)
        kernel = point - _gaussian(grid, 2.0 * sigma_px)
        response = float((kernel * point).sum())
        return cls(sigma_px, 1.0 / response, float(np.sqrt((kernel**2).sum())) / response)


POINT = PointFilter.of(POINT_SIGMA_PX)
NARROW, WIDER = (5, 5), (9, 9)
"""Windows of the point, and of what makes it twice as wide; derived: .001 and .01 of the peak at what is left out."""


def measuring_step(width: int) -> int:
    """Pixels of the frame per pixel of the measuring scale: 2 at full size, where a point in focus loses a fifth of
    its signal-to-noise ratio by it (derived) and everything else is the same as at half size.
    """
    return 1 if width < 1.5 * HALF_WIDTH_PX else 2


def shrink(image: Image, step: int) -> Image:
    """Means over step x step pixels."""
    if step == 1:
        return image
    size = (image.shape[1] // step, image.shape[0] // step)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def filter_frame(image: Image, step: int, levels: int = LEVELS) -> tuple[Level, ...]:
    """Filter a frame at `levels` scales, each twice as coarse as the one before.

    `image`: H x W electrons per pixel of the frame, means over step x step of them.
    """
    result = []
    current = image
    for index in range(levels):
        if index:
            current, step = shrink(current, 2), step * 2
        fine = cv2.GaussianBlur(current, NARROW, POINT.sigma_px)
        mean = cv2.GaussianBlur(fine, WIDER, math.sqrt(3.0) * POINT.sigma_px)
        flux = cv2.addWeighted(fine, POINT.gain * step**2, mean, -POINT.gain * step**2, 0.0)
        widest = cv2.dilate(flux, SLACK)
        flux, mean, widest = (np.asarray(f, np.float32) for f in (flux, mean, widest))
        result.append(Level(flux, mean, widest, step))
    return tuple(result)


def noise_of(level: Level, read_noise_e: float) -> Image:
    """Standard deviation of the flux from shot and read noise, electrons. H x W."""
    variance = np.maximum(level.mean, 0.0) + np.float32(read_noise_e**2 + 0.05)
    return np.asarray(np.sqrt(variance) * np.float32(POINT.noise_gain * level.step), np.float32)


def lamp_ratio_map(on_axis: Image, off_axis: Image, dark: Image) -> Image:
    """How much stronger the on_axis lamp lights the surroundings than the off_axis lamp, held to `LAMP_RATIO`.

    Frames H x W electrons, unregistered; the result is coarse, about 32 px per cell: lamp light varies slowly.
    """
    pace = max(1, min(on_axis.shape) // 64)
    on, off, none = (np.ascontiguousarray(cv2.blur(f[::pace, ::pace], (3, 3))) for f in (on_axis, off_axis, dark))
    size = (max(4, on.shape[1] // 4), max(4, on.shape[0] // 4))
    on, off = (cv2.resize(cv2.medianBlur(f - none, 5), size, interpolation=cv2.INTER_LINEAR) for f in (on, off))
    ratio = np.clip((on + 1.0) / np.maximum(off + 1.0, 0.5), LAMP_RATIO[0], LAMP_RATIO[1])
    return np.asarray(cv2.blur(ratio.astype(np.float32), (3, 3)), np.float32)


def carry(
    x: Column, y: Column, motion: Affine, flow: npt.NDArray[np.float32] | None, shape: tuple[int, int]
) -> tuple[Column, Column]:
    """Where places of one frame lie in another: affine motion plus the smooth flow sampled there. shape: (H, W)."""
    moved_x = motion[0, 0] * x + motion[0, 1] * y + motion[0, 2]
    moved_y = motion[1, 0] * x + motion[1, 1] * y + motion[1, 2]
    if flow is not None:
        rows, columns = flow.shape[:2]
        v = np.clip((y * (rows / shape[0])).astype(np.intp), 0, rows - 1)
        u = np.clip((x * (columns / shape[1])).astype(np.intp), 0, columns - 1)
        moved_x = moved_x + flow[v, u, 0]
        moved_y = moved_y + flow[v, u, 1]
    return moved_x.astype(np.float32), moved_y.astype(np.float32)


def warp(image: Image, motion: Affine, flow: npt.NDArray[np.float32], step: int) -> Image:
    """A level of a frame read through the motion and the flow (pixels of the frame); outside repeats the edge."""
    height, width = image.shape
    rows, columns = flow.shape[:2]
    # at the cells of the flow, then spread: the motion differs from standing still by little over half a cell
    u = (np.arange(columns) + 0.5) * (width * step / columns) - 0.5
    v = ((np.arange(rows) + 0.5) * (height * step / rows) - 0.5)[:, None]
    shift = flow.copy()
    shift[..., 0] += (motion[0, 0] - 1.0) * u + (motion[0, 1] * v + motion[0, 2])
    shift[..., 1] += motion[1, 0] * u + ((motion[1, 1] - 1.0) * v + motion[1, 2])
    shift *= np.float32(1.0 / step)
    places = cv2.resize(shift, (width, height), interpolation=cv2.INTER_LINEAR)
    cv2.add(places, _standing(height, width), places)
    one_map: Any = None  # both coordinates stand in the first; OpenCV's types want a second one all the same
    filled = cv2.remap(image, places, one_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(filled, np.float32)


@lru_cache(maxsize=4)
def _standing(height: int, width: int) -> npt.NDArray[np.float32]:
    """Each pixel's own place, H x W x 2 (column, row)."""
    out = np.empty((height, width, 2), np.float32)
    out[..., 0] = np.arange(width, dtype=np.float32)
    out[..., 1] = np.arange(height, dtype=np.float32)[:, None]
    return out


def to_level(x: Column, step: int) -> Column:
    """Frame coordinate to the coordinate of a level; shrinking by areas moves centres."""
    return ((x + np.float32(0.5)) / np.float32(step) - np.float32(0.5)).astype(np.float32)


def from_level(x: Column, step: int) -> Column:
    """The way back."""
    return ((x + np.float32(0.5)) * np.float32(step) - np.float32(0.5)).astype(np.float32)
