"""How evidence moves the score of a finding, step by step from the prior to the sum, and the scale that it is drawn on.

Input is a finding, output is log10 numbers.  The page draws the same (`server/web/src/sweep/odds.ts`); a test holds
both to the same examples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise

from sweep.report import Finding


@dataclass(frozen=True, slots=True)
class Walk:
    """All of them log10 odds, or a score where a weight was not measured."""

    steps: tuple[tuple[float, float], ...]
    """(from, to) of each piece of evidence: what speaks for a camera first."""
    lowest: int
    """Left end of the scale;"""
    highest: int
    """right end: even odds, at 0, lie between."""


def walk_of(finding: Finding) -> Walk:
    """The steps end at the sum; the scale holds them, the interval and where strong evidence begins."""
    weights = [one.weight_log10 for one in (*finding.evidence_for, *finding.evidence_against)]
    reached = list(accumulate(weights, initial=finding.prior_log10_odds))
    told = (
        finding.posterior_log10_odds,
        finding.posterior_low_log10_odds,
        finding.posterior_high_log10_odds,
        finding.strong_from_log10_odds,
    )
    ends = [*reached, *(end for end in told if end is not None)]
    return Walk(tuple(pairwise(reached)), math.floor(min(ends) - 0.2), max(1, math.ceil(max(ends))))
