"""The judge's forest fitted anew to recorded clips, and whether that is better than the one that ships.

Job: fit forests to clips by several ways, choose among them inside folds, judge on folds that neither the fit nor the
choice saw, with groups whole (one camera is never on both sides); say what more clips would give. Input: `Sample`s,
rows of rendered clips where there are some; output: `Refit`, and the forest. Refuses with `FitError` to claim anything
below `LEAST`, and `Refit.is_better` is false unless the gain was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.forest import TRAINED, Earlier, Fitted, Places, beside, fit, joined, to_table
from sweep.lab.lens.ratio import calibrate, candidate, reported
from sweep.lab.lens.recorded import FitError, Sample
from sweep.lab.scoring.intervals import Interval, percentiles
from sweep.lab.scoring.score import ClipOutcome, Score, mean_recalls, score_clips
from sweep.lab.scoring.truth import ClipTruth
from sweep.lens.evidence.decision_forest import forest_text, load_model
from sweep.lens.evidence.evidence import FEATURES, Matrix
from sweep.phrases import Phrase

LEAST: Final = {"clips": 40, "lenses": 20, "with_lens": 8, "without_lens": 4}
"""Clips, lenses that count, groups with a lens and without one. Below these nothing is claimed: with 8 cameras the
interval of a share is still .4 to .5 wide (FIELD-TEST.md).
"""
OUTER, INNER = 5, 3
"""Folds that judge, and folds within the others that choose."""
WAYS: Final = ("shipped", "corrected", "mean", "alone", "together")
"""The forest that ships; corrected by trees; half of it and half of a forest of its own; that one alone; one fitted to
these clips and to the rendered ones. Where two do equally well the earlier one is taken."""
RECORDED_WEIGHT: Final = 3.0
"""Of a recorded clip beside a rendered one. Guessed."""
RATES: Final = tuple(float(rate) for rate in np.geomspace(0.02, 1.0, 12))
"""False alarms a clip at which recall is averaged: what is chosen by and compared."""
RESAMPLES: Final = 400
SHARED: Final = (1.0 + OUTER / (OUTER - 1.0)) ** 0.5
"""How much farther a gain inside may be from that on other devices than drawing groups says: the forests of the folds
share three quarters of their clips (Nadeau and Bengio, Machine Learning 52, 2003: 1/K + 1/(K - 1) for the 1/K).
"""
SURE: Final = 0.9
"""Share of the samples by group in which a forest has to find more than the one that ships. A convention."""
CURVE: Final = (30, 80, 160, 320)
"""Clips of the learning curve."""
SEED: Final = 37
LN10: Final = float(np.log(10.0))

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Basis:
    """What there is besides the recorded clips."""

    shipped: Earlier
    rendered: Places | None = None
    """Places of rendered training clips; None: forests are not fitted to both."""

    @property
    def ways(self) -> tuple[str, ...]:
        """Those that can be tried."""
        return WAYS if self.rendered is not None else WAYS[:-1]


@dataclass(frozen=True)
class Learnt:
    """Recall of forests that were fitted to so many clips."""

    clips: int
    recall: float
    """Mean over `RATES`, within folds."""
    interval: Interval | None


@dataclass(frozen=True)
class Refit:
    """What came of it."""

    way: str
    """Chosen on all clips."""
    chosen: tuple[str, ...]
    """In each outer fold."""
    new: Score
    """Of the whole procedure, on clips that it never saw."""
    shipped: Score
    """On the same clips."""
    gain: float
    """Mean recall within folds over that of the forest that ships."""
    gain_interval: Interval | None
    """What other devices may show, the fit's own luck included; `sure` is of these devices alone."""
    sure: float
    """Share of the samples by group with a gain, by `sure_of`."""
    curve: tuple[Learnt, ...]
    counts: dict[str, int]
    forest: dict[str, Any] | None
    """Content of its model file, whether it is better or not; None: no other than the one that ships was chosen."""

    @property
    def is_better(self) -> bool:
        """Was the gain shown?"""
        return self.forest is not None and self.gain > 0.0 and self.sure >= SURE


