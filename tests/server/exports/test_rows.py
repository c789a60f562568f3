"""The log row: two results with their reasons, what was looked at, and what the record behind it is worth."""

from __future__ import annotations

import dataclasses
from datetime import date
from uuid import UUID

import pytest

from server.exports.columns import decision_words
from server.exports.results import equipment_reason
from server.interface.fields import BodyState, FindingState
from server.projections.log_records import EntryLine, ExportError, LogRow, Period, SweepPage
from server.projections.log_rows import build_log_row, build_page
from server.standing.zones import zones_of

from . import sample_sweeps as s


@pytest.mark.parametrize(
    ("verdicts", "persons", "findings"),
    [
        ((), "not_recorded", (("to_inspect", 1),)),
        (("cannot_exclude",), "suspected", (("suspected", 1),)),
        (("recheck",), "recheck", (("recheck", 1),)),
        (("no_camera",), "not_recorded", (("no_camera", 1),)),
        (("camera_found",), "found", (("found", 1),)),
        (("cannot_exclude", "no_camera"), "not_recorded", (("no_camera", 1),)),
        (("camera_found", "no_camera"), "found", (("found", 1),)),
    ],
)
def test_what_a_person_said_of_the_only_finding_is_the_persons_result_and_never_the_equipments(
    verdicts: tuple[str, ...], persons: str, findings: tuple[tuple[str, int], ...]
) -> None:
    page = s.simulated_page()
    assert page.report is not None
    said = [s.make_disposition(page.report.sweep_id, verdict, 10 + n) for n, verdict in enumerate(verdicts)]
    row = build_log_row(
        page.row.header, page.row.place, page.report, report_state="present", states=s.states_of(page.report, *said)
    )
    assert (row.persons, row.findings, row.equipment_result) == (persons, findings, "to_inspect")


def test_states_are_counted_the_gravest_first() -> None:
    page = s.simulated_page()
    given: list[FindingState] = ["no_camera", "to_inspect", "found", "no_camera"]
    states = {s.numbered(0x700 + n): state for n, state in enumerate(given)}
    row = build_log_row(page.row.header, page.row.place, page.report, report_state="present", states=states)
    assert (row.persons, row.findings) == ("found", (("found", 1), ("to_inspect", 1), ("no_camera", 2)))
    assert decision_words(row) == "의심기기 발견 1건 · 확인할 곳 1건 · 카메라 아님 2건"


def test_a_sweep_without_report_says_nothing_by_the_equipment_but_what_persons_found() -> None:
    header = s.unfinished_page().row.header
    found: dict[UUID, FindingState] = {s.numbered(0x201): "found"}
    told: dict[BodyState, str] = {"missing": "접수되지 않음", "erased": "삭제되어"}
    for state, why in told.items():
        row = build_log_row(header, s.place(), None, report_state=state, states=found)
        assert (row.equipment_result, row.persons) == ("no_report", "found")
        assert why in equipment_reason(row)


def test_the_forest_that_judged_is_named_with_the_equipment() -> None:
    page = s.simulated_page()
    assert page.report is not None
    versions = page.report.versions.model_copy(update={"forest": "judge_model.json sha256 0123456789ab"})
    report = page.report.model_copy(update={"versions": versions})
    row = build_log_row(page.row.header, page.row.place, report, report_state="present")
    assert row.equipment.endswith(" · 렌즈 판정 모형 judge_model.json sha256 0123456789ab")


def test_the_equipments_reason_says_how_far_it_carries() -> None:
    page = s.page_of_format_2()
    assert (page.row.equipment_result, page.row.unable) == ("partly", (1, 4))
    lens, heard = "렌즈 37%~58%(모의 영상 측정)", "와이파이 1%~90%(모의 영상 측정), 블루투스 42%(추정)"
    reach = f"{lens}, {heard}, 전파 50%~80%(추정) 또는 알 수 없음"
    assert page.row.reach == reach
    said = f"구역 6곳 중 1곳 판정 불가(방식 4가지 중 1가지 판정 불가) · 있었다면 찾았을 확률: {reach}"
    assert equipment_reason(page.row) == said
    aborted = dataclasses.replace(page.row, is_aborted=True, zones_not_looked=())
    assert equipment_reason(aborted).startswith("점검이 중단됨. 본 범위에서 감지된 것 없음(방식 4가지 중 1가지")
    nothing = dataclasses.replace(page.row, equipment_result="nothing_detected", unable=(0, 0))
    told = f"구역 6곳에서 감지된 것 없음. 기기가 없다는 뜻이 아님 · 있었다면 찾았을 확률: {reach}"
    assert equipment_reason(nothing) == told
    place = dataclasses.replace(s.simulated_page().row, is_aborted=True)
    assert equipment_reason(place) == "점검이 중단됨 · 확인할 곳 1곳: 2번 칸 뒷벽, 높이 모름, 왼쪽 모서리 옆"


