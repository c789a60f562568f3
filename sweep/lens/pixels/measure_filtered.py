"""What is read from filtered frames and under the other lamps at places of one triple.

Job: flux, slope, twins along the lamp baseline, flare partners, light under middle rings, the red lamp and short
pulses, second eyes. Input: the views of a triple and the places in them; output: columns of the table of
`measure.measure_places`, NaN where a clip has no such frames. Refuses nothing.
"""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.cutouts import (
    INDEX,
    POINT_R,
    Elsewhere,
    Places,
    ShortViews,
    Table,
    TripleViews,
    View,
    cut_out,
    distance,
    moments,
    ring_level,
    ring_places,
    rounded,
    soft_disc,
)
from sweep.lens.pixels.eye_pairs import find_eye_pairs
from sweep.lens.pixels.kernel import KERNEL, Kernel
from sweep.lens.pixels.matched_filter import POINT, Column, to_level
from sweep.lens.pixels.register import middle

SHORT_REACH_PX = 4
"""Guessed: how far the interpolated motion may be off at a group of short pulses, pixels of the measuring scale."""
NEAREST_TWIN_M = 0.2
"""A mirror nearer than this throws the twins of its images out of any view."""


def points_under(view: View, places: Places, kernel: Kernel | None = KERNEL) -> tuple[Column, Column]:
    """Light of N points under one lamp and the level around each, electrons."""
    if kernel is not None:
        return kernel.measure_points(view.image, view.step, (places.x, places.y), POINT_R, ring_places())
    cut, gx, gy = cut_out(view, places)
    around = ring_level(cut)
    light = cut - around[:, None, None]
    return np.einsum("nij,nij->n", light, soft_disc(distance(gx, gy), POINT_R)), around


def measure_filtered(table: Table, views: TripleViews, on: Places, off: Places, kernel: Kernel | None = KERNEL) -> None:
    """What is read from filtered frames: flux, slope, twins, flare."""
    on_level, off_level = views.on_level, views.off_level
    height, width = on_level.flux.shape
    u, v = rounded(on, on_level.step, width, height)
    table[:, INDEX["flux_e"]] = np.maximum(on_level.flux[v, u], 1.0)
    bu, bv = rounded(off, off_level.step, width, height)
    table[:, INDEX["off_max_e"]] = off_level.widest[bv, bu]
    mean = on_level.mean
    step = 2
    right, left = mean[v, np.minimum(u + step, width - 1)], mean[v, np.maximum(u - step, 0)]
    low, high = mean[np.minimum(v + step, height - 1), u], mean[np.maximum(v - step, 0), u]
    level = np.maximum(table[:, INDEX["around_e"]] / on_level.step**2, 2.0)
    table[:, INDEX["slope"]] = np.hypot(right - left, low - high) / level
    flux_e = table[:, INDEX["flux_e"]]
    find = twins_plainly if kernel is None else partial(_twins_by, kernel)
    table[:, INDEX["twins"]], table[:, INDEX["twin"]] = find(views, on, off, flux_e)
    table[:, INDEX["flare"]] = _flare(views, on)


def _twins_by(kernel: Kernel, views: TripleViews, on: Places, off: Places, flux_e: Column) -> tuple[Column, Column]:
    levels = views.on_level.widest, views.off_level.widest
    places = (on.x, on.y), (off.x, off.y)
    steps = _twin_steps(views)
    return kernel.measure_twins(levels, views.on_level.step, places, steps, flux_e, is_vertical=views.is_vertical)


def twins_plainly(views: TripleViews, on: Places, off: Places, flux_e: Column) -> tuple[Column, Column]:
    """Twins along the baseline without the compiled kernel."""
    on_level, off_level = views.on_level, views.off_level
    height, width = on_level.flux.shape
    steps = _twin_steps(views)
    lit, tall = on_level.widest, off_level.widest
    along = np.concatenate([-steps[::-1], steps])
    u, v = rounded(on, on_level.step, width, height)
    bu, bv = rounded(off, off_level.step, width, height)
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


