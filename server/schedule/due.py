"""What is due, overdue, missed and done: a query over rooms, rules and visits, for one day.

A rule for equipment draws a day for each facility in each period (drawing.py): on that day its rooms are `due`, later
`overdue` until they are done or the period ends; a period that ended without a visit is `missed` and told through the
next one.  Until a facility is drawn its rooms are `waiting`, and nobody can say until when.  The law's floor counts
only, where another rule draws, and warns in its last days.  Looks by eye are due from their period's first day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, Select, or_, select

from server.config.inspection_policy import Rule
from server.interface.fields import INSPECTED_WITH
from server.schedule import visits
from server.schedule.periods import ONE_DAY, Period, day_of, period_before, period_of, start_ms, working_days
from server.schedule.random_days import REPEAT_DAYS, Secrets, drawn_day, is_drawn_again, is_repeated
from server.schedule.raw_ids import RawId, id_of, raw
from server.store.schema import facilities, facility_facts, rooms, visit_orders

State = Literal["waiting", "due", "overdue", "missed", "done"]
WARNING_DAYS = 10  # guessed: two working weeks, in which a district can still visit whatever the law's floor lacks
ORDERED = "ordered"
"""Name of the rule of a visit that somebody ordered."""
ORDER_COLUMNS = ("first_day", "last_day", "created_ms", "with_police")


class Due(NamedTuple):
    """What one rule says of one room."""

    room: Row[Any]
    """Of `scheduled_rooms`."""
    rule: str
    state: State
    drawn: date | None
    """When its facility was drawn, or an ordered visit may begin."""
    until: date
    last_ms: int | None
    """The visit that made it done, or the last one before."""
    is_again: bool = False
    with_police: bool = False
    is_repeat: bool = False
    """What was seen with other instruments is looked at once more, by another pair; told to nobody."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is asked of one day."""

    today: date
    until_ms: int
    """Visits from then on are not known yet: the end of today, or its beginning where the day is planned."""
    secrets: Secrets


@dataclass(slots=True)
class _Rule:
    """A rule on one day: what is the same for all of its rooms, read and drawn once."""

    rule: Rule
    now: Period
    before: Period
    seen: visits.Visits
    is_due_undrawn: bool
    """Where it draws nobody: is a room that was not visited due already?"""
    missed_before_ms: int
    """A room made before then stood through the whole period before."""
    today_ms: int
    """When today begins."""
    drawn: dict[RawId, date | None] = field(default_factory=dict)
    again: dict[RawId, bool] = field(default_factory=dict)
    repeated: dict[RawId, int] = field(default_factory=dict)
    """Rooms whose last inspection with other instruments is repeated, and when that was."""


def first_day_needed(rules: Sequence[Rule], today: date) -> date:
    """From which day on the draws of these rules are asked for."""
    return min((period_of(rule.every, today).first for rule in rules), default=today)


def due_of_day(
    connection: Connection, rules: Sequence[Rule], day: Day, *, district_id: str | None = None
) -> Iterator[Due]:
    """Every rule of every room that has one; of all districts, or one."""
    found = scheduled_rooms(connection, district_id)
    of_rooms = None if district_id is None else _rooms_of(district_id)
    repeated = _repeated(connection, day, of_rooms)
    read: dict[str, _Rule] = {}
    of_kind: dict[tuple[str, str | None, bool | None], list[tuple[_Rule, bool]]] = {}
    for room in found:
        kind = (room.kind, room.facility_kind, room.is_special)
        if kind not in of_kind:
            of_kind[kind] = []
            asked = [one for one in rules if one.is_for(kind[0], kind[1] or "other", is_special=kind[2] or False)]
            draws = {rule.method for rule in asked if not rule.is_floor}
            for rule in asked:
                if rule.name not in read:
                    read[rule.name] = _read(connection, rule, day, of_rooms)
                    read[rule.name].repeated = repeated if rule.every != "day" else {}
                only_counts = rule.is_floor and rule.method in draws
                of_kind[kind].append((read[rule.name], rule.method == "equipment" and not only_counts))
        for of_day, is_drawn in of_kind[kind]:
            yield _judge(room, of_day, day, draws=is_drawn)
    yield from _ordered(connection, found, day)


def scheduled_rooms(connection: Connection, district_id: str | None) -> Sequence[Any]:
    """Rows of rooms of facilities that are not closed; of a demonstration those that came from a file.

    Their ids are raw (raw_ids.py).
    """
    statement = (
        select(
            raw(rooms.c.room_id),
            rooms.c.kind,
            rooms.c.name_ko,
            rooms.c.name_en,
            rooms.c.created_ms,
            raw(facilities.c.facility_id),
            facilities.c.district_id,
            facilities.c.is_demo,
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
            or_(~facilities.c.is_demo, facility_facts.c.facility_id.is_not(None)),
            facility_facts.c.closed_ms.is_(None),
            rooms.c.closed_ms.is_(None),
        )
        .order_by(facilities.c.name_ko, facilities.c.facility_id, rooms.c.name_ko, rooms.c.room_id)
    )
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    return connection.execute(statement).all()


def _rooms_of(district_id: str) -> Select[tuple[UUID]]:
    of_district = select(facilities.c.facility_id).where(facilities.c.district_id == district_id)
    return select(rooms.c.room_id).where(rooms.c.facility_id.in_(of_district))


