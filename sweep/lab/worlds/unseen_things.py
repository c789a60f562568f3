"""What stands in the judging world: planes of a room, lenses, and what answers lamps without being one.

Job: draw the parts of one scene. Input: seeded generator, tier, geometry of the probe; output: `Scene` and the lenses'
truth. Refuses to be drawn from for training or tuning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from sweep.lab.worlds.notes import Notes
from sweep.lab.worlds.unseen_light import Balls, Faces, Panes, Returners
from sweep.sim.scene.camera import Array, Image
from sweep.sim.scene.rendered import TrueLens
from sweep.sim.scene.room import log_uniform

KINDS = {"screw": 3.0, "chrome_sphere": 2.0, "drops": 1.2, "tape_frag": 0.7, "tape": 0.5, "glitter": 0.8,
         "facet": 1.5, "eyes": 1.0, "mirror_img": 1.0, "gloss_img": 1.5, "ind_led": 1.2, "bright_dot": 1.5,
         "dark_hole": 1.5}  # fmt: skip
"""How often each is drawn; guessed from the fittings of a public restroom, where screws and glaze are everywhere."""


@dataclass
class Plane:
    """A rectangle of the room with its albedo."""

    middle: Array
    u: Array
    v: Array
    texel_m: float
    albedo: Image
    is_round: bool = False
    carried: bool = False

    @property
    def normal(self) -> Array:
        """Towards the room: v x u, since v points down."""
        return np.asarray(np.cross(self.v, self.u))


@dataclass
class Scene:
    """All that shows."""

    planes: list[Plane] = field(default_factory=list)
    returners: Returners = field(default_factory=Returners)
    faces: Faces = field(default_factory=Faces)
    balls: Balls = field(default_factory=Balls)
    panes: Panes = field(default_factory=Panes)
    glows: list[tuple[int, Array, float, float, float]] = field(default_factory=list)
    """Owner, place, W/sr, rate (0 steady), phase."""
    notes: Notes = field(default_factory=Notes)
    blinks: list[tuple[int, float]] = field(default_factory=list)
    """Row of `returners` and when it is dark."""
    head_m_s: Array = field(default_factory=lambda: np.zeros(3))


def _albedo(rng: np.random.Generator, rows: int, columns: int) -> Image:
    """Cells of the nearest of random points, waves at random turns, or steps of a staircase: none of them fractal."""
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    base = float(rng.uniform(0.15, 0.8))
    kind = rng.random()
    if kind < 0.35:  # stone or plaster cells
        count = int(log_uniform(rng, 15, 900))
        seeds = np.zeros((rows, columns), np.uint8) + 1
        seeds[rng.integers(0, rows, count), rng.integers(0, columns, count)] = 0
        away, label = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        tones = rng.normal(1.0, log_uniform(rng, 0.005, 0.25), int(label.max()) + 1).astype(np.float32)
        albedo = base * tones[label] * (1.0 + np.float32(rng.uniform(-0.3, 0.3)) * away / max(float(away.max()), 1.0))
    elif kind < 0.7:  # waves
        albedo = np.full((rows, columns), base, np.float32)
        for _ in range(int(rng.integers(4, 14))):
            turn, length = rng.uniform(0, math.pi), log_uniform(rng, 3.0, 300.0)
            phase = (x * math.cos(turn) + y * math.sin(turn)) * (2.0 * math.pi / length) + rng.uniform(0, 6.3)
            albedo *= 1.0 + np.float32(log_uniform(rng, 0.004, 0.06)) * np.sin(phase.astype(np.float32))
    else:  # running bond with joints
        wide, high = log_uniform(rng, 25, 220), log_uniform(rng, 18, 160)
        row = np.floor(y / high)
        along = x / wide + 0.5 * (row % 2)
        tone = np.sin(12.9898 * np.floor(along) + 78.233 * row) * 43758.5453
        albedo = base * (1.0 + np.float32(log_uniform(rng, 0.004, 0.2)) * (2.0 * (tone - np.floor(tone)) - 1.0))
        joint = (np.abs(along % 1.0 - 0.5) * wide > wide / 2 - 1.2) | (
            np.abs((y / high) % 1.0 - 0.5) * high > high / 2 - 1.2
        )
        albedo = np.where(joint, albedo * np.float32(rng.uniform(0.4, 1.3)), albedo)
    grain = rng.standard_normal((rows, columns), dtype=np.float32)
    albedo = albedo * (1.0 + np.float32(log_uniform(rng, 0.003, 0.08)) * cv2.blur(grain, (3, 3)) * 3.0)
    for _ in range(int(rng.integers(0, 10))):  # stickers and hooks
        at = (int(rng.integers(0, columns)), int(rng.integers(0, rows)))
        size = (int(log_uniform(rng, 2, 70)), int(log_uniform(rng, 2, 40)))
        cv2.ellipse(
            albedo, at, size, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0.03, 0.95)), -1, cv2.LINE_AA
        )
    return np.asarray(np.clip(albedo, 0.02, 0.95), np.float32)


def _unit(v: Array) -> Array:
    return np.asarray(v / np.linalg.norm(v))


def _near(rng: np.random.Generator, axis: Array, sigma_rad: float) -> Array:
    return _unit(axis + rng.normal(0.0, sigma_rad, 3))


@dataclass
class Furnisher:
    """Puts things into a scene."""

    rng: np.random.Generator
    tier: int
    width: int
    height: int
    px: float
    """Pixels per pixel of the half-size frame."""
    focal: float
    centre: Array
    range_m: float
    fps: float
    gain: float = 0.0
    """Electrons per W/m2 at the pupil; known once the wall is."""
    scene: Scene = field(default_factory=Scene)
    lenses: list[tuple[int, TrueLens]] = field(default_factory=list)
    """Row of `scene.returners` and truth."""
    spots: list[tuple[float, float]] = field(default_factory=list)

    def build(self) -> None:
        """Wall and boards."""
        rng, far = self.rng, self.range_m
        normal = _near(rng, np.array([0.0, 0.0, -1.0]), 0.12)
        u = _unit(np.cross(normal, np.array([0.0, 1.0, 0.0])) * -1.0)
        u = u if u[0] > 0 else -u
        v = _unit(np.cross(u, normal))
        v = v if v[1] > 0 else -v
        texel = far / self.focal
        rows, columns = int(1.6 * self.height), int(1.6 * self.width)
        self.scene.planes.append(Plane(np.array([0.0, 0.0, far]), u, v, texel, _albedo(rng, rows, columns)))
        for _ in range(int(rng.integers(0, 3))):  # boards in front of the wall
            depth = far * float(rng.uniform(0.55, 0.97))
            at = np.array([*(rng.uniform(-0.4, 0.4, 2) * (self.width, self.height) / self.focal), 1.0]) * depth
            part = (int(self.height * rng.uniform(0.1, 0.6)), int(self.width * rng.uniform(0.1, 0.5)))
            self.scene.planes.append(Plane(at, u, v, depth / self.focal, _albedo(rng, *part)))

    def _spot(self, clear_px: float = 12.0) -> tuple[Plane, Array, tuple[float, float]]:
        """A free place: its plane, world point and pixel in the reference frame."""
        rng = self.rng
        plane, point, x, y = self.scene.planes[0], np.zeros(3), 0.0, 0.0
        for _ in range(30):
            x, y = rng.uniform(0.05, 0.95) * self.width, rng.uniform(0.05, 0.95) * self.height
            if all(math.hypot(x - a, y - b) > clear_px * self.px for a, b in self.spots):
                break
        self.spots.append((x, y))
        ray = np.array([(x - self.centre[0]) / self.focal, (y - self.centre[1]) / self.focal, 1.0])
        best = math.inf
        for candidate in self.scene.planes:
            if candidate.carried:
                continue
            along = float(candidate.middle @ candidate.normal / (ray @ candidate.normal))
            at = along * ray - candidate.middle
            rows, columns = candidate.albedo.shape
            inside = abs(at @ candidate.u) < columns * candidate.texel_m / 2
            if 0 < along < best and inside and abs(at @ candidate.v) < rows * candidate.texel_m / 2:
                best, plane, point = along, candidate, along * ray
        return plane, point, (x, y)

    def _paint(self, plane: Plane, point: Array, radius_m: float, tone: float) -> None:
        rows, columns = plane.albedo.shape
        at = np.array([(point - plane.middle) @ plane.u, (point - plane.middle) @ plane.v]) / plane.texel_m
        x, y = at + (np.array([columns, rows]) - 1) / 2.0
        radius = radius_m / plane.texel_m
        away = np.hypot(np.arange(columns)[None] - x, np.arange(rows)[:, None] - y) if radius > 40 else None
        if away is None:
            a, b = max(0, int(x - radius - 3)), max(0, int(y - radius - 3))
            part = plane.albedo[b : int(y + radius + 4), a : int(x + radius + 4)]
            away = np.hypot(np.arange(part.shape[1])[None] + a - x, np.arange(part.shape[0])[:, None] + b - y)
        else:
            part = plane.albedo
        cover = np.clip(max(radius, 0.5) - away + 0.5, 0.0, 1.0) * min(1.0, (radius / 0.5) ** 2)
        part += (cover * (tone - part)).astype(np.float32)

    def lens(self) -> None:
        """One lens of the tier, often in a dark hole."""
        rng, tier = self.rng, self.tier
        plane, point, _ = self._spot()
        if rng.random() < 0.8:
            self._paint(plane, point, log_uniform(rng, 4e-4, 6e-3), float(rng.uniform(0.02, 0.15)))
        aperture = log_uniform(rng, *{1: (1.0, 3.0), 2: (0.8, 3.0), 3: (0.6, 2.5), 4: (0.5, 1.2)}[tier])
        rho = log_uniform(rng, *{1: (0.015, 0.1), 2: (0.006, 0.1), 3: (0.004, 0.05), 4: (0.003, 0.08)}[tier])
        visible = float(rng.uniform({1: 0.85, 2: 0.5, 3: 0.25, 4: 0.1}[tier], 1.0))
        kind = str(rng.choice(["clear", "absorptive", "reflective"], p={1: (1, 0, 0), 2: (0.86, 0.06, 0.08),
                              3: (0.76, 0.08, 0.16), 4: (0.6, 0.08, 0.32)}[tier]))  # fmt: skip
        scale, shape = math.radians(log_uniform(rng, 0.25, 2.0)), float(rng.uniform(0.9, 3.0))
        wide, wide_rad = log_uniform(rng, 0.01, 0.3), math.radians(log_uniform(rng, 3.0, 15.0))
        off = {1: 0.12, 2: 0.25, 3: 0.35, 4: 0.4}[tier]
        axis = _near(rng, _unit(-point), off / 1.7)
        if kind == "absorptive":
            rho *= 10.0 ** float(rng.uniform(-3.0, -1.0))
        if kind == "reflective":
            wide, wide_rad = float(rng.uniform(0.7, 0.98)), math.radians(float(rng.uniform(3.0, 10.0)))
            rho = float(rng.uniform(0.1, 0.7))
        area = math.pi / 4.0 * (aperture * 1e-3) ** 2 * visible
        number = len(self.lenses)
        self.scene.returners.add(-1 - number, point, axis, area * rho, scale, shape, wide, wide_rad)
        turned_deg = math.degrees(math.acos(min(1.0, float(axis @ _unit(-point)))))
        about: dict[str, Any] = {
            "kind": kind, "aperture_mm": round(aperture, 3), "rho": rho, "off_angle_deg": round(turned_deg, 1),
            "range_m": round(float(np.linalg.norm(point)), 3), "cone_sigma_deg": round(math.degrees(scale), 3),
            "visible_frac": round(visible, 2),
        }  # fmt: skip
        self.lenses.append((len(self.scene.returners.at) - 1, TrueLens(about)))
        if rng.random() < 0.7:  # its front surface, bare or coated
            self.scene.balls.owner.append(-1 - number)
            radius = log_uniform(rng, 1e-3, 5e-3)
            self.scene.balls.centre.append(point - radius * 0.5 * axis)
            self.scene.balls.radius_m.append(radius)
            self.scene.balls.reflectance.append(log_uniform(rng, 0.003, 0.04) * visible)
            self.scene.balls.carried.append(False)

    def thing(self, kind: str) -> None:
        """One confuser of a kind, somewhere."""
        if kind == "eyes":
            self._eyes()
            return
        plane, point, _ = self._spot()
        own = self.scene.notes.own(kind)
        if kind == "screw":
            self._screw(own, plane, point)
        elif kind == "chrome_sphere":
            radius = log_uniform(self.rng, 0.003, 0.03)
            self._paint(plane, point, radius, float(self.rng.uniform(0.03, 0.3)))
            self._ball(own, point + radius * plane.normal, radius, log_uniform(self.rng, 0.1, 0.8))
        elif kind == "drops":
            self._drops(own, plane, point)
        elif kind in ("tape_frag", "tape"):
            self._tape(own, plane, point, is_strip=kind == "tape")
        elif kind in ("glitter", "facet"):
            self._faces(own, plane, point, is_glitter=kind == "glitter")
        elif kind in ("mirror_img", "gloss_img"):
            self._pane(own, plane, point, is_mirror=kind == "mirror_img")
        elif kind == "ind_led":
            self._led(own, point)
        else:
            radius = log_uniform(self.rng, 5e-4, 6e-3)
            self._paint(plane, point, radius, float(self.rng.uniform(0.8, 0.95) if kind == "bright_dot" else 0.03))

    def _screw(self, own: int, plane: Plane, point: Array) -> None:
        rng = self.rng
        radius = log_uniform(rng, 0.0015, 0.006)
        self._paint(plane, point, radius, float(rng.uniform(0.05, 0.7)))
        self._ball(own, point, radius * log_uniform(rng, 0.8, 5.0), log_uniform(rng, 0.03, 0.6))
        if rng.random() < 0.3:  # a socket whose corners send light back, roughly
            lean = _near(rng, plane.normal, 0.1)
            area_rho, width = radius**2 * log_uniform(rng, 1e-4, 0.01), math.radians(log_uniform(rng, 1.5, 9.0))
            self.scene.returners.add(own, point, lean, area_rho, width, 1.5)
        for _ in range(int(rng.integers(0, 5))):
            at, normal = point + rng.normal(0, 0.4 * radius, 3), _near(rng, plane.normal, 0.2)
            self._face(
                own, at, normal, (0.2 * radius) ** 2 * float(rng.uniform(0.1, 0.6)), log_uniform(rng, 80.0, 6000.0)
            )

    def _drops(self, own: int, plane: Plane, point: Array) -> None:
        rng = self.rng
        for _ in range(int(rng.integers(1, 12))):
            at = point + rng.normal(0, 0.02, 3) * (1, 1, 0)
            radius = log_uniform(rng, 0.0008, 0.004)
            self._ball(own, at, radius * float(rng.uniform(1.0, 3.0)), 0.02)
            area_rho, width = radius**2 * log_uniform(rng, 1e-3, 0.08), math.radians(log_uniform(rng, 2.0, 14.0))
            self.scene.returners.add(own, at, plane.normal, area_rho, width, float(rng.uniform(1.0, 3.0)))

    def _tape(self, own: int, plane: Plane, point: Array, *, is_strip: bool) -> None:
        rng = self.rng
        side = log_uniform(rng, 0.006, 0.04) if is_strip else log_uniform(rng, 4e-4, 3e-3)
        cell = max(1.2e-3, 0.8 * self.range_m / self.focal) if is_strip else side
        steps = np.arange(-side / 2 + cell / 2, side / 2, cell)[:24] if is_strip else np.zeros(1)
        rho, scale, shape = (
            log_uniform(rng, 0.01, 0.4),
            math.radians(log_uniform(rng, 0.3, 1.6)),
            float(rng.uniform(1.0, 2.5)),
        )
        axis = _near(rng, plane.normal, 0.2)
        for a in steps:
            for b in steps:
                at = point + a * plane.u + 0.5 * b * plane.v
                self.scene.returners.add(own, at, axis, cell**2 * rho * float(rng.uniform(0.6, 1.0)), scale, shape)

    def _faces(self, own: int, plane: Plane, point: Array, *, is_glitter: bool) -> None:
        rng, toward = self.rng, _unit(-point)
        count = int(log_uniform(rng, 20, 200)) if is_glitter else int(rng.integers(1, 5))
        spread, lean = (log_uniform(rng, 0.005, 0.06), 0.25) if is_glitter else (0.001, 0.06)
        kappa, side = log_uniform(rng, 300.0, 3e4), log_uniform(rng, 2e-4, 1.5e-3)
        for _ in range(count):
            at = point + rng.normal(0, spread, 2) @ np.stack([plane.u, plane.v])
            normal = _near(rng, toward, lean)
            self._face(own, at, normal, side**2 * float(rng.uniform(0.1, 0.9)), kappa * float(rng.uniform(0.5, 2.0)))

    def _pane(self, own: int, plane: Plane, point: Array, *, is_mirror: bool) -> None:
        rng, panes = self.rng, self.scene.panes
        normal = _near(rng, _unit(-point) if rng.random() < 0.7 else plane.normal, 0.03)
        panes.owner.append(own)
        panes.centre.append(point * float(rng.uniform(0.9, 0.999)))
        panes.normal.append(normal)
        panes.half_m.append(log_uniform(rng, 0.03, 0.25))
        panes.reflectance.append(float(rng.uniform(0.5, 0.95)) if is_mirror else log_uniform(rng, 0.005, 0.05))

    def _led(self, own: int, point: Array) -> None:
        rng = self.rng
        rate = float(rng.choice([0.0, 100.0, 120.0, log_uniform(rng, 1.0, 2000.0), self.fps / 3.0]))
        power = log_uniform(rng, 1e2, 1e5) * float(point @ point) / self.gain
        self.scene.glows.append((own, point, power, rate, float(rng.uniform(0, 1))))

    def _ball(self, owner: int, surface: Array, radius_m: float, reflectance: float, *, carried: bool = False) -> None:
        balls = self.scene.balls
        balls.owner.append(owner)
        balls.centre.append(surface + _unit(surface) * radius_m * 0.5)
        balls.radius_m.append(radius_m)
        balls.reflectance.append(reflectance)
        balls.carried.append(carried)

    def _face(self, owner: int, at: Array, normal: Array, area_rho: float, kappa: float) -> None:
        faces = self.scene.faces
        faces.owner.append(owner)
        faces.at.append(at)
        faces.normal.append(normal)
        faces.area_rho.append(area_rho)
        faces.kappa.append(kappa)

    def _eyes(self) -> None:
        """A face, a doll or a picture of one: two pupils in dark irises; they move, blink, or do neither."""
        rng, scene = self.rng, self.scene
        _, point, _ = self._spot(30.0)
        centre = _unit(point) * min(float(np.linalg.norm(point)) * 0.95, log_uniform(rng, 0.5, 2.2))
        facing = _near(rng, _unit(-centre), 0.15)
        u = _unit(np.cross(np.array([0.0, 1.0, 0.0]), facing) * -1.0)
        u = u if u[0] > 0 else -u
        u = _unit(u + float(rng.normal(0, 0.15)) * np.array([0.0, 1.0, 0.0]))
        v = _unit(np.cross(facing, u))
        v = v if v[1] > 0 else -v
        is_static = rng.random() < 0.4
        if not is_static:
            scene.head_m_s = rng.normal(0.0, 0.03, 3)
        texel = float(centre[2]) / self.focal
        skin = np.full((int(0.2 / texel), int(0.15 / texel)), float(rng.uniform(0.3, 0.8)), np.float32)
        plane = Plane(centre + 0.004 * _unit(centre), u, v, texel, skin, is_round=True, carried=not is_static)
        scene.planes.append(plane)
        pupil, rho = float(rng.uniform(0.0025, 0.0075)), log_uniform(rng, 0.002, 0.04)
        scale, shape = math.radians(log_uniform(rng, 0.5, 1.8)), float(rng.uniform(1.2, 2.5))
        gaze = _near(rng, facing, 0.1)
        blink = float(rng.uniform(-0.2, 3.0)) if rng.random() < 0.7 else math.inf
        for side in (-1.0, 1.0):
            at = centre + side * float(rng.uniform(0.029, 0.034)) * u
            self._paint(plane, at, 0.006, float(rng.uniform(0.05, 0.3)))
            own = scene.notes.own("eyes")
            area = math.pi / 4 * pupil**2
            scene.returners.add(
                own, at, gaze, area * rho * float(rng.uniform(0.5, 1.0)), scale, shape, carried=not is_static
            )
            scene.blinks.append((len(scene.returners.at) - 1, blink))
            self._ball(own, at, 0.0078, 0.025, carried=not is_static)
