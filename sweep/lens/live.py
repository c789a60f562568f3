"""The lens modality while the inspector moves: one triple in, candidates, coverage and guidance out.

Job: keep the last triples in memory, judge them with the detector in windows, follow candidates from
window to window, map what was seen, and say in words what the inspector should do differently. Input: `LiveTriple`s
and the camera's calibrated numbers; output: `LiveUpdate` for each, `LiveSummary` at the end. Refuses to keep frames: a
window holds eight triples and nothing longer, and one crop of a confirmed candidate is all that leaves. It judges
whatever it is given: who feeds it drops the triples for which there is no time, so that none counts as seen that the
detector never saw.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sweep.lens.clips import Clip, ClipMeta
from sweep.lens.crop import crop
from sweep.lens.frames import LiveTriple, PhaseFrame
from sweep.lens.live_records import Confirmed, CropBudget, LiveCandidate, LiveSummary, LiveUpdate
from sweep.lens.motion import Shift
from sweep.lens.pose import Pose
from sweep.lens.records import ClipResult, Detection
from sweep.lens.scan import scan_clip
from sweep.lens.seen import WALL_M, SeenWalls
from sweep.plug.strobe import Phase

WINDOW = 8
"""Triples judged together: as many as the recorded clips that the detector's score was calibrated on."""
STRIDE = 8
"""New triples between windows; every triple is judged once, for judging costs five times what all else does. Measured
on rendered half-size clips and one core: 9 ms a triple without judging, 42 ms of judging a triple and window."""
CONFIRMATIONS = 2
"""Windows in which a candidate must be found at its place before it is confirmed."""
MATCH_PX = 8.0
"""Guessed: how far a candidate may lie from where the view's motion puts it, at half size."""
MAX_FOLLOWED = 64
PATIENCE = 3
"""Triples that must agree before a sentence is said."""
UNSEEN_EVERY = 64
"""Triples between two sentences on where to turn: four seconds, in which a person does (guessed)."""
WINDOW_PHASES: tuple[Phase, ...] = ("A", "B", "C")


@dataclass
class _Followed:
    number: int
    x: float
    y: float
    best: Detection
    last_window: int
    windows: int = 1
    is_confirmed: bool = False


