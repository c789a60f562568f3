"""Headings of lists: over which lines they stand, what above them is none, and what their words say."""

from __future__ import annotations

from datetime import date

import pytest

from server.imports.reading.heading_words import count_in, ways_to_read
from server.imports.reading.past_values import past_day
from server.imports.reading.periods import months_of_section, months_of_titles
from server.imports.reading.table import open_grid, read_table
from tests.server.imports.files import workbook

TODAY = date(2026, 12, 1)
THREE = (
    ("순", "시설명", "주소", "변기 수", "", "", ""),
    ("", "", "", "남자용", "", "", "여자용"),
    ("", "", "", "대", "소", "장애", "대"),
    ("1", "가람공원 화장실", "한빛구 가람로 1", 3, 4, 1, 5),
)
MERGED = [(0, 0, 2, 0, "순"), (0, 1, 2, 1, "시설명"), (0, 2, 2, 2, "주소"), (0, 3, 0, 6, "변기 수")]


def test_headings_over_three_lines_are_joined_and_read() -> None:
    data = workbook(THREE, [*MERGED, (1, 3, 1, 5, "남자용")])
    plain = "\n".join(",".join(map(str, row)) for row in THREE).encode()
    for one in (data, plain):
        grid = open_grid(one)
        assert grid.columns[3:] == (
            "변기 수 남자용 대",
            "변기 수 남자용 소",
            "변기 수 남자용 장애",
            "변기 수 여자용 대",
        )
    table = read_table(
        data,
        kind="facilities",
        answers={("facilities", "변기수남자용장애"): "left_out", ("facilities", "순"): "left_out"},
    )
    assert [[own.said[name] for name in ("men_stalls", "men_urinals", "women_stalls")] for own in table.own] == [
        ["3", "4", "5"]
    ]


@pytest.mark.parametrize(
    ("title", "beside"),
    [
        ("탐지장비 관리대장", "2026. 4. 정리"),
        ("※ 대외비 - 밖으로 내보내지 말 것", "'26.6.4 고침"),
        ("2026년 상반기 보유현황", ""),
    ],
)
@pytest.mark.parametrize("last", [2, 4, 5])
def test_a_title_is_no_heading_however_many_columns_it_spans(title: str, beside: str, last: int) -> None:
    heading = ("종류", "제조사", "모델명", "일련번호", "점검", "", "상태")
    rows = [
        (title, "", "", "", "", "", beside),
        heading,
        ("", "", "", "", "작동확인일", "유효기간", ""),
        ("렌즈 탐지기", "가상광학", "K18", "A-1", "2026-11-02", "2027-05-01", "정상"),
    ]
    down = [(1, index, 2, index, cell) for index, cell in enumerate(heading) if cell and cell != "점검"]
    grid = open_grid(workbook(rows, [(0, 0, 0, last, title), *down, (1, 4, 1, 5, "점검")]))
    assert (grid.heading, grid.columns) == (
        2,
        ("종류", "제조사", "모델명", "일련번호", "점검 작동확인일", "점검 유효기간", "상태"),
    )


def test_narrow_groups_alone_above_headings_are_kept() -> None:
    rows = [
        ("", "", "남자", "", "여자", ""),
        ("시설명", "주소", "대변기", "소변기", "대변기", "비고"),
        ("가람공원", "한빛구 가람로 1", 2, 3, 4, ""),
    ]
    grid = open_grid(workbook(rows, [(0, 2, 0, 3, "남자"), (0, 4, 0, 5, "여자")]))
    assert grid.columns[2:5] == ("남자 대변기", "남자 소변기", "여자 대변기")


def test_words_of_a_heading_are_read_only_where_none_is_anybody_elses() -> None:
    assert "층" in ways_to_read("점검 장소 층")
    assert "소변기" in ways_to_read("변기 수 소변기(개)")
    assert "주소" not in ways_to_read("관리자 주소")
    counts = {
        "변기 수 남자용 대": "men_stalls",
        "남 변기(소)": "men_urinals",
        "여 변기": "women_stalls",
        "여자화장실 대변기 수": "women_stalls",
        "변기 수 여자용 장애": None,
        "여자 소변기": None,
        "남 변기": None,
        "장애인칸(남/여)": None,
    }
    assert {heading: count_in(heading) for heading in counts} == counts


