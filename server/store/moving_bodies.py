"""Bodies on their way between the database and object storage, and objects that nobody needs any more.

Input is a database that serves meanwhile; output are bodies in their new place, a few at a time, so that whoever stops
in between goes on later: each row says where its body lies.  Written there and read back before the row lets go of it.
An object goes when the key of its slot is destroyed (erasure.py), for whatever reason: then it can never be opened.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, update

from server.store.bodies import PLACED_FROM_BYTES, block_folder, keys_of, object_name
from server.store.crypto.body_keys import BLOCK, BodyKeys, BodyKeysError
from server.store.crypto.key_tree import Range
from server.store.db import Database
from server.store.faults import StorageError
from server.store.objects import ObjectStore
from server.store.schema import IN_STORAGE, body_data
from sweep.phrases import Phrase

AT_ONCE = 16  # guessed: mostly 30 kB each, 16 MiB at most; one short transaction for all of them
log = logging.getLogger(__name__)

_IN_ROWS = body_data.c.object_size.is_(None) & (func.length(body_data.c.sealed) >= PLACED_FROM_BYTES)
_SAME = (body_data.c.commitment == bindparam("of")) & (body_data.c.slot == bindparam("in_slot"))
_TO_STORAGE = update(body_data).where(_SAME).values(sealed=b"", object_size=bindparam("size"))
_TO_ROW = update(body_data).where(_SAME).values(sealed=bindparam("bytes"), object_size=None)


class Waiting(NamedTuple):
    """What has still to be moved."""

    bodies: int
    octets: int


class Moved(NamedTuple):
    """What was moved at once; no bodies: there were no more."""

    bodies: int
    octets: int
    last_slot: int


def waiting(db: Database, *, is_back: bool = False) -> Waiting:
    """How much there is to move to the storage, or back."""
    size: ColumnElement[Any] = body_data.c.object_size if is_back else func.length(body_data.c.sealed)
    with db.read() as connection:
        found = connection.execute(select(func.count(), func.sum(size)).where(IN_STORAGE if is_back else _IN_ROWS))
        bodies, octets = found.one()
    return Waiting(bodies, int(octets or 0))


def move_some(db: Database, after_slot: int = -1, *, is_back: bool = False) -> Moved:
    """Move the next bodies behind this slot to the storage, or back into the database.

    StorageError when the storage does not answer; what was moved before stays moved.
    """
    objects, keys = _both(db)
    store_id = keys.store_id
    which = IN_STORAGE if is_back else _IN_ROWS
    with db.read() as connection:
        wanted = select(body_data.c.commitment, body_data.c.slot, body_data.c.sealed).where(which)
        found = connection.execute(
            wanted.where(body_data.c.slot > after_slot).order_by(body_data.c.slot).limit(AT_ONCE)
        ).all()
    if not found:
        return Moved(0, 0, after_slot)
    names = [object_name(store_id, row.slot) for row in found]
    moved = _fetched(objects, names, found) if is_back else _put(objects, names, found)
    if moved:
        with db.write() as connection:
            connection.execute(_TO_ROW if is_back else _TO_STORAGE, moved)
    return Moved(len(found), sum(one["size"] for one in moved), found[-1].slot)


def _put(objects: ObjectStore, names: Sequence[str], rows: Sequence[Row[Any, Any, Any]]) -> list[dict[str, Any]]:
    """Bodies written to the storage and read back out of it."""
    objects.put({name: row.sealed for name, row in zip(names, rows, strict=True)}, is_read_soon=False)
    for name, row, found in zip(names, rows, objects.get_all(names), strict=True):
        if found != row.sealed:
            raise StorageError(Phrase("storage_answers_otherwise", place=objects.place.url, name=name))
    return [{"of": row.commitment, "in_slot": row.slot, "size": len(row.sealed)} for row in rows]


def _fetched(objects: ObjectStore, names: Sequence[str], rows: Sequence[Row[Any, Any, Any]]) -> list[dict[str, Any]]:
    """Bodies out of the storage; one that is not there any more is left as it is, and told."""
    moved: list[dict[str, Any]] = []
    for name, row, data in zip(names, rows, objects.get_all(names), strict=True):
        if data is None:
            log.error("object %s of body %s is not in the storage", name, row.commitment)
            continue
        moved.append({"of": row.commitment, "in_slot": row.slot, "size": len(data), "bytes": data})
    return moved


def sweep_objects(db: Database, destroyed: Iterable[Range] | None = None) -> int:
    """Remove the objects whose keys are destroyed: those of these slots, or of all; how many.  StorageError."""
    if db.objects is None or db.body_keys is None or not db.body_keys.exists:
        return 0
    objects, keys = _both(db)
    store_id = keys.store_id
    folders = [store_id]
    if destroyed is not None:
        blocks = {first for start, end in destroyed for first in range(start - start % BLOCK, end, BLOCK)}
        folders = [block_folder(store_id, first) for first in sorted(blocks)]
    removed = 0
    for folder in folders:
        for some in objects.sizes(folder):
            dead = [name for name in some if not keys.holds(int(name.rpartition("/")[2], 16))]
            objects.delete(dead)
            removed += len(dead)
    return removed


def objects_needed(connection: Connection) -> Iterator[tuple[str, int]]:
    """Name and size of the object of each body that lies in the storage, by slot."""
    store_id = keys_of(connection).store_id
    listed = select(body_data.c.slot, body_data.c.object_size).where(IN_STORAGE).order_by(body_data.c.slot)
    for slot, size in connection.execution_options(yield_per=1000).execute(listed):
        yield object_name(store_id, slot), size


def missing_objects(db: Database) -> int:
    """How many bodies lie in no object of the storage, or in one of another size; StorageError."""
    if db.objects is None:
        raise StorageError(Phrase("storage_not_set"))
    there: dict[str, int] = {}
    gone, folder = 0, ""
    with db.read() as connection:
        for name, size in objects_needed(connection):
            if folder != (folder := name.rpartition("/")[0]):
                there = {name: one for some in db.objects.sizes(folder) for name, one in some.items()}
            gone += there.get(name) != size
    return gone


def _both(db: Database) -> tuple[ObjectStore, BodyKeys]:
    if db.objects is None:
        raise StorageError(Phrase("storage_not_set"))
    if db.body_keys is None:
        raise BodyKeysError(Phrase("database_opened_without_keys"))
    return db.objects, db.body_keys
