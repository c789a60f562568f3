"""Which entries are on their way to the city, and how far each has got.

Input is the log of this server; output are rows of `relayed`: `due` until the city's receipt is kept with them, then
`arrived`, or `lacking` when a body may still come; `refused` with the city's reason; `waiting` while an entry is in
quarantine.  An entry is listed once, in the order of the log.  What this server says of its own log (keys, quarantine,
access log) stays here.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from server.relay.city import change, find_city
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import entries, relayed
from server.store.stored_bodies import bodies_of
from server.store.stored_wire import stored_entry
from sweep.entry.dsse import SignedEntry, parse_signed
from sweep.entry.envelope import Receipt, to_wire
from sweep.entry.kinds import KEY_KINDS, SERVER_KINDS

OF_ITS_OWN_LOG = KEY_KINDS | SERVER_KINDS
LISTED_AT_ONCE = 500  # guessed: a few milliseconds of the only writer
STANDS = entries.c.status.in_(("accepted", "conflict"))


@dataclass(frozen=True, slots=True)
class Due:
    """An entry that is to be sent."""

    log_index: int
    entry: SignedEntry
    wire: bytes
    commitments: tuple[str, ...]
    """Of the bodies that go with it."""
    lacks_bodies: bool
    """A body may still come."""
    key_id: str
    sweep_id: UUID | None


def list_new(db: Database) -> None:
    """Give every entry that came since, that counts now, or that got a body, its place on the way up."""
    while True:
        with db.read() as connection:
            city = find_city(connection)
            after = -1 if city is None else city.listed_up_to
            rows = connection.execute(
                select(entries.c.log_index, entries.c.status, entries.c.kind)
                .where(entries.c.log_index > after)
                .order_by(entries.c.log_index)
                .limit(LISTED_AT_ONCE)
            ).all()
            counting = connection.scalars(_OF_WAITING).all()
            later = _with_later_bodies(connection)
        if city is None or not (rows or counting or later):
            return
        new = [
            {"log_index": row.log_index, "state": _state_of(row.status)}
            for row in rows
            if row.kind not in OF_ITS_OWN_LOG
        ]
        with db.write() as connection:
            if new:
                connection.execute(insert(relayed), new)
            _set_due(connection, (*counting, *later))
            if rows:
                change(connection, listed_up_to=rows[-1].log_index)
        if len(rows) < LISTED_AT_ONCE:
            return


_OF_WAITING = (
    select(relayed.c.log_index)
    .join(entries, entries.c.log_index == relayed.c.log_index)
    .where(relayed.c.state == "waiting", STANDS)
)


def next_due(connection: Connection, skipped: Collection[int] = ()) -> Due | None:
    """The first entry in the order of the log that is to be sent; None when none is."""
    statement = (
        select(entries)
        .join(relayed, relayed.c.log_index == entries.c.log_index)
        .where(relayed.c.state == "due", relayed.c.log_index.not_in(skipped), STANDS)
        .order_by(relayed.c.log_index)
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    entry, bodies = stored_entry(connection, row)
    lacks = any(body.state == "missing" for body in bodies_of(connection, row.log_index, with_data=False))
    commitments = tuple(body.commitment for body in bodies)
    return Due(row.log_index, entry, to_wire(entry, bodies), commitments, lacks, row.key_id, row.sweep_id)


def arrived(connection: Connection, due: Due, receipt: object, city_index: int) -> None:
    """Keep the city's verified receipt, and the index of the entry in its log."""
    values = {
        "state": "lacking" if due.lacks_bodies else "arrived",
        "city_index": city_index,
        "reason": None,
        "receipt_json": json.dumps(receipt),
        "relayed_ms": now_ms(),
    }
    where = relayed.c.log_index == due.log_index
    connection.execute(update(relayed).where(where).values(**values))


def refused(connection: Connection, due: Due, reason: str) -> None:
    """Keep why the city does not take an entry."""
    where = relayed.c.log_index == due.log_index
    connection.execute(update(relayed).where(where).values(state="refused", reason=reason, relayed_ms=now_ms()))


def counts(connection: Connection) -> dict[str, int]:
    """How many entries are in each state."""
    rows = connection.execute(select(relayed.c.state, func.count().label("n")).group_by(relayed.c.state))
    return {row.state: row.n for row in rows}


def _state_of(status: str) -> str:
    return "due" if status in {"accepted", "conflict"} else "waiting"


def _set_due(connection: Connection, log_indices: Collection[int]) -> None:
    connection.execute(update(relayed).where(relayed.c.log_index.in_(log_indices)).values(state="due"))


def _with_later_bodies(connection: Connection) -> list[int]:
    """Entries that arrived without a body that is here now."""
    lacking = select(relayed.c.log_index, relayed.c.receipt_json).where(relayed.c.state == "lacking")
    found = []
    for row in connection.execute(lacking).all():
        sent = _commitments_in(row.receipt_json)
        bodies = bodies_of(connection, row.log_index, with_data=False)
        if any(body.state == "present" and body.commitment not in sent for body in bodies):
            found.append(row.log_index)
    return found


def _commitments_in(receipt_json: str) -> frozenset[str]:
    """The bodies that a kept receipt names."""
    receipt = Receipt.model_validate_json(parse_signed(json.loads(receipt_json)).payload)
    return frozenset(receipt.commitments)
