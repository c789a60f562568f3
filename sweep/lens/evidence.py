"""What the followed places of a clip have to say for and against a lens, one row of numbers each.

Job: sum up the table of each track (light, ratio of the lamps, size, steadiness, motion, surroundings, neighbours) in
dimensionless numbers that mean the same at every size, exposure and distance. Input: `Tracks` and the clip's scene;
output: N x len(FEATURES), NaN where something could not be measured. Refuses to weigh: that is the judge's.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.lens.detect import LAMP_RATIO
from sweep.lens.measure import HIGH, LOW, WIDE_R
from sweep.lens.track import Tracks

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
    "middle_ratio",  # NaN without a middle ring
    "red_ratio",  # NaN without a red lamp
)
AT = {name: i for i, name in enumerate(FEATURES)}
MOTION_FEATURES = ("slide", "slide_share", "slide_along", "jitter")
LEAST_MOTION_PX = 1.5
"""Guessed: a scene that moves less per triple tells nothing by what slides over it."""
MIN_AREA_PX = 3.0
"""Derived: below it one pixel more or less moves the ratio of areas by a third."""
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


def weigh_up(tracks: Tracks, scene: Scene) -> Matrix:
    """Sum up all tracks of a clip: N x len(FEATURES)."""
    count = len(tracks)
    out = np.full((count, len(FEATURES)), np.nan, np.float32)
    if not count:
        return out
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a column of NaN has no median, and says so by NaN
        columns = _Columns(tracks, scene)
        _light(out, columns)
        _steadiness(out, columns)
        _shape(out, columns)
        _surroundings(out, columns)
        _motion(out, columns)
        _neighbours(out, columns)
    return np.where(np.isfinite(out), out, np.nan).astype(np.float32)


class _Columns:
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
        self.gain = np.where(enough, local, np.clip(scene.lamp_ratio, *LAMP_RATIO)).astype(np.float32)
        self.around = around

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
        return np.where(area > 0.5, np.maximum(np.exp(exponent) / cut, 1.0), 1.0).astype(np.float32)

    def median(self, values: npt.NDArray[np.floating]) -> Matrix:
        """Over the triples in which the place was found."""
        return np.asarray(np.nanmedian(np.where(self.found, values, np.nan), axis=1), np.float32)


def _light(out: Matrix, c: _Columns) -> None:
    noise = np.maximum(c.get("noise_e"), 1.0)
    off_point, off_max = c.get("off_point_e") * c.gain, np.maximum(c.get("off_max_e"), 0.0) * c.gain
    light = np.maximum(c.flux, c.point * 0.5)  # the filter sees little of a point in a hole
    excess = (light - off_max) / (noise * np.sqrt(1.0 + c.gain**2))
    summed = np.nansum(np.clip(np.where(c.followed, excess, 0.0), -5.0, 60.0), axis=1)
    out[:, AT["stacked_z"]] = _log(np.maximum(summed / np.sqrt(np.maximum(c.lives, 1)), 0.1))
    out[:, AT["snr"]] = _log(np.maximum(c.median(c.point / noise), 0.1))
    out[:, AT["z_over_clutter"]] = _log(np.maximum(c.median(c.get("z") / c.get("clutter")), 0.1))
    out[:, AT["ratio_max"]] = np.clip(_ratio(off_max, light, c.followed), -1.0, 4.0)
    true_on = c.point * c.hidden("area_high", "area_low")
    true_off = np.maximum(off_point, 0.0) * c.hidden("off_area_high", "off_area_low")
    unclipped = np.nanmedian((true_off + noise * c.gain) / np.maximum(true_on, noise), axis=1)
    out[:, AT["ratio_unclipped"]] = np.clip(_log(np.maximum(unclipped, 1e-6)), -6.0, 1.0)
    foot, off_foot = c.get("area_low"), c.get("off_area_low")
    areas = np.where(foot >= MIN_AREA_PX, np.log10((off_foot + 0.5) / (foot + 0.5)), np.nan)
    out[:, AT["area_ratio"]] = np.nanmedian(np.where(c.followed, areas, np.nan), axis=1)
    out[:, AT["off_shift"]] = c.median(c.get("off_shift_px"))
    out[:, AT["ratio_point"]] = np.clip(_ratio(off_point, c.point, c.followed), -3.0, 4.0)
    wide = np.maximum(c.get("wide_e"), 1.0)
    out[:, AT["ratio_wide"]] = np.clip(_ratio(c.get("off_wide_e") * c.gain, wide, c.followed), -3.0, 4.0)
    ratios = np.clip(off_point / c.point, -3.0, 4.0)
    out[:, AT["ratio_spread"]] = np.nanstd(np.where(c.found, ratios, np.nan), axis=1)
    share = np.nansum(np.where(c.followed, off_point, 0.0), axis=1) / np.nansum(c.point, axis=1)
    error = np.sqrt(np.nansum(np.where(c.followed, noise, 0.0) ** 2, axis=1) * (1.0 + share**2))
    error = np.hypot(error / np.nansum(c.point, axis=1), 0.05 / np.sqrt(np.maximum(c.lives, 1)))
    out[:, AT["ratio_margin"]] = np.clip((1.0 - share) / error, -10.0, 60.0)
    dark = c.get("dark_point_e")
    out[:, AT["dark_ratio"]] = np.clip(_ratio(dark, c.point, c.followed), -1.0, 3.0)
    around = np.maximum(c.get("around_e"), 1.0)
    out[:, AT["ambient"]] = _log(np.maximum(c.median(c.get("dark_around_e") / around), 1e-3))
    out[:, AT["contrast"]] = _log(np.maximum(c.median(c.point / np.maximum(c.around, 2.0)), 1e-2))
    out[:, AT["wall_e"]] = _log(np.maximum(c.median(c.around), 0.3))
    out[:, AT["middle_ratio"]] = np.clip(_ratio(c.get("middle_point_e"), c.point, c.followed), -1.0, 4.0)
    out[:, AT["red_ratio"]] = np.clip(_ratio(c.get("red_point_e"), c.point, c.followed), -1.0, 8.0)


def _steadiness(out: Matrix, c: _Columns) -> None:
    lives = np.maximum(c.lives, 1)
    out[:, AT["persistence"]] = c.hits / lives
    out[:, AT["life"]] = c.lives / max(1, c.scene.triples)
    run = np.zeros(len(c.tracks), np.float32)
    longest = run.copy()
    for k in range(c.found.shape[1]):
        run = np.where(c.followed[:, k] & ~c.found[:, k], run + 1, 0).astype(np.float32)
        longest = np.maximum(longest, run)
    out[:, AT["longest_gap"]] = longest / lives
    light = np.where(c.followed, c.point, np.nan)
    mean = np.nanmean(light, axis=1)
    variation = np.nanstd(light, axis=1) / mean
    expected = np.hypot(np.nanmean(c.get("noise_e"), axis=1) / mean, 0.06)
    out[:, AT["variation"]] = np.clip(variation, 0.0, 4.0)
    out[:, AT["variation_excess"]] = _log(np.clip(variation / expected, 0.1, 100.0))
    logs = np.log(np.maximum(light, np.maximum(c.get("noise_e"), 1.0)))
    out[:, AT["jump"]] = (
        np.clip(np.nanmax(np.abs(np.diff(logs, axis=1)), axis=1), 0.0, 6.0) if logs.shape[1] > 1 else 0.0
    )
    out[:, AT["trend"]] = np.abs(_slope(logs))
    out[:, AT["triples"]] = np.log2(lives)


def _shape(out: Matrix, c: _Columns) -> None:
    out[:, AT["elongation"]] = np.clip(c.median(c.get("elongation")), 1.0, 8.0)
    width = c.get("width_px")
    out[:, AT["width"]] = c.median(width)
    sharp = (out[:, AT["snr"]] > 1.0) & (out[:, AT["persistence"]] > 0.5) & (out[:, AT["elongation"]] < 2.0)
    if int(sharp.sum()) >= 3:
        sharpest = float(np.nanquantile(out[sharp, AT["width"]], 0.2))
        out[:, AT["sharpness"]] = np.clip(out[:, AT["width"]] / max(sharpest, 0.2), 0.2, 8.0)
    out[:, AT["width_spread"]] = np.nanstd(np.where(c.found, width, np.nan), axis=1)
    out[:, AT["compactness"]] = np.clip(c.median(c.point / np.maximum(c.get("wide_e"), 1.0)), 0.0, 4.0)
    out[:, AT["core_share"]] = np.clip(c.median(c.get("core_e") / c.point), -1.0, 2.0)
    out[:, AT["saturated_px"]] = np.log2(1.0 + np.maximum(c.median(c.get("saturated_px")), 0.0))
    out[:, AT["level"]] = c.median(c.get("level"))
    out[:, AT["edge"]] = np.nanmean(c.get("edge"), axis=1)


def _surroundings(out: Matrix, c: _Columns) -> None:
    for name in ("annulus", "off_dip", "twins", "twin", "slope", "around_spread", "flare"):
        out[:, AT[name]] = np.clip(c.median(c.get(name)), -10.0, 30.0)
    out[:, AT["annulus"]] = np.clip(out[:, AT["annulus"]], -1.0, 4.0)
    out[:, AT["off_dip"]] = np.clip(out[:, AT["off_dip"]], -1.0, 4.0)
    out[:, AT["clutter"]] = c.median(c.get("clutter"))
    wide_area = np.pi * (WIDE_R + 0.25) ** 2
    dip = c.median(c.get("off_wide_e") / wide_area / np.maximum(c.get("off_around_e"), 2.0))
    out[:, AT["off_dip_wide"]] = np.clip(dip, -1.0, 4.0)


def _motion(out: Matrix, c: _Columns) -> None:
    scale = max(c.scene.scale, 0.3)
    slide_x, slide_y = c.get("slide_x") / scale, c.get("slide_y") / scale
    moved_x, moved_y = c.get("moved_x") / scale, c.get("moved_y") / scale
    mx, my = np.nanmedian(slide_x, axis=1), np.nanmedian(slide_y, axis=1)
    sx, sy = np.nanmedian(moved_x, axis=1), np.nanmedian(moved_y, axis=1)
    speed = np.hypot(sx, sy)
    slide = np.hypot(mx, my)
    out[:, AT["slide"]] = slide
    out[:, AT["slide_share"]] = np.clip(slide / (speed + 0.3), 0.0, 5.0)
    out[:, AT["slide_along"]] = np.clip((mx * sx + my * sy) / (speed + 0.3) ** 2, -3.0, 3.0)
    still = ~(speed >= LEAST_MOTION_PX)
    for name in MOTION_FEATURES[:3]:
        out[still, AT[name]] = np.nan
    out[:, AT["jitter"]] = np.nanmedian(np.hypot(slide_x - mx[:, None], slide_y - my[:, None]), axis=1)


def _neighbours(out: Matrix, c: _Columns) -> None:
    """Likeness of other places of the clip, at their last common positions."""
    scale = max(c.scene.scale, 0.3)
    x, y = _last(c.get("x"), c.followed) / scale, _last(c.get("y"), c.followed) / scale
    light = np.nanmedian(c.point, axis=1)
    distance = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(distance, np.inf)
    own = _own_light(out, c, distance)
    retro = (
        own & (out[:, AT["ratio_unclipped"]] < -0.45) & (out[:, AT["snr"]] > 0.7) & (out[:, AT["persistence"]] > 0.6)
    )
    bright = own & (out[:, AT["snr"]] > 0.7) & (out[:, AT["persistence"]] > 0.4)
    apart = distance > 3.0
    comparable = light[None, :] > 0.1 * light[:, None]
    near = apart & comparable & bright[None, :] & (distance < 40.0)
    out[:, AT["neighbours"]] = np.log2(1.0 + near.sum(axis=1))
    out[:, AT["retro_neighbours"]] = np.log2(
        1.0 + (apart & comparable & retro[None, :] & (distance < 60.0)).sum(axis=1)
    )
    out[:, AT["crowd"]] = np.log2(1.0 + retro.sum())
    change = np.abs(np.log(light[None, :] / light[:, None]))
    width = out[:, AT["width"]]
    sizes = np.abs(np.log(np.maximum(width[None, :], 0.3) / np.maximum(width[:, None], 0.3)))
    level = np.abs(y[:, None] - y) / np.maximum(distance, 1.0)
    likeness = np.exp(-change / 0.7 - sizes / 0.3 - np.maximum(level - 0.2, 0.0) / 0.2)
    likeness[~(apart & retro[None, :] & (distance > 10.0) & (distance < 130.0))] = 0.0
    best = np.nanargmax(np.nan_to_num(likeness), axis=1)
    lines = np.arange(len(c.tracks))
    out[:, AT["pair"]] = np.nan_to_num(likeness)[lines, best]
    mx, my = (np.nanmedian(c.get(n) / scale, axis=1) for n in ("slide_x", "slide_y"))
    apart_motion = np.hypot(mx - mx[best], my - my[best])
    moving = np.hypot(mx, my)
    out[:, AT["pair_motion"]] = out[:, AT["pair"]] * np.nan_to_num(np.clip(moving - 2.0 * apart_motion, 0.0, 5.0))


def _own_light(out: Matrix, c: _Columns, distance: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a place shines by itself rather than in the halo of a stronger one; fills `overshadowed`."""
    wide = np.maximum(np.nanmedian(c.get("wide_e"), axis=1), 1.0)
    area = np.nanmedian(c.get("saturated_px"), axis=1)
    total = np.log10(wide * np.nanmedian(c.hidden("area_high", "area_low"), axis=1))
    reach = 6.0 + 2.0 * np.sqrt(area / np.pi)
    # a halo falls about as the square of the distance from the edge of what is saturated
    shade = total[None, :] - total[:, None] - 2.0 * np.maximum(np.log10(distance / reach[None, :]), 0.0)
    shade[distance > 6.0 * reach[None, :]] = -np.inf
    strongest = np.maximum(np.nan_to_num(shade, nan=-np.inf).max(axis=1), 0.0) if shade.shape[1] else 0.0
    out[:, AT["overshadowed"]] = np.clip(strongest, 0.0, 4.0)
    return np.asarray(out[:, AT["overshadowed"]] < 0.5)


