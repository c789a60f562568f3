"""Sweeps of which entries arrived that no projection has read yet: marked in the transaction that stores the entry."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Uuid, bindparam, exists, func, insert, select

from server.store.schema import due_sweeps

_MARK_DUE = insert(due_sweeps).from_select(
    ["sweep_id", "log_index"],
    select(bindparam("sweep", type_=Uuid), bindparam("index", type_=BigInteger)).where(
        ~exists().where(due_sweeps.c.sweep_id == bindparam("sweep", type_=Uuid))
    ),
)


def mark_due(connection: Connection, sweep_id: UUID | None, log_index: int) -> None:
    """Note, in the transaction that stores an entry, that its sweep is to be projected."""
    mark_all_due(connection, [(sweep_id, log_index)])


def mark_all_due(connection: Connection, stored: Iterable[tuple[UUID | None, int]]) -> None:
    """`mark_due` for entries that are stored together: (sweep, log index) of each."""
    due = [{"sweep": sweep_id, "index": log_index} for sweep_id, log_index in stored if sweep_id is not None]
    if due:
        connection.execute(_MARK_DUE, due)


def is_due(connection: Connection, sweep_id: UUID | None) -> bool:
    """Is there an entry of this sweep that no projection has read?"""
    return connection.scalar(select(due_sweeps.c.log_index).where(due_sweeps.c.sweep_id == sweep_id)) is not None


def count_due(connection: Connection) -> int:
    """How many sweeps wait to be projected."""
    return connection.scalar(select(func.count()).select_from(due_sweeps)) or 0
