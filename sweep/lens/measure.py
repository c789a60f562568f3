"""Numbers of one place in one triple: light, size and surroundings, frame by frame.

Job: cut out the same place of the on_axis, off_axis, dark (and, when there are any, middle-ring and red) frames, each
in its own geometry, and measure apertures, moments, surroundings, twins along the lamp baseline and flare partners.
Input: frames at the measuring scale and registered places; output: a table with one row per place and the columns of
`COLUMNS`. Refuses nothing: a place at the border is measured on repeated edge pixels and says so by its column.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.detect import LAMP_RATIO, Column, Level
from sweep.lens.register import Image

Table = npt.NDArray[np.float32]

RADIUS = 8
CORE_R, POINT_R, WIDE_R = 1.3, 2.3, 5.0
"""Radii of the apertures in pixels of the measuring scale."""
RING_R = 5.6
WINDOW_SIGMA = 2.0
HIGH, LOW = 0.85, 0.3
NEAREST_TWIN_M = 0.2
"""A mirror nearer than this throws the twins of its images out of any view."""

COLUMNS = (
    "core_e",  # light on_axis minus surroundings, the dark of a hole given back: within 1.3 px,
    "point_e",  # within 2.3 px,
    "wide_e",  # within 5 px
    "noise_e",  # standard deviation of point_e from shot and read noise
    "peak_e",  # brightest pixel above the surroundings
    "around_e",  # surroundings, electrons per pixel
    "around_spread",  # scatter of the surroundings over what noise explains
    "annulus",  # level between 3 and 5 px relative to the surroundings, 0 = the same
    "width_px",
    "elongation",
    "saturated_px",  # saturated area
    "area_high",  # pixels brighter than `HIGH` of saturation above the surroundings
    "area_low",  # the same for `LOW`
    "slope",  # change of the local mean over 4 px relative to the surroundings
    "off_point_e",  # off_axis at the registered place
    "off_wide_e",
    "off_around_e",
    "off_dip",  # off_axis level of the place relative to its surroundings, -1 = black hole
    "off_area_high",
    "off_area_low",
    "off_shift_px",  # distance between the centres of on_axis and off_axis light
    "off_max_e",  # matched filter of off_axis, largest within the slack
    "flux_e",  # matched filter of on_axis
    "dark_point_e",
    "dark_around_e",
    "twins",  # symmetric pair of off_axis points along the baseline, share of flux_e
    "twin",  # strongest off_axis point along the baseline where on_axis has none, share of flux_e
    "flare",  # brightness of the place mirrored about the principal point, in levels of the frame's mean
    "middle_point_e",  # middle ring; NaN without one
    "red_point_e",  # red lamp; NaN without one
    "edge",  # 1 at the border of the frame
)
INDEX = {name: i for i, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class View:
    """One frame at the measuring scale."""

    image: Image
    """Electrons per pixel of this scale (sums, not means, of the frame's pixels)."""
    step: int
    """Pixels of the frame per pixel of this scale, along a side."""


@dataclass(frozen=True)
class Places:
    """The same places in another frame: centres in pixels of the frame."""

    x: Column
    y: Column


@dataclass(frozen=True)
class TripleViews:
    """The frames of one triple at the measuring scale and what belongs to them."""

    on_axis: View
    off_axis: View
    dark: View
    saturated: Image
    """Share of each measuring pixel that is saturated on_axis, 0..1."""
    middle: View | None
    red: View | None
    on_level: Level
    """Filtered on_axis at the measuring scale."""
    off_level: Level
    read_noise_e: float
    """Of one pixel of the frame."""
    full_e: float
    """Electrons of a saturated pixel of the measuring scale."""
    centre: tuple[float, float]
    """Principal point in pixels of the frame."""
    baseline_px_m: float
    """focal_px x offset of the off_axis lamps: displacement of twins times twice the distance, pixels x metres."""
    is_vertical: bool
    """Off_axis lamps above and below instead of left and right."""


def view_of(mean: Image, step: int) -> View:
    """A frame at the measuring scale; `mean`: electrons per pixel of the frame, means over step x step of them."""
    return View(mean if step == 1 else mean * np.float32(step * step), step)


def measure_places(
    views: TripleViews,
    on: Places,
    off: Places,
    dark: Places,
    middle: Places | None,
    red: Places | None,
) -> Table:
    """Measure N places; N x len(COLUMNS). Each argument holds the same places in its own frame."""
    table = np.zeros((on.x.size, len(COLUMNS)), np.float32)
    if not on.x.size:
        return table
    ring = _ring_mask()
    cut, gx, gy = _cut(views.on_axis, on)
    radius = np.hypot(gx, gy)
    around = np.median(cut[:, ring], axis=1)
    off_light, gain, hole = _measure_off_axis(table, views, around, off, ring)
    light = cut - around[:, None, None]
    # what a hole that is dark under both lamps takes away is given back
    light = light - (gain * hole)[:, None, None] * np.minimum(off_light, 0.0)
    pixel_variance = np.float32(views.read_noise_e**2 * views.on_axis.step**2 + 0.05)
    apertures = [_soft(radius, r) for r in (CORE_R, POINT_R, WIDE_R)]
    for name, aperture in zip(("core_e", "point_e", "wide_e"), apertures, strict=True):
        table[:, INDEX[name]] = np.einsum("nij,nij->n", light, aperture)
    variance = np.maximum(cut, 0.0) + pixel_variance
    table[:, INDEX["noise_e"]] = np.sqrt(np.einsum("nij,nij->n", variance, apertures[1]))
    middle_px = slice(RADIUS - 1, RADIUS + 2)
    table[:, INDEX["peak_e"]] = light[:, middle_px, middle_px].max(axis=(1, 2))
    table[:, INDEX["around_e"]] = around
    pixel_noise = np.sqrt(np.maximum(around, 0.0) + pixel_variance)
    scatter = np.minimum(np.abs(light[:, ring]) / pixel_noise[:, None], 6.0).mean(axis=1)
    table[:, INDEX["around_spread"]] = 1.2533 * scatter
    annulus = _soft(radius, 5.0) - _soft(radius, 3.0)
    table[:, INDEX["annulus"]] = np.einsum("nij,nij->n", light, annulus) / annulus.sum(axis=(1, 2))
    table[:, INDEX["annulus"]] /= np.maximum(around, 2.0)
    table[:, INDEX["width_px"]], table[:, INDEX["elongation"]] = _moments(light, gx, gy)
    table[:, INDEX["area_high"]], table[:, INDEX["area_low"]] = _areas(light, views.full_e - around)
    here, there = _centre(light, gx, gy), _centre(off_light, gx, gy)
    table[:, INDEX["off_shift_px"]] = np.hypot(*(here - there))
    table[:, INDEX["saturated_px"]] = _saturated(views, on)
    dark_cut, dx, dy = _cut(views.dark, dark)
    dark_around = np.median(dark_cut[:, ring], axis=1)
    dark_aperture = _soft(np.hypot(dx, dy), POINT_R)
    table[:, INDEX["dark_point_e"]] = np.einsum("nij,nij->n", dark_cut - dark_around[:, None, None], dark_aperture)
    table[:, INDEX["dark_around_e"]] = dark_around
    _measure_filtered(table, views, on, off)
    for name, view, places in (("middle_point_e", views.middle, middle), ("red_point_e", views.red, red)):
        table[:, INDEX[name]] = np.nan if view is None or places is None else _point_light(view, places)
    height, width = views.on_axis.image.shape
    px, py = on.x / views.on_axis.step, on.y / views.on_axis.step
    border = (px < RADIUS) | (py < RADIUS) | (px > width - 1 - RADIUS) | (py > height - 1 - RADIUS)
    table[:, INDEX["edge"]] = border
    return table


def _measure_off_axis(
    table: Table, views: TripleViews, on_around: Column, off: Places, ring: npt.NDArray[np.bool_]
) -> tuple[Image, Column, Column]:
    """Off_axis columns; returns cut-outs minus surroundings, the ratio of the lamps and how much of a hole it is."""
    cut, gx, gy = _cut(views.off_axis, off)
    around = np.median(cut[:, ring], axis=1)
    light = cut - around[:, None, None]
    radius = np.hypot(gx, gy)
    point, wide = _soft(radius, POINT_R), _soft(radius, WIDE_R)
    table[:, INDEX["off_point_e"]] = np.einsum("nij,nij->n", light, point)
    table[:, INDEX["off_wide_e"]] = np.einsum("nij,nij->n", light, wide)
    table[:, INDEX["off_around_e"]] = around
    table[:, INDEX["off_area_high"]], table[:, INDEX["off_area_low"]] = _areas(light, views.full_e - around)
    dip = table[:, INDEX["off_point_e"]] / point.sum(axis=(1, 2)) / np.maximum(around, 2.0)
    table[:, INDEX["off_dip"]] = np.clip(dip, -1.0, 20.0)
    gain = np.clip(on_around / np.maximum(around, 1.0), *LAMP_RATIO).astype(np.float32)
    hole = np.clip((-dip - 0.05) / 0.1, 0.0, 1.0).astype(np.float32)
    return light, gain, hole


def _measure_filtered(table: Table, views: TripleViews, on: Places, off: Places) -> None:
    """What is read from filtered frames: flux, slope, twins, flare."""
    on_level, off_level = views.on_level, views.off_level
    height, width = on_level.flux.shape
    u, v = _rounded(on, on_level.step, width, height)
    table[:, INDEX["flux_e"]] = np.maximum(on_level.flux[v, u], 1.0)
    bu, bv = _rounded(off, off_level.step, width, height)
    table[:, INDEX["off_max_e"]] = off_level.widest[bv, bu]
    mean = on_level.mean
    step = 2
    right, left = mean[v, np.minimum(u + step, width - 1)], mean[v, np.maximum(u - step, 0)]
    low, high = mean[np.minimum(v + step, height - 1), u], mean[np.maximum(v - step, 0), u]
    level = np.maximum(table[:, INDEX["around_e"]] / on_level.step**2, 2.0)
    table[:, INDEX["slope"]] = np.hypot(right - left, low - high) / level
    table[:, INDEX["twins"]], table[:, INDEX["twin"]] = _twins(views, on, off, table[:, INDEX["flux_e"]])
    table[:, INDEX["flare"]] = _flare(views, on)


def _twins(views: TripleViews, on: Places, off: Places, flux_e: Column) -> tuple[Column, Column]:
    on_level, off_level = views.on_level, views.off_level
    height, width = on_level.flux.shape
    far = views.baseline_px_m / on_level.step / (2.0 * NEAREST_TWIN_M)
    steps = _twin_steps(min(far, 0.45 * width))
    lit, tall = on_level.widest, off_level.widest
    along = np.concatenate([-steps[::-1], steps])
    u, v = _rounded(on, on_level.step, width, height)
    bu, bv = _rounded(off, off_level.step, width, height)
    if views.is_vertical:
        rows, columns = bv[:, None] + along, np.repeat(bu[:, None], along.size, axis=1)
        lit_rows, lit_columns = v[:, None] + along, np.repeat(u[:, None], along.size, axis=1)
        inside = (rows >= 0) & (rows < height)
    else:
        rows, columns = np.repeat(bv[:, None], along.size, axis=1), bu[:, None] + along
        lit_rows, lit_columns = np.repeat(v[:, None], along.size, axis=1), u[:, None] + along
        inside = (columns >= 0) & (columns < width)
    off_light = tall[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    on_light = np.maximum(lit[np.clip(lit_rows, 0, height - 1), np.clip(lit_columns, 0, width - 1)], 0.0)
    only = np.where(inside, np.maximum(off_light - on_light, 0.0), 0.0)
    half = steps.size
    pair = np.minimum(only[:, :half][:, ::-1], only[:, half:]).max(axis=1)
    return (
        np.minimum(pair / flux_e, 5.0).astype(np.float32),
        np.minimum(only.max(axis=1) / flux_e, 5.0).astype(np.float32),
    )


def _twin_steps(far: float) -> npt.NDArray[np.intp]:
    near = np.arange(4, 40)
    rest = np.arange(40, max(41, int(far)), 3)
    steps = np.concatenate([near, rest])
    return steps[steps <= max(6, int(far))].astype(np.intp)


def _flare(views: TripleViews, on: Places) -> Column:
    """Brightness around the place mirrored about the principal point over the frame's mean, log10."""
    image = views.on_axis.image
    size = (max(4, image.shape[1] // 8), max(4, image.shape[0] // 8))
    level = views.on_level.mean
    coarse = cv2.resize(level, size, interpolation=cv2.INTER_LINEAR)
    bright = cv2.dilate(coarse, np.ones((5, 5), np.uint8))
    usual = max(2.0, float(np.median(coarse)))
    x, y = 2.0 * views.centre[0] - on.x, 2.0 * views.centre[1] - on.y
    scale = 8.0 * views.on_axis.step
    u, v = (x / scale).astype(np.intp), (y / scale).astype(np.intp)
    inside = (u >= 0) & (v >= 0) & (u < size[0]) & (v < size[1])
    value = bright[np.clip(v, 0, size[1] - 1), np.clip(u, 0, size[0] - 1)]
    return np.where(inside, np.log10(np.maximum(value / usual, 0.1)), 0.0).astype(np.float32)


def _point_light(view: View, places: Places) -> Column:
    cut, gx, gy = _cut(view, places)
    light = cut - np.median(cut[:, _ring_mask()], axis=1)[:, None, None]
    return np.asarray(np.einsum("nij,nij->n", light, _soft(np.hypot(gx, gy), POINT_R)), np.float32)


def _saturated(views: TripleViews, on: Places) -> Column:
    """Saturated area within the cut-out, pixels of the measuring scale."""
    if not views.saturated.any():
        return np.zeros(on.x.size, np.float32)
    side = 2 * RADIUS + 1
    area = cv2.blur(views.saturated, (side, side)) * np.float32(side * side)
    u, v = _rounded(on, views.on_axis.step, area.shape[1], area.shape[0])
    return np.asarray(area[v, u], np.float32)


def _areas(light: Image, full_e: Column) -> tuple[Column, Column]:
    """Pixels above `HIGH` and above `LOW` of what saturates: two widths of one profile tell what its top would be."""
    full = np.maximum(full_e, 1.0)[:, None, None]
    high, low = ((light > share * full).sum(axis=(1, 2)).astype(np.float32) for share in (HIGH, LOW))
    return high, low


def _centre(light: Image, gx: Image, gy: Image) -> npt.NDArray[np.float32]:
    """Centre of the light within about 4 px, 2 x N, pixels from the place."""
    weight = np.maximum(light, 0.0) * np.exp(-0.125 * (gx * gx + gy * gy))
    total = weight.sum(axis=(1, 2)) + 1e-3
    centre = [np.einsum("nij,nij->n", weight, g) / total for g in (gx, gy)]
    return np.stack(centre).astype(np.float32)


def _moments(light: Image, gx: Image, gy: Image) -> tuple[Column, Column]:
    """Width and elongation by Gaussian-weighted second moments, the window taken out again."""
    window = np.exp(-0.5 * (gx * gx + gy * gy) / WINDOW_SIGMA**2)
    weight = np.maximum(light, 0.0) * window
    total = weight.sum(axis=(1, 2)) + 1e-6
    cx, cy = np.einsum("nij,nij->n", weight, gx) / total, np.einsum("nij,nij->n", weight, gy) / total
    xx = np.einsum("nij,nij->n", weight, gx * gx) / total - cx * cx
    yy = np.einsum("nij,nij->n", weight, gy * gy) / total - cy * cy
    xy = np.einsum("nij,nij->n", weight, gx * gy) / total - cx * cy
    mean = 0.5 * (xx + yy)
    spread = np.sqrt(np.maximum(0.25 * (xx - yy) ** 2 + xy * xy, 0.0))
    big, small = _unwindowed(mean + spread), _unwindowed(mean - spread)
    return np.sqrt(0.5 * (big + small)).astype(np.float32), np.sqrt(big / small).astype(np.float32)


def _unwindowed(moment: Column) -> Column:
    inverse = 1.0 / np.maximum(moment, 0.05) - 1.0 / WINDOW_SIGMA**2
    return np.clip(1.0 / np.maximum(inverse, 0.02), 0.05, 50.0)


def _cut(view: View, places: Places) -> tuple[Image, Image, Image]:
    """N x (2r+1) x (2r+1) cut-outs around places and their pixel offsets from the sub-pixel centre."""
    height, width = view.image.shape
    x = (places.x + np.float32(0.5)) / np.float32(view.step) - np.float32(0.5)
    y = (places.y + np.float32(0.5)) / np.float32(view.step) - np.float32(0.5)
    u, v = np.rint(x), np.rint(y)
    offset = np.arange(-RADIUS, RADIUS + 1)
    columns = np.clip(u.astype(np.intp)[:, None] + offset, 0, width - 1)
    rows = np.clip(v.astype(np.intp)[:, None] + offset, 0, height - 1)
    cut = view.image[rows[:, :, None], columns[:, None, :]]
    grid = offset.astype(np.float32)
    shift_x = np.clip(x - u, -1.0, 1.0).astype(np.float32)
    shift_y = np.clip(y - v, -1.0, 1.0).astype(np.float32)
    gx = np.broadcast_to(grid[None, None, :] - shift_x[:, None, None], cut.shape)
    gy = np.broadcast_to(grid[None, :, None] - shift_y[:, None, None], cut.shape)
    return np.asarray(cut, np.float32), gx, gy


def _rounded(places: Places, step: int, width: int, height: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    u = np.rint((places.x + 0.5) / step - 0.5).astype(np.intp)
    v = np.rint((places.y + 0.5) / step - 0.5).astype(np.intp)
    return np.clip(u, 0, width - 1), np.clip(v, 0, height - 1)


def _soft(radius: Image, limit: float) -> Image:
    return np.asarray(np.clip(np.float32(limit + 0.5) - radius, 0.0, 1.0), np.float32)


@cache
def _ring_mask() -> npt.NDArray[np.bool_]:
    offset = np.arange(-RADIUS, RADIUS + 1)
    radius = np.hypot(offset[None, :], offset[:, None])
    ring = np.flatnonzero(((radius > RING_R) & (radius < RADIUS + 0.3)).ravel())[::2]
    mask = np.zeros(radius.size, bool)
    mask[ring] = True
    return np.asarray(mask.reshape(radius.shape), np.bool_)
