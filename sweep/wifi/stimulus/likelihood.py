"""How much likelier a flow's traffic is if its camera saw a sequence of light than if it did not.

Input is series of picture sizes and rows of chips; output is, per row, the logarithm of a Bayes factor: Gaussian noise
that is correlated as the series itself is, and a response of unknown size to the level of the light, to its going on
and to its going off, averaged over every delay and over three kinds of camera.  A mean over what might be is more
powerful than the best of it, since it does not have to outdo every wrong delay.  How well the kinds fit a camera
decides only how much is found, never how often falsely: p-values come from other rows (`null_sequences`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Rows = NDArray[np.int8]

BIN_S: Final = 0.1
"""Octets are summed over this: guessed, a sixth of a chip and at least one picture of most cameras."""
EDGE_BINS: Final = ((0, 1), (1, 2), (2, 4), (4, 6))
"""Bins after a change of light that respond alike: the picture that changes, then those in which a rate controller pays
for it; derived, a change takes one picture, and a chip is 6 bins."""
KINDS: Final = (
    (0.10, (0.15, 0.15, 0.15, 0.10), 0.8),
    (0.15, (0.60, 0.60, 0.40, 0.20), 0.8),
    (1.00, (0.40, 0.30, 0.20, 0.15), 0.0),
)
"""Kinds of camera: how far the response to level and to each part of an edge spreads, in standard deviations of the
noise, and how alike light that goes on and light that goes off are.  Rate control with little and with more room, and
pictures without memory (MJPEG); rounded from responses measured on `air_encoded`."""
TERMS: Final = 1 + 2 * len(EDGE_BINS)
NOISE_ORDER: Final = 2
ROWS_AT_ONCE: Final = 250
"""Rows scored together: measured, as many as fit a processor's cache take two thirds of the time of all at once."""


def covariance(level: float, edge: tuple[float, ...], alike: float) -> Doubles:
    """Of the response of one kind of camera: level, parts of an edge on, parts of an edge off."""
    spread = np.array([level, *edge, *edge])
    alike_by_term = np.eye(TERMS)
    for on in range(1, 1 + len(edge)):
        alike_by_term[on, on + len(edge)] = alike_by_term[on + len(edge), on] = alike
    matrix: Doubles = alike_by_term * np.outer(spread, spread)
    return matrix


class Response:
    """One flow, at each delay, against any rows of chips."""

    def __init__(
        self, series: list[Doubles], edges: NDArray[np.int64], delays: int, pattern: Rows, usual: float = 1.0,
        *, ends_anywhere: bool = True,
    ) -> None:  # fmt: skip
        """`series` start at the first delay; chips have their `edges` in bins; `pattern` is any chips like the rows;
        the first series deviates from `usual`.
        """
        weighed = [weigh(one) for one in series]
        self.scatter = find_noise(series[0]) / usual if np.ptp(series[0]) > 0 else 0.0
        """Standard deviation of the first series' noise, as a share of what it deviates from."""
        self.ends_anywhere = ends_anywhere
        """Pictures end in ever other places, as they do that nobody fills up."""
        self.edges, self.delays = edges, delays
        self.weights = [weights for _, weights in weighed]
        self.sums = [sum_chips(one, edges, delays) for one, _ in weighed]
        chip_bins = float(edges[-1]) / (len(edges) - 1)
        products = correlate_terms(pattern.tobytes(), chip_bins)
        self.inner = [float(edges[-1]) * _weigh_products(products, weights) for weights in self.weights]
        """Per series: information on the terms of the response, in units of the noise."""

    def compare(self, rows: Rows) -> Doubles:
        """Logarithm of the Bayes factor per row and delay.

        The series are those of `pictures.describe_sizes`.
        """
        return join_series([self.compare_series(number, rows) for number in range(len(self.sums))])

    def compare_series(self, number: int, rows: Rows) -> Doubles:
        """The same by one of the series."""
        return mean_over_kinds([
            0.5 * norm(turned) - 0.5 * spread for turned, spread in self.turn(number, self.project(number, rows))
        ])  # fmt: skip

    def project(self, number: int, rows: Rows) -> Floats:
        """What one of the series says of each term of the response, by row and delay."""
        return project(self.sums[number], rows)

    def turn(self, number: int, found: Floats) -> list[tuple[Floats, float]]:
        """By kind of camera, `found` in axes in which half its squared length is the logarithm of the Bayes factor, but
        for half the number beside it.
        """
        turned = []
        inner = self.inner[number]
        for kind in KINDS:
            prior = covariance(*kind)
            root = np.linalg.cholesky(np.linalg.inv(inner + np.linalg.inv(prior))).astype(np.float32)
            spread = float(np.linalg.slogdet(np.eye(TERMS) + prior @ inner)[1])
            turned.append(((root.T @ found.reshape(TERMS, -1)).reshape(found.shape), spread))
        return turned

    def score(self, rows: Rows) -> Doubles:
        """Logarithm of the Bayes factor per row, every delay being equally likely."""
        parts = [rows[first : first + ROWS_AT_ONCE] for first in range(0, len(rows), ROWS_AT_ONCE)]
        return np.concatenate([mean_exponential(self.compare(one), axis=1) for one in parts or [rows]])


