"""The process that owns the sensor head during a live sweep: plays the lamp, measures RF, tells of the button.

Input is the serial port and words of the runner; output is words: whether the head is there, which chips it drew and
played when, RF windows, that the button was pressed.  A head that is unplugged or falls silent ends what was playing
with a reason, and is looked for again.  Nothing shines without a lease, whoever asks: when two persons' declaration
ends, or the runner dies or hangs, the lamp goes off by this process's own command, else by the head's own 100 ms rule.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Final, Self

from sweep.link.chips import ChipRun
from sweep.link.decode import to_rf_window, to_tuner_window
from sweep.link.head import Head, HeadError, HeadRefused, PortError, SerialPort
from sweep.link.messages import (
    SLOT_NS,
    Button,
    EnvelopeWindow,
    Housekeeping,
    LampStop,
    Message,
    RfStart,
    RfStop,
    TunerStop,
    TunerWindow,
)
from sweep.link.readings import BURST_BELOW_COUNTS, HYSTERESIS_COUNTS, WINDOW_S, tuner_plan
from sweep.link.supply import read_supply
from sweep.plug.chips import draw_chips
from sweep.plug.lease_pipe import LeaseEnd
from sweep.plug.liveness import boottime_ns
from sweep.plug.talk import PLAYED_OUT, MeasureRf, PlayChips, Played, StopChips
from sweep.report import RfWindow

RETRY_S: Final = 0.5
SILENT_S: Final = 3.0
"""The head reports its counters every second."""
PRIORITY: Final = 10
"""Of real time, 1 to 99: guessed, before whatever else asks for it; this process does very little."""
SUPPLY_STEP_V: Final = 0.05
"""Twice what the reading jumps by itself (derived: a count is 7 mV)."""
MAX_RESTARTS: Final = 3
"""Of a process that dies: more often is a fault that starting anew does not mend (guessed)."""
CLOSE_WITHIN_S: Final = 5.0
NOT_DECLARED: Final = "not_declared"
WHY_DARK: Final = {"expired": "declaration_expired", "button": "room_entered"}
"""Why chips ended, by why the lease did; NOT_DECLARED else."""
LEASE_OVER: Final = frozenset({NOT_DECLARED, *WHY_DARK.values()})


@dataclass(frozen=True, slots=True)
class HeadState:
    """Whether the head is there."""

    is_there: bool
    firmware: str | None = None
    why: str | None = None
    """One line for people where it is not."""


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """Somebody pressed the head's button."""


@dataclass(frozen=True, slots=True)
class RfMeasured:
    """Windows that have ended, on CLOCK_BOOTTIME."""

    windows: tuple[RfWindow, ...]


@dataclass(frozen=True, slots=True)
class SupplyTold:
    """What the head measured of its supply; told when it changes."""

    battery_v: float


FromHead = HeadState | ButtonPressed | Played | RfMeasured | SupplyTold
ToHead = PlayChips | StopChips | MeasureRf


