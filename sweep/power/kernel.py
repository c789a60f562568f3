"""What this kernel does with a line that nobody holds any more: a killed process must take the camera's power with it.

Raspberry Pi kernels go on driving a released line at its last level (raspberrypi/linux#6117, #6150) unless config.txt
says `dtparam=strict_gpiod`, which sets a parameter of the pin driver; that parameter can be read. Where there is none
(other kernels, older ones) the line itself is tried out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sweep.host.gpio import LineError, LinePlace, driver_of
from sweep.phrases import Phrase
from sweep.power.line import stays_driven

MODULES: Final = Path("/sys/module")
PARAMETER: Final = "parameters/persist_gpio_outputs"
DRIVERS: Final = {
    "pinctrl-bcm2835": "pinctrl_bcm2835",
    "pinctrl-bcm2711": "pinctrl_bcm2835",
    "pinctrl-rp1": "pinctrl_rp1",
}
"""Module by the chip's label: Raspberry Pi up to 3, 4, 5. One kernel may hold both modules, and dtparam sets only that
of the board it runs on."""
REMEDY: Final = Phrase("advice_strict_gpiod")


def parameter(label: str, modules: Path = MODULES) -> bool | None:
    """Whether the chip's driver says that released outputs stay driven; None where it says nothing."""
    module = DRIVERS.get(label)
    if module is None:
        return None
    try:
        return (modules / module / PARAMETER).read_text(encoding="ascii").strip() != "N"
    except OSError:
        return None


def is_lax(chip: str) -> bool:
    """Whether the chip's driver says that released outputs stay driven. Raises LineError."""
    return parameter(driver_of(chip)) is True


def check_strict(place: LinePlace) -> None:
    """Raises LineError where the line would outlast a killed process, or cannot be driven at all.

    Leaves the line low.
    """
    is_kept = stays_driven(place)
    said = parameter(driver_of(place.chip))
    if is_kept if said is None else said:
        raise LineError(Phrase("kernel_keeps_line_level", remedy=REMEDY))
