"""How a hand carries the probe: drift, turns and tremor as sums of sinusoids, or steps and pauses.

Job: pose against time, zero at a reference instant. Input: speeds drawn by the recipes; output: `Pose`. Refuses
measured trajectories: none exist yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sweep.sim.scene.camera import Array, Pose, rotation_matrix


class Hand(Protocol):
    """Pose against time."""

    def pose(self, time_s: float) -> Pose:
        """Pose of the camera at a time of the clip."""
        ...


@dataclass(frozen=True)
class Sway:
    """Steady drift plus slow sway plus tremor, in position (m) and angle (rad)."""

    drift: Array
    """6: velocity m/s and turn rate rad/s."""
    amplitude: Array
    """6 x k."""
    rate_hz: Array
    """k."""
    phase: Array
    """6 x k."""
    reference_s: float

    def pose(self, time_s: float) -> Pose:
        """Pose with respect to the one at `reference_s`."""
        moved = self._raw(time_s) - self._raw(self.reference_s)
        return Pose(rotation_matrix(moved[3:]), moved[:3])

    def _raw(self, time_s: float) -> Array:
        wave = np.sin(2.0 * math.pi * self.rate_hz * time_s + self.phase)
        return np.asarray(self.drift * time_s + (self.amplitude * wave).sum(axis=1))


def draw_hold(rng: np.random.Generator, speed_m_s: float, turn_rad_s: float, reference_s: float) -> Sway:
    """A hand that stays at a place for as long as somebody films: sway and tremor of the stated speeds, no drift.

    Shares of each rate in the speed are guessed: slow sway most, a tenth of tremor at 9 Hz.
    """
    rates, share = np.array([0.25, 0.6, 1.1, 9.0]), np.array([0.7, 0.5, 0.4, 0.1])
    way = rng.normal(size=(6, 4))
    way[:3] /= np.linalg.norm(way[:3], axis=0)
    way[3:] /= np.linalg.norm(way[3:], axis=0)
    amplitude = way * share / (2.0 * math.pi * rates)
    amplitude[:3] *= speed_m_s
    amplitude[3:] *= turn_rad_s
    return Sway(np.zeros(6), amplitude, rates, rng.uniform(0.0, 2.0 * math.pi, (6, 4)), reference_s)


@dataclass(frozen=True)
class Elsewhere:
    """A hand that sways about another place than the one that the room was laid out for."""

    hand: Sway
    there: Pose

    def pose(self, time_s: float) -> Pose:
        """Pose with respect to that other place's own."""
        sway, there = self.hand.pose(time_s), self.there
        return Pose(sway.rotation @ there.rotation, there.position + there.rotation.T @ sway.position)


@dataclass(frozen=True)
class Turning:
    """A hand that sways while who holds it turns from one direction to the next, all at one speed.

    Beginning and end are where the room was laid out for.
    """

    hand: Sway
    ways_deg: tuple[tuple[float, float], ...]
    """To the right and upwards, the first and the last (0, 0)."""
    end_s: float

    def pose(self, time_s: float) -> Pose:
        """Pose with respect to the beginning."""
        ways = np.array(self.ways_deg)
        done = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ways, axis=0).T))])
        at = done[-1] * time_s / self.end_s
        right, up = (math.radians(float(np.interp(at, done, ways[:, axis]))) for axis in (0, 1))
        turned = rotation_matrix(np.array([-up, 0.0, 0.0])) @ rotation_matrix(np.array([0.0, -right, 0.0]))
        sway = self.hand.pose(time_s)
        return Pose(sway.rotation @ turned, sway.position)
