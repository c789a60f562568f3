"""On which day of its period a facility is visited: drawn by chance, on the day itself, so that nobody knows it before.

Each working day has a secret of 32 random bytes, made when somebody asks for the first time on that day or later.  On
such a day a facility that was not drawn yet is drawn with the chance 1 : (working days left); so every working day of
the period is equally likely, and the last one certain.  The secret of tomorrow does not exist: neither the database nor
its backups nor whoever reads all of this can tell tomorrow's draw.  A facility that is done may be drawn again, so that
no rest of a period is safe.  All rooms of a facility are drawn together: two persons walk there once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, insert, select

from server.schedule.periods import Period, is_working_day, working_days
from server.store.db import Database
from server.store.schema import draw_secrets

SECRET_BYTES = 32
DRAW_BYTES = 8
REPEAT_CHANCE = 0.02  # guessed: of 400 inspections a month eight
REPEAT_DAYS = 3  # guessed: working days in which a lens would still be there, and a pair comes by
WHOLE = 1 << (8 * DRAW_BYTES)

Secrets = Mapping[date, bytes]


def secrets_until(db: Database, first: date, today: date) -> Secrets:
    """Secrets of all days from `first` to `today`, made where there are none yet."""
    with db.read() as connection:
        found = _stored(connection, first, today)
    days = working_days(Period(first, today))
    if all(day in found for day in days):
        return found
    with db.write() as connection:
        found = _stored(connection, first, today)
        missing = [day for day in days if day not in found]
        rows = [{"day": day.isoformat(), "secret": secrets.token_bytes(SECRET_BYTES)} for day in missing]
        if rows:
            connection.execute(insert(draw_secrets), rows)
        return _stored(connection, first, today)


def drawn_day(facility_id: UUID, rule: str, days: Sequence[date], today: date, known: Secrets) -> date | None:
    """The working day, of `days` in their order, on which a facility was drawn; None while it was not."""
    mark = b"first" + rule.encode() + facility_id.bytes
    left = len(days)
    for day in days:
        if day > today:
            return None
        if _chance(known[day], mark) < WHOLE // left:
            return day
        left -= 1
    return None


def is_drawn_again(facility_id: UUID, rule: str, chance: float, today: date, known: Secrets) -> bool:
    """Is a facility that is done visited again today?"""
    if chance == 0.0 or not is_working_day(today):
        return False
    return _chance(known[today], b"again" + rule.encode() + facility_id.bytes) < chance * WHOLE


def is_repeated(room_id: UUID, visit_ms: int, after: Sequence[date], today: date, known: Secrets) -> bool:
    """Is what persons saw with other instruments looked at once more, of themselves unannounced, today?

    The secret of the working day after the visit says so, which does not exist during it; `after`: the working
    days since the visit, the first of which drew.  It stays due for REPEAT_DAYS.
    """
    if not 1 <= len(after) <= REPEAT_DAYS or after[-1] != today:
        return False
    mark = b"repeat" + room_id.bytes + visit_ms.to_bytes(8)
    return after[0] in known and _chance(known[after[0]], mark) < REPEAT_CHANCE * WHOLE


def _chance(secret: bytes, mark: bytes) -> int:
    """A number below WHOLE that only who has the secret can tell."""
    return int.from_bytes(hashlib.blake2b(mark, key=secret, digest_size=DRAW_BYTES).digest())


def _stored(connection: Connection, first: date, today: date) -> dict[date, bytes]:
    of_days = draw_secrets.c.day.between(first.isoformat(), today.isoformat())
    rows = connection.execute(select(draw_secrets).where(of_days))
    return {date.fromisoformat(row.day): row.secret for row in rows}
