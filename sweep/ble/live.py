"""The probe's own Bluetooth adapter at a position: waits for its turn on the air, scans, and stops when everybody has
to.

Input is which adapter, how and how long; output is adverts, or why there are none or no more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from sweep.modality.liveness import boottime_ns
from sweep.modality.messages import AskTurn, Leave, Line, TakeTurn, TurnOver

if TYPE_CHECKING:
    from sweep.ble.adverts import Advert

ScanMode = Literal["active", "passive"]
CONTROLLERS: Final = Path("/sys/class/bluetooth")
ASK_EVERY_S: Final = 10.0
"""While it waits, as a sign of life: well within the time that the runner gives a silent process."""
LOOK_EVERY_S: Final = 0.25
"""The longest that a stop has to wait (guessed: a person does not notice)."""


@dataclass(frozen=True, slots=True)
class ScanEnded:
    """What a scan came to."""

    adverts: list[Advert] = field(default_factory=list)
    begun_ns: int = 0
    """CLOCK_BOOTTIME, once it had its turn."""
    ended_ns: int = 0
    because: str | None = None
    """Code that says why it heard nothing, or nothing more."""

    @property
    def listened_s(self) -> float:
        """While the adapter was there, as far as anybody knows: of one that was lost, until the last advert."""
        return (self.deaf_from_ns - self.begun_ns) / 1e9

    @property
    def deaf_from_ns(self) -> int:
        """From when on nothing could be heard."""
        if self.because is None or not self.because.startswith("ble_"):
            return self.ended_ns
        return max((advert.t_ns for advert in self.adverts), default=self.begun_ns)


@dataclass(frozen=True, slots=True)
class LiveBle:
    """The adapter, through bleak and BlueZ."""

    adapter: str | None = None
    """`hci0` and the like; None: the first that is switched on."""
    mode: ScanMode = "active"
    seconds: float = 10.0
    """How long it scans at a position."""
    bus: str | None = None
    """Address of BlueZ's message bus, where that is not the system's."""

    def scan(self, line: Line, on_partial_result: Callable[[ScanEnded], None] = lambda _: None) -> ScanEnded:
        """Adverts of the next seconds, once nobody else needs the air; `on_partial_result` hears what there are
        meanwhile.
        """
        from sweep.ble.scan import BleSourceError, listen

        with air_turn(line) as why:
            begun_ns = boottime_ns()
            if why is not None:
                return ScanEnded([], begun_ns, begun_ns, why)
            left: list[str] = []
            adverts: list[Advert] = []

            async def pause(seconds: float) -> None:
                end_s = time.monotonic() + seconds
                while not left and (left_s := end_s - time.monotonic()) > 0.0:
                    await asyncio.sleep(min(left_s, LOOK_EVERY_S))
                    left.extend(message.reason for message in line.hear() if isinstance(message, Leave))
                    on_partial_result(ScanEnded(adverts, begun_ns, boottime_ns()))

            try:
                heard = asyncio.run(
                    listen(
                        self.seconds,
                        mode=self.mode,
                        adapter=self.adapter,
                        bus=self.bus,
                        now_ns=boottime_ns,
                        pause=pause,
                        heard=adverts,
                    )
                )
            except BleSourceError as error:
                return ScanEnded(list(error.heard), begun_ns, boottime_ns(), error.code)
            return ScanEnded(heard, begun_ns, boottime_ns(), left[0] if left else None)


def has_controller(root: Path = CONTROLLERS) -> bool:
    """Whether this machine has a Bluetooth controller, be it switched off."""
    return any(root.glob("hci*"))


@contextmanager
def air_turn(line: Line) -> Iterator[str | None]:
    """The air is this modality's alone within the block; gives the code that says why it is not, else None."""
    why = _wait_for_turn(line)
    try:
        yield why
    finally:
        if why is None:
            line.say(TurnOver())


def _wait_for_turn(line: Line) -> str | None:
    while True:
        line.say(AskTurn())
        for message in line.hear(ASK_EVERY_S):
            match message:
                case TakeTurn() | Leave("nobody"):
                    return None
                case Leave(reason):
                    return reason
                case _:
                    pass
