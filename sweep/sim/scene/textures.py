"""Albedo of a surface, as seen in the near infrared: unevenness, and small things painted on it.

Job: noise of a stated slope, discs and polygons. Input: a seeded generator, or a canvas of albedo (0..1); output:
float32 images. Refuses to be a likeness of a room.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from sweep.sim.scene.camera import Array, Image


def fractal(rng: np.random.Generator, rows: int, columns: int, slope: float, stretch: float = 1.0) -> Image:
    """Noise of unit variance whose amplitude falls as 1/frequency^slope; `stretch` makes it streaky along x."""
    total = np.zeros((rows, columns), np.float32)
    side, weight = 2.0, 1.0
    power = 0.0
    first = max(2.0, max(rows, columns) / 6.0)
    side = first
    while side >= 1.0:
        weight = (side / first) ** slope
        down, along = max(2, round(rows / side) + 1), max(2, round(columns / (side * stretch)) + 1)
        part = rng.standard_normal((down, along), dtype=np.float32)
        if (down, along) != (rows, columns):
            part = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)
        total += np.float32(weight) * part
        power += weight**2
        side /= 2.0 if side > 2.5 else 2.5
    total -= total.mean()
    return np.asarray(total / max(float(total.std()), 1e-6), np.float32)


def paint_disc(albedo: Image, x: float, y: float, radius: float, tone: float, strength: float = 1.0) -> None:
    """Anti-aliased disc; a radius below half a texel tones one texel in part."""
    reach = math.ceil(radius + 1.5)
    left, top = max(0, math.floor(x) - reach), max(0, math.floor(y) - reach)
    right, bottom = min(albedo.shape[1], math.floor(x) + reach + 2), min(albedo.shape[0], math.floor(y) + reach + 2)
    if left >= right or top >= bottom:
        return
    away = np.hypot(np.arange(left, right)[None, :] - x, np.arange(top, bottom)[:, None] - y)
    full = max(radius, 0.5)
    cover = np.clip(full - away + 0.5, 0.0, 1.0) * min(1.0, (radius / full) ** 2) * strength
    part = albedo[top:bottom, left:right]
    part += (cover * (tone - part)).astype(np.float32)


def fill_polygon(albedo: Image, corners: Array, tone: float, strength: float) -> None:
    """Anti-aliased convex polygon."""
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, albedo.shape[::-1])
    if np.any(low >= high):
        return
    cover = polygon_cover(corners - low, int(high[1] - low[1]), int(high[0] - low[0]))
    part = albedo[low[1] : high[1], low[0] : high[0]]
    part += np.float32(strength) * cover * (np.float32(tone) - part)


def polygon_cover(corners: Array, rows: int, columns: int) -> Image:
    """Share of each texel inside a convex polygon (k x 2), 0..1."""
    mask = np.zeros((rows, columns), np.uint8)
    fixed = np.rint(np.clip(corners, -4000, 8000) * 16.0).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, 4)
    return np.asarray(mask, np.float32) / np.float32(255.0)
