"""One rendered wall seen from afar, and each spot that glints there once more from 20 to 40 cm with short exposures.

Job: render a room, follow it from afar, carry the probe towards each place that a look could be chosen for, film so
many triples as two to four seconds bring, and keep what both scored. Input: world and seed; output: a file a room, and
what the close looks do to recall. Refuses to choose anything by the worlds that judge: joins are fitted to `training`.

    python -m sweep.lab.lens.close_looks --world training --first 420000 --minutes 18 --out CLOSE
    python -m sweep.lab.lens.close_looks --figures CLOSE
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lab.lens.looks import follow_look, part_of
from sweep.lab.lens.pairs import Place, best_of, scores_of
from sweep.lab.scoring.intervals import percentiles
from sweep.lab.worlds.tiers import HALF_SIZE, shoot_of
from sweep.lab.worlds.unseen import UnseenRoom
from sweep.lens.camera.exposure import LEAST_S
from sweep.lens.clip.clips import ClipError
from sweep.lens.evidence.judge import load_judge
from sweep.lens.live.second_look import SHARE
from sweep.sim.scene.camera import Array, Pose, facing
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.rendered import RenderedClip

CloseWorld = Literal["training", "held_out", "unseen"]
AFAR_TRIPLES: Final = 8
CLOSE_TRIPLES: Final = 24
"""Of two to four seconds: 2.4 s at 30 frames a second, 1.4 s at 50."""
CLOSE_M: Final = (0.2, 0.4)
NEAREST_SHARE: Final = 0.8
"""Of the distance from afar, where that is hardly more."""
AIM_RAD: Final = math.radians(2.0)
"""Scatter of what is pointed at, a direction (guessed)."""
REACH_PX: Final = 60.0
"""From where the spot is expected, at half size: twice the aim (derived), 2 cm at 30 cm."""
FROM_SCORE: Final = 0.65
"""Of the first look: what scores less is never looked at (`sweep.judge`, steps of `glint`)."""
OTHERS: Final = 3
"""The best other spots of a room that are looked at; those after them decide nothing at the rates below."""
RATES: Final = (0.01, 0.1, 1.0)
RESAMPLES: Final = 400
NOTHING: Final = -1.5
"""Close score of a spot on which nothing was followed, and the least that counts (as `second_look`: WORST)."""


@dataclass(frozen=True)
class Held:
    """A hand that holds the probe near a spot: it turns there as it did, and sways less as it is nearer, so that the
    picture moves as fast.
    """

    hand: Hand
    middle_s: float
    there: Pose
    nearer: float

    def pose(self, time_s: float) -> Pose:
        """As `Sway.pose`."""
        home, now = self.hand.pose(self.middle_s), self.hand.pose(time_s)
        swayed = home.rotation @ (now.position - home.position) * self.nearer
        turned = now.rotation @ home.rotation.T
        return Pose(turned @ self.there.rotation, self.there.position + self.there.rotation.T @ swayed)


@dataclass(frozen=True)
class Spot:
    """One place of a room that glinted, or a lens that did not."""

    room: str
    kind: str
    counts: bool
    """A lens that counts."""
    afar: float
    close: float | None
    """Of the best place about there; None: nobody looked."""
    is_followed: bool
    """Anything was followed there from close by."""
    about: dict[str, Any]


class Room:
    """One room, to be filmed from afar and from close by."""

    def __init__(self, seed: int, world: CloseWorld) -> None:
        rng = self.rng = np.random.default_rng([seed, 0xC105])
        self.name = f"{world}-{seed:07d}"
        triples = AFAR_TRIPLES + CLOSE_TRIPLES
        lenses = int(rng.integers(1, 4))
        if world == "unseen":
            self.unseen = UnseenRoom(seed, None, HALF_SIZE, triples, True, None)
            self.times, self.hand, self.wall_m = self.unseen.times_s, self.unseen.hand, self.unseen.range_m
            self.focal_px, self.middle, self.exposure_s = self.unseen.focal, self.unseen.centre, 1e-3
        else:
            self.shoot = shoot_of(seed, world, HALF_SIZE, triples, with_lens=True, lenses=lenses)
            self.times, self.hand = list(self.shoot.probe.times_s), self.shoot.exposer.hand
            self.wall_m, view = float(self.shoot.room.layers[0].origin[2]), self.shoot.view
            self.focal_px, self.middle = view.focal_px, np.array([view.centre_x, view.centre_y])
            self.exposure_s = self.shoot.exposure_s
        self.world = world

    def film(self, span: range, hand: Hand | None = None, share: float = 1.0) -> RenderedClip:
        """So many frames, by this hand, exposed for a share of the usual time."""
        if self.world == "unseen":
            self.unseen.hand, self.unseen.share = hand or self.hand, share
            whole = self.unseen.run(self.name, span)
        else:
            usual = self.shoot.exposer
            self.shoot.exposer = usual if hand is None else self.shoot.exposed_for(share, hand)
            whole = self.shoot.run(self.name, span)
            self.shoot.exposer = usual
        part = part_of(whole, span.start, span.stop)
        meta = part.meta.model_copy(update={"exposure_s": part.meta.exposure_s * share})
        return RenderedClip(part.frames, meta, part.truth)

    def from_afar(self) -> RenderedClip:
        """What one stands before."""
        count = len(self.times)
        return self.film(range(count - 3 * AFAR_TRIPLES, count))

    def close_score(self, place: tuple[float, float]) -> tuple[float, bool]:
        """The best score about a place of the picture from afar, from close by; whether anything was followed."""
        ray = np.array([*((np.array(place) - self.middle) / self.focal_px), 1.0])
        spot = ray * self.wall_m
        far_m = float(np.linalg.norm(spot))
        near_m = min(float(self.rng.uniform(*CLOSE_M)), NEAREST_SHARE * far_m)
        at = spot * (1.0 - near_m / far_m)
        aimed = spot + near_m * AIM_RAD * self.rng.standard_normal(3)
        span = range(3 * CLOSE_TRIPLES)
        middle_s = self.times[len(span) // 2]
        hand = Held(self.hand, middle_s, Pose(facing(at, aimed), at), near_m / far_m)
        share = min(1.0, max((near_m / far_m) ** 2, LEAST_S / self.exposure_s))
        look = follow_look(self.film(span, hand, share)).rows
        found = [one[3] for one in scores_of(look) if self._is_about(spot, hand, one)]
        return max(found, default=NOTHING), bool(found)

    def _is_about(self, spot: Array, hand: Hand, place: Place) -> bool:
        frame, x, y, _ = place
        pose = hand.pose(self.times[frame])
        local = pose.rotation @ (spot - pose.position)
        at = self.middle + self.focal_px * local[:2] / max(float(local[2]), 0.02)
        return math.hypot(at[0] - x, at[1] - y) <= REACH_PX


def spots_of(seed: int, world: CloseWorld) -> list[Spot]:
    """A room from afar, and from close by what glinted there. Raises ClipError where it cannot be followed."""
    room = Room(seed, world)
    rows = follow_look(room.from_afar()).rows
    places = scores_of(rows)
    tracks = [(lens["track"], True) for lens in rows.truth["lenses"]]
    spots = []
    for lens in rows.truth["lenses"]:
        mine = [one for one in places if _is_near(one, lens["track"], lens=True)]
        about = {name: lens[name] for name in ("kind", "aperture_mm", "range_m", "snr", "detectable")}
        spots.append(_spot(room, "lens", bool(lens["detectable"]), mine[0] if mine else None, about))
    others = [one for one in places if not any(_is_near(one, track, lens=True) for track, _ in tracks)]
    for number, one in enumerate(others):
        kind = next((str(t["type"]) for t in rows.truth["confusers"] if _is_near(one, t["track"], lens=False)), "")
        spots.append(_spot(room, kind or "background", False, one, {}, is_looked_at=number < OTHERS))
    return spots


def _is_near(place: Place, track: list[dict[str, Any]], *, lens: bool) -> bool:
    return best_of([place], track, lens=lens) > -math.inf


def _spot(
    room: Room, kind: str, counts: bool, place: Place | None, about: dict[str, Any], *, is_looked_at: bool = True
) -> Spot:
    if place is None:
        return Spot(room.name, kind, counts, -9.0, None, False, about)
    if place[3] < FROM_SCORE or not is_looked_at:
        return Spot(room.name, kind, counts, place[3], None, False, about)
    close, is_followed = room.close_score((place[1], place[2]))
    return Spot(room.name, kind, counts, place[3], close, is_followed, about)


Scores = npt.NDArray[np.float64]


def read_spots(paths: Sequence[Path]) -> list[Spot]:
    """What rooms that were kept came to."""
    return [Spot(**one) for path in paths for one in json.loads(path.read_text(encoding="utf-8"))]


def scores_by(spots: Sequence[Spot], exponent: float) -> dict[str, Scores]:
    """Scores from afar; from close by where somebody looked, and below all of those elsewhere; both, the close one to
    that exponent beside the first. A spot at which nobody looked closely keeps its own.
    """
    afar = np.array([one.afar for one in spots])
    looked = np.array([one.close is not None for one in spots])
    close = np.array([max(NOTHING, one.close) if one.close is not None else NOTHING for one in spots])
    both = afar + np.where(looked, exponent * (close - afar), 0.0)
    return {"afar": afar, "close": np.where(looked, close, NOTHING - 9.0), "both": both}


def recall(scores: Scores, spots: Sequence[Spot], rooms: int, rate: float) -> float:
    """Share of the lenses that count above the score that so many others a room reach."""
    counts = np.array([one.counts for one in spots])
    others = np.sort(scores[np.array([one.kind != "lens" for one in spots])])[::-1]
    allowed = int(rate * rooms)
    cut = others[allowed] if allowed < others.size else -np.inf
    return float((scores[counts] > cut).mean()) if counts.any() else math.nan


def auc(scores: Scores, is_lens: npt.NDArray[np.bool_]) -> float:
    """How often a lens scores more than another spot; a tie is half."""
    ours, theirs = scores[is_lens][:, None], scores[~is_lens][None]
    return float(((ours > theirs) + 0.5 * (ours == theirs)).mean()) if ours.size and theirs.size else math.nan


def figures_of(spots: Sequence[Spot], exponent: float) -> dict[str, dict[str, float]]:
    """By what is scored: recall at each rate over rooms, and AUC of the spots that were looked at closely."""
    rooms = len({one.room for one in spots})
    looked = np.array([one.close is not None and (one.counts or one.kind != "lens") for one in spots])
    is_lens = np.array([one.counts for one in spots])
    return {
        name: {f"{rate:g}": recall(scores, spots, rooms, rate) for rate in RATES}
        | {"AUC": auc(scores[looked], is_lens[looked])}
        for name, scores in scores_by(spots, exponent).items()
    }


def tell(world: str, spots: Sequence[Spot], exponent: float) -> list[str]:
    """The figures of a world, with 90 % intervals over rooms, and of what close looks add."""
    names = sorted({one.room for one in spots})
    by_room = {name: [one for one in spots if one.room == name] for name in names}
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(RESAMPLES):
        sample = [
            replace(one, room=str(n)) for n, name in enumerate(rng.choice(names, len(names))) for one in by_room[name]
        ]
        drawn.append(figures_of(sample, exponent))
    looked = [one for one in spots if one.close is not None]
    told = [
        (
            f"{world}: {len(names)} rooms, {sum(one.counts for one in spots)} lenses that count; looked at closely: "
            f"{sum(one.counts for one in looked)} of them, {sum(one.kind != 'lens' for one in looked)} other spots"
        )
    ]
    at = figures_of(spots, exponent)
    for name, figures in at.items():
        parts = []
        for what, figure in figures.items():
            low, high = percentiles(np.array([one[name][what] for one in drawn])) or (math.nan, math.nan)
            parts.append(f"{what}: {figure:.2f} ({low:.2f}-{high:.2f})")
        told.append(f"  {name:5s} " + ", ".join(parts))
    for name in ("close", "both"):
        parts = []
        for what in at["afar"]:
            gain = at[name][what] - at["afar"][what]
            low, high = percentiles(np.array([one[name][what] - one["afar"][what] for one in drawn])) or (0.0, 0.0)
            parts.append(f"{what}: {gain:+.2f} ({low:+.2f} to {high:+.2f})")
        told.append(f"  {name} against afar  " + ", ".join(parts))
    return told


def counts_of(spots: Sequence[Spot]) -> dict[str, Any]:
    """Scores from afar and from close by of what was looked at, for `lab.weights.lens`."""
    looked = [one for one in spots if one.close is not None and (one.counts or one.kind != "lens")]
    pairs = {
        name: sorted([round(one.afar, 2), round(one.close or 0.0, 2)] for one in looked if one.counts is counts)
        for name, counts in (("lenses", True), ("others", False))
    }
    return {"build": load_judge().build, "rooms": len({one.room for one in spots}), **pairs}


def _tell_kept(paths: Sequence[Path], counts: Path | None) -> int:
    spots = read_spots(paths)
    if counts is not None:
        ours = [one for one in spots if one.room.startswith("training")]
        counts.write_text(json.dumps(counts_of(ours)) + "\n", encoding="utf-8")
    for world in sorted({one.room.rpartition("-")[0] for one in spots}):
        print(*tell(world, [one for one in spots if one.room.startswith(world)], SHARE), sep="\n")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--world", choices=("training", "held_out", "unseen"), default="training")
    parser.add_argument("--first", type=int, default=420_000)
    parser.add_argument("--minutes", type=float, default=18.0)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="render rooms for so long and keep what each spot scored")
    where.add_argument("--figures", type=Path, help="what was kept tells")
    parser.add_argument("--counts", type=Path, help="write what was kept of `training` for the weights there")
    args = parser.parse_args(arguments)
    if args.figures is not None:
        return _tell_kept(sorted(args.figures.glob("*.json")), args.counts)
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    until_s, seed = time.monotonic() + 60.0 * args.minutes, args.first
    while time.monotonic() < until_s:
        path = args.out / f"{args.world}-{seed:07d}.json"
        if not path.exists():
            try:
                path.write_text(json.dumps([vars(spot) for spot in spots_of(seed, args.world)]), encoding="utf-8")
            except ClipError as error:
                print(f"{path.stem}: {error}", file=sys.stderr)
        seed += 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
