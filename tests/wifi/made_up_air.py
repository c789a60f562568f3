"""A made-up air on a clock of its own, and a made-up player beside it: for tests of what listens and what is tested.

The air's clock moves only while it is listened to.  What is sent there is made when its time has come: a camera takes
each picture under the level that the player's lamp has just then.  Adapter, lamp and persons do what a test tells them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sweep.captures.packets import LINK_RADIOTAP, PacketBlock, build_block
from sweep.modality.addresses import format_address
from sweep.modality.messages import PLAYED_OUT, PlayChips, Played, StopChips, ToRunner, ToWorker
from sweep.wifi.capture.air import CaptureGap, CaptureOpenError, CaptureTally
from sweep.wifi.capture.channels import NOTHING_KNOWN, Channel, ChannelMemory
from tests.wifi.frames import beacon, data_up, radiotap
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_rig import AP, ENCODER_S, LOST, OVERHEAD, PHONE, PIECE
from tests.wifi.live_rig import CAMERA_MHZ, NETWORK_MHZ

CAMERA, OTHER = 0x02_00_00_00_0C_01, 0x02_00_00_00_0C_02
START_NS = 1_000_000_000_000
CHANNELS = (Channel(2_412), Channel(CAMERA_MHZ), Channel(2_462), Channel(NETWORK_MHZ, is_wide=True))
PLAY_DELAY_S = 0.4
BLOCK_S = 0.1

Packet = tuple[int, bytes]
"""Time in ns, octets."""


class Sender(Protocol):
    """Something that sends on one channel."""

    def take(self, until_ns: int) -> Sequence[Packet]:
        """What it took up until then; it may be in the air a little later."""


class Pictures:
    """A camera's pictures in packets with pauses, some of which nobody hears."""

    def __init__(
        self, address: int, camera: LitCamera, level_at: Callable[[int], int] = lambda _: 0, *, seed: int = 1
    ) -> None:
        """`level_at` is the lamp at a time."""
        self._address = address
        self._camera = camera
        self._level_at = level_at
        self._rng = np.random.default_rng(seed)
        self._pictures = self._sequence = 0

    def take(self, until_ns: int) -> list[Packet]:
        """The pictures taken until then."""
        packets: list[Packet] = []
        while (taken_ns := START_NS + round(self._pictures / self._camera.hz * 1e9)) < until_ns:
            self._pictures += 1
            left = self._camera.next_picture(self._level_at(taken_ns))
            t_ns = taken_ns + round((ENCODER_S + abs(self._rng.normal(0, 0.003))) * 1e9)
            while left > 0:
                piece, self._sequence = min(left, PIECE), (self._sequence + 1) % 4096
                left, t_ns = left - piece, t_ns + 800_000
                if self._rng.random() >= LOST:
                    head = data_up(format_address(self._address), AP, piece + OVERHEAD, self._sequence)
                    packets.append((t_ns, radiotap(-50, CAMERA_MHZ) + head))
        return packets


class Regular:
    """The same frame again and again, until it falls silent."""

    def __init__(self, make: Callable[[int], bytes], interval_s: float, *, until_s: float = np.inf) -> None:
        """`make` gives the frame of a sequence number."""
        self._make = make
        self._interval_ns = round(interval_s * 1e9)
        self._until_s = until_s
        self._number = 0

    def take(self, until_ns: int) -> list[Packet]:
        """The frames sent until then."""
        packets: list[Packet] = []
        while (t_ns := START_NS + self._number * self._interval_ns) < until_ns:
            self._number += 1
            if t_ns < START_NS + self._until_s * 1e9:
                packets.append((t_ns, self._make(self._number % 4096)))
        return packets


def network() -> Regular:
    """The access point that the cameras are at."""
    return Regular(lambda number: radiotap(-45, CAMERA_MHZ) + beacon(AP, b"net", number), 0.1024)


def phone() -> Regular:
    """A phone that says little."""
    return Regular(lambda number: radiotap(-55, CAMERA_MHZ) + data_up(PHONE, AP, 120, number), 0.31)


