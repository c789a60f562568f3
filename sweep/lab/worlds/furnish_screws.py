"""Screws as restrooms have them: heads, drives, finishes and dirt drawn apart, several of one box to a fitting.

Job: add the screws of one fitting to a room at a site. Input: room with its seeded generator, site, lobes of the
assumptions in force; output: curved mirrors, facets and recesses that return light. Refuses lenses. Shapes follow the
catalogue (ISO 7045 pan, 7046 countersunk, 4762 and 7380 hexagon socket, 10664 hexalobular, 4017 hexagon); how polished,
dirty and tilted they are is guessed, and so drawn over decades.

What makes a screw look like a lens is light that on_axis shows and off_axis does not, from a point. Three parts do so:
a flat face or a cone that happens to stand within a degree or two of the line of sight, whose off_axis image falls
beside it; a recess whose walls stand square to its bottom and send light back, split by twice the draft of the walls
and smeared by their roughness; and a bright pit, the concave mark that the punch leaves in the bottom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sweep.lab.worlds.lobes import Lobes, ring
from sweep.sim.scene.camera import Array
from sweep.sim.scene.fittings import add_screw
from sweep.sim.scene.glints import Facets, Mirror, Retro
from sweep.sim.scene.lobes import Lobe, gaussian
from sweep.sim.scene.room import Room, Site, log_uniform, tilted, turned

PLAIN_SHARE = 0.35
"""Fittings whose screws are of the older, simpler kind: a slotted or cross-cut dome with leaning faces."""
HEADS = {"dome": 3.0, "truss": 2.0, "countersunk": 3.5, "cap": 1.5, "button": 1.5, "hexagon": 1.0, "washer": 1.0,
         "acorn": 0.7}  # fmt: skip
"""How often each head is met: partitions, hinges and dispensers hang on countersunk and pan heads."""
DRIVES = {"cross": 4.0, "slot": 1.5, "hex": 2.0, "star": 2.0, "square": 0.5, "pins": 0.5, "none": 1.5}
WALLS = {"cross": 8, "slot": 2, "hex": 6, "star": 6, "square": 4}
"""Walls that stand square to the bottom, or nearly."""
ALWAYS_DOMED = ("dome", "truss", "button", "acorn")
PATTERNS = {1: 0.5, 2: 0.2, 3: 0.1, 4: 0.15, 6: 0.05}
"""Screws of one fitting."""
CLEAR_OF_LENSES_M = 0.012
"""For the other screws of a fitting; where the first one stands is chosen by whoever furnishes."""


@dataclass(frozen=True)
class Box:
    """Screws of one box, driven by one hand."""

    head: str
    drive: str
    radius_m: float
    reflectance: float
    """Of the bare metal, or of the gloss of its paint."""
    tone: float
    """Albedo of what does not mirror."""
    rough_rad: float
    """Lobe of the faces: .2 degrees polished to 12 degrees sand-blasted."""
    soften_mm: float
    crooked_rad: float
    """Tilt from the fitting: screws are driven by hand."""
    dirt: float
    """0 clean to 1 caked."""


def add_any_screws(room: Room, site: Site, lobes: Lobes) -> None:
    """The screws of one fitting: one, a pair, a row or the corners of a plate."""
    del lobes
    rng = room.rng
    if rng.random() < PLAIN_SHARE:
        add_screw(room, site)
        return
    box = _draw_box(rng)
    count = int(rng.choice(list(PATTERNS), p=list(PATTERNS.values())))
    lenses = [thing.position for thing in room.things if thing.kind == "lens"]
    for x_px, y_px in _pattern(rng, count, site, float(site.point[2]) / room.view.focal_px):
        if not (0.0 <= x_px < room.view.width and 0.0 <= y_px < room.view.height):
            continue
        is_first = (x_px, y_px) == (site.x_px, site.y_px)
        place = site if is_first else room.site(x_px, y_px)
        if is_first or all(float(np.linalg.norm(place.point - lens)) > CLEAR_OF_LENSES_M for lens in lenses):
            drive_in(room, place, box)


def _draw_box(rng: np.random.Generator) -> Box:
    head, drive = (str(rng.choice(list(table), p=np.array(list(table.values())) / sum(table.values())))
                   for table in (HEADS, DRIVES))  # fmt: skip
    if head in ("cap", "button"):
        drive = str(rng.choice(["hex", "star"], p=(0.75, 0.25)))
    elif head == "acorn":
        drive = "none"
    finish = str(rng.choice(["bright", "zinc", "black", "painted", "brushed"], p=(0.25, 0.3, 0.15, 0.15, 0.15)))
    reflectance, tone, rough_deg = {
        "bright": (rng.uniform(0.45, 0.75), rng.uniform(0.03, 0.3), log_uniform(rng, 0.2, 3.0)),
        "zinc": (rng.uniform(0.2, 0.55), rng.uniform(0.1, 0.5), log_uniform(rng, 0.6, 8.0)),
        "black": (log_uniform(rng, 0.02, 0.2), rng.uniform(0.02, 0.08), log_uniform(rng, 0.8, 10.0)),
        "painted": (rng.uniform(0.03, 0.07), rng.uniform(0.1, 0.9), log_uniform(rng, 0.4, 6.0)),
        "brushed": (rng.uniform(0.3, 0.6), rng.uniform(0.1, 0.5), log_uniform(rng, 2.0, 12.0)),
    }[finish]
    return Box(
        head, drive, float(log_uniform(rng, 0.0013, 0.0075)), float(reflectance), float(tone), math.radians(rough_deg),
        float(rng.choice([0.0, 0.0, rng.uniform(0.0, 1.2)])), math.radians(log_uniform(rng, 0.3, 8.0)),
        float(rng.choice([0.0, rng.uniform(0.0, 1.0)])),
    )  # fmt: skip


def _pattern(rng: np.random.Generator, count: int, site: Site, metres_per_px: float) -> list[tuple[float, float]]:
    """Pixels of the screws; the first is the site's."""
    pitch = log_uniform(rng, 0.014, 0.16) / max(metres_per_px, 1e-6)
    turn, wide = float(rng.choice([0.0, math.pi / 2.0, rng.uniform(0.0, math.pi)])), float(rng.uniform(0.3, 1.0))
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, wide), (0.0, wide)]
    zigzag = [(float(k), 0.35 * wide * (k % 2)) for k in range(count)]
    steps = corners if count == 4 and rng.random() < 0.7 else zigzag
    cosine, sine = math.cos(turn) * pitch, math.sin(turn) * pitch
    return [(site.x_px + a * cosine - b * sine, site.y_px + a * sine + b * cosine) for a, b in steps[:count]]


