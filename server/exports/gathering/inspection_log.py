"""The inspection log of a period: sweeps from the projections and entries, turned into a document by server.exports.

Input are days in Korean time, perhaps a room, and who asks why; output are pages or the bytes of a document.
Details of findings (addresses, names, SSIDs) are never read here.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import BinaryIO, TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from server.districts.office import office_of
from server.districts.register import name_of
from server.exports.gathering.line_reader import LineReader
from server.exports.gathering.log_request import LogRequest, milliseconds, wanted_sweeps
from server.exports.gathering.log_seal import seal_of
from server.exports.gathering.redacted_copy import redacted_copy
from server.exports.logs.office_paper import paper_hwpx, paper_pdf
from server.exports.logs.pdf_log import MAX_LINES as PDF_MAX_LINES
from server.exports.logs.pdf_log import MAX_SWEEPS as PDF_MAX_SWEEPS
from server.exports.seal import Seal
from server.interface.formats import Format
from server.interface.words import KST
from server.people.document_names import names_by_pseudonym
from server.people.original_names import names_of_original, names_of_originals
from server.places.history import known_before
from server.places.rooms import room_summary
from server.places.sweeps import gaps_beside
from server.projections.case_rows import case_lines, states_of
from server.projections.imported_words import imported_header
from server.projections.log_lines import UNKNOWN_PLACE, header_of, inspection_header
from server.projections.log_records import (
    Document,
    EntryLine,
    ExportError,
    Place,
    Printing,
    SequenceGap,
    SignedDisposition,
    SweepPage,
)
from server.projections.log_rows import build_page
from server.projections.sightings import same_things
from server.projections.sweep_record import read_sweep
from server.projections.visit_words import hand_of
from server.signing.signatures import holds
from server.store.alarms import alarms_about
from server.store.clock import from_ms
from server.store.schema import entries, sweeps
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredEntry
from sweep.phrases import Phrase

T = TypeVar("T")
MAX_SWEEPS = 200_000  # guessed: four years of a city; a spreadsheet holds five times as many lines


UNNAMED = "기관명 미기재"
"""Heads a document of a district that is known by its id alone."""


def no_progress(_done: int, _count: int) -> None:
    """Nobody asked how far it is."""


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
    on_sweep: Callable[[int, int], None] = no_progress,
) -> None:
    """Write the log into a file, line by line but for what is printed.

    `on_sweep` hears how many of how many sweeps are read.

    Raises ExportError for more sweeps than one document holds.
    Call `projections.drain` before the read transaction begins, so that what arrived just now is in it.
    """
    about = request.format.about
    if about.writer is None:
        raise ExportError(Phrase("submission_not_signed"))
    if request.is_redacted:
        refuse_narrow(request)
    refuse_english(request)
    write: Callable[[BinaryIO, Document], None] = import_module(about.writer).write
    printing = printing_for(connection, request, seal_of(connection))
    if about.is_paper and (request.sweep_id is not None or request.with_sheets):
        pages = _sheets(connection, request, on_sweep)
        rows, count = [page.row for page in pages], len(pages)
        has_demo, is_alone = any(row.is_demo for row in rows), request.sweep_id is not None
        write(out, Document(rows, count, has_demo, request.period, generated, printing, pages, is_alone))
        return
    lines = LineReader(connection, request)
    count, most = lines.count(), PDF_MAX_LINES if about.is_paper else MAX_SWEEPS
    if count > most:
        raise _too_many(most)
    heard = _heard(lines, count, on_sweep)
    if request.is_redacted:
        paper = redacted_copy(tuple(heard), request.period, generated, printing)
        out.write(paper_pdf(paper) if request.format is Format.PDF else paper_hwpx(paper))
        return
    has_demo, language = lines.has_demo(), request.language
    write(out, Document(heard, count, has_demo, request.period, generated, printing, language=language))


def refuse_english(request: LogRequest) -> None:
    """ExportError for English of what is an office's Korean form."""
    if request.language == "en" and not request.format.about.has_english:
        raise ExportError(Phrase("english_log_is_table"))


def refuse_narrow(request: LogRequest) -> None:
    """ExportError for a redacted copy of one place, of which it would tell, or on no paper."""
    if request.room_id is not None or request.sweep_id is not None or not request.format.about.is_paper:
        raise ExportError(Phrase("redacted_copy_too_narrow"))


def printing_for(connection: Connection, request: LogRequest, seal: Seal) -> Printing:
    """What stands on every sheet; a district by its name, where it is known by one."""
    printing = printing_of(
        connection,
        request.organisation,
        request.requested_by,
        document_no=request.document_no,
        may_name=request.may_name,
    )
    if request.may_name and request.organisation:
        printing = replace(printing, names={**printing.names, **_names_of_lists(connection, request)})
    return replace(printing, reason=request.reason, seal=seal.words(request.language), proof=seal.proof)


