"""Bounds before anybody is known and beside it: real sockets that send too much, too slowly, too many, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from starlette.types import Message

from server.bounds import body_limits
from server.bounds.body_limits import ArrivingBody, BodyBudget, Pace
from server.bounds.connections import HEADER_S, LINGER_S, STALLED_WRITE_S, ConnectionTable
from server.bounds.thread_pools import REQUESTS_PER_PERSON, PersonalShares, Pool
from server.config.settings import Settings
from server.interface.errors import ApiError
from server.interface.views.answer import ErrorView
from server.live.hub import MAX_LISTENERS_PER_PERSON
from sweep.report import new_id
from tests.server.conftest import Site, running
from tests.server.sweep_kit import Probe
from tests.waiting import PATIENCE_S, wait_on_loop

MIB = 1024 * 1024


def _address(site: Site) -> tuple[str, int]:
    host, port = site.url.removeprefix("http://").split(":")
    return host, int(port)


@contextlib.contextmanager
def _sockets(address: tuple[str, int], count: int, say: bytes) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as closing:
        opened = []
        for _ in range(count):
            one = closing.enter_context(socket.create_connection(address, timeout=PATIENCE_S))
            one.sendall(say)
            opened.append(one)
        yield opened


def _memory_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def _processor_s(pid: int) -> float:
    """What the process has computed for: the same on a busy machine."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def server_process(folder: Path, repo_root: Path, *prefix: str, **environment: str) -> Iterator[tuple[str, int]]:
    """A server of its own process: (url, pid)."""
    command = [*prefix, sys.executable, "-m", "server.cli", "serve", "--port", "0", "--data-dir", str(folder)]
    settings = {"ANSIM_FIRST_PASSWORD": "x" * 20, "ANSIM_MIN_FREE_MIB": "0"} | environment
    with subprocess.Popen(
        command, cwd=repo_root, stdout=subprocess.PIPE, text=True, env=os.environ | settings
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("serving on "), line
            yield line.split()[-1], process.pid
        finally:
            process.send_signal(signal.SIGTERM)


# --- what is built from a body ---------------------------------------------------------------------------------------


def test_megabytes_of_empty_objects_take_neither_memory_nor_time(tmp_path: Path, repo_root: Path) -> None:
    """Twelve of these took 3.4 GB and ten seconds."""
    body = b'{"dsse": {}, "bodies": [' + b"{}," * (4 * MIB) + b"{}]}"
    with server_process(tmp_path, repo_root) as (url, pid):
        before_mib = _memory_mib(pid)
        began_s = _processor_s(pid)
        for _ in range(4):
            answer = httpx.post(f"{url}/api/entries", content=body, timeout=PATIENCE_S)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_entry")
        spent_s = _processor_s(pid) - began_s
        print(f"four of them took {spent_s:.2f} s of a processor")
        assert spent_s < 3, "four of the earlier ones took as much; on a machine that is free it is a tenth"
        assert _memory_mib(pid) - before_mib < 100


# --- bodies that stall -----------------------------------------------------------------------------------------------


def test_a_body_that_stalls_is_refused_and_closed(
    settings: Settings,
) -> None:
    pace = Pace(pause_s=0.5, grace_s=1.0, total_s=2.0)
    head = b"POST /api/entries HTTP/1.1\r\nHost: localhost\r\n"
    with running(settings, pace=pace) as site:
        for length in (b"Content-Length: 1000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"):
            with _sockets(_address(site), 40, head + length) as stalled:
                assert httpx.get(f"{site.url}/api/server-key").status_code == 200
                for one in stalled:
                    answer = one.makefile("rb").read()  # until the server closes
                    assert answer.startswith(b"HTTP/1.1 408 ")
                    ErrorView.model_validate_json(answer.split(b"\r\n\r\n", 1)[1])


@pytest.mark.parametrize("path", [b"/api/facilities", b"/api/live", b"/api/none", b"/"])
def test_a_body_that_nobody_reads_does_not_keep_its_connection(settings: Settings, path: bytes) -> None:
    with running(settings, linger_s=0.3) as site:
        say = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
        with _sockets(_address(site), 3, say) as stalled:
            for one in stalled:
                answer = one.makefile("rb").read()
                assert answer.startswith(b"HTTP/1.1 4")
                assert b"connection: close" in answer.lower()


@pytest.mark.parametrize(
    ("say", "status"),
    [
        (b"POST /api/facilities HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000", b"401"),
        (b"no such method", b"400"),
    ],
)
def test_a_refusal_is_read_whole_by_who_still_sends(site: Site, say: bytes, status: bytes) -> None:
    """The rest came upon a closed socket, and the reset took the refusal with it."""
    with _sockets(_address(site), 1, say + b"\r\n\r\n{") as (one,):
        one.recv(1, socket.MSG_PEEK)
        for _ in range(5):
            one.sendall(b'"name": 1, ')
            assert not select.select([], [], [one], 0.05)[2]
        answer = one.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert answer.endswith((b"}", b"."))
        assert b"connection: close" in answer.lower()


class _Wire:
    """What uvicorn would hand over, piece by piece; the test's own clock decides when."""

    def __init__(self, *pieces: bytes, is_whole: bool = True) -> None:
        self.pieces, self.is_whole = list(pieces), is_whole

    async def receive(self) -> Message:
        if not self.pieces and not self.is_whole:
            await asyncio.Event().wait()
        body = self.pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.pieces) or not self.is_whole}


