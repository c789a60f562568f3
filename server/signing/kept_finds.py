"""Finds that stand although an entry behind them ceased to count.

Judging the log anew (a key revoked from an index in the past, a room that turned out to be another district's) may take
away what a find rests on.  It takes away no find: the case is kept as it stood, holds what belongs to it, and goes on
from there by what persons do afterwards.  Input are entries that are about to be quarantined; output are rows of
`kept_finds`, which nothing ever removes.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from server.interface.fields import FOUND
from server.log.order import next_index
from server.store.schema import case_steps, cases, kept_finds
from server.store.stored_rows import StoredEntry

_COPIED = tuple(column.name for column in kept_finds.c if column.name != "kept_index")


def keep_finds(connection: Connection, row: StoredEntry) -> None:
    """Keep the finds of an entry's sweep or case; call it before an accepted entry is quarantined."""
    where: ColumnElement[bool] = cases.c.sweep_id == row.sweep_id
    if row.sweep_id is None:
        of_step = select(case_steps.c.case_id).where(case_steps.c.log_index == row.log_index)
        where = cases.c.case_id.in_(of_step)
    is_new = cases.c.case_id.not_in(select(kept_finds.c.case_id))
    standing = select(cases).where(where, cases.c.state.in_(sorted(FOUND)), is_new)
    now = next_index(connection)
    for case in connection.execute(standing).all():
        values = {name: getattr(case, name) for name in _COPIED}
        connection.execute(insert(kept_finds).values(kept_index=now, **values))


def kept_of_sweep(connection: Connection, sweep_id: UUID) -> dict[UUID, Row[Any]]:
    """The finds of a sweep that were kept, by finding."""
    rows = connection.execute(select(kept_finds).where(kept_finds.c.sweep_id == sweep_id)).all()
    return {row.finding_id: row for row in rows if row.finding_id is not None}


def kept_case(connection: Connection, case_id: UUID) -> Row[Any] | None:
    """The find of this case that was kept, if it was."""
    return connection.execute(select(kept_finds).where(kept_finds.c.case_id == case_id)).one_or_none()
