"""A month of 5,000 visits as PDF, HWPX and submission, by the process that makes documents: time, memory and sizes."""

from __future__ import annotations

import asyncio
import contextlib
import time
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from server.api.app import build_services
from server.config.settings import Settings
from server.exports.gathering.log_parts import PART_LINES, sized
from server.exports.gathering.log_request import LogRequest
from server.exports.jobs.export_job import ExportJob
from server.exports.jobs.export_queue import ExportQueue
from server.exports.jobs.worker_process import memory_mib_of
from server.interface.formats import Format
from server.log.build import build_tree
from server.places import facilities
from server.projections.log_records import Period
from server.server_keys.rotation import KEY_FILE
from server.verifier.anchors import Anchors
from server.verifier.command import verify_package
from sweep.report import new_id, to_json
from tests.bench.district import BenchProbe
from tests.bench.fill import fill_rooms, fill_sweeps, settle
from tests.report_factory import uid
from tests.server.conftest import keys_in
from tests.server.sweep_kit import report_of

ROOMS, VISITS = 600, 5_000
MOST_MIB, MOST_S = 400.0, 180.0
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def _fill(settings: Settings) -> None:
    """A month of a district: rooms in turn, four to a facility."""
    services = build_services(settings)
    with contextlib.closing(services.db) as db:
        with db.write() as connection:
            facilities.load_demo_facility(connection)
        room_ids = fill_rooms(db, ROOMS)
        probe = BenchProbe("bench", to_json(report_of(uid(1), "simulated")))
        fill_sweeps(db, probe, room_ids, VISITS - 1, timedelta(days=25) / VISITS, services.server_signer)
        build_tree(db)
        settle(db)


def _sized(settings: Settings, format_: Format) -> tuple[LogRequest, int]:
    wanted = LogRequest(format_, MARCH, None, "시범구청", "감독자-01", "월간 보고", document_no="점검 2026-0001")
    services = build_services(settings)
    with contextlib.closing(services.db) as db, db.read() as connection:
        wanted, count, parts = sized(connection, wanted)
    assert count == VISITS
    return wanted, parts


def _most_mib(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


@pytest.mark.soak
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_month_of_five_thousand_visits_comes_in_parts(settings: Settings, tmp_path: Path) -> None:
    _fill(settings)
    peak_mib = 0.0

    def look(pid: int) -> float:
        nonlocal peak_mib
        now_mib = memory_mib_of(pid)
        peak_mib = max(peak_mib, now_mib, _most_mib(pid))
        return now_mib

    async def made(wanted: LogRequest) -> ExportJob:
        folder = tmp_path / "exports"
        queue = ExportQueue(
            folder, settings.url, keys_in(settings.data_dir), settings.export_memory_mib, time.monotonic, look,
            settings.data_dir / KEY_FILE,
        )  # fmt: skip
        task = asyncio.create_task(queue.run())
        job = queue.submit(new_id(), wanted)
        await job.done.wait()
        job.path.rename(tmp_path / job.path.name)
        job.path = tmp_path / job.path.name
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return job

    for format_ in (Format.PDF, Format.HWPX, Format.ZIP):
        wanted, parts = _sized(settings, format_)
        peak_mib, began_s = 0.0, time.monotonic()
        job = asyncio.run(made(wanted))
        took_s = time.monotonic() - began_s
        assert (job.state, job.failure, job.parts_done) == ("ready", None, parts)
        with zipfile.ZipFile(job.path) as book:
            sizes = {one.filename: one.file_size for one in book.infolist()}
            assert len(sizes) == parts + 1 + (format_ is Format.ZIP)
        if format_ is Format.ZIP:
            found = verify_package(job.path, Anchors())
            assert found.holds, found.problems
        print(f"{format_}: {parts} parts, {took_s:.1f} s, {peak_mib:.0f} MiB, {job.size} octets, {max(sizes.values())}")
        assert parts >= VISITS / PART_LINES
        assert peak_mib <= MOST_MIB
        assert took_s <= MOST_S
    assert _sized(settings, Format.CSV)[1] == 1
