"""Questions that come together are answered together, each with its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from server.bounds.gathering import Gathering
from server.bounds.thread_pools import Pool
from server.interface.errors import ApiError


def test_together_and_each_its_own() -> None:
    asked: list[Sequence[int]] = []

    def double(numbers: Sequence[int]) -> list[int]:
        asked.append(numbers)
        return [2 * number for number in numbers]

    async def scenario() -> list[int]:
        doubled = Gathering(Pool(1, 1), double, linger_s=0, most=3, max_waiting=5)
        found = await asyncio.gather(*(doubled.ask(number) for number in range(5)))
        return [*found, await doubled.ask(9)]

    assert asyncio.run(scenario()) == [0, 2, 4, 6, 8, 18]
    assert asked == [[0, 1, 2], [3, 4], [9]]


def test_a_fault_is_that_of_all_who_asked_and_the_next_begin_anew() -> None:
    faults = [OSError("away")]

    def answer(numbers: Sequence[int]) -> Sequence[int]:
        if faults:
            raise faults.pop()
        return numbers

    async def scenario() -> None:
        same = Gathering(Pool(1, 1), answer, linger_s=0, most=3, max_waiting=5)
        found = await asyncio.gather(same.ask(1), same.ask(2), return_exceptions=True)
        assert [str(one) for one in found] == ["away", "away"]
        assert await same.ask(3) == 3

    asyncio.run(scenario())


def test_who_does_not_fit_in_is_told_and_who_has_gone_is_not_asked_for() -> None:
    asked: list[Sequence[int]] = []

    def answer(numbers: Sequence[int]) -> Sequence[int]:
        asked.append(numbers)
        return numbers

    async def scenario() -> None:
        same = Gathering(Pool(1, 1), answer, linger_s=0, most=3, max_waiting=2)
        gone, stays = asyncio.create_task(same.ask(1)), asyncio.create_task(same.ask(2))
        await asyncio.sleep(0)  # no time passes: each task gets its turn, and both have asked
        with pytest.raises(ApiError) as refusal:
            await same.ask(3)
        assert refusal.value.status == 503
        gone.cancel()
        assert await stays == 2

    asyncio.run(scenario())
    assert asked == [[2]]
