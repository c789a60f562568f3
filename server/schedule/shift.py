"""Which rooms of a district somebody visits in the hours to come: what a Pi of that district is given, no others.

Nobody has said which probe which pair takes along, so that it is what the whole district has to do: rooms that are due,
overdue or were missed by the day's draw, and those that somebody ordered for a day of the shift.  Tomorrow's draw does
not exist yet (drawing.py), so no Pi can tell it either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from server.config.inspection_policy import Rule
from server.schedule.due import Day, due_of_day, first_day_needed
from server.schedule.periods import Period
from server.schedule.random_days import secrets_until
from server.schedule.raw_ids import id_of
from server.store.db import Database
from server.store.schema import facilities, rooms, visit_orders

ASKED = frozenset({"due", "overdue", "missed"})


def rooms_of_shift(
    db: Database, rules: Sequence[Rule], *, today: date, last_day: date, district_id: str
) -> frozenset[UUID]:
    """Ids of the rooms of a district that are to be visited from today to the last day of the shift."""
    known = secrets_until(db, first_day_needed(rules, today), today)
    by_equipment = [rule for rule in rules if rule.method == "equipment"]
    with db.read() as connection:
        day = Day(today, Period(today, today).end_ms, known)
        found = due_of_day(connection, by_equipment, day, district_id=district_id)
        due = frozenset(id_of(one.room.room_id) for one in found if one.state in ASKED)
        return due | _ordered_later(connection, today, last_day, district_id)


def _ordered_later(connection: Connection, today: date, last_day: date, district_id: str) -> frozenset[UUID]:
    """Rooms of which a visit was ordered that begins within the shift, but after today."""
    tomorrow = (today + timedelta(days=1)).isoformat()
    return frozenset(
        connection.scalars(
            select(rooms.c.room_id)
            .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
            .join(visit_orders, visit_orders.c.facility_id == facilities.c.facility_id)
            .where(
                facilities.c.district_id == district_id,
                visit_orders.c.cancelled_ms.is_(None),
                visit_orders.c.first_day.between(tomorrow, last_day.isoformat()),
            )
        )
    )
