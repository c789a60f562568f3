"""Where the camera points while a position is filmed: by the motion of its pictures, and by the inertial sensor where
they do not tell.

Input is samples of the sensor head and shifts between triples; output is how fast the camera was turned during an
exposure, the shift to go by, and yaw and elevation of the camera.  The sensor is trusted with directions only once it
has agreed with the pictures, since how it is mounted nobody has measured; how fast it turns needs no mounting.  What
neither tells is None.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from sweep.lens.live.observations import Direction
from sweep.lens.pixels.motion import Shift
from sweep.modality.motion import ImuSample

KEPT_S: Final = 3.0
"""The detector falls behind by a second at most, or skips."""
LARGEST_STEP_NS: Final = 60_000_000
"""Between two samples, and from the last one on: a batch of four at 100 Hz, half of one more (derived)."""
LEVEL_NS: Final = 150_000_000
"""A hand's tremor of 6 to 12 Hz averages out over twice that (derived)."""
LEVEL_G: Final = (0.85, 1.15)
"""Beyond, the hand accelerates so much that gravity's direction is lost (guessed)."""
COMPARED: Final = 5
"""Triples whose shifts are added up before pictures and sensor are compared: 0.3 s of a hand (guessed)."""
LEAST_SHIFT_PX: Final = 6.0
"""Of pictures that moved less along an axis the direction says little: twice what the sensor's offset of 1 degree a
second makes of the time (derived)."""
AGREE_SHARE, AGREE_PX = 0.5, 2.0
"""How far sensor and pictures may differ: a wall at 1 m moves when the hand moves, too, which no gyro sees (guessed).
"""
LEAST_AGREEMENTS: Final = 3
AGREEMENTS_PER_DISSENT: Final = 3
"""Guessed."""
UPRIGHT: Final = 0.5
"""Least share of gravity along the sensor's z: nobody looks for lenses higher than 60 degrees for long (guessed)."""


