"""What the 5.8 GHz tuner heard, frequency by frequency: level, share of time, occupied width, and the line rate of a
picture, which nothing but analogue video has. Lines decide, whatever the level. Input is tuner windows of the contract
(and those taken outside the door), output is one record per transmitter told apart, each also as it would be told
without the line rate. It says nothing about what it did not visit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sweep.modality.line_rate import has_line_rate, may_have_line_rate
from sweep.report import RfWindow

ADC_FULL_SCALE_COUNTS = 1023

TunedKind = Literal["analog_video", "probable_video", "continuous", "wifi"]


@dataclass(frozen=True, slots=True)
class TunerLaw:
    """P_dBm = floor_dbm + (V - floor_v) / slope of an RX5808-class receiver (guessed until it is calibrated)."""

    slope_v_per_db: float = 0.014
    floor_v: float = 0.45
    floor_dbm: float = -95.0
    reference_v: float = 2.5
    highest_dbm: float = -46.0
    """Above it the receiver shows no more: a level there is a lower bound."""

    def to_dbm(self, counts: float) -> float:
        """Level of an ADC reading, extrapolated outside the valid range."""
        return self.floor_dbm + (counts * self.reference_v / ADC_FULL_SCALE_COUNTS - self.floor_v) / self.slope_v_per_db


NOMINAL_TUNER = TunerLaw()

LEAST_ABOVE_DB = 10.0
"""A transmitter stands this far above the receiver's own floor (guessed)."""
TOLD_LEAST, TOLD_SHARE, PROBABLE_SHARE = 2, 2 / 3, 1 / 3
"""Windows of one frequency with a line rate that tell a picture whatever its level (with a loose one: make it
probable), and the share that makes one probable."""
ALWAYS_ON_SHARE = 0.95
STEADY_LEVEL_DB = 3.0
"""Greatest less least level of a carrier (guessed: three standard deviations of converter noise are 1 dB)."""
SLOPE_MHZ = (2.5, 10.0)
"""So far beside the peak the filter's slope turns a swinging carrier into a swinging level (derived)."""
SLOPE_ABOVE_DB = 15.0
"""Nearer to its floor the receiver's noise swings by itself (derived: 1 dB at 15 dB with 20 kHz)."""
SLOPE_SPREAD_DB = 1.0
"""More spread there than at the peak is the swing of a picture (tuned: 0.5 at most in 16 bare carriers)."""
SAME_MHZ = 7.0
"""Neighbouring channels within this show the same picture (guessed: half the receiver's filter)."""
NEIGHBOUR_MHZ = 4.0
"""Within this both of two channels surely show the picture of one of them (guessed)."""
APART_MHZ = 25.0
"""Two peaks nearer than this are one transmitter (guessed)."""
PLATEAU_DB = 4.0
"""Frequencies this near to the peak belong to it: a strong transmitter saturates several (guessed)."""
SELECTIVITY_DB = 38.0
"""So far below the strongest one a peak may be the strongest one itself beside the filter (guessed)."""
MOST_TRANSMITTERS = 6


@dataclass(frozen=True, slots=True)
class Tuned:
    """One transmitter that the tuner found."""

    kind: TunedKind
    kind_without_lines: TunedKind
    """What it would be told without the line rate: level, time and width only."""
    centre_mhz: float
    level_dbm: float
    baseline_dbm: float | None
    """Level on the same frequency outside the door, never below the receiver's floor."""
    duty_cycle: float
    windows: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Heard:
    """All windows of one frequency taken together."""

    mhz: float
    level_dbm: float
    spread_db: float
    duty_cycle: float
    windows: tuple[RfWindow, ...]


