"""The bodies that a stored entry names, opened, with what became of each: there, erased, or never come.

Input is a log index or a commitment inside a transaction; output are `StoredBody`s.  It writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, bindparam, func, null, select

from server.interface.fields import BodyState
from server.store.bodies import open_row
from server.store.schema import body_data, body_refs, entries, erased_bodies
from server.store.stored_rows import StoredEntry

AT_ONCE = 500  # guessed: fewer values than a statement takes
OCTETS_AT_ONCE = 4 * 1024 * 1024  # guessed: thousands of steps; whoever signs an entry may name as much and more


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body that an entry names."""

    commitment: str
    media_type: str
    size: int
    state: BodyState
    salt: bytes | None = None
    data: bytes | None = None
    slot: int | None = None
    """Where its key stands in the key tree; None when it is not there."""


def bodies_of(connection: Connection, log_index: int, *, with_data: bool = True) -> tuple[StoredBody, ...]:
    """The bodies that an entry names, in its order, with what became of them."""
    named = _bodies_where(body_refs.c.log_index == log_index, with_data=with_data).order_by(body_refs.c.position)
    return tuple(_stored_body(connection, row) for row in connection.execute(named))


def bodies_of_entries(
    connection: Connection, log_indices: Collection[int], *, with_data: bool = True
) -> Iterator[tuple[int, tuple[StoredBody, ...]]]:
    """`bodies_of` each of these entries, with its number; one statement asks for hundreds, of large ones for few."""
    for some in _parts(connection, list(log_indices), with_data=with_data):
        found: dict[int, list[StoredBody]] = {log_index: [] for log_index in some}
        named = _bodies_where(body_refs.c.log_index.in_(some), with_data=with_data)
        named = named.add_columns(body_refs.c.log_index).order_by(body_refs.c.log_index, body_refs.c.position)
        for row in connection.execute(named):
            found[row.log_index].append(_stored_body(connection, row))
        for log_index in some:
            yield log_index, tuple(found.pop(log_index))


def _parts(connection: Connection, wanted: Sequence[int], *, with_data: bool) -> Iterator[list[int]]:
    """Entries of which all bodies are held at once: `OCTETS_AT_ONCE` in all, or one entry."""
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        octets = _octets(connection, some) if with_data else {}
        part, held = list[int](), 0
        for log_index in some:
            if part and held + octets.get(log_index, 0) > OCTETS_AT_ONCE:
                yield part
                part, held = [], 0
            part.append(log_index)
            held += octets.get(log_index, 0)
        yield part


def _octets(connection: Connection, log_indices: Sequence[int]) -> dict[int, int]:
    """By entry, as large as anybody said: only of the one with which a body came is that checked."""
    named = body_refs.alias()
    largest = select(func.max(named.c.size)).where(named.c.commitment == body_refs.c.commitment).scalar_subquery()
    of_entries = select(body_refs.c.log_index, func.sum(largest)).where(body_refs.c.log_index.in_(log_indices))
    return {row[0]: int(row[1]) for row in connection.execute(of_entries.group_by(body_refs.c.log_index))}


def has_counted(table: FromClause) -> ColumnElement[bool]:
    """Condition on `entries`: it counts, or did until its key was revoked or its room turned out to be another's."""
    return (table.c.status == "accepted") | table.c.reason.in_(("key_revoked", "room_not_allowed"))


def owner_of(connection: Connection, commitment: str) -> int | None:
    """Log index of the entry whose a body is: the one with which it came, if that counts or did, else the first such.

    Who only names a commitment, before or after, gets nothing by it.
    """
    brought = select(entries.c.log_index).join(body_data, body_data.c.brought_by == entries.c.log_index)
    found: int | None = connection.scalar(brought.where(body_data.c.commitment == commitment, has_counted(entries)))
    if found is not None:
        return found
    holders = select(func.min(entries.c.log_index)).join(body_refs, body_refs.c.log_index == entries.c.log_index)
    first: int | None = connection.scalar(holders.where(body_refs.c.commitment == commitment, has_counted(entries)))
    return first


def _shared_bodies() -> Select[Any]:
    """Bodies of one entry that a counting one of another tenant names, too; built once, for every body read asks it."""
    here, elsewhere, holder = body_refs.alias(), body_refs.alias(), entries.alias()
    return (
        select(here.c.commitment)
        .join(elsewhere, elsewhere.c.commitment == here.c.commitment)
        .join(holder, holder.c.log_index == elsewhere.c.log_index)
        .where(here.c.log_index == bindparam("here"), holder.c.tenant != bindparam("own"), has_counted(holder))
        .distinct()
    )


_SHARED = _shared_bodies()


def own_bodies_of(connection: Connection, row: StoredEntry) -> tuple[StoredBody, ...]:
    """`bodies_of` a row of `entries`, without the contents of what is another district's entry's."""
    shared = connection.scalars(_SHARED, {"here": row.log_index, "own": row.tenant})
    foreign = {one for one in shared if _tenant_of(connection, one) != row.tenant}
    return tuple(
        body if body.commitment not in foreign else replace(body, state="missing", salt=None, data=None, slot=None)
        for body in bodies_of(connection, row.log_index)
    )


def _tenant_of(connection: Connection, commitment: str) -> str | None:
    """The tenant of the entry whose a body is."""
    return connection.scalar(select(entries.c.tenant).where(entries.c.log_index == owner_of(connection, commitment)))


def find_body(connection: Connection, commitment: str) -> StoredBody | None:
    """A body that some entry names; None when none does."""
    named = _bodies_where(body_refs.c.commitment == commitment, with_data=True)
    row = connection.execute(named.order_by(body_refs.c.log_index).limit(1)).one_or_none()
    return None if row is None else _stored_body(connection, row)


def _bodies_where(condition: ColumnElement[bool], *, with_data: bool) -> Select[Any]:
    return (
        select(
            body_refs.c.commitment,
            body_refs.c.media_type,
            body_refs.c.size,
            body_data.c.slot,
            erased_bodies.c.erased_ms,
            (body_data.c.sealed if with_data else null()).label("sealed"),
        )
        .outerjoin(body_data, body_data.c.commitment == body_refs.c.commitment)
        .outerjoin(erased_bodies, erased_bodies.c.commitment == body_refs.c.commitment)
        .where(condition)
    )


def _stored_body(connection: Connection, row: Row[Any]) -> StoredBody:
    if row.slot is None:
        return StoredBody(row.commitment, row.media_type, row.size, "missing" if row.erased_ms is None else "erased")
    opened = open_row(connection, row.commitment, row.slot, row.sealed)
    return StoredBody(row.commitment, row.media_type, row.size, *opened, row.slot)
