"""The hot/cold meter: how far the level lies above the one outside the door, smoothed for a walking person, whether it
rises or falls by more than fading makes of it (`modality/approach`), and which beeps say so. Input is RF windows one
after another, output a reading; it claims no direction and no distance, and without a baseline it compares with the
quietest level so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sweep.modality.approach import Approach
from sweep.modality.approach import Reading as Heard
from sweep.report import RfWindow
from sweep.rf.envelope import NOMINAL, DetectorLaw, window_level_counts
from sweep.rf.judge import LEAST_EXCESS_DB

SMOOTHING_S = 0.5
"""A person turns and steps about twice a second (guessed)."""
LOWEST_MHZ = 1_200.0
"""Of the bands in which analogue cameras are looked for: the detector does not know which it hears, and the longest
wave needs the longest way. What it says of 900 MHz is less sure."""
SILENT_BELOW_DB = 3.0
FULL_AT_DB = 30.0
SLOWEST_S, FASTEST_S, BEEP_S = 1.0, 0.12, 0.05


@dataclass(frozen=True, slots=True)
class Reading:
    """The meter now."""

    above_db: float
    """Smoothed level above the reference, not below 0."""
    trend: Literal["warmer", "colder", "steady"]
    beep_period_s: float | None
    """From one beep to the next; None is silence."""


class HotCold:
    """One walk. Feed it windows of the log detector in order of time; those of the tuner are ignored."""

    def __init__(self, baseline_dbm: float | None = None, law: DetectorLaw = NOMINAL) -> None:
        """`baseline_dbm`: peak level outside the door; without it the quietest level so far takes its place."""
        self._law = law
        self._reference_dbm = baseline_dbm
        self._has_baseline = baseline_dbm is not None
        self._level_dbm: float | None = None
        self._approach = Approach(LOWEST_MHZ)

    def feed(self, window: RfWindow) -> Reading | None:
        """The reading after `window`; None before the first one that counts."""
        if window.receiver != "log_detector" or window.samples == 0:
            return None
        now_dbm = self._law.to_dbm(window.p10_counts)  # what is exceeded a tenth of the time: bursts count
        share = min(1.0, window.duration_s / SMOOTHING_S)
        level = now_dbm if self._level_dbm is None else self._level_dbm + share * (now_dbm - self._level_dbm)
        self._level_dbm = level
        if self._reference_dbm is None or (not self._has_baseline and level < self._reference_dbm):
            self._reference_dbm = level
        end_ns = window.t_ns + round(window.duration_s * 1e9)
        heard_dbm = heard_level_dbm(window, self._law)
        if heard_dbm is not None:
            self._approach.add(Heard(end_ns, window.duration_s, heard_dbm))
        trend = self._approach.now(end_ns).trend
        above_db = max(0.0, level - self._reference_dbm)
        return Reading(above_db, trend if trend in {"warmer", "colder"} else "steady", _period_s(above_db))


def heard_level_dbm(window: RfWindow, law: DetectorLaw = NOMINAL) -> float | None:
    """Level of what one window heard; None where it heard nothing but the detector's own floor, which is no level."""
    if window.receiver != "log_detector" or window.samples == 0:
        return None
    level_dbm = law.to_dbm(window_level_counts(window))
    return level_dbm if level_dbm >= law.lowest_dbm + LEAST_EXCESS_DB else None


def _period_s(above_db: float) -> float | None:
    """Faster with level, in even steps of dB."""
    if above_db < SILENT_BELOW_DB:
        return None
    share = min(1.0, (above_db - SILENT_BELOW_DB) / (FULL_AT_DB - SILENT_BELOW_DB))
    return float(SLOWEST_S * (FASTEST_S / SLOWEST_S) ** share)