class HeadProcess:
    """The runner's side; a context manager."""

    def __init__(
        self,
        device: str,
        *,
        lease: Callable[[], LeaseEnd] | None = None,
        tripwire: Callable[[], Connection] | None = None,
    ) -> None:
        """`lease`: gives each process of the head its end of the lease; None: no lamp is ever lit.  `tripwire`: gives
        each a line on which it says by itself that the head is `away` or `there`, and that its `button` was pressed.
        """
        self._device = device
        self._lease = lease
        self._tripwire = tripwire
        self._context = multiprocessing.get_context("spawn")
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._starts = 0
        self.state = HeadState(False, why="not asked yet")
        self.firmware: str | None = None
        """Of the head that is there or was."""

    def __enter__(self) -> Self:
        self._start()
        return self

    def _start(self) -> None:
        self._starts += 1
        ours, theirs = self._context.Pipe()
        tripwire = None if self._tripwire is None else self._tripwire()
        lease = None if self._lease is None else self._lease()
        process = self._context.Process(
            target=_serve, args=(self._device, theirs, tripwire, lease), name="sweep-head", daemon=True
        )
        process.start()
        theirs.close()
        if tripwire is not None:
            tripwire.close()  # its end is then the end of the process
        if lease is not None:
            lease.close()
        self._process, self._pipe = process, ours

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(CLOSE_WITHIN_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._pipe = self._process = None

    @property
    def process_id(self) -> int | None:
        """Of the head's process; None when it does not run."""
        return None if self._process is None else self._process.pid

    def _replace(self) -> None:
        """Start a process that died anew, a few times; it looks for the head again."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(CLOSE_WITHIN_S)
        self._pipe = self._process = None
        if self._starts <= MAX_RESTARTS:
            self._start()

    def say(self, word: ToHead) -> None:
        """Tell the head's process; a process that has ended is noticed by `hear`."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.send(word)

    def hear(self) -> list[FromHead]:
        """What it said since it was last asked."""
        words: list[FromHead] = []
        try:
            while self._pipe is not None and self._pipe.poll(0):
                words.append(self._pipe.recv())
        except (EOFError, OSError):
            words += [Played(0, 0, 0.0, 0, ended="head_away"), HeadState(False, why="the head's process ended")]
            self._replace()
        for word in words:
            if isinstance(word, HeadState):
                self.state = word
                self.firmware = word.firmware or self.firmware
        return words


def _serve(device: str, pipe: Connection, tripwire: Connection | None, lease: LeaseEnd | None) -> None:
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
            server.lose(str(error))
            pipe.poll(RETRY_S)
    with contextlib.suppress(PermissionError):  # taking an interpreter down must not hold others up
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class HeadServer:
    """Serves one head after another over a pipe."""

    def __init__(self, pipe: Connection, tripwire: Connection | None = None, lease: LeaseEnd | None = None) -> None:
        self._pipe = pipe
        self._tripwire = tripwire
        self._lease = lease
        self._chips: ChipRun | None = None
        self._windows_left = 0
        self._battery_v: float | None = None
        self._state: HeadState | None = None
        self.is_wanted = True
        """False when the runner is gone."""

    def run(self, head: Head) -> None:
        """Until the runner is gone. Raises PortError, HeadError when the head is."""
        git = bytes(head.identity.firmware_git)
        self._tell(HeadState(True, firmware="".join(chr(octet) if 0x20 < octet < 0x7F else "?" for octet in git)))
        self._windows_left = 0
        restarts, heard_s = head.losses.restarts, time.monotonic()
        head.each_turn = lambda: self._mind_lease(head)
        try:
            while self.is_wanted:
                messages = [event.message for event in head.receive()]
                if messages:
                    heard_s = time.monotonic()
                elif time.monotonic() - heard_s > SILENT_S:
                    raise HeadError("the sensor head fell silent: check its cable")
                if head.losses.restarts != restarts:
                    restarts = head.losses.restarts
                    self._put_out(head, "head_restarted")  # a part that is not answered yet must not begin now
                self._attend(head, messages)
                self._take_windows(head, messages)
                self._obey(head)
        finally:
            if self._chips is not None:
                with contextlib.suppress(PortError, HeadError):
                    head.send(LampStop())

    def _why_dark(self) -> str | None:
        """Why nothing may shine now, a code of `Played.ended`; None while the lease lives."""
        why = NOT_DECLARED if self._lease is None else self._lease.why_ended()
        return None if why is None else WHY_DARK.get(why, NOT_DECLARED)

    def _mind_lease(self, head: Head) -> None:
        """At every turn of the line: the lamp goes out with the lease. Raises PortError, HeadError."""
        because = None if self._chips is None else self._why_dark()
        if because is not None:
            self._put_out(head, because)

    def _put_out(self, head: Head, because: str) -> None:
        """Lamp off at once, where it plays; the head also does it when nobody speaks to it for 100 ms."""
        if self._chips is not None:
            head.send(LampStop())
            self._end(because)

    def _attend(self, head: Head, messages: list[Message]) -> None:
        is_news = False
        for message in messages:
            if isinstance(message, Button) and message.is_pressed:
                if self._lease is not None:
                    self._lease.withdraw("button")
                    self._mind_lease(head)
                self._trip("button")
                self._tell(ButtonPressed())
            if isinstance(message, Housekeeping):
                self._tell_supply(message)
            is_news |= self._chips is not None and self._chips.take(message, boottime_ns())
        if self._chips is None:
            return
        part = self._chips.due(boottime_ns())
        if part is not None:
            head.send(part)
        if self._chips.fault is not None:
            self._put_out(head, self._chips.fault)
        elif self._chips.is_over:
            self._end(PLAYED_OUT)
        elif is_news:
            self._report(None)

    def _tell_supply(self, message: Housekeeping) -> None:
        """Each change that matters, and no more: nobody reads while the inspector walks."""
        volts = read_supply(message).battery_v
        if self._battery_v is None or abs(volts - self._battery_v) >= SUPPLY_STEP_V:
            self._battery_v = volts
            self._tell(SupplyTold(round(volts, 2)))

    def _obey(self, head: Head) -> None:
        for word in self._heard():
            match word:
                case MeasureRf(seconds=seconds, tuner_mhz=mhz):
                    if mhz:
                        head.ask(tuner_plan(mhz))
                    head.ask(RfStart(round(WINDOW_S * 1e9 / SLOT_NS), BURST_BELOW_COUNTS, HYSTERESIS_COUNTS))
                    self._windows_left = max(1, round(seconds / WINDOW_S))
                case PlayChips():
                    self._play(head, word)
                case StopChips() if self._chips is not None:
                    head.send(LampStop())
                    self._chips = None
                case _:
                    pass

    def _play(self, head: Head, ask: PlayChips) -> None:
        """Raises PortError, HeadError."""
        because = self._why_dark()
        if because is not None:
            self._tell(Played(0, 0, 0.0, 0, ended=because))
            return
        self._stop_windows(head)
        self._chips = ChipRun(head.clock, draw_chips(ask.count), ask.chip_s)
        try:
            head.ask(self._chips.begin(boottime_ns()))
        except HeadRefused:
            self._end("lamp_refused")
        except HeadError:
            if self._chips is not None:
                raise  # else it was taken back with the lease, before the head had answered

    def _take_windows(self, head: Head, messages: list[Message]) -> None:
        """RF windows as records; those of a clock that is not known yet are left out."""
        if self._windows_left == 0 or not head.clock.is_set:
            return
        found: list[RfWindow | None] = []
        for message in messages:
            match message:
                case EnvelopeWindow(tick=tick):
                    found.append(to_rf_window(message, max(0, head.clock.to_boottime(tick).t_ns), SLOT_NS))
                    self._windows_left -= 1
                case TunerWindow(tick=tick):
                    found.append(to_tuner_window(message, max(0, head.clock.to_boottime(tick).t_ns), SLOT_NS))
                case _:
                    pass
        windows = tuple(window for window in found if window is not None)
        if windows:
            self._tell(RfMeasured(windows))
        if found and self._windows_left <= 0:
            self._windows_left = 1
            self._stop_windows(head)

    def _stop_windows(self, head: Head) -> None:
        if self._windows_left:
            head.send(TunerStop())
            head.send(RfStop())
            self._windows_left = 0

    def lose(self, why: str) -> None:
        """The head is gone; what was asked of it meanwhile cannot be done."""
        self._end("head_away")
        self._tell(HeadState(False, why=why))
        for word in self._heard():
            if isinstance(word, PlayChips):
                self._tell(Played(0, 0, 0.0, 0, ended="head_away"))

    def _end(self, reason: str) -> None:
        if self._chips is not None:
            self._report(reason)
            self._chips = None

    def _report(self, ended: str | None) -> None:
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
                    ended=ended,
                    chips=self._chips.chips,
                )
            )
        elif ended is not None:
            self._tell(Played(0, 0, 0.0, 0, ended=ended))

    def _heard(self) -> list[ToHead]:
        words: list[ToHead] = []
        try:
            while self._pipe.poll(0):
                words.append(self._pipe.recv())
        except (EOFError, OSError):
            self.is_wanted = False
        return words

    def _tell(self, word: FromHead) -> None:
        if isinstance(word, HeadState):
            if word == self._state:
                return
            self._trip("there" if word.is_there else "away")
            self._state = word
        try:
            self._pipe.send(word)
        except OSError:
            self.is_wanted = False

    def _trip(self, word: str) -> None:
        """To what must not wait for the runner: the camera's power."""
        if self._tripwire is not None:
            with contextlib.suppress(OSError):
                self._tripwire.send(word)
