"""Offices' own lists: read whatever wrote them, cut before anybody sees them, asked about where they may be misread."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from server.districts.register import add_district
from server.imports import answers, importing, looking, questions, values
from server.imports.cuts import SQUARE, cut_cell, cut_of_heading
from server.imports.grid import read_grid
from server.imports.own_places import read_room
from server.imports.reading import open_grid, read_table
from server.imports.reasons import REASONS
from server.imports.rows import Given
from server.interface.errors import ApiError
from server.store.db import Database
from server.store.schema import facilities, facility_facts, facility_sources, import_rows, imports, plans, rooms
from sweep.report import LocalText
from tests.server.conftest import Client, Site
from tests.server.district_kit import person
from tests.server.imports.judging import database_in, judge_folder
from tests.server.imports.messy import write_messy_lists

TODAY = date(2026, 12, 1)
LIST = "시설명,주소,남녀구분,층,칸수\n가람공원,한빛구 가람로 1,남,1,3칸\n가람공원,한빛구 가람로 1,여,1,5칸\n"
TABLES = (facilities, facility_facts, facility_sources, rooms, plans)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as found:
        yield found


def workbook(rows: Sequence[Sequence[object]], merged: Sequence[tuple[int, int, int, int, str]] = ()) -> bytes:
    """A workbook of one sheet; merged cells come last, and win."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        for top, left, bottom, right, text in merged:
            sheet.merge_range(top, left, bottom, right, text)
    return out.getvalue()


def _kept(db: Database, data: bytes, name: str = "목록.csv", **how: Any) -> list[Any]:
    import_id = importing.preview(db, data, name, actor="담당-01", given=Given(**how))
    with db.read() as connection:
        of_import = select(import_rows).where(import_rows.c.import_id == import_id).order_by(import_rows.c.line)
        return list(connection.execute(of_import).all())


def test_messy_lists_come_in_without_a_wrong_row(
    tmp_path: Path, new: Callable[[], AbstractContextManager[Database]]
) -> None:
    write_messy_lists(tmp_path)
    verdicts = judge_folder(tmp_path, new)
    assert {one.name: one.wrong for one in verdicts} == {one.name: [] for one in verdicts}
    assert {one.name: (one.right, one.asked, one.refused) for one in verdicts} == {
        "개방화장실 지정현황.xlsx": (2, 4, 0),
        "개방화장실.csv": (3, 2, 0),
        "공원현황.csv": (3, 3, 0),
        "시장 화장실 조사.csv": (2, 6, 0),
        "월별 점검실적.xlsx": (3, 0, 0),
        "인쇄용 현황.xlsx": (4, 2, 0),
        "장비_2차구매.xlsx": (2, 9, 0),
        "점검반 편성명단.csv": (3, 6, 1),
        "점검장비 보유현황.xls": (3, 8, 0),
        "청사화장실.xlsx": (5, 2, 0),
    }


@pytest.fixture
def new(tmp_path: Path, migrated_sqlite: Path) -> Callable[[], AbstractContextManager[Database]]:
    """Fresh databases, copied rather than made."""

    @contextmanager
    def fresh() -> Iterator[Database]:
        (tmp_path / "judged.sqlite3").write_bytes(migrated_sqlite.read_bytes())
        with closing(database_in(tmp_path)) as found:
            yield found

    return fresh


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


def test_nothing_that_was_cut_is_kept_or_shown(db: Database) -> None:
    secret = ("900101-1234567", "123456-04-567890", "김신고", "박제보", "조용히 처리", "qwer1234")
    text = (
        "시설명,주소,남녀구분,칸수,비고,신고자,입금계좌,비밀번호,출처\n"
        f"가람공원 {secret[0]},한빛구 가람로 1,남,3,{secret[4]},"
        f"{secret[2]},{secret[1]},{secret[5]},신고인 {secret[3]}\n"
    )
    seen = looking.look(text.encode("cp949"), f"목록 {secret[0]}.csv", None, None, {})
    assert {one.cut: one.cells for one in seen.cuts} == {
        "resident_number": 1,
        "bank_account": 1,
        "named_person": 2,
        "password": 1,
        "remarks": 1,
    }
    with db.write() as connection:
        answers.remember(connection, None, "rooms", {"출처": "left_out"}, actor="담당-01")
    (row,) = _kept(db, text.encode("cp949"), f"목록 {secret[0]}.csv")
    assert (row.outcome, "cell_cut" in row.reasons.split()) == ("question", True)
    with db.read() as connection:
        told = [str(tuple(one)) for table in (imports, import_rows) for one in connection.execute(select(table))]
    for one in secret:
        assert one not in seen.model_dump_json()
        assert one not in "".join(told)


