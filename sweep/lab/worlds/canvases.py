"""Albedo of walls, boxes, cloth, labels and photographs, as seen in the near infrared.

Job: draw canvases of albedo (0..1) with a stated length per texel, and paint small things on them. Input: a seeded
generator; output: float32 images. Refuses to be a likeness of a room: the statistics are drawn wide on purpose.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from sweep.phrases import Phrase
from sweep.sim.scene.camera import Image
from sweep.sim.scene.textures import fill_polygon, fractal, paint_disc

PHOTO_SIDE_MAX_PX = 1600


def plain(rng: np.random.Generator, rows: int, columns: int) -> Image:
    """Painted or plastered wall: 1/f unevenness, fine grain, now and then streaks of a roller or brush."""
    base = rng.uniform(0.15, 0.8)
    uneven = fractal(rng, rows, columns, rng.uniform(0.2, 1.2), float(rng.choice([1.0, 1.0, 3.0, 8.0])))
    albedo = base * (1.0 + np.float32(10.0 ** rng.uniform(-2.1, -0.6)) * uneven)
    if rng.random() < 0.65:
        grain = rng.standard_normal((rows, columns), dtype=np.float32)
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.6, 2.5))), np.float32)
        albedo *= 1.0 + np.float32(10.0 ** rng.uniform(-1.9, -0.45)) * grain
    return np.asarray(albedo, np.float32)


def tiles(rng: np.random.Generator, rows: int, columns: int, texel_m: float) -> Image:
    """Tiles of drawn size, colour spread and grout, some decorated, over a fractal glaze, with stains."""
    albedo = plain(rng, rows, columns)
    width = max(5.0, float(10.0 ** rng.uniform(-1.7, -0.3)) / texel_m)
    height = width * float(rng.choice([1.0, 1.0, 0.5, 2.0, 0.33]))
    grout = max(0.6, float(rng.uniform(0.001, 0.006)) / texel_m)
    x = np.arange(columns) + rng.uniform(0, width)
    y = np.arange(rows) + rng.uniform(0, height)
    row_of = (y // height).astype(int)
    bond = 0.5 * width * (row_of % 2) if rng.random() < 0.3 else np.zeros(rows)
    along = x[None, :] + bond[:, None]
    column_of = (along // width).astype(int)
    tones = 1.0 + 10.0 ** rng.uniform(-2.5, -0.6) * rng.standard_normal((row_of.max() + 1, column_of.max() + 1))
    if rng.random() < 0.15:
        checker = (np.indices(tones.shape).sum(axis=0) % 2).astype(float)
        tones = tones * (1.0 - rng.uniform(0.2, 0.8) * checker)
    albedo *= np.clip(tones, 0.1, 2.0)[row_of[:, None], column_of].astype(np.float32)
    near_x = np.minimum(along % width, width - along % width)
    near_y = np.minimum(y % height, height - y % height)[:, None]
    line = np.clip(grout / 2.0 - np.minimum(near_x, near_y) + 0.5, 0.0, 1.0).astype(np.float32)
    dark = float(rng.choice([rng.uniform(0.3, 0.95), rng.uniform(1.05, 1.5)]))
    return np.asarray(albedo * (1.0 - line * np.float32(1.0 - dark)), np.float32)


def woven(rng: np.random.Generator, rows: int, columns: int, texel_m: float) -> Image:
    """Cloth, curtain or perforated plate: two crossed gratings and folds."""
    base = rng.uniform(0.1, 0.8)
    period = max(2.2, float(10.0 ** rng.uniform(-3.2, -1.9)) / texel_m)
    turn = rng.uniform(0, math.pi)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    phase = np.float32(2.0 * math.pi / period)
    u, v = (
        x * np.float32(math.cos(turn)) + y * np.float32(math.sin(turn)),
        y * np.float32(math.cos(turn)) - x * np.float32(math.sin(turn)),
    )
    weave = np.float32(rng.uniform(0.02, 0.3)) * np.sin(u * phase) * np.sin(v * phase)
    fold = rng.uniform(0.0, 0.4) * np.sin(x[0] * 2.0 * math.pi / rng.uniform(30, 400) + rng.uniform(0, 6.3))
    return np.asarray(
        base * (1.0 + weave + fold.astype(np.float32)) * (1 + 0.03 * fractal(rng, rows, columns, 0.8)), np.float32
    )


def panel(rng: np.random.Generator, rows: int, columns: int) -> Image:
    """Wood or laminate partition: streaks along one side, a few joints."""
    grain = fractal(rng, rows, columns, rng.uniform(0.2, 0.8), float(rng.uniform(6.0, 25.0)))
    albedo = rng.uniform(0.2, 0.75) * (1.0 + np.float32(10.0 ** rng.uniform(-2.0, -0.7)) * grain)
    for _ in range(int(rng.integers(0, 4))):
        at, wide = int(rng.integers(0, columns)), int(rng.integers(1, 6))
        albedo[:, at : at + wide] *= np.float32(rng.uniform(0.2, 0.8))
    return np.asarray(
        albedo if rng.random() < 0.5 else np.ascontiguousarray(cv2.resize(albedo.T, (columns, rows))), np.float32
    )


def photo(rng: np.random.Generator, rows: int, columns: int, folder: Path) -> Image:
    """A cut of one of the photographs in `folder`, turned and rescaled, its levels taken for albedo."""
    names = photo_names(folder)
    image = _load(str(names[int(rng.integers(len(names)))]))
    scale = max(rows / image.shape[0], columns / image.shape[1]) * float(rng.uniform(1.0, 2.0))
    wanted = (max(columns, round(image.shape[1] * scale)), max(rows, round(image.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = np.asarray(cv2.resize(image, wanted, interpolation=how), np.float32)
    top = int(rng.integers(0, image.shape[0] - rows + 1))
    left = int(rng.integers(0, image.shape[1] - columns + 1))
    cut = image[top : top + rows, left : left + columns]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    # sRGB to linear; then pulled towards its mean, since dyes lose contrast in the near infrared (guessed)
    linear = np.power(cut, np.float32(2.2), dtype=np.float32)
    contrast = np.float32(rng.uniform(0.5, 1.0))
    linear = linear.mean() + contrast * (linear - linear.mean())
    return np.asarray(linear * np.float32(rng.uniform(0.3, 0.7)) / max(float(linear.mean()), 0.05), np.float32)


@lru_cache(maxsize=8)
def photo_names(folder: Path) -> tuple[Path, ...]:
    """Photographs in a folder, sorted."""
    return tuple(sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png")))


@lru_cache(maxsize=96)
def _load(name: str) -> Image:
    image = cv2.imread(name, cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(Phrase("not_a_picture", name=Path(name).name))
    most = max(image.shape)
    if most > PHOTO_SIDE_MAX_PX:
        factor = PHOTO_SIDE_MAX_PX / most
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.float32) / np.float32(255.0)


def mark(rng: np.random.Generator, albedo: Image, count: int) -> None:
    """Labels, tape ends, dirt, lines and lettering: small rectangles, strokes and blots of any tone."""
    rows, columns = albedo.shape
    for _ in range(count):
        x, y = rng.uniform(0, columns), rng.uniform(0, rows)
        tone = float(rng.uniform(0.02, 0.95))
        size = float(10.0 ** rng.uniform(0.2, 1.7)) * columns / 900.0
        kind = rng.random()
        if kind < 0.45:
            box = (
                (x, y),
                (2.0 * size, size * float(10.0 ** rng.uniform(-1.0, 0.2))),
                float(rng.choice([0, 0, rng.uniform(0, 180)])),
            )
            fill_polygon(albedo, np.asarray(cv2.boxPoints(box), np.float64), tone, float(rng.uniform(0.4, 1.0)))
        elif kind < 0.6:
            word = "".join(chr(int(c)) for c in rng.integers(65, 91, int(rng.integers(2, 9))))
            _write(albedo, word, int(x), int(y), max(0.3, 0.03 * size), tone)
        elif kind < 0.8:
            turn, half = rng.uniform(0, math.pi), 1.5 * size
            dx, dy = half * math.cos(turn), half * math.sin(turn)
            wide = float(rng.uniform(0.4, 2.0))
            nx, ny = -wide * math.sin(turn), wide * math.cos(turn)
            corners = np.array(
                [
                    [x - dx - nx, y - dy - ny],
                    [x + dx - nx, y + dy - ny],
                    [x + dx + nx, y + dy + ny],
                    [x - dx + nx, y - dy + ny],
                ]
            )
            fill_polygon(albedo, corners, tone, float(rng.uniform(0.3, 1.0)))
        else:
            paint_disc(albedo, x, y, 0.4 * size, tone, float(rng.uniform(0.3, 1.0)))


def _write(albedo: Image, word: str, left: int, top: int, height: float, tone: float) -> None:
    wide, high = int(20 * height * len(word)) + 4, int(30 * height) + 4
    part = albedo[top : top + high, left : left + wide]
    if part.size == 0:
        return
    ink = np.zeros((high, wide), np.uint8)
    cv2.putText(ink, word, (2, high - 6), cv2.FONT_HERSHEY_SIMPLEX, height, 255, max(1, round(2 * height)), cv2.LINE_AA)
    cover = ink[: part.shape[0], : part.shape[1]].astype(np.float32) / np.float32(255.0)
    part += cover * (np.float32(tone) - part)
