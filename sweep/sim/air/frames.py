"""The frames of simulated radios: beacons, and data frames around the packets of a habit, with sequence numbers and
repeats.

Input is an emitter and what it says; output is frames with the time they are ready, headers only, and packets behind a
radiotap header as a monitor-mode receiver gives them.  Everything is made up, addresses included.  Whether anybody
hears a frame is not decided here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sweep.modality.addresses import parse_address

from .traffic import Packet

EmitterKind = Literal["ap", "browser", "caller", "uploader", "camera_station", "camera_ap"]
BEACON_INTERVAL_S: Final = 0.1024
AIR_OVERHEAD: Final = 50
"""Octets of a frame around an IP packet: 26 QoS header, 16 CCMP, 8 LLC/SNAP."""
RETRY_SHARE: Final = 0.05
"""Frames that are sent twice: guessed, a quiet channel."""
RETRY_AFTER_S: Final = 0.0008
BITS_PER_S, GAP_S = 54e6, 0.00012
"""How fast frames are sent, and what passes between two."""
_ROUTER: Final = bytes.fromhex("00005e0053fe")
"""Where the packets of an access point come from and go to: a made-up router behind it."""
_BROADCAST: Final = b"\xff" * 6
_RADIOTAP_PRESENT: Final = 1 << 1 | 1 << 3 | 1 << 5  # flags, channel, level
_RADIOTAP = struct.Struct("<BBHIBxHHb")
_RADIOTAP_FLAGS: Final = {"2.4": 0x00A0, "5": 0x0140}  # channel: CCK or OFDM, and the band


@dataclass(frozen=True, slots=True)
class WifiEmitter:
    """One radio in the simulated room."""

    kind: EmitterKind
    address: str
    """`aa:bb:cc:dd:ee:ff`; give made-up ones (locally administered, or 00:00:5e:00:53:xx, kept for documents)."""
    x_m: float
    y_m: float
    tx_dbm: float = 15.0
    peer: str = ""
    """Stations: the access point they are joined to.  `camera_ap`: the phone that watches."""
    ssid: bytes = b""
    """Access points: the network's name."""
    bitrate_kbps: float = 300.0
    """Cameras, callers and uploaders."""
    pictures_hz: float = 10.0
    group_s: float = 2.0
    """Cameras: seconds from one complete picture to the next."""
    follows_light: bool = False
    """Cameras: the lens sees the lamp whose sequence is played."""
    clips_s: tuple[tuple[float, float], tuple[float, float]] | None = None
    """Cameras: the shortest and the longest clip, and the pause after one; None: it streams."""

    @property
    def is_access_point(self) -> bool:
        """Whether it announces a network."""
        return self.kind in {"ap", "camera_ap"}

    @property
    def is_camera(self) -> bool:
        """Whether it sends pictures of what it sees."""
        return self.kind in {"camera_station", "camera_ap"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, ready to be sent."""

    t_s: float
    sender: str
    header: bytes
    length: int
    """Octets of the MPDU on the air."""

    @property
    def airtime_s(self) -> float:
        """How long the channel is taken, the gap after it included."""
        return GAP_S + self.length * 8 / BITS_PER_S


def number_of_channel(mhz: int) -> int:
    """What a network says its channel is (IEEE 802.11-2020, annex E)."""
    return 14 if mhz == 2_484 else (mhz - 2_407) // 5 if mhz < 3_000 else (mhz - 5_000) // 5


class Beacons:
    """What an access point says ten times a second."""

    def __init__(self, emitter: WifiEmitter, start_s: float, channel: int = 6) -> None:
        self._emitter = emitter
        self._address = parse_address(emitter.address).to_bytes(6, "big")
        self._start_s = start_s
        # Nobody switches two of them on at the same moment.
        self._since_boot_s = 3.7 * (int.from_bytes(self._address) % 100_003)
        self._elements = bytes.fromhex("010882848b968c129824") + bytes([3, 1, channel])

    def due_s(self, number: int) -> float:
        """When the beacon of a number is sent."""
        return self._start_s + number * BEACON_INTERVAL_S

    def frame(self, number: int) -> Frame:
        """The beacon of a number, from 0."""
        t_s, ssid = self.due_s(number), self._emitter.ssid
        head = struct.pack("<HH", 0x0080, 0) + _BROADCAST + self._address * 2
        head += struct.pack("<H", (number % 4096) << 4)
        timer_us = round((self._since_boot_s + t_s) * 1e6)
        body = struct.pack("<QHH", timer_us, 100, 0x0411) + bytes([0, len(ssid)]) + ssid
        return Frame(t_s, self._emitter.address, head + body + self._elements, len(head + body) + 120)


class DataFrames:
    """QoS data frames of an emitter's packets; some are repeated, as on the air."""

    def __init__(self, emitter: WifiEmitter, rng: np.random.Generator) -> None:
        """Raises ValueError for a bad address."""
        self._rng = rng
        self._is_ap = emitter.kind == "camera_ap"
        self._addresses = (emitter.address, emitter.peer)
        self._octets = tuple(parse_address(a).to_bytes(6, "big") for a in self._addresses)
        self._numbers = {True: int(rng.integers(4096)), False: int(rng.integers(4096))}

    def frames(self, packets: Iterable[Packet]) -> Iterator[Frame]:
        """The frames of the next packets, numbered in the order in which they are sent, as one counter does."""
        here, there = self._octets
        for packet in sorted(packets, key=lambda one: one.t_s):
            number = self._numbers[packet.is_up] = (self._numbers[packet.is_up] + 1) % 4096
            sender = self._addresses[0 if packet.is_up else 1]
            first, second = (there, here) if packet.is_up else (here, there)
            goes_to_ap = packet.is_up != self._is_ap
            third = (first if goes_to_ap else second) if self._is_ap else _ROUTER
            flags = 0x41 if goes_to_ap else 0x42
            tail = first + second + third + struct.pack("<HH", number << 4, 0)
            length = packet.octets + AIR_OVERHEAD
            yield Frame(packet.t_s, sender, struct.pack("<BBH", 0x88, flags, 48) + tail, length)
            if self._rng.random() < RETRY_SHARE:
                repeat = struct.pack("<BBH", 0x88, flags | 0x08, 48) + tail
                yield Frame(packet.t_s + RETRY_AFTER_S, sender, repeat, length)


class Medium:
    """One channel: only one radio speaks at a time, later frames wait until it is free."""

    def __init__(self) -> None:
        self._free_at_s = 0.0

    def send(self, frames: Iterable[Frame]) -> Iterator[tuple[float, Frame]]:
        """When each frame is sent, and the frame; give them all in order of time, over all calls."""
        for frame in frames:
            t_s = max(frame.t_s, self._free_at_s)
            self._free_at_s = t_s + frame.airtime_s
            yield t_s, frame


def with_radiotap(frame: Frame, level_dbm: int, mhz: int) -> tuple[bytes, int]:
    """The octets that a monitor-mode receiver hands on, and how many there were on the air."""
    # Version, pad, length 15, present; flags at 8, channel at 10, level at 14.
    flags = _RADIOTAP_FLAGS["2.4" if mhz < 3_000 else "5"]
    radiotap = _RADIOTAP.pack(0, 0, _RADIOTAP.size, _RADIOTAP_PRESENT, 0, mhz, flags, level_dbm)
    return radiotap + frame.header, _RADIOTAP.size + frame.length
