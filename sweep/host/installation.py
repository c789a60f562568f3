"""How this program came onto the machine: where what was built for it lies, and which command brings what lacks.

Input is where this file lies and whose interpreter runs; output is a path, or a line to type. It changes nothing and
asks no package index.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, Literal

PROGRAM: Final = Path(__file__).parents[1]
PACKAGED: Final = "/usr/lib/ansim-sweep-"
"""Where the Debian packages lie (host/system)."""
PIPX: Final = "pipx_metadata.json"
"""What pipx keeps in each environment that it made."""

PROBE_MODULES: Final = ("cv2", "bleak", "serial", "gpiod", "scapy")
"""What the extra `probe` brings, as Python imports it."""

Way = Literal["checkout", "debian", "pipx", "environment"]


def way_installed(program: Path, prefix: Path) -> Way:
    """How the program in that folder was installed, run by the interpreter of that environment."""
    if not (program / "built").is_dir() and (program.parent / "Makefile").is_file():
        return "checkout"
    if str(program).startswith(PACKAGED):
        return "debian"
    return "pipx" if (prefix / PIPX).is_file() else "environment"


WAY: Final = way_installed(PROGRAM, Path(sys.prefix))


def built(name: str) -> Path:
    """Where a compiled library or an image of the firmware lies, whether or not it was built."""
    if WAY != "checkout":
        return PROGRAM / "built" / name
    return PROGRAM.parent / ("firmware/build" if name.startswith("sensor_head") else "build") / name


def command_for(extra: str, way: Way = WAY) -> str:
    """What brings the parts of an extra of pyproject.toml, or back what was installed before."""
    match way:
        case "checkout":
            return "make setup"
        case "debian":
            return f"apt install --reinstall {PROGRAM.parts[3]}"
        case "pipx":
            return f"pipx runpip ansim-sweep install 'ansim-sweep[{extra}]'"
        case "environment":
            return f"{sys.executable} -m pip install 'ansim-sweep[{extra}]'"
