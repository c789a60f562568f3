"""Temperatures of what the white light heats on the carrier, with the firmware's rule kept and with it broken.

Job: from `../interfaces.toml` (currents, copper, LEDs, fuse) and `firmware/limits.toml` (share of the time that white
may burn) say how warm each part becomes at the worst ambient temperature. Input: those tables as one record, so that a
test can break a value; output: `Part`s. Heat is taken as steady: seconds of rest do not count, shares of time do. Not a
measurement; `README.md` says what is guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hardware.power.budget import Tables, tables


@dataclass(frozen=True, slots=True)
class Part:
    """One part in one situation."""

    name: str
    situation: str
    power_w: float
    temperature_c: float
    limit_c: float

    @property
    def is_within(self) -> bool:
        """Whether the limit holds."""
        return self.temperature_c <= self.limit_c


def share_on(t: Tables) -> float:
    """The largest share of the time for which the firmware leaves white on (0 to 1)."""
    return 1.0 / float(t.limits["light"]["white"]["duty_divisor"])


def current_a(t: Tables) -> float:
    """One white string, clamp transistor at the ambient temperature: 2 mV/K less than at 25 degrees C."""
    heat = t.boards["heat"]
    vbe_v = float(t.boards["sink"]["clamp_vbe_v"]) - 0.002 * (float(heat["ambient_c"]) - 25.0)
    return vbe_v / float(t.boards["group"]["white"]["sense_resistor_ohm"])


def inside_c(t: Tables) -> float:
    """Air around the carrier."""
    return float(t.boards["heat"]["ambient_c"]) + float(t.boards["heat"]["enclosure_rise_k"])


def sink_drop_v(t: Tables) -> float:
    """What is left for the transistor: the highest supply less the least LED and the sense resistor."""
    heat, amps = t.boards["heat"], current_a(t)
    sense_v = amps * float(t.boards["group"]["white"]["sense_resistor_ohm"])
    fuse_v = 3 * amps * float(heat["fuse_least_ohm"])
    return float(heat["supply_max_v"]) - fuse_v - float(heat["white_forward_least_v"]) - sense_v


def junction_to_air_k_w(heat: dict[str, Any]) -> float:
    """Thermal resistance of the transistor on its copper: the maker's points, straight between them in log(area)."""
    points = [(float(a), float(k)) for a, k in heat["junction_to_air"]]
    area = min(max(float(heat["copper_mm2"]), points[0][0]), points[-1][0])
    for (a0, k0), (a1, k1) in pairwise(points):
        if a0 <= area <= a1:
            thick = k0 + (k1 - k0) * math.log(area / a0) / math.log(a1 / a0)
            return thick * float(heat["thin_copper_factor"])
    raise ValueError(f"no thermal resistance for {area} mm2")


def parts(t: Tables) -> list[Part]:
    """Transistor, sense resistor and fuse of the white group, with the firmware's rule and without it."""
    heat, amps = t.boards["heat"], current_a(t)
    found = []
    for situation, share in (("firmware in order", share_on(t)), ("firmware fails: on for ever", 1.0)):
        transistor_w = sink_drop_v(t) * amps * share
        sense_w = amps**2 * float(t.boards["group"]["white"]["sense_resistor_ohm"]) * share
        board_c = inside_c(t) + 3 * (transistor_w + sense_w) * float(heat["board_k_w"])
        rise = transistor_w * junction_to_air_k_w(heat)
        limit = float(heat["junction_max_c"])
        found.append(Part("Q18, Q20, Q22", situation, transistor_w, board_c + rise, limit))
        sense_c = board_c + sense_w * float(heat["sense_k_w"])
        found.append(Part("R92, R95, R98", situation, sense_w, sense_c, float(heat["sense_max_c"])))
    return found


def fuse_hold_a(t: Tables) -> float:
    """What F3 holds at the ambient temperature."""
    heat = t.boards["heat"]
    return float(heat["fuse_hold_a"]) * (1.0 - float(heat["fuse_derating_1_k"]) * (inside_c(t) - 23.0))


def fuse_rms_a(t: Tables, share: float) -> float:
    """What heats F3: all strings for a share of the time."""
    return float(3 * current_a(t) * share**0.5)


def markdown(t: Tables) -> list[str]:
    """The table of the document, line by line."""
    lines = ["| part | situation | heat, W | at most, C | limit, C |", "|---|---|---|---|---|"]
    lines += [
        f"| {p.name} | {p.situation} | {p.power_w:.2f} | {p.temperature_c:.0f} | {p.limit_c:.0f} |" for p in parts(t)
    ]
    may_open = "it may open then" if fuse_rms_a(t, 1.0) > fuse_hold_a(t) else "neither opens it"
    lines.append("")
    lines.append(
        f"F3 holds {fuse_hold_a(t):.2f} A at {inside_c(t):g} C; white heats it like "
        f"{fuse_rms_a(t, share_on(t)):.2f} A with the rule, like {fuse_rms_a(t, 1.0):.2f} A without: {may_open}."
    )
    return lines


if __name__ == "__main__":
    print("\n".join(markdown(tables())))
