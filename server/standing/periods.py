"""What zero finds in a period mean, for a district's own analysis: never of one room, never on an issued paper."""

from __future__ import annotations

import math
from typing import Final

from sweep.report.findings import WeightSource

CONFIDENCE: Final = 0.95
PROVEN: Final[frozenset[WeightSource]] = frozenset({"field"})
"""Where a probability of detection must come from before anything may be derived from it."""


def at_most(rooms: int, chance: float | None, source: WeightSource) -> float | None:
    """Upper bound, with `CONFIDENCE`, on the share of rooms that hold a device which the method could have found.

    `rooms`: distinct rooms, drawn by chance and measured, in none of which one was found; `chance`: probability that
    one would have been found where it was.  None: nothing can be derived, as from curves of a simulation.
    Of n rooms none found: (1 - share * chance)^n = 1 - CONFIDENCE.
    """
    if source not in PROVEN or rooms <= 0 or not chance:
        return None
    return min(1.0, (1.0 - math.pow(1.0 - CONFIDENCE, 1.0 / rooms)) / chance)
