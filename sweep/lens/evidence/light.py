"""Light of the followed places: how much, under which lamp, how steady.

Job: fill the features of light and of its steadiness. Input: `Columns`; output: columns of the evidence. Refuses to
weigh: that is the judge's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sweep.lens.evidence.columns import AT, Columns, Matrix, log10_of, middle_of, ratio_of_sums, slope_of, sum_where

MIN_AREA_PX = 3.0
"""Derived: below it one pixel more or less moves the ratio of areas by a third."""
SHORT_SNR = 10.0
"""Derived: the largest of 25 places of noise, which stands for off_axis, is a fifth of a point that is as strong."""
BLOCKS = 4
"""Parts of a track whose light is compared; fewer where it has fewer than two triples for each."""
RINGS: dict[str, tuple[float, float]] = {"middle": (0.030, 1.8), "outer": (0.045, 1.2)}
"""Offset of the rings that the judge learnt, metres, and p of light that falls with the offset x as exp(-c x^p).

Measured on 400 walls of the world `training` (geometry of `sim/lens_told_apart`): the median lens shows under a ring of
16 mm .33 of its on_axis light, under 30 mm .028, under 45 mm .010, the median screw .91, .56, .13. So p is 1.9 and 2.9
between the first two, 0.6 and 3.1 between the others. The head's rings lie at 16 and 30 mm.
"""
NARROWEST_RING_M = 0.012
"""Derived: under a lamp nearer than that a lens shines nearly as on the axis, and noise would be told for its cone."""
LEAST_SCATTER = 0.01
"""Below it nothing is told apart: pixels answer unequally by as much."""


def weigh_light(out: Matrix, c: Columns) -> None:
    """How much light, under which lamp."""
    noise = np.maximum(c.get("noise_e"), 1.0)
    off_point, off_max = c.get("off_point_e") * c.gain, np.maximum(c.get("off_max_e"), 0.0) * c.gain
    light = np.maximum(c.flux, c.point * 0.5)  # the filter sees little of a point in a hole
    excess = (light - off_max) / (noise * np.sqrt(1.0 + c.gain**2))
    seen = c.followed & np.isfinite(excess)
    summed = sum_where(seen, np.clip(excess, -5.0, 60.0))
    out[:, AT["stacked_z"]] = log10_of(np.maximum(summed / np.sqrt(seen.sum(axis=1)), 0.1))
    out[:, AT["snr"]] = log10_of(np.maximum(c.median(c.point / noise), 0.1))
    out[:, AT["z_over_clutter"]] = log10_of(np.maximum(c.median(c.get("z") / c.get("clutter")), 0.1))
    out[:, AT["ratio_max"]] = np.clip(ratio_of_sums(off_max, light, c.followed), -1.0, 4.0)
    true_on = c.point * c.hidden("area_high", "area_low")
    true_off = np.maximum(off_point, 0.0) * c.hidden("off_area_high", "off_area_low")
    unclipped = middle_of((true_off + noise * c.gain) / np.maximum(true_on, noise))
    out[:, AT["ratio_unclipped"]] = np.clip(log10_of(np.maximum(unclipped, 1e-6)), -6.0, 1.0)
    foot, off_foot = c.get("area_low"), c.get("off_area_low")
    areas = np.where(foot >= MIN_AREA_PX, np.log10((off_foot + 0.5) / (foot + 0.5)), np.nan)
    out[:, AT["area_ratio"]] = middle_of(np.where(c.followed, areas, np.nan))
    out[:, AT["off_shift"]] = c.median(c.get("off_shift_px"))
    out[:, AT["ratio_point"]] = np.clip(ratio_of_sums(off_point, c.point, c.followed), -3.0, 4.0)
    wide = np.maximum(c.get("wide_e"), 1.0)
    out[:, AT["ratio_wide"]] = np.clip(ratio_of_sums(c.get("off_wide_e") * c.gain, wide, c.followed), -3.0, 4.0)
    ratios = np.clip(off_point / c.point, -3.0, 4.0)
    out[:, AT["ratio_spread"]] = np.nanstd(np.where(c.found, ratios, np.nan), axis=1)
    seen = c.followed & np.isfinite(off_point) & np.isfinite(c.point)
    whole = sum_where(seen, c.point)
    share = sum_where(seen, off_point) / whole
    error = np.sqrt(sum_where(seen, noise**2) * (1.0 + share**2))
    error = np.hypot(error / whole, 0.05 / np.sqrt(seen.sum(axis=1)))
    out[:, AT["ratio_margin"]] = np.clip((1.0 - share) / error, -10.0, 60.0)
    dark = c.get("dark_point_e")
    out[:, AT["dark_ratio"]] = np.clip(ratio_of_sums(dark, c.point, c.followed), -1.0, 3.0)
    around = np.maximum(c.get("around_e"), 1.0)
    out[:, AT["ambient"]] = log10_of(np.maximum(c.median(c.get("dark_around_e") / around), 1e-3))
    out[:, AT["contrast"]] = log10_of(np.maximum(c.median(c.point / np.maximum(c.around, 2.0)), 1e-2))
    out[:, AT["wall_e"]] = log10_of(np.maximum(c.median(c.around), 0.3))
    for name, most in (("middle", 4.0), ("outer", 4.0), ("red", 8.0)):
        levelled = c.get(f"{name}_point_e") * c.level(f"{name}_around_e")
        ratio = ratio_of_sums(levelled, c.point, c.followed)
        if name in RINGS:
            ratio = _as_learnt(ratio, c.scene.middle_m if name == "middle" else c.scene.outer_m, *RINGS[name])
        out[:, AT[f"{name}_ratio"]] = np.clip(ratio, -1.0, most)
    peak = np.nanmax((dark - 2.0 * noise) / middle_of(c.point)[:, None], axis=1)
    out[:, AT["dark_peak"]] = np.clip(peak, -1.0, 3.0)
    _weigh_short(out, c)


def _as_learnt(ratio: Matrix, offset_m: float | None, learnt_m: float, bend: float) -> Matrix:
    """What a ring of the offset that the judge learnt would have shown, of light over on_axis light under another."""
    if offset_m is None or offset_m < NARROWEST_RING_M:
        return ratio
    return np.where(ratio > 0.0, np.maximum(ratio, 1e-6) ** ((learnt_m / offset_m) ** bend), ratio).astype(np.float32)


def _weigh_short(out: Matrix, c: Columns) -> None:
    """Ratio of the lamps and width where short pulses keep a bright place below saturation."""
    on, off, error = c.get("short_on_e"), c.get("short_off_e"), c.get("short_noise_e")
    sure = c.followed & (on > SHORT_SNR * error)
    ratio = ratio_of_sums(np.maximum(off * c.gain, 0.5 * error), on, sure)
    out[:, AT["short_ratio"]] = np.clip(log10_of(ratio), -3.0, 1.0)
    out[:, AT["short_width"]] = middle_of(np.where(sure, c.get("short_width_px"), np.nan))


def weigh_steadiness(out: Matrix, c: Columns) -> None:
    """How steadily it shines and is found."""
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
    out[:, AT["variation_excess"]] = log10_of(np.clip(variation / expected, 0.1, 100.0))
    logs = np.log(np.maximum(light, np.maximum(c.get("noise_e"), 1.0)))
    if logs.shape[1] > 1:
        out[:, AT["jump"]] = np.clip(np.nanmax(np.abs(np.diff(logs, axis=1)), axis=1), 0.0, 6.0)
    out[:, AT["trend"]] = np.abs(slope_of(logs))
    out[:, AT["triples"]] = np.log2(lives)
    true_light = light * c.hidden("area_high", "area_low")
    share = np.nanmean(c.get("noise_e"), axis=1) / mean
    scatter = np.nanstd(true_light, axis=1) / np.nanmean(true_light, axis=1)
    out[:, AT["unsteadiness"]] = _scatter(scatter, share)
    _blocks(out, c, true_light, share)
    out[:, AT["travel"]] = log10_of(np.maximum(c.travel_px, 0.3))


def _blocks(out: Matrix, c: Columns, light: npt.NDArray[np.floating], noise_share: npt.NDArray[np.floating]) -> None:
    """Each track cut into `BLOCKS` parts of equal length, so that a glint seen from one side only shows as such."""
    order = np.cumsum(c.followed, axis=1) - 1
    parts = np.clip(c.lives // 2, 1, BLOCKS)
    number = np.where(c.followed, order * parts[:, None] // np.maximum(c.lives, 1)[:, None], -1)
    means = np.full((len(c.tracks), BLOCKS), np.nan, np.float32)
    weakest = np.ones(len(c.tracks), np.float32)
    for k in range(BLOCKS):
        inside = number == k
        count = np.maximum(inside.sum(axis=1), 1)
        means[:, k] = np.nanmean(np.where(inside, light, np.nan), axis=1)
        share = np.where(inside, c.found, False).sum(axis=1) / count
        weakest = np.where(inside.any(axis=1), np.minimum(weakest, share), weakest).astype(np.float32)
    scatter = np.nanstd(means, axis=1) / np.nanmean(means, axis=1)
    each = np.sqrt(np.maximum(c.lives / parts, 1.0))
    out[:, AT["block_scatter"]] = np.where(parts > 1, _scatter(scatter, noise_share / each), np.nan)
    out[:, AT["weakest_block"]] = weakest


def _scatter(scatter: npt.NDArray[np.floating], noise_share: npt.NDArray[np.floating]) -> Matrix:
    """log10 of a relative scatter after that of noise was taken out."""
    left = np.sqrt(np.maximum(scatter**2 - noise_share**2, LEAST_SCATTER**2))
    return log10_of(np.minimum(left, 4.0))
