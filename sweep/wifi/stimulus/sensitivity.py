"""The least change of light that a light test would have shown: what its denial is worth.

Input is one flow's `Response` and the sequences that might have been played; output is the weakest response that would
have reached significance in 95 of 100 cases, and the change of light to which 95 of 100 cameras answer so strongly.
The response is added to the flow's own sizes, with all that drifts, repeats and was lost in them, for many sequences
and every delay.  Nothing is simulated anew: scores are squares of sums, so a stronger response is a parabola.

How strong a response is is told by the sizes themselves: by what share the root of a usual picture's octets changes.
Every flow hides some share, those whose sizes are steady a hundred times less than those that are late.  How the camera
behind it would answer to light, traffic without light does not tell: that is a statement about the cameras measured.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .likelihood import (
    Floats,
    Response,
    Rows,
    join_series,
    mean_exponential,
    mean_over_kinds,
    norm,
    project,
    spell_terms,
    sum_chips,
)
from .tail import excess_needed, smallest_p

Doubles = NDArray[np.float64]

SHAPE: Final = np.array([0.05, 1.0, 0.7, 0.4, 0.3, 1.0, 0.7, 0.4, 0.3])
"""What is added, by term of the response: little to the level, most to the picture in which the light changes; rounded
from rows of `encode_pictures` with rates that vary.  Sizes alone respond, not the ends of pictures."""
POWER: Final = 0.95
PLAYED: Final = 64
"""Sequences that are taken for the one played, each at every delay: guessed, a share of 95 % to some tenths."""
NULLS, DRAWS = 300, 4
"""Sequences that these are compared with, and how often with a response in the traffic: such a response lifts the
scores of all sequences, since chips begin at the same times.  Guessed, to some per cent of the energy."""
TAIL: Final = 0.1
"""Share of the highest null scores from which still higher ones are reckoned, their excess being exponential."""
ENERGIES: Final = (1e-3, 10.0)
"""Nats per chip between which is looked: derived, beyond the weakest and the strongest of the reference encoders."""
STEPS: Final = 8
"""Halvings of the logarithm: derived, to 4 %."""
LIGHT_CHANGES: Final = ((0.05, 0.0075), (0.10, 0.0160), (0.20, 0.0339))
"""The share that the lamp adds to the scene's light, and the change of sizes that flows may hide of which 95 of 100
cameras show that light: measured on those of even numbers of `tests/simulators/encode_cameras.py` by `fit_light`."""
LEAST_SCATTER: Final = 0.0008
"""Share by which the root of octets scatters at least where nothing fills it up: half of the least of 52 cases of
`tests/simulators/encode_cameras.py` in the dark (MJPEG)."""
LAMP_SHARE: Final = 0.08
"""What the probe's lamp is sure to add to the light: derived, not measured.  It adds 24 lx at least to the far wall of
2 x 3 m (`hardware/optics`), which is 8 % of 300 lx, the most that JIS Z 9110 has for restrooms (100 to 300 lx; 100 to
200 lx in the SLL Lighting Handbook of 2018).  In a brighter room it is less."""


def find_smallest_energy(response: Response, rows: Rows, p_value: float, most: float = inf) -> float | None:
    """The smallest energy, in nats per chip, at which 95 % of the sequences and delays reach `p_value`; None where none
    up to the largest does, or none up to `most`.

    Row 0 is what was played and is left out.
    """
    if p_value < smallest_p(len(rows) - 1, rows[0]):  # no score reaches that
        return None
    sensed = _Injected(response, rows[1:], p_value)
    low, high = (float(np.log(energy)) for energy in ENERGIES)
    if sensed.power(min(most, np.exp(high))) < POWER:
        return None
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if sensed.power(np.exp(middle)) >= POWER else (middle, high)
    return float(np.exp(high))


def find_smallest_change(response: Response, rows: Rows, p_value: float, most: float = inf) -> float | None:
    """The same as the share by which the root of octets changes in the tenth of a second in which the light does; None
    also where it is constant, since cameras that hide so little were measured without anything that hides them.
    """
    if is_constant(response):
        return None
    energy = find_smallest_energy(response, rows, p_value, (most / response.scatter) ** 2 * unit_energy(response))
    return None if energy is None else response.scatter * float(np.sqrt(energy / unit_energy(response)))


def find_smallest_light(response: Response, rows: Rows, p_value: float) -> float:
    """The least change of light, as a share of the scene's, at which 95 of 100 cameras such as were measured come to
    this p-value; infinite beyond all measured, and where it is constant.
    """
    return light_of(find_smallest_change(response, rows, p_value, LIGHT_CHANGES[-1][1]))


def is_constant(response: Response) -> bool:
    """Nothing of it scatters as sizes of pictures do: what it sends is filled up, or no pictures."""
    return response.scatter < LEAST_SCATTER or not response.ends_anywhere


def unit_energy(response: Response) -> float:
    """Nats per chip of a response as large as the scatter of the sizes."""
    return 0.5 * float(SHAPE @ response.inner[0] @ SHAPE) / (len(response.edges) - 1)


def light_of(change: float | None) -> float:
    """The change of light, as a share of the scene's, at which 95 of 100 cameras show, of whose sizes less could have
    changed unseen; no less than the least that was measured, and infinite beyond the most.
    """
    shares, changes = (np.array(column) for column in zip(*LIGHT_CHANGES, strict=True))
    if change is None or change > changes[-1]:
        return float("inf")
    return float(np.exp(np.interp(np.log(change), np.log(changes), np.log(shares))))


class _Parabolas:
    """Scores of rows and delays of one flow as functions of the strength of a response in it."""

    def __init__(self, response: Response, rows: Rows) -> None:
        self._response = response
        self._turned = response.turn(0, response.project(0, rows))
        self._without = [0.5 * norm(turned) - 0.5 * spread for turned, spread in self._turned]
        self._others = [response.compare_series(number, rows) for number in range(1, len(response.inner))]
        """What the series say that no response is added to."""

    def beside(self, added: Floats) -> Callable[[float], Doubles]:
        """With `added` in the sizes, which is a response of strength 1."""
        more = [turned for turned, _ in self._response.turn(0, added)]
        slopes = [np.einsum("ijk,ijk->jk", turned, one) for (turned, _), one in zip(self._turned, more, strict=True)]
        bends = [0.5 * norm(one) for one in more]

        def at(strength: float) -> Doubles:
            kinds = zip(self._without, slopes, bends, strict=True)
            sizes = mean_over_kinds([a + strength * b + strength**2 * c for a, b, c in kinds])
            return join_series([sizes, *self._others])

        return at


class _Injected:
    """One flow with a response in its sizes."""

    def __init__(self, response: Response, others: Rows, p_value: float) -> None:
        played, nulls = others[:PLAYED], others[PLAYED : PLAYED + NULLS]
        inner = response.inner[0]
        self._energy = unit_energy(response)
        self._p_value, self._scores = p_value, len(others)
        self._tail = max(TAIL, p_value)
        own = (inner @ SHAPE).astype(np.float32)[:, None, None]
        self._delays = response.delays
        whole = _Parabolas(response, played)
        self._played = whole.beside(np.broadcast_to(own, (len(own), len(played), response.delays)))
        self._without = mean_exponential(self._played(0.0), axis=1)[:, None] + np.log(self._delays)
        compared = _Parabolas(response, nulls)
        delays = np.rint(np.linspace(0, response.delays - 1, DRAWS)).astype(np.int64)
        self._nulls = [
            compared.beside(_add(response, chips_of, int(delay), nulls))
            for chips_of, delay in zip(played, delays, strict=False)
        ]

    def power(self, energy: float) -> float:
        """Share of sequences and delays that reach the p-value."""
        strength = float(np.sqrt(energy / self._energy))
        scores = np.logaddexp(self._without, self._played(strength)) - np.log(self._delays)
        return float((scores >= self._threshold(strength)).mean())

    def _threshold(self, strength: float) -> float:
        """The score that a share of `p_value` of null sequences reaches: mean excesses of all draws together."""
        nulls = np.stack([mean_exponential(one(strength), axis=1) for one in self._nulls])
        edges = np.quantile(nulls, 1.0 - self._tail, axis=1, keepdims=True)
        excess = float((nulls - edges)[nulls >= edges].mean())
        return float(edges.mean()) + excess_needed(self._p_value, excess, self._tail, self._scores)


def _add(response: Response, chips: NDArray[np.int8], delay: int, rows: Rows) -> Floats:
    """What rows find of the response to `chips` at a delay."""
    series = np.zeros(int(response.edges[-1]) + response.delays - 1)
    series[delay : delay + int(response.edges[-1])] = spell_terms(chips, response.edges) @ SHAPE
    weights = response.weights[0]
    weighed = np.convolve(series - series.mean(), np.concatenate([weights[:0:-1], weights]), mode="same")
    return project(sum_chips(weighed, response.edges, response.delays), rows)
