"""Bursts and their rhythm: does a flow send a picture's worth of octets every so many milliseconds?

Input is the times and lengths of a flow's data frames; output is how much better a clock between 4 and 31 per second
explains the starts of bursts, or the ends of blocks, than a habit of waiting about so long after each one.  A camera
keeps its clock: each picture is late by itself.  A window of TCP does not: each round starts from the one before, so
that delays add up.  It knows nothing of verdicts.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL, Kernel
from sweep.captures.kernel_marks import Beats, ClockRules
from sweep.wifi.frames.columns import count_alike, quantile

from .comb import fit_rates, measure_band

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
MOST_EVENTS_HZ: Final = 250.0
"""More events than this per second are no pictures: guessed, eight times the fastest rate; bounds the work."""
FULL_SHARE: Final = 0.9
"""A frame shorter than this share of the longest usual one ends a block of octets."""
CLOSEST_S: Final = 0.0002
"""Deviations smaller than this tell nothing: guessed, receivers round times and a radio waits for its slot."""
EXACT_NATS: Final = 0.35
"""Per event of a clock stricter than that: derived, half the logarithm of two, as for any clock."""
MAX_LAG: Final = 4
"""A round of TCP may show as several bursts: intervals are looked at over so many of them."""
RARE_SHARE: Final = 0.05
"""Share of the frames that may have one length while it is a rare one: guessed; a hundred pictures of five packets end
in the same octet less often."""
END_SHARE: Final = 0.12
"""Share of the periods that may end in one length: derived, a transport stream of seven cells of 188 octets has six
lengths beside the full one, packets joined by twos and threes have two.  On the tuning flows 0.05 to 0.2 do alike."""
TONE_SHARE, TONE_OCTETS = 0.06, 600
"""Share of the frames that a constant sound is at least, and its longest frame: guessed; 20 ms of G.711 take 264."""
SOUND_HZ: Final = (15.625, 44_100 / 2_048, 23.4375, 31.25, 44_100 / 1_024, 46.875)
"""Blocks per second of AAC, 1,024 samples at 16 to 48 kHz (ISO/IEC 14496-3): no camera has one of these rates."""
SOUND_STRENGTH, SOUND_RAYLEIGH, SOUND_TURNS = 0.35, 12.0, 0.12
"""Short frames are sound when their phases at such a rate are as strong as that, with a Rayleigh statistic that chance
reaches in one of 160,000 flows, and which of them: those as near to the phase. Guessed."""
IDLE_S: Final = 0.0015
"""Silence after the end of a picture that says that nothing waits: guessed, longer than most turns of others."""
EARLY_TURNS: Final = 0.2
"""What comes so shortly before a tick belongs to it: guessed; delays make the mean later than the earliest."""
LATE_S, BLUR_STRENGTH, BLUR_NATS = 0.010, 0.5, 15.0
"""A clock whose ticks are late by more than LATE_S needs more evidence, by so many nats per unit of strength below the
one that follows; below BLUR_STRENGTH at any rate: chosen on the tuning flows."""
LARGE_SHARE: Final = 0.5
"""Frames shorter than this share of the longest usual one may be sound between the pictures: guessed."""
USUAL_SHARE: Final = 0.9
"""Share of the frames that are no longer than the longest usual one."""
BIG_SHARE: Final = 0.3
"""Bursts of less than this share of the usual one are no pictures: guessed."""
LEAST_RARE, LEAST_ENDS, LEAST_TONE = 2.0, 2.0, 12.0
"""Frames of one length that are rare at any rate, that may end periods at any rate, and fewer than are never sound:
guessed."""
BLURRED_STRENGTH, BEYOND_DOUBT_NATS = 0.8, 100.0
"""A stricter clock, or one with more evidence, is believed whatever the ends do, which sound may hide: chosen on the
tuning flows, where uploads passed up to 0.78, and by 92 at most."""
AS_GOOD: Final = 0.9
"""Share of the best rate's strength with which a slower one is taken: guessed."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How strictly events keep to a clock."""

    rate_hz: float
    """The slowest of the best clock rates; 0 when there are too few events."""
    strength: float
    """Length of the mean phase vector at that rate, 0 (no clock) to 1 (exact)."""
    clock_nats: float
    """Logarithm of how much likelier the events are under a clock than under independent intervals, less what the
    choice among rates is worth: some 0.3 per event of a real clock, hardly ever above 5 without one."""
    events: int
    tick_s: float = 0.0
    """A time at which it ticks."""

    @property
    def sure_nats(self) -> float:
        """Evidence that is left when the clock is blurred."""
        wanted = max(BLUR_STRENGTH, math.exp(-0.5 * (2 * math.pi * self.rate_hz * LATE_S) ** 2))
        return self.clock_nats - BLUR_NATS * max(0.0, wanted - self.strength)

    @property
    def is_blurred(self) -> bool:
        """Transfers may keep as much of a clock."""
        return self.strength < BLURRED_STRENGTH and self.clock_nats < BEYOND_DOUBT_NATS