def beeper(address: int, *, until_s: float = np.inf) -> Regular:
    """A transmitter that is just there."""
    return Regular(
        lambda number: radiotap(-50, CAMERA_MHZ) + data_up(format_address(address), AP, 100, number),
        1.0,
        until_s=until_s,
    )


class MadeUpAir:
    """An adapter whose clock moves while it is listened to; times of troubles are seconds since its start."""

    def __init__(
        self,
        senders: Mapping[int, Sequence[Sender]] | None = None,
        *,
        channels: tuple[Channel, ...] = CHANNELS,
        refused: frozenset[int] = frozenset(),
        away: tuple[float, float] = (np.inf, np.inf),
        lateness_s: float = 0.0,
        is_adapter: bool = False,
        seed: int = 1,
    ) -> None:
        """`senders` by channel in MHz; without `channels` it cannot be tuned; `refused` channels neither; `lateness_s`:
        up to so much longer than asked each listening takes, and a hundredth of it each look at the clock, as it does
        on a machine; `is_adapter`: nothing but `channels` can be heard by the probe.
        """
        self._senders = {mhz: list(some) for mhz, some in (senders or {}).items()}
        self._channels = channels
        self._refused = refused
        self._away = away
        self._lateness_s = lateness_s
        self.is_adapter = is_adapter
        self._rng = np.random.default_rng(seed)
        self._clock_ns = START_NS
        self._mhz: int | None = None if channels else CAMERA_MHZ
        self._pending: dict[int, list[Packet]] = {mhz: [] for mhz in self._senders}
        self.tally = CaptureTally()
        self.memory: ChannelMemory = NOTHING_KNOWN
        self.is_open = True

    def place(self, mhz: int, *senders: Sender) -> None:
        """Let these send, too."""
        self._senders.setdefault(mhz, []).extend(senders)
        self._pending.setdefault(mhz, [])

    @property
    def now_s(self) -> float:
        """Seconds since the start, without making time pass."""
        return (self._clock_ns - START_NS) / 1e9

    def now_ns(self) -> int:
        self._clock_ns += round(self._rng.uniform(0, self._lateness_s / 100) * 1e9)
        return self._clock_ns

    def channels(self) -> tuple[Channel, ...]:
        if not self._channels:
            raise CaptureOpenError("iw is missing; install it")
        return self._channels

    def tune(self, channel: Channel) -> None:
        self._clock_ns += round(self._lateness_s * 1e9)
        if channel.mhz in self._refused or not self.is_open:
            raise CaptureOpenError(f"{channel.mhz} MHz: refused; use another adapter")
        self._mhz = channel.mhz

    def blocks(self, seconds: float, *, is_last: bool = True) -> Iterator[PacketBlock]:
        end_ns = self._clock_ns + round((seconds + self._rng.uniform(0, self._lateness_s)) * 1e9)
        while self._clock_ns < end_ns:
            begin_ns, self._clock_ns = self._clock_ns, min(end_ns, self._clock_ns + round(BLOCK_S * 1e9))
            self._come_and_go(begin_ns)
            packets = self._send_until(self._clock_ns)
            if self.is_open and packets:
                yield make_block(packets)
                self.tally.received += len(packets)
        if is_last and self._lateness_s:
            self.tally.dropped += int(self._rng.integers(3))

    def _come_and_go(self, now_ns: int) -> None:
        leaves_ns, returns_ns = (START_NS + at_s * 1e9 for at_s in self._away)
        is_open = not leaves_ns <= now_ns < returns_ns
        if self.is_open and not is_open:
            self.tally.gaps.append(CaptureGap(now_ns, now_ns, "went away; plug the adapter in"))
        if not self.is_open:
            self.tally.gaps[-1] = CaptureGap(self.tally.gaps[-1].begin_ns, now_ns, "went away; plug the adapter in")
        self.is_open = is_open

    def _send_until(self, now_ns: int) -> list[Packet]:
        """What is in the air by now on the channel that is tuned to; the rest has passed unheard."""
        heard: list[Packet] = []
        for mhz, senders in self._senders.items():
            packets = self._pending[mhz] + [packet for sender in senders for packet in sender.take(now_ns)]
            packets.sort(key=lambda packet: packet[0])
            self._pending[mhz] = [packet for packet in packets if packet[0] > now_ns]
            if mhz == self._mhz:
                heard = [packet for packet in packets if packet[0] <= now_ns]
        return heard


