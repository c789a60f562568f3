"""Whether the judge's log-likelihood ratios mean what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sweep.lens.score import ClipOutcome

PLACES_PER_CLIP = 40
"""Places that the detector reports of each clip at most; what it leaves out scores lower than any of them."""


def reliability(outcomes: Sequence[ClipOutcome], width: float = 0.5) -> list[str]:
    """Said against found log10 likelihood ratio in bins of the score: density of lenses over density of other places.

    Densities are per lens in the clips and per other place followed; the latter is counted by the places reported, so
    the scale is right up to the share of places that were not reported, which is the same for all bins.
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
