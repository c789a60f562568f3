"""Is what might be pictures without a clock a transfer: parts of a file, rounds of a window, files, or sound?

Input is the frames of one window of a flow that `unclocked` takes for pictures; output is `Transfer`, how what lies
between two ends follows what came before, and how evenly octets come.  Pictures are taken by a clock, however late they
come: how large one was says little about when the next begins, nor about how large that will be.  A transfer begins its
next part when the one before has been sent, or answered.  It knows nothing of verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sweep.wifi.frames.columns import quantile

from .cadence import SLOWEST_HZ, Floats, Octets, Rhythm
from .unclocked import FULL_MOSTLY, Unclocked, find_ends

EQUAL_SPREAD, SLOWEST_EQUAL_HZ = 0.025, SLOWEST_HZ * 0.65
"""Pictures that are all alike are complete ones, or come from an encoder that fills them up; so few of them a second
are parts of a file: derived, the slowest camera, of which less than so much heard is not judged (`blindness`).  How
alike is chosen on the tuning flows."""
WINDOW_FOLLOWS, WINDOW_STEP = 0.75, 0.8
"""Rounds of TCP: each begins when the one before has been answered, and is nearly as large.  Chosen on the tuning
flows: of 400 cameras whose frames are mostly full none has both, of such uploads four in five."""
FILE_FOLLOWS, FILE_SPREAD = 0.95, 0.65
"""Files one after the other: each begins when the one before was sent, and they scatter widely.  Chosen likewise."""
MIN_BLOCKS: Final = 24
"""Blocks below which how one follows another says nothing: guessed, chance then reaches a correlation of 0.75 once in
50,000 flows."""
LAG_WINDOW_S, LAG_STEP_S, MIN_LAG_S = 2.0, 0.01, 0.015
"""Pictures that are late leave the straight line of a constant rate by their lateness.  Where nothing is later than
this a camera would show its clock; what shows none then is sound, or a paced transfer.  Chosen on the tuning flows:
lossless sound stays within 0.0117 s, late cameras without a clock that was found have 0.0178 s and more."""
FASTEST_ENDS_HZ, SMOOTH_SPREAD = 35.0, 0.5
"""But equal pictures that a viewer asks for stay as even as that, and a queue that never empties does.  So they have to
end more often than pictures come, or in places that part nothing: chosen on the tuning flows, sound and pictures of
`air_venue`."""
MIN_ENDS: Final = 8
"""Ends below which nothing is said of their clock: as few as events make one."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How the frames of a window follow each other."""

    step: float
    """Median change of the octets from one end to the next, over their median deviation: 1.4 where each size is drawn
    anew, little where a window grows."""
    follows: float
    """Rank correlation of these octets with the time until the next ones: 1 where each waits for the one before."""
    lag_s: float
    """How far octets stray from a constant rate: root mean square in the median LAG_WINDOW_S."""

    def is_even(self, unclocked: Unclocked) -> bool:
        """Nothing came late enough to hide the clock of a camera, and it does not end where pictures do."""
        parts_nothing = unclocked.ends_hz > FASTEST_ENDS_HZ or unclocked.spread >= SMOOTH_SPREAD
        return self.lag_s < MIN_LAG_S and parts_nothing

    def is_file(self, unclocked: Unclocked) -> bool:
        """Parts of a file, rounds of a window, or one file after the other, among frames that are mostly full."""
        if unclocked.lengths_share <= FULL_MOSTLY:
            return False
        if unclocked.spread <= EQUAL_SPREAD and unclocked.ends_hz < SLOWEST_EQUAL_HZ:
            return True
        if self.follows >= WINDOW_FOLLOWS and self.step <= WINDOW_STEP:
            return True
        return self.follows >= FILE_FOLLOWS and unclocked.spread >= FILE_SPREAD


def measure_transfer(t_s: Floats, octets: Octets, seconds: float) -> Transfer:
    """Marks of frames at `t_s` (ascending, from 0 to `seconds`)."""
    step, follows = _compare_blocks(t_s, octets, seconds)
    return Transfer(step, follows, _measure_lag(t_s, octets, seconds))


def measure_ends_kept(t_s: Floats, octets: Octets, rhythm: Rhythm) -> float:
    """How strictly what begins behind an end keeps a clock, over how strictly the clock was kept at all; 1 with too
    few ends to say so.
    """
    if not len(octets):
        return 1.0
    begins_s = t_s[1:][find_ends(octets, 0.0)[:-1]]
    if len(begins_s) < MIN_ENDS:
        return 1.0
    return float(np.abs(np.exp(2j * np.pi * rhythm.rate_hz * begins_s).mean())) / max(rhythm.strength, 1e-9)


def _measure_lag(t_s: Floats, octets: Octets, seconds: float) -> float:
    windows, steps = max(int(seconds / LAG_WINDOW_S), 1), round(LAG_WINDOW_S / LAG_STEP_S)
    sent = np.concatenate([[0.0], np.cumsum(octets, dtype=np.float64)])
    sums = sent[np.searchsorted(t_s, np.arange(windows * steps) * LAG_STEP_S, side="right")].reshape(windows, steps)
    along_s = (np.arange(steps) - (steps - 1) / 2) * LAG_STEP_S
    sums = sums - sums.mean(axis=1, keepdims=True)
    rates = (sums @ along_s) / float(along_s @ along_s)
    strays = np.sqrt(((sums - np.outer(rates, along_s)) ** 2).mean(axis=1))
    return quantile(strays / np.maximum(rates, 1.0), 0.5)


def _compare_blocks(t_s: Floats, octets: Octets, seconds: float) -> tuple[float, float]:
    """Step and following of what lies between two ends; 9 and 0 with few of them."""
    if not len(octets):
        return 9.0, 0.0
    begins = np.concatenate([[0], np.flatnonzero(find_ends(octets, seconds)[:-1]) + 1])
    if len(begins) < MIN_BLOCKS:
        return 9.0, 0.0
    blocks = np.add.reduceat(octets.astype(np.float64), begins)
    deviation = quantile(np.abs(blocks - quantile(blocks, 0.5)), 0.5)
    step = quantile(np.abs(np.diff(blocks)), 0.5) / max(deviation, 1.0)
    return step, float(np.corrcoef(_rank(blocks[:-1]), _rank(np.diff(t_s[begins])))[0, 1])


def _rank(values: Floats) -> Floats:
    """Places in ascending order, equal ones in the order in which they stand."""
    places = np.empty(len(values))
    places[np.argsort(values, kind="stable")] = np.arange(len(values))
    return places
