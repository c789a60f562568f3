"""The registers of facilities and rooms: who looks for one finds also what is closed, joined or lacks something.

Input are words, a district and what is asked for; output are views.  It writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from server.interface.errors import not_found
from server.interface.views.registers import (
    FacilityRecord,
    FacilityRegister,
    FacilityRow,
    JoinedPlace,
    RoomRecord,
    RoomRegister,
    RoomRow,
)
from server.places.bases import bases_of, basis_view
from server.places.changes import has_followed
from server.store.audit import trail
from server.store.clock import from_ms
from server.store.schema import facilities, facility_facts, place_joins, room_bases, rooms, stickers
from sweep.phrases import Phrase
from sweep.report import LocalText

MAX_WORDS = 5
Lacks = Literal["basis", "sticker"]


def facility_register(
    connection: Connection,
    district_id: str | None,
    *,
    search: str = "",
    only_special: bool = False,
    with_closed: bool = False,
    limit: int,
) -> FacilityRegister:
    """Facilities of a district, or of all, in whose names, address and number every word of `search` stands."""
    statement = _facilities()
    names = (facilities.c.name_ko, facilities.c.name_en, facilities.c.address, facilities.c.code)
    statement = _narrowed(statement, district_id, search, names)
    if only_special:
        statement = statement.where(facility_facts.c.is_special)
    if not with_closed:
        statement = statement.where(facility_facts.c.closed_ms.is_(None))
    order = (facilities.c.name_ko, facilities.c.facility_id)
    found = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
    return FacilityRegister(facilities=tuple(_facility_row(row) for row in found[:limit]), is_cut=len(found) > limit)


def facility_record(connection: Connection, facility_id: UUID) -> FacilityRecord:
    """One facility with its rooms; ApiError 404."""
    row = connection.execute(_facilities().where(facilities.c.facility_id == facility_id)).one_or_none()
    if row is None:
        raise not_found(Phrase("facility_not_found"))
    own = _rooms().where(rooms.c.facility_id == facility_id).order_by(rooms.c.name_ko, rooms.c.room_id)
    return FacilityRecord(
        facility=_facility_row(row),
        rooms=tuple(_room_row(one) for one in connection.execute(own)),
        joined=_joined(connection, facility_id),
        history=trail(connection, str(facility_id), {"facility", "stickers"}),
    )


def room_register(
    connection: Connection,
    district_id: str | None,
    *,
    search: str = "",
    lacks: Lacks | None = None,
    with_closed: bool = False,
    limit: int,
) -> RoomRegister:
    """Rooms of a district, or of all, in whose names and facility's every word of `search` stands."""
    names = (facilities.c.name_ko, facilities.c.name_en, facilities.c.code, rooms.c.name_ko, rooms.c.name_en)
    statement = _narrowed(_rooms(), district_id, search, names)
    if lacks == "basis":
        statement = statement.where(room_bases.c.room_id.is_(None))
    if lacks == "sticker":
        statement = statement.where(_SINCE.is_(None))
    if not with_closed:
        statement = statement.where(rooms.c.closed_ms.is_(None), facility_facts.c.closed_ms.is_(None))
    order = (facilities.c.name_ko, facilities.c.facility_id, rooms.c.name_ko, rooms.c.room_id)
    found = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
    return RoomRegister(rooms=tuple(_room_row(row) for row in found[:limit]), is_cut=len(found) > limit)


def room_record(connection: Connection, room_id: UUID) -> RoomRecord:
    """One room with every basis; ApiError 404."""
    row = connection.execute(_rooms().where(rooms.c.room_id == room_id)).one_or_none()
    if row is None:
        raise not_found(Phrase("room_not_found"))
    return RoomRecord(
        room=_room_row(row),
        bases=bases_of(connection, room_id).bases,
        joined=_joined(connection, room_id),
        history=trail(connection, str(room_id), {"room", "plan", "sticker"}),
    )


_SINCE: ColumnElement[int | None] = (
    select(func.max(stickers.c.created_ms))
    .where(stickers.c.room_id == rooms.c.room_id, stickers.c.revoked_ms.is_(None))
    .correlate(rooms)
    .scalar_subquery()
)


