"""What the followed places of a clip have to say for and against a lens, one row of numbers each.

Job: sum up the table of each track (light, ratio of the lamps, size, steadiness, motion, surroundings, neighbours) in
dimensionless numbers that mean the same at every size, exposure and distance. Input: `Tracks` and the clip's scene;
output: N x len(FEATURES), NaN where something could not be measured. Refuses to weigh: that is the judge's.
"""

from __future__ import annotations

import warnings

import numpy as np

from sweep.lens.evidence.around import weigh_eyes, weigh_flashes, weigh_neighbours, weigh_surroundings
from sweep.lens.evidence.columns import AT, FEATURES, MOTION_FEATURES, Columns, Matrix, Scene, middle_of
from sweep.lens.evidence.light import weigh_light, weigh_steadiness
from sweep.lens.follow.track import Tracks

__all__ = ["AT", "FEATURES", "MOTION_FEATURES", "Matrix", "Scene", "weigh_up"]

LEAST_MOTION_PX = 1.5
"""Guessed: a scene that moves less per triple tells nothing by what slides over it."""


def weigh_up(tracks: Tracks, scene: Scene) -> Matrix:
    """Sum up all tracks of a clip: N x len(FEATURES)."""
    count = len(tracks)
    out = np.full((count, len(FEATURES)), np.nan, np.float32)
    if not count:
        return out
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a column of NaN has no median, and says so by NaN
        columns = Columns(tracks, scene)
        weigh_light(out, columns)
        weigh_steadiness(out, columns)
        _shape(out, columns)
        weigh_surroundings(out, columns)
        _motion(out, columns)
        weigh_neighbours(out, columns)
        weigh_eyes(out, columns)
        weigh_flashes(out, columns)
    return np.where(np.isfinite(out), out, np.nan).astype(np.float32)


def _shape(out: Matrix, c: Columns) -> None:
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


def _motion(out: Matrix, c: Columns) -> None:
    scale = max(c.scene.scale, 0.3)
    slide_x, slide_y = c.get("slide_x") / scale, c.get("slide_y") / scale
    moved_x, moved_y = c.get("moved_x") / scale, c.get("moved_y") / scale
    mx, my = middle_of(slide_x), middle_of(slide_y)
    sx, sy = middle_of(moved_x), middle_of(moved_y)
    speed = np.hypot(sx, sy)
    slide = np.hypot(mx, my)
    out[:, AT["slide"]] = slide
    out[:, AT["slide_share"]] = np.clip(slide / (speed + 0.3), 0.0, 5.0)
    out[:, AT["slide_along"]] = np.clip((mx * sx + my * sy) / (speed + 0.3) ** 2, -3.0, 3.0)
    still = ~(speed >= LEAST_MOTION_PX)
    for name in MOTION_FEATURES[:3]:
        out[still, AT[name]] = np.nan
    out[:, AT["jitter"]] = middle_of(np.hypot(slide_x - mx[:, None], slide_y - my[:, None]))
