"""Small points beside those of `sim.scene.fittings`: glitter, lights on mains, beacons, holes.

Job: add one object of a kind to a room at a site. Input: room with its seeded generator, site, lobes of the
assumptions in force; output: facets, glows and paint in the room. Refuses lenses. Ranges are guessed from objects at
hand unless a comment says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.lab.worlds.lobes import Lobes
from sweep.sim.scene.fittings import add_glow, add_ind_led
from sweep.sim.scene.glints import Facets
from sweep.sim.scene.room import Room, Site, log_uniform


def add_glitter(room: Room, site: Site, lobes: Lobes) -> None:
    """Sequins or glitter: many facets that flash within a degree or so."""
    del lobes
    rng = room.rng
    count, size_m = int(log_uniform(rng, 20, 500)), log_uniform(rng, 0.008, 0.12)
    lean = rng.normal(0, math.radians(rng.uniform(5.0, 30.0)), (count, 2))
    normals = site.frame[2] + lean[:, :1] * site.frame[0] + lean[:, 1:] * site.frame[1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    at = site.point + rng.uniform(-size_m, size_m, (count, 2)) @ site.frame[:2]
    side = log_uniform(rng, 1e-4, 2e-3) * rng.uniform(0.6, 1.4, count)
    sigma = np.radians(log_uniform(rng, 0.25, 3.0) * rng.uniform(0.6, 1.5, count))
    owner = room.own("glitter", site.point, size_m)
    room.facets.append(Facets(owner, at, normals, side**2, rng.uniform(0.1, 0.9, count), sigma))


def add_any_led(room: Room, site: Site, lobes: Lobes) -> None:
    """A status LED; two fifths of them on mains, at 100 or 120 Hz.

    At 30, 40, 50 and 60 frames a second such light repeats exactly every triple or comes close, so it may shine in
    on_axis frames alone.
    """
    del lobes
    if room.rng.random() < 0.4:
        mains_hz = float(room.rng.choice([100.0, 120.0]))
        add_glow(room, site, "ind_led", 1e2, 3e5, frequency=mains_hz, duty=float(room.rng.uniform(0.1, 0.7)),
                  burst_s=0.0, period_s=1.0)  # fmt: skip
    else:
        add_ind_led(room, site)


def add_ir_beacon(room: Room, site: Site, lobes: Lobes) -> None:
    """A remote control, presence sensor or beacon in the infrared: bursts, or a beat against the phases."""
    del lobes
    rng = room.rng
    if rng.random() < 0.5:
        period = float(rng.uniform(0.03, 0.3))
        add_glow(room, site, "ir_beacon", 1e2, 1e5, frequency=float(rng.choice([0.0, 38000.0])), duty=0.5,
                  burst_s=period * float(rng.uniform(0.1, 0.8)), period_s=period)  # fmt: skip
    else:
        add_glow(room, site, "ir_beacon", 1e2, 1e5, frequency=float(rng.uniform(5.0, 70.0)),
                  duty=float(rng.uniform(0.1, 0.8)), burst_s=0.0, period_s=1.0)  # fmt: skip


def add_dark_hole(room: Room, site: Site, lobes: Lobes) -> None:
    """A drilled hole or an empty bezel."""
    del lobes
    radius_m = log_uniform(room.rng, 4e-4, 8e-3)
    if room.rng.random() < 0.3:
        room.paint(site, radius_m * room.rng.uniform(1.2, 2.0), room.rng.uniform(0.1, 0.9))
    room.paint(site, radius_m, room.rng.uniform(0.01, 0.1))
    room.own("dark_hole", site.point, radius_m)
