"""Bodies between the database and the store of their keys: sealed on the way in, opened on the way out.

Input are bodies inside the one write transaction, or rows of `body_data`; output are rows for it, or salt and data.
Which slots a database has used stands in `body_blocks`, written before the slots or with them.  A database whose bodies
belong to another store, or to one that is not there, is refused with BodyKeysError.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from server.interface.fields import BodyState
from server.store.crypto.body_keys import BLOCK, BodyKeys, BodyKeysError
from server.store.crypto.sealing import SealError, open_body, open_text, seal_body, seal_text
from server.store.db import Database
from server.store.schema import body_blocks
from sweep.entry.envelope import Body
from sweep.phrases import Phrase

log = logging.getLogger(__name__)

_KNOWN_BLOCKS = select(body_blocks.c.first_slot).where(
    body_blocks.c.first_slot.in_(bindparam("blocks", expanding=True))
)
_STORES = select(body_blocks.c.store_id).distinct()


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


def take_block(db: Database) -> None:
    """Take a block of slots for this process and write it down, before the first of them is used."""
    with db.write() as connection:
        keys = keys_of(connection)
        _make_store(connection)
        keys.reserve()
        _note_blocks(connection, [keys.unused[0]])


def sealed_rows(connection: Connection, bodies: Sequence[Body]) -> list[dict[str, Any]]:
    """Commitment, slot and sealed bytes of new bodies; call it inside `Database.write()`."""
    keys = keys_of(connection)
    _make_store(connection)
    slots = keys.take(len(bodies))
    _note_blocks(connection, slots)
    rows = []
    for slot, body in zip(slots, bodies, strict=True):
        seed = keys.seed(slot)
        if seed is None:
            raise BodyKeysError(Phrase("new_slot_destroyed"))
        rows.append({"commitment": body.commitment, "slot": slot, "sealed": seal_body(seed, body)})
    return rows


def open_row(keys: BodyKeys, commitment: str, slot: int, sealed: bytes | None) -> Opened:
    """A row of `body_data`; `sealed` None asks for its state only."""
    if sealed is None:
        return Opened("present" if keys.holds(slot) else "erased", None, None)
    seed = keys.seed(slot)
    if seed is None:
        return Opened("erased", None, None)
    try:
        return Opened("present", *open_body(seed, commitment, sealed))
    except SealError:
        log.error("body %s is damaged in the database", commitment)  # noqa: TRY400  the trace says no more
        return Opened("missing", None, None)


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
