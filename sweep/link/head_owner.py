"""The process that owns the sensor head during a live sweep: strobes the lamps, plays the light, measures RF, tells of
the button.

Input is the serial port and messages of the runner; output is messages: whether the head is there, triggers of the
camera, which chips it drew and played when, RF windows, who waits for whom, that the button was pressed.  Whose turn it
is says `schedule`.  A head that is unplugged or falls silent ends what was going on with a reason, and is looked for
again. Nothing shines without a lease, whoever asks: when two persons' declaration ends, or the runner dies or hangs,
the lamps go off by this process's own command, else by the head's own 100 ms rule.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from multiprocessing.connection import Connection
from typing import Final

from sweep.link.head import Head, HeadError, PortError, SerialPort
from sweep.link.head_chips import HeadChips
from sweep.link.head_messages import (
    NOT_DECLARED,
    WHY_DARK,
    ButtonPressed,
    FromHead,
    HeadState,
    HeadTurn,
    LostTold,
    SupplyTold,
    ToHead,
)
from sweep.link.head_strobe import HeadStrobe
from sweep.link.head_windows import HeadWindows
from sweep.link.loss_counters import LossCounters
from sweep.link.messages import Button, Counters, Housekeeping, LampStop, Message
from sweep.link.schedule import Begin, Schedule, Wait, Yield
from sweep.link.supply import read_supply
from sweep.modality.lease_pipe import LeaseEnd
from sweep.modality.messages import MeasureRf, PlayChips, StopChips
from sweep.modality.strobe import StopStrobe, Strobe
from sweep.phrases import Phrase, quoted

RETRY_S: Final = 0.5
SILENT_S: Final = 3.0
"""The head reports its counters every second."""
PRIORITY: Final = 10
"""Of real time, 1 to 99: guessed, before whatever else asks for it; this process does very little."""
SUPPLY_STEP_V: Final = 0.05
"""Twice what the reading jumps by itself (derived: a count is 7 mV)."""


def serve(device: str, pipe: Connection, tripwire: Connection | None, lease: LeaseEnd | None) -> None:
    """Body of the process: as long as the runner lives, find the head and serve it."""
    with contextlib.suppress(PermissionError):  # a sign of life that is 100 ms late puts the lamp out
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the runner's business
    server = HeadServer(pipe, tripwire, lease)
    while server.is_wanted:
        try:
            with SerialPort(device) as port:
                server.run(Head(port))
        except (PortError, HeadError) as error:
            server.lose(quoted(error))
            pipe.poll(RETRY_S)
    with contextlib.suppress(PermissionError):  # taking an interpreter down must not hold others up
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class HeadServer:
    """Serves one head after another over a pipe."""

    def __init__(self, pipe: Connection, tripwire: Connection | None = None, lease: LeaseEnd | None = None) -> None:
        self._pipe = pipe
        self._tripwire = tripwire
        self._lease = lease
        self._schedule = Schedule()
        self._windows = HeadWindows(self._schedule, self._tell)
        self._chips = HeadChips(self._schedule, self._tell)
        self._strobe = HeadStrobe(self._schedule, self._tell, self._why_dark)
        self._battery_v: float | None = None
        self._account = LossCounters()
        self._state: HeadState | None = None
        self.is_wanted = True
        """False when the runner is gone."""

    def run(self, head: Head) -> None:
        """Until the runner is gone. Raises PortError, HeadError when the head is."""
        git = bytes(head.identity.firmware_git)
        self._tell(HeadState(True, firmware="".join(chr(octet) if 0x20 < octet < 0x7F else "?" for octet in git)))
        self._account = LossCounters()
        restarts, heard_s = head.losses.restarts, time.monotonic()
        head.each_turn = lambda: self._mind_lease(head)
        try:
            while self.is_wanted:
                messages = [event.message for event in head.receive()]
                if messages:
                    heard_s = time.monotonic()
                elif time.monotonic() - heard_s > SILENT_S:
                    raise HeadError(Phrase("head_fell_silent"))
                if head.losses.restarts != restarts:
                    restarts = head.losses.restarts
                    self._put_out(head, "head_restarted")  # a part that is not answered yet must not begin now
                    self._windows.begin_again(head)
                for message in messages:
                    self._attend(head, message)
                    self._chips.take(message)
                    self._strobe.take(head, message)
                self._chips.attend(head)
                self._strobe.attend(head)
                self._windows.attend(head, messages)
                self._obey(head)
                self._take_turns(head)
        finally:
            self._tell_lost(head)
            if self._is_lit:
                with contextlib.suppress(PortError, HeadError):
                    head.send(LampStop())

    @property
    def _is_lit(self) -> bool:
        return self._chips.is_lit or self._strobe.is_lit

    def _why_dark(self) -> str | None:
        """Why nothing may shine now, a code; None while the lease lives."""
        why = NOT_DECLARED if self._lease is None else self._lease.why_ended()
        return None if why is None else WHY_DARK.get(why, NOT_DECLARED)

    def _mind_lease(self, head: Head) -> None:
        """At every turn of the line: the lamps go out with the lease. Raises PortError, HeadError."""
        has_wish = self._is_lit or self._chips.is_resting or self._schedule.waiting
        because = self._why_dark() if has_wish else None
        if because is not None:
            self._put_out(head, because)

    def _put_out(self, head: Head, because: str) -> None:
        """Lamps off at once, where any shines; the head also does it when nobody speaks to it for 100 ms."""
        if self._is_lit:
            head.send(LampStop())
        self._end_lights(because)

    def _end_lights(self, because: str) -> None:
        """Whoever has a light, or waits for one, hears why there is none."""
        wanted = {self._schedule.holder, *self._schedule.waiting}
        if "chips" in wanted:
            self._chips.end(because)
        if "strobe" in wanted:
            self._strobe.end(because)

    def _attend(self, head: Head, message: Message) -> None:
        match message:
            case Button() if message.is_pressed:
                if self._lease is not None:
                    self._lease.withdraw("button")
                    self._mind_lease(head)
                self._trip("button")
                self._tell(ButtonPressed())
            case Housekeeping():
                self._tell_supply(message)
            case Counters():  # every second
                self._tell_lost(head)
            case _:
                pass

    def _tell_supply(self, message: Housekeeping) -> None:
        """Each change that matters, and no more: nobody reads while the inspector walks."""
        volts = read_supply(message).battery_v
        if self._battery_v is None or abs(volts - self._battery_v) >= SUPPLY_STEP_V:
            self._battery_v = volts
            self._tell(SupplyTold(round(volts, 2)))

    def _tell_lost(self, head: Head) -> None:
        news = self._account.news(head.losses)
        if news:
            self._tell(LostTold(tuple(sorted(news.items()))))

    def _obey(self, head: Head) -> None:
        for message in self._heard():
            match message:
                case MeasureRf():
                    self._windows.ask(head, message)
                case PlayChips():
                    self._chips.ask(message)
                    self._refuse_light()
                case Strobe():
                    self._strobe.ask(message)
                    self._refuse_light()
                case StopChips():
                    self._chips.stop(head)
                case StopStrobe():
                    self._strobe.stop(head)

    def _refuse_light(self) -> None:
        because = self._why_dark()
        if because is not None:
            self._end_lights(because)

    def _take_turns(self, head: Head) -> None:
        """Begin what has its turn now, and say who waits. Raises PortError, HeadError."""
        turns = self._schedule.step(time.monotonic())
        for turn in turns:
            match turn:
                case Yield():
                    self._windows.cut(head)
                case Begin(user="rf"):
                    self._windows.begin(head)
                case Begin(user="chips"):
                    self._chips.begin(head)
                case Begin(user="strobe"):
                    self._strobe.begin(head)
                case Wait(user="chips"):
                    self._chips.report(None)
                case _:
                    pass
        if turns:
            self._tell(HeadTurn(self._schedule.holder, self._schedule.waiting))

    def lose(self, why: Phrase | str) -> None:
        """The head is gone; what was asked of it meanwhile cannot be done."""
        for message in self._heard():
            match message:
                case PlayChips():
                    self._schedule.ask("chips")
                case Strobe():
                    self._schedule.ask("strobe")
                case _:
                    pass
        self._end_lights("head_away")
        self._schedule.clear()
        self._windows.forget()
        self._battery_v = None
        self._tell(HeadState(False, why=why))

    def _heard(self) -> list[ToHead]:
        messages: list[ToHead] = []
        try:
            while self._pipe.poll(0):
                messages.append(self._pipe.recv())
        except (EOFError, OSError):
            self.is_wanted = False
        return messages

    def _tell(self, message: FromHead) -> None:
        if isinstance(message, HeadState):
            if message == self._state:
                return
            self._trip("there" if message.is_there else "away")
            self._state = message
        try:
            self._pipe.send(message)
        except OSError:
            self.is_wanted = False

    def _trip(self, message: str) -> None:
        """To what must not wait for the runner: the camera's power."""
        if self._tripwire is not None:
            with contextlib.suppress(OSError):
                self._tripwire.send(message)
