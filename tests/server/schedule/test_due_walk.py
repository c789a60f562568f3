"""The due list of made-up schedules, against a plain walk over every room, every rule and every visit."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, timedelta
from itertools import groupby
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from server.config.inspection_policy import Rule, read_policy
from server.interface.views.schedule import DueState, DueView
from server.schedule.due import WARNING_DAYS
from server.schedule.listing import due_list
from server.schedule.periods import day_of, period_before, period_of, start_ms, working_days
from server.schedule.random_days import Secrets, drawn_day, is_drawn_again, secrets_until
from server.store.clock import to_ms
from server.store.db import Database
from server.store.schema import facilities, facility_facts, rooms, sweeps, visit_orders, visual_checks
from sweep.report import new_id
from tests.bench.fill import fill_rooms

RULES = read_policy()
ALL: tuple[DueState, ...] = get_args(DueState)
FIRST, LAST = date(2025, 11, 1), date(2026, 12, 31)
HOUR_MS = 3_600_000
NOTHING = {"district": "", "opening_hours": "", "phone": "", "operator": "", "installed": ""}
DISTRICTS = ("demo-gu", "mapo-gu")


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))])
def test_the_due_list_is_what_a_plain_walk_finds(database_url: str, seed: int) -> None:
    randomness = random.Random(seed)
    with closing(Database(database_url)) as db:
        _make_up(db, randomness)
        stored = _Stored(db)
        seen: set[str] = set()
        days = [FIRST + timedelta(days=randomness.randrange(120, 425)) for _ in range(3)]
        for today in (*days, period_of("half_year", days[0]).last - timedelta(days=4)):
            known = secrets_until(db, date(2025, 7, 1), today)
            for district_id in (None, *DISTRICTS):
                for method in ("equipment", "visual"):
                    found = due_list(
                        db, RULES, today=today, states=ALL, method=method, district_id=district_id, limit=5_000
                    )
                    walked = list(_walk(stored, today, known, district_id, method))
                    assert Counter(map(_of_view, found.items)) == Counter(walked), (today, district_id, method)
                    seen |= {one[2] for one in walked}
                    counts = Counter((rule, state) for _, rule, state, *_ in walked)
                    assert {(rule, state): n for rule, of in found.counts.items() for state, n in of.items()} == counts
    assert seen == set(ALL), "a schedule in which everything happens"


def _make_up(db: Database, randomness: random.Random) -> None:
    """Forty rooms of ten facilities with facts or without, two in five visits of a kind that does not count."""
    room_ids = fill_rooms(db, 40)

    def some(*choices: Any) -> Any:
        return randomness.choice(choices)

    def at_ms() -> int:
        day = FIRST + timedelta(days=randomness.randrange((LAST - FIRST).days))
        return start_ms(day) + int(some(0, 10)) * HOUR_MS

    with db.write() as connection:
        for facility_id in connection.scalars(select(facilities.c.facility_id)).all():
            is_new = randomness.random() < 0.3
            here = {"district_id": some(None, *DISTRICTS), "is_demo": randomness.random() < 0.2}
            connection.execute(update(facilities).where(facilities.c.facility_id == facility_id).values(**here))
            created = {"created_ms": at_ms() if is_new else 0, "kind": some("restroom", "restroom", "changing_room")}
            connection.execute(update(rooms).where(rooms.c.facility_id == facility_id).values(**created))
            if randomness.random() < 0.7:
                facts = {"is_special": some(True, False), "closed_ms": some(None, None, None, 1), "kind": "public"}
                connection.execute(insert(facility_facts).values(facility_id=facility_id, **facts, **NOTHING))
            for _ in range(some(0, 0, 1, 2)):
                first_ms = at_ms()
                first, last = day_of(first_ms), day_of(first_ms + some(0, 5, 40) * 24 * HOUR_MS)
                order = {"first_day": first.isoformat(), "last_day": last.isoformat(), "with_police": some(True, False)}
                made = {"reason": "x", "created_by": "x", "created_ms": first_ms, "cancelled_ms": some(None, None, 1)}
                connection.execute(
                    insert(visit_orders).values(order_id=new_id(), facility_id=facility_id, **order, **made)
                )
        visits = []
        for room_id in room_ids:
            for _ in range(some(0, 1, 8, 14)):
                counts = {"source": some("live", "live", "simulated", "replay"), "mode": some("full", "quick")}
                counts |= {"outcome": some("completed", "completed", "completed", "aborted"), "persons": some(2, 2, 1)}
                plain = {"candidates": 0, "not_assessable_zones": 0, "probe_id": "probe-1"}
                plain |= {"equipment": "nothing_detected", "said": "nothing_unusual"}
                ids = {"sweep_id": new_id(), "room_id": room_id, "plan_version": 1, "report_state": "present"}
                visits.append(counts | plain | ids | {"started_ms": at_ms()})
        connection.execute(insert(sweeps), visits)
        looks = [(room_id, at_ms()) for room_id in room_ids for _ in range(some(0, 20, 300))]
        connection.execute(
            insert(visual_checks),
            [{"check_id": new_id(), "room_id": one, "checked_ms": at, "checked_by": "x"} for one, at in looks],
        )


def _of_view(one: DueView) -> tuple[Any, ...]:
    last_ms = None if one.last_done is None else to_ms(one.last_done)
    return one.room_id, one.rule, one.state, one.drawn, one.until, last_ms, one.is_again, one.with_police


class _Stored:
    """Whole tables, with what belongs to a room or a facility under its id."""

    def __init__(self, db: Database) -> None:
        with db.read() as connection:
            self.rooms = connection.execute(select(rooms)).all()
            self.facilities = {one.facility_id: one for one in connection.execute(select(facilities))}
            self.facts = {one.facility_id: one for one in connection.execute(select(facility_facts))}
            self.sweeps, self.looks, self.orders = (
                defaultdict(list, {key: list(of_key) for key, of_key in groupby(found, key=lambda one: one[0])})
                for found in (
                    connection.execute(select(column, table).order_by(column)).all()
                    for column, table in (
                        (sweeps.c.room_id.label("of"), sweeps),
                        (visual_checks.c.room_id.label("of"), visual_checks),
                        (visit_orders.c.facility_id.label("of"), visit_orders),
                    )
                )
            )


def _walk(
    stored: _Stored, today: date, known: Secrets, district_id: str | None, method: str
) -> Iterable[tuple[Any, ...]]:
    """The same as SCHEDULE.md has it in words, room by room, from whole tables."""
    end_ms = start_ms(today + timedelta(days=1))
    for room in stored.rooms:
        facility, fact = stored.facilities[room.facility_id], stored.facts.get(room.facility_id)
        if (facility.is_demo and fact is None) or (fact is not None and fact.closed_ms is not None):
            continue
        if district_id not in {None, facility.district_id}:
            continue
        sources = ("live", "simulated", "replay") if facility.is_demo else ("live",)
        done = [
            (one.started_ms, one.mode)
            for one in stored.sweeps[room.room_id]
            if (one.outcome, one.persons) == ("completed", 2) and one.source in sources
        ]
        looks = [(one.checked_ms, "visual") for one in stored.looks[room.room_id]]
        kind, is_special = ("other", False) if fact is None else (fact.kind, fact.is_special)
        of_room = [one for one in RULES if one.method == method and one.is_for(room.kind, kind, is_special=is_special)]
        for rule in of_room:
            draws = method == "equipment" and (not rule.is_floor or all(one.is_floor for one in of_room))
            modes = rule.modes if method == "equipment" else ("visual",)
            times = [at for at, mode in (done if method == "equipment" else looks) if mode in modes and at < end_ms]
            yield room.room_id, rule.name, *_judged(rule, room, times, today, known, draws=draws), False
        for order in stored.orders[room.facility_id] if method == "equipment" else ():
            first, last = date.fromisoformat(order.first_day), date.fromisoformat(order.last_day)
            if order.cancelled_ms is None and first <= today:
                since = max(start_ms(first), order.created_ms)
                last_ms = max((at for at, _ in done if since <= at < end_ms), default=None)
                state = "done" if last_ms is not None else "due" if today <= last else "overdue"
                yield room.room_id, "ordered", state, first, last, last_ms, False, order.with_police


def _judged(
    rule: Rule, room: Any, times: Sequence[int], today: date, known: Secrets, *, draws: bool
) -> tuple[str, date | None, date, int | None, bool]:
    now, before = period_of(rule.every, today), period_before(rule.every, today)
    facility_id: UUID = room.facility_id
    here = [at for at in times if now.first <= day_of(at) <= now.last]
    earlier_ms = max((at for at in times if before.first <= day_of(at) <= before.last), default=None)
    if here:
        is_again = (
            draws
            and day_of(max(here)) < today
            and is_drawn_again(facility_id, rule.name, rule.again_per_day, today, known)
        )
        return "due" if is_again else "done", None, now.last, max(here), is_again
    days = [one for one in working_days(now) if one >= day_of(room.created_ms)]
    drawn = drawn_day(facility_id, rule.name, days, today, known) if draws else None
    if drawn is not None:
        return "due" if drawn == today else "overdue", drawn, now.last, earlier_ms, False
    if earlier_ms is None and day_of(room.created_ms) <= before.first:
        return "missed", None, before.last, None, False
    is_late = len([one for one in working_days(now) if one >= today]) <= WARNING_DAYS
    is_due = not draws and (rule.method == "visual" or is_late)
    return "due" if is_due else "waiting", None, now.last, earlier_ms, False
