"""RF windows on the sensor head: begun, cut when somebody else has the turn, read as records.

Input is the head, its messages and the ask; output is measured windows. Whose turn it is says `schedule`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sweep.link.decode import to_rf_window, to_tuner_window
from sweep.link.head import Head
from sweep.link.head_messages import RfCut, RfMeasured
from sweep.link.messages import SLOT_NS, EnvelopeWindow, Message, RfSamples, RfStart, RfStop, TunerStop, TunerWindow
from sweep.link.raw_runs import RAW, RawAssembler, RawRuns
from sweep.link.readings import BURST_BELOW_COUNTS, HYSTERESIS_COUNTS, WINDOW_S
from sweep.link.schedule import Schedule
from sweep.link.tuner_tour import TunerTour
from sweep.modality.messages import MeasureRf
from sweep.report import RfWindow

NOTHING_ASKED: Final = MeasureRf(0.0)


class HeadWindows:
    """One measurement after another."""

    def __init__(self, schedule: Schedule, tell: Callable[[RfCut | RfMeasured], None]) -> None:
        self._schedule = schedule
        self._tell = tell
        self._ask = NOTHING_ASKED
        """What was last asked for; whether it still is says the schedule."""
        self._left = 0
        """Windows still to come, 0 while none is measured."""
        self._tour: TunerTour | None = None
        self._raw: RawRuns | None = None
        """Before the windows; None once these are measured."""
        self._assembler = RawAssembler()

    def ask(self, head: Head, message: MeasureRf) -> None:
        """In the place of what is measured now, take the next place in the schedule. Raises PortError."""
        self._ask = message
        self._end(head)
        self._schedule.ask("rf")

    def begin(self, head: Head) -> None:
        """Measure. Raises PortError, HeadError."""
        self._tour = TunerTour(self._ask.tuner_mhz) if self._ask.tuner_mhz else None
        self._left = max(1, round(self._ask.seconds / WINDOW_S))
        self._raw = RawRuns(head.now_ns())
        head.send(RAW)

    def begin_again(self, head: Head) -> None:
        """What is left, on a head that was restarted. Raises PortError, HeadError."""
        if self._left:
            self._start(head)

    def cut(self, head: Head) -> None:
        """Somebody else waits. Raises PortError."""
        self._stop(head)
        self._tell(RfCut())

    def attend(self, head: Head, messages: list[Message]) -> None:
        """RF windows as records; those of a clock that is not known yet are left out. Raises PortError."""
        if self._left == 0 or not head.clock.is_set:
            return
        if self._raw is not None:
            self._attend_raw(head, messages, self._raw)
            return
        found: list[RfWindow | None] = []
        for message in messages:
            match message:
                case EnvelopeWindow(tick=tick):
                    found.append(to_rf_window(message, max(0, head.clock.to_boottime(tick).t_ns), SLOT_NS))
                    self._left -= 1
                case TunerWindow(tick=tick):
                    found.append(to_tuner_window(message, max(0, head.clock.to_boottime(tick).t_ns), SLOT_NS))
                    if self._tour is not None and (onward := self._tour.heard(message, found[-1])) is not None:
                        head.send(onward)
                case _:
                    pass
        windows = tuple(window for window in found if window is not None)
        if windows:
            self._tell(RfMeasured(windows))
        if found and self._left <= 0:
            self._left = 1
            self._end(head)

    def _attend_raw(self, head: Head, messages: list[Message], raw: RawRuns) -> None:
        for message in messages:
            if not isinstance(message, RfSamples):
                continue
            t_ns = max(0, head.clock.to_boottime(message.tick).t_ns)
            if (run := self._assembler.take(message, t_ns)) is not None:
                self._tell(RfMeasured((run,)))
            if (again := raw.next_after(message, head.now_ns())) is not None:
                head.send(again)
        if raw.is_over(head.now_ns()):
            self._start(head)

    def forget(self) -> None:
        """The head is gone."""
        self._left = 0
        self._raw = None

    def _start(self, head: Head) -> None:
        self._raw = None
        if self._tour is not None:
            head.ask(self._tour.begin())
        head.ask(RfStart(round(WINDOW_S * 1e9 / SLOT_NS), BURST_BELOW_COUNTS, HYSTERESIS_COUNTS))

    def _stop(self, head: Head) -> None:
        if self._left:
            head.send(TunerStop())
            head.send(RfStop())
            self._left = 0
            self._raw = None

    def _end(self, head: Head) -> None:
        self._stop(head)
        self._schedule.end("rf")
