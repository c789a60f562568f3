"""The measured curves of `city_curves.json`, ready to be sampled from.

Job: read them, pick lenses of a target and range. Input: the name of a world; output: `Curves`. Refuses a file without
that world.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sweep.lab.city.rooms import Lens, World, WorldName

CURVES: Final = Path(__file__).with_name("city_curves.json")
APERTURES_MM: Final[dict[Lens, tuple[float, float]]] = {
    "pinhole_1mm": (0.7, 1.4), "pinhole_1mm_ircut": (0.7, 1.4), "lens_2mm": (1.4, 3.0),
}  # fmt: skip
FILTERS: Final[dict[Lens, str]] = {"pinhole_1mm": "clear", "pinhole_1mm_ircut": "reflective", "lens_2mm": "clear"}
Floats = npt.NDArray[np.float64]


def is_lens(lens: Lens, kind: str, aperture_mm: float, range_m: float, farthest_m: float) -> bool:
    """Whether a rendered lens stands for a target within a range; reflective ones of any aperture, they are few."""
    low, high = APERTURES_MM[lens]
    fits = low <= aperture_mm < high or kind == "reflective"
    return kind == FILTERS[lens] and fits and range_m <= farthest_m


CALLED: Final = 1.3
"""Score from which the detector makes an observation of a glint: 1.28 of `candidate_score`, rounded."""
AGAIN_FROM: Final = 0.65
"""First scores whose second looks are counted and drawn from: below what is called, for those are few."""
TAIL_FROM: Final = 10
"""The tail of a score's distribution begins at the so many-th largest."""


