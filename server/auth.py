"""People: accounts, Argon2id passwords, sessions and their CSRF tokens, and the rate limit of logins.

Input is a user name with a password or a session token; output is a `Person` or a refusal.  Session tokens are stored
as hashes.  It never tells whether a user name exists, and an unknown name takes as long as a wrong password.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass
from uuid import UUID

import limits
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from sqlalchemy import Connection, delete, func, insert, select, update

from server.audit import record
from server.clock import now_ms
from server.db import Database
from server.errors import ApiError
from server.fields import Role
from server.schema import sessions, users
from sweep.report import new_id

TOKEN_BYTES = 32
MAX_SESSIONS_PER_USER = 20  # guessed: phones and desktops of one person
FIRST_USER = "admin"
PASSWORD_ALPHABET = string.ascii_lowercase.replace("l", "").replace("o", "") + "23456789"
PASSWORD_GROUPS = 4  # derived: 4 groups of 4 letters out of 32 are 80 bits

_hasher = PasswordHash.recommended()
_decoy = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who proved who they are."""

    user_id: UUID
    username: str
    display_name: str
    """Pseudonym that goes into entries."""
    role: Role


@dataclass(frozen=True, slots=True)
class Session:
    """A login."""

    person: Person
    csrf_token: str


class LoginGate:
    """Counts login attempts per address and per user name in a moving window of one minute."""

    def __init__(self, per_minute: int) -> None:
        self._limiter = limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())
        self._item = limits.RateLimitItemPerMinute(per_minute)

    def enter(self, address: str, username: str) -> None:
        """Count an attempt; ApiError 429 when there were too many."""
        for kind, value in (("address", address), ("user", username)):
            if not self._limiter.hit(self._item, kind, value):
                raise ApiError(
                    429,
                    "too_many_attempts",
                    "로그인 시도가 너무 많습니다. 1분 뒤에 다시 시도하십시오",
                    "too many logins; try again in a minute",
                    headers={"Retry-After": "60"},
                )


def random_password() -> str:
    """A password that can be read aloud and typed on a phone: 80 bits."""
    groups = ("".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(4)) for _ in range(PASSWORD_GROUPS))
    return "-".join(groups)


def create_user(
    connection: Connection, *, username: str, display_name: str, role: Role, password: str, actor: str
) -> UUID:
    """Add an account; ApiError 409 when the name is taken."""
    if connection.scalar(select(users.c.user_id).where(users.c.username == username)) is not None:
        raise ApiError(409, "name_taken", "이미 있는 사용자 이름입니다", f"the user name {username} is taken")
    user_id = new_id()
    connection.execute(
        insert(users).values(
            user_id=user_id,
            username=username,
            display_name=display_name,
            role=role,
            password_hash=_hasher.hash(password),
            is_active=True,
            created_ms=now_ms(),
        )
    )
    record(connection, actor=actor, action="user.created", object_id=username, detail={"role": role})
    return user_id


def set_password(connection: Connection, username: str, password: str, *, actor: str) -> None:
    """Give an account a new password; its sessions end."""
    user_id = connection.scalar(select(users.c.user_id).where(users.c.username == username))
    connection.execute(update(users).where(users.c.user_id == user_id).values(password_hash=_hasher.hash(password)))
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    record(connection, actor=actor, action="password.changed", object_id=username, detail={})


def ensure_first_user(db: Database, password: str) -> str | None:
    """Make the administrator when there is no account; returns a password that was made up here, to be shown once."""
    with db.read() as connection:
        if connection.scalar(select(func.count()).select_from(users)):
            return None
    chosen = password or random_password()
    with db.write() as connection:
        if connection.scalar(select(func.count()).select_from(users)):
            return None
        create_user(
            connection, username=FIRST_USER, display_name="관리자-01", role="admin", password=chosen, actor="system"
        )
    return None if password else chosen


def check_password(db: Database, username: str, password: str) -> Person:
    """The active person of this name and password; ApiError 401 otherwise."""
    with db.read() as connection:
        row = connection.execute(select(users).where(users.c.username == username)).one_or_none()
    try:
        is_right = _hasher.verify(password, row.password_hash if row is not None else _decoy)
    except PwdlibError:
        is_right = False
    if row is None or not is_right or not row.is_active:
        raise ApiError(
            401,
            "wrong_credentials",
            "사용자 이름 또는 비밀번호가 올바르지 않습니다",
            "the user name or the password is wrong",
        )
    return Person(row.user_id, row.username, row.display_name, row.role)


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
            )
        )
        record(connection, actor=person.display_name, action="login", object_id=person.username, detail={})
    return token, Session(person, csrf_token)


def find_session(db: Database, token: str) -> Session | None:
    """The session of this token, unless it ended or its person was switched off."""
    statement = (
        select(sessions.c.csrf_token, users)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(sessions.c.token_hash == hash_token(token), sessions.c.expires_ms > now_ms(), users.c.is_active)
    )
    with db.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    return Session(Person(row.user_id, row.username, row.display_name, row.role), row.csrf_token)


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
