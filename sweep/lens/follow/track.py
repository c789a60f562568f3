"""Places followed over triples.

Job: link the peaks of successive on_axis frames that lie where the registered motion puts them, allowing a small
steady slide, and measure the place again where its peak was missed. Input: peaks of each triple and the motion
between on_axis frames; output: `Tracks`, one row per place and triple. Refuses to grow without bound: places and
triples are kept in tables of fixed size, the weakest and the oldest go first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.cutouts import COLUMNS, Table
from sweep.lens.pixels.detect import Peaks
from sweep.lens.pixels.excess import Indices
from sweep.lens.pixels.matched_filter import Column, carry
from sweep.lens.pixels.register import Motion

CAPACITY = 900
"""Places in memory, ended ones included."""
MAX_TRIPLES = 64
"""Triples in memory, 14 MB; of a longer clip the last ones count. A hand holds 30 to 60 on one wall."""
GATE_PX = 2.6
"""Derived: residual parallax and centroid error of a weak point at half size; scaled with focal length."""
FIRST_GATE_PX = 5.0
"""Guessed: the slide of a new track is not known yet."""
MAX_MISSES = 3
"""A track that misses this many triples in a row ends,"""
MISSES_SHARE, MOST_MISSES = 0.4, 10
"""Guessed: one that was found often before may miss this share of those triples, and at most so many: somebody walks
through the view, or a glance passes."""
SURE_Z = 4.5
"""Guessed: a weaker place that is missed at once was noise."""
LINK = ("x", "y", "found", "z", "snr", "slide_x", "slide_y", "level", "clutter", "moved_x", "moved_y")
"""Columns kept beside the measured ones; moved is the scene's motion at the place since the last triple."""
AT = {name: i for i, name in enumerate((*LINK, *COLUMNS))}
CELL_PX = 2

Measure = Callable[[Column, Column], Table]


@dataclass(frozen=True)
class Tracks:
    """Followed places. `rows` is N x T x len(AT), NaN where a place was not followed."""

    rows: npt.NDArray[np.float32]
    triples: npt.NDArray[np.intp]
    """Index of the triple of each of the T columns."""

    def __len__(self) -> int:
        return int(self.rows.shape[0])

    def column(self, name: str) -> npt.NDArray[np.float32]:
        """One quantity, N x T; NaN where the table was made before that was measured."""
        if AT[name] >= self.rows.shape[2]:
            return np.full(self.rows.shape[:2], np.nan, np.float32)
        return np.asarray(self.rows[:, :, AT[name]], np.float32)