NO_RHYTHM: Final = Rhythm(0.0, 0.0, 0.0, 0)
PERFECT_RHYTHM: Final = Rhythm(FASTEST_HZ, 1.0, 1_000.0, 1_000)


def split_bursts(t_s: Floats, octets: Octets, gap_s: float) -> tuple[Floats, Floats]:
    """Start times and total octets of bursts separated by at least `gap_s` of silence; `t_s` ascending."""
    if not len(t_s):
        return np.zeros(0), np.zeros(0)
    first = np.concatenate([[0], np.flatnonzero(np.diff(t_s) >= gap_s) + 1])
    return t_s[first], np.add.reduceat(octets.astype(np.float64), first)


def find_best_rhythm(t_s: Floats, octets: Octets, kernel: Kernel | None = KERNEL) -> Rhythm:
    """The clock that is surest among: bursts by either gap, those of large frames only, ends of blocks, and what begins
    after an end or after a frame of a rare length.  The latter holds on a busy channel, where a picture that waits
    comes in several bursts, but the one after it still begins when it was taken.  What comes first is left out: it may
    have begun before anybody listened.
    """
    found = None if kernel is None or len(octets) < MIN_EVENTS else find_best_by(kernel, t_s, octets)
    return find_best_plainly(t_s, octets) if found is None else found


def find_best_plainly(t_s: Floats, octets: Octets) -> Rhythm:
    """The same with array operations only."""
    return max((find_plainly(events[1:]) for events in _list_events(t_s, octets)), key=lambda rhythm: rhythm.sure_nats)


def find_best_by(kernel: Kernel, t_s: Floats, octets: Octets) -> Rhythm | None:
    """The same by the compiled kernel, for some frames at least; None where they do not fit it."""
    found = kernel.marks.find_clocks(t_s, octets, CLOCK_RULES)
    return None if found is None else max(map(weigh_beats, found), key=lambda rhythm: rhythm.sure_nats)


def _list_events(t_s: Floats, octets: Octets) -> list[Floats]:
    if len(octets) < MIN_EVENTS:
        return [np.zeros(0)]
    usual = quantile(octets, USUAL_SHARE)
    close, wide = BURST_GAPS_S
    starts, sizes = split_bursts(t_s, octets, wide)
    is_large, is_end = octets >= LARGE_SHARE * usual, octets < FULL_SHARE * usual
    has_room = np.diff(t_s) >= IDLE_S
    found = [
        split_bursts(t_s, octets, close)[0],
        starts[sizes >= BIG_SHARE * quantile(sizes, 0.5)],
        t_s[1:][~is_end[:-1] & is_end[1:]],
        t_s[1:][is_end[:-1] & has_room],
        t_s[1:][is_rare(octets)[:-1] & has_room],
    ]
    if not is_large.all():
        found.append(split_bursts(t_s[is_large], octets[is_large], close)[0])
    return found


def is_rare(octets: Octets) -> NDArray[np.bool_]:
    """Per frame: its length is no usual one."""
    rare: NDArray[np.bool_] = count_alike(octets) <= max(LEAST_RARE, RARE_SHARE * len(octets))
    return rare


