"""Badges: QR codes by which a second person is named, to be issued, printed, listed and taken back.

Input are decisions of who keeps accounts; output are rows of `badges` and lines of the audit trail.  A badge only names
and can be photographed: it proves nothing without the PIN of whom it names (`pins.py`), opens no session, and is one
of a person's at a time.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import segno
from sqlalchemy import Connection, delete, insert, select

from server.interface.errors import not_found
from server.interface.fields import Role
from server.interface.views.people import BadgeList, BadgeRow, BadgeView
from server.people.pins import MAX_WRONG
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.db import Database
from server.store.schema import badges, districts, pins, users
from sweep.phrases import Phrase

BADGE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing that reads like something else
BADGE_LETTERS = 8


class Printed(NamedTuple):
    """What stands on a badge."""

    badge: str
    name: str
    agency: str
    """The district; empty for people of the whole city."""


def issue_badge(connection: Connection, username: str, *, actor: str) -> BadgeView:
    """A new badge for somebody; the old one names nobody any more. ApiError 404 without the account."""
    user_id: UUID | None = connection.scalar(
        select(users.c.user_id).where(users.c.username == username, users.c.is_active)
    )
    if user_id is None:
        raise not_found(Phrase("user_not_found"))
    letters = (BADGE_ALPHABET[10:], *[BADGE_ALPHABET] * (BADGE_LETTERS - 1))  # no number, so no user name either
    badge = "".join(map(secrets.choice, letters))
    connection.execute(delete(badges).where(badges.c.user_id == user_id))
    connection.execute(insert(badges).values(user_id=user_id, badge=badge, issued_ms=now_ms()))
    record(connection, actor=actor, action="badge.issued", object_id=username, detail={})
    return BadgeView(badge=badge, qr_code=segno.make(badge, error="m").svg_data_uri(border=4, scale=4, light="white"))


def revoke_badge(connection: Connection, username: str, *, actor: str) -> None:
    """Let somebody's badge, if there is one, name nobody any more; ApiError 404 without the account."""
    user_id: UUID | None = connection.scalar(select(users.c.user_id).where(users.c.username == username))
    if user_id is None:
        raise not_found(Phrase("user_not_found"))
    if connection.execute(delete(badges).where(badges.c.user_id == user_id)).rowcount:
        record(connection, actor=actor, action="badge.revoked", object_id=username, detail={})


def badge_list(connection: Connection, roles: Iterable[Role], district_id: str | None) -> BadgeList:
    """Everybody of a district, or of all, who may be a second person by their role, with and without a badge."""
    statement = (
        select(users, badges.c.badge, badges.c.issued_ms, pins.c.wrong)
        .outerjoin(badges, badges.c.user_id == users.c.user_id)
        .outerjoin(pins, pins.c.user_id == users.c.user_id)
        .where(users.c.is_active, users.c.role.in_(sorted(roles)))
        .order_by(users.c.display_name, users.c.username)
    )
    if district_id is not None:
        statement = statement.where(users.c.district_id == district_id)
    return BadgeList(
        people=tuple(
            BadgeRow(
                username=row.username,
                display_name=row.display_name,
                role=row.role,
                district_id=row.district_id,
                badge=row.badge,
                issued=None if row.issued_ms is None else from_ms(row.issued_ms),
                pin="none" if row.wrong is None else "locked" if row.wrong >= MAX_WRONG else "set",
            )
            for row in connection.execute(statement)
        )
    )


def badges_to_print(
    connection: Connection, usernames: Sequence[str], district_id: str | None, *, actor: str
) -> tuple[Printed, ...]:
    """The badges of these people in their order, each written down as printed.

    ApiError 404 for somebody without one, or of another district.
    """
    statement = (
        select(users.c.username, users.c.display_name, badges.c.badge, districts.c.name_ko)
        .join(badges, badges.c.user_id == users.c.user_id)
        .outerjoin(districts, districts.c.district_id == users.c.district_id)
        .where(users.c.username.in_(usernames))
    )
    if district_id is not None:
        statement = statement.where(users.c.district_id == district_id)
    found = {
        row.username: Printed(row.badge, row.display_name, row.name_ko or "") for row in connection.execute(statement)
    }
    for username in usernames:
        if username not in found:
            raise not_found(Phrase("badge_not_found"))
        record(connection, actor=actor, action="badge.printed", object_id=username, detail={})
    return tuple(found[username] for username in usernames)


def username_of(db: Database, badge: str) -> str | None:
    """Whom a badge names."""
    statement = (
        select(users.c.username).join(badges, badges.c.user_id == users.c.user_id).where(badges.c.badge == badge)
    )
    with db.read() as connection:
        username: str | None = connection.scalar(statement)
    return username
