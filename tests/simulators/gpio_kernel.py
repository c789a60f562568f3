"""A GPIO chip for tests: the kernel's side of gpiod, kept across processes, with every edge of a line and its time.

One line switches the camera's supply, others may be there too. A claim lives as long as its socket, so it ends as on a
real machine when its process is killed. Both kernels are modelled: a strict one makes an input of a line that was let
go of, a lax one (a Raspberry Pi's without strict_gpiod) goes on driving it. What an undriven line comes to is computed
from its pulls and the board's resistor.
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


@dataclass(frozen=True, slots=True)
class Edge:
    """A change of the line's level."""

    t_ns: int
    """CLOCK_BOOTTIME."""
    level: int


@dataclass(slots=True)
class Pin:
    """One line's hardware, as after power-on."""

    is_output: bool = False
    is_high: bool = False
    pull: str = "pull_up"
    holder: socket.socket | None = None
    consumer: str = ""
    board_ohm: float | None = None
    """From the line to ground on the board; None: nothing is connected."""
    held: int | None = None
    """The level that something outside holds it at, whatever drives it: a pressed button, a bridge of solder."""
    edges: list[Edge] = field(default_factory=list)

    @property
    def level(self) -> int:
        """As the pin reads."""
        if self.held is not None:
            return self.held
        if self.is_output:
            return int(self.is_high)
        if self.board_ohm is None:
            return int(self.pull == "pull_up")
        volts = SUPPLY_V * self.board_ohm / (self.board_ohm + PI_PULL_OHM) if self.pull == "pull_up" else 0.0
        return int(volts > OFF_BELOW_V)


@dataclass
class GpioKernel:
    """The chip; a context manager. `device` goes to processes as the chip's path."""

    device: Path
    kernel: Kernel = "strict"
    board_ohm: float | None = 3_300.0
    """R102; None: no carrier is connected."""
    offset: int = 4
    """The line that switches the camera's supply."""
    others: tuple[int, ...] = ()
    """Lines that are there, too."""
    read_back: int | None = None
    """One of these, which reads the camera's supply back."""

    def __post_init__(self) -> None:
        self.pins = {offset: Pin() for offset in (self.offset, *self.others)}
        self.pins[self.offset].board_ohm = self.board_ohm
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
    def edges(self) -> list[Edge]:
        """Of the camera's supply."""
        return self.pins[self.offset].edges

    @property
    def level(self) -> int:
        """Whether the camera has power."""
        with self._lock:
            return self.pins[self.offset].level

    @property
    def is_claimed(self) -> bool:
        """Whether a process holds the camera's line."""
        with self._lock:
            return self.pins[self.offset].holder is not None

    def power_on(self) -> None:
        """The camera's line as after power-on, before config.txt is read; a process that held it is taken for dead."""
        self._change(self.offset, is_output=False, is_high=False, pull="pull_up")

    def read_config_txt(self) -> None:
        """`gpio=4=op,dl,pd`."""
        self._change(self.offset, is_output=True, is_high=False, pull="pull_down", holder=None, consumer="")

    def hold(self, offset: int, level: int | None) -> None:
        """Something outside holds a line at that level, or lets go of it."""
        self._change(offset, held=level)

    def _change(self, offset: int, **changes: Any) -> None:
        with self._lock:
            pin = self.pins[offset]
            before = pin.level
            for name, value in changes.items():
                setattr(pin, name, value)
            if pin.level != before:
                pin.edges.append(Edge(time.clock_gettime_ns(time.CLOCK_BOOTTIME), pin.level))

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
            for offset, pin in self.pins.items():
                if pin.holder is client:
                    self._release(offset, pin)

    def _release(self, offset: int, pin: Pin) -> None:
        stays = self.kernel == "lax" and pin.is_output
        self._change(offset, is_output=stays, is_high=stays and pin.is_high, holder=None, consumer="")

    def _answer(self, client: socket.socket, asked: dict[str, Any]) -> dict[str, Any]:
        offset = asked["offset"]
        pin = self.pins.get(offset)
        if pin is None:
            return {"errno": errno.EINVAL}
        match asked:
            case {"do": "info"}:
                return {"consumer": pin.consumer, "is_output": pin.is_output}
            case {"do": "claim"} if pin.holder is not None:
                return {"errno": errno.EBUSY}
            case {"do": "claim", "direction": direction, "value": value, "bias": bias, "consumer": consumer}:
                is_output = direction == "output" or (direction == "as_is" and pin.is_output)
                is_high = bool(value) if direction == "output" else pin.is_high
                pull = bias if bias != "as_is" else pin.pull
                self._change(offset, is_output=is_output, is_high=is_high, pull=pull, holder=client, consumer=consumer)
            case {"do": "set", "value": value} if pin.holder is client and pin.is_output:
                self._change(offset, is_high=bool(value))
            case {"do": "get"} if pin.holder is client:
                is_follower = offset == self.read_back and pin.held is None
                return {"level": self.pins[self.offset].level if is_follower else pin.level}
            case _:
                return {"errno": errno.EPERM}
        return {}
