"""Simulated 802.11 traffic as a monitor-mode receiver on one channel would record it.

Input is emitters with places and habits, the listener's place, a duration and a seed; output is a pcap with radiotap
and frame headers only (the lengths on the air are kept).  Access points announce themselves, phones and laptops
browse, call and back up, cameras stream groups of pictures and may answer to light.  Everything is made up, addresses
included; nothing here is used to tune a detector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from sweep.captures.packets import LINK_RADIOTAP
from sweep.sim.air.frames import BEACON_INTERVAL_S, Beacons, DataFrames, Frame, Medium, WifiEmitter, with_radiotap
from sweep.sim.air.path import frame_levels_dbm, mean_level_dbm, receives
from sweep.sim.air.traffic import (
    CAMERA_DELAY_S,
    Encoder,
    Packet,
    backup,
    browse,
    light_growth,
    receiver_report,
    video_call,
)
from sweep.wifi.stimulus.sequence import ChipSequence
from tests.simulators.pcap import write_pcap

DEFAULT_START_NS: Final = 1_750_000_000_000_000_000


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
    frames: list[Frame] = []
    for emitter in emitters:
        if emitter.is_access_point:
            frames += _beacons(emitter, seconds, rng, beacon_share)
        packets = _habits(emitter, seconds, rng, stimulus, start_ns / 1e9)
        if emitter.peer:
            frames += DataFrames(emitter, rng).frames(packets)
    sent = list(Medium().send(sorted(frames, key=lambda frame: frame.t_s)))
    heard: list[tuple[int, bytes, int]] = []
    for emitter in emitters:
        mean = mean_level_dbm(emitter.address, (emitter.x_m, emitter.y_m), listener_xy_m, emitter.tx_dbm, seed)
        own = [(t_s, frame) for t_s, frame in sent if frame.sender == emitter.address]
        levels = frame_levels_dbm(mean, len(own), rng)
        for (t_s, frame), level, is_heard in zip(own, levels, receives(levels, rng), strict=True):
            if is_heard:
                octets, original = with_radiotap(frame, int(level), channel_mhz)
                heard.append((start_ns + round(t_s * 1e9), octets, original))
    heard.sort(key=lambda packet: packet[0])
    return write_pcap(path, heard, link_type=LINK_RADIOTAP, snap_length=128)


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


def camera_stream(
    seconds: float,
    rng: np.random.Generator,
    *,
    bitrate_kbps: float,
    pictures_hz: float,
    group_s: float,
    light: ChipSequence | None = None,
    clock_s: float = 0.0,
) -> list[Packet]:
    """A camera that sends pictures over RTP, with a receiver report once a second.

    `light` is a sequence that its lens sees, on a clock on which this capture starts at `clock_s`.
    """

    def growth(t_s: float) -> float:
        if light is None:
            return 1.0
        seen_s = clock_s + t_s - CAMERA_DELAY_S
        return light_growth(_chip_at(light, seen_s), _chip_at(light, seen_s - 1 / pictures_hz))

    encoder = Encoder(rng, bitrate_kbps=bitrate_kbps, pictures_hz=pictures_hz, group_s=group_s, growth=growth)
    packets = [packet for _ in range(int(seconds * pictures_hz)) for packet in encoder.next_picture()]
    packets += [receiver_report(encoder.offset_s + second) for second in range(int(seconds))]
    return [packet for packet in packets if packet.t_s < seconds]


def _chip_at(light: ChipSequence, t_s: float) -> int:
    number = int((t_s - light.start_s) // light.chip_s)
    return light.chips[number] if 0 <= number < len(light.chips) else 0


def _beacons(emitter: WifiEmitter, seconds: float, rng: np.random.Generator, share: float) -> Iterator[Frame]:
    beacons = Beacons(emitter, float(rng.uniform(0, BEACON_INTERVAL_S)))
    for number in range(int(seconds / BEACON_INTERVAL_S)):
        if rng.random() < share:
            yield beacons.frame(number)
