"""The air of the simulated room as an adapter would hear it: one channel at a time, on a clock that moves as it is
listened to.

Input is what is where on which channel, the listener's place, a seed and what happens on the stage; output is blocks of
packets as the kernel hands them over, cut behind the headers.  It stands in for a monitor-mode interface: everything
behind this source is the code that listens to a real one.  Neighbouring channels do not leak.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sweep.captures.packets import LINK_RADIOTAP, PacketBlock, Row, build_block
from sweep.phrases import Phrase
from sweep.wifi.capture.air import CaptureOpenError, CaptureTally
from sweep.wifi.capture.channels import NOTHING_KNOWN, Channel, ChannelMemory

from .channel import ChannelAir
from .frames import WifiEmitter, with_radiotap
from .stage import Stage

BLOCK_S: Final = 0.25
"""Blocks hold so much at most; a ring's hold less."""
TUNE_S: Final = 0.02
"""A change of channel takes so long: within the 5 to 30 ms of iw."""
CHANNELS: Final = (
    *(Channel(2_407 + 5 * number) for number in range(1, 14)),
    *(Channel(5_000 + 5 * number, is_wide=True) for number in (36, 40, 44, 48, 149, 153, 157, 161)),
)
"""What a usual adapter may receive on in Korea without minding radar."""


@dataclass(frozen=True, slots=True)
class AirSetting:
    """The air of one position, before anybody listens."""

    radios: tuple[tuple[int, tuple[WifiEmitter, ...]], ...]
    """Centre of a channel in MHz, and who sends there."""
    receiver_xy_m: tuple[float, float]
    seed: tuple[int, int]
    """Of the room and of the position."""
    start_ns: int
    """The clock when the position begins."""


class SimulatedAir:
    """Frames of one position; an `Air` (sweep/wifi/capture/air.py)."""

    is_adapter: Final = False

    def __init__(self, setting: AirSetting, memory: ChannelMemory = NOTHING_KNOWN) -> None:
        """`memory`: what earlier positions learnt.  Raises ValueError for a bad address."""
        self.memory = memory
        self.tally = CaptureTally()
        self.is_open = True
        self.stage = Stage()
        self._start_ns = setting.start_ns
        self._elapsed_ns = 0
        self._channels = {
            mhz: ChannelAir(mhz, emitters, setting.receiver_xy_m, self.stage, setting.seed)
            for mhz, emitters in setting.radios
        }
        self._here: Channel | None = None

    def now_ns(self) -> int:
        """The time up to which it was listened to."""
        return self._start_ns + self._elapsed_ns

    @property
    def elapsed_s(self) -> float:
        """Since the position began, the clock of the stage."""
        return self._elapsed_ns / 1e9

    def channels(self) -> tuple[Channel, ...]:
        """What can be tuned to."""
        return CHANNELS

    def tune(self, channel: Channel) -> None:
        """Listen there; takes TUNE_S.  Raises CaptureOpenError for a channel that is none of `channels`."""
        if channel not in CHANNELS:
            raise CaptureOpenError(Phrase("simulated_adapter_lacks_channel", mhz=channel.mhz))
        self._here = channel
        self._elapsed_ns += round(TUNE_S * 1e9)
        if (air := self._channels.get(channel.mhz)) is not None:
            air.until(self.elapsed_s)  # nobody heard it

    def blocks(self, seconds: float, *, is_last: bool = True) -> Iterator[PacketBlock]:  # noqa: ARG002  nothing is late
        """What is heard within the next `seconds`; the clock moves as it is iterated."""
        end_ns = self._elapsed_ns + round(seconds * 1e9)
        while self._elapsed_ns < end_ns:
            self._elapsed_ns = min(end_ns, self._elapsed_ns + round(BLOCK_S * 1e9))
            if (block := self._take()) is not None:
                self.tally.received += len(block)
                yield block

    def _take(self) -> PacketBlock | None:
        """What the channel tuned to carried up to now."""
        mhz = 0 if self._here is None else self._here.mhz
        air = self._channels.get(mhz)
        rows, octets, at = list[Row](), list[bytes](), 0
        for t_s, frame, level_dbm in [] if air is None else air.until(self.elapsed_s):
            packet, original = with_radiotap(frame, level_dbm, mhz)
            rows.append((at, len(packet), original, self._start_ns + round(t_s * 1e9)))
            octets.append(packet)
            at += len(packet)
        return build_block(LINK_RADIOTAP, b"".join(octets), rows) if rows else None
