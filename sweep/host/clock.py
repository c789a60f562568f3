"""The clocks of this machine: CLOCK_BOOTTIME for what is measured, and how far its wall clock can be trusted.

Whether the wall clock is synchronised is what the kernel says of it (adjtimex(2)), which every time daemon tells the
kernel; nothing else here asks for it.  Where the kernel cannot be asked the clock counts as not synchronised.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
TIME_ERROR: Final = 5
"""What adjtimex returns while nobody disciplines the clock."""
STA_UNSYNC: Final = 0x40
AGREE_S: Final = 60.0
"""Guessed: an answer or a command takes seconds, a header counts whole ones, and a command lives for a minute or so."""
MAX_ERROR_US: Final = 16_000_000
"""NTP_PHASE_LIMIT of the kernel: an error that has grown so far means that nobody has set the clock for hours."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """How far the time of day is to be trusted."""

    synchronised: bool
    max_error_ms: int | None
    """None: nobody knows."""


NOT_SYNCHRONISED: Final = WallClock(synchronised=False, max_error_ms=None)


class _Timex(ctypes.Structure):
    """struct timex of 64-bit Linux."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 24),
    )


def read_boot_id() -> UUID:
    """Which start of the machine CLOCK_BOOTTIME counts from."""
    return UUID(BOOT_ID_FILE.read_text(encoding="ascii").strip())


def read_wall_clock() -> WallClock:
    """How far the system's wall clock is to be trusted at this moment."""
    if ctypes.sizeof(ctypes.c_long) != 8:  # the structure has another shape there
        return NOT_SYNCHRONISED
    said = _Timex()
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(said))
    return judge_clock(answer, said.status, said.maxerror)


def is_unset(clock: WallClock, now: datetime, told: datetime) -> bool:
    """Whether what a phone tells is to be taken in place of this machine's time of day: nobody disciplines the clock
    here, and the two differ by more than a command is on its way.
    """
    return not clock.synchronised and abs(now - told) > timedelta(seconds=AGREE_S)


def judge_clock(answer: int, status: int, max_error_us: int) -> WallClock:
    """What adjtimex's answer, status and maximum error amount to; -1 is its error."""
    if answer in {-1, TIME_ERROR} or status & STA_UNSYNC or not 0 <= max_error_us < MAX_ERROR_US:
        return NOT_SYNCHRONISED
    return WallClock(synchronised=True, max_error_ms=math.ceil(max_error_us / 1_000))
