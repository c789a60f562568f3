"""Runs the lamps through the sensor head of a bench and says when each exposure was triggered and under which lamp.

Input is an identified head, a permit, and what is wanted of the lamps; output is `Trigger`s in the Pi's time.  While it
runs it is the head's only user: a thread of its own reads the line, so that a camera never waits for it, and puts the
lamps out when the permit ends.  In a sweep `link/head_owner` does this, since others want the head too.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, deque
from types import TracebackType
from typing import Protocol, Self

from sweep.link.clock import TickClock
from sweep.link.frame import Received
from sweep.link.head import HeadRefused
from sweep.link.messages import Accepted, LampStop, Message
from sweep.link.strobe import StrobeRun
from sweep.plug import strobe
from sweep.plug.lease import RoomPermit
from sweep.plug.liveness import boottime_ns
from sweep.plug.strobe import Trigger

MAX_WAITING = 256
"""Triggers kept for a camera that is slow to ask: five seconds."""


class HeadLine(Protocol):
    """What is used of `sweep.link.head.Head`."""

    @property
    def clock(self) -> TickClock:
        """Maps ticks to the Pi's time."""

    def receive(self) -> list[Received]:
        """Messages that arrived within one read timeout."""

    def ask(self, message: Message) -> Accepted:
        """Send a command and wait for its answer."""


class Strobe:
    """Lamps in step with the camera trigger, from entering to leaving the context."""

    def __init__(self, head: HeadLine, permit: RoomPermit, ask: strobe.Strobe) -> None:
        self._head = head
        self._permit = permit
        self._run = StrobeRun(head.clock, ask)
        self._waiting: deque[Trigger] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="strobe", daemon=True)
        self._fault: BaseException | None = None

    @property
    def dropped(self) -> Counter[str]:
        """Triggers that led to nothing, by reason."""
        return self._run.dropped

    @property
    def went_off(self) -> int | None:
        """Reason number of the head when the lamps last went off by themselves."""
        return self._run.went_off

    def __enter__(self) -> Self:
        """Begin to flash. Raises RoomNotEmptyError, HeadError."""
        self._permit.check()
        self._head.ask(self._run.command)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._head.ask(LampStop())

    def triggers(self) -> list[Trigger]:
        """Those that came since it was last asked. Raises what ended the reading thread."""
        if self._fault is not None:
            raise self._fault
        with self._lock:
            found = list(self._waiting)
            self._waiting.clear()
        return found

    def _read(self) -> None:
        try:
            while not self._stop.is_set():
                if not self._permit.holds():
                    self._head.ask(LampStop())
                    self._permit.check()
                self._flash_red()
                for event in self._head.receive():
                    trigger = self._run.take(event.message)
                    if trigger is not None:
                        self._keep(trigger)
        except BaseException as fault:  # noqa: BLE001  # raised where the triggers are asked for
            self._fault = fault

    def _flash_red(self) -> None:
        """A burst whose time has come, under the permit just looked at; the head refuses it while red rests."""
        burst = self._run.due(boottime_ns())
        if burst is not None:
            with contextlib.suppress(HeadRefused):
                self._head.ask(burst)

    def _keep(self, trigger: Trigger) -> None:
        with self._lock:
            self._waiting.append(trigger)
            if len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self._run.dropped["trigger_not_asked_for"] += 1