def counts_of(truths: Sequence[ClipTruth]) -> dict[str, int]:
    """What `LEAST` bounds."""
    with_lens = {one.thing for one in truths if one.is_positive}
    return {
        "clips": len(truths),
        "lenses": sum(lens.counts for one in truths for lens in one.lenses),
        "with_lens": len(with_lens),
        "without_lens": len({one.thing for one in truths if one.is_negative} - with_lens),
    }


def refit(samples: Sequence[Sample], basis: Basis, about: dict[str, Any], tell: Tell) -> Refit:
    """Fit, choose, judge. `tell` hears how far it is. Raises `FitError`."""
    counts = counts_of([sample.truth for sample in samples])
    if any(counts[name] < least for name, least in LEAST.items()):
        raise FitError(Phrase("too_little_to_claim", **counts, least=", ".join(map(str, LEAST.values()))))
    fold = folds_of(samples, OUTER, SEED)
    chosen, new = [], list[ClipOutcome]()
    for number in range(OUTER):
        rest, held = _split(samples, fold, number)
        choice = choose(rest, basis)
        chosen.append(choice.way)
        new += judged(_calibrated(choice, rest, basis), held)
        tell(f"{number + 1}/{OUTER}: {choice.way}")
    outcomes = [new[at] for at in np.argsort(np.argsort(fold, kind="stable"))]
    today = judged(fit_by("shipped", samples, basis), samples)
    gains = within_folds(outcomes, fold, RESAMPLES) - within_folds(today, fold, RESAMPLES)
    way = choose(samples, basis).way
    tell(f"*: {way}")
    # what ships where nothing else was chosen has no curve; then the curve says what a forest beside it would learn
    curve = learning_curve(samples, basis, "mean" if way == "shipped" else way, tell)
    return Refit(
        way, tuple(chosen), score_clips(outcomes), score_clips(today), float(gains[0]), interval_of(gains),
        sure_of(gains[1:]), curve, counts, _forest(way, samples, basis, about),
    )  # fmt: skip


def sure_of(gains: npt.NDArray[np.float64]) -> float:
    """Share of the samples with a gain; one without a difference counts half, as ties do in an AUC."""
    return float((gains > 1e-9).mean() + 0.5 * (np.abs(gains) <= 1e-9).mean())


def interval_of(gains: npt.NDArray[np.float64]) -> Interval | None:
    """Of a gain and that of samples by group: where it may be on other devices."""
    return percentiles(gains[0] + SHARED * (gains[1:] - gains[0]))


def folds_of(samples: Sequence[Sample], count: int, seed: int) -> npt.NDArray[np.intp]:
    """Fold of each clip; the clips of a group lie in one fold, and groups with and without a lens are dealt apart."""
    size: dict[str, int] = {}
    for sample in samples:
        size[sample.group] = size.get(sample.group, 0) + 1
    with_lens = {sample.group for sample in samples if sample.has_lens}
    rng = np.random.default_rng(seed)
    fold: dict[str, int] = {}
    for names in (sorted(with_lens), sorted(size.keys() - with_lens)):
        load = np.zeros(count)
        order = [names[i] for i in rng.permutation(len(names))]
        for name in sorted(order, key=lambda one: -size[one]):
            fold[name] = int(np.argmin(load))
            load[fold[name]] += size[name]
    return np.array([fold[sample.group] for sample in samples], np.intp)


@dataclass(frozen=True, eq=False)
class Choice:
    """The way that finds most on folds within some clips."""

    way: str
    places: Places
    """Of those clips, fold by fold."""
    raw: npt.NDArray[np.float64]
    """Their scores in that way, by trees that never saw their clip."""


