"""Offices' own lists brought in: judged, previewed, asked about, put there and taken away again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.districts.register import add_district
from server.imports import importing, looking, questions
from server.imports.reading import answers
from server.imports.reading.fields import Kind
from server.imports.reading.table import read_table
from server.imports.rows.rows import Given
from server.interface.errors import ApiError
from server.store.db import Database
from server.store.schema import facilities, facility_facts, facility_sources, import_rows, imports, plans, rooms
from sweep.report import LocalText
from tests.server.conftest import Client, Site
from tests.server.district_kit import person
from tests.server.imports.files import LIST, workbook
from tests.server.imports.judging import database_in, judge_folder
from tests.server.imports.messy import write_messy_lists

TABLES = (facilities, facility_facts, facility_sources, rooms, plans)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as found:
        yield found


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
        "공원현황.csv": (4, 2, 0),
        "시장 화장실 조사.csv": (4, 4, 0),
        "월별 점검실적.xlsx": (3, 0, 0),
        "인쇄용 현황.xlsx": (4, 2, 0),
        "장비_2차구매.xlsx": (5, 6, 0),
        "점검반 편성명단.csv": (4, 4, 1),
        "점검장비 보유현황.xls": (4, 7, 0),
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


@pytest.mark.parametrize("code", ["*7713#", "0415*", "2*8846", "9031#*", "도어락 *5582", "#12345"])
def test_the_code_of_a_door_is_never_shown_wherever_it_stands(code: str) -> None:
    text = f"시설명,주소,남녀구분,칸수,실위치,출입번호\n가람공원,한빛구 가람로 1,남,3,{code},{code}\n"
    seen = looking.look(text.encode(), "목록.csv", None, "rooms", {})
    assert code.rsplit(maxsplit=1)[-1] not in seen.model_dump_json()
    assert {one.cut: one.cells for one in seen.cuts} == {"password": 2}


@pytest.mark.parametrize(
    ("cells", "doubt"),
    [
        ({"시설명": "〃"}, "cell_is_ditto"),
        ({"주소": "상동"}, "cell_is_ditto"),
        ({"시설명": "가람공원(확인 필요)"}, "cell_unsure"),
        ({"주소": "한빛구 가람로 1?"}, "cell_unsure"),
        ({"시설명": "가람공원(폐쇄)"}, "may_be_closed"),
        ({"연번": "철거"}, "may_be_closed"),
        ({"비고": "'26.2.27. 철거 완료"}, "may_be_closed"),
        ({"시설명": "(가칭)가람수변공원"}, "may_be_closed"),
        ({"비고": "설계 중(미개방)"}, "may_be_closed"),
        ({"설치연월": "2099.6"}, "may_be_closed"),
        ({"비고": "남 대·소 바뀜"}, "may_be_miswritten"),
        ({"비고": "4칸이 맞음"}, "may_be_miswritten"),
        ({"주소": "한빛구 가람로"}, "address_unclear"),
        ({"주소": "-"}, "address_missing"),
        ({"시설명": "없음"}, "name_missing"),
        ({"전화번호": "212345678"}, "phone_unclear"),
        ({"전화번호": "가람상인회", "관리기관": "02-123-4567"}, "phone_unclear"),
        ({"시설명": "가람공원 2*8846"}, "cell_cut"),
        ({"개방시간": "0.25"}, "hours_unclear"),
        ({"설치연월": "2012.1"}, "day_in_two_ways"),
        ({"설치연월": "'09.13"}, "date_unreadable"),
        ({"설치연월": "2012~13"}, "day_in_two_ways"),
        ({"설치연월": "2010년 이전"}, "day_in_two_ways"),
        ({"설치연월": "12-03"}, "date_unreadable"),
        ({"설치연월": "1905-01-01"}, "date_unbelievable"),
        ({"설치연월": "1905-07"}, "date_unbelievable"),
        ({"시설명": "가람공원*"}, "cell_has_footnote"),
        ({"주소": "한빛구 가람로 1 2)"}, "cell_has_footnote"),
        ({"관리기관": "김가람(신고자)"}, "cell_cut"),
        ({"관리기관": "김가람 주무관(관리인 010-1234-5678)"}, "cell_cut"),
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
    row |= {"구분": "공중화장실", "위도": "37.56", "경도": "127.01", "비고": "새로 지음"}
    (plain,) = _kept(db, f"{','.join(row)}\n{','.join(row.values())}\n".encode())
    assert plain.outcome == "new"
    (kept,) = _kept(db, f"{','.join(row)}\n{','.join((row | cells).values())}\n".encode())
    assert (kept.outcome, doubt in kept.reasons.split()) == ("question", True)


@pytest.mark.parametrize(
    "cells",
    [
        {"시설명": "신사임당공원", "주소": "한빛구 사임당로 12"},
        {"시설명": "한빛구청 제2분실"},
        {"비고": "건너편 폐기물처리장 매각"},
        {"비고": "26.6월 사퇴"},
    ],
)
def test_what_ends_a_person_or_a_thing_ends_no_place(db: Database, cells: dict[str, str]) -> None:
    row = {"시설명": "가람공원", "주소": "한빛구 가람로 1", "남자대변기": "1", "여자대변기": "2", "비고": ""} | cells
    (kept,) = _kept(db, f"{','.join(row)}\n{','.join(row.values())}\n".encode())
    assert (kept.outcome, "may_be_closed" in kept.reasons.split()) == ("new", False)


@pytest.mark.parametrize(
    ("kind", "told", "asked"),
    [
        ("people", "26.6월 사퇴", True),
        ("people", "2026.3. 사임", True),
        ("people", "계정 사용중지", True),
        ("people", "신사임당공원 담당", False),
        ("people", "폐기물 담당", False),
        ("instruments", "폐기", True),
        ("instruments", "26.3.2분실", True),
        ("instruments", "의회 제2분실 보관", False),
        ("instruments", "철거반 보관", False),
        ("instruments", "홍보팀 전출자 인계", False),
    ],
)
def test_what_a_list_is_about_tells_which_words_end_it(kind: Kind, told: str, asked: bool) -> None:
    text = {
        "people": "아이디,역할,{},담당업무\nhaneul.pyo,점검자,{},{}\n",
        "instruments": "종류,제조사,모델명,일련번호,{},보관장소\n렌즈 탐지기,가상광학,K18,A-1,{},{}\n",
    }[kind]
    answered: dict[tuple[Kind, str], str] = {(kind, "담당업무"): "left_out", (kind, "보관장소"): "left_out"}
    for in_remark, beside in ((told, ""), ("", told)):
        (own,) = read_table(text.format("비고", in_remark, beside).encode(), kind=kind, answers=answered).own
        assert ("may_be_closed" in own.doubts) == asked


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
