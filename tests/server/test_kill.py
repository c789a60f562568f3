"""Killing the server during upload: nothing is lost, nothing is doubled, and what was acknowledged stays where it was.

The client is the probe's own outbox.  The server is a process of its own, ended with SIGKILL over and over: a random
moment after a request left, or as soon as its entry is stored; `make soak` does it fifty times.
"""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, delete, select

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.log import tiles
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.store.schema import alarms, body_data, body_refs, entries
from sweep.deliver.outbox import Outbox
from sweep.entry import merkle
from sweep.entry.dsse import parse_signed
from sweep.entry.envelope import from_wire, make_body, verify_receipt
from sweep.host.clock import WallClock
from sweep.report import new_id
from tests.entry_factory import signer
from tests.server.killed_server import KilledServer
from tests.server.log_kit import OWN_KINDS, end_of, leaf_hashes, verified
from tests.server.sweep_kit import Probe

ROUND = 5
NEWEST = "SELECT max(log_index) FROM entries"
CLOCK = WallClock(synchronised=False, max_error_ms=None)


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

    def fetch_growth(self, old: int, new: int) -> list[bytes]:
        """The server's proof that its log grew; OSError when it is gone just now."""
        try:
            answer = httpx.get(self._url.replace("/entries", "/log/consistency"), params={"old": old, "new": new})
        except httpx.HTTPError as error:
            raise OSError(str(error)) from None
        return [bytes.fromhex(hash_) for hash_ in answer.json()["hashes"]]


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.soak)])
def test_nothing_is_lost_and_nothing_doubled(settings: Settings, tmp_path: Path, repo_root: Path, kills: int) -> None:
    services = build_services(settings)
    probe = signer("probe")
    with services.db.write() as connection:
        keys.admit(connection, public_key=probe.public_key, role="demo", probe_id="p", name="test", actor="test")
    server = KilledServer(settings, repo_root)
    send = Sender(server.port, services.server_signer.signer.public_key)
    server_key = services.server_signer.signer.public_key
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
                time.sleep(randomness.random() * 0.06)  # at any moment of an upload
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
                        outbox.deliver(send, server_key, fetch_growth=send.fetch_growth)
                    except OSError:
                        continue
                killer.join()
            server.start()
            assert outbox.deliver(send, server_key, fetch_growth=send.fetch_growth).pending == 0
        finally:
            server.kill()
    with services.db.read() as connection:
        everything = connection.execute(select(entries).order_by(entries.c.log_index)).all()
        assert connection.execute(select(alarms)).all() == []
        assert tiles.root(connection, len(everything)) == merkle.root_of(leaf_hashes(everything))
        found = verified(connection)
    services.db.close()
    watcher.dispose()
    assert [row.log_index for row in everything] == list(range(len(everything)))
    rows = [row for row in everything if row.kind not in OWN_KINDS]
    own = len(everything) - len(rows)
    assert own == 5  # the root key, the server's two, the probe's, and the administrator's line in the register
    assert {row.entry_hash: row.payload for row in rows} == send.sent
    assert sorted(row.seq for row in rows) == list(range(1, kills * ROUND + 1))
    assert {row.entry_hash: row.log_index for row in rows} == send.places
    assert (found.problems, found.size, found.bodies["present"]) == (
        [],
        kills * ROUND + own,
        2 * kills * ROUND + own + 1,  # that line has its name beside it
    )
    assert send.unanswered >= kills / 2
    print(
        f"{kills} kills, {len(rows)} entries, {send.unanswered} requests without an answer, "
        f"{send.kept_without_receipt} of them stored all the same: 0 lost, 0 doubled"
    )


def test_a_deleted_body_leaves_signatures_valid_and_a_dropped_entry_shows_as_a_gap(settings: Settings) -> None:

    services, probe = build_services(settings), Probe()
    with services.db.write() as connection:
        keys.admit(connection, public_key=probe.signer.public_key, role="demo", probe_id="p", name="test", actor="test")
        sign_waiting(connection, services.server_signer)
    first = end_of(services.db)  # behind the three entries about the server's own keys
    for _ in range(2):
        for wire in probe.whole_sweep()[1:]:
            accept(services.db, read_arrival(wire), quarantine_max_bytes=0)
    with services.db.write() as connection:
        whole = verified(connection)
        assert (whole.size, whole.bodies["present"], whole.problems) == (first + 4, first + 6, [])
        commitment = connection.scalar(
            select(body_refs.c.commitment).where(body_refs.c.log_index == first + 1).limit(1)
        )
        connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
        lighter = verified(connection)
        assert (lighter.size, lighter.bodies["present"], lighter.bodies["missing"]) == (first + 4, first + 5, 1)
        assert list(map(str, lighter.problems)) == [f"log index {first + 1}: the body {commitment} is missing"]
        connection.execute(delete(body_refs).where(body_refs.c.log_index == first + 2))
        connection.execute(delete(entries).where(entries.c.log_index == first + 2))
        shorter = verified(connection)
    services.db.close()
    assert list(map(str, shorter.problems)) == [
        f"log index {first + 1}: the body {commitment} is missing",
        f"log index {first + 2}: the line is none of a package: log index {first + 3} stands where {first + 2} must",
    ]
