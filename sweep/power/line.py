"""The one door to gpiod: claims the camera's supply line, low first, and sets it.

Input is a chip and an offset; output is a level. The line is claimed with its pull-down on, which outlasts the claim,
so that a released line falls even where the board's own pull-down is weak. It refuses a line that somebody else holds
and says who.
"""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self

CONSUMER: Final = "ansim-sweep-camera"
BUSY_RETRY_S: Final = 0.001
MISSING: Final = "gpiod is missing, so the camera's supply cannot be switched: pip install 'ansim-sweep[probe]'"


class PowerLineError(RuntimeError):
    """The line cannot be driven; one line that says what to do."""


@dataclass(frozen=True, slots=True)
class LinePlace:
    """Which line switches the camera's supply."""

    chip: str
    """Device file of the GPIO chip, as /dev/gpiochip0."""
    offset: int
    """Line of that chip; on a Raspberry Pi the number of the GPIO."""

    def __str__(self) -> str:
        return f"line {self.offset} of {self.chip}"


class PowerLine:
    """The line, low from the moment that it is claimed; a context manager that leaves it low."""

    def __init__(self, place: LinePlace) -> None:
        """Raises PowerLineError."""
        self._gpiod = _library()
        self._place = place
        self._request = _claim(
            self._gpiod,
            place,
            direction=self._gpiod.line.Direction.OUTPUT,
            output_value=self._gpiod.line.Value.INACTIVE,
            bias=self._gpiod.line.Bias.PULL_DOWN,
        )

    def set(self, *, is_on: bool) -> None:
        """Drive the line. Raises PowerLineError."""
        value = self._gpiod.line.Value
        try:
            self._request.set_value(self._place.offset, value.ACTIVE if is_on else value.INACTIVE)
        except OSError as error:
            raise PowerLineError(f"{self._place}: {error.strerror}") from error

    def close(self) -> None:
        """Low, then let go; may be called twice."""
        request, self._request = self._request, None
        if request is None:
            return
        try:
            request.set_value(self._place.offset, self._gpiod.line.Value.INACTIVE)
        except OSError as error:
            raise PowerLineError(f"{self._place}: {error.strerror}") from error
        finally:
            request.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def drop(place: LinePlace, patience_s: float = 0.0) -> None:
    """Drive the line low and let go of it, waiting so long for whoever still holds it. Raises PowerLineError."""
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
    """Whether the kernel goes on driving a line that was let go of: tried out with the line low.

    A claim that leaves the direction as it is makes the kernel read it from the pin. Raises PowerLineError.
    """
    gpiod = _library()
    PowerLine(place).close()
    request = _claim(gpiod, place, direction=gpiod.line.Direction.AS_IS)
    try:
        with gpiod.Chip(place.chip) as chip:
            return bool(chip.get_line_info(place.offset).direction == gpiod.line.Direction.OUTPUT)
    except OSError as error:
        raise PowerLineError(f"{place}: {error.strerror}") from error
    finally:
        request.release()


def driver_of(chip: str) -> str:
    """What the kernel calls the chip, as pinctrl-bcm2711; empty where there is no such chip. Raises PowerLineError."""
    gpiod = _library()
    try:
        with gpiod.Chip(chip) as opened:
            return str(opened.get_info().label)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return ""
        raise PowerLineError(f"{chip}: {error.strerror}") from error


class LineBusyError(PowerLineError):
    """Somebody else holds the line."""


def _claim(gpiod: Any, place: LinePlace, **settings: Any) -> Any:
    try:
        return gpiod.request_lines(place.chip, consumer=CONSUMER, config={place.offset: gpiod.LineSettings(**settings)})
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise LineBusyError(f"{place} is held by {_holder(gpiod, place)}: end that program first") from error
        if error.errno == errno.EACCES:
            raise PowerLineError(f"{place}: no permission; add this user to the group gpio") from error
        raise PowerLineError(f"{place} cannot be claimed: {error.strerror}; look at camera_power_chip") from error
    except ValueError as error:
        raise PowerLineError(f"{place} does not exist; look at camera_power_line") from error


def _holder(gpiod: Any, place: LinePlace) -> str:
    try:
        with gpiod.Chip(place.chip) as chip:
            return str(chip.get_line_info(place.offset).consumer or "somebody").strip()[:40]
    except OSError:
        return "somebody"


def _library() -> Any:
    try:
        return import_module("gpiod")
    except ImportError as error:
        raise PowerLineError(MISSING) from error
