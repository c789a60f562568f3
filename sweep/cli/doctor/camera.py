"""The camera's supply as `sweep doctor` sees it: whether its line can be driven, and falls by itself after a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sweep.cli.config import Config
from sweep.cli.output import print_words
from sweep.cli.tables import show_table
from sweep.host.carrier import I2C_BUS, RANGE_SENSOR
from sweep.host.gpio import LineBusyError, LineError, LinePlace
from sweep.host.i2c import I2cBus, I2cError
from sweep.host.range_sensor import LOOK_S, RangeFault, RangeSensor
from sweep.modality.control import Control
from sweep.phrases import Phrase, phrase_of
from sweep.power.kernel import REMEDY, check_strict, is_lax
from sweep.power.line import CONSUMER, drop
from sweep.power.self_test import LineRow, Ranger, examine_off, examine_on

BUSY_S = 2.0
"""A service that was killed lets go of the line within this (guessed)."""
RANGE_PATIENCE_S: Final = 0.5
"""Five measurements (guessed)."""
HELD: Final = Phrase("held_by_running_sweep")
NOT_RANGED: Final[dict[RangeFault | None, Phrase]] = {
    None: Phrase("range_no_measurement"),
    "no_target": Phrase("range_no_target"),
    "unsure": Phrase("range_unsure"),
    "wrapped": Phrase("range_wrapped"),
    "sensor_fault": Phrase("range_laser_fault"),
    "garbage": Phrase("range_garbage"),
    "stale": Phrase("range_stale"),
}


def supply_state(settings: Config) -> tuple[Phrase, Phrase | str, Phrase | None]:
    """State and remedy for the table, and why this machine is refused, if it is. Leaves the line low."""
    place = settings.camera_power
    if settings.carrier == "kit" and place is None:
        return Phrase("kit_camera_always_on"), "", None
    if place is None:
        if _is_lax(settings.camera_power_chip):
            return Phrase("released_lines_stay_on"), REMEDY, Phrase("kernel_keeps_released_line", remedy=REMEDY)
        return Phrase("not_switched"), Phrase("advice_set_carrier"), None
    try:
        check_strict(place)
    except LineBusyError as error:
        said = phrase_of(error)
        if CONSUMER in str(said.values.get("program")):
            return HELD, "", None
        return Phrase("in_use_now"), said, said
    except LineError as error:
        return Phrase("refused"), phrase_of(error), phrase_of(error)
    return Phrase("off_at", place=place), "", None


def range_sensor_state(settings: Config) -> tuple[Phrase, Phrase | str]:
    """State and remedy for the table; the sensor itself has no supply without a declaration."""
    if settings.line("range_enable") is None:
        return Phrase("no_supply_for_one"), Phrase("option_of_carrier_b")
    if not settings.range_sensor:
        return Phrase("not_used_coverage_1_m"), Phrase("advice_range_sensor_true")
    return Phrase("set_up_measures_once"), ""


def _is_lax(chip: str) -> bool:
    try:
        return is_lax(chip)
    except LineError:
        return False  # no gpiod or no right to ask: nothing is switched from here either


def switch_off(place: LinePlace) -> None:
    """Drive the line low, for the end of a service however it ended. Raises LineError."""
    drop(place, BUSY_S)


def read_back(settings: Config, declared_by: tuple[str, str] | None) -> Phrase | None:
    """Read the supply back and print what is wrong, off always, on only where two persons have declared the room empty.
    Gives the line of what makes this machine unsafe, if anything does.  Raises LineError, RoomNotEmptyError.
    """
    place, supply = settings.camera_power, settings.line("cam_powered")
    if place is None:
        return None
    rows = examine_off(place, supply)
    if declared_by is not None and not any(row.is_unsafe for row in rows):
        control = Control()
        control.declare_empty(declared_by)
        rows += examine_on(place, supply, control.permit(), ranger=_ranger(settings))
        control.finish()
    names = (Phrase("camera_supply"), Phrase("column_verdict"), Phrase("column_remedy"))
    show_table(names, [(row.part, _verdict(row), row.fault or "") for row in rows])
    if declared_by is None:
        print_words("supply_not_tried_on")
    return next((row.fault for row in rows if row.is_unsafe and row.fault is not None), None)


def _ranger(settings: Config) -> Ranger | None:
    enable = settings.line("range_enable")
    if enable is None:
        return None
    return Ranger(enable, _range_sensor_answers, _range_once, is_expected=settings.range_sensor)


def _range_sensor_answers() -> bool:
    try:
        with I2cBus(I2C_BUS) as bus:
            bus.transfer(RANGE_SENSOR, bytes(2), 1)
    except I2cError:
        return False
    return True


def _range_once() -> Phrase | str:
    """Its first distance, or why it told none. Raises I2cError."""
    with I2cBus(I2C_BUS) as bus:
        return range_once(RangeSensor(bus))


def range_once(sensor: RangeSensor, wait: Callable[[float], None] = time.sleep) -> Phrase | str:
    """A sensor's first distance in words, or why it told none. Raises I2cError."""
    fault: RangeFault | None = None
    sensor.start()
    try:
        for _ in range(round(RANGE_PATIENCE_S / LOOK_S)):
            wait(LOOK_S)
            ranged = sensor.read()
            if ranged is None:
                continue
            if ranged.distance_m is not None:
                return f"{ranged.distance_m:.2f} m"
            fault = ranged.fault
    finally:
        sensor.stop()
    return NOT_RANGED[fault]


def _verdict(row: LineRow) -> Phrase | str:
    if row.fault is None or row.measured is not None:
        return row.measured or Phrase("state_ok")
    return Phrase("state_absent") if row.is_optional else Phrase("state_fault")
