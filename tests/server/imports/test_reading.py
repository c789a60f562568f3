"""Offices' own lists as rows: read whatever wrote them, cut before anybody sees them, asked where they may mislead."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from server.imports.places.own_places import read_room
from server.imports.reading import cells, values
from server.imports.reading.cuts import SQUARE, cut_cell, cut_of_heading
from server.imports.reading.grid import read_grid
from server.imports.reading.table import open_grid, read_table
from server.imports.rows.reasons import REASONS
from server.interface.errors import ApiError
from tests.server.imports.files import LIST, workbook

TODAY = date(2026, 12, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_list_is_read_in_each_encoding(encoding: str, separator: str) -> None:
    table = read_table(LIST.replace(",", separator).encode(encoding))
    assert (table.layout, [own.said["stalls"] for own in table.own]) == ("rooms", ["3칸", "5칸"])


def test_a_heading_is_found_below_a_title_and_over_two_lines() -> None:
    rows = [
        ("2025년 현황", "", "", "", ""),
        (),
        ("시설명", "주소", "남자", "", "여자"),
        ("", "", "대변기", "소변기", "대변기"),
        ("가람공원", "한빛구 가람로 1", 2, 3, 4),
    ]
    merged = [(2, 0, 3, 0, "시설명"), (2, 1, 3, 1, "주소"), (2, 2, 2, 3, "남자")]
    for data in (workbook(rows, merged), "\n".join(",".join(map(str, row)) for row in rows).encode()):
        grid = open_grid(data)
        assert grid.columns == ("시설명", "주소", "남자 대변기", "남자 소변기", "여자 대변기")
        assert [row.cells for row in grid.rows] == [("가람공원", "한빛구 가람로 1", "2", "3", "4")]


def test_a_merged_cell_stands_in_each_of_its_rows() -> None:
    rows = [("시설명", "주소", "남녀", "칸수"), ("", "한빛구 가람로 1", "남", 3), ("", "한빛구 가람로 1", "여", 4)]
    table = read_table(workbook(rows, [(1, 0, 2, 0, "가람공원")]))
    assert [own.said["name"] for own in table.own] == ["가람공원", "가람공원"]


def _sparse() -> bytes:
    """Two cells, as far from each other as a sheet reaches."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "시설명")
        sheet.write(1_048_575, 16_383, "주소")
    return out.getvalue()


def _with_sheet(xml: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([("시설명", "주소")]))) as old, zipfile.ZipFile(out, "w", 8) as parts:
        for one in old.namelist():
            parts.writestr(one, xml if one == "xl/worksheets/sheet1.xml" else old.read(one))
    return out.getvalue()


def _declared() -> bytes:
    return _with_sheet(b"<worksheet>" + b" " * (300 * 1024 * 1024) + b"</worksheet>")


def _lying() -> bytes:
    """A million cells of text each a thousand letters long, which its ZIP says are a few."""
    cell = b'<c t="inlineStr"><is><t>' + b"x" * 1_000 + b"</t></is></c>"
    row = b"<row>" + cell * 90 + b"</row>"
    data = _with_sheet(b"<worksheet><sheetData>" + row * 2_500 + b"</sheetData></worksheet>")
    size = len(b"<worksheet><sheetData>" + row * 2_500 + b"</sheetData></worksheet>")
    return data.replace(size.to_bytes(4, "little"), (9_999).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_sparse, "too large"),
        (_declared, "too large"),
        (_lying, "too large|cannot be read"),
        (lambda: b"PK\x03\x04" + b"x" * 50, "cannot be read"),
        (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "cannot be read"),
        (lambda: workbook([]), "cannot be read"),
    ],
    ids=["sparse", "declared", "lying", "no zip", "no workbook", "empty"],
)
def test_a_workbook_that_would_fill_the_memory_is_refused(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(ApiError, match=said) as caught:
        open_grid(make())
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("cell", "cut"),
    [
        ("900101-1234567", "resident_number"),
        ("9001011234567", "resident_number"),
        ("９００１０１－１２３４５６７", "resident_number"),
        ("900101 - 2******", "resident_number"),
        ("담당 010203-3234567 확인", "resident_number"),
        ("10203323456", "resident_number"),
        ("9001011234567.0", "resident_number"),
        ("국민은행 123456-04-567890", "bank_account"),
        ("110-123-456789(신한)", "bank_account"),
        ("농협 3020123456781", "bank_account"),
        ("1234-5678-9012-3456", "bank_account"),
        ("302-0123-4567-81", "bank_account"),
        ("신고자 김철수", "named_person"),
        ("피해자: 이영희(010-1234-5678)", "named_person"),
        ("제보인 박OO", "named_person"),
        ("010-1234-5678", "named_person"),
        ("새벽시장(전화: 김철수 01012345678)", "named_person"),
        ("상인회장 김철수", "named_person"),
    ],
)
def test_what_is_personal_is_cut_from_a_cell(cell: str, cut: str) -> None:
    counts: Counter[Any] = Counter()
    left = cut_cell(cell, "장소", counts)
    assert SQUARE in left
    assert +counts == Counter({cut: 1})
    assert not any(part in left for part in ("1234567", "567890", "김철수", "이영희", "박OO", "0123456781"))


