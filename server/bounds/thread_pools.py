"""Shares of what everybody uses: threads by kind of work, and how much one person may ask for at once.

Work that can be slow has threads of its own, so that whoever asks for a lot of it waits among their like: a hundred
logins never stand in the way of the ingest path.  A queue is bounded; who does not fit in is told to come back (503), a
person who asks for too much at once likewise (429).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import anyio
import anyio.to_thread

from server.interface.errors import busy
from sweep.phrases import Phrase

REQUESTS_PER_PERSON = 24  # guessed: a page asks for six things at once, on a phone and a desktop, beside eight streams

T = TypeVar("T")


class Pool:
    """Some threads for one kind of work, and a bounded queue before them."""

    def __init__(self, threads: int, max_waiting: int) -> None:
        self._limiter = anyio.CapacityLimiter(threads)
        self._max_waiting = max_waiting

    @property
    def work(self) -> int:
        """How much holds or waits for a thread."""
        now = self._limiter.statistics()
        return now.borrowed_tokens + now.tasks_waiting

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in one of the threads; ApiError 503 when too many wait already."""
        if self._limiter.statistics().tasks_waiting >= self._max_waiting:
            raise busy(Phrase("too_many_ask"))
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


class Pools:
    """The crews of one server."""

    def __init__(self) -> None:
        self.ingest = Pool(8, 256)  # derived: entries that wait for the writer share a commit; eight make it worth it
        self.sessions = Pool(8, 1_000)  # guessed: a look-up of a millisecond
        self.known_devices = Pool(2, 32)
        self.sign_on = Pool(2, 32)  # guessed: the city's single sign-on answers in a tenth of a second, or hangs
        self.passwords = Pool(2, 32)  # derived: Argon2id takes 64 MiB and 50 ms of a core each
        self.stops = Pool(2, 1_000)  # guessed: a look-up and a line of the audit trail; no list stands before them
        self.health = Pool(2, 256)  # guessed: a look at the disk, which has to come also when everything else waits
        self._routes: anyio.CapacityLimiter | None = None

    def open_routes(self, threads: int) -> None:
        """Give the routes so many threads; call it once on the event loop that serves."""
        self._routes = anyio.to_thread.current_default_thread_limiter()
        self._routes.total_tokens = threads

    @property
    def work(self) -> int:
        """What holds or waits for a thread of the routes or of the ingest path."""
        if self._routes is None:
            return 0
        now = self._routes.statistics()
        return now.borrowed_tokens + now.tasks_waiting + self.ingest.work


class PersonalShares:
    """How many requests of each person are being answered now."""

    def __init__(self, most: int = REQUESTS_PER_PERSON) -> None:
        self._most = most
        self.processes = 1
        """How many serve the same database: each gives a person its part."""
        self._running: Counter[UUID] = Counter()

    @contextmanager
    def one_more(self, user_id: UUID) -> Iterator[None]:
        """Count a request while it runs; ApiError 429 when this person has too many running."""
        if self._running[user_id] >= max(1, self._most // self.processes):
            raise busy(Phrase("too_many_requests"), status=429, code="too_many_requests")
        self._running[user_id] += 1
        try:
            yield
        finally:
            self._running[user_id] -= 1
            if not self._running[user_id]:
                del self._running[user_id]
