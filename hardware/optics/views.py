"""How much brighter the probe's lamp makes what a hidden camera sees, by the kind of place.

Job: light a stall, a booth or a part of a hall as `white.py` does, draw cameras on the walls and under the ceiling of
the zone in which the probe stands, and take the mean over their pictures. Input: the `views` tables of
`optics_parts.toml`; output: what the lamp adds, as a share of the room's own light. Glare of the lamp itself, fixtures
and people are left out, and so is everything that a picture shows beyond the partitions.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt

from hardware.optics import white
from hardware.optics.budget import parts

Array = npt.NDArray[np.float64]
CAMERAS = 600
"""Of each place: shares of them to two in a hundred."""
CELL_M = 0.2
LOST_REFLECTANCE = 0.3
"""Of what a picture shows above the partitions: the room behind, which the lamp does not light."""
NEAREST_M = 0.3
"""From a camera to what it looks at."""


@cache
def shares(place: str, *, is_bright: bool = False) -> tuple[float, ...]:
    """What the lamp adds to the light of what each camera sees, in order; `is_bright`: dark walls in a bright room."""
    table, room = parts()["views"], parts()["room"]
    here = table["places"][place]
    size = np.array([here["size_m"][0], table["height_m"], here["size_m"][1]])
    wall = table["dark_wall"] if is_bright else room["reflectance_wall"]
    made = white.box(size, (wall, room["reflectance_floor"], room["reflectance_ceiling"]), CELL_M)
    if here["is_open_above"]:
        above = made.centres[:, 1] > table["partition_m"]
        made = replace(made, reflectances=np.where(above, 0.0, made.reflectances))
    lamp = np.array([here["probe_m"][0], table["probe_height_m"], here["probe_m"][1]])
    lux, _ = white.light(made, lamp, white.lamp_flux_lm())
    rng = np.random.default_rng([11, *map(ord, place)])
    seen_rho = np.where(made.reflectances > 0.0, made.reflectances, LOST_REFLECTANCE)
    ambient = table["bright_lux" if is_bright else "usual_lux"]
    found: list[float] = []
    while len(found) < CAMERAS:
        camera, towards = _camera(size, here["zone_m"], table["camera_m"], rng)
        half = math.radians(rng.uniform(*table["half_angle_deg"]))
        if np.linalg.norm(towards) >= NEAREST_M:
            pixels = _pixels(made, camera, towards / np.linalg.norm(towards), half) * seen_rho
            found.append(float(pixels @ lux / pixels.sum() / rng.uniform(*ambient)))
    return tuple(sorted(found))


def _camera(size: Array, zone: list[float], heights: list[float], rng: np.random.Generator) -> tuple[Array, Array]:
    """A place on the zone's walls or under its ceiling, and from there to a place in its middle."""
    x0, x1, z0, z1 = zone
    at = np.array([rng.uniform(x0, x1), rng.uniform(heights[0], heights[1]), rng.uniform(z0, z1)])
    sides = [(0, x0 == 0.0, 0.0), (0, x1 == size[0], size[0]), (2, z0 == 0.0, 0.0), (2, z1 == size[2], size[2])]
    walls = [(axis, to) for axis, is_wall, to in sides if is_wall]
    if rng.random() < 0.2:
        at[1] = size[1]
    else:
        axis, to = walls[int(rng.integers(len(walls)))]
        at[axis] = to
    middle = rng.uniform(0.3, 0.7, 2)
    towards = np.array([x0 + (x1 - x0) * middle[0], rng.uniform(0.3, 1.2), z0 + (z1 - z0) * middle[1]])
    return at, towards - at


def _pixels(made: white.Box, camera: Array, axis: Array, half_rad: float) -> Array:
    """How many pixels of a picture without distortion each patch fills, in any unit."""
    ray = made.centres - camera
    distance = np.maximum(np.linalg.norm(ray, axis=1), 0.05)
    cosine = ray @ axis / distance
    facing = np.clip(-np.sum(ray * made.normals, axis=1) / distance, 0.0, None)
    solid = made.areas * facing / distance**2
    pixels: Array = np.where(cosine > math.cos(half_rad), solid / np.maximum(cosine, 0.3) ** 3, 0.0)
    return pixels
