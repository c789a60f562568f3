"""Keeps the journal of a sweep while it goes on, in a thread: a slow memory card holds up nobody who stops it.

Input is what the runner knows; output is a journal on the disk, or a notice, once, that the disk takes none.  A sweep
without a journal file (a recording, which can be run again) is told the same and nothing is written.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Literal, Self

from sweep.deliver.journal import Journal, JournalFile
from sweep.deliver.journal_records import (
    ClosingRecord,
    JournalHeader,
    JournalRecord,
    MeasuredRecord,
    OpenedRecord,
    OutsideRecord,
    PositionRecord,
    ResumedRecord,
    keep,
)
from sweep.modality.measurement import Measurement
from sweep.report import Modality, Position, ProbeCondition, RecordedSweep
from sweep.report.crops import MAX_CROPS

FLUSH_S = 10.0
"""How long the end of a sweep waits for a disk that hangs: guessed, ten times the slowest write of a card."""


class JournalWriter:
    """A context manager that writes what it is told, in order."""

    def __init__(
        self, file: JournalFile | None, *, now_ns: Callable[[], int], on_trouble: Callable[[bool], None]
    ) -> None:
        """`on_trouble` hears, in another thread, that the disk takes nothing, and that it does again (False)."""
        self._file = file
        self._now_ns = now_ns
        self._on_trouble = on_trouble
        self._crops_left = MAX_CROPS
        self._records: deque[JournalRecord] = deque()
        self._sofar: dict[Modality, MeasuredRecord] = {}
        self._news = threading.Condition()
        self._is_over = False
        self._is_busy = False
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self.had_trouble = False
        """Something was in memory only for a while, or still is."""

    def __enter__(self) -> Self:
        if self._file is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def begin(self, header: JournalHeader) -> None:
        """The sweep begins; returns when that is on the disk, or the disk took it not."""
        self._put(header)
        self.flush()

    def opened(self) -> None:
        """The entry `sweep.opened` is on the disk."""
        self._put(OpenedRecord(t_ns=self._now_ns()))

    def resumed(self, journal: Journal) -> None:
        """The sweep of that journal, which this one goes on with, goes on."""
        self._crops_left -= sum(len(record.measurement.crops) for record in journal.measured)
        self._put(ResumedRecord(t_ns=self._now_ns()))

    def outside(self, limits: Collection[str]) -> None:
        """How it stands with what was to be measured outside the door."""
        self._put(OutsideRecord(t_ns=self._now_ns(), limits=tuple(sorted(limits))))

    def write_position(
        self,
        position: Position,
        said: RecordedSweep,
        *,
        is_over: bool,
        firmware: str | None = None,
        condition: ProbeCondition | None = None,
    ) -> None:
        """A position begins or is over; `said`: by persons by now."""
        self._put(
            PositionRecord(
                t_ns=self._now_ns(),
                position=position,
                is_over=is_over,
                firmware=firmware,
                condition=condition,
                seen_by_eye=said.seen_by_eye,
                explained_by_eye=said.explained_by_eye,
                eye_looks=said.eye_looks,
            )
        )

    def measured(self, one: Measurement) -> None:
        """A modality is through with a position."""
        kept = keep(one, crops_left=self._crops_left)
        self._crops_left -= len(kept.crops)
        with self._news:
            self._sofar.pop(one.modality, None)
        self._put(MeasuredRecord(t_ns=self._now_ns(), measurement=kept))

    def partial_result(self, one: Measurement) -> None:
        """What a modality has of a position that goes on."""
        if self._file is None:
            return
        record = MeasuredRecord(t_ns=self._now_ns(), measurement=keep(one, crops_left=self._crops_left))
        with self._news:
            self._sofar[one.modality] = record
            self._news.notify_all()

    def closing(
        self, said: RecordedSweep, outcome: Literal["completed", "aborted"], ended: datetime, limits: Collection[str]
    ) -> None:
        """Everything was measured; returns when that is on the disk, or the disk took it not."""
        self._put(
            ClosingRecord(
                t_ns=self._now_ns(),
                outcome=outcome,
                ended=ended,
                limits=tuple(sorted(limits)),
                seen_by_eye=said.seen_by_eye,
                explained_by_eye=said.explained_by_eye,
                eye_looks=said.eye_looks,
            )
        )
        self.flush()

    def remove(self) -> None:
        """The report is safe."""
        self.finish()
        if self._file is not None:
            self._file.remove()

    def flush(self) -> None:
        """Wait until everything was written or tried, FLUSH_S at most."""
        if self._file is not None:
            with self._news:
                self._news.wait_for(lambda: not (self._records or self._sofar or self._is_busy), FLUSH_S)

    def finish(self) -> None:
        """Write what is left and end the thread; the journal stays."""
        with self._news:
            self._is_over = True
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join(FLUSH_S)
        if self._file is not None:
            self._file.close()

    def _put(self, record: JournalRecord) -> None:
        if self._file is None:
            return
        with self._news:
            self._records.append(record)
            self._news.notify_all()

    def _write(self) -> None:
        file = self._file
        while file is not None:
            with self._news:
                self._is_busy = False
                self._news.notify_all()
                self._news.wait_for(lambda: self._records or self._sofar or self._is_over)
                if not self._records and not self._sofar:
                    return
                self._is_busy = True
                record = self._records.popleft() if self._records else None
                partial_result = None if record is not None else self._sofar.pop(next(iter(self._sofar)))
            was_in_trouble = file.trouble is not None
            if record is not None:
                file.put(record)
            elif partial_result is not None:
                file.put_partial_result(partial_result)
            if (file.trouble is not None) != was_in_trouble:
                self.had_trouble = True
                self._on_trouble(not was_in_trouble)
