"""Two processes on one PostgreSQL are one server: what happens at one is seen, answered and counted at the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from sweep.report import CommandEvent, LiveMessage, new_id
from tests.entry_factory import signer
from tests.server.conftest import Client, Site, new_postgres
from tests.server.killed_server import two_servers
from tests.server.live_kit import PROBE, Page, guidance, message, post, signed, state, text
from tests.server.sweep_kit import Probe
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture(params=["postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Only PostgreSQL."""
    kind: str = request.param
    return kind


@pytest.fixture
def sites(database_url: str, tmp_path: Path, repo_root: Path) -> Iterator[list[Site]]:
    """A hand in each of the two."""
    with two_servers(database_url, tmp_path, repo_root) as (_, found):
        found[0].admit(signer("probe"))
        yield found


def _shown(site: Site, client: Client) -> dict[str, Any]:
    (probe,) = client.get("/api/probes").json()["probes"]
    return dict(probe)


def _has_number(number: int, data: dict[str, Any]) -> bool:
    return bool(data["seq"] == number)


def _post_until_taken(site: Site, words: LiveMessage) -> None:
    wait_until(lambda: post(site, words).status_code == 200, "the database", every_s=0.05)


def test_a_page_here_sees_what_a_probe_says_there(sites: list[Site]) -> None:
    here, there = sites
    viewer = here.login("viewer")
    sweep_id = new_id()
    assert not _shown(here, viewer)["online"]
    page = Page(viewer)
    first = guidance(1, "first", sweep_id)
    assert post(there, state(0, "running", sweep_id), first).json() == {"accepted": 2}
    assert post(here, first).json() == {"accepted": 0}  # sent again, elsewhere
    assert post(there, guidance(4, "second", sweep_id)).json() == {"accepted": 1}
    page.wait_for("guidance", lambda data: data["seq"] == 4)
    assert [data["seq"] for data in page.of("guidance")] == [1, 4]
    for site, client in ((here, viewer), (there, there.login("viewer"))):
        probe = _shown(site, client)
        shown = (probe["online"], probe["state"], probe["sweep_id"], probe["missed"])
        assert shown == (True, "running", str(sweep_id), 2)
    late = Page(there.login("viewer"))  # a replay is the same wherever one opens late
    assert [data["seq"] for data in late.of("guidance")] == [4]
    probe_of_entries = Probe()
    sweep, opened, report = probe_of_entries.whole_sweep()
    assert httpx.post(f"{there.url}/api/entries", content=opened).status_code == 200
    page.wait_for("entry", lambda data: data == {"sweep_id": str(sweep), "kind": "sweep.opened"})
    assert httpx.post(f"{there.url}/api/entries", content=report).status_code == 200
    page.wait_for("entry", lambda data: data == {"sweep_id": str(sweep), "kind": "sweep.report"})
    assert httpx.post(f"{here.url}/api/entries", content=report).status_code == 200
    post(there, guidance(5, "third", sweep_id))
    page.wait_for("guidance", lambda data: data["seq"] == 5)
    assert len(page.of("entry")) == 2  # nothing is told twice


