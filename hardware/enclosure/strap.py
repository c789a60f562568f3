"""The neck strap: what it carries, where its breakaway opens, what its lugs hold.

Job: forces in newton from the probe's mass and the numbers of `enclosure.toml`.  Input: the bill, the tables; output:
rows for the document and the drawing.  Strength of the print is guessed and taken across its layers, as it is pulled.
"""

from __future__ import annotations

import math

from hardware import bom
from hardware.enclosure import layout, mass

HUNG_MM = 450.0
"""From the lugs up to the neck (guessed)."""
NECK_MM = 130.0
"""Between the two sides of the strap at the neck (guessed)."""
JERK = 3.0
"""Times its weight when a person steps down or turns (guessed)."""
BREAKAWAY_N = 8.0 * mass.GRAVITY
"""Opens at 8 kg, as the bill says."""
ACROSS_LAYERS_MPA = 20.0
"""PETG between its layers: about half of what a data sheet gives along them (guessed)."""


def weight_n() -> float:
    """Of the probe with its bank, without a phone."""
    return mass.total_g(bom.lines())[1] * 1e-3 * mass.GRAVITY


def side_n(load_n: float) -> float:
    """Pull at one lug: the sides lean inwards, up to the neck."""
    shell, strap = layout.shell()["shell"], layout.shell()["strap"]
    apart = 2 * (shell["half_width"] + strap["out"] / 2)
    lean = math.atan((apart - NECK_MM) / 2 / HUNG_MM)
    return load_n / 2 / math.cos(lean)


def lug_mm2() -> float:
    """Least section of a lug, across its hole."""
    strap = layout.shell()["strap"]
    return float((strap["out"] - strap["hole"]) * strap["length"])


def lug_holds_n() -> float:
    """What tears a lug across its hole."""
    return lug_mm2() * ACROSS_LAYERS_MPA


def rows() -> list[tuple[str, str]]:
    """What stands in the document and beside the drawing."""
    weight, at_break = weight_n(), side_n(BREAKAWAY_N)
    return [
        ("무게, 배터리 넣고 / weight, bank in, no phone", f"{weight:.1f} N"),
        ("고리마다 / pull at each lug, hanging", f"{side_n(weight):.1f} N"),
        (f"걷거나 돌 때 / a step or a turn, {JERK:g} times (guessed)", f"{side_n(JERK * weight):.0f} N"),
        ("분리 고리가 열림 / breakaway opens: 8 kg", f"{BREAKAWAY_N:.0f} N, {at_break:.0f} N at a lug"),
        (f"고리가 찢어짐 / a lug tears: {lug_mm2():.0f} mm2 across its layers (guessed)", f"{lug_holds_n():.0f} N"),
        ("분리 고리의 몇 배 / over the breakaway, all on one lug", f"{lug_holds_n() / BREAKAWAY_N:.0f}x"),
    ]


def markdown() -> list[str]:
    """The list of the document, in English."""
    return [f"- {what.partition(' / ')[2].replace(': ', ', ')}: {value}" for what, value in rows()]
