"""Stands in for gpiod 2 in processes under test: what the wrapper uses of it, over the socket of `gpio_kernel`."""

from __future__ import annotations

import errno
import json
import os
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from . import line

__all__ = ["Chip", "ChipInfo", "LineInfo", "LineRequest", "LineSettings", "line", "request_lines"]


@dataclass
class LineSettings:
    """As gpiod's, as far as it is used."""

    direction: line.Direction = line.Direction.AS_IS
    output_value: line.Value = line.Value.INACTIVE
    bias: line.Bias = line.Bias.AS_IS


@dataclass(frozen=True)
class ChipInfo:
    """As gpiod's, as far as it is used."""

    label: str


@dataclass(frozen=True)
class LineInfo:
    """As gpiod's, as far as it is used."""

    consumer: str
    direction: line.Direction


def _open(path: str) -> socket.socket:
    if not os.path.exists(path):  # noqa: PTH110 - nothing but what is needed is loaded here
        raise FileNotFoundError(2, "No such file or directory", path)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(path)
    return client


def _ask(client: socket.socket, **asked: Any) -> dict[str, Any]:
    client.send(json.dumps(asked).encode())
    answer: dict[str, Any] = json.loads(client.recv(4_096))
    if number := answer.get("errno"):
        if number == errno.EINVAL:
            raise ValueError("line offset out of range")
        raise OSError(number, os.strerror(number))
    return answer


class LineRequest:
    """A claim, which lives as long as its socket."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def set_value(self, line: int | str, value: line.Value) -> None:
        """Drive the line."""
        _ask(self._client, do="set", offset=line, value=value.value)

    def get_value(self, line: int | str) -> line.Value:
        """How the pin reads."""
        return VALUES[_ask(self._client, do="get", offset=line)["level"]]

    def release(self) -> None:
        """Let go of it."""
        self._client.close()


def request_lines(path: str, config: dict[int, LineSettings], consumer: str | None = None) -> LineRequest:
    """Claim one line."""
    ((offset, settings),) = config.items()
    client = _open(path)
    try:
        _ask(
            client,
            do="claim",
            offset=offset,
            direction=settings.direction.name.lower(),
            value=settings.output_value.value,
            bias=settings.bias.name.lower(),
            consumer=consumer or "?",
        )
    except (OSError, ValueError):
        client.close()
        raise
    return LineRequest(client)


class Chip:
    """A chip that can be asked about its lines."""

    def __init__(self, path: str) -> None:
        self._client = _open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def get_info(self) -> ChipInfo:
        """What the chip is called."""
        return ChipInfo("gpio-stand-in")

    def get_line_info(self, line: int | str) -> LineInfo:
        """Who holds a line, and which way it is."""
        found = _ask(self._client, do="info", offset=line)
        return LineInfo(found["consumer"], DIRECTIONS[found["is_output"]])


VALUES = {0: line.Value.INACTIVE, 1: line.Value.ACTIVE}
DIRECTIONS = {True: line.Direction.OUTPUT, False: line.Direction.INPUT}