def test_a_command_given_here_is_fetched_there_and_answered_once(sites: list[Site]) -> None:
    here, there = sites
    inspector, sweep_id, path = here.login("inspector"), new_id(), f"/api/probes/{PROBE}/commands"
    wanted = {"command": "resume", "sweep_id": str(sweep_id), "command_id": str(new_id())}
    assert inspector.post(path, wanted).json()["error"]["code"] == "probe_offline"
    fetched: queue.Queue[dict[str, Any]] = queue.Queue()
    poll = threading.Thread(target=lambda: fetched.put(signed(there, "GET", f"{path}?wait_s=20").json()))
    poll.start()
    wait_until(lambda: _shown(here, inspector)["online"], "the probe here", every_s=0.02)
    queued = inspector.post(path, wanted)
    assert queued.status_code == 200, queued.text
    (command,) = fetched.get(timeout=PATIENCE_S)["commands"]
    assert command["command_id"] == wanted["command_id"]
    poll.join()
    other = there.login("inspector", "점검자-02")
    assert other.post(path, wanted).json() == queued.json()  # the same command id, elsewhere
    assert signed(here, "GET", f"{path}?wait_s=0&after={wanted['command_id']}").json() == {"commands": []}
    assert signed(there, "GET", f"{path}?wait_s=0").json() == {"commands": []}
    answer = CommandEvent(type="command", command_id=UUID(str(wanted["command_id"])), accepted=True, text=text("ok"))
    post(there, message(0, answer, sweep_id))
    wait_until(lambda: inspector.post(path, wanted).json()["answer"] == "accepted", "the answer here", every_s=0.02)
    stop = {"command": "pause", "sweep_id": str(sweep_id), "command_id": str(new_id())}
    post(there, state(1, "running", sweep_id))
    assert inspector.post(path, stop).status_code == 200
    wait_until(lambda: _shown(there, other)["stop"], "the stop there", every_s=0.02)
    assert _shown(there, other)["stop"]["asked_by"] == "점검자-01"
    (handed,) = signed(there, "GET", f"{path}?wait_s=0").json()["commands"]
    assert handed["command_id"] == stop["command_id"]


@pytest.mark.soak  # two servers for each test; that both know the same is told by those before
def test_wrong_passwords_here_and_there_are_counted_together(
    database_url: str, tmp_path: Path, repo_root: Path
) -> None:
    with two_servers(database_url, tmp_path, repo_root) as (_, sites):
        doors = [site.anonymous() for site in sites]  # open before it counts: the first delay is two seconds

        def try_at(number: int, password: str) -> int:
            return doors[number % 2].post("/api/login", {"username": "admin", "password": password}).status_code

        assert [try_at(number, "wrong") for number in range(10)] == [401] * 10
        assert [try_at(0, "wrong"), try_at(1, "x" * 20)] == [429, 429]


@pytest.mark.soak
def test_a_probe_that_fell_silent_there_is_offline_here(sites: list[Site]) -> None:
    here, there = sites
    viewer = here.login("viewer")
    post(there, state(0, "idle"))
    wait_until(lambda: _shown(here, viewer)["online"], "the probe here", every_s=0.02)
    before = _shown(here, viewer)["last_seen"]
    signed(there, "GET", f"/api/probes/{PROBE}/commands?wait_s=0")
    wait_until(lambda: _shown(here, viewer)["last_seen"] > before, "a later sign of life", every_s=0.05)
    assert _shown(here, viewer)["last_seen"] == _shown(there, there.login("viewer"))["last_seen"]


def test_commands_and_events_survive_the_database(tmp_path: Path, repo_root: Path) -> None:
    with (
        new_postgres(is_durable=True) as database,
        two_servers(database.url.format(""), tmp_path, repo_root) as (_, (here, there)),
    ):
        here.admit(signer("probe"))
        inspector, sweep_id, path = here.login("inspector"), new_id(), f"/api/probes/{PROBE}/commands"
        page = Page(there.login("viewer"))
        post(here, state(0, "running", sweep_id))
        stop = {"command": "pause", "sweep_id": str(sweep_id), "command_id": str(new_id())}
        assert inspector.post(path, stop).status_code == 200
        page.wait_for("state", lambda data: data["seq"] == 0)
        for number in range(1, 3):
            database.kill()
            database.start()
            _post_until_taken(here, guidance(number, "again", sweep_id))
            page.wait_for("guidance", partial(_has_number, number))
        assert [data["seq"] for data in page.of("guidance")] == [1, 2]
        assert not page.is_over.is_set()
        (handed,) = signed(there, "GET", f"{path}?wait_s=0").json()["commands"]
        assert handed["command_id"] == stop["command_id"]
