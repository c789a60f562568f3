"""The weights file of the judge, counted on labelled runs of the real code.

Job: turn `city_curves.json` (what was measured) and the first world of `city_rooms` (how many of each thing a zone
holds) into log10 likelihood ratios with counts and 90 % intervals. Input: those two; output:
`sweep/judge/weights.json`. Refuses the second world, and a ratio beyond what the counts support: where fewer than three
readings stand on a side, the bound of the interval stands in for the estimate.

    python -m sweep.sim.weights_from_runs
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from sweep.plug.weights import FORMAT, Rate, Weight, Weights, WeightTable
from sweep.report.findings import WeightSource
from sweep.sim.city_rooms import FIRST, KINDS, LENSES, STREAMS, RoomKind, World
from sweep.sim.city_samples import Curves, Tail, load_curves

VERSION: Final = "rendered-2026-11-27"
FEW: Final = 3.0
"""Counts below this support no ratio of their own: the rule of three."""
DRAWS: Final = 20_000
SCORES: Final = (0.65, 1.0, 1.15, 1.3, 1.45, 1.6, 1.8, 1.95, 2.3)
AGAIN_FROM: Final = 0.65
"""What the first look has to score for its second look to be counted: below what the detector calls a candidate, for
those are few."""
CALLED: Final = 1.3
"""Score from which the detector calls a candidate (`sweep.lens.judge.candidate_score`)."""
AGAIN_SCORES: Final = (1.15, 1.45, 1.8)
PLACES: Final = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
BELOW_DB: Final = (1.0, 3.0, 6.0, 9.0, 12.0)
P_VALUES: Final = (0.0003, 0.001, 0.003, 0.01, 0.05)
LIGHTS: Final = (0.05, 0.1, 0.2)
OPEN: Final = (95, 440)
Floats = npt.NDArray[np.float64]


class Counted:
    """A rate with the counts behind it: draws from its Jeffreys posterior, so that rates add and multiply."""

    def __init__(self, hits: float, draws: Floats) -> None:
        self.hits = hits
        self.draws = draws

    @classmethod
    def share(cls, hits: float, of: float, rng: np.random.Generator) -> Counted:
        """A binomial share."""
        return cls(hits, rng.beta(hits + 0.5, max(of - hits, 0.0) + 0.5, DRAWS))

    def times(self, factor: float) -> Counted:
        """The same counts, the rate multiplied."""
        return Counted(self.hits, self.draws * factor)

    def plus(self, other: Counted) -> Counted:
        """The sum of two independent rates."""
        return Counted(self.hits + other.hits, self.draws + other.draws)


def ratio(camera: Counted, none: Counted, of: tuple[int, int], source: WeightSource) -> Weight:
    """The weight of a reading from its rate with a camera and its rate without."""
    logs = np.log10(camera.draws / none.draws)
    low, at, high = (float(np.quantile(logs, q)) for q in (0.05, 0.5, 0.95))
    is_capped = False
    if at > 0.0 and none.hits < FEW:
        at, is_capped = max(low, 0.0), True
    elif at < 0.0 and camera.hits < FEW:
        at, is_capped = min(high, 0.0), True
    low, high = min(low, at), max(high, at)
    return Weight(
        log10=round(at, 3), low=round(low, 3), high=round(high, 3), counts=(round(camera.hits), round(none.hits)),
        of=of, source=source, is_capped=is_capped,
    )  # fmt: skip


def rising(cells: Sequence[tuple[Counted, Counted]], of: tuple[int, int], source: WeightSource) -> list[Weight]:
    """One weight a cell, pooled with its neighbour where a higher reading would say less (pool adjacent violators)."""
    blocks: list[tuple[Counted, Counted, int]] = []
    for camera, none in cells:
        blocks.append((camera, none, 1))
        while len(blocks) > 1 and _middle(blocks[-2]) > _middle(blocks[-1]):
            (c1, n1, k1), (c2, n2, k2) = blocks[-2:]
            blocks[-2:] = [(c1.plus(c2), n1.plus(n2), k1 + k2)]
    return [ratio(camera, none, of, source) for camera, none, cells in blocks for _ in range(cells)]


def _middle(block: tuple[Counted, Counted, int]) -> float:
    weight = ratio(block[0], block[1], (0, 0), "derived")
    return weight.log10


def _bins(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1).tolist()


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
    lens_bins = {lens: _bins(curves.lens_scores(lens, world), SCORES) for lens in LENSES}
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

    The slope of `above` excesses is gamma distributed, the share that reaches the tail beta distributed.
    """
    low = SCORES[cell - 1] if cell else -math.inf
    high = SCORES[cell] if cell < len(SCORES) else math.inf
    counted = sum(low <= one < high for one in tail.below)
    draws = rng.beta(counted, tail.count - counted + 1.0, DRAWS) if counted else np.zeros(DRAWS)
    hits = float(counted)
    if high > tail.start:
        scale = tail.scale * tail.above / rng.gamma(tail.above, 1.0, DRAWS)
        reach = rng.beta(tail.above, tail.count - tail.above + 1.0, DRAWS)
        begin, end = max(low - tail.start, 0.0), high - tail.start
        draws = draws + reach * (np.exp(-begin / scale) - np.exp(-end / scale))
        hits += tail.above * (math.exp(-begin / tail.scale) - math.exp(-end / tail.scale))
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
    lens_bins, other_bins = _bins(lenses, edges), _bins([s for _, s in weighed], edges)
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


