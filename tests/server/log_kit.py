"""What others say in a log, told from what the root key and the server say in it themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

import httpx
from sqlalchemy import Connection, Row, select

from server.log.heads import origin_of
from server.log.order import next_index
from server.log.package import package_lines
from server.signing import statements
from server.store.bodies import open_row
from server.store.db import Database
from server.store.schema import body_data, body_refs, entries
from server.store.stored_bodies import bodies_of
from server.verifier.findings import Findings
from server.verifier.verification import verify
from sweep.entry import kinds, merkle
from sweep.entry.dsse import parse_signed
from sweep.entry.envelope import Envelope, parse_envelope
from sweep.entry.kinds import KEY_KINDS, SERVER_KINDS

OWN_KINDS = KEY_KINDS | SERVER_KINDS
SENT = entries.c.kind.is_(None) | entries.c.kind.not_in(OWN_KINDS)
"""Condition on `entries`: probes, people and strangers said it."""


def verified(connection: Connection) -> Findings:
    """What the verifier says of a log as it lies in the database."""
    origin = origin_of(connection)
    lines = partial(package_lines, connection, origin=origin, scope="full", checkpoint="")
    return verify(lines, is_sealed=False)


def plain_lines(connection: Connection) -> list[bytes]:
    """The log with all its bodies, line by line."""
    return list(package_lines(connection, origin="", scope="full", checkpoint=""))


def body_states(connection: Connection) -> Counter[str]:
    """How many bodies that entries name are in which state."""
    indices = connection.scalars(select(entries.c.log_index)).all()
    return Counter(body.state for index in indices for body in bodies_of(connection, index))


def end_of(db: Database) -> int:
    """Index of the next entry."""
    with db.read() as connection:
        return next_index(connection)


def sent_indices(db: Database) -> list[int]:
    """Where what was sent stands, in the order of the log."""
    with db.read() as connection:
        return list(connection.scalars(select(entries.c.log_index).where(SENT).order_by(entries.c.log_index)))


def own_indices(db: Database) -> set[int]:
    """Where the root key and the server speak."""
    with db.read() as connection:
        return set(connection.scalars(select(entries.c.log_index).where(~SENT)))


def leaf_hashes(rows: Iterable[Row[Any]]) -> list[bytes]:
    """The leaves of entries, in the order given."""
    data = (merkle.leaf_data(row.entry_hash, row.signatures_hash, row.received_ms) for row in rows)
    return [merkle.leaf_hash(leaf) for leaf in data]


def receipt_of(answer: httpx.Response) -> dict[str, object]:
    """What a receipt says but for its proof, which is that of the tree when it was asked for."""
    said: dict[str, object] = json.loads(parse_signed(answer.json()).payload)
    return {name: value for name, value in said.items() if name != "inclusion_proof"}


def own_entries(db: Database) -> list[tuple[Envelope, Any]]:
    """What the root key and the server said that counts but for the register, with its body as JSON, in order."""
    found = []
    with db.read() as connection:
        rows = connection.execute(
            select(entries)
            .where(entries.c.kind.in_(OWN_KINDS - {kinds.PERSON_REGISTERED}), entries.c.status == "accepted")
            .order_by(entries.c.log_index)
        ).all()
        for row in rows:
            named = select(body_refs.c.commitment).where(body_refs.c.log_index == row.log_index)
            of_entry = body_data.c.commitment == named.scalar_subquery()
            stored = connection.execute(select(body_data).where(of_entry)).one()
            opened = open_row(connection, stored.commitment, stored.slot, stored.sealed)
            found.append((parse_envelope(row.payload), json.loads(opened.data or b"")))
    return found


def admitted_keys(db: Database) -> list[tuple[str, str]]:
    """(key id, role) of each admission, in the order of the log."""
    return [(body["key_id"], body["role"]) for envelope, body in own_entries(db) if envelope.kind == kinds.KEY_ADMITTED]


def waiting_kinds(db: Database) -> list[str]:
    """Kinds of what has still to be said."""
    with db.read() as connection:
        return [one.kind for one in statements.waiting(connection)]
