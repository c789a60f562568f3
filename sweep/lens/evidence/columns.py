"""Names of what is weighed up for each followed place, and the tables that it is summed up from.

Job: the features of the evidence in their order, and the quantities of a clip's tracks that several of them need.
Input: `Tracks` and the clip's scene; output: `Columns`, N x T each, NaN where a place was not followed. Refuses to
sum up: that is for the modules of the features. What is summed here over triples leaves out those in which something
was not measured, and is NaN where none is left: no light is another thing than no frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.lens.follow.track import Tracks
from sweep.lens.pixels.cutouts import HIGH, LOW
from sweep.lens.pixels.matched_filter import LAMP_RATIO

Matrix = npt.NDArray[np.float32]

FEATURES = (
    "stacked_z",  # log10 of the summed excess over off_axis, standard deviations
    "snr",  # log10 of the median light over its noise
    "z_over_clutter",  # log10 of the median excess over noise and clutter
    "ratio_max",  # strongest off_axis light nearby over on_axis light, lamps levelled; point filter
    "ratio_unclipped",  # log10 of the same against the light that saturation hid, as far as the saturated area tells
    "area_ratio",  # log10 of the bright area off_axis over that on_axis; NaN where nothing is near saturation
    "off_shift",  # px between on_axis and off_axis light
    "ratio_point",  # off_axis over on_axis light at the registered place, lamps levelled
    "ratio_wide",  # the same in the wide aperture
    "ratio_spread",  # scatter of ratio_point over the triples
    "ratio_margin",  # how far ratio_point lies below 1, standard deviations
    "persistence",  # share of the triples in view in which the place was found
    "longest_gap",  # longest run of misses, share of the triples
    "life",  # share of the clip's triples in which the place was followed
    "variation",  # relative scatter of the light
    "variation_excess",  # the same over what noise explains, log10
    "jump",  # largest change of light between triples, log
    "trend",  # steady change of light per triple, log
    "width",  # px at half size
    "sharpness",  # width over that of the sharpest glints of the clip
    "width_spread",
    "elongation",
    "compactness",  # share of the wide light within the point
    "core_share",  # share of the point's light within the core
    "saturated_px",
    "contrast",  # log10 of light over the surroundings' level, px
    "annulus",  # level just around the place relative to farther around
    "off_dip",  # level of the place off_axis relative to its surroundings
    "off_dip_wide",  # the same within 5 px
    "dark_ratio",  # light without lamp over on_axis light
    "ambient",  # log10 of the surroundings without lamp over with lamp
    "twins",
    "twin",
    "slide",  # steady motion against the scene, px per triple at half size
    "slide_share",  # the same over the scene's motion
    "slide_along",  # its component along the scene's motion, share
    "jitter",  # unsteady motion against the scene, px
    "slope",  # change of the local mean around the place
    "around_spread",  # texture of the surroundings over noise
    "clutter",
    "flare",
    "overshadowed",  # log10 of the light of a stronger place close by over its own, less the distance
    "neighbours",  # bright places within 40 px, log2
    "retro_neighbours",  # places within 60 px that off_axis does not show either, log2
    "crowd",  # places in the clip that off_axis does not show, log2
    "pair",  # best likeness of another such place 10-130 px beside it, 0..1
    "pair_motion",  # likeness of that place's slide, 0..1
    "level",  # scale at which it was found
    "edge",
    "triples",  # log2 of the triples used
    "wall_e",  # log10 of the lamp light per pixel around
    "middle_ratio",  # light under a middle ring over on_axis light, lamps levelled, as one of 30 mm; NaN without one
    "red_ratio",  # the same for the red lamp; NaN without one
    "outer_ratio",  # the same for the outer one of two, as one of 45 mm
    "short_ratio",  # log10 of off_axis over on_axis light under short pulses, where neither saturates; NaN without them
    "short_width",  # px at half size under short pulses
    "eye_pair",  # likeness of the dark disc it lies in and of another with a point, at the distance of eyes, 0..1
    "flashing",  # bright places within 50 px that come and go, log2
    "unsteadiness",  # log10 of the relative scatter of the light that noise does not explain, saturation allowed for
    "block_scatter",  # log10 of the same from one quarter of the track to another: light against viewing angle
    "weakest_block",  # share of the triples in which it was found in the quarter that shows it least
    "dark_peak",  # most light in one dark frame beyond noise over the median on_axis light
    "travel",  # log10 of the way the scene moved while it was followed, px at half size
)
AT = {name: i for i, name in enumerate(FEATURES)}
MOTION_FEATURES = ("slide", "slide_share", "slide_along", "jitter")
MAX_HIDDEN = 7.0
"""log e of the most that saturation is taken to hide: beyond it the shape of the point's foot decides."""


@dataclass(frozen=True)
class Scene:
    """What the clip as a whole tells."""

    triples: int
    """Usable ones."""
    scale: float
    """Pixels per pixel of the half-size frame."""
    lamp_ratio: float
    """Median on_axis over off_axis light of the frames."""
    middle_m: float | None = None
    """Nominal offset of the middle ring, or of the inner one of two."""
    outer_m: float | None = None
    """Of the outer one."""


