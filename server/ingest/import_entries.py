"""Past inspections that an office's list tells of, as entries that the server signs for whoever takes them over.

Input are a person and what a row of the list says; output is the entry.  Nobody who signs was there: the entry says so
by its kind, opens no case and fulfils nothing until an officer cites the number of the original.  Taking an import back
withdraws each of its inspections by one more entry; nothing is deleted.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from server.ingest.entry_rows import Outcome
from server.ingest.persons import ServerSigner, write_for, write_visit
from server.interface.errors import ApiError, not_found
from server.people.auth import Person
from server.projections.projecting import project
from server.store.clock import clock_reading
from server.store.db import Database
from server.store.schema import IS_ACCEPTED, city, entries, facilities, rooms
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase
from sweep.report import to_json
from sweep.report.imported_records import InspectionCited, InspectionImported, InspectionWithdrawn


def refuse_at_pi(connection: Connection) -> None:
    """ApiError 409 at a server that relays to a city's: there lists are brought in."""
    if connection.scalar(select(city.c.url)) is not None:
        raise ApiError(409, Phrase("inspection_at_the_city"))


def record_import(
    connection: Connection, server_signer: ServerSigner, person: Person, room_id: UUID, said: InspectionImported
) -> Outcome:
    """Append one past inspection of a room, inside the transaction in which its row is done; ApiError 404."""
    of_room = select(facilities.c.is_demo).join(rooms, rooms.c.facility_id == facilities.c.facility_id)
    is_demo = connection.scalar(of_room.where(rooms.c.room_id == room_id))
    if is_demo is None:
        raise not_found(Phrase("room_not_found"))
    kind, body = kinds.INSPECTION_IMPORTED, make_body(kinds.INSPECTION_IMPORTED_TYPE, to_json(said))
    outcome = write_visit(
        connection, server_signer, person, room_id, said.sweep_id, kind=kind, is_demo=is_demo, body=body
    )
    project(connection, said.sweep_id)
    return outcome


def withdraw_import(
    connection: Connection, server_signer: ServerSigner, person: Person, sweep_id: UUID, import_id: UUID
) -> None:
    """Append that an imported inspection counts for nothing any more; once."""
    row = imported_entry(connection, sweep_id)
    if row is None or is_withdrawn(connection, sweep_id):
        return
    record = InspectionWithdrawn(
        v=1, sweep_id=sweep_id, import_id=import_id, withdrawn=clock_reading(), account=person.account
    )
    _write_about(
        connection,
        server_signer,
        person,
        row,
        kinds.INSPECTION_WITHDRAWN,
        kinds.INSPECTION_WITHDRAWN_TYPE,
        to_json(record),
    )
    project(connection, sweep_id)


def cite_original(
    db: Database, server_signer: ServerSigner, person: Person, sweep_id: UUID, document: str, shown_hash: str
) -> Outcome:
    """Append that an officer has the original at hand, under this number; the last citation counts.

    ApiError 404 without an imported inspection, 409 for one that is withdrawn, or when the hash is not its entry's.
    """
    with db.write() as connection:
        row = imported_entry(connection, sweep_id)
        if row is None:
            raise not_found(Phrase("sweep_not_found"))
        if is_withdrawn(connection, sweep_id):
            raise ApiError(409, Phrase("inspection_withdrawn"))
        if row.entry_hash != shown_hash:
            raise ApiError(409, Phrase("hash_not_of_inspection"), code="hash_not_shown")
        record = InspectionCited(
            v=1, sweep_id=sweep_id, document=document, cited=clock_reading(), account=person.account
        )
        outcome = _write_about(
            connection, server_signer, person, row, kinds.INSPECTION_CITED, kinds.INSPECTION_CITED_TYPE, to_json(record)
        )
        project(connection, sweep_id)
        return outcome


def imported_entry(connection: Connection, sweep_id: UUID) -> StoredEntry | None:
    """The entry of an imported inspection."""
    of_id = (entries.c.sweep_id == sweep_id) & (entries.c.kind == kinds.INSPECTION_IMPORTED) & IS_ACCEPTED
    return connection.execute(select(entries).where(of_id).order_by(entries.c.log_index).limit(1)).one_or_none()


def is_withdrawn(connection: Connection, sweep_id: UUID) -> bool:
    """Was its import taken back?"""
    of_id = (entries.c.sweep_id == sweep_id) & (entries.c.kind == kinds.INSPECTION_WITHDRAWN) & IS_ACCEPTED
    return connection.scalar(select(entries.c.log_index).where(of_id).limit(1)) is not None


def _write_about(
    connection: Connection,
    server_signer: ServerSigner,
    person: Person,
    row: StoredEntry,
    kind: str,
    media_type: str,
    data: bytes,
) -> Outcome:
    return write_for(
        connection,
        server_signer,
        person,
        kind=kind,
        source=row.source,
        room_id=row.room_id,
        sweep_id=row.sweep_id,
        refs=(row.entry_id,),
        body=make_body(media_type, data),
    )
