"""Intervals for small counts: Clopper-Pearson for shares, percentiles of a bootstrap for everything else.

Job: say how far a measured figure may be off because few clips were seen. Input: counts, or statistics of resampled
clips; output: (low, high). Refuses a share of nothing: the interval is then the whole range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Interval: TypeAlias = tuple[float, float]
LEVEL = 0.90
"""Share of repetitions in which the interval holds the truth."""
STEPS = 60
"""Bisections; each halves the error."""


def clopper_pearson(count: int, total: int, level: float = LEVEL) -> Interval:
    """Exact interval of a share of `count` in `total` trials (Clopper and Pearson 1934)."""
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")
    if total == 0:
        return 0.0, 1.0
    tail = (1.0 - level) / 2.0
    low = 0.0 if count == 0 else _solve(lambda p: 1.0 - _at_most(count - 1, total, p), tail)
    high = 1.0 if count == total else 1.0 - _solve(lambda q: _at_most(count, total, 1.0 - q), tail)
    return low, high


def percentiles(values: npt.NDArray[np.float64], level: float = LEVEL) -> Interval | None:
    """Percentile interval of resampled statistics; those that are not a number are left out, None when all are."""
    kept = values[np.isfinite(values)]
    if not kept.size:
        return None
    low, high = np.quantile(kept, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


def _solve(rising: Callable[[float], float], wanted: float) -> float:
    """Where a function that rises from 0 at 0 takes the value `wanted`."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _at_most(count: int, total: int, p: float) -> float:
    """Probability of at most `count` successes in `total` trials of probability `p`."""
    if p <= 0.0:
        return 1.0
    if p >= 1.0:
        return 1.0 if count >= total else 0.0
    ways = math.lgamma(total + 1)
    logs = (
        ways - math.lgamma(k + 1) - math.lgamma(total - k + 1) + k * math.log(p) + (total - k) * math.log1p(-p)
        for k in range(count + 1)
    )
    return min(1.0, math.fsum(math.exp(value) for value in logs))
