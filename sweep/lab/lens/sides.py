"""One rendered wall looked at from three places, and what the light of each thing there does between them.

Job: render a room, carry the probe 15 to 30 cm aside, then 3 to 10 cm, then home; follow each part; compare. Input:
seeds of a training world; output: how often a place is seen again, how much its light changes, and what joining the
looks does to recall. Refuses worlds that only judge: what is read here is there to choose by.

    python -m sweep.lab.lens.sides --first 410000 --count 60 --out SIDES
    python -m sweep.lab.lens.sides --figures SIDES
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lab.lens.looks import Carried, follow_look, part_of, way_between
from sweep.lab.lens.rows import DENSE_LENSES, DENSE_TIERS, Rows, blame, label, load, places_of, save
from sweep.lab.scoring.intervals import percentiles
from sweep.lab.worlds.tiers import HALF_SIZE, render_tier_clip
from sweep.lens.clip.clips import ClipError
from sweep.lens.evidence.columns import Columns, middle_of
from sweep.lens.evidence.judge import load_judge, rank_tracks
from sweep.lens.live.second_look import REACH_PX, seen_there, through
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP
from sweep.sim.scene.camera import Pose, facing
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.rendered import RenderedClip

HOME, ASIDE = 8, 6
"""Triples at home, and at each of the other places."""
SIDES: Final = ("3 to 10 cm aside", "15 to 30 cm aside")
RANGE_POWER = 3.0
"""Of the light of a point against the scale of the picture: between that of a lens whose cone is narrow (2) and that
of a point that shines all ways (4); measured on 140 rendered lenses 15 to 30 cm aside, where 3 leaves least."""
RATES = np.geomspace(0.03, 1.0, 12)
LEAST_SCORE = -0.5
"""Places that come near to being called."""
RESAMPLES = 200


def render_sides(seed: int) -> tuple[RenderedClip, ...]:
    """Looks from home, from near it and from far aside at the `training` room of a seed."""
    rng = np.random.default_rng([seed, 0x2EC1])
    near = math.exp(rng.uniform(math.log(0.03), math.log(0.10))) * rng.choice([-1, 1])
    far = rng.uniform(0.15, 0.30) * rng.choice([-1, 1])
    shares = rng.uniform(0.9, 1.0), rng.uniform(0.85, 1.0)
    lenses, tier = int(rng.integers(*DENSE_LENSES)), int(rng.choice([1, 2, 3, 4], p=DENSE_TIERS))

    def carried(hand: Hand, times: Sequence[float], wall_m: float) -> Hand:
        wall = np.array([0.0, 0.0, wall_m])
        first, second = len(times) - 3 * (HOME + ASIDE), len(times) - 3 * HOME
        places = [np.array([x, 0.0, (1.0 - share) * wall_m]) for x, share in zip((near, far), shares, strict=True)]
        poses = [Pose(facing(at, wall), at) for at in places]
        return Carried(hand, (
            (times[first] - 1e-4, times[-1] - times[first // 2], poses[1]),
            (times[second] - 1e-4, times[-1] - times[(first + second) // 2], poses[0]),
        ))  # fmt: skip

    whole = render_tier_clip(
        seed, mode="training", triples=HOME + 2 * ASIDE, carried=carried, size=HALF_SIZE, with_lens=True,
        lenses=lenses, tier=tier,
    )  # fmt: skip
    end, second, first = len(whole.frames), len(whole.frames) - 3 * HOME, len(whole.frames) - 3 * (HOME + ASIDE)
    return part_of(whole, second, end), part_of(whole, first, second), part_of(whole, 0, first)


def follow_sides(seed: int) -> tuple[list[Rows], list[npt.NDArray[np.float64]]]:
    """Each look followed, and the homographies from home to the others (zeros: not registered)."""
    parts = render_sides(seed)
    looks = [follow_look(part) for part in parts]
    ways = [way_between(looks[0].view, look.view, parts[0].meta.read_noise_e) for look in looks[1:]]
    return [look.rows for look in looks], ways


@dataclass(frozen=True)
class Spot:
    """What one place of a room looked like from two sides."""

    room: str
    kind: str
    counts: bool
    """A lens that counts."""
    score: float
    joined: float
    """As `second_look` joins both."""
    is_seen: bool
    change: float
    """log e of the light there over the light here, of frames that do not saturate, range allowed for; NaN where there
    are too few of them."""
    error: float
    """What noise makes of it."""


def spots_of(room: str, home: Rows, other: Rows, way: npt.NDArray[np.float64]) -> list[Spot]:
    """The places that home reports, with what the other look shows of them."""
    model = load_judge()
    here, there = (rank_tracks(rows.tracks, rows.scene, MAX_DETECTIONS_PER_CLIP, model) for rows in (home, other))
    if not here.rows.size:
        return []
    lights = [_light_of(rows, ranked.rows) for rows, ranked in ((home, here), (other, there))]
    found = [
        ((x, y), float(score)) for (_, x, y), score in zip(places_of(other, there.rows), there.scores, strict=True)
    ]
    labels, kinds, spots = label(home, here.rows), blame(home, here.rows), []
    for i, (_, x, y) in enumerate(places_of(home, here.rows)):
        score, place = float(here.scores[i]), through(way, (x, y))
        said = seen_there(score, place, found, HALF_SIZE, REACH_PX)
        near = [j for j, (at, _) in enumerate(found) if math.dist(at, place) <= REACH_PX]
        change, error = math.nan, math.nan
        if near:
            (light, noise), (again, noise_there) = lights[0][i], lights[1][max(near, key=lambda j: found[j][1])]
            change = math.log(max(again, noise_there) / max(light, 1.0)) - RANGE_POWER * math.log(_scale(way, x, y))
            error = math.hypot(noise / max(light, 1.0), noise_there / max(again, noise_there)) / math.sqrt(ASIDE)
        kind = "lens" if labels[i] else kinds[i]
        joined = score + (0.0 if said is None else said[2])
        if labels[i] >= 0:
            spots.append(Spot(room, kind, bool(labels[i]), score, joined, bool(near), change, error))
    return spots


def _light_of(rows: Rows, which: npt.NDArray[np.intp]) -> list[tuple[float, float]]:
    """Median light and noise of tracks in triples that do not saturate; NaN where those are less than half."""
    if not which.size:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        columns = Columns(rows.tracks, rows.scene)
    fine = columns.found & (columns.get("saturated_px") <= 0.5) & (columns.get("area_high") <= 0.5)
    light = middle_of(np.where(fine, columns.point, np.nan))
    light[fine.sum(axis=1) < 0.5 * columns.found.sum(axis=1)] = np.nan
    noise = middle_of(np.where(columns.found, columns.get("noise_e"), np.nan))
    return [(float(light[i]), float(noise[i])) for i in which]


def _scale(way: npt.NDArray[np.float64], x: float, y: float) -> float:
    """By how much the other view shows the surroundings of a place larger."""
    (a, b), (c, d), (e, f) = (through(way, at) for at in ((x, y), (x + 1.0, y), (x, y + 1.0)))
    return math.sqrt(abs((c - a) * (f - b) - (d - b) * (e - a)))


def spread_of(spots: Sequence[Spot]) -> float:
    """Scatter of the change beyond its noise: the likeliest scale of Student's t with two degrees of freedom."""
    change, error = (np.array([getattr(spot, name) for spot in spots]) for name in ("change", "error"))
    scales = np.geomspace(0.02, 3.0, 25)
    return float(max(scales, key=lambda scale: _density(change, error, scale).sum()))


