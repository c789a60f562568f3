"""Glints followed over triples.

Job: link the glints of successive triples that lie where the registered motion puts them, allowing a small steady
slide, and measure the place again where a glint was missed. Input: glints of each triple and the motion between
on_axis frames; output: `Track`s with one measurement per triple. Refuses to link across a frame that could not be
registered without widening its gate, and keeps a bounded number of tracks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sweep.lens.detect import COLUMNS, Glints
from sweep.lens.register import Affine

MAX_TRACKS = 600
GATE_PX = 2.5
"""Derived: residual parallax and centroid error of a weak point at half size; scaled with focal length."""
FIRST_GATE_PX = 5.0
"""Guessed: the slide of a new track is not known yet."""
MAX_MISSES = 3
"""A track that misses this many triples in a row ends."""


@dataclass
class Track:
    """One glint over triples. Grows while a clip is read; judged when it is complete."""

    x: float
    y: float
    slide_x: float = 0.0
    slide_y: float = 0.0
    triples: list[int] = field(default_factory=list)
    rows: list[npt.NDArray[np.float32]] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    slides: list[tuple[float, float]] = field(default_factory=list)
    misses: int = 0

    def column(self, name: str) -> npt.NDArray[np.float32]:
        """One measured quantity over the triples."""
        index = COLUMNS.index(name)
        return np.array([row[index] for row in self.rows], np.float32)

    @property
    def hits(self) -> int:
        """Triples in which the glint was found, not only measured."""
        return sum(self.found)

    @property
    def strength(self) -> float:
        """Sum of the standard deviations found: what a crowded clip keeps its tracks by."""
        return float(sum(max(0.0, float(row[2])) + 0.2 * max(0.0, float(row[3])) for row in self.rows))


class Tracker:
    """Links glints triple by triple; `step` in the order of time."""

    def __init__(self, scale: float) -> None:
        self.live: list[Track] = []
        self.ended: list[Track] = []
        self._scale = max(1.0, scale)

    def step(
        self,
        triple: int,
        glints: Glints,
        motion: Affine | None,
        shape: tuple[int, int],
        measure: Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], Glints],
    ) -> None:
        """Take the glints of one triple. `motion` maps the previous on_axis frame to this one, None at the start;
        `measure` measures forced places of this triple; `shape` is (H, W).
        """
        rows = glints.matrix()
        taken = np.zeros(len(glints), bool)
        if motion is not None:
            self._predict(motion)
        order = sorted(self.live, key=lambda track: -track.strength)
        missed: list[Track] = []
        for track in order:
            best = self._nearest(track, rows, taken)
            if best is None:
                missed.append(track)
            else:
                taken[best] = True
                self._accept(track, triple, rows[best], True)
        self._force(missed, triple, shape, measure)
        for i in np.flatnonzero(~taken):
            track = Track(float(rows[i, 0]), float(rows[i, 1]))
            track.triples.append(triple)
            track.rows.append(rows[i])
            track.found.append(True)
            self.live.append(track)
        self._prune(shape)

    def finish(self) -> list[Track]:
        """All tracks of the clip, strongest first."""
        tracks = self.ended + self.live
        return sorted(tracks, key=lambda track: -track.strength)

    def _predict(self, motion: Affine) -> None:
        if not self.live:
            return
        points = np.array([[t.x + t.slide_x, t.y + t.slide_y, 1.0] for t in self.live])
        moved = points @ motion.T
        for track, (x, y) in zip(self.live, moved, strict=True):
            track.x, track.y = float(x), float(y)

    def _nearest(self, track: Track, rows: npt.NDArray[np.float32], taken: npt.NDArray[np.bool_]) -> int | None:
        if not rows.size:
            return None
        gate = (FIRST_GATE_PX if track.hits < 2 else GATE_PX) * self._scale * (1.0 + 0.3 * track.misses)
        distance = np.hypot(rows[:, 0] - track.x, rows[:, 1] - track.y)
        distance[taken] = np.inf
        close = distance < gate
        if not close.any():
            return None
        flux = max(1.0, float(track.rows[-1][5]))
        ratio = np.abs(np.log(np.maximum(rows[:, 5], 1.0) / flux))
        cost = np.where(close, distance / gate + 0.5 * np.minimum(ratio, 3.0), np.inf)
        return int(np.argmin(cost))

    def _accept(self, track: Track, triple: int, row: npt.NDArray[np.float32], found: bool) -> None:
        if found:
            # the prediction already holds the slide, so the whole slide is what it assumed plus what was left over
            slide_x = track.slide_x + float(row[0]) - track.x
            slide_y = track.slide_y + float(row[1]) - track.y
            track.slides.append((slide_x, slide_y))
            blend = 0.5 if track.hits >= 2 else 0.8
            track.slide_x += blend * (slide_x - track.slide_x)
            track.slide_y += blend * (slide_y - track.slide_y)
            track.x, track.y = float(row[0]), float(row[1])
            track.misses = 0
        else:
            track.misses += 1
        track.triples.append(triple)
        track.rows.append(row)
        track.found.append(found)

    def _force(
        self,
        missed: list[Track],
        triple: int,
        shape: tuple[int, int],
        measure: Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], Glints],
    ) -> None:
        inside = [t for t in missed if 2 <= t.x < shape[1] - 2 and 2 <= t.y < shape[0] - 2]
        if not inside:
            return
        xs = np.array([round(t.x) for t in inside], np.intp)
        ys = np.array([round(t.y) for t in inside], np.intp)
        rows = measure(xs, ys).matrix()
        for track, row in zip(inside, rows, strict=True):
            self._accept(track, triple, row, False)

    def _prune(self, shape: tuple[int, int]) -> None:
        keep: list[Track] = []
        for track in self.live:
            outside = not (2 <= track.x < shape[1] - 2 and 2 <= track.y < shape[0] - 2)
            if outside or track.misses > MAX_MISSES or (track.hits == 1 and track.misses >= 2):
                if track.hits >= 2:
                    self.ended.append(track)
            else:
                keep.append(track)
        self.live = sorted(keep, key=lambda t: -t.strength)[:MAX_TRACKS]
        self.ended = sorted(self.ended, key=lambda t: -t.strength)[:MAX_TRACKS]
