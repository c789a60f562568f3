"""The one owner of the serial line to the sensor head: opens the port, checks that firmware and message table are
ours, and yields RF windows as contract records in the Pi's time. It judges nothing; a head with another protocol, a
silent one and a file that is no recording are one clear error each.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from sweep.link.clock import TickClock
from sweep.link.commands import ANSWER_WITHIN_S, Command, CommandSender, TakenBack, Unanswered
from sweep.link.decode import (
    Decoder,
    HeadError,
    HeadRefused,
    Losses,
    WrongFirmware,
    renumbered_by,
    to_rf_window,
    to_tuner_window,
)
from sweep.link.frame import Received, encode
from sweep.link.imu import BATCH as IMU_BATCH
from sweep.link.imu import ImuSample, read_samples
from sweep.link.messages import (
    SLOT_NS,
    Accepted,
    BuzzerSet,
    Counters,
    EnvelopeWindow,
    Identify,
    Identity,
    Imu,
    ImuSet,
    ImuStatus,
    KeepAlive,
    Message,
    Refused,
    ReportCounters,
    RfStart,
    RfStop,
    TunerStop,
    TunerSweep,
    TunerWindow,
)
from sweep.link.port import SerialPort
from sweep.link.recording import read_recording
from sweep.report import RfWindow

__all__ = ["Head", "HeadError", "HeadRefused", "Losses", "WrongFirmware", "is_port", "read_recording", "read_windows"]

M = TypeVar("M", bound=Message)

WINDOW_S = 0.1
BURST_BELOW_COUNTS = 767
"""-55 dBm by the nominal law (20 dBm - V / 25 mV, 2.5 V full scale): 5 dB above the detector's own floor (derived)."""
HYSTERESIS_COUNTS = 8
"""0.8 dB: three standard deviations of converter noise (guessed)."""
TUNER_DWELL_BLOCKS = 16
"""64 ms on each frequency: 80 RSSI samples, and so many blocks that noise shows no steady line rate (derived)."""
TUNER_BUSY_COUNTS = 241
"""590 mV: 10 dB above the receiver's own floor by its usual law (guessed until it is calibrated)."""
TUNER_LONGEST_LIST = 41
IMU_RATE_HZ = 100.0
IMU_COMPLAINTS = {
    3: "no inertial sensor answers: check its supply and the wires to A4 and A5",
    4: "another part answers in the inertial sensor's place: LSM6DSO, LSM6DSOX or LSM6DS3TR-C is needed",
    5: "the inertial sensor's bus is held down: check A4 and A5 for a short, and their pull-ups",
}
"""What is wrong, by the state that the head reports."""
IDENTITY_TIMEOUT_S = 2.0
IDENTIFY_EVERY_S = 0.3
SILENCE_TIMEOUT_S = 3.0
KEEP_ALIVE_EVERY_S = 0.02
"""The lamps go off after 100 ms without one: with a read of the port between, two that are lost in a row, or a host
that is held up for 70 ms, are no reason yet (derived)."""
BYTE_NS = 20_000  # ten bits at 500 kbaud


