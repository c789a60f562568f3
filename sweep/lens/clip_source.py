"""Sources of strobed frames.

Job: hand out frames with their lamp phase. Input: so far a recorded clip only; output: frames in order of time.
Refuses live cameras: they belong to the probe and open only after the room was declared empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.lens.clips import DARK, OFF_AXIS, ON_AXIS, Clip, ClipMeta
from sweep.lens.register import Image

MAX_PAIR_FRAMES = 5
"""Derived: a group with all five phases is five frames long; a partner farther away belongs to another group."""
HOT_FRAMES = 6
HOT_SIGMA = 8.0


@dataclass(frozen=True, slots=True)
class Triple:
    """Frame indices of one on_axis frame and its nearest frames of the other phases."""

    on_axis: int
    off_axis: int
    dark: int
    middle: int | None = None
    red: int | None = None


def pair_triples(phases: tuple[str, ...]) -> tuple[tuple[Triple, ...], Counter[str]]:
    """Group frames into triples in any order of phases. Counts on_axis frames without partner."""
    places = {
        letter: [i for i, p in enumerate(phases) if p == letter] for letter in (ON_AXIS, OFF_AXIS, DARK, "M", "R")
    }
    triples: list[Triple] = []
    rejected: Counter[str] = Counter()
    for a in places[ON_AXIS]:
        b = _nearest(places[OFF_AXIS], a)
        c = _nearest(places[DARK], a)
        if b is None:
            rejected["no_off_axis_frame"] += 1
        elif c is None:
            rejected["no_dark_frame"] += 1
        else:
            triples.append(Triple(a, b, c, _nearest(places["M"], a), _nearest(places["R"], a)))
    if not places[ON_AXIS]:
        rejected["no_on_axis_frame"] += 1
    return tuple(triples), rejected


@dataclass(frozen=True)
class Electrons:
    """One frame in electrons."""

    image: Image
    """H x W float32, black level out, hot pixels repaired."""
    saturated: npt.NDArray[np.uint8]
    """255 where the pixel stood at saturation, else 0."""


class RecordedSource:
    """Frames of one recorded clip, converted to electrons."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.meta: ClipMeta = clip.meta
        self._hot = self._find_hot_pixels()

    @property
    def hot_pixels(self) -> int:
        """Pixels taken for hot and repaired."""
        return int(self._hot[0].size)

    def electrons(self, index: int) -> Electrons:
        """Frame `index`. Raises `ClipError` when it cannot be read."""
        raw = self.clip.frame(index)
        saturated = (raw >= self.meta.saturation_dn).astype(np.uint8) * np.uint8(255)
        image = (raw.astype(np.float32) - np.float32(self.meta.black_level)) * np.float32(self.meta.e_per_dn)
        ys, xs = self._hot
        if xs.size:
            height, width = image.shape
            ring = [(-1, 0), (1, 0), (0, -1), (0, 1)]
            around = [image[np.clip(ys + j, 0, height - 1), np.clip(xs + i, 0, width - 1)] for j, i in ring]
            image[ys, xs] = np.median(np.stack(around), axis=0)
        return Electrons(image, saturated)

    def _dark_frames(self) -> Iterator[npt.NDArray[np.uint16]]:
        dark = [i for i, p in enumerate(self.meta.phases) if p == DARK]
        step = max(1, len(dark) // HOT_FRAMES)
        for i in dark[::step][:HOT_FRAMES]:
            yield self.clip.frame(i)

    def _find_hot_pixels(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Single pixels far above their neighbours in most dark frames; a light source is wider than one pixel."""
        votes: npt.NDArray[np.uint8] | None = None
        frames = 0
        for raw in self._dark_frames():
            image = raw.astype(np.float32)
            lone = _lone_excess(image)
            spread = (
                1.4826 * float(np.median(np.abs(lone[::4, ::4]))) + self.meta.read_noise_e / self.meta.e_per_dn + 0.3
            )
            hot = (lone > HOT_SIGMA * spread).astype(np.uint8)
            votes = hot if votes is None else votes + hot
            frames += 1
        if votes is None:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        ys, xs = np.nonzero(votes * 2 > frames) if frames > 1 else np.nonzero(votes)
        return ys, xs


def _lone_excess(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Each pixel minus the second largest of its 3 x 3 neighbourhood's rest: a point of light keeps little of it."""
    padded = np.pad(image, 1, mode="edge")
    height, width = image.shape
    shifts = [(j, i) for j in (0, 1, 2) for i in (0, 1, 2) if (j, i) != (1, 1)]
    rest = np.stack([padded[j : j + height, i : i + width] for j, i in shifts])
    return image - rest.max(axis=0)


def _nearest(places: list[int], index: int) -> int | None:
    best = min(places, key=lambda i: (abs(i - index), i), default=None)
    return best if best is not None and abs(best - index) <= MAX_PAIR_FRAMES else None
