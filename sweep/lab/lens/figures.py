"""What the judge finds in rows of followed clips: the figures of the lens part without rendering anything again.

Job: judge rows, also as shorter clips, compare with their truth. Input: rows and a model; output: `ClipOutcome`s,
reliability of the score, recall of groups of lenses. Refuses nothing: any world may be looked at, none is fitted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.rows import Rows, label, places_of
from sweep.lab.scoring.intervals import clopper_pearson, percentiles
from sweep.lab.scoring.score import Claim, ClipOutcome, match_clip
from sweep.lab.scoring.truth import parse_truth
from sweep.lens.evidence.decision_forest import Model
from sweep.lens.evidence.evidence import AT
from sweep.lens.evidence.judge import evidence_of, rank_tracks
from sweep.lens.follow.track import Tracks
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP

LEAST_SNR = 5.0
"""From the clip document: a lens below it does not count."""
RESAMPLES = 400


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


def seen_in_red(clips: Sequence[Rows], kind: str) -> list[str]:
    """What red shows of lenses of a kind: signal-to-noise ratios in single frames, and red over infrared light.

    Clips without red frames are left out. The ratio is compared with that of all other places that were followed.
    """
    infrared, red, ratios, others = [], [], [], []
    for rows in (one for one in clips if any("red_snr" in lens for lens in one.truth["lenses"])):
        features, which = evidence_of(rows.tracks, rows.scene)
        ratio, on_lens = features[:, AT["red_ratio"]], label(rows, which)
        others += ratio[(on_lens == 0) & np.isfinite(ratio)].tolist()
        for lens in rows.truth["lenses"]:
            if lens["kind"] != kind:
                continue
            infrared.append(lens["snr"])
            red.append(lens["red_snr"])
            alone = replace(rows, truth=rows.truth | {"lenses": [lens | {"detectable": True}]})
            ratios += ratio[label(alone, which) == 1].tolist()
    if not infrared:
        return []
    by_infrared, by_red = np.array(infrared) >= LEAST_SNR, np.array(red) >= LEAST_SNR
    shares = f"infrared {_share(by_infrared)}, red {_share(by_red)}, red alone {_share(by_red & ~by_infrared)}"
    told = [f"{kind}: {len(infrared)} lenses, SNR of {LEAST_SNR:g} in one frame: {shares}"]
    known = np.array([r for r in ratios if np.isfinite(r)])
    if known.size and others:
        below = np.searchsorted(np.sort(others), known) / len(others)
        low, high = percentiles(np.random.default_rng(5).choice(below, (RESAMPLES, known.size)).mean(axis=1)) or (0, 1)
        medians = f"median {np.median(known):.2f}, of {len(others)} other places {np.median(others):.2f}"
        told.append(f"red over infrared of {known.size}: {medians}, AUC {below.mean():.2f} ({low:.2f}-{high:.2f})")
    return told


def _share(flags: npt.NDArray[np.bool_]) -> str:
    low, high = clopper_pearson(int(flags.sum()), flags.size)
    return f"{int(flags.sum())} ({low:.2f}-{high:.2f})"


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
