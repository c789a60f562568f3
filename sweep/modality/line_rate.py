"""Whether the lines of a television picture are heard, which nothing but analogue video has: in a tuner window by how
often the sync edges come, and how steadily; in a raw run of the log detector by how far the line rate stands above the
rest of its spectrum. It decides nothing about a transmitter.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.report import RfWindow

BLOCK_S: Final = 0.004
"""In which the head counts edges."""
LINES_PER_S: Final = (15_300.0, 16_700.0)
"""PAL 15,625 and NTSC 15,734, and up to 18 more edges around each vertical sync (derived: 16,000 and 16,274)."""
STEADY_SPREAD_COUNTS: Final = (2, 15)
"""Edges in the fullest 4 ms less those in the emptiest: 9 around a vertical sync, one for each end, and some that noise
adds; a tone has none (derived)."""
ABOVE_LEAST_COUNTS: Final = 4.5
"""Mean less emptiest: a vertical sync stands out upwards, chance both ways (tuned: 4.2 at most in 70 pictures from 7 dB
on, 6.9 in the middle of 31 windows of FSK at four times the line rate)."""
LOOSE_LINES_PER_S: Final = (15_000.0, 17_600.0)
LOOSE_SPREAD_COUNTS: Final = (2, 22)
LOOSE_ABOVE_LEAST_COUNTS: Final = 6.5
"""The same of a picture at 7 dB, where noise adds more edges than it takes (tuned on 48 pictures: two windows of three
in 35, in none of 96 others)."""
UNTOLD_SPREAD_COUNTS: Final = 12
"""The same as the former, where nobody kept the emptiest."""


def has_line_rate(window: RfWindow) -> bool:
    """True for a window whose sync edges come as often and as steadily as the lines of a picture."""
    if window.line_spread_counts is not None and window.line_least_counts is None:
        return _is_rate(window, LINES_PER_S) and window.line_spread_counts <= UNTOLD_SPREAD_COUNTS
    return _is_rate(window, LINES_PER_S) and _is_steady(window, STEADY_SPREAD_COUNTS, ABOVE_LEAST_COUNTS)


def may_have_line_rate(window: RfWindow) -> bool:
    """True also for lines under so much noise that some are added and some are lost: several windows have to say so."""
    is_loose = _is_rate(window, LOOSE_LINES_PER_S) and _is_steady(window, LOOSE_SPREAD_COUNTS, LOOSE_ABOVE_LEAST_COUNTS)
    return is_loose or has_line_rate(window)


def _is_rate(window: RfWindow, bounds: tuple[float, float]) -> bool:
    return window.lines_per_s is not None and bounds[0] <= window.lines_per_s <= bounds[1]


def _is_steady(window: RfWindow, spread: tuple[int, int], above_least: float) -> bool:
    if window.lines_per_s is None or window.line_spread_counts is None or window.line_least_counts is None:
        return False
    over_least = window.lines_per_s * BLOCK_S - window.line_least_counts
    return spread[0] <= window.line_spread_counts <= spread[1] and over_least <= above_least


RAW_RATE_HZ: Final = 31_250.0
RUN_SAMPLES: Final = 512
LINE_BAND_HZ: Final = (15_430.0, 15_625.0)
"""Where lines fold to: PAL's 15,625 to half of the rate itself, NTSC's 15,734 to 15,516, and the head's clock is off by
up to 0.5 %."""
BESIDE_HZ: Final = (11_000.0, 15_000.0)
MOST_SPREADS: Final = 3.0
"""Bursts are cut so far beside the middle: what they do there is no line."""
STEP_POWER: Final = 1 / 12
"""Variance of rounding to whole quarters of counts: a level without noise has no less (derived)."""


def line_excess_db(run: NDArray[np.floating]) -> float:
    """How far the power at the line rate stands above that beside it, in a gapless run of RUN_SAMPLES."""
    middle = float(np.median(run))
    spread = max(1.0, 1.4826 * float(np.median(np.abs(run - middle))))
    held = np.clip(run, middle - MOST_SPREADS * spread, middle + MOST_SPREADS * spread)
    window = np.hanning(held.size)
    power = np.abs(np.fft.rfft((held - held.mean()) * window)) ** 2 / float(np.sum(window**2))
    hz = np.fft.rfftfreq(held.size, 1 / RAW_RATE_HZ)
    lines, beside = (float(power[(hz >= low) & (hz <= high)].mean()) for low, high in (LINE_BAND_HZ, BESIDE_HZ))
    return 10 * math.log10(max(lines, 1e-6) / max(beside, STEP_POWER / 4))
