"""What hangs on a wall and sends no light back as a lens does: screws, chrome, cut edges, status lights, dots, glaze.

Job: add one object of a kind to a room at a site. Input: room with its seeded generator, and site; output: curved
mirrors, facets, glows and paint in the room. Refuses lenses. Ranges are guessed from objects at hand unless a comment
says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from sweep.sim.scene.camera import Array
from sweep.sim.scene.glints import Facets, Glow, Mirror, Retro
from sweep.sim.scene.layers import Layer
from sweep.sim.scene.lobes import rough_return
from sweep.sim.scene.room import Room, Site, frame_of, log_uniform, tilted, turned
from sweep.sim.scene.textures import fill_polygon


def add_screw(room: Room, site: Site) -> None:
    """A domed, slotted, Phillips or countersunk head: dome, recess faces, at times a recess that returns light."""
    rng = room.rng
    head_m = rng.uniform(0.0015, 0.007)
    room.paint(site, head_m, rng.uniform(0.05, 0.6))
    owner = room.own("screw", site.point, head_m)
    frame = turned(tilted(site.frame, rng.normal(0, math.radians(3.0), 2)), rng.uniform(0, math.pi))
    curve_m = head_m * log_uniform(rng, 1.0, 8.0)
    kind = rng.random()
    slot_m = 0.15 * head_m if kind < 0.4 else 0.0
    dull = float(rng.choice([0.0, rng.uniform(0.0, 1.0)]))
    room.mirrors.append(
        Mirror(owner, site.lifted(0.5 * head_m), frame, 0.95 * head_m, 0.95 * head_m, 1 / curve_m, 1 / curve_m,
               log_uniform(rng, 0.03, 0.65), is_round=True, slot_m=slot_m, soften_mm=dull)
    )  # fmt: skip
    count = int(rng.integers(2, 9))
    lean = rng.normal(0.0, math.radians(rng.uniform(4.0, 25.0)), (count, 2))
    normals = np.stack([tilted(frame, angles)[2] for angles in lean])
    places = site.lifted(0.3 * head_m) + rng.normal(0, 0.4 * head_m, (count, 2)) @ frame[:2]
    area = (head_m * rng.uniform(0.05, 0.3, count)) ** 2
    sigma = np.radians(10.0 ** rng.uniform(-0.3, 0.8, count))
    room.facets.append(Facets(owner, places, normals, area, rng.uniform(0.2, 0.6, count), sigma))
    if kind > 0.75:
        lobe = rough_return(rng)
        room.retros.append(
            Retro(owner, site.point, frame[2], (0.3 * head_m) ** 2, log_uniform(rng, 5e-4, 0.02), lobe, 2.0, 0.7)
        )


def add_chrome_sphere(room: Room, site: Site) -> None:
    """Knob, cap, ball of a hook: convex chrome with the dark room around it painted as its body."""
    rng = room.rng
    radius_m = log_uniform(rng, 0.003, 0.04)
    paint_ball(room, site, radius_m)
    owner = room.own("chrome_sphere", site.point, radius_m)
    stretch = float(rng.uniform(0.7, 1.4)) if rng.random() < 0.4 else 1.0
    reflectance, soften = log_uniform(rng, 0.05, 0.75), float(rng.choice([0.0, 0.0, rng.uniform(0.0, 1.5)]))
    height = radius_m * rng.uniform(0.3, 1.5)
    room.mirrors.append(
        Mirror(owner, site.lifted(height), turned(site.frame, rng.uniform(0, 3.1)), 0.9 * radius_m, 0.9 * radius_m,
               stretch / radius_m, 1.0 / radius_m, reflectance, is_round=True, soften_mm=soften)
    )  # fmt: skip
    if rng.random() < 0.3:
        # a concave rim or a second bend shows the lamps again
        frame = tilted(site.frame, rng.normal(0, 0.15, 2))
        curve = (-1.0 if rng.random() < 0.5 else 1.0) / (radius_m * rng.uniform(0.4, 3.0))
        at = site.lifted(height) + 0.5 * radius_m * (frame[0] * rng.normal() + frame[1] * rng.normal())
        half = radius_m * rng.uniform(0.1, 0.5)
        room.mirrors.append(Mirror(owner, at, frame, half, half, curve, curve, reflectance, is_round=True))


def paint_ball(room: Room, site: Site, radius_m: float) -> None:
    """A body that is lighter towards its middle."""
    rng = room.rng
    dark, light = rng.uniform(0.02, 0.25), rng.uniform(0.05, 0.6)
    steps = min(40, max(6, round(radius_m / site.layer.texel_m)))
    for k in range(steps):
        room.paint(site, radius_m * (1.0 - k / steps), dark + (light - dark) * (k / (steps - 1.0)) ** 2)


def add_chrome_cyl(room: Room, site: Site) -> None:
    """Rail, pipe or hinge pin: a row of glints that slides along it."""
    rng = room.rng
    radius_m, half_m = log_uniform(rng, 0.003, 0.03), log_uniform(rng, 0.02, 0.4)
    turn = float(rng.choice([0.0, math.pi / 2, rng.uniform(0, math.pi)]))
    frame = turned(site.frame, turn)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (radius_m, half_m)
    _paint_shape(site, site.point + corners @ frame[:2], rng.uniform(0.03, 0.45))
    owner = room.own("chrome_cyl", site.point, radius_m)
    leaned = tilted(frame, np.array([0.0, rng.normal(0, 0.03)]))
    bend = 1.0 / rng.uniform(0.3, 5.0) if rng.random() < 0.3 else 0.0
    streak = float(rng.uniform(0.0, 0.02)) if rng.random() < 0.4 else 0.0
    room.mirrors.append(
        Mirror(owner, site.lifted(radius_m + rng.uniform(0.0, 0.06)), leaned, 0.9 * radius_m, half_m, 1.0 / radius_m,
               bend, log_uniform(rng, 0.05, 0.75), soften_mm=float(rng.choice([0.0, rng.uniform(0, 1.0)])),
               streak_m=streak)
    )  # fmt: skip


def _paint_shape(site: Site, corners: Array, tone: float) -> None:
    texels = np.array([site.layer.texel_of(corner) for corner in corners])
    fill_polygon(site.layer.albedo, texels, tone, 1.0)


def add_facet(room: Room, site: Site) -> None:
    """A cut edge, a chip, a bevel: few facets that happen to stand near the mirror direction."""
    rng = room.rng
    count = int(rng.integers(1, 4))
    toward = frame_of(-site.point, site.frame[0])
    lean = rng.normal(0, math.radians(log_uniform(rng, 0.3, 10.0)), (count, 2))
    normals = np.stack([tilted(toward, angles)[2] for angles in lean])
    at = site.point + rng.normal(0, 0.002, (count, 2)) @ site.frame[:2]
    side = log_uniform(rng, 2e-4, 4e-3) * rng.uniform(0.5, 1.5, count)
    sigma = np.radians(log_uniform(rng, 0.2, 5.0) * rng.uniform(0.7, 1.4, count))
    owner = room.own("facet", site.point, 0.002)
    if rng.random() < 0.5:
        room.paint(site, float(side.max()), rng.uniform(0.05, 0.9))
    room.facets.append(Facets(owner, at, normals, side**2, rng.uniform(0.05, 0.9, count), sigma))


def add_ind_led(room: Room, site: Site) -> None:
    """A status LED: steady, or dimmed by switching."""
    rng = room.rng
    switched = rng.random() < 0.5
    add_glow(room, site, "ind_led", 1e2, 3e5, frequency=log_uniform(rng, 60.0, 4000.0) if switched else 0.0,
              duty=float(rng.uniform(0.05, 0.9)), burst_s=0.0, period_s=1.0)  # fmt: skip


def add_glow(
    room: Room, site: Site, kind: str, low_e: float, high_e: float, *, frequency: float, duty: float, burst_s: float,
    period_s: float,
) -> None:  # fmt: skip
    """Brightness is drawn in electrons, since indicators differ by more than rooms do."""
    rng = room.rng
    radius_m = rng.uniform(0.0005, 0.003)
    room.paint(site, radius_m, rng.uniform(0.1, 0.9))
    electrons = log_uniform(rng, low_e, high_e)
    intensity = electrons * float(site.point @ site.point) / room.view.electrons_per_w_m2
    owner = room.own(kind, site.point, radius_m)
    room.glows.append(
        Glow(owner, site.lifted(radius_m), intensity, frequency, duty, float(rng.uniform(0, 10.0)), burst_s, period_s,
             soften_mm=0.5e3 * radius_m)
    )  # fmt: skip


def add_bright_dot(room: Room, site: Site) -> None:
    """A dot of white paint or paper: the same under both lamps."""
    radius_m = log_uniform(room.rng, 4e-4, 6e-3)
    room.paint(site, radius_m, room.rng.uniform(0.75, 0.98))
    room.own("bright_dot", site.point, radius_m)


def add_gloss(room: Room, layer: Layer, sheet: float | None) -> None:
    """Glazed tiles or a lacquered sheet: weak images of the lamps, each tile with its own tilt and bend.

    sheet: side of a tile in metres, or None for one unbroken sheet.
    """
    rng = room.rng
    normal = layer.across[2]
    foot = ((layer.origin @ normal) * normal - layer.origin) @ layer.across[:2].T
    w, h = layer.half_m
    reflectance = log_uniform(rng, 0.01, 0.06)
    soften = float(rng.choice([0.0, rng.uniform(0.0, 2.0)]))
    tilt = math.radians(log_uniform(rng, 0.02, 0.8))
    wave = log_uniform(rng, 0.003, 0.3)
    owner = room.own("gloss_img", layer.origin + foot @ layer.across[:2], 0.02)
    if sheet is None:
        offsets, half = np.zeros((1, 2)), np.array([4.0, 4.0]) if layer.alpha is None else np.array([w, h])
    else:
        half = np.array([0.5 * sheet - 0.001, 0.5 * sheet * float(rng.choice([1.0, 0.5])) - 0.001])
        pitch = 2.0 * half + 0.002
        steps = np.arange(-5, 6)
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        offsets = (np.round(foot / pitch) + grid) * pitch + rng.uniform(-0.5, 0.5, 2) * pitch
        if layer.alpha is not None:
            offsets = offsets[np.all(np.abs(offsets) < (w, h), axis=1)]
    for offset in offsets:
        at = layer.origin + offset @ layer.across[:2]
        bend = rng.normal(0.0, wave, 2)
        frame = tilted(layer.across, rng.normal(0, tilt, 2)) if sheet is not None else layer.across
        room.mirrors.append(
            Mirror(owner, at, frame, float(half[0]), float(half[1]), float(bend[0]), float(bend[1]), reflectance,
                   soften_mm=soften)
        )  # fmt: skip


BUILDERS: Final[dict[str, Callable[[Room, Site], None]]] = {
    "screw": add_screw, "chrome_sphere": add_chrome_sphere, "chrome_cyl": add_chrome_cyl, "facet": add_facet,
    "ind_led": add_ind_led, "bright_dot": add_bright_dot,
}  # fmt: skip
