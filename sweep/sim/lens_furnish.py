"""Confusers: what restrooms and changing rooms hold that answers a lamp, each built from its physics.

Job: add one object of a kind to a room at a site. Input: room, site, seeded generator of the room, lobes of the
assumptions in force; output: entries in the room. Refuses lenses: `lens_tiers` plants those. Ranges are guessed from
objects at hand unless a comment says otherwise; LENS-RENDERER.md lists them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np

from sweep.sim.lens_camera import Array
from sweep.sim.lens_glints import Facets, Glow, Mirror, Retro
from sweep.sim.lens_layers import Layer
from sweep.sim.lens_lobes import Lobe
from sweep.sim.lens_room import Carrier, Room, Site, frame_of, log_uniform, tilted, turned
from sweep.sim.lens_textures import fill_polygon, fractal


class Lobes(Protocol):
    """Where builders get return lobes from."""

    def retro_lobe(self, rng: np.random.Generator, kind: str) -> Lobe:
        """A lobe for `eye`, `tape` or `reflector`."""
        ...


Builder: TypeAlias = Callable[[Room, Site, Lobes], None]


def _ball(
    owner: int, centre: Array, frame: Array, radius_m: float, reflectance: float, *, reach: float = 0.9,
    slot_m: float = 0.0, soften_mm: float = 0.0, carrier: int = 0,
) -> Mirror:  # fmt: skip
    return Mirror(
        owner, centre, frame, reach * radius_m, reach * radius_m, 1.0 / radius_m, 1.0 / radius_m, reflectance,
        is_round=True, slot_m=slot_m, soften_mm=soften_mm, carrier=carrier,
    )  # fmt: skip


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
        lobe = lobes_wide(rng)
        room.retros.append(
            Retro(owner, site.point, frame[2], (0.3 * head_m) ** 2, log_uniform(rng, 5e-4, 0.02), lobe, 2.0, 0.7)
        )


def lobes_wide(rng: np.random.Generator) -> Lobe:
    """Rough return of recess corners and drops: several degrees."""
    from sweep.sim.lens_lobes import gaussian

    return gaussian(float(rng.uniform(1.5, 12.0)), float(rng.uniform(0.2, 0.8)), float(rng.uniform(10.0, 30.0)))


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
                owner, at, site.normal, math.pi * radius_m**2, log_uniform(rng, 1e-3, 0.15), lobes_wide(rng), 2.0, 0.9
            )
        )


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
    texel_m = max(room.metres_per_px(site), 2.5e-4)
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


def add_ind_led(room: Room, site: Site, lobes: Lobes) -> None:
    """A status LED: steady, or dimmed by switching."""
    del lobes
    rng = room.rng
    switched = rng.random() < 0.5
    _add_glow(room, site, "ind_led", 1e2, 3e5, frequency=log_uniform(rng, 60.0, 4000.0) if switched else 0.0,
              duty=float(rng.uniform(0.05, 0.9)), burst_s=0.0, period_s=1.0)  # fmt: skip


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


def add_glasses(room: Room, site: Site, lobes: Lobes) -> None:
    """Spectacles lying, hanging or worn: two curved panes, front and back surface of each."""
    frame = turned(frame_of(-site.point, site.frame[0]), room.rng.normal(0, 0.3))
    frame = tilted(frame, room.rng.normal(0, 0.12, 2))
    _spectacles(room, site.lifted(0.01), frame, 0)
    del lobes


def _spectacles(room: Room, middle: Array, frame: Array, carrier: int) -> None:
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


def add_eyes(room: Room, site: Site, lobes: Lobes) -> None:
    """A face with two eyes: pupils that return light, corneas that mirror the lamps, blinks, glances, a moving head."""
    rng = room.rng
    distance = min(float(np.linalg.norm(site.point)) * rng.uniform(0.75, 1.0), rng.uniform(0.3, 2.5))
    centre = site.point / np.linalg.norm(site.point) * distance
    facing = tilted(frame_of(-centre, np.array([1.0, 0.0, 0.0])), rng.normal(0, 0.2, 2))
    facing = turned(facing, rng.normal(0, 0.2))
    carrier = room.add_carrier(
        Carrier(rng.normal(0, 0.03, 3), rng.normal(0, 0.006, 3), float(rng.uniform(0.2, 1.5)), float(rng.uniform(0, 6)))
    )
    if rng.random() < 0.7:
        _add_face(room, centre - 0.012 * facing[2], facing, carrier)
    if rng.random() < 0.25:
        _spectacles(room, centre + 0.015 * facing[2], facing, carrier)
    half_m, pupil_m = rng.uniform(0.028, 0.034), rng.uniform(0.0025, 0.0075)
    rho, lobe = log_uniform(rng, 0.002, 0.03), lobes.retro_lobe(rng, "eye")
    closed = np.cumsum(rng.exponential(3.0, 4)) - rng.uniform(0, 3.0)
    glances = np.column_stack([np.sort(rng.uniform(0, 2.0, 4)), rng.normal(0, 0.1, (4, 2))])
    for side in (-1.0, 1.0):
        if rng.random() < 0.1:
            continue
        at = centre + side * half_m * facing[0]
        owner = room.own("eyes", at, pupil_m, carrier)
        room.retros.append(
            Retro(owner, at, facing[2], math.pi / 4 * pupil_m**2, rho * rng.uniform(0.6, 1.4), lobe, 3.0, 0.6,
                  carrier=carrier, closed_s=closed, glances=glances)
        )  # fmt: skip
        # cornea: radius 7.8 mm, 2.5 % (anatomical)
        room.mirrors.append(_ball(owner, at + 0.003 * facing[2], facing, 0.0078, 0.025, reach=0.6, carrier=carrier))


def _add_face(room: Room, centre: Array, frame: Array, carrier: int) -> None:
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
    room.layers.append(Layer(centre, frame, texel_m, albedo.astype(np.float32), alpha, carrier=carrier))


BUILDERS: dict[str, Builder] = {
    "screw": add_screw, "chrome_sphere": add_chrome_sphere, "chrome_cyl": add_chrome_cyl, "tap": add_tap,
    "mirror": add_mirror, "glass": add_glass, "drops": add_drops, "glitter": add_glitter, "facet": add_facet,
    "button": add_button, "tape": add_tape, "tape_frag": add_tape_frag, "reflector": add_reflector,
    "ind_led": add_ind_led, "ir_beacon": add_ir_beacon, "bright_dot": add_bright_dot, "dark_hole": add_dark_hole,
    "glasses": add_glasses, "eyes": add_eyes,
}  # fmt: skip


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