def test_a_second_table_below_is_asked_about() -> None:
    text = (
        "종류,제조사,모델명,일련번호,상태\n렌즈 탐지기,가상광학,K18,A-1,정상\n"
        "일련번호,종류,제조사,모델명,\nA-2,렌즈 탐지기,가상광학,K18,\n"
    )
    first, heading, other = read_table(text.encode(), kind="instruments").own
    assert (first.problem, heading.problem, other.problem) == ("", "row_is_heading", "")
    assert [("below_other_heading" in one.doubts) for one in (first, other)] == [False, True]


@pytest.mark.parametrize(
    ("titles", "months"),
    [
        (["점검일지 (2025. 11. ~ 2026. 2.)"], {(2025, 11), (2025, 12), (2026, 1), (2026, 2)}),
        (["한빛구 2025년 5월 점검 실적", "작성 2025. 6. 3."], {(2025, 5)}),
        (["2025년 3분기 실적"], {(2025, 7), (2025, 8), (2025, 9)}),
        (["2025년도 하반기"], {(2025, month) for month in range(7, 13)}),
        (["2025년 점검대장"], {(2025, month) for month in range(1, 13)}),
        (["2024년 5월", "2025년 6월"], set()),
        (["2026년 1분기 점검 계획(2025년 12월 실적 포함)"], set()),
        (["2025년 11월 실적 및 2025년 12월 계획", "2025년 점검대장"], set()),
        (["2025년 점검대장(2025년 5월)"], {(2025, 5)}),
        (["2025년 11월 ~ 2026년 2월 점검일지"], {(2025, 11), (2025, 12), (2026, 1), (2026, 2)}),
        (["점검대장", "2025. 3. 3. 현재"], set()),
        (["기간: 2025. 12. 1. ~ 2026. 2. 28."], {(2025, 12), (2026, 1), (2026, 2)}),
        (["2026.1.5.~7. 점검"], set()),
    ],
)
def test_the_months_of_a_list_are_told_by_its_title(titles: list[str], months: set[tuple[int, int]]) -> None:
    assert months_of_titles(titles) == months


def test_a_section_has_a_year_of_its_own_or_of_the_one_before() -> None:
    titles, november = months_of_titles(["2025. 11. ~ 2026. 2."]), frozenset({(2025, 11)})
    assert months_of_section("□ 2025년 11월", frozenset(), frozenset()) == november
    assert months_of_section("□ 12월", frozenset(), november) == frozenset({(2025, 12)})
    assert months_of_section("□ 2월", frozenset(), november) == frozenset()
    assert months_of_section("□ 2월", titles, november) == frozenset({(2026, 2)})
    assert months_of_section("◎ 2026년 2~3월", frozenset(), november) == frozenset({(2026, 2), (2026, 3)})
    assert months_of_section("□ 1월~2월", titles, november) == frozenset({(2026, 1), (2026, 2)})
    assert months_of_section("□ 2~3월", titles, november) == frozenset()
    assert months_of_section("11월 소계", titles, november) is None


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("11.4(화)", date(2025, 11, 4)),
        ("11/4 화", date(2025, 11, 4)),
        ("11월 4일", date(2025, 11, 4)),
        ("28일", date(2025, 11, 28)),
        ("05-Nov", date(2025, 11, 5)),
        ("'25.11.30", date(2025, 11, 30)),
        ("45987", date(2025, 11, 26)),
        ("2025-11-12", date(2025, 11, 12)),
    ],
)
def test_a_day_without_a_year_is_of_the_month_that_its_section_tells(cell: str, day: date) -> None:
    assert past_day(cell, None, TODAY, frozenset({(2025, 11)})) == (day, None, [])


@pytest.mark.parametrize("cell", ["11.4(수)", "11.1", "12.4", "11/31", "11월 27~28일", "45800", "24.11.4", "10:30"])
def test_a_day_that_may_be_another_is_asked_about(cell: str) -> None:
    assert past_day(cell, None, TODAY, frozenset({(2025, 11)}))[2] != []
