"""Glints of one frame: places that answer the on_axis lamp more than their surroundings and more than off_axis does.

Job: subtract the filtered off_axis frame where registration puts it, find the local maxima, and rank them by the excess
over the strongest off_axis light nearby in standard deviations of the noise expected from the electrons counted. Input:
both filtered frames and the motion between them; output: `Peaks`. Refuses to decide: the threshold here is low, it must
lose few lenses.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.levels import POINT, Column, Level, carry, from_level, to_level, warp
from sweep.lens.register import Affine, Image

Indices = npt.NDArray[np.intp]

PEAK_SNR = 2.8
"""Derived: a lens of signal-to-noise 5 falls below it in one frame of seventy."""
GLINT_Z = 2.4
"""Guessed: excess over off_axis below which a place is not worth following."""
MAX_PEAKS = 4000
MAX_NEW = 130
"""Places per triple that are followed further; twice what the most cluttered rendered clips need to lose nothing."""
MAX_SHARED = 30
"""Places per triple that both lamps show alike and that are followed all the same: a lens behind a reflective IR-cut
looks so.  Guessed: as many cost a tenth of the time that all places take."""
SHARED_SNR = 8.0
"""Guessed: a weaker point that both lamps show cannot be told from the texture of a wall."""
CLUTTER_CLIP = 6.0


@dataclass(frozen=True)
class Peaks:
    """Local maxima of on_axis minus off_axis over all levels; columns of equal length, places in frame pixels."""

    x: Column
    y: Column
    level: npt.NDArray[np.int8]
    flux_e: Column
    """Excess of the on_axis flux over the registered off_axis flux; all of it where both lamps show the same."""
    snr: Column
    """The same over the noise of the electrons of both frames."""
    off_max_e: Column
    """Largest off_axis flux within the slack around the registered place."""
    off_exact_e: Column
    """Off_axis flux at the registered place, interpolated."""
    z: Column
    """Excess of on_axis over the largest off_axis flux nearby, or, in a place dark off_axis, over what that darkness
    would make of it; in standard deviations of the noise of both."""
    clutter: Column
    """Mean modulus of the filtered frame around the place in standard deviations of the noise; 1 for noise alone."""
    alone: Column
    """On_axis flux over the mean modulus of it around the place, off_axis disregarded; 0 where it is lost in noise."""

    def __len__(self) -> int:
        return int(self.x.size)


def find_peaks(
    on_axis: tuple[Level, ...],
    off_axis: tuple[Level, ...],
    read_noise_e: float,
    lamp_ratio: Image,
    motion: Affine,
    flow: npt.NDArray[np.float32],
) -> Peaks:
    """Local maxima of on_axis with their off_axis light.

    lamp_ratio: coarse map of on_axis over off_axis illumination. motion: 2 x 3, on_axis to off_axis, pixels of the
    frame. flow: H' x W' x 2, smooth displacement on top of it, pixels of the frame. A place found at two levels is
    kept at the level where it stands out more.
    """
    parts = [
        _level_peaks(i, on, off, read_noise_e, lamp_ratio, motion, flow)
        for i, (on, off) in enumerate(zip(on_axis, off_axis, strict=True))
    ]
    joined = [np.concatenate([part[k] for part in parts]) for k in range(10)]
    return _without_twins(Peaks(*joined), on_axis[0])


def worth_following(peaks: Peaks) -> Indices:
    """Indices of the places that start a track: strongest by excess over noise and over clutter, and points that both
    lamps show, each bounded in number.
    """
    is_over = peaks.z >= GLINT_Z
    shared = np.flatnonzero(~is_over & (peaks.alone > 0.0))
    shared = shared[np.argsort(-peaks.alone[shared], kind="stable")[:MAX_SHARED]]
    return np.sort(np.concatenate([_strongest(peaks, np.flatnonzero(is_over)), shared]))


def _strongest(peaks: Peaks, over: Indices) -> Indices:
    if over.size <= MAX_NEW:
        return over
    by_noise = over[np.argsort(-peaks.z[over], kind="stable")[: MAX_NEW // 2]]
    by_clutter = over[np.argsort(-(peaks.z[over] / peaks.clutter[over]), kind="stable")]
    rest = by_clutter[~np.isin(by_clutter, by_noise)][: MAX_NEW - by_noise.size]
    return np.concatenate([by_noise, rest])


def _level_peaks(
    index: int,
    on: Level,
    off: Level,
    read_noise_e: float,
    lamp_ratio: Image,
    motion: Affine,
    flow: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.generic], ...]:
    height, width = on.flux.shape
    shape = (height * on.step, width * on.step)
    full_gain, noise = _expected_noise(on, lamp_ratio, read_noise_e)
    moved = warp(off.flux, motion, flow, on.step)
    excess = np.asarray(cv2.multiply(moved, full_gain), np.float32)
    cv2.subtract(on.flux, excess, excess)
    ratio = np.asarray(cv2.divide(excess, noise), np.float32)
    xs, ys = _maxima(excess, ratio)
    alone, shared = _alone(on, read_noise_e, xs, ys)
    sub_x, sub_y = _subpixel(excess, xs, ys)
    also_x, also_y = _subpixel(on.flux, *shared)
    xs, ys = np.concatenate([xs, shared[0]]), np.concatenate([ys, shared[1]])
    sub_x, sub_y = np.concatenate([sub_x, also_x]), np.concatenate([sub_y, also_y])
    x, y = from_level(xs + sub_x, on.step), from_level(ys + sub_y, on.step)
    bx, by = carry(x, y, motion, flow, shape)
    lx, ly = to_level(bx, off.step), to_level(by, off.step)
    column = np.clip(np.rint(lx).astype(np.intp), 0, width - 1)
    row = np.clip(np.rint(ly).astype(np.intp), 0, height - 1)
    gain, sigma = full_gain[ys, xs], noise[ys, xs]
    flux, off_max, off_exact = on.flux[ys, xs], off.widest[row, column], moved[ys, xs]
    told_apart = np.arange(xs.size) < xs.size - shared[0].size
    shown = gain * np.maximum(off_max, 0.0)
    # a lens in a hole: the hole is dark under both lamps, so off_axis tells how much light is missing there
    hole = np.where(off_exact < 0.0, flux - gain * off_exact - shown, -np.inf)
    z = np.maximum(flux - shown, hole) / sigma
    modulus = np.abs(ratio[::2, ::2])
    np.minimum(modulus, np.float32(CLUTTER_CLIP), out=modulus)
    size = max(7, (width // 40) | 1)
    clutter = cv2.blur(modulus, (size, size))[ys // 2, xs // 2] * np.float32(1.2533)
    z[(lx < 0) | (ly < 0) | (lx > width - 1) | (ly > height - 1)] = 0.0
    strength = np.where(told_apart, excess[ys, xs], flux)
    return (
        x, y, np.full(x.size, index, np.int8), strength, ratio[ys, xs], off_max, off_exact, z.astype(np.float32),
        np.maximum(clutter, np.float32(1.0)), alone,
    )  # fmt: skip


def _alone(on: Level, read_noise_e: float, xs: Indices, ys: Indices) -> tuple[Column, tuple[Indices, Indices]]:
    """How far places of on_axis, and the maxima of its own that are not among them, stand out from what is around."""
    width = on.flux.shape[1]
    size = max(7, (width // 18) | 1)
    around = cv2.blur(np.abs(on.flux[::4, ::4]), (max(3, (size // 4) | 1),) * 2)
    floor = np.float32(SHARED_SNR * POINT.noise_gain * on.step)
    faintest = max(1e-3, float(floor) * max(read_noise_e, 1e-3))
    v, u = _tops(on.flux, on.widest, on.flux > faintest)
    taken = np.zeros(on.flux.shape, np.bool_)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            taken[ys + down, xs + right] = True  # places lie 3 px from the border at least
    free = ~taken[v, u]
    v, u = np.concatenate([ys, v[free]]), np.concatenate([xs, u[free]])
    light, mean = on.flux[v, u], np.maximum(on.mean[v, u], 0.0) + np.float32(read_noise_e**2)
    out = np.where(light > floor * np.sqrt(mean), light / np.maximum(around[v // 4, u // 4], 1.0), 0.0)
    out = out.astype(np.float32)
    new = np.flatnonzero(out[xs.size :] > 0.0) + xs.size
    new = new[np.argsort(-out[new], kind="stable")[: 4 * MAX_SHARED]]
    return out[np.concatenate([np.arange(xs.size), new])], (u[new], v[new])


def _expected_noise(on: Level, lamp_ratio: Image, read_noise_e: float) -> tuple[Image, Image]:
    """Lamp ratio and standard deviation of the excess, H x W, worked out at half the resolution: both are smooth."""
    height, width = on.flux.shape
    half = np.ascontiguousarray(on.mean[::2, ::2])
    size = (half.shape[1], half.shape[0])
    gain = np.asarray(cv2.resize(lamp_ratio, size, interpolation=cv2.INTER_LINEAR), np.float32)
    floor = np.float32(read_noise_e**2 + 0.05)
    # off_axis light is on_axis light over the ratio of the lamps: (1 + gain) light + (1 + gain^2) floor
    variance = np.maximum(half, np.float32(0.0), out=half)
    variance *= gain + np.float32(1.0)
    gain *= gain
    gain += np.float32(1.0)
    gain *= floor
    variance += gain
    noise = np.asarray(cv2.sqrt(variance, variance), np.float32)
    noise *= np.float32(POINT.noise_gain * on.step)
    size = (width, height)
    full = [np.asarray(cv2.resize(f, size, interpolation=cv2.INTER_LINEAR), np.float32) for f in (lamp_ratio, noise)]
    return full[0], full[1]


def _maxima(excess: Image, ratio: Image) -> tuple[Indices, Indices]:
    """Strongest local maxima of a 3 x 3 neighbourhood, away from the border."""
    top = np.asarray(cv2.dilate(excess, np.ones((3, 3), np.uint8)), np.float32)
    ys, xs = _tops(excess, top, ratio >= PEAK_SNR)
    if ys.size > MAX_PEAKS:
        keep = np.sort(np.argpartition(-ratio[ys, xs], MAX_PEAKS)[:MAX_PEAKS])
        ys, xs = ys[keep], xs[keep]
    return xs, ys


def _tops(image: Image, top: Image, worth: npt.NDArray[np.bool_], border: int = 3) -> tuple[Indices, Indices]:
    """Rows and columns of the pixels that are worth it and reach `top`, away from the border."""
    height, width = image.shape
    reached = image >= top
    reached &= worth
    ys, xs = np.divmod(np.flatnonzero(reached), width)
    inside = (ys >= border) & (ys < height - border) & (xs >= border) & (xs < width - border)
    return ys[inside], xs[inside]


def _without_twins(peaks: Peaks, finest: Level) -> Peaks:
    """Drop a peak where a peak of another level lies within its point and stands out more."""
    shape = finest.flux.shape
    cell = np.float32(2.0 * finest.step)
    best = np.zeros((shape[0] // 2 + 2, shape[1] // 2 + 2), np.float32)
    v = np.clip((peaks.y / cell).astype(np.intp), 0, best.shape[0] - 1)
    u = np.clip((peaks.x / cell).astype(np.intp), 0, best.shape[1] - 1)
    # a coarse peak counts only by what it has more than the fine one
    strength = peaks.snr * np.where(peaks.level == 0, 1.0, 0.87 ** peaks.level.astype(np.float32))
    np.maximum.at(best, (v, u), strength)
    near = cv2.dilate(best, np.ones((3, 3), np.uint8))
    keep = strength >= near[v, u]
    keep |= peaks.level == 0  # fine peaks stay: two points close to each other are two places
    return Peaks(*(getattr(peaks, name)[keep] for name in peaks.__dataclass_fields__))


def _subpixel(flux: Image, xs: Indices, ys: Indices) -> tuple[Column, Column]:
    """Vertex of the parabola through the three neighbours, per axis, within half a pixel."""
    centre = flux[ys, xs]

    def vertex(low: Column, high: Column) -> Column:
        curve = low - 2.0 * centre + high
        shift = np.where(curve < -1e-6, 0.5 * (low - high) / np.where(curve < -1e-6, curve, -1.0), 0.0)
        return np.clip(shift, -0.5, 0.5).astype(np.float32)

    return vertex(flux[ys, xs - 1], flux[ys, xs + 1]), vertex(flux[ys - 1, xs], flux[ys + 1, xs])
