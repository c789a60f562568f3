"""From frames back to pictures: how large each one was, with everything taken out that repeats or drifts by itself.

Input is a `Queue` of a flow's data frames; output is a series on a fixed grid of bins that rises where pictures were
larger than their place in the group and the seconds around them let expect.  Where the flow keeps a picture clock,
frames are gathered by picture first, those that were not heard among them: counted by bins alone, it matters more into
which of two bins a late picture fell than how large it was.  It knows nothing of light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.wifi.transmitters.missed_frames import SMALL_SHARE, Queue, drop_sound

from .cadence import LARGE_SHARE, MAX_SPAN_S, Rhythm, find_best_rhythm, split_bursts

Doubles = NDArray[np.float64]

CLEAR_CLOCK_NATS, CLEAR_STRENGTH = 8.0, 0.6
"""Below either frames are not gathered by pictures: guessed."""
MIN_STARTS: Final = 30
"""Pictures whose beginning is known for certain, below which bursts are looked at instead: guessed."""
EARLY_SHARE: Final = 0.4
"""Frames up to this share of a period before the mean start belong to the next picture: measured on
`air_encoded`, where 0.25 is as good but for pictures sent slowly."""
CHAIN_SHARE: Final = 0.5
"""A frame follows a full one within this share of a period, or begins another picture: guessed."""
LEAST_RATE_HZ: Final = 4.0
"""Fewer ends a second are no pictures: guessed, below the slowest cameras."""
MOST_ENDS: Final = 0.95
"""Where more of the frames than this end something, ends tell nothing: guessed."""
BAND_SHARE, BAND_EXCESS, RUN_FRAMES = 0.12, 3.0, 2
"""Width of a band of lengths as a share of a full frame, how many more frames than usual have to be in it, and how many
full frames there have to be for each: guessed, sound of varying length is some ten per cent of a full frame wide."""
BEHIND_ENDS: Final = 0.1
"""Share of sound that comes just behind the end of a picture, which no end does: guessed."""
FULL_MODE_SHARE: Final = 0.5
"""Share of the large frames that have to be of one length for it to be that of full frames: guessed."""
LATE_WINDOW_S: Final = 8.0
EARLY_QUANTILE: Final = 0.2
"""How late pictures without a clock are is followed by this quantile in windows of this length: guessed, many batches
and few enough wrong numbers; from 4 to 20 s it makes no difference on `air_encoded`."""
TRACK_S: Final = 8.0
"""The clock's phase is followed in windows of this length: guessed, crystals drift some microseconds in it."""
GROUP_PERIODS_S: Final = (0.5, 9.0)
"""Distances of complete pictures that are looked for and taken out."""
COUNT_DETREND_S: Final = 6.0
"""Slower changes do not tell where in a group a picture was: guessed, a few groups."""
MIN_GROUP_CORRELATION: Final = 0.25
ALIKE: Final = 0.2
"""Mean cosine between the ends of neighbouring pictures above which ends are looked at: guessed, MJPEG and filler."""
CLIP_SIGMAS: Final = 4.0
"""Larger deviations are cut to this many robust standard deviations: guessed; what is left of complete pictures."""
FEW_LENGTHS, FEW_SHARE = 3, 0.6
"""Share of the ends of pictures from which so few lengths are no pictures': between 0.17, the most of 52 cases of
`tests/simulators/encode_cameras.py`, and what is filled up, which has hardly any other."""
LONGEST_SHARE: Final = 0.1
"""Share of the frames that have the longest length of all, from which on these are full and all others end something:
guessed; of pictures that are filled up, most may end in one length that is nearly full."""
MEAN_END: Final = 0.5
"""Of a full frame, the mean length of the one that ends a picture: derived, ends are of any length."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures by their number."""

    rate_hz: float
    edges_s: Doubles
    """When each one was taken and when the last one was over, but for one delay of all; ascending."""
    octets: Doubles
    """Heard and guessed from the numbers of frames that were not heard; 0 where nothing is known of a picture."""
    ends: NDArray[np.complex128]
    """Where each one ended in its last frame, as a turn of the circle: lost full frames do not change it."""
    has_clock: bool
    """They came by a clear clock, or else were numbered by their ends."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What tells the sizes of pictures, bin by bin."""

    series: list[Doubles]
    """One to four; deviations of the root of octets first."""
    usual: float
    """The root of octets of the median picture, times pictures per bin: what the first series deviates from."""
    ends_anywhere: bool = True
    """What is not full has ever other lengths."""


