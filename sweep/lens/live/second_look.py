"""Two clips of one spot, taken 3 to 30 cm apart: one score for each place of the first.

Job: find where the first clip's places lie in the second, and let what is seen there count: a lens returns light over
tens of degrees, while facets, drops and mirror images slide away or die within a few centimetres. Input: two clips;
output: the first one's result with joint scores. Refuses to guess: where the two views do not register, every score
stays what it was and the result says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import Clip, ClipError, ClipMeta, ClipReason, find_clips, read_clip
from sweep.lens.clip.hot_pixels import HotPixels
from sweep.lens.evidence.judge import candidate_score, load_judge
from sweep.lens.follow.follow import Followed, follow_clip
from sweep.lens.live.held_view import HeldView
from sweep.lens.pixels.register import FINE_PX, Affine, Image, apply, invert, normalise
from sweep.lens.reasons import sentence
from sweep.lens.records import ClipResult, Detection, LensScan, Reason
from sweep.lens.scan import conclude, scan_or_refuse
from sweep.phrases import Phrase

REACH_PX: Final = 16.0
"""How far a place may lie from where the wall's motion puts it, at half size. Derived: what stands 12 cm in front of a
wall 1 m away is displaced by as much over 15 cm; on 32 rendered pairs 8 px lost lenses on boxes, 30 px gained none."""
MARGIN_PX: Final = 12.0
"""Nearer to the border of the second view nothing is called gone."""
LEAST_MATCHES: Final = 14
"""Guessed: points of the wall that must agree on one motion; four would fit any."""
RANSAC_PX: Final = 3.0
RATIO: Final = 0.8
"""Lowe's ratio test (Distinctive image features, 2004, section 7.1)."""
SHARE: Final = 0.5
"""Weight of the second look's score: the two are of one place and not independent."""
GONE: Final = 0.5
"""What a place loses that the second view should show and does not. Guessed: on 32 rendered pairs 15 cm apart (15
lenses that count) the clip AUC went from .84 to .90 with it and with `SHARE`, and so few say nothing about recall."""
WORST: Final = -1.5
"""A second look takes no more from a place that is there than this score does: angle and glare weaken lenses too."""


@dataclass(frozen=True)
class Joint:
    """Both looks together."""

    result: ClipResult
    """Of the first clip, its detections with joint scores."""
    state: str
    """`joined`, or why not: `not_registered`, `not_assessable`."""
    second: ClipResult


@dataclass(frozen=True)
class Sight:
    """What one place saw: a frame to find the other's places in, and its own places in that frame."""

    frame: Image = field(repr=False)
    meta: ClipMeta
    result: ClipResult
    places: tuple[tuple[float, float], ...]
    """Of the detections of `result`."""


class SecondLook:
    """Judges clips or holds that are taken of one spot from several places, each with what the first place saw.

    It keeps one frame of the first place in memory, until it is let go.
    """

    def __init__(self) -> None:
        self._first: Sight | None = None
        self._last: Sight | None = None

    def go_on(self) -> None:
        """What comes now is taken from the next place."""
        self._first = self._first or self._last

    def judge(self, clip: Clip) -> ClipResult:
        """Judge one clip. Raises `ClipError` when a frame cannot be read."""
        followed = follow_clip(clip)
        return self.joined(followed, clip.meta, conclude(clip.name, clip.meta, followed, None))

    def hold(self, meta: ClipMeta, hot: HotPixels) -> HeldView:
        """The same for what a live camera holds."""
        return _JoinedView(meta, hot, self)

    def joined(self, followed: Followed, meta: ClipMeta, alone: ClipResult) -> ClipResult:
        """What was followed here, with what the first place saw; `alone`: judged without."""
        sight = sight_of(followed, meta, alone)
        self._last = sight or self._last
        return alone if sight is None or self._first is None else _join(sight, self._first).result


class _JoinedView(HeldView):
    """A hold at a place from which a spot is looked at again."""

    def __init__(self, meta: ClipMeta, hot: HotPixels, look: SecondLook) -> None:
        super().__init__(meta, hot)
        self._look = look

    def finish(self) -> ClipResult:
        """Judge all triples together with what the first place saw; none may be added afterwards."""
        alone = super().finish()
        return self._look.joined(self.so_far(), self._meta, alone)


def sight_of(followed: Followed, meta: ClipMeta, result: ClipResult) -> Sight | None:
    """What a place saw; None where no triple could be used."""
    if not followed.progress.used:
        return None
    last = followed.progress.used[-1]
    frame = followed.chain.source.electrons(followed.triples[last].on_axis).image
    ways = [invert(way) for way in followed.chain.ways_from(last)]
    return Sight(frame, meta, result, tuple(_carried(followed, ways, d) for d in result.detections))


def scan_both(first: Clip, second: Clip) -> Joint:
    """Judge two clips of one spot together. Raises `ClipError` when a frame cannot be read."""
    looks = []
    for clip in (first, second):
        followed = follow_clip(clip)
        result = conclude(clip.name, clip.meta, followed, None)
        looks.append((result, sight_of(followed, clip.meta, result)))
    (result, ours), (again, theirs) = looks
    return Joint(result, "not_assessable", again) if ours is None or theirs is None else _join(ours, theirs)


