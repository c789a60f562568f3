"""Return lobes: how the light that a lens or a retroreflector sends back spreads around the way to the lamp.

Job: density per steradian against the angle, from a table ray-traced through lens prescriptions or from a formula.
Input: parameters drawn by the tier recipes; output: functions of the angle, integral 1 over the half space (small
angles). Refuses to call any of it measured: nobody has measured ten cameras yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sweep.sim.scene.camera import Array

ANGLES_RAD = np.concatenate([[0.0], np.geomspace(math.radians(0.01), math.radians(60.0), 160)])


@dataclass(frozen=True)
class Lobe:
    """Density per steradian at `ANGLES_RAD`."""

    density_per_sr: Array
    width_deg: float
    """Standard deviation of the core, for the truth."""

    def at(self, alpha_rad: Array) -> Array:
        """Density at each angle, interpolated."""
        return np.asarray(np.interp(alpha_rad, ANGLES_RAD, self.density_per_sr))


def from_profile(profile: Array, width_deg: float) -> Lobe:
    """Lobe of any profile over `ANGLES_RAD`, scaled to an integral of 1."""
    ring = profile * np.sin(ANGLES_RAD) * 2.0 * math.pi
    total = float(np.sum(0.5 * (ring[1:] + ring[:-1]) * np.diff(ANGLES_RAD)))
    return Lobe(np.asarray(profile / total), width_deg)


def gaussian(sigma_deg: float, pedestal_share: float = 0.0, pedestal_sigma_deg: float = 3.0) -> Lobe:
    """A core and a wide pedestal, both Gaussian."""
    core = normal(math.radians(sigma_deg))
    wide = normal(math.radians(pedestal_sigma_deg))
    return Lobe(np.asarray((1.0 - pedestal_share) * core + pedestal_share * wide), sigma_deg)


def cone(half_angle_deg: float, edge: float, pedestal_share: float = 0.0, pedestal_sigma_deg: float = 10.0) -> Lobe:
    """A filled cone with a soft edge: a flat mirror out of focus behind a lens (2 d Delta / f^2)."""
    half = math.radians(half_angle_deg)
    filled = from_profile(0.5 * (1.0 - np.tanh((ANGLES_RAD - half) / (edge * half))), half_angle_deg)
    wide = normal(math.radians(pedestal_sigma_deg))
    density = (1.0 - pedestal_share) * filled.density_per_sr + pedestal_share * wide
    return Lobe(np.asarray(density), half_angle_deg)


def rough_return(rng: np.random.Generator) -> Lobe:
    """Return of recess corners and drops: several degrees."""
    return gaussian(float(rng.uniform(1.5, 12.0)), float(rng.uniform(0.2, 0.8)), float(rng.uniform(10.0, 30.0)))


def normal(sigma_rad: float) -> Array:
    """Density of a Gaussian."""
    return np.asarray(np.exp(-0.5 * (ANGLES_RAD / sigma_rad) ** 2) / (2.0 * math.pi * sigma_rad**2))


def draw_filter(rng: np.random.Generator) -> tuple[Lobe, float]:
    """A reflective IR-cut before the sensor: a cone of several degrees, and its reflectance."""
    half_angle_deg = math.exp(rng.uniform(math.log(2.5), math.log(14.0)))
    lobe = cone(half_angle_deg, float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.0, 0.4)))
    return lobe, float(rng.uniform(0.15, 0.9))
