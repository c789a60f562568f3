"""The order of the log: every entry gets the next index, without holes, inside the one write transaction.

First cut: the index is the order.  The tree over it (RFC 6962) is not built yet, so receipts carry no proof.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from server.clock import now_ms
from server.schema import entries

_LAST = select(func.max(entries.c.log_index))


def next_index(connection: Connection) -> int:
    """The index of the next entry, from 0; call it only inside `Database.write()`."""
    last = connection.scalar(_LAST)
    return 0 if last is None else last + 1


def next_place(connection: Connection) -> tuple[int, int]:
    """(index, time of receipt) of the next entry; `next_index` with the one clock by which entries are received."""
    return next_index(connection), now_ms()