def boottime_ns() -> int:
    """The Pi's CLOCK_BOOTTIME: the time base of every record."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Head:
    """An identified sensor head on an open port. Only one at a time; the process that holds it holds the head."""

    def __init__(self, port: SerialPort, now_ns: Callable[[], int] = boottime_ns) -> None:
        """Shake hands over `port`. Raises HeadError when nobody answers, WrongFirmware when it is another firmware."""
        self._port = port
        self._now_ns = now_ns
        self._commands = CommandSender()
        self._posted: list[Command] = []
        """Commands that nobody waits for, until they are answered."""
        self._decoder = Decoder()
        self._clock = TickClock(SLOT_NS)
        self._last_sent_ns = 0
        self.each_turn: Callable[[], None] = lambda: None
        """Called whenever the line was read, also while a command waits for its answer; may send."""
        self._inbox: list[Received] = []
        self.identity = self._shake_hands()

    @property
    def losses(self) -> Losses:
        """What was lost so far."""
        return self._decoder.losses

    @property
    def clock(self) -> TickClock:
        """The head's clock against the Pi's."""
        return self._clock

    def send(self, message: Message) -> None:
        """Send one message and go on. A command is repeated, by `receive`, until it is answered; what is no command is
        sent once: the next keep-alive, the next second's counters make up for one that is lost.
        """
        if message.IS_ACKNOWLEDGED:
            self._posted.append(self._commands.put(message))
            self._write(self._commands.due(self._now_ns()))
        else:
            self._write(encode(message, 0))

    def _write(self, frame: bytes) -> None:
        if frame:
            self._port.write(frame)
            self._last_sent_ns = self._now_ns()

    def receive(self) -> list[Received]:
        """Messages that arrived within one read timeout; keeps the clock, repeats commands, keeps the head from feeling
        alone. Raises HeadError when a command that was sent before is refused or not answered.
        """
        if self._inbox:
            waiting, self._inbox = self._inbox, []
            return waiting
        messages = self._pump()
        self._settle()
        return messages

    def _pump(self) -> list[Received]:
        """One turn of the line."""
        self._write(self._commands.due(self._now_ns()))
        data = self._port.read()
        received_ns = self._now_ns()
        messages = [event for event in self._decoder.feed(data) if isinstance(event, Received)]
        for event in messages:
            match event.message:
                case Counters(tick=tick):
                    self._clock.observe(tick, received_ns - event.wire_size * BYTE_NS)
                case EnvelopeWindow(tick=tick, window_slots=slots):
                    self._clock.observe((tick + slots) & 0xFFFFFFFF, received_ns - event.wire_size * BYTE_NS)
                case Accepted() | Refused() as answer:
                    self._commands.take(answer)
                case _:
                    pass
        self._write(self._commands.due(self._now_ns()))
        self.losses.repeated_commands = self._commands.repeats
        self.losses.unanswered_commands = self._commands.unanswered
        self.each_turn()
        if self._now_ns() - self._last_sent_ns > KEEP_ALIVE_EVERY_S * 1e9:
            self.send(KeepAlive())
        return messages

    def _settle(self) -> None:
        """Look after the commands that nobody waits for."""
        settled = [command for command in self._posted if command.outcome is not None]
        self._posted = [command for command in self._posted if command.outcome is None]
        for command in settled:
            if not isinstance(command.outcome, TakenBack):
                _check(command)

    def ask(self, message: Message) -> Accepted:
        """Send a command and wait for its answer. Raises HeadRefused when it is refused, HeadError when nobody answers.

        What else arrives meanwhile is kept for `receive`, but for results of before that the command numbers anew.
        """
        command = self._commands.put(message)
        while command.outcome is None:
            self._inbox += self._pump()
        renumbered = renumbered_by(message.ID)
        answered = next((at for at, event in enumerate(self._inbox) if event.message == command.outcome), 0)
        before = [event for event in self._inbox[:answered] if not isinstance(event.message, renumbered)]
        self._inbox = before + self._inbox[answered:]
        return _check(command)

    def wait_for(
        self, kind: type[M], patience_s: float, listen: Callable[[Message], object] = lambda _: None
    ) -> M | None:
        """The next message of `kind`; None when neither it nor anything that `listen` knows came for `patience_s`.

        `listen` hears each message that arrives meanwhile and returns something true for those that show progress.
        """
        heard_ns = self._now_ns()
        while self._now_ns() - heard_ns < patience_s * 1e9:
            arrived = self.receive()
            for at, event in enumerate(arrived):
                if listen(event.message):
                    heard_ns = self._now_ns()
                if isinstance(event.message, kind):
                    self._inbox = arrived[at + 1 :]
                    return event.message
        return None

    def _shake_hands(self) -> Identity:
        deadline_ns = self._now_ns() + round(IDENTITY_TIMEOUT_S * 1e9)
        asked_ns = 0
        while (now_ns := self._now_ns()) < deadline_ns:
            if now_ns - asked_ns > IDENTIFY_EVERY_S * 1e9:
                self.send(Identify())
                asked_ns = now_ns
            # Not receive(): what the head still sends from before may be of another table.
            self._decoder.feed(self._port.read())
            if self._decoder.identity is not None:
                return self._decoder.identity
        raise HeadError(
            f"nothing on {self._port.device} answers like a sensor head: is its firmware flashed (sweep flash)?"
        )

    def beep(self, on_s: float, period_s: float, beeps: int) -> None:
        """Sound the buzzer. `on_s` at most `period_s`, which is 10 ms to 1 s; `beeps` at most 255, 0 is silence.

        Raises HeadError when it is refused or nobody answers.
        """
        self.ask(BuzzerSet(round(on_s * 1e9 / SLOT_NS), round(period_s * 1e9 / SLOT_NS), beeps))

    def imu_samples(self, seconds: float, *, rate_hz: float = IMU_RATE_HZ) -> Iterator[ImuSample]:
        """Samples of the inertial sensor that cover `seconds`, with their time on CLOCK_BOOTTIME; `rate_hz` 50 to 100.

        Raises HeadError when the sensor is not there, is lost, or the head falls silent.
        """
        restarts = self.losses.restarts
        self.ask(ImuSet(round(1e9 / SLOT_NS / rate_hz)))
        self.send(ReportCounters())  # so that the clock is known before the first batch
        left = max(1, round(seconds * rate_hz / IMU_BATCH))
        heard_ns = self._now_ns()
        while left > 0:
            messages = self.receive()
            if self.losses.restarts != restarts:
                raise HeadError("the sensor head restarted while it measured: check its supply")
            if messages:
                heard_ns = self._now_ns()
            elif self._now_ns() - heard_ns > SILENCE_TIMEOUT_S * 1e9:
                raise HeadError("the sensor head fell silent: check its cable")
            for event in messages:
                match event.message:
                    case ImuStatus(state=state) if state in IMU_COMPLAINTS:
                        raise HeadError(IMU_COMPLAINTS[state])
                    case Imu() as batch if self._clock.is_set and left > 0:
                        left -= 1
                        yield from read_samples(batch, lambda tick: max(0, self._clock.to_boottime(tick).t_ns))
                    case _:
                        pass
        self.ask(ImuSet(0))

    def rf_windows(
        self,
        seconds: float,
        *,
        window_s: float = WINDOW_S,
        burst_below_counts: int = BURST_BELOW_COUNTS,
        tuner_mhz: Sequence[int] = (),
    ) -> Iterator[RfWindow]:
        """Windows of the log detector that cover `seconds`, and between them those of the tuner, which meanwhile visits
        `tuner_mhz` over and over. Raises HeadError when the head falls silent.
        """
        restarts = self.losses.restarts
        if tuner_mhz:
            self.ask(tuner_plan(tuner_mhz))
        self.ask(RfStart(round(window_s * 1e9 / SLOT_NS), burst_below_counts, HYSTERESIS_COUNTS))
        left = max(1, round(seconds / window_s))
        heard_ns = self._now_ns()
        while left > 0:
            messages = self.receive()
            if self.losses.restarts != restarts:
                raise HeadError("the sensor head restarted while it measured: check its supply")
            if messages:
                heard_ns = self._now_ns()
            elif self._now_ns() - heard_ns > SILENCE_TIMEOUT_S * 1e9:
                raise HeadError("the sensor head fell silent: check its cable")
            for event in messages:
                if not isinstance(event.message, EnvelopeWindow | TunerWindow) or left == 0:
                    continue
                t_ns = (
                    max(0, self._clock.to_boottime(event.message.tick).t_ns) if self._clock.is_set else self._now_ns()
                )
                if isinstance(event.message, TunerWindow):
                    record = to_tuner_window(event.message, t_ns, SLOT_NS)
                else:
                    left -= 1
                    record = to_rf_window(event.message, t_ns, SLOT_NS)
                if record is None:
                    self.losses.empty_windows += 1
                else:
                    yield record
        if tuner_mhz:
            self.ask(TunerStop())
        self.ask(RfStop())


def _check(command: Command) -> Accepted:
    """The answer of a command that was accepted. Raises HeadRefused, HeadError."""
    name = type(command.message).__name__
    match command.outcome:
        case Accepted() as answer:
            return answer
        case Refused(reason=reason):
            raise HeadRefused(f"the sensor head refused {name} (reason {reason})")
        case Unanswered():
            times, patience_s = len(ANSWER_WITHIN_S), sum(ANSWER_WITHIN_S)
            raise HeadError(
                f"the sensor head did not answer {name}, sent {times} times within {patience_s:g} s: check its cable"
            )
        case _:
            raise HeadError(f"{name} was not sent: the lamps had to go out")


def tuner_plan(mhz: Sequence[int], *, rounds: int = 0) -> TunerSweep:
    """The command that visits `mhz` (rising, at most 41, none more than 255 after the one before) over and over.

    Raises ValueError for a list that does not fit.
    """
    deltas = [b - a for a, b in pairwise(mhz)]
    if not 0 < len(mhz) <= TUNER_LONGEST_LIST or any(not 0 <= delta <= 255 for delta in deltas):
        raise ValueError("a tuner list holds 1 to 41 rising frequencies, at most 255 MHz apart")
    padded = bytes(deltas).ljust(TUNER_LONGEST_LIST - 1, b"\0")
    return TunerSweep(mhz[0], TUNER_DWELL_BLOCKS, rounds, TUNER_BUSY_COUNTS, len(mhz), padded)


def is_port(source: str) -> bool:
    """True when `source` is a character device: a serial port or a pseudo-terminal."""
    try:
        return stat.S_ISCHR(Path(source).stat().st_mode)
    except OSError:
        return False


def read_windows(
    source: str,
    seconds: float,
    *,
    start_ns: int = 0,
    losses: list[Losses] | None = None,
    tuner_mhz: Sequence[int] = (),
) -> Iterator[RfWindow]:
    """RF windows of a PORT (measured now, `seconds` long) or of a FILE of raw serial bytes (at most `seconds` of it).

    `start_ns` is the time of a file's first window; a port's windows carry CLOCK_BOOTTIME, and its tuner
    visits `tuner_mhz`. Raises HeadError, PortError.
    """
    if is_port(source):
        with SerialPort(source) as port:
            head = Head(port)
            if losses is not None:
                losses.append(head.losses)
            yield from head.rf_windows(seconds, tuner_mhz=tuner_mhz)
        return
    begin_ns: int | None = None
    for window in read_recording(Path(source), start_ns=start_ns, losses=losses):
        begin_ns = window.t_ns if begin_ns is None else begin_ns
        if window.t_ns - begin_ns >= seconds * 1e9:
            return
        yield window
