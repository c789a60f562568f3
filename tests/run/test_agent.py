"""The probe's agent against a real server: a sweep that the phone asked for, with everything a person may do to it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.config.settings import Settings
from sweep.deliver.outbox import Outbox
from sweep.deliver.server_time import ServerTime
from sweep.deliver.uplink import ServerUnreachableError, Uplink
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.phrases import Phrase, words
from sweep.report import (
    AbortCommand,
    BankCommand,
    DeclareEmptyCommand,
    LiveEvent,
    PauseCommand,
    RecordedSweep,
    StartCommand,
    SweepReport,
    WifiObservation,
    new_id,
    parse_json,
    utc_now,
)
from sweep.run.agent import Agent
from sweep.run.reporting.recovery import Closed
from sweep.run.runner import Runner
from sweep.run.sweep_sources import RecordedSource
from tests.entry_factory import signer
from tests.run.no_sweep import no_sweep
from tests.run.phone import Phone
from tests.run.test_sweep import DEMO
from tests.server.conftest import PASSWORD, Client, Site, running
from tests.server.sweep_kit import DEMO_ROOM
from tests.sim.head_kit import built_elf
from tests.test_privacy import Trace, addresses, files_under, search
from tests.waiting import PATIENCE_S, Queued, wait_until
from tests.wifi.lit_rig import AP, CAMERA, OTHER, PAYLOAD, PHONE, SOUGHT, SSID
from tests.wifi.rings import need_live_capture

pytestmark = pytest.mark.usefixtures("forked_processes")
PROBE = "probe-demo-1"
INSPECTORS = ["점검자-01", "점검자-02"]


class Rig:
    """A server, a probe that answers to it, and a phone."""

    def __init__(self, site: Site, agent: Agent, phone: Client, controls: list[Control]) -> None:
        """`controls`: that of each sweep, in their order."""
        self.site, self.agent, self.phone, self.controls = site, agent, phone, controls

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
        wait_until(is_there, what, 60.0, 0.05)

    def listen(self) -> Stream:
        """An open page."""
        stream = Stream(self.site, self.phone)
        stream.wait_for("waiting_for_empty")
        return stream

    def wait_for_state(self, state: str) -> None:
        self.wait_for(lambda: self.probe()["state"] == state, state)


class Stream:
    """The states that an open page hears of, and when; and what it hears of commands."""

    def __init__(self, site: Site, phone: Client) -> None:
        self.states: list[str] = []
        self.commands: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._seen_s: list[float] = []
        self._looked_at = 0
        self._cookies = phone.http.cookies
        self._url = f"{site.url}/api/live?probe_id={PROBE}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with httpx.Client(cookies=self._cookies) as client, client.stream("GET", self._url, timeout=120.0) as answer:
            name = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == "command":
                    self.commands.append(json.loads(line.removeprefix("data: ")))
                elif line.startswith("data: ") and name == "state":
                    with self._news:
                        self.states.append(json.loads(line.removeprefix("data: "))["event"]["state"])
                        self._seen_s.append(time.monotonic())
                        self._news.notify_all()

    def wait_for(self, state: str) -> float:
        """When the next such state was heard."""
        with self._news:
            assert self._news.wait_for(lambda: state in self.states[self._looked_at :], 60.0), (state, self.states)
            at = self.states.index(state, self._looked_at)
            self._looked_at = at + 1
            return self._seen_s[at]


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

        controls: list[Control] = []

        def runner_for(command: StartCommand, control: Control, on_event: Callable[[LiveEvent], None]) -> Runner:
            controls.append(control)
            return Runner(
                OneOf(command),
                outbox,
                room_key=AddressKey("room", b"r" * 32),
                control=control,
                on_event=on_event,
                sweep_id=command.sweep_id,
            )

        agent = Agent(
            uplink,
            outbox,
            probe_id=PROBE,
            pin_file=tmp_path / "server.pub",
            runner_for=runner_for,
            say=lambda _: None,
        )
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            yield Rig(site, agent, site.login("inspector"), controls)
        finally:
            stop.set()
            thread.join(PATIENCE_S)
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
    rig.site.add_user("lee", "inspector", "점검자-02")
    second = {"username": "lee", "password": PASSWORD}
    rig.command(command="declare_empty", sweep_id=sweep_id, declared_by=INSPECTORS, second_person=second)
    rig.wait_for_state("done")
    rig.wait_for(
        lambda: rig.phone.get(f"/api/sweeps/{sweep_id}").json().get("report") is not None, "the report to arrive"
    )
    detail = rig.phone.get(f"/api/sweeps/{sweep_id}").json()
    assert detail["identified"] == {"first": "password", "second": "password"}  # as the signed opening says
    assert "proved_by_others" not in {limit["code"] for limit in detail["report"]["limits"]}
    assert [finding["zone_id"] for finding in detail["report"]["findings"]] == ["stall-2"]
    assert [entry["kind"] for entry in detail["entries"]] == ["sweep.opened", "sweep.report"]
    assert all(entry["signature_ok"] for entry in detail["entries"])
    assert detail["gaps"] == []


def test_somebody_came_in_and_the_room_must_be_declared_empty_again(rig: Rig) -> None:
    sweep_id = start(rig)
    rig.site.services.hub.channel(PROBE).started = None  # as a server that began anew: the probe says whose it is
    (probe,) = rig.phone.get("/api/probes").json()["probes"]
    assert (probe["room_id"], probe["inspectors"]) == (str(DEMO_ROOM), INSPECTORS)
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
            runner_for=no_sweep,
            say=lambda _: None,
        )
        now = utc_now()
        fields: dict[str, Any] = {"issued": now, "sweep_id": new_id(), "expires": now - timedelta(seconds=1)}
        late = DeclareEmptyCommand(command="declare_empty", command_id=new_id(), declared_by=("a1", "b1"), **fields)
        assert (agent.handle(late).accepted, agent.handle(late).text.en) == (False, "The command came too late")
        stray = AbortCommand(command="abort", command_id=new_id(), **fields)
        assert (agent.handle(stray).accepted, agent.handle(stray).text.en) == (False, "No such sweep is running")


def test_what_a_sweep_that_failed_has_measured_is_closed_at_once(tmp_path: Path) -> None:
    stop, said, phone = threading.Event(), list[str](), Phone()
    sweep_id = phone.start()

    def fails(*_: Any) -> Any:
        raise RuntimeError("the emulator did not start")

    def close_failed() -> tuple[Closed, ...]:
        stop.set()
        return (Closed(str(sweep_id), sweep_id, None, Phrase("journal_mixed", folder="j")),)

    key = signer("agent")
    with Outbox(tmp_path, key, tenant="demo-gu", subject=PROBE) as outbox, Uplink("http://127.0.0.1:9", key) as uplink:
        agent = Agent(
            uplink,
            outbox,
            probe_id=PROBE,
            pin_file=tmp_path / "server.pub",
            runner_for=fails,
            say=lambda one: said.append(words(one, "en")),
            close_failed=close_failed,
        )
        assert agent.handle(parse_json(StartCommand, json.dumps(phone.commands[0]).encode())).accepted
        agent.run(stop)
    assert [line for line in said if str(sweep_id) in line][-2:] == [
        f"sweep {sweep_id} failed: the emulator did not start",
        f"sweep {sweep_id} was interrupted: j is more than one journal; what it holds cannot be told",
    ]


def test_a_stop_that_arrives_late_stops_and_the_same_again_is_answered_alike(rig: Rig) -> None:
    sweep_id = UUID(start(rig))
    rig.command(command="declare_empty", sweep_id=str(sweep_id), declared_by=INSPECTORS)
    rig.wait_for_state("running")
    now = utc_now()
    late: dict[str, Any] = {"issued": now - timedelta(hours=1), "expires": now - timedelta(minutes=59)}
    pause = PauseCommand(command="pause", command_id=new_id(), sweep_id=sweep_id, **late)
    again = DeclareEmptyCommand(
        command="declare_empty", command_id=new_id(), sweep_id=sweep_id, declared_by=("점검자-01", "점검자-02"), **late
    )
    assert rig.agent.handle(pause).accepted
    rig.wait_for_state("paused")
    assert not rig.agent.handle(again).accepted, "nobody declares a room empty an hour ago"
    rig.command(command="declare_empty", sweep_id=str(sweep_id), declared_by=INSPECTORS)
    rig.wait_for_state("running")
    assert rig.agent.handle(pause).accepted
    rig.wait_for_state("running")
    abort = AbortCommand(command="abort", command_id=new_id(), sweep_id=sweep_id, **late)
    assert rig.agent.handle(abort).accepted
    rig.wait_for_state("aborted")
    rig.wait_for(lambda: len(rig.phone.get(f"/api/sweeps/{sweep_id}").json().get("entries", ())) == 2, "both entries")
    after = PauseCommand(command="pause", command_id=new_id(), sweep_id=sweep_id, **late)
    assert (rig.agent.handle(after).accepted, rig.agent.handle(after).text.en) == (True, "The sweep is over already")


def test_the_page_hears_of_running_again_and_of_each_stop_within_a_second(rig: Rig) -> None:
    sweep_id = start(rig)
    heard = rig.listen()
    taken_s = []
    for _ in range(2):
        rig.command(command="declare_empty", sweep_id=sweep_id, declared_by=INSPECTORS)
        heard.wait_for("running")
        tapped_s, queued = time.monotonic(), Queued()
        rig.command(command="pause", sweep_id=sweep_id)
        taken_s.append(heard.wait_for("paused") - tapped_s - queued.seconds())
        rig.command(command="resume", sweep_id=sweep_id)
        heard.wait_for("waiting_for_empty")
    rig.command(command="declare_empty", sweep_id=sweep_id, declared_by=INSPECTORS)
    heard.wait_for("running")
    tapped_s, queued = time.monotonic(), Queued()
    rig.command(command="abort", sweep_id=sweep_id)
    taken_s.append(heard.wait_for("closing") - tapped_s - queued.seconds())
    heard.wait_for("aborted")
    print(f"tap to page: {[round(one, 3) for one in taken_s]} s, less what the machine was busy")
    assert max(taken_s) <= 1.0
    cycle = ["running", "paused", "waiting_for_empty"]
    assert heard.states == ["waiting_for_empty", *cycle, *cycle, "running", "closing", "aborted"]


@pytest.mark.parametrize("ahead_s", [pytest.param(7_200.0, marks=pytest.mark.soak), -315_360_000.0])
def test_a_probe_whose_clock_is_wrong_is_steered_all_the_same(rig: Rig, tmp_path: Path, ahead_s: float) -> None:
    sweep_id = start(rig)
    said: list[str] = []
    key = signer("agent")
    with (
        Outbox(tmp_path / "other", key, tenant="demo-gu", subject=PROBE) as outbox,
        Uplink(rig.site.url, key) as uplink,
    ):
        uplink.time = ServerTime(wall_s=lambda: time.time() + ahead_s)
        with pytest.raises(ServerUnreachableError, match="clocks differ"):
            uplink.poll_commands(PROBE, None, 0.0)
        uplink.poll_commands(PROBE, None, 0.0)
        agent = Agent(
            uplink,
            outbox,
            probe_id=PROBE,
            pin_file=tmp_path / "pin",
            runner_for=no_sweep,
            say=lambda one: said.append(words(one, "en")),
            poll_s=0.0,
        )
        now = utc_now()
        command = DeclareEmptyCommand(
            command="declare_empty", command_id=new_id(), sweep_id=new_id(), declared_by=("a1", "b1"), issued=now,
            expires=now + timedelta(seconds=30),
        )  # fmt: skip
        assert agent.handle(command).text.en == "No such sweep is running", "not: too late"
        stop = threading.Event()
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        rig.wait_for(lambda: any("clock is" in line for line in said), "the word that the clock is wrong")
        stop.set()
        rig.command(command="abort", sweep_id=sweep_id)
        thread.join(60.0)
        assert not thread.is_alive()
    (line,) = [line for line in said if "clock is" in line]
    assert ("ahead of" if ahead_s > 0 else "behind") in line
    rig.wait_for_state("aborted")


def agent_rig(folder: Path, scene: str) -> dict[str, Any]:
    """What the rig with the real parts told: server, agent, firmware, adapter, camera."""
    need_live_capture()
    built_elf()
    command = ["unshare", "-n", sys.executable, "-m", "tests.wifi.agent_rig", str(folder), scene]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.soak
def test_a_live_sweep_from_the_phone_is_aborted_while_it_listens(tmp_path: Path) -> None:
    found = agent_rig(tmp_path, "short")
    print(found["times"])
    assert found["times"]["abort_to_aborted_s"] <= 3.0, "a second, and the time the report and the message take"
    report = parse_json(SweepReport, json.dumps(found["report"]).encode())
    assert (report.source, report.outcome) == ("live", "aborted")
    (position,) = report.positions
    assert (position.zone_id, position.x_m, position.y_m) == ("stall-2", 2.0, 1.0)
    (cover,) = [c for c in report.coverage if c.modality == "wifi" and c.zone_id == "stall-2"]
    assert cover.rejections["left_aborted"] == 1
    states = [event["state"] for event in found["events"] if event["type"] == "state"]
    assert states[-2:] == ["closing", "aborted"]


@pytest.mark.soak
def test_every_command_works_during_light_and_walk(tmp_path: Path) -> None:
    found = agent_rig(tmp_path, "long")
    print(found["times"])
    assert found["times"]["pause_to_dark_s"] <= 1.0
    assert found["times"]["finish_to_done_s"] <= 4.0
    report = parse_json(SweepReport, json.dumps(found["report"]).encode())
    assert [position.position_id for position in report.positions] == ["at-stall-2", "at-stall-2-2", "walk-stall-2"]
    tests = [o for o in report.observations if isinstance(o, WifiObservation) and o.stimulus is not None]
    said = {(o.position_id, o.stimulus.kind, o.stimulus.verdict, o.stimulus.reason) for o in tests if o.stimulus}
    assert ("at-stall-2", "light", "not_assessable", "room_entered") in said
    assert ("at-stall-2-2", "light", "follows_light", None) in said
    assert ("walk-stall-2", "motion", "not_assessable", "finished_early") in said
    codes = {evidence.code for finding in report.findings for evidence in finding.evidence_for}
    least = min(o.stimulus.p_value for o in tests if o.stimulus and o.stimulus.p_value is not None)
    assert "follows_light" in codes or least > 0.003, "what chance does in many rooms makes no candidate"
    prompts = [event["prompt"] for event in found["events"] if event["type"] == "trial" and event["kind"] == "motion"]
    assert prompts[0] == "stand"
    assert "walk" in prompts

    printed = subprocess.run(["pdftotext", "-raw", str(tmp_path / "log.pdf"), "-"], check=True, capture_output=True)
    assert "점멸 조명에 따라 전송량이 변함" in printed.stdout.decode()

    # Everything that was written, and every byte that left the probe: entries, live messages.
    left = files_under(tmp_path / "state") | files_under(tmp_path / "probe") | files_under(tmp_path / "server")
    left |= {"log": found["said"].encode(), "live": json.dumps(found["messages"], ensure_ascii=False).encode()}
    trace = Trace(left, [], report)
    secrets = addresses(PHONE, AP) | {
        "payload": PAYLOAD, "a part of the payload": PAYLOAD[1:-1], "network name": SSID, "sought name": SOUGHT
    }  # fmt: skip
    assert search(trace, secrets) == []
    live = Trace({"live": left["live"], "log": left["log"]}, [], report)
    assert search(live, addresses(CAMERA, OTHER)) == []


def test_a_position_and_a_walk_are_for_live_sweeps(rig: Rig) -> None:
    sweep_id = start(rig)
    for fields in ({"command": "walk"}, {"command": "position", "zone_id": "a", "x_m": 1, "y_m": 1, "facing_deg": 0}):
        rig.command(sweep_id=sweep_id, **fields)
    rig.command(command="abort", sweep_id=sweep_id)
    rig.wait_for_state("aborted")


def test_what_a_person_says_of_the_bank_is_heard_also_while_no_sweep_runs(tmp_path: Path) -> None:
    told: list[tuple[int, str]] = []
    key = signer("agent")
    with Outbox(tmp_path, key, tenant="demo-gu", subject=PROBE) as outbox, Uplink("http://127.0.0.1:9", key) as uplink:
        agents = [
            Agent(
                uplink, outbox, probe_id=PROBE, pin_file=tmp_path / "pin", runner_for=no_sweep, say=lambda _: None,
                tell_bank=tell_bank,
            )
            for tell_bank in (lambda mah, charge: told.append((mah, charge)), None)
        ]  # fmt: skip
        now = utc_now()
        command = BankCommand(
            command="bank", command_id=new_id(), sweep_id=UUID(int=0), issued=now, expires=now + timedelta(seconds=30),
            capacity_mah=10_000, charge="full",
        )  # fmt: skip
        assert [agent.handle(command).accepted for agent in (*agents, agents[0])] == [True, False, True]
    assert told == [(10_000, "full")], "once, however often it comes"


def test_what_is_said_of_the_bank_while_no_sweep_runs_names_none_on_the_page(rig: Rig) -> None:
    rig.wait_for(lambda: bool(rig.phone.get("/api/probes").json()["probes"]), "the probe")
    page = Stream(rig.site, rig.phone)
    rig.wait_for_state("idle")
    rig.command(command="bank", sweep_id=None, capacity_mah=10_000, charge="full")
    rig.wait_for(lambda: bool(page.commands), "the answer")
    assert [one["sweep_id"] for one in page.commands] == [None], "it is about no sweep, and begins none on the page"
    assert (rig.probe()["state"], rig.probe()["sweep_id"]) == ("idle", None)


def test_a_person_who_skips_the_tests_of_a_position_is_heard(rig: Rig) -> None:
    sweep_id = start(rig)
    rig.command(command="skip_trials", sweep_id=sweep_id, position_index=2)
    (control,) = rig.controls
    rig.wait_for(lambda: control.skips_response_tests(2), "the skip")
    assert not control.skips_response_tests(3)
    rig.command(command="abort", sweep_id=sweep_id)
    rig.wait_for_state("aborted")


@pytest.mark.soak
def test_a_person_who_walks_by_the_prompts_names_the_camera_that_sees_it(tmp_path: Path) -> None:
    found = agent_rig(tmp_path, "walk")
    report = parse_json(SweepReport, json.dumps(found["report"]).encode())
    tests = [o.stimulus for o in report.observations if isinstance(o, WifiObservation) and o.stimulus is not None]
    print(tests)
    (follows,) = [one for one in tests if one.verdict == "follows_light"]  # 5 % of runs name another one, too
    assert (follows.kind, follows.tested_s) == ("motion", 120.0)
    codes = {evidence.code for finding in report.findings for evidence in finding.evidence_for}
    assert follows.p_value is not None
    assert "follows_motion" in codes or follows.p_value > 0.003, "what chance does in many rooms makes no candidate"
