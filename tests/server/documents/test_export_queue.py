"""Documents are made by one process with bounded memory, in turns, and everybody sees how far theirs is."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from server.config.settings import Settings
from server.exports.gathering.log_request import LogRequest
from server.exports.jobs import export_queue
from server.exports.jobs.export_job import ExportJob, line_of
from server.exports.jobs.export_queue import ExportQueue
from server.exports.jobs.export_worker import work
from server.interface.errors import ApiError
from server.interface.formats import Format
from server.projections.log_records import Period
from server.store.crypto.body_keys import BodyKeys
from sweep.report import new_id, utc_now
from tests.server.conftest import SECOND_IN_SOAK, Client, Site, keys_in
from tests.server.sweep_kit import Probe
from tests.waiting import wait_on_loop

MARCH = {"period_first": "2026-03-01", "period_last": "2026-03-31", "reason": "월간 보고"}


def _fill(site: Site, count: int = 2) -> None:
    probe = Probe()
    site.admit(probe.signer)
    for _ in range(count):
        for wire in probe.whole_sweep()[1:]:
            assert site.send(wire).status_code == 200


def _wait(client: Client, job_id: str, most_s: float = 60) -> dict[str, Any]:
    """Look at a job until it is over, with a bound; each look is a request."""
    ends = time.monotonic() + most_s
    while (job := client.get(f"/api/exports/{job_id}").json())["state"] in {"queued", "running"}:
        assert time.monotonic() < ends, job
    found: dict[str, Any] = job
    return found


@pytest.mark.parametrize(("format_", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("pdf", b"%PDF")])
@SECOND_IN_SOAK
def test_a_document_is_asked_for_looked_at_and_downloaded(site: Site, format_: str, begins: bytes) -> None:
    _fill(site)
    inspector, other = site.login("inspector"), site.login("inspector")
    asked = inspector.post("/api/exports", MARCH | {"format": format_})
    assert asked.status_code == 202
    job = asked.json()
    assert job["state"] in {"queued", "running"}
    done = _wait(inspector, job["job_id"])
    assert (done["state"], done["percent"], done["failure"]) == ("ready", 100, None)
    answer = inspector.get(f"/api/exports/{job['job_id']}/file")
    assert answer.content.startswith(begins)
    assert len(answer.content) == done["size"]
    assert f'filename="inspection-log_2026-03-01_2026-03-31.{format_}"' in answer.headers["content-disposition"]
    if format_ == "csv":
        assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) == 3
    assert [one["job_id"] for one in inspector.get("/api/exports").json()["exports"]] == [job["job_id"]]
    assert other.get("/api/exports").json() == {"exports": []}
    for path in (f"/api/exports/{job['job_id']}", f"/api/exports/{job['job_id']}/file"):
        assert other.get(path).status_code == 404
    deleted = inspector.http.request(
        "DELETE", f"/api/exports/{job['job_id']}", headers={"X-CSRF-Token": inspector.csrf}
    )
    assert deleted.json() == {"ok": True}
    assert inspector.get(f"/api/exports/{job['job_id']}").status_code == 404


def test_what_cannot_be_made_says_why(site: Site) -> None:
    inspector = site.login("inspector")
    bad = inspector.post("/api/exports", {"format": "csv"} | MARCH | {"period_first": "2026-04-01"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "export_refused")
    assert inspector.post("/api/exports", {"format": "doc"} | MARCH).status_code == 400
    assert site.login("viewer").post("/api/exports", {"format": "csv"} | MARCH).status_code == 403


@SECOND_IN_SOAK
def test_what_a_worker_cannot_make_is_refused_and_the_next_is_made(settings: Settings, tmp_path: Path) -> None:
    now_s = 0.0

    def is_slow(_: int) -> float:
        nonlocal now_s
        now_s += export_queue.JOB_S + 1.0
        return 0.0

    def dies(pid: int) -> float:
        os.kill(pid, signal.SIGKILL)
        return 0.0

    looks: list[Callable[[int], float]] = [lambda _: 10_000.0, is_slow, dies]
    cases = [(413, "export_too_large"), (503, "export_too_slow"), (503, "export_failed"), None]

    async def play() -> None:
        queue = ExportQueue(
            tmp_path / "exports",
            settings.url,
            keys_in(settings.data_dir),
            700,
            lambda: now_s,
            lambda pid: looks.pop(0)(pid) if looks else 0.0,
        )
        task = asyncio.create_task(queue.run())
        for case in cases:
            job = queue.submit(new_id(), _request())
            await asyncio.wait_for(job.done.wait(), 60)
            assert case == (job.failure and (job.failure.status, job.failure.code))
            assert job.path.exists() is (case is None)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())


@SECOND_IN_SOAK
def test_what_was_made_before_an_erasure_goes_and_what_is_being_made_begins_anew(
    settings: Settings, tmp_path: Path
) -> None:
    body_keys = keys_in(settings.data_dir)
    body_keys.create()
    erasures = [1]

    def look(_: int) -> float:
        if erasures:
            body_keys.destroy([(erasures[0], erasures.pop() + 1)])
        return 0.0

    async def play() -> None:
        queue = ExportQueue(tmp_path / "exports", settings.url, body_keys, 700, time.monotonic, look)
        task = asyncio.create_task(queue.run())
        job = queue.submit(new_id(), _request())
        await asyncio.wait_for(job.done.wait(), 60)
        assert (job.state, job.made_after, job.path.exists()) == ("ready", 1, True)
        assert queue.job(job.user_id, job.job_id) is job
        body_keys.destroy([(2, 3)])
        await queue.drop_outdated()
        assert job.failure is not None
        assert (job.failure.status, job.failure.code, job.path.exists()) == (410, "export_outdated", False)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    assert [path for path in (tmp_path / "exports").rglob("*") if path.is_file()] == []


def test_the_file_of_a_case_is_seen_while_it_is_made_and_never_given_by_the_queue(tmp_path: Path) -> None:
    queue, officer = _queue(tmp_path), new_id()
    job = queue.submit(officer, replace(_request(), format=Format.ZIP, case_id=new_id()))
    assert queue.jobs_of(officer) == (job,)
    assert queue.jobs_of(new_id()) == ()
    assert not queue.job(officer, job.job_id).is_over  # so that its file is refused as not ready
    job.state = "ready"
    assert queue.jobs_of(officer) == ()
    with pytest.raises(ApiError, match="kept for an hour"):
        queue.job(officer, job.job_id)


def _queue(folder: Path, monotonic: Any = time.monotonic) -> ExportQueue:
    return ExportQueue(folder, "sqlite://", keys_in(folder), 100, monotonic, lambda _: 0.0)


def _request() -> LogRequest:
    return LogRequest(Format.CSV, Period(date(2026, 3, 1), date(2026, 3, 2)), None, "o", "p", "r")


async def _made(queue: ExportQueue, jobs: list[ExportJob], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a worker make these that needs no time; gives the files in the order in which it was told to."""
    order: list[str] = []
    words = asyncio.StreamReader()

    class Jobs:
        def write(self, line: bytes) -> None:
            order.append(json.loads(line)["path"])
            Path(order[-1]).write_bytes(b"x")
            words.feed_data(b'{"ready": 1}\n')

    async def start(_: Path) -> Any:
        return SimpleNamespace(process=SimpleNamespace(pid=os.getpid()), jobs=Jobs(), words=words)

    async def end(_: Any) -> None:
        pass

    monkeypatch.setattr(export_queue, "start_worker", start)
    monkeypatch.setattr(export_queue, "end_worker", end)
    task = asyncio.create_task(queue.run())
    for job in jobs:
        await asyncio.wait_for(job.done.wait(), 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return order


def test_persons_take_turns_and_their_numbers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, greedy, modest = _queue(tmp_path), new_id(), new_id()
    jobs = [queue.submit(greedy, _request()) for _ in range(export_queue.QUEUED_PER_PERSON)]
    with pytest.raises(ApiError) as refused:
        queue.submit(greedy, _request())
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "30")
    mine = queue.submit(modest, _request())
    others = export_queue.QUEUED_IN_ALL - export_queue.QUEUED_PER_PERSON - 1
    jobs += [queue.submit(new_id(), _request()) for _ in range(others)]
    with pytest.raises(ApiError) as full:
        queue.submit(new_id(), _request())
    assert full.value.status == 503
    first, *greedys = jobs[: export_queue.QUEUED_PER_PERSON]
    order = asyncio.run(_made(queue, [*jobs, mine], monkeypatch))
    assert order[:2] == [str(first.path), str(mine.path)]
    assert order[-len(greedys) :] == [str(job.path) for job in greedys], "after everybody who had none yet"


