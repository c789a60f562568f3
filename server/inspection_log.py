"""The inspection log of a period: sweeps from the projections and entries, turned into a document by server.exports.

Input are days in Korean time, perhaps a room, and who asks why; output are pages or the bytes of a CSV, PDF or XLSX.
Details of findings (addresses, names, SSIDs) are never read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, select

from server.alarms import alarms_about
from server.clock import from_ms, to_ms
from server.exports.csv_log import write_csv
from server.exports.pdf_log import MAX_SWEEPS as PDF_MAX_SWEEPS
from server.exports.pdf_log import Printing, render_pdf
from server.exports.rows import (
    EntryLine,
    ExportError,
    Period,
    Place,
    SequenceGap,
    SignedDisposition,
    SweepHeader,
    SweepPage,
    build_page,
)
from server.exports.words import KST
from server.exports.xlsx_log import write_xlsx
from server.projections import SweepRecord, bodies_of, read_sweep
from server.rooms import room_summary
from server.schema import entries, sweeps
from server.signatures import holds
from server.sweeps import gaps_beside
from sweep.report import LocalText

Format = Literal["csv", "pdf", "xlsx"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAX_SWEEPS = 5_000  # guessed: a district's year; a report takes about 1 MB while it is read
UNKNOWN_FACILITY = LocalText(ko="등록되지 않은 시설", en="Facility not registered")
UNKNOWN_ROOM = LocalText(ko="등록되지 않은 방", en="Room not registered")


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

    @property
    def file_name(self) -> str:
        """Name of the document, ASCII."""
        return f"inspection-log_{self.period.first}_{self.period.last}.{self.format}"


def write_log(connection: Connection, request: LogRequest, generated: datetime) -> bytes:
    """The log as a document; raises ExportError for more sweeps than one document holds."""
    most = PDF_MAX_SWEEPS if request.format == "pdf" else MAX_SWEEPS
    pages = collect_pages(connection, request.period, request.room_id, most=most)
    rows = [page.row for page in pages]
    match request.format:
        case "csv":
            return write_csv(rows)
        case "xlsx":
            return write_xlsx(rows, request.period, generated)
        case "pdf":
            printing = Printing(request.organisation, request.requested_by, request.reason)
            return render_pdf(pages, request.period, generated, printing=printing)


def collect_pages(
    connection: Connection, period: Period, room_id: UUID | None, *, most: int = MAX_SWEEPS
) -> tuple[SweepPage, ...]:
    """Pages of the sweeps that started in the period, oldest first; raises ExportError for more than `most`."""
    first = datetime.combine(period.first, time(), KST)
    end = datetime.combine(period.last, time(), KST) + timedelta(days=1)
    statement = (
        select(sweeps.c.sweep_id)
        .where(sweeps.c.started_ms >= to_ms(first), sweeps.c.started_ms < to_ms(end))
        .order_by(sweeps.c.started_ms, sweeps.c.sweep_id)
        .limit(most + 1)
    )
    if room_id is not None:
        statement = statement.where(sweeps.c.room_id == room_id)
    sweep_ids = connection.scalars(statement).all()
    if len(sweep_ids) > most:
        raise ExportError(f"more than {most} sweeps: choose a shorter period or one room")
    return tuple(page for sweep_id in sweep_ids if (page := _page(connection, sweep_id)) is not None)


def today() -> datetime:
    """Now in Korean time."""
    return datetime.now(UTC).astimezone(KST)


def _page(connection: Connection, sweep_id: UUID) -> SweepPage | None:
    record, _ = read_sweep(connection, sweep_id)
    header = _header(record)
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
    )


def _header(record: SweepRecord) -> SweepHeader | None:
    if record.report is not None:
        return SweepHeader.of_report(record.report, record.opened)
    return None if record.opened is None else SweepHeader.of_opened(record.opened)


def _place(connection: Connection, room_id: UUID) -> Place:
    room = room_summary(connection, room_id)
    if room is None:
        return Place(UNKNOWN_FACILITY, None, UNKNOWN_ROOM, "restroom")
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
