"""Detections against truth: the scoring that every figure of the lens detector rests on.

Job: match detections with lenses clip by clip, sweep one global threshold and state recall at a rate of false alarms,
clip AUC, recall by tier and kind of lens, position error and false alarms per confuser, each with a 90 % interval.
Input: truths and detections; output: `Score`. A detection on a lens too weak to count is neither a hit nor a false
alarm; it is counted by itself. Refuses to hide a clip: one that was not processed counts with all its lenses missed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.lab.scoring.intervals import Interval, clopper_pearson, percentiles
from sweep.lab.scoring.truth import ClipTruth, Place
from sweep.phrases import Phrase

FULL_HIT_PX = 6.0
FULL_BLUR_MARGIN_PX = 3.0
HALF_HIT_PX = 4.0
RATES = (0.01, 0.1, 1.0)
"""False alarms per clip at which recall is stated."""
TABLE_RATE = 0.1
"""Rate at which tiers, kinds and confusers are stated."""
BLAME_PX = 8.0
"""Guessed: a false alarm within this of a confuser's glint at half size (twice at full) is that confuser's."""
RESAMPLES = 2000
SEED = 90


@dataclass(frozen=True, slots=True)
class Claim:
    """One detection: where and how lens-like."""

    x: float
    y: float
    score: float
    frame: int | None = None
    """None: the last on_axis frame."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A detection after it was compared with the truth."""

    score: float
    lens: int | None
    """Index of the lens it hit; None for a false alarm."""
    error_px: float
    """Distance from the lens; not a number for a false alarm."""
    blamed: str = ""
    """Type of the confuser that a false alarm lies on, `background` for none."""


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """One clip, matched."""

    truth: ClipTruth
    matched: tuple[Matched, ...]
    """Hits and false alarms, best first."""
    on_weak: int
    """Detections on lenses too weak to count."""
    was_processed: bool

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the lenses that count."""
        return tuple(lens.kind for lens in self.truth.lenses if lens.counts)

    @property
    def best(self) -> float:
        """Score of the clip: its best detection, minus infinity without one."""
        return max((m.score for m in self.matched), default=-math.inf)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number and how far few clips leave it open."""

    value: float | None
    """None where nothing was there to measure."""
    interval: Interval | None
    count: int
    """Of what the number is a share or a median: numerator, or hits."""
    total: int


@dataclass(frozen=True, slots=True)
class Score:
    """The table of LENS-CLIPS.md."""

    clips: int
    clips_unprocessed: int
    groups: int
    """What was resampled: groups of clips, or the clips where the truth names no group."""
    lenses: int
    lenses_too_weak: int
    detections_on_weak: int
    recall: dict[float, Figure]
    """By false alarms per clip."""
    threshold: dict[float, float | None]
    """Lowest score that keeps the rate; None when every detection may stay."""
    auc: Figure
    tiers: dict[int, Figure]
    """Recall at `TABLE_RATE` by tier, one global threshold."""
    kinds: dict[str, Figure]
    position_px: Figure
    """Median over the hits at `TABLE_RATE`."""
    confusers: dict[float, dict[str, Figure]]
    """False alarms per instance by rate and type; `count` may exceed `total` only where one object raised several."""


def match_clip(truth: ClipTruth, claims: Sequence[Claim], *, was_processed: bool = True) -> ClipOutcome:
    """Match the best detection first: each lens is hit once, a second detection on it is a false alarm."""
    free = {i for i, lens in enumerate(truth.lenses) if lens.counts}
    weak = {i for i, lens in enumerate(truth.lenses) if not lens.counts}
    matched: list[Matched] = []
    on_weak = 0
    for claim in sorted(claims, key=lambda c: -c.score):
        near = sorted(_near(truth, claim))
        hit = next(((distance, i) for distance, i in near if i in free), None)
        if hit is not None:
            free.discard(hit[1])
            matched.append(Matched(claim.score, hit[1], hit[0]))
        elif any(i in weak for _, i in near):
            on_weak += 1
        else:
            matched.append(Matched(claim.score, None, math.nan, _blame(truth, claim)))
    return ClipOutcome(truth, tuple(matched), on_weak, was_processed)


def hit_radius_px(truth: ClipTruth, place: Place) -> float:
    """6 px or the blur and 3 at full size, 4 px at half."""
    return max(FULL_HIT_PX, place.rad + FULL_BLUR_MARGIN_PX) if truth.is_full_size else HALF_HIT_PX


