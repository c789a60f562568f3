"""How an entry and its bodies lie in the tables: the rows of arrivals that have got their place in the log.

Input are arrivals with the place that entries.py or plain_entries.py gave them, inside their write transaction; output
are rows.  A body that is there already or was erased is never stored again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from server.ingest.arrivals import Arrival
from server.store.bodies import sealed_rows, there_or_erased
from server.store.clock import now_ms, to_ms
from server.store.schema import body_data, body_refs, entries
from server.store.stored_rows import EntryStatus
from sweep.entry.envelope import Body

_OF_ENVELOPE = ("seq", "prev", "kind", "source", "subject", "assurance", "room_id", "sweep_id", "tenant")

# Built once: an entry passes here a hundred times a second, and building a statement takes as long as running it.
_INSERT_ENTRY, _INSERT_REF, _INSERT_BODY = insert(entries), insert(body_refs), insert(body_data)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry."""

    log_index: int
    entry_id: UUID
    status: EntryStatus
    received_ms: int
    is_new: bool
    kind: str | None
    sweep_id: UUID | None
    reason: str | None = None
    """Why it does not count, as a code, or why it cannot be read."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the log, and how."""

    log_index: int
    received_ms: int
    key_id: str
    status: EntryStatus
    reason: str | None
    """Why it does not count or cannot be read."""
    conflict_with: int | None = None


def insert_entries(connection: Connection, placed: Sequence[tuple[Arrival, Place]]) -> None:
    """Write entries and the bodies that they name, but not the bodies."""
    connection.execute(_INSERT_ENTRY, [_entry_row(arrival, place) for arrival, place in placed])
    refs = [
        {"log_index": place.log_index, "position": position, **ref.model_dump()}
        for arrival, place in placed
        for position, ref in enumerate(arrival.refs)
    ]
    if refs:
        connection.execute(_INSERT_REF, refs)


def store_bodies(connection: Connection, brought: Iterable[tuple[int, Iterable[Body]]]) -> None:
    """Keep the bodies that are neither there nor erased, by the log index of the entry that brings them."""
    by_index = [(log_index, body) for log_index, bodies in brought for body in bodies]
    wanted = {body.commitment: body for _, body in by_index}
    bringers = {body.commitment: log_index for log_index, body in reversed(by_index)}
    if not wanted:
        return
    known = there_or_erased(connection, wanted)
    new = [body for commitment, body in wanted.items() if commitment not in known]
    if new:
        arrived_ms = now_ms()
        rows = sealed_rows(connection, new)
        values = [row | {"arrived_ms": arrived_ms, "brought_by": bringers[row["commitment"]]} for row in rows]
        connection.execute(_INSERT_BODY, values)


def _entry_row(arrival: Arrival, place: Place) -> dict[str, Any]:
    entry, envelope = arrival.entry, arrival.envelope
    said: dict[str, Any] = dict.fromkeys((*_OF_ENVELOPE, "made_ms"))
    if envelope is not None:
        said = {name: getattr(envelope, name) for name in _OF_ENVELOPE} | {"made_ms": to_ms(envelope.time.utc)}
    return said | {
        "log_index": place.log_index,
        "entry_hash": entry.entry_hash,
        "signatures_hash": entry.signatures_hash,
        "entry_id": arrival.entry_id,
        "key_id": place.key_id,
        "status": place.status,
        "reason": place.reason,
        "conflict_with": place.conflict_with,
        "is_readable": arrival.unreadable is None,
        "payload_type": entry.payload_type,
        "payload": entry.payload,
        "signatures_json": json.dumps([[key_id, signature.hex()] for key_id, signature in entry.signatures]),
        "size": arrival.size,
        "received_ms": place.received_ms,
    }
