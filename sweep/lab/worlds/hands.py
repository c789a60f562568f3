"""How a hand carries the probe past a wall: drift, turns and tremor as sums of sinusoids, or steps and pauses.

Job, input and output as in `sim.scene.hand`. Refuses measured trajectories: none exist yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sweep.sim.scene.camera import Array, Pose, rotation_matrix
from sweep.sim.scene.hand import Sway


def draw_sway(rng: np.random.Generator, speed_m_s: float, turn_rad_s: float, tremor: float, reference_s: float) -> Sway:
    """A hand with the stated drift; `tremor` scales 0.3 mm and 0.05 degrees at 6 to 12 Hz (guessed)."""
    way = rng.normal(size=3) * (1.0, 1.0, 0.6)
    turn = rng.normal(size=3) * (1.0, 1.0, 0.5)
    drift = np.concatenate([speed_m_s * way / np.linalg.norm(way), turn_rad_s * turn / np.linalg.norm(turn)])
    rates = np.array([rng.uniform(0.3, 0.8), rng.uniform(0.8, 2.5), rng.uniform(6.0, 12.0)])
    amplitude = rng.normal(size=(6, 3))
    slow = 0.35 / (2.0 * math.pi * rates[:2])
    amplitude[:3, :2] *= speed_m_s * slow
    amplitude[3:, :2] *= turn_rad_s * slow
    amplitude[:3, 2] *= 3e-4 * tremor
    amplitude[3:, 2] *= math.radians(0.05) * tremor
    return Sway(drift, amplitude, rates, rng.uniform(0.0, 2.0 * math.pi, (6, 3)), reference_s)


@dataclass(frozen=True)
class Walk:
    """A random walk of velocity with pauses, tabulated and interpolated by cubic Hermite pieces."""

    step_s: float
    places: Array
    """n x 6."""
    speeds: Array
    """n x 6."""
    reference_s: float

    def pose(self, time_s: float) -> Pose:
        """Pose with respect to the one at `reference_s`."""
        moved = self._raw(time_s) - self._raw(self.reference_s)
        return Pose(rotation_matrix(moved[3:]), moved[:3])

    def _raw(self, time_s: float) -> Array:
        at = min(max(time_s / self.step_s, 0.0), len(self.places) - 1.001)
        i = int(at)
        t = at - i
        a, b = self.places[i], self.places[i + 1]
        u, v = self.speeds[i] * self.step_s, self.speeds[i + 1] * self.step_s
        h = (2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t, 3 * t**2 - 2 * t**3, t**3 - t**2)
        return np.asarray(h[0] * a + h[1] * u + h[2] * b + h[3] * v)


def draw_walk(
    rng: np.random.Generator, speed_m_s: float, turn_rad_s: float, length_s: float, reference_s: float
) -> Walk:
    """An Ornstein-Uhlenbeck walk of velocity (0.25 s memory) with a sudden jerk now and then."""
    step = 0.02
    count = max(4, math.ceil(length_s / step) + 3)
    scale = np.array([speed_m_s] * 3 + [turn_rad_s] * 3) * (1.0, 1.0, 0.5, 1.0, 1.0, 0.6)
    speeds = np.zeros((count, 6))
    speeds[0] = scale * rng.normal(size=6)
    keep = math.exp(-step / 0.25)
    for i in range(1, count):
        kick = 3.0 if rng.random() < 0.02 else 1.0
        speeds[i] = keep * speeds[i - 1] + math.sqrt(1.0 - keep**2) * kick * scale * rng.normal(size=6)
    places = np.concatenate([np.zeros((1, 6)), np.cumsum(0.5 * (speeds[1:] + speeds[:-1]) * step, axis=0)])
    return Walk(step, places, speeds, reference_s)
