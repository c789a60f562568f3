"""What a measurement has so far: told to the runner at a pace, and made whole when nothing more of it will come.

A modality's process may be killed at any moment; what it said last stands for it then, with a gap from that message on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sweep.modality.measurement import Measurement
from sweep.modality.messages import Line, PartialMeasurement
from sweep.report import Gap

TELL_EVERY_S: Final = 1.2
"""Derived: a kill may cost 2 s at most, and judging, sending and writing take their part of them."""
LEAST_REST: Final = 3.0
"""Times as long as the last one took to judge: no more than a quarter of the time goes there, on a slow machine too,
where a kill then costs more."""
CUT_OFF: Final = "cut_off"
"""Why a measurement ended, as long as nobody knows: what it has so far is judged as if it ended there."""


class PartialResultSender:
    """Tells what one measurement has so far."""

    def __init__(self, line: Line, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._clock_s = clock_s
        self._due_s = clock_s() + TELL_EVERY_S

    def offer(self, judge: Callable[[], Measurement]) -> None:
        """Tell what `judge` makes of it, should that be due; asked often, it costs nothing."""
        begun_s = self._clock_s()
        if begun_s < self._due_s:
            return
        self._line.say(PartialMeasurement(judge()))
        now_s = self._clock_s()
        self._due_s = now_s + max(TELL_EVERY_S, LEAST_REST * (now_s - begun_s))


def cut_off(one: Measurement, gap: Gap) -> Measurement:
    """What a measurement had when it was cut off, which the gap tells why and for how long."""
    return replace(
        one,
        blind_reason=gap.reason if one.blind_reason == CUT_OFF else one.blind_reason,
        rejections=one.rejections | {gap.reason: 1},
        gaps=(*one.gaps, gap),
    )
