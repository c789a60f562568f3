"""The inspection log of a period: sweeps from the projections and entries, turned into a document by server.exports.

Input are days in Korean time, perhaps a room, and who asks why; output are pages or the bytes of a CSV, PDF or XLSX.
Details of findings (addresses, names, SSIDs) are never read here.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, BinaryIO, Literal, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.districts.scope import rooms_of
from server.documents.line_reader import LineReader
from server.documents.seals import seal_of
from server.exports.csv_log import csv_parts
from server.exports.log_lines import UNKNOWN_PLACE, header_of
from server.exports.pdf_log import MAX_SWEEPS as PDF_MAX_SWEEPS
from server.exports.pdf_log import Printing, render_pdf
from server.exports.records import EntryLine, ExportError, Period, Place, SequenceGap, SignedDisposition, SweepPage
from server.exports.rows import build_page
from server.exports.words import KST
from server.exports.xlsx_log import stream_xlsx
from server.places.history import known_before
from server.places.rooms import room_summary
from server.places.sweeps import gaps_beside
from server.projections.sweep_record import read_sweep
from server.signing.signatures import holds
from server.store.alarms import alarms_about
from server.store.clock import from_ms, to_ms
from server.store.schema import entries, sweeps
from server.store.stored_bodies import bodies_of

T = TypeVar("T")
Format = Literal["csv", "pdf", "xlsx"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAX_SWEEPS = 200_000  # guessed: four years of a city; a spreadsheet holds five times as many lines


def _unheard(_done: int, _count: int) -> None:
    """Nobody asked how far it is."""


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which log, for whom and why."""

    format: Format
    period: Period
    room_id: UUID | None
    organisation: str
    requested_by: str
    """Pseudonym."""
    reason: str
    district_id: str | None = None
    """Only what was done in this district; None: everywhere."""

    @property
    def file_name(self) -> str:
        """Name of the document, ASCII."""
        return f"inspection-log_{self.period.first}_{self.period.last}.{self.format}"


def write_log(connection: Connection, request: LogRequest, generated: datetime) -> bytes:
    """The log as a document in memory; raises ExportError for more sweeps than one document holds."""
    out = io.BytesIO()
    write_log_to(out, connection, request, generated)
    return out.getvalue()


def write_log_to(
    out: BinaryIO,
    connection: Connection,
    request: LogRequest,
    generated: datetime,
    *,
    on_sweep: Callable[[int, int], None] = _unheard,
) -> None:
    """Write the log into a file, line by line but for a PDF; `on_sweep` hears how many of how many sweeps are read.

    Raises ExportError for more sweeps than one document holds.
    Call `projections.drain` before the read transaction begins, so that what arrived just now is in it.
    """
    if request.format == "pdf":
        pages = collect_pages(
            connection,
            request.period,
            request.room_id,
            most=PDF_MAX_SWEEPS,
            on_sweep=on_sweep,
            district_id=request.district_id,
        )
        printing = Printing(request.organisation, request.requested_by, request.reason, seal_of(connection).words)
        out.write(render_pdf(pages, request.period, generated, printing=printing))
        return
    lines = LineReader(connection, *_milliseconds(request.period), request.room_id, request.district_id)
    count = lines.count()
    if count > MAX_SWEEPS:
        raise _too_many(MAX_SWEEPS)
    if request.format == "csv":
        out.writelines(csv_parts(_heard(lines, count, on_sweep), seal_of(connection).words))
    else:
        heard = _heard(lines, count, on_sweep)
        stream_xlsx(
            out,
            heard,
            request.period,
            generated,
            count=count,
            has_demo=lines.has_demo(),
            seal=seal_of(connection).words,
        )


def collect_pages(
    connection: Connection,
    period: Period,
    room_id: UUID | None,
    *,
    most: int = MAX_SWEEPS,
    on_sweep: Callable[[int, int], None] = _unheard,
    district_id: str | None = None,
) -> tuple[SweepPage, ...]:
    """Pages of the sweeps that started in the period, oldest first; raises ExportError for more than `most`."""
    first_ms, end_ms = _milliseconds(period)
    statement = (
        select(sweeps.c.sweep_id)
        .where(sweeps.c.started_ms >= first_ms, sweeps.c.started_ms < end_ms)
        .order_by(sweeps.c.started_ms, sweeps.c.sweep_id)
        .limit(most + 1)
    )
    if room_id is not None:
        statement = statement.where(sweeps.c.room_id == room_id)
    if district_id is not None:
        statement = statement.where(sweeps.c.room_id.in_(rooms_of(district_id)))
    sweep_ids = connection.scalars(statement).all()
    if len(sweep_ids) > most:
        raise _too_many(most)
    pages = (_page(connection, sweep_id) for sweep_id in _heard(sweep_ids, len(sweep_ids), on_sweep))
    return tuple(page for page in pages if page is not None)


def _heard(sweeps_: Iterable[T], count: int, on_sweep: Callable[[int, int], None]) -> Iterator[T]:
    for done, one in enumerate(sweeps_):
        on_sweep(done, count)
        yield one


def _milliseconds(period: Period) -> tuple[int, int]:
    """First and first no longer of a period, in milliseconds since 1970."""
    first = datetime.combine(period.first, time(), KST)
    return to_ms(first), to_ms(datetime.combine(period.last, time(), KST) + timedelta(days=1))


def _too_many(most: int) -> ExportError:
    return ExportError(f"more than {most} sweeps: choose a shorter period or one room")


def today() -> datetime:
    """Now in Korean time."""
    return datetime.now(UTC).astimezone(KST)


def _page(connection: Connection, sweep_id: UUID) -> SweepPage | None:
    record, _ = read_sweep(connection, sweep_id)
    header = header_of(record.report, record.opened, record.received)
    if header is None:
        return None
    rows = connection.execute(
        select(entries)
        .where(entries.c.sweep_id == sweep_id, entries.c.status == "accepted")
        .order_by(entries.c.log_index)
    ).all()
    return build_page(
        header,
        _place(connection, header.room_id),
        record.report,
        report_state=record.report_state,
        dispositions=[
            SignedDisposition(item, row.subject, row.assurance, row.entry_hash, holds(connection, row))
            for row, item in record.dispositions
        ],
        entries=[_entry_line(connection, row) for row in rows],
        gaps=[SequenceGap(gap.key_id, gap.from_seq, gap.to_seq) for gap in gaps_beside(connection, rows)],
        alarms=[one.text for one in alarms_about(connection, sweep_id, frozenset(row.key_id for row in rows))],
        known=known_before(connection, header.room_id, record),
    )


def _place(connection: Connection, room_id: UUID) -> Place:
    room = room_summary(connection, room_id)
    if room is None:
        return UNKNOWN_PLACE
    standing = room.standing
    return Place(
        room.facility_name,
        room.facility_code,
        room.room_name,
        room.kind,
        open_finds=0 if standing is None else standing.finds,
        open_candidates=0 if standing is None else standing.candidates,
    )


def _entry_line(connection: Connection, row: Row[Any]) -> EntryLine:
    states = [body.state for body in bodies_of(connection, row.log_index, with_data=False)]
    return EntryLine(
        entry_id=row.entry_id,
        kind=row.kind,
        key_id=row.key_id,
        seq=row.seq,
        entry_hash=row.entry_hash,
        received=from_ms(row.received_ms),
        log_index=row.log_index,
        signature_ok=holds(connection, row),
        bodies_present=states.count("present"),
        bodies_erased=states.count("erased"),
        bodies_missing=states.count("missing"),
    )
