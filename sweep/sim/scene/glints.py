"""Families of small bright things and how each answers the lamps, many objects at once.

Job: for the lamps that are on and an eye, give the points of light that objects show: specular images in flat and
curved mirrors, flashes of facets, retroreflection, own light. Input: stacked arrays in world metres; output: `Glints`
with irradiance at the eye in W/m^2. Refuses surfaces with extent: layers draw those.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sweep.sim.scene.camera import Array, Flags
from sweep.sim.scene.lobes import Lobe

IMAGE_FLOOR_M = 0.02
"""A concave mirror cannot focus a lamp sharper than this times its distance: real surfaces are wavy (guessed)."""


@dataclass(frozen=True)
class Lamps:
    """LEDs that are on: positions (n x 3, world), on-axis intensity each, forward direction and beam exponent."""

    positions: Array
    intensity_w_sr: Array
    forward: Array
    beam_exponent: float

    @property
    def count(self) -> int:
        """How many LEDs."""
        return int(self.intensity_w_sr.size)

    def towards(self, points: Array) -> tuple[Array, Array, Array]:
        """Intensity (n x L), distance (n x L) and unit vectors point -> lamp (n x L x 3)."""
        way = self.positions - points[:, None, :]
        distance = np.maximum(np.linalg.norm(way, axis=-1), 1e-3)
        unit = way / distance[..., None]
        cosine = np.maximum(-(unit @ self.forward), 0.0)
        return self.intensity_w_sr * cosine**self.beam_exponent, distance, unit


@dataclass(frozen=True)
class Glints:
    """Points of light at one instant: owner, place of the last surface, distance for focus, W/m^2 at the eye."""

    owner: Array
    at: Array
    focus_distance_m: Array
    irradiance_w_m2: Array
    soften_mm: Array
    """Extra blur, as a length at the surface."""

    @staticmethod
    def joined(parts: Sequence[Glints]) -> Glints:
        """All in one."""
        if not parts:
            none = np.zeros(0)
            return Glints(none, np.zeros((0, 3)), none, none, none)
        return Glints(
            np.concatenate([p.owner for p in parts]),
            np.concatenate([p.at for p in parts]),
            np.concatenate([p.focus_distance_m for p in parts]),
            np.concatenate([p.irradiance_w_m2 for p in parts]),
            np.concatenate([p.soften_mm for p in parts]),
        )

    def only(self, keep: Flags) -> Glints:
        """Those where `keep` holds."""
        return Glints(
            self.owner[keep], self.at[keep], self.focus_distance_m[keep], self.irradiance_w_m2[keep],
            self.soften_mm[keep],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """One exposure: the eye, time, and where each carrier (a moving head) has gone."""

    eye: Array
    time_s: float
    exposure_s: float
    phase: str
    carried: Array
    """Offset in metres of each carrier, k x 3; carrier 0 never moves."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """A smooth patch: a paraboloid with its own frame; curvatures in 1/m, convex positive."""

    owner: int
    centre: Array
    across: Array
    """3 x 3: u, v, normal."""
    half_u_m: float
    half_v_m: float
    curvature_u: float
    curvature_v: float
    reflectance: float
    is_round: bool = False
    slot_m: float = 0.0
    """Half width of a slot along v that shows nothing."""
    soften_mm: float = 0.0
    streak_m: float = 0.0
    """Half length of a brushed streak along v."""
    carrier: int = 0


class Mirrors:
    """Specular images of every lamp in every patch.

    On the paraboloid p = c + a u + b v - (ku a^2 + kv b^2) n / 2 the normal is n + ku a u + kv b v, so the specular
    point obeys ku a = h_u / h_n and kv b = h_v / h_n with h the half vector: solved by Newton's method.
    Irradiance at the eye: I rho / (D_u D_v), D = d_eye + d_lamp + 2 k d_eye d_lamp (paraxial mirror formula).
    """

    def __init__(self, mirrors: Sequence[Mirror]) -> None:
        self.count = len(mirrors)
        self._streaks = [(i, m.streak_m) for i, m in enumerate(mirrors) if m.streak_m > 0.0]
        if not mirrors:
            return
        self.owner = np.array([m.owner for m in mirrors])
        self.carrier = np.array([m.carrier for m in mirrors])
        self.centre = np.stack([m.centre for m in mirrors])
        self.frame = np.stack([m.across for m in mirrors])
        self.half = np.array([[m.half_u_m, m.half_v_m] for m in mirrors])
        self.curvature = np.array([[m.curvature_u, m.curvature_v] for m in mirrors])
        self.reflectance = np.array([m.reflectance for m in mirrors])
        self.is_round = np.array([m.is_round for m in mirrors])
        self.slot = np.array([m.slot_m for m in mirrors])
        self.soften = np.array([m.soften_mm for m in mirrors])
        self.soft_edge = np.maximum(np.minimum(3e-4, 0.1 * self.half.min(axis=1)), 1e-6)

    def glints(self, lamps: Lamps, moment: Moment) -> Glints:
        """Images of all lamps; those outside their patch are left out."""
        if self.count == 0 or lamps.count == 0:
            return Glints.joined([])
        centre = self.centre + moment.carried[self.carrier]
        # everything in the frames of the patches: n x 3 eye, n x L x 3 lamps
        eye = np.einsum("nij,nj->ni", self.frame, moment.eye - centre)[:, None, :]
        lamp = np.einsum("nij,nlj->nli", self.frame, lamps.positions - centre[:, None, :])
        k = self.curvature[:, None, :]
        ab = np.zeros((*lamp.shape[:2], 2))
        for _ in range(5):
            point, to_eye, to_lamp, d_eye, d_lamp = self._ways(ab, k, eye, lamp)
            half = to_eye + to_lamp
            half_n = np.maximum(half[..., 2], 0.05)
            slope = half[..., :2] / half_n[..., None]
            steep = k + 0.5 * (1.0 / d_eye + 1.0 / d_lamp)[..., None]
            steep = np.where(np.abs(steep) < 0.05, 0.05, steep)
            ab = np.clip(ab - (k * ab - slope) / steep, -3.0 * self.half[:, None, :], 3.0 * self.half[:, None, :])
        point, to_eye, to_lamp, d_eye, d_lamp = self._ways(ab, k, eye, lamp)
        share = self._inside(ab) * ((eye[..., 2] > 0.0) & (to_lamp[..., 2] > 0.0))
        intensity, _, _ = lamps.towards(centre)
        spread = (d_eye + d_lamp)[..., None] + 2.0 * k * (d_eye * d_lamp)[..., None]
        spread = np.maximum(np.abs(spread), IMAGE_FLOOR_M * (d_eye + d_lamp)[..., None])
        light = intensity * self.reflectance[:, None] * share / spread.prod(axis=-1)
        behind = d_lamp / np.where(np.abs(1.0 + 2.0 * k.mean(axis=-1) * d_lamp) < 0.05, 0.05,
                                   1.0 + 2.0 * k.mean(axis=-1) * d_lamp)  # fmt: skip
        focus = np.clip(d_eye + behind, 0.05, 30.0)
        world = centre[:, None, :] + np.einsum("nlj,nji->nli", point, self.frame)
        lit = light > 0.0
        owner = np.broadcast_to(self.owner[:, None], lit.shape)
        soften = np.broadcast_to(self.soften[:, None], lit.shape)
        found = Glints(owner[lit], world[lit], focus[lit], light[lit], soften[lit])
        return Glints.joined([found, *self._streaked(world, focus, light)]) if self._streaks else found

    def _ways(self, ab: Array, k: Array, eye: Array, lamp: Array) -> tuple[Array, Array, Array, Array, Array]:
        point = np.concatenate([ab, -0.5 * (k * ab * ab).sum(axis=-1, keepdims=True)], axis=-1)
        to_eye, to_lamp = eye - point, lamp - point
        d_eye = np.maximum(np.linalg.norm(to_eye, axis=-1), 1e-4)
        d_lamp = np.maximum(np.linalg.norm(to_lamp, axis=-1), 1e-4)
        return point, to_eye / d_eye[..., None], to_lamp / d_lamp[..., None], d_eye, d_lamp

    def _inside(self, ab: Array) -> Array:
        away = np.abs(ab) / self.half[:, None, :]
        radial = np.where(self.is_round[:, None], np.hypot(away[..., 0], away[..., 1]), away.max(axis=-1))
        edge_m = (1.0 - radial) * self.half.min(axis=1)[:, None]
        share = np.clip(edge_m / self.soft_edge[:, None] + 0.5, 0.0, 1.0)
        slot = np.clip((np.abs(ab[..., 0]) - self.slot[:, None]) / self.soft_edge[:, None] + 0.5, 0.0, 1.0)
        return np.asarray(np.where(self.slot[:, None] > 0.0, share * slot, share))

    def _streaked(self, world: Array, focus: Array, light: Array) -> list[Glints]:
        parts = []
        for i, half_m in self._streaks:
            lit = np.flatnonzero(light[i] > 0.0)
            steps = np.array([-1.0, -0.66, -0.33, 0.33, 0.66, 1.0])
            weight = 0.35 * np.exp(-2.0 * steps**2)
            at = world[i, lit][:, None, :] + (steps * half_m)[:, None] * self.frame[i, 1]
            many = np.repeat(lit, steps.size)
            parts.append(
                Glints(np.full(many.size, self.owner[i]), at.reshape(-1, 3), focus[i, many],
                       (light[i, lit][:, None] * weight).ravel(), np.full(many.size, self.soften[i]))
            )  # fmt: skip
        return parts


@dataclass(frozen=True, slots=True)
class Facets:
    """Small flat mirrors of one object (glitter, cut edges, screw faces), each with its own lobe."""

    owner: int
    positions: Array
    normals: Array
    area_m2: Array
    reflectance: Array
    lobe_sigma_rad: Array
    carrier: int = 0

    def glints(self, lamps: Lamps, moment: Moment) -> Glints:
        """One point per facet: J = E A cos rho g(2 tilt), the lobe's integral over the sphere is 1."""
        at = self.positions + moment.carried[self.carrier]
        way = moment.eye - at
        range_m = np.linalg.norm(way, axis=1)
        to_eye = way / range_m[:, None]
        intensity, distance, unit = lamps.towards(at)
        half = unit + to_eye[:, None, :]
        half /= np.maximum(np.linalg.norm(half, axis=-1, keepdims=True), 1e-9)
        cosine = np.clip((half * self.normals[:, None, :]).sum(axis=-1), -1.0, 1.0)
        turned = 2.0 * np.arccos(cosine) / self.lobe_sigma_rad[:, None]
        lobe = np.exp(-0.5 * turned**2) / (2.0 * math.pi * self.lobe_sigma_rad[:, None] ** 2)
        facing = np.maximum((to_eye * self.normals).sum(axis=1), 0.0)
        strength = (intensity / distance**2 * lobe).sum(axis=1) * self.area_m2 * facing * self.reflectance
        count = at.shape[0]
        return Glints(np.full(count, self.owner), at, range_m, strength / range_m**2, np.zeros(count))


