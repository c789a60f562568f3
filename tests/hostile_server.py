"""A server on the loopback address that answers each request with exactly the bytes it is told to, then hangs up."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    method: str
    target: str
    body: bytes


Bytes = bytes | Iterable[bytes] | None
"""Sent as they are, whole or piece by piece; None: hang up at once."""


def http(status: int, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    """A well-formed answer."""
    head = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode() + body


def as_json(value: object, status: int = 200) -> bytes:
    return http(status, json.dumps(value).encode())


class _Drip(Iterable[bytes]):
    """Header after header, ten a second, for as long as anybody listens."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX: "
        while True:
            time.sleep(0.1)  # the pace is the attack
            yield b"a"


PORTAL: Final = b"<!doctype html><title>Sign in to Free WiFi</title><form action=/login>"
DRIP: Final = _Drip()
ENDLESS: Final = (b"10000\r\n" + b" " * 0x10000 + b"\r\n",) * 200

ATTACKS: Final[dict[str, Bytes]] = {
    "login page": http(200, PORTAL, kind="text/html"),
    "redirect to a login page": http(302, b"", "Location: http://127.0.0.1:9/login"),
    "redirect to nowhere": http(302, b"", "Location: http://[::bad"),
    "permanent redirect": http(308, b"", "Location: /login"),
    "nothing": http(200, b""),
    "no content": http(204, b""),
    "not JSON": http(200, b"{'a': 1}"),
    "not UTF-8": http(200, b'{"public_key": "\xff\xfe"}'),
    "UTF-16": http(200, '{"commands": []}'.encode("utf-16-be")),
    "null": as_json(None),
    "a list": as_json([]),
    "a number": http(200, b"1e999"),
    "NaN": http(
        200,
        b'{"public_key": NaN, "accepted": NaN, "commands": NaN, "payload": NaN}',
        "X-Y: z",
    ),
    "an object": as_json({}),
    "wrong types": as_json({"public_key": 5, "accepted": "1", "commands": {"a": 1}}),
    "nothing known": as_json({"public_key": "aa", "accepted": None, "commands": None, "ok": True}),
    "a key twice": http(200, b'{"commands": [], "commands": [7], "accepted": "x"}'),
    "a huge number": http(200, b'{"commands": [' + b"9" * 100_000 + b"]}x"),
    "deep": http(200, b'{"commands":' + b"[" * 200_000),
    "deep and closed": http(200, b'{"public_key":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "huge": http(200, b'{"commands": "' + b"a" * 9_000_000 + b'"}'),
    "endless": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *ENDLESS),
    "a bomb": http(200, gzip.compress(b" " * 50_000_000), "Content-Encoding: gzip"),
    "cut off": b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"commands": [',
    "cut off in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "noise": bytes(range(256)) * 8,
    "a status of no kind": b"HTTP/1.1 9999 X\r\n\r\n",
    "a wrong length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(20_000)) + b"\r\n",
    "hung up": None,
    "an error page": http(500, b"<h1>Internal Server Error</h1>", kind="text/html"),
    "an error of another kind": as_json({"error": "no"}, 400),
    "an error nested wrongly": as_json({"error": {"message": ["a"]}}, 422),
    "unauthorised by a proxy": http(407, b"", 'Proxy-Authenticate: Basic realm="x"'),
}


class HostileServer:
    """Answers with what `answer` says for a request; a context manager."""

    def __init__(self, answer: Callable[[Request], Bytes]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.connections = 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.connections += 1
                with contextlib.suppress(OSError, ValueError):  # the probe hung up
                    outer._serve(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        method, target, _ = handler.rfile.readline().decode("latin-1").split(" ", 2)
        length = 0
        while (line := handler.rfile.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        request = Request(method, target, handler.rfile.read(length))
        self.requests.append(request)
        said = self.answer(request)
        if said is None:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        for part in (said,) if isinstance(said, bytes) else said:
            handler.wfile.write(part)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
