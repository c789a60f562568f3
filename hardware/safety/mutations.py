"""What would break each limit of the assessment: one constant of the tables changed at a time, and the limit that goes.

Job: show that the check notices. Input: the tables; output: a printed table (`python -m
hardware.safety.mutations`) and the cases of the tests. It says nothing about what is likely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.safety import assess
from hardware.safety.finding import Table

Change = Callable[[Table], None]
Where = tuple[str, str, str]
"""Group, situation, hazard."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of the tables and the finding that it breaks."""

    words: str
    change: Change
    breaks: Where


def _set(*path: str, value: float) -> Change:
    def change(table: Table) -> None:
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value

    return change


def _brighter(led: str, key: str, factor: float) -> Change:
    def change(table: Table) -> None:
        table["boards"]["led"][led][key] *= factor

    return change


def _no_passive_limit(table: Table) -> None:
    table["boards"]["group"]["on_axis"]["charge_resistor_ohm"] = 0
    table["boards"]["group"]["on_axis"]["sense_resistor_ohm"] = 2.0


def _ten_ohm_everywhere(table: Table) -> None:
    for group in assess.infrared_groups(table):
        table["boards"]["group"][group].update(charge_resistor_ohm=10, sense_resistor_ohm=1.5)


def _bright_without_rest(table: Table) -> None:
    table["firmware"]["lamp"]["on_axis"]["duty_divisor"] = 1
    table["boards"]["group"]["on_axis"]["sense_resistor_ohm"] = 0.8


def _red_in_order(hazard: str) -> Where:
    return "red", "firmware in order", hazard


def _red_that_fails(hazard: str) -> Where:
    return "red", "firmware fails", hazard


