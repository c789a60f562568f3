"""How long to wait before trying again: longer after each failure, bounded, and never the same for two probes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 15.0
"""Guessed: a person at the page sees the probe again within a breath or two of the network's return."""
LEAST_SHARE: Final = 0.5


class Backoff:
    """Waits of one thing that is tried over and over."""

    def __init__(
        self, first_s: float = FIRST_S, longest_s: float = LONGEST_S, *, share: Callable[[], float] = random.random
    ) -> None:
        """`share` gives a number from 0 to 1 that spreads the waits."""
        self._first_s = first_s
        self._longest_s = longest_s
        self._share = share
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure."""
        full_s = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return full_s * (LEAST_SHARE + (1.0 - LEAST_SHARE) * self._share())

    def succeed(self) -> None:
        """It worked: the next wait is the first again."""
        self._failures = 0
