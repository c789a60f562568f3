"""What the sheets of the carrier share: the lamp table, designators of the lamp groups, and small pieces of circuit."""

import tomllib
from pathlib import Path
from typing import Any

from parts import capacitor, resistor
from sheet import Point, Sheet

HARDWARE = Path(__file__).resolve().parent.parent
TABLE: dict[str, Any] = tomllib.loads((HARDWARE / "interfaces.toml").read_text())
INFRARED = ("on_axis", "off_axis", "middle_ring")
GROUP_REFS = {
    "on_axis": (50, 30, 2),
    "off_axis": (60, 31, 6),
    "middle_ring": (70, 32, 10),
    "red": (80, 33, 14),
}
"""Of each pulsed group: its first resistor, its reservoir, its first transistor."""
NANO_NETS: dict[str, str] = {}
"""Nano pin number to net, filled from pins.toml by `carrier.py`."""


def ohms(value: float) -> str:
    """As on the schematic: 330, 4.7k, 6.2."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def sink_ma(group: str) -> float:
    """Current of one string (mA)."""
    return 1000 * float(TABLE["sink"]["clamp_vbe_v"]) / float(TABLE["group"][group]["sense_resistor_ohm"])


def low_pass(s: Sheet, at: Point, r: tuple[str, str], c: tuple[str, str], net: str) -> None:
    """Series resistor to the right of `at`, capacitor to ground, label."""
    x, y = at
    s.add(r[0], resistor(r[1]), (x + 4, y), {}, angle=90)
    s.wire(at, s.pin(r[0], "1"))
    s.wire(s.pin(r[0], "2"), (x + 11, y))
    s.add(c[0], capacitor(c[1]), (x + 8, y + 2.5), {"2": "GND"})
    s.wire((x + 8, y), s.pin(c[0], "1"))
    s.label(net, (x + 11, y))


def tap(s: Sheet, ref: str, pin: str, net: str) -> None:
    """A label that lies beside the upper end of an upright part."""
    x, y = s.pin(ref, pin)
    s.wire((x, y), (x, y - 1), (x + 1, y - 1))
    s.label(net, (x + 1, y - 1))
