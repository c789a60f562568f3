"""The exchange by way of the database: whoever begins later, or was cut off, comes to what all the others know."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from server.bounds.thread_pools import PersonalShares
from server.interface.errors import ApiError
from server.live import pg_queue, shared
from server.live.channel import MAX_PENDING
from server.live.hub import LiveHub
from server.live.operations import keep, restore
from server.live.shared import SharedExchange
from server.signing.keys import Key
from server.store.db import Database
from server.store.faults import AwayError
from server.store.schema import live_operations
from sweep.phrases import Phrase
from sweep.report import CommandEvent, PauseCommand, ResumeCommand, new_id, utc_now
from tests.entry_factory import signer
from tests.server.live_kit import PROBE, guidance, message, state, text
from tests.waiting import PATIENCE_S, wait_on_loop

KEY = Key(signer("probe").key_id, signer("probe").public_key, "demo", PROBE, "test", 0, None, None)


class FakeTime:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as found:
        yield found


class DeafDatabase(Database):
    """One whose notices do not come: the connection for them cannot be made, or is open and says nothing."""

    def __init__(self, url: str, *, is_open: bool) -> None:
        super().__init__(url)
        self._is_open = is_open

    @asynccontextmanager
    async def notices(self, channel: str) -> AsyncIterator[AsyncIterator[object]]:
        if not self._is_open:
            raise AwayError(Phrase("database_does_not_answer"))
        async with super().notices(channel) as unheard:
            yield _but(unheard)


async def _but(unheard: AsyncIterator[object]) -> AsyncIterator[object]:
    """None of what comes."""
    async for notice in unheard:
        for _ in ():
            yield notice


pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("database_kind", ["postgres"], indirect=True),
]


@asynccontextmanager
async def _process(db: Database, clock: FakeTime | None = None) -> Any:
    """The exchange of one more process."""
    monotonic = clock or FakeTime()
    exchange = SharedExchange(LiveHub(monotonic), db, PersonalShares(), monotonic)
    task = asyncio.create_task(exchange.run())
    try:
        yield exchange
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _resume(sweep_id: UUID) -> ResumeCommand:
    issued = utc_now()
    return ResumeCommand(
        command_id=new_id(), issued=issued, expires=issued + timedelta(seconds=60), command="resume", sweep_id=sweep_id
    )


def _pause(sweep_id: UUID) -> PauseCommand:
    issued = utc_now()
    return PauseCommand(
        command_id=new_id(), issued=issued, expires=issued + timedelta(minutes=15), command="pause", sweep_id=sweep_id
    )


def _known(exchange: SharedExchange) -> dict[str, Any]:
    """What a process knows of the probe; when it was last heard of differs by nothing either."""
    known: dict[str, Any] = json.loads(keep(exchange.hub.channel(PROBE)))
    return known


async def _same(*exchanges: SharedExchange) -> None:
    """Wait until all know what the one knows that took in the last."""
    first, *others = exchanges

    def are_same() -> bool:
        have_heard = all(exchange.hub.has_heard_of(PROBE) for exchange in exchanges)
        return have_heard and all(_known(other) == _known(first) for other in others)

    await wait_on_loop(are_same, "what all processes know")


def _keep(db: Database, exchange: SharedExchange, **bounds: int) -> None:
    """Keep what a process knows that has taken everything."""
    with db.beside(is_durable=False) as connection:
        *_, newest = pg_queue.read_kept(connection)
        pg_queue.keep_channels(connection, {PROBE: (newest, keep(exchange.hub.channel(PROBE)))}, **bounds)


def _run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(4 * PATIENCE_S):
            await scenario()

    asyncio.run(bounded())


async def _play(one: SharedExchange, other: SharedExchange) -> None:
    """Some of everything, now here and now there."""
    sweep_id = new_id()
    stop, resumed = _pause(sweep_id), _resume(sweep_id)
    assert await one.publish(PROBE, KEY, (state(0, "running", sweep_id), guidance(1, "first", sweep_id))) == 2
    assert await other.publish(PROBE, KEY, (guidance(4, "second", sweep_id),)) == 1
    await one.enqueue(PROBE, resumed, sweep_id, asked_by="점검자-01")
    assert await other.fetch(PROBE, KEY, None, 0) == (resumed,)
    await other.enqueue(PROBE, stop, sweep_id, asked_by="점검자-02")
    assert (await one.enqueue(PROBE, resumed, sweep_id, asked_by="")).answer == "waiting"
    assert await one.fetch(PROBE, KEY, None, 0) == (resumed, stop)  # what was handed out keeps its place
    assert await one.fetch(PROBE, KEY, resumed.command_id, 0) == (stop,)
    said = CommandEvent(type="command", command_id=resumed.command_id, accepted=True, text=text("ok"))
    await other.publish(PROBE, KEY, (message(5, said, sweep_id),))


def test_who_begins_later_comes_to_the_same(db: Database) -> None:
    async def scenario() -> None:
        async with _process(db) as one, _process(db) as two:
            await _play(one, two)
            await _same(one, two)
            assert one.hub.view(KEY, PROBE).missed == 2
            async with _process(db) as three:  # from the operations alone
                await _same(one, three)
            await asyncio.to_thread(_keep, db, one)
            await two.publish(PROBE, KEY, (guidance(6, "third", None),))
            async with _process(db) as four:  # from what was kept, and the operations after it
                await _same(one, two, four)
                assert four.hub.view(KEY, PROBE).online

    _run(scenario)


def test_what_every_kept_channel_contains_is_removed_and_nothing_else(db: Database) -> None:
    def count() -> int:
        with db.read() as connection:
            return connection.scalar(select(func.count()).select_from(live_operations)) or 0

    async def scenario() -> None:
        async with _process(db) as one, _process(db) as two:
            await _play(one, two)
            await _same(one, two)
            await asyncio.to_thread(_keep, db, one)
            before = await asyncio.to_thread(count)
            assert before > 5  # none is old
            await asyncio.to_thread(_keep, db, one, most=3)
            assert await asyncio.to_thread(count) == 3
            await asyncio.to_thread(_keep, db, one, kept_us=0)
            assert await asyncio.to_thread(count) == 0
            async with _process(db) as three:
                await wait_on_loop(lambda: three.hub.has_heard_of(PROBE), "the third hears of it")
                assert _known(three) == _known(one)
                await three.publish(PROBE, KEY, (guidance(9, "after", None),))
                await _same(one, two, three)

    _run(scenario)


def test_a_refusal_is_that_of_the_process_that_asked(db: Database) -> None:
    async def scenario() -> None:
        async with _process(db) as one, _process(db) as two:
            sweep_id = new_id()
            for _ in range(MAX_PENDING):
                await one.enqueue(PROBE, _resume(sweep_id), sweep_id, asked_by="")
            with pytest.raises(ApiError, match="does not fetch"):
                await two.enqueue(PROBE, _resume(sweep_id), sweep_id, asked_by="")
            await _same(one, two)

    _run(scenario)


def test_a_poll_here_is_woken_by_a_command_there(db: Database) -> None:
    async def scenario() -> None:
        async with _process(db) as one, _process(db) as two:
            poll = asyncio.create_task(one.fetch(PROBE, KEY, None, 1e6))
            await wait_on_loop(lambda: two.hub.has_heard_of(PROBE), "the second hears of it")
            wanted = _resume(new_id())
            await two.enqueue(PROBE, wanted, wanted.sweep_id, asked_by="")
            assert await asyncio.wait_for(poll, PATIENCE_S) == (wanted,)

    _run(scenario)


@pytest.mark.parametrize("is_open", [False, True], ids=["cut off", "silent"])
def test_without_notices_a_post_reaches_the_page_and_a_stop_the_probe(database_url: str, is_open: bool) -> None:
    async def scenario() -> None:
        with closing(DeafDatabase(database_url, is_open=is_open)) as deaf:
            async with _process(deaf) as one, _process(deaf) as two:
                sweep_id = new_id()
                await two.publish(PROBE, KEY, (state(0, "running", sweep_id),))
                await wait_on_loop(lambda: one.hub.has_heard_of(PROBE), "the first hears of it")
                page = one.hub.listen(PROBE, new_id(), "")
                await two.publish(PROBE, KEY, (guidance(1, "first", sweep_id),))
                await wait_on_loop(lambda: page.queue.qsize() == 2, "two events")
                assert [page.queue.get_nowait().name for _ in range(2)] == ["state", "guidance"]
                poll = asyncio.create_task(one.fetch(PROBE, KEY, None, 1e6))
                await wait_on_loop(lambda: one.hub.channel(PROBE).polls == 1, "a poll")
                stop = _pause(sweep_id)
                await two.enqueue(PROBE, stop, sweep_id, asked_by="점검자-01")
                assert await asyncio.wait_for(poll, PATIENCE_S) == (stop,)

    _run(scenario)


def test_where_nobody_listens_news_are_left_until_somebody_does(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "RESTS_UNHEARD", 1_000_000)  # without end

    async def scenario() -> None:
        async with _process(db) as one, _process(db) as two:
            sweep_id, stop = new_id(), _pause(new_id())
            assert await one.fetch(PROBE, KEY, None, 0) == ()  # it serves, and rests from now on
            await two.publish(PROBE, KEY, (state(0, "running", sweep_id),))
            await asyncio.sleep(4 * shared.REST_S)  # nothing may come meanwhile: there is nothing to wait for
            assert _known(one) != _known(two)
            page = one.hub.listen(PROBE, new_id(), "")
            await _same(two, one)
            one.hub.leave(page)
            assert await one.publish(PROBE, KEY, (guidance(1, "own", sweep_id),)) == 1
            await two.enqueue(PROBE, stop, stop.sweep_id, asked_by="")
            await _same(two, one)

    _run(scenario)


def test_a_process_that_was_cut_off_for_long_begins_anew_and_ends_its_streams(db: Database) -> None:
    async def scenario() -> None:
        clock = FakeTime()
        async with _process(db, clock) as one, _process(db) as two:
            await _play(one, two)
            await _same(one, two)
            listener = one.hub.listen(PROBE, new_id(), "")
            clock.now_s += pg_queue.KEPT_US / 2e6 + 1  # as if nothing had been read for so long
            await two.publish(PROBE, KEY, (guidance(7, "meanwhile", None),))
            await wait_on_loop(lambda: listener.is_lost, "the listener is lost")
            assert [listener.queue.get_nowait().name for _ in range(listener.queue.qsize())] == ["closing"]
            await _same(two, one)

    _run(scenario)


def test_a_number_is_never_given_twice_and_grows(db: Database) -> None:
    async def scenario() -> None:
        async with _process(db) as one, _process(db) as two:
            posts = [(one, two)[number % 2].publish(PROBE, KEY, (guidance(number, "a", None),)) for number in range(60)]
            await asyncio.gather(*posts)
            await _same(one, two)

    _run(scenario)
    with db.read() as connection:
        numbers = connection.scalars(select(live_operations.c.op_id)).all()
    assert len(numbers) == len(set(numbers)) == 60


def test_restored_from_its_row(db: Database) -> None:
    async def scenario() -> None:
        async with _process(db) as one, _process(db) as two:
            await _play(one, two)
            row = keep(one.hub.channel(PROBE))
            assert keep(restore(PROBE, row, int(utc_now().timestamp() * 1e6), 5.0)) == row
            old = restore(PROBE, row, int((utc_now().timestamp() + 3_600) * 1e6), 5.0)
            assert not old.is_online

    _run(scenario)
