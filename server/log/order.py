"""The order of the log: every entry gets the next index, without holes, inside the one write transaction."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from server.store.clock import now_ms
from server.store.schema import entries
from sweep.entry import merkle
from sweep.entry.dsse import SignedEntry

_LAST = select(func.max(entries.c.log_index))


def next_index(connection: Connection) -> int:
    """The index of the next entry, from 0; call it only inside `Database.write()`."""
    last = connection.scalar(_LAST)
    return 0 if last is None else last + 1


def next_place(connection: Connection) -> tuple[int, int]:
    """(index, time of receipt) of the next entry; `next_index` with the one clock by which entries are received."""
    return next_index(connection), now_ms()


def leaf_of(entry: SignedEntry, received_ms: int) -> bytes:
    """The leaf data of an entry that was received then."""
    return merkle.leaf_data(entry.entry_hash, entry.signatures_hash, received_ms)
