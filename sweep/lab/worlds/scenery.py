"""Room of a clip: wall, boxes and posters, light of the day, exposure, and which confusers stand where.

Job: build and furnish a `Room` by tier. Input: assumptions, seeded generator; output: `Scenery`. Refuses lenses,
which are planted between building and furnishing so that confusers can stand beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from sweep.lab.worlds.furnish import Builder
from sweep.lab.worlds.lobes import Lobes
from sweep.lab.worlds.recipe import TIERS, TierRange
from sweep.sim.scene.camera import Array, Image, rotation_matrix
from sweep.sim.scene.fittings import add_gloss
from sweep.sim.scene.imaging import PointSpread, View
from sweep.sim.scene.layers import Ambient, Layer
from sweep.sim.scene.room import Room, log_uniform, tilted, turned

CANVAS_MARGIN = 1.35
"""Canvas size over frame size; what lies beyond is mirrored."""
GLOSS_SHARE = {1: 0.15, 2: 0.55, 3: 0.65, 4: 0.7}
"""How often a wall is glazed; guessed: three of the four sample clips show lamp images."""


class Assumptions(Lobes, Protocol):
    """What scenery needs of the assumptions in force."""

    @property
    def counts(self) -> dict[int, tuple[int, int]]:
        """Number of confusers by tier, low and high (exclusive)."""
        ...

    @property
    def clutter(self) -> dict[int, dict[str, float]]:
        """Weights of kinds by tier."""
        ...

    @property
    def builders(self) -> dict[str, Builder]:
        """How each kind is built."""
        ...

    def canvas(self, rng: np.random.Generator, rows: int, columns: int, texel_m: float, textures: Path | None) -> Image:
        """Albedo of a surface."""
        ...


@dataclass(frozen=True)
class Scenery:
    """A built room and how it is to be furnished."""

    view: View
    """With the exposure's gain in it."""
    room: Room
    ambient: Ambient
    exposure_s: float
    speed_m_s: float
    turn_rad_s: float
    lens_pixels: list[tuple[float, float]]
    tier: int

    def furnish(self, room: Room, assume: Assumptions, lenses: list[tuple[float, float]]) -> None:
        """Add confusers, none on a lens but some close by."""
        rng, span = room.rng, TIERS[self.tier]
        scale = self.view.width / 1456.0
        low, high = assume.counts[self.tier]
        weights = assume.clutter[self.tier]
        kinds, shares = list(weights), np.array(list(weights.values()))
        for lens in lenses:
            if rng.random() < span.companion_share:
                away, turn = rng.uniform(10.0, 60.0) * scale, rng.uniform(0, 2 * math.pi)
                kind = str(
                    rng.choice(["screw", "chrome_sphere", "tape_frag", "facet", "ind_led", "drops", "bright_dot"])
                )
                self._add(room, assume, kind, lens[0] + away * math.cos(turn), lens[1] + away * math.sin(turn))
        cluster: tuple[float, float] | None = None
        for kind in rng.choice(kinds, int(rng.integers(low, high)), p=shares / shares.sum()):
            # things of a kind come in groups: the next one often stands near the last
            if cluster is not None and rng.random() < 0.3:
                x, y = cluster[0] + rng.normal(0, 60 * scale), cluster[1] + rng.normal(0, 60 * scale)
            else:
                x, y = _free_pixel(room, lenses, 16.0 * scale)
            if all(math.hypot(x - a, y - b) >= 10.0 * scale for a, b in lenses):
                self._add(room, assume, str(kind), x, y)
                cluster = x, y
        self._glaze(room)

    def _add(self, room: Room, assume: Assumptions, kind: str, x: float, y: float) -> None:
        assume.builders[kind](room, room.site(x, y), assume)

    def _glaze(self, room: Room) -> None:
        rng = room.rng
        for layer in list(room.layers):
            if layer.retro is not None or layer.carrier:
                continue
            share = GLOSS_SHARE[self.tier] * (1.0 if layer.alpha is None else 0.6)
            if rng.random() < share:
                add_gloss(room, layer, None if rng.random() < 0.25 else log_uniform(rng, 0.03, 0.6))

    def finish(self, room: Room, spread: PointSpread) -> None:
        """Blur each canvas by the point spread at its distance; drawing on it must have ended."""
        for layer in room.layers:
            distance = max(0.05, float(layer.origin[2]))
            disc = float(self.view.disc_px(np.array(distance)))
            texels = distance / self.view.focal_px / layer.texel_m
            sigma = math.hypot(spread.core_sigma_px, 0.5 * disc) * texels
            np.clip(layer.albedo, 0.01, 0.98, out=layer.albedo)
            for image in (layer.albedo, layer.retro, layer.alpha):
                if image is not None and sigma > 0.25:
                    cv2.GaussianBlur(image, (0, 0), min(sigma, 30.0), dst=image, borderType=cv2.BORDER_REPLICATE)


