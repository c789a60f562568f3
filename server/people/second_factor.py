"""A second factor beside the password: codes of an authenticator app (TOTP, RFC 6238), and recovery codes.

Input are codes that a person typed; output is whether they hold.  The secret is sealed under a key that lies outside
the database; recovery codes are stored as hashes and good once.  A code counts once, and after too many wrong ones in
a row no code of the app is taken any more: whoever knows the password does not get to guess for months.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection, delete, func, insert, select, update

from server.interface.errors import ApiError, invalid
from server.interface.fields import Role
from server.interface.views.people import NewSecondFactor, SecondFactorView
from server.people.auth import Person, random_password
from server.store.audit import record
from server.store.clock import now_ms
from server.store.schema import recovery_codes, second_factors
from sweep.entry.crypto import decrypt, encrypt
from sweep.phrases import Phrase

STRONG_ROLES: frozenset[Role] = frozenset({"district_officer", "city_officer", "auditor", "evidence_officer", "admin"})
"""Who reads what others wrote down, or keeps keys and accounts: a password alone is not enough."""
SECRET_BYTES = 20  # RFC 4226, section 4: 160 bits are recommended
STEP_S = 30  # RFC 6238, section 5.2
DIGITS = 6
STEPS_ASIDE = 1  # RFC 6238, section 5.2: one step for a slow network and a clock that is not quite right
MAX_WRONG = 50  # derived: 50 guesses at 3 of 1,000,000 codes are a chance of 1 in 6,700
RECOVERY_CODES = 10
NONCE_BYTES = 12
ISSUER = "Ansim Sweep"
_DOMAIN = b"ansim-second-factor-v1\x00"


def needs_second_factor(person: Person) -> bool:
    """Is this somebody whose password alone opens nothing?"""
    return _must_have_one(person) and person.way == "password"


def _must_have_one(person: Person) -> bool:
    """Accounts of the demonstration are spared: their passwords are printed beside made-up data."""
    return person.role in STRONG_ROLES and not person.is_demonstration


def factor_needed() -> ApiError:
    """A password alone is not enough for what was asked."""
    return ApiError(403, Phrase("second_factor_needed"))


def state_of(connection: Connection, person: Person) -> SecondFactorView:
    """Is there one, must there be, and how many recovery codes are left?"""
    held = select(func.count()).where(recovery_codes.c.user_id == person.user_id)
    return SecondFactorView(
        is_on=is_on(connection, person.user_id),
        is_needed=_must_have_one(person),
        recovery_codes=connection.scalar(held) or 0,
    )


def is_on(connection: Connection, user_id: UUID) -> bool:
    """Has this person confirmed a second factor?"""
    own = select(second_factors.c.user_id).where(
        second_factors.c.user_id == user_id, second_factors.c.confirmed_ms.is_not(None)
    )
    return connection.scalar(own) is not None


def begin(connection: Connection, key: bytes, person: Person) -> NewSecondFactor:
    """A new secret, worth nothing until a code of it confirms it; ApiError 409 while another one is in force."""
    if is_on(connection, person.user_id):
        raise ApiError(409, Phrase("second_factor_on"))
    secret = secrets.token_bytes(SECRET_BYTES)
    connection.execute(delete(second_factors).where(second_factors.c.user_id == person.user_id))
    connection.execute(
        insert(second_factors).values(
            user_id=person.user_id,
            sealed_secret=_sealed(key, person.user_id, secret),
            last_step=0,
            wrong=0,
            created_ms=now_ms(),
        )
    )
    address = _totp(secret).get_provisioning_uri(person.username, ISSUER)
    return NewSecondFactor(
        secret=base64.b32encode(secret).decode(),
        address=address,
        qr_code=segno.make(address, error="m").svg_data_uri(border=4, scale=4, light="white"),
    )


def confirm(connection: Connection, key: bytes, person: Person, code: str) -> tuple[str, ...]:
    """Put the new secret into force by a code of it; gives the recovery codes, which are shown this once.

    ApiError 400 for a wrong code, 409 without a secret that waits for one.
    """
    row = connection.execute(select(second_factors).where(second_factors.c.user_id == person.user_id)).one_or_none()
    if row is None or row.confirmed_ms is not None:
        raise ApiError(409, Phrase("not_begun"))
    step = _step_of(_opened(key, person.user_id, row.sealed_secret), code, after=0)
    if step is None:
        raise invalid(Phrase("code_does_not_fit"), code="wrong_code")
    of_person = second_factors.c.user_id == person.user_id
    connection.execute(update(second_factors).where(of_person).values(confirmed_ms=now_ms(), last_step=step))
    codes = tuple(random_password() for _ in range(RECOVERY_CODES))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == person.user_id))
    rows = [{"user_id": person.user_id, "code_hash": _hash(person.user_id, code)} for code in codes]
    connection.execute(insert(recovery_codes), rows)
    record(connection, actor=person.display_name, action="second_factor.added", object_id=person.username, detail={})
    return codes


def remove(connection: Connection, person: Person) -> None:
    """Disconnect the app; recovery codes end with it."""
    for table in (recovery_codes, second_factors):
        connection.execute(delete(table).where(table.c.user_id == person.user_id))
    record(connection, actor=person.display_name, action="second_factor.removed", object_id=person.username, detail={})


def use_code(connection: Connection, key: bytes, person: Person, code: str) -> bool:
    """Take a code of the app or a recovery code, which then is spent; False for a wrong one, which is counted.

    The caller commits either way. ApiError 403 when so many were wrong that only a recovery code counts.
    """
    spent = delete(recovery_codes).where(
        recovery_codes.c.user_id == person.user_id, recovery_codes.c.code_hash == _hash(person.user_id, code)
    )
    if connection.execute(spent).rowcount == 1:
        record(connection, actor=person.display_name, action="recovery_code.used", object_id=person.username, detail={})
        return True
    of_person = second_factors.c.user_id == person.user_id
    row = connection.execute(select(second_factors).where(of_person)).one()
    if row.wrong >= MAX_WRONG:
        raise ApiError(403, Phrase("codes_locked"))
    step = _step_of(_opened(key, person.user_id, row.sealed_secret), code, after=row.last_step)
    if step is None:
        connection.execute(update(second_factors).where(of_person).values(wrong=row.wrong + 1))
        return False
    connection.execute(update(second_factors).where(of_person).values(wrong=0, last_step=step))
    return True


def code_needed() -> ApiError:
    """The password was right; a code has to come with it."""
    return ApiError(401, Phrase("code_needed"))


def wrong_code() -> ApiError:
    """A code that is wrong, too old, or was used already."""
    return ApiError(401, Phrase("code_wrong_or_used"), code="wrong_code")


def _step_of(secret: bytes, code: str, *, after: int) -> int | None:
    """The step of time whose code this is, later than the last one that was used; None for a wrong code."""
    now, totp, found = now_ms() // 1000 // STEP_S, _totp(secret), None
    for step in range(now - STEPS_ASIDE, now + STEPS_ASIDE + 1):
        is_same = hmac.compare_digest(totp.generate(step * STEP_S), code.encode())
        if is_same and step > after:
            found = step
    return found


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303  what every app speaks; HMAC does not rest on collisions


def _hash(user_id: UUID, code: str) -> str:
    """80 random bits need no slow hash."""
    plain = code.strip().lower().replace(" ", "").replace("-", "")
    return hashlib.sha256(_DOMAIN + user_id.bytes + plain.encode()).hexdigest()


def _sealed(key: bytes, user_id: UUID, secret: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + encrypt(key, nonce, secret, _DOMAIN + user_id.bytes)


def _opened(key: bytes, user_id: UUID, sealed: bytes) -> bytes:
    return decrypt(key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _DOMAIN + user_id.bytes)
