"""One HTTP request and its whole answer, bounded in time and size whatever the other side does.

Input is a request; output is status and bytes of the answer, or a `ServerUnreachableError` with one line.  An answer
that drips, never ends, is compressed unasked, or is larger than anything a server of ours says, is none.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from sweep.phrases import Phrase
from sweep.report.base import reject_duplicate_keys

TIMEOUT_S: Final = 15.0
SLOWEST_BYTES_PER_S: Final = 8_000.0
"""What a network must carry for an entry to pass: 64 kbit/s (guessed)."""
MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
"""The contract's largest document."""


class ServerUnreachableError(OSError):
    """The server did not answer, or answered that it cannot now; try again later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    content: bytes
    date: str | None = None
    """What time it is there, as it says."""

    def json(self) -> Any:
        """The content, decoded; None where it is not JSON in UTF-8, names a key twice or a number that is none."""
        try:
            return json.loads(
                self.content.decode("utf-8"), object_pairs_hook=reject_duplicate_keys, parse_constant=_reject_constant
            )
        except (ValueError, RecursionError):
            return None


def _reject_constant(name: str) -> Any:
    raise ValueError(Phrase("not_a_json_number", given=name))


class Exchange:
    """Connections to one address; may be used by several threads."""

    def __init__(
        self, base_url: str, transport: httpx.BaseTransport | None = None, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """`timeout_s`: for each byte, and twice that for all.  Raises ValueError for an address that is none."""
        self._timeout_s = timeout_s
        try:
            self.url = httpx.URL(base_url.rstrip("/"))
            self._client = httpx.Client(base_url=self.url, timeout=timeout_s, transport=transport)
        except httpx.InvalidURL as error:
            raise ValueError(Phrase("server_address_invalid", url=base_url, why=error)) from None
        if not self.url.host or not 0 < (self.url.port or 80) < 0x10000:
            raise ValueError(Phrase("server_address_without_host", url=base_url))
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def ask(self, method: str, target: str, body: bytes, headers: dict[str, str], wait_s: float = 0.0) -> Answer:
        """The answer to one request, which may take `wait_s` longer than others.  Raises ServerUnreachableError."""
        limit_s = 2.0 * self._timeout_s + wait_s + len(body) / SLOWEST_BYTES_PER_S
        try:
            with self._cut_off_after(limit_s), self._client.stream(
                method,
                target,
                content=body or None,
                headers={"Content-Type": "application/json", "Accept-Encoding": "identity", **headers},
                timeout=self._timeout_s + wait_s,
                extensions={"trace": self._note_socket},
            ) as response:  # fmt: skip
                return Answer(response.status_code, self._read(response), response.headers.get("Date"))
        except httpx.HTTPError as error:
            raise ServerUnreachableError(Phrase("server_no_answer", url=self.url, why=type(error).__name__)) from None

    def _read(self, response: httpx.Response) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise ServerUnreachableError(Phrase("server_answer_compressed", url=self.url))
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise ServerUnreachableError(
                    Phrase("server_answer_too_large", url=self.url, mib=MAX_ANSWER_BYTES >> 20)
                )
        return bytes(content)

    def _note_socket(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore at each step: remembers the sockets, which only it knows."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            opened = info["return_value"].get_extra_info("socket")
            if opened is not None:
                self._sockets.add(opened)

    @contextlib.contextmanager
    def _cut_off_after(self, limit_s: float) -> Iterator[None]:
        """Shut the connections when the block takes longer: httpx only bounds the wait for each single byte.

        Another thread's request at that moment fails, too, and is made again.
        """
        timer = threading.Timer(limit_s, self._cut_off)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut_off(self) -> None:
        for opened in list(self._sockets):
            with contextlib.suppress(OSError):  # closed meanwhile
                opened.shutdown(socket.SHUT_RDWR)
