"""How strongly events keep to each of many rates: the sums behind the search for a clock, with array operations.

Input is times of events; output is lengths of phase vectors (the Rayleigh statistic).  It chooses nothing; `cadence`
does, or the compiled kernel, which works them out more cheaply and to the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s

Floats = NDArray[np.float64]


def measure_band(places: Int64s, length: int, first: int, last: int) -> Floats:
    """Length of the sum of all phase vectors at the rates `first` to `last`, in turns per `length` places.

    `length` is a power of two and at least twice the largest place.
    """
    comb = np.bincount(places, minlength=length).astype(np.float32)
    band: Floats = np.abs(np.fft.rfft(comb)[first : last + 1])
    return band


def fit_rates(events_s: Floats, rates_hz: Floats) -> Floats:
    """Length of the mean phase vector at each of some evenly spaced rates, by turning phasors from one to the next."""
    turned = np.exp(2j * np.pi * rates_hz[0] * events_s)
    step = np.exp(2j * np.pi * (rates_hz[1] - rates_hz[0]) * events_s)
    fits = np.empty(len(rates_hz))
    for number in range(len(rates_hz)):
        fits[number] = abs(turned.sum()) / len(events_s)
        turned *= step
    return fits
