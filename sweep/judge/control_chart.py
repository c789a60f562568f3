"""The control chart of a probe's reference check: has a part of it lost sensitivity?

Input is one number a morning for each part, in dB; output is the part's sum of a one-sided tabular CUSUM (Page 1954;
Montgomery, Statistical Quality Control, section 9.1), its status and how it stands by today's reading alone.  Only
losses add up: a part that reads more than expected hides nothing.  What is expected is the median of the probe's own
first mornings.  Pure: whoever reads the probe feeds it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sweep.modality.checked_part import CheckedPart
from sweep.report import CheckStatus

BASELINE: Final = 10
"""First mornings that say what is expected: fewer leave its error so large that a sound probe is called too often."""
REPEATS: Final = 3
"""Readings of one morning; their median counts."""
SHIFT: Final = 3.0
"""Loss to be caught, in standard deviations; k is half of it (Montgomery, 9.1.2)."""
K: Final = SHIFT / 2.0
MORNINGS_A_YEAR: Final = 365
TOGETHER: Final = 5
WANTED_ARL: Final = 20.0 * MORNINGS_A_YEAR * TOGETHER
"""Mornings between two false alarms of one part: a year for five parts together, and twenty times that for what ten
first mornings do not tell of the mean (chosen on simulated probes of other seeds than those that are reported)."""


def arl_of(h: float, k: float = K) -> float:
    """Average run length in control of a one-sided CUSUM (Siegmund 1985; Montgomery, equation 9.9)."""
    b = h + 1.166
    return (math.exp(2.0 * k * b) - 2.0 * k * b - 1.0) / (2.0 * k * k)


def threshold_for(arl: float) -> float:
    """The h that gives this average run length, by bisection."""
    low, high = 0.0, 50.0 / K
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if arl_of(middle) < arl else (low, middle)
    return high


H: Final = threshold_for(WANTED_ARL)


@dataclass(frozen=True, slots=True)
class Chart:
    """One part of one probe."""

    first: tuple[float, ...] = ()
    """Readings of the first mornings, in dB."""
    cusum: float = 0.0
    is_out: bool = False
    """It was called, and nobody has repaired it since."""

    @property
    def expected(self) -> float | None:
        """Reading that is expected, in dB; None before the first morning."""
        return statistics.median(self.first) if self.first else None


def read_morning(part: CheckedPart, chart: Chart, readings: Sequence[float]) -> tuple[Chart, CheckStatus]:
    """The chart after a morning with these readings in dB, and how the part stands; without readings: not done."""
    if not readings:
        return chart, "out_of_control" if chart.is_out else "not_done"
    reading = statistics.median(readings)
    expected = chart.expected
    fails = expected is not None and abs(reading - expected) > part.limit_db
    if expected is None or len(chart.first) < BASELINE:
        chart = chart if fails else replace(chart, first=(*chart.first, reading))
    else:
        loss = (expected - reading) / part.sigma_db
        cusum = max(0.0, chart.cusum + loss - K)
        chart = replace(chart, cusum=cusum, is_out=chart.is_out or cusum > H)
    return chart, "out_of_control" if chart.is_out else "failed" if fails else "passed"
