"""One view that a live camera holds: its triples followed as they come, and judged together whenever it is asked.

Job: hand live frames to the same follower that recorded clips have, a triple behind, since the next one tells how the
view moved. Input: `LiveTriple`s; output: a `ClipResult` over all triples so far. Refuses to keep frames: what a triple
needs is let go with it, on_axis frames a little longer for the one crop of a candidate; places and triples are kept in
the bounded tables of the tracker.
"""

from __future__ import annotations

from dataclasses import replace

from sweep.lens.clip.clips import NOMINAL_SHARE, RED, ClipMeta
from sweep.lens.clip.frames import LiveTriple, PhaseFrame
from sweep.lens.clip.hot_pixels import HotPixels
from sweep.lens.clip.source import (
    MAX_PAIR_FRAMES,
    MAX_SHORT_FRAMES,
    Electrons,
    Triple,
    pair_red,
    pair_triples,
    to_electrons,
)
from sweep.lens.follow.follow import Followed, Follower
from sweep.lens.records import ClipResult
from sweep.lens.scan import conclude

HOLD_TRIPLES = 60
"""Triples of one hold: a hand holds 30 to 60 on one wall, 2 to 4 s. What comes then is another hold.
The tracker holds 64."""
NAME = "live"
KEPT_ON_AXIS = 12
"""On_axis frames kept for crops: as many as come between two looks, and a few gaps; 10 MB at half size."""
MOST_DETECTIONS = 12
"""Best places of a look; a wall with more lens candidates than that is looked at by eye as a whole (guessed)."""
REACH = MAX_PAIR_FRAMES + MAX_SHORT_FRAMES
"""Frames before an on_axis one that may be its partners: those of short pulses lie farthest (derived)."""
MARKED = 4 * REACH
"""Frames of which the lamp is known still, so that each short group goes to the triple nearest to it."""


class LiveSource:
    """Frames of a hold by their index: triggers since it began, so that a frame that was lost leaves a gap."""

    def __init__(self, meta: ClipMeta, hot: HotPixels) -> None:
        self.meta = meta
        self._hot = hot
        self.frames: dict[int, PhaseFrame] = {}

    def electrons(self, index: int) -> Electrons:
        """Frame `index`; KeyError for one that was let go."""
        return to_electrons(self.frames[index].pixels, self.meta, self._hot)

    def pulse(self, index: int) -> float:
        """Length of its lamp pulse against the nominal one."""
        return self.frames[index].trigger.pulse_scale