def drive_in(room: Room, site: Site, box: Box) -> None:
    """One screw of the box at that site."""
    rng, head_m = room.rng, box.radius_m
    room.paint(site, head_m * (1.6 if box.head == "washer" else 1.0), box.tone * float(rng.uniform(0.8, 1.2)))
    owner = room.own("screw", site.point, head_m)
    frame = turned(tilted(site.frame, rng.normal(0.0, box.crooked_rad, 2)), float(rng.uniform(0.0, math.pi)))
    # dirt and wear differ from screw to screw
    dirt = float(np.clip(box.dirt * rng.uniform(0.5, 1.5), 0.0, 1.0))
    bright = box.reflectance * 10.0 ** (-1.2 * dirt)
    rough = box.rough_rad * (1.0 + 3.0 * dirt) * log_uniform(rng, 0.7, 1.4)
    _add_top(room, site, box, owner, frame, bright, rough)
    _add_rim(room, site, box, owner, frame, bright, rough)
    if box.drive != "none":
        add_drive(room, site, box, owner, frame, bright, rough)


def _add_top(room: Room, site: Site, box: Box, owner: int, frame: Array, bright: float, rough: float) -> None:
    """Dome, or a face turned on a lathe; dirt leaves a part of it."""
    rng, head_m = room.rng, box.radius_m
    if box.head in ALWAYS_DOMED:
        low, high = {"dome": (1.0, 2.5), "truss": (2.5, 15.0), "button": (1.2, 2.5), "acorn": (0.9, 1.1)}[box.head]
        curve_m = head_m * log_uniform(rng, low, high)
        left = 0.95 * head_m * float(rng.uniform(0.35, 1.0) if box.dirt else 1.0)
        at = site.lifted(0.5 * head_m) + (0.95 * head_m - left) * frame[0]
        slot_m = 0.15 * head_m if box.drive == "slot" else 0.0
        room.mirrors.append(
            Mirror(owner, at, frame, left, left, 1.0 / curve_m, 1.0 / (curve_m * rng.uniform(0.9, 1.1)), bright,
                   is_round=True, slot_m=slot_m, soften_mm=max(box.soften_mm, 1e3 * rough * 0.3 * curve_m))
        )  # fmt: skip
        return
    # a face with grooves of the lathe spreads light across them: a narrow and a wide lobe side by side
    face = tilted(frame, rng.normal(0.0, math.radians(0.5), 2))[2]
    normals, places = np.stack([face, face]), np.tile(site.lifted(0.2 * head_m), (2, 1))
    area = 0.5 * math.pi * head_m**2 * float(rng.uniform(0.3, 0.9)) * np.ones(2)
    lobes = np.array([rough, min(rough * log_uniform(rng, 2.0, 8.0), math.radians(25.0))])
    room.facets.append(Facets(owner, places, normals, area, np.array([bright, bright]), lobes))


