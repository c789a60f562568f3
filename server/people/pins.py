"""PINs, by which a person agrees as the second one on somebody else's phone; they open no session.

Input are six digits, set by whoever is logged in and typed later beside a user name or a badge; output is the `Person`.
A PIN is hashed like a password, over a keyed hash, so that a stolen database tells nothing of so few digits; after
some wrong ones in a row it is worth nothing until its person sets it anew.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, delete, insert, select, update

from server.interface.errors import ApiError, invalid
from server.interface.views.people import PinView
from server.people.auth import HashedPassword, Person, is_right, person_of, waste_a_check
from server.people.devices import KnownDevices
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.db import Database
from server.store.schema import badges, pins, users
from sweep.phrases import Phrase

MAX_WRONG = 10  # derived: 10 guesses at 959,361 PINs that are allowed, a chance of 1 in 96,000
MIN_DIFFERENT_DIGITS = 3  # guessed: 112211 and the like are what people choose first


def refuse_guessable(pin: str) -> None:
    """ApiError 400 for digits that somebody tries first: runs, repeats, and days of birth."""
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    is_repeated = pin[:3] == pin[3:] or len(set(pin)) < MIN_DIFFERENT_DIGITS
    if len(steps) == 1 or is_repeated or pin == pin[::-1] or _is_day(pin):
        raise invalid(Phrase("weak_pin"), code="weak_pin")


def set_pin(connection: Connection, person: Person, stored: HashedPassword) -> None:
    """Give oneself a PIN, or another one; it is counted anew."""
    connection.execute(delete(pins).where(pins.c.user_id == person.user_id))
    connection.execute(insert(pins).values(user_id=person.user_id, pin_hash=stored.text, set_ms=now_ms(), wrong=0))
    record(connection, actor=person.display_name, action="pin.set", object_id=person.username, detail={})


def remove_pin(connection: Connection, person: Person) -> None:
    """Forget one's PIN."""
    connection.execute(delete(pins).where(pins.c.user_id == person.user_id))
    record(connection, actor=person.display_name, action="pin.removed", object_id=person.username, detail={})


def pin_of(connection: Connection, person: Person) -> PinView:
    """Whether there is a PIN, since when, and whether it is locked; and what the badge shows."""
    row = connection.execute(select(pins).where(pins.c.user_id == person.user_id)).one_or_none()
    return PinView(
        set=None if row is None else from_ms(row.set_ms),
        is_locked=row is not None and row.wrong >= MAX_WRONG,
        badge=connection.scalar(select(badges.c.badge).where(badges.c.user_id == person.user_id)),
    )


def check_pin(
    db: Database, devices: KnownDevices, username: str, pin: str, *, by_badge: bool, district_id: str | None = None
) -> Person:
    """The active person of this user name, which a badge may have said, whose PIN it is.

    ApiError 401 for a wrong one, which is counted, and 403 when so many were wrong that it counts no more.
    `district_id`: of whoever asks; nobody of another district is known to them, nor are wrong ones counted there.
    """
    statement = (
        select(users, pins.c.pin_hash, pins.c.wrong)
        .join(pins, pins.c.user_id == users.c.user_id)
        .where(users.c.username == username, users.c.is_active)
    )
    if district_id is not None:
        statement = statement.where(users.c.district_id.is_(None) | (users.c.district_id == district_id))
    with db.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        waste_a_check(pin)
        raise _wrong()
    fits = is_right(devices.pin_mac(row.user_id, pin), row.pin_hash)
    of_person = (pins.c.user_id == row.user_id) & (pins.c.pin_hash == row.pin_hash)
    with db.write() as connection:
        wrong = connection.scalar(select(pins.c.wrong).where(of_person))
        is_locked = wrong is None or wrong >= MAX_WRONG
        if wrong is not None and not is_locked:
            connection.execute(update(pins).where(of_person).values(wrong=0 if fits else wrong + 1))
        if not fits:
            record(connection, actor="unknown", action="pin.wrong", object_id=row.username, detail={})
    if is_locked:
        raise ApiError(403, Phrase("pin_locked"))
    if not fits:
        raise _wrong()
    return replace(person_of(row), way="badge_pin" if by_badge else "pin")


def _is_day(pin: str) -> bool:
    """Six digits as Koreans write a day of birth."""
    try:
        date(2000 + int(pin[:2]), int(pin[2:4]), int(pin[4:]))
    except ValueError:
        return False
    return True


def _wrong() -> ApiError:
    return ApiError(401, Phrase("wrong_pin"))
