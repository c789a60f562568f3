"""Does a server stay as fast with 10^7 entries in its log as with 10^4?  On PostgreSQL, the two side by side."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import create_engine, select, text

from server.ingest.arrivals import Arrival, read_arrival
from server.ingest.group_commit import GroupCommit
from server.log.build import build_tree
from server.places import facilities, rooms, sweeps
from server.projections.projecting import project_next
from server.server_keys import root
from server.store.db import Database
from server.store.schema import entries
from sweep.entry.envelope import DEFAULT_TENANT
from sweep.report import to_json
from tests.bench.district import BenchProbe
from tests.bench.fill import clone_log, fill_log, fill_rooms, fill_sweeps, settle
from tests.bench.processor_time import spent
from tests.entry_factory import signer
from tests.report_factory import uid
from tests.server.conftest import keys_in, new_postgres
from tests.server.sweep_kit import report_of

MOST_RATIO = 1.3
SMALL, LARGE = 10_000, 10_000_000
BODY_BYTES = 300
BLOCKS, IN_BLOCK = 9, 20  # of 80 ms and more, where the kernel counts in hundredths of a second
Work = Callable[[], object]


class City:
    """A database with a log of so many entries, and what is measured on it."""

    def __init__(self, url: str, folder: Path, size: int) -> None:
        self.url = url
        self.db = Database(url, keys_in(folder))
        self.probe = BenchProbe("bench", to_json(report_of(uid(1), "simulated")))
        self.db.migrate()
        with self.db.write() as connection:
            facilities.load_demo_facility(connection)
            root.found(connection, signer("root"), DEFAULT_TENANT)
        measured, *others = fill_rooms(self.db, 1_000)
        fill_sweeps(self.db, self.probe, [measured], 30, timedelta(days=30))
        self.room_id = measured
        fill_log(self.db, self.probe, others, SMALL, BODY_BYTES)
        clone_log(self.db, others, size)
        build_tree(self.db)
        settle(self.db)
        self.size = size
        self.ingest = GroupCommit(self.db, quarantine_max_bytes=0)
        with self.db.read() as connection:
            sweep_id = connection.scalar(select(entries.c.sweep_id).where(entries.c.log_index == 1))
        assert sweep_id is not None
        self.sweep_id: UUID = sweep_id

    def works(self) -> dict[str, Iterator[Work]]:
        """What is done, block by block."""
        return {
            "append": self._appends(),
            "projection": _again(lambda: project_next(self.db)),
            "room": _again(self._room),
            "sweep": _again(self._sweep),
            "page": _again(lambda: self._page(100)),
            "newest page": _again(lambda: self._page(self.size - 100)),
        }

    def _appends(self) -> Iterator[Work]:
        while True:
            arrivals: Iterator[Arrival] = iter([read_arrival(self.probe.sweep()) for _ in range(IN_BLOCK)])
            yield lambda arrivals=arrivals: self.ingest.accept(next(arrivals))  # type: ignore[misc]  # a default binds it now

    def _room(self) -> object:
        with self.db.read() as connection:
            return rooms.room_detail(connection, self.room_id)

    def _sweep(self) -> object:
        with self.db.read() as connection:
            return sweeps.sweep_detail(connection, self.sweep_id, may_see_details=True)

    def _page(self, after: int) -> object:
        with self.db.read() as connection:
            statement = select(entries).where(entries.c.log_index > after).order_by(entries.c.log_index).limit(50)
            return sweeps.signed_entry_rows(connection, connection.execute(statement).all())


def _again(work: Work) -> Iterator[Work]:
    while True:
        yield work


def _block(city: City, work: Work) -> tuple[float, float]:
    """(wall, processor time of this process and of the engine) of one, in milliseconds."""
    engine, own_s, began_s = spent([], city.url), time.process_time(), time.perf_counter()
    for _ in range(IN_BLOCK):
        work()
    wall_ms = (time.perf_counter() - began_s) * 1000
    processor_ms = (time.process_time() - own_s) * 1000 + spent([], city.url).since(engine, 1).engine_ms
    return wall_ms / IN_BLOCK, processor_ms / IN_BLOCK


def test_ten_million_entries_are_as_quick_as_ten_thousand(tmp_path: Path, report: Callable[[str], None]) -> None:
    with new_postgres(options="-c autovacuum=off -c max_wal_size=4GB") as postgres, contextlib.ExitStack() as closing:
        engine = create_engine(postgres.url.format(""), isolation_level="AUTOCOMMIT")
        cities = []
        for size in (SMALL, LARGE):
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE of_{size}"))
            began_s = time.perf_counter()
            url = postgres.url.format("").replace("/postgres?", f"/of_{size}?")
            cities.append(City(url, tmp_path / str(size), size))
            closing.callback(cities[-1].db.close)
            report(f"filled with {size} entries in {time.perf_counter() - began_s:.0f} s")
        with engine.connect() as connection:
            bytes_ = connection.scalar(text(f"SELECT pg_database_size('of_{LARGE}')"))
        engine.dispose()
        report(f"{LARGE} entries take {bytes_ / 1e9:.1f} GB")
        works = [city.works() for city in cities]
        worst = 0.0
        for name in works[0]:
            found: list[list[tuple[float, float]]] = [[], []]
            for block in range(BLOCKS + 1):
                order = (0, 1) if block % 2 else (1, 0)
                for which in order:
                    figures = _block(cities[which], next(works[which][name]))
                    if block:  # the first one warms up
                        found[which].append(figures)
            medians = [[statistics.median(one[part] for one in of) for part in (0, 1)] for of in found]
            wall, processor = (medians[1][part] / medians[0][part] for part in (0, 1))
            report(
                f"{name}: wall {medians[0][0]:.2f}, {medians[1][0]:.2f} ms ({wall:.2f} x); "
                f"processor {medians[0][1]:.2f}, {medians[1][1]:.2f} ms ({processor:.2f} x)"
            )
            worst = max(worst, wall, processor)
        assert worst <= MOST_RATIO
