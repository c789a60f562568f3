"""People: accounts and their Argon2id passwords; what they open is in `sessions.py`.

Input is a user name with a password; output is a `Person` or a refusal.  It never tells whether a user name exists, and
an unknown name takes as long as a wrong password.  A password that somebody else has read (printed at the first start,
or with a new account) has to be changed at once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from server.districts.register import district_for
from server.interface.errors import ApiError
from server.interface.fields import Role
from server.people.alphabets import PASSWORD_ALPHABET
from server.people.first_passwords import NO_CODE, refuse_expired
from server.people.names import give_name, new_account, tidy_name
from server.people.register import register
from server.store.audit import record
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import (
    badges,
    duties,
    inspector_pairs,
    instruments,
    notification_choices,
    notified_people,
    passkeys,
    pins,
    push_subscriptions,
    recovery_codes,
    second_factors,
    sendings,
    sessions,
    single_sign_on_links,
    users,
)
from sweep.phrases import Phrase
from sweep.report import new_id
from sweep.report.proof_records import FirstWay, SecondWay

FIRST_USER = "admin"
MIN_DIFFERENT_LETTERS = 5  # guessed: keeps aaaaaaaaaa and 1212121212 out
PASSWORD_GROUPS = 4  # derived: 4 groups of 4 letters out of 32 are 80 bits

_hasher = PasswordHash.recommended()
_decoy = "$argon2id$v=19$m=65536,t=3,p=4$rkK3tTbLgzhHSkvnATkTow$bepfE2xL9VrEIoJtbPi+im5bY68esXuxPBJB1w3UDSc"
"""Of 256 random bits that nobody kept, with the parameters of every other hash: written down, since making one takes as
long as a login, and every command would make it at its start.  It opens nothing: whoever is checked against it has no
account."""


LoginWay = FirstWay | SecondWay
"""How somebody proved who they are; `code`: password and second factor. A PIN opens no session."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who proved who they are."""

    user_id: UUID
    username: str
    display_name: str
    """Pseudonym that goes into entries."""
    role: Role
    account: str
    """Id that goes into entries beside the name."""
    must_change_password: bool = False
    """The password was given by somebody else: nothing but a change of it is allowed."""
    district_id: str | None = None
    """The only district that this person sees; None: the whole city."""
    way: LoginWay = "password"
    """By what they proved it."""
    needs_enrolment_code: bool = False
    """Only a password that somebody handed over, or what came of it, was proved: it sets up no other way to log in."""
    is_demonstration: bool = False
    """The account was made by the demonstration, whose password lies in a file beside made-up data."""


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password as it is stored."""

    text: str


def random_password() -> str:
    """A password that can be read aloud and typed on a phone: 80 bits."""
    groups = ("".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(4)) for _ in range(PASSWORD_GROUPS))
    return "-".join(groups)


def hashed(password: str) -> HashedPassword:
    """The password as it is stored; takes 50 ms of a core and 64 MiB, so call it before a write transaction begins."""
    return HashedPassword(_hasher.hash(password))


def create_user(
    connection: Connection,
    *,
    username: str,
    display_name: str,
    role: Role,
    password: str | HashedPassword,
    actor: str,
    is_one_time: bool = False,
    code: HashedPassword | None = None,
    district_id: str | None = None,
    is_demonstration: bool = False,
) -> UUID:
    """Add an account of a district, or of the whole city; a one-time password has to be changed at first login.

    `code`: the enrolment code that goes with a one-time password; without one it sets up nothing until one is given.
    Only the commands of the demonstration make accounts `is_demonstration`, which need no second factor.
    ApiError 409 when the user name or one that looks like the display name is taken, 400 for a name that cannot be,
    400 or 404 for a district that does not fit or is not there.
    """
    district_id = district_for(connection, role, district_id)
    if connection.scalar(select(users.c.user_id).where(users.c.username == username)) is not None:
        raise ApiError(409, Phrase("username_taken", username=username))
    user_id, account, display_name = new_id(), new_account(connection), tidy_name(display_name)
    give_name(connection, account, display_name, district_id)
    connection.execute(
        insert(users).values(
            user_id=user_id,
            username=username,
            display_name=display_name,
            role=role,
            password_hash=_stored(password),
            is_active=True,
            must_change_password=is_one_time,
            password_ms=now_ms(),
            created_ms=now_ms(),
            district_id=district_id,
            is_demonstration=is_demonstration,
            account=account,
            enrolment_hash=_code_of(code, is_one_time=is_one_time),
        )
    )
    detail = {"role": role, "district": district_id, "is_demonstration": is_demonstration}
    record(connection, actor=actor, action="user.created", object_id=username, detail=detail)
    register(connection, user_id, actor=actor)
    return user_id


def set_password(
    connection: Connection,
    username: str,
    password: str | HashedPassword,
    *,
    actor: str,
    is_one_time: bool = False,
    code: HashedPassword | None = None,
) -> None:
    """Give an account a new password and switch it on; its sessions and known devices end. ApiError 404 without one.

    A one-time password is for somebody who lost the old one, perhaps with a phone: passkeys end with it. It also makes
    an account of the demonstration one like any other.
    """
    user_id = _user_id(connection, username)
    was_active = connection.scalar(select(users.c.is_active).where(users.c.user_id == user_id))
    connection.execute(
        update(users)
        .where(users.c.user_id == user_id)
        .values(
            password_hash=_stored(password),
            password_ms=now_ms(),
            must_change_password=is_one_time,
            first_age_s=0,
            is_active=True,
        )
    )
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    if is_one_time:
        given = {"is_demonstration": False, "enrolment_hash": _code_of(code, is_one_time=True)}
        connection.execute(update(users).where(users.c.user_id == user_id).values(given))
        end_proofs(connection, user_id)
    if not was_active:
        register(connection, user_id, actor=actor)
    record(connection, actor=actor, action="password.changed", object_id=username, detail={"one_time": is_one_time})


def change_password(db: Database, person: Person, old: str, new: str) -> None:
    """A person's own new password; ApiError 403 when the old one is wrong, 400 when the new one is too weak."""
    if new == old or person.username in new.lower() or len(set(new)) < MIN_DIFFERENT_LETTERS:
        raise ApiError(400, Phrase("weak_password"))
    try:
        check_password(db, person.username, old)
    except ApiError as error:
        if error.status != 401:
            raise
        raise ApiError(403, Phrase("current_password_wrong"), code=error.code) from None
    stored = hashed(new)
    with db.write() as connection:
        set_password(connection, person.username, stored, actor=person.display_name)