def tell_tuned(
    windows: Sequence[RfWindow],
    baseline: Sequence[RfWindow] | None = None,
    law: TunerLaw = NOMINAL_TUNER,
    wideband_dbm: float | None = None,
) -> tuple[Tuned, ...]:
    """Transmitters in tuner `windows`, strongest first. Windows of the log detector are ignored.

    `wideband_dbm` is the level of the carrier that the log detector hears, if any: it tells how strong a transmitter is
    that saturates the tuner, and so what may be heard of it beside the filter.
    """
    heard = _by_frequency(windows, law)
    outside = {one.mhz: one for one in _by_frequency(baseline or (), law)}
    left = sorted(heard, key=lambda one: (-one.level_dbm, one.mhz))
    least_dbm = law.floor_dbm + LEAST_ABOVE_DB
    if left:
        is_saturated = left[0].level_dbm >= law.highest_dbm
        strongest_dbm = max(left[0].level_dbm, wideband_dbm if is_saturated and wideband_dbm is not None else -math.inf)
        least_dbm = max(least_dbm, strongest_dbm - SELECTIVITY_DB)
    found: list[Tuned] = []
    while left and len(found) < MOST_TRANSMITTERS and left[0].level_dbm >= least_dbm:
        plateau = [one for one in left if one.level_dbm >= left[0].level_dbm - PLATEAU_DB]
        plateau = sorted((one for one in plateau if abs(one.mhz - left[0].mhz) <= APART_MHZ), key=lambda one: one.mhz)
        told = _tell(plateau, heard, outside, law)
        found.append(told)
        left = [one for one in left if abs(one.mhz - told.centre_mhz) > APART_MHZ and one not in plateau]
    return (*found, *_tell_weak(found, heard, outside, law))


def _tell_weak(
    found: Sequence[Tuned], heard: Sequence[_Heard], outside: dict[float, _Heard], law: TunerLaw
) -> Iterator[Tuned]:
    """What no peak stands for and lines do, but nothing as weak as a picture that was told is beside the filter."""
    pictures = [one for one in found if one.kind in {"analog_video", "probable_video"}]
    least_dbm = max((one.level_dbm for one in pictures), default=-math.inf) - SELECTIVITY_DB
    weak = [one for one in heard if by_lines(one.windows) is not None and one.level_dbm > least_dbm]
    weak = [one for one in weak if all(abs(one.mhz - other.centre_mhz) > APART_MHZ for other in pictures)]
    weak.sort(key=lambda one: (by_lines(one.windows) != "analog_video", -one.level_dbm, one.mhz))
    for _ in range(MOST_TRANSMITTERS - len(found)):
        if not weak:
            return
        yield _tell(weak[:1], heard, outside, law)
        weak = [one for one in weak if abs(one.mhz - weak[0].mhz) > APART_MHZ]


def by_lines(windows: Sequence[RfWindow]) -> TunedKind | None:
    """What the windows of one frequency are by their lines alone, whatever the level; None where these do not say."""
    lines, loose, of = sum(map(has_line_rate, windows)), sum(map(may_have_line_rate, windows)), len(windows)
    if lines >= TOLD_LEAST and lines >= TOLD_SHARE * of:
        return "analog_video"
    is_probable = lines > 0 and lines >= PROBABLE_SHARE * of
    return "probable_video" if is_probable or (loose >= TOLD_LEAST and loose >= TOLD_SHARE * of) else None


