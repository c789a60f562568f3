"""The light test on the sensor head: chips drawn, played by a `ChipRun`, booked as rest that the white lamp needs.

Input is the head, its messages and the ask; output is messages on how far the chips are. Whose turn it is says
`schedule`, whether anything may shine the lease's owner (`head_owner`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sweep.link.chips import ChipRun
from sweep.link.head import Head, HeadError, HeadRefused
from sweep.link.messages import LampStop, Message
from sweep.link.schedule import Schedule
from sweep.modality.chips import draw_lamp_chips
from sweep.modality.liveness import boottime_ns
from sweep.modality.messages import PLAYED_OUT, PlayChips, Played
from sweep.modality.white_lamp_rest import BEGIN_AHEAD_S, Light, WhiteAccount

NOTHING_ASKED: Final = PlayChips("light", 0, 0.0)


class HeadChips:
    """One play of chips after another; the lamp's rest is kept over all of them."""

    def __init__(self, schedule: Schedule, tell: Callable[[Played], None]) -> None:
        self._schedule = schedule
        self._tell = tell
        self._ask = NOTHING_ASKED
        """What was last asked for; whether it still is says the schedule."""
        self._chips: ChipRun | None = None
        self._white = WhiteAccount()
        """Of the white lamp, on CLOCK_BOOTTIME in seconds."""
        self._light = Light()
        """What the chips that are played make of it."""
        self.is_resting = False
        """Chips have their turn, and wait until the white lamp has rested."""
        self._is_news = False

    @property
    def is_lit(self) -> bool:
        """Whether the lamp was told to play."""
        return self._chips is not None

    def ask(self, message: PlayChips) -> None:
        """Take the next place in the schedule."""
        self._ask = message
        self._schedule.ask("chips")

    def begin(self, head: Head) -> None:
        """Play, or wait until the lamp has rested. Raises PortError, HeadError."""
        self.is_resting = not self._has_rested()
        if self.is_resting:
            self.report(None)
            return
        now_ns = boottime_ns()
        chips = draw_lamp_chips(self._ask.count, self._ask.chip_s, self._white, now_ns / 1e9)
        self._light = self._white.copy().play(now_ns / 1e9, self._ask.chip_s, chips)
        self._chips = ChipRun(head.clock, chips, self._ask.chip_s)
        try:
            head.ask(self._chips.begin(now_ns))
        except HeadRefused:
            self.end("lamp_refused")
        except HeadError:
            if self._chips is not None:
                raise  # else it was taken back with the lease, before the head had answered

    def take(self, message: Message) -> None:
        """What the head said of its chips."""
        if self._chips is not None:
            self._is_news |= self._chips.take(message, boottime_ns())

    def attend(self, head: Head) -> None:
        """After the messages of a turn: begin when the lamp has rested, send what is due, report, end.

        Raises PortError, HeadError.
        """
        is_news, self._is_news = self._is_news, False
        if self.is_resting and self._has_rested():
            self.begin(head)
        if self._chips is None:
            return
        part = self._chips.due(boottime_ns())
        if part is not None:
            head.send(part)
        if self._chips.fault is not None:
            head.send(LampStop())
            self.end(self._chips.fault)
        elif self._chips.is_over:
            self.end(PLAYED_OUT)
        elif is_news:
            self.report(None)

    def stop(self, head: Head) -> None:
        """As the runner asked, who needs no message about it. Raises PortError."""
        if self._chips is not None:
            head.send(LampStop())
        self._book_light()
        self._schedule.end("chips")

    def end(self, reason: str) -> None:
        """Tell how far they came, and give the turn back."""
        self.report(reason)
        self._book_light()
        self._schedule.end("chips")

    def report(self, ended: str | None) -> None:
        """How far the chips are; without any, that none has begun."""
        times = None if self._chips is None else self._chips.times()
        if self._chips is not None and times is not None:
            self._tell(
                Played(
                    begun=times.begun,
                    start_ns=times.start_ns,
                    chip_ns=times.chip_ns,
                    error_ns=times.error_ns,
                    unreported=times.unreported,
                    cut=times.cut,
                    withheld=sum(number < times.begun for number in self._light.dark),
                    ended=ended,
                    chips=self._chips.chips,
                )
            )
        elif ended is not None or self._chips is None:
            self._tell(Played(0, 0, 0.0, 0, ended=ended))

    def _has_rested(self) -> bool:
        """Whether chips may begin: the head would refuse light that runs too far ahead of the dark."""
        return self._white.ahead_at(boottime_ns() / 1e9) <= BEGIN_AHEAD_S

    def _book_light(self) -> None:
        """Nothing of the chips is played any more: what was counts against the lamp's rest."""
        times = None if self._chips is None else self._chips.times()
        if self._chips is not None and times is not None:
            start_s = times.start_ns / 1e9
            self._white.play(start_s, times.chip_ns / 1e9, self._chips.chips, end_s=boottime_ns() / 1e9)
        self._chips, self.is_resting = None, False
