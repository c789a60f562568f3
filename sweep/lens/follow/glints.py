"""One placed triple turned into peaks and a way to measure any place of it.

Job: filter the lit frames, find the peaks, prepare the views at the measuring scale. Input: `PlacedTriple` and the
clip's numbers; output: `Glints`. Refuses a triple that registration refused: that is decided before.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.follow.align import PlacedTriple
from sweep.lens.pixels.cutouts import Elsewhere, Places, ShortViews, Table, TripleViews, View, view_of
from sweep.lens.pixels.detect import Peaks, find_peaks
from sweep.lens.pixels.matched_filter import Column, Level, carry, filter_frame, lamp_ratio_map, measuring_step, shrink
from sweep.lens.pixels.measure import measure_places
from sweep.lens.pixels.register import Affine, Image

MIN_DN_NOISE = 1.0 / np.sqrt(12.0)


@dataclass(frozen=True)
class Glints:
    """Peaks of one triple and its views."""

    placed: PlacedTriple
    views: TripleViews
    levels: tuple[Level, ...]
    """Filtered on_axis."""
    peaks: Peaks

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the frame."""
        return self.placed.on_axis.shape[0], self.placed.on_axis.shape[1]

    def measure(self, x: Column, y: Column) -> Table:
        """Measure places of on_axis (pixels of the frame); N x len(measure.COLUMNS)."""
        placed = self.placed
        on = Places(x, y)

        def carried(motion: Affine | None) -> Places | None:
            return None if motion is None else self._carried(on, motion, None)

        short = placed.short
        there = Elsewhere(
            off=self._carried(on, placed.to_off_axis, placed.flow),
            dark=self._carried(on, placed.to_dark, None),
            middle=carried(placed.to_middle),
            outer=carried(placed.to_outer),
            red=carried(placed.to_red),
            short=None
            if short is None
            else (self._carried(on, short.to_on_axis, None), self._carried(on, short.to_off_axis, None)),
        )
        return measure_places(self.views, on, there)

    def _carried(self, on: Places, motion: Affine, flow: Image | None) -> Places:
        return Places(*carry(on.x, on.y, motion, flow, self.shape))


def find_glints(placed: PlacedTriple, meta: ClipMeta, *, seeks_eyes: bool = True) -> Glints:
    """Filter, find and prepare one triple."""
    step = measuring_step(meta.width)
    noise_e = noise_per_pixel_e(meta)
    on_axis, off_axis, dark = (shrink(f, step) for f in (placed.on_axis, placed.off_axis, placed.dark))
    on_levels, off_levels = filter_frame(on_axis, step), filter_frame(off_axis, step)
    ratio = lamp_ratio_map(on_axis, off_axis, dark)
    peaks = find_peaks(on_levels, off_levels, noise_e, ratio, placed.to_off_axis, placed.flow)
    lamp = meta.led["B"]
    views = TripleViews(
        on_axis=view_of(on_axis, step),
        off_axis=view_of(off_axis, step),
        dark=view_of(dark, step),
        saturated=_saturated_share(placed, step),
        middle=_optional(placed.middle, step),
        outer=_optional(placed.outer, step),
        red=_optional(placed.red, step),
        short=_short_views(placed, step),
        on_level=on_levels[0],
        off_level=off_levels[0],
        read_noise_e=noise_e,
        full_e=(meta.saturation_dn - meta.black_level) * meta.e_per_dn * step * step,
        centre=meta.principal_point,
        seeks_eyes=seeks_eyes,
        scale=meta.scale,
        baseline_px_m=meta.focal_px * lamp.offset_m,
        is_vertical="y" in lamp.layout and "x" not in lamp.layout,
    )
    return Glints(placed, views, on_levels, peaks)


def noise_per_pixel_e(meta: ClipMeta) -> float:
    """Read noise and the steps of the converter together, electrons."""
    return float(np.hypot(meta.read_noise_e, MIN_DN_NOISE * meta.e_per_dn))


def _optional(frame: Image | None, step: int) -> View | None:
    return None if frame is None else view_of(shrink(frame, step), step)


def _short_views(placed: PlacedTriple, step: int) -> ShortViews | None:
    short = placed.short
    if short is None:
        return None
    on_axis, off_axis = shrink(short.on_axis, step), shrink(short.off_axis, step)
    (on_level,), (off_level,) = filter_frame(on_axis, step, 1), filter_frame(off_axis, step, 1)
    return ShortViews(view_of(on_axis, step), on_level, off_level, short.pulses)


def _saturated_share(placed: PlacedTriple, step: int) -> npt.NDArray[np.uint8]:
    full = placed.saturated
    size = (full.shape[1] // step, full.shape[0] // step)
    shrunk = cv2.resize(full, size, interpolation=cv2.INTER_AREA) if step > 1 else full
    return np.asarray(shrunk, np.uint8)
