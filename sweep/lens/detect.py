"""Glints of one triple: places that answer the on_axis lamp and neither the off_axis lamp nor the dark.

Job: subtract the dark frame from both lit frames, compare a matched filter of on_axis with the local maximum of
off_axis, divide by the noise expected from the electrons counted and by the clutter found around, and keep what
stands out. Input: three registered float32 frames in electrons; output: `Glints`, one row a place, with the numbers
the later stages judge by. Refuses to decide: the threshold here is low, it must lose few lenses.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.register import Image

Column = npt.NDArray[np.float32]

GLINT_Z = 3.2
"""Derived: a lens of signal-to-noise 5 falls below it in one frame of thirty; noise passes about 80 times a frame."""
BRIGHT_Z = 8.0
"""Guessed: places this strong in on_axis alone are kept too, for lenses that off_axis shows as well."""
MAX_GLINTS = 400
MAX_BRIGHT = 160
MIN_CLUTTER = 1.0
PATCH_RADIUS = 6
OFF_AXIS_MARGIN_PX = 2
"""Derived: residual parallax after local registration stays below 2 px at half size (rendered)."""


@dataclass(frozen=True)
class Glints:
    """Places found in one triple; columns of equal length, positions in the on_axis frame's pixels."""

    x: Column
    y: Column
    z: Column
    """Excess of on_axis over off_axis in standard deviations of noise and clutter."""
    z_on_axis: Column
    """Excess of on_axis over its surroundings in standard deviations of noise and clutter."""
    snr: Column
    """Flux over the noise of the electrons alone."""
    flux_e: Column
    """Electrons of the point, on_axis minus dark, above the surroundings."""
    flux_off_axis_e: Column
    """The same for off_axis at the strongest place within the margin."""
    flux_dark_e: Column
    """The same for the dark frame."""
    width_px: Column
    """Root of the mean second moment."""
    elongation: Column
    """Ratio of the principal widths, >= 1."""
    surround_e: Column
    """Level of on_axis minus dark around the point."""
    surround_ratio: Column
    """Level around the point, off_axis to on_axis."""
    saturated: Column
    """Share of the central 3 x 3 pixels that are saturated on_axis."""
    partner: Column
    """Strongest symmetric pair of off_axis points along the lamp baseline, share of flux_e."""

    def __len__(self) -> int:
        return int(self.x.size)

    def matrix(self) -> npt.NDArray[np.float32]:
        """Rows by columns, in the order of the fields."""
        return np.stack([getattr(self, f.name) for f in fields(self)], axis=1)


COLUMNS = tuple(f.name for f in fields(Glints))


@dataclass(frozen=True)
class TripleMaps:
    """Filter outputs of one triple, H x W, from which places can be measured."""

    diff_on_axis: Image
    diff_off_axis: Image
    dark: Image
    flux_on_axis: Image
    flux_off_axis: Image
    flux_off_axis_max: Image
    flux_wide: Image
    sigma_flux: Image
    z: Image
    z_on_axis: Image
    saturated: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class PointFilter:
    """Zero-mean matched filter: a Gaussian point minus a wider one, scaled so that a point returns its flux."""

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


def measure_maps(
    on_axis: Image, off_axis: Image, dark: Image, saturated: npt.NDArray[np.uint8], read_noise_e: float, sigma_px: float
) -> TripleMaps:
    """Filter a registered triple. Frames: H x W electrons, black level out, hot pixels repaired."""
    point = PointFilter.of(sigma_px)
    diff_on, diff_off = on_axis - dark, off_axis - dark
    flux_on, wide_on, slow_on = _flux(diff_on, point)
    flux_off, _, slow_off = _flux(diff_off, point)
    lamp_ratio = _lamp_ratio(slow_on, slow_off)
    margin = 2 * OFF_AXIS_MARGIN_PX + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin, margin))
    off_max = np.asarray(cv2.dilate(flux_off, disc), np.float32)
    variance_on = cv2.blur(on_axis + dark, (7, 7)) + np.float32(2.0 * read_noise_e**2)
    variance_off = cv2.blur(off_axis + dark, (7, 7)) + np.float32(2.0 * read_noise_e**2)
    floor = np.float32(max(0.25, read_noise_e**2))
    np.maximum(variance_on, floor, out=variance_on)
    np.maximum(variance_off, floor, out=variance_off)
    sigma = cv2.sqrt(variance_on) * np.float32(point.noise_gain)
    sigma_diff = cv2.sqrt(variance_on + lamp_ratio * lamp_ratio * variance_off) * np.float32(point.noise_gain)
    excess = flux_on - lamp_ratio * np.maximum(off_max, 0.0)
    z = _over_clutter(excess / sigma_diff)
    z_on = _over_clutter(flux_on / sigma)
    return TripleMaps(
        diff_on, diff_off, dark, flux_on, flux_off, off_max, wide_on, np.asarray(sigma, np.float32), z, z_on, saturated
    )


