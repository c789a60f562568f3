"""From ADC counts of the log detector to dBm and back, and statistics over windows. Input is RF windows of the
contract, output levels in dBm and shares of time; dBm is never averaged arithmetically (the mean of counts of a log
detector would be, so levels come from percentiles). It tells no emitters apart: that is judge.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sweep.report import RfWindow

ADC_FULL_SCALE_COUNTS = 1023
LOUD_SHARE = 0.5
"""A transmitter may pause and fade while a weaker one fills its pauses: the loudest half of the windows counts."""
CLICK_SHARE = 0.05
"""The loudest of these are left out: one window alone may be a click (guessed)."""
HEARD_SHARE = 0.2
"""Bursts that reach a level in so many windows are not clicks (guessed)."""


@dataclass(frozen=True, slots=True)
class DetectorLaw:
    """P_dBm = intercept - V / slope of an AD8318-class log detector and its ADC; one per band where calibrated."""

    slope_v_per_db: float = 0.025
    """Datasheet, typical; falls to 0.0245 at 5.8 GHz."""
    intercept_dbm: float = 20.0
    """Datasheet, typical; varies by some dB with frequency."""
    reference_v: float = 2.5
    """Full scale of the ADC."""
    lowest_dbm: float = -60.0
    """Below it the detector shows its own noise: a level there is an upper bound."""
    highest_dbm: float = -5.0
    """Above it the detector saturates: a level there is a lower bound."""

    def to_dbm(self, counts: float) -> float:
        """Level of an ADC reading, extrapolated outside the valid range."""
        return self.intercept_dbm - counts * self.reference_v / ADC_FULL_SCALE_COUNTS / self.slope_v_per_db

    def to_counts(self, dbm: float) -> float:
        """ADC reading of a level; inverse of to_dbm."""
        return (self.intercept_dbm - dbm) * self.slope_v_per_db * ADC_FULL_SCALE_COUNTS / self.reference_v


NOMINAL = DetectorLaw()

LAWS: dict[str, DetectorLaw] = {
    "900MHz": DetectorLaw(0.0245, 22.0),
    "1.2GHz": DetectorLaw(0.0245, 21.0),
    "2.4GHz": DetectorLaw(0.0244, 19.6),
    "5.8GHz": DetectorLaw(0.0243, 25.0),
}
"""Typical law in each band (AD8318 datasheet, recalled, between its frequencies interpolated): a probe's calibration
replaces it. The wideband detector does not know the band, so NOMINAL holds until the tuner tells it."""
BAND_LIMITS_MHZ: tuple[tuple[str, float, float], ...] = (
    ("900MHz", 800.0, 1_000.0),
    ("1.2GHz", 1_000.0, 1_500.0),
    ("2.4GHz", 2_300.0, 2_600.0),
    ("5.8GHz", 4_900.0, 6_000.0),
)


@dataclass(frozen=True, slots=True)
class EnvelopeSummary:
    """What a run of windows at one place says about the envelope."""

    windows: int
    samples: int
    dropped: int
    floor_dbm: float
    """Level that is exceeded 90 % of the time, median over the windows: the quiet level."""
    peak_dbm: float
    """Level that is exceeded 10 % of the time, median over the windows."""
    max_dbm: float
    """The strongest single sample."""
    min_dbm: float
    """The weakest single sample: a carrier that never pauses keeps it up."""
    burst_level_dbm: float | None
    """Level while bursts last; None without bursts."""
    duty_cycle: float
    """Share of samples above the firmware's burst threshold."""
    bursts_per_s: float
    longest_burst_s: float | None
    """Longest burst in the middle window by it (half of them had none longer); None where it was not recorded."""
    spread_db: float
    """Peak minus floor, median over the windows: near 0 for a constant envelope."""
    carrier_dbm: float
    """Loud level over the windows of what is exceeded 90 % of the time: of a carrier its level, faded or not."""
    over_dbm: float
    """What the loudest sample reaches in HEARD_SHARE of the windows."""
    over_share: float
    """Share of time at `over_dbm` that would pull the mean as far from the median as it is: the duty cycle of bursts on
    a carrier, of which the firmware's threshold says nothing."""