def _join(ours: Sight, theirs: Sight) -> Joint:
    result, again = ours.result, theirs.result
    way = view_to_view(ours.frame, theirs.frame, ours.meta.read_noise_e)
    if way is None:
        return Joint(result, "not_registered", again)
    found = [(place, d.score) for place, d in zip(theirs.places, again.detections, strict=True)]
    size = (theirs.meta.width, theirs.meta.height)
    reach = REACH_PX * max(0.5, theirs.meta.scale)
    seen = zip(ours.places, result.detections, strict=True)
    joint = [_rescored(d, seen_there(d.score, through(way, place), found, size, reach)) for place, d in seen]
    joint.sort(key=lambda d: -d.score)
    called = any(d.verdict == "lens_candidate" for d in joint)
    if result.verdict == "candidate" or called:
        if called:
            result = replace(result, verdict="candidate", reason="lens_candidate")
        else:
            result = replace(result, verdict="nothing_detected", reason="not_calibrated")
    return Joint(replace(result, detections=tuple(joint)), "joined", again)


def scan_pairs(folder: Path, second: Path) -> LensScan:
    """Judge each clip of `folder` with the clip of that name in `second`; two folders of one clip each make a pair.

    A clip without a second look is judged alone, one that cannot be read is refused. Raises `ClipError` when a folder
    holds no clip.
    """
    firsts, seconds = find_clips(folder), find_clips(second)
    if not firsts or not seconds:
        raise ClipError(ClipReason.NO_CLIPS, Phrase("no_clip_folders_give_two"))
    lone = len(firsts) == len(seconds) == 1
    by_name = {path.name: path for path in seconds}
    results = tuple(_scan_pair(path, seconds[0] if lone else by_name.get(path.name)) for path in firsts)
    return LensScan(results, load_judge().build)


def _scan_pair(path: Path, second: Path | None) -> ClipResult:
    alone = scan_or_refuse(path, None)
    if second is None or alone.error is not None:
        return alone
    try:
        return scan_both(read_clip(path), read_clip(second)).result
    except ClipError:
        return alone


def view_to_view(first: Image, second: Image, noise_e: float) -> npt.NDArray[np.float64] | None:
    """Homography (3 x 3) from one view of a wall to another from the side; None when the two do not agree on one.

    Frames H x W in electrons, of one size.
    """
    small = [normalise(frame, noise_e, FINE_PX) for frame in (first, second)]
    step = first.shape[1] / small[0].shape[1]
    finder = cv2.SIFT.create(nfeatures=1500)
    points, marks = [], []
    for image in small:
        spread = max(1e-3, float(np.abs(image).max()))
        keys, described = finder.detectAndCompute((127.5 + 127.0 * image / spread).astype(np.uint8), None)
        if len(keys) < LEAST_MATCHES:  # without keys there is no description
            return None
        points.append(np.array([key.pt for key in keys], np.float32) * np.float32(step))
        marks.append(described)
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(marks[0], marks[1], k=2)
    good = [best for best, *rest in pairs if rest and best.distance < RATIO * rest[0].distance]
    if len(good) < LEAST_MATCHES:
        return None
    start = points[0][[match.queryIdx for match in good]]
    end = points[1][[match.trainIdx for match in good]]
    cv2.setRNGSeed(1)
    way, kept = cv2.findHomography(start, end, cv2.RANSAC, RANSAC_PX * step)
    if int(np.count_nonzero(kept)) < LEAST_MATCHES or not 0.2 < abs(float(np.linalg.det(way))) < 5.0:
        return None
    return np.asarray(way, np.float64)


def _carried(followed: Followed, ways: list[Affine], detection: Detection) -> tuple[float, float]:
    index = [triple.on_axis for triple in followed.triples].index(detection.frame)
    return apply(ways[index], detection.x, detection.y)


def through(way: npt.NDArray[np.float64], place: tuple[float, float]) -> tuple[float, float]:
    """Where a homography puts a place."""
    x, y, w = way @ np.array([*place, 1.0])
    return (float(x / w), float(y / w)) if abs(w) > 1e-9 else (math.inf, math.inf)


def seen_there(
    score: float,
    place: tuple[float, float],
    found: Sequence[tuple[tuple[float, float], float]],
    size: tuple[int, int],
    reach: float,
) -> tuple[str, float, float] | None:
    """What the second look says of a place of the first: name, value and what it adds; None outside its view.

    score: of the first look; place: where it lies in the second view, of that size; found: places and scores there.
    """
    x, y = place
    near = [again for (u, v), again in found if math.hypot(u - x, v - y) <= reach]
    if near:
        again = max(near)
        return "seen_again", again, SHARE * (max(again, WORST) - score)
    inside = MARGIN_PX < x < size[0] - MARGIN_PX and MARGIN_PX < y < size[1] - MARGIN_PX
    return ("gone_from_the_side", 0.0, -GONE) if inside else None


def _rescored(one: Detection, said: tuple[str, float, float] | None) -> Detection:
    if said is None:
        return one
    name, value, weight = said
    score = round(one.score + weight, 4)
    told = Reason(name, round(value, 4), round(weight, 4), sentence(name, value).en)
    if one.verdict == "lens_candidate" and score < candidate_score():
        one = replace(one, verdict="glint")
    return replace(one, score=score, reasons=(*one.reasons, told))
