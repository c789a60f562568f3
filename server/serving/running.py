"""Running the server: one uvicorn process on one port; nothing else in the project touches uvicorn.

Connections are bounded by connections.py: a client must send its headers in time, read what it asked for, and there are
never more connections than the files of this process allow.
"""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import LOGGING_CONFIG
from uvicorn.protocols.http.h11_impl import H11Protocol

from server.api.app import create_app
from server.api.service.services import Services
from server.bounds.body_limits import PACE, Pace
from server.bounds.connections import LINGER_S, ConnectionTable, raise_file_limit
from server.config.settings import Settings, SettingsError
from server.live.hub import LiveHub
from server.server_keys.own_keys import refuse_replaced
from server.serving.logs import log_as_json
from server.serving.metrics import metrics_listener
from server.serving.sole_server import sole_server
from server.serving.tls import TlsPort
from sweep.host.service import ALIVE, READY, notify_systemd
from sweep.phrases import Phrase

GRACE_S = 5  # guessed: an upload that began may end
KEEP_ALIVE_S = 30  # derived: longer than clients keep an idle connection, so that it is they who close it
BACKLOG = 1024  # guessed: connections that wait to be accepted while the server is busy for a moment
ACCEPTED_AT_ONCE = 64  # derived: half of RESERVED_FILES; a closed connection gives its file back a moment later
DEAD_PEER_MS = 30_000  # guessed: sent and not acknowledged for so long: the phone is gone
SMALL_CONCURRENCY = 64  # guessed: a district's server asks once a minute
SWEEP_TICKS = 10  # on_tick comes ten times a second
ALIVE_TICKS = 100  # derived: six times within the unit's WatchdogSec
NO_ROOM = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 5\r\nconnection: close\r\n\r\n"
    + json.dumps(
        {
            "error": {
                "code": "busy",
                "message": {"ko": "접속이 너무 많습니다. 잠시 뒤에 다시 접속하십시오", "en": "too many connections"},
            }
        },
        ensure_ascii=False,
    ).encode()
)


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises SettingsError with one line that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio sets no TCP_NODELAY
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        match error.errno:
            case errno.EADDRINUSE:
                said = Phrase("port_taken", host=host, port=port)
            case errno.EACCES:
                said = Phrase("port_needs_rights", port=port)
            case _:
                said = Phrase("port_unusable", host=host, port=port, why=error)
        raise SettingsError(said) from None
    return listener


def run(
    settings: Settings,
    listener: socket.socket,
    *,
    tls: TlsPort | None = None,
    on_started: Callable[[], None] | None = None,
    stop: threading.Event | None = None,
    pace: Pace = PACE,
    linger_s: float = LINGER_S,
) -> None:
    """Serve on this socket, and with TLS on another one, until SIGINT, SIGTERM or `stop`.

    `on_started` is called once the server answers.

    `pace`: how fast bodies must come; `linger_s`: how long a refused one may still come.  SettingsError when another
    process serves the same SQLite file.
    """
    with sole_server(settings.url):
        _run(settings, listener, tls, on_started, stop, pace, linger_s)


