"""The serial line to the sensor head, from a command to the bytes of the port: the only module that imports pyserial,
commands that are numbered and sent again until they are answered, and a head that has shown whose firmware it runs.

Input is messages of `link/messages`; output is what the head says, and its clock against the Pi's.  A port that is not
there or goes away, a head with another protocol and a silent one are one clear error each.  It measures nothing and
judges nothing; only `Head` reads a clock.
"""

from __future__ import annotations

import contextlib
import errno
import termios
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import serial

from sweep.link.clock import TickClock
from sweep.link.decode import Decoder, HeadError, HeadRefused, Losses, WrongFirmware, renumbered_by
from sweep.link.frame import Received, encode
from sweep.link.messages import (
    SLOT_NS,
    Accepted,
    BuzzerSet,
    Counters,
    EnvelopeWindow,
    Exposure,
    Identify,
    Identity,
    KeepAlive,
    LampRun,
    LampStop,
    LightSet,
    Message,
    RedBurst,
    Refused,
    SelfTest,
    StimulusRun,
)
from sweep.modality.liveness import boottime_ns
from sweep.phrases import Phrase

__all__ = ["Head", "HeadError", "HeadRefused", "Losses", "PortError", "SerialPort", "WrongFirmware"]

M = TypeVar("M", bound=Message)

BAUD = 500_000
READ_TIMEOUT_S = 0.01
"""The head's lamps go off when it hears nothing for 100 ms; between two reads a sign of life may be sent."""
READ_SIZE = 4096
ANSWER_WITHIN_S: Final = (0.05, 0.15, 0.5, 1.3)
"""Patience after each time a command is sent. The first: a full transmit buffer takes 6 ms, a USB adapter's latency
16 ms, a read of the port 10 ms (derived); all of them: two seconds (guessed, a host that is very busy)."""
LIGHTING: Final = (LampRun, RedBurst, LightSet, StimulusRun, SelfTest)
"""What a lamp_stop takes back while it is not answered: sent again it would light what was put out."""
IDENTITY_TIMEOUT_S = 2.0
IDENTIFY_EVERY_S = 0.3
SILENCE_TIMEOUT_S = 3.0
KEEP_ALIVE_EVERY_S = 0.02
"""The lamps go off after 100 ms without one: with a read of the port between, two that are lost in a row, or a host
that is held up for 70 ms, are no reason yet (derived)."""
BYTE_NS = 20_000  # ten bits at 500 kbaud
LIGHT_AFTER_SLOTS = 2
"""From a camera trigger to its lamp, which is when the exposure is reported (wire protocol)."""


class PortError(ValueError):
    """The serial device cannot be opened or has gone; the message says which."""


GONE: Final = (serial.SerialException, OSError, termios.error)
"""What pyserial raises of a port whose device was pulled; the last is no OSError and comes while output is awaited."""