def make_block(packets: Sequence[Packet]) -> PacketBlock:
    """One block of packets with receiver headers."""
    rows, at = [], 0
    for t_ns, packet in packets:
        rows.append((at, len(packet), len(packet), t_ns))
        at += len(packet)
    return build_block(LINK_RADIOTAP, b"".join(packet for _, packet in packets), rows)


@dataclass(frozen=True)
class Play:
    """Chips that were asked for."""

    kind: str
    begin_s: float
    chips: tuple[int, ...]
    chip_s: float
    ends_s: float
    """Nothing is played from then on."""
    why: str | None
    """Code of what ended it before its end."""

    def told_at(self, now_s: float) -> Played | None:
        """What there is to tell; None before the first chip."""
        since_s = min(now_s, self.ends_s) - self.begin_s
        if self.why is not None and now_s >= self.ends_s and since_s < 0:
            return Played(0, 0, 0.0, 0, ended=self.why)
        if since_s < 0:
            return None
        begun = min(int(since_s / self.chip_s) + 1, len(self.chips))
        is_over = since_s >= len(self.chips) * self.chip_s
        ended = self.why if now_s >= self.ends_s else PLAYED_OUT if is_over else None
        start_ns = START_NS + round(self.begin_s * 1e9)
        return Played(begun, start_ns, self.chip_s * 1e9, 8_000_000, ended=ended, chips=self.chips)


class MadeUpPlayer:
    """The other end of the line, beside a made-up air: draws chips, plays them, and says what a test tells it to."""

    def __init__(self, air: MadeUpAir, *, seed: int = 1) -> None:
        self._air = air
        self._rng = np.random.default_rng(seed)
        self.said: list[ToRunner] = []
        """What was said to it."""
        self.plays: list[Play] = []
        self.says: list[tuple[float, ToWorker]] = []
        """Words by the second after the first chips were asked for at which they come; negative: before."""
        self.is_dead = False
        """It plays nothing and says nothing."""
        self.is_next_door = False
        """No camera sees its lamp."""
        self.stops: list[tuple[float, str]] = []
        """For each play in turn: after how many seconds it ends, and the code why."""

    @property
    def asked(self) -> list[PlayChips]:
        """What it was asked to play."""
        return [message for message in self.said if isinstance(message, PlayChips)]

    def say(self, message: ToRunner) -> None:
        self.said.append(message)
        if isinstance(message, PlayChips):
            chips = tuple(self._rng.integers(0, 2, message.count).tolist())
            after_s, why = self.stops.pop(0) if self.stops else (np.inf, None)
            now_s = self._air.now_s
            self.plays.append(Play(message.kind, now_s + PLAY_DELAY_S, chips, message.chip_s, now_s + after_s, why))
        elif isinstance(message, StopChips) and self.plays:
            one = self.plays[-1]
            ends_s = min(one.ends_s, self._air.now_s)
            self.plays[-1] = Play(one.kind, one.begin_s, one.chips, one.chip_s, ends_s, one.why)

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        now_s = self._air.now_s
        since_s = now_s - self.plays[0].begin_s + PLAY_DELAY_S if self.plays else -1.0
        words = [message for at_s, message in self.says if at_s <= since_s]
        self.says = [(at_s, message) for at_s, message in self.says if at_s > since_s]
        told = self.plays[-1].told_at(now_s) if self.plays and not self.is_dead else None
        return words if told is None else [*words, told]

    def level_at(self, t_ns: int) -> int:
        """Of the lamp, or whether the person walks."""
        t_s = (t_ns - START_NS) / 1e9
        for play in self.plays:
            number = int((t_s - play.begin_s) // play.chip_s)
            if 0 <= number < len(play.chips) and t_s < play.ends_s and not self.is_dead and not self.is_next_door:
                return play.chips[number]
        return 0
