"""Return lobes that only worlds for training draw: rings, wide wings, and a table traced through lens prescriptions.

Job, input and output as in `sim.scene.lobes`.
"""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import numpy as np

from sweep.sim.scene.lobes import ANGLES_RAD, Lobe, from_profile, normal


class Lobes(Protocol):
    """Where builders get return lobes from."""

    def retro_lobe(self, rng: np.random.Generator, kind: str) -> Lobe:
        """A lobe for `eye`, `tape` or `reflector`."""
        ...


def moffat(core_deg: float, power: float) -> Lobe:
    """Power-law wings."""
    return from_profile((1.0 + (ANGLES_RAD / math.radians(core_deg)) ** 2) ** -power, core_deg)


def ring(radius_deg: float, width_deg: float, middle: float) -> Lobe:
    """A bright ring around a weaker middle: a lens focused past its sensor, or a corner cube out of square."""
    away = (ANGLES_RAD - math.radians(radius_deg)) / math.radians(width_deg)
    core = np.exp(-0.5 * (ANGLES_RAD / math.radians(width_deg)) ** 2)
    return from_profile(np.exp(-0.5 * away**2) + middle * core, radius_deg)


@cache
def traced() -> dict[str, Any]:
    """The ray-traced lobes that ship with the package; `lab.lens.raytrace` writes them."""
    table: dict[str, Any] = json.loads(
        files("sweep.lab.worlds").joinpath("lens_lobes.json").read_text(encoding="utf-8")
    )
    return table


def draw_traced(rng: np.random.Generator, pedestal_share: float, pedestal_sigma_deg: float) -> Lobe:
    """A ray-traced core on a pedestal of scatter, one to five times as wide as the faultless design's.

    The table knows neither decentred nor tilted elements; the widening stands for them (guessed).
    """
    table = traced()
    row = table["lobes"][int(rng.integers(len(table["lobes"])))]
    stretch = float(5.0 ** rng.uniform(0.0, 1.0))
    angles = np.radians(np.asarray(table["angle_deg"])) * stretch
    profile = np.interp(ANGLES_RAD, angles, np.asarray(row["density"]), right=0.0)
    core = from_profile(profile, float(row["sigma_deg"]) * stretch)
    wide = normal(math.radians(pedestal_sigma_deg))
    density = (1.0 - pedestal_share) * core.density_per_sr + pedestal_share * wide
    return Lobe(np.asarray(density), core.width_deg)