def find_glints(maps: TripleMaps, baseline_px: tuple[int, int]) -> Glints:
    """Local maxima that stand out. `baseline_px`: least and greatest distance at which an off_axis twin may lie."""
    xs, ys = _peaks(maps.z, GLINT_Z, MAX_GLINTS)
    bright_xs, bright_ys = _peaks(maps.z_on_axis, BRIGHT_Z, MAX_BRIGHT)
    if bright_xs.size:
        taken = np.zeros(maps.z.shape, np.uint8)
        taken[ys, xs] = 1
        near = cv2.dilate(taken, np.ones((5, 5), np.uint8))
        free = near[bright_ys, bright_xs] == 0
        xs, ys = np.concatenate([xs, bright_xs[free]]), np.concatenate([ys, bright_ys[free]])
    return measure_at(maps, xs, ys, baseline_px)


def measure_at(
    maps: TripleMaps, xs: npt.NDArray[np.intp], ys: npt.NDArray[np.intp], baseline_px: tuple[int, int]
) -> Glints:
    """Measure whole-pixel places, found or forced. Places are held inside the frame."""
    height, width = maps.z.shape
    xs, ys = np.clip(xs, 1, width - 2), np.clip(ys, 1, height - 2)
    sub_x, sub_y = _subpixel(maps.flux_on_axis, xs, ys)
    flux = maps.flux_on_axis[ys, xs]
    widths, elongation, surround, surround_off = _shape(maps, xs, ys)
    dark_flux = _patch_flux(maps.dark, xs, ys)
    saturated = np.mean([maps.saturated[ys + j, xs + i] for j in (-1, 0, 1) for i in (-1, 0, 1)], axis=0) / 255.0
    return Glints(
        x=(xs + sub_x).astype(np.float32),
        y=(ys + sub_y).astype(np.float32),
        z=maps.z[ys, xs],
        z_on_axis=maps.z_on_axis[ys, xs],
        snr=(flux / maps.sigma_flux[ys, xs]).astype(np.float32),
        flux_e=flux,
        flux_off_axis_e=maps.flux_off_axis_max[ys, xs],
        flux_dark_e=dark_flux,
        width_px=widths,
        elongation=elongation,
        surround_e=surround,
        surround_ratio=(surround_off / np.maximum(surround, 1.0)).astype(np.float32),
        saturated=saturated.astype(np.float32),
        partner=_partner(maps, xs, ys, baseline_px),
    )


def _gaussian(grid: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float64]:
    line = np.exp(-0.5 * (grid / sigma) ** 2)
    line /= line.sum()
    return np.outer(line, line)


def _flux(diff: Image, point: PointFilter) -> tuple[Image, Image, Image]:
    """Flux at the point scale, flux at twice the scale (both per point at the fine scale), and the slow part."""
    fine = cv2.GaussianBlur(diff, (0, 0), point.sigma_px)
    middle = cv2.GaussianBlur(diff, (0, 0), 2.0 * point.sigma_px)
    coarse = cv2.GaussianBlur(diff, (0, 0), 4.0 * point.sigma_px)
    flux = (fine - middle) * np.float32(point.gain)
    wide = (middle - coarse) * np.float32(4.0 * point.gain)
    return np.asarray(flux, np.float32), np.asarray(wide, np.float32), np.asarray(coarse, np.float32)


