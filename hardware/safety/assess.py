"""Photobiological assessment of every lamp group after IEC 62471: normal use, worst credible faults, margins.

Job: from `firmware/limits.toml` (what the firmware allows), `../interfaces.toml` (LEDs, currents, hardware limits) and
`../optics` (diffuser, geometry) say for each hazard how much of the exempt limit is used; `flicker.py` adds what
flashes do. Input: those tables as one mapping, so that a test can break a value; output: `Finding`s. It calculates from
data-sheet values with stated spreads and refuses to call anything safe: a laboratory's measurement of the finished
probe does that.
"""

from __future__ import annotations

import copy
import math
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from hardware.optics import budget, white
from hardware.safety import flicker
from hardware.safety import limits_62471 as limits
from hardware.safety.finding import Finding, Table

ROOT = Path(__file__).resolve().parents[2]

INTENSITY_SPREAD = 1.5
"""Brightest LED of a reel over the typical one: guessed from bins that span 2:1."""
VBE_COLD_V = 0.80
"""Clamp transistor at -20 degrees C: 0.77 V by simulation (`../spice`), 30 mV for the spread of parts (guessed)."""
LED_FORWARD_LEAST_V = {"ir": 2.2, "red": 1.6}
"""An LED at a milliampere, warm (infrared: two junctions): the least drop behind a charging resistor (guessed)."""
APPARENT_MM = 3.0
"""Largest apparent size of one LED (its lens): decides the limit. Its radiance is taken over the bare die instead;
together that is the unfavourable side of both (derived)."""
BLUE_EFFICACY_W_LM = 7.0e-4
"""Blue-light-weighted watts per lumen of a 5000 K phosphor LED. Derived: blue pump 445-455 nm plus phosphor on the
Planckian locus at 5000 K gives 6.3e-4 to 6.6e-4."""
RETINAL_EFFICACY_W_LM = 1.1e-2
"""Thermally weighted watts per lumen of the same spectra: ten times the above plus 1/250 lm/W (derived, rounded up)."""
AIM_LENS_MM = 12.0
"""Lens in front of the aiming LED: the apparent source becomes this large, with the radiance of the LED at most."""
AIM_BODY_MM = 5.0
AIM_BLUE_W_LM = 0.045 / (683 * 0.79)
"""Blue weight of a 527 nm LED of 35 nm width over its luminous efficacy (derived by averaging both)."""


def tables() -> Table:
    """All inputs as one mapping: `firmware`, `boards`, `optics`; a copy that may be changed."""
    firmware = tomllib.loads((ROOT / "firmware" / "limits.toml").read_text(encoding="utf-8"))
    return {
        "firmware": firmware,
        "boards": copy.deepcopy(budget.interfaces()),
        "optics": copy.deepcopy(budget.parts()),
    }


def pulsed_groups(table: Table) -> list[str]:
    """Groups behind a one-shot, in the order of the lamp table."""
    return [name for name, row in table["boards"]["group"].items() if "limit_us" in row]


def led_of(table: Table, group: str) -> Table:
    """The LED of a group, from the lamp table."""
    row: Table = table["boards"]["led"][table["boards"]["group"][group]["led"]]
    return row


def infrared_groups(table: Table) -> list[str]:
    """Pulsed groups that nobody sees."""
    return [group for group in pulsed_groups(table) if led_of(table, group)["wavelength_nm"] >= 780]


def sink_current_a(table: Table, group: str) -> float:
    """Current of one string at its highest: cold clamp transistor."""
    return float(VBE_COLD_V / table["boards"]["group"][group]["sense_resistor_ohm"])


def led_intensity_w_sr(table: Table, group: str, current_a: float) -> float:
    """Radiant intensity of one LED, the brightest of its reel."""
    return float(led_of(table, group)["intensity_w_sr_at_1a"] * current_a * INTENSITY_SPREAD)


def group_intensity_w_sr(table: Table, group: str) -> float:
    """Radiant intensity of a whole group during its pulse."""
    wiring = table["boards"]["group"][group]
    count = wiring["strings"] * wiring["leds_per_string"]
    return float(count * led_intensity_w_sr(table, group, sink_current_a(table, group)))


def forward_least_v(table: Table, group: str) -> float:
    """Least forward voltage of a string."""
    wiring = table["boards"]["group"][group]
    return float(wiring["leds_per_string"] * LED_FORWARD_LEAST_V[wiring["led"]])


def passive_average(table: Table, group: str) -> float:
    """Share (0 to 1) of the pulse intensity that the charging resistor sustains for ever, whatever the logic does."""
    wiring = table["boards"]["group"][group]
    resistor = wiring["charge_resistor_ohm"]
    drop = table["boards"]["rail"]["lamp_v"] - forward_least_v(table, group)
    if resistor <= 0:
        return 1.0
    return float(min(1.0, drop / resistor / (wiring["strings"] * sink_current_a(table, group))))


