"""What zero finds mean: a bound where detection is proven in the field, and none where it is not."""

from __future__ import annotations

import pytest

from server.standing.periods import at_most


def test_a_simulation_bounds_nothing() -> None:
    assert at_most(600, 0.5, "simulated") is None
    assert at_most(600, None, "field") is None
    assert at_most(0, 0.5, "field") is None


@pytest.mark.parametrize(("rooms", "chance", "share"), [(600, 1.0, 0.00498), (600, 0.5, 0.00996), (1, 0.2, 1.0)])
def test_none_found_in_many_rooms_bounds_the_share(rooms: int, chance: float, share: float) -> None:
    bound = at_most(rooms, chance, "field")
    assert bound == pytest.approx(share, rel=0.01)
    if bound is not None and bound < 1.0:
        assert (1.0 - bound * chance) ** rooms == pytest.approx(0.05)