def count_ends(octets: Octets, ticks: int) -> float:
    """Frames that are not of the commonest length, of each other length no more than a share of so many ticks.

    Pictures end anywhere, files and samples in the same few places, also where packets are joined in longer frames.
    """
    _, counts = np.unique(octets, return_counts=True)
    others = np.delete(counts, np.argmax(counts)) if len(counts) else counts
    return float(np.minimum(others, max(LEAST_ENDS, END_SHARE * ticks)).sum())


def is_tone(octets: Octets) -> NDArray[np.bool_]:
    """Per frame: it is short, and so many have exactly its length that it is sound, or at least no picture."""
    is_common = count_alike(octets) >= max(LEAST_TONE, TONE_SHARE * len(octets))
    tone: NDArray[np.bool_] = is_common & (octets < TONE_OCTETS)
    return tone


def is_sound(t_s: Floats, octets: Octets) -> NDArray[np.bool_]:
    """Per frame: it is short and comes by the clock of a sound codec, whose blocks have ever other lengths."""
    is_short = octets < TONE_OCTETS
    turns = np.outer(SOUND_HZ, t_s)
    means = np.exp(2j * np.pi * turns[:, is_short]).sum(axis=1) / max(int(is_short.sum()), 1)
    best = int(np.argmax(np.abs(means)))
    strength = float(np.abs(means[best]))
    if strength < SOUND_STRENGTH or strength**2 * is_short.sum() < SOUND_RAYLEIGH:
        return np.zeros(len(octets), dtype=bool)
    away = turns[best] - float(np.angle(means[best])) / (2 * math.pi)
    sound: NDArray[np.bool_] = is_short & (np.abs(away - np.rint(away)) < SOUND_TURNS)
    return sound


def sum_ticks(t_s: Floats, octets: Octets, rhythm: Rhythm) -> Floats:
    """Octets between one tick of the clock and the next, empty ones included; nothing without a clock."""
    if not rhythm.rate_hz or not len(t_s):
        return np.zeros(0)
    tick = np.floor((t_s - rhythm.tick_s) * rhythm.rate_hz + EARLY_TURNS).astype(np.int64)
    sums: Floats = np.bincount(tick - tick[0], weights=octets).astype(np.float64)
    return sums


def find_rhythm(events_s: Floats) -> Rhythm:
    """The clock that events (ascending) keep best, by the Rayleigh statistic over a fine grid of rates."""
    found = None if KERNEL is None else KERNEL.marks.find_clock(events_s, CLOCK_RULES)
    return find_plainly(events_s) if found is None else weigh_beats(found)


def find_plainly(events_s: Floats) -> Rhythm:
    """The same with array operations only."""
    if len(events_s) < MIN_EVENTS:
        return NO_RHYTHM
    events = events_s[events_s <= events_s[0] + MAX_SPAN_S] - events_s[0]
    count, span_s = len(events), float(events[-1])
    if count < MIN_EVENTS or span_s < MIN_EVENTS / FASTEST_HZ or count > MOST_EVENTS_HZ * span_s:
        return NO_RHYTHM
    place = np.rint(events / STEP_S).astype(np.int64)
    length = 1 << int(4 * (place[-1] + 1) - 1).bit_length()  # four to eight points per resolution of 1/span
    first, last = int(SLOWEST_HZ * length * STEP_S), int(FASTEST_HZ * length * STEP_S)
    band = measure_band(place, length, first, last)
    # a multiple fits as well
    rate_hz = (first + int(np.argmax(band >= AS_GOOD * band.max()))) / (length * STEP_S)
    rates = rate_hz + np.linspace(-0.4, 0.4, 33) / span_s
    fits = fit_rates(events, rates)
    best = int(np.argmax(fits))
    rate_hz = float(rates[best])
    turned = np.exp(2j * np.pi * rate_hz * events)
    between = max(float(np.abs(np.vdot(turned[:-lag], turned[lag:]))) / (count - lag) for lag in range(1, MAX_LAG + 1))
    mean = complex(turned.mean())
    return weigh_beats(
        Beats(count, float(events_s[0]), span_s, rate_hz, float(fits[best]), between, mean.real, mean.imag)
    )


