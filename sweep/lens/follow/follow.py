"""The triples of one view placed, measured and followed, one after the other.

Job: what a recorded clip and a live camera have in common before anything is judged. Input: a source of frames and the
triples in it, all of them known or still growing; output: `Followed`. Refuses a triple that registration or its light
refuses: it is counted by its reason, and the tracks go on behind it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import Clip
from sweep.lens.clip.phases import TripleLight
from sweep.lens.clip.source import FrameSource, RecordedSource, Triple, pair_red, pair_triples
from sweep.lens.follow import coverage
from sweep.lens.follow.align import Chain, place_triple
from sweep.lens.follow.glints import find_glints
from sweep.lens.follow.track import Tracker, Tracks
from sweep.lens.pixels.detect import worth_following

EYES_EVERY = 3
"""Second eyes are looked for in every third triple: faces do not change faster, and it costs 6 ms."""
GRID_EVERY = 2
"""Noise is mapped in every second triple: its median over the triples is what counts."""
KEPT_BYTES = 24 << 20
"""Derived: below the 32 MiB beyond which glibc gives every block back at once."""


@dataclass
class Progress:
    """What accumulates while one view is followed."""

    lights: list[TripleLight] = field(default_factory=list)
    grids: list[npt.NDArray[np.float32]] = field(default_factory=list)
    rejections: Counter[str] = field(default_factory=Counter)
    used: list[int] = field(default_factory=list)
    work_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Followed:
    """A view before it is judged."""

    triples: Sequence[Triple]
    chain: Chain
    tracks: Tracks
    progress: Progress
    frames: int
    """Those of no triple included."""
    red: Followed | None = None
    """The same view with red frames for on_axis ones, and those for red ones; None without red frames."""


class Follower:
    """Follows the triples of one view in their order."""

    def __init__(self, source: FrameSource, triples: Sequence[Triple], room: int) -> None:
        """`triples` may grow; `room`: how many come at most."""
        _keep_freed_memory()
        self.progress = Progress()
        self.chain = Chain(source, triples)
        self._source, self._triples = source, triples
        self._tracker = Tracker(source.meta.scale, (source.meta.height, source.meta.width), room)

    @property
    def done(self) -> int:
        """Triples followed as yet."""
        return len(self.progress.lights)

    def step(self) -> None:
        """Follow the next triple; the one after it tells how the view moved meanwhile, where it is there already.
        Raises `ClipError` when a frame cannot be read.
        """
        started, progress, index = time.perf_counter(), self.progress, self.done
        placed = place_triple(self.chain, index)
        progress.lights.append(placed.light)
        if placed.fault:
            progress.rejections[placed.fault] += 1
        else:
            used = len(progress.used)
            glints = find_glints(placed, self._source.meta, seeks_eyes=used % EYES_EVERY == 0)
            fresh = worth_following(glints.peaks)
            self._tracker.step(index, glints.peaks, fresh, placed.motion_since_last, glints.measure)
            if used % GRID_EVERY == 0:
                progress.grids.append(coverage.noise_grid(glints))
            progress.used.append(index)
        progress.work_s.append(time.perf_counter() - started - placed.read_s)

    def so_far(self, frames: int, red: Followed | None = None) -> Followed:
        """What is followed as yet, of so many frames; `red`: what is in red ones."""
        return Followed(self._triples, self.chain, self._tracker.finish(), self.progress, frames, red)


def follow_clip(clip: Clip) -> Followed:
    """Register, measure and follow one clip, without judging it. Raises `ClipError` when a frame cannot be read."""
    triples, rejected = pair_triples(clip.meta.phases, clip.meta.short_frames)
    follower = _followed_through(clip, triples)
    follower.progress.rejections.update(rejected)
    frames = len(clip.meta.phases)
    for index in set(range(frames)).difference(*(one.frames for one in triples)):
        clip.frame(index)  # a clip with a broken frame is a broken clip, wherever it lies
    in_red = pair_red(clip.meta.phases, clip.meta.short_frames)
    return follower.so_far(frames, _followed_through(clip, in_red).so_far(frames) if in_red else None)


def _followed_through(clip: Clip, triples: Sequence[Triple]) -> Follower:
    follower = Follower(RecordedSource(clip), triples, len(triples))
    for _ in triples:
        follower.step()
    return follower


def _keep_freed_memory() -> None:
    """Have the C library keep what is freed, up to twice `KEPT_BYTES`, for the next frame: glibc learns how much from
    the largest block that was given back. Else the system clears each frame's memory anew, a fifth of all time.
    """
    np.empty(KEPT_BYTES, np.uint8)