def test_a_private_telephone_is_left_out_of_its_column_and_asks_nothing() -> None:
    counts: Counter[Any] = Counter()
    assert cut_cell("010-1234-5678", "연락처", counts) == ""
    assert +counts == Counter({"named_person": 1})


@pytest.mark.parametrize(
    "cell",
    [
        *("02-123-4567", "1588-1234", "123-45-67890", "한빛구 한빛로 12-3", "2025-03-07", "20250307"),
        *("성폭력피해자통합지원센터 화장실", "우리공원 02-123-4567", "37.560000", "3-2019-00012", "06:00~22:00"),
    ],
)
def test_what_is_not_personal_stays(cell: str) -> None:
    counts: Counter[Any] = Counter()
    assert cut_cell(cell, "장소", counts) == cell
    assert not +counts


def test_columns_of_persons_money_and_remarks_are_left_out_whole() -> None:
    for heading in (
        "주민등록번호",
        "생년월일",
        "입금 계좌",
        "예금주",
        "신고자 성명",
        "피해자",
        "비 고",
        "특이사항",
        "비밀번호",
        "조치내용",
    ):
        assert cut_of_heading(heading) is not None, heading
    for heading in ("시설명", "점검내용연월일", "특이사항 유무", "주소", "점검결과", "관리번호"):
        assert cut_of_heading(heading) is None, heading


@pytest.mark.parametrize(
    ("cell", "epoch", "day", "doubt"),
    [
        ("2025.3.7.", None, date(2025, 3, 7), ""),
        ("25-03-07", None, date(2025, 3, 7), ""),
        ("2025년 3월 7일", None, date(2025, 3, 7), ""),
        ("2025-03-07(금) 오후 2:30", None, date(2025, 3, 7), ""),
        ("20250307", None, date(2025, 3, 7), ""),
        ("45723", 1900, date(2025, 3, 7), ""),
        ("44261", 1904, date(2025, 3, 7), ""),
        ("45723", None, None, "day_is_a_number"),
        ("2025-03-07(월)", None, None, "weekday_contradicts_day"),
        ("1905-07-02", None, None, "date_unbelievable"),
        ("3/7/2025", None, None, "date_unreadable"),
        ("3월 7일", None, None, "date_unreadable"),
        ("07-03-25", None, None, "day_in_two_ways"),
        ("2027-01-01", None, None, "day_in_the_future"),
    ],
)
def test_a_day_is_read_or_asked_about(cell: str, epoch: values.Epoch, day: date | None, doubt: str) -> None:
    assert values.day(cell, epoch, TODAY) == (day, doubt)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("'09.5", ("2009-05", "")),
        ("'25.12.", ("2025-12", "")),
        ("'98", ("1998", "")),
        ("95년", ("1995", "")),
        ("09년 5월", ("2009-05", "")),
        ("98.11", ("1998-11", "")),
        ("2011.3월", ("2011-03", "")),
        ("200905", ("2009-05", "")),
        ("1905-07-06", ("2014", "year_from_day")),
        ("1905. 7. 1.", ("2009", "year_from_day")),
        ("1905-01-01", ("", "date_unbelievable")),
        ("12-03", ("", "date_unreadable")),
        ("98.1", ("", "date_unreadable")),
        ("'30.5", ("", "date_unbelievable")),
        ("2012~13", ("", "day_in_two_ways")),
    ],
)
def test_when_it_was_built_is_read_or_asked_about(cell: str, told: tuple[str, str]) -> None:
    assert values.installed(cell, TODAY) == told


