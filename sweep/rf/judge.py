"""Tells emitters apart in windows of the log detector: a constant carrier, bursts like Wi-Fi, BLE or DECT, something
that is neither, or nothing above the floor; with a baseline also how far the inside lies above the outside. Input is
RF windows, output an RfResult with what was heard and what this hardware cannot hear. A wideband log detector has no
frequency and no line rate: `analog_video` is never claimed from it, and silence is never called clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sweep.report import RfWindow
from sweep.rf.envelope import NOMINAL, DetectorLaw, EnvelopeSummary, summarise

EmitterKind = Literal["analog_video", "wifi", "ble", "dect", "continuous", "unknown"]

LEAST_EXCESS_DB = 6.0
"""An emitter must stand this far above the detector's own floor (guessed: three times 2 dB of noise and drift)."""
LEAST_WINDOWS = 5
"""Half a second: fewer windows are told as unknown (guessed)."""
CONSTANT_SPREAD_DB = 3.0
"""10th to 90th percentile of a constant envelope with converter noise; more means that bursts ride on it (guessed)."""
SILENT_DUTY = 0.0002
"""Below it bursts are single samples, as noise makes them (guessed)."""
DECT_BURSTS_PER_S = (85.0, 115.0)
DECT_DUTY = (0.025, 0.055)
"""One slot of 368 us in a frame of 10 ms (ETSI EN 300 175-2)."""
BLE_BURSTS_PER_S = (4.0, 60.0)
BLE_LONGEST_DUTY = 0.02
"""Three short packets every 20 to 1000 ms (Bluetooth Core 5.4, Vol 6 Part B 4.4.2)."""
WIFI_LEAST_BURSTS_PER_S = 15.0
"""Beacons alone make ten; with any traffic there are more (derived)."""

LIMITS = (
    "records_to_card_radiate_nothing",
    "analog_1200_2400_log_detector_only",
    "no_line_rate_without_tuner",
    "no_frequency_from_log_detector",
)
"""What the first hardware cannot hear, as codes; LIMIT_TEXTS explains each."""
LIMIT_TEXTS: dict[str, str] = {
    "records_to_card_radiate_nothing": "A camera that records to a card radiates almost nothing: silence is no proof.",
    "analog_1200_2400_log_detector_only": "Analogue 1.2 and 2.4 GHz: log detector only, no picture check.",
    "no_line_rate_without_tuner": "Without the tuner's line rate analogue video cannot be told from another carrier.",
    "no_frequency_from_log_detector": "The log detector hears 1 MHz to 8 GHz at once and gives no frequency.",
    "no_baseline": "No measurement outside the door: levels from neighbouring rooms are not taken off.",
    "too_few_windows": "Fewer windows than a judgement needs.",
    "no_samples": "The detector delivered nothing.",
    "samples_dropped": "More than 1 % of the samples are missing.",
    "saturated": "The detector was overdriven: the level is a lower bound.",
}


@dataclass(frozen=True, slots=True)
class EmitterHeard:
    """One emitter as told apart at one position."""

    kind: EmitterKind
    centre_mhz: float | None
    level_dbm: float
    baseline_dbm: float | None
    """Level outside the door by the same measure; None without a baseline."""
    excess_db: float | None
    """Inside minus outside."""
    duty_cycle: float
    windows: int
    reasons: tuple[str, ...]
    """What spoke for this kind, as short facts with figures."""


@dataclass(frozen=True, slots=True)
class RfResult:
    """Judgement over a run of windows at one position."""

    windows: int
    samples: int
    dropped: int
    floor_dbm: float | None
    """Quiet level; None without samples."""
    emitters: tuple[EmitterHeard, ...]
    limits: tuple[str, ...]
    """Codes of LIMIT_TEXTS: what could not be judged and why."""


