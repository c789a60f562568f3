"""Running the server: one uvicorn process on one port; nothing else in the project touches uvicorn."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import uvicorn

from server.app import create_app
from server.live import LiveHub
from server.settings import Settings, SettingsError

GRACE_S = 5  # guessed: an upload that began may end
KEEP_ALIVE_S = 30  # derived: longer than clients keep an idle connection, so that it is they who close it
BACKLOG = 128


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises SettingsError with one line when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    return listener


def run(
    settings: Settings,
    listener: socket.socket,
    *,
    on_started: Callable[[], None] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve on this socket until SIGINT, SIGTERM or `stop`; calls `on_started` once the server answers."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = _Server(config, app.state.services.hub, on_started, stop)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        hub: LiveHub,
        on_started: Callable[[], None] | None,
        stop: threading.Event | None,
    ) -> None:
        super().__init__(config)
        self._hub = hub
        self._on_started = on_started
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_started is not None and self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams and long polls, which would not end by themselves, and then everything else."""
        self._hub.close()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second by uvicorn; True ends the server."""
        return await super().on_tick(counter) or (self._stop is not None and self._stop.is_set())
