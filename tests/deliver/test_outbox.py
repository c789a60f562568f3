from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sweep.deliver import outbox as ob
from sweep.deliver.outbox import Outbox, OutboxError
from sweep.deliver.sending import Delivery, EntryHeldError, EntryRefusedError
from sweep.entry import dsse
from sweep.entry import envelope as e
from sweep.host.clock import WallClock
from sweep.host.disk import DISK, Disk
from tests.entry_factory import ROOM_ID, salted, signer
from tests.failing_disk import FailingDisk

CLOCK = WallClock(synchronised=True, max_error_ms=20)


class Crash(BaseException):
    """Power goes: nothing of the process runs on."""


class Server:
    """Keeps entries as the ingest path does: idempotent, receipt only after storing."""

    def __init__(self) -> None:
        self.key = signer("server")
        self.stored: dict[str, int] = {}
        self.hashes_by_seq: dict[int, set[str]] = {}
        self.prev_by_seq: dict[int, str | None] = {}

    def send(self, wire: bytes) -> object:
        entry, bodies = e.from_wire(wire)
        envelope = e.verify_entry(entry, signer().public_key)
        index = self.stored.setdefault(entry.entry_hash, len(self.stored))
        self.hashes_by_seq.setdefault(envelope.seq, set()).add(entry.entry_hash)
        self.prev_by_seq[envelope.seq] = envelope.prev
        receipt = e.Receipt(
            v=1,
            entry_id=envelope.entry_id,
            entry_hash=entry.entry_hash,
            commitments=tuple(body.commitment for body in bodies),
            log_index=index,
            received_ms=1,
            inclusion_proof=None,
        )
        return self.key.sign(dsse.RECEIPT_TYPE, receipt.model_dump_json().encode()).to_json()


def open_box(folder: Path, disk: Disk = DISK, spare: Path | None = None) -> Outbox:
    return Outbox(folder, signer(), tenant="demo-gu", subject="probe-demo-1", disk=disk, spare=spare)


class CrashingDisk(Disk):
    """Power goes at the operation of a number, before anything of it has happened."""

    def __init__(self, crash_at: int | None) -> None:
        self.left = crash_at

    def count(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Crash

    def write_durably(self, path: Path, data: bytes) -> None:
        self.count()
        super().write_durably(path, data)

    def overwrite(self, path: Path, data: bytes) -> None:
        self.count()
        super().overwrite(path, data)

    def rename(self, path: Path, target: Path) -> None:
        self.count()
        super().rename(path, target)

    def unlink(self, path: Path) -> None:
        self.count()
        super().unlink(path)


def append(box: Outbox, data: bytes = b"{}", *, must_save: bool = False) -> dsse.SignedEntry:
    return box.append(
        "sweep.report",
        (salted("application/json", data),),
        source="simulated",
        room_id=ROOM_ID,
        sweep_id=None,
        clock=CLOCK,
        must_save=must_save,
    )


def test_entries_are_numbered_chained_and_delivered_in_order(tmp_path: Path) -> None:
    server = Server()
    with open_box(tmp_path / "box") as box:
        made = [append(box, str(n).encode()) for n in range(5)]
        envelopes = [e.parse_envelope(entry.payload) for entry in made]
        assert [one.seq for one in envelopes] == [1, 2, 3, 4, 5]
        assert [one.prev for one in envelopes] == [None, *(entry.entry_hash for entry in made[:-1])]
        seen: list[tuple[int, int]] = []
        result = box.deliver(server.send, server.key.public_key, on_progress=lambda a, b: seen.append((a, b)))
        assert result == Delivery(delivered=5, refused=0, pending=0)
        assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
        assert list(server.stored) == [entry.entry_hash for entry in made]
    with open_box(tmp_path / "box") as again:
        assert e.parse_envelope(append(again).payload).seq == 6


def test_an_entry_stays_until_its_receipt_verifies(tmp_path: Path) -> None:
    server = Server()
    with open_box(tmp_path) as box:
        append(box)
        of_another = box.deliver(server.send, signer("impostor").public_key)
        assert (of_another.pending, of_another.delivered) == (1, 0)
        assert "not signed by key" in str(of_another.trouble)
        assert "not a DSSE document" in str(box.deliver(lambda _: {"ok": True}, server.key.public_key).trouble)

        def without_bodies(wire: bytes) -> object:
            document = json.loads(wire)
            document["bodies"] = []
            return server.send(json.dumps(document).encode())

        assert "every body" in str(box.deliver(without_bodies, server.key.public_key).trouble)
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

        assert box.deliver(send, server.key.public_key) == Delivery(delivered=1, refused=1, pending=0)
    (aside,) = (tmp_path / "refused").glob("*.entry")
    assert e.from_wire(aside.read_bytes())[0] == first
    assert (tmp_path / "refused" / f"{aside.stem}.reason").read_text() == "409: conflict\n"


def test_two_processes_cannot_share_an_outbox(tmp_path: Path) -> None:
    with open_box(tmp_path), pytest.raises(OutboxError, match="another sweep process"), open_box(tmp_path):
        pass


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "is full: free some space"),
        (errno.EDQUOT, "quota for .* is used up"),
        (errno.EFBIG, "a limit on the size of files"),
        (errno.EROFS, "read-only disk"),
        (errno.EIO, "input/output error"),
        (errno.EACCES, "may not be written by this user"),
    ],
)
def test_what_the_disk_does_not_take_stays_in_memory_until_it_does(tmp_path: Path, number: int, said: str) -> None:
    server, disk = Server(), FailingDisk()
    with open_box(tmp_path, disk) as box:
        first = append(box)
        disk.errno = number
        with pytest.raises(OutboxError, match=said + r".*the sweep was not begun"):
            append(box, must_save=True)
        kept = append(box, b"2")
        assert [(one.entry, one.kind) for one in box.unsaved] == [(kept, "sweep.report")]
        assert re.search(said, str(box.unsaved[0].reason))
        assert not box.save()
        disk.errno = None
        assert e.parse_envelope(kept.payload).seq == 2, "what was not begun took no number"
        assert box.save()
        assert box.unsaved == ()
        assert not list(tmp_path.glob("*.part"))
        assert e.parse_envelope(append(box).payload).prev == kept.entry_hash
        assert box.deliver(server.send, server.key.public_key).delivered == 3
        assert list(server.stored)[:2] == [first.entry_hash, kept.entry_hash]


