"""What is said of a simulated camera after its sweep: found, missed with or without a glint, or never visited."""

from __future__ import annotations

import pytest

from sweep.cli.simulated_truth import truth_of
from sweep.phrases import words
from tests.report_factory import make_report


@pytest.mark.parametrize(
    ("changes", "zone_id", "said"),
    [
        ({}, "stall-2", ("그곳을 확인할 곳으로 찾았습니다", "a place to inspect stands there")),
        ({"findings": ()}, "stall-2", ("반사는 보았지만(점수", "it glinted (score")),
        ({"findings": (), "observations": ()}, "stall-2", ("충분한 증거가 없었습니다", "too little evidence")),
        ({"findings": (), "positions": ()}, "stall-2", ("그 구역에 가지 않았습니다", "did not go")),
    ],
)
def test_each_way_in_which_a_hidden_camera_is_found_or_not(
    changes: dict[str, object], zone_id: str, said: tuple[str, str]
) -> None:
    report = make_report().model_copy(update=changes)
    name = next(zone.name for zone in report.plan.zones if zone.zone_id == zone_id)
    truth = truth_of(report, zone_id)
    for text, place, part in ((words(truth, "ko"), name.ko, said[0]), (words(truth, "en"), name.en, said[1])):
        assert place in text
        assert part in text
