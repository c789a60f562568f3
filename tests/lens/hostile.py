"""Images that a camera can deliver and no algorithm likes: constant, saturated, dark, tiny, spotted, noisy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Image = npt.NDArray[np.float32]
FULL_E = 4_000.0
SIZES = ((1, 1), (1, 40), (40, 1), (7, 9), (17, 17), (16, 35), (48, 64), (61, 77))


def draw_frame(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    """Electrons, H x W, of a kind that the generator chooses; negative ones where read noise is all there is."""
    height, width = shape
    wall = np.full(shape, rng.choice([0.0, 1.0, 30.0, 300.0, FULL_E]), np.float64)
    kind = rng.integers(0, 6)
    if kind == 1:
        wall *= rng.random(shape)
    if kind == 2:
        wall = wall * np.linspace(0.0, 1.0, width) + np.linspace(0.0, 50.0, height)[:, None]
    if kind >= 3:
        for _ in range(rng.integers(1, 9)):
            y, x, light = rng.integers(0, height), rng.integers(0, width), rng.choice([-300.0, 400.0, 9e3, 1e6])
            wall[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] += light / 9.0
    noisy = wall + rng.normal(size=shape) * np.sqrt(np.maximum(wall, 0.0) + 9.0) * (kind != 5)
    return np.asarray(np.minimum(noisy, FULL_E), np.float32)


def draw_places(rng: np.random.Generator, shape: tuple[int, int], count: int) -> tuple[Image, Image]:
    """Columns and rows: inside, on the border, outside, far away."""
    height, width = shape
    x, y = rng.uniform(-2.0, width + 2.0, count), rng.uniform(-2.0, height + 2.0, count)
    odd = rng.random(count) < 0.3
    x[odd] = rng.choice([-0.5, 0.0, 0.5, width - 1.0, width - 0.5, -1e4, 1e6, 1e15], odd.sum())
    y[odd] = rng.choice([-0.5, 0.0, 1.5, height - 1.0, height - 0.5, 1e4, -1e6, -1e15], odd.sum())
    return x.astype(np.float32), y.astype(np.float32)


seeds = st.integers(0, 2**32 - 1)
shapes = st.sampled_from(SIZES)