def build_room(
    rng: np.random.Generator,
    view: View,
    assume: Assumptions,
    tier: int,
    textures: Path | None,
    *,
    wall_light: Callable[[Array, Array], float],
    per_w_m2_s: float,
    wall_level_e: float,
    e_per_dn: float,
    exposure_range_s: tuple[float, float],
    reference_s: float,
    lenses: int | None = None,
) -> Scenery:
    """Wall, boxes, exposure and motion of a clip.

    wall_light: irradiance (W/m^2) of the on_axis lamps at a point with a normal; per_w_m2_s: electrons per W/m^2 at
    the pupil and second; wall_level_e: electrons that exposure control aims at (800 DN of `e_per_dn` are its
    ceiling); reference_s: start of the last A frame; lenses: how many places to name for them, None draws 1 to 3.
    """
    span = TIERS[tier]
    range_m = log_uniform(rng, *span.range_m)
    wall = _wall(rng, view, assume, range_m, textures)
    room = Room(view, rng, reference_s, layers=[wall])
    for _ in range(int(rng.integers(0, span.boxes + 1))):
        room.layers.append(_box(rng, room, view, assume, range_m, textures))
    albedo = float(np.median(wall.albedo[::8, ::8]))
    direct = wall_light(wall.origin, wall.across[2])
    per_s = direct * albedo / math.pi / view.focal_px**2 * per_w_m2_s
    wanted = wall_level_e / per_s
    if rng.random() < 0.8:
        # exposure control looks at the brightest surface too: none may saturate
        wanted = min(wanted, 800.0 * e_per_dn / (per_s * _brightest(room, range_m, albedo)))
    exposure = float(np.clip(wanted, *exposure_range_s))
    exposed = replace(view, electrons_per_w_m2=per_w_m2_s * exposure)
    room.view = exposed
    daylight = log_uniform(rng, *span.ambient_share) * float(rng.random() < 0.75)
    ambient = Ambient(
        daylight * direct, rng.normal(0, 0.5 / range_m, 2) * float(rng.random() < 0.7),
        float(rng.choice([0.0, 100.0, 120.0])), float(rng.uniform(0.0, 0.9)), float(rng.uniform(0.0, 6.3)),
        _sun(rng, room, daylight * direct),
    )  # fmt: skip
    if rng.random() < 0.5:
        wall.sheen, wall.sheen_exponent = log_uniform(rng, 0.005, 0.2), log_uniform(rng, 5.0, 400.0)
    speed, turn = _motion(rng, span, view, range_m)
    drawn = int(rng.choice([1, 2, 3], p=(0.72, 0.22, 0.06)))
    count = drawn if lenses is None else lenses
    # kept off the edges, in tier 1 a little more
    share = 0.92 if tier > 1 else 0.82
    half = np.array([view.width, view.height]) / 2.0
    pixels = [(float(x), float(y)) for x, y in half + share * half * rng.uniform(-1.0, 1.0, (count, 2))]
    return Scenery(exposed, room, ambient, exposure, speed, turn, pixels, tier)


