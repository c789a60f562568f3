"""The server of a field test's pages: what it listens on, whom it hears how long, and what it does first when it ends.

Input are an application and listening places; output is nothing, until Ctrl-C or another end.  Refuses an address in
the network more than a few connections, and closes those that send no whole request in time; this machine is apart.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS: Final = 8
"""Of one address in the network; a browser opens six."""
ALL_CONNECTIONS: Final = 128
"""Of all of them: this machine's own browser still finds a place (guessed)."""
REQUEST_S: Final = 6.0
"""How long a connection may last without a whole request's head; the page asks every 2.5 s (guessed)."""
ENDING_S: Final = 1
"""How long requests on their way are waited for at the end."""
LOGGERS: Final = ("uvicorn.error", "asyncio")


class FewConnections(H11Protocol):
    """A connection, one of a few."""

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn does
        """By asyncio."""
        super().connection_made(transport)
        if self.is_foreign:
            others = [one for one in self.connections if isinstance(one, FewConnections) and one.is_foreign]
            own = sum(one.host == self.host for one in others)
            if own > CONNECTIONS or len(others) > ALL_CONNECTIONS:
                transport.abort()
                return
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """By asyncio."""
        if self._overdue is not None:
            self._overdue.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """By uvicorn: the next request may come."""
        super().on_response_complete()
        self._wait_for_request()

    @property
    def host(self) -> str:
        """Whose it is."""
        return "" if self.client is None else self.client[0]

    @property
    def is_foreign(self) -> bool:
        """Whether it comes from another machine."""
        return not (self.host and ip_address(self.host).is_loopback)

    def _wait_for_request(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
        self._overdue = self.loop.call_later(REQUEST_S, self._close_unless_asked) if self.is_foreign else None

    def _close_unless_asked(self) -> None:
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr] # None before the first
            self.transport.abort()


class EndingServer(uvicorn.Server):
    """Does something first when it ends, whatever ends it."""

    def __init__(self, config: uvicorn.Config, at_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._at_end = at_end

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """By uvicorn, a tenth of a second after the signal at most."""
        self._at_end()
        await super().shutdown(sockets)


class OneLineASecond(logging.Filter):
    """Lets a line a second through, without its traceback; says how many it kept back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._last_s, self._kept_back = clock, float("-inf"), 0

    def filter(self, record: logging.LogRecord) -> bool:
        """By logging."""
        if self._clock() - self._last_s < 1.0:
            self._kept_back += 1
            return False
        why = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        said = [record.getMessage().partition("\n")[0], *([] if why is None else [repr(why)])]
        more = f" (+{self._kept_back})" if self._kept_back else ""
        record.msg, record.args, record.exc_info, record.exc_text = ": ".join(said) + more, None, None, None
        self._last_s, self._kept_back = self._clock(), 0
        return True


@contextmanager
def _quiet() -> Iterator[None]:
    one = OneLineASecond()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addFilter(one)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(one)


def bound(address: str, port: int) -> socket:
    """A listening place; 0: any free port. Raises OSError."""
    listener = socket(AF_INET, SOCK_STREAM)
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(app: ASGIApp, listeners: Sequence[socket], at_end: Callable[[], None] = lambda: None) -> None:
    """Until Ctrl-C. `at_end`: done at the signal, before anything else, and once more when nobody is served."""
    config = uvicorn.Config(
        app, http=FewConnections, ws="none", log_level="warning", access_log=False, proxy_headers=False,
        server_header=False, timeout_graceful_shutdown=ENDING_S,
    )  # fmt: skip
    try:
        with suppress(KeyboardInterrupt), _quiet():  # uvicorn raises it anew once everything is closed
            EndingServer(config, at_end).run(sockets=list(listeners))
    finally:
        at_end()