@dataclass(frozen=True)
class Tail:
    """Scores of one kind of thing: counted below `start`, above it an exponential tail with the mean excess.

    It ends at `top`, the highest score that the forest gives anything.
    """

    below: tuple[float, ...]
    """Measured scores below `start`."""
    start: float
    above: int
    """How many scored `start` and more."""
    scale: float
    """Mean excess over `start`."""
    count: int
    """Things in view."""
    top: float = math.inf

    @classmethod
    def of(cls, scores: Sequence[float], count: int, top: float = math.inf) -> Tail | None:
        """None where fewer than three scored at all."""
        ordered = sorted(scores)
        above = min(TAIL_FROM, len(ordered) // 2)
        if above < 3:
            return None
        start = ordered[-above]
        excess = [score - start for score in ordered[-above:]]
        return cls(tuple(ordered[:-above]), start, above, max(sum(excess) / (above - 1), 0.02), count, top)

    @classmethod
    def counted(cls, scores: Sequence[float], count: int) -> Tail:
        """Too few scores for a tail: each counts as it is, nothing above the highest; nothing is drawn of it."""
        return cls(tuple(sorted(scores)), math.inf, 0, 1.0, count)

    def beyond(self, score: float) -> float:
        """Share of the things that score so much."""
        if score >= self.start:
            left = self._left(score - self.start) - self._left(self.top - self.start)
            return self.above / self.count * max(left, 0.0) / (1.0 - self._left(self.top - self.start))
        return (self.above + sum(one >= score for one in self.below)) / self.count

    def draw(self, least: float, rng: np.random.Generator) -> float:
        """A score of at least `least`."""
        counted = [one for one in self.below if one >= least]
        if least < self.start and rng.random() < len(counted) / (len(counted) + self.above):
            return counted[int(rng.integers(len(counted)))]
        begin = max(self.start, least)
        reach = 1.0 - self._left(self.top - begin)
        return begin - self.scale * math.log1p(-reach * float(rng.random()))

    def _left(self, excess: float) -> float:
        return math.exp(-excess / self.scale)


@dataclass(frozen=True)
class Curves:
    """What was measured for one world."""

    build: str
    clips: int
    things: dict[str, tuple[list[float], int]]
    """By type of confuser: scores of those that were followed, and how many there were in view."""
    background: list[float]
    """Scores of places on nothing, in all clips."""
    lenses: list[list[Any]]
    """Kind, aperture in mm, range in m, in view, score."""
    pairs: int
    again: list[list[Any]]
    """Type, first score, second score or None where it was out of view; of a lens also kind, aperture, range."""
    places: dict[str, list[list[float]]]
    """By kind of room: true zone or -1, level at each position, probability of each zone."""
    region_holds: tuple[int, int]
    """How many transmitters inside lay in their region, of how many."""
    light: list[dict[str, Any]]
    """Runs of the light test, look by look."""
    light_nulls: dict[str, Any]
    """The same of very many sequences that were not played: counts, and how the looks correlate."""
    independent: float = 1.0
    """Share of lenses and things that counts as independent; less where a thing is in many clips."""
    counts_few: bool = False
    """Whether kinds with too few scores for a tail count all the same; in the rendered worlds they are left out."""

    def tails(self) -> dict[str, Tail]:
        """Of every type of confuser that ever scored, and of places on nothing (`background`, by clip)."""
        top, every = self.top(), self.things | {"background": (self.background, self.clips)}
        tails = {kind: Tail.of(scores, count, top) for kind, (scores, count) in every.items()}
        if self.counts_few:
            tails |= {kind: Tail.counted(*every[kind]) for kind in self.few()}
        return {kind: tail for kind, tail in tails.items() if tail is not None}

    def few(self) -> list[str]:
        """Types that scored, and too seldom for a tail."""
        every = self.things | {"background": (self.background, self.clips)}
        return sorted(kind for kind, (scores, count) in every.items() if scores and Tail.of(scores, count) is None)

    def top(self) -> float:
        """The highest score that was measured of anything: a forest gives no more."""
        of_things = [score for scores, _ in self.things.values() for score in scores]
        return float(max([*of_things, *self.background, *(row[4] for row in self.lenses)])) + 0.01

    def lens_scores(self, lens: Lens, world: World) -> list[float]:
        """First-look scores of lenses in view that stand for a target."""
        return [
            score for kind, aperture, far, _, score in self.lenses
            if is_lens(lens, kind, aperture, far, world.ranges_m[1])
        ]  # fmt: skip

    def lens_count(self) -> int:
        """Lenses in view at any range."""
        return len(self.lenses)

    def again_lenses(self, world: World, lens: Lens | None = None) -> list[tuple[float, float | None]]:
        """First and second score of lenses seen twice."""
        kinds: Sequence[Lens] = tuple(APERTURES_MM) if lens is None else (lens,)
        return [
            (row[1], row[2]) for row in self.again
            if row[0] == "lens" and any(is_lens(k, row[3], row[4], row[5], world.ranges_m[1] + 1.0) for k in kinds)
        ]  # fmt: skip

    @property
    def again_things(self) -> list[tuple[str, float, float | None]]:
        """Type, first and second score of what is no lens."""
        return [(row[0], row[1], row[2]) for row in self.again if row[0] != "lens"]


def outside_excess_db(world: World, rng: np.random.Generator, count: int, *, is_inside: bool) -> Floats:
    """How much louder transmitters are outside the door than at the strongest stand inside: simulated."""
    far = rng.uniform(1.5, 4.0, count) if is_inside else rng.uniform(0.8, 6.0, count)
    near = rng.uniform(0.8, 3.0, count) if is_inside else rng.uniform(1.5, 6.0, count)
    wall = np.maximum(0.0, rng.normal(*world.wall_db, count))
    loss = 10.0 * world.exponent * np.log10(far / near) + (wall if is_inside else -wall)
    noise = rng.normal(0.0, world.shadowing_db, (count, 6))
    excess: Floats = -loss + noise[:, 0] - noise[:, 1:].max(axis=1)
    return excess


@cache
def load_curves(world: WorldName) -> Curves:
    """The curves of a world."""
    table = json.loads(CURVES.read_text(encoding="utf-8"))
    one = table["worlds"][world]
    return Curves(
        build=table["build"],
        clips=one["clips"],
        things={kind: (about["scores"], about["count"]) for kind, about in one["things"].items()},
        background=one["background"],
        lenses=one["lenses"],
        pairs=one["pairs"],
        again=one["again"],
        places=one["places"],
        region_holds=(one["region_holds"][0], one["region_holds"][1]),
        light=table["light"],
        light_nulls=table["light_nulls"],
    )
