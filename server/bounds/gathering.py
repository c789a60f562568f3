"""Questions that come at about the same time, answered together by one piece of work in a thread.

One round trip to a database costs the same for one question and for twenty: the more come, the fewer each costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from server.bounds.thread_pools import Pool
from server.interface.errors import busy
from sweep.phrases import Phrase

Q = TypeVar("Q")
A = TypeVar("A")


class Gathering(Generic[Q, A]):
    """Asked on one event loop; work begins after each question that it answers was asked."""

    def __init__(
        self, pool: Pool, work: Callable[[Sequence[Q]], Sequence[A]], *, linger_s: float, most: int, max_waiting: int
    ) -> None:
        """`work` answers up to `most` questions in their order; it begins `linger_s` after the first of them."""
        self._pool, self._work = pool, work
        self._linger_s, self._most, self._max_waiting = linger_s, most, max_waiting
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """The answer, or what the work raised; ApiError 503 when too many wait already."""
        if len(self._waiting) >= self._max_waiting:
            raise busy(Phrase("too_many_ask"))
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._linger_s)
                together, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer([one for one in together if not one[1].done()])  # done: whoever asked has gone
        finally:
            self._give_up(self._waiting)

    async def _answer(self, together: list[tuple[Q, asyncio.Future[A]]]) -> None:
        if not together:
            return
        work = self._pool.run(partial(self._work, [question for question, _ in together]))
        try:
            (found,) = await asyncio.gather(work, return_exceptions=True)
            for number, (_, waiting) in enumerate(together):
                if waiting.done():
                    continue
                if isinstance(found, BaseException):
                    waiting.set_exception(found)
                else:
                    waiting.set_result(found[number])
        finally:
            self._give_up(together)

    @staticmethod
    def _give_up(left: list[tuple[Q, asyncio.Future[A]]]) -> None:
        """Nobody answers any more; does nothing to those that are answered."""
        for _, waiting in left:
            waiting.cancel()
