"""The test jig, as a drawing: a bed for the carrier with resistor loads in place of the lamps.

Job: choose the loads from `../interfaces.toml`, draw `jig.svg`. Input: that table, the carrier's connectors and test
points from the committed board; output: SVG and `Load`s. Its brain is `sweep doctor --head`: the jig itself measures
nothing, it holds the board, feeds it and shows light where a load takes current. Unbuilt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hardware.enclosure import layout
from hardware.fabrication.boards import BOARDS, natural, pin_nets, placed
from hardware.fabrication.svg import INK, RED, Drawing

CARRIER = BOARDS[0]
E24 = (
    1.0,
    1.1,
    1.2,
    1.3,
    1.5,
    1.6,
    1.8,
    2.0,
    2.2,
    2.4,
    2.7,
    3.0,
    3.3,
    3.6,
    3.9,
    4.3,
    4.7,
    5.1,
    5.6,
    6.2,
    6.8,
    7.5,
    8.2,
    9.1,
)
SCALE = 5.0  # pixels per mm
LEFT, TOP = 300.0, 150.0


@dataclass(frozen=True, slots=True)
class Load:
    """What stands in place of one string of a group."""

    group: str
    connector: str
    strings: int
    ohm: float
    current_a: float
    rating_w: float
    reads_v: float
    """At the cathode against ground while the string conducts."""


def e24(ohm: float) -> float:
    """The next value of the series below."""
    decade = 1.0
    while ohm >= 10.0 * decade:
        decade *= 10.0
    return max(value for value in E24 if value * decade <= ohm * 1.0001) * decade


def loads() -> list[Load]:
    """A resistor a string with the voltage that its LEDs would take; half the supply is enough for the pulsed ones."""
    table = layout.interfaces()
    found = sorted(connectors().items(), key=lambda row: natural(row[1].partition(" ")[0]))
    return [load_of(table, group, connector) for group, connector in found]


def connectors() -> dict[str, str]:
    """Group to the carrier's connector with its anodes, found by the nets of the committed board."""
    found: dict[str, str] = {}
    for (reference, _), net in pin_nets(CARRIER).items():
        if reference.startswith("J"):
            for group in layout.interfaces()["group"]:
                if net.startswith(f"{group.upper()}_K"):
                    found[group] = " ".join(sorted({*found.get(group, "").split(), reference}, key=natural))
    return found


def load_of(table: dict[str, Any], group: str, connector: str) -> Load:
    """The load of one string."""
    row = table["group"][group]
    current = float(table["sink"]["clamp_vbe_v"]) / float(row["sense_resistor_ohm"])
    is_pulsed = "reservoir_uf" in row
    led = table["led"].get(row["led"], {"forward_v": 2.0})
    supply = float(table["rail"]["lamp_v"] if is_pulsed else table["rail"]["bank_v"])
    drop = supply * 0.57 if is_pulsed else float(led["forward_v"])
    ohm = e24(drop / current)
    watts = current**2 * ohm
    # Pulsed: a twentieth of the time, but the charging resistor alone bounds a stuck one; visible: on for seconds.
    rating = 2.0 if is_pulsed else (5.0 if watts > 1.0 else 0.25)
    strings = int(row["strings"])
    return Load(group, connector, strings, ohm, current, rating, supply - current * ohm)


def at(x_mm: float, y_mm: float) -> tuple[float, float]:
    """Pixels of a point of the carrier."""
    height = float(layout.boards()["carrier"]["outline_mm"][1])
    return LEFT + SCALE * x_mm, TOP + SCALE * (height - y_mm)


