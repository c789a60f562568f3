"""Lens or not: a calibrated log-likelihood ratio and its reasons for each followed place.

Job: turn the evidence of a clip's tracks into scores by the forest of `judge_model.json` and put the reasons in words
and numbers. Input: tracks and scene; output: `Judgement`s, best first. Refuses to be a probability: the forest was
trained and calibrated on rendered scenes only, nothing here is calibrated on real lenses, so no place and no absence
of one is called clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from sweep.lens.boost import Model, load_model
from sweep.lens.evidence import AT, FEATURES, Matrix, Scene, weigh_up
from sweep.lens.reasons import sentence
from sweep.lens.records import Reason
from sweep.lens.track import Tracks

CANDIDATE_SCORE = 2.0
"""Measured on 200 rendered clips each that training never saw: of the lenses that count .63 reach it in the tuned and
.65 in the held-out renderer, and .44 and .40 false alarms per clip do (.20 and .29 in clips of tiers 1 and 2), half of
them flakes of reflective tape. A candidate is looked at by eye, so this leans towards recall.
"""
MIN_HITS = 2
MIN_SHARE = 0.34
"""Guessed: a place found in fewer of its triples is not judged."""
TWINS, TWINS_WEIGHT, TWINS_SNR = (0.25, 0.5), 1.4, 1.5
"""Measured on 1,300 rendered clips: of bright, round, steady places with little off_axis light 5 of 584 lenses and
2,130 of 9,951 others have twins beyond 0.3 (log10 ratio -1.4); hands at rest are rare there, so the forest learns
them from other signs.
"""
MAX_REASONS = 8
MERGE_PX = 6.0
"""At half size; twice the slack of a registered place, less than the gap between two lenses that can be told apart."""
LN10 = float(np.log(10.0))

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Judgement:
    """One place with its evidence."""

    track: int
    """Row of the tracks."""
    score: float
    """log10 likelihood ratio on rendered scenes: lens against any other place that was followed."""
    evidence: dict[str, float]
    """The features that could be measured, by name; `snr` and `off_axis_ratio` as plain ratios."""
    reasons: tuple[Reason, ...]


def judge_tracks(tracks: Tracks, scene: Scene, limit: int) -> list[Judgement]:
    """Judge all tracks worth it and explain the `limit` best."""
    features, rows = evidence_of(tracks, scene)
    if not rows.size:
        return []
    model = load_judge()
    every = model.log_ratio(model.forest.scores(features)) - mirrored(features)
    order = _one_per_object(tracks, scene, rows, np.argsort(-every, kind="stable")[: 4 * limit])[:limit]
    scores = every[order]
    shares = model.forest.contributions(features[order])
    return [
        _judgement(int(rows[i]), float(score), features[i], share)
        for i, score, share in zip(order, scores, shares, strict=True)
    ]


def mirrored(features: Matrix) -> npt.NDArray[np.float64]:
    """What twins of a bright place take from its score, besides what the forest takes: a mirror image of the lamps."""
    twins = np.clip((features[:, AT["twins"]] - TWINS[0]) / (TWINS[1] - TWINS[0]), 0.0, 1.0)
    return np.where(features[:, AT["snr"]] > TWINS_SNR, TWINS_WEIGHT * twins, 0.0)


def _one_per_object(tracks: Tracks, scene: Scene, rows: Rows, order: Rows) -> Rows:
    """Leave out places that came close to a better one in a triple that followed both."""
    x, y = tracks.column("x")[rows[order]], tracks.column("y")[rows[order]]
    gap = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
    close = np.nan_to_num(gap, nan=np.inf).min(axis=2) < MERGE_PX * max(0.5, scene.scale)
    keep: list[int] = []
    for i in range(order.size):
        if not close[i, keep].any():
            keep.append(i)
    return order[keep]


def evidence_of(tracks: Tracks, scene: Scene) -> tuple[Matrix, Rows]:
    """Features of the tracks that are worth judging (M x F) and their rows in `tracks` (M)."""
    features = weigh_up(tracks, scene)
    hits = (tracks.column("found") > 0).sum(axis=1)
    worth = (hits >= min(MIN_HITS, max(1, scene.triples))) & (features[:, AT["persistence"]] >= MIN_SHARE)
    rows = np.flatnonzero(worth)
    return features[rows], rows


@cache
def load_judge() -> Model:
    """The forest that ships with the package."""
    text = files("sweep.lens").joinpath("judge_model.json").read_text(encoding="utf-8")
    return load_model(text, FEATURES)


def _judgement(track: int, score: float, features: Matrix, shares: Matrix) -> Judgement:
    evidence = {name: float(value) for name, value in zip(FEATURES, features, strict=True) if np.isfinite(value)}
    evidence["snr"] = 10.0 ** evidence.get("snr", -1.0)
    evidence["off_axis_ratio"] = max(0.0, evidence.get("ratio_max", 0.0))
    weights = shares[:-1] / LN10
    strongest = [int(i) for i in np.argsort(-np.abs(weights), kind="stable")[:MAX_REASONS] if abs(weights[i]) >= 0.05]
    reasons = [_reason(FEATURES[i], float(features[i]), float(weights[i])) for i in strongest]
    rest = score - sum(r.weight for r in reasons)
    reasons.append(Reason("rest", 0.0, round(rest, 4), sentence("rest", 0.0).en))
    return Judgement(track, round(score, 4), evidence, tuple(reasons))


def _reason(name: str, value: float, weight: float) -> Reason:
    shown = round(value, 4) if np.isfinite(value) else 0.0
    return Reason(name, shown, round(weight, 4), sentence(name, value).en)