def _twin_steps(views: TripleViews) -> npt.NDArray[np.intp]:
    width = views.on_level.flux.shape[1]
    far = min(views.baseline_px_m / views.on_level.step / (2.0 * NEAREST_TWIN_M), 0.45 * width)
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
    usual = max(2.0, middle(np.asarray(coarse, np.float32).ravel()))
    x, y = 2.0 * views.centre[0] - on.x, 2.0 * views.centre[1] - on.y
    scale = 8.0 * views.on_axis.step
    u, v = (x / scale).astype(np.intp), (y / scale).astype(np.intp)
    inside = (u >= 0) & (v >= 0) & (u < size[0]) & (v < size[1])
    value = bright[np.clip(v, 0, size[1] - 1), np.clip(u, 0, size[0] - 1)]
    return np.where(inside, np.log10(np.maximum(value / usual, 0.1)), 0.0).astype(np.float32)


def measure_other_lamps(table: Table, views: TripleViews, there: Elsewhere, kernel: Kernel | None = KERNEL) -> None:
    """Light under the middle rings and the red lamp, with the surroundings by which the lamps are levelled."""
    for name, view, places in (
        ("middle", views.middle, there.middle), ("outer", views.outer, there.outer), ("red", views.red, there.red),
    ):  # fmt: skip
        point, around = INDEX[f"{name}_point_e"], INDEX[f"{name}_around_e"]
        if view is None or places is None:
            table[:, [point, around]] = np.nan
            continue
        table[:, point], table[:, around] = points_under(view, places, kernel)


def measure_short(table: Table, views: ShortViews | None, places: tuple[Places, Places] | None, noise_e: float) -> None:
    """Light under short pulses: the strongest point near the place on_axis, and the same point off_axis."""
    names = [INDEX[name] for name in ("short_on_e", "short_off_e", "short_noise_e", "short_width_px")]
    if views is None or places is None:
        table[:, names] = np.nan
        return
    on_level, off_level = views.on_level, views.off_level
    height, width = on_level.flux.shape
    u, v = rounded(places[0], on_level.step, width, height)
    offset = np.arange(-SHORT_REACH_PX, SHORT_REACH_PX + 1)
    columns = np.clip(u[:, None] + offset, 0, width - 1)
    rows = np.clip(v[:, None] + offset, 0, height - 1)
    near = on_level.flux[rows[:, :, None], columns[:, None, :]].reshape(u.size, -1)
    best = near.argmax(axis=1)
    down, right = np.divmod(best, offset.size)
    lines = np.arange(u.size)
    row, column = rows[lines, down], columns[lines, right]
    bu, bv = rounded(places[1], off_level.step, width, height)
    off_column = np.clip(bu + column - u, 0, width - 1)
    off_row = np.clip(bv + row - v, 0, height - 1)
    step = on_level.step
    table[:, names[0]] = near[lines, best]
    table[:, names[1]] = off_level.widest[off_row, off_column] * np.float32(views.pulses)
    mean = np.maximum(on_level.mean[row, column], 0.0) + np.float32(noise_e**2)
    table[:, names[2]] = np.sqrt(mean) * np.float32(POINT.noise_gain * step)
    centre = Places(*((step * (axis + 0.5) - 0.5).astype(np.float32) for axis in (column, row)))
    cut, gx, gy = cut_out(views.on_axis, centre)
    light = cut - ring_level(cut)[:, None, None]
    table[:, names[3]] = moments(light, gx, gy)[0]


def measure_eye_pairs(table: Table, views: TripleViews, on: Places, off: Places) -> None:
    """Second eyes beside the places, in triples that look for them."""
    if not views.seeks_eyes:
        table[:, [INDEX[name] for name in ("fellow", "fellow_dx_px", "fellow_dy_px")]] = np.nan
        return
    step = views.on_axis.step
    here, there = ((to_level(p.x, step), to_level(p.y, step)) for p in (on, off))
    mean = views.off_axis.image / np.float32(step * step)
    levels = (views.on_level, views.off_level)
    fellow, dx, dy = find_eye_pairs(mean, levels, here, there, views.read_noise_e, views.scale / step)
    table[:, INDEX["fellow"]] = fellow
    table[:, INDEX["fellow_dx_px"]], table[:, INDEX["fellow_dy_px"]] = dx * step, dy * step