class LiveScan:
    """Judges triples as they come; one for each position of the inspector."""

    def __init__(
        self,
        meta: ClipMeta,
        *,
        crops: CropBudget,
        pose: Pose | None = None,
        clock: Callable[[], float] = time.perf_counter,
        judge: Callable[[Clip], ClipResult] = scan_clip,
    ) -> None:
        """`meta`: calibrated numbers of the frames that come (phases are ignored).

        `pose`: where the camera points; None: pictures alone tell. `clock` counts seconds; `judge` is the detector.
        """
        self._meta = meta
        self._crops = crops
        self._clock = clock
        self._judge = judge
        self._window: deque[LiveTriple] = deque(maxlen=WINDOW)
        self._since_window = 0
        self._last_number: int | None = None
        self._pose = pose or Pose(meta.focal_px)
        self._walls = SeenWalls(meta, self._pose)
        self._followed: list[_Followed] = []
        self._next = 1
        self._shifts: deque[Shift] = deque(maxlen=WINDOW)
        self._fault_votes: Counter[str] = Counter()
        self._said: set[str] = set()
        self._told: list[str] = []
        self._confirmed: list[Confirmed] = []
        self._triples = 0
        self._windows = 0
        self._dropped: Counter[str] = Counter()
        self._rejections: Counter[str] = Counter()

    def add(self, triple: LiveTriple) -> LiveUpdate:
        """Take one triple."""
        started = self._clock()
        self._triples += 1
        self._window.append(triple)
        self._since_window += 1
        steps = 1 if self._last_number is None else max(1, triple.number - self._last_number)
        self._last_number = triple.number
        times_ns = tuple(part.trigger.t_ns for part in _parts(triple))
        seen = self._walls.add(triple.on_axis.pixels, triple.dark.pixels, times_ns, steps)
        self._follow(seen.shift)
        if "slower" in seen.quality.faults:
            self._rejections["too_fast"] += 1
        confirmed = self._maybe_judge()
        spent = self._clock() - started
        return LiveUpdate(
            triple=triple.number,
            quality=seen.quality,
            guidance=self._guidance(seen.quality.faults),
            candidates=tuple(self._shown()),
            confirmed=confirmed,
            seen_share=seen.view.seen_share(WALL_M),
            seen_sr=self._walls.solid_angle_sr(),
            work_s=spent,
        )

    def begin_again(self) -> None:
        """What comes next follows after a pause: nobody knows how the view moved meanwhile."""
        self._window.clear()
        self._since_window = 0
        self._last_number = None
        self._shifts.clear()
        self._walls.begin_again()
        self._followed = [one for one in self._followed if one.is_confirmed]

    def finish(self) -> LiveSummary:
        """What the position amounts to; frames are let go."""
        self._window.clear()
        return self.so_far()

    def so_far(self) -> LiveSummary:
        """What the position amounts to as yet."""
        return LiveSummary(
            triples=self._triples,
            windows=self._windows,
            dropped=dict(sorted(self._dropped.items())),
            rejections=dict(sorted(self._rejections.items())),
            seen_sr=self._walls.solid_angle_sr(),
            range_m=WALL_M,
            confirmed=tuple(self._confirmed),
            guidance=tuple(dict.fromkeys(self._told)),
        )

    def _follow(self, shift: Shift) -> None:
        """Motion since the last triple, which moves the candidates along."""
        self._shifts.append(shift)
        if shift.is_known:
            for one in self._followed:
                one.x += shift.dx_px
                one.y += shift.dy_px
        else:
            self._dropped["view_lost"] += 1
            self._followed = [one for one in self._followed if one.is_confirmed]

    def _guidance(self, faults: tuple[str, ...]) -> tuple[str, ...]:
        """A sentence when `PATIENCE` triples agree; it may be said again after as many that were right."""
        said = []
        for name in ("slower", "glare", "farther", "closer", "less_light"):
            votes = self._fault_votes[name]
            self._fault_votes[name] = min(PATIENCE, votes + 1) if name in faults else max(0, votes - 1)
            if self._fault_votes[name] == PATIENCE and name not in self._said:
                self._said.add(name)
                said.append(name)
            elif self._fault_votes[name] == 0:
                self._said.discard(name)
        if not faults and not said and self._triples % UNSEEN_EVERY == 0:
            unseen = self._walls.unseen()
            said += [] if unseen is None else [unseen]
        self._told += [name for name in said if name not in self._told and not name.startswith("unseen")]
        return tuple(said)

    def _maybe_judge(self) -> tuple[Confirmed, ...]:
        if len(self._window) < WINDOW or self._since_window < STRIDE:
            return ()
        self._since_window = 0
        numbers = [t.number for t in self._window]
        if numbers[-1] - numbers[0] > 3 * WINDOW:
            self._dropped["window_with_gaps"] += 1
            return ()
        self._windows += 1
        clip = self._clip()
        result = self._judge(clip)
        if result.quality is not None:
            self._rejections.update(result.quality.rejections)
        if result.verdict == "not_assessable" and result.reason != "not_calibrated":
            self._rejections[result.reason] += 1
        taken = (self._take(clip, detection) for detection in result.candidates)
        return tuple(one for one in taken if one is not None)

    def _clip(self) -> Clip:
        """The window as a clip in memory, frames in the order in which they were exposed."""
        parts = sorted((part for t in self._window for part in _parts(t)), key=lambda part: part.trigger.number)
        pixels = [part.pixels for part in parts]
        meta = self._meta.model_copy(update={"clip": "live", "phases": tuple(p.trigger.phase for p in parts)})
        return Clip("live", meta, lambda index: pixels[index])

    def _take(self, clip: Clip, detection: Detection) -> Confirmed | None:
        """Hand a candidate of a window to those that are followed; the crop when that confirms it."""
        x, y = self._now(clip, detection)
        reach = MATCH_PX * max(0.5, self._meta.scale)
        known = min(self._followed, key=lambda one: np.hypot(one.x - x, one.y - y), default=None)
        if known is None or np.hypot(known.x - x, known.y - y) > reach:
            if len(self._followed) >= MAX_FOLLOWED:
                self._dropped["candidate_not_followed"] += 1
                return None
            self._followed.append(_Followed(self._next, x, y, detection, self._windows))
            self._next += 1
            return None
        known.x, known.y = x, y
        known.windows += known.last_window != self._windows
        known.last_window = self._windows
        if detection.score > known.best.score:
            known.best = detection
        if known.is_confirmed or known.windows < CONFIRMATIONS:
            return None
        known.is_confirmed = True
        picture = crop(clip, detection) if self._crops.take() else None
        if picture is None:
            self._dropped["crop_over_budget"] += 1
        direction = self._pose.direction(x, y, self._meta.principal_point)
        confirmed = Confirmed(known.number, detection, self._window[-1].number, picture, direction)
        self._confirmed.append(confirmed)
        return confirmed

    def _now(self, clip: Clip, detection: Detection) -> tuple[float, float]:
        """Where a detection of an earlier on_axis frame lies in the last one."""
        later = sum(phase == "A" for phase in clip.meta.phases[detection.frame + 1 :])
        moves = list(self._shifts)[-later:] if later else []
        return detection.x + sum(m.dx_px for m in moves), detection.y + sum(m.dy_px for m in moves)

    def _shown(self) -> list[LiveCandidate]:
        width, height = self._meta.width, self._meta.height
        return [
            LiveCandidate(one.number, round(one.x, 1), round(one.y, 1), one.best.score, one.windows, one.is_confirmed)
            for one in self._followed
            if 0 <= one.x < width and 0 <= one.y < height
        ]


def _parts(triple: LiveTriple) -> tuple[PhaseFrame, PhaseFrame, PhaseFrame]:
    return triple.on_axis, triple.off_axis, triple.dark