def choose(samples: Sequence[Sample], basis: Basis) -> Choice:
    """Fit to folds within these clips in every way, and see which finds most on the clips left out."""
    fold = folds_of(samples, INNER, SEED + 1)
    outcomes: dict[str, list[ClipOutcome]] = {way: [] for way in basis.ways}
    raw: dict[str, list[npt.NDArray[np.float64]]] = {way: [] for way in basis.ways}
    places = []
    for number in range(INNER):
        rest, held = _split(samples, fold, number)
        places.append(joined([sample.places for sample in held]))
        for way, fitted in fits(rest, basis, basis.ways).items():
            outcomes[way] += judged(fitted, held)
            raw[way].append(fitted[0](places[-1]))
    in_turn = np.sort(fold)
    found = {way: float(within_folds(some, in_turn)[0]) for way, some in outcomes.items()}
    best = max(basis.ways, key=lambda way: (found[way], -WAYS.index(way)))
    return Choice(best, joined(places), np.concatenate(raw[best]))


def within_folds(
    outcomes: Sequence[ClipOutcome], fold: npt.NDArray[np.intp], resamples: int = 0
) -> npt.NDArray[np.float64]:
    """Mean recall as `mean_recalls` gives it, of each fold by itself and then over the folds by their lenses.

    The scores of two folds are of two forests: no threshold holds for both. Each fold is drawn from by itself; one of
    which no lens was drawn says nothing in that sample.
    """
    total, lenses = np.zeros(1 + resamples), np.zeros(1 + resamples)
    for number in np.unique(fold):
        some = [outcome for outcome, at in zip(outcomes, fold, strict=True) if at == number]
        found = mean_recalls(some, RATES, resamples=resamples, seed=SEED + int(number))
        count = sum(len(outcome.kinds) for outcome in some) * np.isfinite(found)
        total += count * np.nan_to_num(found)
        lenses += count
    return total / np.maximum(lenses, 1)


Fit = tuple[Callable[[Places], npt.NDArray[np.float64]], Fitted | None]
"""Raw scores of places, and the trees; None: the forest that ships as it is."""


def fits(samples: Sequence[Sample], basis: Basis, ways: Sequence[str]) -> dict[str, Fit]:
    """A forest fitted to these clips in each of the ways."""
    places = joined([sample.places for sample in samples])
    made: dict[str, Fitted] = {}
    if "corrected" in ways:
        made["corrected"] = fit(places, earlier=basis.shipped)
    if {"mean", "alone"} & set(ways):
        made["alone"] = fit(places)
        made["mean"] = beside(made["alone"], places, basis.shipped)
    if "together" in ways and basis.rendered is not None:
        rendered = replace(basis.rendered, clips=basis.rendered.clips + int(places.clips.max()) + 1)
        heavier = replace(places, weights=places.weights * np.float32(RECORDED_WEIGHT))
        made["together"] = fit(joined([heavier, rendered]))
    today: Fit = (lambda asked: basis.shipped.model.log_ratio(asked.said) * LN10), None
    return {way: today if way == "shipped" else (made[way].raw_scores, made[way]) for way in ways}


def fit_by(way: str, samples: Sequence[Sample], basis: Basis) -> Fit:
    """A forest fitted to these clips in that way."""
    return fits(samples, basis, (way,))[way]


def _calibrated(choice: Choice, samples: Sequence[Sample], basis: Basis) -> Fit:
    """Fitted in the way that was chosen, its scores on the scale on which the detector reports them."""
    raw, fitted = fit_by(choice.way, samples, basis)
    if fitted is None:
        return raw, fitted
    counts = reported(choice.places, choice.raw)
    knots = calibrate(choice.places.only(counts), choice.raw[counts])
    scale = replace(basis.shipped.model, raw_knots=np.array(knots["raw"]), ratio_knots=np.array(knots["log10_ratio"]))
    return (lambda asked: scale.log_ratio(raw(asked)) * LN10), fitted