def _into(place_id: ColumnElement[Any]) -> ColumnElement[Any]:
    return (
        select(place_joins.c.into_id)
        .where(place_joins.c.from_id == place_id, place_joins.c.undone_ms.is_(None))
        .scalar_subquery()
    )


def _facilities() -> Select[Any]:
    is_open = (rooms.c.facility_id == facilities.c.facility_id) & rooms.c.closed_ms.is_(None)
    many = select(func.count()).select_from(rooms).where(is_open).scalar_subquery()
    return select(
        facilities,
        facility_facts.c.is_special,
        facility_facts.c.closed_ms,
        many.label("rooms"),
        _into(facilities.c.facility_id).label("joined_into"),
    ).outerjoin(facility_facts, facility_facts.c.facility_id == facilities.c.facility_id)


def _rooms() -> Select[Any]:
    newest = select(func.max(room_bases.c.recorded_ms)).where(room_bases.c.room_id == rooms.c.room_id)
    is_newest = and_(
        room_bases.c.room_id == rooms.c.room_id,
        room_bases.c.recorded_ms == newest.correlate(rooms).scalar_subquery(),
    )
    return (
        select(
            rooms,
            facilities.c.district_id,
            facilities.c.name_ko.label("facility_ko"),
            facilities.c.name_en.label("facility_en"),
            room_bases.c.basis,
            room_bases.c.citation,
            room_bases.c.dated,
            room_bases.c.document,
            room_bases.c.recorded_ms,
            room_bases.c.recorded_by,
            _SINCE.label("sticker_ms"),
            _into(rooms.c.room_id).label("joined_into"),
        )
        .select_from(rooms)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .outerjoin(facility_facts, facility_facts.c.facility_id == facilities.c.facility_id)
        .outerjoin(room_bases, is_newest)
    )


def _narrowed(
    statement: Select[Any], district_id: str | None, search: str, names: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    for word in search.lower().split()[:MAX_WORDS]:
        statement = statement.where(or_(*(func.lower(name).contains(word, autoescape=True) for name in names)))
    return statement


def _joined(connection: Connection, place_id: UUID) -> tuple[JoinedPlace, ...]:
    """What was joined with it, the newest first."""
    of_it = place_joins.c.into_id == place_id
    joins = select(place_joins).where(of_it, place_joins.c.undone_ms.is_(None))
    found = []
    for join in connection.execute(joins.order_by(place_joins.c.joined_ms.desc())).all():
        table, key = (facilities, "facility_id") if join.what == "facility" else (rooms, "room_id")
        name = connection.execute(select(table.c.name_ko, table.c.name_en).where(table.c[key] == join.from_id)).one()
        found.append(
            JoinedPlace(
                place_id=join.from_id,
                name=LocalText(ko=name.name_ko, en=name.name_en),
                joined=from_ms(join.joined_ms),
                may_part=not has_followed(connection, join),
            )
        )
    return tuple(found)


def _facility_row(row: Row[Any]) -> FacilityRow:
    return FacilityRow(
        facility_id=row.facility_id,
        district_id=row.district_id,
        name=LocalText(ko=row.name_ko, en=row.name_en),
        address=row.address,
        code=row.code,
        latitude_deg=row.latitude_deg,
        longitude_deg=row.longitude_deg,
        is_demo=row.is_demo,
        is_special=bool(row.is_special),
        closed=None if row.closed_ms is None else from_ms(row.closed_ms),
        rooms=row.rooms,
        joined_into=row.joined_into,
    )


def _room_row(row: Row[Any]) -> RoomRow:
    return RoomRow(
        room_id=row.room_id,
        facility_id=row.facility_id,
        district_id=row.district_id,
        facility_name=LocalText(ko=row.facility_ko, en=row.facility_en),
        room_name=LocalText(ko=row.name_ko, en=row.name_en),
        kind=row.kind,
        sex=row.sex,
        floor=row.floor,
        stalls=row.stalls,
        closed=None if row.closed_ms is None else from_ms(row.closed_ms),
        joined_into=row.joined_into,
        basis=None if row.basis is None else basis_view(row),
        sticker=None if row.sticker_ms is None else from_ms(row.sticker_ms),
    )
