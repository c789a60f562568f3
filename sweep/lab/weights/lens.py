"""What glints weigh, at the first look and the second, counted on rendered clips.

Job: scores of lenses against scores of all that a fully covered zone holds. Input: curves and the first world; output:
tables `glint`, `glints_around`, `glint_again`, `glint_close`, `nothing_by_eye`. Refuses nothing.

How often things glint differs from world to world more than the counts of one world say, and a room tells which world
it is of: the rate of glints that by themselves ask for a look is taken as gamma distributed over worlds. With n others
in the room it is (SHAPE + n) / (SHAPE + mean) of the mean. `glint` is the ratio where there are no others,
`glints_around` what others take from it. SHAPE and TIMES were chosen in the worlds that train
(`tests.simulators.city_worlds`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from sweep.lab.city.rooms import LENSES, RoomKind, World
from sweep.lab.city.samples import AGAIN_FROM, Curves, Tail
from sweep.lab.weights.counted import DRAWS, Counted, bins_of, ratio, rising
from sweep.lens.weigh import ALIKE_FROM, USUAL_ZONES
from sweep.modality.weights import Weight, WeightTable
from sweep.report.findings import WeightSource

SCORES: Final = (0.65, 1.0, 1.3, 1.6, 1.95, 2.3, 2.6)
AGAIN_SCORES: Final = (1.15, 1.45, 2.0)
CLOSE_LOOKS: Final = Path(__file__).with_name("close_looks.json")
"""Scores from afar and from close by (`sweep.lab.lens.close_looks --counts`)."""
CLOSE_SCORES: Final = (1.25, 2.0)
"""Below the first nothing was called, and nobody knows what the probe pointed at: it is counted, and no evidence."""
RENDERED: Final = "rendered clips that the forest never saw"
NEWTON_STEPS: Final = 30
RIDGE: Final = 1e-3
"""So that the regression ends where the first score alone tells lenses from others."""
SHAPE: Final = 0.5
"""Of the gamma distribution of rates over worlds."""
SHAPES: Final = (0.4, 2.0)
"""What fits about as well, as the interval."""
TIMES: Final = 1.5
"""The mean rate over worlds, in rates of the first one."""
AROUND: Final = (1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 14.0)
"""Other glints; fewer than the first is none."""


def glint(
    curves: Curves, world: World, rng: np.random.Generator, source: WeightSource = "rendered", clips: str = RENDERED
) -> WeightTable:
    """First look: the score of a spot, against spots of that score among all that a fully covered zone holds; `clips`:
    what was counted.
    """
    none_others = TIMES * SHAPE / (SHAPE + TIMES * expected_around(curves, world))
    cells = [(camera, none.times(none_others)) for camera, none in _cells(curves, world, rng)]
    of = (curves.lens_count(), curves.clips)
    return WeightTable(
        measure="score of the first look (log10 ratio among rendered places)", edges=SCORES,
        weights=tuple(rising(cells, of, source)),
        made_from=f"{curves.clips} {clips}, {curves.lens_count()} lenses in view, "
        f"those within {world.ranges_m[1]:g} m; things per zone guessed (city_rooms, first world), and "
        f"{none_others:.2f} times as many over the worlds that train, in rooms without others like it; {curves.build}",
    )  # fmt: skip


def expected_around(curves: Curves, world: World) -> float:
    """Glints of ALIKE_FROM and more that a room of USUAL_ZONES zones without a camera holds on average."""
    means = zones_of(world) | {"background": world.views}
    return USUAL_ZONES * sum(means.get(kind, 0.0) * tail.beyond(ALIKE_FROM) for kind, tail in curves.tails().items())


def around(curves: Curves) -> WeightTable:
    """Other spots of the room that glint like lenses: the more, the likelier a world where things do."""
    low, high = SHAPES
    seen = round(sum(sum(one >= ALIKE_FROM for one in scores) for scores, _ in curves.things.values()))
    weights = []
    for others in (0.0, *AROUND):
        least, at, most = (round(math.log10(shape / (shape + others)), 3) for shape in (low, SHAPE, high))
        weights.append(
            Weight(log10=at, low=least, high=most, counts=(0, seen), of=(0, curves.clips), source="rendered")
        )
    return WeightTable(
        measure=f"other glints that score {ALIKE_FROM:g} in a room of {USUAL_ZONES} zones", edges=AROUND,
        weights=tuple(weights),
        made_from=f"rates of such glints gamma distributed over worlds, shape {SHAPE:g} (interval: {low:g} to "
        f"{high:g}), chosen in the three rendered worlds that train (tests.simulators.city_worlds); {curves.build}",
    )  # fmt: skip


def _cells(curves: Curves, world: World, rng: np.random.Generator) -> list[tuple[Counted, Counted]]:
    lens_bins = {lens: bins_of(curves.lens_scores(lens, world), SCORES) for lens in LENSES}
    means = zones_of(world) | {"background": world.views}
    tails = curves.tails()
    cells = []
    for cell in range(len(SCORES) + 1):
        camera = Counted(0, np.zeros(DRAWS))
        for lens, bins in lens_bins.items():
            hits, lenses = curves.independent * bins[cell], curves.independent * sum(bins)
            camera = camera.plus(Counted.share(hits, lenses, rng).times(world.lens_shares[lens]))
        none = Counted(0, np.zeros(DRAWS))
        for kind, tail in tails.items():
            none = none.plus(_things(tail, means.get(kind, 0.0), cell, rng, curves.independent))
        cells.append((camera, none))
    return cells


def _things(tail: Tail, mean: float, cell: int, rng: np.random.Generator, independent: float) -> Counted:
    """Things of one kind in a bin of scores, per zone: counted, and from the tail on by its fitted slope.

    The slope of `above` excesses is gamma distributed, the share that reaches the tail beta distributed; nothing scores
    more than the forest gives. `independent`: share of the counts that counts.
    """
    low = SCORES[cell - 1] if cell else -math.inf
    high = SCORES[cell] if cell < len(SCORES) else math.inf
    counted = independent * sum(low <= one < high for one in tail.below)
    count, above = independent * tail.count, independent * tail.above
    draws = rng.beta(counted, count - counted + 1.0, DRAWS) if counted else np.zeros(DRAWS)
    hits = float(counted)
    if high > tail.start:
        scale = tail.scale * above / rng.gamma(above, 1.0, DRAWS)
        reach = rng.beta(above, count - above + 1.0, DRAWS)
        begin, end = max(low - tail.start, 0.0), min(high, tail.top) - tail.start
        whole = 1.0 - np.exp(-(tail.top - tail.start) / scale)
        draws = draws + reach * np.maximum(np.exp(-begin / scale) - np.exp(-end / scale), 0.0) / whole
        hits += count * (tail.beyond(max(low, tail.start)) - tail.beyond(high)) if low < tail.top else 0.0
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
    """Second look from the side, of what scored AGAIN_FROM at first: what it scores, or that it is gone.

    What scored more at first scores more again, lens or not, so that both looks together say less than their sum: the
    second one counts by the exponent that tells lenses from others best where the first score is known.
    """
    lenses = [(first, s) for first, s in curves.again_lenses(world) if first >= AGAIN_FROM and s is not None]
    others = [(first, s) for _, first, s in curves.again_things if first >= AGAIN_FROM and s is not None]
    edges = AGAIN_SCORES
    lens_bins, other_bins = (bins_of([s for _, s in pairs], edges) for pairs in (lenses, others))
    of = (len(lenses), len(others))
    cells = [
        (Counted.share(a, of[0], rng), Counted.share(b, of[1], rng)) for a, b in zip(lens_bins, other_bins, strict=True)
    ]
    whole = WeightTable(
        measure="score of the second look", edges=edges, weights=tuple(rising(cells, of, "rendered")), made_from="pairs"
    )
    at, error = beside_first(lenses, others, whole)
    text = (
        f"{curves.pairs} rendered pairs of looks 20 to 30 cm apart ({curves.build}): {of[0]} lenses and {of[1]} other "
        f"things that scored {AGAIN_FROM:g} at first; to the power of {at:.2f} (standard error {error:.2f}), which is "
        f"what it adds to the first score"
    )
    table = whole.model_copy(update={
        "weights": tuple(_tempered(weight, at, error) for weight in whole.weights), "made_from": text,
    })  # fmt: skip
    by_eye = (Counted.share(46, 100, rng), Counted(100.0, np.ones(DRAWS)))
    # P(nothing seen by eye | lens): people without a tool found 46.0 % (LAPD, SenSys 2021)
    seen = ratio(Counted(54.0, 1.0 - by_eye[0].draws), by_eye[1], (100, 0), "derived")
    eye = WeightTable(
        measure="once", edges=(), weights=(seen,),
        made_from="46.0 % of hidden cameras were seen by eye (LAPD, SenSys 2021), taken as 46 of 100",
    )  # fmt: skip
    return {"glint_again": table, "nothing_by_eye": eye}


def close_build() -> str:
    """The forest that close looks were counted with."""
    return str(json.loads(CLOSE_LOOKS.read_text(encoding="utf-8"))["build"])


def close(rng: np.random.Generator) -> WeightTable:
    """What the probe scores from close by of what scored AGAIN_FROM from afar, to the power of what that adds to the
    first score; nothing, exactly, where it was not shown to be more than nothing.
    """
    kept = json.loads(CLOSE_LOOKS.read_text(encoding="utf-8"))
    lenses, others = ([(float(afar), float(near)) for afar, near in kept[name]] for name in ("lenses", "others"))
    of = (len(lenses), len(others))
    bins = [bins_of([near for _, near in pairs], CLOSE_SCORES) for pairs in (lenses, others)]
    cells = [(Counted.share(a, of[0], rng), Counted.share(b, of[1], rng)) for a, b in zip(*bins, strict=True)]
    measured = tuple(rising(cells, of, "rendered"))
    whole = WeightTable(
        measure="score of the close look", edges=CLOSE_SCORES, weights=measured, made_from="close looks"
    )
    at, error = beside_first(lenses, others, whole)
    is_shown = at > 1.645 * error
    nothing = {"log10": 0.0, "low": 0.0, "high": 0.0, "is_capped": False}
    weights = tuple(_tempered(one, at, error) if is_shown else one.model_copy(update=nothing) for one in measured)
    text = (
        f"{kept['rooms']} rendered rooms ({kept['build']}): {of[0]} lenses and {of[1]} other things that scored "
        f"{AGAIN_FROM:g} from afar, filmed again from 20 to 40 cm; to the power of {at:.2f} (standard error "
        f"{error:.2f}), which is what it adds to the first score"
    )
    said = "" if is_shown else ": not shown to be more than nothing, so that it weighs nothing"
    return whole.model_copy(update={"weights": weights, "made_from": text + said})


def beside_first(
    lenses: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]], whole: WeightTable
) -> tuple[float, float]:
    """The exponent of a table of second scores beside the first score, and its standard error; 0 to 1.

    Logistic regression of what is a lens on the first score and the table's weight of the second one.
    """
    pairs = np.array([*lenses, *others])
    weights = [whole.at(second).log10 * math.log(10.0) for _, second in pairs]
    known = np.column_stack([np.ones(len(pairs)), pairs[:, 0], weights])
    is_lens = np.arange(len(pairs)) < len(lenses)
    beta = np.zeros(3)
    information = np.eye(3)
    for _ in range(NEWTON_STEPS):
        said = 1.0 / (1.0 + np.exp(-known @ beta))
        information = (known * (said * (1.0 - said))[:, None]).T @ known + RIDGE * np.eye(3)
        beta = beta + np.linalg.solve(information, known.T @ (is_lens - said) - RIDGE * beta)
    error = math.sqrt(float(np.linalg.inv(information)[2, 2]))
    return min(max(float(beta[2]), 0.0), 1.0), error


def _tempered(weight: Weight, at: float, error: float) -> Weight:
    """A weight times an exponent that is known to an error; both uncertainties add by their squares."""
    middle, spread = at * weight.log10, 1.645 * error * weight.log10
    low = middle - math.hypot(at * (weight.log10 - weight.low), spread)
    high = middle + math.hypot(at * (weight.high - weight.log10), spread)
    return weight.model_copy(update={"log10": round(middle, 3), "low": round(low, 3), "high": round(high, 3)})