def score_clips(outcomes: Sequence[ClipOutcome], *, resamples: int = RESAMPLES, seed: int = SEED) -> Score:
    """The whole table. Raises ValueError without a clip."""
    if not outcomes:
        raise ValueError(Phrase("no_clips_to_score"))
    ranked = _Ranked(outcomes)
    counts = np.ones(len(outcomes))
    rng = np.random.default_rng(seed)
    drawn = _resample(outcomes, resamples, rng)
    recall: dict[float, Figure] = {}
    thresholds: dict[float, float | None] = {}
    for rate in RATES:
        cut, thresholds[rate] = ranked.cut(rate, counts)
        hits = int(ranked.is_hit[:cut].sum())
        spread = np.array([ranked.recall(rate, weights) for weights in drawn])
        recall[rate] = Figure(_share(hits, ranked.lenses), percentiles(spread), hits, ranked.lenses)
    cut, _ = ranked.cut(TABLE_RATE, counts)
    positives = sum(o.truth.is_positive for o in outcomes)
    auc_spread = np.array([ranked.auc(weights) for weights in drawn])
    auc = ranked.auc(counts)
    return Score(
        clips=len(outcomes),
        clips_unprocessed=sum(not o.was_processed for o in outcomes),
        groups=len({o.truth.group or o.truth.clip for o in outcomes}),
        lenses=ranked.lenses,
        lenses_too_weak=sum(len(o.truth.lenses) - len(o.kinds) for o in outcomes),
        detections_on_weak=sum(o.on_weak for o in outcomes),
        recall=recall,
        threshold=thresholds,
        auc=Figure(
            None if math.isnan(auc) else auc,
            percentiles(auc_spread),
            positives,
            positives + sum(o.truth.is_negative for o in outcomes),
        ),
        tiers=ranked.by_tier(cut),
        kinds=ranked.by_kind(cut),
        position_px=_position(ranked, cut, drawn),
        confusers={rate: ranked.by_confuser(ranked.cut(rate, counts)[0]) for rate in (TABLE_RATE, 1.0)},
    )


def mean_recalls(
    outcomes: Sequence[ClipOutcome], rates: Sequence[float], *, resamples: int = 0, seed: int = SEED
) -> npt.NDArray[np.float64]:
    """Recall, mean over rates of false alarms: of the clips as they are, then of samples drawn by group; the same seed
    draws the same groups.
    """
    ranked = _Ranked(outcomes)
    drawn = [np.ones(len(outcomes)), *_resample(outcomes, resamples, np.random.default_rng(seed))]
    return np.array([np.mean([ranked.recall(rate, weights) for rate in rates]) for weights in drawn])


