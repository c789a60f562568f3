"""What a place of a clip did under each lamp: followed through all triples, measured plainly, cut out small.

Job: follow one place through the on_axis frames by the motion of its surroundings and sum its light in every phase.
Input: a recorded clip and a place in one on_axis frame; output: `LightCurve`, patches for a person to look at. It
shares nothing with the detector, so that what it shows is a second opinion. Refuses to follow out of the frame: the
curve ends there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import ON_AXIS, Clip
from sweep.lens.clip.source import RecordedSource, Triple, pair_triples
from sweep.lens.pixels.register import Image
from sweep.phrases import Phrase

WINDOW_PX = 160
"""Guessed: side of the surroundings at half size; phase correlation follows about a quarter of it between triples."""
APERTURE_PX = 4.0
"""Derived: three times the width of a point at half size."""
PATCH_PX = 33
"""Side of a patch that is cut out, at half size."""
MIN_RESPONSE = 0.03
"""Guessed: a weaker peak of the correlation is noise; the motion before it is kept."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One triple at the followed place."""

    triple: int
    frame: int
    """Its on_axis frame."""
    x: float
    y: float
    on_axis_e: float
    """Light within the aperture above its surroundings, electrons."""
    off_axis_e: float
    dark_e: float
    noise_e: float
    """Standard deviation of such a sum from the noise of the surroundings."""
    is_saturated: bool


@dataclass(frozen=True, slots=True)
class LightCurve:
    """A place over the triples, in the order of time."""

    points: tuple[CurvePoint, ...]
    triples: tuple[Triple, ...]


@dataclass(frozen=True)
class Patches:
    """The place in the frames of one triple and their difference, electrons, side x side."""

    on_axis: Image
    off_axis: Image
    dark: Image
    difference: Image
    """(on_axis - dark) - (off_axis - dark), mean over all triples, each moved onto the place."""


def follow(clip: Clip, frame: int, x: float, y: float) -> dict[int, tuple[float, float]]:
    """Place (x, y) of on_axis frame `frame` in every other on_axis frame, by the motion of its surroundings.

    Frames in which the place lies outside are left out.  Raises `ClipError`, and ValueError when `frame` is none.
    """
    frames = [i for i, phase in enumerate(clip.meta.phases) if phase == ON_AXIS]
    if frame not in frames:
        raise ValueError(Phrase("frame_not_on_axis", frame=frame))
    start = frames.index(frame)
    places = {frame: (x, y)}
    for order in (frames[start:], frames[start::-1]):
        place, first = (x, y), _smooth(clip, order[0])
        before = first
        for index in order[1:]:
            after = _smooth(clip, index)
            dx, dy = _shift(before, after, place, place, clip.meta.scale)
            guess = (place[0] + dx, place[1] + dy)
            # against the first frame again, so that small errors do not add up from frame to frame
            dx, dy = _shift(first, after, (x, y), guess, clip.meta.scale)
            place = (guess[0] + dx, guess[1] + dy)
            if not (0 <= place[0] < clip.meta.width and 0 <= place[1] < clip.meta.height):
                break
            places[index] = place
            before = after
    return places


def light_curve(clip: Clip, frame: int, x: float, y: float) -> LightCurve:
    """Light of a place in every triple. Raises `ClipError`."""
    source = RecordedSource(clip)
    triples, _ = pair_triples(clip.meta.phases, clip.meta.short_frames)
    places = follow(clip, frame, x, y)
    points = []
    for number, triple in enumerate(triples):
        if triple.on_axis not in places:
            continue
        sums = []
        for index in (triple.on_axis, triple.off_axis, triple.dark):
            electrons = source.electrons(index)
            at = place_at(places, index)
            sums.append((*_aperture(electrons.image, at, clip.meta.scale), _touches(electrons.saturated, at)))
        px, py = places[triple.on_axis]
        points.append(
            CurvePoint(
                number, triple.on_axis, round(px, 2), round(py, 2), sums[0][0], sums[1][0], sums[2][0],
                sums[0][1], sums[0][2],
            )
        )  # fmt: skip
    return LightCurve(tuple(points), triples)


def patches(clip: Clip, frame: int, x: float, y: float) -> Patches | None:
    """The place under each lamp in the triple of `frame`, and the difference averaged over all triples.

    None when `frame` belongs to no triple.  Raises `ClipError`.
    """
    source = RecordedSource(clip)
    triples, _ = pair_triples(clip.meta.phases, clip.meta.short_frames)
    triple = next((t for t in triples if t.on_axis == frame), None)
    if triple is None:
        return None
    places = follow(clip, frame, x, y)

    def cut(index: int) -> Image:
        return _patch(source.electrons(index).image, place_at(places, index), clip.meta.scale)

    differences = [cut(t.on_axis) - cut(t.off_axis) for t in triples if t.on_axis in places]
    mean = np.mean(np.stack(differences), axis=0).astype(np.float32)
    return Patches(cut(triple.on_axis), cut(triple.off_axis), cut(triple.dark), mean)


