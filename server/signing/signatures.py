"""Whether the signature of a stored entry still holds over the bytes that are stored."""

from __future__ import annotations

from sqlalchemy import Connection

from server.signing import keys
from server.store.stored_rows import StoredEntry
from server.store.stored_wire import signed_entry
from sweep.entry.dsse import EntryError, verify_signature


def holds(connection: Connection, row: StoredEntry) -> bool:
    """Does the signature of the entry's key hold over the bytes that are stored? False for a key nobody admitted."""
    return is_signed_by(row, keys.find_key(connection, row.key_id))


def is_signed_by(row: StoredEntry, key: keys.Key | None) -> bool:
    """Does this key's signature hold over the bytes that are stored? False without a key."""
    if key is None:
        return False
    try:
        verify_signature(signed_entry(row), row.payload_type, key.public_key)
    except EntryError:
        return False
    return True
