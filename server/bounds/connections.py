"""The open connections of the server: how many there may be, and which has to go.

Sans-IO: running.py tells what each connection does and closes those that this table names.  A connection that waits for
its request gives way first, so that somebody who opens many and says nothing takes nothing from those who speak.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

HEADER_S = 10.0  # guessed: a request line and its headers fit into one packet; ten seconds are a very bad network
LINGER_S = 5.0  # guessed: time for a client to read a refusal while it still sends its body
STALLED_WRITE_S = 60.0  # guessed: a phone that comes out of a lift goes on reading within a minute
RESERVED_FILES = 160  # derived: 40 connections of SQLite with three files each, PostgreSQL's 16, logs, exports, pipes
MAX_CONNECTIONS = 4_000  # guessed: each takes about 20 kB here
MAX_FILES = 65_536

C = TypeVar("C")


@dataclass(slots=True)
class _State:
    address: str
    waits_since_s: float | None
    """Since when no request is being answered; None while one is."""
    limit_s: float
    unsent: int = 0
    unsent_since_s: float = 0.0


class ConnectionTable(Generic[C]):
    """Every open connection with what it is doing."""

    def __init__(self, max_connections: int, monotonic: Callable[[], float], linger_s: float = LINGER_S) -> None:
        self._max_connections, self._monotonic, self._linger_s = max_connections, monotonic, linger_s
        self._states: dict[C, _State] = {}

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._states)

    def __contains__(self, connection: C) -> bool:
        """Whether it is open and may stay so."""
        return connection in self._states

    def opened(self, connection: C, address: str) -> C | None:
        """Note a new connection; returns the one that must be closed for it, perhaps itself: there are too many."""
        victim = self._victim() or connection if len(self._states) >= self._max_connections else None
        if victim is not None:
            self._states.pop(victim, None)
        if victim is not connection:
            self._states[connection] = _State(address, self._monotonic(), HEADER_S)
        return victim

    def begins(self, connection: C) -> None:
        """The first bytes of a request came on a connection that was idle: its headers must follow."""
        state = self._states.get(connection)
        if state is not None and state.waits_since_s is not None and state.limit_s > HEADER_S:
            state.waits_since_s, state.limit_s = self._monotonic(), HEADER_S

    def answers(self, connection: C) -> None:
        """A request is whole as far as its headers and is being answered."""
        state = self._states.get(connection)
        if state is not None:
            state.waits_since_s = None

    def answered(self, connection: C, *, is_body_whole: bool, idle_s: float) -> None:
        """The answer is given; the connection may stay idle, or only until the rest of the body came."""
        state = self._states.get(connection)
        if state is not None:
            state.waits_since_s, state.limit_s = self._monotonic(), idle_s if is_body_whole else self._linger_s

    def closed(self, connection: C) -> None:
        """The connection is gone."""
        self._states.pop(connection, None)

    def overdue(self, unsent: Callable[[C], int]) -> Iterator[C]:
        """Connections to close: silent for too long, or not reading what they asked for (`unsent` bytes)."""
        now_s = self._monotonic()
        for connection, state in tuple(self._states.items()):
            size = unsent(connection)
            if size == 0 or size != state.unsent:
                state.unsent, state.unsent_since_s = size, now_s
            is_silent = state.waits_since_s is not None and now_s - state.waits_since_s > state.limit_s
            if is_silent or (size and now_s - state.unsent_since_s > STALLED_WRITE_S):
                yield connection

    def _victim(self) -> C | None:
        """The one waiting longest among those of the address that has most waiting."""
        waiting = [(state, connection) for connection, state in self._states.items() if state.waits_since_s is not None]
        if not waiting:
            return None
        address, _ = Counter(state.address for state, _ in waiting).most_common(1)[0]
        of_address = [item for item in waiting if item[0].address == address]
        return min(of_address, key=lambda item: item[0].waits_since_s or 0.0)[1]


def raise_file_limit() -> int:
    """Let this process open as many files as the system allows; returns how many connections that has room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = wanted if soft == resource.RLIM_INFINITY else soft
    return max(32, min(files - RESERVED_FILES, MAX_CONNECTIONS))
