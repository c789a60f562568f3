"""What sends light back without being a lens: tape, flakes, moulded reflectors, eyes.

Job: add one object of a kind to a room at a site. Input: room with its seeded generator, site, lobes of the
assumptions in force; output: patches and points with a lobe in the room. Refuses lenses. Ranges are guessed from
objects at hand unless a comment says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math

import numpy as np

from sweep.lab.worlds.furnish_glass import add_spectacles
from sweep.lab.worlds.lobes import Lobes
from sweep.sim.scene.camera import Array
from sweep.sim.scene.glints import Mirror, Retro
from sweep.sim.scene.layers import Layer
from sweep.sim.scene.room import Carrier, Room, Site, frame_of, log_uniform, tilted, turned
from sweep.sim.scene.textures import fractal, paint_disc


def add_tape(room: Room, site: Site, lobes: Lobes) -> None:
    """A strip of reflective tape: glass beads or prisms, returns within a degree, dark from the side."""
    rng = room.rng
    half = (log_uniform(rng, 0.004, 0.06), log_uniform(rng, 0.003, 0.03))
    _add_retro_patch(room, site, lobes, "tape", half, False, log_uniform(rng, 0.02, 0.4))


def add_reflector(room: Room, site: Site, lobes: Lobes) -> None:
    """A moulded reflector of corner cubes: cells with slightly different aim."""
    rng = room.rng
    half = log_uniform(rng, 0.006, 0.045)
    _add_retro_patch(room, site, lobes, "reflector", (half, half * rng.uniform(0.6, 1.0)), rng.random() < 0.7,
                     log_uniform(rng, 0.05, 0.6))  # fmt: skip


def _add_retro_patch(
    room: Room, site: Site, lobes: Lobes, kind: str, half_m: tuple[float, float], is_round: bool, rho: float
) -> None:
    rng = room.rng
    texel_m = max(float(site.point[2]) / room.view.focal_px, 2.5e-4)
    columns, rows = (max(3, math.ceil(2.0 * h / texel_m) + 2) for h in half_m)
    x = (np.arange(columns) - (columns - 1) / 2.0) * texel_m / half_m[0]
    y = (np.arange(rows) - (rows - 1) / 2.0) * texel_m / half_m[1]
    away = np.hypot(x[None, :], y[:, None]) if is_round else np.maximum(np.abs(x)[None, :], np.abs(y)[:, None])
    alpha = np.clip((1.0 - away) * min(half_m) / texel_m + 0.5, 0.0, 1.0).astype(np.float32)
    albedo = (rng.uniform(0.03, 0.6) * (1.0 + 0.05 * fractal(rng, rows, columns, 0.5))).astype(np.float32)
    cell_m = log_uniform(rng, 5e-4, 5e-3)
    cells = rng.uniform(
        1.0 - rng.uniform(0.1, 1.0), 1.0, (int(2 * half_m[1] / cell_m) + 2, int(2 * half_m[0] / cell_m) + 2)
    )
    row = np.clip(((np.arange(rows)) * texel_m / cell_m).astype(int), 0, cells.shape[0] - 1)
    column = np.clip(((np.arange(columns)) * texel_m / cell_m).astype(int), 0, cells.shape[1] - 1)
    retro = (rho * cells[row[:, None], column] * (1.0 + 0.15 * rng.standard_normal((rows, columns)))).astype(np.float32)
    np.clip(retro, 0.0, 1.0, out=retro)
    frame = tilted(turned(site.frame, rng.uniform(0, math.pi)), rng.normal(0, 0.05, 2))
    room.own(kind, site.point, float(np.mean(half_m)))
    room.layers.append(
        Layer(site.lifted(0.0008), frame, texel_m, albedo, alpha, retro=retro, retro_lobe=lobes.retro_lobe(rng, kind),
              retro_entrance_exponent=float(rng.uniform(0.5, 4.0)))
    )  # fmt: skip


def add_tape_frag(room: Room, site: Site, lobes: Lobes) -> None:
    """A flake of reflective tape, a bead, a thread of a safety vest: one to four pixels, the lens's nearest double."""
    rng = room.rng
    side_m = log_uniform(rng, 3e-4, 5e-3)
    owner = room.own("tape_frag", site.point, side_m)
    if rng.random() < 0.7:
        room.paint(site, 0.6 * side_m, rng.uniform(0.05, 0.8))
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        at = site.lifted(5e-4) + rng.normal(0, 0.3 * side_m, 2) @ site.frame[:2]
        axis = tilted(site.frame, rng.normal(0, 0.3, 2))[2]
        room.retros.append(
            Retro(owner, at, axis, side_m**2, log_uniform(rng, 0.005, 0.4), lobes.retro_lobe(rng, "tape"),
                  float(rng.uniform(0.5, 4.0)), float(rng.uniform(0.6, 1.2)), soften_mm=0.3e3 * side_m)
        )  # fmt: skip


