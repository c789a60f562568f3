"""Fittings of metal and plastic: screws, knobs, rails, taps, buttons.

Job: add one object of a kind to a room at a site. Input: room with its seeded generator, site, lobes of the
assumptions in force; output: curved mirrors and facets in the room. Refuses lenses. Ranges are guessed from objects at
hand unless a comment says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.sim.scene.camera import Array
from sweep.sim.scene.glints import Facets, Mirror, Retro
from sweep.sim.scene.lobes import Lobes, rough_return
from sweep.sim.scene.room import Room, Site, log_uniform, tilted, turned
from sweep.sim.scene.textures import fill_polygon


def add_screw(room: Room, site: Site, lobes: Lobes) -> None:
    """A domed, slotted, Phillips or countersunk head: dome, recess faces, at times a recess that returns light."""
    del lobes
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


def add_chrome_sphere(room: Room, site: Site, lobes: Lobes) -> None:
    """Knob, cap, ball of a hook: convex chrome with the dark room around it painted as its body."""
    del lobes
    rng = room.rng
    radius_m = log_uniform(rng, 0.003, 0.04)
    _paint_ball(room, site, radius_m)
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


def _paint_ball(room: Room, site: Site, radius_m: float) -> None:
    rng = room.rng
    dark, light = rng.uniform(0.02, 0.25), rng.uniform(0.05, 0.6)
    steps = min(40, max(6, round(radius_m / site.layer.texel_m)))
    for k in range(steps):
        room.paint(site, radius_m * (1.0 - k / steps), dark + (light - dark) * (k / (steps - 1.0)) ** 2)


def add_chrome_cyl(room: Room, site: Site, lobes: Lobes) -> None:
    """Rail, pipe or hinge pin: a row of glints that slides along it."""
    del lobes
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


def add_tap(room: Room, site: Site, lobes: Lobes) -> None:
    """A tap or shower head: several bent patches of chrome at different slants."""
    del lobes
    rng = room.rng
    size_m = rng.uniform(0.015, 0.06)
    _paint_ball(room, site, size_m)
    owner = room.own("tap", site.point, size_m)
    for _ in range(int(rng.integers(3, 9))):
        frame = turned(tilted(site.frame, rng.normal(0, math.radians(25.0), 2)), rng.uniform(0, 3.1))
        at = site.lifted(rng.uniform(0, size_m)) + (rng.normal(0, 0.5 * size_m, 2) @ site.frame[:2])
        curve = 1.0 / (size_m * 10.0 ** rng.uniform(-0.7, 0.8, 2))
        half = size_m * rng.uniform(0.1, 0.8, 2)
        sign = -1.0 if rng.random() < 0.2 else 1.0
        room.mirrors.append(
            Mirror(owner, at, frame, float(half[0]), float(half[1]), float(curve[0]), sign * float(curve[1]),
                   float(rng.uniform(0.3, 0.75)), is_round=bool(rng.random() < 0.5))
        )  # fmt: skip


def add_button(room: Room, site: Site, lobes: Lobes) -> None:
    """A plastic or mother-of-pearl button with holes, or a rivet."""
    del lobes
    rng = room.rng
    radius_m = rng.uniform(0.003, 0.012)
    room.paint(site, radius_m, rng.uniform(0.05, 0.9))
    for k in range(int(rng.choice([0, 2, 4]))):
        turn = k * math.pi / 2 + 0.4
        at = site.point + 0.3 * radius_m * (math.cos(turn) * site.frame[0] + math.sin(turn) * site.frame[1])
        room.paint(Site(at, site.frame, site.layer, 0, 0), 0.12 * radius_m, 0.03)
    owner = room.own("button", site.point, radius_m)
    frame = tilted(site.frame, rng.normal(0, 0.1, 2))
    curve_m = radius_m * (1 if rng.random() < 0.6 else -1) * log_uniform(rng, 1.0, 10.0)
    room.mirrors.append(
        Mirror(owner, site.lifted(0.001), frame, 0.8 * radius_m, 0.8 * radius_m, 1 / curve_m, 1 / curve_m,
               log_uniform(rng, 0.02, 0.3), is_round=True, soften_mm=float(rng.uniform(0.0, 1.0)))
    )  # fmt: skip
