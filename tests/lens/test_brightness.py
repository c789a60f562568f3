"""A lens that is called is called when it is brighter too: rendered spots, everything else equal down to the noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from sweep.lab.scoring.intervals import clopper_pearson
from sweep.lens.clip.clips import Clip, Frame
from sweep.lens.evidence.judge import candidate_score
from sweep.lens.scan import scan_clip
from sweep.modality.strobe import Phase
from tests.lens.clip_factory import made_up_photograph, meta_for

SHAPE = (136, 182)
PHASES: tuple[Phase, ...] = ("A", "B", "C") * 4
LIGHT = {"A": 1.0, "B": 0.9, "C": 0.03}
LEVELS_E = (500.0, 1_500.0, 5_000.0, 15_000.0, 50_000.0, 150_000.0)
"""Light of the lens, electrons: signal-to-noise ratios from 5 to 400, from 20,000 on it saturates."""
MOST_FALL = 1.0
NORMAL, SOAK = 3, 1_000
SIGMA_PX = 0.9
NOWHERE = -9.0


@dataclass(frozen=True)
class Spot:
    """A point of light, in a hole or not."""

    x: float
    y: float
    electrons: float
    ratio: float
    """Off_axis over on_axis."""
    hole: float = 0.0
    """Share of the wall's light that is missing within 4 px."""


def draw(seed: int) -> tuple[Spot, tuple[Spot, ...]]:
    """A lens that off_axis hardly shows, in a hole or on the wall, in a crowd or alone."""
    rng = np.random.default_rng([seed, 9])
    x, y = rng.uniform(40.0, 142.0), rng.uniform(30.0, 106.0)
    lens = Spot(x, y, 1.0, float(rng.choice([0.0, 0.005, 0.02])), float(rng.choice([0.0, 0.5, 0.9])))
    others = tuple(
        Spot(x + c * rng.uniform(8, 40), y + s * rng.uniform(8, 30), rng.uniform(1e3, 2e4), rng.uniform(0.0, 0.6))
        for c, s in rng.choice([-1.0, 1.0], (int(rng.choice([0, 3, 8])), 2))
    )
    return lens, others


def expose(seed: int, spots: tuple[Spot, ...]) -> list[Frame]:
    """Frames of a wall that drifts by; the same seed, the same wall and the same noise."""
    rng = np.random.default_rng([seed, 5])
    height, width = SHAPE
    wall = 3.0 * made_up_photograph(seed % 4, (height * 2, width * 2))
    ys, xs = np.mgrid[0:height, 0:width]
    frames = []
    for index, phase in enumerate(PHASES):
        dx, dy = 0.6 * (len(PHASES) - index), 0.3 * (len(PHASES) - index)
        move = np.array([[1.0, 0.0, -width / 2 - dx], [0.0, 1.0, -height / 2 - dy]])
        seen = cv2.warpAffine(wall, move, (width, height), borderMode=cv2.BORDER_REFLECT) * LIGHT[phase]
        for spot in spots:
            square = (xs - spot.x + dx) ** 2 + (ys - spot.y + dy) ** 2
            share = {"A": 1.0, "B": spot.ratio, "C": 0.0}[phase] * spot.electrons / (2.0 * np.pi * SIGMA_PX**2)
            seen = seen * (1.0 - spot.hole * (square < 16.0)) + share * np.exp(-0.5 * square / SIGMA_PX**2)
        noisy = seen + rng.normal(size=SHAPE) * np.sqrt(np.maximum(seen, 0.0) + 9.0)
        frames.append(np.clip(np.rint(60.0 + noisy / 4.0), 0, 1023).astype(np.uint16))
    return frames


def scores(seed: int) -> list[float]:
    """Of one lens at each brightness."""
    lens, others = draw(seed)
    said = []
    for electrons in LEVELS_E:
        bright = Spot(lens.x, lens.y, electrons, lens.ratio, lens.hole)
        frames = expose(seed, (*others, bright))
        result = scan_clip(Clip("spot", meta_for(SHAPE, PHASES), frames.__getitem__))
        near = [d.score for d in result.detections if np.hypot(d.x - lens.x, d.y - lens.y) < 3.0]
        said.append(max(near, default=NOWHERE))
    return said


def falls(said: list[float]) -> float:
    """Most that the score falls as the lens grows brighter."""
    return max(score - min(said[at:]) for at, score in enumerate(said))


def is_lost(said: list[float]) -> bool:
    """Whether more light takes the call from a lens that was called."""
    return any(score >= candidate_score() > min(said[at:]) for at, score in enumerate(said))


def test_more_light_takes_no_call_from_a_lens() -> None:
    every = [scores(seed) for seed in range(1, 1 + NORMAL)]
    assert not [said for said in every if is_lost(said) or falls(said) > MOST_FALL]
    assert sum(max(said) >= candidate_score() for said in every) > NORMAL / 2, "else nothing was tested"


@pytest.mark.soak
@pytest.mark.xfail(strict=True, reason="51 of 1,000 lenses lose their call (sweep/lens/FIGURES.md)")
def test_more_light_takes_no_call_from_a_thousand_lenses() -> None:
    """The score may saturate, and falls a little where the light does: how often, and how far."""
    every = [scores(seed) for seed in range(1_000, 1_000 + SOAK)]
    fall = np.array([falls(said) for said in every])
    lost = sum(is_lost(said) for said in every)
    low, high = clopper_pearson(lost, SOAK)
    print(f"{SOAK} lenses at {len(LEVELS_E)} levels: {lost} lose their call, 90 % {low:.4f} to {high:.4f}")
    print("fall of the score at 50, 90, 99 %:", np.round(np.quantile(fall, [0.5, 0.9, 0.99]), 2), "most", fall.max())
    assert lost <= 0.01 * SOAK
