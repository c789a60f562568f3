"""A month that no one document holds comes in parts by facility, each whole, with an index that names them all."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import signal
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config.settings import Settings
from server.exports.gathering import log_parts
from server.exports.gathering.log_parts import Listed, sized, split
from server.exports.gathering.log_request import LogRequest
from server.exports.gathering.zipped import zipping
from server.exports.jobs.export_job import TEMPORARY, ExportJob
from server.exports.jobs.export_queue import ExportQueue
from server.interface.formats import Format
from server.interface.words import KST
from server.projections import projecting
from server.projections.log_records import ExportError, Period
from server.store.clock import today
from server.verifier.anchors import Anchors
from server.verifier.command import verify_package
from server.verifier.findings import Findings, PackageError
from server.verifier.printed import printed_of
from server.verifier.zip_file import PARTED
from sweep.report import new_id
from tests.report_factory import START
from tests.server.conftest import SECOND_IN_SOAK, Client, Site, keys_in
from tests.server.documents.paper_kit import hwpx_tables, pdf_words
from tests.server.inspection_kit import ground
from tests.server.sweep_kit import Probe
from tests.waiting import PATIENCE_S

FIRST = date(2026, 3, 1)
DEMO_FACILITY = "시범 공중화장실 (데모)"


def _fill(site: Site) -> None:
    """Three sweeps of a probe on two days in one facility, and an inspection with instruments in another."""
    probe = Probe()
    site.admit(probe.signer)
    for day in (0, 0, 1):
        probe.start = START + timedelta(days=day)
        for wire in probe.whole_sweep()[1:]:
            assert site.send(wire).status_code == 200
    mapo = ground(site)
    body = mapo.body()
    assert mapo.record(body).status_code == 201
    assert mapo.confirm(body["sweep_id"]).status_code == 201
    projecting.drain(site.db)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of three sweeps at most, parts of two."""
    monkeypatch.setattr(log_parts, "WHOLE_LINES", dict.fromkeys(log_parts.WHOLE_LINES, 3))
    monkeypatch.setattr(log_parts, "PART_LINES", 2)
    monkeypatch.setattr(log_parts, "MAX_SHEETS", 2)


def _period() -> dict[str, str]:
    return {"from": FIRST.isoformat(), "to": (today() + timedelta(days=1)).isoformat()}


