"""Tells emitters apart in RF windows: from the log detector a constant carrier, bursts like Wi-Fi, BLE or DECT,
something that is neither, or nothing above the floor; from the tuner and from raw runs also analogue video by its line
rate; with a baseline how far the inside lies above the outside. Windows during own transmissions are left out. Output
is an RfResult with what was heard and what this hardware cannot hear. `analog_video` is never claimed from statistics
of the log detector, which have no frequency and no line rate, and silence is never called clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sweep.report import RfWindow
from sweep.rf.calibration import NOMINAL_LEVELS, RfLevels
from sweep.rf.envelope import NOMINAL, DetectorLaw, EnvelopeSummary, summarise
from sweep.rf.limits import LIMITS, NEEDS_TUNER
from sweep.rf.raw_lines import RawLines, tell_raw_lines
from sweep.rf.tuner import tell_tuned

__all__ = [
    "EmitterHeard",
    "RfResult",
    "Told",
    "blank",
    "classify",
    "judge_windows",
    "to_json",
]

TUNED_CARRIERS = {"analog_video", "probable_video", "continuous"}
EmitterKind = Literal["analog_video", "probable_video", "wifi", "ble", "dect", "continuous", "unknown"]

LEAST_EXCESS_DB = 6.0
"""An emitter must stand this far above the detector's own floor (guessed: three times 2 dB of noise and drift)."""
SAME_LEVEL_DB = 20.0
"""Both receivers' nominal laws may be off by 10 dB each."""
LEAST_WINDOWS = 5
"""Half a second: fewer windows are told as unknown (guessed)."""
CONSTANT_SPREAD_DB = 3.0
"""10th to 90th percentile of a constant envelope with converter noise; more means that bursts ride on it (guessed)."""
SILENT_DUTY = 0.0002
"""Below it bursts are single samples, as noise makes them (guessed)."""
DECT_BURSTS_PER_S = (85.0, 115.0)
DECT_DUTY = (0.025, 0.055)
"""One slot of 368 us in a frame of 10 ms (ETSI EN 300 175-2)."""
SHORT_BURST_S = 450e-6
"""A DECT slot or a BLE packet with what the detector adds; with nothing longer a faster rate is both (derived)."""
SHORT_DUTY = 0.08
BLE_BURSTS_PER_S = (4.0, 60.0)
BLE_LONGEST_DUTY = 0.02
"""Three short packets every 20 to 1000 ms (Bluetooth Core 5.4, Vol 6 Part B 4.4.2)."""
DECT_ALONE_PER_S = 104.0
"""One slot a frame and a quartz: more short bursts are of somebody else (derived)."""
OVER_CARRIER_DB = 6.0
"""Bursts stand out of a carrier's converter noise, four standard deviations of 0.8 dB at most, by more (guessed)."""
WIFI_OVER_SHARE, DECT_OVER_SHARE, BLE_OVER_SHARE = 0.065, (0.022, 0.055), 0.014
"""Shares of time above a carrier, by the duty cycles above; between them bursts stay unknown (derived)."""
WIFI_LEAST_BURSTS_PER_S = 15.0
"""Beacons alone make ten; with any traffic there are more (derived)."""


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
    kind_without_lines: EmitterKind | None = None
    """What the tuner would have told without the line rate; None for the log detector."""


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
    """Codes: what could not be judged and why."""
    blanked: int = 0
    """Windows left out because the probe itself was transmitting."""
    floor_change_db: float | None = None
    """Quiet level inside minus outside; None without a baseline."""
    calibration: str | None = None
    """Version of the calibration that gave the levels; None: nominal."""


def blank(windows: Sequence[RfWindow], own: Sequence[tuple[int, int]]) -> list[RfWindow]:
    """The windows that overlap none of the `own` transmissions, (from, to) in the windows' nanoseconds."""
    kept = []
    for window in windows:
        end_ns = window.t_ns + round(window.duration_s * 1e9)
        if not any(begin < end_ns and window.t_ns < end for begin, end in own):
            kept.append(window)
    return kept


