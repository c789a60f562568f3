"""The lens scan while it happens: triples in, candidates, guidance and coverage out, in bounded memory.

Job: follow the triples of one view together (`hold`), show what looks like a lens early, confirm it once the view was
held to its end, say what the inspector should change, and keep count of what was seen and what was not. Input:
`LiveTriple`s as they come; output: a `LiveUpdate` for each and a `LiveSummary` at the end. Refuses to keep frames: a
hold keeps those that its next triple needs, and one crop of a confirmed candidate is all that leaves. It judges
whatever it is given: who feeds it drops the triples for which there is no time, so that none counts as seen that the
detector never saw.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.clip.frames import LiveTriple, PhaseFrame
from sweep.lens.clip.hot_pixels import HotPixels
from sweep.lens.crop import crop_frame
from sweep.lens.live.held_view import HOLD_TRIPLES, HeldView
from sweep.lens.live.observations import NO_DIRECTION, Direction
from sweep.lens.live.pose import Pose
from sweep.lens.live.records import Confirmed, CropBudget, LiveCandidate, LiveSummary, LiveUpdate
from sweep.lens.live.wall_coverage import SeenTriple, WallCoverage
from sweep.lens.pixels.motion import Shift
from sweep.lens.records import Detection

STRIDE = 8
"""Triples between two looks at what was followed so far: half a second, in which candidates show early. A look costs
as much as one or two triples."""
MAX_GAP = 16
"""Guessed: triples lost in a row, a second, beyond which nobody knows how the view moved."""
CONFIRMATIONS = 2
"""Looks at which a candidate must be found at its place before it is confirmed, the one over the whole hold among
them."""
MATCH_PX = 8.0
"""Guessed: how far a candidate may lie from where the view's motion puts it, at half size."""
MAX_FOLLOWED = 64
PATIENCE = 3
"""Triples that must agree before a sentence is said."""
UNSEEN_EVERY = 64
"""Triples between two sentences on where to turn: four seconds, in which a person does (guessed)."""
NO_SHIFT = Shift(0.0, 0.0, True)


@dataclass
class _Followed:
    number: int
    x: float
    y: float
    best: Detection
    direction: Direction
    """When it was found last."""
    last_look: int
    looks: int = 1
    is_confirmed: bool = False


