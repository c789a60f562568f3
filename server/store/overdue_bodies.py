"""Bodies of which the period of retention is over: counted, so that two persons may erase them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from server.store.clock import now_ms
from server.store.schema import body_refs, entries, erased_bodies

DAY_MS = 86_400_000


def count_overdue(connection: Connection, media_types: Collection[str], days: int | None) -> int:
    """How many bodies of these types that are still there were received longer ago; 0 where no period is decided."""
    if days is None or not media_types:
        return 0
    erased = select(erased_bodies.c.commitment).where(erased_bodies.c.commitment == body_refs.c.commitment)
    statement = (
        select(func.count(body_refs.c.commitment.distinct()))
        .join(entries, entries.c.log_index == body_refs.c.log_index)
        .where(
            body_refs.c.media_type.in_(media_types),
            entries.c.received_ms < now_ms() - days * DAY_MS,
            ~erased.exists(),
        )
    )
    return int(connection.scalar(statement) or 0)