class SerialPort:
    """An open serial device, 8N1; also a context manager."""

    def __init__(self, device: str, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """Open `device` for this process alone. Raises PortError."""
        self.device = device
        try:
            self._serial = serial.Serial(
                device, BAUD, timeout=read_timeout_s, write_timeout=1.0, exclusive=True, dsrdtr=False, rtscts=False
            )
        except (serial.SerialException, OSError, ValueError) as error:
            if getattr(error, "errno", None) == errno.EAGAIN:  # another process has its lock
                raise PortError(Phrase("port_in_use_by_sweep", port=device)) from error
            raise PortError(Phrase("head_port_not_opened", device=device, why=error)) from error

    def read(self) -> bytes:
        """What has arrived, at least one byte unless the timeout passes first. Raises PortError when unplugged."""
        try:
            data = self._serial.read(max(1, min(self._serial.in_waiting, READ_SIZE)))
        except GONE as error:
            raise PortError(Phrase("port_gone", device=self.device)) from error
        return bytes(data)

    def write(self, data: bytes) -> None:
        """Send `data`. Raises PortError when unplugged or when nothing takes it."""
        try:
            self._serial.write(data)
            self._serial.flush()
        except GONE as error:
            raise PortError(Phrase("port_takes_no_data", device=self.device)) from error

    def close(self) -> None:
        """Give the device back."""
        with contextlib.suppress(OSError):
            self._serial.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nobody answered a command, however often it was sent."""

    message: Message


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A command that was not answered yet when the lamps had to go out; it is not sent again."""

    message: Message


Outcome = Accepted | Refused | Unanswered | TakenBack


@dataclass(slots=True)
class Command:
    """A command on its way."""

    message: Message
    outcome: Outcome | None = None
    """None until it is known."""


class CommandSender:
    """Commands on a line that may lose some, sans-IO: messages in, frames to write and answers out.

    A command has a number, is acknowledged, and is sent again three times while it is not; the head knows a number that
    comes again and does not obey twice.  One is on its way at a time, so that they are obeyed in order.  A command to
    put the lamps out goes before all others and takes back those that would light them.
    """

    def __init__(self) -> None:
        self._waiting: deque[Command] = deque()
        self._current: Command | None = None
        self._next = 0
        self._number = 0
        """Of the current command."""
        self._frame = b""
        self._sent = 0
        """Times the current one was sent."""
        self._ask_again_ns = 0
        self.repeats = 0
        """Times a command was sent again."""
        self.unanswered = 0
        """Commands that nobody answered."""

    def put(self, message: Message) -> Command:
        """Queue an acknowledged command; its outcome appears in what is returned."""
        command = Command(message)
        if isinstance(message, LampStop):
            self._clear_the_way()
            self._waiting.appendleft(command)
        else:
            self._waiting.append(command)
        return command

    def _clear_the_way(self) -> None:
        unsettled = [command for command in (self._current, *self._waiting) if command is not None]
        self._current = None  # it may have been obeyed: a state that is set twice is the same state
        self._waiting.clear()
        for command in unsettled:
            if isinstance(command.message, LIGHTING):
                command.outcome = TakenBack(command.message)
            else:
                self._waiting.append(command)

    def due(self, now_ns: int) -> bytes:
        """What to write now, perhaps nothing; call it often."""
        if self._current is not None and now_ns >= self._ask_again_ns:
            if self._sent < len(ANSWER_WITHIN_S):
                self.repeats += 1
                return b"\0" + self._send(
                    now_ns
                )  # the delimiter of what came before may have been lost, and us with it
            self.unanswered += 1
            self._current.outcome = Unanswered(self._current.message)
            self._current = None
        if self._current is None and self._waiting:
            self._current = self._waiting.popleft()
            self._number, self._next = self._next, (self._next + 1) & 0xFF
            self._frame = encode(self._current.message, self._number)
            self._sent = 0
            return self._send(now_ns)
        return b""

    def _send(self, now_ns: int) -> bytes:
        self._ask_again_ns = now_ns + round(ANSWER_WITHIN_S[self._sent] * 1e9)
        self._sent += 1
        return self._frame

    def take(self, message: Message) -> None:
        """Hear a message of the head."""
        if self._current is None or not isinstance(message, Accepted | Refused):
            return
        if (message.request, message.request_seq) == (self._current.message.ID, self._number):
            self._current.outcome = message
            self._current = None

    @property
    def is_busy(self) -> bool:
        """Whether a command waits for its answer or its turn."""
        return self._current is not None or bool(self._waiting)


class Head:
    """An identified sensor head on an open port. Only one at a time; the process that holds it holds the head."""

    def __init__(self, port: SerialPort, now_ns: Callable[[], int] = boottime_ns) -> None:
        """Shake hands over `port`. Raises HeadError when nobody answers, WrongFirmware when it is another firmware."""
        self._port = port
        self.now_ns = now_ns
        """CLOCK_BOOTTIME."""
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
            self._write(self._commands.due(self.now_ns()))
        else:
            self._write(encode(message, 0))

    def _write(self, frame: bytes) -> None:
        if frame:
            self._port.write(frame)
            self._last_sent_ns = self.now_ns()

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
        self._write(self._commands.due(self.now_ns()))
        data = self._port.read()
        received_ns = self.now_ns()
        messages = [event for event in self._decoder.feed(data) if isinstance(event, Received)]
        for event in messages:
            match event.message:
                case Counters(tick=tick):
                    self._clock.observe(tick, received_ns - event.wire_size * BYTE_NS)
                case EnvelopeWindow(tick=tick, window_slots=slots):
                    self._clock.observe((tick + slots) & 0xFFFFFFFF, received_ns - event.wire_size * BYTE_NS)
                case Exposure(tick=tick):
                    self._clock.observe(
                        (tick + LIGHT_AFTER_SLOTS) & 0xFFFFFFFF, received_ns - event.wire_size * BYTE_NS
                    )
                case Accepted() | Refused() as answer:
                    self._commands.take(answer)
                case _:
                    pass
        self._write(self._commands.due(self.now_ns()))
        self.losses.repeated_commands = self._commands.repeats
        self.losses.unanswered_commands = self._commands.unanswered
        self.each_turn()
        if self.now_ns() - self._last_sent_ns > KEEP_ALIVE_EVERY_S * 1e9:
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
        heard_ns = self.now_ns()
        while self.now_ns() - heard_ns < patience_s * 1e9:
            arrived = self.receive()
            for at, event in enumerate(arrived):
                if listen(event.message):
                    heard_ns = self.now_ns()
                if isinstance(event.message, kind):
                    self._inbox = arrived[at + 1 :]
                    return event.message
        return None

    def _shake_hands(self) -> Identity:
        deadline_ns = self.now_ns() + round(IDENTITY_TIMEOUT_S * 1e9)
        asked_ns = 0
        while (now_ns := self.now_ns()) < deadline_ns:
            if now_ns - asked_ns > IDENTIFY_EVERY_S * 1e9:
                self.send(Identify())
                asked_ns = now_ns
            # Not receive(): what the head still sends from before may be of another table.
            self._decoder.feed(self._port.read())
            if self._decoder.identity is not None:
                return self._decoder.identity
        raise HeadError(Phrase("no_sensor_head_answers", device=self._port.device))

    def beep(self, on_s: float, period_s: float, beeps: int) -> None:
        """Sound the buzzer. `on_s` at most `period_s`, which is 10 ms to 1 s; `beeps` at most 255, 0 is silence.

        Raises HeadError when it is refused or nobody answers.
        """
        self.ask(BuzzerSet(round(on_s * 1e9 / SLOT_NS), round(period_s * 1e9 / SLOT_NS), beeps))


def _check(command: Command) -> Accepted:
    """The answer of a command that was accepted. Raises HeadRefused, HeadError."""
    name = type(command.message).__name__
    match command.outcome:
        case Accepted() as answer:
            return answer
        case Refused(reason=reason):
            raise HeadRefused(Phrase("head_refused", message=name, reason=reason))
        case Unanswered():
            times, patience_s = len(ANSWER_WITHIN_S), sum(ANSWER_WITHIN_S)
            raise HeadError(Phrase("head_did_not_answer", message=name, times=times, seconds=patience_s))
        case _:
            raise HeadError(Phrase("not_sent_lamps_off", message=name))
