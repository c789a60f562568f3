"""The two entries of a sweep: `sweep.opened` before anything is measured, `sweep.report` when it closes.

Input is the sweep's manifest and its report; output is signed entries in the outbox, under ids that the journal knows,
so that each is written once however often the sweep is taken up again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sweep.deliver.journal import Journal
from sweep.deliver.journal_records import JOURNAL_VERSION, JournalHeader
from sweep.deliver.outbox import Outbox, OutboxError
from sweep.deliver.report_bodies import with_bodies
from sweep.entry import kinds
from sweep.entry.dsse import SignedEntry
from sweep.entry.envelope import Body, make_body
from sweep.host.clock import WallClock, read_boot_id
from sweep.modality.measurement import Measurement
from sweep.report import RecordedSweep, Source, SweepReport, new_id, to_json
from sweep.report.proof_records import Identified
from sweep.run.reporting.journal_writer import JournalWriter
from sweep.run.reporting.report_builder import build_opening, software_name
from sweep.run.sweep_sources import SweepSource


@dataclass(frozen=True, slots=True)
class EntryIds:
    """Of the entries that open and close a sweep, whoever writes them."""

    opened: UUID
    report: UUID

    @classmethod
    def of(cls, resumed: Journal | None) -> EntryIds:
        """Those of the sweep that goes on, or new ones."""
        if resumed is None:
            return cls(new_id(), new_id())
        return cls(resumed.header.opened_entry_id, resumed.header.report_entry_id)


@dataclass(frozen=True, slots=True)
class SweepEntries:
    """Writes them for one sweep."""

    outbox: Outbox
    journal: JournalWriter
    ids: EntryIds
    sweep_id: UUID
    room_id: UUID
    source: Source
    read_clock: Callable[[], WallClock]

    def open(self, manifest: RecordedSweep, *, is_declared: bool, identified: Identified | None = None) -> SignedEntry:
        """Write that the sweep begins.  Raises OutboxError."""
        opened = build_opening(
            manifest, sweep_id=self.sweep_id, source=self.source, is_declared=is_declared, identified=identified
        )
        body = make_body(kinds.OPENED_TYPE, to_json(opened))
        try:
            entry = self._append(kinds.OPENED, (body,), entry_id=self.ids.opened, must_save=True)
        except OutboxError:
            self.journal.remove()
            raise
        self.journal.opened()
        return entry

    def close(self, report: SweepReport, measurements: list[Measurement]) -> tuple[SweepReport, SignedEntry]:
        """Write the report, which then cites the bodies beside it; the journal goes once that is safe."""
        report, bodies = with_bodies(report, measurements)
        entry = self._append(kinds.REPORT, bodies, entry_id=self.ids.report, when_safe=self.journal.remove)
        return report, entry

    def _append(
        self,
        kind: str,
        bodies: tuple[Body, ...],
        *,
        entry_id: UUID,
        must_save: bool = False,
        when_safe: Callable[[], None] = lambda: None,
    ) -> SignedEntry:
        return self.outbox.append(
            kind,
            bodies,
            source=self.source,
            room_id=self.room_id,
            sweep_id=self.sweep_id,
            clock=self.read_clock(),
            must_save=must_save,
            entry_id=entry_id,
            when_safe=when_safe,
        )


def journal_header(
    ids: EntryIds, source: SweepSource, kind: Source, sweep_id: UUID, begun_ns: int, limits: set[str]
) -> JournalHeader:
    """How the journal of a sweep begins."""
    return JournalHeader(
        v=JOURNAL_VERSION,
        sweep_id=sweep_id,
        opened_entry_id=ids.opened,
        report_entry_id=ids.report,
        boot_id=read_boot_id(),
        begun_ns=begun_ns,
        begun=source.ended(()),
        source=kind,
        manifest=source.manifest,
        limits=tuple(sorted(limits)),
        software=software_name(),
    )
