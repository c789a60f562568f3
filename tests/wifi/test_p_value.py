"""How many other sequences are asked of a flow: few where it is one of a crowd, all where they may decide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sweep.wifi.stimulus.p_value import EXTEND_BELOW, FLOW_ALONE, Effort, effort_of, find_p_value

NULLS = 9_999


class Scores:
    """A flow that a share of all sequences fit as well as the one played."""

    def __init__(self, share: float) -> None:
        self.asked = 0
        self._scores = np.random.default_rng(3).exponential(1.0, NULLS + 1)
        self._scores[0] = np.quantile(self._scores, 1.0 - share) if share else self._scores.max() + 4.0

    def score(self, rows: Any) -> Any:
        self.asked += len(rows)
        return self._scores[self.asked - len(rows) : self.asked]


def asked_of(share: float, effort: Effort) -> tuple[int, float]:
    flow: Any = Scores(share)
    rows = np.random.default_rng(4).integers(0, 2, (NULLS + 1, 95), dtype=np.int8)
    p_value, _ = find_p_value(flow, rows, effort)
    return flow.asked, p_value


@pytest.mark.parametrize(("share", "asked"), [(0.6, 1_000), (0.25, 1_000), (0.1, 10_000), (0.0, 10_000)])
def test_a_flow_alone_is_compared_with_a_thousand_or_all(share: float, asked: int) -> None:
    assert asked_of(share, FLOW_ALONE)[0] == asked
    assert effort_of(0.05) == FLOW_ALONE


@pytest.mark.parametrize(("share", "asked"), [(0.6, 200), (0.1, 1_000), (0.02, 1_000), (0.0, 10_000)])
def test_a_flow_in_a_crowd_is_asked_less_of_and_its_corrected_p_value_is_the_same(share: float, asked: int) -> None:
    weight = 1 / 1_001
    found, p_value = asked_of(share, effort_of(weight))
    assert found == asked
    _, alone = asked_of(share, FLOW_ALONE)
    assert min(1.0, p_value / weight) == min(1.0, alone / weight)
    assert p_value == pytest.approx(alone, rel=0.4)


def test_a_look_asks_all_only_where_its_share_of_the_error_may_be_reached() -> None:
    assert FLOW_ALONE.at_look(0.1) == Effort(EXTEND_BELOW * 0.1)
    assert asked_of(0.1, FLOW_ALONE.at_look(0.1))[0] == 1_000
