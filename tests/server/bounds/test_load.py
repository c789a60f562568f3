"""More work than threads: statistics are put off first, then lists, entries last, and a stop never."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import create_engine, text

from server.api.access import rank_of
from server.api.app import ROUTERS
from server.api.describing import _calls
from server.bounds.load import BOUNDS, THREADS, Rank
from server.bounds.thread_pools import REQUESTS_PER_PERSON
from server.config.settings import Settings
from sweep.report import new_id
from tests.server.conftest import Client, PrivatePostgres, Site, running
from tests.server.killed_server import free_port
from tests.server.live_kit import PROBE, signed
from tests.server.sweep_kit import Probe
from tests.waiting import PATIENCE_S, wait_until

STATISTICS = "/api/statistics?year=2026&quarter=1"
ANSWERS_S = 5.0  # a person who presses stop; the machine of the tests is busy besides
RANKS: dict[Rank, set[str]] = {
    "document": {"POST /api/exports", "GET /api/exports/inspection-log", "GET /api/statistics"},
    "list": {"GET /api/rooms", "GET /api/cases", "GET /api/entries"},
    "entry": {"POST /api/entries"},
}
NEVER = {
    "POST /api/probes/{probe_id}/commands",
    "GET /api/probes/{probe_id}/commands",
    "POST /api/probes/{probe_id}/live",
    "GET /api/live",
    "POST /api/login",
    "GET /api/me",
    "DELETE /api/cases/{case_id}/photo-declarations",
    "GET /api/health",
    "DELETE /api/exports/{job_id}",
}


def test_each_route_says_whether_it_is_put_off() -> None:
    found: dict[Rank | None, set[str]] = {}
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                rank = rank_of(set(_calls(route.dependant)))
                found.setdefault(rank, set()).update(f"{method} {route.path}" for method in route.methods or ())
    for rank, wanted in RANKS.items():
        assert wanted <= found[rank], rank
    assert found[None] >= NEVER
    assert found["entry"] == RANKS["entry"]


def test_the_order_in_which_things_are_put_off() -> None:
    assert [BOUNDS[rank].work for rank in ("document", "list", "entry")] == sorted(one.work for one in BOUNDS.values())


def read_metrics(site: Site) -> dict[str, float]:
    """What the server tells Prometheus."""
    text = httpx.get(f"http://127.0.0.1:{site.services.settings.metrics_port}/metrics", timeout=30).text
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def _put_off(answer: httpx.Response, rank: Rank) -> bool:
    """Is it refused with a time and both languages, or served?"""
    if answer.status_code == 200:
        return False
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "overloaded"), answer.text
    assert answer.headers["Retry-After"] == str(BOUNDS[rank].retry_after_s)
    assert "몰려" in error["message"]["ko"]
    assert "too much to do" in error["message"]["en"]
    return True


@contextmanager
def _held(url: str) -> Iterator[None]:
    """Nobody can read of instruments: whoever asks keeps a thread and waits, as behind a slow disk."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE instruments IN ACCESS EXCLUSIVE MODE"))
        yield
    engine.dispose()


class Crowd:
    """People who all ask for what does not come."""

    def __init__(self, site: Site, workers: ThreadPoolExecutor) -> None:
        self._site, self._workers = site, workers
        self.answers: list[Future[httpx.Response]] = []
        self._people: list[Client] = []

    def work(self) -> int:
        """What holds or waits for a thread, as Prometheus is told."""
        return int(self.metrics()["ansim_work"])

    def metrics(self) -> dict[str, float]:
        """All of them by name."""
        return read_metrics(self._site)

    def grow(self, work: int) -> None:
        """Ask until so much work is there."""
        more = work - self.work()
        for _ in range(more):
            if len(self.answers) % (REQUESTS_PER_PERSON - 4) == 0:
                self._people.append(self._site.login("inspector"))
                self._people[-1].http.timeout = PATIENCE_S
            self.answers.append(self._workers.submit(self._people[-1].get, f"/api/instruments/{new_id()}"))
        wait_until(lambda: self.work() >= work, f"{work} in work", every_s=0.1)


def _stop(site: Site, person: Client, probe: Probe) -> float:
    """How long a stop takes from a person's press until the probe has it."""
    began_s, path = time.monotonic(), f"/api/probes/{PROBE}/commands"
    sweep_id = str(new_id())
    answer = person.post(path, {"command": "abort", "sweep_id": sweep_id})
    assert answer.status_code == 200, answer.text
    commands = signed(site, "GET", f"{path}?wait_s=5", key=probe.signer).json()["commands"]
    assert (commands[-1]["command"], commands[-1]["sweep_id"]) == ("abort", sweep_id)
    return time.monotonic() - began_s


@pytest.mark.postgres
def test_statistics_first_lists_next_entries_last_and_a_stop_never(
    private_postgres: PrivatePostgres, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", database_url=private_postgres.url, port=0, min_free_mib=0, metrics_port=free_port()
    )
    with running(settings) as site, ThreadPoolExecutor(BOUNDS["entry"].work + 64) as workers:
        probe = Probe()
        site.admit(probe.signer)
        officer = site.login("supervisor")
        officer.http.timeout = PATIENCE_S
        seen, crowd, stops = {}, Crowd(site, workers), []

        def look(*, is_list_waiting: bool = False) -> tuple[bool, bool, bool]:
            entry = httpx.post(f"{site.url}/api/entries", content=probe.opened(new_id()), timeout=30)
            stops.append(_stop(site, officer, probe))
            is_document = _put_off(officer.http.get(STATISTICS), "document")
            rooms = workers.submit(officer.get, "/api/rooms")
            if is_list_waiting:  # for a thread: it is served with the others
                crowd.answers.append(rooms)
            return is_document, not is_list_waiting and _put_off(rooms.result(), "list"), _put_off(entry, "entry")

        seen["quiet"] = look()
        with _held(private_postgres.url):
            crowd.grow(THREADS)
            seen["no thread free"] = look(is_list_waiting=True)
            crowd.grow(BOUNDS["list"].work)
            seen["lists wait"] = look()
            crowd.grow(BOUNDS["entry"].work)
            seen["everything waits"] = look()
        answers = [one.result().status_code for one in crowd.answers]
        wait_until(lambda: crowd.work() == 0, "the end of the work", every_s=0.1)
        seen["quiet again"] = look()
        told = crowd.metrics()
    assert seen == {
        "quiet": (False, False, False),
        "no thread free": (True, False, False),
        "lists wait": (True, True, False),
        "everything waits": (True, True, True),
        "quiet again": (False, False, False),
    }
    assert set(answers) == {200, 404}, "who was let in is served"
    assert {rank: told[f'ansim_put_off_total{{rank="{rank}"}}'] for rank in BOUNDS} == {
        "document": 3,
        "list": 2,
        "entry": 1,
    }
    print(f"{len(answers)} held; stops took {', '.join(f'{one * 1000:.0f}' for one in stops)} ms")
    assert max(stops) < ANSWERS_S