def test_what_is_in_memory_only_is_delivered_from_there_and_its_number_is_never_given_again(
    tmp_path: Path,
) -> None:
    server, disk = Server(), FailingDisk()
    with open_box(tmp_path, disk) as box:
        box.reserve()
        disk.errno = errno.ENOSPC
        kept = append(box)
        assert box.waiting == 1
        assert box.deliver(server.send, server.key.public_key) == Delivery(1, 0, 0)
        assert box.unsaved == ()
    with open_box(tmp_path) as again:
        envelope = e.parse_envelope(append(again).payload)
    assert (envelope.seq, envelope.prev) == (2, kept.entry_hash)


def test_a_spare_folder_takes_what_the_first_has_no_room_for(tmp_path: Path) -> None:
    box_folder, spare = tmp_path / "box", tmp_path / "spare"
    spare.mkdir()
    server, disk = Server(), FailingDisk(only=box_folder)
    with open_box(box_folder, disk, spare) as box:
        box.reserve()
        append(box)
        disk.errno = errno.ENOSPC
        append(box)
        assert box.unsaved == ()
        assert [path.name for path in spare.iterdir()] == ["000000000002.entry"]
        append(box)
    with open_box(box_folder, spare=spare) as box:
        assert box.deliver(server.send, server.key.public_key).delivered == 3
        assert sorted(server.hashes_by_seq) == [1, 2, 3]


def test_no_sweep_begins_without_room_for_its_report(tmp_path: Path) -> None:
    with (
        Outbox(tmp_path, signer(), tenant="demo-gu", subject="p", reserve_bytes=2**60) as box,
        pytest.raises(OutboxError, match=r"a sweep needs .* MiB for its report and was not begun"),
    ):
        box.reserve()
    assert not (tmp_path / ob.RESERVE_NAME).exists()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x04
    path.write_bytes(data)


def become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def become_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def without_body(path: Path) -> None:
    document = json.loads(path.read_bytes())
    document["bodies"][0]["data"] = "e30="
    document["bodies"][0]["media_type"] = "text/plain"
    path.write_bytes(json.dumps(document).encode())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a flipped bit": flip,
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "zeros": lambda path: path.write_bytes(b"\0" * 4096),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe{}"),
    "deep": lambda path: path.write_bytes(b'{"dsse":' + b"[" * 100_000),
    "huge": lambda path: os.truncate(path, 2**40),
    "another body": without_body,
    "a folder": become_folder,
    "a pipe": become_pipe,
    "a link": become_link,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "middle", "last"])
def test_a_damaged_file_is_set_aside_with_a_sentence_and_the_rest_goes_on(
    tmp_path: Path, damage: Callable[[Path], object], at: int
) -> None:
    server = Server()
    with open_box(tmp_path) as box:
        made = [append(box, str(n).encode()) for n in range(3)]
    damage(sorted(tmp_path.glob("*.entry"))[at])
    with open_box(tmp_path) as box:
        after = append(box)
        assert e.parse_envelope(after.payload).seq == 4
        assert e.parse_envelope(after.payload).prev == made[-1].entry_hash, "the head knows it still"
        result = box.deliver(server.send, server.key.public_key)
        assert (result.delivered, result.damaged, result.pending, result.trouble) == (3, 1, 0, None)
        (aside,) = box.asides()
        assert (aside.name, aside.why) == (f"{at + 1:012d}.entry", "damaged")
        assert aside.reason
        assert "\n" not in str(aside.reason)
    assert sorted(server.hashes_by_seq) == [n for n in (1, 2, 3, 4) if n != at + 1], "a hole, and nothing twice"


