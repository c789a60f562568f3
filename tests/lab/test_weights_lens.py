"""Lens weights: a second look counts by what it adds to the first, others in the room take from a glint."""

from __future__ import annotations

import numpy as np
import pytest

from sweep.judge.thresholds import load_weights
from sweep.lab.city.rooms import WORLDS
from sweep.lab.city.samples import load_curves
from sweep.lab.weights.counted import Counted, bins_of, rising
from sweep.lab.weights.lens import SHAPE, around, beside_first, expected_around
from sweep.modality.weights import WeightTable

EDGES = (0.5, 1.5, 2.5)


def scores(rng: np.random.Generator, middle: float, shared: float, count: int) -> list[tuple[float, float]]:
    """Pairs of looks whose errors have a share in common."""
    both = rng.normal(0.0, shared**0.5, count)
    own = rng.normal(0.0, (1.0 - shared) ** 0.5, (count, 2))
    return [(middle + b + x, middle + b + y) for b, (x, y) in zip(both, own, strict=True)]


def table_of(lenses: list[tuple[float, float]], others: list[tuple[float, float]]) -> WeightTable:
    rng = np.random.default_rng(2)
    cells = [
        (Counted.share(a, len(lenses), rng), Counted.share(b, len(others), rng))
        for a, b in zip(bins_of([s for _, s in lenses], EDGES), bins_of([s for _, s in others], EDGES), strict=True)
    ]
    weights = tuple(rising(cells, (len(lenses), len(others)), "rendered"))
    return WeightTable(measure="score", edges=EDGES, weights=weights, made_from="made up")


@pytest.mark.parametrize(("shared", "low", "high"), [(0.0, 0.8, 1.0), (0.7, 0.2, 0.7), (0.999, 0.0, 0.1)])
def test_a_second_look_counts_by_what_it_adds(shared: float, low: float, high: float) -> None:
    rng = np.random.default_rng(5)
    lenses, others = scores(rng, 2.0, shared, 3_000), scores(rng, 1.0, shared, 3_000)
    exponent, error = beside_first(lenses, others, table_of(lenses, others))
    assert low <= exponent <= high
    assert 0.0 < error < 0.2


def test_the_more_others_the_less_a_glint_weighs() -> None:
    curves = load_curves("first")
    table = around(curves)
    at = [table.at(float(n)).log10 for n in range(20)]
    assert at[0] == 0.0
    assert at == sorted(at, reverse=True)
    assert table.at(1.0).log10 == pytest.approx(-np.log10(1.0 + 1.0 / SHAPE), abs=1e-3)
    assert all(weight.low <= weight.log10 <= weight.high for weight in table.weights)
    assert 0.0 < expected_around(curves, WORLDS["first"]) < 1.0
    assert load_weights().tables["glints_around"] == table