def _resample(outcomes: Sequence[ClipOutcome], resamples: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """How often each clip is in each bootstrap sample (resamples x clips): groups are drawn, not clips."""
    names = [o.truth.group or o.truth.clip for o in outcomes]
    groups = sorted(set(names))
    drawn = rng.multinomial(len(groups), np.full(len(groups), 1.0 / len(groups)), size=resamples)
    return drawn[:, [groups.index(name) for name in names]].astype(np.float64)


class _Ranked:
    """All detections of all clips, best first, as arrays."""

    def __init__(self, outcomes: Sequence[ClipOutcome]) -> None:
        self.outcomes = outcomes
        rows = [(m, i) for i, o in enumerate(outcomes) for m in o.matched]
        rows.sort(key=lambda row: -row[0].score)
        self.rows = rows
        self.clip = np.array([i for _, i in rows], np.intp)
        self.is_hit = np.array([m.lens is not None for m, _ in rows], bool)
        self.score = np.array([m.score for m, _ in rows], np.float64)
        self.error_px = np.array([m.error_px for m, _ in rows], np.float64)
        self.lenses_of = np.array([len(o.kinds) for o in outcomes], np.float64)
        self.lenses = int(self.lenses_of.sum())
        # a threshold takes all detections of one score or none: where a group of equal scores ends
        self.ends = np.append(self.score[1:] != self.score[:-1], True) if rows else np.zeros(0, bool)
        self.best = np.array([o.best for o in outcomes])
        self.positive = np.array([o.truth.is_positive for o in outcomes], bool)
        self.negative = np.array([o.truth.is_negative for o in outcomes], bool)

    def cut(self, rate: float, weights: npt.NDArray[np.float64]) -> tuple[int, float | None]:
        """How many detections stay at the lowest threshold that keeps the rate, and that threshold."""
        if not self.rows:
            return 0, None
        alarms = np.cumsum(weights[self.clip] * ~self.is_hit)
        allowed = self.ends & (alarms <= rate * weights.sum() + 1e-9)
        kept = int(np.flatnonzero(allowed)[-1]) + 1 if allowed.any() else 0
        if kept == len(self.rows):
            return kept, None
        return kept, float(self.score[kept - 1]) if kept else math.inf

    def recall(self, rate: float, weights: npt.NDArray[np.float64]) -> float:
        lenses = float(weights @ self.lenses_of)
        if lenses <= 0.0:
            return math.nan
        cut, _ = self.cut(rate, weights)
        return float((weights[self.clip[:cut]] * self.is_hit[:cut]).sum()) / lenses

    def auc(self, weights: npt.NDArray[np.float64]) -> float:
        """Probability that a clip with a lens scores above one without, ties counting half."""
        values, place = np.unique(self.best, return_inverse=True)
        with_lens = np.bincount(place, weights * self.positive, values.size)
        without = np.bincount(place, weights * self.negative, values.size)
        total = with_lens.sum() * without.sum()
        if total <= 0.0:
            return math.nan
        below = np.cumsum(without) - without
        return float((with_lens * (below + 0.5 * without)).sum() / total)

    def by_tier(self, cut: int) -> dict[int, Figure]:
        found: Counter[int] = Counter()
        for m, i in self.rows[:cut]:
            found[self.outcomes[i].truth.tier] += m.lens is not None
        there: Counter[int] = Counter()
        for o in self.outcomes:
            there[o.truth.tier] += len(o.kinds)
        return {tier: _proportion(found[tier], there[tier]) for tier in sorted(there) if there[tier]}

    def by_kind(self, cut: int) -> dict[str, Figure]:
        found: Counter[str] = Counter()
        for m, i in self.rows[:cut]:
            if m.lens is not None:
                found[self.outcomes[i].truth.lenses[m.lens].kind] += 1
        there = Counter(kind for o in self.outcomes for kind in o.kinds)
        return {kind: _proportion(found[kind], there[kind]) for kind in sorted(there)}

    def by_confuser(self, cut: int) -> dict[str, Figure]:
        alarms = Counter(m.blamed for m, _ in self.rows[:cut] if m.lens is None)
        there: Counter[str] = Counter()
        for o in self.outcomes:
            there.update(o.truth.confuser_counts)
        figures = {}
        for kind in sorted({*alarms, *there}):
            total = there[kind]
            value = alarms[kind] / total if total else None
            interval = clopper_pearson(min(alarms[kind], total), total) if total else None
            figures[kind] = Figure(value, interval, alarms[kind], total)
        return figures


def _position(ranked: _Ranked, cut: int, drawn: npt.NDArray[np.float64]) -> Figure:
    hit = np.flatnonzero(ranked.is_hit[:cut])
    if not hit.size:
        return Figure(None, None, 0, 0)
    errors, clips = ranked.error_px[hit], ranked.clip[hit]
    medians = np.array(
        [np.median(np.repeat(errors, w)) if (w := weights[clips].astype(np.intp)).sum() else math.nan
         for weights in drawn]
    )  # fmt: skip
    return Figure(float(np.median(errors)), percentiles(medians), hit.size, hit.size)


def _near(truth: ClipTruth, claim: Claim) -> list[tuple[float, int]]:
    """Distance and index of each lens that the detection hits in its frame."""
    frame = truth.last_frame if claim.frame is None else claim.frame
    near = []
    for i, lens in enumerate(truth.lenses):
        for place in lens.track:
            distance = math.hypot(place.x - claim.x, place.y - claim.y)
            if place.frame == frame and distance <= hit_radius_px(truth, place):
                near.append((distance, i))
    return near


def _blame(truth: ClipTruth, claim: Claim) -> str:
    frame = truth.last_frame if claim.frame is None else claim.frame
    reach = BLAME_PX * (2.0 if truth.is_full_size else 1.0)
    near = [
        s
        for s in truth.confusers
        if s.frame == frame and math.hypot(s.x - claim.x, s.y - claim.y) <= max(reach, s.rad + FULL_BLUR_MARGIN_PX)
    ]
    return max(near, key=lambda s: s.e).kind if near else "background"


def _share(count: int, total: int) -> float | None:
    return count / total if total else None


def _proportion(count: int, total: int) -> Figure:
    return Figure(_share(count, total), clopper_pearson(count, total) if total else None, count, total)