@pytest.mark.parametrize("name", ["notes.entry", "1.entry", "999999999999.entry", "000000000001 (copy).entry"])
def test_a_foreign_file_is_set_aside_and_numbers_nothing(tmp_path: Path, name: str) -> None:
    server = Server()
    with open_box(tmp_path) as box:
        append(box)
    (tmp_path / name).write_bytes(b"hello")
    (tmp_path / "readme.txt").write_text("not ours")
    with open_box(tmp_path) as box:
        assert e.parse_envelope(append(box).payload).seq == 2
        result = box.deliver(server.send, server.key.public_key)
        assert (result.delivered, result.damaged, result.pending) == (2, 1, 0)
    assert (tmp_path / "readme.txt").exists()


HEADS: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(b"{"),
    "empty": lambda path: path.write_bytes(b""),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xff"),
    "another type": lambda path: path.write_text("[1, 2]"),
    "negative": lambda path: path.write_text('{"seq": -5, "entry_hash": "' + "a" * 64 + '"}'),
    "text": lambda path: path.write_text('{"seq": "9", "entry_hash": "' + "a" * 64 + '"}'),
    "true": lambda path: path.write_text('{"seq": true, "entry_hash": "' + "a" * 64 + '"}'),
    "no hash": lambda path: path.write_text('{"seq": 1, "entry_hash": "x"}'),
    "one number less": lambda path: path.write_bytes(path.read_bytes().replace(b'"seq": 2', b'"seq": 1')),
    "deep": lambda path: path.write_bytes(b"[" * 5_000),
    "a folder": become_folder,
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", HEADS.values(), ids=HEADS.keys())
@pytest.mark.parametrize("delivered", [True, False])
@pytest.mark.parametrize("name", ["head.json", "head.copy.json"])
def test_a_damaged_head_is_made_good_from_its_copy(
    tmp_path: Path, damage: Callable[[Path], object], name: str, delivered: bool
) -> None:
    server = Server()
    with open_box(tmp_path) as box:
        _, second = append(box), append(box)
        if delivered:
            box.deliver(server.send, server.key.public_key)
    damage(tmp_path / name)
    with open_box(tmp_path) as box:
        assert box.damaged_heads == (() if damage is HEADS["gone"] else (name,))
        envelope = e.parse_envelope(append(box).payload)
        assert (envelope.seq, envelope.prev) == (3, second.entry_hash)
        box.deliver(server.send, server.key.public_key)
    assert sorted(server.hashes_by_seq) == [1, 2, 3]
    with open_box(tmp_path) as box:
        assert box.damaged_heads == () or damage is HEADS["a folder"]


def test_numbers_go_on_behind_a_hole_when_no_head_is_whole(tmp_path: Path) -> None:
    server = Server()
    with open_box(tmp_path) as box:
        append(box), append(box)
        box.deliver(server.send, server.key.public_key)
    for name in ("head.json", "head.copy.json"):
        (tmp_path / name).write_bytes(b"?")
    with open_box(tmp_path) as box:
        envelope = e.parse_envelope(append(box).payload)
        assert envelope.seq > 1_000
        assert envelope.prev is None
        box.deliver(server.send, server.key.public_key)
    with open_box(tmp_path) as box:
        assert e.parse_envelope(append(box).payload).seq == envelope.seq + 1
    assert all(len(hashes) == 1 for hashes in server.hashes_by_seq.values())


def test_a_head_of_an_older_probe_is_read(tmp_path: Path) -> None:
    (tmp_path / "head.json").write_text(json.dumps({"seq": 7, "entry_hash": "ab" * 32}))
    with open_box(tmp_path) as box:
        envelope = e.parse_envelope(append(box).payload)
    assert (envelope.seq, envelope.prev) == (8, "ab" * 32)


def test_an_entry_that_the_server_never_takes_holds_nobody_up(tmp_path: Path) -> None:
    """The server answers one entry with an error of its own for ever; it waits, and the others arrive."""
    server = Server()
    with open_box(tmp_path) as box:
        poison = {append(box, str(n).encode()).entry_hash for n in range(4)}
        good = [append(box, str(n).encode()).entry_hash for n in range(4, 8)]

        def send(wire: bytes) -> object:
            if e.from_wire(wire)[0].entry_hash in poison:
                raise EntryHeldError("500: internal error")
            return server.send(wire)

        first = box.deliver(send, server.key.public_key)
        assert (first.delivered, first.pending) == (0, 8), "three in a row: it may be the server"
        second = box.deliver(send, server.key.public_key)
        assert (second.delivered, second.pending) == (4, 4)
        assert "500: internal error" in str(second.trouble)
        assert list(server.stored) == good
        assert box.deliver(server.send, server.key.public_key).pending == 0