def _add_rim(room: Room, site: Site, box: Box, owner: int, frame: Array, bright: float, rough: float) -> None:
    """Rounded edge, chamfer, corners of a hexagon, or the cup of a finishing washer, in segments all round."""
    rng, head_m = room.rng, box.radius_m
    count = 6 if box.head == "hexagon" else int(rng.choice([6, 8, 10]))
    edge_m = head_m * log_uniform(rng, 0.02, 0.3)
    is_round = box.head not in ("hexagon", "washer") and rng.random() < 0.6
    lean = math.radians(float(rng.uniform(25.0, 50.0)))
    if box.head == "washer":
        lean = -math.radians(float(rng.uniform(8.0, 45.0)))
    normals, places = [], []
    for k in range(count):
        azimuth = 2.0 * math.pi * k / count
        outward = turned(frame, azimuth)
        segment = tilted(outward, np.array([lean + rng.normal(0.0, 0.02), rng.normal(0.0, 0.01)]))
        reach = 1.3 if box.head == "washer" else 0.92
        at = site.lifted(0.3 * head_m) + reach * head_m * outward[0]
        if is_round:
            half_v = math.pi / count * head_m
            room.mirrors.append(
                Mirror(owner, at, segment, 0.7 * edge_m, half_v, 1.0 / edge_m, math.sin(lean) / head_m, bright,
                       soften_mm=box.soften_mm)
            )  # fmt: skip
        elif box.head == "washer" and rough < math.radians(2.0):
            half = 0.25 * head_m
            room.mirrors.append(
                Mirror(owner, at, segment, half, half, -1.0 / (head_m * log_uniform(rng, 0.6, 6.0)),
                       -math.sin(-lean) / head_m, bright, soften_mm=box.soften_mm)
            )  # fmt: skip
        else:
            normals.append(segment[2])
            places.append(at)
    if normals:
        area = 2.0 * math.pi * head_m * edge_m / count * np.ones(len(normals))
        room.facets.append(
            Facets(owner, np.array(places), np.array(normals), area, bright * rng.uniform(0.5, 1.0, len(normals)),
                   rough * rng.uniform(0.7, 1.5, len(normals)))
        )  # fmt: skip


