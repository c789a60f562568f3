"""How long to wait before trying again: longer after each failure, bounded, and never the same for two probes."""

from __future__ import annotations

import random
from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 15.0
"""Guessed: a person at the page sees the probe again within a breath or two of the network's return."""
LEAST_SHARE: Final = 0.5


class Backoff:
    """Waits of one thing that is tried over and over."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure."""
        full_s = min(self._longest_s, FIRST_S * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return full_s * (LEAST_SHARE + (1.0 - LEAST_SHARE) * random.random())  # noqa: S311  no secret

    def succeed(self) -> None:
        """It worked: the next wait is the first again."""
        self._failures = 0
