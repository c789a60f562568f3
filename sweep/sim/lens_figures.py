"""What the judge finds in rows of followed clips: the figures of the lens part without rendering anything again.

Job: judge rows, also as shorter clips, compare with their truth. Input: rows and a model; output: `ClipOutcome`s,
reliability of the score, recall of groups of lenses. Refuses nothing: any world may be looked at, none is fitted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sweep.lens.boost import Model
from sweep.lens.intervals import clopper_pearson
from sweep.lens.judge import rank_tracks
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP
from sweep.lens.score import Claim, ClipOutcome, match_clip
from sweep.lens.track import Tracks
from sweep.lens.truth import parse_truth
from sweep.sim.lens_rows import Rows, places_of


def outcome_of(rows: Rows, model: Model) -> ClipOutcome:
    """The clip as the detector would report it with that model."""
    best = rank_tracks(rows.tracks, rows.scene, MAX_DETECTIONS_PER_CLIP, model)
    places = places_of(rows, best.rows)
    claims = [Claim(x, y, float(score), frame) for score, (frame, x, y) in zip(best.scores, places, strict=True)]
    return match_clip(parse_truth(rows.truth), claims)


def cut_short(rows: Rows, triples: int) -> Rows:
    """The first so many triples of a clip. Tracks are causal, so this is what the shorter clip would have followed."""
    used = min(triples, rows.scene.triples)
    kept = rows.tracks.triples < rows.tracks.triples[0] + triples if rows.tracks.triples.size else slice(None)
    tracks = Tracks(rows.tracks.rows[:, kept], rows.tracks.triples[kept])
    seen = (tracks.column("found") > 0).any(axis=1) if len(tracks) else np.zeros(0, bool)
    return replace(rows, tracks=Tracks(tracks.rows[seen], tracks.triples), scene=replace(rows.scene, triples=used))


def reliability(outcomes: Sequence[ClipOutcome], width: float = 0.5) -> list[str]:
    """Said against found log10 likelihood ratio in bins of the score: density of lenses over density of other places.

    Densities are per lens and per other place among the places that were reported.
    """
    lenses = np.array([m.score for o in outcomes for m in o.matched if m.lens is not None])
    others = np.array([m.score for o in outcomes for m in o.matched if m.lens is None])
    rows = []
    low = np.floor(min(lenses.min(), others.min()))
    for start in np.arange(low, max(lenses.max(), others.max()), width):
        n = int(((lenses >= start) & (lenses < start + width)).sum())
        m = int(((others >= start) & (others < start + width)).sum())
        if n + m < 5:
            continue
        found = np.log10((n + 0.5) / lenses.size) - np.log10((m + 0.5) / others.size)
        rows.append(f"{start + width / 2:6.2f}  {found:6.2f}  {n} lenses, {m} others")
    return rows


def recall_among(
    clips: Sequence[Rows], outcomes: Sequence[ClipOutcome], threshold: float, wanted: Callable[[dict[str, Any]], bool]
) -> str:
    """Share of the lenses that count and are wanted, by what their truth says, that reach a score."""
    hits = total = 0
    for rows, outcome in zip(clips, outcomes, strict=True):
        found = {m.lens for m in outcome.matched if m.lens is not None and m.score >= threshold}
        for index, (lens, told) in enumerate(zip(outcome.truth.lenses, rows.truth["lenses"], strict=True)):
            if lens.counts and wanted(told):
                total += 1
                hits += index in found
    if not total:
        return "none"
    low, high = clopper_pearson(hits, total)
    return f"{hits / total:.2f} ({low:.2f}-{high:.2f}), {hits} of {total}"
