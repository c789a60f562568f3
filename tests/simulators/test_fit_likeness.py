"""The weights in use decide as those do that a fit from the data gives."""

from __future__ import annotations

from sweep.wifi.traffic.camera_features import BIAS, WEIGHTS
from tests.simulators.fit_likeness import count_decisions, fit, sample


def test_a_fit_from_few_flows_decides_as_the_weights_in_use_do() -> None:
    samples = list(sample(2))
    weights, bias = fit(samples)
    assert set(weights) == set(WEIGHTS)
    assert min(weights.values()) >= 0.0
    used, fitted = count_decisions(samples, WEIGHTS, BIAS), count_decisions(samples, weights, bias)
    differ = sum(abs(used[kind][0] - fitted[kind][0]) for kind in used)
    print(f"{len(samples)} windows, {differ} decided otherwise; fitted {weights}, {bias:.1f}")
    assert differ <= 0.05 * len(samples)
