"""The tables of the lens finder, counted on the recorded clips of a field test.

Job: what the forest scored on lenses and on other things becomes the table `glint`, the rate `no_glint` and, by kind of
lens, the curves of `detection.json`; each says of how many clips and things it comes. Input: clips as the forest in
force scored them, of groups that it was not fitted to; output: `Tables`. Refuses with `FitError` fewer than
`refit.LEAST` asks for. What nobody filmed comes of the rendered counts where the forest that ships judges, and the
table says so and is called rendered; beside another forest such a table is left out. Lenses are taken by the light that
the reference lens would return from there, so that what a lens really returns stands in the counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np

from sweep.lab.city.rooms import FIRST, LENSES, Lens
from sweep.lab.city.samples import Curves, is_lens, load_curves
from sweep.lab.lens.curve import SNR_EDGES, scores_of
from sweep.lab.lens.pairs import scores_of as places_of
from sweep.lab.lens.recorded import FitError, FollowedClip
from sweep.lab.lens.refit import LEAST, counts_of
from sweep.lab.scoring.score import Claim, ClipOutcome, match_clip
from sweep.lab.scoring.truth import ClipTruth
from sweep.lab.weights.from_runs import no_glint
from sweep.lab.weights.lens import glint, zones_of
from sweep.lens.evidence.decision_forest import Model
from sweep.lens.evidence.detection import AS_CALLED, KINDS, Kind
from sweep.lens.evidence.detection import load_curves as shipped_curves
from sweep.lens.evidence.judge import shipped_build
from sweep.modality.weights import Rate, WeightTable
from sweep.phrases import Phrase
from sweep.report.findings import WeightSource

LEAST_OF_A_KIND: Final = {"lenses": 20, "groups": 4}
"""Lenses of a kind of filter, and cameras that they are of, below which it gets no curve of its own (a convention)."""
TRIPLES: Final = (3, 5, 8)
WITHIN_A_THING: Final = 0.3
"""Correlation of clips of one thing (guessed, as FIELD-TEST.md's intervals are)."""
UNFOLLOWED: Final = -9.0


@dataclass(frozen=True)
class Tables:
    """What a field test measured, and what it could not."""

    tables: dict[str, WeightTable]
    rates: dict[str, Rate]
    detection: dict[Kind, dict[str, Any]]
    counts: dict[str, int]
    left_out: tuple[Phrase, ...]


@dataclass(frozen=True)
class ScoredClip:
    """One recorded clip as the forest in force scores it."""

    group: str
    outcome: ClipOutcome
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A lens in the first triples of a clip."""

    lens: int
    """Its number in the truth."""
    triples: int
    snr: float
    """As the reference lens would have."""
    score: float


def scored(one: FollowedClip) -> ScoredClip:
    """What the forest in force says of a clip."""
    claims = [Claim(x, y, score, frame) for frame, x, y, score in places_of(one.rows)]
    shown = []
    for number, (told, snr) in enumerate(zip(one.rows.truth["lenses"], one.reference_snr, strict=True)):
        if snr is None:
            continue
        track = [place | {"snr": snr} for place in told["track"]]
        alone = replace(one.rows, truth=one.rows.truth | {"lenses": [told | {"track": track}]})
        shown += [
            Shown(number, triples, snr, score)
            for triples in TRIPLES if triples <= len(one.rows.frames)
            for _, score in scores_of(alone, triples)
        ]  # fmt: skip
    return ScoredClip(one.group, match_clip(one.truth, claims), tuple(shown))


def fitted_groups(judge: Model) -> frozenset[str]:
    """Groups that the forest was fitted to. Raises FitError where it does not say which these are."""
    if judge.build == shipped_build():
        return frozenset()
    fitted = judge.about.get("groups")
    if not isinstance(fitted, list):
        raise FitError(Phrase("forest_fitted_to_unknown", forest=judge.build))
    return frozenset(map(str, fitted))


def check_enough(truths: Sequence[ClipTruth], judge: Model) -> dict[str, int]:
    """What is there to count of groups that the forest was not fitted to. Raises FitError where that is too little."""
    fitted = fitted_groups(judge)
    kept = [one for one in truths if one.thing not in fitted]
    counts = counts_of(kept)
    if any(counts[name] < least for name, least in LEAST.items()):
        least = ", ".join(map(str, LEAST.values()))
        raise FitError(Phrase("too_little_to_weigh", **counts, fitted=len(truths) - len(kept), least=least))
    return counts


def count_tables(clips: Sequence[ScoredClip], judge: Model, on: date) -> Tables:
    """Everything that these clips are enough for; `judge`: the forest in force, `on`: the day they were recorded.

    Raises FitError.
    """
    counts, fitted = check_enough([one.outcome.truth for one in clips], judge), fitted_groups(judge)
    kept = [one for one in clips if one.group not in fitted]
    detection = {kind: table for kind in KINDS if (table := _detection(kept, kind, judge, on)) is not None}
    left_out = [Phrase("kind_too_few", kind=kind, **LEAST_OF_A_KIND) for kind in KINDS if kind not in detection]
    measured, unfilmed = _curves(kept, judge)
    if unfilmed and judge.build != shipped_build():
        left_out.append(Phrase("not_all_filmed", lacking=", ".join(unfilmed)))
        return Tables({}, {}, detection, counts, tuple(left_out))
    said = f"recorded {on:%Y-%m-%d}, {len(kept)} clips of {len({one.group for one in kept})} things"
    if unfilmed:
        left_out.append(Phrase("partly_rendered", lacking=", ".join(unfilmed)))
        said += f", {len(unfilmed)} kinds rendered"
    source: WeightSource = "rendered" if unfilmed else "field"
    called = float(judge.about["candidate"]["score"])
    few = f", {len(measured.few())} kinds that score too seldom counted without a tail" if measured.few() else ""
    glints = glint(measured, FIRST, np.random.default_rng(19), source, f"clips without a lens ({said}{few})")
    nothing = no_glint(measured, FIRST, called, source, f"the lenses of {said}; {judge.build}")
    return Tables({"glint": glints}, {"no_glint": nothing}, detection, counts, tuple(left_out))


def independent_share(clips: int, groups: int) -> float:
    """Of so many clips of so many things, the share that counts as independent."""
    return 1.0 / (1.0 + (max(clips / max(groups, 1), 1.0) - 1.0) * WITHIN_A_THING)


def _curves(clips: Sequence[ScoredClip], judge: Model) -> tuple[Curves, list[str]]:
    """Counts as those of a rendered world, and what was not filmed: targets, and kinds of things."""
    shipped = load_curves("first")
    lenses = [row for one in clips for row in _lens_rows(one.outcome)]
    without = [one.outcome for one in clips if one.outcome.truth.is_negative]
    instances: Counter[str] = Counter()
    scores: dict[str, list[float]] = {"background": []}
    for outcome in without:
        instances.update(outcome.truth.confuser_counts)
        for place in outcome.matched:
            if place.score >= 0.0:  # what scores less weighs nothing and is only counted
                scores.setdefault(place.blamed, []).append(place.score)
    background = scores.pop("background")
    things = {name: (scores.get(name, []), max(n, len(scores.get(name, [])))) for name, n in instances.items()}

    def stands_for(target: Lens, row: Sequence[Any]) -> bool:
        return is_lens(target, row[0], row[1], row[2], FIRST.ranges_m[1])

    targets = [target for target in LENSES if not any(stands_for(target, row) for row in lenses)]
    kinds = sorted(name for name, mean in zones_of(FIRST).items() if mean > 0.0 and name not in things)
    if judge.build == shipped_build():
        lenses += [row for row in shipped.lenses if any(stands_for(target, row) for target in targets)]
        things |= {name: shipped.things[name] for name in kinds if name in shipped.things}
    share = min(
        independent_share(len(some), len({one.group for one in some}))
        for some in (
            [one for one in clips if one.outcome.truth.is_negative == is_negative] for is_negative in (False, True)
        )
    )
    measured = replace(
        shipped, build=judge.build, clips=len(without), things=things, background=background, lenses=lenses,
        independent=share, counts_few=True,
    )  # fmt: skip
    return measured, [*targets, *kinds]


def _lens_rows(outcome: ClipOutcome) -> list[list[Any]]:
    """Kind, aperture, range, in view, score; lenses without a stated range stand for nothing."""
    best = {place.lens: place.score for place in outcome.matched if place.lens is not None}
    return [
        [lens.kind, math.nan if lens.aperture_mm is None else lens.aperture_mm, lens.range_m, True,
         best.get(number, UNFOLLOWED)]
        for number, lens in enumerate(outcome.truth.lenses) if lens.counts and lens.range_m is not None
    ]  # fmt: skip


def _detection(clips: Sequence[ScoredClip], kind: Kind, judge: Model, on: date) -> dict[str, Any] | None:
    """The table of `detection.json` for one kind of lens; None: too few."""
    called = float(judge.about["candidate"]["score"])
    found, all_ = (np.zeros((len(TRIPLES), len(SNR_EDGES) - 1), int) for _ in range(2))
    seen: set[tuple[str, str, int]] = set()
    for one in clips:
        truth = one.outcome.truth
        for lens in one.shown:
            if truth.lenses[lens.lens].kind == kind and truth.lenses[lens.lens].counts:
                seen.add((one.group, truth.clip, lens.lens))
                cell = TRIPLES.index(lens.triples), int(np.searchsorted(SNR_EDGES, lens.snr, side="right")) - 1
                all_[cell] += 1
                found[cell] += lens.score >= called
    groups = {group for group, _, _ in seen}
    if len(seen) < LEAST_OF_A_KIND["lenses"] or len(groups) < LEAST_OF_A_KIND["groups"]:
        return None
    rows = [at for at in range(len(TRIPLES)) if all_[at].any()]
    upon = shipped_curves()
    nothing = np.zeros((len(upon.ranges_m), 1)).tolist()
    return {
        "source": "field",
        "made_from": f"recorded {on:%Y-%m-%d}, {len(seen)} lenses of {len(groups)} cameras; {judge.build}",
        "forest": judge.build,
        "on_axis_offset_m": upon.on_axis_offset_m,
        "clips": len(clips),
        "independent": round(independent_share(len(seen), len(groups)), 4),
        "snr_edges": [edge for edge in SNR_EDGES if edge < 1e9],
        "triples": [TRIPLES[at] for at in rows],
        "lenses": all_[rows].tolist(),
        "found": {AS_CALLED: found[rows].tolist()},
        "together": {AS_CALLED: {"pairs": 0, "missed": 0, "independent": 0.0, "as_one": 0.0}},
        "noise_log10": [0.0],
        "ranges_m": upon.ranges_m.tolist(),
        "returns_log10": dict.fromkeys(KINDS, nothing),
        "angles_deg": upon.angles_deg.tolist(),
        "entrance_log10": upon.entrance_log10.tolist(),
    }
