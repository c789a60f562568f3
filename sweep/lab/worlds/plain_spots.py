"""Marks and points of the plain world: where things stand in the picture, and how much light each gives in each frame.

Job: hold the background while it is painted, and the points with their light by lamp and their way; the image of the
lamps in a mirror as points. Input: seeded generator; output: rows of `Spots`. Refuses to know what the things are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sweep.lab.worlds.notes import Notes
from sweep.lab.worlds.recipe import LampName
from sweep.sim.scene.camera import Array, Image
from sweep.sim.scene.room import log_uniform
from sweep.sim.scene.textures import paint_disc

OFF_AXIS_M = 0.07


@dataclass
class Marks:
    """The background while it is painted, and where things already stand."""

    albedo: Image
    margin: int
    rng: np.random.Generator
    scale: float
    notes: Notes
    size: tuple[int, int]
    taken: list[tuple[float, float]] = field(default_factory=list)

    def place(self, clear: float) -> tuple[float, float]:
        """A place of the reference frame, `clear` half-size pixels from others where there is room."""
        x = y = 0.0
        for _ in range(20):
            x, y = (float(self.rng.uniform(0.04, 0.96) * n) for n in self.size)
            if all(math.hypot(x - a, y - b) > clear * self.scale for a, b in self.taken):
                break
        self.taken.append((x, y))
        return x, y

    def disc(self, x: float, y: float, radius: float, tone: float, strength: float = 1.0) -> None:
        """A disc; radius in half-size pixels."""
        paint_disc(self.albedo, x + self.margin, y + self.margin, radius * self.scale, tone, strength)


@dataclass
class Spots:
    """Points of light: one row each, their electrons frame by frame."""

    frames: int
    phases: Sequence[str]
    fps: float
    rng: np.random.Generator
    """For what only middle rings show."""
    pulses: Sequence[float] = ()
    """Length of the lamp pulse of each frame against the nominal one; empty: 1."""
    rings_m: Mapping[LampName, float] = field(default_factory=dict)
    """Middle rings by their offset."""
    owners: list[int] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)
    slides: list[Array] = field(default_factory=list)
    """frames x 2: way against the scene, pixels."""
    lights: list[Array] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    owner: npt.NDArray[np.int_] = field(default_factory=lambda: np.zeros(0, int))
    size_px: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def count(self) -> int:
        """Points so far."""
        return len(self.owners)

    def by_lamp(self, on_axis: float, off_axis: float, dark: float = 0.0) -> Array:
        """Electrons of each frame by its lamp.

        Under a middle ring, at a share f of the off_axis offset, light lies between: ratio^(f^p), p from 0.8 (a cusp)
        to 2 (a Gaussian); what shows under one lamp alone shows under no middle ring.
        """
        table = {"A": on_axis, "B": off_axis, "C": dark, "M": 0.0, "N": 0.0}
        if self.rings_m and on_axis > 0.0 and off_axis > 0.0:
            bend = float(self.rng.uniform(0.8, 2.0))
            for letter, offset_m in self.rings_m.items():
                share = min(1.0, offset_m / OFF_AXIS_M)
                table[letter] = on_axis * (off_axis / on_axis) ** (share**bend)
        light = np.array([table[letter] for letter in self.phases])
        return light * np.array(self.pulses) if self.pulses else light

    def add(
        self, owner: int, place: tuple[float, float], light: Array, size_px: float = 0.0, slide: Array | None = None
    ) -> None:
        """One point; size_px: extra width at half size."""
        self.owners.append(owner)
        self.places.append(place)
        self.lights.append(light)
        self.sizes.append(size_px)
        self.slides.append(np.zeros((self.frames, 2)) if slide is None else slide)

    def close(self) -> None:
        """Make columns of the rows."""
        self.owner, self.size_px = np.array(self.owners, int), np.array(self.sizes)
        self._light = np.array(self.lights).reshape(-1, self.frames)
        self._place = np.array(self.places).reshape(-1, 2)
        self._slide = np.array(self.slides).reshape(-1, self.frames, 2)

    def at(self, index: int, way: Array) -> tuple[Array, Array, Array]:
        """x, y and electrons of all points in a frame."""
        moved = (self._place + self._slide[:, index]) @ way[:, :2].T + way[:, 2]
        return moved[:, 0], moved[:, 1], self._light[:, index]

    def drift(self, rng: np.random.Generator, px_per_frame: float) -> Array:
        """Steady way against the scene."""
        turn = rng.uniform(0.0, 2.0 * math.pi)
        steps = np.arange(self.frames)[:, None] - (self.frames - 1.0)
        return np.asarray(steps * px_per_frame * np.array([math.cos(turn), math.sin(turn)]))

    def unsteady(self, rng: np.random.Generator, variation: float) -> Array:
        """Factors about 1 that wander."""
        walk = np.cumsum(rng.normal(0.0, 1.0, self.frames)) / math.sqrt(self.frames)
        return np.asarray(np.exp(variation * (walk - walk.mean() + 0.5 * rng.normal(0.0, 1.0, self.frames))))


Builder: TypeAlias = Callable[[Spots, Marks, float], None]


def electrons_of(rng: np.random.Generator, noise_e: float, low: float = 4.0, high: float = 2000.0) -> float:
    """Light of a thing, drawn in its logarithm, in multiples of the noise on the wall."""
    return noise_e * log_uniform(rng, low, high)


def add_mirrored(
    spots: Spots, rng: np.random.Generator, own: int, place: tuple[float, float], light: float, apart: float,
    slide: Array | None = None, size: float = 0.0,
) -> None:  # fmt: skip
    """An image of the lamps: one under on_axis, two weaker ones along the baseline under off_axis."""
    spots.add(own, place, spots.by_lamp(light, 0.0), size, slide)
    for letter, offset_m in spots.rings_m.items():
        lit = np.array([light / 2.0 if phase == letter else 0.0 for phase in spots.phases])
        lit = lit * np.array(spots.pulses) if spots.pulses else lit
        for side in (-1.0, 1.0):
            spots.add(own, (place[0] + side * apart * offset_m / OFF_AXIS_M, place[1]), lit, size, slide)
    for side in (-1.0, 1.0):
        if rng.random() < 0.9:
            other = (
                place[0] + side * apart * float(rng.uniform(0.85, 1.15)),
                place[1] + 0.1 * apart * float(rng.normal()),
            )
            spots.add(own, other, spots.by_lamp(0.0, light * float(rng.uniform(0.3, 0.7))), size, slide)
