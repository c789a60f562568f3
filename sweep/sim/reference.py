"""Mornings of a simulated probe before its reference target: readings that spread, and parts that are worn.

Input is a seed and what is wrong with the probe; output is three repeats of each part's reading.  Readings spread as
the chart takes them to; what is worn is taken from the reading, in dB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sweep.report import ReferencePartName

REPEATS: Final = 3
USUAL: Final[Mapping[ReferencePartName, float]] = {"lens": 20.1, "lamp": 60.4, "wifi": -41.0, "ble": -52.0, "rf": -38.0}
"""Lens and lamp as a rendered board at 1 m gives them, the levels of a phone and a beacon at 2 m (guessed)."""
BETWEEN: Final[Mapping[ReferencePartName, float]] = {"lens": 0.35, "lamp": 0.25, "wifi": 1.6, "ble": 1.6, "rf": 1.6}
"""Standard deviation from morning to morning, and"""
WITHIN: Final[Mapping[ReferencePartName, float]] = {"lens": 0.3, "lamp": 0.25, "wifi": 1.6, "ble": 1.6, "rf": 1.6}
"""of one repeat about the morning: together they give the spread of a morning's median that the chart counts on."""
FAULTS: Final[Mapping[str, Mapping[ReferencePartName, float]]] = {
    "lamp": {"lamp": 10.0 * math.log10(0.7), "lens": 10.0 * math.log10(0.7)},
    "adapter": {"wifi": -10.0},
    "lens": {"lens": 10.0 * math.log10(0.6)},
}
"""What is worn, in dB: the lamps give 70 % of their light, which lenses send back as much less; an adapter that lost
10 dB; a lens so dirty that a glint keeps 60 % of its light (guessed)."""


@dataclass(frozen=True, slots=True)
class SimulatedProbe:
    """One probe; each has levels of its own."""

    seed: int

    def morning(self, day: int, fault: str | None = None) -> dict[ReferencePartName, list[float]]:
        """Readings of a morning, in dB or dBm.  KeyError for a fault that there is not."""
        own = np.random.default_rng([self.seed, 0x0EF])
        rng = np.random.default_rng([self.seed, 0x0EF, day + 1])
        worn = FAULTS[fault] if fault is not None else {}
        readings: dict[ReferencePartName, list[float]] = {}
        for part, usual in USUAL.items():
            level = usual + own.normal(0.0, 3.0) + rng.normal(0.0, BETWEEN[part]) + worn.get(part, 0.0)
            readings[part] = [float(level + rng.normal(0.0, WITHIN[part])) for _ in range(REPEATS)]
        return readings
