"""The real agent process against a server that does everything wrong, a damaged outbox and a disk without room."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sweep.cli.config import open_signer
from sweep.deliver.outbox import Outbox
from sweep.deliver.uplink import Uplink
from sweep.entry import envelope as e
from sweep.host.clock import WallClock
from sweep.phrases import words
from sweep.report import new_id, to_json, utc_now
from sweep.run.agent import Agent
from tests.entry_factory import ROOM_ID, salted, signer
from tests.failing_disk import FailingDisk
from tests.hostile_server import ATTACKS, Bytes, HostileServer, Request, as_json
from tests.run.honest_server import Honest, start_command
from tests.run.no_sweep import no_sweep
from tests.run.test_sweep import DEMO
from tests.small_disk import on_small_disk, run_on_small_disk
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90.0
CHOSEN = ("login page", "wrong types", "deep", "cut off", "noise", "hung up")
MORE = ("redirect to a login page", "not UTF-8", "NaN", "huge", "an error page", "a list")
"""Attacks of every sort, each of which costs the agent a rest; each one against each call is in the uplink's own tests.
"""


def wait_for(is_there: Callable[[], object], what: str) -> None:
    wait_until(is_there, what, PATIENCE_S, 0.05)


def fill(state: Path, entries: int) -> None:
    """An outbox with entries of this probe that wait."""
    with Outbox(state / "outbox", open_signer(state), tenant="demo-gu", subject="probe-demo-1") as outbox:
        for number in range(entries):
            append(outbox, number)


def append(outbox: Outbox, number: int) -> None:
    outbox.append(
        "sweep.report",
        (salted("application/json", str(number).encode()),),
        source="simulated",
        room_id=ROOM_ID,
        sweep_id=None,
        clock=WallClock(synchronised=False, max_error_ms=None),
    )


@contextmanager
def agent(url: str, state: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`sweep agent` as a process, and the file that holds what it says."""
    log = state.parent / "agent.log"
    command = [sys.executable, "-m", "sweep.cli", "agent", "--sim", "--server", url, "--state", str(state)]
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said, cwd=ROOT) as process:
        try:
            yield process, log
            assert process.poll() is None, log.read_text(encoding="utf-8")
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)
        finally:
            process.kill()


def a_command(name: str) -> dict[str, Any]:
    now = utc_now()
    return {
        "command": name,
        "command_id": str(new_id()),
        "sweep_id": str(new_id()),
        "issued": now.isoformat(),
        "expires": now.replace(year=now.year + 1).isoformat(),
    }


@pytest.mark.parametrize(
    ("names", "delivery"),
    [pytest.param(CHOSEN, (2, 1), id="6"), pytest.param(CHOSEN + MORE, (3, 2), id="12", marks=pytest.mark.soak)],
)
def test_no_answer_of_any_server_ends_or_deafens_the_agent(
    tmp_path: Path, names: tuple[str, ...], delivery: tuple[int, int]
) -> None:
    """Every second answer on each path is an attack, each of them on the poll; then a stop is heard as ever."""
    honest = Honest()
    given: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    attacks = [ATTACKS[name] for name in names]
    times = {"commands": len(attacks), "live": len(attacks), "server-key": delivery[0], "entries": delivery[1]}

    def answer(request: Request) -> Bytes:
        path = request.target.partition("?")[0].rpartition("/")[2]
        asked[path] += 1
        if asked[path] % 2 and given[path] < times[path]:
            given[path] += 1
            return attacks[given[path] - 1]
        return honest(request)

    fill(tmp_path / "state", 3)
    with HostileServer(answer) as server, agent(server.url, tmp_path / "state") as (process, log):
        wait_for(lambda: given["commands"] == len(attacks), "every attack on the poll")
        assert process.poll() is None, log.read_text(encoding="utf-8")
        honest.commands = [{**a_command("abort"), "command": "dance"}, a_command("abort")]
        wait_for(lambda: len(honest.answers()) >= 2, "answers to the commands")
        wait_for(lambda: set(honest.stored) == {1, 2, 3}, "the entries")
    assert sorted(honest.answers()) == [
        (False, "No such sweep is running"),
        (False, "This probe does not know that command"),
    ]
    said = log.read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert "login page" in said
    assert process.returncode == 0


