"""How strongly events keep to each of many rates: the sums behind the search for a clock.

Input is times of events; output is lengths of phase vectors (the Rayleigh statistic), by the compiled kernel or, as
exactly, by array operations.  It chooses nothing; `cadence` does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL, Kernel
from sweep.captures.packets import Int64s

Floats = NDArray[np.float64]

_THIN: Final = 8
"""Of so many places one sample is kept: derived, places are milliseconds and rates end at 31 per second, so that what
folds onto them comes from 94 and more."""
_TAPS: Final = 16
"""Samples that the filter before it spans: derived, its Kaiser window then holds such rates below 1e-6."""
_CUTOFF, _KAISER = 1 / 16, 12.0
"""In cycles per place, half way between 31 and 94 of 1,000; and the window's shape for 120 dB."""


def measure_band(places: Int64s, length: int, first: int, last: int) -> Floats:
    """Length of the sum of all phase vectors at the rates `first` to `last`, in turns per `length` places.

    `length` is a power of two and at least twice the largest place; `last` is at most 31 in 1,000 of it.
    """
    return band_plainly(places, length, first, last) if KERNEL is None else band_by(KERNEL, places, length, first, last)


def band_plainly(places: Int64s, length: int, first: int, last: int) -> Floats:
    """The same by a whole Fourier transform."""
    comb = np.bincount(places, minlength=length).astype(np.float32)
    band: Floats = np.abs(np.fft.rfft(comb)[first : last + 1])
    return band


def band_by(kernel: Kernel, places: Int64s, length: int, first: int, last: int) -> Floats:
    """The same by the transform of a comb thinned behind a filter, whose own response is taken out again."""
    if length < 4 * _THIN * _TAPS:
        return band_plainly(places, length, first, last)
    thinned = kernel.thin_comb(places, _weights(), length // _THIN)
    band: Floats = np.abs(np.fft.rfft(thinned)[first : last + 1]) / _response(length, first, last)
    return band


@lru_cache(maxsize=1)
def _filter() -> Floats:
    at = np.arange(_THIN * _TAPS) - (_THIN * _TAPS - 1) / 2
    taps: Floats = np.sinc(2 * _CUTOFF * at) * np.kaiser(len(at), _KAISER)
    return taps


@lru_cache(maxsize=1)
def _weights() -> Floats:
    """Shape (_THIN, _TAPS): what a one at the place n _THIN + r adds to the samples from n on."""
    return np.ascontiguousarray(_filter().reshape(_TAPS, _THIN)[:, ::-1].T)


@lru_cache(maxsize=64)
def _response(length: int, first: int, last: int) -> Floats:
    response: Floats = np.abs(np.fft.rfft(_filter(), length)[first : last + 1]) / _THIN
    return response


def fit_rates(events_s: Floats, rates_hz: Floats) -> Floats:
    """Length of the mean phase vector at each of some evenly spaced rates."""
    sums = sum_plainly(events_s, rates_hz) if KERNEL is None else KERNEL.sum_phasors(events_s, rates_hz)
    fits: Floats = np.abs(sums) / len(events_s)
    return fits


def sum_plainly(events_s: Floats, rates_hz: Floats) -> NDArray[np.complex128]:
    """Sum of the phasors of all events at each rate, by turning them from one to the next."""
    turned = np.exp(2j * np.pi * rates_hz[0] * events_s)
    step = np.exp(2j * np.pi * (rates_hz[1] - rates_hz[0]) * events_s)
    sums = np.empty(len(rates_hz), dtype=np.complex128)
    for number in range(len(rates_hz)):
        sums[number] = turned.sum()
        turned *= step
    return sums