async def _read(body: ArrivingBody, wire: _Wire) -> int:
    while not body.is_complete:
        await body.receive(wire.receive)
    return body.size


def test_the_largest_body_on_its_way_gives_way() -> None:
    async def play() -> None:
        budget = BodyBudget(max_bytes=100)
        pace = Pace()
        large, small = budget.open(pace), budget.open(pace)
        stalled = asyncio.create_task(_read(large, _Wire(b"x" * 90, is_whole=False)))
        await wait_on_loop(lambda: large.size == 90, "what has come of the large one")
        assert await _read(small, _Wire(b"y" * 30)) == 30
        with pytest.raises(ApiError) as refused:
            await stalled
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
        another = budget.open(pace)
        with pytest.raises(ApiError):
            await _read(another, _Wire(b"z" * 80))  # nothing smaller is on its way: it has to give way itself
        budget.close(small)
        assert await _read(budget.open(pace), _Wire(b"z" * 80)) == 80

    asyncio.run(play())


def test_a_body_has_the_time_that_its_size_needs_and_no_more() -> None:
    pace = Pace()
    assert pace.allowed_s(0) == pace.grace_s
    assert pace.allowed_s(200_000) > 100  # a sweep over a slow mobile network
    assert pace.allowed_s(16 * MIB) == pace.total_s
    assert pace.pause_s < pace.grace_s
    assert body_limits.MAX_HELD_BYTES >= 4 * 16 * MIB


# --- connections -----------------------------------------------------------------------------------------------------


class _Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_connections_that_say_nothing_go() -> None:
    clock = _Clock()
    table = ConnectionTable[str](10, clock)

    def overdue(after_s: float, unsent: int = 0) -> list[str]:
        clock.now_s += after_s
        gone = list(table.overdue(lambda _: unsent))
        for name in gone:
            table.closed(name)
        return gone

    table.opened("silent", "a")
    table.opened("busy", "a")
    table.answers("busy")
    assert overdue(HEADER_S - 1) == []
    assert overdue(2) == ["silent"]
    table.begins("busy")  # more of a body while it is being answered: nothing changes
    assert overdue(1_000) == []
    table.answered("busy", is_body_whole=True, idle_s=31)
    assert overdue(HEADER_S + 1) == []
    table.begins("busy")
    assert overdue(HEADER_S + 1) == ["busy"]
    table.opened("half", "a")
    table.answers("half")
    table.answered("half", is_body_whole=False, idle_s=31)
    assert overdue(LINGER_S + 1) == ["half"]
    table.opened("deaf", "a")
    table.answers("deaf")
    assert overdue(1, unsent=5) == overdue(STALLED_WRITE_S - 1, unsent=5) == []
    assert overdue(2, unsent=5) == ["deaf"]


