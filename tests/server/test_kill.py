"""Killing the server during upload: nothing is lost, nothing is doubled, and what was acknowledged stays where it was.

The client is the probe's own outbox.  The server is a process of its own, ended with SIGKILL over and over: a random
moment after a request left, or as soon as its entry is stored; `make soak` does it fifty times.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, delete, select

from server import keys, verify
from server.app import build_services
from server.arrivals import read_arrival
from server.dump import dump_lines
from server.entries import accept
from server.schema import alarms, body_data, body_refs, entries
from server.settings import Settings
from sweep.deliver.outbox import Outbox
from sweep.entry import from_wire, make_body, parse_signed, verify_receipt
from sweep.host.clock import WallClock
from sweep.report import new_id
from tests.entry_factory import signer
from tests.server.sweep_kit import Probe

ROUND = 5
NEWEST = "SELECT max(log_index) FROM entries"
CLOCK = WallClock(synchronised=False, max_error_ms=None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class KilledServer:
    """`sweep-server serve` in a process of its own, as often as needed."""

    def __init__(self, settings: Settings, repo_root: Path, program: Sequence[str] = ("-m", "server.cli")) -> None:
        self.port = _free_port()
        self._root = repo_root
        self._command = [sys.executable, *program, "serve", "--port", str(self.port)]
        self._command += ["--data-dir", str(settings.data_dir), "--database-url", settings.database_url]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        environment = os.environ | {"ANSIM_FIRST_PASSWORD": "x" * 20, "ANSIM_MIN_FREE_MIB": "0"}
        self._process = subprocess.Popen(
            self._command, cwd=self._root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("serving on"), line

    def kill(self) -> None:
        process = self._process
        if process is not None and process.stdout is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            self._process = None


class Sender:
    """Posts wire bytes, remembers every receipt and says when a request has left."""

    def __init__(self, port: int, server_key: bytes) -> None:
        self._url = f"http://127.0.0.1:{port}/api/entries"
        self._server_key = server_key
        self.left = threading.Event()
        self.sent: dict[str, bytes] = {}
        self.places: dict[str, int] = {}
        self.unanswered = 0
        self.kept_without_receipt = 0

    def __call__(self, wire: bytes) -> object:
        entry, bodies = from_wire(wire)
        self.sent[entry.entry_hash] = entry.payload
        self.left.set()
        sent_ms = time.time() * 1000
        try:
            answer = httpx.post(self._url, content=wire, timeout=20)
        except httpx.HTTPError as error:
            self.unanswered += 1
            raise OSError(str(error)) from None
        assert answer.status_code == 200, answer.text
        commitments = tuple(body.commitment for body in bodies)
        receipt = verify_receipt(parse_signed(answer.json()), self._server_key, entry, commitments)
        assert self.places.setdefault(entry.entry_hash, receipt.log_index) == receipt.log_index
        self.kept_without_receipt += receipt.received_ms < sent_ms - 1
        return answer.json()


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.soak)])
def test_nothing_is_lost_and_nothing_doubled(settings: Settings, tmp_path: Path, repo_root: Path, kills: int) -> None:
    services = build_services(settings)
    probe = signer("probe")
    with services.db.write() as connection:
        keys.admit(connection, public_key=probe.public_key, role="demo", probe_id="p", name="test", actor="test")
    server = KilledServer(settings, repo_root)
    send = Sender(server.port, services.notary.signer.public_key)
    server_key = services.notary.signer.public_key
    randomness, watcher = random.Random(kills), create_engine(settings.url)

    def kill_soon(*, after_commit: bool) -> None:
        """Kill at any moment of an upload or, every other time, as soon as the entry is stored."""
        with watcher.connect().execution_options(isolation_level="AUTOCOMMIT") as eye:
            before = eye.exec_driver_sql(NEWEST).scalar()
            send.left.wait(20)
            if after_commit:
                while eye.exec_driver_sql(NEWEST).scalar() == before:
                    pass
            else:
                time.sleep(randomness.random() * 0.06)
            server.kill()

    with Outbox(tmp_path / "outbox", probe, tenant="demo-gu", subject="p") as outbox:
        try:
            for number in range(kills):
                for _ in range(ROUND):
                    data = randomness.randbytes(randomness.randrange(1, 300_000))
                    bodies = (make_body("application/octet-stream", data), make_body("image/png", data[:500]))
                    outbox.append("note", bodies, source="simulated", room_id=None, sweep_id=new_id(), clock=CLOCK)
                server.start()
                send.left.clear()
                killer = threading.Thread(target=kill_soon, kwargs={"after_commit": number % 2 == 1})
                killer.start()
                while killer.is_alive():
                    try:
                        outbox.deliver(send, server_key)
                    except OSError:
                        continue
                killer.join()
            server.start()
            assert outbox.deliver(send, server_key).pending == 0
        finally:
            server.kill()
    with services.db.read() as connection:
        rows = connection.execute(select(entries).order_by(entries.c.log_index)).all()
        assert connection.execute(select(alarms)).all() == []
        found = verify.verify_lines(dump_lines(connection))
    services.db.close()
    watcher.dispose()
    assert {row.entry_hash: row.payload for row in rows} == send.sent
    assert [row.log_index for row in rows] == list(range(kills * ROUND))
    assert sorted(row.seq for row in rows) == list(range(1, kills * ROUND + 1))
    assert {row.entry_hash: row.log_index for row in rows} == send.places
    assert (found.problems, found.valid, found.bodies_present) == ([], kills * ROUND, 2 * kills * ROUND)
    assert send.unanswered >= kills / 2
    print(
        f"{kills} kills, {len(rows)} entries, {send.unanswered} requests without an answer, "
        f"{send.kept_without_receipt} of them stored all the same: 0 lost, 0 doubled"
    )


def test_a_deleted_body_leaves_signatures_valid_and_a_dropped_entry_shows_as_a_gap(settings: Settings) -> None:

    services, probe = build_services(settings), Probe()
    with services.db.write() as connection:
        keys.admit(connection, public_key=probe.signer.public_key, role="demo", probe_id="p", name="test", actor="test")
    for _ in range(2):
        for wire in probe.whole_sweep()[1:]:
            accept(services.db, read_arrival(wire), quarantine_max_bytes=0)
    with services.db.write() as connection:
        whole = verify.verify_lines(dump_lines(connection))
        assert (whole.valid, whole.bodies_present, whole.problems) == (4, 6, [])
        commitment = connection.scalar(select(body_refs.c.commitment).where(body_refs.c.log_index == 1).limit(1))
        connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
        lighter = verify.verify_lines(dump_lines(connection))
        assert (lighter.valid, lighter.bodies_present, lighter.bodies_missing, lighter.problems) == (4, 5, 1, [])
        connection.execute(delete(body_refs).where(body_refs.c.log_index == 2))
        connection.execute(delete(entries).where(entries.c.log_index == 2))
        shorter = verify.verify_lines(dump_lines(connection))
    services.db.close()
    assert shorter.valid == 3
    assert shorter.problems == [
        "log index 2 is missing before 3",
        f"key {probe.signer.key_id}: number 3 is missing",
    ]
