"""Rooms as the page sees them: with their plan, its history, their sweeps and what stands open.  It writes nothing.

Replays and simulations stay out of the history of a real facility: they are listed, marked, but never its last sweep.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, or_, select

from server.clock import from_ms
from server.errors import not_found
from server.facilities import current_plan
from server.schema import facilities, plans, rooms, sweeps
from server.standing import standing_of_rooms
from server.summaries import sweep_summary
from server.views import PlanVersion, RoomDetail, RoomStanding, RoomSummary, SweepSummary
from sweep.report import LocalText

MAX_SWEEPS_OF_ROOM = 200  # guessed: years of inspections, and a page that still loads at once


def room_list(connection: Connection) -> tuple[RoomSummary, ...]:
    """All rooms by facility and name."""
    last, standing = _last_sweeps(connection), standing_of_rooms(connection)
    return tuple(
        RoomSummary(**_values(row, last.get(row.room_id), standing.get(row.room_id)))
        for row in connection.execute(_rooms())
    )


def room_summary(connection: Connection, room_id: UUID) -> RoomSummary | None:
    """One room; None when nobody here knows it."""
    row = connection.execute(_rooms().where(rooms.c.room_id == room_id)).one_or_none()
    return None if row is None else RoomSummary(**_values_now(connection, row))


def room_detail(connection: Connection, room_id: UUID) -> RoomDetail:
    """One room with plan and sweeps; ApiError 404 when nobody here knows it."""
    row = connection.execute(_rooms().where(rooms.c.room_id == room_id)).one_or_none()
    if row is None:
        raise not_found("방", "room")
    found = connection.execute(
        select(sweeps)
        .where(sweeps.c.room_id == room_id)
        .order_by(sweeps.c.started_ms.desc(), sweeps.c.sweep_id.desc())
        .limit(MAX_SWEEPS_OF_ROOM)
    )
    history = connection.execute(
        select(plans.c.version, plans.c.is_verified, plans.c.created_ms, plans.c.created_by)
        .where(plans.c.room_id == room_id)
        .order_by(plans.c.version.desc())
    )
    return RoomDetail(
        **_values_now(connection, row),
        address=row.address,
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
        sweeps=tuple(sweep_summary(item) for item in found),
    )


def _rooms() -> Any:
    newest = select(plans.c.room_id, func.max(plans.c.version).label("version")).group_by(plans.c.room_id).subquery()
    return (
        select(
            rooms,
            facilities.c.code,
            facilities.c.address,
            facilities.c.is_demo,
            facilities.c.name_ko.label("facility_ko"),
            facilities.c.name_en.label("facility_en"),
            plans.c.version,
            plans.c.is_verified,
        )
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .join(newest, newest.c.room_id == rooms.c.room_id)
        .join(plans, and_(plans.c.room_id == newest.c.room_id, plans.c.version == newest.c.version))
        .order_by(facilities.c.name_ko, facilities.c.facility_id, rooms.c.name_ko, rooms.c.room_id)
    )


def _last_sweeps(connection: Connection, room_id: UUID | None = None) -> dict[UUID, SweepSummary]:
    rank = func.row_number().over(
        partition_by=sweeps.c.room_id, order_by=(sweeps.c.started_ms.desc(), sweeps.c.sweep_id.desc())
    )
    inner = (
        select(sweeps, rank.label("rank"))
        .join(rooms, rooms.c.room_id == sweeps.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(or_(sweeps.c.source == "live", facilities.c.is_demo))
    )
    if room_id is not None:
        inner = inner.where(sweeps.c.room_id == room_id)
    ranked = inner.subquery()
    rows = connection.execute(select(ranked).where(ranked.c.rank == 1))
    return {row.room_id: sweep_summary(row) for row in rows}


def _values_now(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    room_id = row.room_id
    last, standing = _last_sweeps(connection, room_id), standing_of_rooms(connection, room_id)
    return _values(row, last.get(room_id), standing.get(room_id))


def _values(row: Row[Any], last_sweep: SweepSummary | None, standing: RoomStanding | None) -> dict[str, Any]:
    shown = standing or last_sweep
    return {
        "room_id": row.room_id,
        "facility_id": row.facility_id,
        "facility_code": row.code,
        "facility_name": LocalText(ko=row.facility_ko, en=row.facility_en),
        "room_name": LocalText(ko=row.name_ko, en=row.name_en),
        "kind": row.kind,
        "is_demo": row.is_demo,
        "plan_version": row.version,
        "plan_verified": row.is_verified,
        "last_sweep": last_sweep,
        "standing": standing,
        "result": None if shown is None else shown.result,
    }
