"""The exchange of a process that shares a PostgreSQL with others: every operation is a row, and each process takes all.

Input are operations of this process and notices of the database; output is a hub that shows what all the others show.
Whoever took an operation in waits until its own hub has taken it in its turn, and answers what came of that.  A notice
only says that there is something to read; what was missed while the database was away is read by its number afterwards,
and a process that was cut off for longer than operations are kept begins anew and ends its streams, so that pages come
back to a replay.  Without the database nothing is live: operations are refused (503) until it is back.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row

from server.bounds.gathering import Gathering
from server.bounds.thread_pools import PersonalShares, Pool
from server.interface.errors import ApiError
from server.live import pg_queue
from server.live.channel import Known
from server.live.exchange import SILENCE_CHECK_S
from server.live.hub import LiveHub
from server.live.operations import (
    Moment,
    Polled,
    Published,
    Queued,
    Said,
    apply,
    decode,
    encode,
    keep,
    restore,
    words_of,
)
from server.signing.keys import Key
from server.store import turns
from server.store.db import Database
from server.store.faults import AwayError, BusyError, DiskFullError
from sweep.phrases import Phrase
from sweep.report import Command, ContractError, LiveMessage

log = logging.getLogger(__name__)

ANSWER_S = 10.0  # derived: as long as a writer waits, see db.py
RETRY_S = 0.5  # guessed: a database that begins again takes a second
LINGER_S = 0.025  # guessed: a sixth of what a page may be late; what comes meanwhile shares a transaction
REST_S = 0.05  # guessed: so often, and at once when it is urgent, each process reads
RESTS_UNHEARD = 10  # derived: half a second where no page listens, a tenth of the reads
LOOK_S = 1.0  # guessed: a stop is no later when no notice comes, for a thousandth of a core in each process
KEEP_S = 30.0  # guessed: what a process that begins has to read is that much, less than a second's work
THREADS, MAX_WAITING = 4, 1_000  # derived: as many as db.py keeps connections for; guessed: every probe a few times
AWAY = (AwayError, BusyError, DiskFullError)

T = TypeVar("T")


class _Read:
    """An operation as it was read."""

    __slots__ = ("op_id", "origin", "probe_id", "said")

    def __init__(self, row: Row[Any], own: dict[str, Said]) -> None:
        """`own`: by origin what this process said, and so need not read."""
        self.op_id: int = row.op_id
        self.probe_id: str = row.probe_id or ""
        self.origin: str = row.origin
        self.said: Said | None = own.get(row.origin)
        if self.said is not None:
            return
        try:
            self.said = decode(row.data)
        except ContractError as error:  # of another release
            log.warning("operation %d cannot be read: %s", row.op_id, error)


class SharedExchange:
    """The exchange of one of several processes."""

    def __init__(
        self, hub: LiveHub, db: Database, shares: PersonalShares, monotonic: Callable[[], float], keep_s: float = KEEP_S
    ) -> None:
        """`keep_s`: how often the channels are kept for processes that begin later."""
        self.hub = hub
        self._db, self._shares, self._monotonic, self._keep_s = db, shares, monotonic, keep_s
        self._crew, self._reader = Pool(THREADS, MAX_WAITING), Pool(1, 1)
        self._process_id = uuid.uuid4().hex
        self._op_id = 0
        self._current_s: float | None = None
        """When this process last knew everything; None before it did."""
        self._taken: dict[str, int] = {}
        """Number of the last operation in each channel."""
        self._kept: dict[str, int] = {}
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._said: dict[str, Said] = {}
        """By origin what waits for its answer."""
        self._news, self._urgent = asyncio.Event(), asyncio.Event()
        self._posts = Gathering(
            self._crew, self._append_all, linger_s=LINGER_S, most=pg_queue.READ_AT_ONCE, max_waiting=MAX_WAITING
        )

    def show_life(self) -> None:
        """Give the first sign of life."""
        with suppress(*AWAY), self._db.beside(is_durable=True) as connection:
            pg_queue.sign_of_life(connection, self._process_id)

    async def run(self) -> None:
        """Take what all processes tell, and tell that this one serves, until this task is cancelled."""
        tasks = [asyncio.create_task(work) for work in (self._read(), self._hear(), self._tend())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                if not task.cancelling():
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            try:
                await self._in_thread(partial(pg_queue.end_of_life, process_id=self._process_id))
            except (*AWAY, ApiError):
                pass  # its sign of life grows old

    async def publish(self, probe_id: str, key: Key, messages: tuple[LiveMessage, ...]) -> int:
        """Fan them out everywhere."""
        taken: int = await self._take_in(probe_id, Published(key=words_of(key), messages=messages), is_durable=False)
        return taken

    async def enqueue(self, probe_id: str, command: Command, sweep_id: UUID, *, asked_by: str) -> Known:
        """Queue it everywhere; on disk when this returns."""
        said = Queued(command=command, sweep_id=sweep_id, asked_by=asked_by)
        known: Known = await self._take_in(probe_id, said, is_durable=True)
        return known

    async def fetch(self, probe_id: str, key: Key, after: UUID | None, wait_s: float) -> tuple[Command, ...]:
        """Take the poll in, and once more when a command comes."""
        deadline = self._monotonic() + wait_s
        while True:
            said = Polled(key=words_of(key), after=after)
            commands: tuple[Command, ...] = await self._take_in(probe_id, said, is_durable=after is not None)
            if commands or not await self.hub.wait(probe_id, deadline - self._monotonic()):
                return commands

    def entry_read(self, sweep_id: UUID, kind: str) -> None:
        """Nothing: the projection's own transaction has told everybody (`table.append_entries`)."""

    async def _take_in(self, probe_id: str, said: Published | Polled | Queued, *, is_durable: bool) -> Any:
        """Write an operation, and wait until this process has taken it; returns or raises what came of it.

        Posts go with those that come at about the same time; a command or a poll, which may bring a stop, goes at once.
        """
        origin = f"{self._process_id}{uuid.uuid4().hex}"
        answer = self._answers[origin] = asyncio.get_running_loop().create_future()
        self._said[origin] = said
        new = (probe_id, origin, encode(said))
        try:
            if isinstance(said, Published):
                await self._posts.ask(new)
            else:
                await self._in_thread(partial(pg_queue.append, new=[new]), is_durable=is_durable)
                self._urgent.set()
            self._news.set()
            return await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError:
            raise BusyError(Phrase("live_unreadable")) from None
        finally:
            self._answers.pop(origin, None)
            self._said.pop(origin, None)

    def _append_all(self, new: Sequence[pg_queue.New]) -> Sequence[None]:
        with self._db.beside(is_durable=False) as connection:
            pg_queue.append(connection, new, is_urgent=False)
        return [None] * len(new)

    async def _in_thread(self, work: Callable[..., T], *, is_durable: bool = False) -> T:
        def do() -> T:
            with self._db.beside(is_durable=is_durable) as connection:
                return work(connection)

        return await self._crew.run(do)

    async def _hear(self) -> None:
        """Wake the reader at every notice, and whenever the connection for them is new."""
        while True:
            try:
                async with self._db.notices(pg_queue.NOTICES) as notices:
                    self._news.set()
                    async for notice in notices:
                        if getattr(notice, "payload", ""):
                            self._urgent.set()
                        self._news.set()
            except AwayError:
                pass
            await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        """Take operations as they come; a notice that was lost costs a second and nothing else."""
        while True:
            self._news.clear()
            self._urgent.clear()
            try:
                if self._current_s is None or self._monotonic() - self._current_s > pg_queue.KEPT_US / 2e6:
                    await self._begin()
                asked_s = self._monotonic()  # what comes is as of then, however long it takes
                while await self._take_next():
                    asked_s = self._monotonic()
                self._current_s = asked_s
            except (*AWAY, ApiError):
                await asyncio.sleep(RETRY_S)
                continue
            await self._rest()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_S)

    async def _rest(self) -> None:
        """Let operations gather; longer while nobody here waits for one or listens."""
        for _ in range(RESTS_UNHEARD):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), REST_S)
            if self._urgent.is_set() or self._answers or self.hub.is_heard:
                break

    async def _begin(self) -> None:
        """Take the kept channels and the operations after them, and forget what this process knew."""

        def read() -> tuple[int, list[Row[Any]], list[_Read], int]:
            with self._db.read() as connection:
                kept, rows, newest = pg_queue.read_kept(connection)
                return turns.now_us(connection), kept, [_Read(row, self._said) for row in rows], newest

        now_us, kept, rows, newest = await self._reader.run(read)
        channels = []
        self._taken.clear()
        for row in kept:
            try:
                channels.append(restore(row.probe_id, row.state_json, now_us, self._monotonic()))
            except ContractError as error:  # of another release
                log.warning("what is kept of a probe cannot be read: %s", error)
            self._taken[row.probe_id] = self._kept[row.probe_id] = row.op_id
        self.hub.replace_channels(channels)
        self._take(rows, now_us)
        self._op_id = newest

    async def _take_next(self) -> bool:
        """Take the next operations; False when there were no more."""

        def read() -> tuple[int, list[_Read]]:
            rows = self._db.look(partial(pg_queue.read_after, op_id=self._op_id))
            return rows[-1].now_us if rows else 0, [_Read(row, self._said) for row in rows]

        now_us, rows = await self._reader.run(read)
        self._take(rows, now_us)
        return len(rows) == pg_queue.READ_AT_ONCE

    def _take(self, operations: list[_Read], now_us: int) -> None:
        for one in operations:
            self._op_id = one.op_id
            if one.said is None or one.op_id <= self._taken.get(one.probe_id, -1):
                continue  # it is in the channel that was kept
            if one.probe_id:
                self._taken[one.probe_id] = one.op_id
            answer = self._answers.get(one.origin)
            when = Moment(one.op_id, max(0.0, (now_us - one.op_id) / 1e6))
            try:
                result = apply(self.hub, one.probe_id, one.said, when)
            except ApiError as refusal:
                if answer is not None and not answer.done():
                    answer.set_exception(refusal)
            else:
                if answer is not None and not answer.done():
                    answer.set_result(result)

    async def _tend(self) -> None:
        """Every few seconds: which probe is silent, how many processes serve; now and then keep the channels."""
        kept_s = self._monotonic()
        while True:
            self.hub.find_silent()
            try:
                sign = partial(pg_queue.sign_of_life, process_id=self._process_id)
                self.hub.processes = self._shares.processes = await self._in_thread(sign)
                if self._monotonic() - kept_s > self._keep_s:
                    await self._keep_channels()
                    kept_s = self._monotonic()
            except (*AWAY, ApiError):
                pass  # the next round does it
            await asyncio.sleep(SILENCE_CHECK_S)

    async def _keep_channels(self) -> None:
        changed = {probe_id: op_id for probe_id, op_id in self._taken.items() if self._kept.get(probe_id) != op_id}
        states = {probe_id: (op_id, keep(self.hub.channel(probe_id))) for probe_id, op_id in changed.items()}
        await self._in_thread(partial(pg_queue.keep_channels, states=states))
        self._kept |= changed
