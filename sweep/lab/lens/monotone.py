"""An earlier forest made monotone, tree by tree.

Job: change the leaf values of a forest that was fitted without constraints, as little as possible, so that its score
never falls when a rising feature rises. Input: trees as the model file has them, signs of features; output: the same
trees with other values. Refuses to move a threshold: what the earlier training saw stays.

A tree is monotone in a feature when at each of its splits on it every leaf below stays under every leaf above whose
box overlaps it in all other features. Values are moved towards each other pair by pair until all of that holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SWEEPS = 200
"""Over all pairs of a tree; a dozen are usual."""
SLACK = 1e-4
"""Below the four digits that values are stored with."""

Box = dict[int, tuple[float, float]]


def held_monotone(
    trees: Sequence[dict[str, Any]], features: Sequence[str], signs: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The trees with values that obey `signs`: 1 rising, -1 falling, by name of the feature."""
    return [_held(tree, [signs.get(name, 0) for name in features]) for tree in trees]


def _held(tree: dict[str, Any], signs: Sequence[int]) -> dict[str, Any]:
    value = [float(v) for v in tree["value"]]
    pairs = _pairs(tree, signs)
    for _ in range(SWEEPS):
        worst = 0.0
        for low, high in pairs:
            gap = value[low] - value[high]
            if gap > 0.0:
                worst = max(worst, gap)
                value[low] = value[high] = 0.5 * (value[low] + value[high])
        if worst < SLACK:
            break
    for low, high in pairs:  # what is left of a violation is less than the digits stored
        value[high] = max(value[high], value[low])
    _average(tree, value, 0)
    return tree | {"value": [float(f"{v:.4g}") for v in value]}


def _pairs(tree: dict[str, Any], signs: Sequence[int]) -> list[tuple[int, int]]:
    """Leaves (lower, higher) of which the first may not lie above the second."""
    boxes: dict[int, Box] = {}
    found: list[tuple[int, int]] = []

    def visit(node: int, box: Box) -> list[int]:
        left, right = tree["left"][node], tree["right"][node]
        if left == node:
            boxes[node] = box
            return [node]
        feature, threshold = int(tree["feature"][node]), float(tree["threshold"][node])
        low, high = box.get(feature, (float("-inf"), float("inf")))
        below = visit(left, box | {feature: (low, min(high, threshold))})
        above = visit(right, box | {feature: (max(low, threshold), high)})
        if signs[feature]:
            meeting = [(a, b) for a in below for b in above if _overlap(boxes[a], boxes[b], feature)]
            found.extend(meeting if signs[feature] > 0 else [(b, a) for a, b in meeting])
        return below + above

    visit(0, {})
    return found


def _overlap(one: Box, other: Box, but: int) -> bool:
    """Whether two boxes meet in every feature but one."""
    for feature in (one.keys() & other.keys()) - {but}:
        if max(one[feature][0], other[feature][0]) >= min(one[feature][1], other[feature][1]):
            return False
    return True


def _average(tree: dict[str, Any], value: list[float], node: int) -> float:
    """Inner nodes get the mean of what lies below them."""
    left, right = tree["left"][node], tree["right"][node]
    if left != node:
        value[node] = 0.5 * (_average(tree, value, left) + _average(tree, value, right))
    return value[node]
