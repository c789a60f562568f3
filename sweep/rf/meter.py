"""The hot/cold meter: how far the level lies above the one outside the door, smoothed for a walking person, whether it
rises or falls, and which beeps say so. Input is RF windows one after another, output a reading; it claims no direction
and no distance, and without a baseline it compares with the quietest level so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sweep.report import RfWindow
from sweep.rf.envelope import NOMINAL, DetectorLaw

SMOOTHING_S = 0.5
"""A person turns and steps about twice a second (guessed)."""
TREND_S = 2.0
RISE_DB = 3.0
"""Smaller changes over TREND_S are fading, not approach (guessed)."""
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
        self._past: list[tuple[int, float]] = []

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
        self._past.append((window.t_ns, level))
        while len(self._past) > 1 and self._past[0][0] < window.t_ns - round(TREND_S * 1e9):
            self._past.pop(0)
        change_db = level - self._past[0][1]
        trend: Literal["warmer", "colder", "steady"] = "steady"
        if abs(change_db) >= RISE_DB:
            trend = "warmer" if change_db > 0 else "colder"
        above_db = max(0.0, level - self._reference_dbm)
        return Reading(above_db, trend, _period_s(above_db))


def _period_s(above_db: float) -> float | None:
    """Faster with level, in even steps of dB."""
    if above_db < SILENT_BELOW_DB:
        return None
    share = min(1.0, (above_db - SILENT_BELOW_DB) / (FULL_AT_DB - SILENT_BELOW_DB))
    return float(SLOWEST_S * (FASTEST_S / SLOWEST_S) ** share)
