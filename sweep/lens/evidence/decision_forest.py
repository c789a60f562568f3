"""A small forest of decision trees read from JSON.

Job: evaluate a boosted forest and say which feature moved a score by how much. Input: N x F features, NaN where
missing, and the model file; output: scores and contributions. Features that the model was not trained on are ignored;
refuses a model that was trained on one that is measured no more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.phrases import Phrase

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Forest:
    """Trees as tables: T x K, K the largest number of nodes; a leaf points to itself."""

    feature: npt.NDArray[np.int16]
    threshold: npt.NDArray[np.float32]
    left: npt.NDArray[np.int16]
    right: npt.NDArray[np.int16]
    nan_left: npt.NDArray[np.bool_]
    value: npt.NDArray[np.float32]
    """Of a leaf: what it adds; of an inner node: the mean of what lies below it."""
    depth: int

    @cached_property
    def _flat(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """By node of all trees together: column, of two sets of columns, the second with NaN lowest; left and right
        child; threshold.
        """
        count, width = self.value.shape
        first = np.arange(count, dtype=np.int32)[:, None] * np.int32(width)
        column = self.feature.astype(np.int32) * 2 + self.nan_left
        children = np.stack([self.left + first, self.right + first], axis=2).astype(np.int32)
        return column.ravel(), children.ravel(), self.threshold.ravel()

    def scores(self, features: Matrix) -> npt.NDArray[np.float64]:
        """Sum over the trees, one per row of `features` (N x F)."""
        leaves = self._descend(features)[-1]
        return np.asarray(self.value.ravel()[leaves].sum(axis=1, dtype=np.float64))

    def contributions(self, features: Matrix) -> npt.NDArray[np.float64]:
        """N x (F + 1): what each feature adds along the path, last the value of the roots. Rows sum to the score."""
        path = self._descend(features)
        count, width = features.shape
        value, feature = self.value.ravel(), self.feature.ravel()
        lines = np.arange(count)[:, None] * width
        out = np.zeros(count * width)
        for here, below in pairwise(path):
            step = value[below] - value[here]
            out += np.bincount((lines + feature[here]).ravel(), step.ravel(), count * width)
        roots = np.full((count, 1), self.value[:, 0].sum())
        return np.concatenate([out.reshape(count, width), roots], axis=1)

    def _descend(self, features: Matrix) -> list[npt.NDArray[np.int32]]:
        """Node of each row in each tree at each depth, N x T, counted over all trees."""
        column, children, threshold = self._flat
        count, width = features.shape
        is_missing = np.isnan(features)
        known = np.empty((count, width, 2), np.float32)
        known[..., 0], known[..., 1] = np.where(is_missing, np.inf, features), np.where(is_missing, -np.inf, features)
        values = known.ravel()
        lines = np.arange(count, dtype=np.int32)[:, None] * np.int32(2 * width)
        trees, nodes = self.value.shape
        node = np.broadcast_to(np.arange(trees, dtype=np.int32) * np.int32(nodes), (count, trees))
        path = [node]
        for _ in range(self.depth):
            goes_right = values.take(column.take(node) + lines) > threshold.take(node)
            node = children.take(2 * node + goes_right)
            path.append(node)
        return path


@dataclass(frozen=True)
class Model:
    """The forest with its calibration: knots of raw score and of the log10 likelihood ratio belonging to it."""

    forest: Forest
    raw_knots: npt.NDArray[np.float64]
    ratio_knots: npt.NDArray[np.float64]
    about: dict[str, Any]
    knows: frozenset[str]
    """Names of the features that it was trained on."""
    build: str
    """Which forest it is."""

    def log_ratio(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """log10 likelihood ratio, piecewise linear; beyond the ends a quarter of the mean slope."""
        inside = np.interp(raw, self.raw_knots, self.ratio_knots)
        slope = float(self.ratio_knots[-1] - self.ratio_knots[0]) / float(self.raw_knots[-1] - self.raw_knots[0])
        beyond = np.maximum(raw - self.raw_knots[-1], 0.0) + np.minimum(raw - self.raw_knots[0], 0.0)
        return np.asarray(inside + 0.25 * slope * beyond)


def load_model(text: str, features: tuple[str, ...]) -> Model:
    """Parse a model file; its trees then read columns of `features`, which may be more than it was trained on.

    Raises ValueError when it was trained on a feature that is not among them.
    """
    table = json.loads(text)
    place = {name: i for i, name in enumerate(features)}
    if not set(table["features"]) <= set(place):
        raise ValueError(Phrase("model_of_other_features"))
    columns = np.array([place[name] for name in table["features"]], np.int16)
    trees = table["trees"]
    width = max(len(tree["value"]) for tree in trees)

    def column(name: str, dtype: Any, fill: Any) -> npt.NDArray[Any]:
        out = np.full((len(trees), width), fill, dtype)
        for row, tree in zip(out, trees, strict=True):
            row[: len(tree[name])] = tree[name]
        return out

    forest = Forest(
        columns[column("feature", np.int16, 0)],
        column("threshold", np.float32, 0.0),
        column("left", np.int16, 0),
        column("right", np.int16, 0),
        column("nan_left", np.bool_, fill=False),
        column("value", np.float32, 0.0),
        int(table["depth"]),
    )
    knots = table["calibration"]
    return Model(
        forest,
        np.array(knots["raw"]),
        np.array(knots["log10_ratio"]),
        dict(table["about"]),
        frozenset(table["features"]),
        build_of(text),
    )


def build_of(text: str) -> str:
    """Name of a forest by its model file, as tables that were measured with it cite it."""
    return f"judge_model.json sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def forest_text(table: dict[str, Any]) -> str:
    """The model file of a forest."""
    return json.dumps(table, separators=(",", ":")) + "\n"