def place_at(places: dict[int, tuple[float, float]], index: int) -> tuple[float, float]:
    """The place in a frame between on_axis frames, in proportion to time; beyond the last ones it goes on alike."""
    known = sorted(places)
    if index in places or len(known) == 1:
        return places.get(index, places[known[0]])
    after = next((i for i, k in enumerate(known) if k > index), len(known) - 1)
    first, second = known[max(0, after - 1)], known[max(1, after)]
    share = (index - first) / (second - first)
    (x0, y0), (x1, y1) = places[first], places[second]
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def _smooth(clip: Clip, index: int) -> Image:
    """A frame with its noise evened out, its shading and its bright glints held down, for the motion only."""
    raw = np.sqrt(np.maximum(clip.frame(index).astype(np.float32) - np.float32(clip.meta.black_level), 0.0))
    flat = cv2.GaussianBlur(raw, (0, 0), 1.2) - cv2.blur(raw, (31, 31))
    limit = float(np.percentile(np.abs(flat[::4, ::4]), 90.0)) + 1e-3
    return np.asarray(np.clip(flat, -limit, limit), np.float32)


def _shift(
    before: Image, after: Image, here: tuple[float, float], there: tuple[float, float], scale: float
) -> tuple[float, float]:
    """How far the surroundings of `there` in `after` lie from where those of `here` in `before` put them."""
    height, width = before.shape
    side = min(round(WINDOW_PX * max(0.5, scale)), height, width)
    x0, y0 = _corner(here, side, (height, width))
    move = round(there[0] - here[0]), round(there[1] - here[1])
    x1, y1 = min(max(0, x0 + move[0]), width - side), min(max(0, y0 + move[1]), height - side)
    # both windows move when the second would leave the frame
    x0, y0 = min(max(0, x1 - move[0]), width - side), min(max(0, y1 - move[1]), height - side)
    window = cv2.createHanningWindow((side, side), cv2.CV_32F)
    first, second = before[y0 : y0 + side, x0 : x0 + side], after[y1 : y1 + side, x1 : x1 + side]
    (dx, dy), response = cv2.phaseCorrelate(first, second, window)
    if response < MIN_RESPONSE or not np.isfinite([dx, dy]).all():
        return 0.0, 0.0
    return dx + (x1 - x0) - (there[0] - here[0]), dy + (y1 - y0) - (there[1] - here[1])


def _corner(place: tuple[float, float], side: int, shape: tuple[int, int]) -> tuple[int, int]:
    x = min(max(0, round(place[0]) - side // 2), shape[1] - side)
    return x, min(max(0, round(place[1]) - side // 2), shape[0] - side)


def _aperture(image: Image, place: tuple[float, float], scale: float) -> tuple[float, float]:
    """Light above the surroundings within the aperture, and the noise of such a sum."""
    radius = APERTURE_PX * max(0.5, scale)
    reach = round(3.0 * radius)
    height, width = image.shape
    x0, x1 = max(0, round(place[0]) - reach), min(width, round(place[0]) + reach + 1)
    y0, y1 = max(0, round(place[1]) - reach), min(height, round(place[1]) + reach + 1)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return 0.0, 0.0
    distance = np.hypot(np.arange(x0, x1)[None, :] - place[0], np.arange(y0, y1)[:, None] - place[1])
    around = image[y0:y1, x0:x1]
    inner, ring = around[distance <= radius], around[(distance > 1.6 * radius) & (distance <= 3.0 * radius)]
    if not inner.size or ring.size < 8:
        return 0.0, 0.0
    level = float(np.median(ring))
    spread = 1.4826 * float(np.median(np.abs(ring - level)))
    return float(inner.sum()) - level * inner.size, spread * float(np.sqrt(inner.size))


def _touches(saturated: npt.NDArray[np.uint8], place: tuple[float, float]) -> bool:
    height, width = saturated.shape
    x, y = min(max(round(place[0]), 0), width - 1), min(max(round(place[1]), 0), height - 1)
    return bool(saturated[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].any())


def _patch(image: Image, place: tuple[float, float], scale: float) -> Image:
    side = max(9, 2 * round(PATCH_PX * max(0.5, scale) / 2) + 1)
    return np.asarray(cv2.getRectSubPix(image, (side, side), place), np.float32)
