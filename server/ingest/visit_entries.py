"""What the inspectors noted of a visit, as an entry that the server signs for the one who wrote it down.

Input are a person, a sweep and their word; output is the entry.  That nothing was unusual by eye is refused while a
place that the probe named has not been looked at: such a line would stand on paper beside an open candidate.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from server.cases.words import check_words
from server.ingest.entry_rows import Outcome
from server.ingest.persons import ServerSigner, phone_time, write_for
from server.ingest.said_before import entry_under, outcome_of, record_in
from server.interface.errors import ApiError, not_found, refuse_links
from server.interface.fields import IMPORTED_AS
from server.interface.visit_requests import SignatureRequest, VisitNoteRequest
from server.people.auth import Person
from server.projections.projecting import project_due
from server.standing.persons import is_over_note
from server.store.clock import clock_reading
from server.store.db import Database
from server.store.schema import IS_ACCEPTED, cases, entries, sweeps
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase
from sweep.report import Record, to_json
from sweep.report.visit_records import Noted, SignedByHand, VisitNote, VisitSigned


def note_visit(
    db: Database, server_signer: ServerSigner, person: Person, sweep_id: UUID, request: VisitNoteRequest
) -> Outcome:
    """Append what a person noted of a sweep, or find it appended already under its note id.

    ApiError 404 without the sweep, 400 for words that may hurt, 409 while a named place is not looked at or when the
    id is that of something else.
    """
    for text in (request.marks, request.companions, request.confirmed_by):
        if text is not None:
            check_words(text)
    noted = {name: getattr(request, name) for name in Noted.model_fields}
    with db.write() as connection:
        if request.note_id is not None:
            known = _known_note(connection, sweep_id, request.note_id, noted)
            if known is not None:
                return known
        project_due(connection, sweep_id)
        sweep = connection.execute(
            select(sweeps.c.room_id, sweeps.c.source, sweeps.c.mode, sweeps.c.report_log_index).where(
                sweeps.c.sweep_id == sweep_id
            )
        ).one_or_none()
        if sweep is None:
            raise not_found(Phrase("sweep_not_found"))
        if sweep.mode in IMPORTED_AS:
            raise ApiError(409, Phrase("imported_not_witnessed"))
        undecided = select(func.count()).where(cases.c.sweep_id == sweep_id, cases.c.stands == "to_inspect")
        waiting = connection.scalar(undecided) or 0
        if request.by_eye == "nothing_unusual" and waiting:
            raise ApiError(409, Phrase("look_first", waiting=waiting))
        clock = clock_reading()
        claimed = None if request.claimed is None else phone_time(request.claimed, clock.utc)
        told = VisitNote(v=1, sweep_id=sweep_id, noted=clock, claimed=claimed, account=person.account, **noted)
        return write_for(
            connection,
            server_signer,
            person,
            kind=kinds.VISIT_NOTED,
            source=sweep.source,
            room_id=sweep.room_id,
            sweep_id=sweep_id,
            refs=_report_of(connection, sweep.report_log_index),
            body=make_body(kinds.VISIT_NOTED_TYPE, to_json(told)),
            entry_id=request.note_id,
        )


def sign_visit(
    db: Database, server_signer: ServerSigner, person: Person, sweep_id: UUID, request: SignatureRequest
) -> Outcome:
    """Take down a signature by finger over the last note of a visit, or find it under its id.

    ApiError 404 without the sweep, 409 when the hash is not that of the last note or the id is that of something else.
    """
    refuse_links(request.name)
    for text in (request.agency, request.rank):
        if text is not None:
            check_words(text)
    signed = {name: getattr(request, name) for name in SignedByHand.model_fields}
    with db.write() as connection:
        if request.signature_id is not None:
            known = _known_signature(connection, sweep_id, request.signature_id, signed)
            if known is not None:
                return known
        project_due(connection, sweep_id)
        sweep = connection.execute(
            select(sweeps.c.room_id, sweeps.c.source).where(sweeps.c.sweep_id == sweep_id)
        ).one_or_none()
        if sweep is None:
            raise not_found(Phrase("sweep_not_found"))
        note = connection.execute(
            select(entries)
            .where(entries.c.sweep_id == sweep_id, entries.c.kind == kinds.VISIT_NOTED, IS_ACCEPTED)
            .order_by(entries.c.log_index.desc())
            .limit(1)
        ).one_or_none()
        if note is None or not is_over_note(request, note.entry_id, note.entry_hash, _note_of(connection, note)):
            raise ApiError(409, Phrase("hash_not_of_last_note"), code="hash_not_shown")
        clock = clock_reading()
        claimed = None if request.claimed is None else phone_time(request.claimed, clock.utc)
        record = VisitSigned(v=1, sweep_id=sweep_id, signed=clock, claimed=claimed, account=person.account, **signed)
        return write_for(
            connection,
            server_signer,
            person,
            kind=kinds.VISIT_SIGNED,
            source=sweep.source,
            room_id=sweep.room_id,
            sweep_id=sweep_id,
            refs=(note.entry_id,),
            body=make_body(kinds.VISIT_SIGNED_TYPE, to_json(record)),
            entry_id=request.signature_id,
        )


def _known_signature(
    connection: Connection, sweep_id: UUID, signature_id: UUID, signed: dict[str, Any]
) -> Outcome | None:
    """The signature as it was taken down before under this id; None when there is none."""
    row = entry_under(connection, signature_id)
    if row is None:
        return None
    before = record_in(connection, row, kinds.VISIT_SIGNED_TYPE, VisitSigned)
    if not _is_same(row, kinds.VISIT_SIGNED, sweep_id, before, signed):
        raise ApiError(409, Phrase("signature_known"))
    return outcome_of(row)


def _report_of(connection: Connection, log_index: int | None) -> tuple[UUID, ...]:
    """The entry that a note cites; none for a sweep without report."""
    if log_index is None:
        return ()
    return tuple(connection.scalars(select(entries.c.entry_id).where(entries.c.log_index == log_index)))


def _known_note(connection: Connection, sweep_id: UUID, note_id: UUID, noted: dict[str, Any]) -> Outcome | None:
    """The note as it was signed before under this id; None when there is none."""
    row = entry_under(connection, note_id)
    if row is None:
        return None
    before = _note_of(connection, row)
    if not _is_same(row, kinds.VISIT_NOTED, sweep_id, before, noted):
        raise ApiError(409, Phrase("note_known"))
    return outcome_of(row)


def _note_of(connection: Connection, row: StoredEntry) -> VisitNote | None:
    return record_in(connection, row, kinds.VISIT_NOTED_TYPE, VisitNote)


def _is_same(row: StoredEntry, kind: str, sweep_id: UUID, before: Record | None, said: dict[str, Any]) -> bool:
    """Whether an entry says just this; of one whose body was erased nothing is left to compare."""
    if (row.kind, row.sweep_id) != (kind, sweep_id):
        return False
    return before is None or all(getattr(before, name) == value for name, value in said.items())
