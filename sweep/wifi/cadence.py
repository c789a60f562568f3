"""Bursts and their rhythm: does a flow send a picture's worth of octets every so many milliseconds?

Input is the times and lengths of a flow's data frames; output is the bursts (one burst is, for a camera, one encoded
picture) and how strictly their starts keep to a clock between 4 and 31 per second.  It knows nothing of verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BURST_GAP_S: Final = 0.006
"""Silence that ends a burst: guessed; frames of one picture follow within 1-3 ms, pictures within 33 ms or more."""
SLOWEST_HZ: Final = 4.0
FASTEST_HZ: Final = 31.0
"""Picture rates looked for: cheap cameras run at 5 to 30 pictures a second."""
MAX_BURSTS: Final = 2_000
"""Bursts used at most: derived, 60 s at 30 per second; bounds the work on hostile input."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How strictly bursts keep to a clock."""

    rate_hz: float
    """The best clock rate; 0 when there are too few bursts."""
    strength: float
    """Length of the mean phase vector at that rate, 0 (no clock) to 1 (exact)."""
    log10_chance: float
    """Logarithm of the probability that bursts at random times look this strict at any rate (Rayleigh, Bonferroni)."""
    bursts: int


NO_RHYTHM: Final = Rhythm(0.0, 0.0, 0.0, 0)


def split_bursts(t_s: Floats, octets: NDArray[np.int32], *, gap_s: float = BURST_GAP_S) -> tuple[Floats, Floats]:
    """Start times and total octets of bursts separated by at least `gap_s` of silence; `t_s` ascending."""
    if not len(t_s):
        return np.zeros(0), np.zeros(0)
    first = np.concatenate([[0], np.flatnonzero(np.diff(t_s) >= gap_s) + 1])
    return t_s[first], np.add.reduceat(octets.astype(np.float64), first)


def find_rhythm(starts_s: Floats, *, slowest_hz: float = SLOWEST_HZ, fastest_hz: float = FASTEST_HZ) -> Rhythm:
    """The clock that burst starts keep best, by the Rayleigh statistic over a grid of rates."""
    starts = starts_s[:MAX_BURSTS]
    count = len(starts)
    span_s = float(starts[-1] - starts[0]) if count > 1 else 0.0
    if count < 8 or span_s <= 0:
        return NO_RHYTHM
    step_hz = 1.0 / (
        3.0 * span_s
    )  # a third of the resolution 1/span: at most 5 % of the strength is lost between steps
    rates = np.arange(slowest_hz, fastest_hz, step_hz)
    phases = np.exp(-2j * np.pi * np.outer(rates, starts - starts[0]))
    strengths = np.abs(phases.mean(axis=1))
    best = int(np.argmax(strengths))
    strength = float(strengths[best])
    independent = max((fastest_hz - slowest_hz) * span_s, 1.0)
    log10_chance = min(0.0, np.log10(independent) - count * strength**2 / np.log(10))
    return Rhythm(float(rates[best]), strength, float(log10_chance), count)
