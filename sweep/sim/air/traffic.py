"""What simulated devices send and receive: pictures of a camera, pages of a browser, both halves of a call, a backup.

Input is a duration, habits and a random generator; output is packets with time, IP length and direction.  The camera
is a group-of-pictures encoder with slowly varying activity: complete pictures at fixed distance, differences between
them, more octets while the picture is brighter and many more where the light changes.  It is a plain model on purpose;
traffic of real encoders is made in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

PACKET_OCTETS: Final = 1400
ACK_OCTETS: Final = 52
COMPLETE_PICTURE_RATIO: Final = 5.0
"""Octets of a complete picture over those of a difference: guessed, usual for a still scene."""
LIGHT_GAIN: Final = 0.12
"""More octets per picture while the lamp is on: guessed."""
EDGE_GAIN: Final = 1.6
"""Octets of a picture in which the light changed over those of one in which it did not: guessed."""
WALK_GAIN: Final = 0.6
"""More octets per picture while somebody walks: measured on x264 of capped quality (tests/simulators,
`walk_capped_600`), the median over walks over that between them."""
PAGE_KB, PAUSE_S = 30.0, 7.0
"""Of a person who reads: guessed."""
CAMERA_DELAY_S: Final = 0.18
"""From light to packet: exposure, encoder and buffer, guessed."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One IP packet that a device sends (up) or is sent (down)."""

    t_s: float
    octets: int
    is_up: bool


class Encoder:
    """A camera's encoder: pictures one after the other, without an end."""

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        bitrate_kbps: float,
        pictures_hz: float,
        group_s: float,
        growth: Callable[[float], float] = lambda _: 1.0,
    ) -> None:
        """`growth`: octets of a picture sent at a time over those of the same picture of a dark and still room."""
        self._rng = rng
        self._pictures_hz = pictures_hz
        self._growth = growth
        self._per_group = max(round(group_s * pictures_hz), 1)
        mean = bitrate_kbps * 125.0 / pictures_hz
        self._difference = mean * self._per_group / (self._per_group - 1 + COMPLETE_PICTURE_RATIO)
        self._phase = int(rng.integers(self._per_group))
        self.offset_s = float(rng.uniform(0, 1 / pictures_hz))
        self._activity = 0.0
        self._number = 0

    @property
    def due_s(self) -> float:
        """The next picture is sent then, or some milliseconds later."""
        return self.offset_s + self._number / self._pictures_hz

    def next_picture(self) -> list[Packet]:
        """The packets of the next picture."""
        rng = self._rng
        t_s = self.due_s + abs(float(rng.normal(0, 0.002)))
        self._activity = 0.95 * self._activity + float(rng.normal(0, 0.05))
        is_complete = (self._number + self._phase) % self._per_group == 0
        size = self._difference * (COMPLETE_PICTURE_RATIO if is_complete else 1.0)
        size *= float(np.exp(self._activity + rng.normal(0, 0.12)))
        size *= self._growth(t_s)
        self._number += 1
        return _send_burst(t_s, round(size), rng, is_up=True, is_acknowledged=False)


def receiver_report(t_s: float) -> Packet:
    """What the other end of a camera's stream says once a second."""
    return Packet(t_s, 80, is_up=False)


def light_growth(now: int, before: int) -> float:
    """Octets of a picture under the lamp's level `now`, `before` that of the picture before."""
    return (1.0 + LIGHT_GAIN * now) * (EDGE_GAIN if now != before else 1.0)


def walk_growth(now: int) -> float:
    """Octets of a picture in which somebody walks (1) or not (0)."""
    return 1.0 + WALK_GAIN * now


def _send_burst(
    t_s: float, octets: int, rng: np.random.Generator, *, is_up: bool, is_acknowledged: bool = True
) -> list[Packet]:
    """A block of octets in full packets; TCP acknowledges every second one."""
    packets: list[Packet] = []
    count = max(-(-octets // PACKET_OCTETS), 1)
    for index in range(count):
        length = PACKET_OCTETS if index + 1 < count else max(octets - index * PACKET_OCTETS, 40)
        packets.append(Packet(t_s, length + 40, is_up))
        if is_acknowledged and index % 2:
            packets.append(Packet(t_s + 0.002, ACK_OCTETS, not is_up))
        t_s += 0.0003 + float(rng.exponential(0.0002))
    return packets


def browse(seconds: float, rng: np.random.Generator) -> list[Packet]:
    """A person reading pages: pauses, then a few requests and what they bring."""
    packets: list[Packet] = []
    t_s = float(rng.exponential(PAUSE_S / 2))
    while t_s < seconds:
        for _ in range(int(rng.integers(2, 7))):
            packets.append(Packet(t_s, int(rng.integers(120, 700)), is_up=True))
            answer = round(PAGE_KB * 250 * float(rng.lognormal(0, 0.8)))
            packets += _send_burst(t_s + float(rng.uniform(0.03, 0.12)), answer, rng, is_up=False)
            t_s += float(rng.exponential(0.25))
        t_s += float(rng.exponential(PAUSE_S))
    return [packet for packet in packets if packet.t_s < seconds]


def video_call(seconds: float, rng: np.random.Generator, *, bitrate_kbps: float) -> list[Packet]:
    """Pictures and sound in both directions."""
    packets: list[Packet] = []
    for is_up in (True, False):
        offset_s = float(rng.uniform(0, 0.04))
        for number in range(int(seconds * 20)):
            size = bitrate_kbps * 125.0 / 20 * float(rng.lognormal(0, 0.3))
            t_s = offset_s + number / 20 + abs(float(rng.normal(0, 0.004)))
            count = max(round(size / 1100), 1)
            packets += [Packet(t_s + 0.0005 * i, round(size / count) + 40, is_up) for i in range(count)]
        packets += [Packet(offset_s + n / 25, int(rng.integers(90, 160)), is_up) for n in range(int(seconds * 25))]
    return [packet for packet in packets if packet.t_s < seconds]


def backup(seconds: float, rng: np.random.Generator, *, bitrate_kbps: float) -> list[Packet]:
    """Photographs going to a cloud: blocks of one file, a pause while the next is prepared."""
    packets: list[Packet] = []
    t_s = float(rng.exponential(1.0))
    while t_s < seconds:
        left = round(250_000 * float(rng.lognormal(0, 0.7)))
        while left > 0 and t_s < seconds:
            block = min(left, int(rng.integers(8, 24)) * PACKET_OCTETS)
            packets += _send_burst(t_s, block, rng, is_up=True)
            t_s += block / (bitrate_kbps * 125.0) * float(rng.lognormal(0, 0.5))
            left -= block
        t_s += float(rng.exponential(1.5))
    return [packet for packet in packets if packet.t_s < seconds]
