"""Documents of a district: 800 rooms' month as PDF and HWPX, their year as a workbook, and the memory of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from server.places import facilities
from server.store.db import Database
from sweep.report import to_json
from tests.bench.bench_reads import export_apart
from tests.bench.district import BenchProbe
from tests.bench.fill import fill_rooms, fill_sweeps, settle
from tests.report_factory import uid
from tests.server.conftest import keys_in
from tests.server.sweep_kit import report_of

ROOMS, MONTHS = 800, 12
MOST_S = {"pdf": 10.0, "hwpx": 10.0, "xlsx": 30.0}
MOST_RSS_MB = 500.0  # guessed: less than what the process that makes documents may take, 700 MiB (export_memory_mib)


@pytest.fixture
def district(database_url: str, tmp_path: Path) -> str:
    """A year of a district, each room once a month."""
    with contextlib.closing(Database(database_url, keys_in(tmp_path))) as db:
        db.migrate()
        with db.write() as connection:
            facilities.load_demo_facility(connection)
        room_ids = fill_rooms(db, ROOMS)
        probe = BenchProbe("bench", to_json(report_of(uid(1), "simulated")))
        fill_sweeps(db, probe, room_ids, ROOMS * MONTHS - 1, timedelta(days=30) / ROOMS)
        settle(db)
    return database_url


def test_a_month_is_printed_and_a_year_written_in_time(
    district: str, tmp_path: Path, report: Callable[[str], None]
) -> None:
    name = "SQLite" if district.startswith("sqlite") else "PostgreSQL"
    taken: dict[str, float] = {}
    worst_mb = 0.0
    for kind, last in (("pdf", "2026-03-31"), ("hwpx", "2026-03-31"), ("xlsx", "2027-03-31")):
        out = tmp_path / f"log.{kind}"
        wall_s, cpu_s, rss_mb = export_apart(district, kind, last, out)
        taken[kind], worst_mb = cpu_s / MOST_S[kind], max(worst_mb, rss_mb)
        report(
            f"{name}, {ROOMS} rooms, {kind} to {last}: {wall_s:.1f} s ({cpu_s:.1f} s of a core, at most "
            f"{MOST_S[kind]:.0f}), {rss_mb:.0f} MB of memory, {out.stat().st_size / 1e6:.1f} MB written"
        )
    assert max(taken.values()) <= 1
    assert worst_mb <= MOST_RSS_MB