class LiveScan:
    """Judges triples as they come; one for each position of the inspector."""

    def __init__(
        self,
        meta: ClipMeta,
        *,
        crops: CropBudget,
        pose: Pose | None = None,
        range_m: Callable[[], float | None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
        hold: Callable[[ClipMeta, HotPixels], HeldView] = HeldView,
    ) -> None:
        """`meta`: calibrated numbers of the frames that come (phases are ignored).

        `pose`: where the camera points; None: pictures alone tell. `range_m`: how far away the walls are now, where a
        range sensor says it (`ranging`). `clock` counts seconds; `hold` makes the detector of one view.
        """
        self._meta = meta
        self._crops = crops
        self._clock = clock
        self._new_hold = hold
        self._hot = HotPixels(meta)
        self._hold = hold(meta, self._hot)
        self._due = STRIDE
        """Triples of the hold at which it is looked at next."""
        self._last_seen: SeenTriple | None = None
        self._last_number: int | None = None
        self._pose = pose or Pose(meta.focal_px)
        self._walls = WallCoverage(meta, self._pose)
        self._range_m = range_m
        self._followed: list[_Followed] = []
        self._next = 1
        self._shifts: deque[tuple[int, Shift]] = deque(maxlen=2 * HOLD_TRIPLES)
        """With the trigger of the on_axis frame that the view had moved to."""
        self._fault_votes: Counter[str] = Counter()
        self._said: set[str] = set()
        self._told: list[str] = []
        self._confirmed: list[Confirmed] = []
        self._lamp_light: list[float] = []
        self._triples = 0
        self._looks = 0
        self._dropped: Counter[str] = Counter()
        self._rejections: Counter[str] = Counter()

    def add(self, triple: LiveTriple) -> LiveUpdate:
        """Take one triple."""
        started = self._clock()
        self._triples += 1
        confirmed: tuple[Confirmed, ...] = ()
        if self._last_number is not None and triple.number - self._last_number > MAX_GAP:
            self._dropped["hold_with_gap"] += 1
            confirmed += self._end_hold()
        trigger = triple.on_axis.trigger.number
        if triple.is_short and self._last_seen is not None:  # it shows no walls: the next one tells how the view moved
            self._shifts.append((trigger, NO_SHIFT))
            seen = replace(self._last_seen, shift=NO_SHIFT)
        else:
            seen = self._look(triple)
            if not seen.shift.is_known:
                confirmed += self._lose_view()
            self._follow(trigger, seen.shift)
        self._hold.add(triple)
        if self._hold.triples >= HOLD_TRIPLES:
            confirmed += self._end_hold()
        elif self._hold.followed >= self._due:
            self._due += STRIDE
            self._find(self._hold.judge().candidates)
        spent = self._clock() - started
        return LiveUpdate(
            triple=triple.number,
            quality=seen.quality,
            guidance=self._guidance(seen.quality.faults),
            candidates=tuple(self._shown()),
            confirmed=confirmed,
            seen_share=seen.view.seen_share(self._walls.wall_m),
            seen_sr=self._walls.solid_angle_sr(),
            work_s=spent,
        )

    def _look(self, triple: LiveTriple) -> SeenTriple:
        """How well a triple shows the walls, and how the view moved since the last that did."""
        steps = 1 if self._last_number is None else max(1, triple.number - self._last_number)
        self._last_number = triple.number
        times_ns = tuple(part.trigger.t_ns for part in _parts(triple))
        self._walls.note_range(self._range_m())
        self._last_seen = seen = self._walls.add(triple.on_axis.pixels, triple.dark.pixels, times_ns, steps)
        self._lamp_light.append(seen.quality.lamp_light_e)
        if "slower" in seen.quality.faults:
            self._rejections["too_fast"] += 1
        return seen

    def begin_again(self) -> None:
        """What comes next follows after a pause: nobody knows how the view moved meanwhile."""
        self._end_hold()
        self._last_number = self._last_seen = None
        self._shifts.clear()
        self._walls.begin_again()
        self._followed = [one for one in self._followed if one.is_confirmed]

    def finish(self) -> LiveSummary:
        """What the position amounts to; frames are let go."""
        self._end_hold()
        return self.so_far()

    def so_far(self) -> LiveSummary:
        """What the position amounts to as yet."""
        return LiveSummary(
            triples=self._triples,
            looks=self._looks,
            dropped=dict(sorted(self._dropped.items())),
            rejections=dict(sorted(self._rejections.items())),
            seen_sr=self._walls.solid_angle_sr(),
            seen=self._walls.directions(),
            range_m=self._walls.wall_m,
            is_range_measured=self._walls.is_wall_measured,
            confirmed=tuple(self._confirmed),
            guidance=tuple(dict.fromkeys(self._told)),
            lamp_light_e=float(np.median(self._lamp_light)) if self._lamp_light else None,
        )

    def _follow(self, trigger: int, shift: Shift) -> None:
        """Motion since the last triple, which moves the candidates along."""
        self._shifts.append((trigger, shift))
        for one in self._followed:
            one.x += shift.dx_px
            one.y += shift.dy_px

    def _lose_view(self) -> tuple[Confirmed, ...]:
        """Nobody knows how the view moved since the last triple."""
        confirmed = self._end_hold(is_view_lost=True)
        self._dropped["view_lost"] += 1
        self._followed = [one for one in self._followed if one.is_confirmed]
        return confirmed

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

    def _end_hold(self, *, is_view_lost: bool = False) -> tuple[Confirmed, ...]:
        """Judge the hold as a whole, confirm what it calls, withdraw what it calls no more, and begin another."""
        hold, self._due = self._hold, STRIDE
        confirmed: list[Confirmed] = []
        if hold.triples >= STRIDE:
            result = hold.finish()
            if result.quality is not None:
                self._rejections.update(result.quality.rejections)
            if result.verdict == "not_assessable":
                self._rejections[result.reason] += 1
            found = self._find(result.candidates, is_view_lost=is_view_lost)
            confirmed = [self._confirm(one, detection) for one, detection in found if self._may_confirm(one)]
            gone = [one for one in self._followed if not one.is_confirmed and one.last_look < self._looks]
            self._followed = [one for one in self._followed if one not in gone]
            self._dropped += Counter(candidate_withdrawn=len(gone))
        elif hold.triples:
            self._dropped["hold_too_short"] += 1
        self._hold = self._new_hold(self._meta, self._hot)
        return tuple(confirmed)

    def _find(
        self, detections: Sequence[Detection], *, is_view_lost: bool = False
    ) -> list[tuple[_Followed, Detection]]:
        """One look: hand its candidates to those that are followed; each with the best detection at its place."""
        self._looks += 1
        found: dict[int, tuple[_Followed, Detection]] = {}
        for detection in detections:
            one = self._take(detection, is_view_lost=is_view_lost)
            if one is not None:
                found.setdefault(one.number, (one, detection))
        return list(found.values())

    def _take(self, detection: Detection, *, is_view_lost: bool) -> _Followed | None:
        x, y = self._now(detection)
        direction = NO_DIRECTION if is_view_lost else self._pose.direction(x, y, self._meta.principal_point)
        reach = MATCH_PX * max(0.5, self._meta.scale)
        known = min(self._followed, key=lambda one: np.hypot(one.x - x, one.y - y), default=None)
        if known is None or np.hypot(known.x - x, known.y - y) > reach:
            if len(self._followed) >= MAX_FOLLOWED:
                self._dropped["candidate_not_followed"] += 1
                return None
            self._followed.append(_Followed(self._next, x, y, detection, direction, self._looks))
            self._next += 1
            return self._followed[-1]
        known.x, known.y = x, y
        known.direction = known.direction if is_view_lost else direction
        known.looks += known.last_look != self._looks
        known.last_look = self._looks
        if detection.score > known.best.score:
            known.best = detection
        return known

    def _may_confirm(self, one: _Followed) -> bool:
        return not one.is_confirmed and one.looks >= CONFIRMATIONS

    def _confirm(self, one: _Followed, detection: Detection) -> Confirmed:
        """Confirm a candidate of the hold that ends, with its crop."""
        one.is_confirmed = True
        frame = self._hold.on_axis(detection.frame)
        picture = None
        if frame is None:
            self._dropped["crop_too_late"] += 1
        elif self._crops.take():
            picture = crop_frame(frame.pixels, self._meta.black_level, detection)
        else:
            self._dropped["crop_over_budget"] += 1
        confirmed = Confirmed(one.number, detection, self._hold.last_triple, picture, one.direction)
        self._confirmed.append(confirmed)
        return confirmed

    def _now(self, detection: Detection) -> tuple[float, float]:
        """Where a detection in an earlier on_axis frame lies in the last one."""
        trigger = self._hold.trigger(detection.frame)
        moves = [shift for number, shift in self._shifts if number > trigger]
        return detection.x + sum(m.dx_px for m in moves), detection.y + sum(m.dy_px for m in moves)

    def _shown(self) -> list[LiveCandidate]:
        width, height = self._meta.width, self._meta.height
        return [
            LiveCandidate(
                one.number,
                round(one.x, 1),
                round(one.y, 1),
                one.best.score,
                one.looks,
                one.is_confirmed,
                one.best.evidence.get("snr"),
            )
            for one in self._followed
            if 0 <= one.x < width and 0 <= one.y < height
        ]


def _parts(triple: LiveTriple) -> tuple[PhaseFrame, PhaseFrame, PhaseFrame]:
    return triple.on_axis, triple.off_axis, triple.dark
