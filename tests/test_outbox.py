from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sweep import entry as e
from sweep import outbox as ob
from sweep.outbox import EntryRefusedError, Outbox, OutboxError, WallClock
from tests.entry_factory import ROOM_ID, salted, signer

CLOCK = WallClock(synchronised=True, max_error_ms=20)


class Crash(BaseException):
    """Power goes: nothing of the process runs on."""


class Server:
    """Keeps entries as the write door does: idempotent, receipt only after storing."""

    def __init__(self) -> None:
        self.key = signer("server")
        self.stored: dict[str, int] = {}
        self.hashes_by_seq: dict[int, set[str]] = {}

    def send(self, wire: bytes) -> object:
        entry, bodies = e.from_wire(wire)
        envelope = e.verify_entry(entry, signer().public_key)
        index = self.stored.setdefault(entry.entry_hash, len(self.stored))
        self.hashes_by_seq.setdefault(envelope.seq, set()).add(entry.entry_hash)
        receipt = e.Receipt(
            v=1,
            entry_id=envelope.entry_id,
            entry_hash=entry.entry_hash,
            commitments=tuple(body.commitment for body in bodies),
            log_index=index,
            received_ms=1,
            inclusion_proof=None,
        )
        return self.key.sign(e.RECEIPT_TYPE, receipt.model_dump_json().encode()).to_json()


def open_box(folder: Path) -> Outbox:
    return Outbox(folder, signer(), tenant="demo-gu", subject="probe-demo-1")


def append(box: Outbox, data: bytes = b"{}") -> e.SignedEntry:
    bodies = (salted("application/json", data),)
    return box.append("sweep.report", bodies, source="simulated", room_id=ROOM_ID, sweep_id=None, clock=CLOCK)


def test_entries_are_numbered_chained_and_delivered_in_order(tmp_path: Path) -> None:
    server = Server()
    with open_box(tmp_path / "box") as box:
        made = [append(box, str(n).encode()) for n in range(5)]
        envelopes = [e.parse_envelope(entry.payload) for entry in made]
        assert [one.seq for one in envelopes] == [1, 2, 3, 4, 5]
        assert [one.prev for one in envelopes] == [None, *(entry.entry_hash for entry in made[:-1])]
        seen: list[tuple[int, int]] = []
        result = box.deliver(server.send, server.key.public_key, on_progress=lambda a, b: seen.append((a, b)))
        assert result == ob.Delivery(delivered=5, refused=0, pending=0)
        assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
        assert list(server.stored) == [entry.entry_hash for entry in made]
    with open_box(tmp_path / "box") as again:
        assert e.parse_envelope(append(again).payload).seq == 6


def test_an_entry_stays_until_its_receipt_verifies(tmp_path: Path) -> None:
    server = Server()
    with open_box(tmp_path) as box:
        append(box)
        with pytest.raises(e.EntryError, match="not signed by key"):
            box.deliver(server.send, signer("impostor").public_key)
        with pytest.raises(e.EntryError, match="not a DSSE document"):
            box.deliver(lambda _: {"ok": True}, server.key.public_key)

        def without_bodies(wire: bytes) -> object:
            document = json.loads(wire)
            document["bodies"] = []
            return server.send(json.dumps(document).encode())

        with pytest.raises(e.EntryError, match="every body"):
            box.deliver(without_bodies, server.key.public_key)
        assert len(list(box.pending())) == 1
        assert box.deliver(server.send, server.key.public_key).pending == 0


def test_a_refused_entry_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    server = Server()
    with open_box(tmp_path) as box:
        first, _ = append(box, b"1"), append(box, b"2")

        def send(wire: bytes) -> object:
            if e.from_wire(wire)[0] == first:
                raise EntryRefusedError("409: conflict")
            return server.send(wire)

        assert box.deliver(send, server.key.public_key) == ob.Delivery(delivered=1, refused=1, pending=0)
    (aside,) = (tmp_path / "refused").glob("*.entry")
    assert e.from_wire(aside.read_bytes())[0] == first
    assert (tmp_path / "refused" / f"{aside.stem}.reason").read_text() == "409: conflict\n"


def test_two_processes_cannot_share_an_outbox(tmp_path: Path) -> None:
    with open_box(tmp_path), pytest.raises(OutboxError, match="another sweep process"), open_box(tmp_path):
        pass


def test_a_full_disk_is_said_and_numbers_stay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        path.write_bytes(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with open_box(tmp_path) as box:
        append(box)
        with monkeypatch.context() as patch:
            patch.setattr(ob, "_write_durably", full)
            with pytest.raises(OutboxError, match="is full"):
                append(box)
        assert e.parse_envelope(append(box).payload).seq == 2
        assert not list(tmp_path.glob("*.part"))


def test_damaged_files_are_named(tmp_path: Path) -> None:
    with open_box(tmp_path) as box:
        append(box)
        (tmp_path / "head.json").write_text("{")
        with pytest.raises(OutboxError, match=r"head\.json is damaged"):
            append(box)
        (tmp_path / "head.json").unlink()
        next(iter(tmp_path.glob("*.entry"))).write_bytes(b"junk")
        with pytest.raises(OutboxError, match="is damaged"):
            append(box)


class CrashingOutbox(RuleBasedStateMachine):
    """Appends and deliveries with the power failing before or after any single file operation."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.server = Server()
        self.acknowledged: list[str] = []
        self.patch = pytest.MonkeyPatch()

    def teardown(self) -> None:
        self.patch.undo()
        shutil.rmtree(self.folder)

    def _run(self, action: Callable[[Outbox], object], crash_at: int | None) -> None:
        """Run `action` in a fresh process image whose `crash_at`-th file operation is its last."""
        count = 0

        def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
            def operation(*arguments: Any, **options: Any) -> Any:
                nonlocal count
                count += 1
                if count == crash_at:
                    raise Crash
                return original(*arguments, **options)

            return operation

        with self.patch.context() as patch:
            patch.setattr(ob, "_write_durably", guarded(ob._write_durably))
            patch.setattr(Path, "rename", guarded(Path.rename))
            patch.setattr(Path, "unlink", guarded(Path.unlink))
            patch.setattr(self.server, "send", guarded(self.server.send))
            try:
                with open_box(self.folder) as box:
                    action(box)
            except Crash:
                pass

    @rule(crash_at=st.none() | st.integers(1, 8))
    def add(self, crash_at: int | None) -> None:
        self._run(lambda box: self.acknowledged.append(append(box).entry_hash), crash_at)

    @rule(crash_at=st.none() | st.integers(1, 12))
    def send(self, crash_at: int | None) -> None:
        self._run(lambda box: box.deliver(self.server.send, self.server.key.public_key), crash_at)

    @invariant()
    def nothing_lost_nothing_twice(self) -> None:
        waiting = {e.from_wire(path.read_bytes())[0].entry_hash for path in self.folder.glob("*.entry")}
        assert set(self.acknowledged) <= waiting | set(self.server.stored)
        assert all(len(hashes) == 1 for hashes in self.server.hashes_by_seq.values())

    @rule()
    def deliver_everything_and_look_at_the_chain(self) -> None:
        self._run(lambda box: box.deliver(self.server.send, self.server.key.public_key), None)
        assert not list(self.folder.glob("*.entry"))
        assert sorted(self.server.hashes_by_seq) == list(range(1, len(self.server.hashes_by_seq) + 1))


TestCrashingOutbox = CrashingOutbox.TestCase
TestCrashingOutbox.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
