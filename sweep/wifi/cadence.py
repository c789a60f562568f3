"""Bursts and their rhythm: does a flow send a picture's worth of octets every so many milliseconds?

Input is the times and lengths of a flow's data frames; output is how strictly the starts of bursts, or the ends of
blocks, keep to a clock between 4 and 31 per second.  A camera keeps its clock: each picture is late by itself.  A
window of TCP does not: each round starts from the one before, so that delays add up.  It knows nothing of verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Octets = NDArray[np.int32]

BURST_GAPS_S: Final = (0.006, 0.015)
"""Silence that ends a burst: guessed; frames of one picture follow within 1-3 ms, more on a busy channel."""
SLOWEST_HZ: Final = 4.0
FASTEST_HZ: Final = 31.0
"""Picture rates looked for: cheap cameras send 5 to 30 pictures a second."""
STEP_S: Final = 0.001
"""Times are rounded to this: at 31 per second the strength falls by 0.3 %."""
MAX_SPAN_S: Final = 64.0
"""Longer windows are cut: bounds the work on hostile input."""
MIN_EVENTS: Final = 8
FULL_SHARE: Final = 0.9
"""A frame shorter than this share of the longest usual one ends a block of octets."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How strictly events keep to a clock."""

    rate_hz: float
    """The slowest of the best clock rates; 0 when there are too few events."""
    strength: float
    """Length of the mean phase vector at that rate, 0 (no clock) to 1 (exact)."""
    log10_chance: float
    """Logarithm of the probability that events at random times look this strict at any rate (Rayleigh, Bonferroni)."""
    independence: float
    """Von Neumann's ratio of the delays against the clock: near 1 when each event is late by itself, near 0 when delays
    add up from one to the next."""
    events: int


NO_RHYTHM: Final = Rhythm(0.0, 0.0, 0.0, 0.0, 0)
PERFECT_RHYTHM: Final = Rhythm(FASTEST_HZ, 1.0, -300.0, 1.0, 1_000)


def split_bursts(t_s: Floats, octets: Octets, gap_s: float) -> tuple[Floats, Floats]:
    """Start times and total octets of bursts separated by at least `gap_s` of silence; `t_s` ascending."""
    if not len(t_s):
        return np.zeros(0), np.zeros(0)
    first = np.concatenate([[0], np.flatnonzero(np.diff(t_s) >= gap_s) + 1])
    return t_s[first], np.add.reduceat(octets.astype(np.float64), first)


def find_block_ends(t_s: Floats, octets: Octets) -> Floats:
    """Times of shorter frames that follow a full one: the last of a picture that was cut into packets."""
    if len(octets) < 2:
        return np.zeros(0)
    is_full = octets >= FULL_SHARE * np.quantile(octets, 0.9)
    ends: Floats = t_s[1:][is_full[:-1] & ~is_full[1:]]
    return ends


def count_short_frames(octets: Octets) -> int:
    """Frames clearly shorter than a full one: pictures end somewhere, a file goes on."""
    return int((octets < FULL_SHARE * np.quantile(octets, 0.9)).sum()) if len(octets) else 0


def find_best_rhythm(t_s: Floats, octets: Octets) -> Rhythm:
    """The strictest rhythm among bursts by either gap, bursts without the small ones, and ends of blocks."""
    candidates: list[Floats] = []
    for gap_s in BURST_GAPS_S:
        starts, sizes = split_bursts(t_s, octets, gap_s)
        candidates.append(starts)
        if len(sizes):
            candidates.append(starts[sizes >= 0.3 * np.median(sizes)])
    candidates.append(find_block_ends(t_s, octets))
    found = [find_rhythm(events) for events in candidates]
    best = min(found, key=lambda rhythm: rhythm.log10_chance)
    chance = min(0.0, best.log10_chance + float(np.log10(len(found))))
    return Rhythm(best.rate_hz, best.strength, chance, best.independence, best.events)


def find_rhythm(events_s: Floats) -> Rhythm:
    """The clock that events (ascending) keep best, by the Rayleigh statistic over a fine grid of rates."""
    if len(events_s) < MIN_EVENTS:
        return NO_RHYTHM
    events = events_s[events_s <= events_s[0] + MAX_SPAN_S]
    count, span_s = len(events), float(events[-1] - events[0])
    if count < MIN_EVENTS or span_s < MIN_EVENTS / FASTEST_HZ:
        return NO_RHYTHM
    place = np.rint((events - events[0]) / STEP_S).astype(np.int64)
    length = 1 << int(4 * (place[-1] + 1) - 1).bit_length()  # four to eight points per resolution of 1/span
    comb = np.bincount(place, minlength=length).astype(np.float64)
    strengths = np.abs(np.fft.rfft(comb)) / count
    first, last = int(SLOWEST_HZ * length * STEP_S), int(FASTEST_HZ * length * STEP_S)
    band = strengths[first : last + 1]
    best = float(band.max())
    rate_hz = (first + int(np.argmax(band >= 0.9 * best))) / (length * STEP_S)  # a multiple of the clock fits as well
    independent = max(3.0 * (FASTEST_HZ - SLOWEST_HZ) * span_s, 1.0)  # measured: 1 % of random events fall below -2
    log10_chance = min(0.0, float(np.log10(independent)) - count * best**2 / float(np.log(10)))
    rate_hz = _climb(events, rate_hz, 0.5 / (length * STEP_S))
    return Rhythm(rate_hz, best, log10_chance, _independence(events, rate_hz), count)


def _phases(events: Floats, rate_hz: float) -> Floats:
    """Delay of each event against the clock in turns, -0.5 to 0.5 around their mean direction."""
    turns = events * rate_hz
    centre = np.angle(np.exp(2j * np.pi * turns).mean()) / (2 * np.pi)
    wrapped: Floats = (turns - centre + 0.5) % 1.0 - 0.5
    return wrapped


def _climb(events: Floats, rate_hz: float, step_hz: float) -> float:
    """The rate refined by a straight line through the delays, which a slightly wrong rate makes drift."""
    delays = _phases(events, rate_hz)
    centred = events - events.mean()
    slope = float((centred * delays).sum() / (centred**2).sum())
    return rate_hz - min(max(slope, -step_hz), step_hz)


def _independence(events: Floats, rate_hz: float) -> float:
    delays = _phases(events, rate_hz)
    centred = events - events.mean()
    delays = delays - delays.mean() - centred * float((centred * delays).sum() / (centred**2).sum())
    variance = float(delays.var())
    if variance <= 1e-12:
        return 1.0
    return min(float((np.diff(delays) ** 2).mean()) / (2.0 * variance), 2.0)