def test_the_waiting_give_way_and_those_first_who_have_most() -> None:
    clock = _Clock()
    table = ConnectionTable[str](4, clock)
    for name, address in (("guest", "b"), ("first", "a"), ("second", "a"), ("third", "a")):
        assert table.opened(name, address) is None
        clock.now_s += 1
    assert table.opened("new", "c") == "first"
    table.answers("second")
    table.answers("third")
    assert table.opened("newer", "d") == "guest"
    for name in ("new", "newer"):
        table.answers(name)
    assert table.opened("too many", "e") == "too many"
    assert len(table) == 4


def test_half_open_connections_do_not_end_the_server(tmp_path: Path, repo_root: Path) -> None:
    """With 256 files, 280 sockets that said nothing ended it."""
    with server_process(tmp_path, repo_root, "prlimit", "--nofile=256:256") as (url, _):
        address = (url.split("/")[2].split(":")[0], int(url.rsplit(":", 1)[1]))
        with _sockets(address, 400, b"GET /api/health HTTP/1.1\r\nHost: loc"):
            for _ in range(3):
                assert httpx.get(f"{url}/api/health", timeout=PATIENCE_S).status_code == 200


def test_the_soft_limit_of_files_is_raised(tmp_path: Path, repo_root: Path) -> None:
    with server_process(tmp_path, repo_root, "prlimit", "--nofile=128:4096") as (_, pid):
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
        assert re.search(r"Max open files\s+4096\s+4096", limits)


# --- streams and requests of one person ------------------------------------------------------------------------------


def test_one_viewer_does_not_lock_the_others_out(site: Site) -> None:
    greedy, other = site.login("viewer"), site.login("viewer")
    with contextlib.ExitStack() as open_streams:
        streams = [
            open_streams.enter_context(greedy.http.stream("GET", "/api/live"))
            for _ in range(MAX_LISTENERS_PER_PERSON + 3)
        ]
        assert [one.status_code for one in streams] == [200] * MAX_LISTENERS_PER_PERSON + [429] * 3
        streams[-1].read()
        assert streams[-1].headers["retry-after"] == "10"
        assert ErrorView.model_validate_json(streams[-1].content).error.code == "too_many_listeners"
        assert open_streams.enter_context(other.http.stream("GET", "/api/live")).status_code == 200
        assert greedy.get("/api/rooms").status_code == 200


def test_a_person_has_a_share_of_the_requests() -> None:
    shares, person = PersonalShares(2), new_id()
    with shares.one_more(person), shares.one_more(person):
        with pytest.raises(ApiError) as refused, shares.one_more(person):
            pass
        assert refused.value.status == 429
        with shares.one_more(new_id()):
            pass
    with shares.one_more(person):
        pass
    assert REQUESTS_PER_PERSON > MAX_LISTENERS_PER_PERSON + 6


def test_a_crew_has_a_bounded_queue() -> None:
    async def play() -> None:
        crew = Pool(1, 1)
        lock = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> int:
            asyncio.run_coroutine_threadsafe(lock.wait(), loop).result(10)
            return 1

        tasks = [asyncio.create_task(crew.run(work)) for _ in range(2)]
        await wait_on_loop(lambda: crew.work == 2, "one works and one waits")
        with pytest.raises(ApiError) as refused:
            await crew.run(work)
        assert refused.value.status == 503
        lock.set()
        assert [await task for task in tasks] == [1, 1]

    asyncio.run(play())


def test_the_same_small_entry_still_gets_its_receipt(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    assert isinstance(sweep_id, UUID)
    for wire in (opened, report, json.dumps(json.loads(report), indent=1).encode()):
        assert site.send(wire).status_code == 200
