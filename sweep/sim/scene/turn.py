"""What surrounds an inspector who turns: the walls beside him and the ceiling, and the way of his look.

Job: say where a probe points while its holder looks round, and lay the surfaces it meets there about the wall ahead.
Input: distances from where he stands; output: layers.
Refuses to plant anything: what hides is on the wall ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sweep.sim.scene.camera import Array, Image
from sweep.sim.scene.layers import Layer
from sweep.sim.scene.textures import fractal

PATCH_M: Final = 0.4
"""Of a surface: one that reaches behind the camera is not drawn, so the pieces are small."""
BEHIND_M: Final = 0.8
"""How far the surfaces go on behind him."""
FLOOR_M: Final = 1.3
"""Below the probe: as high as it is held."""
TILE_M, GROUT_M = 0.2, 0.004
ROUND_DEG: Final = (
    (0.0, 0.0), (-50.0, 0.0), (-50.0, 20.0), (50.0, 20.0), (50.0, 0.0), (0.0, 0.0),
)  # fmt: skip
"""As the page leads him: along the wall to the left, along its upper edge to the right, and back."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Metres from the probe to the walls on the left and on the right and to the ceiling, and where he looks."""

    left_m: float
    right_m: float
    up_m: float
    ways_deg: tuple[tuple[float, float], ...] = ROUND_DEG


def surfaces(turn: Turn, ahead_m: float, texel_m: float, rng: np.random.Generator) -> list[Layer]:
    """The walls beside and the ceiling, up to the wall ahead."""
    deep_m, high_m, wide_m = ahead_m + BEHIND_M, turn.up_m + FLOOR_M, turn.left_m + turn.right_m
    away, down, right = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])
    tone = float(rng.uniform(0.35, 0.6))
    sides = (
        ((-turn.left_m, -turn.up_m, -BEHIND_M), (away, down, right), (deep_m, high_m)),
        ((turn.right_m, -turn.up_m, ahead_m), (-away, down, -right), (deep_m, high_m)),
        ((-turn.left_m, -turn.up_m, ahead_m), (right, -away, down), (wide_m, deep_m)),
    )
    made: list[Layer] = []
    for corner, across, size_m in sides:
        made += _patches(np.array(corner), np.stack(across), texel_m, _canvas(rng, tone, texel_m, *size_m))
    return made


def _patches(corner: Array, across: Array, texel_m: float, albedo: Image) -> list[Layer]:
    """One surface in pieces; `corner`: where its canvas begins."""
    side, made = round(PATCH_M / texel_m), []
    for top in range(0, albedo.shape[0], side):
        for left in range(0, albedo.shape[1], side):
            part = albedo[top : top + side + 1, left : left + side + 1]  # no seam between two
            middle = np.array([left + part.shape[1] / 2.0, top + part.shape[0] / 2.0]) * texel_m
            made.append(Layer(corner + middle @ across[:2], across, texel_m, part, alpha=np.ones_like(part)))
    return made


def _canvas(rng: np.random.Generator, tone: float, texel_m: float, width_m: float, height_m: float) -> Image:
    """Tiles with stains, grain and grout."""
    rows, columns = round(height_m / texel_m), round(width_m / texel_m)
    grain = cv2.GaussianBlur(rng.standard_normal((rows, columns), dtype=np.float32), (0, 0), 1.2)
    albedo = tone * (1.0 + 0.05 * fractal(rng, rows, columns, 1.2) + 0.08 * grain)
    tile, grout = max(4, round(TILE_M / texel_m)), max(1, round(GROUT_M / texel_m))
    for start in range(int(rng.integers(0, tile)), columns, tile):
        albedo[:, start : start + grout] *= 0.6
    for start in range(int(rng.integers(0, tile)), rows, tile):
        albedo[start : start + grout] *= 0.6
    return np.asarray(np.clip(albedo, 0.02, 0.95), np.float32)
