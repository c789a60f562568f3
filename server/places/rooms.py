"""Rooms as the page sees them: with their plan, its history, their sweeps and what stands open.  It writes nothing.

Replays and simulations stay out of the history of a real facility: they are listed, marked, but never its last sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select, tuple_

from server.interface.errors import not_found
from server.interface.views.places import PlanVersion, RoomDetail, RoomList, RoomSummary, SweepSummary
from server.places.facilities import current_plan
from server.places.open_things import standing_of_rooms, standing_view
from server.places.summaries import at_city_of, sweep_summary
from server.standing.rooms import RoomStands, equipment_of_room, persons_of_room
from server.store.clock import from_ms
from server.store.counting import SWEEP_COUNTS
from server.store.schema import facilities, plans, rooms, sweeps
from sweep.phrases import Phrase
from sweep.report import LocalText

MAX_SWEEPS_OF_ROOM = 200  # guessed: years of inspections, and a page that still loads at once
MAX_WORDS = 6  # guessed: more than anybody types; each is looked for in five names of every room
ORDER = (facilities.c.name_ko, facilities.c.facility_id, rooms.c.name_ko, rooms.c.room_id)


def room_page(
    connection: Connection,
    *,
    search: str = "",
    facility_id: UUID | None = None,
    after: UUID | None = None,
    limit: int,
    district_id: str | None = None,
) -> RoomList:
    """Open rooms by facility and name: those whose names or number contain `search`, from after room `after` on.

    Of one district or, without one, of all.

    ApiError 404 when nobody here knows the room `after`.
    """
    statement = select(rooms.c.room_id).join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    statement = statement.where(rooms.c.closed_ms.is_(None))
    if facility_id is not None:
        statement = statement.where(rooms.c.facility_id == facility_id)
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    for word in search.lower().split()[:MAX_WORDS]:
        names = (facilities.c.name_ko, facilities.c.name_en, facilities.c.code, rooms.c.name_ko, rooms.c.name_en)
        statement = statement.where(or_(*(func.lower(name).contains(word, autoescape=True) for name in names)))
    if after is not None:
        statement = statement.where(_follows(connection, after))
    found = connection.scalars(statement.order_by(*ORDER).limit(limit + 1)).all()
    shown = found[:limit]
    last, standing = _last_sweeps(connection, shown), standing_of_rooms(connection, shown)
    rows = connection.execute(_rooms().where(rooms.c.room_id.in_(shown)).order_by(*ORDER))
    return RoomList(
        rooms=tuple(RoomSummary(**_values(row, last.get(row.room_id), standing.get(row.room_id))) for row in rows),
        next=shown[-1] if len(found) > limit else None,
    )


def room_summary(connection: Connection, room_id: UUID) -> RoomSummary | None:
    """One room; None when nobody here knows it."""
    row = connection.execute(_rooms().where(rooms.c.room_id == room_id)).one_or_none()
    return None if row is None else RoomSummary(**_values_now(connection, row))


def room_detail(connection: Connection, room_id: UUID) -> RoomDetail:
    """One room with plan and sweeps; ApiError 404 when nobody here knows it."""
    row = connection.execute(_rooms().where(rooms.c.room_id == room_id)).one_or_none()
    if row is None:
        raise not_found(Phrase("room_not_found"))
    found = connection.execute(
        select(sweeps)
        .where(sweeps.c.room_id == room_id)
        .order_by(sweeps.c.started_ms.desc(), sweeps.c.sweep_id.desc())
        .limit(MAX_SWEEPS_OF_ROOM)
    ).all()
    at_city = at_city_of(connection, [item.sweep_id for item in found])
    history = connection.execute(
        select(plans.c.version, plans.c.is_verified, plans.c.created_ms, plans.c.created_by)
        .where(plans.c.room_id == room_id)
        .order_by(plans.c.version.desc())
    )
    return RoomDetail(
        **_values_now(connection, row),
        address=row.address,
        latitude_deg=row.latitude_deg,
        longitude_deg=row.longitude_deg,
        plan=current_plan(connection, room_id),
        plan_history=tuple(
            PlanVersion(
                version=item.version,
                is_verified=item.is_verified,
                created=from_ms(item.created_ms),
                created_by=item.created_by,
            )
            for item in history
        ),
        sweeps=tuple(sweep_summary(connection, item, at_city[item.sweep_id]) for item in found),
    )


def room_rows(connection: Connection, room_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Rooms with the names of their facilities, those that are known here."""
    return connection.execute(_rooms().where(rooms.c.room_id.in_(room_ids))).all()


