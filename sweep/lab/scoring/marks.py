"""A place that somebody marked once, in every frame of its clip.

Job: carry a lens that is marked in one on_axis frame to the others by the motion of its surroundings. Input: a truth
and its clip; output: the truth with whole tracks. Refuses nothing: a lens with more marks than one, or with one in
another frame, stays as it is.
"""

from __future__ import annotations

from sweep.lab.clip_page.curve import follow
from sweep.lab.scoring.truth import ClipTruth, Place
from sweep.lens.clip.clips import ON_AXIS, Clip


def carried(truth: ClipTruth, clip: Clip) -> ClipTruth:
    """The truth with each lens in every on_axis frame that shows it. Raises `ClipError`."""
    lenses = []
    for lens in truth.lenses:
        (mark, *others) = lens.track
        if not others and mark.frame < len(clip.meta.phases) and clip.meta.phases[mark.frame] == ON_AXIS:
            places = follow(clip, mark.frame, mark.x, mark.y)
            track = tuple(Place(frame=f, x=x, y=y, rad=mark.rad) for f, (x, y) in sorted(places.items()))
            lenses.append(lens.model_copy(update={"track": track}))
        else:
            lenses.append(lens)
    return truth.model_copy(update={"lenses": tuple(lenses)})
