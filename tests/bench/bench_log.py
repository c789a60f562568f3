"""Does the server stay as fast as its log grows?  Append, room, sweep and page of entries at 10^3 to 10^6 entries."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from server import facilities, rooms, sweeps
from server.arrivals import read_arrival
from server.db import Database
from server.group_commit import GroupCommit
from server.projections import project_next
from server.schema import entries
from sweep.report import to_json
from tests.bench.district import BenchProbe, full_report
from tests.bench.fill import fill_log, fill_rooms, fill_sweeps
from tests.report_factory import uid
from tests.server.sweep_kit import report_of

MOST_RATIO = 1.5
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FULL_SIZES = (1_000, 10_000)
SMALL_BYTES, FULL_BYTES = 1_000, 221_000
SWEEPS_OF_ROOM = 30
TRIES = 31


def _least_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return min(times)  # what else the machine does only adds to it


def _measure(db: Database, probe: BenchProbe, room_id: UUID, sweep_id: UUID) -> dict[str, float]:
    """Milliseconds of each, the least of some."""
    door = GroupCommit(db, quarantine_max_bytes=0)
    arrivals = iter([read_arrival(probe.sweep()) for _ in range(TRIES)])

    def read(work: Callable[[Connection], object]) -> object:
        with db.read() as connection:
            return work(connection)

    def page(connection: Connection) -> object:
        statement = select(entries).where(entries.c.log_index > 100).order_by(entries.c.log_index).limit(50)
        return [sweeps.signed_entry_row(connection, row) for row in connection.execute(statement).all()]

    return {
        "append": _least_ms(lambda: door.accept(next(arrivals))),
        "projection": _least_ms(lambda: project_next(db)),
        "room": _least_ms(lambda: read(lambda connection: rooms.room_detail(connection, room_id))),
        "sweep": _least_ms(
            lambda: read(lambda connection: sweeps.sweep_detail(connection, sweep_id, may_see_details=True))
        ),
        "page": _least_ms(lambda: read(page)),
    }


@pytest.mark.parametrize("size", ["bodies of 1 KB", "full bodies"])
def test_nothing_slows_down_as_the_log_grows(database_url: str, report: Callable[[str], None], size: str) -> None:
    is_small = size == "bodies of 1 KB"
    probe = BenchProbe("bench", to_json(report_of(uid(1), "simulated") if is_small else full_report()))
    with contextlib.closing(Database(database_url)) as db:
        db.migrate()
        with db.write() as connection:
            facilities.load_demo_facility(connection)
        measured, *others = fill_rooms(db, 1_000)
        fill_sweeps(db, probe, [measured], SWEEPS_OF_ROOM, timedelta(days=30))
        with db.read() as connection:
            sweep_id = connection.scalar(select(entries.c.sweep_id).where(entries.c.log_index == 1))
        assert sweep_id is not None
        first: dict[str, float] = {}
        worst = 0.0
        for count in SIZES if is_small else FULL_SIZES:
            fill_log(db, probe, others, count, SMALL_BYTES if is_small else FULL_BYTES)
            db.optimize()
            found = _measure(db, probe, measured, sweep_id)
            first = first or found
            figures = ", ".join(f"{name} {ms:.1f} ms ({ms / first[name]:.2f} x)" for name, ms in found.items())
            report(f"{'SQLite' if db.is_sqlite else 'PostgreSQL'}, {size}, {count} entries: {figures}")
            worst = max(worst, *(ms / first[name] for name, ms in found.items()))
        assert worst <= MOST_RATIO
