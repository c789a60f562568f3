"""The forest of the lens judge: places of many clips in, a model file out.

Job: gather places, weigh the worlds they come from, fit boosted trees that physics holds monotone, score
places by folds, write the trees as tables. Input: files of rows; output: `Places`, `Fitted`, the content of
`judge_model.json`. Refuses features that describe the scene and not the place: a crowd is no mark against a lens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.monotone import held_monotone
from sweep.lab.lens.rows import Rows, blame, label, load
from sweep.lens.evidence.decision_forest import Model, load_model
from sweep.lens.evidence.evidence import AT as AT_FEATURE
from sweep.lens.evidence.evidence import FEATURES, MOTION_FEATURES
from sweep.lens.evidence.judge import evidence_of

SHARES = {"training": 0.6, "plain": 0.4}
"""Weight of each world in the fit and in the calibration; reasons in LENS-WORLDS.md."""
OF_THE_SCENE = ("crowd", "neighbours", "retro_neighbours")
"""Not trained on: how many other places shine says something about the room, nothing about this place."""
TRAINED = tuple(name for name in FEATURES if name not in OF_THE_SCENE)
STILL_EVERY = 3
"""Every third clip is learnt a second time without what motion tells, so that a hand at rest can be judged."""
FOLDS = 5
ROUNDS = 300
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.06,
    "num_leaves": 16,
    "max_depth": 6,
    "min_child_samples": 30,
    "lambda_l2": 8.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 20,
    "verbosity": -1,
}
CORRECTING: dict[str, Any] = {"learning_rate": 0.05}
CORRECTING_ROUNDS = 200
TRUST = 0.5
"""Factor of what was learnt anew, where it corrects an earlier forest. Measured on 728 training clips: judged by folds
the whole correction finds more, judged on a world that it never saw it finds less than none.
"""
BRIGHT = ("snr", "stacked_z", "z_over_clutter", "contrast", "ratio_margin", "saturated_px")
RISING = (*BRIGHT, "persistence")
"""A lens does not get less likely by being brighter, where everything else is equal, nor by saturating."""
FALLING = (
    "longest_gap", "dark_ratio", "dark_peak", "twins", "twin", "variation_excess", "ratio_spread", "overshadowed",
    "eye_pair", "flashing", "annulus", "off_dip", "off_dip_wide",
)  # fmt: skip
"""Nor likelier by flickering, shining in the dark, having twins or a second eye; and a hole, where the surroundings of
the place are darker, is no mark against it.
"""


@dataclass(frozen=True)
class Places:
    """All places worth judging of many clips; places on lenses too weak to count are left out."""

    features: npt.NDArray[np.float32]
    """N x len(FEATURES)."""
    labels: npt.NDArray[np.int8]
    weights: npt.NDArray[np.float32]
    clips: npt.NDArray[np.int32]
    """Number of the clip of each place."""
    worlds: npt.NDArray[np.str_]
    kinds: npt.NDArray[np.str_]
    """What each place lies on: `lens`, a type of confuser, `background`."""
    said: npt.NDArray[np.float64]
    """Raw score of the earlier forest; 0 without one."""
    is_copy: npt.NDArray[np.bool_]
    """Learnt a second time without motion; no figure counts it."""

    def only(self, keep: npt.NDArray[np.bool_]) -> Places:
        """The places where `keep` holds."""
        return Places(*(getattr(self, name)[keep] for name in FIELDS))


FIELDS = tuple(Places.__dataclass_fields__)


def gather(paths: Sequence[Path], earlier: Earlier | None = None) -> Places:
    """Read the rows of all clips, each world weighted to its share."""
    return weighted(joined([clip_places(load(path), number, earlier) for number, path in enumerate(paths)]))


def clip_places(rows: Rows, number: int, earlier: Earlier | None = None) -> Places:
    """The places of one clip, the clip's number in the order of all."""
    table, which = evidence_of(rows.tracks, rows.scene)
    marks = label(rows, which)
    keep = marks >= 0
    kinds = np.where(marks == 1, "lens", np.array(blame(rows, which), dtype="<U16"))[keep]
    count = int(keep.sum())
    clips, names = np.full(count, number, np.int32), np.full(count, rows.world, "<U16")
    parts = []
    for is_copy in (False, True) if number % STILL_EVERY == 0 else (False,):
        features = table[keep].copy()
        if is_copy:
            features[:, [AT_FEATURE[name] for name in MOTION_FEATURES]] = np.nan
        said = np.zeros(count) if earlier is None else earlier.model.forest.scores(features)
        ones = np.ones(count, np.float32)
        parts.append(Places(features, marks[keep], ones, clips, names, kinds, said, np.full(count, is_copy)))
    return joined(parts)


