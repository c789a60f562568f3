"""Stickers: a code for each room that nobody can guess or count through, and the room that a code opens.

A sticker that was torn off or copied elsewhere is replaced; the old code then opens nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from server.interface.errors import ApiError, not_found
from server.store.audit import record
from server.store.clock import now_ms
from server.store.schema import districts, facilities, rooms, stickers
from sweep.phrases import Phrase

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's, without what looks alike
CODE_LETTERS = 12  # derived: 58 bits; at 1,000 guesses a second one of 20,000 rooms is found once in 450 years


class Sticker(NamedTuple):
    """What is printed."""

    code: str
    facility: str
    room: str


def room_of(connection: Connection, code: str) -> Any:
    """Row of the room, facility and district behind a code that still opens something; ApiError 404."""
    if len(code) != CODE_LETTERS or not set(code) <= set(LETTERS):
        raise not_found(Phrase("sticker_not_found"))
    row = connection.execute(
        select(
            rooms.c.room_id,
            rooms.c.name_ko,
            rooms.c.name_en,
            facilities.c.name_ko.label("facility_ko"),
            facilities.c.name_en.label("facility_en"),
            facilities.c.district_id,
            districts.c.name_ko.label("district_ko"),
            districts.c.name_en.label("district_en"),
        )
        .join(rooms, rooms.c.room_id == stickers.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .outerjoin(districts, districts.c.district_id == facilities.c.district_id)
        .where(stickers.c.code == code, stickers.c.revoked_ms.is_(None))
    ).one_or_none()
    if row is None:
        raise not_found(Phrase("sticker_not_found"))
    return row


def replace_sticker(connection: Connection, room_id: UUID, *, actor: str) -> str:
    """A new code for a room, whose old ones open nothing any more; ApiError 404 without the room."""
    if connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None:
        raise not_found(Phrase("room_not_found"))
    old = update(stickers).where(stickers.c.room_id == room_id, stickers.c.revoked_ms.is_(None))
    connection.execute(old.values(revoked_ms=now_ms()))
    code = _insert(connection, room_id, actor)
    record(connection, actor=actor, action="sticker.replaced", object_id=str(room_id), detail={})
    return code


def stickers_of(connection: Connection, facility_id: UUID, *, actor: str) -> Sequence[Sticker]:
    """Stickers of all rooms of a facility, made where there is none; ApiError 404 without it, 409 without rooms."""
    facility = connection.execute(select(facilities).where(facilities.c.facility_id == facility_id)).one_or_none()
    if facility is None:
        raise not_found(Phrase("facility_not_found"))
    found = connection.execute(
        select(rooms.c.room_id, rooms.c.name_ko, stickers.c.code)
        .outerjoin(stickers, (stickers.c.room_id == rooms.c.room_id) & stickers.c.revoked_ms.is_(None))
        .where(rooms.c.facility_id == facility_id)
        .order_by(rooms.c.name_ko, rooms.c.room_id)
    ).all()
    if not found:
        raise ApiError(409, Phrase("no_rooms"))
    record(connection, actor=actor, action="stickers.printed", object_id=str(facility_id), detail={"rooms": len(found)})
    return [
        Sticker(row.code or _insert(connection, row.room_id, actor), facility.name_ko, row.name_ko) for row in found
    ]


def _insert(connection: Connection, room_id: UUID, actor: str) -> str:
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
    connection.execute(
        insert(stickers).values(code=code, room_id=room_id, created_ms=now_ms(), created_by=actor, revoked_ms=None)
    )
    return code
