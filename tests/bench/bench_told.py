"""The server above 250 districts: lists and statistics over all they told; and what a district looks over for it."""

from __future__ import annotations

import contextlib
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, func, insert, select, update

from server.interface.told_requests import TOLD_AT_ONCE, TellRequest, Told, ToldResult, ToldRoom
from server.relay.above import note, open_above
from server.relay.told import take, told_case_list, told_quarter, told_result_list, told_room_list
from server.store.db import Database
from server.store.schema import (
    cases,
    districts,
    facilities,
    rooms,
    sweeps,
    telling_districts,
    told_above,
    told_cases,
    told_counts,
    told_results,
    told_rooms,
)
from sweep.report import new_id, to_json
from tests.bench.fill import fill_rooms, settle
from tests.server.conftest import keys_in, new_postgres

DISTRICTS, ROOMS, CASES, RESULTS = 250, 600, 2_000, 13_600
CITY = 25
MOST_S = 1.0
MOST_NOTED_BYTES = 20_000_000
ROOMS_OF_FACILITY = 4
STREAM = UUID("01920000-0000-7000-8000-000000000e01")
TODAY = date(2026, 12, 1)
CASE_STATES = ("not_camera",) * 90 + ("hole_repaired",) * 5 + ("candidate", "looked_at", "defect", "repaired")
ROOM_STATES = ("done",) * 70 + ("waiting",) * 24 + ("overdue",) * 3 + ("due", "missed", "missed")
EQUIPMENT = ("nothing_detected", "partly", "not_assessable", "to_inspect", "not_measured")
PERSONS = ("nothing_unusual",) * 95 + ("not_recorded", "recheck", "suspected", "not_done")


def _id(kind: int, number: int) -> str:
    return str(UUID(int=kind << 64 | number))


