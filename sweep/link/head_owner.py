"""The process that owns the sensor head during a live sweep: strobes the lamps, plays the light, measures RF, tells of
the button.

Input is the serial port and words of the runner; output is words: whether the head is there, triggers of the camera,
which chips it drew and played when, RF windows, who waits for whom, that the button was pressed.  Whose turn it is says
`schedule`.  A head that is unplugged or falls silent ends what was going on with a reason, and is looked for again.
Nothing shines without a lease, whoever asks: when two persons' declaration ends, or the runner dies or hangs, the lamps
go off by this process's own command, else by the head's own 100 ms rule.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from multiprocessing.connection import Connection
from typing import Final

from sweep.link.chips import ChipRun
from sweep.link.decode import to_rf_window, to_tuner_window
from sweep.link.head import Head, HeadError, HeadRefused, PortError, SerialPort
from sweep.link.head_words import (
    NOT_DECLARED,
    WHY_DARK,
    ButtonPressed,
    FromHead,
    HeadState,
    HeadTurn,
    LostTold,
    RfCut,
    RfMeasured,
    SupplyTold,
    ToHead,
)
from sweep.link.imu import read_samples
from sweep.link.loss_account import LossAccount
from sweep.link.messages import (
    SLOT_NS,
    Button,
    Counters,
    EnvelopeWindow,
    Housekeeping,
    Imu,
    ImuSet,
    LampStop,
    Message,
    RedBurst,
    RfStart,
    RfStop,
    TunerStop,
    TunerWindow,
)
from sweep.link.readings import BURST_BELOW_COUNTS, HYSTERESIS_COUNTS, WINDOW_S, tuner_plan
from sweep.link.schedule import Begin, Schedule, User, Wait, Yield
from sweep.link.strobe import StrobeRun
from sweep.link.supply import read_supply
from sweep.plug.chips import draw_lamp_chips
from sweep.plug.lease_pipe import LeaseEnd
from sweep.plug.liveness import boottime_ns
from sweep.plug.motion import ImuSample, Moved
from sweep.plug.strobe import FILMED_OUT, StopStrobe, Strobe, StrobeEnded, Trigger, Triggers
from sweep.plug.talk import PLAYED_OUT, MeasureRf, PlayChips, Played, StopChips
from sweep.plug.white_rest import BEGIN_AHEAD_S, Light, WhiteAccount
from sweep.report import RfWindow

RETRY_S: Final = 0.5
SILENT_S: Final = 3.0
"""The head reports its counters every second."""
PRIORITY: Final = 10
"""Of real time, 1 to 99: guessed, before whatever else asks for it; this process does very little."""
SUPPLY_STEP_V: Final = 0.05
"""Twice what the reading jumps by itself (derived: a count is 7 mV)."""
TELL_TRIGGERS_S: Final = 0.04
"""Two triggers a word (guessed): the runner looks up ten times a second."""
IMU_PERIOD_S: Final = 0.01
"""The fastest that the firmware reads it: two samples for each exposure at 50 frames a second."""


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
        self._schedule = Schedule()
        self._rf = MeasureRf(0.0)
        self._play = PlayChips("light", 0, 0.0)
        self._flash = Strobe(1.0, 0.0, 0.0)
        """These three: what was last asked for; whether it still is says the schedule."""
        self._chips: ChipRun | None = None
        self._white = WhiteAccount()
        """Of the white lamp, on CLOCK_BOOTTIME in seconds."""
        self._light = Light()
        """What the chips that are played make of it."""
        self._is_resting = False
        """Chips have their turn, and wait until the white lamp has rested."""
        self._strobe: StrobeRun | None = None
        self._strobe_asked_ns = 0
        self._triggers: list[Trigger] = []
        self._dropped: Counter[str] = Counter()
        """Of the strobe, told already."""
        self._triggers_told_s = 0.0
        self._moved: list[ImuSample] = []
        self._windows_left = 0
        self._battery_v: float | None = None
        self._account = LossAccount()
        self._state: HeadState | None = None
        self.is_wanted = True
        """False when the runner is gone."""

    def run(self, head: Head) -> None:
        """Until the runner is gone. Raises PortError, HeadError when the head is."""
        git = bytes(head.identity.firmware_git)
        self._tell(HeadState(True, firmware="".join(chr(octet) if 0x20 < octet < 0x7F else "?" for octet in git)))
        self._account = LossAccount()
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
                    if self._windows_left:
                        self._start_windows(head, self._windows_left)
                self._attend(head, messages)
                self._take_windows(head, messages)
                self._obey(head)
                self._take_turns(head)
        finally:
            self._tell_lost(head)
            if self._is_lit:
                with contextlib.suppress(PortError, HeadError):
                    head.send(LampStop())

    @property
    def _is_lit(self) -> bool:
        return self._chips is not None or self._strobe is not None

    def _why_dark(self) -> str | None:
        """Why nothing may shine now, a code; None while the lease lives."""
        why = NOT_DECLARED if self._lease is None else self._lease.why_ended()
        return None if why is None else WHY_DARK.get(why, NOT_DECLARED)

    def _mind_lease(self, head: Head) -> None:
        """At every turn of the line: the lamps go out with the lease. Raises PortError, HeadError."""
        has_wish = self._is_lit or self._is_resting or self._schedule.waiting
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
            self._end_chips(because)
        if "strobe" in wanted:
            self._end_strobe(because)

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
            if isinstance(message, Counters):  # every second
                self._tell_lost(head)
            is_news |= self._chips is not None and self._chips.take(message, boottime_ns())
            trigger = None if self._strobe is None else self._strobe.take(message)
            if trigger is not None:
                self._triggers.append(trigger)
            if isinstance(message, Imu) and self._strobe is not None and head.clock.is_set:
                self._moved += read_samples(message, lambda tick: head.clock.to_boottime(tick).t_ns)
        if self._is_resting and self._has_rested():
            self._begin_chips(head)
        if self._chips is not None:
            self._attend_chips(head, self._chips, is_news=is_news)
        if self._strobe is not None:
            self._attend_strobe(head, self._strobe)

    def _attend_chips(self, head: Head, chips: ChipRun, *, is_news: bool) -> None:
        part = chips.due(boottime_ns())
        if part is not None:
            head.send(part)
        if chips.fault is not None:
            head.send(LampStop())
            self._end_chips(chips.fault)
        elif chips.is_over:
            self._end_chips(PLAYED_OUT)
        elif is_news:
            self._report_chips(None)

    def _attend_strobe(self, head: Head, strobe: StrobeRun) -> None:
        now_ns = boottime_ns()
        fault = strobe.fault(now_ns, self._strobe_asked_ns)
        if fault is not None or strobe.is_over(now_ns, self._strobe_asked_ns):
            head.send(LampStop())
            self._end_strobe(fault or FILMED_OUT)
            return
        burst = strobe.due(now_ns)
        if burst is not None:
            self._flash_red(head, burst)
        if self._strobe is not None and time.monotonic() - self._triggers_told_s >= TELL_TRIGGERS_S:
            self._tell_triggers(strobe)

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
            self._triggers_told_s = time.monotonic()

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
        for word in self._heard():
            match word:
                case MeasureRf():
                    self._rf = word
                    self._end_windows(head)
                    self._schedule.ask("rf")
                case PlayChips():
                    self._play = word
                    self._ask_for_light("chips")
                case Strobe():
                    self._flash = word
                    self._ask_for_light("strobe")
                case StopChips():
                    if self._chips is not None:
                        head.send(LampStop())
                    self._book_light()
                    self._schedule.end("chips")
                case StopStrobe():
                    if self._strobe is not None:
                        head.send(LampStop())
                    self._strobe = None
                    self._schedule.end("strobe")

    def _ask_for_light(self, user: User) -> None:
        self._schedule.ask(user)
        because = self._why_dark()
        if because is not None:
            self._end_lights(because)

    def _take_turns(self, head: Head) -> None:
        """Begin what has its turn now, and say who waits. Raises PortError, HeadError."""
        turns = self._schedule.step(time.monotonic())
        for turn in turns:
            match turn:
                case Yield():
                    self._stop_windows(head)
                    self._tell(RfCut())
                case Begin(user=user):
                    self._begin(head, user)
                case Wait(user=user):
                    if user == "chips":
                        self._report_chips(None)
        if turns:
            self._tell(HeadTurn(self._schedule.holder, self._schedule.waiting))

    def _begin(self, head: Head, user: User) -> None:
        match user:
            case "rf":
                self._start_windows(head, max(1, round(self._rf.seconds / WINDOW_S)))
            case "chips":
                self._begin_chips(head)
            case "strobe":
                self._begin_strobe(head)

    def _has_rested(self) -> bool:
        """Whether chips may begin: the head would refuse light that runs too far ahead of the dark."""
        return self._white.ahead_at(boottime_ns() / 1e9) <= BEGIN_AHEAD_S

    def _begin_chips(self, head: Head) -> None:
        self._is_resting = not self._has_rested()
        if self._is_resting:
            self._report_chips(None)
            return
        now_ns = boottime_ns()
        chips = draw_lamp_chips(self._play.count, self._play.chip_s, self._white, now_ns / 1e9)
        self._light = self._white.copy().play(now_ns / 1e9, self._play.chip_s, chips)
        self._chips = ChipRun(head.clock, chips, self._play.chip_s)
        try:
            head.ask(self._chips.begin(now_ns))
        except HeadRefused:
            self._end_chips("lamp_refused")
        except HeadError:
            if self._chips is not None:
                raise  # else it was taken back with the lease, before the head had answered

    def _begin_strobe(self, head: Head) -> None:
        with contextlib.suppress(HeadRefused):  # filming goes on without it
            head.ask(ImuSet(round(IMU_PERIOD_S * 1e9 / SLOT_NS)))
        because = self._why_dark()
        if because is not None:
            self._end_strobe(because)
            return
        self._strobe, self._moved = StrobeRun(head.clock, self._flash), []
        self._triggers, self._dropped = [], Counter()
        try:
            head.ask(self._strobe.command)
        except HeadRefused:
            self._end_strobe("lamp_refused")
        except HeadError:
            if self._strobe is not None:
                raise
        self._strobe_asked_ns = boottime_ns()

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
            self._end_windows(head)

    def _start_windows(self, head: Head, windows: int) -> None:
        if self._rf.tuner_mhz:
            head.ask(tuner_plan(self._rf.tuner_mhz))
        head.ask(RfStart(round(WINDOW_S * 1e9 / SLOT_NS), BURST_BELOW_COUNTS, HYSTERESIS_COUNTS))
        self._windows_left = windows

    def _stop_windows(self, head: Head) -> None:
        if self._windows_left:
            head.send(TunerStop())
            head.send(RfStop())
            self._windows_left = 0

    def _end_windows(self, head: Head) -> None:
        self._stop_windows(head)
        self._schedule.end("rf")

    def lose(self, why: str) -> None:
        """The head is gone; what was asked of it meanwhile cannot be done."""
        for word in self._heard():
            match word:
                case PlayChips():
                    self._schedule.ask("chips")
                case Strobe():
                    self._schedule.ask("strobe")
                case _:
                    pass
        self._end_lights("head_away")
        self._schedule.clear()
        self._windows_left = 0
        self._battery_v = None
        self._tell(HeadState(False, why=why))

    def _end_chips(self, reason: str) -> None:
        self._report_chips(reason)
        self._book_light()
        self._schedule.end("chips")

    def _book_light(self) -> None:
        """Nothing of the chips is played any more: what was counts against the lamp's rest."""
        times = None if self._chips is None else self._chips.times()
        if self._chips is not None and times is not None:
            start_s = times.start_ns / 1e9
            self._white.play(start_s, times.chip_ns / 1e9, self._chips.chips, end_s=boottime_ns() / 1e9)
        self._chips, self._is_resting = None, False

    def _end_strobe(self, because: str) -> None:
        if self._strobe is not None:
            self._tell_triggers(self._strobe)
        self._strobe = None
        self._schedule.end("strobe")
        self._tell(StrobeEnded(because))

    def _report_chips(self, ended: str | None) -> None:
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
