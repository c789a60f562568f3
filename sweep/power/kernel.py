"""What this kernel does with a line that nobody holds any more: a killed process must take the camera's power with it.

Raspberry Pi kernels go on driving a released line at its last level (raspberrypi/linux#6117, #6150) unless config.txt
says `dtparam=strict_gpiod`, which sets a parameter of the pin driver; that parameter can be read. Where there is none
(other kernels, older ones) the line itself is tried out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sweep.power.line import LinePlace, PowerLineError, stays_driven

MODULES: Final = Path("/sys/module")
PERSISTS: Final = "*/parameters/persist_gpio_outputs"
"""Of pinctrl_bcm2835 (Raspberry Pi 4 and earlier) and pinctrl_rp1 (Raspberry Pi 5)."""
REMEDY: Final = "put dtparam=strict_gpiod into /boot/firmware/config.txt and start the Raspberry Pi anew"


def parameter(modules: Path = MODULES) -> bool | None:
    """Whether the pin driver says that released outputs stay driven; None where it says nothing."""
    words = {path.read_text(encoding="ascii").strip() for path in modules.glob(PERSISTS)}
    return None if not words else words != {"N"}


def check_strict(place: LinePlace, modules: Path = MODULES) -> None:
    """Raises PowerLineError where the line would outlast a killed process, or cannot be driven at all.

    Leaves the line low.
    """
    said = parameter(modules)
    if said if said is not None else stays_driven(place):
        raise PowerLineError(
            f"this kernel keeps a released line at its last level, a crash could leave the camera's power on: {REMEDY}"
        )
    stays_driven(place)
