"""A small forest of decision trees read from JSON.

Job: evaluate a boosted forest and say which feature moved a score by how much. Input: N x F features, NaN where
missing, and the model file; output: scores and contributions. Refuses a model whose features are not those asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

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

    def scores(self, features: Matrix) -> npt.NDArray[np.float64]:
        """Sum over the trees, one per row of `features` (N x F)."""
        leaves = self._descend(features)[-1]
        trees = np.arange(self.value.shape[0])
        return np.asarray(self.value[trees, leaves].sum(axis=1, dtype=np.float64))

    def contributions(self, features: Matrix) -> npt.NDArray[np.float64]:
        """N x (F + 1): what each feature adds along the path, last the value of the roots. Rows sum to the score."""
        path = self._descend(features)
        trees = np.arange(self.value.shape[0])
        out = np.zeros((features.shape[0], features.shape[1] + 1))
        out[:, -1] = self.value[:, 0].sum()
        rows = np.repeat(np.arange(features.shape[0])[:, None], trees.size, axis=1)
        for here, below in pairwise(path):
            step = self.value[trees, below] - self.value[trees, here]
            np.add.at(out, (rows, self.feature[trees, here]), step)
        return out

    def _descend(self, features: Matrix) -> list[npt.NDArray[np.intp]]:
        """Node of each row in each tree at each depth, N x T."""
        trees = np.arange(self.value.shape[0])
        node = np.zeros((features.shape[0], trees.size), np.intp)
        path = [node]
        lines = np.arange(features.shape[0])[:, None]
        for _ in range(self.depth):
            value = features[lines, self.feature[trees, node]]
            goes_left = np.where(np.isnan(value), self.nan_left[trees, node], value <= self.threshold[trees, node])
            node = np.where(goes_left, self.left[trees, node], self.right[trees, node]).astype(np.intp)
            path.append(node)
        return path


@dataclass(frozen=True)
class Model:
    """The forest with its calibration: knots of raw score and of the log10 likelihood ratio belonging to it."""

    forest: Forest
    raw_knots: npt.NDArray[np.float64]
    ratio_knots: npt.NDArray[np.float64]
    about: dict[str, Any]

    def log_ratio(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """log10 likelihood ratio, piecewise linear; beyond the ends a quarter of the mean slope."""
        inside = np.interp(raw, self.raw_knots, self.ratio_knots)
        slope = float(self.ratio_knots[-1] - self.ratio_knots[0]) / float(self.raw_knots[-1] - self.raw_knots[0])
        beyond = np.maximum(raw - self.raw_knots[-1], 0.0) + np.minimum(raw - self.raw_knots[0], 0.0)
        return np.asarray(inside + 0.25 * slope * beyond)


def load_model(text: str, features: tuple[str, ...]) -> Model:
    """Parse a model file. Raises ValueError when it was made for other features."""
    table = json.loads(text)
    if tuple(table["features"]) != features:
        raise ValueError("the model file was trained on other features: train it again")
    trees = table["trees"]
    width = max(len(tree["value"]) for tree in trees)

    def column(name: str, dtype: Any, fill: Any) -> npt.NDArray[Any]:
        out = np.full((len(trees), width), fill, dtype)
        for row, tree in zip(out, trees, strict=True):
            row[: len(tree[name])] = tree[name]
        return out

    forest = Forest(
        column("feature", np.int16, 0),
        column("threshold", np.float32, 0.0),
        column("left", np.int16, 0),
        column("right", np.int16, 0),
        column("nan_left", np.bool_, fill=False),
        column("value", np.float32, 0.0),
        int(table["depth"]),
    )
    knots = table["calibration"]
    return Model(forest, np.array(knots["raw"]), np.array(knots["log10_ratio"]), dict(table["about"]))
