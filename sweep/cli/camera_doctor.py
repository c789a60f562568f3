"""The camera's supply as `sweep doctor` sees it: whether its line can be driven, and falls by itself after a crash."""

from __future__ import annotations

from sweep.config import Config
from sweep.power.kernel import REMEDY, check_strict, is_lax
from sweep.power.line import CONSUMER, LineBusyError, LinePlace, PowerLineError, drop

BUSY_S = 2.0
"""A service that was killed lets go of the line within this (guessed)."""


def supply_state(settings: Config) -> tuple[str, str, str | None]:
    """State and remedy for the table, and why this machine is refused, if it is. Leaves the line low."""
    place = settings.camera_power
    if place is None:
        if _is_lax(settings.camera_power_chip):
            return "released lines stay on", REMEDY, f"the kernel keeps a released line at its last level: {REMEDY}"
        return "not switched", "set camera_power_line where a carrier switches the camera", None
    try:
        check_strict(place)
    except LineBusyError as error:
        if CONSUMER in str(error):
            return "held by a sweep that runs", "", None
        return "in use", str(error), str(error)
    except PowerLineError as error:
        return "refused", str(error), str(error)
    return f"off, {place}", "", None


def _is_lax(chip: str) -> bool:
    try:
        return is_lax(chip)
    except PowerLineError:
        return False  # no gpiod or no right to ask: nothing is switched from here either


def switch_off(place: LinePlace) -> None:
    """Drive the line low, for the end of a service however it ended. Raises PowerLineError."""
    drop(place, BUSY_S)
