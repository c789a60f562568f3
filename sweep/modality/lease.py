"""The lease: two persons' declaration that a room is empty, as it travels to whatever lights a lamp or holds the
camera.

Input is messages of its giver and the time; output is whether it lives and, if not, why. It ends by a message, at its
deadline, and when its giver dies or falls silent; whatever is malformed ends it too. Once ended it stays ended until
two persons declare anew. It knows no clock, no process and no lamp, and imports nothing of the probe: the processes of
the camera's supply hear the same messages over their sockets as the others do over `lease_pipe`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

from sweep.phrases import Phrase

DECLARATION_S: Final = 900.0
"""DESIGN: the declaration that a room is empty and closed expires after 15 minutes; no lease is longer."""
LONGEST_NS: Final = round(DECLARATION_S * 1e9)
SIGN_OF_LIFE_S: Final = 0.25
SILENT_NS: Final = 2_000_000_000
"""Guessed: eight signs of life. A giver that is stopped (Ctrl-Z) or hangs hears no stop button either."""
ALIVE: Final = b"alive"
END: Final = b"end"
MESSAGE_OCTETS: Final = 4_096
"""Names that need more give no lease."""

_ISSUED = object()


class RoomNotEmptyError(PermissionError):
    """Nobody may light or film now: the room is not declared empty, or no longer."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """Two persons said that the room is empty and closed."""

    by: tuple[str, str]
    """Their names, as given."""
    until_ns: int
    """When it expires, on CLOCK_BOOTTIME."""


def until(declaration: Declaration) -> bytes:
    """The message that gives a lease for a declaration."""
    return b"until %d %s" % (declaration.until_ns, b" ".join(name.encode().hex().encode() for name in declaration.by))


@dataclass(slots=True)
class Lease:
    """What was last said."""

    until_ns: int = 0
    by: tuple[str, ...] = ()
    """Who declared; empty before anybody did."""
    heard_ns: int = 0
    ended: str | None = "not_declared"
    """Why there is none, a code; None while it lives."""
    endings: int = 0
    """How often it ended."""
    stale_until_ns: int = 0
    """Declarations with a deadline up to this one are over."""

    def hear(self, message: bytes, now_ns: int) -> None:
        """A message of the giver; an empty one is the end of its pipe."""
        self.heard_ns = now_ns
        match message.split():
            case [b"alive"]:
                return
            case [b"until", digits, *names] if digits.isdigit() and now_ns < int(digits) <= now_ns + LONGEST_NS:
                self._give(int(digits), _read_names(names))
            case [b"end"]:
                self.end("ended")
            case []:
                self.end("giver_gone")
            case _:
                self.end("malformed")

    def _give(self, until_ns: int, by: tuple[str, str] | None) -> None:
        if by is None:
            self.end("malformed")
        elif until_ns > self.stale_until_ns:
            self.until_ns, self.by, self.ended = until_ns, by, None

    def end(self, why: str) -> None:
        """It is over; the first reason stands."""
        if self.ended is None:
            self.ended = why
            self.endings += 1

    def withdraw(self, why: str, now_ns: int) -> None:
        """Ended on the holder's side (its button was pressed): no declaration of before gives it anew."""
        self.end(why)
        self.stale_until_ns = now_ns + LONGEST_NS

    def is_on(self, now_ns: int) -> bool:
        """Whether lamps may shine and the camera may have power."""
        if now_ns >= self.until_ns:
            self.end("expired")
        if now_ns - self.heard_ns > SILENT_NS:
            self.end("giver_silent")
        return self.ended is None


def _read_names(messages: list[bytes]) -> tuple[str, str] | None:
    """Two names that differ; whether they are two persons' is for who imports the contract."""
    try:
        names = [bytes.fromhex(message.decode("ascii")).decode() for message in messages]
    except ValueError:
        return None
    match names:
        case [one, other] if one.strip() and other.strip() and one != other:
            return one, other
        case _:
            return None


class Permitting(Protocol):
    """Who gives permits: `control.Control` in its own process, `lease_pipe.LeaseEnd` in another."""

    def permits(self, epoch: int) -> bool:
        """Whether a permit of that epoch still holds."""


class RoomPermit:
    """A lease as one camera or one run of the lamps sees it: good only while that lease lives, and never again.

    `Control.permit` and `LeaseEnd.permit` give it and nobody else can make one; a pause, an ending, the giver's death
    or fifteen minutes end it for good, and a later declaration does not revive it. A camera asks for it when it opens
    and before it hands out each frame.
    """

    __slots__ = ("_epoch", "_giver", "declared_by")

    def __init__(self, giver: Permitting, epoch: int, declared_by: tuple[str, ...], issued: object) -> None:
        if issued is not _ISSUED:
            raise TypeError(
                "a permit comes from Control.permit or LeaseEnd.permit, after two persons declared the room empty"
            )
        self._giver = giver
        self._epoch = epoch
        self.declared_by = declared_by

    def holds(self) -> bool:
        """Whether it is good at this moment."""
        return self._giver.permits(self._epoch)

    def check(self) -> None:
        """Raises RoomNotEmptyError when it is not good at this moment."""
        if not self.holds():
            raise RoomNotEmptyError(Phrase("room_no_longer_empty"))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a permit stays in the process that took it: give another one its own end of the lease")


def issue(giver: Permitting, epoch: int, declared_by: tuple[str, ...]) -> RoomPermit:
    """For the two who give permits."""
    return RoomPermit(giver, epoch, declared_by, _ISSUED)
