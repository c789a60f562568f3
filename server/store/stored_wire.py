"""A stored entry as it travels: the document as it came, with those of its bodies that are there."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection

from server.store.stored_bodies import StoredBody, bodies_of
from server.store.stored_rows import StoredEntry
from sweep.entry.dsse import SignedEntry
from sweep.entry.envelope import Body


def signed_entry(row: StoredEntry) -> SignedEntry:
    """The DSSE document of a row of `entries`, its payload as it came."""
    pairs = tuple((key_id, bytes.fromhex(signature)) for key_id, signature in json.loads(row.signatures_json))
    return SignedEntry(row.payload_type, row.payload, pairs)


def stored_entry(connection: Connection, row: StoredEntry) -> tuple[SignedEntry, tuple[Body, ...]]:
    """The entry of a row of `entries` and its bodies, salts and all; what was erased or never came is left out."""
    return signed_entry(row), bodies_on_the_wire(bodies_of(connection, row.log_index))


def bodies_on_the_wire(bodies: Iterable[StoredBody]) -> tuple[Body, ...]:
    """Those that are there, as they came."""
    return tuple(
        Body(body.media_type, body.data, body.salt)
        for body in bodies
        if body.data is not None and body.salt is not None
    )