def judge_windows(
    windows: Sequence[RfWindow], baseline: Sequence[RfWindow] | None = None, law: DetectorLaw = NOMINAL
) -> RfResult:
    """What the log detector heard in `windows`, against `baseline` windows taken outside the door.

    The order of the windows does not matter. Windows of a tuner are ignored here.
    """
    limits = list(LIMITS)
    summary = summarise(windows, law)
    outside = summarise(baseline, law) if baseline else None
    if outside is None:
        limits.append("no_baseline")
    if summary is None:
        return RfResult(0, 0, 0, None, (), (*limits, "no_samples"))
    if summary.windows < LEAST_WINDOWS:
        limits.append("too_few_windows")
    if summary.dropped > 0.01 * (summary.samples + summary.dropped):
        limits.append("samples_dropped")
    if summary.max_dbm > law.highest_dbm:
        limits.append("saturated")
    return RfResult(
        windows=summary.windows,
        samples=summary.samples,
        dropped=summary.dropped,
        floor_dbm=summary.floor_dbm,
        emitters=_tell(summary, outside, law),
        limits=tuple(limits),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """One kind that a summary speaks for."""

    kind: EmitterKind
    level_dbm: float
    duty_cycle: float
    """Share of time; for bursts on a carrier only a lower bound, since the firmware's threshold lies below both."""
    reasons: tuple[str, ...]


def classify(summary: EnvelopeSummary, law: DetectorLaw = NOMINAL) -> tuple[Told, ...]:
    """What is above the floor, with the figures that decided it; strongest claim first.

    Never `analog_video`: see the module. A carrier hides weaker bursts; bursts on top of it are told as `unknown`.
    """
    least_dbm = law.lowest_dbm + LEAST_EXCESS_DB
    duty, rate = f"duty cycle {summary.duty_cycle:.3f}", f"{summary.bursts_per_s:.0f} bursts/s"
    if summary.windows >= LEAST_WINDOWS and summary.min_dbm >= least_dbm:
        spread = f"spread {summary.spread_db:.1f} dB"
        carrier = Told("continuous", summary.floor_dbm, 1.0, ("never pauses", spread))
        if summary.spread_db <= CONSTANT_SPREAD_DB:
            return (carrier,)
        return carrier, Told("unknown", summary.peak_dbm, 0.1, (spread, "bursts on a carrier"))
    if summary.duty_cycle < SILENT_DUTY or summary.burst_level_dbm is None or summary.burst_level_dbm < least_dbm:
        return ()
    kind: EmitterKind = "unknown"
    if summary.windows >= LEAST_WINDOWS:
        kind = _burst_kind(summary)
    return (Told(kind, summary.burst_level_dbm, summary.duty_cycle, (duty, rate)),)


def _burst_kind(summary: EnvelopeSummary) -> EmitterKind:
    if _is_within(summary.bursts_per_s, DECT_BURSTS_PER_S) and _is_within(summary.duty_cycle, DECT_DUTY):
        return "dect"
    if _is_within(summary.bursts_per_s, BLE_BURSTS_PER_S) and summary.duty_cycle <= BLE_LONGEST_DUTY:
        return "ble"
    if summary.bursts_per_s >= WIFI_LEAST_BURSTS_PER_S:
        return "wifi"
    return "unknown"


def _tell(summary: EnvelopeSummary, outside: EnvelopeSummary | None, law: DetectorLaw) -> tuple[EmitterHeard, ...]:
    told_outside = {told.kind: told.level_dbm for told in classify(outside, law)} if outside is not None else {}
    emitters = []
    for told in classify(summary, law):
        baseline_dbm = None
        if outside is not None:
            # The same kind outside, else the quiet level there.
            baseline_dbm = told_outside.get(told.kind, outside.floor_dbm)
        emitters.append(
            EmitterHeard(
                kind=told.kind,
                centre_mhz=None,
                level_dbm=told.level_dbm,
                baseline_dbm=baseline_dbm,
                excess_db=None if baseline_dbm is None else told.level_dbm - baseline_dbm,
                duty_cycle=told.duty_cycle,
                windows=summary.windows,
                reasons=told.reasons,
            )
        )
    return tuple(emitters)


def _is_within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def to_json(result: RfResult) -> dict[str, Any]:
    """The document that `sweep rf --json` writes."""
    return {
        "windows": result.windows,
        "samples": result.samples,
        "dropped": result.dropped,
        "floor_dbm": None if result.floor_dbm is None else round(result.floor_dbm, 1),
        "emitters": [
            {
                "kind": emitter.kind,
                "centre_mhz": emitter.centre_mhz,
                "level_dbm": round(emitter.level_dbm, 1),
                "baseline_dbm": None if emitter.baseline_dbm is None else round(emitter.baseline_dbm, 1),
                "excess_db": None if emitter.excess_db is None else round(emitter.excess_db, 1),
                "duty_cycle": round(emitter.duty_cycle, 4),
                "windows": emitter.windows,
                "reasons": list(emitter.reasons),
            }
            for emitter in result.emitters
        ],
        "limits": list(result.limits),
    }
