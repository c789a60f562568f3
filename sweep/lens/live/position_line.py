"""What is heard and said on the line to the runner while a position is filmed.

Job: keep the triggers and the reason why it is over, and tell what the inspector should know. Input: the runner's
messages and what the live scan found; output: triggers, and messages to the runner. Refuses to say the same twice a
second.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.live.live import CONFIRMATIONS
from sweep.lens.live.pose import MotionTrack
from sweep.lens.live.records import LiveUpdate
from sweep.lens.live.wall_coverage import quality_of
from sweep.lens.words import WORDS
from sweep.modality.looks import POINTED_DEG
from sweep.modality.messages import FirstWord, Guide, Leave, Line, SpotNow
from sweep.modality.motion import Moved
from sweep.modality.strobe import StrobeEnded, Trigger, Triggers

LEASE_CODES = {"not_declared": "room_not_declared_empty"}
"""The lens has a sentence of its own for a lease that is over."""
TELL_EVERY_S = 1.0
"""The page draws no faster (guessed)."""
POINT_EVERY_S = 0.25
"""Between two messages on where the candidate is: a hand that follows them wants no more (guessed)."""


class Ear:
    """What the runner says while a position is filmed: triggers, and that it is over."""

    def __init__(self, line: Line, track: MotionTrack) -> None:
        self._line = line
        self._track = track
        self._triggers: list[Trigger] = []
        self.has_begun = False
        self.ended: str | None = None
        """Why no more is to be filmed, a code; FILMED_OUT when it was time."""
        self.dropped: Counter[str] = Counter()

    def hear(self, wait_s: float = 0.0) -> None:
        for message in self._line.hear(wait_s):
            match message:
                case Triggers(triggers=triggers, dropped=dropped):
                    self.has_begun = self.has_begun or bool(triggers)
                    self._triggers += triggers
                    self.dropped.update(dict(dropped))
                case Moved(samples=samples):
                    self._track.add(samples)
                case StrobeEnded(because=because) | Leave(reason=because):
                    self.ended = self.ended or LEASE_CODES.get(because, because)
                case _:
                    pass

    def triggers(self) -> list[Trigger]:
        """Those that came since it was last asked."""
        self.hear()
        found, self._triggers = self._triggers, []
        return found


class PageTeller:
    """Tells the runner what the inspector should know, once a second or at once where it is news."""

    def __init__(
        self,
        line: Line,
        longest_s: float,
        clock_s: Callable[[], float] = time.monotonic,
        *,
        meta: ClipMeta | None = None,
        range_m: Callable[[], float | None] = lambda: None,
    ) -> None:
        """`meta`: of the frames, for angles; None: none are told.  `range_m`: to the walls, where it is measured."""
        self._line = line
        self._meta = meta
        self._range_m = range_m
        self._pointed_s = 0.0
        self._longest_s = longest_s
        self._clock_s = clock_s
        self._begun_s: float | None = None
        self._told_s = 0.0
        self._has_candidate = self._is_confirmed = False

    def tell(self, update: LiveUpdate) -> None:
        for name in update.guidance:
            if name in WORDS.guidance:
                self._line.say(Guide(WORDS.guidance[name].text()))
        self._is_confirmed |= bool(update.confirmed)
        has_candidate = self._is_confirmed or any(one.looks >= CONFIRMATIONS for one in update.candidates)
        is_news, self._has_candidate = has_candidate and not self._has_candidate, has_candidate
        now_s = self._clock_s()
        self._begun_s = now_s if self._begun_s is None else self._begun_s
        if is_news or now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            share = min(1.0, (now_s - self._begun_s) / self._longest_s)
            self._line.say(FirstWord(self._has_candidate, quality_of(update.seen_sr), share))
        if self._meta is not None and now_s - self._pointed_s >= POINT_EVERY_S:
            self._point(update, self._meta, now_s)

    def _point(self, update: LiveUpdate, meta: ClipMeta, now_s: float) -> None:
        """Where the best candidate in the picture is; nothing where there is none that was found twice."""
        found = [one for one in update.candidates if one.looks >= CONFIRMATIONS]
        best = max(found, key=lambda one: one.score, default=None)
        if best is None:
            return
        self._pointed_s = now_s
        self._line.say(spot_at(best.x, best.y, meta, self._range_m(), best.snr))


def spot_at(x: float, y: float, meta: ClipMeta, range_m: float | None, snr: float | None) -> SpotNow:
    """Where a place of the picture lies, seen from its middle."""
    right, down = (
        math.degrees(math.atan2(at - middle, meta.focal_px))
        for at, middle in zip((x, y), meta.principal_point, strict=True)
    )
    return SpotNow(round(right, 1), round(-down, 1), range_m, snr)


def is_pointed_at(x: float, y: float, meta: ClipMeta) -> bool:
    """Whether a place lies where the probe points in a close look."""
    spot = spot_at(x, y, meta, None, None)
    return math.hypot(spot.right_deg, spot.up_deg) <= POINTED_DEG