def joined(parts: Sequence[Places]) -> Places:
    """The places of several."""
    return Places(*(np.concatenate([getattr(part, name) for part in parts]) for name in FIELDS))


def weighted(places: Places) -> Places:
    """The same places, the clips of each world weighted to its share of the mixture; 1 where a world has none."""
    clips, first = np.unique(places.clips, return_index=True)
    weights = np.ones(places.labels.size, np.float32)
    present = {world: int((places.worlds[first] == world).sum()) for world in SHARES}
    total = sum(SHARES[world] for world, count in present.items() if count)
    for world, count in present.items():
        if count and total:
            weights[places.worlds == world] = SHARES[world] / total * clips.size / count
    return replace(places, weights=weights)


@dataclass(frozen=True)
class Earlier:
    """A forest that was fitted to other clips before, held monotone in brightness, so that it can be built upon."""

    trees: list[dict[str, Any]]
    """As the model file has them; features by their place in FEATURES."""
    model: Model

    @classmethod
    def of(cls, text: str) -> Earlier:
        """From the text of a model file."""
        table = json.loads(text)
        places = [AT_FEATURE[name] for name in table["features"]]
        held = held_monotone(table["trees"], table["features"], dict.fromkeys(BRIGHT, 1))
        trees = [tree | {"feature": [places[f] for f in tree["feature"]]} for tree in held]
        return cls(trees, load_model(json.dumps(table | {"features": list(FEATURES), "trees": trees}), FEATURES))


@dataclass(frozen=True)
class Fitted:
    """A booster, and the earlier forest that it corrects or stands beside."""

    booster: Any
    earlier: Earlier | None = None
    factor: float = 1.0
    """Of the earlier forest's scores."""
    trust: float = TRUST
    """Of the booster's, beside an earlier forest."""

    def raw_scores(self, places: Places) -> npt.NDArray[np.float64]:
        """Sum over the trees, one per place."""
        own = np.asarray(self.booster.predict(_trained(places), raw_score=True))
        return own if self.earlier is None else np.asarray(self.trust * own + self.factor * places.said)


def fit(places: Places, rounds: int | None = None, earlier: Earlier | None = None) -> Fitted:
    """A boosted forest; with an earlier one, only what that gets wrong is learnt anew."""
    import lightgbm

    signs = [1 if name in RISING else -1 if name in FALLING else 0 for name in TRAINED]
    held = PARAMETERS | {"monotone_constraints": signs}
    data = lightgbm.Dataset(_trained(places), places.labels, weight=places.weights, feature_name=list(TRAINED))
    if earlier is None:
        return Fitted(lightgbm.train(held, data, rounds or ROUNDS))
    factor, offset = _logistic(places.said, places)
    data.set_init_score(factor * places.said + offset)
    return Fitted(lightgbm.train(held | CORRECTING, data, rounds or CORRECTING_ROUNDS), earlier, factor)


def beside(fitted: Fitted, places: Places, earlier: Earlier) -> Fitted:
    """Half of a forest of its own and half of an earlier one, which is brought to the scale of these places."""
    factor, _ = _logistic(places.said, places)
    return Fitted(fitted.booster, earlier, 0.5 * factor, 0.5)