def test_a_changed_server_key_keeps_entries_back_and_the_agent_alive(tmp_path: Path) -> None:
    honest, changed = Honest(), Honest("impostor")
    state = tmp_path / "state"
    fill(state, 1)
    with HostileServer(honest) as server, agent(server.url, state) as (_, log):
        wait_for(lambda: honest.stored, "the first entry")
    fill(state, 1)
    with HostileServer(changed) as server, agent(server.url, state) as (process, log):
        wait_for(lambda: "server_changed" in changed.notices(), "the notice")
        changed.commands = [a_command("abort")]
        wait_for(changed.answers, "the answer to a command")
        assert process.poll() is None
        server.answer = honest
        wait_for(lambda: len(honest.stored) == 2, "the entry, once the right server answers again")
        wait_for(lambda: honest.notices() == {} and len(honest.live) > 0, "the end of the notice")
    assert changed.stored == []
    said = log.read_text(encoding="utf-8")
    assert "another key than before" in said
    assert "Traceback" not in said


def test_damaged_and_refused_entries_are_set_aside_and_shown_while_the_rest_arrives(tmp_path: Path) -> None:
    honest, state = Honest(), tmp_path / "state"
    fill(state, 7)
    files = sorted((state / "outbox").glob("*.entry"))
    files[1].write_bytes(files[1].read_bytes()[:100])
    files[2].write_bytes(b"")
    (state / "outbox" / "head.json").write_bytes(b"\xff")
    (state / "outbox" / "shopping.entry").mkdir()
    refused, poison = e.from_wire(files[3].read_bytes())[0], e.from_wire(files[4].read_bytes())[0]

    def answer(request: Request) -> Bytes:
        if request.target == "/api/entries":
            entry, _ = e.from_wire(request.body)
            if entry.entry_hash == refused.entry_hash:
                return as_json({"error": {"code": "x", "message": {"ko": "x", "en": "the number is taken"}}}, 409)
            if entry.entry_hash == poison.entry_hash:
                return as_json({"error": {"code": "x", "message": {"ko": "x", "en": "an error of ours"}}}, 500)
        return honest(request)

    with HostileServer(answer) as server, agent(server.url, state) as (_, log):
        wait_for(lambda: honest.stored == [1, 6, 7], "the entries that are whole")
        wanted = {"entries_damaged": 3, "entries_refused": 1, "entries_held": 1, "numbers_damaged": 1}
        wait_for(lambda: honest.notices() == wanted, "all four notices")
    said = log.read_text(encoding="utf-8")
    assert "3 damaged entries were set aside" in said
    assert "an error of ours" in said
    reasons = {path.stem: path.read_text().splitlines()[0] for path in (state / "outbox").glob("*/*.reason")}
    assert reasons["000000000004"] == "409: the number is taken"
    assert set(reasons) == {"000000000002", "000000000003", "000000000004", "shopping"}
    assert len(list((state / "outbox").glob("*.entry"))) == 1


def test_a_fault_of_its_own_ends_the_agent_visibly(tmp_path: Path) -> None:
    """A thread that fails must not leave an agent that looks alive and hears nothing."""
    script = (
        "import sys; from sweep.run import agent\n"
        "def broken(self, stop): raise ValueError('our own bug')\n"
        "agent.Agent._poll = broken\n"
        "from sweep.cli import main; main()\n"
    )
    with HostileServer(Honest()) as server:
        command = [
            sys.executable,
            "-c",
            script,
            "agent",
            "--sim",
            "--server",
            server.url,
            "--state",
            str(tmp_path / "s"),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False, env=os.environ)
    assert done.returncode != 0
    assert b"our own bug" in done.stderr
    assert b"Traceback" in done.stderr


WITHOUT_RESERVE = (
    "from sweep.host.disk import Disk; Disk.keep_room = lambda *_: None\n"  # as if others had taken the room meanwhile
    "from sweep.cli import main; main()\n"
)


def replay_on_small_disk(
    folder: Path, *options: str, size_kib: int, reserves: bool = True, is_limit: bool = False
) -> subprocess.CompletedProcess[str]:
    begin = [sys.executable, *(("-m", "sweep.cli") if reserves else ("-c", WITHOUT_RESERVE))]
    command = [*begin, "replay", str(DEMO), "--quiet", "--state", str(folder), *options]
    return run_on_small_disk(folder, size_kib, command, is_limit=is_limit)


