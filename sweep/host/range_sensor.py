"""The range sensor beside the camera (VL53L1X): how far away what it looks at is, in one field of 27 degrees.

Input is its registers over the I2C bus; output is a measurement, or why there is none.  It loads no firmware: the part
runs its own, and what it is given at each start are 91 octets of settings and a few registers that its maker publishes
(STSW-IMG009, the ultra lite driver, BSD-3-Clause: see LICENSE; UM2510).  It knows neither its supply nor a permit:
whoever gives it power does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from sweep.host.carrier import RANGE_SENSOR
from sweep.host.i2c import I2cError, Wire
from sweep.phrases import Phrase

MODEL: Final = 0xEACC
"""Model and type at MODEL_ID (data sheet, table 4)."""
VHV_BOUNDS, VHV_START, DATA_READY, BUDGET_A, BUDGET_B = 0x0008, 0x000B, 0x0031, 0x005E, 0x0061
PERIOD, CLEAR, MODE, RESULT, OSCILLATOR, BOOTED, MODEL_ID = 0x006C, 0x0086, 0x0087, 0x0089, 0x00DE, 0x00E5, 0x010F
SETTINGS_AT: Final = 0x002D
SETTINGS: Final = bytes.fromhex(
    "0000000102000208000810010100000000ff000f0000000000200b0000020a21000005000000"
    "00c8000038ff0100080000"
    "01cc0f01f10d01680080"  # from 0x5E: time budget, laser period, sigma of 90 mm and signal of 1 Mcps at the limit
    "08b80000"
    "00000f89"  # 0x6C: period
    "00000000000000010f0d0e0e000002c7ff9b000000010000"
)
"""Registers 0x2D to 0x87: distance mode long, data ready is a high level. 0x7F, 0x80: all of its 16 x 16 receivers."""
BUDGET_50_MS: Final = (0x00AD, 0x00C6)
"""Of distance mode long, for BUDGET_A and BUDGET_B."""
PERIOD_MS: Final = 100
"""From measurement to measurement: light for half of the time, six triples a second (guessed)."""
COUNTS_A_MS: Final = 1.075
"""Of PERIOD, for each count of OSCILLATOR (the maker's driver)."""
BOOT_S: Final = 0.05
"""It has booted 1.2 ms after its supply (data sheet); a switch and a regulator before it take longer (guessed)."""
LOOK_S: Final = 0.005
FIRST_S: Final = 0.5
"""For the measurement that calibrates it: 0.1 s with the settings as they are, and some (guessed)."""
REACH_M: Final = (0.02, 4.5)
"""A distance that is called valid and lies outside is none: it ranges from 0.04 to 4 m (data sheet)."""

RangeFault = Literal["no_target", "unsure", "wrapped", "sensor_fault", "garbage", "stale"]
FAULTS: Final[dict[int, RangeFault]] = {
    1: "sensor_fault",  # its laser does not conduct
    2: "sensor_fault",  # its laser's watchdog
    3: "sensor_fault",  # no working point of its receivers
    4: "no_target",  # too little came back
    5: "no_target",  # out of bounds
    6: "unsure",  # sigma above the limit
    7: "wrapped",  # a target beyond the reach, folded back
    8: "unsure",  # nearer than it can tell
    19: "wrapped",  # could not be checked, as the first one of a series
}
"""Of RESULT, low five bits; VALID besides, and what is not listed is no status that it gives."""
VALID: Final = 9


@dataclass(frozen=True, slots=True)
class Ranged:
    """One measurement."""

    distance_m: float | None
    """None where it tells none."""
    fault: RangeFault | None = None
    """Why not: nothing in reach (`no_target`), standard deviation above 90 mm or too near (`unsure`), a target that may
    lie beyond the reach (`wrapped`), its own fault, octets that it cannot have meant, a result told before (`stale`).
    """


class RangeSensor:
    """The sensor, with its supply on. A reset of its own (a supply that dipped) shows as no measurement any more."""

    def __init__(self, wire: Wire, *, wait: Callable[[float], None] = time.sleep) -> None:
        """Wait until it has booted, set it up, and let it calibrate itself by one measurement. Raises I2cError."""
        self._wire = wire
        self._wait = wait
        self._count: int | None = None
        self._until(lambda: bool(self._read(BOOTED, 1)[0] & 1), BOOT_S, Phrase("range_sensor_does_not_boot"))
        model = int.from_bytes(self._read(MODEL_ID, 2), "big")
        if model != MODEL:
            raise I2cError(Phrase("not_a_vl53l1x", address=RANGE_SENSOR, model=model))
        self._write(SETTINGS_AT, SETTINGS)
        self.start()
        self._until(self._is_ready, FIRST_S, Phrase("range_sensor_does_not_calibrate"))
        self._write(CLEAR, b"\x01")
        self.stop()
        self._write(VHV_BOUNDS, b"\x09")
        self._write(VHV_START, b"\x00")
        for register, value in zip((BUDGET_A, BUDGET_B), BUDGET_50_MS, strict=True):
            self._write(register, value.to_bytes(2, "big"))
        counts = (int.from_bytes(self._read(OSCILLATOR, 2), "big") & 0x3FF) * PERIOD_MS * COUNTS_A_MS
        self._write(PERIOD, int(counts).to_bytes(4, "big"))

    def start(self) -> None:
        """Send light and measure, over and over. Raises I2cError."""
        self._write(MODE, b"\x40")

    def stop(self) -> None:
        """Send no more. Raises I2cError."""
        self._write(MODE, b"\x00")

    def read(self) -> Ranged | None:
        """The measurement that is ready; None where none is. Raises I2cError."""
        if not self._is_ready():
            return None
        result = self._read(RESULT, 17)
        self._write(CLEAR, b"\x01")
        count, self._count = self._count, result[2]
        return Ranged(None, "stale") if count == self._count else ranged_of(result)

    def _is_ready(self) -> bool:
        return bool(self._read(DATA_READY, 1)[0] & 1)

    def _until(self, is_so: Callable[[], bool], longest_s: float, fault: Phrase) -> None:
        """It may not answer at all before it has booted."""
        last: I2cError | None = None
        for _ in range(round(longest_s / LOOK_S)):
            try:
                if is_so():
                    return
            except I2cError as error:
                last = error
            self._wait(LOOK_S)
        raise last or I2cError(fault)

    def _read(self, register: int, count: int) -> bytes:
        return self._wire.transfer(RANGE_SENSOR, register.to_bytes(2, "big"), count)

    def _write(self, register: int, octets: bytes) -> None:
        self._wire.transfer(RANGE_SENSOR, register.to_bytes(2, "big") + octets)


def ranged_of(result: bytes) -> Ranged:
    """What the 17 octets at RESULT say: status, 3 octets on, effective receivers, signal and ambient rate, sigma (14.2
    mm) at 9, distance (mm) at 13, all with the high octet first.
    """
    status = result[0] & 0x1F
    if status in FAULTS:
        return Ranged(None, FAULTS[status])
    distance_m = int.from_bytes(result[13:15], "big") / 1e3
    if status != VALID or not REACH_M[0] <= distance_m <= REACH_M[1]:
        return Ranged(None, "garbage")
    return Ranged(distance_m)