def test_a_column_that_nobody_knows_is_asked_and_the_answer_remembered(db: Database) -> None:
    data = LIST.replace("층", "몇층인지").encode()
    with pytest.raises(ApiError, match="몇층인지") as caught:
        _kept(db, data)
    assert caught.value.code == "columns_unanswered"
    with db.write() as connection:
        answers.remember(connection, None, "rooms", {"몇층인지": "floor"}, actor="담당-01")
    assert [json.loads(row.place_json)["rooms"][0]["floor"] for row in _kept(db, data)] == [1, 1]
    with db.write() as connection:
        (remembered,) = answers.list_answers(connection, None).answers
        answers.forget(connection, None, remembered.answer_id, actor="담당-01")
    with pytest.raises(ApiError, match="몇층인지"):
        _kept(db, data)
    with db.write() as connection, pytest.raises(ApiError, match="never imported"):
        answers.remember(connection, None, "rooms", {"비고": "name"}, actor="담당-01")


def test_an_answer_holds_only_while_cells_are_what_it_says(db: Database) -> None:
    with db.write() as connection:
        answers.remember(connection, None, "rooms", {"몇층인지": "floor"}, actor="담당-01")
    with pytest.raises(ApiError, match="몇층인지"):
        _kept(db, LIST.replace("층", "몇층인지").replace(",1,", ",옥외,").encode())


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


def test_counts_and_floors_are_read_or_asked_about() -> None:
    told = {"8칸": 8, "총 8 칸": 8, "８": 8, "8.0": 8, "없음": 0, "-": 0, "": None}
    assert {cell: values.counted(cell) for cell in told} == {cell: (number, "") for cell, number in told.items()}
    assert {values.counted(cell)[1] for cell in ("3+1", "약 8칸", "남3", "여덟")} == {"count_unclear"}
    floors = {"1층": 1, "B1": -1, "지하 2층": -2, "지상3층": 3, "2F": 2}
    assert {cell: values.floor(cell) for cell in floors} == {cell: (number, "") for cell, number in floors.items()}
    assert {values.floor(cell)[1] for cell in ("0", "1~2", "옥상")} == {"floor_unclear"}


@pytest.mark.parametrize(
    ("cells", "doubt"),
    [
        ({"시설명": "〃"}, "cell_is_ditto"),
        ({"주소": "상동"}, "cell_is_ditto"),
        ({"시설명": "가람공원(확인 필요)"}, "cell_unsure"),
        ({"주소": "한빛구 가람로 1?"}, "cell_unsure"),
        ({"시설명": "가람공원(폐쇄)"}, "may_be_closed"),
        ({"연번": "철거"}, "may_be_closed"),
        ({"주소": "한빛구 가람로"}, "address_unclear"),
        ({"주소": "-"}, "address_missing"),
        ({"시설명": "없음"}, "name_missing"),
        ({"전화번호": "212345678"}, "phone_unclear"),
        ({"개방시간": "0.25"}, "hours_unclear"),
        ({"설치연월": "2012.1"}, "day_in_two_ways"),
        ({"설치연월": "'09.5"}, "date_unreadable"),
        ({"설치연월": "12-03"}, "date_unreadable"),
        ({"설치연월": "1905-07-01"}, "date_unbelievable"),
        ({"설치연월": "2007 또는 2008"}, "day_in_two_ways"),
        ({"구분": "공중/개방"}, "cell_unsure"),
        ({"위도": "375.144"}, "coordinates_outside_korea"),
        ({"관리기관": "박순자"}, "operator_may_be_person"),
        ({"관리기관": "박순자(점주)"}, "operator_may_be_person"),
        ({"남자대변기": "없음", "여자대변기": "0"}, "counts_are_nought"),
    ],
)
def test_a_cell_that_says_less_than_it_seems_is_asked_about(db: Database, cells: dict[str, str], doubt: str) -> None:
    row = {"연번": "1", "시설명": "가람공원", "주소": "한빛구 가람로 1", "전화번호": "02-123-4567"}
    row |= {"개방시간": "06:00~22:00", "설치연월": "2012.10"}
    row |= {"관리기관": "구청", "남자대변기": "없음", "여자대변기": "2"}
    row |= {"구분": "공중화장실", "위도": "37.56", "경도": "127.01"}
    (plain,) = _kept(db, f"{','.join(row)}\n{','.join(row.values())}\n".encode())
    assert plain.outcome == "new"
    (kept,) = _kept(db, f"{','.join(row)}\n{','.join((row | cells).values())}\n".encode())
    assert (kept.outcome, doubt in kept.reasons.split()) == ("question", True)


