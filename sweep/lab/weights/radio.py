"""What Bluetooth and RF weigh: few counts, and guesses that say so.

Job: the tables of both modalities. Input: curves and the first world; output: tables. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from sweep.lab.city.rooms import KINDS, World
from sweep.lab.city.samples import Curves, outside_excess_db
from sweep.lab.weights.counted import Counted, bins_of, guessed, rising
from sweep.modality.evidence import NEAR_DB
from sweep.modality.weights import HINT, Weight, WeightTable
from sweep.rf.weigh import EXCESS_FLOOR_DB, STRONGEST_DB

LINES_TOLD: Final = ((38, 39), (0, 78))
"""Pictures told by their lines, and carriers and Wi-Fi told as a picture (physical_table(39) of
tests/rf/test_confusion.py)."""
BELOW_DB: Final = (STRONGEST_DB, NEAR_DB)
MISTAKEN: Final = 0.25
"""Other transmitters of a room that could be mistaken for a picture, besides the carriers of `World`. Guessed."""
CARRIER_LOG10: Final = 0.5
"""Weight of a carrier without a picture where it is strongest. Guessed."""
CAMERA_HINT_LOG10: Final = 0.3
"""Weight of an advertiser of a camera's family. Guessed."""
LIKE_OUTSIDE: Final = -0.03
"""Weight (log10) of RF that is as outside. Guessed: one hidden camera in eight sends analogue."""


def radio(curves: Curves, world: World, rng: np.random.Generator) -> dict[str, WeightTable]:
    """Bluetooth and RF: what a camera's family or carrier says, against the others of a room."""
    own, inside, beyond = _below(curves, world, rng)
    return {
        "ble_camera_hint": guessed(
            CAMERA_HINT_LOG10, 0.5, "a hint: sensors of the same families are heard far more often than cameras"
        ),
        "analog_video": _pictures(world, own, inside, beyond, rng),
        "continuous_carrier": _carriers(own, inside),
        "rf_like_outside": guessed(LIKE_OUTSIDE, 0.05, "one hidden camera in eight sends analogue (guessed)"),
    }  # fmt: skip


Bins = tuple[list[int], int]
"""Counts by BELOW_DB of what is heard louder than outside, of how many."""


def _below(curves: Curves, world: World, rng: np.random.Generator) -> tuple[Bins, Bins, Bins]:
    """How much weaker transmitters are at a stand than at their strongest: at their own, at any, and of those beyond
    the walls at any.
    """
    counted: list[tuple[list[float], int]] = []
    for is_inside, is_own in ((True, True), (True, False), (False, False)):
        rows = [row for rows in curves.places.values() for row in rows if (row[0] >= 0) == is_inside]
        louder = outside_excess_db(world, rng, len(rows), is_inside=is_inside)
        heard: list[float] = []
        of = 0
        for row, excess in zip(rows, louder, strict=True):
            levels = row[1 : 1 + (len(row) - 1) // 2]
            positions = [levels[int(row[0])]] if is_own else levels
            of += len(positions)
            heard += [below for level in positions if (below := max(levels) - level) <= -excess - EXCESS_FLOOR_DB]
        counted.append((heard, of))
    own, inside, beyond = ((bins_of(heard, BELOW_DB), of) for heard, of in counted)
    return own, inside, beyond


def _pictures(world: World, own: Bins, inside: Bins, beyond: Bins, rng: np.random.Generator) -> WeightTable:
    share = sum(kind.share for kind in KINDS if kind.radio == "analog_5800")
    told, false = (Counted.share(*counts, rng) for counts in LINES_TOLD)
    cells = []
    for at in range(len(BELOW_DB) + 1):
        here, others, senders = (Counted.share(bins[at], of, rng) for bins, of in (own, inside, beyond))
        mistaken = false.draws * others.draws * (world.carrier + MISTAKEN)
        # nobody has counted senders, so that they are no counts: they add to what is mistaken, and lift no cap
        none = mistaken + told.draws * senders.draws * world.video_senders
        cells.append((Counted(here.hits, here.draws * told.draws * share), Counted(false.hits, none)))
    weights = rising(cells[::-1], (own[1], LINES_TOLD[1][1]), "simulated")[::-1]
    (hits, of), (mistakes, others_of) = LINES_TOLD
    return WeightTable(
        measure="dB below its strongest stand", edges=BELOW_DB, weights=_once(weights),
        made_from=f"{hits} of {of} simulated pictures told by their lines, {mistakes} of {others_of} others "
        f"(tests/rf, 5.8 GHz only); levels of {own[1]} transmitters inside and {beyond[1] // 5} behind the walls "
        f"simulated; {share:.0%} of hidden cameras at 5.8 GHz, carriers and {world.video_senders:g} such senders of "
        "others a room are guessed; where it is not strongest a hint at most",
    )  # fmt: skip


def _once(weights: Sequence[Weight]) -> tuple[Weight, ...]:
    """By itself a transmitter speaks for the stall where it is strongest; elsewhere it is a hint at most, so that it is
    called once. By the counts alone a stall where it is 1 to 6 dB weaker holds it half as often.
    """
    held = [
        weight.model_copy(update={"log10": HINT, "low": min(weight.low, HINT), "is_capped": True})
        if weight.log10 > HINT else weight
        for weight in weights[1:]
    ]  # fmt: skip
    return (weights[0], *held)


def _carriers(own: Bins, inside: Bins) -> WeightTable:
    """The guess where it is strongest, and less by what simulated levels say elsewhere."""
    ratios = [np.log10((a / own[1]) / (b / inside[1])) for a, b in zip(own[0], inside[0], strict=True)]
    weights = []
    for ratio in ratios:
        at = round(CARRIER_LOG10 + float(ratio - ratios[0]), 3)
        weights.append(Weight(log10=at, low=at - 0.6, high=at + 0.6, counts=(0, 0), of=(0, 0), source="guessed"))
    return WeightTable(
        measure="dB below its strongest stand", edges=BELOW_DB, weights=_once(weights),
        made_from="analogue at 1.2 or 2.4 GHz against motion sensors and wireless links: nobody has counted either; "
        f"less where it is weaker, as {own[1]} simulated transmitters are at their own stand",
    )  # fmt: skip
