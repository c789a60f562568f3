"""The RF modality at one position: windows of the sensor head in, a measurement out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sweep.plug.measurement import MAX_OBSERVATIONS, Measurement
from sweep.plug.talk import NOBODY, Line
from sweep.plug.task import Task, blind
from sweep.report import RfObservation
from sweep.report.wording import CONDITIONAL_LIMITS

if TYPE_CHECKING:
    from sweep.rf.calibration import RfLevels

MIN_RF_WINDOWS = 10  # guessed: one second of 100 ms windows


def measure_rf(task: Task, line: Line = NOBODY, levels: RfLevels | None = None) -> Measurement:  # noqa: ARG001  nobody speaks during it
    """Emitters in `task.windows` against `task.baseline` (both from the sensor head), by the laws of its detector and
    tuner; None: nominal.
    """
    from sweep.rf.calibration import NOMINAL_LEVELS
    from sweep.rf.judge import blank, judge_windows

    lost = dict(task.lost_windows)
    if not task.windows:
        nothing = blind(task, "rf", task.nothing_because, lost or {task.nothing_because: 1})
        return replace(nothing, gaps=task.rf_gaps)
    own = task.own or ()
    heard = [window for window in blank(task.windows, own) if window.receiver == "log_detector"]
    if len(heard) < MIN_RF_WINDOWS:
        blanked = len(task.windows) - len(blank(task.windows, own))
        reason = _why_few(task, blanked)
        few = {"too_few_windows": 1} | ({"own_transmission": blanked} if blanked else {}) | lost
        return replace(blind(task, "rf", reason, few), gaps=task.rf_gaps)
    result = judge_windows(task.windows, task.baseline or None, levels or NOMINAL_LEVELS, task.own)
    observations = tuple(
        RfObservation(
            observation_id=task.observation_id("rf", number),
            zone_id=task.position.zone_id,
            position_id=task.position.position_id,
            t_ns=task.middle_ns,
            modality="rf",
            kind=emitter.kind,
            centre_mhz=emitter.centre_mhz,
            level_dbm=emitter.level_dbm,
            baseline_dbm=emitter.baseline_dbm,
            excess_db=emitter.excess_db,
            duty_cycle=emitter.duty_cycle,
            windows=emitter.windows,
        )
        for number, emitter in enumerate(result.emitters[:MAX_OBSERVATIONS])
    )
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="rf",
        dwell_s=round(sum(window.duration_s for window in heard), 3),
        samples=len(heard),
        dropped=sum(window.dropped for window in heard),
        quality=min(1.0, len(heard) / (5.0 * MIN_RF_WINDOWS)),
        blind_reason=None if task.baseline else task.no_baseline_because,
        observations=observations,
        rejections=({"own_transmission": result.blanked} if result.blanked else {}) | lost,
        gaps=task.rf_gaps,
        limits=tuple(f"rf_{code}" for code in result.limits if f"rf_{code}" in CONDITIONAL_LIMITS),
    )


def _why_few(task: Task, blanked: int) -> str:
    """Why there are too few RF windows to judge, the first cause that alone explains it."""
    if blanked >= MIN_RF_WINDOWS:
        return "own_transmissions"
    return task.rf_gaps[0].reason if task.rf_gaps else "too_short"