def _read(connection: Connection, rule: Rule, day: Day, of_rooms: Select[tuple[UUID]] | None) -> _Rule:
    before, now = period_before(rule.every, day.today), period_of(rule.every, day.today)
    seen = visits.swept(
        connection, before, now, day.until_ms, rule.counted, persons=rule.needed_persons, of_rooms=of_rooms
    )
    if rule.method == "visual" and rule.needed_persons == 1:
        looks = visits.looked_at(connection, before, now, day.until_ms, of_rooms=of_rooms)
        seen = visits.later_of(looks, seen)
    left = sum(one >= day.today for one in working_days(now))
    return _Rule(
        rule,
        now,
        before,
        seen,
        is_due_undrawn=rule.method == "visual" or left <= WARNING_DAYS,
        missed_before_ms=start_ms(before.first + ONE_DAY),
        today_ms=start_ms(day.today),
    )


def _judge(room: Row[Any], of_day: _Rule, day: Day, *, draws: bool) -> Due:
    rule, now = of_day.rule, of_day.now
    earlier_ms, last_ms = of_day.seen.get(room.room_id, (None, None))
    if last_ms is not None:
        if of_day.repeated.get(room.room_id) == last_ms:  # as if nobody had been there
            return Due(room, rule.name, "due", None, now.last, earlier_ms, is_repeat=True)
        is_again = draws and last_ms < of_day.today_ms and _drawn_again(room, of_day, day)
        return Due(room, rule.name, "due" if is_again else "done", None, now.last, last_ms, is_again)
    drawn = _drawn(room, of_day, day) if draws else None
    if drawn is not None:
        return Due(room, rule.name, "due" if drawn == day.today else "overdue", drawn, now.last, earlier_ms)
    if earlier_ms is None and room.created_ms < of_day.missed_before_ms:
        return Due(room, rule.name, "missed", None, of_day.before.last, None)
    is_due = not draws and of_day.is_due_undrawn
    return Due(room, rule.name, "due" if is_due else "waiting", None, now.last, earlier_ms)


def _repeated(connection: Connection, day: Day, of_rooms: Select[tuple[UUID]] | None) -> dict[RawId, int]:
    """By room the last inspection with other instruments, of those that are repeated today."""
    days = working_days(Period(day.today - (REPEAT_DAYS + 7) * ONE_DAY, day.today))
    first = max((one for one in days[: -REPEAT_DAYS - 1]), default=day.today)
    span = Period(first, day.today)
    seen = visits.swept(connection, span, span, day.until_ms, INSPECTED_WITH, persons=1, of_rooms=of_rooms)
    found: dict[RawId, int] = {}
    for room_id, (_, last_ms) in seen.items():
        if last_ms is None:
            continue
        after = [one for one in days if one > day_of(last_ms)]
        if is_repeated(id_of(room_id), last_ms, after, day.today, day.secrets):
            found[room_id] = last_ms
    return found


def _drawn(room: Row[Any], of_day: _Rule, day: Day) -> date | None:
    if room.facility_id not in of_day.drawn:
        created = day_of(room.created_ms)
        days = [one for one in working_days(of_day.now) if one >= created]
        of_day.drawn[room.facility_id] = drawn_day(
            id_of(room.facility_id), of_day.rule.name, days, day.today, day.secrets
        )
    return of_day.drawn[room.facility_id]


def _drawn_again(room: Row[Any], of_day: _Rule, day: Day) -> bool:
    if room.facility_id not in of_day.again:
        of_day.again[room.facility_id] = is_drawn_again(
            id_of(room.facility_id), of_day.rule.name, of_day.rule.again_per_day, day.today, day.secrets
        )
    return of_day.again[room.facility_id]


def _ordered(connection: Connection, found: Sequence[Row[Any]], day: Day) -> Iterator[Due]:
    """Visits that somebody ordered: due for its days, overdue until it was done or called off."""
    stand = (visit_orders.c.cancelled_ms.is_(None), visit_orders.c.first_day <= day.today.isoformat())
    orders = connection.execute(
        select(raw(visit_orders.c.facility_id), *(visit_orders.c[name] for name in ORDER_COLUMNS))
        .where(*stand)
        .order_by(visit_orders.c.first_day, visit_orders.c.order_id)
    ).all()
    if not orders:
        return
    of_facility: dict[RawId, list[Row[Any]]] = defaultdict(list)
    for room in found:
        of_facility[room.facility_id].append(room)
    of_orders = select(rooms.c.room_id).where(rooms.c.facility_id.in_(select(visit_orders.c.facility_id).where(*stand)))
    span = Period(date.fromisoformat(orders[0].first_day), day.today)
    seen = visits.swept(connection, span, span, day.until_ms, ("full", "quick", *INSPECTED_WITH), of_rooms=of_orders)
    for order in orders:
        first, last = date.fromisoformat(order.first_day), date.fromisoformat(order.last_day)
        since_ms = max(start_ms(first), order.created_ms)
        for room in of_facility.get(order.facility_id, ()):
            _, last_ms = seen.get(room.room_id, (None, None))
            if last_ms is not None and last_ms < since_ms:
                last_ms = None
            state: State = "done" if last_ms is not None else "due" if day.today <= last else "overdue"
            yield Due(room, ORDERED, state, first, last, last_ms, with_police=order.with_police)
