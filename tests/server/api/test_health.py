"""Health tells the truth about the database, at once; what needs the database says so in the one error shape."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from pathlib import Path

import httpx
import pytest

from server.api.service.database_check import DatabaseCheck
from server.config.settings import Settings
from server.interface.views.answer import ErrorView
from server.store.faults import AwayError
from sweep.report import new_id
from tests.server.conftest import PrivatePostgres, Site, running
from tests.server.sweep_kit import Probe
from tests.waiting import PATIENCE_S

AWAY = (503, "database_unreachable")


def _answer(answer: httpx.Response) -> tuple[int, str]:
    if answer.status_code == 200:
        return 200, ""
    return answer.status_code, ErrorView.model_validate_json(answer.content).error.code


def test_a_database_that_went_away_and_came_back(tmp_path: Path) -> None:
    file = tmp_path / "there.sqlite3"
    with running(Settings(data_dir=tmp_path / "data", database_url=f"sqlite:///{file}", port=0)) as site:
        assert site.anonymous().get("/api/health").json() == {
            "status": "ok",
            "database": "ok",
            "version": site.anonymous().get("/api/health").json()["version"],
            "page_built": True,
            "parts": {
                "database": "ok",
                "writer": "ok",
                "clock": "ok",
                "disk": "ok",
                "witness": "off",
                "queue": "ok",
                "page": "ok",
                "retention": "ok",
                "erasure": "ok",
                "storage": "off",
                "load": "ok",
                "replica": "off",
            },
            "replica": None,
        }
        file.rename(tmp_path / "away.sqlite3")
        assert _answer(site.anonymous().get("/api/health")) == AWAY
        (tmp_path / "away.sqlite3").rename(file)
        assert _answer(site.anonymous().get("/api/health")) == (200, "")


@pytest.mark.postgres
def test_a_stopped_postgresql_is_said_and_nothing_is_a_500(private_postgres: PrivatePostgres, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=private_postgres.url, port=0, min_free_mib=0)
    with running(settings) as site:
        viewer, probe = site.login("viewer"), Probe()
        site.admit(probe.signer)
        assert _answer(viewer.get("/api/health")) == (200, "")
        private_postgres.stop()
        began_s = time.monotonic()
        assert _answer(viewer.get("/api/health")) == AWAY
        assert time.monotonic() - began_s < 20, "longer than it looks and shorter than a client waits"
        for path in ("/api/rooms", "/api/me", "/api/entries"):
            assert _answer(viewer.get(path)) == AWAY, path
        assert httpx.post(f"{site.url}/api/entries", content=b"{}").status_code == 400
        assert _answer(site.anonymous().post("/api/login", {"username": "a", "password": "b"})) == AWAY
        wire = probe.opened(new_id())
        assert _answer(httpx.post(f"{site.url}/api/entries", content=wire)) == AWAY
        private_postgres.start()
        assert _answer(viewer.get("/api/health")) == (200, "")
        assert _answer(httpx.post(f"{site.url}/api/entries", content=wire)) == (200, "")
        assert _answer(viewer.get("/api/rooms")) == (200, "")
        private_postgres.stop()
        private_postgres.start()  # unseen by the connections that are kept
        assert _answer(httpx.post(f"{site.url}/api/entries", content=probe.opened(new_id()))) == (200, "")


def test_a_database_that_hangs_does_not_hang_health() -> None:
    async def play() -> list[bool]:
        let_go = threading.Event()
        asked = []

        def ping() -> None:
            asked.append(1)
            assert let_go.wait(PATIENCE_S), "nobody else was kept"

        pulse = DatabaseCheck(ping, wait_s=0.2)
        first = await asyncio.gather(*(pulse.is_there() for _ in range(50)))  # while it hangs
        assert len(asked) == 1
        let_go.set()
        while not await pulse.is_there():
            pass
        return list(first)

    assert asyncio.run(play()) == [False] * 50


def test_many_ask_while_one_look_ends_and_the_next_begins() -> None:
    async def play() -> bool:
        check = DatabaseCheck(lambda: None)

        async def ask() -> bool:
            return all([await check.is_there() for _ in range(50)])

        return all(await asyncio.gather(*(ask() for _ in range(10))))

    assert asyncio.run(play())


def test_a_ping_that_is_refused() -> None:
    def ping() -> None:
        raise AwayError("gone")

    async def play() -> bool:
        return await DatabaseCheck(ping).is_there()

    assert asyncio.run(play()) is False


def test_every_route_says_how_one_proves_who_one_is(site: Site) -> None:
    document = site.anonymous().get("/api/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"session", "csrf", "probe"}
    security = {
        f"{method.upper()} {path}": [sorted(one) for one in operation["security"]]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    for line, wanted in {
        "GET /api/health": [],
        "POST /api/login": [],
        "POST /api/entries": [],
        "GET /api/log/checkpoint": [],
        "GET /api/log/tile/{level}/{place}": [],
        "GET /api/rooms": [["session"]],
        "GET /api/live": [["session"]],
        "PUT /api/rooms/{room_id}/plan": [["csrf", "session"]],
        "POST /api/logout": [["csrf", "session"]],
        "POST /api/probes/{probe_id}/live": [["probe"]],
        "GET /api/probes/{probe_id}/commands": [["probe"]],
        "POST /api/probes/{probe_id}/commands": [["csrf", "session"]],
    }.items():
        assert security[line] == wanted, line
    for line, found in security.items():
        answer = site.anonymous().http.request(*_filled(line))
        assert (answer.status_code == 401) == bool(found), line


def _filled(line: str) -> tuple[str, str]:
    method, path = line.split()
    return method, re.sub(r"\{(\w+)\}", lambda found: "0" * (64 if found[1] == "commitment" else 32), path)
