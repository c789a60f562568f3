"""What is read of looks from several sides: a change of the light tells where there is one, and noise does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sweep.lab.lens.sides import Spot, mean_recall, spread_of, tell
from sweep.sim.scene.camera import Array


def spots(seed: int, scatter: float, kind: str, rooms: int = 20, *, lens: bool = False) -> list[Spot]:
    rng = np.random.default_rng(seed)
    return [
        Spot(
            f"room {i // 4}", kind, lens, float(rng.normal(1.0, 0.5)), 0.0, True, float(rng.normal(0.0, scatter)), 0.05
        )
        for i in range(4 * rooms)
    ]


def gain(told: list[str]) -> float:
    line = next(line for line in told if line.startswith("change of the light"))
    return float(line.split()[4])


def test_light_that_changes_more_than_that_of_lenses_is_worth_reading_and_light_that_does_not_is_not() -> None:
    lenses = spots(1, 0.05, "lens", lens=True)
    assert gain(tell([*lenses, *spots(2, 1.0, "screw")])) > 0.2
    assert abs(gain(tell([*lenses, *spots(2, 0.05, "screw")]))) < 0.05
    unseen = [
        Spot(s.room, s.kind, s.counts, s.score, s.score, False, math.nan, math.nan) for s in spots(2, 1.0, "screw")
    ]
    assert "seen again 0.00, change of none" in next(
        line for line in tell([*lenses, *unseen, *spots(3, 1.0, "drops")]) if "screw" in line
    )


def test_the_scatter_is_what_is_left_beyond_noise() -> None:
    rng = np.random.default_rng(4)
    quiet = [Spot("a", "lens", True, 1.0, 1.0, True, float(c), 0.3) for c in rng.normal(0.0, 0.3, 400)]
    assert spread_of(quiet) < 0.1
    loud = [Spot("a", "lens", True, 1.0, 1.0, True, float(c), 0.02) for c in rng.normal(0.0, 0.3, 400)]
    assert spread_of(loud) == pytest.approx(0.25, abs=0.08)


def test_recall_is_the_mean_over_rates_of_false_alarms() -> None:
    scores: Array = np.array([3.0, 2.0, 1.0])
    is_lens = np.array([True, False, True])
    assert mean_recall(scores, is_lens, 1) == pytest.approx((11 * 0.5 + 1.0) / 12)
