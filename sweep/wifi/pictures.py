"""From frames back to pictures: how large each one was, with everything taken out that repeats or drifts by itself.

Input is times and lengths of a flow's data frames; output is a series on a fixed grid of bins that rises where pictures
were larger than their place in the group and the seconds around them let expect.  Where the flow keeps a picture clock,
frames are gathered by picture first: counted by bins alone, it matters more into which of two bins a late picture fell
than how large it was.  It knows nothing of light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .cadence import LARGE_SHARE, MAX_SPAN_S, find_best_rhythm, split_bursts

Doubles = NDArray[np.float64]

CLEAR_CLOCK_NATS, CLEAR_STRENGTH = 8.0, 0.6
"""Below either frames are not gathered by pictures: guessed."""
EARLY_SHARE: Final = 0.25
"""Frames up to this share of a period before the mean start belong to the next picture: guessed."""
TRACK_S: Final = 8.0
"""The clock's phase is followed in windows of this length: guessed, crystals drift some microseconds in it."""
GROUP_PERIODS_S: Final = (0.5, 9.0)
"""Distances of complete pictures that are looked for and taken out."""
MIN_GROUP_CORRELATION: Final = 0.25
ALIKE: Final = 0.2
"""Mean cosine between the ends of neighbouring pictures above which ends are looked at: guessed, MJPEG and filler."""
CLIP_SIGMAS: Final = 4.0
"""Larger deviations are cut to this many robust standard deviations: guessed; what is left of complete pictures."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures by their number; those of which nothing was heard have no octets."""

    rate_hz: float
    first_s: float
    """Nominal time of the first."""
    octets: Doubles
    ends: NDArray[np.complex128]
    """Where each one ended in its last packet, as a turn of the circle: lost full packets do not change it."""


def rebuild_pictures(t_s: Doubles, octets: NDArray[np.int32]) -> Pictures | None:
    """Gather frames (times ascending) by the clock of their pictures; None when there is no clear clock."""
    soon = t_s < (t_s[0] if len(t_s) else 0.0) + MAX_SPAN_S
    rhythm = find_best_rhythm(t_s[soon], octets[soon])
    if rhythm.clock_nats < CLEAR_CLOCK_NATS or rhythm.strength < CLEAR_STRENGTH:
        return None
    is_large = octets >= LARGE_SHARE * np.quantile(octets, 0.9)
    starts, _ = split_bursts(t_s[is_large], octets[is_large], 0.006)
    turns = rhythm.rate_hz * t_s - _follow_phase(starts, rhythm.rate_hz, t_s)
    number = np.floor(turns + EARLY_SHARE).astype(np.int64)
    first = int(number.min())
    sizes = np.bincount(number - first, weights=octets)
    full = float(np.quantile(octets, 0.9))
    over = np.bincount(number - first, weights=octets - full)
    ends = np.where(sizes > 0, np.exp(2j * np.pi * over / full), 0)
    offset = float(np.median(turns - rhythm.rate_hz * t_s))
    return Pictures(rhythm.rate_hz, (first - offset) / rhythm.rate_hz, sizes, ends)


def _follow_phase(starts: Doubles, rate_hz: float, t_s: Doubles) -> Doubles:
    """Phase of the clock in turns at each time, by the mean of the burst starts around it."""
    centres = np.arange(float(starts[0]), float(starts[-1]) + TRACK_S / 2, TRACK_S / 2)
    turned = np.exp(2j * np.pi * rate_hz * starts)
    edges = np.searchsorted(starts, np.stack([centres - TRACK_S / 2, centres + TRACK_S / 2]))
    sums = np.concatenate([[0], np.cumsum(turned)])
    vectors = sums[edges[1]] - sums[edges[0]]
    is_known = np.abs(vectors) > 0
    phases = np.unwrap(np.angle(vectors[is_known])) / (2 * np.pi)
    followed: Doubles = np.interp(t_s, centres[is_known], phases)
    return followed


def describe_sizes(
    t_s: Doubles, octets: NDArray[np.int32], first_s: float, bins: int, bin_s: float, *, detrend_s: float
) -> list[Doubles]:
    """What tells the sizes of pictures on `bins` bins from `first_s` on, one or three series.

    The first is the deviation of sizes (of octets per bin where there is no clock).  Where pictures are so much alike
    that the place of their end in the last packet hardly changes from one to the next, that place makes two more.
    """
    pictures = rebuild_pictures(t_s, octets)
    if pictures is None:
        index = np.floor((t_s - first_s) / bin_s).astype(np.int64)
        inside = (index >= 0) & (index < bins)
        counted = np.bincount(index[inside], weights=octets[inside], minlength=bins)
        return [flatten(counted, 1.0 / bin_s, detrend_s)]
    per_picture = [flatten(pictures.octets, pictures.rate_hz, detrend_s)]
    alike = pictures.ends[1:] * pictures.ends[:-1].conj()
    if abs(alike.mean()) > ALIKE:
        width = round(detrend_s * pictures.rate_hz)
        per_picture += [_detrend(pictures.ends.real, width), _detrend(pictures.ends.imag, width)]
    edges = pictures.first_s + np.arange(len(pictures.octets) + 1) / pictures.rate_hz
    grid = first_s + bin_s * np.arange(bins + 1)
    return [np.diff(np.interp(grid, edges, np.concatenate([[0.0], np.cumsum(flat)]))) for flat in per_picture]


def flatten(sizes: Doubles, rate_hz: float, detrend_s: float) -> Doubles:
    """Root of the sizes less changes slower than `detrend_s` and the usual size of each place in a group; peaks cut."""
    tamed = np.sqrt(np.minimum(sizes, np.quantile(sizes, 0.98)))
    steady = _detrend(tamed, round(detrend_s * rate_hz))
    period = find_group_period(steady, rate_hz)
    if period:
        place = np.arange(len(steady)) % period
        usual = np.array([np.median(steady[place == number]) for number in range(period)])
        steady = steady - usual[place]
    sigma = 1.4826 * float(np.median(np.abs(steady - np.median(steady)))) or float(steady.std())
    clipped: Doubles = np.clip(steady, -CLIP_SIGMAS * sigma, CLIP_SIGMAS * sigma)
    return clipped


def _detrend(values: Doubles, width: int) -> Doubles:
    """Values minus their moving average over `width` (fewer at the ends)."""
    half, count = max(width // 2, 1), len(values)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.maximum(np.arange(count) - half, 0)
    last = np.minimum(np.arange(count) + half + 1, count)
    level: Doubles = values - (sums[last] - sums[first]) / (last - first)
    return level


def find_group_period(series: Doubles, rate_hz: float) -> int:
    """Values from one complete picture to the next by autocorrelation; 0 when there is no clear rhythm."""
    longest = min(int(GROUP_PERIODS_S[1] * rate_hz), len(series) // 4)
    shortest = max(int(GROUP_PERIODS_S[0] * rate_hz), 2)
    energy = float((series**2).sum())
    if longest <= shortest or energy <= 0:
        return 0
    length = 1 << int(2 * len(series) - 1).bit_length()
    products = np.fft.irfft(np.abs(np.fft.rfft(series, length)) ** 2, length)[: longest + 1] / energy
    best = shortest + int(np.argmax(products[shortest:]))
    return best if products[best] >= MIN_GROUP_CORRELATION else 0
