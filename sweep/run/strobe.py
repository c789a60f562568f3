"""Runs the lamps through the sensor head and says when each exposure was triggered and under which lamp.

Input is an identified head, a permit, the order of phases and their timing; output is `Trigger`s in the Pi's time.
While it runs it is the head's only user: a thread of its own reads the line, so that a camera never waits for it, and
puts the lamps out when the permit ends.  A trigger whose time is not known well enough to tell it from its neighbours
is dropped and counted.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from sweep.lens.clips import Phase
from sweep.lens.frames import Trigger
from sweep.lens.pairing import TOLERANCE_SHARE
from sweep.link.clock import ClockError, TickClock
from sweep.link.frame import Received
from sweep.link.messages import SLOT_NS, Accepted, Exposure, LampRun, LampsOff, LampStop, Message
from sweep.plug.lease import RoomPermit

PHASE_NUMBERS: dict[Phase, int] = {"C": 0, "A": 1, "B": 2, "M": 3, "R": 4}
PHASE_LETTERS = {number: letter for letter, number in PHASE_NUMBERS.items()}
MAX_WAITING = 256
"""Triggers kept for a camera that is slow to ask: four seconds."""
GUARD_SLOTS = 2
"""A lamp begins two slots after the trigger (wire protocol): a pulse that much shorter ends within the exposure."""


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

    def __init__(
        self,
        head: HeadLine,
        permit: RoomPermit,
        *,
        fps: float,
        exposure_s: float,
        order: Sequence[Phase] = ("A", "B", "C"),
    ) -> None:
        """`fps`: triggers a second; `order`: phases of one round, 1 to 5 of them."""
        self._head = head
        self._permit = permit
        self._order = tuple(order)
        self._period_slots = round(1e9 / fps / SLOT_NS)
        self._exposure_slots = round(exposure_s * 1e9 / SLOT_NS)
        self._waiting: deque[Trigger] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="strobe", daemon=True)
        self._fault: BaseException | None = None
        self.dropped: Counter[str] = Counter()
        self.went_off: int | None = None
        """Reason number of the head when the lamps went off by themselves."""

    @property
    def period_ns(self) -> int:
        """From trigger to trigger, as the head counts it."""
        return self._period_slots * SLOT_NS

    def __enter__(self) -> Self:
        """Begin to flash. Raises RoomNotEmptyError, HeadError."""
        self._permit.check()
        phases = bytes(PHASE_NUMBERS[letter] for letter in self._order)
        self._head.ask(
            LampRun(
                period_slots=self._period_slots,
                exposure_slots=self._exposure_slots,
                pulse_slots=max(1, self._exposure_slots - GUARD_SLOTS),
                phase_count=len(phases),
                phases=phases.ljust(5, b"\0"),
            )
        )
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
                for event in self._head.receive():
                    self._take(event.message)
        except BaseException as fault:  # noqa: BLE001  # raised where the triggers are asked for
            self._fault = fault

    def _take(self, message: Message) -> None:
        match message:
            case Exposure(tick=tick, trigger=number, phase=phase, lit_slots=lit):
                letter = PHASE_LETTERS.get(phase)
                if letter is None:
                    self.dropped["phase_unknown"] += 1
                    return
                try:
                    mapped = self._head.clock.to_boottime(tick)
                except ClockError:
                    self.dropped["clock_not_set"] += 1
                    return
                if mapped.error_ns > TOLERANCE_SHARE * self.period_ns:
                    self.dropped["clock_not_settled"] += 1
                    return
                with self._lock:
                    self._waiting.append(Trigger(number, mapped.t_ns, letter, lit > 0))
                    if len(self._waiting) > MAX_WAITING:
                        self._waiting.popleft()
                        self.dropped["trigger_not_asked_for"] += 1
            case LampsOff(reason=reason):
                self.went_off = reason
            case _:
                pass
