"""A calibration bench with known truth: sensor, board, card and reference lens made up from formulas.

It shares nothing with the fits but the definitions: light is drawn as Poisson electrons, the board is ray-traced.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import Frame, write_clip
from sweep.modality.strobe import Phase
from tests.lens.clip_factory import meta_for

Array = npt.NDArray[np.float64]
SIZE = (364, 272)
EXPOSURE_MS = 1.0
"""As the clip factory's `meta.json` says."""


@dataclass
class BenchSensor:
    """A sensor whose every number is known."""

    seed: int = 1
    black_level_dn: float = 61.4
    e_per_dn: float = 3.7
    read_noise_e: float = 2.9
    response_spread: float = 0.008
    hot: tuple[tuple[int, int, float], ...] = ((20, 30, 900.0), (200, 100, 150.0), (363, 271, 60.0), (0, 0, 400.0))
    """x, y, electrons."""
    rng: np.random.Generator = field(init=False)
    response: Array = field(init=False)
    offset: Array = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        shape = (SIZE[1], SIZE[0])
        self.response = 1.0 + self.response_spread * self.rng.standard_normal(shape)
        self.offset = 0.4 * self.rng.standard_normal(shape)
        for x, y, electrons in self.hot:
            self.offset[y, x] = electrons

    def expose(self, electrons: Array | float) -> Frame:
        """One raw frame of `electrons` expected per pixel."""
        light = np.maximum(np.broadcast_to(electrons, self.response.shape) * self.response, 0.0)
        counted = self.rng.poisson(light + np.maximum(self.offset, 0.0)) + np.minimum(self.offset, 0.0)
        raw = (counted + self.read_noise_e * self.rng.standard_normal(light.shape)) / self.e_per_dn
        return np.asarray(np.clip(np.rint(raw + self.black_level_dn), 0, 1023), np.uint16)


@dataclass(frozen=True)
class BenchTruth:
    """What the calibration should find."""

    focal_px: float = 441.7
    centre: tuple[float, float] = (186.3, 131.2)
    distortion: tuple[float, float, float, float] = (-0.21, 0.05, 0.001, -0.0015)
    electrons_m2: float = 250.0
    """Electrons per pixel, millisecond, at 1 m on a white card, mean of the field, on_axis."""
    reflectance: float = 0.18
    reference_e: float = 6_000.0


def lamp_profile(lamp: str) -> Array:
    """Spread of a lamp's light with vignetting, mean 1."""
    xs, ys = np.meshgrid((np.arange(SIZE[0]) - 190) / 180.0, (np.arange(SIZE[1]) - 120) / 180.0)
    shape = 1.0 / (1.0 + 0.35 * (xs**2 + ys**2)) ** 2 * (1.0 + (0.15 if lamp == "B" else 0.05) * xs)
    return np.asarray(shape / shape.mean())


def write_bench(folder: Path, sensor: BenchSensor, truth: BenchTruth, **changes: Any) -> Path:
    """All recordings of a calibration and their recipe; `changes` overrule fields of the recipe."""
    capped: tuple[Phase, ...] = ("C",) * 12
    _write(folder, "dark", [sensor.expose(0.0) for _ in capped], capped)
    shading = lamp_profile("A") * 0.5 + 0.5
    for number, level in enumerate((60.0, 400.0, 1_200.0, 2_400.0)):
        flat: tuple[Phase, ...] = ("C",) * 6
        flicker = sensor.rng.normal(1.0, 0.004, len(flat))
        _write(folder, f"flat-{number}", [sensor.expose(level * shading * f) for f in flicker], flat)
    card: tuple[Phase, ...] = ("A", "B", "C") * 4
    for name, range_m in (("card-050", 0.5), ("card-100", 1.0)):
        _write(folder, name, [sensor.expose(_card(p, range_m, truth)) for p in card], card)
    views: tuple[Phase, ...] = ("A",) * 14
    _write(folder, "board", [sensor.expose(b) for b in board_views(truth, len(views), sensor.rng)], views)
    phases: tuple[Phase, ...] = ("A", "B", "C") * 5
    _write(folder, "reference", [sensor.expose(_reference(p, truth)) for p in phases], phases)
    recipe: dict[str, Any] = {
        "v": 1, "probe_serial": "probe-7", "camera_serial": "imx296 0042", "measured": "2026-06-01",
        "done_by": "calibrator-1", "dark": "dark", "flats": [f"flat-{n}" for n in range(4)],
        "cards": [{"clip": "card-050", "range_m": 0.5}, {"clip": "card-100", "range_m": 1.0}],
        "card_reflectance": truth.reflectance,
        "board": {"clip": "board", "pattern": "chessboard", "columns": 9, "rows": 6, "pitch_m": 0.02},
        "reference": {"clip": "reference", "name": "reference lens 3", "range_m": 1.0, "frame": 12, "x": 182.0,
                      "y": 136.0, "expected_e_ms": truth.reference_e},
    }  # fmt: skip
    (folder / "recipe.json").write_text(json.dumps(recipe | changes), encoding="utf-8")
    return folder


