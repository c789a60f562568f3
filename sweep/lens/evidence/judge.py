"""Lens or not: a calibrated log-likelihood ratio and its reasons for each followed place.

Job: turn the evidence of a clip's tracks into scores by a forest, that of `judge_model.json` or one that a district
installed, and put the reasons in words and numbers. Input: tracks and scene; output: `Judgement`s, best first. Refuses
to be a probability: the forest that ships was trained and calibrated on rendered scenes only, nothing in it is
calibrated on real lenses, so no place and no absence of one is called clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from sweep.lens.evidence.decision_forest import Model, build_of, load_model
from sweep.lens.evidence.evidence import AT, FEATURES, Matrix, Scene, weigh_up
from sweep.lens.follow.track import Tracks
from sweep.lens.reasons import sentence
from sweep.lens.records import Reason

MIN_HITS = 2
MIN_SHARE = 0.34
"""Guessed: a place found in fewer of its triples is not judged."""
TWINS, TWINS_WEIGHT, TWINS_SNR = (0.25, 0.5), 1.4, 1.5
"""Measured on 1,300 rendered clips: of bright, round, steady places with little off_axis light 5 of 584 lenses and
2,130 of 9,951 others have twins beyond 0.3 (log10 ratio -1.4); hands at rest are rare there, so the forest learns
them from other signs.
"""
EYES, EYES_WEIGHT = (0.1, 0.3), 1.5
"""Measured on 100 rendered clips: .59 of 63 eyes and .08 of 64 lenses reach the first, .32 and none the second.  The
weight is that of twins.  It counts whatever the forest knows: one that saw few eyes hardly splits on the feature.
"""
LIT, LIT_WEIGHT = (0.5, 1.0), 3.0
"""Physics: what shines in a dark frame as bright as it did under the lamp is a lamp itself.  Below half, what moved
into the place between two frames would do.
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


@dataclass(frozen=True)
class Ranked:
    """The best places of a clip, best first, one per object."""

    rows: Rows
    """Of the tracks, M."""
    scores: npt.NDArray[np.float64]
    """log10 likelihood ratio, M."""
    features: Matrix
    rules: npt.NDArray[np.float64]
    """What rules take, M x F."""


def rank_tracks(tracks: Tracks, scene: Scene, limit: int, model: Model) -> Ranked:
    """Score all tracks worth it and keep the `limit` best."""
    features, rows = evidence_of(tracks, scene)
    if not rows.size:
        return Ranked(rows, np.zeros(0), features, np.zeros(features.shape))
    rules = by_rule(features, model.knows)
    every = model.log_ratio(model.forest.scores(features)) + rules.sum(axis=1)
    order = best_places(tracks.column("x")[rows], tracks.column("y")[rows], scene.scale, every, limit)
    return Ranked(rows[order], every[order], features[order], rules[order])


def best_places(x: Matrix, y: Matrix, scale: float, scores: npt.NDArray[np.float64], limit: int) -> Rows:
    """The `limit` best of M places, best first, one per object: those that came close to a better one in a triple that
    followed both are left out. x, y: M x T, NaN where a place was not followed.
    """
    order = np.argsort(-scores, kind="stable")[: 4 * limit]
    gap = np.hypot(x[order][:, None] - x[order][None], y[order][:, None] - y[order][None])
    close = np.nan_to_num(gap, nan=np.inf).min(axis=2) < MERGE_PX * max(0.5, scale)
    keep: list[int] = []
    for i in range(order.size):
        if not close[i, keep].any():
            keep.append(i)
    return order[keep][:limit]


def judge_tracks(tracks: Tracks, scene: Scene, limit: int) -> list[Judgement]:
    """Judge all tracks worth it and explain the `limit` best."""
    model = load_judge()
    best = rank_tracks(tracks, scene, limit, model)
    if not best.rows.size:
        return []
    shares = model.forest.contributions(best.features)
    shares[:, :-1] += LN10 * best.rules
    return [
        _judgement(int(row), float(score), features, share)
        for row, score, features, share in zip(best.rows, best.scores, best.features, shares, strict=True)
    ]


def by_rule(features: Matrix, known: frozenset[str]) -> npt.NDArray[np.float64]:
    """What rules take from the score of each place besides what the forest takes, by feature: N x F, not above 0.

    known: features of the forest.
    """
    out = np.zeros(features.shape)

    def share(name: str, low: float, high: float) -> npt.NDArray[np.float64]:
        beyond = (np.nan_to_num(features[:, AT[name]]) - low) / (high - low)
        return np.asarray(np.clip(beyond, 0.0, 1.0), np.float64)

    out[:, AT["dark_peak"]] = -LIT_WEIGHT * share("dark_peak", *LIT)
    out[:, AT["eye_pair"]] = -EYES_WEIGHT * share("eye_pair", *EYES)
    if "eye_pair" not in known:
        # a mirror image of the lamps; not where the forest learnt of eyes too, for then it learnt of mirrors at rest,
        # and a rule that begins at a brightness would lower the score of what grows brighter
        out[:, AT["twins"]] = np.where(features[:, AT["snr"]] > TWINS_SNR, -TWINS_WEIGHT * share("twins", *TWINS), 0.0)
    return out


def evidence_of(tracks: Tracks, scene: Scene) -> tuple[Matrix, Rows]:
    """Features of the tracks that are worth judging (M x F) and their rows in `tracks` (M)."""
    features = weigh_up(tracks, scene)
    hits = (tracks.column("found") > 0).sum(axis=1)
    worth = (hits >= min(MIN_HITS, max(1, scene.triples))) & (features[:, AT["persistence"]] >= MIN_SHARE)
    rows = np.flatnonzero(worth)
    return features[rows], rows


@cache
def shipped_forest() -> str:
    """The text of the model file that ships with the package."""
    return files("sweep.lens.evidence").joinpath("judge_model.json").read_text(encoding="utf-8")


@cache
def shipped_build() -> str:
    """Which forest that is."""
    return build_of(shipped_forest())


_in_force: list[Model] = []


def judge_by(model: Model | None) -> None:
    """Judge by this forest from now on, in all threads of this process; None: by the one that ships."""
    _in_force[:] = [] if model is None else [model]


def load_judge() -> Model:
    """The forest that judges."""
    return _in_force[0] if _in_force else _shipped()


@cache
def _shipped() -> Model:
    return load_model(shipped_forest(), FEATURES)


def candidate_score() -> float:
    """Score from which a place is called a candidate.

    That of a stated rate of false alarms on the training clips, by folds; `lab.lens.train fit` writes it into the model
    file beside the rate, the clips and the share of lenses that reach it.
    """
    return float(load_judge().about["candidate"]["score"])


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