def test_the_row_says_what_was_looked_at_and_what_could_not_be_judged() -> None:
    row = s.simulated_page().row
    assert row.zones_total == 6
    assert row.zones_looked == ("1번 칸", "2번 칸", "3번 칸", "세면대", "출입구")
    assert row.zones_not_looked == ("청소도구함",)
    assert row.zones_not_assessable == ("3번 칸", "세면대", "출입구")
    assert row.zones_nothing_detected == ("1번 칸",)
    assert row.places_to_inspect == ("2번 칸 뒷벽, 높이 모름, 왼쪽 모서리 옆",)
    assert row.methods == ("lens", "wifi", "ble", "rf")
    assert row.is_demo
    assert not s.live_page().row.is_demo


def test_a_zone_that_stands_at_something_counts_as_looked_at() -> None:
    page = s.simulated_page()
    assert page.report is not None
    unlooked = tuple(one.model_copy(update={"status": "not_looked"}) for one in page.report.coverage)
    report = page.report.model_copy(update={"coverage": unlooked})
    row = build_log_row(page.row.header, page.row.place, report, report_state="present")
    standing = {"not_looked": row.zones_not_looked, "not_assessable": row.zones_not_assessable}
    names = {zone.zone_id: zone.name.ko for zone in report.plan.zones}
    for state, told in standing.items():
        assert told == tuple(names[one.zone_id] for one in zones_of(report) if one.state == state)
    assert "2번 칸" in row.zones_looked, "a place to inspect is in it"
    assert len(row.zones_looked) + len(row.zones_not_looked) == row.zones_total


def test_the_row_carries_the_hash_of_the_report_and_counts_holes() -> None:
    row = s.simulated_page().row
    assert row.entry_hash == s.make_entries()[1].entry_hash
    assert row.signatures_ok
    unfinished = s.unfinished_page().row
    assert unfinished.entry_hash == s.make_entries()[0].entry_hash
    assert unfinished.missing_entries == 2
    page = s.simulated_page()
    assert page.report is not None
    broken = (dataclasses.replace(page.entries[0], signature_ok=False), page.entries[1])
    again = build_log_row(page.row.header, page.row.place, page.report, report_state="present", entries=broken)
    assert not again.signatures_ok
    bare = build_log_row(page.row.header, page.row.place, page.report, report_state="present")
    assert not bare.signatures_ok
    assert bare.entry_hash is None


def test_dispositions_are_put_in_the_order_of_decision() -> None:
    page = s.found_page()
    assert [item.disposition.verdict for item in page.dispositions] == ["cannot_exclude", "camera_found"]
    assert (page.row.persons, page.row.findings) == ("found", (("found", 1),))
    assert page.row.equipment_result == "to_inspect", "what a person found changes nothing of it"


def test_records_that_contradict_each_other_are_refused() -> None:
    page = s.simulated_page()
    assert page.report is not None
    with pytest.raises(ExportError, match="missing"):
        build_page(page.row.header, page.row.place, page.report, report_state="missing")
    with pytest.raises(ExportError, match="another sweep"):
        build_page(
            page.row.header,
            page.row.place,
            page.report,
            report_state="present",
            dispositions=[s.make_disposition(s.numbered(0xFF), "no_camera")],
        )
    with pytest.raises(ExportError, match="swap the two dates"):
        Period(date(2026, 3, 2), date(2026, 3, 1))


def test_no_field_of_an_export_can_hold_addresses_names_or_ssids() -> None:
    fields = {field.name for record in (LogRow, SweepPage, EntryLine) for field in dataclasses.fields(record)}
    assert not {name for name in fields if "ssid" in name or "address" in name or "detail" in name}
