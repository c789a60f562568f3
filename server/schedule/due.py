"""What is due, overdue, missed and done: a query over rooms, rules and visits, for one day.

A rule for equipment draws a day for each facility in each period (drawing.py): on that day its rooms are `due`, later
`overdue` until they are done or the period ends; a period that ended without a visit is `missed` and told through the
next one.  Until a facility is drawn its rooms are `waiting`, and nobody can say until when.  The law's floor counts
only, where another rule draws, and warns in its last days.  Looks by eye are due from their period's first day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, or_, select

from server.config.inspection_policy import Every, Rule
from server.schedule import visits
from server.schedule.drawing import Secrets, drawn_day, is_drawn_again
from server.schedule.periods import Period, day_of, period_before, period_of, working_days
from server.store.schema import facilities, facility_facts, rooms, visit_orders

State = Literal["waiting", "due", "overdue", "missed", "done"]
WARNING_DAYS = 10  # guessed: two working weeks, in which a district can still visit whatever the law's floor lacks
ORDERED = "ordered"
"""Name of the rule of a visit that somebody ordered."""


class Due(NamedTuple):
    """What one rule says of one room."""

    room: Row[Any]
    rule: str
    state: State
    drawn: date | None
    """When its facility was drawn, or an ordered visit may begin."""
    until: date
    last_ms: int | None
    """The visit that made it done, or the last one before."""
    is_again: bool = False
    with_police: bool = False


@dataclass(slots=True)
class Day:
    """What is asked of one day, read once."""

    today: date
    until_ms: int
    """Visits from then on are not known yet: the end of today, or its beginning where the day is planned."""
    secrets: Secrets
    swept: dict[Every, tuple[visits.Visits, visits.Visits]] = field(default_factory=dict)
    looked_at: dict[Every, tuple[visits.Visits, visits.Visits]] = field(default_factory=dict)
    drawn: dict[tuple[UUID, str], date | None] = field(default_factory=dict)


def first_day_needed(rules: Sequence[Rule], today: date) -> date:
    """From which day on the draws of these rules are asked for."""
    return min((period_of(rule.every, today).first for rule in rules), default=today)


def due_of_day(
    connection: Connection, rules: Sequence[Rule], day: Day, *, district_id: str | None = None
) -> Iterator[Due]:
    """Every rule of every room that has one; of all districts, or one."""
    found = scheduled_rooms(connection, district_id)
    for rule in rules:
        read = visits.swept if rule.method == "equipment" else visits.looked_at
        known = day.swept if rule.method == "equipment" else day.looked_at
        if rule.every not in known:
            before, now = period_before(rule.every, day.today), period_of(rule.every, day.today)
            known[rule.every] = read(connection, before, now, day.until_ms)
    for room in found:
        of_room = [
            rule
            for rule in rules
            if rule.is_for(room.kind, room.facility_kind or "other", is_special=room.is_special or False)
        ]
        draws = {rule.method for rule in of_room if not rule.is_floor}
        for rule in of_room:
            yield _judge(room, rule, day, only_counts=rule.is_floor and rule.method in draws)
    yield from _ordered(connection, found, day)


def scheduled_rooms(connection: Connection, district_id: str | None) -> Sequence[Any]:
    """Rows of rooms of facilities that are not closed; of a demonstration those that came from a file."""
    statement = (
        select(
            rooms.c.room_id,
            rooms.c.kind,
            rooms.c.name_ko,
            rooms.c.name_en,
            rooms.c.created_ms,
            facilities.c.facility_id,
            facilities.c.district_id,
            facilities.c.name_ko.label("facility_ko"),
            facilities.c.name_en.label("facility_en"),
            facilities.c.latitude_deg,
            facilities.c.longitude_deg,
            facility_facts.c.kind.label("facility_kind"),
            facility_facts.c.opening_hours,
            facility_facts.c.is_special,
        )
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        .outerjoin(facility_facts, facility_facts.c.facility_id == facilities.c.facility_id)
        .where(
            or_(~facilities.c.is_demo, facility_facts.c.facility_id.is_not(None)), facility_facts.c.closed_ms.is_(None)
        )
        .order_by(facilities.c.name_ko, facilities.c.facility_id, rooms.c.name_ko, rooms.c.room_id)
    )
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    return connection.execute(statement).all()


def _judge(room: Row[Any], rule: Rule, day: Day, *, only_counts: bool) -> Due:
    now = period_of(rule.every, day.today)
    before = period_before(rule.every, day.today)
    seen_before, seen_now = (day.swept if rule.method == "equipment" else day.looked_at)[rule.every]
    modes: Sequence[str] = rule.modes if rule.method == "equipment" else ("visual",)
    last_ms = visits.last_of(seen_now, room.room_id, modes)
    earlier_ms = visits.last_of(seen_before, room.room_id, modes)
    created = day_of(room.created_ms)
    draws = rule.method == "equipment" and not only_counts
    if last_ms is not None:
        is_again = (
            draws
            and day_of(last_ms) < day.today
            and is_drawn_again(room.facility_id, rule.name, rule.again_per_day, day.today, day.secrets)
        )
        return Due(room, rule.name, "due" if is_again else "done", None, now.last, last_ms, is_again)
    drawn = _drawn(room, rule, day, now, created) if draws else None
    if draws and drawn is not None:
        return Due(room, rule.name, "due" if drawn == day.today else "overdue", drawn, now.last, earlier_ms)
    if earlier_ms is None and created <= before.first:
        return Due(room, rule.name, "missed", None, before.last, None)
    if draws:
        return Due(room, rule.name, "waiting", None, now.last, earlier_ms)
    left = sum(one >= day.today for one in working_days(now))
    is_due = rule.method == "visual" or left <= WARNING_DAYS
    return Due(room, rule.name, "due" if is_due else "waiting", None, now.last, earlier_ms)


def _drawn(room: Row[Any], rule: Rule, day: Day, now: Period, created: date) -> date | None:
    mark = (room.facility_id, rule.name)
    if mark not in day.drawn:
        days = [one for one in working_days(now) if one >= created]
        day.drawn[mark] = drawn_day(room.facility_id, rule.name, days, day.today, day.secrets)
    return day.drawn[mark]


def _ordered(connection: Connection, found: Sequence[Row[Any]], day: Day) -> Iterator[Due]:
    """Visits that somebody ordered: due for its days, overdue until it was done or called off."""
    today = day.today.isoformat()
    orders = connection.execute(
        select(visit_orders)
        .where(visit_orders.c.cancelled_ms.is_(None), visit_orders.c.first_day <= today)
        .order_by(visit_orders.c.first_day, visit_orders.c.order_id)
    ).all()
    for order in orders:
        first, last = date.fromisoformat(order.first_day), date.fromisoformat(order.last_day)
        of_order = [room for room in found if room.facility_id == order.facility_id]
        if not of_order:
            continue
        span = Period(first, max(last, day.today))
        _, seen = visits.swept(connection, span, span, day.until_ms)
        for room in of_order:
            last_ms = visits.last_of(seen, room.room_id, ("full", "quick"))
            if last_ms is not None and last_ms < order.created_ms:
                last_ms = None
            state: State = "done" if last_ms is not None else "due" if day.today <= last else "overdue"
            yield Due(room, ORDERED, state, first, last, last_ms, with_police=order.with_police)