@dataclass(frozen=True, slots=True)
class Retro:
    """A point that sends light back: camera lens, pupil of an eye, flake of reflective tape."""

    owner: int
    position: Array
    axis: Array
    area_m2: float
    rho: float
    lobe: Lobe
    entrance_exponent: float
    """V(theta) = cos^n up to the cut-off."""
    entrance_cutoff_rad: float
    soften_mm: float = 0.0
    carrier: int = 0
    second_lobe: Lobe | None = None
    """Return of a filter in front of the sensor, with its own reflectance."""
    second_rho: float = 0.0
    red_rho: float | None = None
    """Of 630 nm, which filters of infrared let through, so that they send nothing back; None: as of infrared."""
    closed_s: Array | None = None
    """Times at which an eye closes, each for `CLOSED_FOR_S`."""
    glances: Array | None = None
    """m x 3: time, and turn of the axis (two angles) from then on."""

    def glint(self, lamps: Lamps, moment: Moment) -> Glints:
        """J = I / R^2 x area x rho x V(theta) x g(alpha), added over the lamps."""
        at = self.position + moment.carried[self.carrier]
        way = moment.eye - at
        range_m = float(np.linalg.norm(way))
        to_eye = way / range_m
        strength = 0.0
        if lamps.count and not self._is_closed(moment.time_s):
            intensity, distance, unit = lamps.towards(at[None, :])
            cross = np.linalg.norm(np.cross(unit[0], to_eye), axis=-1)
            alpha = np.arctan2(cross, unit[0] @ to_eye)
            red_rho = self.red_rho if moment.phase == "R" else None
            density = (self.rho if red_rho is None else red_rho) * self.lobe.at(alpha)
            if self.second_lobe is not None and red_rho is None:
                density = density + self.second_rho * self.second_lobe.at(alpha)
            strength = float((intensity[0] / distance[0] ** 2 * density).sum()) * self.area_m2
            strength *= self.entrance(float(to_eye @ self._axis_at(moment.time_s)))
        one = np.ones(1)
        return Glints(one * self.owner, at[None, :], one * range_m, one * strength / range_m**2, one * self.soften_mm)

    def entrance(self, cosine: float) -> float:
        """V(theta): cos^n, cut off softly over 3 degrees by the barrel."""
        angle = math.acos(min(1.0, max(-1.0, cosine)))
        edge = (self.entrance_cutoff_rad - angle) / math.radians(3.0) + 0.5
        return float(max(0.0, cosine) ** self.entrance_exponent * min(1.0, max(0.0, edge)))

    def _is_closed(self, time_s: float) -> bool:
        if self.closed_s is None:
            return False
        return bool(np.any((time_s >= self.closed_s) & (time_s < self.closed_s + CLOSED_FOR_S)))

    def _axis_at(self, time_s: float) -> Array:
        if self.glances is None:
            return self.axis
        past = self.glances[self.glances[:, 0] <= time_s]
        if past.size == 0:
            return self.axis
        turned = self.axis + np.array([past[-1, 1], past[-1, 2], 0.0])
        return np.asarray(turned / np.linalg.norm(turned))


