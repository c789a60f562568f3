"""The power meter in the probe's 5 V (INA219): voltage and current now.

Input is its registers (TI datasheet SBOS448, section 8.6); output is volts and amperes.  It is set up once after it had
no supply.  It counts no energy, whoever reads it does; it knows nothing of banks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sweep.host.carrier import ENERGY_METER
from sweep.host.i2c import I2cError, Wire
from sweep.phrases import Phrase

CONFIG, SHUNT, BUS = 0x00, 0x01, 0x02
AFTER_RESET: Final = 0x399F
SET_UP: Final = 0x0FFF
"""16 V and 80 mV full scale, each the mean of 128 conversions in 68 ms, over and over."""
SHUNT_OHM: Final = 0.010
"""On the carrier, R155."""
VOLTS_A_SHUNT_COUNT: Final = 10e-6
VOLTS_A_BUS_COUNT: Final = 4e-3
METER_ERROR: Final = 0.05
"""Shunt 1 %, gain 1 %, an offset of 0.1 mV at 1.6 A another, and one reading a second of what comes and goes (guessed,
rounded up)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the meter says now."""

    volts: float
    amps: float

    @property
    def watts(self) -> float:
        """What the probe draws."""
        return self.volts * self.amps


class EnergyMeter:
    """The meter on its bus."""

    def __init__(self, wire: Wire) -> None:
        """Set it up where it had no supply since. Raises I2cError."""
        self._wire = wire
        said = self._read(CONFIG)
        self.had_no_supply = said == AFTER_RESET
        """It began anew: the probe was off since the last start of a program."""
        if said not in {AFTER_RESET, SET_UP}:
            raise I2cError(Phrase("not_the_ina219", address=ENERGY_METER))
        self._wire.transfer(ENERGY_METER, bytes([CONFIG]) + SET_UP.to_bytes(2, "big"))

    def read(self) -> Drawn:
        """What it says now. Raises I2cError."""
        shunt = self._read(SHUNT)
        shunt -= (shunt & 0x8000) << 1
        return Drawn((self._read(BUS) >> 3) * VOLTS_A_BUS_COUNT, shunt * VOLTS_A_SHUNT_COUNT / SHUNT_OHM)

    def _read(self, register: int) -> int:
        return int.from_bytes(self._wire.transfer(ENERGY_METER, bytes([register]), 2), "big")
