"""The camera's lamps on the sensor head: strobed by a `StrobeRun`, with bursts of red between, and the head's motion.

Input is the head, its messages and the ask; output is triggers, motion and the end. Whose turn it is says `schedule`,
whether anything may shine the lease's owner (`head_owner`).
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from sweep.link.head import Head, HeadError, HeadRefused
from sweep.link.imu import read_samples
from sweep.link.messages import SLOT_NS, Imu, ImuSet, LampStop, LightSet, Message, RedBurst
from sweep.link.schedule import Schedule
from sweep.link.strobe import StrobeRun
from sweep.modality.liveness import boottime_ns
from sweep.modality.motion import ImuSample, Moved
from sweep.modality.strobe import FILMED_OUT, Strobe, StrobeEnded, Trigger, Triggers

TELL_TRIGGERS_S: Final = 0.04
"""Two triggers a message (guessed): the runner looks up ten times a second."""
IMU_PERIOD_S: Final = 0.01
"""The fastest that the firmware reads it: two samples for each exposure at 50 frames a second."""
AIM: Final = 1
"""The visible light that shows a recording: the aiming spot (wire protocol)."""
SHOWN_AGAIN_S: Final = 30.0
"""The head ends it after 60 s (firmware/limits.toml)."""
NOTHING_ASKED: Final = Strobe(1.0, 0.0, 0.0)


class HeadStrobe:
    """One strobe after another."""

    def __init__(
        self,
        schedule: Schedule,
        tell: Callable[[Moved | Triggers | StrobeEnded], None],
        why_dark: Callable[[], str | None],
    ) -> None:
        self._schedule = schedule
        self._tell = tell
        self._why_dark = why_dark
        self._ask = NOTHING_ASKED
        """What was last asked for; whether it still is says the schedule."""
        self._strobe: StrobeRun | None = None
        self._asked_ns = 0
        self._shown_s = 0.0
        self._triggers: list[Trigger] = []
        self._dropped: Counter[str] = Counter()
        """Of the strobe, told already."""
        self._told_s = 0.0
        self._moved: list[ImuSample] = []

    @property
    def is_lit(self) -> bool:
        """Whether the lamps were told to flash."""
        return self._strobe is not None

    def ask(self, message: Strobe) -> None:
        """Take the next place in the schedule."""
        self._ask = message
        self._schedule.ask("strobe")

    def begin(self, head: Head) -> None:
        """Flash, where the lease lives. Raises PortError, HeadError."""
        with contextlib.suppress(HeadRefused):  # filming goes on without it
            head.ask(ImuSet(round(IMU_PERIOD_S * 1e9 / SLOT_NS)))
        because = self._why_dark()
        if because is not None:
            self.end(because)
            return
        self._strobe, self._moved = StrobeRun(head.clock, self._ask), []
        self._triggers, self._dropped = [], Counter()
        try:
            self._show(head)
            head.ask(self._strobe.command)
        except HeadRefused:
            head.send(LampStop())  # the visible light may be on by then
            self.end("lamp_refused")
        except HeadError:
            if self._strobe is not None:
                raise  # else it was taken back with the lease, before the head had answered
        self._asked_ns = boottime_ns()

    def take(self, head: Head, message: Message) -> None:
        """A trigger, or how the head moved."""
        if self._strobe is None:
            return
        trigger = self._strobe.take(message)
        if trigger is not None:
            self._triggers.append(trigger)
        if isinstance(message, Imu) and head.clock.is_set:
            self._moved += read_samples(message, lambda tick: head.clock.to_boottime(tick).t_ns)

    def attend(self, head: Head) -> None:
        """After the messages of a turn: the end, red that is due, what is to be told. Raises PortError, HeadError."""
        strobe = self._strobe
        if strobe is None:
            return
        now_ns = boottime_ns()
        fault = strobe.fault(now_ns, self._asked_ns)
        if fault is not None or strobe.is_over(now_ns, self._asked_ns):
            head.send(LampStop())
            self.end(fault or FILMED_OUT)
            return
        if time.monotonic() - self._shown_s >= SHOWN_AGAIN_S:
            self._show_again(head)
        burst = strobe.due(now_ns)
        if burst is not None:
            self._flash_red(head, burst)
        if self._strobe is strobe and time.monotonic() - self._told_s >= TELL_TRIGGERS_S:
            self._tell_triggers(strobe)

    def _show(self, head: Head) -> None:
        """The visible light on, or on anew before the head ends it; `LampStop` puts it out with the lamps."""
        if self._ask.is_shown:
            head.ask(LightSet(AIM, 0))
            head.ask(LightSet(AIM, 1))
            self._shown_s = time.monotonic()

    def _show_again(self, head: Head) -> None:
        try:
            self._show(head)
        except HeadError:
            if self._strobe is not None:
                raise  # else it was taken back with the lease, before the head had answered

    def stop(self, head: Head) -> None:
        """As the runner asked, who needs no message about it. Raises PortError."""
        if self._strobe is not None:
            head.send(LampStop())
        self._strobe = None
        self._schedule.end("strobe")

    def end(self, because: str) -> None:
        """Tell what is still to be told and why it ended, and give the turn back."""
        if self._strobe is not None:
            self._tell_triggers(self._strobe)
        self._strobe = None
        self._schedule.end("strobe")
        self._tell(StrobeEnded(because))

    def _flash_red(self, head: Head, burst: RedBurst) -> None:
        """Only while the declaration holds, which the command claims."""
        if self._why_dark() is not None:
            return
        try:
            head.ask(burst)
        except HeadRefused:
            pass  # red still rests: the next burst comes
        except HeadError:
            if self._strobe is not None:
                raise  # else it was taken back with the lease, before the head had answered

    def _tell_triggers(self, strobe: StrobeRun) -> None:
        if self._moved:
            self._tell(Moved(tuple(self._moved)))
            self._moved = []
        dropped = strobe.dropped - self._dropped
        if self._triggers or dropped:
            self._tell(Triggers(tuple(self._triggers), tuple(sorted(dropped.items()))))
            self._triggers, self._dropped = [], Counter(strobe.dropped)
            self._told_s = time.monotonic()
