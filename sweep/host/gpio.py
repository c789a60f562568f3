"""The only module that imports gpiod: lines of a GPIO chip, claimed, driven, read and let go of.

Input is a chip and an offset; output is a level. A bias outlasts the claim, so a released line goes where its pull
takes it. It refuses a line that somebody else holds and says who; what a line is for knows whoever claims it.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal, Self

from sweep.phrases import Phrase

MISSING: Final = Phrase("gpiod_missing")
Pull = Literal["as_is", "disabled", "up", "down"]
"""Of the Raspberry Pi's own resistor; `as_is` leaves what was set before."""
BIASES: Final[dict[Pull, str]] = {"as_is": "AS_IS", "disabled": "DISABLED", "up": "PULL_UP", "down": "PULL_DOWN"}


class LineError(RuntimeError):
    """The line cannot be used; one line that says what to do."""


class LineBusyError(LineError):
    """Somebody else holds the line."""


@dataclass(frozen=True, slots=True)
class LinePlace:
    """Which line of which chip."""

    chip: str
    """Device file of the GPIO chip, as /dev/gpiochip0."""
    offset: int
    """Line of that chip; on a Raspberry Pi the number of the GPIO."""

    def __str__(self) -> str:
        return f"line {self.offset} of {self.chip}"


class Line:
    """A line that is held; a context manager that lets go of it as it then is."""

    def __init__(self, place: LinePlace, consumer: str, *, drive: bool | None = None, pull: Pull = "as_is") -> None:
        """`drive`: an output at that level from the moment that it is claimed; None: an input.  Raises LineError."""
        gpiod = library()
        directions, values = gpiod.line.Direction, gpiod.line.Value
        self._place = place
        self._values = values
        self._request = claim(
            place,
            consumer,
            direction=directions.INPUT if drive is None else directions.OUTPUT,
            output_value=values.ACTIVE if drive else values.INACTIVE,
            bias=gpiod.line.Bias[BIASES[pull]],
        )

    def set(self, *, is_high: bool) -> None:
        """Drive the line. Raises LineError."""
        try:
            self._request.set_value(self._place.offset, self._values.ACTIVE if is_high else self._values.INACTIVE)
        except OSError as error:
            raise LineError(Phrase("place_and_reason", place=self._place, why=error)) from error

    def read(self) -> bool:
        """Whether the pin is high, also that of an output. Raises LineError."""
        try:
            return bool(self._request.get_value(self._place.offset) == self._values.ACTIVE)
        except OSError as error:
            raise LineError(Phrase("place_and_reason", place=self._place, why=error)) from error

    def release(self) -> None:
        """Let go of it; may be called twice."""
        request, self._request = self._request, None
        if request is not None:
            request.release()

    @property
    def is_held(self) -> bool:
        """False once it was let go of."""
        return self._request is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def is_driven(place: LinePlace, consumer: str) -> bool:
    """Whether the kernel drives a line that nobody holds.

    A claim that leaves the direction as it is makes the kernel read it from the pin. Raises LineError.
    """
    gpiod = library()
    request = claim(place, consumer, direction=gpiod.line.Direction.AS_IS)
    try:
        with gpiod.Chip(place.chip) as chip:
            return bool(chip.get_line_info(place.offset).direction == gpiod.line.Direction.OUTPUT)
    except OSError as error:
        raise LineError(Phrase("place_and_reason", place=place, why=error)) from error
    finally:
        request.release()


def driver_of(chip: str) -> str:
    """What the kernel calls the chip, as pinctrl-bcm2711; empty where there is no such chip. Raises LineError."""
    gpiod = library()
    try:
        with gpiod.Chip(chip) as opened:
            return str(opened.get_info().label)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return ""
        raise LineError(Phrase("place_and_reason", place=chip, why=error)) from error


def claim(place: LinePlace, consumer: str, **settings: Any) -> Any:
    """A request of gpiod's for one line; `settings` are those of its LineSettings. Raises LineError."""
    gpiod = library()
    try:
        return gpiod.request_lines(place.chip, consumer=consumer, config={place.offset: gpiod.LineSettings(**settings)})
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise LineBusyError(Phrase("gpio_line_held", place=place, program=_holder(gpiod, place))) from error
        if error.errno == errno.EACCES:
            raise LineError(Phrase("gpio_no_permission", place=place)) from error
        raise LineError(Phrase("gpio_line_not_claimed", place=place, why=error)) from error
    except ValueError as error:
        raise LineError(Phrase("gpio_line_not_found", place=place)) from error


def library() -> Any:
    """The package gpiod. Raises LineError."""
    try:
        return import_module("gpiod")
    except ImportError as error:
        raise LineError(MISSING) from error


def _holder(gpiod: Any, place: LinePlace) -> str:
    try:
        with gpiod.Chip(place.chip) as chip:
            return str(chip.get_line_info(place.offset).consumer or "somebody").strip()[:40]
    except OSError:
        return "somebody"
