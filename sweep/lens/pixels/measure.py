"""Numbers of one place in one triple: light, size and surroundings, frame by frame.

Job: cut out the same place of the on_axis, off_axis, dark (and, when there are any, middle-ring and red) frames, each
in its own geometry, and measure apertures, moments, surroundings, twins along the lamp baseline and flare partners.
Input: frames at the measuring scale and registered places; output: a table with one row per place and the columns of
`COLUMNS`. Refuses nothing: a place at the border is measured on repeated edge pixels and says so by its column.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.cutouts import (
    COLUMNS,
    CORE_R,
    FULL_SHARE,
    HIGH,
    HOLLOW_R,
    INDEX,
    LOW,
    POINT_R,
    RADIUS,
    WIDE_R,
    WINDOW_SIGMA,
    Elsewhere,
    Places,
    Table,
    TripleViews,
    cut_out,
    distance,
    moments,
    ring_level,
    ring_mask,
    ring_places,
    rounded,
    soft_disc,
)
from sweep.lens.pixels.kernel import KERNEL, Kernel, MeasureRules
from sweep.lens.pixels.matched_filter import LAMP_RATIO, Column
from sweep.lens.pixels.measure_filtered import (
    measure_eye_pairs,
    measure_filtered,
    measure_other_lamps,
    measure_short,
    points_under,
)
from sweep.lens.pixels.register import Image

MEASURED = (
    "core_e", "point_e", "wide_e", "noise_e", "peak_e", "around_e", "around_spread", "annulus", "width_px",
    "elongation", "saturated_px", "area_high", "area_low", "off_point_e", "off_wide_e", "off_around_e", "off_dip",
    "off_area_high", "off_area_low", "off_shift_px",
)  # fmt: skip
"""In the order of the kernel."""
_MEASURED_AT = [INDEX[name] for name in MEASURED]
RULES = MeasureRules(CORE_R, POINT_R, WIDE_R, HOLLOW_R, HIGH, LOW, 0.5 / WINDOW_SIGMA**2, *LAMP_RATIO)


def measure_places(views: TripleViews, on: Places, there: Elsewhere, kernel: Kernel | None = KERNEL) -> Table:
    """Measure N places of on_axis, which lie `there` in the other frames; N x len(COLUMNS).

    By the compiled kernel, or without one with array operations.
    """
    table = np.zeros((on.x.size, len(COLUMNS)), np.float32)
    if not on.x.size:
        return table
    if kernel is None:
        _measure_plainly(table, views, on, there.off)
    else:
        table[:, _MEASURED_AT] = _measure_by(kernel, views, on, there.off)
    point, around = points_under(views.dark, there.dark, kernel)
    table[:, INDEX["dark_point_e"]], table[:, INDEX["dark_around_e"]] = point, around
    measure_filtered(table, views, on, there.off, kernel)
    measure_other_lamps(table, views, there, kernel)
    measure_short(table, views.short, there.short, views.read_noise_e)
    measure_eye_pairs(table, views, on, there.off)
    height, width = views.on_axis.image.shape
    px, py = on.x / views.on_axis.step, on.y / views.on_axis.step
    border = (px < RADIUS) | (py < RADIUS) | (px > width - 1 - RADIUS) | (py > height - 1 - RADIUS)
    table[:, INDEX["edge"]] = border
    return table


def _measure_by(kernel: Kernel, views: TripleViews, on: Places, off: Places) -> Table:
    """Columns `MEASURED` by the kernel."""
    return kernel.measure_places(
        (views.on_axis.image, views.off_axis.image),
        views.saturated,
        views.on_axis.step,
        (float(_pixel_variance(views)), views.full_e),
        ((on.x, on.y), (off.x, off.y)),
        ring_places(),
        RULES,
        len(MEASURED),
    )


def _pixel_variance(views: TripleViews) -> np.float32:
    return np.float32(views.read_noise_e**2 * views.on_axis.step**2 + 0.05)


def _measure_plainly(table: Table, views: TripleViews, on: Places, off: Places) -> None:
    """The same without the compiled kernel."""
    ring = ring_mask()
    cut, gx, gy = cut_out(views.on_axis, on)
    radius = distance(gx, gy)
    around = ring_level(cut)
    off_light, gain, hole = _measure_off_axis(table, views, around, off)
    light = cut - around[:, None, None]
    # what a hole that is dark under both lamps takes away is given back
    light = light - (gain * hole)[:, None, None] * np.minimum(off_light, 0.0)
    pixel_variance = _pixel_variance(views)
    apertures = [soft_disc(radius, r) for r in (CORE_R, POINT_R, WIDE_R)]
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
    annulus = apertures[2] - soft_disc(radius, HOLLOW_R)
    table[:, INDEX["annulus"]] = np.einsum("nij,nij->n", light, annulus) / annulus.sum(axis=(1, 2))
    table[:, INDEX["annulus"]] /= np.maximum(around, 2.0)
    table[:, INDEX["width_px"]], table[:, INDEX["elongation"]] = moments(light, gx, gy)
    table[:, INDEX["area_high"]], table[:, INDEX["area_low"]] = _areas(light, views.full_e - around)
    table[:, INDEX["off_shift_px"]] = np.hypot(*(_centre(light, gx, gy) - _centre(off_light, gx, gy)))
    table[:, INDEX["saturated_px"]] = _saturated(views, on)


def _measure_off_axis(table: Table, views: TripleViews, on_around: Column, off: Places) -> tuple[Image, Column, Column]:
    """Off_axis columns; returns cut-outs minus surroundings, the ratio of the lamps and how much of a hole it is."""
    cut, gx, gy = cut_out(views.off_axis, off)
    around = ring_level(cut)
    light = cut - around[:, None, None]
    radius = distance(gx, gy)
    point, wide = soft_disc(radius, POINT_R), soft_disc(radius, WIDE_R)
    table[:, INDEX["off_point_e"]] = np.einsum("nij,nij->n", light, point)
    table[:, INDEX["off_wide_e"]] = np.einsum("nij,nij->n", light, wide)
    table[:, INDEX["off_around_e"]] = around
    table[:, INDEX["off_area_high"]], table[:, INDEX["off_area_low"]] = _areas(light, views.full_e - around)
    dip = table[:, INDEX["off_point_e"]] / point.sum(axis=(1, 2)) / np.maximum(around, 2.0)
    table[:, INDEX["off_dip"]] = np.clip(dip, -1.0, 20.0)
    gain = np.clip(on_around / np.maximum(around, 1.0), *LAMP_RATIO).astype(np.float32)
    hole = np.clip((-dip - 0.05) / 0.1, 0.0, 1.0).astype(np.float32)
    return light, gain, hole


def _saturated(views: TripleViews, on: Places) -> Column:
    """Saturated area within the cut-out, pixels of the measuring scale."""
    if not views.saturated.any():
        return np.zeros(on.x.size, np.float32)
    height, width = views.saturated.shape
    below = cv2.integral(views.saturated)
    u, v = rounded(on, views.on_axis.step, width, height)
    top, bottom = np.maximum(v - RADIUS, 0), np.minimum(v + RADIUS + 1, height)
    left, right = np.maximum(u - RADIUS, 0), np.minimum(u + RADIUS + 1, width)
    area = below[bottom, right] - below[top, right] - below[bottom, left] + below[top, left]
    return np.asarray(area / np.float32(FULL_SHARE), np.float32)


def _areas(light: Image, full_e: Column) -> tuple[Column, Column]:
    """Pixels above `HIGH` and above `LOW` of what saturates: two widths of one profile tell what its top would be."""
    full = np.maximum(full_e, 1.0)[:, None, None]
    high, low = ((light > share * full).sum(axis=(1, 2)).astype(np.float32) for share in (HIGH, LOW))
    return high, low


def _centre(light: Image, gx: Image, gy: Image) -> npt.NDArray[np.float32]:
    """Centre of the light within about 4 px, 2 x N, pixels from the place."""
    weight = np.maximum(light, 0.0) * np.exp(-0.5 * (gx * gx + gy * gy) / WINDOW_SIGMA**2)
    total = weight.sum(axis=(1, 2)) + 1e-3
    centre = [np.einsum("nij,nij->n", weight, g) / total for g in (gx, gy)]
    return np.stack(centre).astype(np.float32)
