"""Confusers of the held-out mode that are built otherwise: socket screws, threads of tape, folded sequin cloth, cups.

Job: builders that replace those of `sim.scene.furnish` in the held-out mode. Input and output as there. Refuses to be
used for tuning.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.lab.worlds.furnish import Builder
from sweep.lab.worlds.lobes import Lobes
from sweep.sim.scene.glints import Facets, Glow, Mirror, Retro
from sweep.sim.scene.room import Room, Site, frame_of, tilted, turned


def add_screw(room: Room, site: Site, lobes: Lobes) -> None:
    """A socket screw: a bevelled rim that mirrors each lamp twice, and a dark well whose corners return a little."""
    rng = room.rng
    head_m = float(rng.uniform(0.002, 0.006))
    room.paint(site, head_m, rng.uniform(0.1, 0.5))
    room.paint(site, 0.45 * head_m, 0.04)
    owner = room.own("screw", site.point, head_m)
    count = int(rng.integers(6, 14))
    for k in range(count):
        turn = 2.0 * math.pi * k / count
        frame = turned(site.frame, turn)
        lean = tilted(frame, np.array([rng.normal(0.35, 0.15), rng.normal(0, 0.03)]))
        at = site.lifted(0.002) + 0.85 * head_m * frame[0]
        half = 0.12 * head_m
        room.mirrors.append(
            Mirror(owner, at, lean, half, head_m * 0.4, 1 / half, 1 / head_m, float(rng.uniform(0.1, 0.6)))
        )
    flat = tilted(site.frame, rng.normal(0, 0.05, 2))
    room.facets.append(
        Facets(owner, site.lifted(0.002)[None, :], flat[2][None, :], np.array([head_m**2]), rng.uniform(0.1, 0.5, 1),
               np.radians(rng.uniform(3.0, 12.0, 1)))
    )  # fmt: skip
    if rng.random() < 0.3:
        room.retros.append(
            Retro(owner, site.point, site.normal, (0.3 * head_m) ** 2, float(rng.uniform(0.0, 0.02)),
                  lobes.retro_lobe(rng, "tape"), 2.0, 0.6)
        )  # fmt: skip


def add_glitter(room: Room, site: Site, lobes: Lobes) -> None:
    """Cloth with sequins sewn in rows: neighbours lean alike along folds."""
    del lobes
    rng = room.rng
    step = float(rng.uniform(0.002, 0.008))
    rows, columns = int(rng.integers(3, 16)), int(rng.integers(3, 24))
    u, v = np.meshgrid((np.arange(columns) - columns / 2) * step, (np.arange(rows) - rows / 2) * step)
    fold = np.sin(u * rng.uniform(50, 400) + rng.uniform(0, 6)) * math.radians(rng.uniform(3.0, 20.0))
    lean = np.stack([fold, 0.3 * fold], axis=-1).reshape(-1, 2) + rng.normal(0, math.radians(6.0), (u.size, 2))
    normals = site.frame[2] + lean[:, :1] * site.frame[0] + lean[:, 1:] * site.frame[1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    at = site.point + np.stack([u.ravel(), v.ravel()], axis=-1) @ site.frame[:2]
    area = (step * 0.5) ** 2 * rng.lognormal(0, 0.4, u.size) * float(rng.uniform(0.05, 0.6))
    sigma = np.radians(rng.lognormal(math.log(1.5), 0.5, u.size))
    owner = room.own("glitter", site.point, step * max(rows, columns) / 2)
    room.facets.append(Facets(owner, at, normals, area, rng.beta(2, 2, u.size), sigma))


def add_tape_frag(room: Room, site: Site, lobes: Lobes) -> None:
    """A reflective thread or a row of beads: points along a short line, or a single bead."""
    rng = room.rng
    owner = room.own("tape_frag", site.point, 0.003)
    count = int(rng.choice([1, 1, 2, 4, 8]))
    turn, step = rng.uniform(0, math.pi), float(rng.uniform(0.0005, 0.003))
    lobe = lobes.retro_lobe(rng, "tape")
    for k in range(count):
        away = (k - count / 2) * step
        at = site.lifted(0.001) + away * (math.cos(turn) * site.frame[0] + math.sin(turn) * site.frame[1])
        area = float(rng.lognormal(math.log(1.5e-6), 1.0))
        room.retros.append(
            Retro(owner, at, tilted(site.frame, rng.normal(0, 0.4, 2))[2], area, float(rng.beta(1.0, 6.0)), lobe,
                  float(rng.uniform(0.3, 2.0)), 1.0, soften_mm=0.5e3 * math.sqrt(area))
        )  # fmt: skip


def add_chrome_sphere(room: Room, site: Site, lobes: Lobes) -> None:
    """A cup or door handle: strongly unequal bends, a convex and a concave part side by side."""
    del lobes
    rng = room.rng
    size_m = float(rng.uniform(0.006, 0.035))
    room.paint(site, size_m, rng.uniform(0.04, 0.4))
    room.paint(site, 0.5 * size_m, rng.uniform(0.04, 0.7))
    owner = room.own("chrome_sphere", site.point, size_m)
    for sign in (1.0, 1.0, -1.0):
        frame = turned(tilted(site.frame, rng.normal(0, 0.25, 2)), rng.uniform(0, math.pi))
        half = size_m * float(rng.uniform(0.2, 0.9))
        bend = sign / (size_m * rng.lognormal(0.0, 0.6, 2))
        at = site.lifted(size_m) + rng.normal(0, 0.3 * size_m, 2) @ site.frame[:2]
        room.mirrors.append(
            Mirror(owner, at, frame, half, half, float(bend[0]), float(bend[1]), float(rng.uniform(0.2, 0.7)),
                   is_round=True, soften_mm=float(rng.exponential(0.3)))
        )  # fmt: skip


def add_facet(room: Room, site: Site, lobes: Lobes) -> None:
    """A cut-glass stone or a foil scrap: a fan of faces about the line of sight."""
    del lobes
    rng = room.rng
    count = int(rng.integers(4, 20))
    toward = frame_of(-site.point, site.frame[0])
    normals = np.stack([tilted(toward, angles)[2] for angles in rng.normal(0, math.radians(15.0), (count, 2))])
    at = site.point + rng.normal(0, 0.0015, (count, 2)) @ site.frame[:2]
    owner = room.own("facet", site.point, 0.003)
    area = rng.lognormal(math.log(5e-7), 0.8, count)
    room.facets.append(
        Facets(
            owner, at, normals, area, rng.beta(1.0, 3.0, count), np.radians(rng.lognormal(math.log(2.0), 0.5, count))
        )
    )


def add_ind_led(room: Room, site: Site, lobes: Lobes) -> None:
    """An indicator behind a diffuser, steady or breathing slowly."""
    del lobes
    rng = room.rng
    owner = room.own("ind_led", site.point, 0.003)
    electrons = float(rng.lognormal(math.log(4e3), 1.5))
    intensity = electrons * float(site.point @ site.point) / room.view.electrons_per_w_m2
    slow = rng.random() < 0.3
    room.glows.append(
        Glow(owner, site.lifted(0.002), intensity, float(rng.uniform(0.5, 8.0)) if slow else 0.0,
             float(rng.uniform(0.2, 0.8)) if slow else 1.0, float(rng.uniform(0, 10)),
             soften_mm=float(rng.uniform(0.3, 3)))
    )  # fmt: skip


BUILDERS: dict[str, Builder] = {
    "screw": add_screw, "glitter": add_glitter, "tape_frag": add_tape_frag, "chrome_sphere": add_chrome_sphere,
    "facet": add_facet, "ind_led": add_ind_led,
}  # fmt: skip