TWO = (
    "시설명,도로명주소,위도,경도,개방시간\n"
    "한빛근린공원 화장실,서울특별시 한빛구 한빛로 12,37.560000,127.010000,24시간\n"
    "한빛근린공원화장실,서울시 한빛구 한빛로12,37.560018,127.010000,상시\n"
)


def test_one_restroom_written_in_two_ways_is_asked_about(db: Database) -> None:
    both = _kept(db, TWO.encode())
    assert [row.outcome for row in both] == ["new", "question"]
    first, second = TWO.splitlines()[1:]
    heading = TWO.splitlines()[0]
    import_id = importing.preview(db, f"{heading}\n{first}\n".encode(), "a.csv", actor="담당-01")
    importing.confirm(db, import_id, actor="담당-01")
    (row,) = _kept(db, f"{heading}\n{second}\n".encode())
    assert (row.outcome, row.reasons.split()[0]) == ("question", "written_differently")
    assert row.facility_id is not None
    with db.read() as connection:
        page = questions.import_row_page(connection, row.import_id, outcome=None, is_open=False, after=None, limit=9)
    assert page.rows[0].answers == ("add", "update", "leave")


def test_rooms_come_in_and_go_again(db: Database) -> None:
    empty = _tables(db)
    rows = [
        ("시설명", "주소", "남녀구분", "층", "칸수", "소변기수"),
        ("가람공원", "한빛구 가람로 1", "남", "1층", "3칸", 2),
        ("가람공원", "한빛구 가람로 1", "여", "B1", "5칸", ""),
        ("나루공원", "한빛구 나루로 2", "공용", "", 1, ""),
        ("나루공원", "한빛구 나루로 2", "남여", "", 1, ""),
        ("가람공원", "한빛구 가람로 1", "남", "1", "3", "2"),
        ("합계", "", "", "", 10, ""),
    ]
    import_id = importing.preview(db, workbook(rows), "방.xlsx", actor="담당-01")
    with db.read() as connection:
        view = questions.import_view(connection, import_id)
    assert view.counts == {"new": 3, "same": 0, "changed": 0, "question": 2, "refused": 1}
    assert _tables(db) == empty
    importing.confirm(db, import_id, actor="담당-01")
    with db.read() as connection:
        found = connection.execute(
            select(facilities.c.name_ko, rooms.c.name_ko, rooms.c.sex, rooms.c.floor, rooms.c.stalls)
            .join(rooms, rooms.c.facility_id == facilities.c.facility_id)
            .order_by(facilities.c.name_ko, rooms.c.name_ko)
        ).all()
    assert [tuple(row) for row in found] == [
        ("가람공원", "1층 남자 화장실", "men", 1, 3),
        ("가람공원", "지하 1층 여자 화장실", "women", -1, 5),
        ("나루공원", "공용 화장실", "unisex", None, 1),
    ]
    again = _kept(db, workbook(rows))
    assert [row.outcome for row in again] == ["same", "same", "same", "same", "same", "refused"]
    importing.undo(db, import_id, actor="담당-01")
    assert _tables(db) == empty


def _tables(db: Database) -> list[list[str]]:
    with db.read() as connection:
        return [sorted(str(tuple(row)) for row in connection.execute(select(table))) for table in TABLES]


