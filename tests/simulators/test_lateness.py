"""The queue that makes pictures late keeps their order, and is as late as it says."""

import numpy as np
import pytest

from tests.simulators.lateness import BATCH_PICTURES, PAUSE_S, late

HZ, PACKETS, OCTETS = 15.0, 4, 1_200


def send(pictures: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures of four packets, 1 ms apart."""
    picture = np.repeat(np.arange(pictures), PACKETS)
    return picture / HZ + np.tile(np.arange(PACKETS), pictures) * 1e-3, np.full(len(picture), OCTETS), picture


@pytest.mark.parametrize("batches", [False, True])
@pytest.mark.parametrize("sigma_s", [0.0, 0.03, 0.09])
def test_nothing_overtakes_and_nothing_leaves_before_it_was_sent(sigma_s: float, batches: bool) -> None:
    t_s, octets, picture = send(900)
    left_s = late(t_s, octets, picture, np.random.default_rng(1), sigma_s=sigma_s, batches=batches)
    assert (np.diff(left_s) >= OCTETS * 8e-3 / 4_000 - 1e-9).all()
    assert (left_s >= t_s - 1e-12).all()


def test_a_queue_that_is_fast_enough_changes_nothing() -> None:
    t_s, octets, picture = send(100)
    assert late(t_s, octets, picture, np.random.default_rng(1), drain_kbps=1e5) == pytest.approx(t_s)


def test_pictures_are_late_by_what_was_asked_for_and_by_what_waits_before_them() -> None:
    t_s, octets, picture = send(20_000)
    left_s = late(t_s, octets, picture, np.random.default_rng(2), sigma_s=0.03, drain_kbps=1e6)
    late_s = (left_s - t_s)[::PACKETS]
    assert np.sqrt((late_s**2).mean()) == pytest.approx(0.03, rel=0.1)
    # a drain at the stream's own rate never catches up
    slow_s = late(t_s, octets, picture, np.random.default_rng(2), drain_kbps=0.99 * OCTETS * PACKETS * 8e-3 * HZ)
    assert slow_s[-1] - t_s[-1] == pytest.approx(t_s[-1] * 0.01, rel=0.05)


def test_batches_are_those_of_the_recorded_bad_links() -> None:
    t_s, octets, picture = send(3_000)
    first_s = late(t_s, octets, picture, np.random.default_rng(3), batches=True)[::PACKETS]
    pauses = np.flatnonzero(np.diff(first_s) > 0.15)
    sizes = np.diff(pauses)
    assert np.diff(first_s)[pauses].min() >= PAUSE_S[0]
    assert np.quantile(np.diff(first_s)[pauses], 0.9) < PAUSE_S[1] + 0.02
    assert (sizes.min(), np.quantile(sizes, 0.9)) >= (BATCH_PICTURES[0], BATCH_PICTURES[0])
    assert np.quantile(sizes, 0.95) <= BATCH_PICTURES[1]
    assert 0.15 < (first_s - t_s[::PACKETS]).std() < 1.0
