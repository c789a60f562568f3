"""The camera's supply line: claimed low first, and left low.

Input is which line; output is its level. It is claimed with its pull-down on, which outlasts the claim, so that a
released line falls even where the board's own pull-down is weak.
"""

from __future__ import annotations

import time
from typing import Final, Self

from sweep.host.gpio import Line, LineBusyError, LinePlace, is_driven

CONSUMER: Final = "ansim-sweep-camera"
BUSY_RETRY_S: Final = 0.001


class PowerLine:
    """The line, low from the moment that it is claimed; a context manager that leaves it low."""

    def __init__(self, place: LinePlace) -> None:
        """Raises LineError."""
        self._line = Line(place, CONSUMER, drive=False, pull="down")

    def set(self, *, is_on: bool) -> None:
        """Drive the line. Raises LineError."""
        self._line.set(is_high=is_on)

    def read(self) -> bool:
        """Whether the pin is high, whatever it was driven to. Raises LineError."""
        return self._line.read()

    def close(self) -> None:
        """Low, then let go; may be called twice."""
        if not self._line.is_held:
            return
        try:
            self._line.set(is_high=False)
        finally:
            self._line.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def drop(place: LinePlace, patience_s: float = 0.0) -> None:
    """Drive the line low and let go of it, waiting so long for whoever still holds it. Raises LineError."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            PowerLine(place).close()
        except LineBusyError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(BUSY_RETRY_S)  # a killed holder's claim ends a moment after its sockets
        else:
            return


def stays_driven(place: LinePlace) -> bool:
    """Whether the kernel goes on driving a line that was let go of: tried out with the line low. Raises LineError."""
    PowerLine(place).close()
    return is_driven(place, CONSUMER)
