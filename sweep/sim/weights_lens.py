"""What glints weigh, at the first look and the second, counted on rendered clips.

Job: scores of lenses against scores of all that a fully covered zone holds. Input: curves and the first world; output:
tables `glint`, `glint_again`, `nothing_by_eye`. Refuses nothing.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from sweep.plug.weights import WeightTable
from sweep.sim.city_rooms import LENSES, RoomKind, World
from sweep.sim.city_samples import Curves, Tail
from sweep.sim.weights_counted import DRAWS, Counted, bins_of, ratio, rising

SCORES: Final = (0.65, 1.0, 1.3, 1.6, 1.95, 2.3, 2.6)
AGAIN_FROM: Final = 0.65
"""What the first look has to score for its second look to be counted: below what the detector calls a candidate, for
those are few."""
AGAIN_SCORES: Final = (1.15, 1.45, 2.0)


def glint(curves: Curves, world: World, rng: np.random.Generator) -> WeightTable:
    """First look: the score of a spot, against spots of that score among all that a fully covered zone holds."""
    cells = _cells(curves, world, rng)
    of = (curves.lens_count(), curves.clips)
    return WeightTable(
        measure="score of the first look (log10 ratio among rendered places)", edges=SCORES,
        weights=tuple(rising(cells, of, "rendered")),
        made_from=f"{curves.clips} rendered clips that the forest never saw, {curves.lens_count()} lenses in "
        f"view, those "
        f"within {world.ranges_m[1]:g} m; things per zone guessed (city_rooms, first world); {curves.build}",
    )  # fmt: skip


def _cells(curves: Curves, world: World, rng: np.random.Generator) -> list[tuple[Counted, Counted]]:
    lens_bins = {lens: bins_of(curves.lens_scores(lens, world), SCORES) for lens in LENSES}
    means = zones_of(world) | {"background": world.views}
    tails = curves.tails()
    cells = []
    for cell in range(len(SCORES) + 1):
        camera = Counted(0, np.zeros(DRAWS))
        for lens, bins in lens_bins.items():
            camera = camera.plus(Counted.share(bins[cell], sum(bins), rng).times(world.lens_shares[lens]))
        none = Counted(0, np.zeros(DRAWS))
        for kind, tail in tails.items():
            none = none.plus(_things(tail, means.get(kind, 0.0), cell, rng))
        cells.append((camera, none))
    return cells


def _things(tail: Tail, mean: float, cell: int, rng: np.random.Generator) -> Counted:
    """Things of one kind in a bin of scores, per zone: counted, and from the tail on by its fitted slope.

    The slope of `above` excesses is gamma distributed, the share that reaches the tail beta distributed; nothing scores
    more than the forest gives.
    """
    low = SCORES[cell - 1] if cell else -math.inf
    high = SCORES[cell] if cell < len(SCORES) else math.inf
    counted = sum(low <= one < high for one in tail.below)
    draws = rng.beta(counted, tail.count - counted + 1.0, DRAWS) if counted else np.zeros(DRAWS)
    hits = float(counted)
    if high > tail.start:
        scale = tail.scale * tail.above / rng.gamma(tail.above, 1.0, DRAWS)
        reach = rng.beta(tail.above, tail.count - tail.above + 1.0, DRAWS)
        begin, end = max(low - tail.start, 0.0), min(high, tail.top) - tail.start
        whole = 1.0 - np.exp(-(tail.top - tail.start) / scale)
        draws = draws + reach * np.maximum(np.exp(-begin / scale) - np.exp(-end / scale), 0.0) / whole
        hits += tail.count * (tail.beyond(max(low, tail.start)) - tail.beyond(high)) if low < tail.top else 0.0
    return Counted(hits, draws * mean)


def zones_of(world: World) -> dict[str, float]:
    """Things of each type in the average zone."""
    total: dict[str, float] = {}
    for room in world.rooms:
        for zone in room.plan.zones:
            for kind, mean in clutter_of(room, zone.kind).items():
                total[kind] = total.get(kind, 0.0) + room.share * mean / len(room.plan.zones)
    return total


def clutter_of(room: RoomKind, kind: str) -> dict[str, float]:
    """What a zone of that kind holds; of a kind that nobody listed, what the entrance does."""
    return dict(room.clutter.get(kind) or room.clutter["entrance"])


def again(curves: Curves, world: World, rng: np.random.Generator) -> dict[str, WeightTable]:
    """Second look from the side, of what scored AGAIN_FROM at first: what it scores, or that it is gone."""
    lenses = [s for first, s in curves.again_lenses(world) if first >= AGAIN_FROM and s is not None]
    weighed = [(w, s) for kind, first, s in curves.again_things if first >= AGAIN_FROM and s is not None
               for w in [1.0]]  # fmt: skip
    edges = AGAIN_SCORES
    lens_bins, other_bins = bins_of(lenses, edges), bins_of([s for _, s in weighed], edges)
    of = (len(lenses), len(weighed))
    cells = [
        (Counted.share(a, of[0], rng), Counted.share(b, of[1], rng)) for a, b in zip(lens_bins, other_bins, strict=True)
    ]
    text = (
        f"{curves.pairs} rendered pairs of looks 20 to 30 cm apart ({curves.build}): {of[0]} lenses and {of[1]} other "
        f"things that scored {AGAIN_FROM:g} at first"
    )
    table = WeightTable(
        measure="score of the second look", edges=edges, weights=tuple(rising(cells, of, "rendered")), made_from=text
    )
    by_eye = (Counted.share(46, 100, rng), Counted(100.0, np.ones(DRAWS)))
    # P(nothing seen by eye | lens): people without a tool found 46.0 % (LAPD, SenSys 2021)
    seen = ratio(Counted(54.0, 1.0 - by_eye[0].draws), by_eye[1], (100, 0), "derived")
    eye = WeightTable(
        measure="once", edges=(), weights=(seen,),
        made_from="46.0 % of hidden cameras were seen by eye (LAPD, SenSys 2021), taken as 46 of 100",
    )  # fmt: skip
    return {"glint_again": table, "nothing_by_eye": eye}
