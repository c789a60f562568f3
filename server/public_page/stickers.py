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
    if connection.scalar(select(facilities.c.facility_id).where(facilities.c.facility_id == facility_id)) is None:
        raise not_found(Phrase("facility_not_found"))
    own = select(rooms.c.room_id).where(rooms.c.facility_id == facility_id, rooms.c.closed_ms.is_(None))
    found = connection.scalars(own.order_by(rooms.c.name_ko, rooms.c.room_id)).all()
    if not found:
        raise ApiError(409, Phrase("no_rooms"))
    record(connection, actor=actor, action="stickers.printed", object_id=str(facility_id), detail={"rooms": len(found)})
    return stickers_for(connection, found, None, is_new=False, actor=actor)


def stickers_for(
    connection: Connection, room_ids: Sequence[UUID], district_id: str | None, *, is_new: bool, actor: str
) -> Sequence[Sticker]:
    """Stickers of these rooms in their order, made where there is none, or all anew.

    ApiError 404 when one of them is not there, is closed, or lies in another district.
    """
    wanted = tuple(dict.fromkeys(room_ids))
    held = (
        select(stickers.c.code)
        .where(stickers.c.room_id == rooms.c.room_id, stickers.c.revoked_ms.is_(None))
        .order_by(stickers.c.created_ms.desc(), stickers.c.code)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(rooms.c.room_id, rooms.c.name_ko, facilities.c.name_ko.label("facility_ko"), held.label("code"))
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(rooms.c.room_id.in_(wanted), rooms.c.closed_ms.is_(None))
    )
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    found = {row.room_id: row for row in connection.execute(statement)}
    if len(found) != len(wanted):
        raise not_found(Phrase("room_not_found"))
    printed = []
    for room_id in wanted:
        row = found[room_id]
        code = None if is_new else row.code
        if code is None:
            code = replace_sticker(connection, room_id, actor=actor)
        else:
            record(connection, actor=actor, action="sticker.printed", object_id=str(room_id), detail={})
        printed.append(Sticker(code, row.facility_ko, row.name_ko))
    return printed


def _insert(connection: Connection, room_id: UUID, actor: str) -> str:
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
    connection.execute(
        insert(stickers).values(code=code, room_id=room_id, created_ms=now_ms(), created_by=actor, revoked_ms=None)
    )
    return code