def hardware_pulse_s(table: Table, group: str) -> float:
    """Longest pulse that the one-shot of a group lets through."""
    limiter = table["boards"]["limiter"]
    kind = "red" if group == "red" else "ir"
    nominal_s = 0.7 * limiter[f"{kind}_ohm"] * limiter[f"{kind}_nf"] * 1e-9
    return float(nominal_s * (1.0 + limiter["one_shot_tolerance"]))


def light_limit_s(table: Table, light: str, side: int) -> float:
    """On time at which the counter cuts a visible light: shortest (side -1) or longest (+1)."""
    limiter = table["boards"]["limiter"]
    period_s = 2.5 * limiter[f"{light}_ohm"] * limiter[f"{light}_nf"] * 1e-9
    return float(limiter["counter_divisor"] * period_s * (1.0 + side * limiter["counter_tolerance"]))


def led_places_mm(table: Table, group: str) -> list[tuple[float, float]]:
    """Positions of the LEDs of a group, millimetres from the optical axis."""
    boards = table["boards"]
    if group == "off_axis":
        side = boards["bar"]["centre_offset_mm"]
        return [(sign * side + x, y) for sign in (-1, 1) for x, y in boards["bar"]["led_positions_mm"]]
    ring, middle = boards["ring"], boards["middle"]
    radius, first, count = {
        "on_axis": (ring["led_radius_mm"], ring["led_first_angle_deg"], ring["led_count"]),
        "middle_ring": (middle["led_radius_mm"], middle["middle_first_angle_deg"], middle["led_count"]),
        "red": (middle["led_radius_mm"], middle["red_first_angle_deg"], middle["led_count"]),
    }[group]
    turns = [first + 360.0 / count * k for k in range(count)]
    return [(radius * math.cos(math.radians(a)), radius * math.sin(math.radians(a))) for a in turns]


@cache
def worst_patch(places_mm: tuple[tuple[float, float], ...]) -> tuple[int, float]:
    """LEDs and diameter (mm) of the field of view that brings L x alpha, so LEDs / diameter, to its largest value."""
    distance_mm = limits.DISTANCE_M * 1e3
    least, most = limits.ALPHA_MIN_STEADY_RAD * distance_mm, limits.ALPHA_MAX_RAD * distance_mm
    centres = [((a + c) / 2, (b + d) / 2) for a, b in places_mm for c, d in places_mm]
    best = (1, least)
    for step in range(50):
        diameter = least + (most - least) * step / 49
        seen = max(sum(math.hypot(x - cx, y - cy) <= diameter / 2 for x, y in places_mm) for cx, cy in centres)
        if seen / diameter > best[0] / best[1]:
            best = (seen, diameter)
    return best


def patch_radiance(places: list[tuple[float, float]], one_w_sr: float, nm: float) -> tuple[float, float]:
    """Retina-weighted radiance (W/m2/sr) of the worst patch of LEDs that shine `one_w_sr` each, and its size (rad)."""
    seen, diameter_mm = worst_patch(tuple(places))
    area_m2 = math.pi / 4 * (diameter_mm * 1e-3) ** 2
    weighted = seen * one_w_sr / area_m2 * limits.retinal_weight(nm)
    return weighted, diameter_mm * 1e-3 / limits.DISTANCE_M


def _steady(table: Table, group: str, situation: str, duty: float) -> Iterator[Finding]:
    """Cornea and retina for an average of `duty` of the pulse intensity."""
    nm = led_of(table, group)["wavelength_nm"]
    one = led_intensity_w_sr(table, group, sink_current_a(table, group)) * duty
    weighted, alpha = patch_radiance(led_places_mm(table, group), one, nm)
    if nm < 780:
        limit = limits.thermal_w_m2_sr(alpha, limits.EXEMPT_THERMAL_S)
        yield Finding(group, situation, "retina, thermal", weighted, limit, "W/(m2 sr)")
        blue = weighted * limits.blue_weight(nm)
        yield Finding(group, situation, "blue light, 10,000 s", blue, limits.BLUE_LIMIT_EXEMPT, "W/(m2 sr)")
        return
    average = group_intensity_w_sr(table, group) * duty / limits.DISTANCE_M**2
    yield Finding(group, situation, "cornea, 1000 s", average, limits.cornea_w_m2(limits.EXEMPT_INFRARED_S), "W/m2")
    limit = limits.weak_stimulus_w_m2_sr(alpha)
    yield Finding(group, situation, "retina, weak stimulus", weighted, limit, "W/(m2 sr)")


