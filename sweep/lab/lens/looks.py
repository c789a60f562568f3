"""Several looks at one rendered wall: a hand that carries the probe aside, the parts of a clip, and each followed.

Input is a rendered clip in whose frames the probe was carried; output is parts of it as clips of their own, what was
followed in each, and the homographies between them.  It judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.rows import Rows
from sweep.lens.clip.clips import Clip
from sweep.lens.follow.follow import follow_clip
from sweep.lens.live.second_look import view_to_view
from sweep.lens.pixels.register import Image
from sweep.lens.scan import scene_of
from sweep.sim.scene.camera import Pose
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.rendered import SNR_FLOOR, RenderedClip


@dataclass(frozen=True)
class Carried:
    """A hand that holds the probe at other places before it comes home."""

    hand: Hand
    stays: tuple[tuple[float, float, Pose], ...]
    """Until when, what is added to its time there so that it sways about that place, and where; then at home."""

    def pose(self, time_s: float) -> Pose:
        """As `Sway.pose`."""
        for until_s, later_s, there in self.stays:
            if time_s < until_s:
                sway = self.hand.pose(time_s + later_s)
                return Pose(sway.rotation @ there.rotation, there.position + there.rotation.T @ sway.position)
        return self.hand.pose(time_s)


def part_of(whole: RenderedClip, begin: int, end: int) -> RenderedClip:
    """Some frames of a clip as one of its own, its truth with them; a clip of these frames alone is whole too."""
    at = begin if len(whole.frames) == end - begin else 0
    meta = whole.meta.model_copy(update={"phases": whole.meta.phases[begin:end]})

    def rows(track: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | {"frame": row["frame"] - begin} for row in track if begin <= row["frame"] < end]

    lenses = []
    for lens in whole.truth["lenses"]:
        track = rows(lens["track"])
        snr = float(np.median([row["snr"] for row in track])) if track else 0.0
        inside = float(np.mean([row["inside"] for row in track])) if track else 0.0
        lenses.append(lens | {"snr": snr, "detectable": snr >= SNR_FLOOR and inside > 0.5, "track": track})
    things = [thing | {"track": rows(thing["track"])} for thing in whole.truth["confusers"]]
    on_axis = [i for i, letter in enumerate(meta.phases) if letter == "A"]
    truth = whole.truth | {"lenses": lenses, "confusers": things, "last_A": on_axis[-1] if on_axis else 0}
    return RenderedClip(whole.frames[begin - at : end - at], meta, truth)


@dataclass(frozen=True)
class FollowedLook:
    """What was followed in one look."""

    rows: Rows
    view: Image | None
    """Its last usable frame under the lamp on the axis, in electrons; None where no triple was usable."""


def follow_look(part: RenderedClip) -> FollowedLook:
    """Follow one look as a sweep does."""
    clip = Clip(part.meta.clip, part.meta, part.frames.__getitem__)
    one = follow_clip(clip)
    on_axis, used = tuple(triple.on_axis for triple in one.triples), one.progress.used
    rows = Rows(clip.name, one.tracks, scene_of(one.progress, clip.meta), on_axis, part.truth)
    return FollowedLook(rows, one.chain.source.electrons(on_axis[used[-1]]).image if used else None)


def way_between(first: Image | None, second: Image | None, noise_e: float) -> npt.NDArray[np.float64]:
    """The homography from one view to the other, shape (3, 3); zeros where there is none."""
    way = None if first is None or second is None else view_to_view(first, second, noise_e)
    return np.zeros((3, 3)) if way is None else way
