"""The names of inspectors in an office's lists of past inspections: apart from the log, sealed, to be erased alone.

Input are names as a row of a list has them, cut and made safe before; output are the names by the inspection that the
row became.  They lie under keys of their own like the names of accounts (document_names.py): no entry, no projection
and no row of an import ever holds one, and they go when the import is taken back or somebody erases them.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from server.districts.scope import rooms_of
from server.people.document_names import NAME_TYPE
from server.store.audit import record
from server.store.bodies import keys_of, open_row, sealed_rows
from server.store.clock import now_ms
from server.store.schema import body_data, imports, original_names, sweeps
from sweep.entry.envelope import make_body

SHARED_FROM = 1_000_000
"""Above every line of a file: names of an inspection that a row became beside its first."""
UNUSED_MS = 7 * 86_400_000  # guessed: who looks at a preview confirms it within the week


def keep_names(connection: Connection, import_id: UUID, named: Sequence[tuple[int, str]]) -> None:
    """Seal the names of rows that are looked at, each under the number of its line."""
    now = now_ms()
    rows = sealed_rows(connection, [make_body(NAME_TYPE, names.encode()) for _, names in named])
    connection.execute(insert(body_data), [row | {"arrived_ms": now, "brought_by": None} for row in rows])
    said = {"import_id": import_id, "set_ms": now}
    lines = zip((line for line, _ in named), (row["commitment"] for row in rows), strict=True)
    connection.execute(
        insert(original_names), [said | {"line": line, "commitment": commitment} for line, commitment in lines]
    )


def give_to(connection: Connection, import_id: UUID, line: int, sweep_id: UUID) -> None:
    """The row became this inspection."""
    of_row = (original_names.c.import_id == import_id) & (original_names.c.line == line)
    connection.execute(update(original_names).where(of_row).values(sweep_id=sweep_id))


def share_with(connection: Connection, import_id: UUID, sweep_id: UUID, other_id: UUID) -> None:
    """The row became this inspection, too: the names of the first, sealed once more, to be erased alone."""
    names = _opened_of(connection, original_names.c.sweep_id == sweep_id).get(str(sweep_id))
    if names is not None:
        last = select(func.max(original_names.c.line)).where(original_names.c.import_id == import_id)
        line = (connection.scalar(last) or 0) + SHARED_FROM
        keep_names(connection, import_id, [(line, names)])
        give_to(connection, import_id, line, other_id)


def forget_withdrawn(connection: Connection, sweep_id: UUID) -> None:
    """The same of an inspection whose import is taken back."""
    _forget(connection, original_names.c.sweep_id == sweep_id)


def forget_of_sweep(connection: Connection, sweep_id: UUID, *, actor: str) -> None:
    """Erase the names of one inspection; their key has to be destroyed after."""
    if _forget(connection, original_names.c.sweep_id == sweep_id):
        record(connection, actor=actor, action="original_names.erased", object_id=str(sweep_id), detail={})


def forget_line(connection: Connection, import_id: UUID, line: int) -> None:
    """The same of a row that became nothing, or is taken back."""
    _forget(connection, and_(original_names.c.import_id == import_id, original_names.c.line == line))


def forget_import(connection: Connection, import_id: UUID) -> None:
    """The same of all rows of an import that is taken back."""
    _forget(connection, original_names.c.import_id == import_id)


def forget_unused(connection: Connection) -> None:
    """The same of previews that nobody confirmed in time."""
    old = imports.c.created_ms < now_ms() - UNUSED_MS
    waiting = select(imports.c.import_id).where(imports.c.state.in_(("staging", "preview")), old)
    _forget(connection, original_names.c.import_id.in_(waiting))


def names_of_originals(connection: Connection, district_id: str, first_ms: int, end_ms: int) -> dict[str, str]:
    """The names of each inspection of a district that began between these times, by its id, but what is erased."""
    began = and_(sweeps.c.started_ms >= first_ms, sweeps.c.started_ms < end_ms)
    return _opened(connection, and_(sweeps.c.room_id.in_(rooms_of(district_id)), began))


def names_of_original(connection: Connection, sweep_id: UUID) -> str | None:
    """The names of one inspection; None where there are none, or none any more."""
    return _opened(connection, sweeps.c.sweep_id == sweep_id).get(str(sweep_id))


def has_names(connection: Connection, sweep_id: UUID) -> bool:
    """Are names of this inspection kept?"""
    of_sweep = select(original_names.c.line).where(original_names.c.sweep_id == sweep_id)
    return connection.scalar(of_sweep.limit(1)) is not None


def _opened(connection: Connection, where: ColumnElement[bool]) -> dict[str, str]:
    of_sweeps = select(sweeps.c.sweep_id).where(where)
    return _opened_of(connection, original_names.c.sweep_id.in_(of_sweeps))


def _opened_of(connection: Connection, where: ColumnElement[bool]) -> dict[str, str]:
    statement = (
        select(original_names.c.sweep_id, body_data.c.commitment, body_data.c.slot, body_data.c.sealed)
        .join(body_data, body_data.c.commitment == original_names.c.commitment)
        .where(where)
    )
    found = {}
    for row in connection.execute(statement):
        data = open_row(connection, row.commitment, row.slot, row.sealed).data
        if data is not None:
            found[str(row.sweep_id)] = data.decode()
    return found


def _forget(connection: Connection, which: ColumnElement[bool]) -> bool:
    """Take names away: were there any?"""
    commitments = connection.scalars(select(original_names.c.commitment).where(which)).all()
    if not commitments:
        return False
    connection.execute(delete(original_names).where(which))
    for commitment in commitments:
        connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
    keys_of(connection).is_due = True
    return True
