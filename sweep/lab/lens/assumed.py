"""What assumptions that nobody measured do to recall: the same rendered clips, weighed as if another value held.

Job: move one assumption over its range by weighing lenses or leaving out confusers of clips that were judged by folds,
so that nothing is rendered anew. Input: rows of the training world and their outcomes; output: recall at 0.1 false
alarms a clip at both ends of each range. Refuses assumptions that weighing cannot move: walls, sensors, transmissions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.rows import Rows
from sweep.lab.scoring.score import TABLE_RATE, ClipOutcome, score_clips

Told = dict[str, Any]
LIGHT_STEP = math.log(1.5)
"""Width over which the recall of lenses of about the same signal-to-noise ratio is averaged, natural logarithm."""


@dataclass(frozen=True)
class Lenses:
    """The lenses that count, what their truth says, and whether they were found at `TABLE_RATE`."""

    told: list[Told]
    found: npt.NDArray[np.bool_]


def lenses_of(clips: Sequence[Rows], outcomes: Sequence[ClipOutcome]) -> Lenses:
    """Compare with one threshold over all clips."""
    threshold = score_clips(outcomes, resamples=2).threshold[TABLE_RATE]
    least = -math.inf if threshold is None else threshold
    told, found = [], []
    for rows, outcome in zip(clips, outcomes, strict=True):
        hit = {m.lens for m in outcome.matched if m.lens is not None and m.score >= least}
        for index, (lens, said) in enumerate(zip(outcome.truth.lenses, rows.truth["lenses"], strict=True)):
            if lens.counts:
                told.append(said)
                found.append(index in hit)
    return Lenses(told, np.array(found, bool))


def table(clips: Sequence[Rows], outcomes: Sequence[ClipOutcome]) -> list[tuple[str, str, str]]:
    """Assumption, recall at the low end and at the high end of its range; the first row is as rendered."""
    lenses = lenses_of(clips, outcomes)
    base = f"{lenses.found.mean():.2f}"
    rows = [("as rendered", base, base)]
    clear = np.array([t["kind"] == "clear" for t in lenses.told])
    for name, key in (("rho", "rho"), ("core of the lobe, degrees", "cone_sigma_deg"), ("B/A", "ba_ratio")):
        values = np.array([t[key] for t in lenses.told], np.float64)
        low, high = np.quantile(values[clear], (0.25, 0.75))
        ends = (_share(lenses.found[clear & side]) for side in (values <= low, values >= high))
        rows.append((f"clear lenses, {name} below {low:.2g}, above {high:.2g}", next(ends), next(ends)))
    filtered = np.array([t["kind"] == "reflective" for t in lenses.told])
    inside, outside = float(lenses.found[filtered].mean()), float(lenses.found[~filtered].mean())
    few, many = (f"{share * inside + (1 - share) * outside:.2f}" for share in (0.1, 0.8))
    rows.append(("reflective IR-cuts 10 %, 80 % of the lenses", few, many))
    for name, low, high in (("lens light x 0.67, x 1.5", 0.67, 1.5), ("lens light x 0.25, x 4", 0.25, 4.0)):
        rows.append((name, f"{_brighter(lenses, low):.2f}", f"{_brighter(lenses, high):.2f}"))
    rows.extend(
        (f"no {kind}, three times as many", f"{_with(outcomes, kind, 0):.2f}", f"{_with(outcomes, kind, 3):.2f}")
        for kind in ("eyes", "tape_frag", "drops", "screw", "facet")
    )
    return rows


def _share(found: npt.NDArray[np.bool_]) -> str:
    return f"{found.mean():.2f} of {found.size}"


def _brighter(lenses: Lenses, factor: float) -> float:
    """Each lens is found as often as those that have the light it would have; noise of the background rules."""
    light = np.log(np.array([max(float(t["snr"]), 1e-3) for t in lenses.told]))
    weights = np.exp(-0.5 * ((light[:, None] + math.log(factor) - light[None]) / LIGHT_STEP) ** 2)
    return float((weights @ lenses.found / weights.sum(axis=1)).mean())


def _with(outcomes: Sequence[ClipOutcome], kind: str, times: int) -> float:
    """Recall with so many times the false alarms of a kind."""
    changed = []
    for outcome in outcomes:
        rest = [m for m in outcome.matched if m.lens is not None or m.blamed != kind]
        mine = [m for m in outcome.matched if m.lens is None and m.blamed == kind]
        changed.append(replace(outcome, matched=tuple(rest + mine * times)))
    return score_clips(changed, resamples=2).recall[TABLE_RATE].value or 0.0