def add_drive(room: Room, site: Site, box: Box, owner: int, frame: Array, bright: float, rough: float) -> None:
    """Recess: a dark mouth, slanting flanks, a bottom, walls that send light back, at times a pit.

    Only what the mouth lets in comes back: past atan(2 width / depth) from the axis the bottom lies in shadow.
    """
    rng, head_m = room.rng, box.radius_m
    half_m = head_m * float(rng.uniform(0.25, 0.6))
    depth_m = half_m * log_uniform(rng, 0.4, 3.0)
    room.paint(site, half_m * (0.6 if box.drive in ("cross", "slot", "pins") else 1.0), float(rng.uniform(0.01, 0.15)))
    toward = -site.point / float(np.linalg.norm(site.point))
    slant = math.acos(float(np.clip(toward @ frame[2], -1.0, 1.0)))
    open_share = float(np.clip(1.0 - math.tan(min(slant, 1.4)) * depth_m / (2.0 * half_m), 0.0, 1.0))
    inner = rough * log_uniform(rng, 0.5, 4.0)
    _add_flanks(room, site, owner, frame, half_m, bright, inner)
    if open_share <= 0.0 or rng.random() < box.dirt * 0.7:
        return  # in shadow, or filled with paint and dirt
    bottom = site.lifted(-0.5 * depth_m)
    if rng.random() < 0.6:
        face = tilted(frame, rng.normal(0.0, math.radians(log_uniform(rng, 0.5, 15.0)), 2))[2]
        area = open_share * half_m**2 * log_uniform(rng, 0.05, 1.0)
        room.facets.append(
            Facets(owner, bottom[None, :], face[None, :], np.array([area]), np.array([bright]), np.array([inner]))
        )
    if rng.random() < 0.5:
        pit = tilted(frame, rng.normal(0.0, math.radians(6.0), 2))
        size = half_m * float(rng.uniform(0.15, 0.7)) * math.sqrt(open_share)
        bend = -1.0 / (half_m * log_uniform(rng, 0.4, 6.0))
        at = bottom + half_m * 0.3 * (rng.normal() * frame[0] + rng.normal() * frame[1])
        room.mirrors.append(
            Mirror(owner, at, pit, size, size, bend, bend * float(rng.uniform(0.7, 1.3)), bright, is_round=True,
                   soften_mm=1e3 * inner * abs(0.3 / bend))
        )  # fmt: skip
    if box.drive in WALLS and rng.random() < 0.7:
        draft = math.radians(log_uniform(rng, 0.3, 6.0))
        walls = WALLS[box.drive]
        # a square corner of two faces returns only what lies in its plane, one of three returns everything
        caught = (0.5 if box.drive == "square" else min(1.0, walls * 2.0 * inner / math.pi)) * log_uniform(
            rng, 0.1, 1.0
        )
        rho = float(np.clip(bright**2 * caught * open_share, 0.0, 0.3))
        room.retros.append(
            Retro(owner, site.point, frame[2], half_m**2, rho, square_return(2.0 * draft, inner), 2.0,
                  float(np.clip(math.atan2(2.0 * half_m, depth_m), 0.1, 1.2)))
        )  # fmt: skip


def _add_flanks(
    room: Room, site: Site, owner: int, frame: Array, half_m: float, bright: float, inner: float
) -> None:  # fmt: skip
    """Slanting faces of a cross or a star, and burrs that a slipping driver leaves."""
    rng = room.rng
    count = int(rng.integers(2, 9))
    lean = rng.normal(0.0, math.radians(float(rng.uniform(6.0, 35.0))), (count, 2))
    normals = np.stack([tilted(frame, angles)[2] for angles in lean])
    places = site.point + rng.normal(0.0, 0.5 * half_m, (count, 2)) @ frame[:2]
    area = (half_m * 10.0 ** rng.uniform(-1.3, -0.2, count)) ** 2
    sigma = np.minimum(inner * 10.0 ** rng.uniform(-0.5, 0.5, count), math.radians(25.0))
    room.facets.append(Facets(owner, places, normals, area, bright * rng.uniform(0.3, 1.0, count), sigma))


def square_return(split_rad: float, rough_rad: float) -> Lobe:
    """Light sent back by a corner that is out of square: split by twice the error, smeared by the roughness."""
    split, rough = math.degrees(split_rad), min(max(math.degrees(rough_rad), 0.15), 20.0)
    return gaussian(max(rough, split), 0.3, 2.5 * rough) if rough > 0.7 * split else ring(split, rough, 0.3)
