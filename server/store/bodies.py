"""Bodies between the database and the store of their keys: sealed on the way in, opened on the way out.

Input are bodies inside the one write transaction, or rows of `body_data`; output are rows for it, or salt and data.
Which slots a database has used stands in `body_blocks`, written before the slots or with them.  One whose bodies belong
to another store, or to one that is not there, is refused with BodyKeysError.  With an object storage large bodies are
written there before the transaction (`place_ahead`); what could not be lies in its row, and is moved later.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, union_all

from server.interface.fields import BodyState
from server.store.crypto.body_keys import BLOCK, BodyKeys, BodyKeysError
from server.store.crypto.sealing import PackedBody, SealError, open_body, open_text, seal_body, seal_text
from server.store.db import Database
from server.store.faults import StorageError
from server.store.objects import ObjectStore
from server.store.schema import IN_STORAGE, body_blocks, body_data, erased_bodies
from sweep.entry.envelope import Body
from sweep.phrases import Phrase

log = logging.getLogger(__name__)

_KNOWN_BLOCKS = select(body_blocks.c.first_slot).where(
    body_blocks.c.first_slot.in_(bindparam("blocks", expanding=True))
)
_STORES = select(body_blocks.c.store_id).distinct()
# Built once: an entry passes here a hundred times a second, and building a statement takes as long as running it.
_THERE_OR_ERASED = union_all(
    *(
        select(table.c.commitment).where(table.c.commitment.in_(bindparam("commitments", expanding=True)))
        for table in (body_data, erased_bodies)
    )
)
PLACED_FROM_BYTES = 4096
"""Sealed bodies of this size and more go to storage: reports and photographs, not the decisions of persons."""


class Opened(NamedTuple):
    """A body as it came, and what became of it."""

    state: BodyState
    salt: bytes | None
    data: bytes | None


def keys_of(connection: Connection) -> BodyKeys:
    """The store with which this connection's database was opened; raises BodyKeysError when it was without."""
    keys: BodyKeys | None = connection.get_execution_options().get("body_keys")
    if keys is None:
        raise BodyKeysError(Phrase("database_opened_without_keys"))
    return keys


def check_store(connection: Connection) -> None:
    """Raise BodyKeysError unless the bodies of this database, if it has any, belong to this store."""
    found, keys = connection.scalars(_STORES).all(), keys_of(connection)
    if found and found != [keys.store_id]:
        raise BodyKeysError(Phrase("keys_of_another_database", file=keys.path))


def needed_store(connection: Connection) -> str | None:
    """Id of the store to which the bodies of this database belong, where it is not the one at hand."""
    found, keys = connection.scalars(_STORES).all(), keys_of(connection)
    fits = not found or (keys.exists and found == [keys.store_id])
    return None if fits else found[0]


def take_block(db: Database) -> None:
    """Take a block of slots for this process and write it down, before the first of them is used."""
    with db.write() as connection:
        keys = keys_of(connection)
        _make_store(connection)
        keys.reserve()
        _note_blocks(connection, [keys.unused[0]])


@dataclass(frozen=True)
class PlacedBody(PackedBody):
    """A body that lies sealed in object storage already, under a slot that it may keep if it is still there."""

    slot: int
    object_size: int


def place_ahead(db: Database, bodies: Sequence[PackedBody]) -> tuple[PackedBody, ...]:
    """These bodies, the large ones that are new written to object storage, if one is set and answers.

    Call it outside of any transaction, and `settle` afterwards: what no transaction took over goes with its key then.
    """
    objects, keys = db.objects, db.body_keys
    large = {body.commitment: body for body in bodies if len(body.packed) >= PLACED_FROM_BYTES}
    if not large or objects is None or keys is None or objects.is_away:
        return tuple(bodies)
    with db.read() as connection:
        for commitment in there_or_erased(connection, large):
            del large[commitment]
        slots = keys.take_ahead(len(large))
        blocks = {slot - slot % BLOCK for slot in slots}
        if not slots or len(connection.scalars(_KNOWN_BLOCKS, {"blocks": sorted(blocks)}).all()) < len(blocks):
            keys.settle(slots)
            return tuple(bodies)
    made = {}
    for slot, body in zip(slots, large.values(), strict=True):
        seed = keys.seed(slot)
        if seed is None:
            keys.settle(slots)
            return tuple(bodies)
        made[body.commitment] = slot, seal_body(seed, body)
    try:
        objects.put({object_name(keys.store_id, slot): sealed for slot, sealed in made.values()})
    except StorageError as error:
        log.warning("%s; bodies are kept in the database until it is back", error)
        keys.settle(slots)
        return tuple(bodies)
    return tuple(
        body if body.commitment not in made else _placed(body, made[body.commitment][0], len(made[body.commitment][1]))
        for body in bodies
    )


