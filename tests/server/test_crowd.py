"""A crowd at the door: documents, streams and slow bodies at once, in a server of its own process, on loopback.

The ingest path goes on answering and memory stays bounded; everybody gets an answer that says what to do.  The reduced
crowd runs with every test, the whole one with `make soak`.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import pytest

from server.api.access import SESSION_COOKIE
from server.api.app import build_services
from server.api.service.services import Services
from server.config.settings import Settings
from server.interface.views.answer import ErrorView
from server.live.hub import MAX_LISTENERS_PER_PERSON
from server.people import auth
from server.people.auth import Person
from server.people.sessions import Session, open_session
from server.signing import keys
from tests.server.bounds.test_bounds import server_process
from tests.server.sweep_kit import Probe

SLOW_HEAD = b"POST /api/entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
MEMORY_MIB = 600


@dataclass(frozen=True)
class Crowd:
    """How many of each, and how long the ingest path may take then."""

    documents: int
    streams: int
    slow_bodies: int
    sweeps: int
    entries: int
    answer_s: float


REDUCED = Crowd(documents=3, streams=60, slow_bodies=60, sweeps=5, entries=10, answer_s=3.0)
WHOLE = Crowd(documents=45, streams=300, slow_bodies=300, sweeps=20, entries=60, answer_s=1.0)


def _people(services: Services, count: int) -> list[tuple[str, str]]:
    """(cookie, CSRF token) of as many inspectors, each logged in."""
    logins = []
    for number in range(count):
        with services.db.write() as connection:
            user_id = auth.create_user(
                connection,
                username=f"crowd-{number}",
                display_name=f"점검자-{number}",
                role="inspector",
                password="a-long-password",
                actor="test",
            )
        person = Person(user_id, f"crowd-{number}", f"점검자-{number}", "inspector", "p-aaaaaaaaaa")
        opened: tuple[str, Session] = open_session(services.db, person, 1)
        logins.append((opened[0], opened[1].csrf_token))
    return logins


@contextlib.contextmanager
def _streams(address: tuple[str, int], cookies: list[str], count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as closing:
        opened = []
        for number in range(count):
            cookie = cookies[number // MAX_LISTENERS_PER_PERSON]
            one = closing.enter_context(socket.create_connection(address, timeout=30))
            head = f"GET /api/live HTTP/1.1\r\nHost: localhost\r\nCookie: {SESSION_COOKIE}={cookie}\r\n\r\n"
            one.sendall(head.encode())
            opened.append(one)
        yield opened


class _Memory:
    """The most that a process and its children held, looked at twenty times a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self.most_mib, self._is_over = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(0.05):
            children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text(encoding="ascii").split()
            self.most_mib = max(self.most_mib, sum(map(_resident_mib, [str(self._pid), *children])))


def _resident_mib(pid: str) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1024**2
    except OSError:
        return 0.0


@pytest.mark.parametrize(
    "crowd", [pytest.param(REDUCED, marks=pytest.mark.soak), pytest.param(WHOLE, marks=pytest.mark.soak)]
)
def test_the_write_door_answers_in_a_crowd(crowd: Crowd, tmp_path: Path, repo_root: Path) -> None:
    data, probe = tmp_path / "data", Probe()
    services = build_services(Settings(data_dir=data))
    people = _people(services, crowd.streams // MAX_LISTENERS_PER_PERSON + 1)
    with services.db.write() as connection:
        keys.admit(connection, public_key=probe.signer.public_key, role="demo", probe_id="p", name="p", actor="test")
    services.db.close()
    ends = time.monotonic() + 300
    with contextlib.ExitStack() as closing:
        url, pid = closing.enter_context(server_process(data, repo_root))
        client = closing.enter_context(httpx.Client(base_url=url, timeout=60))
        for _ in range(crowd.sweeps):
            for wire in probe.whole_sweep()[1:]:
                assert client.post("/api/entries", content=wire).status_code == 200
        address = ("127.0.0.1", int(url.rsplit(":", 1)[1]))
        memory = closing.enter_context(_Memory(pid))
        streams = closing.enter_context(_streams(address, [cookie for cookie, _ in people], crowd.streams))
        slow = [closing.enter_context(socket.create_connection(address, timeout=60)) for _ in range(crowd.slow_bodies)]
        for one in slow:
            one.sendall(SLOW_HEAD + b"x" * 1_000)
        cookie, csrf = people[0]
        jobs = [
            client.post(
                "/api/exports",
                json={
                    "format": "pdf",
                    "period_first": "2026-03-01",
                    "period_last": "2026-03-31",
                    "reason": "부하 시험",
                },
                headers={"Cookie": f"{SESSION_COOKIE}={cookie}", "X-CSRF-Token": csrf},
            )
            for _ in range(crowd.documents)
        ]
        assert Counter(answer.status_code for answer in jobs) == {202: crowd.documents}
        took_s = []
        for number in range(crowd.entries):
            for one in slow:
                with contextlib.suppress(OSError):  # the slowest are refused by now
                    one.sendall(b"x")
            began_s = time.monotonic()
            assert client.post("/api/entries", content=probe.entry("sweep.note")[1]).status_code == 200
            took_s.append(time.monotonic() - began_s)
            if number % 5 == 0:
                assert client.get("/api/health").status_code == 200
        took_s.sort()
        headers = {"Cookie": f"{SESSION_COOKIE}={cookie}"}
        states: Counter[str] = Counter()
        while states["ready"] < crowd.documents:
            listed = client.get("/api/exports", headers=headers).json()["exports"]
            states = Counter(job["state"] for job in listed)
            assert states["failed"] == 0, [job["failure"] for job in listed if job["failure"] is not None]
            assert time.monotonic() < ends
            select.select([], [], [], 0.2)
        document = client.get(f"/api/exports/{jobs[-1].json()['job_id']}/file", headers=headers)
        assert document.content.startswith(b"%PDF")
        assert all(one.recv(64).startswith(b"HTTP/1.1 200") for one in streams)
        for one in slow[:5]:
            refused = one.makefile("rb").read()
            assert refused.startswith(b"HTTP/1.1 408")
            ErrorView.model_validate_json(refused.split(b"\r\n\r\n", 1)[1])
        print(f"door: median {took_s[len(took_s) // 2]:.3f} s, longest {took_s[-1]:.3f} s; {memory.most_mib:.0f} MiB")
        assert took_s[-1] < crowd.answer_s
        assert memory.most_mib < MEMORY_MIB
