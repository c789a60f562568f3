"""Which position of how many, while a sweep is measured."""

from __future__ import annotations

from sweep.cli.watching import PositionCount
from sweep.report import Modality, ProgressEvent


def test_second_looks_are_counted_for_themselves() -> None:
    count = PositionCount()
    begun = [_progress(index) for index in (0, 4, 5, 5)]
    assert [count.said(event) for event in begun] == ["1/5", "5/5", "+1", "+2"]
    assert count.said(_progress(5, "wifi")) == "+2"
    assert count.again == 2


def _progress(index: int, modality: Modality | None = None) -> ProgressEvent:
    return ProgressEvent(
        type="progress", zone_id="stall-1", modality=modality, fraction=0.0, position_index=index, positions=5
    )
