"""Erasure that holds: no key is left of a body that is not in the database any more.

Input is a database with the store of its bodies' keys; output is a store from which just the bodies that are there can
be opened.  One rule serves an erasure by two persons, a purge of the quarantine, a transaction that was rolled back and
a crash between commit and destruction: of the slots that this database has used, those without a body are destroyed.
Bodies whose keys are gone already, as after an older database was restored, are written down as erased.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import Connection, delete, func, insert, select

from server.store.bodies import check_store
from server.store.clock import now_ms
from server.store.crypto.body_keys import BLOCK
from server.store.crypto.key_tree import Range, merged, without
from server.store.db import Database
from server.store.faults import StorageError
from server.store.moving_bodies import sweep_objects
from server.store.pending_sweeps import mark_all_due
from server.store.schema import body_blocks, body_data, body_refs, entries, erased_bodies

AT_ONCE = 500  # guessed: rows in one statement

_numbered = select(
    body_data.c.slot, (body_data.c.slot - func.row_number().over(order_by=body_data.c.slot)).label("run")
).subquery()
_RUNS = select(func.min(_numbered.c.slot), func.max(_numbered.c.slot) + 1).group_by(_numbered.c.run)
"""The slots with a body, as ranges."""


def destroy_dead_keys(db: Database) -> int:
    """Destroy the keys of bodies that are not there any more; returns of how many slots.

    Looks through all slots in a read transaction and holds the writer up only when something is to be destroyed.
    Objects of the storage go with their keys; where it does not answer they lie there, dead, until they are swept up.
    """
    keys = db.body_keys
    if keys is None:
        return 0
    keys.is_due = True
    if not keys.exists:
        with db.read() as connection:
            check_store(connection)  # a database without bodies has no store either
        keys.is_due = False
        return 0
    with db.read() as connection:
        check_store(connection)
        used = [(first, first + BLOCK) for first in connection.scalars(select(body_blocks.c.first_slot))]
        used = without(used, keys.spoken_for)
        there = merged(tuple(row) for row in connection.execute(_RUNS))
    held = keys.held()
    dead = without(_both(used, held), there)
    keyless = without(there, held)
    if dead or keyless:
        with db.write() as connection:
            for first, end in keyless:
                _write_down_as_erased(connection, first, end)
        with db.write() as connection:
            dead = without(dead, _there_by_now(connection, dead))
            keys.destroy(dead)
        with suppress(StorageError):
            sweep_objects(db, dead)
    keys.is_due = False
    return sum(end - first for first, end in dead)


def _both(ranges: Iterable[Range], others: Iterable[Range]) -> list[Range]:
    ranges = list(ranges)
    return without(ranges, without(ranges, others))


def _there_by_now(connection: Connection, ranges: Iterable[Range]) -> list[Range]:
    """The slots in these ranges that got a body after they were looked through."""
    found: list[Range] = []
    for first, end in ranges:
        slots = connection.scalars(select(body_data.c.slot).where(body_data.c.slot >= first, body_data.c.slot < end))
        found += [(slot, slot + 1) for slot in slots]
    return merged(found)


def _write_down_as_erased(connection: Connection, first: int, end: int) -> None:
    """Bodies in these slots were erased before this database was restored: by which entry it does not know."""
    rows = connection.execute(
        select(body_data.c.commitment, body_data.c.slot).where(body_data.c.slot >= first, body_data.c.slot < end)
    ).all()
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        commitments = [row.commitment for row in some]
        connection.execute(delete(body_data).where(body_data.c.commitment.in_(commitments)))
        connection.execute(
            insert(erased_bodies),
            [
                {"commitment": row.commitment, "erased_ms": now_ms(), "log_index": None, "slot": row.slot}
                for row in some
            ],
        )
        holders = connection.execute(
            select(entries.c.sweep_id, entries.c.log_index)
            .join(body_refs, body_refs.c.log_index == entries.c.log_index)
            .where(body_refs.c.commitment.in_(commitments))
        ).all()
        mark_all_due(connection, [(row.sweep_id, row.log_index) for row in holders])
