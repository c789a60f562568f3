"""What people of a facility see of their rooms: on which day each was last visited, and by whom; nothing else.

Whoever belongs to a facility may be the one who hid a camera.  So the day changes after every visit alike, however it
ended and whatever was seen, and nothing here reads a finding, a case, an assignment or a day to come: answers, counts
and the work behind them are the same whether there is a case or not.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, select

from server.interface.views.places import OwnRoom, OwnRoomList
from server.store.clock import day_of, from_ms
from server.store.counting import SWEEP_COUNTS
from server.store.schema import districts, facilities, rooms, sweeps, user_facilities
from sweep.report import LocalText


def own_rooms(connection: Connection, user_id: UUID) -> OwnRoomList:
    """The rooms of a person's facilities with the day of their last visit."""
    last = (
        select(func.max(sweeps.c.started_ms))
        .where(sweeps.c.room_id == rooms.c.room_id, SWEEP_COUNTS)
        .correlate(rooms, facilities)
        .scalar_subquery()
    )
    statement = (
        select(
            rooms.c.room_id,
            rooms.c.name_ko,
            rooms.c.name_en,
            facilities.c.name_ko.label("facility_ko"),
            facilities.c.name_en.label("facility_en"),
            districts.c.name_ko.label("agency_ko"),
            districts.c.name_en.label("agency_en"),
            last.label("last_ms"),
        )
        .select_from(user_facilities)
        .join(facilities, facilities.c.facility_id == user_facilities.c.facility_id)
        .join(rooms, rooms.c.facility_id == facilities.c.facility_id)
        .outerjoin(districts, districts.c.district_id == facilities.c.district_id)
        .where(user_facilities.c.user_id == user_id, rooms.c.closed_ms.is_(None))
        .order_by(facilities.c.name_ko, facilities.c.facility_id, rooms.c.name_ko, rooms.c.room_id)
    )
    return OwnRoomList(
        rooms=tuple(
            OwnRoom(
                room_id=row.room_id,
                facility_name=LocalText(ko=row.facility_ko, en=row.facility_en),
                room_name=LocalText(ko=row.name_ko, en=row.name_en),
                last_checked=None if row.last_ms is None else day_of(from_ms(row.last_ms)),
                agency=None if row.agency_ko is None else LocalText(ko=row.agency_ko, en=row.agency_en),
            )
            for row in connection.execute(statement)
        )
    )
