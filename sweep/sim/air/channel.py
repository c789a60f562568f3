"""One channel of the simulated air, heard at one place, as far as somebody listened.

Input is the radios on the channel, the listener's place, the stage and a seed; output is the frames up to a time, each
with its level.  What is in the air depends on the seed and on the stage alone, never on when or in which steps it was
listened to; it is made up to the time that is asked for and no further, so that a camera may answer to what is played
meanwhile.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

import numpy as np

from .frames import BEACON_INTERVAL_S, Beacons, DataFrames, Frame, Medium, WifiEmitter, number_of_channel
from .path import frame_levels_dbm, mean_level_dbm, receives
from .stage import Stage
from .traffic import (
    CAMERA_DELAY_S,
    Encoder,
    Packet,
    backup,
    browse,
    light_growth,
    receiver_report,
    video_call,
    walk_growth,
)

PART_S: Final = 60.0
"""Habits are made up so far ahead at a time."""

Heard = tuple[float, Frame, int]
"""When it was sent, the frame, and its level in dBm."""


class ChannelAir:
    """A channel on its way; ask it in order of time."""

    def __init__(
        self,
        mhz: int,
        emitters: Sequence[WifiEmitter],
        receiver_xy_m: tuple[float, float],
        stage: Stage,
        seed: Sequence[int],
    ) -> None:
        """`seed`: of the room first, then of the position.  Raises ValueError for a bad address."""
        self._voices = [_Voice(mhz, emitter, stage, seed) for emitter in emitters]
        self._receptions = {emitter.address: _Reception(mhz, emitter, receiver_xy_m, seed) for emitter in emitters}
        self._medium = Medium()
        self._sent: list[tuple[float, Frame]] = []

    def until(self, t_s: float) -> list[Heard]:
        """What is heard after the last call and up to a time, in order."""
        ready = [frame for voice in self._voices for frame in voice.until(t_s)]
        self._sent += self._medium.send(sorted(ready, key=lambda frame: frame.t_s))
        count = sum(1 for sent_s, _ in self._sent if sent_s <= t_s)
        sent, self._sent = self._sent[:count], self._sent[count:]
        heard: list[Heard] = []
        for address, reception in self._receptions.items():
            heard += reception.hear([item for item in sent if item[1].sender == address])
        return sorted(heard, key=lambda item: item[0])


class _Habit(Protocol):
    """What a radio has to say."""

    def until(self, t_s: float) -> list[Packet]:
        """Packets after the last call that are ready by then, in order, or a little later."""


class _Parts:
    """A habit that answers to nothing: made up in parts."""

    def __init__(self, make: Callable[[float], list[Packet]]) -> None:
        self._make = make
        self._made_s = 0.0

    def until(self, t_s: float) -> list[Packet]:
        """Whole parts."""
        packets: list[Packet] = []
        while self._made_s <= t_s:
            part = sorted(self._make(PART_S), key=lambda packet: packet.t_s)
            packets += [Packet(self._made_s + packet.t_s, packet.octets, packet.is_up) for packet in part]
            self._made_s += PART_S
        return packets


class _Filming:
    """A camera: picture by picture, each by what its lens saw."""

    def __init__(self, emitter: WifiEmitter, stage: Stage, rng: np.random.Generator) -> None:
        self._stage = stage
        self._sees = emitter.follows_light
        self._exposure_s = 1.0 / emitter.pictures_hz
        self._encoder = Encoder(
            rng,
            bitrate_kbps=emitter.bitrate_kbps,
            pictures_hz=emitter.pictures_hz,
            group_s=emitter.group_s,
            growth=self._growth,
        )
        self._reports = 0
        self._spans_s = emitter.clips_s
        self._rng = rng
        self._clip_s = (0.0, math.inf)
        if self._spans_s is not None:
            begin_s = float(rng.uniform(-8.0, 10.0))
            self._clip_s = begin_s, begin_s + float(rng.uniform(*self._spans_s[0]))

    def _sends(self, t_s: float) -> bool:
        """Whether a picture of that moment is part of a clip; to be asked in order of time."""
        while self._spans_s is not None and t_s >= self._clip_s[1]:
            begin_s = self._clip_s[1] + float(self._rng.uniform(*self._spans_s[1]))
            self._clip_s = begin_s, begin_s + float(self._rng.uniform(*self._spans_s[0]))
        return t_s >= self._clip_s[0]

    def _growth(self, t_s: float) -> float:
        if not self._sees:
            return 1.0
        seen_s, stage = t_s - CAMERA_DELAY_S, self._stage
        lit = light_growth(stage.is_lit(seen_s), stage.is_lit(seen_s - self._exposure_s))
        return lit * walk_growth(stage.is_walked(seen_s))

    def until(self, t_s: float) -> list[Packet]:
        """Pictures that were taken by then."""
        packets: list[Packet] = []
        while (due_s := self._encoder.due_s) <= t_s:
            sends = self._sends(due_s)
            if due_s >= self._encoder.offset_s + self._reports:
                packets += [receiver_report(due_s)] if sends else []
                self._reports += 1
            picture = self._encoder.next_picture()
            packets += picture if sends else []
        return packets


class _Voice:
    """One radio: its beacons and its frames."""

    def __init__(self, mhz: int, emitter: WifiEmitter, stage: Stage, seed: Sequence[int]) -> None:
        def rng(purpose: int) -> np.random.Generator:
            return np.random.default_rng([*seed, _mark(emitter.address), purpose])

        self._beacons: Beacons | None = None
        self._beacon = 0
        if emitter.is_access_point:
            start_s = float(rng(0).uniform(0, BEACON_INTERVAL_S))
            self._beacons = Beacons(emitter, start_s, number_of_channel(mhz))
        self._habit = _habit_of(emitter, stage, rng(1)) if emitter.peer else None
        self._frames = DataFrames(emitter, rng(2)) if emitter.peer else None
        self._waiting: list[Frame] = []

    def until(self, t_s: float) -> list[Frame]:
        """Frames that are ready by then."""
        frames = [*self._waiting, *self._said(t_s)]
        self._waiting = [frame for frame in frames if frame.t_s > t_s]
        return [frame for frame in frames if frame.t_s <= t_s]

    def _said(self, t_s: float) -> Iterator[Frame]:
        if self._habit is not None and self._frames is not None:
            yield from self._frames.frames(self._habit.until(t_s))
        while self._beacons is not None and self._beacons.due_s(self._beacon) <= t_s:
            yield self._beacons.frame(self._beacon)
            self._beacon += 1


def _habit_of(emitter: WifiEmitter, stage: Stage, rng: np.random.Generator) -> _Habit | None:
    match emitter.kind:
        case "ap":
            return None
        case "browser":
            return _Parts(lambda seconds: browse(seconds, rng))
        case "caller":
            return _Parts(lambda seconds: video_call(seconds, rng, bitrate_kbps=emitter.bitrate_kbps))
        case "uploader":
            return _Parts(lambda seconds: backup(seconds, rng, bitrate_kbps=emitter.bitrate_kbps))
        case "camera_station" | "camera_ap":
            return _Filming(emitter, stage, rng)


class _Reception:
    """How the listener hears one radio."""

    def __init__(self, mhz: int, emitter: WifiEmitter, receiver_xy_m: tuple[float, float], seed: Sequence[int]) -> None:
        # Free space loses more on higher channels; the model of the path is that of 2.44 GHz.
        tx_dbm = emitter.tx_dbm - 20.0 * math.log10(mhz / 2_440.0)
        self._mean_dbm = mean_level_dbm(emitter.address, (emitter.x_m, emitter.y_m), receiver_xy_m, tx_dbm, seed[0])
        # One each, so that the steps in which somebody listens change nothing.
        self._fading = np.random.default_rng([*seed, _mark(emitter.address), 3])
        self._luck = np.random.default_rng([*seed, _mark(emitter.address), 4])

    def hear(self, sent: Sequence[tuple[float, Frame]]) -> list[Heard]:
        """Of what the radio sent, that which arrives."""
        if not sent:
            return []
        levels = frame_levels_dbm(self._mean_dbm, len(sent), self._fading)
        heard = receives(levels, self._luck).tolist()
        return [
            (t_s, frame, level)
            for (t_s, frame), level, is_heard in zip(sent, levels.tolist(), heard, strict=True)
            if is_heard
        ]


def _mark(address: str) -> int:
    return zlib.crc32(address.encode())
