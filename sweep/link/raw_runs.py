"""Raw runs of the log detector: eight before the windows of a measurement, each one record.

Job: ask for run after run, put the pieces together, give up on a head that does not answer.  Every other run the head
samples half a slot later.  Input is messages and the time; output is commands and windows of the contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sweep.link.head import Head
from sweep.link.messages import SLOT_NS, RfRaw, RfSamples
from sweep.modality.line_rate import RUN_SAMPLES, line_excess_db
from sweep.report import RfWindow

RUNS: Final = 8
LONGEST_S: Final = 1.0
"""For all of them: 16 ms each, and as much on the line (derived: .3 s); more is a head that lost its way."""
AT_ONCE_COUNTS: Final = 1024
PIECE_SAMPLES: Final = 64
RAW: Final = RfRaw(RUN_SAMPLES, AT_ONCE_COUNTS, 0)


class RawAssembler:
    """Pieces to runs: also of a recording."""

    def __init__(self) -> None:
        self._pieces: list[RfSamples] = []

    def take(self, piece: RfSamples, t_ns: int) -> RfWindow | None:
        """The record of the run that `piece` completes; `t_ns`: when its run began."""
        if piece.offset == 0:
            self._pieces.clear()
        self._pieces.append(piece)
        if piece.offset + piece.count < piece.total:
            return None
        run, self._pieces = self._pieces, []
        quarters = b"".join(one.quarter_counts[: one.count] for one in run)
        if piece.total != RUN_SAMPLES or len(quarters) != RUN_SAMPLES or piece.dropped:
            return None
        counts = 4.0 * np.frombuffer(quarters, np.uint8)
        p10, p50, p90 = (float(np.percentile(counts, percent)) for percent in (10, 50, 90))
        return RfWindow(
            t_ns=t_ns, duration_s=RUN_SAMPLES * SLOT_NS / 1e9, receiver="raw_run", centre_mhz=None,
            samples=RUN_SAMPLES, dropped=0, min_counts=float(counts.min()), mean_counts=float(counts.mean()),
            max_counts=float(counts.max()), p10_counts=p10, p50_counts=p50, p90_counts=p90, duty_cycle=0.0, bursts=0,
            gaps=0, line_excess_db=round(line_excess_db(counts / 4), 2),
        )  # fmt: skip


class RawRuns:
    """The runs before one measurement."""

    def __init__(self, now_ns: int) -> None:
        self._until_ns = now_ns + round(LONGEST_S * 1e9)
        self._left = RUNS

    def next_after(self, piece: RfSamples | None, now_ns: int) -> RfRaw | None:
        """The command that comes now: the first one, and one behind the last piece of each run."""
        if piece is not None:
            if piece.offset + piece.count < piece.total:
                return None
            self._left -= 1
        return RAW if self._left > 0 and now_ns < self._until_ns else None

    def is_over(self, now_ns: int) -> bool:
        """All runs came, or too much time went by."""
        return self._left <= 0 or now_ns >= self._until_ns


def measure_raw(head: Head) -> Iterator[RfWindow]:
    """All of them, one after another. Raises HeadError."""
    raw, assembler = RawRuns(head.now_ns()), RawAssembler()
    head.send(RAW)
    while not raw.is_over(head.now_ns()):
        for event in head.receive():
            if not isinstance(event.message, RfSamples):
                continue
            t_ns = max(0, head.clock.to_boottime(event.message.tick).t_ns) if head.clock.is_set else head.now_ns()
            if (run := assembler.take(event.message, t_ns)) is not None:
                yield run
            if (again := raw.next_after(event.message, head.now_ns())) is not None:
                head.send(again)
