"""Two rendered looks at one wall, the second from the side and nearer, and what each of them scored on every thing
there.

Job: render a room once, carry the probe to another place for the first part of the frames, follow both parts, keep the
places with their truth. Input: seed and mode; output: `Pair`, rows of `Spot`. Refuses the worlds without geometry,
where going to the side means nothing.

    python -m sweep.lab.lens.pairs --mode training --first 400000 --count 600 --out PAIRS
    python -m sweep.lab.lens.pairs --figures PAIRS
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lab.lens.looks import Carried, follow_look, part_of, way_between
from sweep.lab.lens.rows import BLAME_PX, LENS_SHARE, LENSES, Rows, load, save
from sweep.lab.scoring.report import rows as report_rows
from sweep.lab.scoring.score import Claim, ClipOutcome, match_clip, score_clips
from sweep.lab.scoring.truth import parse_truth
from sweep.lab.worlds.tiers import HALF_SIZE, Mode, render_tier_clip
from sweep.lab.worlds.unseen import render_unseen_clip
from sweep.lens.clip.clips import ClipError
from sweep.lens.evidence.judge import judge_tracks
from sweep.lens.follow.track import AT
from sweep.lens.live.second_look import REACH_PX, seen_there, through
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP
from sweep.sim.scene.camera import Pose, facing
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.rendered import RenderedClip

PairMode = Literal["training", "held_out", "unseen"]
FIRST_TRIPLES: Final = 8
SECOND_TRIPLES: Final = 14
"""The phone asks for 30; fewer cost less to render, and what a place scores hardly rises any more."""
ASIDE_M: Final = (0.2, 0.3)
NEARER: Final = 0.85
"""Share of the first look's distance: nearer would leave much of the wall outside the picture."""
MOST: Final = 200
"""Places of a look that are judged."""
LENS_PX: Final = 4.0
"""Reach of a hit at half size, as the clip document has it."""