def uplinks(curves: Curves, world: World, rng: np.random.Generator) -> dict[str, WeightTable]:
    """An uplink by where it was placed, or by how much weaker it is here, against those of neighbours."""
    inside = [(row[0], row) for rows in curves.places.values() for row in rows if row[0] >= 0]
    beyond = [row for rows in curves.places.values() for row in rows if row[0] < 0]
    zones = 5
    here = [row[1 + zones + int(zone)] for zone, row in inside]
    there = [share for row in beyond for share in row[1 + zones :]]
    below_here = [max(row[1 : 1 + zones]) - row[1 + int(zone)] for zone, row in inside]
    below_there = [max(row[1 : 1 + zones]) - level for row in beyond for level in row[1 : 1 + zones]]
    share = next(kind.share for kind in KINDS if kind.name == "wifi_streaming")
    heard = world.neighbour_uplinks + world.phone_uplinks
    of = (len(here), len(there))

    def table(
        measure: str, edges: Sequence[float], a: Sequence[float], b: Sequence[float], *, down: bool
    ) -> WeightTable:
        cells = [
            (Counted.share(x, len(a), rng).times(share), Counted.share(y, len(b), rng).times(heard))
            for x, y in zip(_bins(a, edges), _bins(b, edges), strict=True)
        ]
        weights = rising(cells[::-1], of, "simulated")[::-1] if down else rising(cells, of, "simulated")
        text = (
            f"{of[0]} transmitters inside and {len(beyond)} behind the walls, levels simulated ({world.exponent:g}, "
            f"{world.shadowing_db:g} dB), placed by locate; {heard:g} uplinks of others a room and {share:.0%} "
            f"of hidden "
            "cameras streaming are guessed"
        )
        return WeightTable(measure=measure, edges=tuple(edges), weights=tuple(weights), made_from=text)

    open_share = Counted.share(*OPEN, rng).times(share)
    open_none = Counted.share(43, 920, rng).times(world.other_uploads)
    return {
        "video_uplink": table("probability of this zone", PLACES, here, there, down=False),
        "video_uplink_near": table("dB below its strongest stand", BELOW_DB, below_here, below_there, down=True),
        "open_upload": WeightTable(
            measure="once", edges=(), weights=(ratio(open_share, open_none, (440, 920), "simulated"),),
            made_from="air_venue, 30 s: 95 of 440 cameras and 43 of 920 others left open (tests/simulators/README.md); "
            f"{world.other_uploads:g} such uploads a room guessed",
        ),
        "louder_outside": WeightTable(
            measure="once", edges=(), weights=(_louder(world, rng),),
            made_from="the same transmitters: 6 dB louder outside the door than at any stand inside",
        ),
    }  # fmt: skip


def _louder(world: World, rng: np.random.Generator) -> Weight:
    """How often one inside, and one beyond, is 6 dB louder at a stand outside the door: simulated anew."""
    counts = []
    for inside in (True, False):
        far = np.abs(rng.uniform(1.5, 4.0, 2_000) if inside else rng.uniform(0.8, 6.0, 2_000))
        near = rng.uniform(0.8, 3.0, 2_000) if inside else rng.uniform(1.5, 6.0, 2_000)
        wall = np.maximum(0.0, rng.normal(*world.wall_db, 2_000))
        loss = 10.0 * world.exponent * np.log10(far / near) + (wall if inside else -wall)
        noise = rng.normal(0.0, world.shadowing_db, (2_000, 6))
        counts.append(int((-loss + noise[:, 0] - noise[:, 1:].max(axis=1) >= 6.0).sum()))
    a, b = counts
    return ratio(Counted.share(a, 2_000, rng), Counted.share(b, 2_000, rng), (2_000, 2_000), "simulated")


