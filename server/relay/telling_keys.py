"""Of which districts the key of a server may tell this one: its own, or each of those that a city's server carries.

Input is what an admission names; output are districts.  A key that names none tells nothing: a Pi's relays.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select

from server.store.audit import record
from server.store.clock import now_ms
from server.store.schema import telling_keys


def let_tell(connection: Connection, key_id: str, district_ids: Collection[str], *, actor: str) -> None:
    """Let a key tell of these districts, and of no other; what others told before stands."""
    known, wanted = districts_of(connection, key_id), frozenset(district_ids)
    if known == wanted:
        return
    of_key = telling_keys.c.key_id == key_id
    connection.execute(delete(telling_keys).where(of_key, telling_keys.c.district_id.in_(known - wanted)))
    for district_id in sorted(wanted - known):
        connection.execute(insert(telling_keys).values(key_id=key_id, district_id=district_id, since_ms=now_ms()))
    detail = {"districts": " ".join(sorted(wanted))}
    record(connection, actor=actor, action="key.tells", object_id=key_id, detail=detail)


def districts_of(connection: Connection, key_id: str) -> frozenset[str]:
    """Districts of which this key may tell."""
    return frozenset(connection.scalars(select(telling_keys.c.district_id).where(telling_keys.c.key_id == key_id)))


def districts_by_key(connection: Connection) -> dict[str, list[str]]:
    """The same of every key that may tell."""
    found: dict[str, list[str]] = {}
    told = select(telling_keys.c.key_id, telling_keys.c.district_id)
    for key_id, district_id in connection.execute(told.order_by(telling_keys.c.key_id, telling_keys.c.district_id)):
        found.setdefault(key_id, []).append(district_id)
    return found
