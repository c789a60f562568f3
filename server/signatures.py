"""Stored entries as DSSE documents again, and whether their signature still holds."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row

from server import keys
from sweep.entry import EntryError, SignedEntry, verify_signature


def signed_entry(row: Row[Any]) -> SignedEntry:
    """The DSSE document of a row of `entries`, its payload as it came."""
    pairs = tuple((key_id, bytes.fromhex(signature)) for key_id, signature in json.loads(row.signatures_json))
    return SignedEntry(row.payload_type, row.payload, pairs)


def holds(connection: Connection, row: Row[Any]) -> bool:
    """Does the signature of the entry's key hold over the bytes that are stored? False for a key nobody admitted."""
    return is_signed_by(row, keys.find_key(connection, row.key_id))


def is_signed_by(row: Row[Any], key: keys.Key | None) -> bool:
    """Does this key's signature hold over the bytes that are stored? False without a key."""
    if key is None:
        return False
    try:
        verify_signature(signed_entry(row), row.payload_type, key.public_key)
    except EntryError:
        return False
    return True