def _tell(plateau: Sequence[_Heard], heard: Sequence[_Heard], outside: dict[float, _Heard], law: TunerLaw) -> Tuned:
    """One transmitter from the frequencies at its peak level, rising."""
    steady = [one for one in plateau if one.windows and all(map(has_line_rate, one.windows))]
    # Neighbours show the same picture: one frequency alone counts only where no neighbour was visited.
    pictured = [
        one
        for one in steady
        if sum(abs(o.mhz - one.mhz) <= NEIGHBOUR_MHZ for o in steady)
        >= min(2, sum(abs(o.mhz - one.mhz) <= NEIGHBOUR_MHZ for o in plateau))
    ]
    near = [one for one in heard if any(abs(one.mhz - o.mhz) <= SAME_MHZ for o in plateau)]
    told = [one for one in near if by_lines(one.windows) == "analog_video"]
    is_probable = any(by_lines(one.windows) for one in near)
    among = pictured or told or plateau
    peak = among[len(among) // 2]
    before = outside.get(peak.mhz)
    counted = [window for one in heard if abs(one.mhz - peak.mhz) <= SAME_MHZ for window in one.windows]
    lines = sum(map(has_line_rate, counted))
    width_mhz = _width_mhz(peak, heard)
    # On a slope a picture's level swings: the steadiest of the frequencies at the peak is the one on top.
    least_spread_db = min(one.spread_db for one in among)
    is_always_on = peak.duty_cycle >= ALWAYS_ON_SHARE and least_spread_db <= STEADY_LEVEL_DB
    swing_db = _swing_db(peak, heard, law) - least_spread_db
    without: TunedKind = "wifi"
    if is_always_on:
        without = "analog_video" if swing_db >= SLOPE_SPREAD_DB else "continuous"
    kind: TunedKind = "continuous" if is_always_on else "wifi"
    if pictured and is_always_on:
        kind = "analog_video"
    elif told or is_probable:
        kind = "analog_video" if told else "probable_video"
    swing = f"level swings {max(0.0, swing_db):.1f} dB more on the slope"
    width = "width unknown" if width_mhz is None else f"{width_mhz:.0f} MHz wide"
    rate = next((w.lines_per_s for w in peak.windows if has_line_rate(w)), None)
    seen = f"{lines} of {len(counted)} windows with a line rate" + ("" if rate is None else f" ({rate:.0f}/s)")
    return Tuned(
        kind=kind,
        kind_without_lines=without,
        centre_mhz=peak.mhz,
        level_dbm=peak.level_dbm,
        baseline_dbm=None if before is None else max(before.level_dbm, law.floor_dbm),
        duty_cycle=peak.duty_cycle,
        windows=sum(len(one.windows) for one in among),
        reasons=(f"on air {peak.duty_cycle:.2f} of the time", width, swing, seen),
    )


def _swing_db(peak: _Heard, heard: Sequence[_Heard], law: TunerLaw) -> float:
    """Greatest swing of the level on either slope beside the peak; 0 where none was visited above the noise.

    Without the line rate this is all that tells a picture from a bare carrier: behind the receiver's filter both are as
    wide as the filter.
    """
    return max(
        (
            one.spread_db
            for one in heard
            if SLOPE_MHZ[0] <= abs(one.mhz - peak.mhz) <= SLOPE_MHZ[1]
            and one.level_dbm >= law.floor_dbm + SLOPE_ABOVE_DB
            and one.duty_cycle >= ALWAYS_ON_SHARE
        ),
        default=0.0,
    )


def _width_mhz(peak: _Heard, heard: Sequence[_Heard]) -> float | None:
    """Extent around the peak in which the level stays within 10 dB; None where the visited frequencies do not tell."""
    rising = sorted(heard, key=lambda one: one.mhz)
    at = rising.index(peak)
    edges = []
    for step in (-1, 1):
        place, last = at, peak.mhz
        while 0 <= place + step < len(rising) and rising[place + step].level_dbm > peak.level_dbm - 10.0:
            place += step
            last = rising[place].mhz
        if not 0 <= place + step < len(rising):
            return None
        edges.append((last + rising[place + step].mhz) / 2)
    return edges[1] - edges[0]


def _by_frequency(windows: Sequence[RfWindow], law: TunerLaw) -> list[_Heard]:
    groups: dict[float, list[RfWindow]] = {}
    for window in windows:
        if window.receiver == "tuner" and window.centre_mhz is not None and window.samples > 0:
            groups.setdefault(window.centre_mhz, []).append(window)
    heard = []
    for mhz, group in sorted(groups.items()):
        levels = sorted(law.to_dbm(window.mean_counts) for window in group)
        # While it transmits: bursts in between do not lower the level of a transmitter that pauses.
        loudest = sorted(law.to_dbm(window.max_counts) for window in group)
        duty = sum(window.duty_cycle * window.samples for window in group) / sum(window.samples for window in group)
        heard.append(
            _Heard(
                mhz=mhz,
                level_dbm=levels[len(levels) // 2] if duty >= ALWAYS_ON_SHARE else loudest[len(loudest) // 2],
                spread_db=max(law.to_dbm(w.max_counts) - law.to_dbm(w.min_counts) for w in group),
                duty_cycle=duty,
                windows=tuple(group),
            )
        )
    return heard
