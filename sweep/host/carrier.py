"""Which lines of the Raspberry Pi a carrier uses, by its revision, and which parts hang on its I2C bus.

Input is the letter on the board, or `kit` for the bench kit, which has none; output is GPIO numbers.
`hardware/interfaces.toml`, [pi] and [pi_bus], is where they are decided; a test holds this table against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Revision = Literal["A", "B", "C", "kit"]
LineName = Literal[
    "cam_enable", "cam_powered", "head_reset", "power_off", "power_button", "range_enable", "bank_a", "bank_b"
]

I2C_BUS: Final = "/dev/i2c-1"
ENERGY_METER: Final = 0x40
"""INA219 in the probe's 5 V."""
RANGE_SENSOR: Final = 0x29
"""VL53L1X, off the bus while it has no supply."""


@dataclass(frozen=True, slots=True)
class CarrierLines:
    """GPIO numbers; None where the revision has no such line."""

    cam_enable: int | None = None
    """High: the camera has supply."""
    cam_powered: int | None = None
    """An input: the camera's switched 3.3 V."""
    head_reset: int | None = None
    """High: the sensor head's RESET is pulled low."""
    power_off: int | None = None
    """The kernel's: high when the system is down."""
    power_button: int | None = None
    """The kernel's: low while the panel's power button is pressed."""
    range_enable: int | None = None
    """High: the range sensor has supply, while the camera has."""
    bank_a: int | None = None
    """An input: high while the first USB-C input has 5 V."""
    bank_b: int | None = None
    """The same of the second."""


SWITCHED: Final = CarrierLines(
    cam_enable=17,
    cam_powered=4,
    head_reset=18,
    power_off=27,
    power_button=22,
    range_enable=23,
    bank_a=10,
    bank_b=24,
)
"""Of revisions B and C."""
CARRIERS: Final[dict[Revision, CarrierLines]] = {
    "kit": CarrierLines(),
    "A": CarrierLines(cam_enable=4),
    "B": SWITCHED,
    "C": SWITCHED,
}


def camera_overlay(module: str, socket: str | None, number: int | None) -> str:
    """Overlay of the camera's driver with its socket. Every overlay of a Raspberry Pi 5 means CAM1 unless told
    otherwise, and the guides' cable is in CAM0; earlier ones have one socket.  `number`: of the Pi, None as a 5.
    """
    is_cam0 = (number is None or number >= 5) and socket != "cam1"
    return f"{module},cam0" if is_cam0 else module


CAMERA_FOLLOWS_S: Final = 0.05
"""`cam_powered` follows `cam_enable` within this, falling; rising within a tenth of it (hardware/interfaces.toml)."""
