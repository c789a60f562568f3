"""Why the sensor head was reset the last time, in words.

Input is `identity.reset_cause`, bits as the controller's MCUSR has them and as `firmware/core/reset_cause.c` read them
from behind the bootloader; output is a sentence. It judges nothing but which causes are as they should be.
"""

from __future__ import annotations

from typing import Final

from sweep.report import LocalText

POWER_ON, EXTERNAL, BROWN_OUT, WATCHDOG = 1, 2, 4, 8
HIDDEN: Final = 0
"""The bootloader cleared the register and left nothing behind."""
EITHER: Final = EXTERNAL | WATCHDOG
"""An Optiboot of before 7, whose own watchdog ends it, left these."""
GOOD: Final = frozenset({POWER_ON, EXTERNAL})
BAD: Final = frozenset({BROWN_OUT, WATCHDOG})

WORDS: Final = {
    HIDDEN: LocalText(
        ko="알 수 없음: 부트로더가 숨김(Optiboot 4.5 이하, 조립 5단계의 부트로더로 교체)",
        en="unknown: its bootloader hid it (an Optiboot to 4.5; burn the one of assembly step 5)",
    ),
    POWER_ON: LocalText(ko="전원 켜짐", en="power-on"),
    EXTERNAL: LocalText(ko="RESET(포트 열림 또는 sweep flash)", en="RESET (a port that was opened, sweep flash)"),
    BROWN_OUT: LocalText(
        ko="5 V가 순간적으로 떨어짐: 전원과 배선 확인", en="its 5 V dipped: look at the supply and its wires"
    ),
    WATCHDOG: LocalText(
        ko="워치독: 프로그램이 멈췄음, 펌웨어 버전과 함께 알려 주세요",
        en="watchdog: its program hung; report it with the firmware's version",
    ),
    EITHER: LocalText(
        ko="RESET 또는 워치독: 부트로더가 구별하지 않음(Optiboot 4.6~6)",
        en="RESET or watchdog: its bootloader does not tell which (an Optiboot 4.6 to 6)",
    ),
}


def first_cause(cause: int) -> int:
    """The one that tells, of bits that stand beside one another since the firmware last began: 5 V that rise slowly set
    brown-out beside power-on.
    """
    if cause & POWER_ON:
        return POWER_ON
    if cause == EITHER:
        return EITHER
    return next((one for one in (WATCHDOG, BROWN_OUT, EXTERNAL) if cause & one), HIDDEN)


def words_of(cause: int) -> LocalText:
    """What the head says of its last reset, in Korean and English."""
    return WORDS[first_cause(cause)]