def _last(values: Matrix, valid: npt.NDArray[np.bool_]) -> Matrix:
    index = values.shape[1] - 1 - np.argmax(valid[:, ::-1], axis=1)
    return np.asarray(values[np.arange(values.shape[0]), index], np.float32)


def _ratio(part: Matrix, whole: Matrix, valid: npt.NDArray[np.bool_]) -> Matrix:
    """Ratio of sums over the triples in which the place was followed."""
    top = np.nansum(np.where(valid, part, 0.0), axis=1)
    missing = np.isnan(np.where(valid, part, 0.0)).all(axis=1)
    ratio = top / np.maximum(np.nansum(np.where(valid, whole, 0.0), axis=1), 1.0)
    return np.where(missing, np.nan, ratio).astype(np.float32)


def _slope(values: Matrix) -> Matrix:
    """Least-squares slope along the triples, NaN rows excepted."""
    steps = np.arange(values.shape[1], dtype=np.float32)[None, :]
    valid = np.isfinite(values)
    mean_step = np.nanmean(np.where(valid, steps, np.nan), axis=1)
    mean = np.nanmean(values, axis=1)
    spread = np.where(valid, (steps - mean_step[:, None]) ** 2, 0.0).sum(axis=1)
    product = np.where(valid, (steps - mean_step[:, None]) * (values - mean[:, None]), 0.0).sum(axis=1)
    return np.asarray(np.clip(product / np.maximum(spread, 1.0), -3.0, 3.0), np.float32)


def _log(values: Matrix) -> Matrix:
    return np.asarray(np.log10(values), np.float32)
