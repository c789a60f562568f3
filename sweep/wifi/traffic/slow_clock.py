"""Does a flow send all that it has in bursts by a clock of a second or two?

Input is the frames of a window; output is whether they do.  A camera may gather its pictures and send them so, which
leaves nothing of the clock that `cadence` looks for.  A file's parts are as far apart, but each begins when the one
before was sent, and is later than any timer.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sweep.wifi.frames.columns import quantile

from .cadence import BIG_SHARE, Floats, Octets, split_bursts

GAP_S: Final = 0.3
"""Silence between two bursts: guessed."""
PERIOD_S: Final = (0.7, 2.2)
"""Guessed: what gathers for longer is a segment, which nobody watches live."""
MOST_LATE_S: Final = 0.005
"""Root mean square of what intervals differ from the clock's.  Measured: 57 such cameras 0.002 s at most
(`air_shaped`), 11 uploads of `air_halls` whose parts are as far apart 0.0077 s and more."""
MOSTLY: Final = 0.5
"""Share of the octets that so many bursts of the usual size come to: guessed, beside an upload a connection is kept
alive by the clock."""
LEAST_BURSTS: Final = 8
"""As few as make a clock."""


def keeps_slow_clock(t_s: Floats, octets: Octets) -> bool:
    """Its bursts, but for what is little, keep such a clock; what came first may have begun before."""
    starts, sizes = split_bursts(t_s, octets, GAP_S)
    if len(starts) <= LEAST_BURSTS:
        return False
    usual = quantile(sizes, 0.5)
    if usual * len(sizes) < MOSTLY * sizes.sum():
        return False
    gaps_s = np.diff(starts[sizes >= BIG_SHARE * usual][1:])
    if len(gaps_s) < LEAST_BURSTS - 1:
        return False
    period_s = quantile(gaps_s, 0.5)
    late_s = gaps_s - np.maximum(np.rint(gaps_s / period_s), 1.0) * period_s
    is_slow = PERIOD_S[0] <= period_s <= PERIOD_S[1]
    return is_slow and float(np.sqrt((late_s**2).mean())) <= MOST_LATE_S
