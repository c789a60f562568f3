"""Sessions of people who proved who they are, and their CSRF tokens.

Input is a person or the token of a cookie; output is a `Session`.  Tokens are stored as hashes: whoever reads the
database opens no session with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from server.people.auth import Person, person_of
from server.store.audit import record
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import sessions, users

TOKEN_BYTES = 32
MAX_SESSIONS_PER_USER = 20  # guessed: phones and desktops of one person


@dataclass(frozen=True, slots=True)
class Session:
    """A login."""

    person: Person
    csrf_token: str
    opened_ms: int
    """When, in milliseconds since 1970."""


def open_session(db: Database, person: Person, hours: int) -> tuple[str, Session]:
    """A new session: (token for the cookie, session). The person's oldest sessions beyond the limit end."""
    token, csrf_token, now = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES), now_ms()
    with db.write() as connection:
        connection.execute(delete(sessions).where(sessions.c.expires_ms <= now))
        held = connection.scalars(
            select(sessions.c.token_hash)
            .where(sessions.c.user_id == person.user_id)
            .order_by(sessions.c.created_ms.desc())
        ).all()
        for token_hash in held[MAX_SESSIONS_PER_USER - 1 :]:
            connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))
        connection.execute(
            insert(sessions).values(
                token_hash=hash_token(token),
                user_id=person.user_id,
                csrf_token=csrf_token,
                created_ms=now,
                expires_ms=now + hours * 3_600_000,
                way=person.way,
            )
        )
        detail = {"way": person.way}
        record(connection, actor=person.display_name, action="login", object_id=person.username, detail=detail)
    return token, Session(person, csrf_token, now)


def strengthen(connection: Connection, token: str) -> None:
    """Let the session of this token count as one with a second factor, which its person has just given.

    Sessions that the password alone opened before end: whoever opened one could disconnect the new factor again.
    """
    own = sessions.c.token_hash == hash_token(token)
    connection.execute(update(sessions).where(own).values(way="code"))
    user_id = select(sessions.c.user_id).where(own).scalar_subquery()
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.way == "password"))


def find_session(db: Database, token: str) -> Session | None:
    """The session of this token, unless it ended or its person was switched off."""
    statement = (
        select(sessions.c.csrf_token, sessions.c.created_ms.label("opened_ms"), sessions.c.way, users)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(sessions.c.token_hash == hash_token(token), sessions.c.expires_ms > now_ms(), users.c.is_active)
    )
    with db.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    return Session(person_of(row, row.way), row.csrf_token, row.opened_ms)


def living_sessions(db: Database, token_hashes: frozenset[str]) -> frozenset[str]:
    """Those of the sessions that have neither ended nor belong to a person who was switched off."""
    statement = (
        select(sessions.c.token_hash)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(sessions.c.token_hash.in_(sorted(token_hashes)), sessions.c.expires_ms > now_ms(), users.c.is_active)
    )
    with db.read() as connection:
        return frozenset(connection.scalars(statement))


def close_session(db: Database, token: str) -> None:
    """End the session of this token, if there is one."""
    with db.write() as connection:
        connection.execute(delete(sessions).where(sessions.c.token_hash == hash_token(token)))


def is_same_token(given: str, expected: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def hash_token(token: str) -> str:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()