MUTATIONS = (
    Mutation(
        "duty limit of the firmware gone, lamps of 8 W/sr",
        _bright_without_rest,
        ("on_axis", "firmware in order", "cornea, 1000 s"),
    ),
    Mutation(
        "charging resistor shorted and three times the current",
        _no_passive_limit,
        ("on_axis", "firmware fails", "cornea, 1000 s"),
    ),
    Mutation(
        "charging resistor of 10 ohm in every group",
        _ten_ohm_everywhere,
        ("all infrared", "firmware fails", "cornea, 1000 s"),
    ),
    Mutation(
        "infrared LEDs twenty times as bright",
        _brighter("ir", "intensity_w_sr_at_1a", 20.0),
        ("off_axis", "charging resistor shorted too", "retina, weak stimulus"),
    ),
    Mutation(
        "a reservoir and LEDs that put ten times the light into a pulse",
        _brighter("ir", "intensity_w_sr_at_1a", 10.0),
        ("on_axis", "sense resistor shorted", "retina, one pulse"),
    ),
    Mutation(
        "white LEDs a fifth brighter",
        _brighter("white", "flux_most_lm_at_350ma", 1.2),
        ("white", "on without a break", "blue light, 10,000 s"),
    ),
    Mutation(
        "a diffuser half as large",
        lambda t: t["optics"]["white"].update(window_mm=[22.0, 40.0]),
        ("white", "on without a break", "blue light, 10,000 s"),
    ),
    Mutation(
        "the diffuser on top of the LEDs",
        _set("optics", "white", "chamber_depth_mm", value=8.0),
        ("white", "on without a break", "blue light, 10,000 s"),
    ),
    Mutation(
        "an aiming LED of 60 cd",
        _brighter("aim", "intensity_cd", 2.0),
        ("aim", "on without a break", "blue light, 10,000 s"),
    ),
    Mutation(
        "infrared LEDs twenty times as bright, middle ring",
        _brighter("ir", "intensity_w_sr_at_1a", 20.0),
        ("middle_ring", "charging resistor shorted too", "retina, weak stimulus"),
    ),
    Mutation(
        "infrared LEDs 150 times as bright, all together",
        _brighter("ir", "intensity_w_sr_at_1a", 150.0),
        ("all infrared", "firmware fails", "retina, weak stimulus"),
    ),
    Mutation(
        "red pulses of 1 ms",
        _set("firmware", "lamp", "red", "max_pulse_us", value=1000),
        _red_in_order("pulse length (design)"),
    ),
    Mutation(
        "a red burst of 0.4 s",
        _set("firmware", "lamp", "red", "burst_ms", value=400),
        _red_in_order("burst (design)"),
    ),
    Mutation(
        "red at 20 Hz",
        _set("firmware", "lamp", "red", "max_gap_us", value=50_000),
        _red_in_order("flicker: between pulses"),
    ),
    Mutation(
        "bursts of red after 0.2 s",
        _set("firmware", "lamp", "red", "burst_rest_ms", value=200),
        _red_in_order("flicker: flashes"),
    ),
    Mutation(
        "red LEDs three times as bright",
        _brighter("red", "intensity_w_sr_at_1a", 3.0),
        _red_in_order("flicker: wall at 0.3 m"),
    ),
    Mutation(
        "the carrier passes red at 60 Hz",
        _set("boards", "limiter", "red_gap_ms", value=14.9),
        _red_that_fails("flicker: between pulses"),
    ),
    Mutation(
        "the carrier rests 0.4 s",
        _set("boards", "limiter", "red_rest_ms", value=400),
        _red_that_fails("flicker: flashes"),
    ),
    Mutation(
        "a charging resistor of red of 390 ohm",
        _set("boards", "group", "red", "charge_resistor_ohm", value=390),
        ("red", "burst watch broken too", "flicker: wall at 0.3 m"),
    ),
    Mutation(
        "a reservoir of red of 330 uF",
        _set("boards", "group", "red", "reservoir_uf", value=330),
        _red_that_fails("flicker: wall at 0.3 m"),
    ),
    Mutation(
        "the carrier rests 0.6 s, and white blinks",
        _set("boards", "limiter", "red_rest_ms", value=600),
        ("red and white", "firmware fails", "flicker: flashes"),
    ),
    Mutation(
        "bursts of red after 0.45 s, and white blinks",
        _set("firmware", "lamp", "red", "burst_rest_ms", value=450),
        ("red and white", "firmware in order", "flicker: flashes"),
    ),
    Mutation(
        "red LEDs ten times as bright",
        _brighter("red", "intensity_w_sr_at_1a", 10.0),
        ("red", "charging resistor shorted too", "blue light, 10,000 s"),
    ),
    Mutation(
        "red LEDs eighteen times as bright",
        _brighter("red", "intensity_w_sr_at_1a", 18.0),
        ("red", "sense resistor shorted", "retina, one pulse"),
    ),
    Mutation(
        "infrared LEDs 100,000 times as bright: the limits that are far away",
        _brighter("ir", "intensity_w_sr_at_1a", 1e5),
        ("middle_ring", "firmware in order", "cornea, one pulse"),
    ),
    Mutation(
        "red LEDs 100,000 times as bright",
        _brighter("red", "intensity_w_sr_at_1a", 1e5),
        ("red", "firmware in order", "retina, thermal"),
    ),
    Mutation(
        "white LEDs 1,000 times as bright",
        _brighter("white", "flux_most_lm_at_350ma", 1e3),
        ("white", "on without a break", "retina, thermal"),
    ),
    Mutation(
        "an aiming LED 1,000 times as bright",
        _brighter("aim", "intensity_cd", 1e3),
        ("aim", "on without a break", "retina, thermal"),
    ),
    Mutation(
        "a range sensor of 0.5 W",
        _set("boards", "range_sensor", "most_w", value=0.5),
        ("range sensor", "at its class 1 limit", "cornea, 1000 s"),
    ),
)


def markdown() -> list[str]:
    """A table: each change with the finding that it breaks, its value before and after."""
    usual = {(f.group, f.situation, f.hazard): f for f in assess.assess(assess.tables())}
    lines = ["| change | breaks | used before → after |", "|---|---|---|"]
    for mutation in MUTATIONS:
        table = assess.tables()
        mutation.change(table)
        after = {(f.group, f.situation, f.hazard): f for f in assess.assess(table)}[mutation.breaks]
        before = usual[mutation.breaks].share
        lines.append(f"| {mutation.words} | {', '.join(mutation.breaks)} | {before:.1%} → {after.share:.1%} |")
    return lines


if __name__ == "__main__":
    print("\n".join(markdown()))
