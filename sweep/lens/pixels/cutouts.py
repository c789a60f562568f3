"""Places cut out of the frames of one triple, each in its own geometry.

Job: the views of a triple at the measuring scale, the places in each of them, the columns of what is measured there,
and the cut-outs that it is measured on. Input: frames and registered places; output: cut-outs, masks and moments.
Refuses nothing: a place at the border is cut out of repeated edge pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from sweep.lens.pixels.matched_filter import Column, Level, to_level
from sweep.lens.pixels.register import Image

Table = npt.NDArray[np.float32]

RADIUS = 8
CORE_R, POINT_R, WIDE_R = 1.3, 2.3, 5.0
"""Radii of the apertures in pixels of the measuring scale."""
HOLLOW_R = 3.0
"""The annulus lies between it and `WIDE_R`."""
RING_R = 5.6
WINDOW_SIGMA = 2.0
HIGH, LOW = 0.85, 0.3
FULL_SHARE = 255
"""Of a pixel that is saturated all over."""

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
    "middle_point_e",  # middle ring, the inner one of two; NaN without one
    "red_point_e",  # red lamp; NaN without one
    "edge",  # 1 at the border of the frame
    "middle_around_e",
    "outer_point_e",  # outer middle ring; NaN without one
    "outer_around_e",
    "red_around_e",
    "short_on_e",  # matched filter of on_axis under a short lamp pulse; NaN without one
    "short_off_e",  # off_axis under the short pulse at that place, as long a pulse
    "short_noise_e",
    "short_width_px",
    "fellow",  # likeness of the best second eye beside it, 0..1; NaN in triples that do not look for it
    "fellow_dx_px",  # where that lies, pixels of the frame
    "fellow_dy_px",
)
INDEX = {name: i for i, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class View:
    """One frame at the measuring scale."""

    image: Image
    """Electrons per pixel of this scale (sums, not means, of the frame's pixels)."""
    step: int
    """Pixels of the frame per pixel of this scale, along a side."""

    @cached_property
    def windows(self) -> Image:
        """H x W x (2r+1) x (2r+1): what lies around each pixel, edge pixels repeated; no copy of it."""
        padded = cv2.copyMakeBorder(self.image, RADIUS, RADIUS, RADIUS, RADIUS, cv2.BORDER_REPLICATE)
        return np.asarray(sliding_window_view(padded, (2 * RADIUS + 1, 2 * RADIUS + 1)), np.float32)


@dataclass(frozen=True)
class Places:
    """The same places in another frame: centres in pixels of the frame."""

    x: Column
    y: Column


@dataclass(frozen=True)
class ShortViews:
    """The group of short lamp pulses beside a triple."""

    on_axis: View
    on_level: Level
    off_level: Level
    pulses: float
    """Length of the on_axis pulse over that of the off_axis one."""


@dataclass(frozen=True)
class Elsewhere:
    """The same places in the other frames of a triple, where there are such frames."""

    off: Places
    dark: Places
    middle: Places | None = None
    outer: Places | None = None
    red: Places | None = None
    short: tuple[Places, Places] | None = None
    """On_axis and off_axis under short pulses."""


@dataclass(frozen=True)
class TripleViews:
    """The frames of one triple at the measuring scale and what belongs to them."""

    on_axis: View
    off_axis: View
    dark: View
    saturated: npt.NDArray[np.uint8]
    """Share of each measuring pixel that is saturated on_axis, 0..`FULL_SHARE`."""
    middle: View | None
    outer: View | None
    red: View | None
    short: ShortViews | None
    on_level: Level
    """Filtered on_axis at the measuring scale."""
    off_level: Level
    read_noise_e: float
    """Of one pixel of the frame."""
    full_e: float
    """Electrons of a saturated pixel of the measuring scale."""
    centre: tuple[float, float]
    """Principal point in pixels of the frame."""
    seeks_eyes: bool
    """Whether second eyes are looked for in this triple."""
    scale: float
    """Pixels of the frame per pixel of the half-size frame."""
    baseline_px_m: float
    """focal_px x offset of the off_axis lamps: displacement of twins times twice the distance, pixels x metres."""
    is_vertical: bool
    """Off_axis lamps above and below instead of left and right."""


def view_of(mean: Image, step: int) -> View:
    """A frame at the measuring scale; `mean`: electrons per pixel of the frame, means over step x step of them."""
    return View(mean if step == 1 else mean * np.float32(step * step), step)


def cut_out(view: View, places: Places) -> tuple[Image, Image, Image]:
    """N x (2r+1) x (2r+1) cut-outs around places and their pixel offsets from the sub-pixel centre."""
    height, width = view.image.shape
    x, y = to_level(places.x, view.step), to_level(places.y, view.step)
    u, v = np.rint(x), np.rint(y)
    cut = view.windows[np.clip(v.astype(np.intp), 0, height - 1), np.clip(u.astype(np.intp), 0, width - 1)]
    grid = np.arange(-RADIUS, RADIUS + 1, dtype=np.float32)
    shift_x = np.clip(x - u, -1.0, 1.0).astype(np.float32)
    shift_y = np.clip(y - v, -1.0, 1.0).astype(np.float32)
    gx = np.broadcast_to(grid[None, None, :] - shift_x[:, None, None], cut.shape)
    gy = np.broadcast_to(grid[None, :, None] - shift_y[:, None, None], cut.shape)
    return np.asarray(cut, np.float32), gx, gy


def rounded(places: Places, step: int, width: int, height: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Nearest column and row of a level of `step` to each place, inside its width x height."""
    u = np.rint((places.x + 0.5) / step - 0.5).astype(np.intp)
    v = np.rint((places.y + 0.5) / step - 0.5).astype(np.intp)
    return np.clip(u, 0, width - 1), np.clip(v, 0, height - 1)


def distance(gx: Image, gy: Image) -> Image:
    """From the centres of the cut-outs; `np.hypot` takes six times as long."""
    return np.asarray(np.sqrt(gx * gx + gy * gy), np.float32)


def soft_disc(radius: Image, limit: float) -> Image:
    """Weights of a disc of radius `limit` with an edge one pixel wide, from the distances to its centre."""
    return np.asarray(np.clip(np.float32(limit + 0.5) - radius, 0.0, 1.0), np.float32)


def ring_level(cut: Image) -> Column:
    """Upper median of the surroundings of each cut-out."""
    ring = cut[:, ring_mask()]
    half = ring.shape[1] // 2
    return np.asarray(np.partition(ring, half, axis=1)[:, half], np.float32)


@cache
def ring_mask() -> npt.NDArray[np.bool_]:
    """Every other pixel of a cut-out that counts as surroundings."""
    offset = np.arange(-RADIUS, RADIUS + 1)
    radius = np.hypot(offset[None, :], offset[:, None])
    ring = np.flatnonzero(((radius > RING_R) & (radius < RADIUS + 0.3)).ravel())[::2]
    mask = np.zeros(radius.size, bool)
    mask[ring] = True
    return np.asarray(mask.reshape(radius.shape), np.bool_)


@cache
def ring_places() -> npt.NDArray[np.int32]:
    """The same as indices of a cut-out's pixels, row by row."""
    return np.flatnonzero(ring_mask()).astype(np.int32)


def moments(light: Image, gx: Image, gy: Image) -> tuple[Column, Column]:
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