def rebuild_pictures(queue: Queue) -> Pictures | None:
    """Gather frames by the clock of their pictures, or by the ends of these where pictures come too unevenly to have
    one; None when there is neither.
    """
    found = _find_clock(queue)
    queue = queue if found is not None else drop_uneven_sound(queue)
    numbered = _number_by_ends(queue) if found is None else _number_by_clock(queue, *found)
    if numbered is None:
        return None
    number, rate_hz, edges_s = numbered
    heard = np.bincount(number, weights=queue.octets)
    full = queue.full_octets
    over = np.bincount(number, weights=queue.octets - full)
    ends = np.where(heard > 0, np.exp(2j * np.pi * over / full), 0)
    return Pictures(rate_hz, edges_s, heard + estimate_missed(queue, number, rate_hz), ends, found is not None)


def drop_uneven_sound(queue: Queue) -> Queue:
    """The queue without frames of a narrow band of small lengths, where these are far too frequent for ends of pictures
    that are runs of full frames: sound of varying length.
    """
    width = BAND_SHARE * queue.full_octets
    short = np.sort(queue.octets[~queue.is_full])
    small = short[short < SMALL_SHARE * queue.full_octets]
    if not len(small):
        return queue
    inside = np.searchsorted(small, small + width, side="right") - np.arange(len(small))
    lowest, count = float(small[int(np.argmax(inside))]), int(inside.max())
    usual = BAND_SHARE * (len(short) - count)
    if count < MIN_STARTS or count < BAND_EXCESS * usual or queue.is_full.sum() < RUN_FRAMES * count:
        return queue
    is_inside = (queue.octets >= lowest) & (queue.octets <= lowest + width)
    is_behind_end = is_inside[1:] & ~queue.is_full[:-1] & (queue.missing[:-1] == 0)
    if is_behind_end.sum() < BEHIND_ENDS * count:
        return queue
    return queue.keep(~is_inside, queue.missing)


def tell_full(queue: Queue) -> NDArray[np.bool_]:
    """Frames that end no picture, by the one length that full frames have, where they have one: most of the large ones
    have it, or what is as long is frequent and nothing is longer.
    """
    large = queue.octets[queue.octets >= LARGE_SHARE * queue.full_octets]
    lengths, counts = np.unique(large, return_counts=True)
    if len(counts) and counts.max() >= FULL_MODE_SHARE * len(large):
        return queue.octets >= int(lengths[int(np.argmax(counts))])
    if len(counts) and counts[-1] >= max(LONGEST_SHARE * len(queue.octets), MIN_STARTS):
        longest: NDArray[np.bool_] = queue.octets == int(lengths[-1])
        return longest
    return queue.is_full


def ends_anywhere(queue: Queue) -> bool:
    """Whether the frames that are not full have ever other lengths; false where there are none, or of few lengths: what
    was filled up, or is no pictures.
    """
    lengths, counts = np.unique(queue.octets, return_counts=True)
    if not len(counts):
        return False
    ends = np.delete(counts, int(np.argmax(lengths * counts)))
    return bool(ends.sum() >= MIN_STARTS and np.sort(ends)[-FEW_LENGTHS:].sum() < FEW_SHARE * ends.sum())


def _number_by_clock(queue: Queue, rhythm: Rhythm, starts_s: Doubles) -> tuple[Int64s, float, Doubles]:
    """The picture of each frame by the phase of their clock, its rate, and when pictures were taken."""
    turns = rhythm.rate_hz * queue.t_s - _follow_phase(starts_s, rhythm.rate_hz, queue.t_s)
    number = np.floor(turns + EARLY_SHARE).astype(np.int64)
    follows = np.zeros(len(number), dtype=bool)
    follows[1:] = queue.is_full[:-1] & (queue.missing[:-1] == 0) & (np.diff(queue.t_s) < CHAIN_SHARE / rhythm.rate_hz)
    number = np.maximum.accumulate(number[~follows][np.cumsum(~follows) - 1])
    first = int(number[0])
    number -= first
    offset = float(np.median(turns - rhythm.rate_hz * queue.t_s))
    edges_s = np.asarray((first - offset + np.arange(int(number[-1]) + 2)) / rhythm.rate_hz, dtype=np.float64)
    return number, rhythm.rate_hz, edges_s


