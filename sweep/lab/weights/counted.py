"""Ratios from counts: what a reading weighs when so many were counted with a camera and so many without.

Job: carry the uncertainty of rates through sums and products, make weights of them. Input: counts; output: `Weight`s
with 90 % intervals. Refuses a ratio beyond what the counts support: where fewer than three readings stand on a side,
the bound of the interval stands in for the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sweep.modality.weights import Weight, WeightTable
from sweep.report.findings import WeightSource

FEW: Final = 3.0
"""Counts below this support no ratio of their own: the rule of three."""
DRAWS: Final = 20_000
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


def bins_of(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many values fall below the first edge, between two, and from the last one on."""
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1).tolist()


def guessed(at: float, half: float, text: str) -> WeightTable:
    """A weight that nobody has counted, with an interval that says so."""
    weight = Weight(log10=at, low=at - half, high=at + half, counts=(0, 0), of=(0, 0), source="guessed")
    return WeightTable(measure="once", edges=(), weights=(weight,), made_from=text)


def rising_weights(weights: Sequence[Weight]) -> list[Weight]:
    """A denial that is worth less light never weighs less than one that is worth more: the running maximum."""
    out: list[Weight] = []
    for weight in weights:
        out.append(weight if not out or weight.log10 >= out[-1].log10 else out[-1])
    return out
