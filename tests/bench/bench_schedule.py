"""How long does the due list of a district and of a city take?  800 and 20,000 rooms, visited every month of a year."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from server.config.inspection_policy import read_policy
from server.schedule.listing import day_plan, due_list
from server.schedule.periods import period_of, start_ms
from server.store.db import Database
from server.store.schema import sweeps
from sweep.report import new_id
from tests.bench.fill import fill_rooms, settle
from tests.server.schedule.guessing import guessing

MOST_MS = {800: 150.0, 20_000: 1_000.0}
"""By rooms."""
VISITS = 12
TODAY = date(2026, 12, 17)
TRIES = {800: 15, 20_000: 5}


@pytest.mark.parametrize("count", MOST_MS)
def test_due_list(database_url: str, count: int, report: Callable[[str], None]) -> None:
    rules = read_policy()
    with contextlib.closing(Database(database_url)) as db:
        rooms = fill_rooms(db, count)
        with db.write() as connection:
            numbers = itertools.product(range(1, VISITS + 1), enumerate(rooms))
            rows = [_visit(room_id, month, number) for month, (number, room_id) in numbers]
            connection.execute(insert(sweeps), [row for row in rows if row["started_ms"] < start_ms(TODAY)])
        settle(db)
        first = _timed(lambda: due_list(db, rules, today=TODAY))
        again = [_timed(lambda: due_list(db, rules, today=TODAY)) for _ in range(TRIES[count])]
        rounds = _timed(lambda: day_plan(db, rules, today=TODAY))
        found = due_list(db, rules, today=TODAY)
    wall_ms, cpu_ms = (min(one[place] for one in again) for place in (0, 1))
    kind = "SQLite" if db.is_sqlite else "PostgreSQL"
    report(f"{kind}, {count} rooms x {VISITS} visits: {[(rule, dict(of)) for rule, of in found.counts.items()]}")
    report(f"  due list {wall_ms:.0f} ms ({cpu_ms:.0f} ms of a core), the day's first {first[0]:.0f} ms")
    report(f"  rounds {rounds[0]:.0f} ms ({rounds[1]:.0f} ms of a core)")
    assert wall_ms <= MOST_MS[count]


def test_what_can_be_guessed(report: Callable[[str], None]) -> None:
    """Somebody who knows policy, program and every past draw guesses days of visits, over 20,000 periods."""
    for every in ("week", "month", "half_year"):
        rule = next(one for one in read_policy() if one.every == every and one.method == "equipment")
        told = guessing(period_of(every, TODAY), rule.again_per_day, periods=20_000, seed=7)
        report(f"{every}: {told}")


def _visit(room_id: object, month: int, number: int) -> dict[str, Any]:
    at_ms = start_ms(date(2026, month, 1) + timedelta(days=number % 28)) + 36_000_000
    return {
        "sweep_id": new_id(),
        "room_id": room_id,
        "source": "live",
        "mode": "full",
        "outcome": "completed",
        "result": "no_anomaly",
        "started_ms": at_ms,
        "ended_ms": at_ms,
        "claimed_ms": at_ms,
        "received_ms": at_ms,
        "candidates": 0,
        "not_assessable_zones": 0,
        "inspectors_sealed": bytes(120),
        "probe_id": "probe-1",
        "plan_version": 1,
        "report_state": "present",
        "persons": 2,
    }


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """(wall time, time of a core), in milliseconds."""
    wall, core = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - core) * 1000