def test_districts_take_turns_however_many_of_their_persons_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = _queue(tmp_path)
    many = [queue.submit(new_id(), replace(_request(), district_id="a")) for _ in range(5)]
    few = [queue.submit(new_id(), replace(_request(), district_id="b")) for _ in range(2)]
    order = asyncio.run(_made(queue, [*many, *few], monkeypatch))
    wanted = [many[0], few[0], many[1], few[1], *many[2:]]
    assert order == [str(job.path) for job in wanted]


def test_each_part_of_a_document_has_its_own_quarter_of_an_hour(tmp_path: Path) -> None:
    now_s, was_looked_at = 0.0, asyncio.Event()

    def goes_on(_: int) -> float:
        nonlocal now_s
        now_s += export_queue.JOB_S * 0.6
        was_looked_at.set()
        return 0.0

    async def play() -> None:
        queue = ExportQueue(tmp_path, "sqlite://", keys_in(tmp_path), 100, lambda: now_s, goes_on)
        job = queue.submit(new_id(), _request())
        job.state = "running"
        words = asyncio.StreamReader()
        worker: Any = SimpleNamespace(
            process=SimpleNamespace(pid=1), jobs=SimpleNamespace(write=lambda _: None), words=words
        )
        making = asyncio.create_task(queue._make(worker, job))
        for done in range(4):
            words.feed_data(json.dumps({"percent": 10, "parts": 5, "parts_done": done}).encode() + b"\n")
            was_looked_at.clear()
            await was_looked_at.wait()
        assert (job.is_over, job.parts_done, now_s > 2 * export_queue.JOB_S) == (False, 3, True)
        words.feed_eof()
        await making

    asyncio.run(play())


