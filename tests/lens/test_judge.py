"""The forest, its reasons and its calibration."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sweep.lens import boost
from sweep.lens.evidence import FEATURES
from sweep.lens.judge import load_judge
from sweep.lens.reasons import REASONS, sentence
from sweep.sim import lens_train


def table(features: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    """One tree: a <= 1 gives 2, otherwise b <= 0 gives -1 and else 5; missing a goes right, missing b left."""
    tree = {
        "feature": [0, 0, 1, 0, 0],
        "threshold": [1.0, 0.0, 0.0, 0.0, 0.0],
        "left": [1, 1, 3, 3, 4],
        "right": [2, 1, 4, 3, 4],
        "nan_left": [0, 0, 1, 0, 0],
        "value": [1.5, 2.0, 1.0, -1.0, 5.0],
    }
    calibration = {"raw": [-1.0, 0.0, 4.0], "log10_ratio": [-2.0, 0.0, 1.0]}
    return {"features": list(features), "about": {}, "calibration": calibration, "depth": 2, "trees": [tree, tree]}


def places(features: npt.NDArray[np.float32], labels: npt.NDArray[np.int8]) -> lens_train.Places:
    return lens_train.Places(features, labels, np.ones(labels.size, np.float32), np.zeros(labels.size, np.int32))


def test_scores_and_missing_values() -> None:
    model = boost.load_model(json.dumps(table()), ("a", "b"))
    rows = np.array([[0.0, 9.0], [2.0, -1.0], [2.0, 1.0], [np.nan, 1.0], [np.nan, np.nan]], np.float32)
    assert model.forest.scores(rows).tolist() == [4.0, -2.0, 10.0, 10.0, -2.0]


def test_contributions_sum_to_the_score() -> None:
    forest = load_judge().forest
    rows = np.random.default_rng(3).normal(size=(50, len(FEATURES))).astype(np.float32) * 3
    rows[::4, ::5] = np.nan
    shares = forest.contributions(rows)
    assert shares.shape == (50, len(FEATURES) + 1)
    np.testing.assert_allclose(shares.sum(axis=1), forest.scores(rows), atol=1e-3)


def test_a_model_of_other_features_is_refused() -> None:
    with pytest.raises(ValueError, match="train it again"):
        boost.load_model(json.dumps(table(("a", "c"))), ("a", "b"))


def test_log_ratio_rises_beyond_the_knots_too() -> None:
    model = boost.load_model(json.dumps(table()), ("a", "b"))
    ratio = model.log_ratio(np.linspace(-9, 12, 60))
    assert (np.diff(ratio) > 0).all()
    assert model.log_ratio(np.array([0.0])).tolist() == [0.0]


def test_every_feature_has_words() -> None:
    assert set(REASONS) == {*FEATURES, "rest"}
    for name in FEATURES:
        for value in (0.0, 0.731, -0.4, float("nan")):
            words = sentence(name, value)
            assert words.ko
            assert words.en
            assert "{" not in words.ko + words.en


def test_calibration_is_monotone_and_says_what_it_counts() -> None:
    rng = np.random.default_rng(1)
    raw = np.concatenate([rng.normal(-4, 1.5, 20_000), rng.normal(1, 1.5, 600)])
    labels = np.concatenate([np.zeros(20_000), np.ones(600)]).astype(np.int8)
    knots = lens_train.calibrate(places(np.zeros((20_600, 1), np.float32), labels), raw)
    ratio = np.array(knots["log10_ratio"])
    assert (np.diff(ratio) > 0).all()
    # two normals five apart: the log ratio is linear, slope 5 / 1.5^2 / ln 10 per unit, zero half way
    middle = np.interp(-1.5, knots["raw"], ratio)
    assert abs(middle) < 0.25
    slope = np.interp(-0.5, knots["raw"], ratio) - np.interp(-2.5, knots["raw"], ratio)
    assert abs(slope - 2 * 5 / 1.5**2 / np.log(10)) < 0.5


def test_same_rows_same_model() -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(900, len(FEATURES))).astype(np.float32)
    labels = (features[:, 0] + rng.normal(size=900) > 1.8).astype(np.int8)
    knots = {"raw": [0.0, 1.0], "log10_ratio": [0.0, 1.0]}
    boosters = [lens_train.fit(places(features, labels), rounds=12) for _ in range(2)]
    tables = [lens_train.to_table(booster, knots, {}) for booster in boosters]
    assert tables[0] == tables[1]
    model = boost.load_model(json.dumps(tables[0]), FEATURES)
    theirs = boosters[0].predict(features, raw_score=True)
    np.testing.assert_allclose(model.forest.scores(features), theirs, atol=5e-3)