def jig() -> str:
    """The drawing as SVG."""
    carrier = layout.boards()["carrier"]
    width, height = carrier["outline_mm"]
    bottom = TOP + SCALE * height + 60
    sheet = Drawing(1400, bottom + 50 + 92 * -(-len(loads()) // 3))
    sheet.text(30, 40, "시험 지그 / Test jig for the carrier, 1 mm = 5 px", 24, bold=True)
    sheet.text(
        30,
        64,
        "제작·시험된 적 없음. UNBUILT. Its brain: sweep doctor --head /dev/ttyUSB0 on a computer at the Nano.",
        14,
        colour=RED,
    )
    sheet.text(
        30, 86, "Never with lamp boards plugged in beside the loads. Loads get warm: white 5 W types stand free.", 13
    )
    x0, y0 = at(0, height)
    sheet.box(x0 - 60, y0 - 40, SCALE * width + 120, SCALE * height + 80, "#f7f3e8")
    sheet.text(x0 - 52, y0 - 22, "base plate 174 x 116 mm, 5 mm plywood or PMMA", 12)
    sheet.box(x0, y0, SCALE * width, SCALE * height, "#e3efe5")
    for x, y in carrier["holes_mm"]:
        sheet.disc(*at(x, y), SCALE * 1.6, "white")
        px, py = at(x, y)
        sheet.text(px, py + 4, "M3", 9, "middle")
    for name, place in layout.interfaces()["carrier_connectors"].items():
        px, py = at(*place["at"])
        sheet.box(px - 14, py - 9, 28, 18, "white")
        sheet.text(px, py + 4, name, 11, "middle", bold=True)
    points = [part for part in placed(CARRIER) if part.reference.startswith("TP")]
    sheet.text(1130, 140, "Test points", 15, bold=True)
    for index, part in enumerate(points):
        px, py = at(*part.at_mm)
        sheet.disc(px, py, 4, RED)
        sheet.text(px + 6, py + 4, part.reference.removeprefix("TP"), 11, colour=RED)
        place = ", ".join(f"{value:.1f}" for value in part.at_mm)
        sheet.text(1130, 160 + 17 * index, f"{part.reference}  {part.value}  ({place})", 11, colour=RED)
    _loads(sheet, bottom)
    _stimuli(sheet)
    return sheet.render()


def _loads(sheet: Drawing, top: float) -> None:
    sheet.text(
        30, top + 20, "Loads: one resistor a string, a LED of 3 mm (with 2.2k) across each shows current", 15, bold=True
    )
    for index, load in enumerate(loads()):
        x, y = 30.0 + 455.0 * (index % 3), top + 34.0 + 92.0 * (index // 3)
        sheet.box(x, y, 440, 80)
        sheet.text(x + 10, y + 20, f"{load.group}: {load.connector}, A to each K", 14, bold=True)
        words = f"{load.strings} x {load.ohm:g} ohm, {load.rating_w:g} W"
        sheet.text(x + 10, y + 42, f"{words}; {load.current_a * 1e3:.0f} mA while it conducts", 13)
        sheet.text(x + 10, y + 64, f"oscilloscope at K: falls to {load.reads_v:.1f} V", 13)


def _stimuli(sheet: Drawing) -> None:
    words = (
        ("Supply", "5.1 V, limit 0.5 A, later 3 A, at J1, then at J19; power button at J21", INK),
        ("Log detector (J4)", "3: 2.0 V from 5 V over 15k and 10k", INK),
        ("Tuner (J5)", "6: 1.0 V from 5 V over 39k and 10k; 7: open, the row 'sync separator' stays a fault", INK),
        ("Camera (J13, J14)", "J13 pin 15: 3.3 V; J14 pin 15: 22 ohm 1 W to ground; lights with CAM_ENABLE", INK),
        ("IMU (J18)", "a SEN-18020 on six spring contacts", INK),
        ("Button (J3)", "toggle switch; camera light (J15): LED of 3 mm", INK),
        ("Pi header (J17)", "3.3 V at pin 1; switches at the lines that the Pi drives", INK),
    )  # fmt: skip
    for index, (name, text, colour) in enumerate(words):
        y = 170.0 + 66.0 * index
        sheet.box(20, y, 200, 58)
        sheet.text(28, y + 18, name, 13, colour=colour, bold=True)
        for row, part in enumerate(_wrapped(text, 34)):
            sheet.text(28, y + 32 + 11 * row, part, 10)


def _wrapped(words: str, most: int) -> list[str]:
    rows: list[str] = []
    row = ""
    for word in words.split():
        if len(row) + len(word) + 1 > most and row:
            rows, row = [*rows, row], ""
        row = f"{row} {word}".strip()
    return [*rows, row]