def weigh_beats(beats: Beats) -> Rhythm:
    """Compare the clock with a renewal process, both with von Mises deviations, at the same rate.

    Under a clock each delay is drawn anew, so that intervals spread more than delays do; where each interval is drawn
    anew, delays add up and spread more than intervals do.  The broader the spectrum of such intervals, the more rates
    there were to choose from: their number is the span times the width of its line (a Lorentzian).
    """
    if not beats.events:
        return NO_RHYTHM
    count, rate_hz, strength, between = int(beats.events), beats.rate_hz, beats.strength, beats.between
    strictest = math.exp(-2.0 * (math.pi * CLOSEST_S * rate_hz) ** 2)
    tick_s = beats.zero_s + math.atan2(beats.sine, beats.cosine) / (2 * math.pi * rate_hz)
    if between >= strictest:  # no path through a network is as even as that: a timer, perhaps of another rate
        return Rhythm(rate_hz, strength, EXACT_NATS * count * (strength > BLUR_STRENGTH), count, tick_s)
    gained = count * gain_over_uniform(min(strength, strictest)) - (count - 1) * gain_over_uniform(between)
    all_choices = 3.0 * (FASTEST_HZ - SLOWEST_HZ) * beats.span_s
    choices = min(6.0 * beats.span_s * rate_hz * -math.log(max(between, 1e-9)) / math.pi, all_choices)
    return Rhythm(rate_hz, strength, gained - math.log1p(choices), count, tick_s)


def gain_over_uniform(strength: float) -> float:
    """Nats per event that a von Mises distribution with this mean vector is better than a uniform one.

    That is, minus its differential entropy against the uniform one (Mardia and Jupp, Directional Statistics, 3.5.4).
    """
    place = min(max(bisect_right(_STRENGTHS, strength), 1), len(_STRENGTHS) - 1)
    low, high = _STRENGTHS[place - 1], _STRENGTHS[place]
    part = min(max((strength - low) / (high - low), 0.0), 1.0)
    return _GAINS[place - 1] + (_GAINS[place] - _GAINS[place - 1]) * part


def _tabulate_gains() -> tuple[list[float], list[float]]:
    kappas = np.concatenate([[0.0], np.geomspace(1e-3, 2e5, 600)])
    angle = np.pi * np.linspace(0.0, 1.0, 1_001) ** 2  # dense where a narrow distribution is
    cosine = np.cos(angle)
    strengths, gains = [], []
    for kappa in np.array_split(kappas, 20):  # small enough for a processor's cache
        density = np.exp(kappa[:, None] * (cosine - 1.0))
        whole = np.trapezoid(density, angle, axis=1)
        strength = np.trapezoid(density * cosine, angle, axis=1) / whole
        strengths += strength.tolist()
        gains += (kappa * (strength - 1.0) - np.log(whole / np.pi)).tolist()
    return strengths, gains


_STRENGTHS, _GAINS = _tabulate_gains()
CLOCK_RULES: Final = np.array(
    ClockRules(
        slowest_hz=SLOWEST_HZ,
        fastest_hz=FASTEST_HZ,
        step_s=STEP_S,
        max_span_s=MAX_SPAN_S,
        most_events_hz=MOST_EVENTS_HZ,
        as_good=AS_GOOD,
        close_gap_s=BURST_GAPS_S[0],
        wide_gap_s=BURST_GAPS_S[1],
        idle_s=IDLE_S,
        usual_share=USUAL_SHARE,
        full_share=FULL_SHARE,
        large_share=LARGE_SHARE,
        big_share=BIG_SHARE,
        rare_share=RARE_SHARE,
        least_rare=LEAST_RARE,
        min_events=MIN_EVENTS,
        max_lag=MAX_LAG,
    )
)
