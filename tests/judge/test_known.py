"""What earlier visits explained is marked and comes last: never weaker, never away."""

from __future__ import annotations

import pytest

from sweep import report as r
from sweep.judge.known import mark_known
from sweep.modality.measurement import Measurement
from sweep.run.reporting.second_looks import looked_again_of
from tests.report_factory import clock, make_report, text, uid

REPORT = make_report()
(FINDING,) = REPORT.findings
NEW = FINDING.model_copy(update={"finding_id": uid(0x77), "zone_id": "stall-1"})
TOKEN = r.AddressToken(scheme="room", key_id="0" * 8, tag="1" * 16, oui=None, is_locally_administered=True)


def known(**changes: object) -> r.KnownThing:
    thing = r.KnownThing(
        zone_id=FINDING.zone_id, x_m=FINDING.x_m + 0.1, y_m=FINDING.y_m, radius_m=0.3,
        what=text("소켓 나사", "a screw of the socket"), decided=clock(-60 * 24 * 90).utc,
    )  # fmt: skip
    return thing.model_copy(update=changes)


def marked(*things: r.KnownThing) -> tuple[r.Finding, ...]:
    return mark_known([FINDING, NEW], (), things)


def test_a_known_screw_is_named_and_comes_last() -> None:
    first, last = marked(known())
    assert (first, first.explained) == (NEW, None)
    assert last.finding_id == FINDING.finding_id
    assert last.explained is not None
    assert "소켓 나사" in last.explained.ko
    assert "눈으로 다시 확인" in last.explained.ko
    assert "a screw of the socket" in last.explained.en


def test_nothing_else_about_it_changes() -> None:
    (last,) = (one for one in marked(known()) if one.explained)
    assert last.model_copy(update={"explained": None}) == FINDING


@pytest.mark.parametrize(
    "other",
    [
        known(x_m=FINDING.x_m + 1.0),
        known(zone_id="stall-3"),
        known(devices=(TOKEN,)),
    ],
    ids=["a metre away", "another zone", "a device that is not heard"],
)
def test_what_is_not_the_same_stands_out(other: r.KnownThing) -> None:
    assert marked(other) == (FINDING, NEW)


def test_the_latest_of_several_explanations_is_told() -> None:
    (last,) = (
        one for one in marked(known(), known(what=None, decided=clock(-60).utc)) if one.explained is not None
    )  # fmt: skip
    assert last.explained is not None
    assert "카메라 아님" in last.explained.ko


def test_a_second_look_at_what_is_known_says_so_and_asks_for_an_eye_all_the_same() -> None:
    near = r.Position(
        position_id="again-stall-2-near", zone_id="stall-2", x_m=2.0, y_m=1.0, facing_deg=0.0, start_ns=0, end_ns=9
    )
    looked = Measurement("stall-2", near.position_id, "lens", 4.0, 30, 0, 0.2, None, ())
    (candidate,) = (one for one in marked(known()) if one.explained is not None)
    outcomes = [
        [one.outcome for one in looked_again_of([candidate], findings, [near], [looked])]
        for findings in ([FINDING], [])
    ]
    assert outcomes[0][0] == "explained", "it is still there"
    assert outcomes[1][0] == "gone"
    (told, *_) = looked_again_of([candidate], [FINDING], [near], [looked])
    assert "눈으로 확인" in told.text.ko
