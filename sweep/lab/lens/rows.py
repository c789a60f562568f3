"""Followed places of rendered clips with their truth: what the judge of the lens detector is trained on.

Job: render the clip of a seed in one of the worlds, follow its glints, keep them, and label them with the truth. Input:
world and seed; output: one file per clip, labels and blames. Refuses nothing: whoever fits refuses the worlds that
only judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sweep.lab.worlds.plain import render_plain_clip
from sweep.lab.worlds.tiers import Mode, render_tier_clip
from sweep.lab.worlds.unseen import render_unseen_clip
from sweep.lens.clip.clips import Clip
from sweep.lens.evidence.evidence import Scene
from sweep.lens.follow.follow import follow_clip
from sweep.lens.follow.track import AT, Tracks
from sweep.lens.scan import scene_of
from sweep.sim.scene.rendered import RenderedClip
from sweep.sim.scene.room import log_uniform

World = Literal["training", "plain", "tuning", "held_out", "unseen"]
WORLDS: tuple[World, ...] = ("training", "plain", "tuning", "held_out", "unseen")
JUDGING: tuple[World, ...] = ("held_out", "unseen")
"""Nothing is fitted to these or chosen by them."""
FULL_SIZE, HALF_SIZE, SMALL_SIZE = (1456, 1088), (728, 544), (320, 240)
SMALL_SHARE = 0.08
"""Clips that ship with recordings are this small. Full-size clips cost four times as much, are measured at half size
all the same, and are left to the figures.
"""
LENS_SHARE, LENSES = 0.85, (1, 6)
"""Share of clips with a lens, and how many it has (high end exclusive): more than in the world or in the tests, for
likelihood ratios do not depend on it and lenses are what training is short of.
"""
DENSE_LENSES, DENSE_TIERS = (3, 8), (0.05, 0.3, 0.4, 0.25)
"""Lenses (high end exclusive) and shares of the tiers of dense clips."""
GAIN = (2.0, 100.0)
"""Of bright clips: drawn in its logarithm, so that what just saturated reaches a hundred times full well; .66 of the
followed lenses saturate then instead of .36, and of .16 instead of .04 saturation hides nine tenths of the light.
"""
RICH_SHARE = 0.15
"""Share of clips with short pulses, and of clips with middle rings: guessed; most recordings have neither."""
USUAL_SHARE, USUAL_TRIPLES, TRIPLES = 0.7, 8, (3, 25)
"""Most clips are 8 triples long, the others 3 to 24."""
BLAME_PX = 8.0
"""Guessed: a place within this of a confuser's glint at half size is that confuser's."""


@dataclass(frozen=True)
class Rows:
    """Followed places of one clip with their truth."""

    clip: str
    tracks: Tracks
    scene: Scene
    frames: tuple[int, ...]
    """Index of the on_axis frame of each triple."""
    truth: dict[str, Any]

    @property
    def world(self) -> str:
        """The renderer that made the clip."""
        return str(self.truth["mode"])


def render(world: World, seed: int, **how: Any) -> RenderedClip:
    """The clip of a seed; `how` as `lens_tiers.render_tier_clip` takes it, mode left out."""
    modes: dict[World, Mode] = {"training": "training", "tuning": "tuning", "held_out": "held_out"}
    if world in modes:
        return render_tier_clip(seed, mode=modes[world], **how)
    make: Callable[..., RenderedClip] = render_plain_clip if world == "plain" else render_unseen_clip
    return make(seed, **how)


def training_clip(world: World, seed: int, *, is_dense: bool = False, is_bright: bool = False) -> RenderedClip:
    """The clip of a seed as training takes it.

    is_dense: harder tiers and more lenses, so that a clip teaches more for its time; for fitting alone, since rates of
    false alarms and the calibration are stated on clips as they come.
    is_bright: everything that shines does so more strongly, lenses and confusers alike; for fitting alone too.
    """
    rng = np.random.default_rng([seed, 0x7A1])
    size = SMALL_SIZE if rng.random() < SMALL_SHARE else HALF_SIZE
    triples = USUAL_TRIPLES if rng.random() < USUAL_SHARE else int(rng.integers(*TRIPLES))
    with_lens, lenses = bool(rng.random() < LENS_SHARE), int(rng.integers(*LENSES))
    lamps: dict[str, Any] = {"short_pulses": bool(rng.random() < RICH_SHARE)}
    lamps["middle_rings"] = "laboratory" if rng.random() < RICH_SHARE else None
    tier = None
    if is_dense:
        with_lens, lenses, tier = True, int(rng.integers(*DENSE_LENSES)), int(rng.choice([1, 2, 3, 4], p=DENSE_TIERS))
    if is_bright:
        lamps["gain"] = log_uniform(rng, *GAIN)
    return render(world, seed, tier=tier, size=size, triples=triples, with_lens=with_lens, lenses=lenses, **lamps)


def follow(rendered: RenderedClip) -> Rows:
    """The places that the detector follows in a clip."""
    frames = rendered.frames
    clip = Clip(rendered.meta.clip, rendered.meta, lambda index: frames[index])
    followed = follow_clip(clip)
    on_axis = tuple(t.on_axis for t in followed.triples)
    return Rows(clip.name, followed.tracks, scene_of(followed.progress, clip.meta), on_axis, rendered.truth)


def save(rows: Rows, path: Path) -> None:
    """Keep the rows of a clip."""
    about = {"clip": rows.clip, "scene": vars(rows.scene), "frames": rows.frames, "truth": rows.truth}
    np.savez(path, rows=rows.tracks.rows, triples=rows.tracks.triples, about=json.dumps(about, default=_plain))


def _plain(value: Any) -> Any:
    return value.item()  # numbers of numpy


def load(path: Path) -> Rows:
    """Read them back."""
    with np.load(path) as data:
        about = json.loads(str(data["about"]))
        tracks = Tracks(data["rows"], data["triples"])
    return Rows(about["clip"], tracks, Scene(**about["scene"]), tuple(about["frames"]), about["truth"])


def places_of(rows: Rows, which: npt.NDArray[np.intp]) -> list[tuple[int, float, float]]:
    """Frame, x and y of the last sighting of tracks, as the detector reports them."""
    found = rows.tracks.column("found") > 0
    result = []
    for i in which:
        last = int(np.flatnonzero(found[i])[-1])
        row = rows.tracks.rows[i, last]
        result.append((rows.frames[int(rows.tracks.triples[last])], float(row[AT["x"]]), float(row[AT["y"]])))
    return result


def label(rows: Rows, which: npt.NDArray[np.intp]) -> npt.NDArray[np.int8]:
    """1 at the place that followed a lens that counts best, -1 at others on a lens, 0 elsewhere."""
    radius = 6.0 if rows.truth["width"] > FULL_SIZE[0] / 2 + 1 else 4.0
    out = np.zeros(which.size, np.int8)
    hits = (rows.tracks.column("found") > 0).sum(axis=1)[which]
    places = places_of(rows, which)
    for lens in rows.truth["lenses"]:
        track = {place["frame"]: place for place in lens["track"]}
        best, best_merit = -1, -np.inf
        for k, (frame, x, y) in enumerate(places):
            if frame not in track:
                continue
            gap = float(np.hypot(track[frame]["x"] - x, track[frame]["y"] - y))
            if gap > max(radius, track[frame].get("rad", 0.0) + 3.0):
                continue
            out[k] = -1
            if lens["detectable"] and hits[k] - gap > best_merit:
                best, best_merit = k, float(hits[k] - gap)
        if best >= 0:
            out[best] = 1
    return out


def blame(rows: Rows, which: npt.NDArray[np.intp]) -> list[str]:
    """Type of the confuser that each place lies on, `background` for none."""
    sparks: dict[int, list[tuple[float, float, str]]] = {}
    for thing in rows.truth["confusers"]:
        for place in thing["track"]:
            sparks.setdefault(place["frame"], []).append((place["x"], place["y"], thing["type"]))
    names = []
    for frame, x, y in places_of(rows, which):
        near = [(float(np.hypot(px - x, py - y)), name) for px, py, name in sparks.get(frame, [])]
        gap, name = min(near, default=(np.inf, ""))
        names.append(name if gap < BLAME_PX else "background")
    return names