def _run(
    settings: Settings,
    listener: socket.socket,
    tls: TlsPort | None,
    on_started: Callable[[], None] | None,
    stop: threading.Event | None,
    pace: Pace,
    linger_s: float,
) -> None:
    connections = ConnectionTable[_Connection](raise_file_limit(), time.monotonic, linger_s)
    if settings.log_format == "json":
        log_as_json()
    app = create_app(settings, pace)
    services: Services = app.state.services
    services.exchange.show_life()
    refuse_replaced(services.db, services.server_signer)
    config = uvicorn.Config(
        app,
        log_config=None if settings.log_format == "json" else LOGGING_CONFIG,
        http=_protocol(connections),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        backlog=ACCEPTED_AT_ONCE,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = _Server(config, services.hub, connections, tls, on_started, stop)
    with metrics_listener(services):
        server.run(sockets=[listener])


class _Stoppable(uvicorn.Server):
    """A server that says when it answers and ends when it is told."""

    def __init__(
        self, config: uvicorn.Config, on_started: Callable[[], None] | None, stop: threading.Event | None
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self.open(sockets)
        if self.started:
            notify_systemd(READY)
        if self._on_started is not None and self.started:
            self._on_started()

    async def open(self, sockets: list[socket.socket] | None) -> None:
        """What is left to open before it says that it answers."""

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second by uvicorn; True ends the server."""
        return await super().on_tick(counter) or (self._stop is not None and self._stop.is_set())


def run_small(
    app: ASGIApp,
    listener: socket.socket,
    *,
    on_started: Callable[[], None] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve another, small application, such as a witness, until SIGINT, SIGTERM or `stop`."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        limit_concurrency=SMALL_CONCURRENCY,
    )
    _Stoppable(config, on_started, stop).run(sockets=[listener])


class _PatientTransport:
    """A transport that closes in two steps where more of a request is coming in.

    To close a socket that has unread bytes, or gets some later, resets the connection, and a reset takes from the
    client what it has not read: a phone that is refused while it still sends would see a broken network instead.
    """

    def __init__(self, transport: asyncio.Transport, linger: Callable[[], bool]) -> None:
        self._transport, self._linger = transport, linger
        self.is_lingering = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """End the answer; what still comes is read and dropped until the client or the table closes, or this again."""
        if self.is_lingering or self._transport.is_closing() or not self._linger():
            self._transport.close()
            return
        self.is_lingering = True
        self._transport.resume_reading()
        if self._transport.can_write_eof():  # TLS has no half-closed connections: the client's end or the table ends it
            self._transport.write_eof()

    def is_closing(self) -> bool:
        """Whether the answer has ended."""
        return self.is_lingering or self._transport.is_closing()


class _Connection(H11Protocol):
    """One connection, that tells the table what it is doing."""

    def __init__(self, table: ConnectionTable[_Connection], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._table = table
        self._answering: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self._patient = _PatientTransport(transport, self._linger)
        super().connection_made(cast(asyncio.Transport, self._patient))
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)
        victim = self._table.opened(self, self.client[0] if self.client else "")
        if victim is self:
            transport.write(NO_ROOM)
            transport.close()
        elif victim is not None:
            victim.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._table.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._patient.is_lingering:
            super().data_received(data)

    def _linger(self) -> bool:
        if self not in self._table or self.conn.their_state not in {h11.SEND_BODY, h11.ERROR}:
            return False
        self._table.answered(self, is_body_whole=False, idle_s=0)
        return True

    def handle_events(self) -> None:
        self._table.begins(self)
        super().handle_events()
        if self.cycle is not self._answering:
            self._answering = self.cycle
            if not self.cycle.response_complete:
                self._table.answers(self)

    def on_response_complete(self) -> None:
        is_body_whole = self.conn.their_state is not h11.SEND_BODY
        self._table.answered(self, is_body_whole=is_body_whole, idle_s=self.timeout_keep_alive + 1)
        super().on_response_complete()

    @property
    def unsent(self) -> int:
        """Bytes that the client has not read yet."""
        return self.transport.get_write_buffer_size()


def _protocol(table: ConnectionTable[_Connection]) -> type[asyncio.Protocol]:
    """What uvicorn calls for each connection; it asks for a class and needs no more than something to call."""

    def make(*arguments: Any, **options: Any) -> _Connection:
        return _Connection(table, *arguments, **options)

    return cast(type[asyncio.Protocol], make)


class _Server(_Stoppable):
    def __init__(
        self,
        config: uvicorn.Config,
        hub: LiveHub,
        connections: ConnectionTable[_Connection],
        tls: TlsPort | None,
        on_started: Callable[[], None] | None,
        stop: threading.Event | None,
    ) -> None:
        super().__init__(config, on_started, stop)
        self._hub = hub
        self._connections = connections
        self._tls = tls

    async def open(self, sockets: list[socket.socket] | None) -> None:
        """Open the TLS port beside what uvicorn opened: the same protocol, application and table of connections."""
        if self._tls is not None and self.started:
            loop = asyncio.get_running_loop()
            context, listener = self._tls.context, self._tls.listener
            self.servers.append(
                await loop.create_server(self._speak, sock=listener, ssl=context, backlog=ACCEPTED_AT_ONCE)
            )
            listener.listen(BACKLOG)
        for listener in sockets or ():
            listener.listen(BACKLOG)  # asyncio set it to what it accepts at once

    def _speak(self) -> asyncio.Protocol:
        """As uvicorn makes one for its own sockets."""
        make = cast(Callable[..., asyncio.Protocol], self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams and long polls, which would not end by themselves, and then everything else."""
        self._hub.close()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second by uvicorn; True ends the server."""
        if counter % ALIVE_TICKS == 0:
            notify_systemd(ALIVE)
        if counter % SWEEP_TICKS == 0:
            for connection in self._connections.overdue(lambda item: item.unsent):
                connection.transport.abort()
        return await super().on_tick(counter)
