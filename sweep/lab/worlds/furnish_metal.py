"""Fittings of metal and plastic beside those of `sim.scene.fittings`: taps, buttons.

Job: add one object of a kind to a room at a site. Input: room with its seeded generator, site, lobes of the
assumptions in force; output: curved mirrors and facets in the room. Refuses lenses. Ranges are guessed from objects at
hand unless a comment says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math

from sweep.lab.worlds.lobes import Lobes
from sweep.sim.scene.fittings import paint_ball
from sweep.sim.scene.glints import Mirror
from sweep.sim.scene.room import Room, Site, log_uniform, tilted, turned


def add_tap(room: Room, site: Site, lobes: Lobes) -> None:
    """A tap or shower head: several bent patches of chrome at different slants."""
    del lobes
    rng = room.rng
    size_m = rng.uniform(0.015, 0.06)
    paint_ball(room, site, size_m)
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