@pytest.mark.parametrize(
    ("latitude", "longitude", "where"),
    [
        ("37.51", "127.05", (37.51, 127.05, "")),
        ("37°30'36\"", "127°03'00\"", (37.51, 127.05, "")),
        ("37도 30분 36초", "127도 3분", (37.51, 127.05, "")),
        ("N37.51", "127.05°E", (37.51, 127.05, "")),
        ("37,5100", "127,0500", (37.51, 127.05, "")),
        ("37.5100, 127.0500", "", (37.51, 127.05, "")),
        ("", "127.0500 / 37.5100", (37.51, 127.05, "coordinates_swapped")),
        ("37.51, 127.05", "127.05", (None, None, "coordinates_unreadable")),
        ("37°75'00\"", "127.05", (None, None, "coordinates_unreadable")),
        ("451234.5", "198765.1", (None, None, "coordinates_outside_korea")),
    ],
)
def test_coordinates_are_read_in_each_writing(
    latitude: str, longitude: str, where: tuple[float | None, float | None, str]
) -> None:
    assert cells.coordinates(latitude, longitude) == cells.Coordinates(*where)


def _said(text: str, field: str = "name") -> list[str]:
    return [own.said[field] for own in read_table(text.encode(), kind="facilities").own]


def test_a_mark_is_the_cell_above_only_where_nothing_lies_between() -> None:
    head = "번호,시설명,주소,관리부서\n"
    rows = ["1,가람공원,한빛구 가람로 1,공원과", "2,나루공원,〃,상동", "3,다솔공원,〃,〃"]
    table = read_table((head + "\n".join(rows)).encode())
    assert [(own.said["address"], own.said["operator"], own.notes) for own in table.own] == [
        ("한빛구 가람로 1", "공원과", ()),
        *[("한빛구 가람로 1", "공원과", ("ditto_filled",))] * 2,
    ]
    for between in ("소계,1개소,,", ",,,", "번호,시설명,주소,관리부서", "※ 이하 생략,,,"):
        (first, last) = (
            one for one in read_table(f"{head}{rows[0]}\n{between}\n{rows[1]}".encode()).own if not one.problem
        )
        assert (first.doubts, last.doubts, last.said["address"]) == ((), ("cell_is_ditto",), "〃"), between
    assert _said(f"{head}{rows[0]}\n2,나루공원,좌동,동일", "address") == ["한빛구 가람로 1", "좌동"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("□ 1조,,,", "row_is_note"),
        (",■ 공원,,", "row_is_note"),
        ("- 1 / 2 -,,,", "row_is_note"),
        ("2 쪽,,,", "row_is_note"),
        ("© 지도 내보내기,,,", "row_is_note"),
        (",작성 : 공원과 / 확인 : (인),,", "row_is_note"),
        (",총 12건 (타구 1건 포함),,", "row_is_sum"),
        (",나루공원,,", ""),
        (",■,,", ""),
    ],
)
def test_what_is_no_row_is_told_from_one_that_lacks_something(line: str, problem: str) -> None:
    first, other = read_table(f"번호,시설명,주소,관리부서\n1,가람공원,한빛구 가람로 1,공원과\n{line}\n".encode()).own
    assert (first.problem, other.problem) == ("", problem)


def test_brackets_that_name_somebody_are_left_out_of_what_is_surely_a_place() -> None:
    told = {
        "한빛주유소(대표 김가람 900101-1234567)": "한빛주유소",
        "가람빌딩 (010-1234-5678)": "가람빌딩",
        "개인(건물주 김가람)": "개인",
        "김가람(신고자)": SQUARE,
        "표고운(제보자 010-1234-5678)": SQUARE,
        "김가람 주무관(담당자 010-1234-5678)": SQUARE,
        "가람빌딩 대표 김가람": SQUARE,
    }
    rows = "\n".join(f"{cell},한빛구 가람로 {number}" for number, cell in enumerate(told, 1))
    assert _said(f"시설명,주소\n{rows}") == list(told.values())


