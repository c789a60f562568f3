"""What `sweep` alone says: what this machine can do now, and what to type next.

Input is what the kernel lists below /sys and /dev; output is a few lines.  It opens no device, and loads
neither the parser of command lines nor what measures: `sweep doctor` looks closely.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sweep.phrases import Phrase
from sweep.report.language import fitted, spoken

PORTS: Final = ("ttyUSB*", "ttyACM*", "ttyAMA*")
NO_CAMERA: Final = ("codec", "isp", "pispbe", "hevc")
"""In the names of video devices of a Raspberry Pi that film nothing."""


def serial_ports(root: Path = Path("/")) -> list[str]:
    """Where a sensor head may be."""
    return sorted(f"/dev/{path.name}" for pattern in PORTS for path in (root / "dev").glob(pattern))


def adapters(root: Path = Path("/")) -> list[str]:
    """Interfaces of Wi-Fi."""
    return sorted(path.parent.name for path in (root / "sys/class/net").glob("*/phy80211"))


def controllers(root: Path = Path("/")) -> list[str]:
    """Bluetooth."""
    return sorted(path.name for path in (root / "sys/class/bluetooth").glob("hci*") if ":" not in path.name)


def cameras(root: Path = Path("/")) -> list[str]:
    """Devices that film."""
    found = sorted((root / "sys/class/video4linux").glob("video*/name"))
    said = {f"/dev/{path.parent.name}": path.read_text(encoding="utf-8", errors="replace") for path in found}
    return [device for device, name in said.items() if not any(part in name.lower() for part in NO_CAMERA)]


def next_steps(root: Path = Path("/"), *, has_simulation: bool) -> list[Phrase]:
    """What is here, what can be done with it, and what to type."""
    wifi, ble, heads, eyes = (", ".join(found(root)) for found in (adapters, controllers, serial_ports, cameras))
    can_sweep = bool(wifi or eyes)
    return [
        Phrase("next_here"),
        Phrase("next_wifi", interface=wifi) if wifi else Phrase("next_no_wifi"),
        Phrase("next_bluetooth", controller=ble) if ble else Phrase("next_no_bluetooth"),
        Phrase("next_camera", device=eyes) if eyes else Phrase("next_no_camera"),
        Phrase("next_head", port=heads) if heads else Phrase("next_no_head"),
        Phrase("next_to_type"),
        Phrase("next_doctor"),
        *([Phrase("next_live")] if can_sweep else []),
        *([Phrase("next_demo"), Phrase("next_simulated")] if has_simulation else []),
        Phrase("next_file"),
        Phrase("next_all"),
    ]


def show_next_steps() -> None:
    """Print them."""
    for line in next_steps(has_simulation=find_spec("sweep.sim") is not None):
        print(fitted(spoken(line), sys.stdout))