def settle(db: Database, bodies: Sequence[Body]) -> None:
    """These bodies are stored, or never will be."""
    if db.body_keys is not None:
        db.body_keys.settle(body.slot for body in bodies if isinstance(body, PlacedBody))


def _placed(body: PackedBody, slot: int, size: int) -> PlacedBody:
    made = PlacedBody(body.media_type, body.data, body.salt, body.packed, slot, size)
    vars(made)["commitment"] = body.commitment  # cached there, as in PackedBody
    return made


def object_name(store_id: str, slot: int) -> str:
    """Of a sealed body: by store, block and slot, none of which says anything of it."""
    return f"{block_folder(store_id, slot - slot % BLOCK)}/{slot:010x}"


def block_folder(store_id: str, first_slot: int) -> str:
    """Where the objects of a block of slots lie."""
    return f"{store_id}/{first_slot // BLOCK:07x}"


def objects_of(connection: Connection) -> ObjectStore | None:
    """The object storage with which this connection's database was opened."""
    found: ObjectStore | None = connection.get_execution_options().get("objects")
    return found


def is_in_storage(connection: Connection) -> bool:
    """Does any body of this database lie in object storage?"""
    return connection.scalar(select(body_data.c.slot).where(IN_STORAGE).limit(1)) is not None


def there_or_erased(connection: Connection, commitments: Collection[str]) -> set[str]:
    """Those of the bodies that are kept already, or must not be kept again."""
    return set(connection.scalars(_THERE_OR_ERASED, {"commitments": sorted(commitments)}))


def sealed_rows(connection: Connection, bodies: Sequence[Body]) -> list[dict[str, Any]]:
    """Commitment, slot, sealed bytes and where they lie of new bodies; call it inside `Database.write()`."""
    keys = keys_of(connection)
    _make_store(connection)
    rows: list[dict[str, Any]] = []
    others: list[Body] = []
    for body in bodies:
        if isinstance(body, PlacedBody) and keys.holds(body.slot):
            size = body.object_size
            rows.append({"commitment": body.commitment, "slot": body.slot, "sealed": b"", "object_size": size})
        else:
            others.append(body)
    slots = keys.take(len(others))
    _note_blocks(connection, [*slots, *(row["slot"] for row in rows)])
    for slot, body in zip(slots, others, strict=True):
        seed = keys.seed(slot)
        if seed is None:
            raise BodyKeysError(Phrase("new_slot_destroyed"))
        sealed = seal_body(seed, body)
        rows.append({"commitment": body.commitment, "slot": slot, "sealed": sealed, "object_size": None})
    return rows


def open_row(connection: Connection, commitment: str, slot: int, sealed: bytes | None) -> Opened:
    """A row of `body_data`; `sealed` None asks for its state only.  StorageError when it lies where nobody answers."""
    keys = keys_of(connection)
    if sealed is None:
        return Opened("present" if keys.holds(slot) else "erased", None, None)
    seed = keys.seed(slot)
    if seed is None:
        return Opened("erased", None, None)
    try:
        return Opened("present", *open_body(seed, commitment, sealed or _out_of_storage(connection, slot)))
    except SealError:
        log.error("body %s is damaged where it is kept, or not there", commitment)  # noqa: TRY400  the trace says no more
        return Opened("missing", None, None)


def _out_of_storage(connection: Connection, slot: int) -> bytes:
    """The object in which a body lies; empty when it is not there."""
    objects = objects_of(connection)
    if objects is None:
        raise StorageError(Phrase("storage_not_set"))
    return objects.get(object_name(keys_of(connection).store_id, slot)) or b""


def seal_read(connection: Connection, slots: Sequence[int], purpose: str, text: str) -> bytes:
    """Seal a text that was read from the bodies in these slots, to be kept beside them."""
    return seal_text(keys_of(connection).seed, slots, purpose, text)


def open_read(connection: Connection, purpose: str, sealed: bytes | None) -> str | None:
    """What `seal_read` sealed; None when a body is erased from which it was read."""
    return None if sealed is None else open_text(keys_of(connection).seed, purpose, sealed)


def _make_store(connection: Connection) -> None:
    """Make the store for a database that has no bodies yet."""
    keys = keys_of(connection)
    if not keys.exists and connection.scalar(_STORES.limit(1)) is None:
        keys.create()


def _note_blocks(connection: Connection, slots: Sequence[int]) -> None:
    """Write down the blocks of these slots, those that are not yet."""
    wanted = sorted({slot - slot % BLOCK for slot in slots})
    known = set(connection.scalars(_KNOWN_BLOCKS, {"blocks": wanted}))
    new = [first for first in wanted if first not in known]
    if new:
        check_store(connection)
        store_id = keys_of(connection).store_id
        connection.execute(insert(body_blocks), [{"first_slot": first, "store_id": store_id} for first in new])
