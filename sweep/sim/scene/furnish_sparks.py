"""Small points: glitter, cut edges, status lights, beacons, dots and holes.

Job: add one object of a kind to a room at a site. Input: room with its seeded generator, site, lobes of the
assumptions in force; output: facets, glows and paint in the room. Refuses lenses. Ranges are guessed from objects at
hand unless a comment says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.sim.scene.glints import Facets, Glow
from sweep.sim.scene.lobes import Lobes
from sweep.sim.scene.room import Room, Site, frame_of, log_uniform, tilted


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


def add_facet(room: Room, site: Site, lobes: Lobes) -> None:
    """A cut edge, a chip, a bevel: few facets that happen to stand near the mirror direction."""
    del lobes
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


def add_ind_led(room: Room, site: Site, lobes: Lobes) -> None:
    """A status LED: steady, or dimmed by switching."""
    del lobes
    rng = room.rng
    switched = rng.random() < 0.5
    _add_glow(room, site, "ind_led", 1e2, 3e5, frequency=log_uniform(rng, 60.0, 4000.0) if switched else 0.0,
              duty=float(rng.uniform(0.05, 0.9)), burst_s=0.0, period_s=1.0)  # fmt: skip


def add_any_led(room: Room, site: Site, lobes: Lobes) -> None:
    """A status LED; two fifths of them on mains, at 100 or 120 Hz.

    At 30, 40, 50 and 60 frames a second such light repeats exactly every triple or comes close, so it may shine in
    on_axis frames alone.
    """
    if room.rng.random() < 0.4:
        mains_hz = float(room.rng.choice([100.0, 120.0]))
        _add_glow(room, site, "ind_led", 1e2, 3e5, frequency=mains_hz, duty=float(room.rng.uniform(0.1, 0.7)),
                  burst_s=0.0, period_s=1.0)  # fmt: skip
    else:
        add_ind_led(room, site, lobes)


def add_ir_beacon(room: Room, site: Site, lobes: Lobes) -> None:
    """A remote control, presence sensor or beacon in the infrared: bursts, or a beat against the phases."""
    del lobes
    rng = room.rng
    if rng.random() < 0.5:
        period = float(rng.uniform(0.03, 0.3))
        _add_glow(room, site, "ir_beacon", 1e2, 1e5, frequency=float(rng.choice([0.0, 38000.0])), duty=0.5,
                  burst_s=period * float(rng.uniform(0.1, 0.8)), period_s=period)  # fmt: skip
    else:
        _add_glow(room, site, "ir_beacon", 1e2, 1e5, frequency=float(rng.uniform(5.0, 70.0)),
                  duty=float(rng.uniform(0.1, 0.8)), burst_s=0.0, period_s=1.0)  # fmt: skip


def _add_glow(
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


def add_bright_dot(room: Room, site: Site, lobes: Lobes) -> None:
    """A dot of white paint or paper: the same under both lamps."""
    del lobes
    radius_m = log_uniform(room.rng, 4e-4, 6e-3)
    room.paint(site, radius_m, room.rng.uniform(0.75, 0.98))
    room.own("bright_dot", site.point, radius_m)


def add_dark_hole(room: Room, site: Site, lobes: Lobes) -> None:
    """A drilled hole or an empty bezel."""
    del lobes
    radius_m = log_uniform(room.rng, 4e-4, 8e-3)
    if room.rng.random() < 0.3:
        room.paint(site, radius_m * room.rng.uniform(1.2, 2.0), room.rng.uniform(0.1, 0.9))
    room.paint(site, radius_m, room.rng.uniform(0.01, 0.1))
    room.own("dark_hole", site.point, radius_m)