def project(sums: tuple[Floats, Floats], rows: Rows) -> Floats:
    """Sums over chips (`sum_chips`) taken together by rows of chips: a value for each term, row and delay."""
    whole, parts = sums
    delays = whole.shape[1]
    is_on = rows.astype(np.float32)
    change = np.zeros_like(is_on)
    change[:, 1:] = np.abs(np.diff(is_on, axis=1))
    found = np.empty((TERMS, len(rows), delays), dtype=np.float32)
    found[0] = (2.0 * is_on - 1.0) @ whole
    for first, changed in ((1, change * is_on), (1 + len(EDGE_BINS), change * (1.0 - is_on))):
        by_part = (changed @ parts).reshape(len(rows), len(EDGE_BINS), delays)
        found[first : first + len(EDGE_BINS)] = by_part.transpose(1, 0, 2)
    return found


def norm(turned: Floats) -> Doubles:
    """Squared length by row and delay."""
    squared: Doubles = np.einsum("ijk,ijk->jk", turned, turned).astype(np.float64)
    return squared


def mean_over_kinds(kinds: list[Doubles]) -> Doubles:
    """The logarithm of the Bayes factor, every kind of camera being equally likely."""
    return mean_exponential(np.stack(kinds), axis=0)


def join_series(found: list[Doubles]) -> Doubles:
    """The same of all series: of the first three the first, the other two, or all respond; the last of two or four may
    have what the others have lost.
    """
    first = found[0]
    if len(found) >= 3:
        ends = found[1] + found[2]
        first = mean_exponential(np.stack([first, ends, first + ends]), axis=0)
    return first if len(found) % 2 else mean_exponential(np.stack([first, found[-1]]), axis=0)


def mean_exponential(logs: Doubles, axis: int) -> Doubles:
    """Logarithm of the mean of what these are logarithms of."""
    peak = logs.max(axis=axis, keepdims=True)
    shifted = logs - peak
    mean: Doubles = np.log(np.exp(shifted, out=shifted).mean(axis=axis)) + peak.squeeze(axis)
    return mean


def find_noise(series: Doubles) -> float:
    """Standard deviation of what the values before do not tell."""
    return float(np.sqrt(_predict(series)[1]))


def weigh(series: Doubles) -> tuple[Doubles, Doubles]:
    """The series as generalised least squares weigh it, and the weights: of a value and of those up to two bins on.

    That is, filtered by its own prediction error, forwards and backwards; in units in which a value weighs 1 at noise
    of standard deviation 1.
    """
    centred = series - series.mean()
    if len(series) < 4 * NOISE_ORDER or not centred.any():
        return np.zeros(len(series)), np.array([1.0, 0.0, 0.0])
    weights, variance = _predict(series)
    error = np.concatenate([[1.0], -weights])
    both_ways = np.convolve(error, error[::-1])
    unit = np.sqrt(both_ways[NOISE_ORDER])
    weighed: Doubles = np.convolve(centred, both_ways, mode="same") / (unit * np.sqrt(variance))
    return weighed, both_ways[NOISE_ORDER:] / unit**2


def _predict(series: Doubles) -> tuple[Doubles, float]:
    """Weights of the two values before by which the next is told best, and the variance of the error."""
    if len(series) < 4 * NOISE_ORDER:
        return np.zeros(NOISE_ORDER), 1.0
    past = np.stack([series[1:-1], series[:-2]], axis=1)
    weights, *_ = np.linalg.lstsq(past, series[2:], rcond=None)
    return weights, float((series[2:] - past @ weights).var()) or 1.0


@lru_cache(maxsize=16)
def correlate_terms(pattern: bytes, chip_bins: float) -> tuple[Doubles, ...]:
    """Mean products of the terms of the response with one another, up to two bins apart.

    Taken from a long pattern of chips (octets, 0 or 1) rather than from each row: rows hardly differ in it.
    """
    chips = np.frombuffer(pattern, dtype=np.int8)
    terms = spell_terms(chips, np.rint(np.arange(len(chips) + 1) * chip_bins).astype(np.int64))
    terms -= terms.mean(axis=0)
    return tuple(terms[lag:].T @ terms[: len(terms) - lag] / len(terms) for lag in range(NOISE_ORDER + 1))


def spell_terms(chips: Rows, edges: NDArray[np.int64]) -> Doubles:
    """The terms of the response to one row of chips, bin by bin."""
    terms = np.zeros((int(edges[-1]), TERMS))
    terms[:, 0] = np.repeat(2.0 * chips - 1.0, np.diff(edges))
    for chip in np.flatnonzero(np.diff(chips)) + 1:
        column = 1 if chips[chip] else 1 + len(EDGE_BINS)
        for part, (first, last) in enumerate(EDGE_BINS):
            until = min(edges[chip] + last, edges[chip + 1])
            terms[edges[chip] + first : until, column + part] = 1.0
    return terms


def _weigh_products(products: tuple[Doubles, ...], weights: Doubles) -> Doubles:
    inner: Doubles = weights[0] * products[0]
    for product, weight in zip(products[1:], weights[1:], strict=True):
        inner = inner + weight * (product + product.T)
    return inner


def sum_chips(weighed: Doubles, edges: NDArray[np.int64], delays: int) -> tuple[Floats, Floats]:
    """Sums of a series over chips (rows) at each delay (columns): whole, and parts after the edge in turn."""
    windows = np.lib.stride_tricks.sliding_window_view(weighed, int(edges[-1]))[:delays]
    sums = np.pad(np.cumsum(windows - windows.mean(axis=1, keepdims=True), axis=1), ((0, 0), (1, 0)))
    begin, end = edges[:-1], edges[1:]
    parts = [(np.minimum(begin + first, end), np.minimum(begin + last, end)) for first, last in EDGE_BINS]
    whole = np.ascontiguousarray((sums[:, end] - sums[:, begin]).T, dtype=np.float32)
    return whole, np.concatenate([sums[:, last] - sums[:, first] for first, last in parts]).T.astype(
        np.float32, order="C"
    )