def add_eyes(room: Room, site: Site, lobes: Lobes) -> None:
    """A face with two eyes: pupils that return light, corneas that mirror the lamps, blinks, glances, a moving head."""
    _eyes(room, site, lobes, is_alive=True, has_irises=False)


def add_any_eyes(room: Room, site: Site, lobes: Lobes) -> None:
    """Eyes with dark irises; two fifths of them still and without lids: a doll, a bust, a life-size photograph."""
    _eyes(room, site, lobes, is_alive=bool(room.rng.random() < 0.6), has_irises=True)


def _eyes(room: Room, site: Site, lobes: Lobes, *, is_alive: bool, has_irises: bool) -> None:
    rng = room.rng
    distance = min(float(np.linalg.norm(site.point)) * rng.uniform(0.75, 1.0), rng.uniform(0.3, 2.5))
    centre = site.point / np.linalg.norm(site.point) * distance
    facing = tilted(frame_of(-centre, np.array([1.0, 0.0, 0.0])), rng.normal(0, 0.2, 2))
    facing = turned(facing, rng.normal(0, 0.2))
    carrier = 0
    if is_alive:
        room.carriers.append(
            Carrier(
                rng.normal(0, 0.03, 3), rng.normal(0, 0.006, 3), float(rng.uniform(0.2, 1.5)), float(rng.uniform(0, 6))
            )
        )
        carrier = len(room.carriers)
    face: Layer | None = None
    if rng.random() < 0.7:
        face = _add_face(room, centre - 0.012 * facing[2], facing, carrier)
    if rng.random() < 0.25:
        add_spectacles(room, centre + 0.015 * facing[2], facing, carrier)
    half_m, pupil_m = rng.uniform(0.028, 0.034), rng.uniform(0.0025, 0.0075)
    rho, lobe = log_uniform(rng, 0.002, 0.03), lobes.retro_lobe(rng, "eye")
    closed: Array | None = None
    glances: Array | None = None
    if is_alive:
        closed = np.cumsum(rng.exponential(3.0, 4)) - rng.uniform(0, 3.0)
        glances = np.column_stack([np.sort(rng.uniform(0, 2.0, 4)), rng.normal(0, 0.1, (4, 2))])
    tone = float(rng.uniform(0.03, 0.25)) if has_irises else 0.0
    for side in (-1.0, 1.0):
        if rng.random() < 0.1:
            continue
        at = centre + side * half_m * facing[0]
        if has_irises and face is not None:
            # 12 mm across (anatomical)
            paint_disc(face.albedo, *face.texel_of(at), 0.006 / face.texel_m, tone)
        owner = room.own("eyes", at, pupil_m, carrier)
        room.retros.append(
            Retro(owner, at, facing[2], math.pi / 4 * pupil_m**2, rho * rng.uniform(0.6, 1.4), lobe, 3.0, 0.6,
                  carrier=carrier, closed_s=closed, glances=glances)
        )  # fmt: skip
        # cornea: radius 7.8 mm, 2.5 % (anatomical)
        room.mirrors.append(_ball(owner, at + 0.003 * facing[2], facing, 0.0078, 0.025, reach=0.6, carrier=carrier))


def _add_face(room: Room, centre: Array, frame: Array, carrier: int) -> Layer:
    rng = room.rng
    texel_m = max(float(centre[2]) / room.view.focal_px, 2.5e-4)
    rows, columns = int(0.24 / texel_m), int(0.17 / texel_m)
    x = np.linspace(-1, 1, columns)[None, :]
    y = np.linspace(-1, 1, rows)[:, None]
    away = np.hypot(x, y)
    alpha = np.clip((1.0 - away) * columns / 2.0, 0.0, 1.0).astype(np.float32)
    skin = rng.uniform(0.35, 0.75) * (1.0 - 0.3 * away**2) * (1.0 + 0.03 * fractal(rng, rows, columns, 1.0))
    hair = np.clip((-0.45 - y + 0.1 * np.sin(9.0 * x)) * 6.0, 0.0, 1.0)
    albedo = skin * (1.0 - hair) + rng.uniform(0.05, 0.5) * hair
    for side in (-1.0, 1.0):
        socket = np.exp(-(((x - side * 0.37) / 0.16) ** 2 + (y / 0.05) ** 2))
        albedo = albedo * (1.0 - 0.6 * socket)
    face = Layer(centre, frame, texel_m, albedo.astype(np.float32), alpha, carrier=carrier)
    room.layers.append(face)
    return face


def _ball(
    owner: int, centre: Array, frame: Array, radius_m: float, reflectance: float, *, reach: float, carrier: int
) -> Mirror:
    return Mirror(
        owner, centre, frame, reach * radius_m, reach * radius_m, 1.0 / radius_m, 1.0 / radius_m, reflectance,
        is_round=True, carrier=carrier,
    )  # fmt: skip
