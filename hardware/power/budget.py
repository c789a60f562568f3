"""Power budget of the probe: watts by mode, hours on two banks, highest current against what feeds it.

Reads `loads.toml`, the lamp table of `../interfaces.toml` and the firmware's `limits.toml`.
`python -m hardware.power.budget` prints the table that stands in `README.md`.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TRIPLES_PER_S = 20.0
"""Each pulsed group lights once in a triple of three frames at 60 frames a second (optics.toml)."""
PULSE_S = 1.0e-3
"""Exposure of the nominal optics."""
CHIPS_ON = 0.5
"""Share of time the white light is on within a stimulus: as many ones as zeros."""


@dataclass(frozen=True, slots=True)
class Load:
    """One row: what draws and, for each mode, mean and peak power (W at 5 V)."""

    name: str
    typical_w: dict[str, float]
    peak_w: dict[str, float]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables that the budget is made of."""

    loads: dict[str, Any]
    boards: dict[str, Any]
    limits: dict[str, Any]


def tables() -> Tables:
    """The committed tables."""
    files = (HERE / "loads.toml", HERE.parent / "interfaces.toml", ROOT / "firmware/limits.toml")
    return Tables(*(tomllib.loads(file.read_text()) for file in files))


def sink_a(boards: dict[str, Any], group: str) -> float:
    """Current of all strings of a group while it lights (A)."""
    row = boards["group"][group]
    return float(row["strings"]) * float(boards["sink"]["clamp_vbe_v"]) / float(row["sense_resistor_ohm"])


def charging_a(boards: dict[str, Any], group: str) -> float:
    """The most the 18 V rail can give a group on average (A): through its charging resistor into LEDs that stay lit."""
    row, led = boards["group"][group], boards["led"]["ir"]
    drop = float(boards["rail"]["lamp_v"]) - float(row["leds_per_string"]) * float(led["forward_v"])
    return drop / float(row["charge_resistor_ohm"])


def loads(t: Tables) -> list[Load]:
    """All loads, lamps included; on_axis and off_axis are what a probe has, both at once."""
    modes = list(t.loads["mode"])
    rows = [
        Load(name, {m: float(row[m]["typical"]) for m in modes}, {m: float(row[m]["peak"]) for m in modes})
        for name, row in t.loads["load"].items()
    ]
    off = dict.fromkeys(modes, 0.0)
    factor = float(t.boards["rail"]["lamp_v"]) / float(t.loads["boost"]["efficiency"])
    groups = ("on_axis", "off_axis")
    mean = sum(sink_a(t.boards, g) * PULSE_S * TRIPLES_PER_S for g in groups) * factor
    most = sum(charging_a(t.boards, g) for g in groups) * factor
    rows.append(Load("infrared lamps", off | {"looking": mean}, off | {"looking": most}))
    bank_v = float(t.boards["rail"]["bank_v"])
    white = sink_a(t.boards, "white") * bank_v
    rows.append(Load("white light", off | {"stimulus": white * CHIPS_ON}, off | {"stimulus": white}))
    aim = sink_a(t.boards, "aim") * bank_v
    rows.append(Load("aiming spot", off | {"looking": aim}, off | {"looking": aim}))
    return rows


def mean_w(t: Tables) -> float:
    """Mean power over a working day (W)."""
    return sum(
        float(row["hours_share"]) * load.typical_w[mode] for mode, row in t.loads["mode"].items() for load in loads(t)
    )


def energy_wh(t: Tables, usable: float) -> float:
    """What one bank gives at 5 V, behind its own converter and ours (Wh)."""
    bank = t.loads["bank"]
    cells = float(bank["capacity_mah"]) / 1000 * float(bank["cell_v"]) * float(bank["efficiency"])
    return cells * float(t.loads["converter"]["efficiency"]) * usable


def hours(t: Tables, swaps: int = 0) -> float:
    """Hours of work on one bank and, each plugged in before the other is pulled, `swaps` more."""
    bank = t.loads["bank"]
    swapped, last = float(bank["usable_before_swap"]), float(bank["usable"])
    return (swaps * energy_wh(t, swapped) + energy_wh(t, last)) / mean_w(t)


@dataclass(frozen=True, slots=True)
class Bound:
    """What may carry the highest current, and how much is left."""

    what: str
    limit_a: float
    peak_a: float

    @property
    def margin(self) -> float:
        """Share of the peak that is left above it."""
        return self.limit_a / self.peak_a - 1.0


def bounds(t: Tables) -> list[Bound]:
    """Everything between the cells and the 5 V rail, by its current at 5 V; last what a bank of 5 V would give."""
    bank, converter, volts = t.loads["bank"], t.loads["converter"], float(t.boards["rail"]["bank_v"])
    profile_a = float(bank["profile_v"]) * float(bank["profile_a"]) * float(converter["efficiency"]) / volts
    peak = max(peak_a(t).values())
    white_a = sink_a(t.boards, "white")
    heating = (CHIPS_ON * peak**2 + (1.0 - CHIPS_ON) * (peak - white_a) ** 2) ** 0.5  # stimulus has the highest peak
    return [
        Bound("bank, 9 V 3 A", profile_a, peak),
        Bound("regulator", float(converter["limit_a"]), peak),
        Bound("fuse F1", float(t.boards["rail"]["bank_fuse_a"]), peak),
        Bound(
            "contacts of one USB-C socket (heat: rms over the chips)", float(t.loads["carrier"]["socket_a"]), heating
        ),
        Bound("(a bank of 5 V 3 A, no converter)", float(bank["type_c_a"]), peak),
    ]


def peak_a(t: Tables) -> dict[str, float]:
    """Highest current at 5 V in each mode (A), all peaks at once."""
    return {m: sum(load.peak_w[m] for load in loads(t)) / float(t.boards["rail"]["bank_v"]) for m in t.loads["mode"]}


def markdown(t: Tables) -> list[str]:
    """The table of the document, line by line."""
    modes = list(t.loads["mode"])
    lines = ["| mean (peak), W | " + " | ".join(modes) + " |", "|---" * (len(modes) + 1) + "|"]
    lines += [f"| {load.name} | " + " | ".join(_of_mode(load, m) for m in modes) + " |" for load in loads(t)]
    total = [(sum(load.typical_w[m] for load in loads(t)), peak_a(t)[m]) for m in modes]
    lines.append("| **all** | " + " | ".join(f"**{w:.1f} W, {a:.2f} A**" for w, a in total) + " |")
    lines.append("| share of the day | " + " | ".join(f"{t.loads['mode'][m]['hours_share']:.0%}" for m in modes) + " |")
    capacity = t.loads["bank"]["capacity_mah"]
    day = f"Mean of the day {mean_w(t):.1f} W: {hours(t):.1f} hours on a bank of {capacity:,} mAh"
    lines += [
        "",
        f"{day}, **{hours(t, 1):.1f} hours with one swap**.",
        "",
        "| between cells and rail | carries at 5 V, A | asked for, A | margin |",
        "|---|---|---|---|",
    ]
    lines += [f"| {b.what} | {b.limit_a:.2f} | {b.peak_a:.2f} | {b.margin:.0%} |" for b in bounds(t)]
    return lines


def _of_mode(load: Load, mode: str) -> str:
    """Mean and peak, W; 0 for what is off."""
    return f"{load.typical_w[mode]:.2f} ({load.peak_w[mode]:.2f})" if load.peak_w[mode] else "0"


if __name__ == "__main__":
    print("\n".join(markdown(tables())))