def _brightest(room: Room, range_m: float, albedo: float) -> float:
    """Level of the brightest surface over that of the wall's middle."""
    levels = [float(np.percentile(layer.albedo[::4, ::4], 95)) / albedo * (range_m / max(0.1, layer.origin[2])) ** 2
              for layer in room.layers]  # fmt: skip
    return float(max(levels))


def _motion(rng: np.random.Generator, span: TierRange, view: View, range_m: float) -> tuple[float, float]:
    """Speed and turn rate, held to 18 px per 60 Hz frame at full size."""
    speed, turn = log_uniform(rng, *span.speed_m_s), log_uniform(rng, *span.turn_rad_s)
    px_per_s = (speed / range_m + turn) * view.focal_px
    most = 18.0 * 60.0 * view.width / 1456.0
    factor = min(1.0, most / max(px_per_s, 1e-9))
    return speed * factor, turn * factor


def _wall(rng: np.random.Generator, view: View, assume: Assumptions, range_m: float, textures: Path | None) -> Layer:
    lean = rng.normal(0.0, math.radians(8.0), 2)
    rotation = rotation_matrix(np.array([*np.clip(lean, -0.45, 0.45), rng.normal(0.0, 0.12)]))
    texel_m = range_m / view.focal_px
    rows, columns = int(view.height * CANVAS_MARGIN), int(view.width * CANVAS_MARGIN)
    # canvas y runs down as the frame's does, so the normal towards the room is -(x cross y)
    across = np.stack([rotation[:, 0], rotation[:, 1], -rotation[:, 2]])
    return Layer(np.array([0.0, 0.0, range_m]), across, texel_m, assume.canvas(rng, rows, columns, texel_m, textures))


def _box(
    rng: np.random.Generator, room: Room, view: View, assume: Assumptions, range_m: float, textures: Path | None
) -> Layer:
    """A box, partition or poster before the wall."""
    x, y = rng.uniform(0.0, view.width), rng.uniform(0.0, view.height)
    site = room.site(x, y)
    is_poster = rng.random() < 0.4
    lift = rng.uniform(0.0005, 0.006) if is_poster else min(log_uniform(rng, 0.01, 0.6), 0.6 * range_m)
    centre = site.point * (1.0 - lift / max(float(site.point[2]), 0.1))
    frame = turned(site.frame, rng.normal(0, 0.08))
    if not is_poster:
        frame = tilted(frame, rng.normal(0, 0.12, 2))
    half = np.array([log_uniform(rng, 0.06, 0.7), log_uniform(rng, 0.06, 0.7)]) * range_m * 0.6
    texel_m = float(centre[2]) / view.focal_px
    # never more texels than a frame and a half
    texel_m = max(texel_m, float(2 * half.max()) / (1.5 * view.width))
    columns, rows = (max(8, int(2 * h / texel_m)) for h in half)
    albedo = assume.canvas(rng, rows, columns, texel_m, textures)
    return Layer(centre, frame, texel_m, albedo, np.ones((rows, columns), np.float32), casts_shadow=not is_poster)


def _sun(rng: np.random.Generator, room: Room, level: float) -> tuple[Array, float, float]:
    """Middle, radius and irradiance of a sun patch; irradiance 0 mostly."""
    strength = level * log_uniform(rng, 0.3, 4.0) if rng.random() < 0.12 else 0.0
    site = room.site(rng.uniform(0, room.view.width), rng.uniform(0, room.view.height))
    return site.point, float(site.point[2]) * float(rng.uniform(0.05, 0.4)), strength


def _free_pixel(room: Room, clear_of: list[tuple[float, float]], clear_px: float) -> tuple[float, float]:
    """A pixel at least `clear_px` from those named, or any pixel after 20 tries."""
    x = y = 0.0
    for _ in range(20):
        x, y = room.rng.uniform(0, room.view.width), room.rng.uniform(0, room.view.height)
        if all(math.hypot(x - a, y - b) >= clear_px for a, b in clear_of):
            break
    return x, y
