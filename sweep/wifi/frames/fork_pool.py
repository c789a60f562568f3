"""Work on many things at once: copies of this process take them one by one from a common queue.

Input is a function of a number; output is its results in order.  What a copy could not do, or was killed over, is done
here again, so that a result never depends on whether there were copies.  It forks only a process of one thread, since
the other threads of a copy are dead and what they held stays locked.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, Self, TypeVar

T = TypeVar("T")

_TICKET = struct.Struct("=I")
_MAX_TICKETS = 4_096
"""Tickets in the queue at once: derived, a pipe takes 65,536 octets before a writer waits; what follows shares the last
one."""


def is_single_threaded() -> bool:
    """True where the system says that this process has one thread; False where it says nothing."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:
        return False


class ForkPool(Generic[T]):
    """Copies at work; a context manager that ends with them."""

    def __init__(
        self,
        work: Callable[[int], T],
        count: int,
        processes: int,
        may_fork: Callable[[], bool] = is_single_threaded,
    ) -> None:
        """Start `processes` - 1 copies on `work(0)` … `work(count - 1)`; give what takes longest the lowest numbers.

        `may_fork`: whether no other thread holds anything that the work needs.
        """
        self._work = work
        self._count = count
        self._done: dict[int, T] = {}
        self._copies: list[tuple[int, int]] = []
        self._queue, source = os.pipe()
        tickets = min(count, _MAX_TICKETS)
        os.write(source, b"".join(map(_TICKET.pack, range(tickets))))
        os.close(source)
        for _ in range(min(processes, tickets) - 1 if may_fork() else 0):
            self._copies.append(self._fork())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._queue)
        for pid, results in self._copies:
            os.close(results)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def finish(self) -> list[T]:
        """Take part in the rest and wait for the copies; what `work` raises here is raised."""
        self._take_part()
        for _, results in self._copies:
            with os.fdopen(os.dup(results), "rb") as stream, suppress(EOFError, pickle.UnpicklingError):
                self._done |= pickle.load(stream)  # noqa: S301  written by a copy of this process
        return [self._done[number] if number in self._done else self._work(number) for number in range(self._count)]

    def _take_part(self) -> None:
        while ticket := os.read(self._queue, _TICKET.size):
            first = _TICKET.unpack(ticket)[0]
            for number in range(first, self._count if first == _MAX_TICKETS - 1 else first + 1):
                self._done[number] = self._work(number)

    def _fork(self) -> tuple[int, int]:
        results, target = os.pipe()
        pid = os.fork()
        if pid:
            os.close(target)
            return pid, results
        try:  # in the copy, which must never return
            self._take_part()
            with os.fdopen(target, "wb") as stream:
                pickle.dump(self._done, stream)
        finally:
            os._exit(0)