def board_views(truth: BenchTruth, count: int, rng: np.random.Generator) -> list[Array]:
    """Ray-traced pictures of a chessboard with 9 x 6 inner corners, electrons per pixel."""
    matrix = np.array([[truth.focal_px, 0, truth.centre[0]], [0, truth.focal_px, truth.centre[1]], [0, 0, 1]])
    over = 3
    xs, ys = np.meshgrid(np.arange(SIZE[0] * over), np.arange(SIZE[1] * over))
    pixels = np.stack([(xs + 0.5) / over - 0.5, (ys + 0.5) / over - 0.5], -1).reshape(-1, 1, 2).astype(np.float64)
    rays = cv2.undistortPoints(pixels, matrix, np.array([*truth.distortion, 0.0])).reshape(-1, 2)
    directions = np.concatenate([rays, np.ones((len(rays), 1))], axis=1)
    pictures: list[Array] = []
    for _ in range(count):
        rotation, _ = cv2.Rodrigues(np.radians(rng.uniform(-32.0, 32.0, 3) * (1.0, 1.0, 0.5)))
        middle = np.array([rng.uniform(-0.05, 0.05), rng.uniform(-0.035, 0.035), rng.uniform(0.32, 0.5)])
        normal = rotation[:, 2]
        along = (middle @ normal) / (directions @ normal)
        place = (directions * along[:, None] - middle) @ rotation
        u, v = place[:, 0] / 0.02 + 5.0, place[:, 1] / 0.02 + 3.5
        inside = (u >= 0) & (u < 10) & (v >= 0) & (v < 7)
        margin = (u >= -1) & (u < 11) & (v >= -1) & (v < 8)
        dark = (np.floor(u) + np.floor(v)) % 2 == 0
        light = np.where(inside, np.where(dark, 150.0, 1_800.0), np.where(margin, 1_800.0, 500.0))
        sharp = light.reshape(SIZE[1], over, SIZE[0], over).mean(axis=(1, 3))
        pictures.append(np.asarray(cv2.GaussianBlur(sharp, (0, 0), 0.8), np.float64))
    return pictures


def _card(phase: str, range_m: float, truth: BenchTruth) -> Array:
    ambient = np.full((SIZE[1], SIZE[0]), 12.0)
    if phase == "C":
        return ambient
    strength = truth.electrons_m2 * (1.0 if phase == "A" else 0.8)
    return ambient + strength * EXPOSURE_MS * truth.reflectance / range_m**2 * lamp_profile(phase)


def _reference(phase: str, truth: BenchTruth) -> Array:
    xs, ys = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    texture = 60.0 + 20.0 * np.sin(xs / 7.0) * np.cos(ys / 9.0)
    light = texture * (0.05 if phase == "C" else 1.0)
    spot = np.exp(-0.5 * ((xs - 182.0) ** 2 + (ys - 136.0) ** 2) / 0.7**2)
    strength = {"A": truth.reference_e, "B": 0.02 * truth.reference_e}.get(phase, 0.0)
    return np.asarray(light + strength * spot / spot.sum())


def _write(folder: Path, name: str, frames: list[Frame], phases: tuple[Phase, ...]) -> None:
    write_clip(folder / name, frames, meta_for((SIZE[1], SIZE[0]), phases, name), "npy")
