"""The Raspberry Pi's `config.txt`, read as its firmware reads it.

Input is the text and the board's model; output is which overlays, parameters and settings hold there.  A filter that is
not understood holds nowhere, so that what it guards counts as missing.  It judges nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BOOT: Final = Path("/boot/firmware")
MODEL: Final = Path("/proc/device-tree/model")
MAX_OCTETS: Final = 100_000
"""Derived: far above what anybody writes by hand."""


@dataclass
class BootConfig:
    """What holds on this board."""

    overlays: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Name and parameters of each `dtoverlay`, as they are written."""
    params: set[str] = field(default_factory=set)
    """Each `dtparam`, as `i2c_arm=on`."""
    settings: dict[str, str] = field(default_factory=dict)
    """Other settings; the last counts."""
    gpio: list[str] = field(default_factory=list)
    """What `gpio=` says, as `17=op,dl,pd`."""

    def has_overlay(self, name: str, *params: str) -> bool:
        """Whether that overlay is loaded with these parameters, in any order."""
        return any(found == name and set(params) <= given for found, given in self.overlays)

    def has_param(self, name: str) -> bool:
        """Whether a `dtparam` is on; a name alone is."""
        return not {name, f"{name}=on"}.isdisjoint(self.params)


def model_number(model: str) -> int | None:
    """4 of "Raspberry Pi 4 Model B Rev 1.4"; None for a board that is none."""
    found = re.match(r"Raspberry Pi (\d)\b", model)
    return None if found is None else int(found[1])


def parse_config(text: str, number: int | None) -> BootConfig:
    """What holds on the Raspberry Pi of that number."""
    found = BootConfig()
    holds = True
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1].strip().lower()
            holds = name == "all" or (number is not None and name == f"pi{number}")
        elif holds:
            key, _, value = line.partition("=")
            _take(found, key.strip().lower(), value.strip())
    return found


def read_boot(folder: Path = BOOT, model: Path = MODEL) -> tuple[BootConfig, str, int | None] | None:
    """What config.txt says here, the kernel's command line, and the board's number; None on another machine."""
    try:
        number = model_number(_read(model).rstrip("\0"))
        return parse_config(_read(folder / "config.txt"), number), _read(folder / "cmdline.txt"), number
    except OSError:
        return None


def _take(found: BootConfig, key: str, value: str) -> None:
    match key:
        case "dtoverlay":
            name, *params = (part.strip() for part in value.split(","))
            if name:
                found.overlays.append((name, frozenset(params)))
        case "dtparam":
            found.params |= {part.strip() for part in value.split(",")}
        case "gpio":
            found.gpio.append(value.replace(" ", ""))
        case _:
            found.settings[key] = value


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_OCTETS).decode("utf-8", "replace")
