"""Carries connections from one socket to another: a server's port into a network namespace, by a Unix socket that is
seen from both sides.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

READ_SIZE = 1 << 16


@contextmanager
def relaying(listener: socket.socket, connect: Callable[[], socket.socket]) -> Iterator[None]:
    """Whoever connects to `listener` talks to what `connect` opens; at the end every line is cut."""
    lines: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):  # shut down at the end
            while True:
                near, _ = listener.accept()
                try:
                    far = connect()
                except OSError:
                    near.close()
                    continue
                lines.extend((near, far))
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()

    with listener:
        listener.listen()
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield
        finally:
            for one in (listener, *lines):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with source, contextlib.suppress(OSError):
        while said := source.recv(READ_SIZE):
            sink.sendall(said)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)  # which ends the pump of the other way


class Network:
    """What is between a phone and a server's port: can be cut, and is then as dead as where there is no coverage."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._joined = ExitStack()
        self.port = 0
        self.join()

    def join(self) -> None:
        """There is a network."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._joined.enter_context(
            relaying(listener, lambda: socket.create_connection(("127.0.0.1", self._server_port)))
        )

    def lead_to(self, server_port: int) -> None:
        """From now on to another port: a server that began anew."""
        self._server_port = server_port

    def cut(self) -> None:
        """There is none, also for what is under way."""
        self._joined.close()


def unix_socket(path: str) -> socket.socket:
    """A connection to the Unix socket at `path`."""
    made = socket.socket(socket.AF_UNIX)
    made.connect(path)
    return made
