"""Eye safety of the kit's lamps after IEC 62471, with the formulas of `hardware/safety`.

Input is `kit.toml` and the firmware's limits; output is `Finding`s for lamps in order and for lamps that stay on, since
nothing in the kit but the firmware ends a pulse.  A laboratory has measured none of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from hardware.kit.table import kit, lamp_places_mm, string_most_a
from hardware.safety import assess
from hardware.safety import limits_62471 as limits
from hardware.safety.finding import Finding

GROUPS = ("on_axis", "off_axis")


def brightest_w_sr() -> float:
    """Radiant intensity of the brightest lamp at the largest current."""
    lamp = kit()["lamp"]
    return float(lamp["intensity_most_w_sr"] * string_most_a() / lamp["current_a"])


def findings() -> list[Finding]:
    """Each group in order and stuck on, then both stuck on."""
    firmware = assess.tables()["firmware"]["lamp"]
    found: list[Finding] = []
    for group in GROUPS:
        places = lamp_places_mm(group)
        found += _steady(group, "firmware in order", places, 1.0 / firmware[group]["duty_divisor"])
        found += _one_pulse(group, places, firmware[group]["max_pulse_us"] * 1e-6)
        found += _steady(group, "stays on", places, 1.0)
    found += _steady("both", "stay on", [place for group in GROUPS for place in lamp_places_mm(group)], 1.0)
    return found


def _steady(group: str, situation: str, places: list[tuple[float, float]], duty: float) -> Iterator[Finding]:
    one = brightest_w_sr() * duty
    cornea = len(places) * one / limits.DISTANCE_M**2
    yield Finding(group, situation, "cornea, 1000 s", cornea, limits.cornea_w_m2(limits.EXEMPT_INFRARED_S), "W/m2")
    weighted, alpha = assess.patch_radiance(places, one, kit()["lamp"]["wavelength_nm"])
    limit = limits.weak_stimulus_w_m2_sr(alpha)
    yield Finding(group, situation, "retina, weak stimulus", weighted, limit, "W/(m2 sr)")


def _one_pulse(group: str, places: list[tuple[float, float]], seconds: float) -> Iterator[Finding]:
    lamp, one = kit()["lamp"], brightest_w_sr()
    cornea = len(places) * one / limits.DISTANCE_M**2
    yield Finding(group, "one pulse", "cornea", cornea, limits.cornea_w_m2(seconds), "W/m2")
    weighted = one / (lamp["die_mm"] * 1e-3) ** 2 * limits.retinal_weight(lamp["wavelength_nm"])
    limit = limits.thermal_w_m2_sr(assess.APPARENT_MM * 1e-3 / limits.DISTANCE_M, seconds)
    yield Finding(group, "one pulse", "retina", weighted, limit, "W/(m2 sr)")


def table() -> list[str]:
    """The assessment for the README."""
    return assess.markdown(findings())
