"""The kit's one table, `kit.toml`, and what follows from it: currents, lamp places, the bill, the measurements.

Input is that file; output is numbers with their units, the tables of the README and `bill.csv` (`python -m
hardware.kit.table`).  Nothing here looks up a price or measures anything.
"""

from __future__ import annotations

import csv
import io
import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BILL = HERE / "bill.csv"
FIRMWARE = HERE.parents[1] / "firmware"
UNITS = {"V": "V", "ohm": "Ω"}


@cache
def kit() -> dict[str, Any]:
    """`kit.toml`."""
    return tomllib.loads((HERE / "kit.toml").read_text(encoding="utf-8"))


def string_current_a() -> float:
    """Current of a string of lamps, of typical ones at the nominal supply."""
    lamp, string = kit()["lamp"], kit()["string"]
    return float((string["supply_v"] - string["leds"] * lamp["forward_v"]) / string["resistor_ohm"])


def string_most_a() -> float:
    """The same at its largest: highest supply, lowest forward voltage, smallest resistor."""
    lamp, string = kit()["lamp"], kit()["string"]
    least_ohm = string["resistor_ohm"] * (1.0 - string["resistor_tolerance"])
    return float((string["supply_most_v"] - string["leds"] * lamp["forward_least_v"]) / least_ohm)


def group_intensity_w_sr() -> float:
    """Radiant intensity of a group on its axis, of typical lamps."""
    lamp, string = kit()["lamp"], kit()["string"]
    count = string["strings"] * string["leds"]
    return float(count * lamp["intensity_w_sr"] * string_current_a() / lamp["current_a"])


def lamp_places_mm(group: str) -> list[tuple[float, float]]:
    """Where the lamps of a group sit, from the optical axis."""
    row = kit()["group"][group]
    if group == "off_axis":
        half = row["pitch_mm"] / 2
        corners = [(x, y) for y in (half, -half) for x in (-half, half)]
        return [(side * row["centre_mm"] + x, y) for side in (-1, 1) for x, y in corners]
    turns = [math.radians(row["first_angle_deg"] + 360.0 / row["count"] * k) for k in range(row["count"])]
    return [(row["radius_mm"] * math.cos(a), row["radius_mm"] * math.sin(a)) for a in turns]


def bill_usd() -> float:
    """What all parts cost; an estimate."""
    return math.fsum(part["usd"] for part in kit()["part"])


def bill_csv() -> str:
    """The bill as the workshop orders by it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["부품", "part", "number", "pieces", "usd"])
    rows.writerows([part["ko"], part["en"], part["mpn"], part["count"], f"{part['usd']:g}"] for part in kit()["part"])
    return text.getvalue()


def measure_table() -> list[str]:
    """The first power-up for the README."""
    lines = []
    for number, row in enumerate(kit()["measure"], 1):
        red, black = row["between"]
        expect = f"{row['least']:g} – {row['most']:g} {UNITS[row['unit']]}"
        lines.append(f"{number}. {red}, {black}: {row['ko']} / {row['en']}: {expect}")
    return lines


def wire_table() -> list[str]:
    """Every jumper and lead by its holes, for the README."""
    rows = [(name, *row) for kind in ("wire", "lead") for name, row in kit()[kind].items()]
    lines = ["| 단계 (step) | 번호: 두 구멍, 색 (wire: two holes, colour) |", "|---|---|"]
    for step in sorted({row[4] for row in rows}):
        said = "; ".join(f"{name}: {a}, {b} {colour}" for name, a, b, colour, at in rows if at == step)
        lines.append(f"| {step} | {said} |")
    return lines


def head_pins() -> dict[str, str]:
    """Label on the Nano of each signal of the firmware."""
    pins = tomllib.loads((FIRMWARE / "board" / "atmega328p" / "pins.toml").read_text(encoding="utf-8"))
    return {name: row["nano"] for name, row in (pins["pin"] | pins["analog_only"]).items()}


def option_table() -> list[str]:
    """What may hang on the pins that stay free, for the README."""
    labels = head_pins()
    pins: dict[str, list[str]] = {}
    for name, words in kit()["open"].items():
        pins.setdefault(words, []).append(f"{labels[name]} (`{name}`)")
    return [f"- {', '.join(names)}: {words}" for words, names in pins.items()]


TABLES = {"options": option_table, "measure": measure_table, "wires": wire_table}


if __name__ == "__main__":
    BILL.write_text(bill_csv(), encoding="utf-8")
