"""A GPIO chip for tests: the kernel's side of gpiod, kept across processes, with every edge of the line and its time.

A claim lives as long as its socket, so it ends as on a real machine when its process is killed. Both kernels are
modelled: a strict one makes an input of a line that was let go of, a lax one (a Raspberry Pi's without strict_gpiod)
goes on driving it. What an undriven line comes to is computed from its pulls and the board's resistor.
"""

from __future__ import annotations

import contextlib
import errno
import json
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

PI_PULL_OHM = 50_000.0
SUPPLY_V = 3.3
OFF_BELOW_V = 0.35
"""Of the camera's switch; in between it may be on, so it counts as on."""
Kernel = Literal["strict", "lax"]


@dataclass(slots=True)
class Pin:
    """One line's hardware, as after power-on."""

    is_output: bool = False
    is_high: bool = False
    pull: str = "pull_up"
    holder: socket.socket | None = None
    consumer: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A change of the line's level."""

    t_ns: int
    """CLOCK_BOOTTIME."""
    level: int


@dataclass
class GpioKernel:
    """The chip; a context manager. `device` goes to processes as the chip's path."""

    device: Path
    kernel: Kernel = "strict"
    board_ohm: float = 3_300.0
    """R102."""
    offset: int = 4
    edges: list[Edge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pin = Pin()
        self._lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._wake, self._waker = socket.socketpair()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="gpio kernel", daemon=True)
        self.power_on()

    def __enter__(self) -> Self:
        self._listener.bind(str(self.device))
        self._listener.listen(16)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        self._waker.send(b"\0")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        self._waker.close()

    @property
    def level(self) -> int:
        """Whether the camera has power."""
        with self._lock:
            return self._level()

    @property
    def is_claimed(self) -> bool:
        """Whether a process holds the line."""
        with self._lock:
            return self._pin.holder is not None

    def power_on(self) -> None:
        """The line as after power-on, before config.txt is read; processes that held it are taken for dead."""
        with self._lock:
            self._change(Pin(holder=self._pin.holder, consumer=self._pin.consumer))

    def read_config_txt(self) -> None:
        """`gpio=4=op,dl,pd`."""
        with self._lock:
            self._change(Pin(is_output=True, pull="pull_down"))

    def _level(self) -> int:
        pin = self._pin
        if pin.is_output:
            return int(pin.is_high)
        volts = SUPPLY_V * self.board_ohm / (self.board_ohm + PI_PULL_OHM) if pin.pull == "pull_up" else 0.0
        return int(volts > OFF_BELOW_V)

    def _change(self, pin: Pin) -> None:
        before = self._level()
        self._pin = pin
        if self._level() != before:
            self.edges.append(Edge(time.clock_gettime_ns(time.CLOCK_BOOTTIME), self._level()))

    def _run(self) -> None:
        while not self._is_over:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._selector.register(self._listener.accept()[0], selectors.EVENT_READ)
                elif isinstance(key.fileobj, socket.socket) and key.fileobj is not self._wake:
                    self._serve(key.fileobj)

    def _serve(self, client: socket.socket) -> None:
        try:
            said = client.recv(4_096)
        except OSError:
            said = b""
        with self._lock:
            if said:
                answer = self._answer(client, json.loads(said))
                with contextlib.suppress(OSError):  # killed before it heard
                    client.send(json.dumps(answer).encode())
                return
            self._selector.unregister(client)
            client.close()
            if self._pin.holder is client:
                self._release()

    def _release(self) -> None:
        stays = self.kernel == "lax" and self._pin.is_output
        self._change(Pin(is_output=stays, is_high=stays and self._pin.is_high, pull=self._pin.pull))

    def _answer(self, client: socket.socket, asked: dict[str, Any]) -> dict[str, Any]:
        pin = self._pin
        match asked:
            case {"do": "info"}:
                return {"consumer": pin.consumer, "is_output": pin.is_output}
            case {"offset": offset} if offset != self.offset:
                return {"errno": errno.EINVAL}
            case {"do": "claim"} if pin.holder is not None:
                return {"errno": errno.EBUSY}
            case {"do": "claim", "direction": direction, "value": value, "bias": bias, "consumer": consumer}:
                is_output = direction == "output" or (direction == "as_is" and pin.is_output)
                is_high = bool(value) if direction == "output" else pin.is_high
                self._change(Pin(is_output, is_high, bias if bias != "as_is" else pin.pull, client, consumer))
            case {"do": "set", "value": value} if pin.holder is client and pin.is_output:
                self._change(Pin(True, bool(value), pin.pull, client, pin.consumer))
            case _:
                return {"errno": errno.EPERM}
        return {}
