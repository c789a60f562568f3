"""Places that red light shows and infrared light does not: lenses behind filters that absorb infrared.

Job: judge what was followed in red frames as what is followed in on_axis ones, and keep what infrared hardly shows.
Input: `Followed` with red; output: `RedPlace`s, each in an on_axis frame. Refuses what infrared shows too: that was
followed and judged there, and would raise its false alarms a second time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.evidence.evidence import Scene
from sweep.lens.evidence.judge import MERGE_PX, Judgement, judge_tracks
from sweep.lens.follow.follow import Followed
from sweep.lens.follow.track import AT, Tracks
from sweep.lens.pixels.cutouts import COLUMNS
from sweep.lens.pixels.register import apply, invert
from sweep.lens.reasons import sentence
from sweep.lens.records import Detection, Reason

MOST_INFRARED: Final = 0.6
"""Light of the place in on_axis frames over that in red ones, electrons, up to which red alone shows it. Not levelled
by the wall: the lamp of on_axis is the stronger one, and what saturates under both would else seem to lack infrared.
Measured on 20 rendered clips of `training`: of places that score above 0 in red, 11 of 65 on lenses lie below and 1 of
66 others; of all others 1 in 20 below .8."""
SHADOW: Final = 2.0
"""A point in infrared, brighter than `MOST_INFRARED` of what red shows, explains red places within so many times
`MERGE_PX`. Guessed: on 22 rendered clips rims and halos of saturated lenses passed for places of their own up to 9 px
away."""
LEAST_TRIPLES: Final = 3
"""As many as a clip needs to be judged."""
LEAST_JUDGED: Final = 40
"""Places judged before those that infrared shows are left out: as many as of a clip; a live look wants fewer."""
_RED_COLUMNS = [AT[name] for name in COLUMNS if name.startswith("red_")]


@dataclass(frozen=True)
class RedPlace:
    """One place that red alone shows."""

    judgement: Judgement
    x: float
    """Pixels of the on_axis frame."""
    y: float
    frame: int
    """Index of an on_axis frame, the one nearest to the last red frame that shows it."""


def seen_in_red_alone(followed: Followed, scene: Scene, limit: int) -> list[RedPlace]:
    """The best `limit` of them, best first; empty where there are no red frames. scene: of the red triples."""
    red = followed.red
    if red is None or len(red.progress.used) < LEAST_TRIPLES or not followed.triples:
        return []
    infrared, light = (red.tracks.column(name) for name in ("red_point_e", "point_e"))
    light = np.where(np.isfinite(infrared), np.maximum(light, 1.0), np.nan)
    ratios = np.nansum(infrared, axis=1) / np.nansum(light, axis=1, initial=1e-9)
    ratios[np.isnan(light).all(axis=1)] = np.inf  # no on_axis frame was near
    blind = red.tracks.rows.copy()
    blind[:, :, _RED_COLUMNS] = np.nan  # the judge knows red over infrared
    judged = judge_tracks(Tracks(blind, red.tracks.triples), scene, max(limit, LEAST_JUDGED))
    alone = [(one, float(ratios[one.track])) for one in judged if ratios[one.track] <= MOST_INFRARED]
    return [_place(one, ratio, followed, red) for one, ratio in alone[:limit]]


def _place(judgement: Judgement, ratio: float, followed: Followed, red: Followed) -> RedPlace:
    rows = red.tracks.rows[judgement.track]
    last = int(np.flatnonzero(rows[:, AT["found"]] > 0)[-1])
    index = int(red.tracks.triples[last])
    here = red.triples[index].on_axis
    frame = min((one.on_axis for one in followed.triples), key=lambda on_axis: abs(on_axis - here))
    x, y = apply(red.chain.motion_to_frame(index, frame), float(rows[last, AT["x"]]), float(rows[last, AT["y"]]))
    told = Reason("red_alone", round(ratio, 4), 0.0, sentence("red_alone", ratio).en)
    evidence = judgement.evidence | {"infrared_ratio": ratio}
    return RedPlace(replace(judgement, evidence=evidence, reasons=(*judgement.reasons, told)), x, y, frame)


def joined(
    infrared: tuple[Detection, ...], red: Sequence[Detection], followed: Followed, meta: ClipMeta, limit: int
) -> tuple[Detection, ...]:
    """Both kinds of detections, best first. What stands beside a point that infrared shows as well is left out; of two
    at one place the better one stays.
    """
    if not red:
        return infrared
    frames = [triple.on_axis for triple in followed.triples]
    ways = [invert(way) for way in followed.chain.ways_from(0)]
    reach = MERGE_PX * max(0.5, meta.scale)

    def apart(one: Detection, other: Detection) -> float:
        a, b = (apply(ways[frames.index(d.frame)], d.x, d.y) for d in (one, other))
        return math.dist(a, b)

    def is_shown(one: Detection, other: Detection) -> bool:
        return other.evidence["snr"] >= MOST_INFRARED * one.evidence["snr"] and apart(one, other) < SHADOW * reach

    def is_bettered(one: Detection, other: Detection) -> bool:
        return other.score >= one.score and apart(one, other) < reach

    alone = [one for one in red if not any(is_shown(one, other) or is_bettered(one, other) for other in infrared)]
    left = [one for one in infrared if not any(is_bettered(one, other) for other in alone)]
    return tuple(sorted((*left, *alone), key=lambda one: -one.score)[:limit])