def _single_pulse(table: Table, group: str, situation: str, current_a: float, seconds: float) -> Iterator[Finding]:
    """One pulse on cornea and retina."""
    wiring, nm = table["boards"]["group"][group], led_of(table, group)["wavelength_nm"]
    one = led_intensity_w_sr(table, group, current_a)
    if nm >= 780:
        count = wiring["strings"] * wiring["leds_per_string"]
        value = count * one / limits.DISTANCE_M**2
        yield Finding(group, situation, "cornea, one pulse", value, limits.cornea_w_m2(seconds), "W/m2")
    die_m2 = (table["optics"]["led"][wiring["led"]]["die_mm"] * 1e-3) ** 2
    weighted = one / die_m2 * limits.retinal_weight(nm)
    alpha = APPARENT_MM * 1e-3 / limits.DISTANCE_M
    yield Finding(group, situation, "retina, one pulse", weighted, limits.thermal_w_m2_sr(alpha, seconds), "W/(m2 sr)")


def shorted_pulse(table: Table, group: str) -> tuple[float, float]:
    """Current (A) per string and time (s) when the sense resistor is shorted: the reservoir alone feeds the string.

    The current is bounded by two ohms of LEDs, transistor and capacitor (guessed low); the charge is what the reservoir
    holds above the LEDs' forward voltage.
    """
    wiring = table["boards"]["group"][group]
    above_v = table["boards"]["rail"]["lamp_v"] - forward_least_v(table, group)
    current_a = above_v / 2.0
    return current_a, wiring["reservoir_uf"] * 1e-6 * above_v / current_a


def reservoir_s(table: Table, group: str) -> float:
    """How long the reservoir of a group keeps it lit at its full current."""
    wiring = table["boards"]["group"][group]
    above_v = table["boards"]["rail"]["lamp_v"] - forward_least_v(table, group)
    return float(wiring["reservoir_uf"] * 1e-6 * above_v / (wiring["strings"] * sink_current_a(table, group)))


def _pulsed_group(table: Table, group: str) -> Iterator[Finding]:
    firmware = table["firmware"]["lamp"][group]
    amps = sink_current_a(table, group)
    yield from _steady(table, group, "firmware in order", 1.0 / firmware["duty_divisor"])
    yield from _single_pulse(table, group, "firmware in order", amps, firmware["max_pulse_us"] * 1e-6)
    yield from _steady(table, group, "firmware fails", passive_average(table, group))
    yield from _single_pulse(table, group, "firmware fails", amps, hardware_pulse_s(table, group))
    yield from _single_pulse(table, group, "one-shot fails too", amps, reservoir_s(table, group))
    yield from _steady(table, group, "charging resistor shorted too", 1.0)
    short_a, short_s = shorted_pulse(table, group)
    yield from _single_pulse(table, group, "sense resistor shorted", short_a, short_s)


def _all_together(table: Table) -> Iterator[Finding]:
    groups = infrared_groups(table)
    places = [place for group in groups for place in led_places_mm(table, group)]
    for situation, duties in (
        ("firmware in order", [1.0 / table["firmware"]["lamp"][g]["duty_divisor"] for g in groups]),
        ("firmware fails", [passive_average(table, g) for g in groups]),
    ):
        total = sum(group_intensity_w_sr(table, g) * d for g, d in zip(groups, duties, strict=True))
        value = total / limits.DISTANCE_M**2
        limit = limits.cornea_w_m2(limits.EXEMPT_INFRARED_S)
        yield Finding("all infrared", situation, "cornea, 1000 s", value, limit, "W/m2")
        one = max(
            led_intensity_w_sr(table, g, sink_current_a(table, g)) * d for g, d in zip(groups, duties, strict=True)
        )
        nm = min(led_of(table, g)["wavelength_nm"] for g in groups)
        weighted, alpha = patch_radiance(places, one, nm)
        limit = limits.weak_stimulus_w_m2_sr(alpha)
        yield Finding("all infrared", situation, "retina, weak stimulus", weighted, limit, "W/(m2 sr)")


def _range_sensor(table: Table) -> Iterator[Finding]:
    """Class 1 by its maker's declaration, behind a switch that cuts it off; here only what it may add to the lamps."""
    sensor = table["boards"]["range_sensor"]
    value, limit = (
        sensor["most_w"] / sensor["field_sr"] / limits.DISTANCE_M**2,
        limits.cornea_w_m2(limits.EXEMPT_INFRARED_S),
    )
    yield Finding("range sensor", "at its class 1 limit", "cornea, 1000 s", value, limit, "W/m2")


