"""Enrolment codes: the second secret of a new account, without which its first password sets up no other way to log in.

Input is a code that a person typed; output is an account that needs it no longer, or a refusal.  A code is hashed like
a password and good once; whoever logged in by a passkey, an app or the single sign-on needs none.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from server.interface.errors import ApiError, not_found
from server.people.auth import HashedPassword, Person, hashed, is_right, waste_a_check
from server.people.first_passwords import NO_CODE
from server.store.audit import record
from server.store.db import Database
from server.store.schema import users
from sweep.phrases import Phrase


def hashed_code(code: str) -> HashedPassword:
    """A code as it is stored; takes as long as a password."""
    return hashed(_bare(code))


def give_code(connection: Connection, username: str, code: HashedPassword, *, actor: str) -> None:
    """Let this code be the one that an account needs; ApiError 404 without the account."""
    changed = update(users).where(users.c.username == username).values(enrolment_hash=code.text)
    if connection.execute(changed).rowcount == 0:
        raise not_found(Phrase("user_not_found"))
    record(connection, actor=actor, action="enrolment_code.given", object_id=username, detail={})


def prove_code(db: Database, person: Person, code: str) -> None:
    """Take the code of this person, which is spent then; ApiError 403 for a wrong one, which the caller counts."""
    own = users.c.user_id == person.user_id
    with db.read() as connection:
        stored = connection.scalar(select(users.c.enrolment_hash).where(own))
    if stored in {None, NO_CODE}:
        waste_a_check(code)
    is_fit = bool(stored) and is_right(_bare(code), stored or NO_CODE)
    with db.write() as connection:
        as_read = own & (users.c.enrolment_hash == stored)
        done = is_fit and connection.execute(update(users).where(as_read).values(enrolment_hash=None)).rowcount == 1
        action = "enrolment_code.used" if done else "enrolment_code.wrong"
        record(connection, actor=person.display_name, action=action, object_id=person.username, detail={})
    if not done:
        raise ApiError(403, Phrase("wrong_enrolment_code"))


def _bare(code: str) -> str:
    return "".join(code.lower().replace("-", "").split())


def code_needed() -> ApiError:
    """Setting up a way to log in needs more than the password that somebody handed over."""
    return ApiError(403, Phrase("enrolment_code_needed"))
