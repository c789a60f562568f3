"""What a transmitter weighs: where it was placed, how its traffic looks, and how it answers to the light.

Job: transmitters inside against those behind the walls, and light tests of cameras that see the lamp against those of
what does not. Input: curves and the first world; output: tables. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from sweep.lab.city.light import stop_at
from sweep.lab.city.rooms import KINDS, World
from sweep.lab.city.samples import Curves, outside_excess_db
from sweep.lab.weights.counted import DRAWS, Counted, bins_of, ratio, rising, rising_weights
from sweep.modality.evidence import NEAR_DB
from sweep.modality.weights import Weight, WeightTable

PLACES: Final = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
BELOW_DB: Final = (1.0, 3.0, 6.0, 9.0, 12.0)
P_VALUES: Final = (0.001, 0.003, 0.01, 0.05)
LIGHTS: Final = (0.05, 0.1, 0.2)
OPEN: Final = (95, 440)
FLOWS: Final = 2.0
"""By which the p-values of the runs are multiplied: about what a room with a neighbour has (guessed)."""
LONGEST_S: Final = 114.0
LEAST_LIGHT: Final = 0.1
"""Runs at so much and more count alike, which is about how the zones of the first world are lit (`lab.city.rooms`)."""


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
            for x, y in zip(bins_of(a, edges), bins_of(b, edges), strict=True)
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
            made_from="air_venue, 30 s: 95 of 440 cameras and 43 of 920 others left open "
            "(tests/simulators/FIGURES.md); "
            f"{world.other_uploads:g} such uploads a room guessed",
        ),
        "louder_outside": WeightTable(
            measure="once", edges=(), weights=(_louder(world, rng),),
            made_from="the same transmitters: 6 dB louder outside the door than at any stand inside",
        ),
    }  # fmt: skip


def _louder(world: World, rng: np.random.Generator) -> Weight:
    """How often one inside, and one beyond, is 6 dB louder at a position outside the door: simulated anew."""
    counts = [
        int((outside_excess_db(world, rng, 2_000, is_inside=inside) >= NEAR_DB).sum()) for inside in (True, False)
    ]
    a, b = counts
    return ratio(Counted.share(a, 2_000, rng), Counted.share(b, 2_000, rng), (2_000, 2_000), "simulated")


def chance_by_bin(curves: Curves) -> list[int]:
    """Sequences that were not played, by the p-value at which their tests would have ended, up to the last P_VALUES."""
    nulls = curves.light_nulls
    reached = dict(zip(nulls["levels"], (by_look[-1] for by_look in nulls["reached"]), strict=True))
    up_to = [int(reached[level]) for level in P_VALUES]
    return [b - a for a, b in zip([0, *up_to[:-1]], up_to, strict=True)]


def light_test(curves: Curves, world: World, rng: np.random.Generator) -> dict[str, WeightTable]:
    """How a test by light ended, for a camera that watches this zone and for what does not."""
    lit = [run for run in curves.light if run["light"] >= LEAST_LIGHT]
    ended = [stop_at([run["p"]], FLOWS, LONGEST_S)[0][0] for run in lit]
    followed = [p for p in ended if p <= P_VALUES[-1]]
    edges = [round(1.01 * p, 6) for p in P_VALUES[:-1]]  # what ends a test at 0.003 is below, not from there on
    chance = chance_by_bin(curves)
    controls = int(curves.light_nulls["sequences"])
    cells = []
    for a, b in zip(bins_of(followed, edges), chance, strict=True):
        # what sees the light without watching the zone follows as a camera does
        camera = Counted.share(a, len(lit), rng)
        cells.append((camera, Counted.share(b, controls, rng).plus(camera.times(world.sees_light))))
    weights = rising(cells[::-1], (len(lit), controls), "simulated")[::-1]
    text = (
        f"{len(lit)} runs at 10, 20 and 40 % more light of the scene, {len(followed)} followed among two flows "
        f"(tests/simulators/light_runs.py); {controls} sequences that were not played, {sum(chance)} followed "
        f"(tests/simulators/light_nulls.py); {world.sees_light:.1%} of others that see the light are guessed"
    )
    follows = WeightTable(measure="p of the test", edges=tuple(edges), weights=tuple(weights), made_from=text)
    power = Counted.share(len(followed), len(lit), rng)
    seen = world.sees_light
    # one that saw the light once sees it again; chance does not repeat
    repeats = Counted(power.hits, power.draws * (seen * power.draws + 0.05 * 0.05) / (seen * power.draws + 0.05))
    again_weight = ratio(power, repeats, (len(lit), controls), "simulated")
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
            measure="once", edges=(), weights=(_not_again(power, seen, (len(lit), controls)),),
            made_from="the same runs: how often what followed once does not again",
        ),
        "does_not_follow_light": WeightTable(
            measure="share of light that the denial is worth", edges=LIGHTS,
            weights=tuple(rising_weights(denied)), made_from=f"{told}; unknown: as the runs at 10 to 40 % that "
            f"did not follow",
        ),
        "follows_motion": WeightTable(
            measure="once", edges=(), weights=(ratio(*walk, (25, 2_000), "simulated"),),
            made_from="marked walks of 60 to 180 s, 13 of 25 followed; 95 of 2,000 false (tests/simulators/FIGURES.md)",
        ),
        "does_not_follow_motion": WeightTable(
            measure="once", edges=(), weights=(ratio(*not_walk, (25, 2_000), "simulated"),), made_from="the same walks",
        ),
    }  # fmt: skip


def _not_again(power: Counted, seen: float, of: tuple[int, int]) -> Weight:
    missed = Counted(float(of[0]) - power.hits, 1.0 - power.draws)
    none = Counted(0.95 * of[1], np.full(DRAWS, 0.95 * 0.05 / (0.05 + seen)))
    return ratio(missed, none, of, "simulated")