CLOSED_FOR_S = 0.18
"""Length of a blink; guessed within the 0.1 to 0.4 s of the literature."""


@dataclass(frozen=True, slots=True)
class Glow:
    """Something that shines by itself: status LED, remote control, infrared beacon."""

    owner: int
    position: Array
    intensity_w_sr: float
    frequency_hz: float = 0.0
    """0: steady; otherwise switched on and off at this rate."""
    duty: float = 1.0
    start_s: float = 0.0
    burst_s: float = 0.0
    """Length of bursts, one each `burst_period_s`; 0: no bursts."""
    burst_period_s: float = 0.1
    soften_mm: float = 0.0

    def glint(self, moment: Moment) -> Glints:
        """The lamp's mean intensity over the exposure."""
        way = moment.eye - self.position
        range_m = float(np.linalg.norm(way))
        light = self.intensity_w_sr * self._on_share(moment.time_s, moment.exposure_s)
        one = np.ones(1)
        return Glints(one * self.owner, self.position[None, :], one * range_m, one * light / range_m**2,
                      one * self.soften_mm)  # fmt: skip

    def _on_share(self, start_s: float, length_s: float) -> float:
        share = 1.0
        if self.frequency_hz > 0.0:
            share *= _switched(start_s - self.start_s, length_s, 1.0 / self.frequency_hz, self.duty / self.frequency_hz)
        if self.burst_s > 0.0:
            share *= _switched(start_s - self.start_s, length_s, self.burst_period_s, self.burst_s)
        return share


def _switched(start_s: float, length_s: float, period_s: float, on_s: float) -> float:
    """Share of [start, start + length) in which a lamp that is on for `on_s` of each period shines."""

    def lit_until(time_s: float) -> float:
        whole = math.floor(time_s / period_s)
        return whole * on_s + min(time_s - whole * period_s, on_s)

    return (lit_until(start_s + length_s) - lit_until(start_s)) / length_s