def _rows(table: Any, make: Callable[[random.Random], Iterator[tuple[Any, ...]]], connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    columns = ", ".join(column.name for column in table.c)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in make(random.Random(4)):
            copy.write_row(row)


def _names(number: int) -> tuple[str, str]:
    return f"{number:03d}구", f"District {number:03d}"


def _facilities(_draw: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(DISTRICTS * ROOMS // ROOMS_OF_FACILITY):
        name = f"{number:06d}번 공중화장실"
        of = f"district-{number * ROOMS_OF_FACILITY // ROOMS:03d}"
        yield _id(1, number), None, name, name, "x", None, None, False, 0, of


def _each(per_district: int) -> Iterator[tuple[str, int, str, str]]:
    """(district, number, room, facility) of so many things of each."""
    for number in range(DISTRICTS * per_district):
        district, within = divmod(number, per_district)
        room = district * ROOMS + within % ROOMS
        yield f"district-{district:03d}", number, _id(2, room), _id(1, room // ROOMS_OF_FACILITY)


def _told_cases(draw: random.Random) -> Iterator[tuple[Any, ...]]:
    for district, number, room, facility in _each(CASES):
        opened = TODAY - timedelta(days=draw.randrange(1_500))
        state = "camera" if number % 40_000 == 7 else draw.choice(CASE_STATES)
        reopens = opened + timedelta(days=365) if state == "not_camera" and number % 40 == 0 else None
        yield district, _id(3, number), room, facility, "restroom", "probe", state, opened, opened, None, reopens


def _told_rooms(draw: random.Random) -> Iterator[tuple[Any, ...]]:
    for district, _, room, facility in _each(ROOMS):
        for method in ("equipment", "visual"):
            until = TODAY + timedelta(days=draw.randrange(-30, 30))
            yield district, room, method, facility, draw.choice(ROOM_STATES), until, TODAY - timedelta(days=40)


def _told_results(draw: random.Random) -> Iterator[tuple[Any, ...]]:
    days = [(TODAY - timedelta(days=back)).isoformat() for back in range(365)]
    for district, number, room, facility in _each(RESULTS):
        said = (draw.choice(EQUIPMENT), draw.choice(PERSONS))
        yield district, _id(4, number), room, facility, days[number % 365], "full", *said


def _fill(db: Database) -> None:
    with db.write() as connection:
        names = [dict(zip(("name_ko", "name_en"), _names(number), strict=True)) for number in range(DISTRICTS)]
        ids = [{"district_id": f"district-{number:03d}"} for number in range(DISTRICTS)]
        made = [one | name | {"is_home": False, "created_ms": 0} for one, name in zip(ids, names, strict=True)]
        connection.execute(insert(districts), made)
        heard = {"stream_id": STREAM, "number": 16_800, "is_whole": True, "heard_ms": 1_796_000_000_000}
        connection.execute(insert(telling_districts), [one | heard for one in ids])
        for table, make in (
            (facilities, _facilities),
            (told_cases, _told_cases),
            (told_rooms, _told_rooms),
            (told_results, _told_results),
        ):
            _rows(table, make, connection)
        told = told_results.c
        month = func.substr(told.day, 1, 7)
        said = (told.district_id, month, told.equipment, told.persons)
        counted = select(*said, func.count()).group_by(*said)
        connection.execute(insert(told_counts).from_select(list(told_counts.c.keys()), counted))
    settle(db)


def _post(after: int) -> TellRequest:
    """500 results more of a district, of a year's days."""
    told = tuple(
        Told(
            number=after + 1 + number,
            said=ToldResult(
                sweep_id=UUID(int=9 << 64 | number),
                room_id=UUID(int=2 << 64 | number),
                facility_id=UUID(int=1 << 64 | number // ROOMS_OF_FACILITY),
                day=TODAY - timedelta(days=number % 365),
                mode="full",
                equipment="nothing_detected",
                persons="nothing_unusual",
            ),
        )
        for number in range(TOLD_AT_ONCE)
    )
    return TellRequest(v=1, stream_id=STREAM, after=after, told=told, is_more=False)


def test_a_countrys_lists_and_statistics_take_a_second(tmp_path: Path, report: Callable[[str], None]) -> None:
    asked: dict[str, Callable[[Connection], BaseModel]] = {
        "statistics of a quarter": lambda c: told_quarter(c, TODAY, 2026, 4, silent_hours=72),
        "open cases": lambda c: told_case_list(c, TODAY, district_id=None, state=None, limit=1_000),
        "found cameras": lambda c: told_case_list(c, TODAY, district_id=None, state="camera", limit=1_000),
        "looked-over cases": lambda c: told_case_list(c, TODAY, district_id=None, state="not_camera", limit=1_000),
        "cases of a district": lambda c: told_case_list(c, TODAY, district_id="district-100", state=None, limit=1_000),
        "overdue rooms": lambda c: told_room_list(c, district_id=None, state="overdue", limit=1_000),
        "waiting rooms": lambda c: told_room_list(c, district_id=None, state="waiting", limit=1_000),
        "rooms of a district": lambda c: told_room_list(c, district_id="district-100", state="done", limit=1_000),
        "results of a district": lambda c: told_result_list(c, district_id="district-100", persons=None, limit=1_000),
        "suspicions of a district": lambda c: told_result_list(
            c, district_id="district-100", persons="suspected", limit=1_000
        ),
    }
    with (
        new_postgres(is_durable=True) as server,
        contextlib.closing(Database(server.url.format(""), keys_in(tmp_path))) as db,
    ):
        db.migrate()
        began = time.perf_counter()
        _fill(db)
        report(f"{DISTRICTS} districts filled by COPY in {time.perf_counter() - began:.0f} s")
        worst_s = 0.0
        for what, ask in asked.items():
            times_s, octets = [], 0
            for _ in range(3):
                began = time.perf_counter()
                with db.read() as connection:
                    octets = len(to_json(ask(connection)))
                times_s.append(time.perf_counter() - began)
            worst_s = max(worst_s, *times_s)
            report(f"{what}: {', '.join(f'{1000 * one:.0f}' for one in times_s)} ms, {octets / 1000:.0f} kB")
        began = time.perf_counter()
        with db.write() as connection:
            assert take(connection, "district-100", _post(16_800)).number == 16_800 + TOLD_AT_ONCE
        report(f"a post of {TOLD_AT_ONCE} results: {1000 * (time.perf_counter() - began):.0f} ms")
    assert worst_s <= MOST_S


def _fill_district(db: Database) -> tuple[ToldRoom, ...]:
    """A year of a district's own projections; returns how its rooms stand."""
    room_ids, day_ms = fill_rooms(db, ROOMS), 86_400_000
    visit: dict[str, Any] = {
        "source": "live",
        "mode": "full",
        "outcome": "completed",
        "equipment": "partly",
        "said": "nothing_unusual",
    }
    visit |= {"candidates": 0, "not_assessable_zones": 0, "probe_id": "probe-1", "plan_version": 1}
    visit |= {"report_state": "present"}
    case: dict[str, Any] = {"source": "live", "state": "candidate", "stands": "to_inspect", "steps": 0}
    visits: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for number in range(RESULTS):
        at_ms, room_id = number * day_ms * 365 // RESULTS, room_ids[number % ROOMS]
        visits.append(visit | {"sweep_id": new_id(at_ms), "room_id": room_id, "started_ms": at_ms})
        if number < CASES:
            ids = {"case_id": new_id(), "sweep_id": new_id(), "finding_id": new_id(), "room_id": room_id}
            found.append(case | ids | {"recorded_room_id": room_id, "opened_ms": at_ms, "changed_ms": at_ms})
    with db.write() as connection:
        connection.execute(update(facilities).values(district_id="home"))
        connection.execute(insert(sweeps), visits)
        connection.execute(insert(cases), found)
        places = connection.execute(select(rooms.c.room_id, rooms.c.facility_id)).all()
    settle(db)
    stands: dict[str, Any] = {"method": "equipment", "state": "done", "until": TODAY, "done": None}
    return tuple(ToldRoom(room_id=row.room_id, facility_id=row.facility_id, **stands) for row in places)


def _tell_of_others(db: Database) -> None:
    """What the server above was told of the other districts of a city's server."""
    said = "x" * 300
    with db.write() as connection:
        for district in range(CITY - 1):
            first = (district + 1) * 10**6
            kinds = ("result",) * RESULTS + ("case",) * CASES + ("equipment",) * ROOMS
            ids = {"district_id": f"district-{district:03d}", "said_json": said}
            connection.execute(
                insert(told_above),
                [ids | {"what": what, "thing_id": new_id(), "number": first + at} for at, what in enumerate(kinds)],
            )
    settle(db)


def test_a_districts_year_is_looked_over_in_pages(
    tmp_path: Path, database_url: str, report: Callable[[str], None]
) -> None:
    gets = frozenset({"cases", "schedule", "results"})
    with contextlib.closing(Database(database_url, keys_in(tmp_path))) as db:
        db.migrate()
        open_above(db, "http://127.0.0.1:9", ["home"])
        due = _fill_district(db)
        _tell_of_others(db)
        for what, wanted in (("first", RESULTS + CASES + ROOMS), ("next", 0)):
            began, used = time.perf_counter(), time.process_time()
            assert note(db, gets, due, "home") == wanted
            wall_s, cpu_s = time.perf_counter() - began, time.process_time() - used
            report(f"{database_url[:6]}, {what} look at a district's year: {wall_s:.2f} s, {cpu_s:.2f} s of a core")
        tracemalloc.start()
        note(db, gets, due, "home")
        _, most_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        report(f"{database_url[:6]}, memory of a look: {most_bytes / 1e6:.1f} MB")
    assert most_bytes <= MOST_NOTED_BYTES
