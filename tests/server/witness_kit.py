"""A witness that listens, a server that asks it, and logs made of leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from server.api.service.services import Services
from server.serving.running import open_socket, run_small
from server.witness.app import witness_app
from server.witness.cosigning import Asked, ask
from server.witness.witness_state import WitnessState
from sweep.deliver.outbox import Outbox
from sweep.deliver.uplink import Uplink
from sweep.entry import merkle, notes
from sweep.host.clock import WallClock
from tests.entry_factory import ROOM_ID, salted, signer
from tests.server.conftest import NO_TLS
from tests.waiting import PATIENCE_S

NAME = "witness.example.kr/1"
ORIGIN = "ansim-log/demo-gu/00112233445566aa"
KEY = signer("server")
LOG_KEY = notes.VerifierKey(ORIGIN, notes.ED25519, KEY.public_key)
NOW_S = 1_767_000_000


def leaves(count: int, kind: str = "honest") -> list[bytes]:
    return [merkle.leaf_hash(f"{kind} {number}".encode()) for number in range(count)]


def note_of(log: list[bytes], key: notes.VerifierKey = LOG_KEY) -> str:
    head = notes.Checkpoint(key.name, len(log), merkle.root_of(log))
    return head.text + "\n" + notes.sign_note(head.text, key, KEY.sign_bytes)


def growth(log: list[bytes], old: int) -> tuple[bytes, ...]:
    if not 0 < old <= len(log):
        return ()
    return merkle.prove(
        merkle.consistency_path(old, len(log)),
        lambda level, position: merkle.root_of(log[position << level : (position + 1) << level]),
    )


def book(folder: Path) -> WitnessState:
    return WitnessState(folder, NAME, [LOG_KEY], lambda: NOW_S)


@contextmanager
def witnessing(folder: Path, *log: notes.VerifierKey) -> Iterator[tuple[str, WitnessState]]:
    """A witness that listens: its address and its memory."""
    memory = WitnessState(folder, NAME, log, lambda: NOW_S)
    listener = open_socket("127.0.0.1", 0)
    started, stop = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=lambda: run_small(witness_app(memory), listener, on_started=started.set, stop=stop)
    )
    thread.start()
    try:
        assert started.wait(PATIENCE_S)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", memory
    finally:
        stop.set()
        thread.join()


def asked(services: Services, url: str, memory: WitnessState) -> Asked:
    with httpx.Client(verify=NO_TLS) as client:
        return ask(services.db, services.heads, memory.key, url, client)


def log_key(services: Services) -> notes.VerifierKey:
    with services.db.read() as connection:
        return services.heads.verifier_key(connection)


def send(url: str, folder: Path, count: int) -> tuple[int, bool, str | None]:
    """A probe signs and sends: what was delivered, whether the log went back, and what it says."""
    with (
        Outbox(folder, signer("probe"), tenant="demo-gu", subject="probe-demo-1") as box,
        Uplink(url, signer("probe")) as uplink,
    ):
        for number in range(count):
            body = salted("application/json", f"{box.waiting} {number}".encode())
            box.append(
                "test.note",
                (body,),
                source="simulated",
                room_id=ROOM_ID,
                sweep_id=None,
                clock=WallClock(synchronised=True, max_error_ms=20),
            )
        key = uplink.server_key(folder / "server.pub")
        done = box.deliver(uplink.send_entry, key, fetch_growth=uplink.fetch_growth)
        return done.delivered, done.went_back, None if done.trouble is None else str(done.trouble)
