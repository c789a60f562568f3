"""Photosensitive epilepsy: what the red bursts and the white stimulus do to somebody whom flashes can make ill.

Job: from the firmware's and the carrier's limits say how often red and white flash, how close the pulses of a burst
stand, how bright and how large the light is. Input: the tables of the assessment and the red group's luminous
intensity; output: `Finding`s. Where guidelines differ the strictest counts. They are made for screens; none exists for
a lamp on a wall, and none promises that nobody is affected.

Sources: ITU-R BT.1702 (2005, appendix 1: no more than three flashes a second where they fill more than a quarter of the
picture; a change below 20 cd/m2 is no flash, but one to or from saturated red always is); W3C WCAG 2.1, success
criterion 2.3.1 (no more than three general or red flashes in any second, or less than 0.006 sr within any 10 degrees);
Fisher, Harding, Erba, Barkley, Wilkins, Epilepsia 46 (2005) 1426 (15 to 25 Hz provoke most, some react up to 65 Hz).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hardware.optics import budget
from hardware.safety.finding import Finding, Table

FLASHES_1_S = 3.0
"""BT.1702 and WCAG: a flash is a pair of opposing changes."""
FUSED_HZ = 65.0
"""Faster than that nobody reacts (Fisher et al.): pulses are one glow."""
WORST_HZ = 25.0
"""Upper end of what provokes most (Fisher et al.)."""
FLASH_CD_M2 = 20.0
"""BT.1702: a smaller change of luminance is no flash, except to or from saturated red."""
AREA_SR = 0.006
"""WCAG: a quarter of the central 10 degrees."""
BURST_MS = 200.0
PULSE_US = 400.0
"""Required of the design: a burst is one short glow."""
WHITE_CHIP_S = 0.6
"""Shortest time between two changes of the white stimulus (firmware, limits.toml)."""
WALL_M = 0.3
WALL_ALBEDO = 0.8
"""The nearest wall that is looked at through the probe, and glazed white tile."""
EYE_SUMMATION_S = 0.1
"""Bloch's law: a shorter light is seen as if it were spread over this time (textbook)."""


def red_cd(intensity_w_sr: float, wavelength_nm: float) -> float:
    """Luminous intensity during a pulse, candela."""
    return intensity_w_sr * budget.LUMEN_PER_WATT * budget.photopic(wavelength_nm)


def wall_cd_m2(seen_cd: float) -> float:
    """Luminance of the nearest wall, lit by so many candela."""
    return seen_cd / WALL_M**2 * WALL_ALBEDO / math.pi


def unwatched_1_s(table: Table) -> float:
    """Flashes a second at the worst frequency when the carrier sees no gaps: its longest burst, then a rest."""
    limiter = table["boards"]["limiter"]
    burst_s = limiter["red_burst_ms"] * 1e-3 * (1.0 + limiter["red_burst_tolerance"])
    rest_s = limiter["red_burst_rest_ms"] * 1e-3 * (1.0 - limiter["red_rest_tolerance"])
    return float(WORST_HZ * burst_s / (burst_s + rest_s))


@dataclass(frozen=True, slots=True)
class Watches:
    """The carrier's one-shots around red, in seconds."""

    gap_s: float
    """A burst is over when no pulse began for so long."""
    rest_s: float
    burst_s: float
    """And in any case so long after its first pulse."""
    burst_rest_s: float

    def let_through(self, strobes_s: Sequence[float]) -> list[float]:
        """Pulses that light of those that the logic asks for; begins, rising."""
        last = began = -math.inf
        lit = []
        for at in strobes_s:
            rests = last + self.gap_s <= at < last + self.gap_s + self.rest_s
            rests |= began + self.burst_s <= at < began + self.burst_s + self.burst_rest_s
            if rests:
                continue
            if at >= began + self.burst_s:
                began = at
            last = at
            lit.append(at)
        return lit


def watches(table: Table, side: int) -> Watches:
    """At the tolerance that lets most through (side +1: long gap and burst, short rests) or least (-1)."""
    limiter = table["boards"]["limiter"]
    rest = 1.0 - side * limiter["red_rest_tolerance"]
    return Watches(
        limiter["red_gap_ms"] * 1e-3 * (1.0 + side * limiter["one_shot_tolerance"]),
        limiter["red_rest_ms"] * 1e-3 * rest,
        limiter["red_burst_ms"] * 1e-3 * (1.0 + side * limiter["red_burst_tolerance"]),
        limiter["red_burst_rest_ms"] * 1e-3 * rest,
    )


def most_flashes(lit_s: Sequence[float]) -> int:
    """Flashes in the worst second: pulses closer than the eye can part are one."""
    begins = [at for before, at in pairwise([-math.inf, *lit_s]) if at - before > 1.0 / FUSED_HZ]
    return max((sum(begin <= other < begin + 1.0 for other in begins) for begin in begins), default=0)