class HeldView:
    """Triples of one view; `add` them in their order."""

    def __init__(self, meta: ClipMeta, hot: HotPixels) -> None:
        """`hot`: what earlier holds of the same camera told of its pixels."""
        self._meta, self._hot = meta, hot
        self._source = LiveSource(meta, hot)
        self._triples: list[Triple] = []
        self._follower = Follower(self._source, self._triples, HOLD_TRIPLES)
        self._red_triples: list[Triple] = []
        self._red = Follower(self._source, self._red_triples, HOLD_TRIPLES)
        self._first: int | None = None
        self._marks: dict[int, tuple[str, bool]] = {}
        """Lamp of a frame, and whether its pulse was short."""
        self._on_axis: dict[int, PhaseFrame] = {}
        self._frames = 0
        self.last_triple = 0
        """Number of the latest triple."""

    @property
    def triples(self) -> int:
        """Triples taken, those with short pulses not among them."""
        return len(self._triples)

    @property
    def followed(self) -> int:
        """Triples that `judge` judges."""
        return self._follower.done

    def add(self, triple: LiveTriple) -> None:
        """Take one triple and what was taken beside it, at most `HOLD_TRIPLES` in all."""
        parts = (triple.on_axis, triple.off_axis, triple.dark)
        first = self._first = min(p.trigger.number for p in parts) if self._first is None else self._first
        for part in (*parts, *triple.beside):
            index = part.trigger.number - first
            if index >= 0:
                self._source.frames[index] = part
                self._marks[index] = part.trigger.phase, part.trigger.pulse_scale < NOMINAL_SHARE
                self._frames += 1
        self._hot.add(triple.dark.pixels)
        self.last_triple = triple.number
        if triple.is_short:
            return
        here = triple.on_axis.trigger.number - first
        paired = self._paired(here)
        if paired is None:
            return
        self._triples.append(paired)
        self._on_axis[here] = triple.on_axis
        self._follow(len(self._triples) - 1)
        self._follow_red(here - MAX_PAIR_FRAMES, ends=False)
        self._let_go(here)

    def so_far(self) -> Followed:
        """What was followed so far: all triples but the last."""
        red = self._red.so_far(self._frames) if self._red.done else None
        return self._follower.so_far(self._frames, red)

    def judge(self) -> ClipResult:
        """Judge what was followed so far."""
        return conclude(NAME, self._meta, self.so_far(), None, MOST_DETECTIONS)

    def finish(self) -> ClipResult:
        """Judge all triples; none may be added afterwards."""
        self._follow(len(self._triples))
        if self._marks:
            self._follow_red(max(self._marks), ends=True)
        return self.judge()

    def on_axis(self, index: int) -> PhaseFrame | None:
        """The on_axis frame of a detection; None where it was let go."""
        return self._on_axis.get(index)

    def trigger(self, index: int) -> int:
        """Number of the trigger of frame `index`."""
        return index + (self._first or 0)

    def _paired(self, on_axis: int) -> Triple | None:
        """The triple of an on_axis frame, out of the frames around it that are known by now."""
        low = on_axis - MARKED // 2
        marks = [self._marks.get(i, ("", False)) for i in range(low, max(self._marks) + 1)]
        shorts = frozenset(i for i, (_, is_short) in enumerate(marks) if is_short)
        triples, _ = pair_triples(tuple(phase for phase, _ in marks), shorts)
        return next((_shifted(one, low) for one in triples if one.on_axis + low == on_axis), None)

    def _follow(self, until: int) -> None:
        """Follow triples up to that number; a group of short pulses behind one is known only now."""
        for number in range(self._follower.done, until):
            self._triples[number] = self._paired(self._triples[number].on_axis) or self._triples[number]
            self._follower.step()

    def _follow_red(self, until: int, *, ends: bool) -> None:
        """Follow red frames up to that one, whose partners are all known; the last of them waits for the next."""
        last = self._red_triples[-1].on_axis if self._red_triples else -1
        if any(phase == RED and last < index <= until for index, (phase, _) in self._marks.items()):
            low = min(self._marks)
            marks = [self._marks.get(i, ("", False)) for i in range(low, max(self._marks) + 1)]
            shorts = frozenset(i for i, (_, is_short) in enumerate(marks) if is_short)
            paired = (_shifted(one, low) for one in pair_red(tuple(phase for phase, _ in marks), shorts))
            fresh = [one for one in paired if last < one.on_axis <= until and one.frames <= set(self._source.frames)]
            self._red_triples.extend(fresh[: HOLD_TRIPLES - len(self._red_triples)])
        for _ in range(self._red.done, len(self._red_triples) - (0 if ends else 1)):
            self._red.step()

    def _let_go(self, newest: int) -> None:
        """Forget what no triple from `newest` on needs, nor the red one that waits."""
        waiting = self._red_triples[-1].frames if self._red_triples else frozenset()
        for old in [index for index in self._source.frames if index < newest - REACH and index not in waiting]:
            del self._source.frames[old]
        for old in [index for index in self._marks if index < newest - MARKED]:
            del self._marks[old]
        for old in list(self._on_axis)[:-KEPT_ON_AXIS]:
            del self._on_axis[old]


def _shifted(triple: Triple, by: int) -> Triple:
    def moved(index: int | None) -> int | None:
        return None if index is None else index + by

    short = None if triple.short is None else (triple.short[0] + by, triple.short[1] + by)
    return replace(
        triple, on_axis=triple.on_axis + by, off_axis=triple.off_axis + by, dark=triple.dark + by,
        middle=moved(triple.middle), outer=moved(triple.outer), red=moved(triple.red), short=short,
    )  # fmt: skip