def white_luminance_cd_m2(table: Table, field_mm: float) -> float:
    """Brightest spot of the diffuser, the brightest LEDs of the bin and a cold clamp."""
    parts = table["optics"]["white"]
    wiring = table["boards"]["group"]["white"]
    amps = sink_current_a(table, "white")
    count = wiring["strings"] * wiring["leds_per_string"]
    flux = count * table["boards"]["led"]["white"]["flux_most_lm_at_350ma"] * amps / 0.35
    behind = flux * parts["diffuser_transmission"] * parts["chamber_efficiency"]
    window = (parts["window_mm"][0], parts["window_mm"][1])
    return white.window_luminance_cd_m2(behind, window, parts["chamber_depth_mm"], field_mm)


def _white(table: Table) -> Iterator[Finding]:
    """On without a break: a firmware that fails may start the light anew each time the counter cuts it."""
    wide_mm = limits.ALPHA_MAX_RAD * limits.DISTANCE_M * 1e3
    luminance = white_luminance_cd_m2(table, wide_mm)
    situation = "on without a break"
    blue = luminance * BLUE_EFFICACY_W_LM
    yield Finding("white", situation, "blue light, 10,000 s", blue, limits.BLUE_LIMIT_EXEMPT, "W/(m2 sr)")
    thermal = luminance * RETINAL_EFFICACY_W_LM
    limit = limits.thermal_w_m2_sr(limits.ALPHA_MAX_RAD, limits.EXEMPT_THERMAL_S)
    yield Finding("white", situation, "retina, thermal", thermal, limit, "W/(m2 sr)")
    led_cd = table["boards"]["led"]["white"]["flux_most_lm_at_350ma"] * sink_current_a(table, "white") / 0.35 / math.pi
    area = math.pi / 4 * (limits.ALPHA_MIN_STEADY_RAD * limits.DISTANCE_M) ** 2
    bare = led_cd / area * BLUE_EFFICACY_W_LM
    yield Finding(
        "white", "diffuser lost", "blue light, group 1", bare, limits.BLUE_LIMIT_GROUP_1, "W/(m2 sr)", must_hold=False
    )


def _aim(table: Table) -> Iterator[Finding]:
    led_cd = table["boards"]["led"]["aim"]["intensity_cd"] * INTENSITY_SPREAD
    luminance = led_cd / (math.pi / 4 * (AIM_BODY_MM * 1e-3) ** 2)
    behind_lens_cd = luminance * math.pi / 4 * (AIM_LENS_MM * 1e-3) ** 2
    field_m = limits.ALPHA_MAX_RAD * limits.DISTANCE_M
    seen = behind_lens_cd / (math.pi / 4 * field_m**2)
    blue = seen * AIM_BLUE_W_LM
    yield Finding("aim", "on without a break", "blue light, 10,000 s", blue, limits.BLUE_LIMIT_EXEMPT, "W/(m2 sr)")
    thermal = luminance / (683 * 0.79)
    limit = limits.thermal_w_m2_sr(AIM_LENS_MM * 1e-3 / limits.DISTANCE_M, limits.EXEMPT_THERMAL_S)
    yield Finding("aim", "on without a break", "retina, thermal", thermal, limit, "W/(m2 sr)")


def assess(table: Table) -> list[Finding]:
    """Every finding, groups in the order of the firmware's table."""
    pulsed = chain.from_iterable(_pulsed_group(table, group) for group in pulsed_groups(table))
    eye = [*pulsed, *_all_together(table), *_range_sensor(table), *_white(table), *_aim(table)]
    peak_cd = flicker.red_cd(group_intensity_w_sr(table, "red"), led_of(table, "red")["wavelength_nm"])
    return [*eye, *flicker.findings(table, peak_cd, reservoir_s(table, "red"), passive_average(table, "red"))]


def markdown(findings: list[Finding], least: float = 0.0) -> list[str]:
    """A row a situation; groups with the same figures share it. What uses less than `least` is left out."""
    hazards: dict[tuple[str, str], list[str]] = {}
    for f in findings:
        if f.share < least:
            continue
        used = f"{f.share:.1%}" if f.share >= 1e-3 else "< 0.1%"
        cell = f"{f.hazard}: {f.value:.3g} of {f.limit:.3g} {f.unit} ({used})"
        hazards.setdefault((f.group, f.situation), []).append(cell)
    groups: dict[str, list[str]] = {}
    for (group, situation), cells in hazards.items():
        groups.setdefault(f"{situation} | {'<br>'.join(cells)}", []).append(group)
    lines = ["| group | situation | hazard: value of limit (used) |", "|---|---|---|"]
    return lines + [f"| {', '.join(names)} | {row} |" for row, names in groups.items()]


def main() -> int:
    """Print the table; 1 when a limit that must hold is broken."""
    findings = assess(tables())
    print("\n".join(markdown(findings)).replace("<br>", "; "))
    return int(any(f.must_hold and not f.is_within for f in findings))


if __name__ == "__main__":
    sys.exit(main())
