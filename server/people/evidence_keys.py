"""Public keys of evidence officers (age, X25519): to them photographs are sealed on the phone.

Input is a recipient as age writes it; output are rows.  The private key never comes here.  A key that ended seals
nothing more and still opens what was sealed to it; each officer of a district gets a copy of the key of every picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, literal, or_, select, update
from sqlalchemy import insert as insert_into

from server.interface.errors import ApiError, invalid, not_found
from server.interface.views.photos import EvidenceKeyView
from server.people.auth import Person
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.schema import evidence_keys, users
from sweep.phrases import Phrase

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
MAX_KEYS = 16  # guessed: officers of one district and of the city


def key_id_of(recipient: str) -> str:
    """The short name of a key: the first 16 hexadecimal digits of SHA-256 over the recipient as written."""
    return hashlib.sha256(recipient.encode()).hexdigest()[:16]


def add(
    connection: Connection, recipient: str, *, name: str, district_id: str | None, user_id: UUID | None, actor: str
) -> Row[Any]:
    """Take a key in, or find it as it is; ApiError 400 when misspelt, 409 for one that ended or is another's."""
    if not _is_spelt_right(recipient):
        raise invalid(Phrase("bad_recipient"), code="bad_recipient")
    key_id = key_id_of(recipient)
    known = connection.execute(select(evidence_keys).where(evidence_keys.c.key_id == key_id)).one_or_none()
    if known is not None:
        if known.ended_ms is not None or (known.user_id, known.district_id) != (user_id, district_id):
            raise ApiError(409, Phrase("key_ended_or_foreign"), code="key_known")
        return known
    if len(live(connection, district_id)) >= MAX_KEYS:
        raise ApiError(409, Phrase("too_many_keys", most=MAX_KEYS))
    connection.execute(
        insert_into(evidence_keys).values(
            key_id=key_id,
            recipient=recipient,
            user_id=user_id,
            name=name,
            district_id=district_id,
            made_ms=now_ms(),
            ended_ms=None,
        )
    )
    record(connection, actor=actor, action="evidence_key.added", object_id=key_id, detail={"name": name})
    return connection.execute(select(evidence_keys).where(evidence_keys.c.key_id == key_id)).one()


def end(connection: Connection, key_id: str, *, actor: str, user_id: UUID | None = None) -> None:
    """Seal nothing more to a key; `user_id`: only of this person. ApiError 404 without it."""
    where = [evidence_keys.c.key_id == key_id, evidence_keys.c.ended_ms.is_(None)]
    if user_id is not None:
        where.append(evidence_keys.c.user_id == user_id)
    if connection.execute(update(evidence_keys).where(*where).values(ended_ms=now_ms())).rowcount == 0:
        raise not_found(Phrase("key_not_found"))
    record(connection, actor=actor, action="evidence_key.ended", object_id=key_id, detail={})


def live(
    connection: Connection, district_id: str | None, at_ms: int | None = None, *, everywhere: bool = False
) -> Sequence[Row[Any]]:
    """Keys to which a photograph of a district is sealed, now or at a moment: of its officers and of the whole city's.

    `everywhere`: whatever district, to be looked at.  Those of people who left, moved, or are no evidence officers any
    more are not among them.
    """
    moment = now_ms() if at_ms is None else at_ms
    is_of_city = literal(value=everywhere)
    of_user = evidence_keys.outerjoin(users, users.c.user_id == evidence_keys.c.user_id)
    is_officer = and_(
        users.c.is_active,
        users.c.role == "evidence_officer",
        users.c.district_id.is_not_distinct_from(evidence_keys.c.district_id),
    )
    statement = (
        select(evidence_keys)
        .select_from(of_user)
        .where(
            or_(evidence_keys.c.district_id.is_(None), evidence_keys.c.district_id == district_id, is_of_city),
            or_(evidence_keys.c.user_id.is_(None), is_officer),
            evidence_keys.c.made_ms <= moment,
            or_(evidence_keys.c.ended_ms.is_(None), evidence_keys.c.ended_ms > moment),
        )
    )
    return connection.execute(statement.order_by(evidence_keys.c.key_id)).all()


def recipients_of(connection: Connection, key_ids: Sequence[str]) -> tuple[str, ...]:
    """The public keys of these names, also of those that ended."""
    statement = select(evidence_keys.c.recipient).where(evidence_keys.c.key_id.in_(key_ids))
    return tuple(connection.scalars(statement.order_by(evidence_keys.c.key_id)))


def key_view(row: Row[Any], person: Person) -> EvidenceKeyView:
    """A key as people see it."""
    return EvidenceKeyView(
        key_id=row.key_id,
        recipient=row.recipient,
        name=row.name,
        district_id=row.district_id,
        made=from_ms(row.made_ms),
        is_own=row.user_id == person.user_id,
    )


def _is_spelt_right(recipient: str) -> bool:
    """Does the checksum of a Bech32 string hold (BIP 173)? One wrong letter would seal to nobody."""
    prefix, _, letters = recipient.rpartition("1")
    values = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    values += [ALPHABET.find(letter) for letter in letters]
    if -1 in values:
        return False
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for number, part in enumerate(GENERATOR):
            check ^= part if top >> number & 1 else 0
    return check == 1
