"""On what basis a room is inspected: a statute, an ordinance, or the owner's consent with its date and document.

Input is what a person records; output is the history of a room's basis, newest first.  Nothing is overwritten.  A room
without any basis has none: a changing room has no statutory floor, only policy and consent.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select

from server.interface.errors import not_found
from server.interface.place_requests import BasisRequest
from server.interface.views.places import BasisView, RoomBases
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.schema import room_bases, rooms
from sweep.phrases import Phrase


def add_basis(connection: Connection, room_id: UUID, request: BasisRequest, *, actor: str) -> None:
    """Record a room's basis from now on; ApiError 404 without the room."""
    if connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None:
        raise not_found(Phrase("room_not_found"))
    last_ms = connection.scalar(select(func.max(room_bases.c.recorded_ms)).where(room_bases.c.room_id == room_id))
    connection.execute(
        insert(room_bases).values(
            room_id=room_id,
            recorded_ms=max(now_ms(), (last_ms or 0) + 1),
            basis=request.basis,
            citation=request.citation,
            dated="" if request.dated is None else request.dated.isoformat(),
            document=request.document,
            recorded_by=actor,
        )
    )
    detail = {"basis": request.basis}
    record(connection, actor=actor, action="room.basis", object_id=str(room_id), detail=detail)


def bases_of(connection: Connection, room_id: UUID) -> RoomBases:
    """What was recorded of a room, newest first: the first one counts; ApiError 404 without the room."""
    if connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None:
        raise not_found(Phrase("room_not_found"))
    found = connection.execute(
        select(room_bases).where(room_bases.c.room_id == room_id).order_by(room_bases.c.recorded_ms.desc())
    )
    return RoomBases(bases=tuple(basis_view(row) for row in found))


def basis_view(row: Row[Any]) -> BasisView:
    """A row of `room_bases` as people see it."""
    return BasisView(
        basis=row.basis,
        citation=row.citation,
        dated=row.dated or None,
        document=row.document,
        recorded=from_ms(row.recorded_ms),
        recorded_by=row.recorded_by,
    )
