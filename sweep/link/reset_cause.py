"""Why the sensor head was reset the last time, in words.

Input is `identity.reset_cause`, bits as the controller's MCUSR has them and as `firmware/core/reset_cause.c` read them
from behind the bootloader; output is a sentence. It judges nothing but which causes are as they should be.
"""

from __future__ import annotations

from typing import Final

from sweep.phrases import Phrase

POWER_ON, EXTERNAL, BROWN_OUT, WATCHDOG = 1, 2, 4, 8
HIDDEN: Final = 0
"""The bootloader cleared the register and left nothing behind."""
EITHER: Final = EXTERNAL | WATCHDOG
"""An Optiboot of before 7, whose own watchdog ends it, left these."""
GOOD: Final = frozenset({POWER_ON, EXTERNAL})
BAD: Final = frozenset({BROWN_OUT, WATCHDOG})

WORDS: Final = {
    HIDDEN: Phrase("reset_hidden"),
    POWER_ON: Phrase("reset_power_on"),
    EXTERNAL: Phrase("reset_external"),
    BROWN_OUT: Phrase("reset_by_brown_out"),
    WATCHDOG: Phrase("reset_by_watchdog"),
    EITHER: Phrase("reset_or_watchdog"),
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


def words_of(cause: int) -> Phrase:
    """What the head says of its last reset."""
    return WORDS[first_cause(cause)]
