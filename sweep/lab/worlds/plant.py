"""Lenses of the physical renderer: one in its hole or bezel, with filter and front surface.

Job: plant lenses of a tier into a room. Input: generator, tier, room, assumptions in force, pixels; output: `Planted`.
Refuses confusers: `sim.scene.furnish` adds those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sweep.lab.worlds.foreign import Foreign
from sweep.lab.worlds.recipe import draw_lens
from sweep.lab.worlds.tuning import Tuning
from sweep.sim.scene.camera import Array
from sweep.sim.scene.glints import Mirror, Mirrors, Retro
from sweep.sim.scene.rendered import TrueLens
from sweep.sim.scene.room import Room, Site, frame_of, log_uniform, tilted

RED_THROUGH_CUT = 0.8
"""Share of 630 nm that a filter of infrared lets through on the way in and out together (hardware/optics)."""


@dataclass
class Planted:
    """A lens in the room, and what was noted of it frame by frame."""

    retro: Retro
    front: Mirrors
    """Glint of the front surface: a part of what the lens shows, under both lamps."""
    site: Site
    lens: TrueLens


def plant(
    rng: np.random.Generator, tier: int, room: Room, assume: Tuning | Foreign, pixels: list[tuple[float, float]]
) -> list[Planted]:
    """Plant a lens of the tier at each pixel of the reference frame."""
    planted = []
    for x, y in pixels:
        draw = draw_lens(rng, tier)
        site = room.site(x, y)
        hole_m = max(draw.aperture_mm * 0.5e-3, float(rng.uniform(0.8, 8.0)) * 1e-3 * float(rng.random() < 0.8))
        if rng.random() < 0.25:
            room.paint(site, hole_m * rng.uniform(1.2, 2.5), rng.uniform(0.1, 0.9))
        if rng.random() < 0.85:
            room.paint(site, hole_m, rng.uniform(0.01, 0.2))
        turn = rng.uniform(0.0, 2.0 * math.pi)
        off = math.radians(draw.off_angle_deg)
        facing = frame_of(-site.point, np.array([1.0, 0.0, 0.0]))
        axis = tilted(facing, off * np.array([math.cos(turn), math.sin(turn)]))[2]
        height = float(rng.choice([0.0, 0.0, -0.003, rng.uniform(0.0, 0.04)]))
        at = site.point * (1.0 - height / max(float(np.linalg.norm(site.point)), 0.05))
        owner = room.own("lens", at, hole_m)
        second, second_rho, rho = None, 0.0, draw.rho
        red_rho = None if draw.kind == "clear" else RED_THROUGH_CUT * draw.rho
        if draw.kind == "reflective":
            second, second_rho = assume.filter_lobe(rng)
            rho *= float(rng.uniform(0.02, 0.5))
        elif draw.kind == "absorptive":
            rho *= 10.0 ** float(rng.uniform(-4.0, -1.5))
        exponent, cutoff_deg = assume.lens_entrance(rng)
        retro = Retro(
            owner, at, axis, math.pi / 4 * (draw.aperture_mm * 1e-3) ** 2 * draw.visible_share, rho,
            assume.lens_lobe(rng), exponent, math.radians(cutoff_deg),
            second_lobe=second, second_rho=second_rho, red_rho=red_rho,
        )  # fmt: skip
        room.retros.append(retro)
        front = _front_of(rng, owner, at, axis, draw.visible_share)
        room.mirrors.extend(front)
        about = {
            "kind": draw.kind, "aperture_mm": draw.aperture_mm, "range_m": round(float(np.linalg.norm(at)), 3),
            "off_angle_deg": draw.off_angle_deg, "rho": rho, "cone_sigma_deg": round(retro.lobe.width_deg, 3),
            "visible_frac": draw.visible_share,
        }  # fmt: skip
        planted.append(Planted(retro, Mirrors(front), site, TrueLens(about)))
    return planted


def _front_of(rng: np.random.Generator, owner: int, at: Array, axis: Array, visible_share: float) -> list[Mirror]:
    """The front surface of a lens: a small ball of glass, coated or not, wider than the aperture.

    4 % of bare glass with 2 mm of radius explains the off_axis light of the weak lenses in the sample clips.
    """
    if rng.random() < 0.15:
        return []
    curve_m, half_m = log_uniform(rng, 0.8e-3, 6e-3), log_uniform(rng, 0.4e-3, 2.5e-3)
    share = log_uniform(rng, 0.004, 0.06) * max(0.3, visible_share)
    frame = frame_of(axis, np.array([1.0, 0.0, 0.0]))
    half_m = min(half_m, 0.9 * curve_m)
    return [Mirror(owner, at, frame, half_m, half_m, 1 / curve_m, 1 / curve_m, share, is_round=True)]
