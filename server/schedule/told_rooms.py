"""How every room of a district stands in the schedule, as the server above is told it: days and states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from server.config.inspection_policy import Rule
from server.interface.told_requests import ToldRoom
from server.interface.views.schedule import DueState, Method
from server.schedule.due import Day, Due, due_of_day, first_day_needed
from server.schedule.periods import Period, day_of
from server.schedule.random_days import secrets_until
from server.schedule.raw_ids import RawId, id_of
from server.store.db import Database

GRAVEST_FIRST: tuple[DueState, ...] = ("overdue", "missed", "due", "waiting", "done")


def told_rooms(db: Database, rules: Sequence[Rule], *, today: date, district_id: str) -> tuple[ToldRoom, ...]:
    """Each room of a district that has a rule, once for each method: the gravest of what its rules and orders say."""
    known = secrets_until(db, first_day_needed(rules, today), today)
    methods: dict[str, Method] = {rule.name: rule.method for rule in rules}
    found: dict[tuple[RawId, Method], list[Due]] = defaultdict(list)
    with db.read() as connection:
        day = Day(today, Period(today, today).end_ms, known)
        for one in due_of_day(connection, rules, day, district_id=district_id):
            if not one.room.is_demo:
                found[one.room.room_id, methods.get(one.rule, "equipment")].append(one)
    return tuple(_told(method, said) for (_, method), said in found.items())


def _told(method: Method, said: Sequence[Due]) -> ToldRoom:
    gravest = min(said, key=lambda one: (GRAVEST_FIRST.index(one.state), one.until))
    last_ms = max((one.last_ms for one in said if one.last_ms is not None), default=None)
    return ToldRoom(
        room_id=id_of(gravest.room.room_id),
        facility_id=id_of(gravest.room.facility_id),
        method=method,
        state=gravest.state,
        until=gravest.until,
        done=None if last_ms is None else day_of(last_ms),
    )
