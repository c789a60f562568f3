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
from sweep.report import LocalText, local_text


@dataclass(frozen=True, slots=True)
class LineRow:
    """One reading."""

    part: LocalText
    fault: LocalText | None = None
    """What is wrong, and what to look at; None where it reads as it should."""
    is_optional: bool = False
    """What is missing may be missing."""
    is_unsafe: bool = False
    """The camera may have power though nobody allowed it."""
    measured: LocalText | None = None
    """What was measured, where there is more to say than that it is so."""


@dataclass(frozen=True, slots=True)
class Ranger:
    """The range sensor, an option of revision B."""

    enable: LinePlace
    answers: Callable[[], bool]
    """Whether anything is at its address."""
    measure: Callable[[], LocalText]
    """One measurement of a sensor with supply, in words. Raises I2cError where none of this kind can be set up."""
    is_expected: bool = False
    """The settings say that it is fitted."""


RANGE_OFF: Final = LocalText(ko="거리 센서, 끔", en="range sensor, off")
RANGE_ON: Final = LocalText(ko="거리 센서, 켬", en="range sensor, on")
RANGE_STUCK: Final = LocalText(
    ko="전원이 꺼져 있는데 거리 센서가 응답함: 940 nm 빛이 나올 수 있으니 스위치를 확인하세요",
    en="the range sensor answers though its supply is off: it could send its 940 nm, look at its switch",
)
RANGE_ABSENT: Final = LocalText(
    ko="거리 센서 응답 없음: 선택 사양이 없거나, 케이블 또는 I²C(dtparam=i2c_arm=on)를 확인하세요",
    en="no range sensor answers: the option is not fitted, or look at its cable and at I2C (dtparam=i2c_arm=on)",
)
RANGE_UNSET: Final = LocalText(
    ko="설정에 range_sensor = true가 없어 점검에는 쓰이지 않음",
    en="sweeps do not use it: range_sensor = true is not among the settings",
)
OFF_LINE: Final = LocalText(ko="카메라 전원선, 끔", en="camera's supply line, off")
OFF_SUPPLY: Final = LocalText(ko="카메라 3.3 V, 끔", en="camera's 3.3 V, off")
PULL_DOWN: Final = LocalText(ko="카메라 전원선, 놓음", en="camera's supply line, let go of")
ON_LINE: Final = LocalText(ko="카메라 전원선, 켬", en="camera's supply line, on")
ON_SUPPLY: Final = LocalText(ko="카메라 3.3 V, 켬", en="camera's 3.3 V, on")


def examine_off(
    place: LinePlace, supply: LinePlace | None, *, wait: Callable[[float], None] = time.sleep
) -> list[LineRow]:
    """Drive the line low and read it, and the camera's 3.3 V, back.  Raises LineError."""
    with PowerLine(place) as line:
        wait(CAMERA_FOLLOWS_S)
        rows = [_row(OFF_LINE, line.read(), wanted=False, fault=_stuck_high(place))]
        if supply is not None:
            rows.append(_row(OFF_SUPPLY, _reads(supply), wanted=False, fault=_supplied(place)))
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
        rows = [_row(PULL_DOWN, released.read(), wanted=False, fault=_no_pull_down(place))]
    with PowerLine(place) as line:
        permit.check()
        line.set(is_on=True)
        wait(CAMERA_FOLLOWS_S)
        rows.append(_row(ON_LINE, line.read(), wanted=True, fault=_stuck_low(place)))
        if supply is not None:
            rows.append(_row(ON_SUPPLY, _reads(supply), wanted=True, fault=_no_supply(place)))
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
        return LineRow(RANGE_ON, local_text(Phrase("range_sensor_not_set_up", why=error)))
    if ranger.is_expected:
        return LineRow(RANGE_ON, measured=measured)
    return LineRow(RANGE_ON, RANGE_UNSET, is_optional=True, measured=measured)


def _reads(supply: LinePlace) -> bool:
    """The camera's 3.3 V, without a pull of ours: on the carrier 4.7 kohm lie between."""
    with Line(supply, CONSUMER, pull="disabled") as line:
        return line.read()


def _row(part: LocalText, is_high: bool, *, wanted: bool, fault: LocalText) -> LineRow:
    if is_high == wanted:
        return LineRow(part)
    return LineRow(part, fault, is_unsafe=not wanted and part != PULL_DOWN)


def _stuck_high(place: LinePlace) -> LocalText:
    return LocalText(
        ko=f"GPIO{place.offset}: 0으로 구동해도 1로 읽힘. 3.3 V와의 납땜 다리 또는 리본 케이블(J17)을 확인하세요. "
        "카메라에 전원이 들어가 있을 수 있습니다",
        en=f"GPIO{place.offset} reads high though it is driven low: look for a bridge to 3.3 V at R102 and at the "
        "ribbon (J17). The camera may have power",
    )


def _supplied(place: LinePlace) -> LocalText:
    return LocalText(
        ko=f"GPIO{place.offset}이 꺼져 있는데 카메라에 3.3 V가 있음. 스위치(TPS22917)가 단락되었거나 다른 곳에서 "
        "전원이 들어옵니다",
        en=f"the camera has 3.3 V though GPIO{place.offset} is low: the switch (TPS22917) is shorted, or the camera is "
        "supplied from elsewhere",
    )


def _no_pull_down(place: LinePlace) -> LocalText:
    return LocalText(
        ko=f"GPIO{place.offset}을 놓으면 1로 올라감. 풀다운 R102가 연결되지 않았습니다: 리본 케이블(J17)과 R102, "
        "그리고 설정의 carrier를 확인하세요",
        en=f"GPIO{place.offset} rises when it is let go of, so R102 does not hold it down: look at the ribbon (J17), "
        "at R102, and at carrier in the settings",
    )


def _stuck_low(place: LinePlace) -> LocalText:
    return LocalText(
        ko=f"GPIO{place.offset}: 1로 구동해도 0으로 읽힘. 접지와의 납땜 다리를 확인하세요",
        en=f"GPIO{place.offset} reads low though it is driven high: look for a bridge to ground at R102 and at J17",
    )


def _no_supply(place: LinePlace) -> LocalText:
    return LocalText(
        ko=f"GPIO{place.offset}을 켰는데 카메라에 3.3 V가 없음. 리본 케이블(J17), 스위치(TPS22917), 보드 개정판을 "
        "확인하세요",
        en=f"the camera has no 3.3 V though GPIO{place.offset} is high: look at the ribbon (J17), at the switch "
        "(TPS22917), and whether this is a carrier of revision B",
    )
