"""The white stimulus in a small room: how much brighter the far wall becomes, direct light and reflections together.

Job: a radiosity calculation of a closed box with matt surfaces, lit by the probe's white lamp. Input: the `room` and
`white` tables of `optics_parts.toml` and the LED string of `../interfaces.toml`; output: lux on the far wall. Doors,
fixtures and people are left out; they cost light.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hardware.optics.budget import interfaces, parts

Array = npt.NDArray[np.float64]
CELL_M = 0.4
"""Size of a patch; half of it moves the mean on the far wall by 1 % (measured)."""


@dataclass(frozen=True, slots=True)
class Rise:
    """Lux that the lamp adds on the far wall."""

    mean_lux: float
    least_lux: float
    most_lux: float
    direct_mean_lux: float


def led_flux_lm() -> float:
    """Luminous flux of the bare LEDs at their nominal current (flux taken as proportional to current near 350 mA)."""
    table = interfaces()
    wiring = table["group"]["white"]
    current_a = table["sink"]["clamp_vbe_v"] / wiring["sense_resistor_ohm"]
    count = wiring["strings"] * wiring["leds_per_string"]
    return float(count * table["led"]["white"]["flux_lm_at_350ma"] * current_a / 0.35)


def lamp_flux_lm() -> float:
    """Flux that leaves the diffuser."""
    white = parts()["white"]
    return float(led_flux_lm() * white["diffuser_transmission"] * white["chamber_efficiency"])


@dataclass(frozen=True, slots=True)
class Box:
    """A closed box in patches: x across, y up, z towards the wall that the lamp faces, in metres."""

    centres: Array
    """(n, 3)"""
    normals: Array
    """(n, 3): inward."""
    areas: Array
    reflectances: Array

    @property
    def is_far(self) -> npt.NDArray[np.bool_]:
        """The far wall."""
        mask: npt.NDArray[np.bool_] = (self.normals[:, 2] == -1.0) & (self.centres[:, 2] == self.centres[:, 2].max())
        return mask


def box(size_m: Array, reflectances: tuple[float, float, float], cell_m: float = CELL_M) -> Box:
    """A box of walls, floor and ceiling of these reflectances, in patches of about `cell_m`."""
    wall, floor, ceiling = reflectances
    centres, normals, areas, rho = [], [], [], []
    for axis in range(3):
        across = [a for a in range(3) if a != axis]
        counts = [max(1, round(size_m[a] / cell_m)) for a in across]
        steps = [size_m[a] / c for a, c in zip(across, counts, strict=True)]
        for side in (0, 1):
            for i in range(counts[0]):
                for j in range(counts[1]):
                    centre = np.zeros(3)
                    centre[axis] = size_m[axis] * side
                    centre[across[0]] = (i + 0.5) * steps[0]
                    centre[across[1]] = (j + 0.5) * steps[1]
                    normal = np.zeros(3)
                    normal[axis] = 1.0 - 2.0 * side
                    centres.append(centre)
                    normals.append(normal)
                    areas.append(steps[0] * steps[1])
                    rho.append(wall if axis != 1 else ceiling if side else floor)
    return Box(np.array(centres), np.array(normals), np.array(areas), np.array(rho))


def light(room: Box, lamp_m: Array, flux_lm: float) -> tuple[Array, Array]:
    """Lux on each patch, and how much of it comes straight from a Lambertian lamp that faces the far wall.

    Solves B = rho (E_direct + F B).
    """
    ray = room.centres - lamp_m
    distance = np.linalg.norm(ray, axis=1)
    leaves = np.clip(ray[:, 2] / distance, 0.0, None)
    meets = np.clip(-np.sum(ray * room.normals, axis=1) / distance, 0.0, None)
    direct = flux_lm / math.pi * leaves * meets / distance**2

    between = room.centres[None, :, :] - room.centres[:, None, :]
    squared = np.sum(between**2, axis=2) + np.eye(len(room.centres))
    here = np.clip(np.einsum("ijk,ik->ij", between, room.normals), 0.0, None)
    there = np.clip(-np.einsum("ijk,jk->ij", between, room.normals), 0.0, None)
    factors = here * there * room.areas[None, :] / (math.pi * squared**2 + room.areas[None, :] * squared)
    factors /= factors.sum(axis=1, keepdims=True)  # the box is closed: all light that leaves a patch arrives
    rho = room.reflectances
    exitance = np.linalg.solve(np.eye(len(rho)) - rho[:, None] * factors, rho * direct)
    return direct + factors @ exitance, direct


def far_wall_rise(flux_lm: float) -> Rise:
    """What a lamp of `flux_lm` adds on the far wall of the room of `optics_parts.toml`."""
    table = parts()["room"]
    size = np.array([table["width_m"], table["height_m"], table["depth_m"]])
    room = box(size, (table["reflectance_wall"], table["reflectance_floor"], table["reflectance_ceiling"]))
    lux, direct = light(room, np.array([size[0] / 2, table["probe_height_m"], table["probe_from_wall_m"]]), flux_lm)
    mask = room.is_far
    weights = room.areas[mask] / room.areas[mask].sum()
    return Rise(
        mean_lux=float(lux[mask] @ weights),
        least_lux=float(lux[mask].min()),
        most_lux=float(lux[mask].max()),
        direct_mean_lux=float(direct[mask] @ weights),
    )


def window_luminance_cd_m2(flux_lm: float, window_mm: tuple[float, float], depth_mm: float, field_mm: float) -> float:
    """Largest luminance of the diffuser, averaged over a disc of `field_mm`: what an eye instrument sees.

    Light that reaches the diffuser straight from the LEDs is laid down where it falls; the rest of `flux_lm` (it met
    the white walls first) is spread evenly. `flux_lm` is what leaves the diffuser; the board lies with its long side
    along the second side of the window.
    """
    table = interfaces()["white"]["led_positions_mm"]
    step = 1.0
    x, y = np.meshgrid(
        np.arange(-window_mm[0] / 2 + step / 2, window_mm[0] / 2, step),
        np.arange(-window_mm[1] / 2 + step / 2, window_mm[1] / 2, step),
    )
    share = flux_lm / len(table)
    straight = np.zeros_like(x)
    for along_mm, across_mm in table:
        squared = (x - across_mm) ** 2 + (y - along_mm) ** 2 + depth_mm**2
        straight += share / math.pi * depth_mm**2 / squared**2  # Lambertian lamp, parallel plane; lm/mm2
    rest = max(0.0, flux_lm - float(straight.sum()) * step**2) / (window_mm[0] * window_mm[1])
    luminance = (straight + rest) * 1e6 / math.pi
    best = 0.0
    for cy in np.arange(-window_mm[1] / 2, window_mm[1] / 2 + 1, 2.0):
        for cx in np.arange(-window_mm[0] / 2, window_mm[0] / 2 + 1, 2.0):
            disc = (x - cx) ** 2 + (y - cy) ** 2 <= (field_mm / 2) ** 2
            best = max(best, float(luminance[disc].sum()) * step**2 / (math.pi * field_mm**2 / 4))
    return best
