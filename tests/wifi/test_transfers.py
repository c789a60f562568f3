"""Transfers are told from pictures by how what they send follows what came before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sweep.wifi.traffic.cadence import Rhythm
from sweep.wifi.traffic.transfers import Transfer, measure_ends_kept, measure_transfer
from sweep.wifi.traffic.unclocked import Unclocked

Frames = tuple[Any, Any]
FULL = 1_500


def send(begins_s: Any, fulls: Any, rng: np.random.Generator) -> Frames:
    """Blocks of so many full frames and a shorter one, 1 ms apart."""
    t_s = np.concatenate([begin + 0.001 * np.arange(count + 1) for begin, count in zip(begins_s, fulls, strict=True)])
    octets = np.concatenate([[*[FULL] * count, rng.integers(100, 1_200)] for count in fulls])
    return t_s, octets.astype(np.int32)


def one_after_the_other(fulls: Any, pause_s: float) -> Any:
    """Begins of blocks, each after the one before was sent."""
    return np.concatenate([[0.0], np.cumsum(0.001 * (np.asarray(fulls) + 1) + pause_s)[:-1]])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def thick(spread: float, ends_hz: float) -> Unclocked:
    return Unclocked(10.0, 1_000.0, 1.0, 0.0, 0.0, ends_hz, 1.0, 0.97, spread, 1.0, 0.1, 1.0, 0.9)


def test_rounds_of_a_window_grow_and_wait_for_each_other(rng: np.random.Generator) -> None:
    fulls = np.resize(np.arange(20, 60), 200)
    found = measure_transfer(*send(one_after_the_other(fulls, 0.02), fulls, rng), 12.0)
    assert found.follows > 0.95
    assert found.step < 0.2
    assert found.is_file(thick(0.2, 16.0))


def test_pictures_by_a_clock_neither_grow_nor_wait(rng: np.random.Generator) -> None:
    fulls = rng.poisson(np.resize([60, 12, 12, 12, 12], 150))
    found = measure_transfer(*send(np.arange(150) / 10 + rng.normal(0, 0.01, 150), fulls, rng), 15.0)
    assert abs(found.follows) < 0.3
    assert found.step > 1.0
    assert not found.is_file(thick(0.25, 10.0))


def test_files_one_after_the_other_scatter_and_wait(rng: np.random.Generator) -> None:
    fulls = np.exp(rng.uniform(np.log(2), np.log(140), 150)).astype(int)
    found = measure_transfer(*send(one_after_the_other(fulls, 0.005), fulls, rng), 6.0)
    assert found.follows > 0.95
    assert found.is_file(thick(0.8, 25.0))
    assert not found.is_file(thick(0.3, 25.0)), "as a picture on a channel that is full scatters"


def test_equal_parts_are_those_of_a_file_where_they_are_too_few_for_pictures() -> None:
    unlike = Transfer(9.0, 0.0, 0.1)
    assert unlike.is_file(thick(0.01, 1.5))
    assert not unlike.is_file(thick(0.01, 3.5))
    assert not unlike.is_file(thick(0.2, 1.5))


def test_lag_is_how_late_octets_are(rng: np.random.Generator) -> None:
    t_s, octets = np.arange(0.0, 10.0, 0.005), np.full(2_000, 500, dtype=np.int32)
    even = measure_transfer(t_s, octets, 10.0)
    assert even.is_even(thick(0.6, 10.0))
    assert even.is_even(thick(0.1, 45.0))
    assert not even.is_even(thick(0.01, 25.0)), "as equal pictures that are asked for"
    late_s = np.maximum.accumulate(np.floor(t_s / 0.2) * 0.2 + 0.1)
    late = measure_transfer(late_s, octets, 10.0)
    assert late.lag_s == pytest.approx(0.2 / np.sqrt(12), rel=0.1)
    assert not late.is_even(thick(0.6, 10.0))


def test_the_ends_of_pictures_keep_their_clock_and_those_of_files_none(rng: np.random.Generator) -> None:
    begins_s = np.arange(100) / 10 + rng.normal(0, 0.005, 100)
    t_s, octets = send(begins_s, rng.integers(5, 15, 100), rng)
    assert measure_ends_kept(t_s, octets, Rhythm(10.0, 0.95, 20.0, 99)) > 0.9
    assert measure_ends_kept(t_s, octets, Rhythm(7.3, 0.6, 20.0, 99)) < 0.4
    assert measure_ends_kept(t_s[:40], octets[:40], Rhythm(7.3, 0.6, 20.0, 99)) == 1.0, "too few"


def test_nothing_is_measured_of_nothing() -> None:
    nothing: Frames = (np.zeros(0), np.zeros(0, dtype=np.int32))
    found = measure_transfer(*nothing, 5.0)
    assert (found.step, found.follows, found.lag_s) == (9.0, 0.0, 0.0)
    assert measure_ends_kept(*nothing, Rhythm(7.3, 0.6, 20.0, 99)) == 1.0