def judged(fitted: Fit, samples: Sequence[Sample]) -> list[ClipOutcome]:
    """The clips as the detector would report them, rules included."""
    raw, _ = fitted

    def score(sample: Sample) -> Callable[[Matrix], npt.NDArray[np.float64]]:
        return lambda features: raw(_unlabelled(features, sample)) / LN10

    return [sample.outcome(score(sample), frozenset(TRAINED)) for sample in samples]


def learning_curve(samples: Sequence[Sample], basis: Basis, way: str, tell: Tell) -> tuple[Learnt, ...]:
    """Recall on the outer folds by forests that were fitted to fewer clips of the others, groups whole."""
    fold = folds_of(samples, OUTER, SEED)
    most = min(len(_split(samples, fold, number)[0]) for number in range(OUTER))
    told = []
    for clips in (*(count for count in CURVE if count < most), most):
        outcomes: list[ClipOutcome] = []
        for number in range(OUTER):
            rest, held = _split(samples, fold, number)
            outcomes += judged(fit_by(way, _first(rest, clips), basis), held)
        found = within_folds(outcomes, np.sort(fold), RESAMPLES)
        told.append(Learnt(clips, float(found[0]), percentiles(found[1:])))
        tell(f"{clips}: {found[0]:.2f}")
    return tuple(told)


def _first(samples: Sequence[Sample], clips: int) -> list[Sample]:
    """About so many clips, groups whole, with and without a lens in turn."""
    rng = np.random.default_rng(SEED + 2)
    with_lens = {sample.group for sample in samples if sample.has_lens}
    names = sorted({sample.group for sample in samples})
    order = [names[i] for i in rng.permutation(len(names))]
    pools = [[n for n in order if n in with_lens], [n for n in order if n not in with_lens]]
    share = sum(s.group in with_lens for s in samples) / len(samples)
    kept: list[Sample] = []
    for pool, wanted in zip(pools, (share * clips, (1.0 - share) * clips), strict=True):
        count = 0
        for name in pool:
            if count >= round(wanted):
                break
            group = [sample for sample in samples if sample.group == name]
            kept += group
            count += len(group)
    return kept


def _split(samples: Sequence[Sample], fold: npt.NDArray[np.intp], number: int) -> tuple[list[Sample], list[Sample]]:
    """The clips outside a fold, and those in it."""
    rest = [sample for sample, at in zip(samples, fold, strict=True) if at != number]
    return rest, [sample for sample, at in zip(samples, fold, strict=True) if at == number]


def _forest(way: str, samples: Sequence[Sample], basis: Basis, about: dict[str, Any]) -> dict[str, Any] | None:
    """The model file's content, calibrated on folds that it was not fitted to; None: the forest that ships stays."""
    _, fitted = fit_by(way, samples, basis)
    if fitted is None:
        return None
    places = joined([sample.places for sample in samples])
    fold = folds_of(samples, OUTER, SEED)
    of_clip = {int(sample.places.clips[0]): int(at) for sample, at in zip(samples, fold, strict=True)
               if sample.places.clips.size}  # fmt: skip
    at = np.array([of_clip[int(clip)] for clip in places.clips])
    raw = np.zeros(places.labels.size)
    for number in range(OUTER):
        rest, _ = _split(samples, fold, number)
        raw[at == number] = fit_by(way, rest, basis)[0](places.only(at == number))
    table = to_table(fitted, {}, about | {"way": way})
    counts = reported(places, raw)
    table["calibration"] = calibrate(places.only(counts), raw[counts])
    model = load_model(forest_text(table), FEATURES)
    scored = {"scored_by": "folds over recorded clips, by group"}
    table["about"]["candidate"] = candidate(places, raw, model) | scored
    return table


def _unlabelled(features: Matrix, sample: Sample) -> Places:
    """Places of a clip as scores are asked for: labels do not count."""
    count = features.shape[0]
    return Places(
        features, np.zeros(count, np.int8), np.ones(count, np.float32), np.zeros(count, np.int32),
        np.full(count, "recorded"), np.full(count, ""), sample.said, np.zeros(count, bool),
    )  # fmt: skip
