"""The sequence played and others that might have been played instead, by which p-values are reckoned.

Input is a `ChipSequence`; output is rows of chips of any length.  They depend on the sequence alone, never on traffic,
so that one set serves all flows; each length is drawn once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .sequence import ChipSequence, shuffle_marked

ALL_NULLS: Final = 9_999
SEED: Final = 20_190_319
"""Of the null sequences: fixed, so that the same file gives the same answer."""
PATTERN_CHIPS: Final = 4_000
"""Chips from which the mean products of what is looked for are taken: guessed, to some per cent."""


class NullSequences:
    """The sequence played and others that might have been: the same chips in another order.

    This is exact when each chip was drawn by itself with the same chance (`sweep.modality.chips`), also for the first
    chips of a sequence alone.  Times marked by hand are shuffled otherwise (`sequence.shuffle_marked`).
    """

    def __init__(self, sequence: ChipSequence, count: int = ALL_NULLS) -> None:
        """`count`: how many others; a p-value is a multiple of 1 / (count + 1)."""
        self._sequence = sequence
        self._count = count
        self._cache: dict[int, NDArray[np.int8]] = {}
        self._patterns: dict[int, NDArray[np.int8]] = {}

    def rows(self, chips: int) -> NDArray[np.int8]:
        """The first `chips` chips, one row per sequence; row 0 is what was played."""
        if chips not in self._cache:
            played = np.array(self._sequence.chips[:chips], dtype=np.int8)
            rng = np.random.default_rng([SEED, chips])
            if self._sequence.marks:
                others = shuffle_marked(played, self._count, rng)
            else:
                others = rng.permuted(np.tile(played, (self._count, 1)), axis=1)
            self._cache[chips] = np.vstack([played[None, :], others])
        return self._cache[chips]

    def pattern(self, chips: int) -> NDArray[np.int8]:
        """Many chips like those, whichever of the rows was played."""
        if not self._sequence.marks:
            return FAIR_COINS
        if chips not in self._patterns:
            played = np.array(self._sequence.chips[:chips], dtype=np.int8)
            times = -(-PATTERN_CHIPS // chips)
            self._patterns[chips] = shuffle_marked(played, times, np.random.default_rng([SEED, chips, 1])).ravel()
        return self._patterns[chips]


FAIR_COINS: Final = np.random.default_rng(SEED).integers(0, 2, PATTERN_CHIPS).astype(np.int8)
