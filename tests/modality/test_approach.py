"""Nearer or farther in rooms full of echoes: fading alone says nothing, and steps that halve the distance do."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sweep.modality.approach import LIGHT_M_MHZ, SPOKEN_S, STALE_S, Approach, Near, Reading, spread_db

SLICE_S = 0.25
FINE = 10
"""Points of the way within a slice."""
Times = NDArray[np.floating[Any]]
Way = Callable[[Times], Times]


def stay(t_s: Times) -> Times:
    return t_s * 0.0 + 2.0


def come(t_s: Times) -> Times:
    near: Times = np.maximum(0.3, 2.0 - 0.3 * t_s)
    return near


def walk(seed: int, mhz: float, seconds: float, distance: Way = stay, *, hand_m_s: float = 0.3) -> list[Near]:
    """What is said, slice by slice, on a way through a sum of 24 plane waves from everywhere (Clarke), which fades as
    Rayleigh has it, `distance` metres from the transmitter.
    """
    rng = np.random.default_rng(seed)
    slices = round(seconds / SLICE_S)
    t_s = np.arange(slices * FINE) * (SLICE_S / FINE)
    angles, phases = rng.uniform(0.0, 2.0 * np.pi, (2, 24))
    wave = 2.0 * np.pi * mhz / LIGHT_M_MHZ * np.outer(t_s * hand_m_s, np.cos(angles)) + phases
    power = np.abs(np.exp(1j * wave).sum(1)) ** 2 / 24.0 / distance(t_s) ** 2
    approach, said = Approach(mhz), []
    for number, level in enumerate((10.0 * np.log10(power.reshape(slices, FINE).mean(1)) - 50.0).tolist(), start=1):
        now_ns = round(number * SLICE_S * 1e9)
        approach.add(Reading(now_ns, SLICE_S, level))
        said.append(approach.now(now_ns))
    return said


def words(said: list[Near]) -> int:
    """How often something was said anew."""
    trends = [one.trend for one in said]
    return sum(one != before and one in {"warmer", "colder"} for before, one in pairwise(trends))


@pytest.mark.parametrize(("mhz", "noticed"), [(900.0, 0.6), (2_442.0, 1.0), (5_500.0, 1.0)])
def test_fading_alone_says_nothing_and_an_approach_is_noticed(mhz: float, noticed: float) -> None:
    idle = sum(words(walk(seed, mhz, 60.0)) for seed in range(20))
    assert idle <= 6, "in twenty minutes of a hand that leads the probe around, two metres away"
    coming = [walk(seed, mhz, 8.0, come) for seed in range(20)]
    assert sum(any(one.trend == "warmer" for one in said) for said in coming) >= noticed * len(coming)
    assert not any(one.trend == "colder" for said in coming for one in said)
    leaving = [walk(seed, mhz, 8.0, lambda t_s: come(t_s)[::-1]) for seed in range(20)]
    assert not any(one.trend == "warmer" for said in leaving for one in said)


def test_a_hand_that_holds_still_is_told_nothing() -> None:
    assert sum(words(walk(seed, 2_442.0, 30.0, hand_m_s=0.0)) for seed in range(10)) == 0


@pytest.mark.parametrize("n", [1, 3, 10])
def test_the_spread_is_that_of_the_mean_of_so_many_fades(n: int) -> None:
    means = np.random.default_rng(n).exponential(1.0, (20_000, n)).mean(1)
    seconds = n * LIGHT_M_MHZ / 2_442.0 / 2.0 / 0.3
    assert spread_db(2_442.0, seconds) == pytest.approx(float(np.std(10.0 * np.log10(means))), rel=0.03)


LEVELS = st.floats(-95.0, -20.0)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0.1, 30.0), LEVELS), min_size=1, max_size=40))
def test_pauses_of_any_length_are_no_change(bursts: list[tuple[float, float]]) -> None:
    """However it pauses, one that is received as before is neither warmer nor colder; silence is told as silence."""
    approach, now_ns = Approach(2_442.0), 0
    for pause_s, _ in bursts:
        now_ns += round(pause_s * 1e9)
        approach.add(Reading(now_ns, SLICE_S, -60.0))
        near = approach.now(now_ns)
        assert near.trend in {"first", "same"}
        assert near.level_dbm == pytest.approx(-60.0)
        silent = approach.now(now_ns + round((STALE_S + 0.1) * 1e9))
        assert (silent.trend, silent.level_dbm, silent.change_db) == ("none", None, None)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0.1, 5.0), LEVELS), min_size=1, max_size=60))
def test_whatever_comes_nothing_is_said_of_less_than_the_step(levels: list[tuple[float, float]]) -> None:
    approach, now_ns, said = Approach(5_500.0), 0, "first"
    for pause_s, level_dbm in levels:
        now_ns += round(pause_s * 1e9)
        before = approach.now(now_ns - 1)
        approach.add(Reading(now_ns, SLICE_S, level_dbm))
        near = approach.now(now_ns)
        assert near.level_dbm is not None
        assert math.isfinite(near.level_dbm)
        if near.step_db is not None and near.change_db is not None:
            assert abs(near.change_db) < near.step_db
        if near.trend in {"warmer", "colder"} and before.trend not in {"none", near.trend} and said != near.trend:
            assert near.change_db == pytest.approx(0.0), "the new place is what is compared with from now on"
        said = near.trend


def test_too_little_is_not_compared() -> None:
    approach = Approach(2_442.0)
    for number, level_dbm in enumerate((-80.0, -40.0, -80.0), start=1):  # three quarters of a second
        approach.add(Reading(number * 250_000_000, SLICE_S, level_dbm))
    near = approach.now(750_000_000)
    assert (near.trend, near.change_db) == ("first", None)
    assert SPOKEN_S / 2.0 > 0.75