def _logistic(said: npt.NDArray[np.float64], places: Places) -> tuple[float, float]:
    """Factor and offset that make log odds of a score, by Newton's method."""
    x = np.column_stack([said, np.ones(said.size)])
    y, w = places.labels.astype(np.float64), places.weights.astype(np.float64)
    beta = np.array([1.0, 0.0])
    for _ in range(30):
        chance = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -30.0, 30.0)))
        slope = x.T @ (w * (y - chance)) - 1e-3 * beta
        bend = (x * (w * chance * (1.0 - chance))[:, None]).T @ x + 1e-3 * np.eye(2)
        beta = beta + np.linalg.solve(bend, slope)
    return max(float(beta[0]), 0.05), float(beta[1])


def _trained(places: Places) -> npt.NDArray[np.float32]:
    return places.features[:, [AT_FEATURE[name] for name in TRAINED]]


def out_of_fold(
    places: Places, trained: Places | None = None, folds: int = FOLDS, earlier: Earlier | None = None
) -> npt.NDArray[np.float64]:
    """Raw score of each place by a forest that never saw its clip.

    trained: what forests are fitted to, clips numbered alike; None: `places`.
    """
    trained = places if trained is None else trained
    raw = np.zeros(places.labels.size)
    for fold in range(folds):
        held = places.clips % folds == fold
        fitted = fit(trained.only(trained.clips % folds != fold), earlier=earlier)
        raw[held] = fitted.raw_scores(places.only(held))
    return raw


def to_table(fitted: Fitted, calibration: dict[str, list[float]], about: dict[str, Any]) -> dict[str, Any]:
    """The model file's content."""
    trees = [_flat(tree["tree_structure"]) for tree in fitted.booster.dump_model()["tree_info"]]
    if fitted.earlier is not None:
        depth = fitted.earlier.model.forest.depth
        trees = [_scaled(tree, fitted.trust) for tree in trees]
        trees += [_scaled(tree, fitted.factor) | {"depth": depth} for tree in fitted.earlier.trees]
    depth = max(tree.pop("depth") for tree in trees)
    return {"features": list(FEATURES), "about": about, "calibration": calibration, "depth": depth, "trees": trees}


def _scaled(tree: dict[str, Any], factor: float) -> dict[str, Any]:
    return tree | {"value": [float(f"{factor * v:.4g}") for v in tree["value"]]}


def _flat(root: dict[str, Any]) -> dict[str, Any]:
    """A LightGBM tree as columns; values of inner nodes are weighted means of their leaves."""
    names = ("feature", "threshold", "left", "right", "nan_left", "value")
    table: dict[str, Any] = {name: [] for name in names}
    deepest = 0

    def visit(node: dict[str, Any], depth: int) -> tuple[int, float, float]:
        nonlocal deepest
        deepest = max(deepest, depth)
        index = len(table["value"])
        for name in names:
            table[name].append(0)
        if "leaf_value" in node:
            value, weight = float(node["leaf_value"]), float(node.get("leaf_count", 1) or 1)
            table["left"][index] = table["right"][index] = index
        else:
            left, value_l, weight_l = visit(node["left_child"], depth + 1)
            right, value_r, weight_r = visit(node["right_child"], depth + 1)
            weight = weight_l + weight_r
            value = (value_l * weight_l + value_r * weight_r) / weight
            table["feature"][index] = AT_FEATURE[TRAINED[node["split_feature"]]]
            table["threshold"][index] = float(f"{min(1e30, node['threshold']):.6g}")
            table["left"][index], table["right"][index] = left, right
            table["nan_left"][index] = int(bool(node["default_left"]))
        table["value"][index] = float(f"{value:.4g}")
        return index, value, weight

    visit(root, 0)
    table["depth"] = deepest
    return table