def strobe_table(table: Table) -> list[str]:
    """What a strobe that never ends makes of red; frequencies that are lit alike share a row."""
    strobes: dict[str, list[tuple[str, str]]] = {}
    for hertz in (1, 3, 10, 15, 20, 25, 50, 65, 70, 100, 120, 1000):
        lit = watches(table, 1).let_through([k / hertz for k in range(10 * hertz)])
        glow = sum(min(1.0 / hertz, 1.0 / FUSED_HZ) for _ in lit) if hertz > FUSED_HZ else 0.0
        seen = f"{glow:.1f} s" if glow else "single pulses"
        strobes.setdefault(f"{seen} | {most_flashes(lit)}", []).append((str(hertz), str(len(lit))))
    lines = ["| strobe, Hz | pulses in 10 s | lit of 10 s | flashes in the worst second |", "|---|---|---|---|"]
    return lines + [
        f"| {' | '.join(', '.join(each) for each in zip(*pairs, strict=True))} | {row} |"
        for row, pairs in strobes.items()
    ]


def red_rest_s(table: Table) -> float:
    """Shortest rest that the carrier keeps after a burst."""
    limiter = table["boards"]["limiter"]
    return float(limiter["red_rest_ms"] * 1e-3 * (1.0 - limiter["red_rest_tolerance"]))


def findings(table: Table, peak_cd: float, reservoir_s: float, sustained: float) -> Iterator[Finding]:
    """Red alone, red with the carrier as its only guard, red and white together. `peak_cd`: candela during a pulse;
    `reservoir_s`: how long the reservoir alone can keep the group lit; `sustained`: share of the intensity that its
    charging resistor keeps up for ever.
    """
    red, limiter = table["firmware"]["lamp"]["red"], table["boards"]["limiter"]
    fused_ms = 1e3 / FUSED_HZ
    gap_ms = limiter["red_gap_ms"] * (1.0 + limiter["one_shot_tolerance"])
    white_1_s = 1.0 / (2.0 * WHITE_CHIP_S)
    order, fails = "firmware in order", "firmware fails"
    by_firmware, by_carrier = _per_second(red["burst_rest_ms"] * 1e-3), _per_second(red_rest_s(table))
    yield Finding("red", order, "pulse length (design)", red["max_pulse_us"], PULSE_US, "us")
    yield Finding("red", order, "burst (design)", red["burst_ms"], BURST_MS, "ms")
    yield Finding("red", order, "flicker: between pulses", red["max_gap_us"] * 1e-3, fused_ms, "ms")
    yield Finding("red", order, "flicker: flashes", by_firmware, FLASHES_1_S, "1/s")
    glow = wall_cd_m2(peak_cd / red["duty_divisor"])
    yield Finding("red", order, "flicker: wall at 0.3 m", glow, FLASH_CD_M2, "cd/m2")
    yield Finding("red", fails, "flicker: between pulses", gap_ms, fused_ms, "ms")
    yield Finding("red", fails, "flicker: flashes", by_carrier, FLASHES_1_S, "1/s")
    flash = wall_cd_m2(peak_cd * min(1.0, reservoir_s / EYE_SUMMATION_S))
    yield Finding("red", fails, "flicker: wall at 0.3 m", flash, FLASH_CD_M2, "cd/m2")
    unwatched = unwatched_1_s(table)
    yield Finding("red", "gap watch broken too", "flicker: flashes", unwatched, FLASHES_1_S, "1/s", must_hold=False)
    glow = wall_cd_m2(peak_cd * sustained)  # at 100 Hz and without end
    yield Finding("red", "burst watch broken too", "flicker: wall at 0.3 m", glow, FLASH_CD_M2, "cd/m2")
    yield Finding("red", "both watches broken too", "flicker: flashes", WORST_HZ, FLASHES_1_S, "1/s", must_hold=False)
    yield Finding("red and white", order, "flicker: flashes", by_firmware + white_1_s, FLASHES_1_S, "1/s")
    yield Finding("red and white", fails, "flicker: flashes", by_carrier + white_1_s, FLASHES_1_S, "1/s")
    radius_m = (table["boards"]["middle"]["led_radius_mm"] + table["boards"]["led"]["red"]["body_mm"][0] / 2) * 1e-3
    for distance_m in (0.2, 0.5):
        field = math.pi * radius_m**2 / distance_m**2
        yield Finding("red", f"ring from {distance_m} m", "flicker: field", field, AREA_SR, "sr", must_hold=False)


def _per_second(rest_s: float) -> float:
    """Flashes a second when each is followed by a rest."""
    return 1.0 / rest_s if rest_s > 0 else math.inf
