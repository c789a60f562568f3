"""Dark discs with a point of light in them, two side by side: what eyes look like under the lamps.

Job: for each place, how dark the disc is that it lies in, and the best other disc at the distance of a second eye. An
eye that looks elsewhere or blinks returns nothing, but its iris and socket stay darker than the face. Input: the
off_axis frame, in which pupils return nothing, and both filtered frames; output: three numbers for each place.
Refuses to call an eye: a screw hole is a dark disc too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.matched_filter import POINT, Column, Level, from_level, shrink, to_level
from sweep.lens.pixels.register import Image

DISC_CELLS = 1.25
"""Radius of a disc in the pixels that it is looked for in: as few as tell a disc from its surroundings."""
DISC_PX = (2.5, 5.0)
"""Radii of the discs at half size. Derived: an iris is 12 mm wide, so 2.6 px in radius at 2 m and 6 at 0.8 m."""
APART_PX = (18.0, 110.0)
"""Distance of two eyes at half size. Derived: 63 mm at 3 m and at 0.5 m."""
APART_RADII = (4.0, 30.0)
"""The same in radii of the disc. Derived: 63 mm over an iris of 6 mm is 11; sockets are wider, pupils narrower."""
LEAST_DEPTH = 0.1
"""A disc that is so much darker than what is around it; skin varies by less."""
FULL_DEPTH = 0.3
"""Guessed: from here on a disc counts in full."""
INNER, AROUND = 0.85, 3.5
"""Width of the window on the disc and distance of what it is compared with, in radii.  Chosen on the eyes of 100
rendered clips, like `LEAST_DEPTH`, `SURE` and the shape of the comparison."""
SURE = 3.0
"""Standard deviations of noise that a disc must be dark by."""
DISCS = 60
"""Darkest discs of a frame and radius that may be somebody's second eye."""
LEVEL_SHARE = 0.5
"""Guessed: heads lean by up to 30 degrees."""
DOT_SNR = (-2.0, 5.0)
"""Signal-to-noise ratio at which the point in the other disc counts for nothing and in full: an eye that looks
elsewhere or blinks shows none.  Chosen like `INNER`."""
LIKENESS = 0.6
"""Chosen like `INNER`: two eyes of one face differ in depth by less than this factor of e."""


@dataclass(frozen=True)
class _Discs:
    """Darkness at one radius."""

    radius_px: float
    pace: int
    """Pixels of the measuring scale per pixel of `depth`."""
    depth: Image
    """Share by which a disc centred here is darker than its surroundings, the largest of 3 x 3 places."""
    x: Column
    """Darkest ones, pixels of the measuring scale."""
    y: Column
    dark: Column


def find_eye_pairs(
    off_axis: Image,
    levels: tuple[Level, Level],
    on: tuple[Column, Column],
    off: tuple[Column, Column],
    noise_e: float,
    scale: float,
) -> tuple[Column, Column, Column]:
    """Likeness (0..1) of the best second eye of N places and where it lies from them (pixels of the measuring scale).

    off_axis: H x W electrons per pixel of the frame, means at the measuring scale; levels: filtered on_axis and
    off_axis at that scale; on, off: places there; noise_e: read noise of a pixel; scale: pixels per half-size pixel.
    """
    count = on[0].size
    best, best_x, best_y = (np.zeros(count, np.float32) for _ in range(3))
    if not count:
        return best, best_x, best_y
    for radius in DISC_PX:
        discs = _discs(off_axis, radius * scale, noise_e, levels[1].step)
        if not discs.x.size:
            continue
        own = _at(discs.depth, to_level(off[0], discs.pace), to_level(off[1], discs.pace))
        which = np.flatnonzero(own >= LEAST_DEPTH)
        if not which.size:
            continue
        dx, dy = discs.x - off[0][which, None], discs.y - off[1][which, None]
        apart = np.hypot(dx, dy)
        fits = (apart > max(APART_PX[0] * scale, APART_RADII[0] * discs.radius_px)) & (
            apart < min(APART_PX[1] * scale, APART_RADII[1] * discs.radius_px)
        )
        fits &= np.abs(dy) < LEVEL_SHARE * apart
        depth = np.sqrt(own[which, None] * discs.dark)
        unlike = np.abs(np.log(own[which, None] / discs.dark))
        likeness = np.minimum(depth / FULL_DEPTH, 1.0) * np.exp(-unlike / LIKENESS)
        likeness *= np.where(fits, 1.0, 0.0)
        if not fits.any():
            continue
        line, disc = np.nonzero(fits)
        shift_x, shift_y = off[0][which] - on[0][which], off[1][which] - on[1][which]
        dots = np.maximum(
            _dot(levels[0], discs.x[disc] - shift_x[line], discs.y[disc] - shift_y[line], noise_e),
            _dot(levels[1], discs.x[disc], discs.y[disc], noise_e),
        )
        weight = np.clip((dots - DOT_SNR[0]) / (DOT_SNR[1] - DOT_SNR[0]), 0.0, 1.0)
        likeness[line, disc] *= weight
        top = likeness.argmax(axis=1)
        rows = np.arange(which.size)
        value = likeness[rows, top].astype(np.float32)
        better = value > best[which]
        target = which[better]
        best[target] = value[better]
        best_x[target], best_y[target] = dx[rows, top][better], dy[rows, top][better]
    return best, best_x, best_y


