"""A probe and a log that grows, is set back, changed, or replaced by another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sweep.deliver.log_watch import LogWatch, LogWentBackError
from sweep.deliver.outbox import Outbox
from sweep.entry import envelope as e
from sweep.entry import merkle, notes
from sweep.entry.dsse import RECEIPT_TYPE, EntryError, SignedEntry
from sweep.host.clock import WallClock
from tests.entry_factory import ROOM_ID, make_entry, salted, signer

ORIGIN = "ansim-log/demo-gu/00112233445566aa"
CLOCK = WallClock(synchronised=True, max_error_ms=20)


class Log:
    """A server's log in memory: honest unless its leaves are changed from outside."""

    def __init__(self, origin: str = ORIGIN, key: str = "server") -> None:
        self.key = signer(key)
        self.origin = origin
        self.leaves: list[bytes] = []
        self.asked: list[tuple[int, int]] = []

    def note(self) -> str:
        head = notes.Checkpoint(self.origin, len(self.leaves), merkle.root_of(self.leaves))
        key = notes.VerifierKey(self.origin, notes.ED25519, self.key.public_key)
        return head.text + "\n" + notes.sign_note(head.text, key, self.key.sign_bytes)

    def subtree(self, level: int, position: int) -> bytes:
        return merkle.root_of(self.leaves[position << level : (position + 1) << level])

    def take(self, entry: SignedEntry, commitments: tuple[str, ...] = (), received_ms: int = 1) -> e.Receipt:
        data = merkle.leaf_data(entry.entry_hash, entry.signatures_hash, received_ms)
        self.leaves.append(merkle.leaf_hash(data))
        index, size = len(self.leaves) - 1, len(self.leaves)
        hashes = merkle.prove(merkle.inclusion_path(index, size), self.subtree)
        proof = e.InclusionProof(
            leaf_index=index, tree_size=size, hashes=tuple(hash_.hex() for hash_ in hashes), checkpoint=self.note()
        )
        envelope = e.parse_envelope(entry.payload)
        return e.Receipt(
            v=1,
            entry_id=envelope.entry_id,
            entry_hash=entry.entry_hash,
            commitments=commitments,
            log_index=index,
            received_ms=received_ms,
            inclusion_proof=proof,
        )

    def send(self, wire: bytes) -> object:
        entry, bodies = e.from_wire(wire)
        receipt = self.take(entry, tuple(body.commitment for body in bodies))
        return self.key.sign(RECEIPT_TYPE, receipt.model_dump_json().encode()).to_json()

    def fetch(self, old: int, new: int) -> Sequence[bytes]:
        self.asked.append((old, new))
        return merkle.prove(merkle.consistency_path(old, new), self.subtree)


def entry(seq: int) -> SignedEntry:
    return make_entry(signer(), seq)


def watched(folder: Path, log: Log, count: int) -> LogWatch:
    """A probe that has seen so many of its entries go into the log."""
    watch = LogWatch(folder)
    for seq in range(1, count + 1):
        one = entry(seq)
        watch.check(log.take(one), one, log.key.public_key, log.fetch)
    return watch


def test_a_log_that_grows_is_followed_and_remembered(tmp_path: Path) -> None:
    log = Log()
    watch = watched(tmp_path, log, 5)
    assert log.asked == [(1, 2), (2, 3), (3, 4), (4, 5)]
    assert watch.seen == log.note()
    assert LogWatch(tmp_path).seen == log.note()


def test_a_log_that_was_set_back_is_refused(tmp_path: Path) -> None:
    log = Log()
    watch = watched(tmp_path, log, 5)
    del log.leaves[2:]
    one = entry(6)
    with pytest.raises(LogWentBackError, match="had 5 entries and has 3"):
        watch.check(log.take(one), one, log.key.public_key, log.fetch)


def test_a_log_that_was_set_back_and_grew_beyond_is_refused(tmp_path: Path) -> None:
    log = Log()
    watch = watched(tmp_path, log, 5)
    del log.leaves[3:]
    for seq in range(20, 24):
        log.take(entry(seq))
    one = entry(6)
    with pytest.raises(LogWentBackError, match="first 5 entries"):
        watch.check(log.take(one), one, log.key.public_key, log.fetch)
    assert LogWatch(tmp_path).seen is not None
    assert "\n5\n" in str(LogWatch(tmp_path).seen)


@pytest.mark.parametrize("changed", [0, 3, 4])
def test_a_log_of_which_an_entry_was_changed_is_refused(tmp_path: Path, changed: int) -> None:
    log = Log()
    watch = watched(tmp_path, log, 5)
    log.leaves[changed] = merkle.leaf_hash(b"another")
    one = entry(6)
    with pytest.raises(LogWentBackError):
        watch.check(log.take(one), one, log.key.public_key, log.fetch)


def test_another_log_is_refused(tmp_path: Path) -> None:
    watch = watched(tmp_path, Log(), 2)
    other, one = Log(origin="ansim-log/demo-gu/ffffffffffffffff"), entry(3)
    with pytest.raises(LogWentBackError, match="it was ansim-log/demo-gu/0011"):
        watch.check(other.take(one), one, other.key.public_key, other.fetch)


def test_a_server_that_stops_proving_is_refused(tmp_path: Path) -> None:
    log, one = Log(), entry(3)
    watch = watched(tmp_path, log, 2)
    receipt = log.take(one).model_copy(update={"inclusion_proof": None})
    with pytest.raises(LogWentBackError, match="no proof any more"):
        watch.check(receipt, one, log.key.public_key, log.fetch)


def test_a_proof_of_another_entry_or_by_another_key_does_not_hold(tmp_path: Path) -> None:
    log, watch = Log(), LogWatch(tmp_path)
    receipt = log.take(entry(1))
    with pytest.raises(EntryError, match="proof does not hold"):
        watch.check(receipt, entry(2), log.key.public_key, log.fetch)
    with pytest.raises(EntryError, match="checkpoint does not hold"):
        watch.check(receipt, entry(1), signer("impostor").public_key, log.fetch)
    later = receipt.model_copy(update={"received_ms": 2})
    with pytest.raises(EntryError, match="proof does not hold"):
        watch.check(later, entry(1), log.key.public_key, log.fetch)
    assert watch.seen is None


def test_an_outbox_names_the_head_it_saw_and_keeps_its_copies_when_the_log_went_back(tmp_path: Path) -> None:
    log = Log()
    with Outbox(tmp_path, signer(), tenant="demo-gu", subject="probe-demo-1") as box:

        def append() -> e.Envelope:
            body = salted("application/json", b"{}")
            made = box.append("sweep.report", (body,), source="simulated", room_id=ROOM_ID, sweep_id=None, clock=CLOCK)
            return e.parse_envelope(made.payload)

        assert append().seen_checkpoint is None
        done = box.deliver(log.send, log.key.public_key, fetch_growth=log.fetch)
        assert (done.delivered, done.went_back) == (1, False)
        assert append().seen_checkpoint == log.note()
        log.leaves.clear()
        append()
        done = box.deliver(log.send, log.key.public_key, fetch_growth=log.fetch)
        assert (done.delivered, done.pending, done.went_back) == (0, 2, True)
        assert done.trouble is not None
        assert done.trouble.code == "log_went_back_remove_file"
        assert box.waiting == 2
