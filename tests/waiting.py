"""Waiting for a real process or thread, where there is no clock to inject: the only place of a test that polls.

A bound that people rely on is held to what the parts themselves take: `Queued` tells what the machine took.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 60.0
"""After this what is waited for is taken for hung: guessed, a hundred times what it takes on a machine that is free."""
LONGEST_S = 600.0
"""After this a test is taken for hung and fails: guessed, ten times what the slowest takes alone.  Not in long runs."""


def wait_until(is_so: Callable[[], object], what: str, patience_s: float = PATIENCE_S, every_s: float = 0.001) -> None:
    """Look every so often whether a condition holds. Raises AssertionError with `what` when it never does in time."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, f"{what}: not in {patience_s} s"
        time.sleep(every_s)


async def wait_on_loop(is_so: Callable[[], object], what: str) -> None:
    """The same of what tasks of this event loop change: it looks there, where nobody changes anything meanwhile."""
    loop = asyncio.get_running_loop()

    async def look() -> object:
        return is_so()

    def ask() -> object:
        return asyncio.run_coroutine_threadsafe(look(), loop).result()

    await asyncio.to_thread(wait_until, ask, what)


class Queued:
    """How long the threads of this process and of all below it have been ready without a processor since it was made.

    All of them together, also those for which nobody waited: on a machine that is free it is next to nothing, on a busy
    one a bound that it is taken from is mild.  Nothing where the kernel does not count it.
    """

    def __init__(self) -> None:
        self._before = _queued_ns()

    def seconds(self) -> float:
        """Until now."""
        return sum(now - self._before.get(thread, 0) for thread, now in _queued_ns().items()) / 1e9


def descendants(pid: int) -> list[int]:
    """That process and all below it."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            except OSError:  # it has ended
                continue
            below.setdefault(int(parent), []).append(int(folder.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += below.get(found[-1], [])
    return found


def _queued_ns() -> dict[str, int]:
    """By thread: the second word of schedstat (Linux, Documentation/scheduler/sched-stats.rst)."""
    found = {}
    for pid in descendants(os.getpid()):
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                found[str(file)] = int(file.read_text(encoding="ascii").split()[1])
            except OSError:  # it has ended
                continue
    return found