def _names_of_lists(connection: Connection, request: LogRequest) -> dict[str, str]:
    """Names of inspectors in offices' own lists, by the inspection."""
    if request.sweep_id is None:
        return names_of_originals(connection, request.organisation, *milliseconds(request.period))
    names = names_of_original(connection, request.sweep_id)
    return {} if names is None else {str(request.sweep_id): names}


def printing_of(
    connection: Connection, district_id: str, requested_by: str, *, document_no: str, may_name: bool = False
) -> Printing:
    """How a document of this office looks; `may_name`: whether names stand beside pseudonyms."""
    return Printing(
        name_of(connection, district_id) or UNNAMED,
        requested_by,
        document_no=document_no,
        approval=office_of(connection, district_id).approval,
        names=names_by_pseudonym(connection, district_id) if may_name else {},
    )


def _sheets(connection: Connection, request: LogRequest, on_sweep: Callable[[int, int], None]) -> tuple[SweepPage, ...]:
    """One sweep, or those of a period."""
    pages = collect_pages(connection, request, most=PDF_MAX_SWEEPS, on_sweep=on_sweep)
    if request.sweep_id is not None and not pages:
        raise ExportError(Phrase("no_such_sweep"))
    return pages


def collect_pages(
    connection: Connection,
    request: LogRequest,
    *,
    most: int = MAX_SWEEPS,
    on_sweep: Callable[[int, int], None] = no_progress,
) -> tuple[SweepPage, ...]:
    """Pages of the sweeps that it is about, oldest first; raises ExportError for more than `most`."""
    sweep_ids = _wanted_ids(connection, request, most)
    pages = (_page(connection, sweep_id) for sweep_id in _heard(sweep_ids, len(sweep_ids), on_sweep))
    return tuple(page for page in pages if page is not None)


def _wanted_ids(connection: Connection, request: LogRequest, most: int) -> Sequence[UUID]:
    """Oldest first; ExportError for more than `most`."""
    statement = select(sweeps.c.sweep_id).where(wanted_sweeps(request))
    statement = statement.order_by(sweeps.c.started_ms, sweeps.c.sweep_id).limit(most + 1)
    sweep_ids = connection.scalars(statement).all()
    if len(sweep_ids) > most:
        raise _too_many(most)
    return sweep_ids


def _heard(sweeps_: Iterable[T], count: int, on_sweep: Callable[[int, int], None]) -> Iterator[T]:
    for done, one in enumerate(sweeps_):
        on_sweep(done, count)
        yield one


def _too_many(most: int) -> ExportError:
    return ExportError(Phrase("log_of_too_many_sweeps", most=most))


def today() -> datetime:
    """Now in Korean time."""
    return datetime.now(UTC).astimezone(KST)


def _page(connection: Connection, sweep_id: UUID) -> SweepPage | None:
    record, _ = read_sweep(connection, sweep_id)
    header = header_of(record.report, record.opened, record.received)
    if record.inspection is not None:
        header = inspection_header(record, record.inspection)
    imported = None if record.is_withdrawn else record.imported
    if imported is not None:
        header = imported_header(record, imported)
    if header is None:
        return None
    rows = connection.execute(
        select(entries)
        .where(entries.c.sweep_id == sweep_id, entries.c.status == "accepted")
        .order_by(entries.c.log_index)
    ).all()
    same = same_things(connection, record)
    return build_page(
        header,
        _place(connection, header.room_id),
        record.report,
        report_state=record.report_state,
        states=states_of(connection, record, same),
        dispositions=[
            SignedDisposition(item, row.subject, row.assurance, row.entry_hash, holds(connection, row))
            for row, item in record.dispositions
        ],
        entries=[_entry_line(connection, row) for row in rows],
        gaps=[SequenceGap(gap.key_id, gap.from_seq, gap.to_seq) for gap in gaps_beside(connection, rows)],
        alarms=[one.text for one in alarms_about(connection, sweep_id, frozenset(row.key_id for row in rows))],
        hand=hand_of(record) if imported is None else None,
        known=known_before(connection, header.room_id, record),
        inspection=record.inspection,
        case_lines=case_lines(connection, record, same),
        imported=None if imported is None else (imported, None if record.citation is None else record.citation[1]),
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
        room.sex,
        room.floor,
        room.stalls,
        open_things=() if standing is None else tuple((one.state, one.count) for one in standing.counts),
        find_asks=None if standing is None else standing.asks,
    )


def _entry_line(connection: Connection, row: StoredEntry) -> EntryLine:
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