def _asked(client: Client, format_: str, **changed: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """(the job when it is ready, the files of its ZIP)."""
    period = _period()
    body = {"format": format_, "period_first": period["from"], "period_last": period["to"], "reason": "월간 보고"}
    job: dict[str, Any] = client.post("/api/exports", body | changed).json()
    ends = time.monotonic() + PATIENCE_S
    while job["state"] in {"queued", "running"}:
        assert time.monotonic() < ends, job
        job = client.get(f"/api/exports/{job['job_id']}").json()
    assert job["state"] == "ready", job
    answer = client.get(f"/api/exports/{job['job_id']}/file")
    assert answer.headers["content-type"] == "application/zip"
    assert job["file_name"] in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        kinds = {part.compress_type for part in book.infolist()}
        assert kinds == {zipfile.ZIP_STORED}, "what is packed already is not packed again"
        return job, {name: book.read(name) for name in book.namelist()}


@pytest.mark.usefixtures("small")
@SECOND_IN_SOAK
def test_a_large_month_comes_in_whole_documents_with_an_index(site: Site, tmp_path: Path) -> None:
    _fill(site)
    officer = site.login("supervisor", "감독자-01")
    size = officer.get("/api/exports/size", format="pdf", **_period()).json()
    assert size == {"sweeps": 4, "parts": 3}
    job, files = _asked(officer, "pdf")
    assert (job["parts"], job["parts_done"], job["left_s"]) == (3, 3, None)
    last = _period()["to"]
    assert job["file_name"] == f"inspection-log-pdf-in-parts_2026-03-01_{last}.zip"
    day = START.date()
    names = [
        f"01_inspection-log_2026-03-01_{last}.pdf",
        f"02_inspection-log_{day}_{day}.pdf",
        f"03_inspection-log_{day + timedelta(days=1)}_{day + timedelta(days=1)}.pdf",
    ]
    assert sorted(files) == ["00_index.pdf", *names]
    index = pdf_words(files["00_index.pdf"], tmp_path)
    told = index.replace(" ", "")
    for name in names:
        assert name in told
        assert hashlib.sha256(files[name]).hexdigest() in told, "each part by its digest"
    assert "3부, 점검 4건, 시설 2곳, 방 2곳" in index
    assert f"2 {DEMO_FACILITY}" in index
    parts = [pdf_words(files[name], tmp_path) for name in names]
    number = officer.get("/api/documents").json()["documents"][0]["document_no"]
    for at, words in enumerate(parts, start=1):
        assert f"{number} ({at}/3부)" in words
    assert [DEMO_FACILITY in words for words in parts] == [False, True, True]
    assert "K18" not in parts[1] and "mapo-gu" in parts[0]


@pytest.mark.usefixtures("small")
@SECOND_IN_SOAK
def test_a_submission_in_parts_is_submissions_that_each_verify(site: Site, tmp_path: Path) -> None:
    _fill(site)
    job, files = _asked(site.login("supervisor", "감독자-01"), "zip")
    assert job["file_name"].startswith("submission-in-parts_")
    parts = sorted(name for name in files if name.endswith(".zip"))
    assert sorted(files) == ["00_index.pdf", *parts, PARTED]
    lines = 0
    for name in parts:
        (tmp_path / name).write_bytes(files[name])
        found = verify_package(tmp_path / name, Anchors())
        assert found.holds, (name, found.problems)
        (said,) = [str(line) for line in found.proven if "sweeps in inspection-log" in str(line)]
        lines += int(said.split()[3])
    assert lines == 4
    found = _verified(files, tmp_path)
    assert found.holds, found.problems
    assert "all 3 parts are here, and each of their 4 sweeps stands on a record in one of them" in map(
        str, found.proven
    )


def _verified(files: Mapping[str, bytes], folder: Path, anchors: Anchors = Anchors()) -> Findings:  # noqa: B008 - frozen
    with (folder / "whole.zip").open("wb") as file, zipping(file, datetime.now(KST)) as book:
        for name, data in files.items():
            book.add(name, data, is_packed=True)
    return verify_package(folder / "whole.zip", anchors)


@pytest.mark.usefixtures("small")
@SECOND_IN_SOAK
def test_a_part_that_is_missing_changed_or_of_another_moment_is_said(site: Site, tmp_path: Path) -> None:
    _fill(site)
    officer = site.login("supervisor", "감독자-01")
    files = _asked(officer, "zip")[1]
    first, second, third = sorted(name for name in files if name.endswith(".zip"))
    for changed, words in (
        ({name: data for name, data in files.items() if name != second}, f"{second} is missing"),
        (files | {first: files[second]}, f"{first} is not the one that the statement names"),
        (files | {first: files[second]}, "a record of it is in another part too"),
        (files | {"extra.txt": b"x"}, "the statement names it nowhere"),
    ):
        found = _verified(changed, tmp_path)
        assert any(words in str(line) for line in found.problems), (words, list(map(str, found.problems)))
        assert not any("parts are here" in str(line) for line in found.proven)
    later = _asked(officer, "zip")[1]  # logins and requests have put entries into the log since, or nothing has
    mixed = files | {third: later[third]}
    assert not _verified(mixed, tmp_path).holds
    with zipfile.ZipFile(io.BytesIO(files[second])) as book:
        (log,) = [name for name in book.namelist() if name.endswith(".json") and name.startswith("inspection-log")]
        record = json.loads(book.read(log))["sweeps"][0]["entry_hash"]
    found = _verified(files, tmp_path, Anchors(printed=printed_of(record)))
    assert found.holds, found.problems
    assert any(record in str(line) for line in found.proven), "one part knows the record of a paper"
    found = _verified(files, tmp_path, Anchors(printed=printed_of("0" * 64)))
    assert len([line for line in found.problems if "0" * 64 in str(line)]) == 1
    with pytest.raises(PackageError, match="there is none in it"):
        _verified({PARTED: files[PARTED]}, tmp_path)


@pytest.mark.usefixtures("small")
@SECOND_IN_SOAK
def test_a_document_of_hancom_and_one_with_sheets_come_in_parts_too(site: Site, tmp_path: Path) -> None:
    _fill(site)
    officer = site.login("supervisor", "감독자-01")
    job, files = _asked(officer, "hwpx")
    assert (job["parts"], len(files)) == (3, 4)
    listed, rooms = hwpx_tables(files["00_index.hwpx"], tmp_path)[-2:]
    assert [row[0] for row in listed[1:]] == ["1", "2", "3"]
    assert [row[4] for row in listed[1:]] == ["1건", "2건", "1건"]
    assert [(row[0], row[1]) for row in rooms[1:]] == [("1", "mapo-gu"), ("2", DEMO_FACILITY), ("3", DEMO_FACILITY)]
    job, files = _asked(officer, "pdf", with_sheets=True)
    assert job["parts"] == 3
    assert "구역별 탐지기·육안 점검" in pdf_words(files[sorted(files)[1]], tmp_path)


@pytest.mark.usefixtures("small")
@SECOND_IN_SOAK
def test_what_is_small_or_a_table_or_one_room_is_one_document(site: Site) -> None:
    _fill(site)
    officer = site.login("supervisor", "감독자-01")
    for format_ in ("csv", "xlsx", "json"):
        assert officer.get("/api/exports/size", format=format_, **_period()).json() == {"sweeps": 4, "parts": 1}
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    assert officer.get("/api/exports/size", format="pdf", **march).json() == {"sweeps": 3, "parts": 1}
    foreign = {**_period(), "format": "pdf", "room_id": str(new_id())}
    assert officer.get("/api/exports/size", **foreign).json()["sweeps"] == 0
    assert site.login("viewer").get("/api/exports/size", format="pdf", **march).status_code == 403


@pytest.mark.usefixtures("small")
@SECOND_IN_SOAK
def test_what_would_be_too_many_parts_is_refused_before_anything_is_made(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(site)
    monkeypatch.setattr(log_parts, "MOST_PARTS", 2)
    officer = site.login("supervisor", "감독자-01")
    period = _period()
    body = {"format": "pdf", "period_first": period["from"], "period_last": period["to"], "reason": "월간 보고"}
    for answer in (officer.get("/api/exports/size", format="pdf", **period), officer.post("/api/exports", body)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "export_refused")
        assert "3부가 되어 2부보다 많습니다" in answer.json()["error"]["message"]["ko"]
    assert officer.get("/api/exports").json() == {"exports": []}
    assert officer.get("/api/documents").json()["documents"] == [], "it has no number in the register"
    wanted = LogRequest(Format.PDF, Period(FIRST, today()), None, "o", "p", "r")
    monkeypatch.setattr(log_parts, "PART_LINES", 1)
    with site.db.read() as connection, pytest.raises(ExportError, match="more than 2 sweeps"):
        sized(connection, wanted)


@pytest.mark.usefixtures("small")
def test_what_is_ended_on_its_way_leaves_nothing_half(site: Site, settings: Settings, tmp_path: Path) -> None:
    """Killed or cancelled once the first part is being written; the next one asked for is whole."""
    _fill(site)
    folder = tmp_path / "exports"
    queue: ExportQueue
    jobs: list[ExportJob] = []

    def half() -> bool:
        return any(path.stat().st_size for path in (folder / TEMPORARY).glob("*.zip"))

    def killed(pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    ways: list[Callable[[int], None]] = [killed, lambda _: queue.cancel(jobs[-1])]

    def look(pid: int) -> float:
        if ways and len(ways) > 2 - len(jobs) and half():  # each document in its way, and once
            ways.pop(0)(pid)
        return 0.0

    async def play() -> None:
        nonlocal queue
        queue = ExportQueue(folder, settings.url, keys_in(settings.data_dir), 700, time.monotonic, look)
        task = asyncio.create_task(queue.run())
        period = Period(FIRST, today() + timedelta(days=1))
        for code in ("export_failed", "export_cancelled", None):
            wanted = LogRequest(Format.PDF, period, None, "o", "p", "r", part_size=1)
            jobs.append(queue.submit(new_id(), wanted))
            await asyncio.wait_for(jobs[-1].done.wait(), PATIENCE_S)
            assert (jobs[-1].failure and jobs[-1].failure.code) == code
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    assert [path for path in folder.rglob("*") if path.is_file()] == [jobs[-1].path]
    with zipfile.ZipFile(jobs[-1].path) as book:
        assert book.testzip() is None and len(book.namelist()) == 5


def _listed(facility: int, day: int) -> Listed:
    return Listed(new_id(), FIRST + timedelta(days=day), False, UUID(int=facility), f"{facility}", "방")


@given(
    st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=40).map(sorted), max_size=12),
    st.integers(1, 12),
)
def test_every_sweep_is_in_one_part_and_a_facility_is_cut_only_where_it_must_be(
    visits: list[list[int]], most: int
) -> None:
    listed = [_listed(number, day) for number, days in enumerate(visits) for day in days]
    parts = list(split(listed, most))
    assert [one for some, _ in parts for one in some] == listed
    assert all(1 <= len(some) <= most for some, _ in parts)
    count = Counter(one.facility_id for one in listed)
    for some, is_large in parts:
        of = {one.facility_id for one in some}
        assert is_large == (max(count[one] for one in of) > most)
        if is_large:
            assert len(of) == 1
        else:
            assert all(sum(one.facility_id == each for one in some) == count[each] for each in of)
    for (some, is_large), (others, _) in pairwise(parts):
        days = [one for one in (*some, *others) if (one.facility_id, one.day) == (some[-1].facility_id, some[-1].day)]
        if is_large and some[-1].facility_id == others[0].facility_id and some[-1].day == others[0].day:
            of_day = [one for one in listed if (one.facility_id, one.day) == (some[-1].facility_id, some[-1].day)]
            assert len(of_day) > most, "a day is cut only when it alone is too large"
        assert days


def test_time_left_follows_from_what_was_done(tmp_path: Path) -> None:
    wanted = LogRequest(Format.PDF, Period(FIRST, FIRST), None, "o", "p", "r", part_size=2)
    job = ExportJob(new_id(), new_id(), wanted, tmp_path / "x.zip", datetime(2026, 3, 1, tzinfo=UTC))
    assert job.left_s(10.0) is None, "nobody has begun"
    job.state, job.began_s = "running", 10.0
    job.percent = 4
    assert job.left_s(11.0) is None
    job.percent = 25
    assert job.left_s(20.0) == pytest.approx(30.0)