def test_documents_go_after_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    queue, person = _queue(tmp_path, lambda: now_s), new_id()
    job = queue.submit(person, _request())
    asyncio.run(_made(queue, [job], monkeypatch))
    now_s = export_queue.KEPT_S - 1
    assert queue.job(person, job.job_id) is job
    now_s += 2
    with pytest.raises(ApiError):
        queue.job(person, job.job_id)
    assert not job.path.exists()


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old.pdf").write_bytes(b"x")
    (tmp_path / "kept.txt").write_bytes(b"x")

    async def play() -> None:
        task = asyncio.create_task(_queue(tmp_path).run())
        await wait_on_loop(lambda: not (tmp_path / "old.pdf").exists(), "the old one is removed")
        task.cancel()

    asyncio.run(play())
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_the_worker_tells_how_far_it_is(site: Site, settings: Settings, tmp_path: Path) -> None:
    _fill(site, 5)
    out = io.StringIO()
    wanted = LogRequest(Format.CSV, Period(date(2026, 3, 1), date(2026, 3, 31)), None, "o", "p", "r")
    job = ExportJob(new_id(), new_id(), wanted, tmp_path / "log.csv", utc_now())
    keys = BodyKeys(settings.body_keys_path, settings.store_key_path)
    work(json.loads(line_of(job, settings.url, keys, None)), out)
    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert said == [{"percent": n} for n in (0, 20, 40, 60, 80)] + [{"ready": (tmp_path / "log.csv").stat().st_size}]
    assert (tmp_path / "log.csv").stat().st_mode & 0o777 == 0o600
