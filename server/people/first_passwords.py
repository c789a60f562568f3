"""First passwords, which somebody else gave: good for 72 hours, and never enough to set up another way to log in.

Input is a row of `users`; output is whether its first password still holds.  Time is counted twice, by the wall clock
and while the server runs, so that a clock set back gives nobody a day.  Beside the password goes an enrolment code, to
be told by another way: whoever only saw the password connects no app, passkey or PIN to the account.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, Row, update

from server.interface.errors import ApiError
from server.people.alphabets import PASSWORD_ALPHABET
from server.store.clock import now_ms
from server.store.schema import users
from sweep.phrases import Phrase

FIRST_PASSWORD_H = 72
CODE_GROUPS = 2  # derived: 2 groups of 4 letters out of 32 are 40 bits, and wrong ones wait like wrong passwords
NO_CODE = ""
"""In place of a hash: no code was given yet, so none is right."""


def random_code() -> str:
    """An enrolment code that can be read aloud."""
    groups = ("".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(4)) for _ in range(CODE_GROUPS))
    return "-".join(groups)


def is_expired(row: Row[Any]) -> bool:
    """Is this the row of somebody whose first password was never changed, and is too old by now?"""
    age_s = max((now_ms() - row.password_ms) // 1000, row.first_age_s)
    return bool(row.must_change_password) and (age_s >= FIRST_PASSWORD_H * 3600 or now_ms() < row.password_ms)


def refuse_expired(row: Row[Any]) -> None:
    """ApiError 403 when the password was right, but a first one that is too old."""
    if is_expired(row):
        raise ApiError(403, Phrase("first_password_expired", hours=FIRST_PASSWORD_H))


def age_first_passwords(connection: Connection, elapsed_s: int) -> None:
    """Add the time that the server ran to the age of every first password."""
    older = {"first_age_s": users.c.first_age_s + elapsed_s}
    connection.execute(update(users).where(users.c.must_change_password).values(older))