class Tracker:
    """Links peaks triple by triple; `step` in the order of time."""

    def __init__(self, scale: float, shape: tuple[int, int], triples: int = MAX_TRIPLES) -> None:
        """scale: pixels per pixel of the half-size frame; shape: (H, W) of the frame; triples: how many come at most,
        where that is known.
        """
        self._room = max(1, min(triples, MAX_TRIPLES))
        self._scale = max(0.5, scale)
        self._shape = shape
        self._rows = np.full((CAPACITY, self._room, len(AT)), np.nan, np.float32)
        self._triples: list[int] = []
        self._live = np.zeros(CAPACITY, bool)
        self._used = np.zeros(CAPACITY, bool)
        self._x, self._y, self._vx, self._vy = (np.zeros(CAPACITY, np.float32) for _ in range(4))
        self._flux = np.ones(CAPACITY, np.float32)
        self._hits, self._misses = np.zeros(CAPACITY, np.int32), np.zeros(CAPACITY, np.int32)
        self._strength = np.zeros(CAPACITY, np.float32)
        self.dropped = 0
        """Places given up because the table was full."""

    def step(self, triple: int, peaks: Peaks, fresh: Indices, motion: Motion | None, measure: Measure) -> None:
        """Take the peaks of one triple. `fresh`: those that may start a track; `motion`: from the last on_axis frame
        to this one, None at the start; `measure`: measures places (x, y) of this triple.
        """
        column = self._open(triple)
        slots = np.flatnonzero(self._live)
        moved = np.zeros((slots.size, 2), np.float32)
        if motion is not None and slots.size:
            moved = self._predict(slots, motion)
        matched = self._match(slots, peaks)
        self._update(slots, matched, peaks)
        claimed = np.zeros(len(peaks), bool)
        claimed[matched[matched >= 0]] = True
        starts = fresh[~claimed[fresh]]
        starts = starts[self._far_from_live(slots, peaks, starts)]
        new = self._start(starts, peaks)
        starts = starts[: new.size]
        every = np.concatenate([slots, new]).astype(np.intp)
        source = np.concatenate([matched, starts]).astype(np.intp)
        table = measure(self._x[every], self._y[every])
        self._write(every, source, column, peaks, table, moved)
        self._prune()

    def finish(self) -> Tracks:
        """All places found at least twice, in the order in which they were met."""
        slots = np.flatnonzero(self._used & (self._hits >= min(2, max(1, len(self._triples)))))
        width = len(self._triples)
        return Tracks(self._rows[slots, :width], np.array(self._triples, np.intp))

    def _open(self, triple: int) -> int:
        if len(self._triples) == self._room:
            self._rows[:, :-1] = self._rows[:, 1:]
            self._rows[:, -1] = np.nan
            del self._triples[0]
        self._triples.append(triple)
        return len(self._triples) - 1

    def _predict(self, slots: Indices, motion: Motion) -> npt.NDArray[np.float32]:
        x, y = self._x[slots], self._y[slots]
        nx, ny = carry(x, y, motion.matrix, motion.flow, self._shape)
        moved = np.stack([nx - x, ny - y], axis=1).astype(np.float32)
        self._x[slots] = nx + self._vx[slots]
        self._y[slots] = ny + self._vy[slots]
        return moved

    def _match(self, slots: Indices, peaks: Peaks) -> npt.NDArray[np.intp]:
        """Index of the peak that continues each track, -1 for none; a peak continues one track, the strongest."""
        if not slots.size or not len(peaks):
            return np.full(slots.size, -1, np.intp)
        cells, rows, columns = self._cells(peaks)
        first = self._hits[slots] < 2
        gate = (
            np.where(first, FIRST_GATE_PX, GATE_PX)
            * self._scale
            * (1.0 + 0.3 * np.minimum(self._misses[slots], MAX_MISSES))
        )
        reach = int(np.ceil(FIRST_GATE_PX * self._scale * 1.6 / CELL_PX))
        offset = np.arange(-reach, reach + 1)
        v = np.clip((self._y[slots] / CELL_PX).astype(np.intp)[:, None] + offset, 0, rows - 1)
        u = np.clip((self._x[slots] / CELL_PX).astype(np.intp)[:, None] + offset, 0, columns - 1)
        near = cells[v[:, :, None], u[:, None, :]].reshape(slots.size, -1)
        index = np.maximum(near, 0)
        distance = np.hypot(peaks.x[index] - self._x[slots, None], peaks.y[index] - self._y[slots, None])
        change = np.abs(np.log(np.maximum(peaks.flux_e[index], 1.0) / self._flux[slots, None]))
        cost = distance / gate[:, None] + 0.5 * np.minimum(change, 3.0)
        cost[(near < 0) | (distance > gate[:, None])] = np.inf
        best = np.argmin(cost, axis=1)
        lines = np.arange(slots.size)
        matched = np.where(np.isfinite(cost[lines, best]), index[lines, best], -1)
        order = np.argsort(-self._strength[slots], kind="stable")
        _, firsts = np.unique(matched[order], return_index=True)
        winner = np.zeros(slots.size, bool)
        winner[order[firsts]] = True
        return np.where(winner, matched, -1)

    def _cells(self, peaks: Peaks) -> tuple[npt.NDArray[np.int32], int, int]:
        """Grid that holds the strongest peak of each cell, -1 where there is none."""
        rows, columns = self._shape[0] // CELL_PX + 1, self._shape[1] // CELL_PX + 1
        cells = np.full((rows, columns), -1, np.int32)
        order = np.argsort(peaks.snr, kind="stable")
        v = np.clip((peaks.y[order] / CELL_PX).astype(np.intp), 0, rows - 1)
        u = np.clip((peaks.x[order] / CELL_PX).astype(np.intp), 0, columns - 1)
        cells[v, u] = order
        return cells, rows, columns

    def _update(self, slots: Indices, matched: npt.NDArray[np.intp], peaks: Peaks) -> None:
        hit = matched >= 0
        s, m = slots[hit], matched[hit]
        slide_x = self._vx[s] + peaks.x[m] - self._x[s]
        slide_y = self._vy[s] + peaks.y[m] - self._y[s]
        blend = np.where(self._hits[s] >= 2, 0.5, 0.8).astype(np.float32)
        self._vx[s] += blend * (slide_x - self._vx[s])
        self._vy[s] += blend * (slide_y - self._vy[s])
        column = len(self._triples) - 1
        self._rows[s, column, AT["slide_x"]] = slide_x
        self._rows[s, column, AT["slide_y"]] = slide_y
        self._x[s], self._y[s] = peaks.x[m], peaks.y[m]
        self._flux[s] = np.maximum(peaks.flux_e[m], 1.0)
        self._hits[s] += 1
        self._misses[s] = 0
        self._strength[s] += np.clip(peaks.z[m], 0.0, 50.0) + 0.1 * np.clip(peaks.snr[m], 0.0, 50.0)
        self._misses[slots[~hit]] += 1

    def _far_from_live(self, slots: Indices, peaks: Peaks, starts: Indices) -> npt.NDArray[np.bool_]:
        """No second track is started on a place that is followed already."""
        if not slots.size or not starts.size:
            return np.ones(starts.size, bool)
        dx = peaks.x[starts][:, None] - self._x[slots]
        dy = peaks.y[starts][:, None] - self._y[slots]
        return np.asarray((dx * dx + dy * dy).min(axis=1) > (1.5 * self._scale) ** 2)

    def _start(self, starts: Indices, peaks: Peaks) -> Indices:
        free = np.flatnonzero(~self._used)
        if free.size < starts.size:
            ended = np.flatnonzero(self._used & ~self._live)
            weakest = ended[np.argsort(self._strength[ended], kind="stable")][: starts.size - free.size]
            self._used[weakest] = False
            free = np.concatenate([free, weakest])
        new = free[: starts.size]
        self.dropped += int(starts.size - new.size)
        source = starts[: new.size]
        self._rows[new] = np.nan
        self._used[new] = self._live[new] = True
        self._x[new], self._y[new] = peaks.x[source], peaks.y[source]
        self._vx[new] = self._vy[new] = 0.0
        self._flux[new] = np.maximum(peaks.flux_e[source], 1.0)
        self._hits[new], self._misses[new] = 1, 0
        self._strength[new] = np.clip(peaks.z[source], 0.0, 50.0)
        return new.astype(np.intp)

    def _write(
        self,
        slots: Indices,
        source: npt.NDArray[np.intp],
        column: int,
        peaks: Peaks,
        table: Table,
        moved: npt.NDArray[np.float32],
    ) -> None:
        rows = self._rows[slots, column]
        rows[:, len(LINK) :] = table
        rows[:, AT["x"]], rows[:, AT["y"]] = self._x[slots], self._y[slots]
        hit = source >= 0
        rows[:, AT["found"]] = hit
        for name, values in (("z", peaks.z), ("snr", peaks.snr), ("clutter", peaks.clutter), ("level", peaks.level)):
            if len(peaks):
                rows[hit, AT[name]] = values[source[hit]]
        rows[: moved.shape[0], AT["moved_x"]] = moved[:, 0]
        rows[: moved.shape[0], AT["moved_y"]] = moved[:, 1]
        self._rows[slots, column] = rows

    def _prune(self) -> None:
        height, width = self._shape
        outside = (self._x < 2) | (self._y < 2) | (self._x > width - 3) | (self._y > height - 3)
        weak = (self._hits == 1) & ((self._misses >= 2) | ((self._misses == 1) & (self._strength < SURE_Z)))
        patience = np.clip(MISSES_SHARE * self._hits, MAX_MISSES, MOST_MISSES)
        ending = self._live & (outside | (self._misses > patience) | weak)
        self._live[ending] = False
        self._used[ending & (self._hits < 2)] = False
