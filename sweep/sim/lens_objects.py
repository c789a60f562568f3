"""Things in a rendered scene that answer a lamp.

Job: for each kind of object say where its points of light lie and how many electrons each lamp of a phase makes
there. Input: lamp positions and camera pose in world coordinates; output: `Spark`s. Refuses surfaces: walls are drawn
by the scene itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sweep.lens.optics import ReturnLobe
from sweep.sim.lens_camera import Array


@dataclass(frozen=True, slots=True)
class Lamp:
    """One LED at one instant."""

    position: Array
    """World, metres."""
    intensity_w_sr: float


@dataclass(frozen=True, slots=True)
class Spark:
    """A point of light: world position of what the camera sees (may lie behind a mirror) and its radiant intensity."""

    position: Array
    intensity_w_sr: float
    soften_px: float = 0.0
    """Additional Gaussian width at half size, from roughness."""


class Shiny(Protocol):
    """An object that makes sparks."""

    @property
    def kind(self) -> str:
        """What it is called in the truth."""
        ...

    def sparks(self, lamps: list[Lamp], eye: Array) -> list[Spark]:
        """Points of light towards the camera at `eye` for the lamps that are on."""
        ...


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera lens that sends light back to the lamp."""

    position: Array
    axis: Array
    """Unit vector out of the front of the lens."""
    aperture_m: float
    rho: float
    lobe: ReturnLobe
    visible_share: float
    kind: str = "lens"

    def sparks(self, lamps: list[Lamp], eye: Array) -> list[Spark]:
        """J = I / R^2 x area x rho x V(theta) x g(alpha), added over the lamps."""
        to_eye = eye - self.position
        range_m = float(np.linalg.norm(to_eye))
        cosine = max(0.0, float(to_eye @ self.axis) / range_m)
        # vignetting of a short lens: falls as cos^4 until the barrel cuts it off near 40 degrees (guessed)
        pass_share = cosine**4 if cosine > math.cos(math.radians(40.0)) else 0.0
        area_m2 = math.pi / 4.0 * self.aperture_m**2 * self.visible_share
        total = 0.0
        for lamp in lamps:
            to_lamp = lamp.position - self.position
            distance = float(np.linalg.norm(to_lamp))
            alpha = math.acos(min(1.0, float(to_lamp @ to_eye) / (distance * range_m)))
            total += lamp.intensity_w_sr / distance**2 * self.lobe.density_per_sr(alpha)
        return [Spark(self.position, total * area_m2 * self.rho * pass_share)]


@dataclass(frozen=True, slots=True)
class Ball:
    """A convex mirror: chrome knob, domed screw, water drop."""

    position: Array
    """Centre of curvature, world."""
    radius_m: float
    reflectance: float
    kind: str
    soften_px: float = 0.0

    def sparks(self, lamps: list[Lamp], eye: Array) -> list[Spark]:
        """Virtual image of each lamp, half a radius out of the centre along the bisector."""
        result = []
        to_eye = _unit(eye - self.position)
        for lamp in lamps:
            to_lamp = lamp.position - self.position
            distance = float(np.linalg.norm(to_lamp))
            bisector = _unit(to_eye + to_lamp / distance)
            seen = self.position + bisector * (0.5 * self.radius_m)
            intensity = lamp.intensity_w_sr / distance**2 * self.radius_m**2 / 4.0 * self.reflectance
            result.append(Spark(seen, intensity, self.soften_px))
        return result


@dataclass(frozen=True, slots=True)
class Glow:
    """A status LED: shines by itself whichever lamp is on."""

    position: Array
    intensity_w_sr: float
    kind: str = "status_led"

    def sparks(self, lamps: list[Lamp], eye: Array) -> list[Spark]:
        """Always the same point."""
        del lamps, eye
        return [Spark(self.position, self.intensity_w_sr)]


@dataclass(frozen=True, slots=True)
class Facet:
    """A small flat or nearly flat mirror: glitter, an edge of chrome, a screw slot."""

    position: Array
    normal: Array
    side_m: float
    reflectance: float
    lobe_sigma_rad: float
    kind: str = "facet"

    def sparks(self, lamps: list[Lamp], eye: Array) -> list[Spark]:
        """Gaussian lobe around the mirror direction of each lamp."""
        to_eye = _unit(eye - self.position)
        total = 0.0
        for lamp in lamps:
            to_lamp = lamp.position - self.position
            distance = float(np.linalg.norm(to_lamp))
            half = _unit(to_eye + to_lamp / distance)
            tilt = math.acos(min(1.0, max(-1.0, float(half @ self.normal))))
            # the reflected ray turns by twice the tilt; the lobe's integral over the sphere is 1
            lobe = math.exp(-0.5 * (2.0 * tilt / self.lobe_sigma_rad) ** 2) / (2.0 * math.pi * self.lobe_sigma_rad**2)
            facing = max(0.0, float(to_eye @ self.normal))
            total += lamp.intensity_w_sr / distance**2 * self.side_m**2 * facing * self.reflectance * lobe
        return [Spark(self.position, total)]


@dataclass(frozen=True)
class Glaze:
    """Mirror images of the lamps in flat glossy pieces (tiles, a mirror), each piece tilted a little."""

    centres: Array
    """n x 3, world."""
    normals: Array
    """n x 3, towards the room."""
    across: Array
    """Unit vectors of the wall, 2 x 3."""
    half_side_m: float
    reflectance: float
    soften_px: float
    kind: str = "glaze"

    def sparks(self, lamps: list[Lamp], eye: Array) -> list[Spark]:
        """Mirrored lamps whose line of sight passes through their own piece."""
        result: list[Spark] = []
        for lamp in lamps:
            height = ((lamp.position - self.centres) * self.normals).sum(axis=1, keepdims=True)
            mirrored = lamp.position - 2.0 * height * self.normals
            way = mirrored - eye
            along = ((self.centres - eye) * self.normals).sum(axis=1) / (way * self.normals).sum(axis=1)
            hit = eye + along[:, None] * way
            inside = np.all(np.abs((hit - self.centres) @ self.across.T) <= self.half_side_m, axis=1)
            intensity = lamp.intensity_w_sr * self.reflectance
            result.extend(Spark(image, intensity, self.soften_px) for image in mirrored[inside])
        return result


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))
