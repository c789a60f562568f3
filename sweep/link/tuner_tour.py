"""The tuner's way through more frequencies than one command holds, and back to where a picture may be.

Job: list after list, the highest first, over and over; what showed a line rate is dwelt on three times more, once in a
measurement.  Input is the frequencies and what each window heard, output the command that comes next, if any.  A head
goes on with its list until the next command, so that a lost window costs one round and not the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from sweep.link.messages import TunerSweep, TunerWindow
from sweep.modality.line_rate import may_have_line_rate
from sweep.phrases import Phrase
from sweep.report import RfWindow

DWELL_BLOCKS: Final = 16
"""64 ms on each frequency: 80 RSSI samples, and so many blocks that noise shows no steady line rate (derived)."""
BUSY_COUNTS: Final = 241
"""590 mV: 10 dB above the receiver's own floor by its usual law (guessed until it is calibrated)."""
LONGEST_LIST: Final = 41
AGAIN: Final = 3
"""More dwells where a line rate was: two of these would be chance once in thousands (counted, rf/README)."""


def tuner_plan(mhz: Sequence[int]) -> TunerSweep:
    """The command that visits `mhz` (rising, at most 41, none more than 255 after the one before) over and over.

    Raises ValueError for a list that does not fit.
    """
    deltas = [b - a for a, b in pairwise(mhz)]
    if not 0 < len(mhz) <= LONGEST_LIST or any(not 0 <= delta <= 255 for delta in deltas):
        raise ValueError(Phrase("tuner_list_invalid"))
    padded = bytes(deltas).ljust(LONGEST_LIST - 1, b"\0")
    return TunerSweep(mhz[0], DWELL_BLOCKS, 0, BUSY_COUNTS, len(mhz), padded)


def tour_lists(mhz: Sequence[int]) -> list[tuple[int, ...]]:
    """Rising `mhz` in lists of 41 at most, the highest first."""
    ends = range(len(mhz), 0, -LONGEST_LIST)
    return [tuple(mhz[max(0, end - LONGEST_LIST) : end]) for end in ends]


class TunerTour:
    """One measurement."""

    def __init__(self, mhz: Sequence[int]) -> None:
        self._lists = tour_lists(mhz)
        self._at = 0
        self._plan = self._lists[0]
        self._lined: list[int] = []
        """Of this round: to be dwelt on again."""
        self._again: set[int] = set()

    def begin(self) -> TunerSweep:
        """The command that sets out, or goes on after the head was away."""
        return tuner_plan(self._plan)

    def heard(self, window: TunerWindow, record: RfWindow | None) -> TunerSweep | None:
        """The next command, once the list was visited."""
        is_last = window.index >= len(self._plan) - 1
        if window.mhz != self._plan[window.index % len(self._plan)]:
            return None  # of the list before
        if record is not None and may_have_line_rate(record) and window.mhz not in self._again:
            self._again.add(window.mhz)
            self._lined.append(window.mhz)
        if not is_last:
            return None
        before = self._plan
        if self._lined:
            first, self._lined = sorted(self._lined[: LONGEST_LIST // AGAIN]), self._lined[LONGEST_LIST // AGAIN :]
            self._plan = tuple(mhz for mhz in first for _ in range(AGAIN))
        else:
            self._at = (self._at + 1) % len(self._lists)
            self._plan = self._lists[self._at]
        return None if self._plan == before else self.begin()
