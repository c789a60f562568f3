"""The RF modality at one position: asks for windows of the sensor head here and outside the door, a measurement out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sweep.modality.checked_part import CheckedPart, loudest
from sweep.modality.evidence import Weigher
from sweep.modality.measurement import MAX_OBSERVATIONS, Measurement
from sweep.modality.messages import Leave, Line, MeasureRf, PartialMeasurement, RfHeard
from sweep.modality.protocol import Measure
from sweep.modality.task import Task, blind
from sweep.modality.weights import LevelTable
from sweep.report import Modality, RfObservation
from sweep.rf.calibration import NOMINAL_LEVELS, RfLevels
from sweep.rf.chance import estimate_rf
from sweep.rf.channels import tuner_frequencies
from sweep.rf.judge import blank, judge_windows
from sweep.rf.weigh import weigh_rf
from sweep.rf.words import WORDS

MIN_RF_WINDOWS = 10  # guessed: one second of 100 ms windows
ANSWER_EVERY_S = 1.0
"""How often it looks up while it waits for windows."""
NO_BASELINE = frozenset({"", "not_recorded", "not_connected"})
"""Reasons for which nobody measured outside the door; any other means that what was measured cannot be used."""


def read_level(one: Measurement) -> float | None:
    """The loudest level, in dBm."""
    return loudest([o.level_dbm for o in one.observations if isinstance(o, RfObservation)])


class RfModality:
    """RF, by the laws of this probe's detector and tuner."""

    name: Modality = "rf"
    weigher = Weigher(weigh_rf, estimate=estimate_rf, rests_on=("analog_video", "continuous_carrier"))
    parts = (CheckedPart("rf", "dBm", 2.0, 10.0, read_level),)
    """Guessed, no repeated capture of a transmitter in one place was at hand; within 10 dB (hardware/README)."""
    words = WORDS

    def __init__(self, levels: RfLevels = NOMINAL_LEVELS, heard: LevelTable | None = None) -> None:
        """`heard`: how often a known sender was heard on a bench."""
        self._levels = levels
        if heard is not None:
            self.weigher = replace(self.weigher, estimate=partial(estimate_rf, measured=heard))
        self.calibration = levels.version
        """What the report cites; None: nominal."""

    def open(self) -> Measure:
        """It remembers nothing."""
        return self.measure

    def measure(self, task: Task[Any], line: Line) -> Measurement:
        """Emitters here against those outside, both as far as somebody answers; outside, that there is an answer."""
        if task.is_outside:
            return measured_outside(task, _ask(line, MeasureRf(task.dwell_s, tuner_frequencies(), is_outside=True)))
        outside = _ask(line, MeasureRf(0.0, is_outside=True))
        here = _ask(
            line,
            MeasureRf(task.dwell_s, tuner_frequencies()),
            lambda heard: line.say(PartialMeasurement(judge_rf(task, heard, outside, self._levels))),
        )
        return judge_rf(task, here, outside, self._levels)


def _ask(line: Line, ask: MeasureRf, on_partial_result: Callable[[RfHeard], None] = lambda _: None) -> RfHeard:
    """The answer to it; whoever answers is told of a stop by others and answers then, too, and now and then says what
    there is so far.
    """
    line.say(ask)
    while True:
        for message in line.hear(ANSWER_EVERY_S):
            if isinstance(message, RfHeard):
                if message.is_over:
                    return message
                on_partial_result(message)
            if message == Leave("nobody"):
                return RfHeard(because="not_recorded")


def measured_outside(task: Task[Any], heard: RfHeard) -> Measurement:
    """Whether there is something to compare with; whoever answered keeps it."""
    if not heard.windows:
        return blind(task, "rf", heard.because or "no_windows")
    nothing = blind(task, "rf", "no_baseline")
    return replace(nothing, samples=len(heard.windows), dwell_s=heard.spent_s, quality=1.0, blind_reason=None)


def judge_rf(task: Task[Any], here: RfHeard, outside: RfHeard, levels: RfLevels = NOMINAL_LEVELS) -> Measurement:
    """Emitters in the windows heard here against those outside."""
    lost = dict(here.lost)
    if not here.windows:
        because = here.because or "no_windows"
        return replace(blind(task, "rf", because, lost or {because: 1}), gaps=here.gaps, dwell_s=here.spent_s)
    not_own = blank(here.windows, here.own or ())
    heard = [window for window in not_own if window.receiver == "log_detector"]
    if len(heard) < MIN_RF_WINDOWS:
        blanked = len(here.windows) - len(not_own)
        few = {"too_few_windows": 1} | ({"own_transmission": blanked} if blanked else {}) | lost
        nothing = blind(task, "rf", _why_few(here, blanked), few)
        return replace(nothing, gaps=here.gaps, dwell_s=here.spent_s)
    result = judge_windows(here.windows, outside.windows or None, levels, here.own)
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
    no_baseline = "no_baseline" if outside.because in NO_BASELINE else "baseline_unreadable"
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="rf",
        dwell_s=round(sum(window.duration_s for window in heard), 3),
        samples=len(heard),
        dropped=sum(window.dropped for window in heard),
        quality=min(1.0, len(heard) / (5.0 * MIN_RF_WINDOWS)),
        blind_reason=None if outside.windows else no_baseline,
        observations=observations,
        rejections=({"own_transmission": result.blanked} if result.blanked else {}) | lost,
        gaps=here.gaps,
        limits=tuple(f"rf_{code}" for code in result.limits if f"rf_{code}" in WORDS.conditional_limits),
    )


def _why_few(here: RfHeard, blanked: int) -> str:
    """Why there are too few windows to judge, the first cause that alone explains it."""
    if blanked >= MIN_RF_WINDOWS:
        return "own_transmissions"
    return here.gaps[0].reason if here.gaps else "too_short"
