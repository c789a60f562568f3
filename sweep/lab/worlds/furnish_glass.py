"""Glass and water: mirrors, panes, glaze, spectacles, drops.

Job: add one object of a kind to a room at a site. Input: room with its seeded generator, site, lobes of the
assumptions in force; output: mirrors of little reflectance, and what lies behind drops, in the room. Refuses lenses.
Ranges are guessed from objects at hand unless a comment says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.lab.worlds.lobes import Lobes
from sweep.sim.scene.camera import Array
from sweep.sim.scene.glints import Mirror, Retro
from sweep.sim.scene.lobes import rough_return
from sweep.sim.scene.room import Room, Site, frame_of, log_uniform, tilted, turned


def add_mirror(room: Room, site: Site, lobes: Lobes) -> None:
    """A flat mirror on the wall, mostly hung so that the lamps show in it."""
    del lobes
    rng = room.rng
    half = np.array([log_uniform(rng, 0.03, 0.35), log_uniform(rng, 0.03, 0.35)])
    _facing_mirror(room, site, "mirror_img", half, float(rng.uniform(0.6, 0.95)), 0.6, 0.02)
    if rng.random() < 0.3:
        # second-surface glass: a weak image from the front of the pane
        _facing_mirror(room, site, "mirror_img", half, 0.04, 0.6, 0.02)


def add_glass(room: Room, site: Site, lobes: Lobes) -> None:
    """A pane or a framed picture's glass: two weak images from its two faces."""
    del lobes
    rng = room.rng
    half = np.array([log_uniform(rng, 0.08, 0.5), log_uniform(rng, 0.08, 0.5)])
    first = _facing_mirror(room, site, "glass", half, 0.04, 0.6, 0.25)
    wedge = tilted(first.across, rng.normal(0, 5e-4, 2))
    room.mirrors.append(
        Mirror(first.owner, first.centre - 0.006 * first.across[2], wedge, first.half_u_m, first.half_v_m,
               first.curvature_u, first.curvature_v, 0.038, soften_mm=first.soften_mm)
    )  # fmt: skip


def _facing_mirror(
    room: Room, site: Site, kind: str, half: Array, reflectance: float, facing: float, lift_share: float
) -> Mirror:
    rng = room.rng
    centre = site.point * (1.0 - lift_share * rng.uniform(0.02, 1.0))
    frame = site.frame
    if rng.random() < facing:
        # the foot of the perpendicular from the eye lies on the pane: the lamps' images are inside it
        aim = centre + (rng.uniform(-0.8, 0.8, 2) * half) @ frame[:2]
        frame = frame_of(-aim, site.frame[0])
        centre = aim - (rng.uniform(-0.8, 0.8, 2) * half) @ frame[:2]
    else:
        frame = tilted(frame, rng.normal(0, 0.1, 2))
    bend = rng.normal(0.0, 0.03, 2) if rng.random() < 0.5 else np.zeros(2)
    owner = room.own(kind, centre, float(half.min()))
    mirror = Mirror(owner, centre, frame, float(half[0]), float(half[1]), float(bend[0]), float(bend[1]), reflectance,
                    soften_mm=float(rng.choice([0.0, rng.uniform(0.0, 0.5)])))  # fmt: skip
    room.mirrors.append(mirror)
    return mirror


def add_drops(room: Room, site: Site, lobes: Lobes) -> None:
    """Water drops: a front glint, the light focused on the surface behind, and a rim."""
    del lobes
    rng = room.rng
    owner = room.own("drops", site.point, 0.02)
    spread_m = log_uniform(rng, 0.005, 0.15)
    backs: list[tuple[Array, float]] = []
    for _ in range(int(rng.integers(1, 28))):
        at = site.point + rng.normal(0, spread_m, 2) @ site.frame[:2]
        radius_m = log_uniform(rng, 0.0005, 0.005)
        place = Site(at, site.frame, site.layer, site.x_px, site.y_px)
        if rng.random() < 0.7:
            room.paint(place, radius_m, rng.uniform(0.05, 0.5), rng.uniform(0.1, 0.7))
            room.paint(place, 0.6 * radius_m, rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.6))
        curve_m = radius_m * rng.uniform(1.0, 3.0)
        frame = tilted(site.frame, rng.normal(0, 0.08, 2))
        room.mirrors.append(
            Mirror(owner, place.lifted(0.4 * radius_m), frame, 0.9 * radius_m, 0.9 * radius_m, 1 / curve_m, 1 / curve_m,
                   0.02, is_round=True)
        )  # fmt: skip
        backs.append((at, radius_m))
    for at, radius_m in backs[:6]:
        room.retros.append(
            Retro(
                owner, at, site.normal, math.pi * radius_m**2, log_uniform(rng, 1e-3, 0.15), rough_return(rng), 2.0, 0.9
            )
        )


def add_glasses(room: Room, site: Site, lobes: Lobes) -> None:
    """Spectacles lying, hanging or worn: two curved panes, front and back surface of each."""
    frame = turned(frame_of(-site.point, site.frame[0]), room.rng.normal(0, 0.3))
    frame = tilted(frame, room.rng.normal(0, 0.12, 2))
    add_spectacles(room, site.lifted(0.01), frame, 0)
    del lobes


def add_spectacles(room: Room, middle: Array, frame: Array, carrier: int) -> None:
    """Two curved panes, each with a front and a back that mirror."""
    rng = room.rng
    owner = room.own("glasses", middle, 0.03, carrier)
    curve = rng.uniform(1.5, 14.0)
    coat = log_uniform(rng, 0.004, 0.06)
    half = rng.uniform(0.016, 0.028, 2)
    for side in (-1.0, 1.0):
        at = middle + side * rng.uniform(0.029, 0.036) * frame[0]
        lens_frame = tilted(frame, rng.normal(0, 0.03, 2) + np.array([side * 0.06, 0.0]))
        back = curve + rng.uniform(-6.0, 6.0)
        for depth, bend, share in ((0.0, curve, coat), (0.002, back, 0.9 * coat)):
            room.mirrors.append(
                Mirror(owner, at - depth * frame[2], lens_frame, float(half[0]), float(half[1]), float(bend),
                       float(bend * rng.uniform(0.8, 1.2)), share, is_round=True, carrier=carrier)
            )  # fmt: skip
