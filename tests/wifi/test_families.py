"""The correction over flows: by families, by what each sends, and never more falsely than it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.wifi.stimulus.families import correct, hardest_p, holm, weigh


def equal(flows: int) -> list[float]:
    return [1.0] * flows


def test_holm_holds_the_family() -> None:
    assert holm([], []) == []
    assert holm([0.01, 0.04, 0.03], equal(3)) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8], equal(2)) == [1.0, 1.0]
    assert holm([0.03, 0.02], [0.2, 0.8]) == pytest.approx([0.03, 0.025]), "the second first, then the first alone"


def test_what_was_not_chosen_costs_what_was_chosen_a_ninth() -> None:
    crowd, sent = [0.5] * 1_000, equal(1_001)
    assert correct([1e-3, *crowd], [True, *[False] * 1_000], sent)[0] == pytest.approx(1e-3 / 0.9)
    whole = pytest.approx(holm([1e-3, 2e-3], equal(2)))
    assert correct([1e-3, 2e-3], [True, True], equal(2)) == whole, "one family has all of the error"
    assert correct([1e-3, 2e-3], [False, False], equal(2)) == whole
    assert correct([0.5, 1e-3], [True, False], equal(2))[1] == pytest.approx(1e-2)
    assert hardest_p(0.05, [True, True, False], equal(3)) == pytest.approx([0.0225, 0.0225, 0.005])
    assert hardest_p(0.05, [True, True], equal(2)) == pytest.approx([0.025, 0.025])


def test_many_thin_names_cost_a_camera_by_what_they_send_together() -> None:
    """A thousand of 20 kbit/s cost one of 200 as much as 130 would; a thin one beside thick uploads pays
    for four times as many as there are.
    """
    crowd, sent = [0.5] * 1_000, [200.0, *[20.0] * 1_000]
    assert correct([1e-4, *crowd], [True] * 1_001, sent)[0] == pytest.approx(1e-4 * 130, rel=0.05)
    assert hardest_p(0.05, [True] * 1_001, sent)[0] == pytest.approx(0.05 / 130, rel=0.05)
    beside = weigh([30.0, *[30_000.0] * 19])
    assert beside[0] == pytest.approx(1 / 80, rel=0.01)
    assert sum(beside) == pytest.approx(1.0)
    assert weigh([0.0, 0.0]) == [0.5, 0.5]


@pytest.mark.parametrize("following", [0, 3])
def test_weights_by_what_is_sent_call_no_more_falsely(following: int) -> None:
    """Whatever those send that follow, which may know the chips: they make nobody else likelier to be called."""
    rng, called, runs = np.random.default_rng([5, following]), 0, 4_000
    sent = np.exp(rng.uniform(0.0, 7.0, 12))
    for _ in range(runs):
        p_values = rng.random(12)
        its = sent.copy()
        if following:
            p_values[:following] = 1e-6
            its[:following] *= 1e-6 if p_values[following:].min() < 0.01 else 10.0  # silent when that might help
        adjusted = correct(p_values.tolist(), [True] * 12, its.tolist())
        called += min(adjusted[following:]) <= 0.05
    assert called / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values, equal(len(p_values)))
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)