def _number_by_ends(queue: Queue) -> tuple[Int64s, float, Doubles] | None:
    """The same by the frames that end pictures: a queue makes pictures late, but keeps their order.

    Of frames that were not heard as many end a picture as of those that were.  A picture was taken when its number
    says, by the earliest of those around it: what is early waited for nothing.
    """
    is_end = ~tell_full(queue)[:-1]
    span_s = float(np.ptp(queue.t_s)) if len(queue.t_s) > 1 else 0.0
    if is_end.sum() < max(MIN_STARTS, LEAST_RATE_HZ * span_s) or is_end.mean() > MOST_ENDS:
        return None
    unheard = np.rint(np.cumsum(queue.missing[:-1] * is_end.mean())).astype(np.int64)
    number = np.concatenate([[0], np.cumsum(is_end) + unheard])
    count = int(number[-1]) + 1
    rate_hz = count / span_s
    begins = np.flatnonzero(np.diff(number, prepend=-1))
    late_s = queue.t_s[begins] - number[begins] / rate_hz
    centres = np.arange(queue.t_s[0], queue.t_s[-1] + LATE_WINDOW_S / 2, LATE_WINDOW_S / 4)
    edges = np.searchsorted(queue.t_s[begins], np.stack([centres - LATE_WINDOW_S / 2, centres + LATE_WINDOW_S / 2]))
    is_known = edges[1] > edges[0]
    early_s = [np.quantile(late_s[a:b], EARLY_QUANTILE) for a, b in edges.T[is_known]]
    taken_s = np.arange(count + 1) / rate_hz
    taken_s += np.interp(queue.t_s[0] + taken_s, centres[is_known], early_s)
    return number, rate_hz, np.maximum.accumulate(taken_s)


def _find_clock(queue: Queue) -> tuple[Rhythm, Doubles] | None:
    """The clock of the pictures and when they began: behind the end of another one, or else by bursts."""
    t_s, octets = queue.t_s, queue.octets
    if len(t_s) < 2:
        return None
    starts_s = t_s[1:][~queue.is_full[:-1] & (queue.missing[:-1] == 0)]
    if len(starts_s) >= MIN_STARTS:
        soon_s = starts_s[starts_s < starts_s[0] + MAX_SPAN_S]
        rhythm = find_best_rhythm(soon_s, np.full(len(soon_s), 1, dtype=np.int32))
        if rhythm.clock_nats >= CLEAR_CLOCK_NATS and rhythm.strength >= CLEAR_STRENGTH:
            return rhythm, starts_s
    soon = t_s < t_s[0] + MAX_SPAN_S
    rhythm = find_best_rhythm(t_s[soon], octets[soon])
    if rhythm.clock_nats < CLEAR_CLOCK_NATS or rhythm.strength < CLEAR_STRENGTH:
        return None
    is_large = octets >= LARGE_SHARE * queue.full_octets
    return rhythm, split_bursts(t_s[is_large], octets[is_large], 0.006)[0]


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


def estimate_missed(queue: Queue, number: Int64s, rate_hz: float) -> Doubles:
    """Octets of each picture that were not heard: full frames, but for ends.

    What is missing between two frames of one picture belongs to it.  What is missing between two pictures is shared out
    so that each of those it may belong to comes equally near the usual count of its place in the group.
    """
    count = int(number[-1]) + 1
    missing = queue.missing.astype(np.float64)
    gaps = np.flatnonzero(queue.missing)
    before, after = number[gaps], number[gaps + 1]
    is_inside = before == after
    inside = np.zeros(count)
    np.add.at(inside, before[is_inside], missing[gaps[is_inside]])
    known = inside + np.bincount(number, minlength=count)
    usual = _usual_counts(known, rate_hz)
    frames, has_unheard_end = inside.copy(), np.zeros(count)
    is_full = queue.is_full
    for gap, first, last in zip(gaps[~is_inside], before[~is_inside], after[~is_inside], strict=True):
        places = np.arange(first if is_full[gap] else first + 1, last + 1)
        shares = _share_out(float(missing[gap]), np.maximum(usual[places] - known[places], 0.0))
        frames[places] += shares
        has_unheard_end[places[:-1]] += np.minimum(shares[:-1], 1.0)
    guessed: Doubles = (frames - (1.0 - MEAN_END) * has_unheard_end) * queue.full_octets
    return guessed


