"""The place of the next entry in the chain of a key that signs here."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from server.store.schema import IS_ACCEPTED, entries


def next_of_key(connection: Connection, key_id: str) -> tuple[int, str | None]:
    """(number, hash of the entry before it) of the next entry of this key; inside the write transaction."""
    own = (entries.c.key_id == key_id) & IS_ACCEPTED
    last_seq = connection.scalar(select(func.max(entries.c.seq)).where(own)) or 0
    prev = connection.scalar(select(entries.c.entry_hash).where(own, entries.c.seq == last_seq))
    return last_seq + 1, prev
