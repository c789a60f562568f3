"""Probes that send until every entry has its receipt, whatever happens meanwhile, and what must be there then."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
from sqlalchemy import select

from server.log import tiles
from server.signing import keys
from server.store.db import Database
from server.store.schema import alarms, entries
from sweep.entry import merkle
from sweep.entry.dsse import parse_signed
from sweep.entry.envelope import from_wire, verify_receipt
from sweep.entry.growth import check_growth
from sweep.entry.notes import parse_checkpoint, parse_note
from sweep.report import new_id
from tests.entry_factory import salted
from tests.server.log_kit import OWN_KINDS, leaf_hashes, verified
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

PATIENCE_S = 60.0
REST_S = 0.02
LATER = frozenset({503, 507})


class Uploads:
    """Some probes, each of which sends one entry after the other."""

    def __init__(self, server_key: bytes, probes: int) -> None:
        self.url = ""
        self._server_key = server_key
        self.probes = [Probe(f"probe-{number}") for number in range(probes)]
        self.places: dict[str, int] = {}
        """Log index of each entry that was acknowledged, by its hash."""
        self.heads: set[str] = set()
        """The signed heads of the log in their receipts, whose proofs held."""
        self.answers: Counter[int] = Counter()
        """How often each status was answered; 0 when there was no answer."""
        self._is_over = threading.Event()
        self._pool = ThreadPoolExecutor(probes)
        self._sending: list[Future[None]] = []

    def admit(self, db: Database) -> None:
        """Let the server know the probes."""
        with db.write() as connection:
            for probe in self.probes:
                keys.admit(
                    connection,
                    public_key=probe.signer.public_key,
                    role="demo",
                    probe_id="probe-demo-1",
                    name="test",
                    actor="test",
                )

    def note(self, probe: Probe, size: int = 60_000) -> bytes:
        """The wire bytes of a probe's next entry, with a body that does not compress."""
        return probe.entry("test.note", (salted("a/b", os.urandom(size)),), sweep_id=new_id())[1]

    def post(self, wire: bytes) -> int:
        """Send it once: the status; its receipt is verified and remembered."""
        try:
            answer = httpx.post(f"{self.url}/api/entries", content=wire, timeout=20)
        except httpx.HTTPError:
            self.answers[0] += 1
            return 0
        self.answers[answer.status_code] += 1
        if answer.status_code == 200:
            entry, bodies = from_wire(wire)
            commitments = tuple(body.commitment for body in bodies)
            receipt = verify_receipt(parse_signed(answer.json()), self._server_key, entry, commitments)
            assert self.places.setdefault(entry.entry_hash, receipt.log_index) == receipt.log_index
            head = check_growth(receipt, entry, self._server_key, None, lambda _old, _new: [])
            assert head is not None
            self.heads.add(head)
        else:
            assert answer.status_code in LATER, answer.text
        return answer.status_code

    def deliver(self, wire: bytes) -> None:
        """Send it until it is acknowledged."""
        wait_until(lambda: self.post(wire) == 200, "an acknowledgement", PATIENCE_S, REST_S)

    def begin(self) -> None:
        """Send from all probes at once until `end`."""
        self._sending = [self._pool.submit(self._send, probe) for probe in self.probes]

    def wait_for(self, more: int) -> None:
        """Wait until as many more entries are acknowledged."""
        wanted = len(self.places) + more
        wait_until(lambda: len(self.places) >= wanted, f"{more} more entries", PATIENCE_S, REST_S)

    def end(self) -> None:
        """Acknowledge what was begun, and no more."""
        self._is_over.set()
        for one in self._sending:
            one.result(PATIENCE_S)
        self._pool.shutdown()

    def give_up(self) -> None:
        """Begin nothing more, whatever became of what was begun."""
        self._is_over.set()

    def _send(self, probe: Probe) -> None:
        while not self._is_over.is_set():
            self.deliver(self.note(probe))


def check_log(db: Database, acknowledged: Sequence[Uploads]) -> None:
    """Every acknowledged entry is there, in its place, whole and valid, and nothing else but what the root key said.

    No alarm was raised, the tree is that of the log, and every head that was signed is that of its beginning.
    """
    places = {entry_hash: index for one in acknowledged for entry_hash, index in one.places.items()}
    with db.read() as connection:
        rows = connection.execute(select(entries).order_by(entries.c.log_index)).all()
        size = tiles.tree_size(connection)
        root = tiles.root(connection, size)
        assert connection.execute(select(alarms)).all() == []
        found = verified(connection)
    assert {row.entry_hash: row.log_index for row in rows if row.kind not in OWN_KINDS} == places
    assert {row.status for row in rows} == {"accepted"}
    assert [row.log_index for row in rows] == list(range(len(rows)))
    assert (found.problems, found.entries["accepted"], found.bodies["missing"]) == ([], len(rows), 0)
    leaves = leaf_hashes(rows)
    assert (size, root) == (len(rows), merkle.root_of(leaves))
    heads = [parse_checkpoint(parse_note(head).text) for one in acknowledged for head in one.heads]
    assert [head.root for head in heads] == [merkle.root_of(leaves[: head.size]) for head in heads]