def summarise(windows: Sequence[RfWindow], law: DetectorLaw = NOMINAL) -> EnvelopeSummary | None:
    """Statistics over `windows` of the log detector; None when there is not one sample in them."""
    used = [window for window in windows if window.samples > 0 and window.receiver == "log_detector"]
    if not used:
        return None
    samples = sum(window.samples for window in used)
    seconds = sum(window.duration_s for window in used)
    # Counts fall with power: the 90th percentile of counts is the level that is exceeded nine tenths of the time.
    floors = [law.to_dbm(window.p90_counts) for window in used]
    peaks = [law.to_dbm(window.p10_counts) for window in used]
    over_counts = sorted(window.min_counts for window in used)[max(0, round(HEARD_SHARE * len(used)) - 1)]
    pulled = sum((window.p50_counts - window.mean_counts) * window.samples for window in used) / samples
    depth = sum(window.p50_counts * window.samples for window in used) / samples - over_counts
    return EnvelopeSummary(
        windows=len(used),
        samples=samples,
        dropped=sum(window.dropped for window in used),
        floor_dbm=_median(floors),
        peak_dbm=_median(peaks),
        max_dbm=law.to_dbm(min(window.min_counts for window in used)),
        min_dbm=law.to_dbm(max(window.max_counts for window in used)),
        burst_level_dbm=_burst_level(used, law),
        duty_cycle=sum(window.duty_cycle * window.samples for window in used) / samples,
        bursts_per_s=sum(map(_whole_bursts, used)) / seconds if seconds > 0 else 0.0,
        longest_burst_s=_median([window.longest_burst_s or 0.0 for window in used])
        if all(window.longest_burst_s is not None for window in used)
        else None,
        spread_db=_median([peak - floor for peak, floor in zip(peaks, floors, strict=True)]),
        carrier_dbm=loud_level(floors),
        over_dbm=law.to_dbm(over_counts),
        over_share=min(1.0, max(0.0, pulled / depth)) if depth > 0 else 0.0,
    )


def _whole_bursts(window: RfWindow) -> float:
    """Bursts of a window, one that its edge cuts counted half: a slot that meets the edge every 100 ms is one."""
    cut_ends = max(0, window.bursts + 1 - window.gaps)
    return max(0.0, window.bursts - cut_ends / 2)


def _burst_level(windows: Sequence[RfWindow], law: DetectorLaw) -> float | None:
    """The best percentile that lies wholly inside bursts, per window; of them the loud level."""
    levels = [law.to_dbm(window_level_counts(window)) for window in windows if window.bursts]
    return loud_level(levels) if levels else None


def window_level_counts(window: RfWindow) -> float:
    """The best percentile that lies wholly inside the bursts of a window, or inside what it heard without any."""
    if window.bursts == 0 or window.duty_cycle > 0.9:
        return window.p50_counts
    if window.duty_cycle > 0.1:
        return window.p10_counts
    return window.min_counts  # short bursts: no percentile lies inside them


def loud_level(levels_dbm: Sequence[float]) -> float:
    """Level of the mean power of the loudest half of some windows, the very loudest left out.

    Standing still in fades it places a transmitter better than the median does, and as well as the mean over all
    windows (tests/rf/test_levels.py), which pauses would pull down.
    """
    rising = sorted(levels_dbm)
    clicks = round(CLICK_SHARE * len(rising))
    loud = rising[len(rising) - max(1, round(LOUD_SHARE * len(rising))) :]
    loud = loud[: len(loud) - clicks] or loud
    return 10 * math.log10(sum(10 ** (level / 10) for level in loud) / len(loud))


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    # Two neighbours of an ordered list: take the lower rather than averaging dBm.
    return ordered[middle - 1]
