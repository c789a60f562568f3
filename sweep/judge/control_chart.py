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

from sweep.report import CheckStatus, ReferencePartName

SIGMA_DB: Final[dict[ReferencePartName, float]] = {"lens": 0.4, "lamp": 0.3, "wifi": 2.0, "ble": 2.0, "rf": 2.0}
"""Standard deviation of a morning's reading.  Lens and lamp: twice what 12 rendered mornings spread (0.15 and 0.13 dB
with the board 2 cm and 1 degree off), since lamps also follow the temperature; radio: guessed, no repeated capture of a
transmitter in one place was at hand."""
LIMIT_DB: Final[dict[ReferencePartName, float]] = {"lens": 1.76, "lamp": 1.76, "wifi": 10.0, "ble": 10.0, "rf": 10.0}
"""Beyond this a reading fails by itself: within 0.67 to 1.5 of the first, radio within 10 dB (hardware/README)."""
BASELINE: Final = 10
"""First mornings that say what is expected: fewer leave its error so large that a sound probe is called too often."""
REPEATS: Final = 3
"""Readings of one morning; their median counts."""
SHIFT: Final = 3.0
"""Loss to be caught, in standard deviations; k is half of it (Montgomery, 9.1.2)."""
K: Final = SHIFT / 2.0
MORNINGS_A_YEAR: Final = 365
PARTS: Final[tuple[ReferencePartName, ...]] = ("lens", "lamp", "wifi", "ble", "rf")
WANTED_ARL: Final = 20.0 * MORNINGS_A_YEAR * len(PARTS)
"""Mornings between two false alarms of one part: a year for five parts together, and twenty times that for what ten
first mornings do not tell of the mean (chosen on simulated probes of other seeds than those that are reported)."""


def arl_of(h: float, k: float = K) -> float:
    """Average run length in control of a one-sided CUSUM (Siegmund 1985; Montgomery, equation 9.9)."""
    b = h + 1.166
    return (math.exp(2.0 * k * b) - 2.0 * k * b - 1.0) / (2.0 * k * k)


def threshold_for(arl: float, k: float = K) -> float:
    """The h that gives this average run length, by bisection."""
    low, high = 0.0, 50.0 / k
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if arl_of(middle, k) < arl else (low, middle)
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


def read_morning(part: ReferencePartName, chart: Chart, readings: Sequence[float]) -> tuple[Chart, CheckStatus]:
    """The chart after a morning with these readings in dB, and how the part stands; without readings: not done."""
    if not readings:
        return chart, "out_of_control" if chart.is_out else "not_done"
    reading = statistics.median(readings)
    expected = chart.expected
    fails = expected is not None and abs(reading - expected) > LIMIT_DB[part]
    if expected is None or len(chart.first) < BASELINE:
        chart = chart if fails else replace(chart, first=(*chart.first, reading))
    else:
        loss = (expected - reading) / SIGMA_DB[part]
        cusum = max(0.0, chart.cusum + loss - K)
        chart = replace(chart, cusum=cusum, is_out=chart.is_out or cusum > H)
    return chart, "out_of_control" if chart.is_out else "failed" if fails else "passed"
