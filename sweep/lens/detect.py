"""Glints of one frame: places that answer the on_axis lamp more than their surroundings and more than off_axis does.

Job: filter the lit frames at two or three scales, subtract the filtered off_axis frame where registration puts it,
find the local maxima, and rank them by the excess over the strongest off_axis light nearby in standard deviations of
the noise expected from the electrons counted. Input: float32 frames in electrons and the motion between them; output:
`Peaks`. Refuses to decide: the threshold here is low, it must
lose few lenses.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.register import Affine, Image

Column = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

HALF_WIDTH_PX = 728
"""Frames are measured at about this width, so that the same numbers mean the same at full size."""
POINT_SIGMA_PX = 0.8
"""Derived: defocus within 0.3 dioptres, pixel area and f/2.8 together at half size."""
LEVELS = 2
"""Scales: points in focus and points out of focus by up to 1.5 dioptres."""
PEAK_SNR = 2.8
"""Derived: a lens of signal-to-noise 5 falls below it in one frame of seventy."""
GLINT_Z = 2.4
"""Guessed: excess over off_axis below which a place is not worth following."""
MAX_PEAKS = 4000
MAX_NEW = 130
"""Places per triple that are followed further; twice what the most cluttered rendered clips need to lose nothing."""
SLACK_PX = 2
"""Derived: off_axis is searched this far around the registered place, in pixels of the level; residual parallax."""
SLACK = np.ones((2 * SLACK_PX + 1, 2 * SLACK_PX + 1), np.uint8)
CLUTTER_CLIP = 6.0
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


@dataclass(frozen=True)
class Peaks:
    """Local maxima of on_axis minus off_axis over all levels; columns of equal length, places in frame pixels."""

    x: Column
    y: Column
    level: npt.NDArray[np.int8]
    flux_e: Column
    """Excess of the on_axis flux over the registered off_axis flux."""
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

    def __len__(self) -> int:
        return int(self.x.size)


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
        fine = cv2.GaussianBlur(current, (0, 0), POINT.sigma_px)
        mean = cv2.GaussianBlur(current, (0, 0), 2.0 * POINT.sigma_px)
        flux = cv2.addWeighted(fine, POINT.gain * step**2, mean, -POINT.gain * step**2, 0.0)
        widest = cv2.dilate(flux, SLACK)
        flux, mean, widest = (np.asarray(f, np.float32) for f in (flux, mean, widest))
        result.append(Level(flux, mean, widest, step))
    return tuple(result)


def noise_of(level: Level, read_noise_e: float) -> Image:
    """Standard deviation of the flux from shot and read noise, electrons. H x W."""
    variance = np.maximum(level.mean, 0.0) + np.float32(read_noise_e**2 + 0.05)
    return np.asarray(np.sqrt(variance) * np.float32(POINT.noise_gain * level.step), np.float32)


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
    joined = [np.concatenate([part[k] for part in parts]) for k in range(9)]
    return _without_twins(Peaks(*joined), on_axis[0])


def worth_following(peaks: Peaks) -> Indices:
    """Indices of the places that start a track: strongest by excess over noise and over clutter, bounded in number."""
    over = np.flatnonzero(peaks.z >= GLINT_Z)
    if over.size <= MAX_NEW:
        return over
    by_noise = over[np.argsort(-peaks.z[over], kind="stable")[: MAX_NEW // 2]]
    by_clutter = over[np.argsort(-(peaks.z[over] / peaks.clutter[over]), kind="stable")]
    rest = by_clutter[~np.isin(by_clutter, by_noise)][: MAX_NEW - by_noise.size]
    return np.sort(np.concatenate([by_noise, rest]))


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
    size = (width, height)
    shift_x = np.asarray(cv2.resize(flow[..., 0], size, interpolation=cv2.INTER_LINEAR), np.float32)
    shift_y = np.asarray(cv2.resize(flow[..., 1], size, interpolation=cv2.INTER_LINEAR), np.float32)
    u = (np.arange(width, dtype=np.float32) + np.float32(0.5)) * np.float32(step) - np.float32(0.5)
    v = ((np.arange(height, dtype=np.float32) + np.float32(0.5)) * np.float32(step) - np.float32(0.5))[:, None]
    a = motion.astype(np.float32)
    shift_x += a[0, 0] * u + (a[0, 1] * v + a[0, 2])
    shift_y += a[1, 0] * u + (a[1, 1] * v + a[1, 2])
    if step > 1:
        shift_x, shift_y = to_level(shift_x, step), to_level(shift_y, step)
    return np.asarray(cv2.remap(image, shift_x, shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def sample(coarse: Image, x: Column, y: Column, shape: tuple[int, int]) -> Column:
    """Values of a coarse map at places of the frame, nearest cell."""
    rows, columns = coarse.shape[:2]
    v = np.clip((y * (rows / shape[0])).astype(np.intp), 0, rows - 1)
    u = np.clip((x * (columns / shape[1])).astype(np.intp), 0, columns - 1)
    return np.asarray(coarse[v, u], np.float32)


def interpolated(image: Image, x: Column, y: Column) -> Column:
    """Bilinear values at sub-pixel places; beyond the border the edge repeats."""
    height, width = image.shape
    x0 = np.clip(np.floor(x).astype(np.intp), 0, width - 2)
    y0 = np.clip(np.floor(y).astype(np.intp), 0, height - 2)
    fx, fy = np.clip(x - x0, 0.0, 1.0), np.clip(y - y0, 0.0, 1.0)
    top = image[y0, x0] * (1 - fx) + image[y0, x0 + 1] * fx
    low = image[y0 + 1, x0] * (1 - fx) + image[y0 + 1, x0 + 1] * fx
    return np.asarray(top * (1 - fy) + low * fy, np.float32)


def to_level(x: Column, step: int) -> Column:
    """Frame coordinate to the coordinate of a level; shrinking by areas moves centres."""
    return ((x + np.float32(0.5)) / np.float32(step) - np.float32(0.5)).astype(np.float32)


def from_level(x: Column, step: int) -> Column:
    """The way back."""
    return ((x + np.float32(0.5)) * np.float32(step) - np.float32(0.5)).astype(np.float32)


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
    excess = np.asarray(cv2.subtract(on.flux, cv2.multiply(moved, full_gain)), np.float32)
    ratio = excess / noise
    xs, ys = _maxima(excess, ratio)
    sub_x, sub_y = _subpixel(excess, xs, ys)
    x, y = from_level(xs + sub_x, on.step), from_level(ys + sub_y, on.step)
    bx, by = carry(x, y, motion, flow, shape)
    lx, ly = to_level(bx, off.step), to_level(by, off.step)
    column = np.clip(np.rint(lx).astype(np.intp), 0, width - 1)
    row = np.clip(np.rint(ly).astype(np.intp), 0, height - 1)
    gain, sigma = full_gain[ys, xs], noise[ys, xs]
    flux, off_max, off_exact = on.flux[ys, xs], off.widest[row, column], moved[ys, xs]
    shown = gain * np.maximum(off_max, 0.0)
    # a lens in a hole: the hole is dark under both lamps, so off_axis tells how much light is missing there
    hole = np.where(off_exact < 0.0, flux - gain * off_exact - shown, -np.inf)
    z = np.maximum(flux - shown, hole) / sigma
    modulus = np.minimum(np.abs(ratio[::2, ::2]), np.float32(CLUTTER_CLIP))
    size = max(7, (width // 40) | 1)
    clutter = cv2.blur(modulus, (size, size))[ys // 2, xs // 2] * np.float32(1.2533)
    z[(lx < 0) | (ly < 0) | (lx > width - 1) | (ly > height - 1)] = 0.0
    return (
        x, y, np.full(x.size, index, np.int8), excess[ys, xs], ratio[ys, xs], off_max, off_exact, z.astype(np.float32),
        np.maximum(clutter, np.float32(1.0)),
    )  # fmt: skip


def _expected_noise(on: Level, lamp_ratio: Image, read_noise_e: float) -> tuple[Image, Image]:
    """Lamp ratio and standard deviation of the excess, H x W, worked out at half the resolution: both are smooth."""
    height, width = on.flux.shape
    mean = np.ascontiguousarray(on.mean[::2, ::2])
    gain = cv2.resize(lamp_ratio, (mean.shape[1], mean.shape[0]), interpolation=cv2.INTER_LINEAR)
    floor = np.float32(read_noise_e**2 + 0.05)
    light = np.maximum(mean, 0.0)
    # off_axis light is on_axis light over the ratio of the lamps
    variance = light + floor + gain * light + gain * gain * floor
    noise = cv2.sqrt(variance) * np.float32(POINT.noise_gain * on.step)
    size = (width, height)
    full = [np.asarray(cv2.resize(f, size, interpolation=cv2.INTER_LINEAR), np.float32) for f in (gain, noise)]
    return full[0], full[1]


def _maxima(excess: Image, ratio: Image) -> tuple[Indices, Indices]:
    """Strongest local maxima of a 3 x 3 neighbourhood, away from the border."""
    top = cv2.dilate(excess, np.ones((3, 3), np.uint8))
    mask = (excess >= top) & (ratio >= PEAK_SNR)
    border = 3
    mask[:border] = mask[-border:] = False
    mask[:, :border] = mask[:, -border:] = False
    flat = np.flatnonzero(mask)
    if flat.size > MAX_PEAKS:
        keep = np.argpartition(-ratio.ravel()[flat], MAX_PEAKS)[:MAX_PEAKS]
        flat = np.sort(flat[keep])
    ys, xs = np.divmod(flat, excess.shape[1])
    return xs, ys


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