def test_a_room_whose_facility_is_there_comes_into_it_and_leaves_it_again(db: Database) -> None:
    facility = "시설명,주소,남자대변기,여자대변기\n가람공원,한빛구 가람로 1,3,\n".replace("3,\n", "3,2\n")
    first = importing.preview(db, facility.encode(), "시설.csv", actor="담당-01")
    importing.confirm(db, first, actor="담당-01")
    before = _tables(db)
    lists = "시설명,남녀구분,층,칸수\n가람공원,여,2,4\n가람공원,공용,2,1\n없는공원,여,1,1\n"
    import_id = importing.preview(db, lists.encode(), "방.csv", actor="담당-01", given=Given(kind="rooms"))
    with db.read() as connection:
        page = questions.import_row_page(connection, import_id, outcome=None, is_open=False, after=None, limit=9)
    assert [row.outcome for row in page.rows] == ["question", "new", "question"]
    assert "room_may_be_known" in page.rows[0].reasons
    importing.confirm(db, import_id, actor="담당-01")
    with db.write() as connection:
        questions.answer(connection, import_id, 2, "update", actor="담당-01")
    with db.read() as connection:
        assert len(connection.execute(select(rooms)).all()) == 4
    with pytest.raises(ApiError, match="방"):
        importing.undo(db, first, actor="담당-01")
    importing.undo(db, import_id, actor="담당-01")
    assert _tables(db) == before


def _post(client: Client, path: str, data: bytes, **parameters: str) -> Any:
    headers = {"X-CSRF-Token": client.csrf}
    return client.http.post(path, content=data, headers=headers, params={"file_name": "목록.csv"} | parameters)


def test_an_officer_brings_in_the_own_district_and_sees_no_other(site: Site) -> None:
    with site.db.write() as connection:
        for district_id, name in (("hanbit-gu", "한빛구"), ("dalbit-gu", "달빛구")):
            add_district(connection, district_id, LocalText(ko=name, en=name), actor="담당-01")
    officer, other = person(site, "district_officer", "hanbit-gu"), person(site, "district_officer", "dalbit-gu")
    inspector, city = person(site, "inspector", "hanbit-gu"), person(site, "city_officer", None)
    data = (LIST.replace("층", "몇층인지") + "이웃공원,달빛구 이웃로 1,남,1,2\n").encode("cp949")
    seen = _post(officer, "/api/imports/look", data).json()
    assert (seen["layout"], seen["unanswered"]) == ("rooms", 1)
    assert officer.get("/api/imports").json() == {"imports": []}
    refused = _post(officer, "/api/imports", data)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "columns_unanswered")
    columns = {"kind": "rooms", "columns": [{"heading": "몇층인지", "field": "floor"}]}
    assert officer.put("/api/imports/columns", columns).status_code == 200
    assert _post(other, "/api/imports/look", data).json()["unanswered"] == 1
    found = _post(officer, "/api/imports", data).json()
    assert found["counts"] == {"new": 2, "same": 0, "changed": 0, "question": 0, "refused": 1}
    path = f"/api/imports/{found['import_id']}"
    asked = (path, f"{path}/rows")
    assert {client.get(one).status_code for client in (officer, city) for one in asked} == {200}
    assert {other.get(one).status_code for one in asked} == {404}
    assert {other.post(f"{path}/{what}").status_code for what in ("confirm", "undo")} == {404}
    assert {inspector.get(one).status_code for one in (*asked, "/api/imports", "/api/imports/columns")} == {403}
    assert _post(inspector, "/api/imports/look", data).status_code == 403
    answer_id = officer.get("/api/imports/columns").json()["answers"][0]["answer_id"]
    assert _delete(other, f"/api/imports/columns/{answer_id}") == 404
    assert other.get("/api/imports").json() == {"imports": []}
    assert officer.post(f"{path}/confirm").json()["state"] == "confirmed"
    assert len(officer.get("/api/rooms", search="가람공원").json()["rooms"]) == 2
    assert other.get("/api/rooms", search="가람공원").json()["rooms"] == []
    assert officer.post(f"{path}/undo").json()["state"] == "undone"
    assert _delete(officer, f"/api/imports/columns/{answer_id}") == 200


def _delete(client: Client, path: str) -> int:
    return client.http.delete(path, headers={"X-CSRF-Token": client.csrf}).status_code


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
