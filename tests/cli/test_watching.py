"""Which position of how many, while a sweep is measured."""

from __future__ import annotations

import pytest

from sweep.cli.watching import count_of
from sweep.report import ProgressEvent


@pytest.mark.parametrize(("index", "positions", "said"), [(0, 5, "1/5"), (4, 5, "5/5"), (5, 5, "6/6")])
def test_no_position_is_counted_beyond_the_total(index: int, positions: int, said: str) -> None:
    event = ProgressEvent(
        type="progress", zone_id="stall-1", modality=None, fraction=0.0, position_index=index, positions=positions
    )
    assert count_of(event) == said