def judge_windows(
    windows: Sequence[RfWindow],
    baseline: Sequence[RfWindow] | None = None,
    levels: RfLevels = NOMINAL_LEVELS,
    own: Sequence[tuple[int, int]] | None = None,
) -> RfResult:
    """What was heard in `windows`, against `baseline` windows taken outside the door.

    The order of the windows does not matter. `own` are the probe's own transmissions, (from, to) in the nanoseconds of
    the windows and with the error of that clock taken on; None where nobody kept a log of them. The baseline is
    expected without its own.
    """
    law = levels.wideband
    used = blank(windows, own) if own else list(windows)
    blanked = len(windows) - len(used)
    limits = list(LIMITS)
    if any(window.receiver == "tuner" for window in used):
        limits = [limit for limit in limits if limit not in NEEDS_TUNER] + ["tuner_5_8_ghz_only"]
    limits += levels.limits
    if own is None:
        limits.append("own_transmissions_unlogged")
    if blanked:
        limits.append("own_transmissions_blanked")
    if {window.centre_mhz for window in windows} - {window.centre_mhz for window in used} - {None}:
        limits.append("tuner_frequencies_blanked")
    summary = summarise(used, law)
    outside = summarise(baseline, law) if baseline else None
    if outside is None:
        limits.append("no_baseline")
    wideband = _tell(summary, outside, law) if summary is not None else ()
    carrier_dbm = max((one.level_dbm for one in wideband if one.kind == "continuous"), default=None)
    lines = tell_raw_lines(used, law)
    tuned = tell_tuned(used, baseline, levels.tuner, wideband_dbm=carrier_dbm)
    from_tuner = [
        EmitterHeard(
            kind=one.kind,
            centre_mhz=one.centre_mhz,
            level_dbm=one.level_dbm,
            baseline_dbm=one.baseline_dbm,
            excess_db=None if one.baseline_dbm is None else one.level_dbm - one.baseline_dbm,
            duty_cycle=one.duty_cycle,
            windows=one.windows,
            reasons=one.reasons,
            kind_without_lines=one.kind_without_lines,
        )
        for one in tuned
    ]
    if summary is None:
        return RfResult(0, 0, 0, None, tuple(from_tuner), (*limits, "no_samples"), blanked, calibration=levels.version)
    if summary.windows < LEAST_WINDOWS:
        limits.append("too_few_windows")
    if summary.dropped > 0.01 * (summary.samples + summary.dropped):
        limits.append("samples_dropped")
    if summary.max_dbm > law.highest_dbm:
        limits.append("saturated")
    emitters = _merge(from_tuner, wideband, levels)
    if lines is not None:
        emitters = _with_lines(emitters, lines, summary)
    if any(one.kind == "probable_video" for one in emitters):
        limits.append("probable_video")
    return RfResult(
        windows=summary.windows,
        samples=summary.samples,
        dropped=summary.dropped,
        floor_dbm=summary.floor_dbm,
        emitters=emitters,
        limits=tuple(limits),
        blanked=blanked,
        floor_change_db=None if outside is None else summary.floor_dbm - outside.floor_dbm,
        calibration=levels.version,
    )


def _merge(
    tuned: Sequence[EmitterHeard], wideband: Sequence[EmitterHeard], levels: RfLevels
) -> tuple[EmitterHeard, ...]:
    """Both receivers' emitters. A carrier that both hear stands once: kind and frequency from the tuner; level, outside
    and excess from the log detector, whose range is wider at the upper end, by its law at that frequency.
    """
    law = levels.wideband
    carriers = [one for one in tuned if one.kind in TUNED_CARRIERS]
    merged = []
    for one in wideband:
        strongest = max(carriers, key=lambda carrier: carrier.level_dbm, default=None)
        if one.kind != "continuous" or strongest is None or not _is_as_strong(strongest, one, levels):
            merged.append(one)
            continue
        there = levels.law_at(strongest.centre_mhz)
        baseline_dbm = None if one.baseline_dbm is None else there.to_dbm(law.to_counts(one.baseline_dbm))
        level_dbm = there.to_dbm(law.to_counts(one.level_dbm))
        both = replace(
            strongest,
            level_dbm=level_dbm,
            baseline_dbm=baseline_dbm,
            excess_db=None if baseline_dbm is None else level_dbm - baseline_dbm,
            reasons=(*strongest.reasons, "log detector: " + ", ".join(one.reasons)),
        )
        carriers = [both if carrier is strongest else carrier for carrier in carriers]
    return (*carriers, *merged, *(one for one in tuned if one.kind not in TUNED_CARRIERS))


