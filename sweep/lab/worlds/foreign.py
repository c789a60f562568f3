"""The assumptions of the held-out mode: other lobes, walls, clutter, hand, optics and sensor.

Job: the same parts as `sim.scene.tuning`, drawn from other families and other ranges, so that a detector tuned there is
judged on what it has not seen. Input: a seeded generator; output: parts for `lab.worlds.tiers`. Refuses to be used for
tuning: no threshold, feature or weight may be chosen after looking at it.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from sweep.lab.worlds import foreign_things as lens_foreign_things
from sweep.lab.worlds import foreign_walls as lens_foreign_walls
from sweep.lab.worlds import lobes as lens_lobes
from sweep.lab.worlds.furnish import BUILDERS
from sweep.lab.worlds.hands import Walk, draw_walk
from sweep.sim.scene.camera import Image
from sweep.sim.scene.imaging import Halo, PointSpread
from sweep.sim.scene.lobes import Lobe
from sweep.sim.scene.readout import Readout, make_readout

COUNTS = {1: (0, 3), 2: (2, 14), 3: (6, 26), 4: (18, 41)}
_WASHROOM = {"drops": 5, "tap": 4, "chrome_cyl": 4, "screw": 4, "mirror": 2, "glass": 1, "ind_led": 1, "tape_frag": 1,
             "dark_hole": 2, "chrome_sphere": 2, "facet": 1, "eyes": 0.4, "glasses": 0.3, "bright_dot": 1}  # fmt: skip
_WARDROBE = {"glitter": 4, "button": 4, "tape": 2.5, "tape_frag": 4, "reflector": 1.5, "facet": 3, "glasses": 1.5,
             "eyes": 1, "ind_led": 1, "ir_beacon": 1.5, "screw": 2, "bright_dot": 1, "dark_hole": 1, "mirror": 1,
             "chrome_sphere": 1}  # fmt: skip


class Foreign:
    """Draws used for judging only."""

    counts = COUNTS
    builders = BUILDERS | lens_foreign_things.BUILDERS

    def __init__(self, rng: np.random.Generator) -> None:
        # a clip is of one sort of room, not of an average one
        base = _WASHROOM if rng.random() < 0.5 else _WARDROBE
        few = {"screw": 1.0, "bright_dot": 1.0, "dark_hole": 1.0, "button": 0.5}
        weights = {kind: weight * float(rng.gamma(0.7)) + 0.02 for kind, weight in base.items()}
        self.clutter: dict[int, dict[str, float]] = {1: few, 2: weights, 3: weights, 4: weights}

    def lens_lobe(self, rng: np.random.Generator) -> Lobe:
        """Power-law wings, or a ring of a lens focused past its sensor."""
        if rng.random() < 0.75:
            return lens_lobes.moffat(
                float(np.clip(rng.lognormal(math.log(0.55), 0.5), 0.15, 2.0)), rng.uniform(1.5, 4.0)
            )
        radius = float(rng.uniform(0.3, 1.3))
        return lens_lobes.ring(radius, radius * rng.uniform(0.25, 0.7), float(rng.uniform(0.2, 1.5)))

    def lens_entrance(self, rng: np.random.Generator) -> tuple[float, float]:
        """A barrel that cuts off near the field of view, with little loss before."""
        return float(rng.uniform(0.5, 3.0)), float(rng.uniform(33.0, 75.0))

    def filter_lobe(self, rng: np.random.Generator) -> tuple[Lobe, float]:
        """Wide power-law return of a filter."""
        return lens_lobes.moffat(float(rng.uniform(2.5, 9.0)), float(rng.uniform(1.3, 3.0))), float(rng.beta(3.0, 3.0))

    def retro_lobe(self, rng: np.random.Generator, kind: str) -> Lobe:
        """Power laws; corner cubes with a ring."""
        if kind == "reflector":
            return lens_lobes.ring(
                float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.3, 2))
            )
        core = {"eye": 0.8, "tape": 0.6}[kind] * float(rng.lognormal(0.0, 0.35))
        return lens_lobes.moffat(core, float(rng.uniform(1.4, 3.5)))

    def canvas(self, rng: np.random.Generator, rows: int, columns: int, texel_m: float, textures: Path | None) -> Image:
        """Terrazzo, hexagons, slats, brick in relief, spectral noise or a photograph."""
        return lens_foreign_walls.draw(rng, rows, columns, texel_m, textures)

    def hand(
        self, rng: np.random.Generator, speed_m_s: float, turn_rad_s: float, length_s: float, reference_s: float
    ) -> Walk:
        """A random walk with pauses and jerks."""
        return draw_walk(rng, speed_m_s, turn_rad_s, length_s, reference_s)

    def spread(self, rng: np.random.Generator, full_scale: float) -> PointSpread:
        """A diffraction ring, coma or astigmatism."""
        core = max(0.25, float(np.clip(rng.lognormal(math.log(0.9), 0.35), 0.4, 2.2)) * full_scale)
        return PointSpread(
            core, stretch=float(rng.uniform(1.0, 1.5)), turn_rad=float(rng.uniform(0.0, 2.0 * math.pi)),
            coma_px=core * float(rng.choice([0.0, rng.uniform(0.3, 1.5)])),
            ring=float(rng.choice([0.0, rng.uniform(0.01, 0.06)])), hollow=float(rng.uniform(0.0, 0.9)),
        )  # fmt: skip

    def halo(self, rng: np.random.Generator, full_scale: float) -> Halo:
        """One narrow and one very wide component."""
        return Halo(
            (float(rng.uniform(0.0, 0.05)), float(rng.uniform(0.001, 0.02))),
            (full_scale * float(rng.uniform(6.0, 20.0)), full_scale * float(rng.uniform(60.0, 250.0))),
            float(rng.uniform(0.0, 0.03)),
        )

    def ghost_paths(self, rng: np.random.Generator, full_scale: float) -> list[tuple[float, float, float]]:
        """One to six ghosts along the line through the centre, growing with their distance."""
        paths = []
        for _ in range(int(rng.integers(0, 7))):
            scale = float(rng.normal(-0.6, 0.6))
            paths.append((scale, float(rng.exponential(4e-5)), full_scale * (3.0 + 12.0 * abs(scale) * rng.random())))
        return paths

    def readout(
        self, rng: np.random.Generator, shape: tuple[int, int], e_per_dn: float, black_dn: float, read_noise_e: float
    ) -> Readout:
        """Read noise with tails, rows that jump from frame to frame, charge that spills along columns."""
        return make_readout(
            rng,
            shape,
            e_per_dn=e_per_dn,
            black_dn=black_dn,
            read_noise_e=read_noise_e,
            full_well_e=e_per_dn * 1023.0 * float(rng.uniform(0.9, 3.0)),
            bits=10,
            response_sigma=float(rng.uniform(0.004, 0.02)),
            row_e=float(rng.exponential(0.5)),
            column_e=float(rng.exponential(0.7)),
            pixel_e=float(rng.uniform(0.2, 3.0)),
            hot_share=float(rng.exponential(1e-4)),
            flicker_share=float(rng.exponential(4e-5)),
            row_noise_e=float(rng.exponential(0.4)),
            bleed_share=float(rng.uniform(0.0, 0.5)),
            bleed_is_vertical=bool(rng.random() < 0.25),
            noise_tail=float(rng.uniform(0.0, 0.08)),
        )
