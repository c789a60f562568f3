"""What counts of a period mean, the zero of finds before all.

It is for a district's own analysis: never of one room, never on an issued paper.
"""

from __future__ import annotations

import math
from typing import Final

from sweep.report.findings import WeightSource

CONFIDENCE: Final = 0.95
PROVEN: Final[frozenset[WeightSource]] = frozenset({"field"})
"""Where a probability of detection must come from before anything may be derived from it."""


Z_90: Final = 1.6448536269514722
"""Of the normal distribution: an interval that holds the truth in 90 of 100 repetitions, as the lens figures have."""


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 90 % score interval of a share (Wilson 1927); `total` is at least 1."""
    share, z2 = hits / total, Z_90**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_90 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def at_most(rooms: int, chance: float | None, source: WeightSource) -> float | None:
    """Upper bound, with `CONFIDENCE`, on the share of rooms that hold a device which the method could have found.

    `rooms`: distinct rooms, drawn by chance and measured, in none of which one was found; `chance`: probability that
    one would have been found where it was.  None: nothing can be derived, as from curves of a simulation.
    Of n rooms none found: (1 - share * chance)^n = 1 - CONFIDENCE.
    """
    if source not in PROVEN or rooms <= 0 or not chance:
        return None
    return min(1.0, (1.0 - math.pow(1.0 - CONFIDENCE, 1.0 / rooms)) / chance)