def render_pair(seed: int, mode: Mode | Literal["unseen"], **how: Any) -> tuple[RenderedClip, RenderedClip]:
    """The first and the second look at the room of a seed; `how` as `render_tier_clip` takes it, and of it what
    `render_unseen_clip` does, which draws how many lenses there are by itself.
    """
    rng = np.random.default_rng([seed, 0x2EC0])
    aside = float(rng.uniform(*ASIDE_M) * rng.choice([-1.0, 1.0]))

    def carried(hand: Hand, times: Sequence[float], wall_m: float) -> Hand:
        at = np.array([aside, 0.0, (1.0 - NEARER) * wall_m])
        split = _split(times)
        middle, end = times[split // 2], times[-1]
        there = Pose(facing(at, np.array([0.0, 0.0, wall_m])), at)
        return Carried(hand, ((times[split] - 1e-4, end - middle, there),))

    triples = FIRST_TRIPLES + SECOND_TRIPLES
    if mode == "unseen":
        known = {name: value for name, value in how.items() if name != "lenses"}
        whole = render_unseen_clip(seed, triples=triples, carried=carried, **known)
    else:
        whole = render_tier_clip(seed, mode=mode, triples=triples, carried=carried, **how)
    split = _split(whole.meta.phases)
    return part_of(whole, split, len(whole.frames)), part_of(whole, 0, split)


def _split(frames: Sequence[Any]) -> int:
    return len(frames) - 3 * FIRST_TRIPLES


@dataclass(frozen=True)
class Spot:
    """One thing, or one bright place of the background, in both looks; -inf where nothing was followed there."""

    kind: str
    """Type of confuser, `lens` or `background`."""
    first: float
    second: float
    second_in_view: bool
    about: dict[str, Any]
    """A lens: what it is and how it was seen at first."""


def follow_pair(seed: int, mode: PairMode) -> tuple[Rows, Rows, npt.NDArray[np.float64]]:
    """Both looks followed, and the homography from the first one's last frame to the second's (zeros: none found)."""
    rng = np.random.default_rng([seed, 0x7A1])
    with_lens, lenses = bool(rng.random() < LENS_SHARE), int(rng.integers(*LENSES))
    parts = render_pair(seed, mode, size=HALF_SIZE, with_lens=with_lens, lenses=lenses)
    looks = [follow_look(part) for part in parts]
    way = way_between(looks[0].view, looks[1].view, parts[0].meta.read_noise_e)
    return looks[0].rows, looks[1].rows, way


def spots_of(first: Rows, second: Rows, way: npt.NDArray[np.float64]) -> list[Spot]:
    """What each thing scored in either look; a background place is looked for where `way` puts it."""
    looks = [scores_of(first), scores_of(second)]
    spots = []
    for lens, again in zip(first.truth["lenses"], second.truth["lenses"], strict=True):
        about = {k: lens[k] for k in ("kind", "aperture_mm", "range_m", "snr", "ba_ratio", "detectable")}
        scores = [best_of(look, one["track"], lens=True) for look, one in zip(looks, (lens, again), strict=True)]
        about["in_view"] = any(row["inside"] for row in lens["track"])
        spots.append(Spot("lens", scores[0], scores[1], any(row["inside"] for row in again["track"]), about))
    for thing, again in zip(first.truth["confusers"], second.truth["confusers"], strict=True):
        if not thing["track"]:
            continue
        scores = [best_of(look, one["track"], lens=False) for look, one in zip(looks, (thing, again), strict=True)]
        spots.append(Spot(str(thing["type"]), scores[0], scores[1], bool(again["track"]), {}))
    later = _unclaimed(looks[1], second.truth)
    for _, x, y, score in _unclaimed(looks[0], first.truth):
        u, v, w = way @ np.array([x, y, 1.0])
        near = [p[3] for p in later if abs(w) > 1e-9 and np.hypot(p[1] - u / w, p[2] - v / w) <= REACH_PX]
        spots.append(Spot("background", score, max(near, default=-np.inf), bool(way.any()), {}))
    return spots


Place = tuple[int, float, float, float]


def scores_of(rows: Rows) -> list[Place]:
    """Frame, x, y and score of each place, best first."""
    places = []
    for one in judge_tracks(rows.tracks, rows.scene, MOST):
        row = rows.tracks.rows[one.track]
        last = int(np.flatnonzero(row[:, AT["found"]] > 0)[-1])
        frame = rows.frames[int(rows.tracks.triples[last])]
        places.append((frame, float(row[last, AT["x"]]), float(row[last, AT["y"]]), one.score))
    return places


def _near(place: Place, track: list[dict[str, Any]], *, lens: bool) -> bool:
    frame, x, y, _ = place
    reach = LENS_PX if lens else BLAME_PX
    return any(
        row["frame"] == frame and np.hypot(row["x"] - x, row["y"] - y) <= max(reach, (row.get("rad", 0.0) + 3.0) * lens)
        for row in track
    )


def best_of(look: list[Place], track: list[dict[str, Any]], *, lens: bool) -> float:
    """The best score of a thing by its track; -inf where nothing was followed on it."""
    return max((place[3] for place in look if _near(place, track, lens=lens)), default=-np.inf)


def things_of(look: list[Place], truth: dict[str, Any]) -> tuple[list[tuple[str, float]], list[float]]:
    """Type and best score of each confuser that shows, and the scores of places on nothing."""
    shown = [thing for thing in truth["confusers"] if thing["track"]]
    scored = [(str(thing["type"]), best_of(look, thing["track"], lens=False)) for thing in shown]
    return scored, [place[3] for place in _unclaimed(look, truth)]


def _unclaimed(look: list[Place], truth: dict[str, Any]) -> list[Place]:
    known = [(thing["track"], False) for thing in truth["confusers"]]
    known += [(lens["track"], True) for lens in truth["lenses"]]
    return [place for place in look if not any(_near(place, track, lens=lens) for track, lens in known)]


def outcomes_of(pair: tuple[Rows, Rows, npt.NDArray[np.float64]]) -> tuple[ClipOutcome, ClipOutcome]:
    """The first look alone, and with what the second one says, as `second_look` joins them.

    A place that was not found in the last triple is looked for from where it was last seen.
    """
    first, second, way = pair
    truth = parse_truth(first.truth)
    looks = [scores_of(rows)[:MAX_DETECTIONS_PER_CLIP] for rows in (first, second)]
    found = [((x, y), score) for _, x, y, score in looks[1]]
    scale = float(first.truth["width"]) / HALF_SIZE[0]
    size = (round(HALF_SIZE[0] * scale), round(HALF_SIZE[1] * scale))
    alone, joint = [], []
    for frame, x, y, score in looks[0]:
        said = seen_there(score, through(way, (x, y)), found, size, REACH_PX * max(0.5, scale)) if way.any() else None
        alone.append(Claim(x, y, score, frame))
        joint.append(Claim(x, y, score + (0.0 if said is None else said[2]), frame))
    return match_clip(truth, alone), match_clip(truth, joint)


def save_pair(pair: tuple[Rows, Rows, npt.NDArray[np.float64]], path: Path) -> None:
    """Keep both looks: `path` names the first, the second lies beside it, the homography too."""
    save(pair[0], path.with_suffix(".1.npz"))
    save(pair[1], path.with_suffix(".2.npz"))
    path.with_suffix(".json").write_text(json.dumps(pair[2].tolist()), encoding="utf-8")


def load_pair(path: Path) -> tuple[Rows, Rows, npt.NDArray[np.float64]]:
    """Read back what `save_pair` kept; `path` is that of the homography."""
    way = np.array(json.loads(path.read_text(encoding="utf-8")))
    return load(path.with_suffix(".1.npz")), load(path.with_suffix(".2.npz")), way


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mode", choices=("training", "held_out", "unseen"), nargs="+", default=["training"])
    parser.add_argument("--first", type=int, default=400_000)
    parser.add_argument("--count", type=int, default=600)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="render pairs and keep them there")
    where.add_argument("--figures", type=Path, help="what one look finds in pairs that were kept, and what both do")
    args = parser.parse_args(arguments)
    if args.figures is not None:
        return _tell_figures(sorted(args.figures.glob("*.json")))
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for number in range(args.count):
        for mode in args.mode:
            seed = args.first + number
            path = args.out / f"{mode}-{seed:07d}.json"
            if path.exists():
                continue
            try:
                save_pair(follow_pair(seed, mode), path)
            except ClipError as error:
                print(f"{path.stem}: {error}", file=sys.stderr)
        if number % 20 == 19:
            print(f"{number + 1} of {args.count}", file=sys.stderr, flush=True)
    return 0


def _tell_figures(paths: Sequence[Path]) -> int:
    pairs = [load_pair(path) for path in paths]
    print(f"{len(pairs)} pairs, {sum(bool(way.any()) for _, _, way in pairs)} registered")
    for name, outcomes in zip(("one look", "both"), zip(*map(outcomes_of, pairs), strict=True), strict=True):
        print(name, *("  ".join(row) for row in report_rows(score_clips(list(outcomes)))), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
