"""What is put off when there is more to do than threads: statistics and documents first, then lists, entries last.

Input is how much work holds or waits for a thread; output is the refusal of what can come again, with the time after
which it may.  What a stop needs has no rank here and is never put off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from server.interface.errors import busy
from sweep.phrases import Phrase

Rank = Literal["document", "list", "entry"]
THREADS = 24  # derived: of the 36 connections for reading a PostgreSQL, sessions keep eight and the clock's work four


@dataclass(frozen=True, slots=True)
class Bound:
    """From when on something is put off, and for how long."""

    work: int
    """That holds or waits for a thread."""
    retry_after_s: int
    said: Phrase


BOUNDS: dict[Rank, Bound] = {
    "document": Bound(THREADS, 30, Phrase("load_document")),  # derived: another one would make somebody wait
    "list": Bound(128, 5, Phrase("load_list")),  # guessed: five lists of 50 ms stand before each
    "entry": Bound(384, 5, Phrase("load_entry")),  # derived: the ingest path holds 264 by itself, the rest is people's
}
"""In the order in which they are put off."""


class Load:
    """How much there is to do in this process."""

    def __init__(self, work: Callable[[], int]) -> None:
        """`work`: how much holds or waits for a thread now."""
        self.work = work
        self.refused: Counter[Rank] = Counter()
        """How often each was put off since the process began."""

    @property
    def is_too_much(self) -> bool:
        """Is something put off now?"""
        return self.work() >= BOUNDS["document"].work

    def admit(self, rank: Rank) -> None:
        """ApiError 503 when this has to come again later."""
        bound = BOUNDS[rank]
        if self.work() >= bound.work:
            self.refused[rank] += 1
            raise busy(bound.said, code="overloaded", retry_after_s=bound.retry_after_s)