def _discs(off_axis: Image, radius_px: float, noise_e: float, step: int) -> _Discs:
    pace = max(1, round(radius_px / DISC_CELLS))
    small = shrink(off_axis, pace)
    radius = radius_px / pace
    # points of light inside a disc are held down to what lies around it
    base = np.minimum(small, cv2.blur(small, (9, 9)))
    inner = np.asarray(cv2.GaussianBlur(base, (0, 0), INNER * radius), np.float32)
    light = np.maximum(_second_lowest(inner, AROUND * radius), np.float32(1.0))
    depth = np.asarray(1.0 - inner / light, np.float32)
    # independent pixels of the frame under the inner window
    pixels = 4.0 * np.pi * (INNER * radius) ** 2 * (pace * step) ** 2
    sure = SURE * np.sqrt((light + np.float32(noise_e**2)) / np.float32(pixels)) / light
    depth[depth < np.maximum(sure, np.float32(LEAST_DEPTH))] = 0.0
    top = cv2.dilate(depth, np.ones((5, 5), np.uint8))
    ys, xs = np.nonzero((depth >= top) & (depth > 0.0))
    order = np.argsort(-depth[ys, xs], kind="stable")[:DISCS]
    ys, xs = ys[order], xs[order]
    wide = np.asarray(cv2.dilate(depth, np.ones((3, 3), np.uint8)), np.float32)
    x, y = (from_level(axis.astype(np.float32), pace) for axis in (xs, ys))
    return _Discs(radius_px, pace, wide, x, y, depth[ys, xs])


def _second_lowest(inner: Image, away: float) -> Image:
    """Level of the second darkest of eight places around each pixel: an edge or a line is dark on two sides."""
    height, width = inner.shape
    pad = int(np.ceil(away)) + 1
    padded = cv2.copyMakeBorder(inner, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    lowest = second = np.full(inner.shape, np.inf, np.float32)
    for angle in np.arange(8) * (np.pi / 4.0):
        x, y = pad + round(away * float(np.cos(angle))), pad + round(away * float(np.sin(angle)))
        level = padded[y : y + height, x : x + width]
        second = np.asarray(cv2.min(second, cv2.max(lowest, level)), np.float32)
        lowest = np.asarray(cv2.min(lowest, level), np.float32)
    return np.asarray(second, np.float32)


def _dot(level: Level, x: Column, y: Column, noise_e: float) -> Column:
    """Signal-to-noise ratio of the strongest point within the slack of a filtered frame."""
    light = _at(level.widest, x, y)
    mean = np.maximum(_at(level.mean, x, y), 0.0) + np.float32(noise_e**2)
    return np.asarray(light / (np.sqrt(mean) * POINT.noise_gain * level.step), np.float32)


def _at(image: Image, x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> Column:
    height, width = image.shape
    u = np.clip(np.rint(x).astype(np.intp), 0, width - 1)
    v = np.clip(np.rint(y).astype(np.intp), 0, height - 1)
    return np.asarray(image[v, u], np.float32)
