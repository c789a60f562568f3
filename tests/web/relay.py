"""Carries connections from one socket to another: a server's port into a network namespace, by a Unix socket that is
seen from both sides.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

READ_SIZE = 1 << 16


@contextmanager
def relaying(listener: socket.socket, connect: Callable[[], socket.socket], held: Held | None = None) -> Iterator[None]:
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
                pass_on = [lambda _: None] * 2 if held is None else [held.ask, held.answer]
                for source, sink, first in ((near, far, pass_on[0]), (far, near, pass_on[1])):
                    threading.Thread(target=_pump, args=(source, sink, first), daemon=True).start()

    with listener:
        listener.listen()
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield
        finally:
            for one in (listener, *lines):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, sink: socket.socket, first: Callable[[bytes], None]) -> None:
    with source, contextlib.suppress(OSError):
        while said := source.recv(READ_SIZE):
            first(said)
            sink.sendall(said)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)  # which ends the pump of the other way


class Held:
    """Answers that do not arrive, from a request on that begins with what is waited for."""

    def __init__(self) -> None:
        self._from: bytes | None = None
        self._may_pass = threading.Event()
        self._may_pass.set()

    def begin_with(self, request: bytes | None) -> None:
        """The next request that begins so is the last one that is heard; None: all pass."""
        self._from = request
        self._may_pass.set()

    def ask(self, said: bytes) -> None:
        """Before a request is passed on."""
        if self._from is not None and said.startswith(self._from):
            self._may_pass.clear()

    def answer(self, _: bytes) -> None:
        """Before an answer is passed on."""
        self._may_pass.wait()


class Network:
    """What is between a phone and a server's port: can be cut, and is then as dead as where there is no coverage."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._joined = ExitStack()
        self._held = Held()
        self.port = 0
        self.join()

    def join(self) -> None:
        """There is a network."""
        self._joined.enter_context(relaying(self._listen(), self._reach, self._held))

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        return listener

    def _reach(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server_port))

    def lead_to(self, server_port: int) -> None:
        """From now on to another port: a server that began anew."""
        self._server_port = server_port

    def cut(self) -> None:
        """There is none, also for what is under way."""
        self._joined.close()
        self._held.begin_with(None)

    def lose_answers_from(self, request: bytes) -> None:
        """The next request that begins so arrives, and no answer does until all is cut: those are lost."""
        self._held.begin_with(request)


class UnixNetwork(Network):
    """What is between a server and what listens on the Unix socket `there`: reached by `here`."""

    def __init__(self, there: Path, here: Path) -> None:
        self._there, self._here = there, here
        super().__init__(0)

    def _listen(self) -> socket.socket:
        self._here.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._here))
        return listener

    def _reach(self) -> socket.socket:
        return unix_socket(str(self._there))


def unix_socket(path: str) -> socket.socket:
    """A connection to the Unix socket at `path`."""
    made = socket.socket(socket.AF_UNIX)
    try:
        made.connect(path)
    except OSError:
        made.close()
        raise
    return made
