"""The ingest path under load: entries that wait for the writer go to disk together, in one transaction and one fsync.

Input is an `Arrival`; output is its `Outcome`, whose receipt may be given away, with the tree that it is in.  Whoever
gets the writer first stores what waits by then, also what came while another process wrote; the others find their
outcome when their turn comes.  A refusal is the refusal of one: what was to go with it is stored without it.
Signatures are verified, bodies made small, and large ones written to object storage where there is one, before the
queue.  What a sweep says is projected afterwards.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from server.ingest.arrivals import Arrival
from server.ingest.entries import verify, write
from server.ingest.entry_rows import Outcome
from server.ingest.plain_entries import write_plain
from server.ingest.quarantine import UNKNOWN_NETWORK
from server.interface.errors import ApiError
from server.log import tiles
from server.signing import keys
from server.store.bodies import place_ahead, settle
from server.store.crypto.sealing import PackedBody
from server.store.db import Database
from server.store.faults import BusyError
from sweep.entry.kinds import BODY_ERASED
from sweep.phrases import Phrase

MAX_TOGETHER = 32  # guessed: more than the threads of ingest
MAX_TOGETHER_BYTES = 16 * 1024 * 1024  # derived: one entry of the largest size
MAX_KNOWN_KEYS = 10_000  # guessed: more probes than a city has
TURN_WAIT_S = 10.0  # derived: as long as a writer waits for the database, see db.py


@dataclass(slots=True, eq=False)
class _Ticket:
    """One entry that waits for the writer, and what became of it."""

    arrival: Arrival
    verified_with: bytes | None
    """The public key under which its signature was verified."""
    network: str
    """Where it came from."""
    is_taken: bool = False
    """Somebody has begun to write it."""
    stored: tuple[Outcome, tiles.Head] | None = None
    refusal: ApiError | None = None

    def result(self) -> tuple[Outcome, tiles.Head]:
        if self.refusal is not None:
            raise self.refusal
        if self.stored is None:
            raise BusyError(Phrase("entry_not_stored"))
        return self.stored

    @property
    def is_done(self) -> bool:
        return self.stored is not None or self.refusal is not None


class _RefusedError(Exception):
    """One entry of a group is refused; the transaction is rolled back."""

    def __init__(self, ticket: _Ticket, refusal: ApiError) -> None:
        super().__init__(refusal.code)
        self.ticket = ticket
        self.refusal = refusal


class GroupCommit:
    """The queue before the writer of one server."""

    def __init__(
        self, db: Database, *, quarantine_max_bytes: int, say_first: Callable[[Connection], object] = lambda _: None
    ) -> None:
        """`say_first` is called in every write transaction, before anything else is written."""
        self._db = db
        self._say_first = say_first
        self._quarantine_max_bytes = quarantine_max_bytes
        self._waiting: deque[_Ticket] = deque()
        self._turn = threading.Lock()
        self._coming = 0
        self._public_keys: dict[str, bytes] = {}

    @property
    def is_busy(self) -> bool:
        """Is an entry being read, does one wait, or is one being written?"""
        return self._coming > 0 or self._turn.locked() or self.waiting > 0

    @property
    def waiting(self) -> int:
        """Entries that nobody has begun to write."""
        return len(self._waiting)

    @contextmanager
    def coming(self) -> Iterator[None]:
        """While an entry that has arrived is on its way through; call it on the event loop."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    def accept(self, arrival: Arrival, network: str = UNKNOWN_NETWORK) -> tuple[Outcome, tiles.Head]:
        """Store an entry that came from this network; when this returns it is on disk, and the head proves it.

        Raises ApiError 400 when the signature of an admitted key does not hold, 507 when the quarantine is full,
        DiskFullError when the disk is, and BusyError when others are not done in time.
        """
        verified_with = self._verify(arrival)
        bodies = tuple(map(PackedBody.of, arrival.bodies))
        if verified_with is not None:  # what strangers send waits in the database, within the bounds of the quarantine
            bodies = place_ahead(self._db, bodies)
        arrival = replace(arrival, bodies=bodies)
        ticket = _Ticket(arrival, verified_with, network)
        try:
            self._wait_and_lead(ticket)
        finally:
            settle(self._db, bodies)
        outcome, head = ticket.result()
        if outcome.kind == BODY_ERASED and self._db.body_keys is not None:
            self._db.body_keys.is_due = True  # only now: who looked before the commit saw the body
        return outcome, head

    def _wait_and_lead(self, ticket: _Ticket) -> None:
        self._waiting.append(ticket)
        if not self._turn.acquire(timeout=TURN_WAIT_S):
            raise BusyError(Phrase("others_not_done"))
        try:
            if not ticket.is_done:
                self._lead(ticket)
        finally:
            self._turn.release()

    def _lead(self, own: _Ticket) -> None:
        """Store what waits; this ticket alone when that fails, or when a leader before it failed."""
        if not own.is_taken:
            together: list[_Ticket] = []
            try:
                self._write(together)
            except SQLAlchemyError:
                if together in ([], [own]):
                    raise
            finally:
                if not own.is_taken:
                    self._waiting.remove(own)  # nobody writes what its sender was told is not stored
        if not own.is_done:
            self._write([own])

    def _take(self) -> list[_Ticket]:
        taken: list[_Ticket] = []
        size = 0
        while self._waiting and len(taken) < MAX_TOGETHER and size < MAX_TOGETHER_BYTES:
            ticket = self._waiting.popleft()
            size += ticket.arrival.size
            ticket.is_taken = True
            taken.append(ticket)
        return taken

    def _write(self, tickets: list[_Ticket]) -> None:
        """Store them, or where there are none, what waits, which is added to them.

        The one that is refused takes nothing with it, and the others are stored without it.
        """
        while not tickets or not all(ticket.is_done for ticket in tickets):
            try:
                stored = self._write_all(tickets)
            except _RefusedError as error:
                error.ticket.refusal = error.refusal
                continue
            for ticket, one in stored:  # only now it is on disk
                ticket.stored = one

    def _write_all(self, tickets: list[_Ticket]) -> list[tuple[_Ticket, tuple[Outcome, tiles.Head]]]:
        with self._db.write() as connection:
            if not tickets:  # only now: while other processes wrote, more have come, and one transaction costs the same
                tickets += self._take()
            left = [ticket for ticket in tickets if not ticket.is_done]
            self._say_first(connection)
            plain = write_plain(connection, [(ticket.arrival, ticket.verified_with) for ticket in left])
            outcomes = [plain.get(number) or self._write_one(connection, ticket) for number, ticket in enumerate(left)]
            head = tiles.head(connection, [outcome.log_index for outcome in outcomes])
            return [(ticket, (outcome, head)) for ticket, outcome in zip(left, outcomes, strict=True)]

    def _write_one(self, connection: Connection, ticket: _Ticket) -> Outcome:
        try:
            return write(
                connection,
                ticket.arrival,
                quarantine_max_bytes=self._quarantine_max_bytes,
                network=ticket.network,
                verified_with=ticket.verified_with,
                is_read_later=True,
            )
        except ApiError as refusal:
            raise _RefusedError(ticket, refusal) from None

    def _verify(self, arrival: Arrival) -> bytes | None:
        """Verify the signature of a known key, which never changes; whether the key counts is judged in the log."""
        if arrival.envelope is None:
            return None
        key_id = arrival.envelope.key_id
        public_key = self._public_keys.get(key_id)
        if public_key is None:
            with self._db.read() as connection:
                key = keys.find_key(connection, key_id)
            if key is None:
                return None
            if len(self._public_keys) >= MAX_KNOWN_KEYS:
                self._public_keys.clear()
            public_key = self._public_keys[key_id] = key.public_key
        verify(arrival.entry, public_key)
        return public_key
