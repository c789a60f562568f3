"""What a person said before, found again: the entry under an id that a page gave it, and what it says.

An answer that is lost and a request that is sent again are one entry: whoever writes entries for people looks here
first.
"""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from server.ingest.entry_rows import Outcome
from server.store.schema import IS_ACCEPTED, entries
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredEntry
from sweep.report import Record, parse_json

R = TypeVar("R", bound=Record)


def entry_under(connection: Connection, entry_id: UUID) -> StoredEntry | None:
    """The accepted entry of this id."""
    return connection.execute(select(entries).where(entries.c.entry_id == entry_id, IS_ACCEPTED).limit(1)).one_or_none()


def record_in(connection: Connection, row: StoredEntry, media_type: str, model: type[R]) -> R | None:
    """What a body of it says; None where it has none of this type, or it was erased."""
    for body in bodies_of(connection, row.log_index):
        if body.media_type == media_type and body.data is not None:
            return parse_json(model, body.data)
    return None


def outcome_of(row: StoredEntry) -> Outcome:
    """What became of an entry that was there already."""
    return Outcome(row.log_index, row.entry_id, row.status, row.received_ms, False, row.kind, row.sweep_id)
