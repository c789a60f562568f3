"""Reading at a city's size: a page of 20,000 rooms, a month as CSV and a year as a workbook, and the memory of it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from server.places import facilities, rooms
from server.store.db import Database
from sweep.report import to_json
from tests.bench.district import BenchProbe
from tests.bench.fill import fill_rooms, fill_sweeps, settle
from tests.report_factory import uid
from tests.server.conftest import keys_in
from tests.server.sweep_kit import report_of

ROOMS, SWEEPS_A_MONTH, MONTHS = 20_000, 4_400, 12
MOST_ROOMS_MS, MOST_MONTH_S, MOST_YEAR_S, MOST_RSS_MB = 150.0, 10.0, 30.0, 300.0
EXPORT = """
import json, sys, time
from datetime import date
from pathlib import Path
from server.store.crypto.body_keys import BodyKeys
from server.exports.gathering import inspection_log
from server.exports.gathering.log_request import LogRequest
from server.projections.log_records import Period
from server.interface.formats import Format
from server.store.db import Database
url, folder, kind, last, out = sys.argv[1:]
keys = BodyKeys(Path(folder) / "bodies.keys", Path(folder) / "bodies.key")
period = Period(date(2026, 3, 1), date.fromisoformat(last))
wanted = LogRequest(Format(kind), period, None, "x", "y", "z")
began, used = time.perf_counter(), time.process_time()
with open(out, "wb") as file, Database(url, keys).read() as connection:
    inspection_log.write_log_to(file, connection, wanted, inspection_log.today())
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
rss_mb = int(status["VmHWM"].split()[0]) / 1024  # ru_maxrss would be the parent's, where that was larger
print(json.dumps([time.perf_counter() - began, time.process_time() - used, rss_mb]))
"""


@pytest.fixture
def city(database_url: str, tmp_path: Path) -> str:
    """A year of a city."""
    with contextlib.closing(Database(database_url, keys_in(tmp_path))) as db:
        db.migrate()
        with db.write() as connection:
            facilities.load_demo_facility(connection)
        room_ids = fill_rooms(db, ROOMS)
        probe = BenchProbe("bench", to_json(report_of(uid(1), "simulated")))
        fill_sweeps(db, probe, room_ids, SWEEPS_A_MONTH * MONTHS - 1, timedelta(days=30) / SWEEPS_A_MONTH)
        settle(db)
    return database_url


def export_apart(url: str, kind: str, last: str, out: Path) -> tuple[float, float, float]:
    """Seconds by the wall, seconds of the processor and the most memory of an export, in a process of its own."""
    command = [sys.executable, "-c", EXPORT, url, str(out.parent), kind, last, str(out)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall_s, cpu_s, rss_mb = json.loads(said)
    return float(wall_s), float(cpu_s), float(rss_mb)


def test_a_city_is_read_in_time(city: str, tmp_path: Path, report: Callable[[str], None]) -> None:
    name = "SQLite" if city.startswith("sqlite") else "PostgreSQL"
    times_ms: dict[str, float] = {}
    with contextlib.closing(Database(city, keys_in(tmp_path))) as db, db.read() as connection:
        for what, search in (("first page", ""), ("by words", "0123 여자"), ("none found", "없는 이름")):
            began = time.perf_counter()
            rooms.room_page(connection, search=search, limit=50)
            times_ms[what] = (time.perf_counter() - began) * 1000
    figures = ", ".join(f"{what} {ms:.0f} ms" for what, ms in times_ms.items())
    report(f"{name}, {ROOMS} rooms: {figures} (at most {MOST_ROOMS_MS:.0f})")
    worst_ms, worst_mb = max(times_ms.values()), 0.0
    taken: dict[str, float] = {}
    for kind, last, most_s in (("csv", "2026-03-31", MOST_MONTH_S), ("xlsx", "2027-03-31", MOST_YEAR_S)):
        wall_s, cpu_s, rss_mb = export_apart(city, kind, last, tmp_path / f"log.{kind}")
        worst_mb, taken[kind] = max(worst_mb, rss_mb), cpu_s / most_s
        size_mb = (tmp_path / f"log.{kind}").stat().st_size / 1e6
        report(
            f"{name}, {kind} to {last}: {wall_s:.1f} s ({cpu_s:.1f} s of a core, at most {most_s:.0f}), "
            f"{rss_mb:.0f} MB of memory, {size_mb:.1f} MB written"
        )
    assert worst_ms <= MOST_ROOMS_MS
    assert max(taken.values()) <= 1
    assert worst_mb <= MOST_RSS_MB