def deactivate_user(connection: Connection, username: str, *, actor: str) -> None:
    """Switch an account off; its sessions end. ApiError 404 for an unknown one, 409 for the last administrator."""
    user_id = _user_id(connection, username)
    others = select(func.count()).where(users.c.role == "admin", users.c.is_active, users.c.user_id != user_id)
    role = connection.scalar(select(users.c.role).where(users.c.user_id == user_id))
    if role == "admin" and not connection.scalar(others):
        raise ApiError(409, Phrase("last_admin"))
    connection.execute(update(users).where(users.c.user_id == user_id).values(is_active=False))
    end_all(connection, user_id)
    record(connection, actor=actor, action="user.deactivated", object_id=username, detail={})
    register(connection, user_id, actor=actor)


def end_all(connection: Connection, user_id: UUID) -> None:
    """End every session and passkey of a person, forget how they are told, and give back what was assigned to them."""
    for table in (sessions, duties, notification_choices, notified_people, sendings):
        connection.execute(delete(table).where(table.c.user_id == user_id))
    end_proofs(connection, user_id)
    is_of_pair = or_(inspector_pairs.c.first_user_id == user_id, inspector_pairs.c.second_user_id == user_id)
    connection.execute(delete(inspector_pairs).where(is_of_pair))
    held = update(instruments).where(instruments.c.holder_user_id == user_id)
    connection.execute(held.values(holder_user_id=None))


def end_proofs(connection: Connection, user_id: UUID) -> None:
    """End whatever a person could prove themselves by beside the password, and tell them no more at their browsers."""
    for table in (passkeys, recovery_codes, second_factors, pins, badges, single_sign_on_links, push_subscriptions):
        connection.execute(delete(table).where(table.c.user_id == user_id))


def _code_of(code: HashedPassword | None, *, is_one_time: bool) -> str | None:
    return code.text if code is not None else NO_CODE if is_one_time else None


def _stored(password: str | HashedPassword) -> str:
    return (password if isinstance(password, HashedPassword) else hashed(password)).text


def _user_id(connection: Connection, username: str) -> UUID:
    user_id: UUID | None = connection.scalar(select(users.c.user_id).where(users.c.username == username))
    if user_id is None:
        raise ApiError(404, Phrase("named_user_not_found", username=username), code="not_found")
    return user_id


def password_ms(db: Database, username: str) -> int:
    """When this account's password was set, in milliseconds since 1970; 0 for a name that nobody has."""
    with db.read() as connection:
        return connection.scalar(select(users.c.password_ms).where(users.c.username == username)) or 0


def record_failure(db: Database, username: str, *, address: str, is_known_device: bool) -> None:
    """Write a wrong password down. A name that nobody has is left out: people type passwords into that field."""
    with db.write() as connection:
        is_known = connection.scalar(select(users.c.user_id).where(users.c.username == username)) is not None
        record(
            connection,
            actor="unknown",
            action="login.failed",
            object_id=username if is_known else "(unknown name)",
            detail={"address": address, "known_device": is_known_device},
        )


def ensure_first_user(db: Database, password: str) -> str | None:
    """Make the administrator when there is no account; returns a one-time password that was made up here.

    A password that the operator chose is the operator's own and stays.
    """
    with db.read() as connection:
        if connection.scalar(select(func.count()).select_from(users)):
            return None
    chosen = password or random_password()
    stored = hashed(chosen)
    with db.write() as connection:
        if connection.scalar(select(func.count()).select_from(users)):
            return None
        create_user(
            connection,
            username=FIRST_USER,
            display_name="관리자-01",
            role="admin",
            password=stored,
            actor="system",
            is_one_time=not password,
        )
    return None if password else chosen


def is_right(secret: str, stored: str) -> bool:
    """Does a password or PIN fit the hash that is stored? Takes as long as hashing it."""
    try:
        return _hasher.verify(secret, stored)
    except PwdlibError:
        return False


def waste_a_check(secret: str) -> None:
    """Take as long as checking a secret, where there is none to check."""
    is_right(secret, _decoy)


def check_password(db: Database, username: str, password: str) -> Person:
    """The active person of this name and password; ApiError 401 otherwise, 403 for a first password that expired."""
    with db.read() as connection:
        row = connection.execute(select(users).where(users.c.username == username)).one_or_none()
    fits = is_right(password, row.password_hash if row is not None else _decoy)
    if row is None or not fits or not row.is_active:
        raise ApiError(401, Phrase("wrong_credentials"))
    refuse_expired(row)
    return person_of(row)


def person_of(row: Row[Any], way: LoginWay = "password") -> Person:
    """The person of a row of `users`, who proved it in this way."""
    return Person(
        row.user_id,
        row.username,
        row.display_name,
        row.role,
        row.account,
        row.must_change_password and way != "single_sign_on",  # who never types the password need not change it
        row.district_id,
        way,
        row.enrolment_hash is not None and way == "password",
        row.is_demonstration,
    )
