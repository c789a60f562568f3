"""The air as a position hears it: the one interface that an adapter, a kept position and a simulation share.

It carries its own clock, so that what listens knows no other: live it is CLOCK_BOOTTIME, in a kept position the time
that was kept, in a simulation the time that was listened.  It also carries what was learnt of its channels from one
position to the next.  What an air cannot do it says with a `CaptureOpenError`; frames that got lost stand in its tally.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

from sweep.phrases import Phrase

if TYPE_CHECKING:
    from sweep.captures.packets import PacketBlock

    from .channels import Channel, ChannelMemory


AirTrouble = Literal["adapter_away", "no_packet_rings"]
"""Why nothing could be opened, as a report says it."""
TROUBLES: Final[tuple[AirTrouble, ...]] = get_args(AirTrouble)


class CaptureOpenError(ValueError):
    """The interface cannot be used; the message is one line that says what to do."""

    def __init__(self, said: Phrase | Exception | str, code: AirTrouble = "adapter_away") -> None:
        super().__init__(said)
        self.code: AirTrouble = code


@dataclass(frozen=True, slots=True)
class CaptureGap:
    """A time in which nothing could be heard."""

    begin_ns: int
    """On the clock of the air."""
    end_ns: int
    reason: str
    """One line for people."""


@dataclass(slots=True)
class CaptureTally:
    """What a capture came to so far."""

    received: int = 0
    """Frames handed on."""
    dropped: int = 0
    """Frames the kernel had no room for."""
    clock_steps: int = 0
    """Times the wall clock jumped; time stamps follow CLOCK_BOOTTIME across it."""
    gaps: list[CaptureGap] = field(default_factory=list)


class Air(Protocol):
    """Frames on one channel at a time; it goes on from position to position."""

    memory: ChannelMemory
    """What earlier positions learnt of the channels; who listens reads it and leaves it to the next position."""

    @property
    def is_adapter(self) -> bool:
        """What can be tuned to is all that this probe can hear; a simulation does not know what that is."""

    @property
    def tally(self) -> CaptureTally:
        """What came so far, since the air was opened: received, dropped, gaps."""

    @property
    def is_open(self) -> bool:
        """False while the adapter is away: the last gap of the tally goes on."""

    def now_ns(self) -> int:
        """The time up to which the air was listened to, on the clock of its frames; it moves with `blocks`, and may
        move with `tune`.
        """

    def channels(self) -> tuple[Channel, ...]:
        """What can be tuned to.  Raises CaptureOpenError where nothing can be asked."""

    def tune(self, channel: Channel) -> None:
        """Listen there from now on.  Raises CaptureOpenError."""

    def blocks(self, seconds: float, *, is_last: bool = True) -> Iterator[PacketBlock]:
        """What is heard within the next `seconds`, of which up to a block's time may come with the next call unless
        `is_last`.
        """
