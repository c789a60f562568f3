"""Surfaces of the held-out mode: terrazzo, hexagons, slats, relief, spectral noise, photographs.

Job: albedo canvases from other generators than `sim.scene.textures`. Input: seeded generator; output: float32 images.
Refuses to be used for tuning.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from sweep.lab.worlds import canvases
from sweep.sim.scene.camera import Image
from sweep.sim.scene.textures import fill_polygon, paint_disc


def draw(rng: np.random.Generator, rows: int, columns: int, texel_m: float, textures: Path | None) -> Image:
    """One surface."""
    kind = int(rng.choice(6, p=(0.15, 0.15, 0.15, 0.15, 0.2, 0.2)))
    if kind == 5 and textures is not None and canvases.photo_names(textures):
        albedo = canvases.photo(rng, rows, columns, textures) ** np.float32(rng.uniform(0.6, 1.4))
    elif kind == 0:
        albedo = _terrazzo(rng, rows, columns, texel_m)
    elif kind == 1:
        albedo = _hexagons(rng, rows, columns, texel_m)
    elif kind == 2:
        albedo = _slats(rng, rows, columns, texel_m)
    elif kind == 3:
        albedo = _relief(rng, rows, columns)
    else:
        albedo = _spectral(rng, rows, columns)
    _stick(rng, albedo)
    return np.asarray(np.clip(albedo, 0.01, 0.97), np.float32)


def _noise(rng: np.random.Generator, rows: int, columns: int, power: float) -> Image:
    """Random phases under a power-law spectrum, unit variance; drawn small and enlarged where it is smooth."""
    step = 1 if power < 0.7 else 2
    high, wide = max(8, rows // step), max(8, columns // step)
    rates = np.hypot(np.fft.fftfreq(high)[:, None], np.fft.rfftfreq(wide)[None, :])
    rates[0, 0] = 1.0
    spectrum = np.exp(2j * math.pi * rng.random(rates.shape)) * rates**-power
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(high, wide)).astype(np.float32)
    field /= max(float(field.std()), 1e-9)
    return np.asarray(cv2.resize(field, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def _spectral(rng: np.random.Generator, rows: int, columns: int) -> Image:
    contrast = np.float32(rng.uniform(0.01, 0.2))
    return np.asarray(
        rng.beta(2.0, 2.0) * (1.0 + contrast * _noise(rng, rows, columns, rng.uniform(0.3, 1.8))), np.float32
    )


def _terrazzo(rng: np.random.Generator, rows: int, columns: int, texel_m: float) -> Image:
    """Chips of stone in a binder."""
    ground = float(rng.uniform(0.2, 0.7))
    albedo = np.full((rows, columns), ground, np.float32)
    size = max(1.0, float(rng.uniform(0.002, 0.015)) / texel_m)
    for _ in range(int(min(1500, rows * columns / (8.0 * size**2)))):
        corners = np.sort(rng.uniform(0, 2 * math.pi, 5))
        radius = size * rng.uniform(0.3, 1.3, 5)
        shape = np.column_stack([radius * np.cos(corners), radius * np.sin(corners)])
        at = rng.uniform(0, 1, 2) * (columns, rows)
        fill_polygon(albedo, np.asarray(shape + at), float(rng.uniform(0.05, 0.9)), 0.9)
    return albedo * (1.0 + 0.02 * _noise(rng, rows, columns, 0.5))


def _hexagons(rng: np.random.Generator, rows: int, columns: int, texel_m: float) -> Image:
    """Small hexagonal mosaic with light or dark grout."""
    side = max(4.0, float(rng.uniform(0.01, 0.06)) / texel_m)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32) / side, np.arange(rows, dtype=np.float32) / side)
    near = np.full((rows, columns), 9.0, np.float32)
    for turn in (0.0, math.pi / 3, 2 * math.pi / 3):
        along = x * np.float32(math.cos(turn)) + y * np.float32(math.sin(turn))
        near = np.minimum(near, np.abs(along - np.rint(along)))
    line = np.clip((near - np.float32(rng.uniform(0.02, 0.08))) * np.float32(side) + 0.5, 0.0, 1.0)
    grout = float(rng.uniform(0.1, 0.9))
    tile = float(rng.uniform(0.2, 0.85)) * (1.0 + np.float32(rng.uniform(0.0, 0.1)) * _noise(rng, rows, columns, 1.0))
    return np.asarray(grout + (tile - grout) * line, np.float32)


def _slats(rng: np.random.Generator, rows: int, columns: int, texel_m: float) -> Image:
    """Blinds, grilles or grooved panels: bars with shaded flanks."""
    period = max(3.0, float(rng.uniform(0.004, 0.08)) / texel_m)
    turn = float(rng.choice([0.0, math.pi / 2, rng.uniform(0, math.pi)]))
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    along = (x * np.float32(math.cos(turn)) + y * np.float32(math.sin(turn))) / np.float32(period)
    saw = along - np.floor(along)
    gap = np.clip((saw - np.float32(rng.uniform(0.05, 0.3))) * np.float32(period), 0.0, 1.0)
    shade = 1.0 - np.float32(rng.uniform(0.0, 0.7)) * saw
    return np.asarray(rng.uniform(0.2, 0.8) * (np.float32(0.1) + np.float32(0.9) * gap * shade), np.float32)


def _relief(rng: np.random.Generator, rows: int, columns: int) -> Image:
    """Rough plaster lit from one side: the slope of a noise field."""
    field = _noise(rng, rows, columns, float(rng.uniform(1.0, 1.8)))
    slope = cv2.Sobel(field, cv2.CV_32F, 1, 0) * np.float32(rng.normal()) + cv2.Sobel(field, cv2.CV_32F, 0, 1)
    slope = slope / np.float32(max(float(slope.std()), 1e-9))
    return np.asarray(rng.uniform(0.2, 0.7) * (1.0 + np.float32(rng.uniform(0.01, 0.12)) * slope), np.float32)


def _stick(rng: np.random.Generator, albedo: Image) -> None:
    """Stickers, pipes, cracks and speckles."""
    rows, columns = albedo.shape
    for _ in range(int(rng.poisson(2.0))):
        size = columns * rng.uniform(0.01, 0.12)
        corners = np.array([[0, 0], [1, 0.1 * rng.normal()], [1, 0.7], [0, 0.7]]) * size + rng.uniform(0, 1, 2) * (
            columns,
            rows,
        )
        fill_polygon(albedo, corners, float(rng.uniform(0.02, 0.95)), 1.0)
    for _ in range(int(rng.poisson(1.0))):
        points = np.cumsum(rng.normal(0, columns * 0.02, (12, 2)), axis=0) + rng.uniform(0, 1, 2) * (columns, rows)
        mask = np.zeros((rows, columns), np.uint8)
        cv2.polylines(
            mask, [np.rint(points * 16).astype(np.int32)], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA, 4
        )
        albedo *= 1.0 - np.float32(rng.uniform(0.2, 0.9) / 255.0) * mask
    for _ in range(int(rng.poisson(12.0))):
        x, y, radius = rng.uniform(0, columns), rng.uniform(0, rows), float(rng.exponential(1.5)) + 0.3
        paint_disc(albedo, x, y, radius, float(rng.choice([0.03, 0.9])), float(rng.uniform(0.2, 1.0)))