def light_test(curves: Curves, world: World, rng: np.random.Generator) -> dict[str, WeightTable]:
    """How a test by light ended, for a camera that watches this zone and for what does not."""
    lit = [run for run in curves.light if run["light"] > 0.0]
    dark = [run for run in curves.light if run["light"] == 0.0]
    followed = [p for run in lit if (p := stopped_at(run["p"])) <= P_VALUES[-1]]
    chance = [p for run in dark if (p := stopped_at(run["p"])) <= P_VALUES[-1]]
    edges = P_VALUES[:-1]
    cells = []
    for k, (a, b) in enumerate(zip(_bins(followed, edges), _bins(chance, edges), strict=True)):
        wide = (edges[k] if k < len(edges) else P_VALUES[-1]) - (edges[k - 1] if k else 0.0)
        # p-values of chance are exact by construction; what sees the light without watching follows as a camera does
        false = Counted(CONTROLS * wide, rng.gamma(CONTROLS * wide + 0.5, 1.0 / CONTROLS, DRAWS))
        camera = Counted.share(a, len(lit), rng)
        cells.append((camera, false.plus(camera.times(world.sees_light)), b))
    weights = rising([(c, n) for c, n, _ in reversed(cells)], (len(lit), CONTROLS), "simulated")[::-1]
    text = (
        f"{len(lit)} runs at 10 and 20 % more light of the scene, {len(dark)} in the dark of which "
        f"{len(chance)} seemed to "
        f"follow (tests/simulators/light_runs.py); chance by {CONTROLS} controls (tests/simulators/README.md); "
        f"{world.sees_light:.1%} of others that see the light are guessed"
    )
    follows = WeightTable(measure="p of the test", edges=edges, weights=tuple(weights), made_from=text)
    power = Counted.share(len(followed), len(lit), rng)
    seen = world.sees_light
    # one that saw the light once sees it again; chance does not repeat
    repeats = Counted(power.hits, power.draws * (seen * power.draws + 0.05 * 0.05) / (seen * power.draws + 0.05))
    again_weight = ratio(power, repeats, (len(lit), CONTROLS), "simulated")
    missed = len(lit) - len(followed)
    denied = [
        ratio(Counted.share(a, n, rng), Counted.share(19, 20, rng), (n, 20), "simulated")
        for a, n in ((0, 5), (3, 12), (0, 30), (missed, len(lit)))
    ]
    told = "odd numbers of encode_cameras: of 47 told that 5, 10 or 20 % of light would show them 44 show it"
    walk = (Counted.share(13, 25, rng), Counted.share(95, 2_000, rng))
    not_walk = (Counted.share(12, 25, rng), Counted.share(1_905, 2_000, rng))
    return {
        "follows_light": follows,
        "follows_light_again": WeightTable(
            measure="once", edges=(), weights=(again_weight,),
            made_from=f"the same runs; of what followed by chance one in twenty would again, of what sees the "
            f"light all the "
            f"same ({seen:.1%}, guessed) as many as of cameras",
        ),
        "does_not_follow_again": WeightTable(
            measure="once", edges=(), weights=(_not_again(power, seen, (len(lit), CONTROLS)),),
            made_from="the same runs: how often what followed once does not again",
        ),
        "does_not_follow_light": WeightTable(
            measure="share of light that the denial is worth", edges=LIGHTS,
            weights=tuple(rising_weights(denied)), made_from=f"{told}; unknown: as the runs at 10 and 20 % that "
            f"did not follow",
        ),
        "follows_motion": WeightTable(
            measure="once", edges=(), weights=(ratio(*walk, (25, 2_000), "simulated"),),
            made_from="marked walks of 60 to 180 s, 13 of 25 followed; 95 of 2,000 false (tests/simulators/README.md)",
        ),
        "does_not_follow_motion": WeightTable(
            measure="once", edges=(), weights=(ratio(*not_walk, (25, 2_000), "simulated"),), made_from="the same walks",
        ),
    }  # fmt: skip


def _not_again(power: Counted, seen: float, of: tuple[int, int]) -> Weight:
    missed = Counted(float(of[0]) - power.hits, 1.0 - power.draws)
    none = Counted(0.95 * CONTROLS, np.full(DRAWS, 0.95 * 0.05 / (0.05 + seen)))
    return ratio(missed, none, of, "simulated")


CONTROLS: Final = 5_010
"""Control flows, 5.13 % of them at p <= 0.05, Kolmogorov-Smirnov distance 0.0142 (tests/simulators/README.md)."""


def rising_weights(weights: Sequence[Weight]) -> list[Weight]:
    """A denial that is worth less light never weighs less than one that is worth more: the running maximum."""
    out: list[Weight] = []
    for weight in weights:
        out.append(weight if not out or weight.log10 >= out[-1].log10 else out[-1])
    return out


