"""What a list says for certain comes in without asking, and what is crossed out does not."""

from __future__ import annotations

import io

import xlsxwriter
from sqlalchemy import select

from server.imports.inspections.past_rows import FLOOR_UNKNOWN_HERE, Past, Told, sure_of_floors
from server.imports.reading.columns import Own
from server.imports.reading.cuts import cut_text, is_cut, names_office
from server.imports.reading.lines import Line
from server.imports.reading.past_values import past_method
from server.imports.reading.row_kinds import problem_of
from server.store.schema import import_rows
from tests.server.conftest import Client, Site
from tests.server.imports.bringing import act, bring, finders, rows_of, told

HEADINGS = ("장비종류", "제조사", "모델명", "일련번호")


def crossed(struck: dict[int, tuple[int, ...]]) -> bytes:
    """Three finders in a workbook; of each row the columns that are crossed out."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, line = book.add_worksheet("목록"), book.add_format({"font_strikeout": True})
        sheet.write_row(0, 0, HEADINGS)
        for row in (1, 2, 3):
            for column, cell in enumerate(("렌즈 탐지기", "가상광학", "K18", f"A-{row}")):
                sheet.write(row, column, cell, line if column in struck.get(row, ()) else None)
    return out.getvalue()


def test_a_row_that_is_crossed_out_is_none_and_a_cell_is_asked_about(officer: Client) -> None:
    data = crossed({2: (0, 1, 2, 3), 3: (3,)})
    answer = officer.http.post(
        "/api/imports", content=data, headers={"X-CSRF-Token": officer.csrf}, params={"file_name": "목록.xlsx"}
    )
    assert told(officer, answer.json()) == [
        ("new", []),
        ("refused", ["row_is_struck"]),
        ("question", ["cell_is_struck"]),
    ]


def test_an_office_that_holds_it_is_no_person_and_who_checked_is_none_of_the_registers_business(
    hanbit: Site, officer: Client
) -> None:
    text = finders().replace("점검자-01", "한빛경찰서 여성청소년과").replace("한빛구청", "마예준")
    found = bring(officer, text).json()
    assert told(officer, found)[0] == ("new", ["checker_is_no_office", "holder_is_office"])
    act(officer, found, "confirm")
    (lens,) = officer.get("/api/instruments", kind="lens_finder").json()["instruments"]
    assert (lens["holder"], lens["checks"][0]["checked_by"]) == (None, "미기재(장비 목록)")
    with hanbit.db.read() as connection:
        kept = "".join(str(tuple(row)) for row in connection.execute(select(import_rows)))
    assert "마예준" not in kept + str(rows_of(officer, found))
    assert [names_office(one) for one in ("여성가족과", "한빛소방서", "김민서", "마예준")] == [True, True, False, False]


def test_what_a_role_has_is_a_heading_and_nobodys_name() -> None:
    for heading in ("담당 역할", "담당자 휴대폰", "담당 부서", "담당 업무", "관리자 메일"):
        assert not is_cut(cut_text(heading)), heading
    assert is_cut(cut_text("담당 홍길동"))


def test_an_offices_own_number_is_an_instrument_and_other_words_are_asked_about() -> None:
    assert past_method("HB-01, HB-05") == ("instruments", "")
    assert past_method("육안, HB-05") == ("instruments", "")
    assert past_method("인계-1")[1] == past_method("HB-01, 눈치")[1] == "method_unclear"


def test_the_sum_of_a_team_is_no_row() -> None:
    headings = [{"이름"}, {"건수"}, {"비고"}]
    assert [problem_of(Line(1, (one, "6", "")), headings) for one in ("1조 계", "2주 소계", "한빛동 합계", "계")] == [
        "row_is_sum"
    ] * 4
    assert problem_of(Line(1, ("한빛시계", "6", "")), headings) == ""


def test_a_unit_whose_name_ends_as_sums_do_is_one_only_beside_numbers() -> None:
    headings = [{"부서"}, {"역할"}, {"인원"}]

    def problem(*cells: str) -> str:
        return problem_of(Line(1, cells), headings)

    assert problem("총무과 서무 계", "점검자", "1") == problem("서무과 계", "점검자", "") == ""
    assert problem("총무과 서무 계", "12", "3명(여성 2)") == problem("신관 계", "신관 계", "-") == "row_is_sum"
    assert problem("총무과 합계", "점검자", "1") == problem("2주 소 계", "점검자", "1") == "row_is_sum"


def test_the_only_room_is_meant_where_a_list_tells_one_floor_and_asked_about_where_two() -> None:
    def row(room_id: str, floor: str) -> tuple[Own, Told]:
        past = Past("", "", "", "", "", "", "", "", "", "", None, "", room_id, "")
        return Own(2, {"floor": floor}, {}, "", ()), Told(past, (FLOOR_UNKNOWN_HERE,), "")

    settled = sure_of_floors([row("a", "1층"), row("a", "1"), row("b", "1층"), row("b", "2층")])
    assert [one.doubts for _, one in settled] == [(), (), ("room_may_be",), ("room_may_be",)]
