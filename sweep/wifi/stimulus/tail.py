"""How rare is a score that none of the sequences compared with has reached?

Input is the scores of sequences that might have been played, all below that of the one that was; output is a p-value
that may be smaller than one of so many.  Scores are logarithms of Bayes factors: sums of squares, whose tail falls at
least exponentially, and the faster the farther out.  So the tail is continued from its highest scores at the pace at
which it falls there, taken as slow as it may be with them.  What this does is proven by counting, not by argument:
`tests/simulators/light_tails.py` holds it against millions of sequences more.
"""

from __future__ import annotations

from math import comb, exp, log
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

EXCESSES: Final = 100
"""The highest scores, whose mean excess over the next one tells the pace: guessed, a hundredth of all."""
SLOWEST: Final = 0.782
"""Of the pace found, what is believed: derived, with this many exponential excesses the true one is less in one case
of 100 (chi-squared with 2 x EXCESSES degrees of freedom)."""
FASTEST_PER_NAT: Final = 1.0
"""Derived: a mean of Bayes factors does not fall faster by what it says of itself."""
LEAST_SCORES: Final = 5_000
"""With fewer scores nothing is continued: derived, the pace is that of the highest fiftieth at most."""
SMALLEST_P: Final = 1e-6
"""No p-value is smaller: measured, as far as was counted (`light_tails`: of 7,200,000 sequences over 36 flows 264 came
to 1e-4, 31 to 1e-5, 6 to 1e-6)."""


class Tail(NamedTuple):
    """How the highest scores fall off."""

    edge: float
    """The score from which on they are continued."""
    p_value: float
    """Of that score."""
    pace: float
    """Per nat, as slow as is believed."""

    def p_of(self, score: float) -> float:
        """The p-value of a score above all others."""
        return self.p_value * exp(-self.pace * max(0.0, score - self.edge))


def fit_tail(scores: NDArray[np.float64]) -> Tail:
    """The tail of the scores of sequences that might have been played."""
    highest = np.sort(np.partition(scores, -EXCESSES - 1)[-EXCESSES - 1 :])
    excess = float((highest[1:] - highest[0]).mean())
    pace = min(SLOWEST / excess, FASTEST_PER_NAT) if excess > 0 else FASTEST_PER_NAT
    return Tail(float(highest[0]), (EXCESSES + 1) / (len(scores) + 1), pace)


def continue_tail(scores: NDArray[np.float64], played: float, chips: NDArray[np.int8]) -> float | None:
    """The p-value of `played`, above all `scores` of sequences with as many `chips` on; None with too few scores."""
    if len(scores) < LEAST_SCORES:
        return None
    return max(fit_tail(scores).p_of(played), smallest_p(len(scores), chips))


def smallest_p(scores: int, chips: NDArray[np.int8]) -> float:
    """The smallest p-value that so many scores of sequences with as many `chips` on can come to."""
    if scores < LEAST_SCORES:
        return 1.0 / (scores + 1)
    return max(SMALLEST_P, 1.0 / comb(len(chips), int(chips.sum())))


def excess_needed(p_value: float, excess: float, tail: float, scores: int) -> float:
    """How far a score has to lie above the one that a share `tail` of all reach, which exceed it by `excess` in the
    mean: exponentially, and where none of so many `scores` would reach it as `continue_tail` believes.
    """
    if p_value >= min(tail, 1.0 / (scores + 1)):
        return excess * max(0.0, log(tail / p_value))
    first = min(tail, (EXCESSES + 1) / (scores + 1))
    return excess * log(tail / first) + max(excess / SLOWEST, 1.0 / FASTEST_PER_NAT) * log(first / p_value)