class MotionTrack:
    """The last samples of the inertial sensor; whoever hears them and whoever asks may be two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: deque[ImuSample] = deque()

    def add(self, samples: Iterable[ImuSample]) -> None:
        """Samples in the order of their times; one that is not later than the last is left out."""
        with self._lock:
            for sample in samples:
                if not self._samples or sample.t_ns > self._samples[-1].t_ns:
                    self._samples.append(sample)
            while self._samples and self._samples[-1].t_ns - self._samples[0].t_ns > KEPT_S * 1e9:
                self._samples.popleft()

    def _between(self, from_ns: int, to_ns: int) -> list[ImuSample]:
        """Samples that cover the time without a hole, the ones around it included; none where there is a hole."""
        with self._lock:
            samples = list(self._samples)
        times = [one.t_ns for one in samples]
        first, last = bisect_left(times, from_ns) - 1, bisect_left(times, to_ns)
        if first < 0:
            return []
        found = samples[first : last + 1]
        ends = [*(one.t_ns for one in found), *([to_ns] if last >= len(samples) else [])]
        return found if all(b - a <= LARGEST_STEP_NS for a, b in pairwise(ends)) else []

    def turned_rad(self, from_ns: int, to_ns: int) -> tuple[float, float, float] | None:
        """How far the head turned about x, y and z in that time; None where that is not known."""
        samples = self._between(from_ns, to_ns)
        if not samples or to_ns <= from_ns:
            return None
        turned = [0.0, 0.0, 0.0]
        for at, one in enumerate(samples):
            begin_ns = max(one.t_ns, from_ns)
            end_ns = to_ns if at + 1 == len(samples) else min(samples[at + 1].t_ns, to_ns)
            for axis, dps in enumerate(one.rate_dps):
                turned[axis] += math.radians(dps) * max(0, end_ns - begin_ns) / 1e9
        return turned[0], turned[1], turned[2]

    def speed_rad_s(self, at_ns: int) -> float | None:
        """How fast it turned then, about whatever axis; None where that is not known."""
        samples = self._between(at_ns, at_ns + 1)
        if not samples:
            return None
        nearest = min(samples, key=lambda one: abs(one.t_ns - at_ns))
        return math.radians(math.hypot(*nearest.rate_dps))

    def up(self, at_ns: int) -> tuple[float, float, float] | None:
        """Which way is up, as a unit vector; None while the hand accelerates or nobody told."""
        with self._lock:
            near = [one.acceleration_g for one in self._samples if abs(one.t_ns - at_ns) <= LEVEL_NS]
        if not near:
            return None
        x, y, z = (sum(axis) / len(near) for axis in zip(*near, strict=True))
        size = math.hypot(x, y, z)
        return (x / size, y / size, z / size) if LEVEL_G[0] <= size <= LEVEL_G[1] else None


class Mounting:
    """Whether the sensor is mounted as it should be, as far as pictures tell; one for a camera.

    Its x is taken to point where the camera looks, y to its left and z upwards.
    """

    def __init__(self) -> None:
        self._seen, self._told, self._added = [0.0, 0.0], [0.0, 0.0], 0
        self._agreed, self._dissented = [0, 0], [0, 0]

    @property
    def is_trusted(self) -> bool:
        """Whether it tells directions as the pictures do, sideways and up."""
        return all(
            yes >= LEAST_AGREEMENTS and yes >= AGREEMENTS_PER_DISSENT * no
            for yes, no in zip(self._agreed, self._dissented, strict=True)
        )

    def compare(self, seen: Shift, told: Shift, up: tuple[float, float, float] | None) -> None:
        """One shift as the pictures and as the sensor tell it."""
        for axis, (by_eye, by_gyro) in enumerate(((seen.dx_px, told.dx_px), (seen.dy_px, told.dy_px))):
            self._seen[axis] += by_eye
            self._told[axis] += by_gyro
        self._added += 1
        if self._added < COMPARED:
            return
        is_upright = up is None or up[2] >= UPRIGHT
        for axis, (by_eye, by_gyro) in enumerate(zip(self._seen, self._told, strict=True)):
            size_px = max(abs(by_eye), abs(by_gyro))
            if size_px < LEAST_SHIFT_PX:
                continue
            if is_upright and abs(by_eye - by_gyro) <= AGREE_SHARE * size_px + AGREE_PX:
                self._agreed[axis] += 1
            else:
                self._dissented[axis] += 1
        self.forget()

    def forget(self) -> None:
        """What comes next does not follow on what came before."""
        self._seen, self._told, self._added = [0.0, 0.0], [0.0, 0.0], 0


class Pose:
    """Where the camera points, from the beginning of a position on; one for a position."""

    def __init__(self, focal_px: float, track: MotionTrack | None = None, mounting: Mounting | None = None) -> None:
        """`track`: what the sensor tells; None: nothing.  `mounting`: what is known of it from earlier positions."""
        self._focal_px = focal_px
        self._track = track or MotionTrack()
        self._mounting = mounting or Mounting()
        self._last_ns: int | None = None
        self._yaw_deg: float | None = 0.0
        """To the right of where the position began; None since nobody knows how the view moved."""
        self._elevation_deg: float | None = None

    def step(self, shift: Shift | None, t_ns: int) -> Shift:
        """The shift to go by since the last triple.

        `shift`: what the pictures say; None where there was none before.
        """
        told = None if self._last_ns is None else self._told(self._last_ns, t_ns)
        is_first, self._last_ns = self._last_ns is None, t_ns
        up = self._track.up(t_ns)
        if shift is not None and shift.is_known and told is not None:
            self._mounting.compare(shift, told, up)
        else:
            self._mounting.forget()
        is_trusted = self._mounting.is_trusted
        if shift is None or not shift.is_known:
            shift = told if told is not None and is_trusted else Shift(0.0, 0.0, is_first)
        if not shift.is_known:
            self._yaw_deg = None
        elif self._yaw_deg is not None:
            self._yaw_deg -= math.degrees(math.atan2(shift.dx_px, self._focal_px))
        self._elevation_deg = math.degrees(math.asin(up[0])) if up is not None and is_trusted else None
        return shift

    def _told(self, from_ns: int, to_ns: int) -> Shift | None:
        """The shift that the sensor's turning makes of a point in the middle of the picture."""
        turned = self._track.turned_rad(from_ns, to_ns)
        return None if turned is None else Shift(self._focal_px * turned[2], -self._focal_px * turned[1], True)

    def blur_px(self, times_ns: Iterable[int], exposure_s: float) -> float:
        """How far the picture moved during the fastest of these exposures, by the sensor; 0 where it does not tell."""
        speeds = [self._track.speed_rad_s(t_ns) for t_ns in times_ns]
        return max((speed for speed in speeds if speed is not None), default=0.0) * exposure_s * self._focal_px

    def direction(self, x_px: float, y_px: float, middle_px: tuple[float, float]) -> Direction:
        """Of a point of the present picture."""
        right = math.degrees(math.atan2(x_px - middle_px[0], self._focal_px))
        down = math.degrees(math.atan2(y_px - middle_px[1], self._focal_px))
        return Direction(
            None if self._yaw_deg is None else (self._yaw_deg + right + 180.0) % 360.0 - 180.0,
            None if self._elevation_deg is None else max(-90.0, min(90.0, self._elevation_deg - down)),
        )