def _torn() -> bytes:
    return workbook([("시설명", "주소"), ("가람공원", "한빛구 가람로 1")] * 50)


RUBBISH: dict[str, Callable[[], bytes]] = {
    "random octets": lambda: random.Random(3).randbytes(5_000),
    "few random octets": lambda: random.Random(4).randbytes(60),
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + random.Random(5).randbytes(900),
    "a photograph": lambda: b"\xff\xd8\xff\xe0" + b"ABC" * 300,
    "a printed document": lambda: b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n",
    "noughts": lambda: bytes(400),
    "a ZIP without its head": lambda: _torn()[40:],
    "a ZIP without its end": lambda: _torn()[:-60],
    "a ZIP of something else": lambda: b"PK\x03\x04" + bytes(80),
    "an old workbook without its end": lambda: b"\xd0\xcf\x11\xe0" + random.Random(6).randbytes(700),
}


@pytest.mark.parametrize("make", RUBBISH.values(), ids=RUBBISH)
def test_what_is_no_list_at_all_is_told_so_in_one_line(make: Callable[[], bytes]) -> None:
    with pytest.raises(ApiError) as caught:
        open_grid(make())
    said = caught.value.message
    assert (caught.value.status, "읽을 수 없습니다" in said.ko, "cannot be read" in said.en) == (400, True, True)
    assert "제목" not in said.ko
    assert len(f"{said.ko}{said.en}".splitlines()) == 1


def test_counts_and_floors_are_read_or_asked_about() -> None:
    told = {"8칸": 8, "총 8 칸": 8, "８": 8, "8.0": 8, "없음": 0, "-": 0, "": None}
    told |= {"4(장애인1 포함)": 4, "10(고장 1)": 10, "1(좌변기)": 1}
    assert {cell: values.counted(cell) for cell in told} == {cell: (number, "") for cell, number in told.items()}
    assert {
        values.counted(cell)[1] for cell in ("3+1", "약 8칸", "남3", "여덟", "남3 여5", "3칸(장애인 1)", "1(고장 2)")
    } == {"count_unclear"}
    floors = {"1층": 1, "B1": -1, "지하 2층": -2, "지상3층": 3, "2F": 2}
    assert {cell: values.floor(cell) for cell in floors} == {cell: (number, "") for cell, number in floors.items()}
    assert {values.floor(cell)[1] for cell in ("0", "1~2", "옥상")} == {"floor_unclear"}


CELLS = st.text(max_size=20) | st.sampled_from(["8칸", "남", "여", "B1", "2025.3.7.", "합계", "한빛구 한빛로 1"])


@given(st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=6))
def test_every_row_of_a_list_is_accounted_for_whatever_it_says(cells: list[list[str]]) -> None:
    lines = [",".join(f'"{cell.replace(chr(34), "")}"' for cell in row) for row in cells]
    data = "\n".join(["시설명,주소,남녀구분,층,칸수", "가람공원,한빛구 가람로 1,남,1,3", *lines]).encode(
        "utf-8", "ignore"
    )
    with contextlib.suppress(ApiError):
        table = read_table(data, kind="rooms")
        assert {own.problem for own in table.own} <= {"", *REASONS}
        assert {doubt for own in table.own for doubt in read_room(own)[1]} <= REASONS.keys()


def test_a_sheet_is_chosen_by_its_name() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("표지")
        for name in ("상반기", "하반기"):
            sheet = book.add_worksheet(name)
            for number, line in enumerate(LIST.replace("가람", name).splitlines()):
                sheet.write_row(number, 0, line.split(","))
    first, second = open_grid(out.getvalue()), open_grid(out.getvalue(), "하반기")
    assert (first.sheet, first.sheets, second.sheet) == ("상반기", ("상반기", "하반기"), "하반기")
    assert second.rows[0].cells[0] == "하반기공원"
    with pytest.raises(ApiError, match="상반기, 하반기"):
        read_table(out.getvalue())
    assert read_table(out.getvalue(), sheet="하반기").own[0].said["name"] == "하반기공원"
    with pytest.raises(ApiError):
        read_grid(out.getvalue(), frozenset(), "없음")