def _density(change: npt.NDArray[np.float64], error: npt.NDArray[np.float64], scale: float) -> npt.NDArray[np.float64]:
    wide = np.hypot(error, scale)
    return np.asarray(-np.log(wide) - 1.5 * np.log1p((change / wide) ** 2 / 2.0))


def mean_recall(scores: npt.NDArray[np.float64], is_lens: npt.NDArray[np.bool_], rooms: int) -> float:
    """Mean recall of the lenses reported over `RATES` of false alarms a room."""
    alarms = np.sort(scores[~is_lens])[::-1]
    cuts = [alarms[int(rate * rooms)] if int(rate * rooms) < alarms.size else -np.inf for rate in RATES]
    return float(np.mean([(scores[is_lens] > cut).mean() for cut in cuts]))


def tell(spots: Sequence[Spot]) -> list[str]:
    """What the light of each kind does, and what reading it does to recall; the spread is fitted to the same rooms."""
    told = []
    near = [spot for spot in spots if spot.score > LEAST_SCORE]
    for kind in sorted({spot.kind for spot in near}):
        mine = [spot for spot in near if spot.kind == kind]
        known = [abs(spot.change) for spot in mine if math.isfinite(spot.change)]
        if len(mine) >= 8:
            median = f"{np.median(known):.2f} of {len(known)}" if known else "of none"
            seen = sum(spot.is_seen for spot in mine) / len(mine)
            told.append(f"{kind:14s} {len(mine):4d} places, seen again {seen:.2f}, change {median}")
    known_near = [spot for spot in near if math.isfinite(spot.change)]
    lens, rest = (spread_of([s for s in known_near if s.counts is counts]) for counts in (True, False))
    told.append(f"scatter beyond noise: lenses {lens:.2f}, others {rest:.2f}")
    change, error = (np.nan_to_num(np.array([getattr(s, name) for s in spots])) for name in ("change", "error"))
    ratio = (_density(change, error, lens) - _density(change, error, rest)) / math.log(10.0)
    ratio[[not math.isfinite(spot.change) for spot in spots]] = 0.0
    alone = np.array([spot.score for spot in spots])
    rooms, is_lens = np.array([spot.room for spot in spots]), np.array([spot.counts for spot in spots])
    names = sorted(set(rooms))
    rng = np.random.default_rng(0)
    ways = {"scores joined": np.array([spot.joined for spot in spots]), "change of the light": alone + ratio}
    base = mean_recall(alone, is_lens, len(names))
    told.append(f"one look: mean recall {base:.3f}, {len(names)} rooms, {int(is_lens.sum())} lenses")
    for way, scores in ways.items():
        differences = []
        for _ in range(RESAMPLES):
            drawn = np.concatenate([np.flatnonzero(rooms == name) for name in rng.choice(names, len(names))])
            differences.append(
                mean_recall(scores[drawn], is_lens[drawn], len(names))
                - mean_recall(alone[drawn], is_lens[drawn], len(names))
            )
        low, high = percentiles(np.array(differences)) or (math.nan, math.nan)
        told.append(f"{way}: {mean_recall(scores, is_lens, len(names)) - base:+.3f} ({low:+.3f} to {high:+.3f})")
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--first", type=int, default=410_000)
    parser.add_argument("--count", type=int, default=60)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="render rooms and keep what was followed there")
    where.add_argument("--figures", type=Path, help="what was kept tells")
    args = parser.parse_args(arguments)
    if args.figures is not None:
        return _tell_kept(sorted(args.figures.glob("*.json")))
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in range(args.first, args.first + args.count):
        path = args.out / f"training-{seed:07d}.json"
        if path.exists():
            continue
        try:
            rows, ways = follow_sides(seed)
        except ClipError as error:
            print(f"{path.stem}: {error}", file=sys.stderr)
            continue
        for number, one in enumerate(rows, 1):
            save(one, path.with_suffix(f".{number}.npz"))
        path.write_text(json.dumps({"ways": [way.tolist() for way in ways]}), encoding="utf-8")
    return 0


def _tell_kept(paths: Sequence[Path]) -> int:
    for number, side in enumerate(SIDES):
        spots: list[Spot] = []
        for path in paths:
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            way = np.array(kept["ways"][number])
            if way.any():
                home, other = load(path.with_suffix(".1.npz")), load(path.with_suffix(f".{number + 2}.npz"))
                spots += spots_of(path.stem, home, other, way)
        if spots:
            print(f"{side}: {len(paths)} rooms", *tell(spots), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
