"""Reads the camera's supply back, off and on, and says in words what is wrong with line, switch or cable.

Input is the line that switches the supply and, on a carrier that has it, the one that reads the camera's 3.3 V back;
output is a row for each reading.  Off is always tried.  On is tried with a permit only, for a twentieth of a second, a
second longer where a range sensor measures once: two persons have declared the room empty, as for any other power of
the camera.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sweep.host.carrier import CAMERA_FOLLOWS_S
from sweep.host.gpio import Line, LinePlace
from sweep.host.i2c import I2cError
from sweep.modality.lease import RoomPermit
from sweep.phrases import Phrase
from sweep.power.line import CONSUMER, PowerLine


@dataclass(frozen=True, slots=True)
class LineRow:
    """One reading."""

    part: Phrase
    fault: Phrase | None = None
    """What is wrong, and what to look at; None where it reads as it should."""
    is_optional: bool = False
    """What is missing may be missing."""
    is_unsafe: bool = False
    """The camera may have power though nobody allowed it."""
    measured: Phrase | str | None = None
    """What was measured, where there is more to say than that it is so."""


@dataclass(frozen=True, slots=True)
class Ranger:
    """The range sensor, an option of revision B."""

    enable: LinePlace
    answers: Callable[[], bool]
    """Whether anything is at its address."""
    measure: Callable[[], Phrase | str]
    """One measurement of a sensor with supply, in words. Raises I2cError where none of this kind can be set up."""
    is_expected: bool = False
    """The settings say that it is fitted."""


RANGE_OFF: Final = Phrase("range_sensor_off")
RANGE_ON: Final = Phrase("range_sensor_on")
RANGE_STUCK: Final = Phrase("range_sensor_stuck")
RANGE_ABSENT: Final = Phrase("range_sensor_absent")
RANGE_UNSET: Final = Phrase("range_sensor_unset")
OFF_LINE: Final = Phrase("power_line_off")
OFF_SUPPLY: Final = Phrase("camera_supply_off")
PULL_DOWN: Final = Phrase("power_line_released")
ON_LINE: Final = Phrase("power_line_on")
ON_SUPPLY: Final = Phrase("camera_supply_on")


def examine_off(
    place: LinePlace, supply: LinePlace | None, *, wait: Callable[[float], None] = time.sleep
) -> list[LineRow]:
    """Drive the line low and read it, and the camera's 3.3 V, back.  Raises LineError."""
    with PowerLine(place) as line:
        wait(CAMERA_FOLLOWS_S)
        rows = [_row(OFF_LINE, line.read(), wanted=False, fault=Phrase("power_line_stuck_high", offset=place.offset))]
        if supply is not None:
            rows.append(
                _row(
                    OFF_SUPPLY,
                    _reads(supply),
                    wanted=False,
                    fault=Phrase("camera_supplied_though_off", offset=place.offset),
                )
            )
    return rows


def examine_on(
    place: LinePlace,
    supply: LinePlace | None,
    permit: RoomPermit,
    *,
    ranger: Ranger | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> list[LineRow]:
    """Let the line go, then drive it high, and read back each time; it is low afterwards, whatever happened. `ranger`:
    the range sensor, which has supply only while the camera has, is looked for, too.

    Raises LineError, RoomNotEmptyError.
    """
    permit.check()
    with Line(place, CONSUMER, pull="up") as released:
        wait(CAMERA_FOLLOWS_S)
        rows = [
            _row(
                PULL_DOWN,
                released.read(),
                wanted=False,
                fault=Phrase("power_line_without_pull_down", offset=place.offset),
            )
        ]
    with PowerLine(place) as line:
        permit.check()
        line.set(is_on=True)
        wait(CAMERA_FOLLOWS_S)
        rows.append(_row(ON_LINE, line.read(), wanted=True, fault=Phrase("power_line_stuck_low", offset=place.offset)))
        if supply is not None:
            rows.append(
                _row(ON_SUPPLY, _reads(supply), wanted=True, fault=Phrase("camera_without_supply", offset=place.offset))
            )
        if ranger is not None:
            rows += _range_rows(ranger, permit, wait)
    return rows


def _range_rows(ranger: Ranger, permit: RoomPermit, wait: Callable[[float], None]) -> list[LineRow]:
    """On, it measures once: its 940 nm shine for a tenth of a second or two."""
    with Line(ranger.enable, CONSUMER, drive=False, pull="down") as line:
        wait(CAMERA_FOLLOWS_S)
        rows = [LineRow(RANGE_OFF, RANGE_STUCK if ranger.answers() else None, is_unsafe=ranger.answers())]
        permit.check()
        line.set(is_high=True)
        try:
            wait(CAMERA_FOLLOWS_S)
            rows.append(_range_row(ranger))
        finally:
            line.set(is_high=False)
    return rows


def _range_row(ranger: Ranger) -> LineRow:
    if not ranger.answers():
        return LineRow(RANGE_ON, RANGE_ABSENT, is_optional=not ranger.is_expected)
    try:
        measured = ranger.measure()
    except I2cError as error:
        return LineRow(RANGE_ON, Phrase("range_sensor_not_set_up", why=error))
    if ranger.is_expected:
        return LineRow(RANGE_ON, measured=measured)
    return LineRow(RANGE_ON, RANGE_UNSET, is_optional=True, measured=measured)


def _reads(supply: LinePlace) -> bool:
    """The camera's 3.3 V, without a pull of ours: on the carrier 4.7 kohm lie between."""
    with Line(supply, CONSUMER, pull="disabled") as line:
        return line.read()


def _row(part: Phrase, is_high: bool, *, wanted: bool, fault: Phrase) -> LineRow:
    if is_high == wanted:
        return LineRow(part)
    return LineRow(part, fault, is_unsafe=not wanted and part != PULL_DOWN)