def _share_out(total: float, wanted: Doubles) -> Doubles:
    """`total` in shares that differ from those wanted by the same amount, none below zero."""
    shares = np.maximum(wanted + (total - wanted.sum()) / len(wanted), 0.0)
    shared: Doubles = shares * (total / shares.sum())
    return shared


def _usual_counts(counts: Doubles, rate_hz: float) -> Doubles:
    """The usual count at each picture's place in the group; the median of all where there is no group."""
    tamed = np.minimum(counts, np.quantile(counts, 0.98))
    period = find_group_period(_detrend(tamed, round(COUNT_DETREND_S * rate_hz)), rate_hz)
    if not period:
        return np.full(len(counts), np.median(counts[counts > 0]))
    return _usual_of_place(counts, period)


def _usual_of_place(values: Doubles, period: int) -> Doubles:
    place = np.arange(len(values)) % period
    usual: Doubles = np.array([np.median(values[place == number]) for number in range(period)])[place]
    return usual


def describe_sizes(queue: Queue, first_s: float, bins: int, bin_s: float, *, detrend_s: float) -> Sizes:
    """What tells the sizes of pictures on `bins` bins from `first_s` on, one to four series.

    The first is the deviation of sizes (of octets per bin where there are no pictures).  Where pictures are so much
    alike that the place of their end in the last packet hardly changes from one to the next, that place makes two more.
    Where pictures come so unevenly that they were numbered by their ends, octets per bin are the last, since what was
    not heard makes numbers wrong.
    """
    silent = drop_sound(queue)
    pictures = rebuild_pictures(silent)
    if pictures is None:
        counted = _count_bins(queue, first_s, bins, bin_s)
        usual = float(np.sqrt(np.median(counted[counted > 0])))
        return Sizes([_flatten_bins(counted, bin_s, detrend_s)], usual, ends_anywhere(silent))
    per_picture = [flatten(pictures.octets, pictures.octets > 0, pictures.rate_hz, detrend_s)]
    alike = pictures.ends[1:] * pictures.ends[:-1].conj()
    if abs(alike.mean()) > ALIKE:
        width = round(detrend_s * pictures.rate_hz)
        per_picture += [_detrend(pictures.ends.real, width), _detrend(pictures.ends.imag, width)]
    grid = first_s + bin_s * np.arange(bins + 1)
    sums = [np.concatenate([[0.0], np.cumsum(flat)]) for flat in per_picture]
    series = [np.diff(np.interp(grid, pictures.edges_s, one)) for one in sums]
    if not pictures.has_clock:
        series.append(_flatten_bins(_count_bins(silent, first_s, bins, bin_s), bin_s, detrend_s))
    median = float(np.median(pictures.octets[pictures.octets > 0]))
    return Sizes(series, pictures.rate_hz * bin_s * float(np.sqrt(median)), ends_anywhere(silent))


def _flatten_bins(counted: Doubles, bin_s: float, detrend_s: float) -> Doubles:
    return flatten(counted, np.ones(len(counted), dtype=bool), 1.0 / bin_s, detrend_s)


def _count_bins(queue: Queue, first_s: float, bins: int, bin_s: float) -> Doubles:
    """Octets per bin, what was not heard at the mean length."""
    octets = queue.octets + queue.missing * queue.octets.mean()
    index = np.floor((queue.t_s - first_s) / bin_s).astype(np.int64)
    inside = (index >= 0) & (index < bins)
    counted: Doubles = np.bincount(index[inside], weights=octets[inside], minlength=bins)
    return counted


def flatten(sizes: Doubles, is_known: NDArray[np.bool_], rate_hz: float, detrend_s: float) -> Doubles:
    """Root of the sizes less changes slower than `detrend_s` and the usual size of each place in a group; peaks cut.

    What is not known deviates by nothing.
    """
    tamed = np.sqrt(np.minimum(sizes, np.quantile(sizes, 0.98)))
    if is_known.any():
        index = np.arange(len(tamed))
        tamed = np.where(is_known, tamed, np.interp(index, index[is_known], tamed[is_known]))
    steady = _detrend(tamed, round(detrend_s * rate_hz))
    period = find_group_period(steady, rate_hz)
    if period:
        steady = steady - _usual_of_place(steady, period)
    sigma = 1.4826 * float(np.median(np.abs(steady - np.median(steady)))) or float(steady.std())
    return np.where(is_known, np.clip(steady, -CLIP_SIGMAS * sigma, CLIP_SIGMAS * sigma), 0.0)


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
