"""Why the head was reset, as far as MCUSR, a bootloader's r2 and its version tell."""

import ctypes
from ctypes import c_uint8, c_uint16

import pytest


@pytest.mark.parametrize(
    ("mcusr", "r2", "bootloader", "told"),
    [
        (0x08, 0x01, 0xFFFF, 0x08),
        (0xF5, 0x00, 0xFFFF, 0x05),
        (0x00, 0x01, 0xFFFF, 0),
        (0x00, 0x01, 0x0405, 0),
        (0x00, 0x01, 0x0406, 0x01),
        (0x00, 0x08, 0x0602, 0x0A),
        (0x00, 0x00, 0x0602, 0),
        (0x00, 0x13, 0x0602, 0),
        (0x00, 0x01, 0x6C06, 0),
    ],
    ids=["own", "upper-bits", "none", "4.5", "4.6", "watchdog", "empty", "no-flags", "custom"],
)
def test_the_cause_of_a_reset_is_told_where_somebody_knows_it(
    core: ctypes.CDLL, mcusr: int, r2: int, bootloader: int, told: int
) -> None:
    core.reset_cause.restype = c_uint8
    assert core.reset_cause(c_uint8(mcusr), c_uint8(r2), c_uint16(bootloader)) == told
