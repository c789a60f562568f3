"""A search for the best rate as Minstrel makes it: chances of rates, tried now and then, and a chain of fallbacks."""

from __future__ import annotations

from math import exp
from random import Random
from typing import Final

RATES_MBPS: Final = (1.0, 6.5, 13.0, 19.5, 26.0, 39.0, 52.0, 58.5, 65.0, 78.0, 104.0, 117.0, 130.0)
"""The oldest rate, then 20 MHz with one spatial stream and with two."""
NEED_DB: Final = (-2.0, 3.0, 5.5, 8.0, 11.0, 14.5, 18.5, 20.0, 21.5, 21.0, 25.0, 26.5, 28.0)
"""Signal over noise at which half of the frames arrive: guessed from sensitivity tables of common chips."""
ONE_STREAM: Final = 9
"""Rates below this place need one antenna."""
UPDATE_S: Final = 0.1
OLD_SHARE: Final = 0.75
"""Weight of what was known in the moving average (EWMA_LEVEL of mac80211)."""
SAMPLED_SHARE: Final = 0.08


def chance(place: int, snr_db: float) -> float:
    """That a frame at a rate arrives."""
    over = snr_db - NEED_DB[place]
    return 1.0 if over > 8 else 0.0 if over < -8 else 1 / (1 + exp(-1.6 * over))


class Minstrel:
    """What one sender knows of one receiver."""

    def __init__(self, rng: Random, rates: int, snr_db: float) -> None:
        self.rng, self.rates = rng, rates
        self.known = [chance(place, snr_db - 3) for place in range(rates)]
        self.tried, self.arrived = [0] * rates, [0] * rates
        self.update_s = 0.0
        self.chain = (0, 0, 0, 0)
        self._rank()

    def choose(self, tries: int, now: float) -> int:
        """Place of the rate for a frame that failed so many times."""
        if now >= self.update_s:
            self._update(now)
        if tries == 0 and self.rng.random() < SAMPLED_SHARE:
            return max(1, min(self.rng.randrange(self.rates), self.chain[0] + 2))
        return self.chain[min(tries // 2, 3)]

    def tell(self, place: int, tried: int, arrived: int) -> None:
        self.tried[place] += tried
        self.arrived[place] += arrived

    def _update(self, now: float) -> None:
        self.update_s = now + UPDATE_S
        for place, tried in enumerate(self.tried):
            if tried:
                self.known[place] = OLD_SHARE * self.known[place] + (1 - OLD_SHARE) * self.arrived[place] / tried
                self.tried[place] = self.arrived[place] = 0
        self._rank()

    def _rank(self) -> None:
        gain = [RATES_MBPS[place] * (0.0 if known < 0.1 else min(known, 0.9)) for place, known in enumerate(self.known)]
        order = sorted(range(self.rates), key=lambda place: -gain[place])
        surest = max(range(self.rates), key=lambda place: (min(self.known[place], 0.95), place))
        self.chain = (order[0], order[1], surest, 0 if self.known[1] < 0.5 else 1)
