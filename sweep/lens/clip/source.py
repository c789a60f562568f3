"""Sources of strobed frames, and which of them make a triple.

Job: group frames by their lamp phases and hand them out in electrons. Input: phases and a recorded clip; output:
`Triple`s and frames. Refuses live cameras: they belong to the probe and open only after the room was declared empty;
what they film is handed out by `hold`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import DARK, OFF_AXIS, ON_AXIS, RED, Clip, ClipMeta, Frame
from sweep.lens.clip.hot_pixels import HOT_FRAMES, HotPixels
from sweep.lens.pixels.register import Image

MAX_PAIR_FRAMES = 5
"""Derived: a group with all five phases is five frames long; a partner farther away belongs to another group."""
MAX_SHORT_FRAMES = 6
"""Derived: one group of six phases; farther away the motion in between is not known well enough."""
EXCHANGED = {RED: ON_AXIS, ON_AXIS: RED}


@dataclass(frozen=True, slots=True)
class Triple:
    """Frame indices of one on_axis frame and its nearest frames of the other phases."""

    on_axis: int
    off_axis: int
    dark: int
    middle: int | None = None
    """Of the middle ring, or of the inner one of two."""
    red: int | None = None
    outer: int | None = None
    """Of the outer one of two middle rings."""
    short: tuple[int, int] | None = None
    """On_axis and off_axis of the nearest group with short lamp pulses; each such group belongs to one triple."""

    @property
    def frames(self) -> frozenset[int]:
        """All of them."""
        parts = (self.on_axis, self.off_axis, self.dark, self.middle, self.red, self.outer, *(self.short or ()))
        return frozenset(part for part in parts if part is not None)


def pair_triples(
    phases: tuple[str, ...], short: frozenset[int] = frozenset()
) -> tuple[tuple[Triple, ...], Counter[str]]:
    """Group frames into triples in any order of phases. Counts on_axis frames without partner.

    `short`: frames with short lamp pulses; they make no triple of their own.
    """
    places = {
        letter: [i for i, p in enumerate(phases) if p == letter and (i not in short or letter == DARK)]
        for letter in (ON_AXIS, OFF_AXIS, DARK, "M", "N", RED)
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
            middle, outer, red = (_nearest(places[letter], a) for letter in ("M", "N", RED))
            triples.append(Triple(a, b, c, middle, red, outer))
    if not places[ON_AXIS]:
        rejected["no_on_axis_frame"] += 1
    return _with_short(triples, phases, short), rejected


def pair_red(phases: tuple[str, ...], short: frozenset[int] = frozenset()) -> tuple[Triple, ...]:
    """Triples in which a red frame stands for the on_axis one, and the nearest on_axis frame is the red one of each."""
    return pair_triples(tuple(EXCHANGED.get(phase, phase) for phase in phases), short)[0]


def _with_short(triples: list[Triple], phases: tuple[str, ...], short: frozenset[int]) -> tuple[Triple, ...]:
    """Give each group of short pulses to the triple that lies nearest to it."""
    off_axis = [i for i in sorted(short) if phases[i] == OFF_AXIS]
    owners: dict[int, tuple[int, int]] = {}
    for on in (i for i in sorted(short) if phases[i] == ON_AXIS):
        off = _nearest(off_axis, on)
        near = min(range(len(triples)), key=lambda k: abs(triples[k].on_axis - on), default=None)
        if off is None or near is None or abs(triples[near].on_axis - on) > MAX_SHORT_FRAMES:
            continue
        held = owners.get(near)
        if held is None or abs(triples[near].on_axis - on) < abs(triples[near].on_axis - held[0]):
            owners[near] = (on, off)
    return tuple(replace(triple, short=owners.get(k)) for k, triple in enumerate(triples))


@dataclass(frozen=True)
class Electrons:
    """One frame in electrons."""

    image: Image
    """H x W float32, black level out, hot pixels repaired."""
    saturated: npt.NDArray[np.uint8]
    """255 where the pixel stood at saturation, else 0."""


class FrameSource(Protocol):
    """Frames by their index: of a recorded clip, or of a view that a live camera holds (`hold.LiveSource`)."""

    @property
    def meta(self) -> ClipMeta:
        """Calibrated numbers of the frames; its phases and pulses are those of a recorded clip only."""

    def electrons(self, index: int) -> Electrons:
        """Frame `index`. Raises `ClipError` when it cannot be read."""

    def pulse(self, index: int) -> float:
        """Length of its lamp pulse against the nominal one."""


class RecordedSource:
    """Frames of one recorded clip, converted to electrons."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.meta: ClipMeta = clip.meta
        self._hot = HotPixels(clip.meta)
        dark = [i for i, p in enumerate(clip.meta.phases) if p == DARK]
        for index in dark[:: max(1, len(dark) // HOT_FRAMES)][:HOT_FRAMES]:
            self._hot.add(clip.frame(index))

    @property
    def hot_pixels(self) -> int:
        """Pixels taken for hot and repaired."""
        return len(self._hot)

    def electrons(self, index: int) -> Electrons:
        """Frame `index`. Raises `ClipError` when it cannot be read."""
        return to_electrons(self.clip.frame(index), self.meta, self._hot)

    def pulse(self, index: int) -> float:
        """Length of its lamp pulse against the nominal one."""
        return self.meta.pulse_scale[index] if self.meta.pulse_scale else 1.0


def to_electrons(raw: Frame, meta: ClipMeta, hot: HotPixels) -> Electrons:
    """A raw frame in electrons, hot pixels repaired."""
    # a whole number, else each pixel is made a double to be compared
    saturated = np.asarray(raw >= math.ceil(meta.saturation_dn)).view(np.uint8) * np.uint8(255)
    image = raw.astype(np.float32)
    image -= np.float32(meta.black_level)
    image *= np.float32(meta.e_per_dn)
    hot.repair(image)
    return Electrons(image, saturated)


def _nearest(places: list[int], index: int) -> int | None:
    best = min(places, key=lambda i: (abs(i - index), i), default=None)
    return best if best is not None and abs(best - index) <= MAX_PAIR_FRAMES else None