def _lamp_ratio(slow_on: Image, slow_off: Image) -> Image:
    """How much stronger the on_axis lamp lights the surroundings than the off_axis lamp, held to 0.5..2."""
    size = (max(8, slow_on.shape[1] // 32), max(8, slow_on.shape[0] // 32))
    on = cv2.blur(cv2.resize(slow_on, size, interpolation=cv2.INTER_AREA), (3, 3))
    off = cv2.blur(cv2.resize(slow_off, size, interpolation=cv2.INTER_AREA), (3, 3))
    ratio = np.clip((on + 1.0) / np.maximum(off + 1.0, 0.5), 0.5, 2.0).astype(np.float32)
    full = cv2.resize(ratio, (slow_on.shape[1], slow_on.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, np.float32)


def _over_clutter(ratio: Image) -> Image:
    """Divide a map of standard deviations by the clutter around each place (mean of the clipped moduli)."""
    modulus = np.minimum(np.abs(ratio), np.float32(6.0))
    size = max(15, (ratio.shape[1] // 20) | 1)
    clutter = cv2.blur(modulus, (size, size)) * np.float32(1.2533)
    np.maximum(clutter, np.float32(MIN_CLUTTER), out=clutter)
    return np.asarray(ratio / clutter, np.float32)


def _peaks(z: Image, floor: float, limit: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Strongest local maxima of a 5 x 5 neighbourhood, away from the border."""
    top = cv2.dilate(z, np.ones((5, 5), np.uint8))
    mask = (z >= top) & (z >= floor)
    border = 3
    mask[:border] = mask[-border:] = False
    mask[:, :border] = mask[:, -border:] = False
    ys, xs = np.nonzero(mask)
    if xs.size > limit:
        strongest = np.argsort(-z[ys, xs], kind="stable")[:limit]
        xs, ys = xs[strongest], ys[strongest]
    return xs, ys


def _subpixel(flux: Image, xs: npt.NDArray[np.intp], ys: npt.NDArray[np.intp]) -> tuple[Column, Column]:
    """Vertex of the parabola through the three neighbours, per axis, within half a pixel."""
    centre = flux[ys, xs]

    def vertex(low: Column, high: Column) -> Column:
        curve = low - 2.0 * centre + high
        shift = np.where(curve < -1e-6, 0.5 * (low - high) / np.where(curve < -1e-6, curve, -1.0), 0.0)
        return np.clip(shift, -0.5, 0.5).astype(np.float32)

    return vertex(flux[ys, xs - 1], flux[ys, xs + 1]), vertex(flux[ys - 1, xs], flux[ys + 1, xs])


def _patches(image: Image, xs: npt.NDArray[np.intp], ys: npt.NDArray[np.intp], radius: int) -> npt.NDArray[np.float32]:
    """N x (2r+1) x (2r+1) cut-outs; beyond the border the edge repeats."""
    offset = np.arange(-radius, radius + 1)
    rows = np.clip(ys[:, None] + offset, 0, image.shape[0] - 1)
    columns = np.clip(xs[:, None] + offset, 0, image.shape[1] - 1)
    return np.asarray(image[rows[:, :, None], columns[:, None, :]])


def _shape(
    maps: TripleMaps, xs: npt.NDArray[np.intp], ys: npt.NDArray[np.intp]
) -> tuple[Column, Column, Column, Column]:
    """Width, elongation and the level around, from cut-outs."""
    radius = PATCH_RADIUS
    patches = _patches(maps.diff_on_axis, xs, ys, radius)
    off = _patches(maps.diff_off_axis, xs, ys, radius)
    grid = np.arange(-radius, radius + 1, dtype=np.float32)
    gx, gy = np.meshgrid(grid, grid)
    rim = np.hypot(gx, gy) > radius - 1.0
    surround = np.median(patches[:, rim], axis=1) if xs.size else np.zeros(0, np.float32)
    surround_off = np.median(off[:, rim], axis=1) if xs.size else np.zeros(0, np.float32)
    core = (np.hypot(gx, gy) <= radius - 1.0).astype(np.float32)
    light = np.maximum(patches - surround[:, None, None], 0.0) * core
    peak = patches[:, radius - 1 : radius + 2, radius - 1 : radius + 2].max(axis=(1, 2)) - surround
    light = np.maximum(light - 0.15 * np.maximum(peak, 0.0)[:, None, None], 0.0)
    total = light.sum(axis=(1, 2)) + 1e-6
    cx, cy = (light * gx).sum(axis=(1, 2)) / total, (light * gy).sum(axis=(1, 2)) / total
    xx = (light * gx * gx).sum(axis=(1, 2)) / total - cx * cx + 0.08
    yy = (light * gy * gy).sum(axis=(1, 2)) / total - cy * cy + 0.08
    xy = (light * gx * gy).sum(axis=(1, 2)) / total - cx * cy
    mean = 0.5 * (xx + yy)
    spread = np.sqrt(np.maximum(0.25 * (xx - yy) ** 2 + xy * xy, 0.0))
    elongation = np.sqrt((mean + spread) / np.maximum(mean - spread, 0.04))
    return (
        np.sqrt(np.maximum(mean, 0.0)).astype(np.float32),
        elongation.astype(np.float32),
        surround.astype(np.float32),
        surround_off.astype(np.float32),
    )


def _patch_flux(image: Image, xs: npt.NDArray[np.intp], ys: npt.NDArray[np.intp]) -> Column:
    """Light of the central 5 x 5 pixels above the rim of a 9 x 9 cut-out."""
    patches = _patches(image, xs, ys, 4)
    if not xs.size:
        return np.zeros(0, np.float32)
    rim = np.ones((9, 9), bool)
    rim[1:-1, 1:-1] = False
    level = np.median(patches[:, rim], axis=1)
    light = patches[:, 2:7, 2:7].sum(axis=(1, 2)) - 25.0 * level
    return np.asarray(light, np.float32)


def _partner(
    maps: TripleMaps, xs: npt.NDArray[np.intp], ys: npt.NDArray[np.intp], baseline_px: tuple[int, int]
) -> Column:
    """Symmetric pair of off_axis points left and right: the mark of a mirror image of the two lamp clusters."""
    low, high = baseline_px
    width = maps.z.shape[1]
    if not xs.size or low >= high:
        return np.zeros(xs.size, np.float32)
    tall = cv2.dilate(maps.flux_off_axis, np.ones((5, 5), np.uint8))
    lit = cv2.dilate(maps.flux_on_axis, np.ones((5, 5), np.uint8))
    only = np.maximum(tall - np.maximum(lit, 0.0), 0.0)
    steps = np.arange(low, high)
    left, right = xs[:, None] - steps, xs[:, None] + steps
    inside = (left >= 0) & (right < width)
    row = ys[:, None]
    pair = np.minimum(only[row, np.clip(left, 0, width - 1)], only[row, np.clip(right, 0, width - 1)])
    strongest = np.where(inside, pair, 0.0).max(axis=1)
    flux = np.maximum(maps.flux_on_axis[ys, xs], 1.0)
    return np.asarray(strongest / flux, np.float32)
