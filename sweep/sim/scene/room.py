"""The scene of one rendered clip while it is being furnished, and what it shows at a moment.

Job: hold layers, mirrors, facets, retroreflectors and lights with their owners, find free places on surfaces, paint
bodies. Input: builders of `sim.scene.furnish`; output: `Glints` per moment. Refuses to know tiers: recipes do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from sweep.sim.scene.camera import Array
from sweep.sim.scene.glints import Facets, Glints, Glow, Lamps, Mirror, Mirrors, Moment, Retro
from sweep.sim.scene.imaging import View
from sweep.sim.scene.layers import Layer
from sweep.sim.scene.textures import paint_disc


@dataclass(frozen=True, slots=True)
class Carrier:
    """Something that moves by itself: a head, a swinging tag."""

    velocity_m_s: Array
    amplitude_m: Array
    rate_hz: float
    phase: float

    def offset(self, time_s: float, reference_s: float) -> Array:
        """Metres moved since the reference instant."""
        wave = math.sin(2.0 * math.pi * self.rate_hz * time_s + self.phase)
        start = math.sin(2.0 * math.pi * self.rate_hz * reference_s + self.phase)
        return np.asarray(self.velocity_m_s * (time_s - reference_s) + self.amplitude_m * (wave - start))


@dataclass(frozen=True, slots=True)
class Site:
    """A place on a surface: point, 3 x 3 frame (u, v, normal to the room), its layer."""

    point: Array
    frame: Array
    layer: Layer
    x_px: float
    y_px: float

    @property
    def normal(self) -> Array:
        """Unit vector towards the room."""
        return np.asarray(self.frame[2])

    def lifted(self, height_m: float) -> Array:
        """World point above the surface."""
        return np.asarray(self.point + height_m * self.frame[2])


@dataclass(slots=True)
class Thing:
    """An owner of glints, for the truth."""

    kind: str
    position: Array
    radius_m: float
    carrier: int = 0


@dataclass
class Room:
    """Everything in front of the camera."""

    view: View
    rng: np.random.Generator
    reference_s: float
    layers: list[Layer] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    mirrors: list[Mirror] = field(default_factory=list)
    facets: list[Facets] = field(default_factory=list)
    retros: list[Retro] = field(default_factory=list)
    glows: list[Glow] = field(default_factory=list)
    carriers: list[Carrier] = field(default_factory=list)
    """What moves, numbered from 1; 0 is what stands still."""
    _stacked: Mirrors | None = None

    def own(self, kind: str, position: Array, radius_m: float, carrier: int = 0) -> int:
        """Register a thing; returns its owner number."""
        self.things.append(Thing(kind, position, radius_m, carrier))
        return len(self.things) - 1

    def carried(self, time_s: float) -> Array:
        """Offsets (k x 3) of all carriers."""
        moved = [carrier.offset(time_s, self.reference_s) for carrier in self.carriers]
        return np.stack([np.zeros(3), *moved])

    def site(self, x_px: float, y_px: float) -> Site:
        """Nearest surface that stands still on the line of sight of a pixel of the reference frame."""
        ray = self.view.rays(np.array(x_px), np.array(y_px))[None, :]
        still = np.zeros((len(self.carriers) + 1, 3))
        best, found = math.inf, self.layers[0]
        for layer in self.layers:
            if layer.carrier:
                continue
            along = float(layer.meet(np.zeros(3), ray, still)[0])
            if along < best and bool(layer.covers(along * ray if math.isfinite(along) else ray, still)[0]):
                best, found = along, layer
        return Site(min(best, 30.0) * ray[0], found.across, found, x_px, y_px)

    def paint(self, site: Site, radius_m: float, tone: float, strength: float = 1.0) -> None:
        """Paint a disc on the surface of a site."""
        x, y = site.layer.texel_of(site.point)
        paint_disc(site.layer.albedo, x, y, radius_m / site.layer.texel_m, tone, strength)

    def glints(self, lamps: Lamps, moment: Moment) -> Glints:
        """All points of light at a moment, also those that a layer hides."""
        if self._stacked is None:
            self._stacked = Mirrors(self.mirrors)
        parts = [self._stacked.glints(lamps, moment)]
        if lamps.count:
            parts += [f.glints(lamps, moment) for f in self.facets]
            parts += [r.glint(lamps, moment) for r in self.retros]
        parts += [g.glint(moment) for g in self.glows]
        return Glints.joined(parts)


def tilted(frame: Array, angles: Array) -> Array:
    """A frame (u, v, n) whose normal is turned by two small angles (rad)."""
    normal = frame[2] + math.tan(float(angles[0])) * frame[0] + math.tan(float(angles[1])) * frame[1]
    return frame_of(np.asarray(normal), frame[0])


def frame_of(normal: Array, hint: Array) -> Array:
    """Orthonormal rows u, v, n with u as near to `hint` as it can be."""
    n = normal / np.linalg.norm(normal)
    u = hint - (hint @ n) * n
    if float(np.linalg.norm(u)) < 1e-6:
        u = np.array([n[2], 0.0, -n[0]]) + 1e-9
    u = u / np.linalg.norm(u)
    # u right, v down, n towards the room: the handedness of canvases
    return np.stack([u, np.cross(u, n), n])


def turned(frame: Array, angle_rad: float) -> Array:
    """A frame turned about its normal."""
    cosine, sine = math.cos(angle_rad), math.sin(angle_rad)
    return np.stack([cosine * frame[0] + sine * frame[1], cosine * frame[1] - sine * frame[0], frame[2]])


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A draw uniform in the logarithm."""
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))
