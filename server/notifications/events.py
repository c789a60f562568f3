"""What people are told of, read from what stands: each thing once, however often it is looked at.

Input are the tables, the schedule and probes that fell silent; output are rows of `notifications`, and for whoever is
told of one a row of `notified_people` and something in the queue.  A find waits until 112 was called, or ten minutes,
and for somebody on duty; one that two persons took back meanwhile is told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, insert, or_, select, update

from server.config.inspection_policy import Rule
from server.interface.notification_requests import NotificationKind
from server.notifications import queue
from server.notifications.choices import ALLOWED, chosen, ways_to
from server.notifications.duty import ON_DUTY_ROLES
from server.schedule.due import Day, due_of_day, first_day_needed
from server.schedule.periods import Period
from server.schedule.random_days import secrets_until
from server.standing.cases import CLOSED, FOUND, WITH_POLICE
from server.store.counting import CASE_COUNTS
from server.store.db import Database
from server.store.schema import (
    cases,
    duties,
    facilities,
    notifications,
    notified_people,
    rooms,
    users,
    visit_orders,
)
from sweep.report import new_id

FIND_WAIT_MS = 600_000  # the ten minutes: time to call 112 before anybody else learns of it
OPEN_FINDS = sorted(FOUND - CLOSED)


class Event(NamedTuple):
    """Something that happened."""

    kind: NotificationKind
    object_id: str
    """What it is about; one thing is told once."""
    district_id: str | None
    ready_ms: int


def unnoticed(connection: Connection, today: date, now: int) -> list[Event]:
    """Finds and orders that stand, and that nobody has noticed yet."""
    finds = (
        select(cases.c.case_id, cases.c.changed_ms, facilities.c.district_id)
        .join(rooms, rooms.c.room_id == cases.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .where(cases.c.state.in_(OPEN_FINDS), CASE_COUNTS)
    )
    orders = (
        select(visit_orders.c.order_id, facilities.c.district_id)
        .join(facilities, facilities.c.facility_id == visit_orders.c.facility_id)
        .where(visit_orders.c.cancelled_ms.is_(None), visit_orders.c.last_day >= today.isoformat())
    )
    found = [
        Event("found", str(row.case_id), row.district_id, min(row.changed_ms, now) + FIND_WAIT_MS)
        for row in connection.execute(finds)
    ]
    found += [Event("order", str(row.order_id), row.district_id, now) for row in connection.execute(orders)]
    return unknown(connection, found)


def unknown(connection: Connection, seen: Iterable[Event]) -> list[Event]:
    """Those of which nobody has written down anything."""
    found = list(seen)
    stands = notifications.c.object_id.in_([one.object_id for one in found])
    rows = connection.execute(select(notifications.c.kind, notifications.c.object_id).where(stands)) if found else ()
    known = {(row.kind, row.object_id) for row in rows}
    return [one for one in found if (one.kind, one.object_id) not in known]


def overdue(db: Database, rules: Sequence[Rule], today: date, now: int) -> list[Event]:
    """Districts in which rooms are overdue today: one event a day for each, however many rooms there are."""
    known = secrets_until(db, first_day_needed(rules, today), today)
    with db.read() as connection:
        day = Day(today, Period(today, today).end_ms, known)
        late = {one.room.district_id for one in due_of_day(connection, rules, day) if one.state == "overdue"}
    return [Event("overdue", f"{name or ''}/{today.isoformat()}", name, now) for name in sorted(late, key=str)]


def notice(connection: Connection, events: Iterable[Event], now: int) -> None:
    """Write down what is new, once; in the one write transaction."""
    for one in unknown(connection, events):
        values = {"notification_id": new_id(), "noticed_ms": now, **one._asdict()}
        connection.execute(insert(notifications).values(values))


def untold(connection: Connection, now: int) -> list[tuple[Row[Any], list[Row[Any]]]]:
    """What can be told now, and to whom; to nobody what was taken back."""
    waiting = select(notifications).where(notifications.c.told_ms.is_(None)).order_by(notifications.c.noticed_ms)
    found: list[tuple[Row[Any], list[Row[Any]]]] = []
    for row in connection.execute(waiting).all():
        state = _state_of(connection, row) if row.kind == "found" else None
        if row.kind == "found" and state not in OPEN_FINDS:
            found.append((row, []))
            continue
        if now < row.ready_ms and state not in WITH_POLICE:
            continue
        people = _people_for(connection, row)
        if people or row.kind != "found":
            found.append((row, people))
    return found


def tell(connection: Connection, key: bytes, row: Row[Any], people: Sequence[Row[Any]], now: int) -> None:
    """Tell these people of a thing, unless another process just did; in the one write transaction."""
    this = notifications.c.notification_id == row.notification_id
    claimed = update(notifications).where(this, notifications.c.told_ms.is_(None)).values(told_ms=now)
    if connection.execute(claimed).rowcount == 0:
        return
    for person in people:
        own = chosen(connection, key, person.user_id, person.role)
        if row.kind != "found" and row.kind not in own.kinds:
            continue
        values = {"notification_id": row.notification_id, "user_id": person.user_id}
        connection.execute(insert(notified_people).values(values))
        ways = ways_to(connection, person.user_id, own.mail)
        due_ms = now if row.kind == "found" else own.due_ms(now)
        queue.enqueue(connection, person.user_id, ways, due_ms=due_ms, now=now)


def _state_of(connection: Connection, row: Row[Any]) -> str | None:
    return connection.scalar(select(cases.c.state).where(cases.c.case_id == UUID(row.object_id)))


def _people_for(connection: Connection, row: Row[Any]) -> list[Row[Any]]:
    """Who may be told, by role and district; of a find who is on duty there."""
    is_here = or_(users.c.district_id == row.district_id, users.c.district_id.is_(None))
    statement = select(users.c.user_id, users.c.role).where(is_here, users.c.is_active)
    if row.kind == "found":
        on_duty = select(duties.c.user_id).where(duties.c.district_id == row.district_id)
        return list(connection.execute(statement.where(users.c.role.in_(ON_DUTY_ROLES), users.c.user_id.in_(on_duty))))
    roles = [role for role, kinds in ALLOWED.items() if row.kind in kinds]
    return list(connection.execute(statement.where(users.c.role.in_(roles))))
