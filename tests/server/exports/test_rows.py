"""The log row: result words, what was looked at, and what the record behind it is worth."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from server.exports.judgement import judge, latest_dispositions
from server.exports.records import EntryLine, ExportError, LogRow, Period, SweepPage
from server.exports.rows import build_log_row, build_page
from sweep.report import Disposition, SweepReport, ZoneVerdict
from tests.report_factory import text

from . import sample_sweeps as s


def _decided(*verdicts: str) -> list[Disposition]:
    sweep_id = s.numbered(0xC1)
    return [s.make_disposition(sweep_id, verdict, 10 + n).disposition for n, verdict in enumerate(verdicts)]


def _all_clear(report: SweepReport) -> SweepReport:
    verdicts = tuple(
        ZoneVerdict(
            zone_id=zone.zone_id,
            modality="wifi",
            verdict="clear",
            reason="no_uplink",
            text=text("들리지 않음"),
            target=text("와이파이 카메라"),
        )
        for zone in report.plan.zones
    )
    return report.model_copy(update={"verdicts": verdicts})


@pytest.mark.parametrize(
    ("verdicts", "result"),
    [
        ((), "suspected"),
        (("cannot_exclude",), "suspected"),
        (("recheck",), "recheck"),
        (("no_camera",), "recheck"),
        (("camera_found",), "found"),
        (("cannot_exclude", "no_camera"), "recheck"),
        (("camera_found", "no_camera"), "found"),
    ],
)
def test_dispositions_of_the_only_candidate_give_the_result(verdicts: tuple[str, ...], result: str) -> None:
    report = s.make_report("live", sweep_id=s.numbered(0xC1))
    assert judge(report, "present", _decided(*verdicts))[0] == result


def test_a_room_is_without_anomaly_only_when_every_zone_is_clear_of_something() -> None:
    report = s.make_report("live", sweep_id=s.numbered(0xC1), candidate=None)
    assert judge(report, "present", [])[0] == "recheck"
    clear = _all_clear(report)
    assert judge(clear, "present", []) == ("no_anomaly", "모든 구역이 한 가지 이상의 방식으로 점검 범위 내 이상 없음")
    aborted = clear.model_copy(update={"outcome": "aborted"})
    assert judge(aborted, "present", []) == ("recheck", "점검이 중단됨")
    with_candidate = _all_clear(s.make_report("live", sweep_id=s.numbered(0xC1)))
    assert judge(with_candidate, "present", _decided("no_camera"))[0] == "no_anomaly"
    assert judge(with_candidate, "present", _decided("recheck"))[0] == "recheck"


def test_no_report_gives_no_result() -> None:
    assert judge(None, "missing", [])[0] == "unfinished"
    assert "삭제" in judge(None, "erased", [])[1]
    assert judge(None, "erased", _decided("camera_found"))[0] == "found"


def test_the_latest_disposition_counts_whatever_order_they_arrive_in() -> None:
    first, last = _decided("cannot_exclude", "no_camera")
    for order in ([first, last], [last, first]):
        assert latest_dispositions(order)[first.finding_id].verdict == "no_camera"


def test_the_row_says_what_was_looked_at_and_what_could_not_be_judged() -> None:
    row = s.simulated_page().row
    assert row.zones_total == 6
    assert row.zones_looked == ("1번 칸", "2번 칸", "3번 칸", "세면대", "출입구")
    assert row.zones_not_looked == ("청소도구함",)
    assert row.zones_not_assessable == ("3번 칸", "세면대", "출입구")
    assert row.candidate_zones == ("2번 칸",)
    assert row.candidates_open == 1
    assert row.methods == ("lens", "wifi", "ble", "rf")
    assert row.is_demo
    assert not s.live_page().row.is_demo


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
    assert page.row.result == "found"
    assert page.row.dispositions == (("camera_found", 1),)


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
