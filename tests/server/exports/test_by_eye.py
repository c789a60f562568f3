"""The result by persons beside that of the equipment, the other fields of the form, and where a room lies."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from server.exports.logs.hwpx_log import render_hwpx
from server.exports.logs.json_log import sweep_object
from server.exports.logs.pdf_log import printed_log, render_sheet
from server.exports.printed.form import printed_form
from server.exports.printed.sweep import printed_sweep
from server.exports.results import next_step_words, persons_reason
from server.interface.fields import FindAsks, FindingState, PersonsResult
from server.interface.words import MARKS_NEXT
from server.projections.by_eye import checklist_words, gap_words, hand_entries, photograph_places
from server.projections.form_fields import HandEntries
from server.projections.log_records import Printing
from server.projections.log_rows import build_log_row, build_page
from sweep.report.case_records import CaseStep
from sweep.report.visit_records import Noted, VisitNote, ZoneCheck

from . import sample_sweeps as s

NOTED: dict[str, Any] = {
    "by_eye": "nothing_unusual",
    "spots": ("vent", "door_lock"),
    "marks": None,
    "occasion": "joint",
    "companions": "마포경찰서 경위",
    "emergency_bell": "broken",
    "measures": ("sticker", "repair_asked"),
    "confirmed_by": "시설관리 담당",
}


def _note(**changes: Any) -> VisitNote:
    return VisitNote(v=1, sweep_id=s.numbered(0xC2), noted=s.clock(9), **(NOTED | changes))


def _step(**step: Any) -> CaseStep:
    return CaseStep.model_validate(
        {"v": 1, "case_id": s.numbered(1), "finding_id": None, "step": step, "decided": s.clock(40)}
    )


def test_the_form_is_filled_from_the_note_and_from_what_was_done_in_the_case() -> None:
    steps = [
        _step(step="room_closed", guarded_by="점검자-02"),
        _step(step="photographed", commitment="0a" * 32, why_not=None),
        _step(step="police_called", receipt_no="2026-0431"),
        _step(step="defect_found", defect="hole", measured_mm=None, duty="defect", due=date(2026, 3, 20)),
        _step(step="looked_at", second_person="점검자-02", seen="hole"),
    ]
    hand = hand_entries(("점검자-01", _note()), steps, photographed=["첫째 칸", None, "첫째 칸"])
    assert photograph_places(hand) == "첫째 칸 2장, 구역 없이 1장"
    assert hand == HandEntries(
        occasion="joint",
        companions=("마포경찰서 경위",),
        suspicious_marks="없음",
        emergency_bell="고장",
        measures=(
            "점검 스티커 부착",
            "보수 요청",
            "출입 통제",
            "112 신고(접수번호 2026-0431)",
            "보수 요청(구멍, 2026-03-20까지)",
        ),
        confirmed_by="시설관리 담당",
        by_eye="nothing_unusual",
        spots=("환풍구", "출입문·잠금장치"),
        noted_by="점검자-01",
        photographs=3,
        photographs_by_zone=(("첫째 칸", 2), ("구역 없이", 1)),
    )


CHECKED: dict[str, Any] = {
    "zone_id": "stall-1",
    "fine": ("door_lock", "vent"),
    "marked": ("partition",),
    "holes": 2,
    "floor_gap_mm": 7,
    "ceiling_gap_mm": 310,
    "emergency_bell": "works",
    "sticker": True,
}
UNCHECKED: dict[str, Any] = CHECKED | {
    "zone_id": "stall-9",
    "fine": (),
    "marked": (),
    "holes": 0,
    "floor_gap_mm": None,
    "ceiling_gap_mm": None,
    "emergency_bell": "not_tested",
    "sticker": False,
}


def _checked(zone: dict[str, Any]) -> HandEntries:
    return hand_entries(("점검자-01", _note(zones=(ZoneCheck.model_validate(zone),))), [])


def test_a_part_is_either_strange_or_broken_and_an_entry_from_before_tells_no_broken_one() -> None:
    assert ZoneCheck.model_validate(CHECKED).broken == ()
    with pytest.raises(ValidationError, match="stands once"):
        ZoneCheck.model_validate(CHECKED | {"broken": ("partition",)})


def test_the_checklist_is_printed_zone_by_zone_with_its_gaps_and_photographs() -> None:
    zones = tuple(ZoneCheck.model_validate(one) for one in (CHECKED, UNCHECKED))
    names = {"stall-1": "1번 칸"}
    hand = hand_entries(("점검자-01", _note(zones=zones)), [], photographed=["1번 칸"], zone_names=names)
    parts = "이상 없음 2부위, 표시 칸막이 틈새·나사 구멍, 구멍 2개, 아래 틈 7 mm, 위 틈 310 mm, 스티커로 막음, 사진 1장"
    told = f"1번 칸: {parts}"
    assert checklist_words(hand) == f"{told} / stall-9: 보지 않음"
    assert gap_words(hand) == "아래 최대 7 mm(1번 칸) · 위 최소 310 mm(1번 칸)"
    assert gap_words(hand_entries(None, [])) == ""
    page = s.live_page()
    page = replace(page, row=replace(page.row, hand=hand))
    form = printed_form(page, Printing(proof="log 5 AAAA"))
    assert form["checks"][0] == {
        "zone": "1번 칸",
        "fine": "환풍구, 출입문·잠금장치",
        "marked": "칸막이 틈새·나사 구멍",
        "holes": "2",
        "gaps": "7 mm / 310 mm",
        "bell": "정상",
        "rest": "스티커, 사진 1장",
    }
    assert form["checks"][1]["gaps"] == "– / –"
    broken = _checked(UNCHECKED | {"broken": ("light",)})
    assert checklist_words(broken) == "stall-9: 고장 조명"
    assert broken.suspicious_marks == "없음"  # a broken light is no mark of a camera
    assert sweep_object(page.row)["zone_checks"][0]["holes"] == 2
    assert b"%PDF" in render_sheet(page, s.GENERATED)[:8]
    log = printed_log([page.row], s.PERIOD, s.GENERATED, Printing())
    log["sweeps"], log["has_cover"] = [printed_sweep(page, 1)], False
    with zipfile.ZipFile(io.BytesIO(render_hwpx(log))) as book:
        text = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist() if "section" in name)
    assert "구역별 육안 점검표" in text and "7 mm / 310 mm" in text and "아래 최대 7 mm(1번 칸)" in text


@pytest.mark.parametrize(
    ("note", "states", "result", "why"),
    [
        (None, (), "not_recorded", "아직 적지 않음"),
        (None, ("to_inspect",), "not_recorded", "아직 적지 않음"),
        (_note(), (), "nothing_unusual", "점검자-01 확인 · 2/8개 부위: 환풍구, 출입문·잠금장치"),
        (_note(), ("no_camera", "defect"), "nothing_unusual", "점검자-01 확인 · 2/8개 부위"),
        (_note(), ("to_inspect", "to_inspect"), "recheck", "사람이 판정하지 않은 확인할 곳 2곳이 남음"),
        (_note(), ("recheck", "to_inspect"), "recheck", "재점검 요청 1건"),
        (_note(by_eye="marks", marks="나사 구멍"), (), "suspected", "나사 구멍 · 2/8개 부위"),
        (_note(by_eye="marks", marks="나사 구멍"), ("suspected",), "suspected", "육안으로 의심함 1건 / 나사 구멍"),
        (_note(), ("suspected",), "suspected", "육안으로 의심함 1건"),
        (_note(by_eye="not_done", spots=()), (), "not_done", "점검자-01이 육안 점검을 하지 않았다고 적음"),
        (_note(), ("found", "found", "suspected"), "found", "카메라이거나 배제할 수 없다고 판정함 2건"),
        (_note(), ("confirmed", "found"), "confirmed", "경찰이 카메라로 확인함"),
    ],
)
def test_the_persons_result_says_on_what_it_stands(
    note: VisitNote | None, states: tuple[FindingState, ...], result: PersonsResult, why: str
) -> None:
    page = s.live_page()
    hand = hand_entries(None if note is None else ("점검자-01", note), [])
    row = build_log_row(
        page.row.header, page.row.place, page.report, report_state="present", hand=hand,
        states={s.numbered(0x700 + n): state for n, state in enumerate(states)},
    )  # fmt: skip
    assert row.persons == result
    assert why in persons_reason(row)


@pytest.mark.parametrize(
    "changes",
    [
        {"marks": "구멍"},
        {"by_eye": "marks"},
        {"by_eye": "not_done"},
        {"spots": ()},
        {"spots": ("vent", "vent")},
        {"measures": ("sticker", "sticker")},
    ],
)
def test_a_note_agrees_with_itself(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"marks|looked|once"):
        Noted.model_validate(NOTED | changes)


def test_marks_that_a_person_saw_ask_for_something_though_the_equipment_does_not() -> None:
    row = replace(s.live_page().row, equipment_result="nothing_detected")
    assert next_step_words(row) == "육안 점검을 하고 그 결과를 기재", "nobody looked by eye yet"
    assert next_step_words(replace(row, persons="not_done")) == next_step_words(row)
    assert next_step_words(replace(row, persons="nothing_unusual")) == "추가 조치 없음"
    assert next_step_words(replace(row, persons="suspected")) == MARKS_NEXT.ko
    assert next_step_words(replace(row, persons="recheck")).startswith("판정하지 못한 구역을")


@pytest.mark.parametrize(
    ("persons", "findings", "open_here", "expected"),
    [
        ("found", (("found", 1),), (), "만지지 않고 현장 보존"),
        ("nothing_unusual", (), (("found", 1),), "만지지 않고 현장 보존"),
        ("suspected", (("suspected", 1),), (), "해당 위치를 눈으로 확인"),
        ("not_recorded", (("to_inspect", 1),), (), "해당 위치를 눈으로 확인"),
        ("nothing_unusual", (), (("recheck", 1),), "해당 위치를 눈으로 확인"),
        ("nothing_unusual", (("no_camera", 1),), (), "추가 조치 없음"),
        ("confirmed", (("confirmed", 1),), (), "추가 조치 없음"),
    ],
)
def test_what_stands_open_asks_for_its_next_step(
    persons: PersonsResult,
    findings: tuple[tuple[FindingState, int], ...],
    open_here: tuple[tuple[FindingState, int], ...],
    expected: str,
) -> None:
    row = replace(s.live_page().row, equipment_result="to_inspect", persons=persons, findings=findings)
    row = replace(row, place=replace(row.place, open_things=open_here))
    assert next_step_words(row).startswith(expected)


@pytest.mark.parametrize(
    ("asks", "others", "expected"),
    [
        ("report", (), "만지지 않고 현장 보존 · 출입 통제 · 112 신고"),
        ("hand_over", (("to_inspect", 1),), "112 신고함. 만지지 않고 현장 보존"),
        ("police_result", (), "경찰에 인계함. 경찰 확인 결과를 받아 기재"),
        ("police_result", (("to_inspect", 1),), "해당 위치를 눈으로 확인"),
    ],
)
def test_nobody_is_asked_to_call_112_again(
    asks: FindAsks, others: tuple[tuple[FindingState, int], ...], expected: str
) -> None:
    row = replace(s.live_page().row, equipment_result="to_inspect", persons="found", findings=(("found", 1),))
    row = replace(row, place=replace(row.place, open_things=(("found", 1), *others), find_asks=asks))
    assert next_step_words(row).startswith(expected)


def test_a_form_has_sex_floor_and_stalls_apart_and_both_results() -> None:
    page = s.live_page()
    hand = hand_entries(("점검자-01", _note()), [])
    built = build_page(page.row.header, page.row.place, page.report, report_state="present", hand=hand)
    form = printed_form(built, Printing(proof="log 5 AAAA"))
    assert (form["sex"], form["floor"], form["stalls"]) == ("남", "1층", "3칸")
    assert form["persons"]["word"] == "특이사항 없음(육안·탐지기)"
    assert form["equipment_result"]["word"] == "일부 판정 불가"
    assert form["methods"].startswith("육안 · 렌즈 탐지")
    assert form["occasion"] == "□ 정기  □ 수시  ■ 합동   (정밀 점검)"
    assert form["proof"] is None, "nothing signed, nothing to prove"
    signed = printed_form(s.found_page(), Printing(proof="log 5 AAAA"))["proof"]
    assert signed["line"] == f"ansim-proof/1 entry {s.make_entries()[1].entry_hash} log 5 AAAA"
