"""Simulated 802.11 traffic as a monitor-mode receiver at one place would record it.

Input is emitters with places and habits, the listener's place, a duration and a seed; output is a pcap with radiotap
and frame headers only (the lengths on the air are kept).  Access points announce themselves, phones and laptops
browse, call and back up, cameras stream groups of pictures and may answer to light.  Everything is made up, addresses
included; nothing here is used to tune a detector.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np

from sweep.addresses import parse_address
from sweep.captures.files import write_pcap
from sweep.captures.packets import LINK_RADIOTAP
from sweep.wifi.sequence import ChipSequence

from .air_path import frame_levels_dbm, mean_level_dbm, receives
from .air_traffic import Packet, backup, browse, camera_stream, video_call

EmitterKind = Literal["ap", "browser", "caller", "uploader", "camera_station", "camera_ap"]
DEFAULT_START_NS: Final = 1_750_000_000_000_000_000
BEACON_INTERVAL_S: Final = 0.1024
AIR_OVERHEAD: Final = 50
"""Octets of a frame around an IP packet: 26 QoS header, 16 CCMP, 8 LLC/SNAP."""
RETRY_SHARE: Final = 0.05
"""Frames that are sent twice: guessed, a quiet channel."""
_ROUTER: Final = bytes.fromhex("00005e0053fe")
"""Where the packets of an access point come from and go to: a made-up router behind it."""
_BROADCAST: Final = b"\xff" * 6
_RADIOTAP_PRESENT: Final = 1 << 1 | 1 << 3 | 1 << 5  # flags, channel, level


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


@dataclass(frozen=True, slots=True)
class _Frame:
    t_s: float
    sender: str
    header: bytes
    length: int
    """Octets of the MPDU on the air."""


def write_wifi_capture(
    path: Path,
    *,
    emitters: Sequence[WifiEmitter],
    listener_xy_m: tuple[float, float],
    seconds: float,
    seed: int,
    stimulus: ChipSequence | None = None,
    start_ns: int = DEFAULT_START_NS,
    channel_mhz: int = 2437,
    beacon_share: float = 0.2,
) -> int:
    """Write what a receiver at `listener_xy_m` (plan metres) hears within `seconds`; returns the number of frames.

    `beacon_share` thins out beacons, which say nothing new, to keep recordings small.  ValueError for a bad address.
    """
    rng = np.random.default_rng([seed, round(listener_xy_m[0] * 100) & 0xFFFF, round(listener_xy_m[1] * 100) & 0xFFFF])
    frames: list[_Frame] = []
    for emitter in emitters:
        if emitter.kind in {"ap", "camera_ap"}:
            frames += _beacons(emitter, seconds, rng, beacon_share)
        frames += _to_frames(emitter, _habits(emitter, seconds, rng, stimulus, start_ns / 1e9), rng)
    frames = _take_turns(frames)
    packets: list[tuple[int, bytes, int]] = []
    for emitter in emitters:
        mean = mean_level_dbm(emitter.address, (emitter.x_m, emitter.y_m), listener_xy_m, emitter.tx_dbm, seed)
        own = [frame for frame in frames if frame.sender == emitter.address]
        levels = frame_levels_dbm(mean, len(own), rng)
        heard = receives(levels, rng)
        packets += [
            _to_packet(frame, int(level), channel_mhz, start_ns)
            for frame, level, is_heard in zip(own, levels, heard, strict=True)
            if is_heard
        ]
    packets.sort(key=lambda packet: packet[0])
    return write_pcap(path, packets, link_type=LINK_RADIOTAP, snap_length=128)


def _habits(
    emitter: WifiEmitter, seconds: float, rng: np.random.Generator, stimulus: ChipSequence | None, clock_s: float
) -> list[Packet]:
    match emitter.kind:
        case "ap":
            return []
        case "browser":
            return browse(seconds, rng)
        case "caller":
            return video_call(seconds, rng, bitrate_kbps=emitter.bitrate_kbps)
        case "uploader":
            return backup(seconds, rng, bitrate_kbps=emitter.bitrate_kbps)
        case "camera_station" | "camera_ap":
            return camera_stream(
                seconds,
                rng,
                bitrate_kbps=emitter.bitrate_kbps,
                pictures_hz=emitter.pictures_hz,
                group_s=emitter.group_s,
                light=stimulus if emitter.follows_light else None,
                clock_s=clock_s,
            )


def _beacons(emitter: WifiEmitter, seconds: float, rng: np.random.Generator, share: float) -> list[_Frame]:
    address = parse_address(emitter.address).to_bytes(6, "big")
    start_s = float(rng.uniform(0, BEACON_INTERVAL_S))
    since_boot_s = 3.7 * (int.from_bytes(address) % 100_003)  # nobody switches two of them on at the same moment
    rates, channel = bytes.fromhex("010882848b968c129824"), bytes([3, 1, 6])
    frames = []
    for number in range(int(seconds / BEACON_INTERVAL_S)):
        if rng.random() >= share:
            continue
        t_s = start_s + number * BEACON_INTERVAL_S
        head = struct.pack("<HH", 0x0080, 0) + _BROADCAST + address * 2 + struct.pack("<H", (number % 4096) << 4)
        timer_us = round((since_boot_s + t_s) * 1e6)
        body = struct.pack("<QHH", timer_us, 100, 0x0411) + bytes([0, len(emitter.ssid)]) + emitter.ssid
        frames.append(_Frame(t_s, emitter.address, head + body + rates + channel, len(head + body) + 120))
    return frames


def _to_frames(emitter: WifiEmitter, packets: Iterable[Packet], rng: np.random.Generator) -> list[_Frame]:
    """QoS data frames of an emitter's packets; some are repeated, as on the air."""
    is_ap = emitter.kind == "camera_ap"
    if not emitter.peer:
        return []
    here, there = (parse_address(a).to_bytes(6, "big") for a in (emitter.address, emitter.peer))
    numbers = {True: int(rng.integers(4096)), False: int(rng.integers(4096))}
    frames: list[_Frame] = []
    for packet in packets:
        numbers[packet.is_up] = (numbers[packet.is_up] + 1) % 4096
        sender, first, second = (emitter.address, there, here) if packet.is_up else (emitter.peer, here, there)
        goes_to_ap = packet.is_up != is_ap
        third = (first if goes_to_ap else second) if is_ap else _ROUTER
        flags = 0x41 if goes_to_ap else 0x42
        tail = first + second + third + struct.pack("<HH", numbers[packet.is_up] << 4, 0)
        length = packet.octets + AIR_OVERHEAD
        frames.append(_Frame(packet.t_s, sender, struct.pack("<BBH", 0x88, flags, 48) + tail, length))
        if rng.random() < RETRY_SHARE:
            repeat = struct.pack("<BBH", 0x88, flags | 0x08, 48) + tail
            frames.append(_Frame(packet.t_s + 0.0008, sender, repeat, length))
    return frames


def _take_turns(frames: list[_Frame]) -> list[_Frame]:
    """Only one radio speaks at a time: later frames wait for the channel."""
    free_at_s = 0.0
    spaced = []
    for frame in sorted(frames, key=lambda f: f.t_s):
        t_s = max(frame.t_s, free_at_s)
        free_at_s = t_s + 0.00012 + frame.length * 8 / 54e6
        spaced.append(replace(frame, t_s=t_s))
    return spaced


def _to_packet(frame: _Frame, level_dbm: int, channel_mhz: int, start_ns: int) -> tuple[int, bytes, int]:
    # Radiotap: version, pad, length 15, present; flags at 8, channel at 10, level at 14.
    radiotap = struct.pack("<BBHIBxHHb", 0, 0, 15, _RADIOTAP_PRESENT, 0, channel_mhz, 0x00A0, level_dbm)
    return start_ns + round(frame.t_s * 1e9), radiotap + frame.header, 15 + frame.length
