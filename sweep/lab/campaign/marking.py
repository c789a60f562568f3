"""What was in a clip, from the marks of the person who placed it.

Pure but for reading frames.  Input is a set-up of the sheet, its clip and what was marked in on_axis frames; output is
truth as `scoring.truth` reads it, the same for lenses and for things that are none, of which there may be several.  A
mark is carried to the other frames by the motion of its surroundings; where there are more, each frame takes the
nearest.  Refuses with `MarkError` a mark in a frame without the on_axis lamp or outside of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.lab.campaign.setups import Setup
from sweep.lab.clip_page.curve import follow
from sweep.lab.scoring.truth import TruthError, parse_truth
from sweep.lens.clip.clips import ON_AXIS, Clip
from sweep.phrases import Phrase

CONFUSER_RADIUS_PX = 20.0
"""Within which a false alarm is one of a thing whose size nobody gave (guessed)."""

Point = tuple[float, float]
"""Pixels, centres at integers, origin top left."""


class MarkError(ValueError):
    """A mark that cannot be; one line."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A lens, or one of the things that are none, as the setter saw it."""

    marks: Mapping[int, Point]
    """By on_axis frame; one at least."""
    in_line_of_sight: bool = True
    """Of a lens: false where it was out of view in most frames."""
    radius_px: float = 0.0
    """Of what is seen of it."""


def places(clip: Clip, marks: Mapping[int, Point]) -> dict[int, Point]:
    """The place in every on_axis frame that shows it. Raises MarkError, `ClipError`."""
    frames = [frame for frame, phase in enumerate(clip.meta.phases) if phase == ON_AXIS]
    if not marks:
        raise MarkError(Phrase("mark_missing"))
    for frame, (x, y) in marks.items():
        if frame not in frames:
            raise MarkError(Phrase("frame_not_on_axis", frame=frame))
        if not (0.0 <= x <= clip.meta.width - 1 and 0.0 <= y <= clip.meta.height - 1):
            raise MarkError(Phrase("mark_outside", frame=frame))
    carried = {frame: follow(clip, frame, x, y) for frame, (x, y) in marks.items()}
    nearest = {frame: min(marks, key=lambda mark: (abs(mark - frame), mark)) for frame in frames}
    return {frame: carried[nearest[frame]][frame] for frame in frames if frame in carried[nearest[frame]]}


def truth_of(setup: Setup, clip: Clip, objects: Sequence[Marked]) -> dict[str, Any]:
    """The truth of a clip, checked as a score reads it. Raises MarkError, `ClipError`."""
    if not objects:
        raise MarkError(Phrase("mark_missing"))
    tracks = [(one, sorted(places(clip, one.marks).items())) for one in objects]
    truth: dict[str, Any] = {
        "clip": clip.name,
        "group": setup.group,
        "tier": setup.tier,
        "width": clip.meta.width,
        "last_A": max(frame for frame, phase in enumerate(clip.meta.phases) if phase == ON_AXIS),
        "lenses": [],
        "marked": [_kept(one) for one in objects],
        "range_m": setup.range_m,
        "background": setup.background,
    }
    if setup.is_lens:
        truth["lenses"] = [_lens(setup, one, track) for one, track in tracks]
    else:
        truth["conf_counts"] = {setup.kind_of_thing: len(tracks)}
        truth["confusers"] = [
            [frame, setup.kind_of_thing, round(x, 1), round(y, 1), 1.0, one.radius_px or CONFUSER_RADIUS_PX]
            for one, track in tracks
            for frame, (x, y) in track
        ]
    try:
        parse_truth(truth, name=clip.name)
    except TruthError as error:
        raise MarkError(Phrase("place_and_reason", place=clip.name, why=error)) from error
    return truth


def objects_of(truth: Mapping[str, Any], width: int) -> list[Any]:
    """What was marked when a truth was written, to be corrected; where nobody marked it here, its last places.

    Raises MarkError.
    """
    if isinstance(truth.get("marked"), list):
        return list(truth["marked"])
    try:
        told = parse_truth(dict(truth), {str(truth.get("clip")): width})
    except TruthError as error:
        raise MarkError(Phrase("place_and_reason", place=str(truth.get("clip", "truth")), why=error)) from error
    ends = ((one.track[-1], one.counts) for one in told.lenses)
    lenses = [Marked({end.frame: (end.x, end.y)}, is_seen, end.rad) for end, is_seen in ends]
    last = max((one.frame for one in told.confusers), default=0)
    things = [Marked({last: (one.x, one.y)}, True, one.rad) for one in told.confusers if one.frame == last]
    return [_kept(one) for one in (*lenses, *things)]


def _kept(one: Marked) -> dict[str, Any]:
    marks = {str(frame): [x, y] for frame, (x, y) in sorted(one.marks.items())}
    return {"marks": marks, "in_line_of_sight": one.in_line_of_sight, "radius_px": one.radius_px}


def _lens(setup: Setup, one: Marked, track: Sequence[tuple[int, Point]]) -> dict[str, Any]:
    lens = {
        "kind": setup.kind or "clear",
        "range_m": setup.range_m,
        "off_angle_deg": setup.angle_deg,
        "detectable": one.in_line_of_sight,
        "track": [
            {"frame": frame, "x": round(x, 1), "y": round(y, 1), "rad": one.radius_px} for frame, (x, y) in track
        ],
    }
    return lens if setup.aperture_mm is None else lens | {"aperture_mm": setup.aperture_mm}