def _follows(connection: Connection, room_id: UUID) -> ColumnElement[bool]:
    """Is a room later in the list than this one?"""
    place = select(*ORDER).join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    row = connection.execute(place.where(rooms.c.room_id == room_id)).one_or_none()
    if row is None:
        raise not_found(Phrase("room_not_found"))
    facility, same = tuple_(*ORDER[:2]), tuple_(*ORDER[2:])
    here, there = (literal(row[0]), literal(row[1])), (literal(row[2]), literal(row[3]))
    return and_(facility >= tuple_(*here), or_(facility > tuple_(*here), same > tuple_(*there)))


def _rooms() -> Select[Any]:
    newest = select(func.max(plans.c.version)).where(plans.c.room_id == rooms.c.room_id).correlate(rooms)
    return (
        select(
            rooms,
            facilities.c.code,
            facilities.c.district_id,
            facilities.c.address,
            facilities.c.latitude_deg,
            facilities.c.longitude_deg,
            facilities.c.is_demo,
            facilities.c.name_ko.label("facility_ko"),
            facilities.c.name_en.label("facility_en"),
            plans.c.version,
            plans.c.is_verified,
        )
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .join(plans, and_(plans.c.room_id == rooms.c.room_id, plans.c.version == newest.scalar_subquery()))
    )


def _last_sweeps(connection: Connection, room_ids: Sequence[UUID]) -> dict[UUID, SweepSummary]:
    """The newest sweep of each of these rooms, for those that have one."""
    newest = (
        select(sweeps.c.sweep_id)
        .where(sweeps.c.room_id == rooms.c.room_id, SWEEP_COUNTS)
        .order_by(sweeps.c.started_ms.desc(), sweeps.c.sweep_id.desc())
        .limit(1)
        .correlate(rooms, facilities)
        .scalar_subquery()
    )
    statement = (
        select(sweeps)
        .select_from(rooms)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .join(sweeps, sweeps.c.sweep_id == newest)
        .where(rooms.c.room_id.in_(room_ids))
    )
    found = connection.execute(statement).all()
    at_city = at_city_of(connection, [row.sweep_id for row in found])
    return {row.room_id: sweep_summary(connection, row, at_city[row.sweep_id]) for row in found}


def _values_now(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    room_id = row.room_id
    last, standing = _last_sweeps(connection, [room_id]), standing_of_rooms(connection, [room_id])
    return _values(row, last.get(room_id), standing.get(room_id))


def _values(row: Row[Any], last_sweep: SweepSummary | None, standing: RoomStands | None) -> dict[str, Any]:
    last = (None, None) if last_sweep is None else (last_sweep.equipment, last_sweep.persons)
    return {
        "room_id": row.room_id,
        "facility_id": row.facility_id,
        "facility_code": row.code,
        "facility_name": LocalText(ko=row.facility_ko, en=row.facility_en),
        "district_id": row.district_id,
        "room_name": LocalText(ko=row.name_ko, en=row.name_en),
        "kind": row.kind,
        "sex": row.sex,
        "floor": row.floor,
        "stalls": row.stalls,
        "is_demo": row.is_demo,
        "plan_version": row.version,
        "plan_verified": row.is_verified,
        "last_sweep": last_sweep,
        "standing": None if standing is None else standing_view(standing),
        "equipment": equipment_of_room(standing, last[0]),
        "persons": persons_of_room(standing, last[1]),
    }