def _with_lines(
    emitters: tuple[EmitterHeard, ...], lines: RawLines, summary: EnvelopeSummary
) -> tuple[EmitterHeard, ...]:
    """The log detector's carrier is the picture whose lines its envelope shows; under bursts there may be none."""
    if any(one.kind == "analog_video" for one in emitters):
        return emitters  # which of two it would be nobody can tell
    carrier = next((one for one in emitters if one.kind == "continuous" and one.centre_mhz is None), None)
    if carrier is not None:
        told = replace(carrier, kind=lines.kind, reasons=(*carrier.reasons, lines.reason))
        return tuple(told if one is carrier else one for one in emitters)
    hidden = EmitterHeard(
        "probable_video", None, summary.carrier_dbm, None, None, 1.0, summary.windows, (lines.reason,)
    )
    return (hidden, *emitters)


def _is_as_strong(tuned: EmitterHeard, heard: EmitterHeard, levels: RfLevels) -> bool:
    """Whether both may be one carrier: what the tuner hears weakly is not what drives the log detector."""
    is_saturated = tuned.level_dbm >= levels.tuner.highest_dbm - SAME_LEVEL_DB
    return is_saturated or tuned.level_dbm >= heard.level_dbm - SAME_LEVEL_DB


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
        carrier = Told("continuous", summary.carrier_dbm, 1.0, ("never pauses", spread))
        return (carrier, *_on_carrier(summary))
    if summary.duty_cycle < SILENT_DUTY or summary.burst_level_dbm is None or summary.burst_level_dbm < least_dbm:
        return ()
    kind: EmitterKind = "unknown"
    if summary.windows >= LEAST_WINDOWS:
        kind = _burst_kind(summary)
    bursts = Told(kind, summary.burst_level_dbm, summary.duty_cycle, (duty, rate))
    if kind == "dect" and summary.bursts_per_s > DECT_ALONE_PER_S:
        return bursts, replace(bursts, kind="ble")
    return (bursts,)


def _on_carrier(summary: EnvelopeSummary) -> tuple[Told, ...]:
    """Bursts that stand out of a carrier, by the share of time that the mean betrays; they are not counted."""
    over_db = summary.over_dbm - summary.floor_dbm
    if over_db < OVER_CARRIER_DB:
        return ()
    share = summary.over_share
    kind: EmitterKind = "unknown"
    if summary.spread_db > CONSTANT_SPREAD_DB or share >= WIFI_OVER_SHARE:
        kind = "wifi"  # or a carrier that fades while the probe moves: the carrier is told either way
    elif _is_within(share, DECT_OVER_SHARE):
        kind = "dect"
    elif share <= BLE_OVER_SHARE:
        kind = "ble"
    level_dbm = summary.peak_dbm if summary.spread_db > CONSTANT_SPREAD_DB else summary.over_dbm
    return (Told(kind, level_dbm, share, (f"bursts on a carrier, {over_db:.0f} dB above it for {share:.3f}",)),)


def _burst_kind(summary: EnvelopeSummary) -> EmitterKind:
    if _is_within(summary.bursts_per_s, DECT_BURSTS_PER_S) and _is_within(summary.duty_cycle, DECT_DUTY):
        return "dect"
    is_short = summary.longest_burst_s is not None and summary.longest_burst_s <= SHORT_BURST_S
    if is_short and summary.bursts_per_s >= DECT_BURSTS_PER_S[0] and DECT_DUTY[0] <= summary.duty_cycle <= SHORT_DUTY:
        return "dect"  # with BLE beside it, which has no way to be told in its company
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
                "kind_without_lines": emitter.kind_without_lines,
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
        "blanked": result.blanked,
        "floor_change_db": None if result.floor_change_db is None else round(result.floor_change_db, 1),
        "calibration": result.calibration,
    }