class Columns:
    """The tracks' tables with what several features need."""

    def __init__(self, tracks: Tracks, scene: Scene) -> None:
        self.tracks, self.scene = tracks, scene
        found = tracks.column("found")
        self.followed = np.isfinite(found)
        self.found = found > 0
        self.lives = self.followed.sum(axis=1)
        self.hits = self.found.sum(axis=1)
        self.point = np.maximum(tracks.column("point_e"), 1.0)
        self.point[~self.followed] = np.nan
        self.flux = tracks.column("flux_e")
        around = np.maximum(tracks.column("around_e") - tracks.column("dark_around_e"), 0.0)
        off_around = np.maximum(tracks.column("off_around_e") - tracks.column("dark_around_e"), 0.0)
        # lamps levelled where the surroundings are lit well enough, by the clip elsewhere
        enough = (around > 8.0) & (off_around > 4.0)
        local = np.clip(around / np.maximum(off_around, 1.0), *LAMP_RATIO)
        usual = np.where(np.isnan(around + off_around), np.nan, np.clip(scene.lamp_ratio, *LAMP_RATIO))
        self.gain = np.where(enough, local, usual).astype(np.float32)
        self.around = around
        moved = [np.nan_to_num(np.nanmedian(tracks.column(n), axis=0)) for n in ("moved_x", "moved_y")]
        self.way = [np.cumsum(axis)[None, :] for axis in moved]
        """How far the scene has moved until each triple, pixels of the frame."""
        reach = [np.where(self.followed, axis, np.nan) for axis in self.way]
        span = [np.nanmax(axis, axis=1) - np.nanmin(axis, axis=1) for axis in reach]
        self.travel_px = np.hypot(*span) / max(scene.scale, 0.3)

    def level(self, around: str) -> Matrix:
        """How much stronger the on_axis lamp lights the surroundings than another lamp, N x T."""
        other = np.maximum(self.get(around) - self.get("dark_around_e"), 0.0)
        local = np.where((self.around > 8.0) & (other > 4.0), self.around / np.maximum(other, 1.0), np.nan)
        usual = np.where(np.isnan(self.around + other), np.nan, np.nan_to_num(np.nanmedian(local), nan=1.0))
        return np.clip(np.where(np.isfinite(local), local, usual), *LAMP_RATIO).astype(np.float32)

    def get(self, name: str) -> Matrix:
        """One quantity, N x T."""
        return self.tracks.column(name)

    def hidden(self, high: str, low: str) -> Matrix:
        """Factor by which saturation lessened the light: a Gaussian top of which two widths are seen, N x T."""
        area, foot = self.get(high), self.get(low)
        spread = np.maximum(foot - area, 1.0) / np.log(HIGH / LOW)
        exponent = np.minimum(area / spread, MAX_HIDDEN)
        # light of the whole top over the light of the top cut off at HIGH
        cut = 1.0 + np.minimum(area / spread, 50.0)
        factor = np.where(area > 0.5, np.maximum(np.exp(exponent) / cut, 1.0), 1.0)
        return np.where(np.isnan(area), np.nan, factor).astype(np.float32)

    def median(self, values: npt.NDArray[np.floating]) -> Matrix:
        """Over the triples in which the place was found."""
        return middle_of(np.where(self.found, values, np.nan))


def middle_of(values: npt.NDArray[np.floating]) -> Matrix:
    """Median along the rows, NaN left out; NaN where there is nothing else. `np.nanmedian` takes five times as long."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = (~np.isnan(ordered)).sum(axis=1)
    lines = np.arange(values.shape[0])
    low = ordered[lines, np.maximum(count - 1, 0) // 2]
    high = ordered[lines, np.minimum(count // 2, values.shape[1] - 1)]
    return np.asarray(np.where(count > 0, 0.5 * (low + high), np.nan), np.float32)


def last_of(values: Matrix, valid: npt.NDArray[np.bool_]) -> Matrix:
    """Value of each row at its last valid column."""
    index = values.shape[1] - 1 - np.argmax(valid[:, ::-1], axis=1)
    return np.asarray(values[np.arange(values.shape[0]), index], np.float32)


def ratio_of_sums(part: Matrix, whole: Matrix, valid: npt.NDArray[np.bool_]) -> Matrix:
    """Ratio of sums over the triples in which the place was followed and both were measured; NaN where none is."""
    both = valid & np.isfinite(part) & np.isfinite(whole)
    ratio = sum_where(both, part) / np.maximum(sum_where(both, whole), 1.0)
    return np.where(both.any(axis=1), ratio, np.nan).astype(np.float32)


def sum_where(counts: npt.NDArray[np.bool_], values: npt.NDArray[np.floating]) -> Matrix:
    """Sum of each row over the columns that count; NaN where none does."""
    return np.where(counts.any(axis=1), np.where(counts, values, 0.0).sum(axis=1), np.nan).astype(np.float32)


def slope_of(values: Matrix) -> Matrix:
    """Least-squares slope along the triples; NaN with fewer than two of them."""
    steps = np.arange(values.shape[1], dtype=np.float32)[None, :]
    valid = np.isfinite(values)
    mean_step = np.nanmean(np.where(valid, steps, np.nan), axis=1)
    mean = np.nanmean(values, axis=1)
    spread = np.where(valid, (steps - mean_step[:, None]) ** 2, 0.0).sum(axis=1)
    product = np.where(valid, (steps - mean_step[:, None]) * (values - mean[:, None]), 0.0).sum(axis=1)
    return np.where(spread > 0.0, np.clip(product / np.maximum(spread, 1.0), -3.0, 3.0), np.nan).astype(np.float32)


def log10_of(values: Matrix) -> Matrix:
    """Decimal logarithm as float32."""
    return np.asarray(np.log10(values), np.float32)