def test_a_disk_that_fails_under_delivery_says_so_and_nothing_is_sent_twice(
    tmp_path: Path,
) -> None:
    class ReadOnly(Disk):
        def unlink(self, path: Path) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

    server = Server()
    with open_box(tmp_path, ReadOnly()) as box:
        append(box)
        assert box.deliver(server.send, server.key.public_key).delivered == 1
        assert box.deliver(server.send, server.key.public_key) == Delivery(0, 0, 0)


class CrashingOutbox(RuleBasedStateMachine):
    """Appends and deliveries; power fails before or after any single file operation, files are damaged in between."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.server = Server()
        self.acknowledged: list[str] = []
        self.lost: set[str] = set()
        self.is_damaged = False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def _run(self, action: Callable[[Outbox], object], disk: CrashingDisk) -> None:
        """Run `action` in a fresh process image, as long as there is power."""
        with contextlib.suppress(Crash), open_box(self.folder, disk) as box:
            action(box)

    def _deliver(self, disk: CrashingDisk) -> None:
        def send(wire: bytes) -> object:
            disk.count()
            return self.server.send(wire)

        self._run(lambda box: box.deliver(send, self.server.key.public_key), disk)

    @rule(crash_at=st.none() | st.integers(1, 8))
    def add(self, crash_at: int | None) -> None:
        self._run(lambda box: self.acknowledged.append(append(box).entry_hash), CrashingDisk(crash_at))

    @rule(crash_at=st.none() | st.integers(1, 12))
    def send(self, crash_at: int | None) -> None:
        self._deliver(CrashingDisk(crash_at))

    @rule(at=st.integers(0, 5), damage=st.sampled_from(sorted(set(DAMAGES) - {"huge", "deep"})))
    def damage_an_entry(self, at: int, damage: str) -> None:
        self.is_damaged = True
        waiting = sorted(self.folder.glob("*.entry"))
        if at < len(waiting) and waiting[at].is_file() and not waiting[at].is_symlink():
            with contextlib.suppress(dsse.EntryError):
                self.lost.add(e.from_wire(waiting[at].read_bytes())[0].entry_hash)
            with contextlib.suppress(ValueError, LookupError, TypeError):  # it was damaged before
                DAMAGES[damage](waiting[at])

    @rule(
        names=st.sampled_from([("head.json",), ("head.copy.json",), ("head.json", "head.copy.json")]), cut=st.booleans()
    )
    def damage_the_head(self, names: tuple[str, ...], cut: bool) -> None:
        self.is_damaged = True
        for name in names:
            if (self.folder / name).exists():
                (self.folder / name).write_bytes((self.folder / name).read_bytes()[:40] if cut else b"junk")

    @invariant()
    def nothing_lost_nothing_twice(self) -> None:
        waiting = set()
        for path in self.folder.glob("*.entry"):
            if path.is_file() and not path.is_symlink():
                with contextlib.suppress(dsse.EntryError):
                    waiting.add(e.from_wire(path.read_bytes())[0].entry_hash)
        assert set(self.acknowledged) - self.lost <= waiting | set(self.server.stored)
        assert all(len(hashes) == 1 for hashes in self.server.hashes_by_seq.values())

    @rule()
    def deliver_everything_and_look_at_the_chain(self) -> None:
        self._deliver(CrashingDisk(None))
        assert not list(self.folder.glob("*.entry"))
        assert set(self.acknowledged) - self.lost <= set(self.server.stored)
        if not self.is_damaged:
            assert sorted(self.server.hashes_by_seq) == list(range(1, len(self.server.hashes_by_seq) + 1))
        for seq, prev in self.server.prev_by_seq.items():
            before = self.server.hashes_by_seq.get(seq - 1)
            assert before is None or before == {prev}, "where the predecessor arrived it is the one that is named"


TestCrashingOutbox = CrashingOutbox.TestCase
TestCrashingOutbox.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@pytest.mark.parametrize("kind", ["a file", "a link to nowhere"])
def test_an_outbox_that_is_no_folder_is_said_with_what_to_do(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    if kind == "a file":
        place.write_text("mine")
    else:
        place.symlink_to(tmp_path / "gone" / "away")
    with pytest.raises(ob.OutboxError, match="is no folder; move it away"), ob.Outbox(
        place, signer("demo"), tenant="demo-gu", subject="probe-demo-1"
    ):  # fmt: skip
        pass
