"""A lease as it travels over a socket: until when the camera may have power, that it ends, that its giver lives.

Input is words and the time; output is whether the line may be high now and, if not, why. It knows no clock and no
line. The lease ends by a word, at its deadline, and when its giver falls silent; whatever is malformed ends it too.
Once ended it stays ended until another is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LONGEST_NS: Final = 900_000_000_000
"""DESIGN: a declaration that a room is empty expires after 15 minutes; nothing asks for more."""
SIGN_OF_LIFE_S: Final = 0.25
SILENT_NS: Final = 2_000_000_000
"""Guessed: eight signs of life. A giver that is stopped (Ctrl-Z) or hangs hears no stop button either."""
ALIVE: Final = b"alive"
END: Final = b"end"
WORD_OCTETS: Final = 64


def until(deadline_ns: int) -> bytes:
    """The word that gives a lease until then, on CLOCK_BOOTTIME."""
    return b"until %d" % deadline_ns


@dataclass(slots=True)
class Lease:
    """What was last said."""

    until_ns: int = 0
    heard_ns: int = 0
    ended: str | None = "not_declared"
    """Why there is none; None while it lives."""

    def hear(self, word: bytes, now_ns: int) -> None:
        """A word of the giver; an empty one is the end of its socket."""
        self.heard_ns = now_ns
        match word.split():
            case [b"alive"]:
                return
            case [b"until", digits] if digits.isdigit() and now_ns < int(digits) <= now_ns + LONGEST_NS:
                self.until_ns, self.ended = int(digits), None
            case [b"end"]:
                self.end("ended")
            case []:
                self.end("giver_gone")
            case _:
                self.end("malformed")

    def end(self, why: str) -> None:
        """It is over; the first reason stands."""
        self.ended = self.ended or why

    def is_on(self, now_ns: int) -> bool:
        """Whether the line may be high."""
        if now_ns >= self.until_ns:
            self.end("expired")
        if now_ns - self.heard_ns > SILENT_NS:
            self.end("giver_silent")
        return self.ended is None
