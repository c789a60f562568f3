"""The assumptions that the detector is trained on: lobes, walls, clutter, hand, optics and sensor, drawn wide.

Job: one draw each of what a rendered clip needs that nobody has measured. Input: a seeded generator; output: parts for
`lab.worlds.tiers`. Refuses to be the judge: `lab.worlds.foreign` makes other choices and stays out of all tuning.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from sweep.lab.worlds import canvases
from sweep.lab.worlds.furnish import BUILDERS
from sweep.lab.worlds.furnish_retro import add_any_eyes
from sweep.lab.worlds.furnish_screws import add_any_screws
from sweep.lab.worlds.furnish_sparks import add_any_led
from sweep.lab.worlds.hands import draw_sway
from sweep.lab.worlds.lobes import draw_traced, ring
from sweep.sim.scene.camera import Image
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.imaging import Halo, PointSpread
from sweep.sim.scene.lobes import Lobe, cone, draw_filter, gaussian
from sweep.sim.scene.readout import Readout, make_readout
from sweep.sim.scene.room import log_uniform

ALWAYS_FEW = ("bright_dot", "dark_hole", "screw", "ind_led", "chrome_cyl", "drops", "button")
CLUTTER: dict[int, dict[str, float]] = {
    1: dict.fromkeys(ALWAYS_FEW, 1.0),
    2: {"screw": 3, "chrome_sphere": 1.5, "chrome_cyl": 1.5, "tap": 1, "drops": 1.5, "bright_dot": 2, "dark_hole": 2,
        "ind_led": 1.5, "button": 1, "facet": 1.5, "glitter": 1, "mirror": 0.6, "glass": 0.6, "tape_frag": 0.6,
        "tape": 0.4, "reflector": 0.3, "ir_beacon": 0.4, "glasses": 0.4, "eyes": 0.3},
    3: {"screw": 2.5, "chrome_sphere": 2.5, "chrome_cyl": 2, "tap": 1.5, "drops": 1.5, "bright_dot": 1.5,
        "dark_hole": 1.5, "ind_led": 1, "button": 1, "facet": 2.5, "glitter": 1.5, "mirror": 1, "glass": 1,
        "tape_frag": 2, "tape": 1, "reflector": 0.7, "ir_beacon": 0.8, "glasses": 0.8, "eyes": 0.8},
}  # fmt: skip
CLUTTER[4] = CLUTTER[3]
COUNTS = {1: (0, 4), 2: (3, 11), 3: (8, 21), 4: (18, 41)}
"""How many confusers by tier; the ranges of tiers 1 and 4 are from LENS-CLIPS.md, the others guessed between."""


class Tuning:
    """Draws used to train and to choose thresholds."""

    counts = COUNTS
    clutter: dict[int, dict[str, float]] = CLUTTER
    builders = BUILDERS

    def lens_lobe(self, rng: np.random.Generator) -> Lobe:
        """Core of 0.15 to 1.6 degrees, or a ray-traced one, on a pedestal of scatter."""
        share, wide = log_uniform(rng, 0.02, 0.5), log_uniform(rng, 1.5, 15.0)
        if rng.random() < 0.3:
            return draw_traced(rng, share, wide)
        return gaussian(log_uniform(rng, 0.15, 1.6), share, wide)

    def lens_entrance(self, rng: np.random.Generator) -> tuple[float, float]:
        """V(theta): exponent of the cosine, and the angle (degrees) at which the barrel cuts off."""
        return float(rng.uniform(1.0, 6.0)), float(rng.uniform(36.0, 60.0))

    def filter_lobe(self, rng: np.random.Generator) -> tuple[Lobe, float]:
        """A reflective IR-cut before the sensor: a cone of several degrees, and its reflectance."""
        return draw_filter(rng)

    def retro_lobe(self, rng: np.random.Generator, kind: str) -> Lobe:
        """Lobes of eyes (0.5 to 1.3 degrees), beads (0.3 to 1.6) and corner cubes (0.08 to 0.7)."""
        low, high = {"eye": (0.5, 1.3), "tape": (0.25, 1.8), "reflector": (0.08, 0.8)}[kind]
        if kind != "eye" and rng.random() < 0.2:
            return ring(log_uniform(rng, low, high), log_uniform(rng, 0.1, 0.6), float(rng.uniform(0, 1)))
        return gaussian(log_uniform(rng, low, high), float(rng.uniform(0.0, 0.4)), log_uniform(rng, 1.5, 12.0))

    def canvas(self, rng: np.random.Generator, rows: int, columns: int, texel_m: float, textures: Path | None) -> Image:
        """Albedo of a wall, box or poster."""
        kind = rng.random()
        if textures is not None and canvases.photo_names(textures) and kind < 0.35:
            albedo = canvases.photo(rng, rows, columns, textures)
        elif kind < 0.6:
            albedo = canvases.tiles(rng, rows, columns, texel_m)
        elif kind < 0.82:
            albedo = canvases.plain(rng, rows, columns)
        elif kind < 0.91:
            albedo = canvases.panel(rng, rows, columns)
        else:
            albedo = canvases.woven(rng, rows, columns, texel_m)
        canvases.mark(rng, albedo, int(rng.integers(0, 30) * (rng.random() < 0.7)))
        return albedo

    def hand(
        self, rng: np.random.Generator, speed_m_s: float, turn_rad_s: float, length_s: float, reference_s: float
    ) -> Hand:
        """Drift, sway, tremor."""
        del length_s
        return draw_sway(rng, speed_m_s, turn_rad_s, log_uniform(rng, 0.05, 2.0), reference_s)

    def spread(self, rng: np.random.Generator, full_scale: float) -> PointSpread:
        """A nearly round core; `full_scale` is pixels per pixel of the full sensor."""
        core_full_px = log_uniform(rng, 0.45, 1.6)
        turn = float(rng.uniform(0.0, math.pi))
        return PointSpread(max(0.25, core_full_px * full_scale), float(rng.uniform(1.0, 1.25)), turn,
                           hollow=float(rng.choice([0.0, rng.uniform(0, 0.6)])))  # fmt: skip

    def halo(self, rng: np.random.Generator, full_scale: float) -> Halo:
        """Scatter of 0.2 to 6 per cent in Gaussians of 4 to 160 px (full size), falling as a power."""
        total, slope = log_uniform(rng, 0.002, 0.06), rng.uniform(0.2, 1.2)
        sigmas = tuple(full_scale * s for s in (5.0, 14.0, 45.0, 150.0))
        weights = np.array([4.0**-i for i in range(4)]) ** slope
        shares = tuple(float(w) for w in total * weights / weights.sum())
        return Halo(shares, sigmas, log_uniform(rng, 1e-3, 2e-2))

    def ghost_paths(self, rng: np.random.Generator, full_scale: float) -> list[tuple[float, float, float]]:
        """Flare ghosts: scale about the axis, share of the light, disc radius."""
        paths = []
        for _ in range(int(rng.integers(0, 4))):
            scale = float(rng.choice([-1.0, -1.0, rng.uniform(-1.5, -0.3), rng.uniform(0.2, 0.8)]))
            paths.append((scale, log_uniform(rng, 5e-6, 4e-4), full_scale * log_uniform(rng, 3.0, 22.0)))
        return paths

    def readout(
        self, rng: np.random.Generator, shape: tuple[int, int], e_per_dn: float, black_dn: float, read_noise_e: float
    ) -> Readout:
        """A sensor."""
        return make_readout(
            rng,
            shape,
            e_per_dn=e_per_dn,
            black_dn=black_dn,
            read_noise_e=read_noise_e,
            full_well_e=e_per_dn * 1023.0 * float(rng.uniform(0.95, 1.8)),
            bits=10,
            response_sigma=log_uniform(rng, 0.002, 0.015),
            row_e=log_uniform(rng, 0.05, 1.5),
            column_e=log_uniform(rng, 0.05, 2.0),
            pixel_e=log_uniform(rng, 0.1, 2.0),
            hot_share=log_uniform(rng, 5e-6, 4e-4),
            flicker_share=log_uniform(rng, 1e-6, 1e-4),
            row_noise_e=float(rng.choice([0.0, log_uniform(rng, 0.05, 1.0)])),
            bleed_share=float(rng.choice([0.0, log_uniform(rng, 0.02, 0.9)])),
            bleed_is_vertical=bool(rng.random() < 0.15),
        )


ROOM_CLUTTER = {"screw": 20, "chrome_sphere": 8, "chrome_cyl": 7, "tap": 5, "drops": 3, "bright_dot": 8, "dark_hole": 8,
                "ind_led": 6, "button": 3, "facet": 8, "glitter": 4, "mirror": 4, "glass": 3, "tape_frag": 2.5,
                "tape": 2, "reflector": 1.5, "ir_beacon": 2, "glasses": 2.5, "eyes": 8}  # fmt: skip
"""In a hundred small things that answer a lamp in a restroom or changing room; reasons in LENS-WORLDS.md."""


class Training(Tuning):
    """The same physics drawn wider, in the proportions of rooms, each clip of a room of its own: what the judge learns.

    `Tuning` stays as it was, so that figures of different years compare.
    """

    builders = BUILDERS | {"eyes": add_any_eyes, "ind_led": add_any_led, "screw": add_any_screws}

    def __init__(self, rng: np.random.Generator) -> None:
        few = {kind: share * float(rng.gamma(1.2)) for kind, share in ROOM_CLUTTER.items() if kind in ALWAYS_FEW}
        many = {kind: share * float(rng.gamma(1.2)) for kind, share in ROOM_CLUTTER.items()}
        self.clutter: dict[int, dict[str, float]] = {1: few, 2: many, 3: many, 4: many}

    def lens_lobe(self, rng: np.random.Generator) -> Lobe:
        """As for tuning; every fifth a filled cone, of a lens focused elsewhere, and cores to 2.2 degrees."""
        if rng.random() < 0.2:
            return cone(log_uniform(rng, 0.3, 2.2), float(rng.uniform(0.1, 0.6)), float(rng.uniform(0, 0.3)))
        return super().lens_lobe(rng)
