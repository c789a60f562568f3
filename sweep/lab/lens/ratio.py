"""What the raw score of the lens judge means: likelihood ratio, and from where on a place is called a candidate.

Job: turn scores by folds into knots of a log10 likelihood ratio and into the score at a stated rate of false alarms.
Input: places and their raw scores; output: the calibration and the candidate's part of the model file. Refuses copies
and whatever the detector would not report: a ratio is stated against the places that it does report.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.forest import Places
from sweep.lens.evidence.decision_forest import Model
from sweep.lens.evidence.judge import by_rule
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP

Scores = npt.NDArray[np.float64]

KNOTS_OF_OTHERS, KNOTS_OF_LENSES = (0.25, 0.6, 0.85), (0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
"""Quantiles of the raw score between which the log ratio is linear; guessed: a hundred lenses or more in each part."""
STIFFNESS = 3.0
"""Guessed: weight of the squared second differences of the knots; it decides only where few places lie."""
LEAST_GAP = 0.05
"""Guessed: share of the range of all knots that lies between two of them at least."""
CANDIDATE_RATE = 0.3
"""False alarms a training clip from which on a place is called a candidate. A candidate is looked at again and by eye,
which costs minutes, and a lens that is not called is lost, so this leans towards recall: three times the rate that
figures are stated at.
"""
LN10 = float(np.log(10.0))


def reported(places: Places, raw: Scores) -> npt.NDArray[np.bool_]:
    """Places among the best of their clip, as many as the detector reports."""
    order = np.lexsort((-raw, places.is_copy, places.clips))
    _, first = np.unique(places.clips[order], return_index=True)
    start = np.repeat(first, np.diff(np.append(first, order.size)))
    kept = np.zeros(order.size, bool)
    kept[order] = np.arange(order.size) - start < MAX_DETECTIONS_PER_CLIP
    return kept & ~places.is_copy


def calibrate(places: Places, raw: Scores) -> dict[str, list[float]]:
    """Knots of log10 (share of lenses / share of others) against the raw score, rising, by logistic regression."""
    is_lens, weight = places.labels == 1, places.weights.astype(np.float64)
    knots = np.concatenate([np.quantile(raw[~is_lens], KNOTS_OF_OTHERS), np.quantile(raw[is_lens], KNOTS_OF_LENSES)])
    knots = _apart(np.sort(knots))
    basis = np.column_stack([np.interp(raw, knots, row) for row in np.eye(knots.size)])
    bend = (
        np.diff(np.eye(knots.size), 2, axis=0) / np.diff(knots)[:-1, None]
        if knots.size > 2
        else np.zeros((1, knots.size))
    )
    stiff = STIFFNESS * bend.T @ bend
    value = np.zeros(knots.size)
    for _ in range(40):
        chance = 1.0 / (1.0 + np.exp(-np.clip(basis @ value, -30.0, 30.0)))
        slope = basis.T @ (weight * (is_lens - chance)) - stiff @ value
        curve = (basis * (weight * chance * (1.0 - chance))[:, None]).T @ basis + stiff + 1e-3 * np.eye(knots.size)
        value = value + np.clip(np.linalg.solve(curve, slope), -2.0, 2.0)
    prior = np.log(weight[is_lens].sum() / weight[~is_lens].sum())
    ratio = np.maximum.accumulate((value - prior) / LN10) + 1e-3 * np.arange(knots.size)
    return {"raw": [round(float(m), 4) for m in knots], "log10_ratio": [round(float(r), 4) for r in ratio]}


def _apart(knots: Scores) -> Scores:
    """Knots without those that lie too close to the one before: a steep step between two tells nothing."""
    least = LEAST_GAP * float(knots[-1] - knots[0])
    kept = [float(knots[0])]
    kept += [float(k) for last, k in pairwise(knots) if k - last > least]
    return np.round(kept, 4)


def candidate(places: Places, raw: Scores, model: Model) -> dict[str, Any]:
    """The lowest score that keeps `CANDIDATE_RATE` on these clips, and the share of followed lenses that reach it."""
    score = model.log_ratio(raw) + by_rule(places.features, model.knows).sum(axis=1)
    counts = reported(places, raw)
    weight, is_lens = np.where(counts, places.weights, 0.0), places.labels == 1
    order = np.argsort(-score, kind="stable")
    alarms = np.cumsum(np.where(is_lens, 0.0, weight)[order])
    _, first = np.unique(places.clips, return_index=True)
    clips = float(places.weights[first].sum())
    cut = int(np.searchsorted(alarms, CANDIDATE_RATE * clips, side="right"))
    least = float(score[order[max(cut - 1, 0)]])
    recall = float(weight[is_lens & (score >= least)].sum() / max(float(weight[is_lens].sum()), 1e-9))
    return {
        "score": round(least, 2), "false_alarms_per_clip": CANDIDATE_RATE, "recall_of_followed": round(recall, 3),
        "clips": first.size,
    }  # fmt: skip
