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

from sweep.lens.pixels.excess import SHARED_SNR, Excess, Indices, Tops, find_excess
from sweep.lens.pixels.matched_filter import POINT, Column, Level, carry, from_level, to_level, warp
from sweep.lens.pixels.register import Affine, Image

GLINT_Z = 2.4
"""Guessed: excess over off_axis below which a place is not worth following."""
MAX_NEW = 130
"""Places per triple that are followed further; twice what the most cluttered rendered clips need to lose nothing."""
MAX_SHARED = 30
"""Places per triple that both lamps show alike and that are followed all the same: a lens behind a reflective IR-cut
looks so.  Guessed: as many cost a tenth of the time that all places take."""


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
    found = find_excess(on, warp(off.flux, motion, flow, on.step), lamp_ratio, read_noise_e)
    tops, alone = _alone(on, read_noise_e, found)
    x, y = from_level(tops.xs + tops.sub_x, on.step), from_level(tops.ys + tops.sub_y, on.step)
    bx, by = carry(x, y, motion, flow, shape)
    lx, ly = to_level(bx, off.step), to_level(by, off.step)
    column = np.clip(np.rint(lx).astype(np.intp), 0, width - 1)
    row = np.clip(np.rint(ly).astype(np.intp), 0, height - 1)
    off_max = off.widest[row, column]
    shown = tops.gain * np.maximum(off_max, 0.0)
    # a lens in a hole: the hole is dark under both lamps, so off_axis tells how much light is missing there
    hole = np.where(tops.off < 0.0, tops.flux - tops.gain * tops.off - shown, -np.inf)
    z = np.maximum(tops.flux - shown, hole) / tops.noise
    size = max(7, (width // 40) | 1)
    clutter = cv2.blur(found.modulus, (size, size))[tops.ys // 2, tops.xs // 2] * np.float32(1.2533)
    z[(lx < 0) | (ly < 0) | (lx > width - 1) | (ly > height - 1)] = 0.0
    strength = np.where(np.arange(len(tops)) < len(found.peaks), tops.excess, tops.flux)
    return (
        x, y, np.full(x.size, index, np.int8), strength, tops.snr, off_max, tops.off, z.astype(np.float32),
        np.maximum(clutter, np.float32(1.0)), alone,
    )  # fmt: skip


def _alone(on: Level, read_noise_e: float, found: Excess) -> tuple[Tops, Column]:
    """The peaks, the maxima of on_axis that are not among them, and how far each stands out from what is around."""
    width = on.flux.shape[1]
    size = max(7, (width // 18) | 1)
    around = cv2.blur(np.abs(on.flux[::4, ::4]), (max(3, (size // 4) | 1),) * 2)
    floor = np.float32(SHARED_SNR * POINT.noise_gain * on.step)
    tops = found.peaks.join(found.shown.take(_apart(found.shown, found.peaks, width)))
    light, mean = tops.flux, np.maximum(on.mean[tops.ys, tops.xs], 0.0) + np.float32(read_noise_e**2)
    beside = np.maximum(around[tops.ys // 4, tops.xs // 4], 1.0)
    out = np.where(light > floor * np.sqrt(mean), light / beside, 0.0).astype(np.float32)
    peaks = len(found.peaks)
    new = np.flatnonzero(out[peaks:] > 0.0) + peaks
    new = new[np.argsort(-out[new], kind="stable")[: 4 * MAX_SHARED]]
    kept = np.concatenate([np.arange(peaks), new])
    return tops.take(kept), out[kept]


def _apart(tops: Tops, others: Tops, width: int) -> npt.NDArray[np.bool_]:
    """Which of them no other one touches; both lie 3 px from the border at least."""
    beside = np.array([down * width + right for down in (-1, 0, 1) for right in (-1, 0, 1)])
    taken = (others.ys * width + others.xs)[:, None] + beside
    return ~np.isin(tops.ys * width + tops.xs, taken.ravel(), kind="table")  # sorting takes longer than all pixels do


def _without_twins(peaks: Peaks, finest: Level) -> Peaks:
    """Drop a peak where a peak of another level lies within its point and positions out more."""
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
