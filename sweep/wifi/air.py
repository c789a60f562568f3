"""The air as a stand hears it: the one interface that an adapter, a recording and a simulation share.

It carries its own clock, so that what listens knows no other: live it is CLOCK_BOOTTIME, in a recording the time that
was kept, in a simulation the time that was listened.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from sweep.captures.packets import PacketBlock

if TYPE_CHECKING:
    from .capture import CaptureTally
    from .channels import Channel


class Air(Protocol):
    """Frames on one channel at a time."""

    @property
    def tally(self) -> CaptureTally:
        """What came so far: received, dropped, gaps."""

    @property
    def is_open(self) -> bool:
        """False while the adapter is away."""

    def now_ns(self) -> int:
        """The time up to which the air was listened to, on the clock of its frames."""

    def channels(self) -> tuple[Channel, ...]:
        """What can be tuned to.  Raises CaptureOpenError where nothing can be asked."""

    def tune(self, channel: Channel) -> None:
        """Listen there from now on.  Raises CaptureOpenError."""

    def blocks(self, seconds: float, *, is_last: bool = True) -> Iterator[PacketBlock]:
        """What is heard within the next `seconds`, of which up to a block's time may come with the next call unless
        `is_last`.
        """