@pytest.mark.parametrize("is_limit", [False, True], ids=["tmpfs of 64 KiB", "files of 64 KiB"])
def test_no_sweep_begins_on_a_disk_without_room_for_its_report(tmp_path: Path, is_limit: bool) -> None:
    done = replay_on_small_disk(tmp_path / "state", size_kib=64, is_limit=is_limit)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "a sweep needs 12 MiB for its report and was not begun" in line
    assert not list(tmp_path.glob("state*/outbox/*.entry"))


@pytest.mark.parametrize(
    "is_limit",
    [pytest.param(False, id="tmpfs of 64 KiB", marks=pytest.mark.soak), pytest.param(True, id="files of 24 KiB")],
)
def test_a_report_without_room_is_said_exactly_and_nothing_else(tmp_path: Path, is_limit: bool) -> None:
    size_kib = 24 if is_limit else 64
    done = replay_on_small_disk(tmp_path / "state", size_kib=size_kib, reserves=False, is_limit=is_limit)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "NOT on disk and not delivered: sweep.report (2); on disk: 1 entry that waits" in line
    assert "nothing is lost" not in line
    assert "nothing was lost" not in line
    assert "is full: free some space" in line or "a limit on the size of files" in line


def test_a_report_without_room_goes_from_memory_to_a_server_that_answers(tmp_path: Path) -> None:
    honest = Honest()
    with HostileServer(honest) as server:
        done = replay_on_small_disk(tmp_path / "state", "--server", server.url, size_kib=64, reserves=False)
    assert (done.returncode, honest.stored) == (0, [1, 2]), done.stderr
    assert "2 signed entries delivered, 0 refused, 0 waiting" in done.stderr


def test_an_agent_on_a_full_disk_tells_the_phone_and_goes_on(tmp_path: Path) -> None:
    """The sweep that the phone starts is refused with a notice, and commands are still heard."""
    honest, state = Honest(), tmp_path / "state"
    state.mkdir()
    with HostileServer(honest) as server:
        command = [sys.executable, "-m", "sweep.cli", "agent", "--sim", "--server", server.url, "--state", str(state)]
        with on_small_disk(state, 64, command) as process:
            wait_for(lambda: honest.live, "the agent")
            honest.commands = [json.loads(to_json(start_command()))]
            wait_for(lambda: "disk_refuses" in honest.notices(), "the notice")
            honest.commands = [a_command("abort")]
            wait_for(lambda: (False, "No such sweep is running") in honest.answers(), "the answer to a later command")
            assert process.poll() is None
    states = [message["event"]["state"] for message in honest.live if message["event"]["type"] == "state"]
    assert states[-1] == "failed"
    assert honest.stored == []


def test_what_is_in_memory_only_is_told_until_it_is_safe(tmp_path: Path) -> None:
    honest, key, disk = Honest(), signer("probe"), FailingDisk()

    def refuse(request: Request) -> Bytes:
        if request.target == "/api/entries":
            return as_json({"error": {"message": {"en": "not now"}}}, 503)
        return honest(request)

    said: list[str] = []
    with (
        HostileServer(refuse) as server,
        Outbox(tmp_path / "outbox", key, tenant="demo-gu", subject="probe-demo-1", disk=disk) as outbox,
        Uplink(server.url, key) as uplink,
    ):
        agent_of_it = Agent(
            uplink,
            outbox,
            probe_id="probe-demo-1",
            pin_file=tmp_path / "server.pub",
            runner_for=no_sweep,
            say=lambda one: said.append(words(one, "en")),
        )
        uplink.server_key(tmp_path / "server.pub")
        outbox.reserve()
        disk.errno = errno.ENOSPC
        append(outbox, 1)
        assert not agent_of_it.delivery.deliver()
        agent_of_it.live.flush()
        assert honest.notices() == {"entries_unsaved": 1}
        server.answer = honest
        assert agent_of_it.delivery.deliver(), "delivered from memory, the disk as full as before"
        agent_of_it.live.flush()
        assert honest.notices() == {}
    assert honest.stored == [1]
    assert any("in memory only" in line for line in said)
