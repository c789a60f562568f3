"""What this server has still to say in the log: statements that wait for the signature of its own key or the root key.

Input are acts (a key admitted, a quarantine purged, a day of the access log closed), written down in the transaction of
the act; output are entries through the one ingest path.  With the root key at hand they are signed with the next thing
that is written; without it they wait for the ceremony (root.py), and a statement about a key is not in force until
then.  An entry about a key that arrives signed, from wherever, takes effect here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, exists, func, insert, select

from server.signing.entry_chain import next_of_key
from server.signing.key_bodies import MODELS
from server.store.clock import entry_time, now_ms
from server.store.schema import statements
from sweep.entry import kinds
from sweep.entry.dsse import ENTRY_TYPE, SignedEntry, Signer
from sweep.entry.envelope import Body, Envelope, make_body, sign_envelope
from sweep.report import new_id, to_json
from sweep.report.base import Record

MEDIA_TYPES = {kind: media_type for kind, (media_type, _) in MODELS.items()} | {
    kinds.QUARANTINE_PURGED: kinds.QUARANTINE_PURGED_TYPE,
    kinds.ACCESS_LOG_HEAD: kinds.ACCESS_LOG_HEAD_TYPE,
    kinds.PHOTO_EXPIRED: kinds.PHOTO_EXPIRED_TYPE,
    kinds.ROOM_PLACED: kinds.ROOM_PLACED_TYPE,
    kinds.PERSON_REGISTERED: kinds.PERSON_REGISTERED_TYPE,
}
SECOND_TYPES = {kinds.PERSON_REGISTERED: kinds.PERSON_NAME_TYPE}
"""Of the body that can be erased by itself."""
SERVER_SUBJECT = "server"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that has no entry yet."""

    statement_id: UUID
    """Also the id of its entry."""
    made_ms: int
    actor: str
    kind: str
    body_json: str
    second_json: str | None
    is_in_force: bool


def say(
    connection: Connection,
    kind: str,
    body: Record,
    *,
    actor: str,
    second: Record | None = None,
    is_in_force: bool = True,
) -> None:
    """Write a statement down; it becomes an entry when its key is at hand. `second`: the body of `SECOND_TYPES`."""
    last = connection.scalar(select(func.max(statements.c.number)))
    connection.execute(
        insert(statements).values(
            statement_id=new_id(),
            number=0 if last is None else last + 1,
            made_ms=now_ms(),
            actor=actor,
            kind=kind,
            body_json=to_json(body).decode(),
            second_json=None if second is None else to_json(second).decode(),
            is_in_force=is_in_force,
        )
    )


def waiting(connection: Connection) -> tuple[Waiting, ...]:
    """Statements without an entry, in the order in which they were made."""
    rows = connection.execute(select(statements).order_by(statements.c.number)).all()
    return tuple(_waiting(row) for row in rows)


def is_asked(connection: Connection, kind: str, body: Record) -> bool:
    """Does a statement that says just this wait for its signature already?"""
    same = (statements.c.kind == kind) & (statements.c.body_json == to_json(body).decode())
    return bool(connection.scalar(select(exists().where(same))))


def said(connection: Connection, statement_id: UUID) -> None:
    """Its entry is in the log."""
    connection.execute(delete(statements).where(statements.c.statement_id == statement_id))


def envelope_of(connection: Connection, one: Waiting, *bodies: Body, tenant: str, key_id: str) -> Envelope:
    """What the key of this id is to sign next in its chain."""
    seq, prev = next_of_key(connection, key_id)
    return _envelope(one, bodies, tenant=tenant, key_id=key_id, seq=seq, prev=prev)


def body_of(one: Waiting) -> Body:
    """The statement as the body of an entry, with a fresh salt."""
    return make_body(MEDIA_TYPES[one.kind], one.body_json.encode())


def sign(
    connection: Connection, one: Waiting, signer: Signer, tenant: str
) -> tuple[SignedEntry, Envelope, tuple[Body, ...]]:
    """The entry of a statement, signed by its key."""
    bodies = [body_of(one)]
    if one.second_json is not None:
        bodies.append(make_body(SECOND_TYPES[one.kind], one.second_json.encode()))
    envelope = envelope_of(connection, one, *bodies, tenant=tenant, key_id=signer.key_id)
    return sign_envelope(envelope, signer), envelope, tuple(bodies)


def hash_of(payload: bytes) -> str:
    """Hash of the entry that an envelope becomes when it is signed: signatures are no part of it."""
    return SignedEntry(ENTRY_TYPE, payload, ()).entry_hash


def _envelope(
    one: Waiting, bodies: tuple[Body, ...], *, tenant: str, key_id: str, seq: int, prev: str | None
) -> Envelope:
    is_about_key = one.kind in kinds.KEY_KINDS
    return Envelope(
        v=1,
        kind=one.kind,
        entry_id=one.statement_id,
        tenant=tenant,
        room_id=None,
        sweep_id=None,
        key_id=key_id,
        subject=one.actor if is_about_key else SERVER_SUBJECT,
        assurance="ceremony" if is_about_key else "device",
        source="live",
        seq=seq,
        prev=prev,
        refs=(),
        bodies=tuple(body.ref for body in bodies),
        time=entry_time(),
        seen_checkpoint=None,
    )


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(row.statement_id, row.made_ms, row.actor, row.kind, row.body_json, row.second_json, row.is_in_force)
