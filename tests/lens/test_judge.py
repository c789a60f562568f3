"""The forest, its reasons and its calibration."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sweep.lab.lens import forest as lens_forest
from sweep.lab.lens import ratio as lens_ratio
from sweep.lab.lens.monotone import held_monotone
from sweep.lens.evidence import decision_forest
from sweep.lens.evidence.evidence import AT, FEATURES
from sweep.lens.evidence.judge import by_rule, load_judge
from sweep.lens.reasons import REASONS, sentence
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP


def table(features: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    """One tree: a <= 1 gives 2, otherwise b <= 0 gives -1 and else 5; missing a goes right, missing b left."""
    tree: dict[str, Any] = {
        "feature": [0, 0, 1, 0, 0],
        "threshold": [1.0, 0.0, 0.0, 0.0, 0.0],
        "left": [1, 1, 3, 3, 4],
        "right": [2, 1, 4, 3, 4],
        "nan_left": [0, 0, 1, 0, 0],
        "value": [1.5, 2.0, 1.0, -1.0, 5.0],
    }
    calibration = {"raw": [-1.0, 0.0, 4.0], "log10_ratio": [-2.0, 0.0, 1.0]}
    return {"features": list(features), "about": {}, "calibration": calibration, "depth": 2, "trees": [tree, tree]}


def places(features: npt.NDArray[np.float32], labels: npt.NDArray[np.int8]) -> lens_forest.Places:
    one, none = np.ones(labels.size, np.float32), np.zeros(labels.size, np.int32)
    names = np.full(labels.size, "plain")
    return lens_forest.Places(features, labels, one, none, names, names, np.zeros(labels.size), none > 0)


def test_scores_and_missing_values() -> None:
    model = decision_forest.load_model(json.dumps(table()), ("a", "b"))
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
        decision_forest.load_model(json.dumps(table(("a", "c"))), ("a", "b"))


def test_a_feature_that_the_model_does_not_know_is_ignored() -> None:
    model = decision_forest.load_model(json.dumps(table()), ("new", "b", "other", "a"))
    rows = np.array([[7.0, 9.0, 1.0, 0.0], [np.nan, -1.0, 5.0, 2.0]], np.float32)
    assert model.forest.scores(rows).tolist() == [4.0, -2.0]
    assert model.knows == {"a", "b"}
    shares = model.forest.contributions(rows)
    assert shares.shape == (2, 5)
    assert not shares[:, [0, 2]].any()


def test_log_ratio_rises_beyond_the_knots_too() -> None:
    model = decision_forest.load_model(json.dumps(table()), ("a", "b"))
    ratio = model.log_ratio(np.linspace(-9, 12, 60))
    assert (np.diff(ratio) > 0).all()
    assert model.log_ratio(np.array([0.0])).tolist() == [0.0]


def test_every_feature_has_words() -> None:
    assert set(REASONS) == {*FEATURES, "rest", "seen_again", "gone_from_the_side", "red_alone"}
    for name in FEATURES:
        for value in (0.0, 0.731, -0.4, float("nan")):
            words = sentence(name, value)
            assert words.ko
            assert words.en
            assert "{" not in words.ko + words.en


@pytest.mark.parametrize(
    ("name", "value", "en", "ko"),
    [
        ("dark_ratio", -1.0, "does not shine without the lamp", "조명을 끄면 빛나지 않음"),
        ("dark_ratio", 0.25, "without the lamp 0.25 of the light on axis", "조명을 끄면 축상 밝기의 0.25배"),
        ("pair", 0.0, "nothing like it beside it (eyes come in pairs)", "옆에 닮은 점이 없음(눈은 쌍으로 보임)"),
    ],
)
def test_what_is_absent_is_said_to_be_absent(name: str, value: float, en: str, ko: str) -> None:
    assert sentence(name, value) == (ko, en)


def test_calibration_is_monotone_and_says_what_it_counts() -> None:
    rng = np.random.default_rng(1)
    raw = np.concatenate([rng.normal(-4, 1.5, 20_000), rng.normal(1, 1.5, 600)])
    labels = np.concatenate([np.zeros(20_000), np.ones(600)]).astype(np.int8)
    knots = lens_ratio.calibrate(places(np.zeros((20_600, 1), np.float32), labels), raw)
    ratio = np.array(knots["log10_ratio"])
    assert (np.diff(ratio) > 0).all()
    # two normals five apart: the log ratio is linear, slope 5 / 1.5^2 / ln 10 per unit, zero half way
    middle = np.interp(-1.5, knots["raw"], ratio)
    assert abs(middle) < 0.25
    slope = np.interp(-0.5, knots["raw"], ratio) - np.interp(-2.5, knots["raw"], ratio)
    assert abs(slope - 2 * 5 / 1.5**2 / np.log(10)) < 0.5


def test_a_candidate_is_called_at_the_stated_rate_of_false_alarms() -> None:
    rng = np.random.default_rng(2)
    clips = np.repeat(np.arange(500, dtype=np.int32), 50)
    labels = (rng.random(clips.size) < 0.02).astype(np.int8)
    raw = rng.normal(0.0, 1.0, clips.size) + 3.0 * labels
    many = replace(places(np.zeros((clips.size, len(FEATURES)), np.float32), labels), clips=clips)
    counts = lens_ratio.reported(many, raw)
    assert counts.sum() == 500 * MAX_DETECTIONS_PER_CLIP
    knots = lens_ratio.calibrate(many.only(counts), raw[counts])
    model = decision_forest.load_model(json.dumps(table() | {"calibration": knots}), ("a", "b"))
    said = lens_ratio.candidate(many, raw, model)
    called = model.log_ratio(raw) >= said["score"]
    assert (called & (labels == 0)).sum() == pytest.approx(lens_ratio.CANDIDATE_RATE * 500, abs=6)
    assert called[labels == 1].mean() == pytest.approx(said["recall_of_followed"], abs=0.02)
    # the density of others is that of the places that are reported
    assert np.interp(1.5, knots["raw"], knots["log10_ratio"]) == pytest.approx(np.log10(40 / 50), abs=0.15)


def test_same_rows_same_model() -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(900, len(FEATURES))).astype(np.float32)
    labels = (features[:, 0] + rng.normal(size=900) > 1.8).astype(np.int8)
    knots = {"raw": [0.0, 1.0], "log10_ratio": [0.0, 1.0]}
    boosters = [lens_forest.fit(places(features, labels), rounds=12) for _ in range(2)]
    tables = [lens_forest.to_table(booster, knots, {}) for booster in boosters]
    assert tables[0] == tables[1]
    model = decision_forest.load_model(json.dumps(tables[0]), FEATURES)
    theirs = boosters[0].raw_scores(places(features, labels))
    np.testing.assert_allclose(model.forest.scores(features), theirs, atol=5e-3)


def test_a_brighter_lens_never_scores_lower() -> None:
    """Where everything else is equal, how far it saturates included: 10³ made-up lenses."""
    rng = np.random.default_rng(11)
    model = load_judge()
    lenses = (rng.normal(size=(1000, len(FEATURES))) * 1.5).astype(np.float32)
    lenses[:, AT["snr"]] = rng.uniform(0.5, 2.5, 1000)
    lenses[rng.random(lenses.shape) < 0.1] = np.nan

    def scores(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        rules = by_rule(features, model.knows).sum(axis=1)
        return np.asarray(model.log_ratio(model.forest.scores(features)) + rules)

    before = scores(lenses)
    for names in (*((name,) for name in lens_forest.BRIGHT), lens_forest.BRIGHT):
        brighter = lenses.copy()
        brighter[:, [AT[name] for name in names]] += np.float32(0.5)
        assert (scores(brighter) >= before - 2e-3).all(), names


def test_trees_are_held_monotone_and_otherwise_kept() -> None:
    tree: dict[str, Any] = {
        "feature": [0, 1, 0, 0, 0, 0, 0],
        "threshold": [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
        "left": [1, 3, 5, 3, 4, 5, 6],
        "right": [2, 4, 6, 3, 4, 5, 6],
        "nan_left": [0] * 7,
        "value": [0.0, 0.0, 0.0, 2.0, -3.0, 1.0, 4.0],
    }
    (held,) = held_monotone([tree], ["a", "b"], {"a": 1})
    assert held["value"][3:] == [1.5, -3.0, 1.5, 4.0]
    assert held_monotone([tree], ["a", "b"], {})[0]["value"][3:] == tree["value"][3:]
    (falling,) = held_monotone([tree], ["a", "b"], {"a": -1})
    left, right = falling["value"][3:5], falling["value"][5:]
    assert min(left) >= max(right) - 1e-3
