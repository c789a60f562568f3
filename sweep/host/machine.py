"""What this machine says of itself: its processor's temperature, whether it is slowed down, its supply, free disk.

Input is files of the kernel under a root that may be another one, and a folder; output is numbers, or None where the
machine does not say: nothing is made up.  The parsers are pure; each file is read anew whenever somebody asks.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SYS: Final = Path("/sys")
PROCESSOR_ZONES: Final = frozenset({"cpu-thermal", "cpu_thermal", "bcm2835_thermal"})
"""What the processor's thermal zone is called on a Raspberry Pi, by kernel; the zones of other machines may be of their
battery or radio."""
THROTTLING: Final = ("soc*/soc*firmware/get_throttled", "soc*/firmware/get_throttled")
"""Under devices/platform; on a Pi 5 the names carry an address."""
PI_DRIVER: Final = "rpi_volt"
"""The Raspberry Pi's firmware driver; its alarm says whether the supply fell below 4.63 V since it was last read."""
UNDERVOLTED, CAPPED, THROTTLED, SOFT_LIMIT = 0x1, 0x2, 0x4, 0x8
"""Bits of get_throttled that tell of now (Raspberry Pi documentation, `vcgencmd get_throttled`)."""
SLOWED: Final = CAPPED | THROTTLED | SOFT_LIMIT
MAX_OCTETS: Final = 64
PATIENCE_S: Final = 2.0
"""For an answer of systemd's, which has a minute to end a service in (guessed)."""


@dataclass(frozen=True, slots=True)
class MachineState:
    """What the machine says now; None where it does not say."""

    processor_c: float | None = None
    is_slowed: bool | None = None
    """The firmware runs the processor slower than it can, for heat or for its supply."""
    is_undervolted: bool | None = None
    disk_free_bytes: int | None = None


def parse_millidegrees(text: str) -> float | None:
    """Degrees Celsius of a thermal zone's `temp`; None for what no processor has."""
    try:
        degrees = int(text) / 1000.0
    except ValueError:
        return None
    return degrees if -40.0 <= degrees <= 150.0 else None


def parse_throttled(text: str) -> int | None:
    """The bits of `get_throttled`, which are written in hexadecimal, with or without 0x."""
    try:
        bits = int(text, 16)
    except ValueError:
        return None
    return bits if 0 <= bits < 1 << 32 else None


def find_alarm(root: Path = SYS) -> Path | None:
    """The supply alarm of the Pi's driver; None on another machine."""
    for name in _named(root / "class" / "hwmon", "*/name", frozenset({PI_DRIVER})):
        return name.with_name("in0_lcrit_alarm")
    return None


def read_alarm(file: Path) -> bool | None:
    """Whether the supply alarm stands; None when the driver is gone."""
    said = _read(file)
    return None if said is None else said == "1"


class Machine:
    """The files that speak of this machine, looked up once."""

    def __init__(self, folder: Path, root: Path = SYS) -> None:
        """`folder` is on the disk whose room counts; `root` stands in for /sys."""
        self._folder = folder
        zones = _named(root / "class" / "thermal", "thermal_zone*/type", PROCESSOR_ZONES)
        self._temperature = next((zone.with_name("temp") for zone in zones), None)
        platform = root / "devices" / "platform"
        self._throttling = next((file for form in THROTTLING for file in sorted(platform.glob(form))), None)
        self.alarm = find_alarm(root)

    def read(self) -> MachineState:
        """What it says now."""
        bits = None if self._throttling is None else parse_throttled(_read(self._throttling) or "")
        alarm = None if self.alarm is None else read_alarm(self.alarm)
        return MachineState(
            processor_c=None if self._temperature is None else parse_millidegrees(_read(self._temperature) or ""),
            is_slowed=None if bits is None else bool(bits & SLOWED),
            is_undervolted=alarm if bits is None else bool(bits & UNDERVOLTED) or alarm is True,
            disk_free_bytes=free_bytes(self._folder),
        )


def is_going_down(command: str = "systemctl") -> bool:
    """Whether the machine is being switched off or restarted, as systemd says; False where there is none."""
    try:
        said = subprocess.run(
            [command, "is-system-running"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.stdout.strip() == "stopping"


def free_bytes(folder: Path) -> int | None:
    """What an ordinary user may still write on the disk of `folder`; None when it cannot be asked."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def _named(folder: Path, form: str, names: frozenset[str]) -> Iterator[Path]:
    """Files of this form that hold one of these names."""
    return (file for file in sorted(folder.glob(form)) if _read(file) in names)


def _read(file: Path) -> str | None:
    """What a file of the kernel says, on one line; None for one that went away."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_OCTETS).decode("ascii", "replace").strip()
    except OSError:
        return None