def stopped_at(after: Sequence[float]) -> float:
    """The p-value at the look at which a live test stops, or the last one."""
    return next((p for p in after if p <= P_VALUES[-1]), after[-1])


def guessed(at: float, half: float, text: str) -> WeightTable:
    """A weight that nobody has counted, with an interval that says so."""
    weight = Weight(log10=at, low=at - half, high=at + half, counts=(0, 0), of=(0, 0), source="guessed")
    return WeightTable(measure="once", edges=(), weights=(weight,), made_from=text)


LINES_TOLD: Final = ((11, 12), (0, 24))
"""Pictures told by their lines, and carriers and Wi-Fi told as a picture (physical_table(12) of "
"tests/rf/test_confusion.py)."""


def radio(world: World, rng: np.random.Generator) -> dict[str, WeightTable]:
    """Bluetooth and RF: what a camera's family or carrier says, against the others of a room."""
    share = sum(kind.share for kind in KINDS if kind.radio == "analog_5800")
    told, false = LINES_TOLD
    video = (Counted.share(*told, rng).times(share), Counted.share(*false, rng).times(world.carrier / 5.0 + 0.05))
    return {
        "ble_camera_hint": guessed(
            0.3, 0.5, "a hint: sensors of the same families are heard far more often than cameras"
        ),
        "analog_video": WeightTable(
            measure="once", edges=(), weights=(ratio(*video, (told[1], false[1]), "simulated"),),
            made_from=f"{told[0]} of {told[1]} simulated pictures told by their lines, {false[0]} of {false[1]} others "
            f"(tests/rf); {share:.0%} of hidden cameras at 5.8 GHz and the carriers of others are guessed",
        ),
        "continuous_carrier": guessed(
            0.5, 0.6, "analogue at 1.2 or 2.4 GHz against motion sensors and wireless links: nobody has counted either"
        ),
        "rf_like_outside": guessed(-0.03, 0.05, "one hidden camera in eight sends analogue (guessed)"),
    }  # fmt: skip


def rates(curves: Curves, world: World) -> dict[str, Rate]:
    """What was detected of what could have been seen."""
    found = [score >= CALLED for lens in LENSES for score in curves.lens_scores(lens, world)]
    share = sum(
        world.lens_shares[lens] * float(np.mean(np.array(curves.lens_scores(lens, world)) >= CALLED)) for lens in LENSES
    )
    streaming = next(kind.share for kind in KINDS if kind.name == "wifi_streaming")
    return {
        "no_glint": _rate(sum(found), len(found), share, "rendered", "the lenses of the table of glints"),
        "region_holds": _rate(
            *curves.region_holds, curves.region_holds[0] / curves.region_holds[1], "simulated",
            "transmitters inside, in the 90 % region of locate or 0.3 m beside it (tests/simulators/place_runs.py)",
        ),
        "no_video_uplink": _rate(
            *STREAMS, streaming * STREAMS[0] / STREAMS[1], "simulated",
            "air_halls, 30 s: 739 of 750 cameras not denied; share of streaming cameras guessed",
        ),
    }  # fmt: skip


def _rate(hits: int, of: int, share: float, source: WeightSource, text: str) -> Rate:
    half = 1.645 * math.sqrt(max(share * (1.0 - share), 0.01) / max(of, 1))
    low, high = max(0.0, share - half), min(1.0, share + half)
    return Rate(
        hits=hits, of=of, share=round(share, 3), low=round(low, 3), high=round(high, 3), source=source, made_from=text
    )


def make_weights(curves: Curves, world: World = FIRST) -> Weights:
    """All tables, from the curves of the first world."""
    rng = np.random.default_rng(19)
    tables = {"glint": glint(curves, world, rng)} | again(curves, world, rng) | uplinks(curves, world, rng)
    tables |= light_test(curves, world, rng) | radio(world, rng)
    return Weights(
        v=FORMAT, version=VERSION, made_by="python -m sweep.sim.weights_from_runs", tables=tables,
        rates=rates(curves, world),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "judge" / "weights.json")
    args = parser.parse_args(arguments)
    weights = make_weights(load_curves("first"))
    text = json.dumps(weights.model_dump(mode="json"), indent=1, ensure_ascii=False)
    args.out.write_text(text + "\n", encoding="utf-8")
    for code, table in weights.tables.items():
        print(code, *(f"{w.log10:+.2f} [{w.low:+.2f}, {w.high:+.2f}] {w.counts}" for w in table.weights), sep="\n  ")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
