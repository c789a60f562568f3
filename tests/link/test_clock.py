"""The head's ticks in the Pi's time: drift, jitter, wrap."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.link.clock import WRAP, ClockError, TickClock, TickUnwrapper

SLOT_NS = 32_000


def run_clock(
    *, drift: float, seconds: int, seed: int, first_tick: int = 0, step_s: float = 0.1
) -> tuple[TickClock, list[tuple[float, int]]]:
    """A clock fed with late arrivals; and (true error in ms, bound in ms) sampled each second."""
    rng = random.Random(seed)
    clock = TickClock(SLOT_NS)
    slot_ns = SLOT_NS * (1 + drift)
    errors = []
    for n in range(round(seconds / step_s)):
        true_ns = round(n * step_s * 1e9)
        tick = first_tick + round(true_ns / slot_ns)
        sent_ns = (tick - first_tick) * slot_ns
        # USB and the scheduler: mostly within a millisecond or two, sometimes a stall of 40 ms.
        late_ns = rng.expovariate(1 / 0.8e6) + (rng.uniform(0, 40e6) if rng.random() < 0.03 else 0)
        clock.observe(tick % WRAP, 10_000_000_000 + round(sent_ns + late_ns))
        if n % 10 == 9:
            mapped = clock.to_boottime((tick - 50) % WRAP)
            truth = 10_000_000_000 + (tick - 50 - first_tick) * slot_ns
            errors.append((mapped.t_ns - truth, mapped.error_ns))
    return clock, errors


@pytest.mark.parametrize("drift", [-0.005, 0.0, 0.0007, 0.005])
def test_error_within_a_millisecond_after_ten_minutes(drift: float) -> None:
    clock, errors = run_clock(drift=drift, seconds=600, seed=3)
    assert abs(clock.drift - drift) < 5e-6
    late = errors[60:]
    assert max(abs(error) for error, _ in late) < 1_000_000
    assert all(abs(error) <= bound for error, bound in errors)


def test_it_follows_through_the_wrap_of_the_tick() -> None:
    _, errors = run_clock(drift=0.002, seconds=60, seed=4, first_tick=WRAP - 31_250 * 30)
    assert max(abs(error) for error, _ in errors[20:]) < 1_000_000


@given(st.integers(0, WRAP * 3), st.lists(st.integers(-WRAP // 4, WRAP // 4), max_size=30))
def test_unwrapping_restores_the_count(start: int, steps: list[int]) -> None:
    unwrapper, true = TickUnwrapper(), start
    offset = unwrapper.unwrap(start % WRAP) - start
    highest = start
    for step in steps:
        if abs(true + step - highest) >= WRAP // 2 or true + step < 0:
            continue
        true += step
        highest = max(highest, true)
        assert unwrapper.unwrap(true % WRAP) - true == offset


def test_nothing_can_be_mapped_before_the_first_tick() -> None:
    with pytest.raises(ClockError):
        TickClock(SLOT_NS).to_boottime(5)
