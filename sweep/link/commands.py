"""Commands on a line that may lose some, sans-IO: messages in, frames to write and answers out. A command has a number,
is acknowledged, and is sent again three times while it is not; the head knows a number that comes again and does not
obey twice. One is on its way at a time, so that they are obeyed in order. A command to put the lamps out goes before
all others and takes back those that would light them. It reads no clock and opens nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from sweep.link.frame import encode
from sweep.link.messages import Accepted, LampRun, LampStop, LightSet, Message, Refused, SelfTest, StimulusRun

ANSWER_WITHIN_S: Final = (0.05, 0.15, 0.5, 1.3)
"""Patience after each time a command is sent. The first: a full transmit buffer takes 6 ms, a USB adapter's latency
16 ms, a read of the port 10 ms (derived); all of them: two seconds (guessed, a host that is very busy)."""
LIGHTING: Final = (LampRun, LightSet, StimulusRun, SelfTest)
"""What a lamp_stop takes back while it is not answered: sent again it would light what was put out."""


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
    """Sends commands one after another and minds their answers; what it has to write comes out of `due`."""

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
