"""The probe's agent against a real server: a sweep that the phone asked for, with everything a person may do to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings
from sweep.addresses import AddressKey
from sweep.agent import Agent
from sweep.control import Control
from sweep.outbox import Outbox
from sweep.report import AbortCommand, LiveEvent, RecordedSweep, StartCommand, new_id, utc_now
from sweep.runner import Runner
from sweep.source import RecordedSource
from sweep.uplink import Uplink
from tests.entry_factory import signer
from tests.server.conftest import Client, Site, running
from tests.server.sweep_kit import DEMO_ROOM
from tests.test_sweep import DEMO

PROBE = "probe-demo-1"
INSPECTORS = ["점검자-01", "점검자-02"]


class Rig:
    """A server, a probe that answers to it, and a phone."""

    def __init__(self, site: Site, agent: Agent, phone: Client) -> None:
        self.site, self.agent, self.phone = site, agent, phone

    def command(self, **fields: Any) -> dict[str, Any]:
        answer = self.phone.post(f"/api/probes/{PROBE}/commands", fields)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def probe(self) -> dict[str, Any]:
        (one,) = self.phone.get("/api/probes").json()["probes"]
        found: dict[str, Any] = one
        return found

    def wait_for(self, is_there: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 60.0
        while not is_there():
            assert time.monotonic() < deadline, f"waited a minute for {what}"
            time.sleep(0.05)

    def wait_for_state(self, state: str) -> None:
        self.wait_for(lambda: self.probe()["state"] == state, state)


class OneOf(RecordedSource):
    """The demonstration sweep as if it were recorded for the sweep that was asked for."""

    def __init__(self, command: StartCommand) -> None:
        super().__init__(DEMO)
        wanted = {"sweep_id": command.sweep_id, "room_id": command.room_id, "inspectors": command.inspectors}
        self.manifest: RecordedSweep = self.manifest.model_copy(update=wanted)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    settings = Settings(
        data_dir=tmp_path / "data",
        database_url=f"sqlite:///{tmp_path / 'test.sqlite3'}",
        port=0,
        min_free_mib=0,
        web_dir=tmp_path / "dist",
    )
    stop = threading.Event()
    key = signer("agent")
    with (
        running(settings) as site,
        Outbox(tmp_path / "outbox", key, tenant="demo-gu", subject=PROBE) as outbox,
        Uplink(site.url, key) as uplink,
    ):
        site.admit(key, "demo", PROBE)

        def run_sweep(command: StartCommand, control: Control, on_event: Callable[[LiveEvent], None]) -> str:
            runner = Runner(
                OneOf(command),
                outbox,
                room_key=AddressKey("room", b"r" * 32),
                control=control,
                on_event=on_event,
                sweep_id=command.sweep_id,
            )
            return runner.run().report.outcome

        agent = Agent(
            uplink,
            outbox,
            probe_id=PROBE,
            pin_file=tmp_path / "server.pub",
            run_sweep=run_sweep,
            say=lambda _: None,
        )
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            yield Rig(site, agent, site.login("inspector"))
        finally:
            stop.set()
            thread.join(40.0)
            assert not thread.is_alive()


def start(rig: Rig) -> str:
    rig.wait_for(lambda: bool(rig.phone.get("/api/probes").json()["probes"]), "the probe")
    rig.wait_for_state("idle")
    sweep_id = rig.command(command="start", room_id=str(DEMO_ROOM), mode="full", inspectors=INSPECTORS)["sweep_id"]
    rig.wait_for_state("waiting_for_empty")
    return str(sweep_id)


def test_a_sweep_asked_for_by_the_phone_arrives_as_signed_entries(rig: Rig) -> None:
    sweep_id = start(rig)
    answer = rig.phone.get(f"/api/sweeps/{sweep_id}")
    assert answer.status_code == 404, "nothing is measured or recorded before the room is declared empty"
    rig.command(command="declare_empty", sweep_id=sweep_id, declared_by=INSPECTORS)
    rig.wait_for_state("done")
    rig.wait_for(
        lambda: rig.phone.get(f"/api/sweeps/{sweep_id}").json().get("report") is not None, "the report to arrive"
    )
    detail = rig.phone.get(f"/api/sweeps/{sweep_id}").json()
    assert [finding["zone_id"] for finding in detail["report"]["findings"]] == ["stall-2"]
    assert [entry["kind"] for entry in detail["entries"]] == ["sweep.opened", "sweep.report"]
    assert all(entry["signature_ok"] for entry in detail["entries"])
    assert detail["gaps"] == []


def test_somebody_came_in_and_the_room_must_be_declared_empty_again(rig: Rig) -> None:
    sweep_id = start(rig)
    rig.command(command="pause", sweep_id=sweep_id)
    rig.wait_for_state("paused")
    rig.command(command="resume", sweep_id=sweep_id)
    rig.command(command="declare_empty", sweep_id=sweep_id, declared_by=INSPECTORS)
    rig.wait_for_state("running")
    rig.command(command="abort", sweep_id=sweep_id)
    rig.wait_for_state("aborted")


def test_commands_are_done_once_and_late_ones_are_refused(tmp_path: Path) -> None:
    key = signer("agent")
    with Outbox(tmp_path, key, tenant="demo-gu", subject=PROBE) as outbox, Uplink("http://127.0.0.1:9", key) as uplink:
        agent = Agent(
            uplink,
            outbox,
            probe_id=PROBE,
            pin_file=tmp_path / "server.pub",
            run_sweep=lambda *_: "",
            say=lambda _: None,
        )
        now = utc_now()
        fields: dict[str, Any] = {"command_id": new_id(), "issued": now, "sweep_id": new_id(), "command": "abort"}
        late = AbortCommand(**fields, expires=now - timedelta(seconds=1))
        assert (agent.handle(late).accepted, agent.handle(late).text.en) == (False, "The command came too late")
        stray = AbortCommand(**fields | {"command_id": new_id()}, expires=now + timedelta(seconds=60))
        assert agent.handle(stray).text.en == "No such sweep is running"
        assert agent.handle(stray).text.en == "Already done"
