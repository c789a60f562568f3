"""What lies around the followed places: surroundings, places like them, second eyes, places that come and go.

Job: fill the features of surroundings and neighbours. Input: `Columns` and the features of light and shape; output:
columns of the evidence. Refuses to weigh: that is the judge's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sweep.lens.evidence.columns import AT, Columns, Matrix, last_of, middle_of
from sweep.lens.pixels.cutouts import WIDE_R

FLASH_PX = 50.0
"""Guessed: flakes of one spill of glitter lie closer together at half size."""
FELLOW_PX = 4.0
"""Guessed: how far a second eye may wander from where it usually lies, at half size."""


def weigh_surroundings(out: Matrix, c: Columns) -> None:
    """The surface that the place lies on."""
    for name in ("annulus", "off_dip", "twins", "twin", "slope", "around_spread", "flare"):
        out[:, AT[name]] = np.clip(c.median(c.get(name)), -10.0, 30.0)
    out[:, AT["annulus"]] = np.clip(out[:, AT["annulus"]], -1.0, 4.0)
    out[:, AT["off_dip"]] = np.clip(out[:, AT["off_dip"]], -1.0, 4.0)
    out[:, AT["clutter"]] = c.median(c.get("clutter"))
    wide_area = np.pi * (WIDE_R + 0.25) ** 2
    dip = c.median(c.get("off_wide_e") / wide_area / np.maximum(c.get("off_around_e"), 2.0))
    out[:, AT["off_dip_wide"]] = np.clip(dip, -1.0, 4.0)


def weigh_eyes(out: Matrix, c: Columns) -> None:
    """A second dark disc that keeps its place beside this one."""
    looked = np.isfinite(c.get("fellow"))
    likeness = np.nan_to_num(c.get("fellow"))
    dx, dy = (np.where(likeness > 0.0, c.get(name), np.nan) for name in ("fellow_dx_px", "fellow_dy_px"))
    off = np.hypot(dx - middle_of(dx)[:, None], dy - middle_of(dy)[:, None])
    stays = np.where(off < FELLOW_PX * max(c.scene.scale, 0.3), likeness, 0.0)
    out[:, AT["eye_pair"]] = np.where(looked.any(axis=1), stays.sum(axis=1) / looked.sum(axis=1), np.nan)


def weigh_flashes(out: Matrix, c: Columns) -> None:
    """Bright places close by that were not there all the time."""
    scale = max(c.scene.scale, 0.3)
    x, y = (last_of(c.get(n) - way, c.followed) / scale for n, way in zip("xy", c.way, strict=True))
    comes = (out[:, AT["persistence"]] < 0.6) | (out[:, AT["variation"]] > 0.5) | (out[:, AT["weakest_block"]] < 0.3)
    seen = (out[:, AT["life"]] < 0.7) & (np.nan_to_num(out[:, AT["edge"]]) < 0.1)
    flash = (out[:, AT["snr"]] > 0.7) & (comes | seen)
    distance = np.hypot(x[:, None] - x[None, flash], y[:, None] - y[None, flash])
    near = (distance > 3.0) & (distance < FLASH_PX)
    out[:, AT["flashing"]] = np.where(np.isnan(x), np.nan, np.log2(1.0 + near.sum(axis=1)))


def weigh_neighbours(out: Matrix, c: Columns) -> None:
    """Likeness of other places of the clip, at their last common positions."""
    scale = max(c.scene.scale, 0.3)
    x, y = last_of(c.get("x"), c.followed) / scale, last_of(c.get("y"), c.followed) / scale
    light = middle_of(c.point)
    distance = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(distance, np.inf)
    own = _own_light(out, c, distance)
    retro = (
        own & (out[:, AT["ratio_unclipped"]] < -0.45) & (out[:, AT["snr"]] > 0.7) & (out[:, AT["persistence"]] > 0.6)
    )
    bright = own & (out[:, AT["snr"]] > 0.7) & (out[:, AT["persistence"]] > 0.4)
    # a saturated top has several maxima, none of them a neighbour
    across = 2.0 * np.sqrt(np.nan_to_num(middle_of(c.get("saturated_px"))) / np.pi)
    apart = distance > np.maximum(3.0, 1.0 + np.maximum(across[:, None], across))
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
    mx, my = (middle_of(c.get(n) / scale) for n in ("slide_x", "slide_y"))
    apart_motion = np.hypot(mx - mx[best], my - my[best])
    moving = np.hypot(mx, my)
    out[:, AT["pair_motion"]] = out[:, AT["pair"]] * np.nan_to_num(np.clip(moving - 2.0 * apart_motion, 0.0, 5.0))


def _own_light(out: Matrix, c: Columns, distance: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a place shines by itself rather than in the halo of a stronger one; fills `overshadowed`."""
    wide = np.maximum(middle_of(c.get("wide_e")), 1.0)
    area = middle_of(c.get("saturated_px"))
    total = np.log10(wide * middle_of(c.hidden("area_high", "area_low")))
    reach = 6.0 + 2.0 * np.sqrt(area / np.pi)
    # a halo falls about as the square of the distance from the edge of what is saturated
    shade = total[None, :] - total[:, None] - 2.0 * np.maximum(np.log10(distance / reach[None, :]), 0.0)
    shade[distance > 6.0 * reach[None, :]] = -np.inf
    strongest = np.maximum(np.nan_to_num(shade, nan=-np.inf).max(axis=1), 0.0) if shade.shape[1] else 0.0
    out[:, AT["overshadowed"]] = np.clip(strongest, 0.0, 4.0)
    return np.asarray(out[:, AT["overshadowed"]] < 0.5)
