"""Instruments come in by lists: through the door that adds one by hand, checked first, and taken back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from server.imports.instruments import instrument_rows, own_instruments
from server.imports.instruments.own_instruments import kind_in
from server.imports.people.own_people import role_in
from server.imports.reading.fields import KINDS
from server.imports.rows.border import Named
from server.imports.rows.reasons import MEND_IN_FILE, REASONS
from server.interface.fields import Role
from server.store.clock import today
from server.store.schema import import_rows, instruments
from tests.server.conftest import Client, Site
from tests.server.district_kit import person
from tests.server.imports.bringing import CELLS, HANBIT, act, bring, finders, own_row, rows_of, told
from tests.server.inspection_kit import ground


def register(client: Client) -> list[tuple[Any, ...]]:
    """What the register has, in use or not."""
    found = client.get("/api/instruments", with_retired="true").json()["instruments"]
    return [
        (one["kind"], one["serial"], (one["holder"] or {}).get("username"), len(one["checks"]), one["retired"] is None)
        for one in found
    ]


def test_instruments_come_in_and_go_again(officer: Client) -> None:
    seen = bring(officer, finders(), look=True).json()
    assert (seen["layout"], seen["unanswered"], seen["needed"]) == ("instruments", 0, [])
    found = bring(officer, finders()).json()
    assert found["counts"] == {"new": 3, "same": 0, "changed": 0, "question": 0, "refused": 0}
    assert register(officer) == []
    act(officer, found, "confirm")
    there = [
        ("by_eye", "", None, 0, True),
        ("lens_finder", "A-0017", "first", 1, True),
        ("rf_finder", "0042", None, 0, True),
    ]
    assert register(officer) == there
    again = bring(officer, finders()).json()
    assert again["counts"]["same"] == 3
    assert act(officer, found, "undo")["state"] == "undone"
    assert register(officer) == [(*one[:4], False) for one in there]
    back = bring(officer, finders()).json()
    assert told(officer, back) == [("question", ["instrument_retired"])] * 3
    act(officer, back, "confirm")
    lens = rows_of(officer, back)[0]
    assert lens["answers"] == ["update", "leave"]
    answer = officer.post(f"/api/imports/{back['import_id']}/rows/{lens['line']}/answer", {"answer": "update"})
    assert answer.status_code == 200, answer.text
    assert register(officer)[1] == ("lens_finder", "A-0017", "first", 1, True)


def test_a_new_check_is_added_and_taken_back(officer: Client) -> None:
    first = act(officer, bring(officer, finders()).json(), "confirm")
    day = (today() - timedelta(days=1)).isoformat()
    later = finders().replace(today().isoformat(), day)
    found = bring(officer, later).json()
    assert told(officer, found) == [("changed", ["check_new"]), ("same", []), ("same", [])]
    act(officer, found, "confirm")
    assert register(officer)[1][3] == 2
    refused = officer.post(f"/api/imports/{first['import_id']}/undo")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "import_built_upon")
    act(officer, found, "undo")
    (lens,) = officer.get("/api/instruments", kind="lens_finder").json()["instruments"]
    assert sorted((one["day"], one["withdrawn"] is None) for one in lens["checks"]) == [
        (day, False),
        (today().isoformat(), True),
    ]


def test_who_holds_one_is_matched_or_asked_and_a_name_of_nobody_is_not_kept(hanbit: Site, officer: Client) -> None:
    named = finders().replace("점검자-01", "홍길동 주무관")
    assert told(officer, bring(officer, named).json())[0] == ("new", [])
    found = bring(officer, finders().replace("점검자-01", "성춘향(팀장)")).json()
    assert told(officer, found)[0] == ("question", ["holder_unknown"])
    act(officer, found, "confirm")
    line = rows_of(officer, found)[0]
    assert (line["answers"], "성춘향" in json.dumps(line, ensure_ascii=False)) == (["add", "leave"], False)
    path = f"/api/imports/{found['import_id']}/rows/{line['line']}/answer"
    assert officer.post(path, {"answer": "add"}).status_code == 200
    assert register(officer)[1] == ("lens_finder", "A-0017", None, 1, True)
    with hanbit.db.read() as connection:
        kept = "".join(str(tuple(row)) for row in connection.execute(select(import_rows)))
    assert "성춘향" not in kept
    assert "홍길동" not in kept


def test_an_instrument_that_was_used_stays(hanbit: Site, officer: Client) -> None:
    place = ground(hanbit, "mapo-gu")
    mapo = person(hanbit, "district_officer", "mapo-gu")
    found = bring(mapo, finders().replace("점검자-01", "")).json()
    act(mapo, found, "confirm")
    there = {one["kind"]: one for one in mapo.get("/api/instruments", search="가상").json()["instruments"]}
    looks = [
        place.look(zone, kind="lens_finder", after_s=20 * number)
        | {"instrument_id": there["lens_finder"]["instrument_id"]}
        for number, zone in enumerate(place.zones, start=1)
    ]
    assert place.record(place.body(looks=looks)).status_code == 201
    radio = there["rf_finder"]
    changed = {name: radio[name] for name in ("kind", "maker", "serial")} | {"model": "R8"}
    assert mapo.put(f"/api/instruments/{radio['instrument_id']}", changed).status_code == 200
    act(mapo, found, "undo")
    assert [row[1] for row in told(mapo, found)] == [["kept_in_use"], ["kept_in_use"], []]
    left = {one["kind"] for one in mapo.get("/api/instruments", search="가상").json()["instruments"]}
    assert {"lens_finder", "rf_finder"} <= left
    assert there["by_eye"]["instrument_id"] not in {
        one["instrument_id"] for one in mapo.get("/api/instruments", search="가상").json()["instruments"]
    }


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"장비종류": "복합 탐지기"}, "instrument_kind_unclear"),
        ({"장비종류": "렌즈·전파"}, "instrument_kind_unclear"),
        ({"제조사": "없음"}, "maker_missing"),
        ({"모델명": ""}, "model_missing"),
        ({"제조사": "RX-77", "모델명": "가상전자"}, "maker_model_swapped"),
        ({"일련번호": "-"}, "serial_missing"),
        ({"일련번호": "1.24E+11"}, "serial_unclear"),
        ({"일련번호": "2026-03-01"}, "serial_unclear"),
        ({"일련번호": "Mar-12"}, "serial_unclear"),
        ({"일련번호": "3월 12일"}, "serial_unclear"),
        ({"일련번호": "A-1~A-4"}, "several_in_row"),
        ({"작동확인일": "2026-03-01", "유효기간": ""}, "check_incomplete"),
        ({"작동확인일": "2026-03-01", "유효기간": "2028-03-01", "확인기관": "한빛구청"}, "check_days_disagree"),
        ({"작동확인일": "2005-03-01", "유효기간": "2005-09-01", "확인기관": "한빛구청"}, "date_unbelievable"),
        ({"제조사": "http://a.example/b"}, "text_holds_link"),
    ],
)
def test_a_cell_of_an_instrument_that_says_too_little_is_asked_about(
    officer: Client, cells: dict[str, str], reason: str
) -> None:
    heading = finders().splitlines()[0].split(",")
    plain = dict.fromkeys(heading, "") | {
        "장비종류": "전파 탐지기",
        "제조사": "가상전자",
        "모델명": "R7",
        "일련번호": "0042",
    }
    text = f"{','.join(heading)}\n{','.join((plain | cells).values())}\n"
    ((outcome, reasons),) = told(officer, bring(officer, text, kind="instruments").json())
    assert (outcome, reason in reasons) == ("question", True), reasons


def test_the_same_instrument_twice_is_asked_about(officer: Client) -> None:
    line = finders().splitlines()[2]
    text = f"{finders()}{line}\n{line.replace('가상전자', '다른전자')}\n"
    found = bring(officer, text).json()
    assert told(officer, found)[3:] == [("question", ["instrument_twice"]), ("new", [])]
    act(officer, found, "confirm")
    other = f"{finders().splitlines()[0]}\n{line.replace('가상전자', '셋째전자')}\n"
    found = bring(officer, other).json()
    assert told(officer, found) == [("question", ["serial_known"])]
    assert rows_of(officer, found)[0]["answers"] == ["add", "leave"]


def test_a_serial_that_is_anothers_model_is_asked_about(officer: Client) -> None:
    rows = ("R7,R7-0041", "R7-0042,R7", "R8,")
    text = "\n".join(("종류,제조사,모델명,일련번호", *(f"전파 탐지기,가상전자,{row}" for row in rows), ""))
    found = bring(officer, text, kind="instruments").json()
    swapped = ("question", ["model_serial_swapped"])
    assert told(officer, found) == [("new", []), swapped, ("question", ["serial_missing"])]


def test_instruments_of_the_register_are_of_the_own_district(hanbit: Site, officer: Client) -> None:
    text = finders().replace("확인기관\n", "확인기관,보유기관\n").replace("한빛구청\n", "한빛구청,달빛구청\n")
    found = bring(officer, text).json()
    assert told(officer, found)[0] == ("refused", ["other_district"])
    act(officer, found, "confirm")
    with hanbit.db.read() as connection:
        assert set(connection.scalars(select(instruments.c.district_id))) == {HANBIT}


@given(st.fixed_dictionaries({field.name: CELLS for field in KINDS["instruments"].fields}))
def test_what_is_asked_nothing_of_an_instrument_can_be_written_down(cells: dict[str, str]) -> None:
    item = own_instruments.read_item(own_row(cells), Named("hanbit-gu", "한빛구"), own_instruments.Holders(), None)
    assert set(item.doubts) <= REASONS.keys()
    assert own_instruments.item_of(item.to_json()) == item
    if not set(item.doubts) & MEND_IN_FILE:
        instrument_rows.request_of(item)
        if item.check is not None:
            instrument_rows.check_of(item.check)


def test_kinds_and_roles_are_told_by_words_of_one_meaning() -> None:
    kinds = {
        "휴대용 열화상 카메라": "thermal_imager",
        "내시경(보어스코프)": "borescope",
        "LED 렌즈탐지기": "lens_finder",
    }
    assert {cell: kind_in(cell) for cell in kinds} == {cell: (kind, "") for cell, kind in kinds.items()}
    assert {kind_in(cell)[0] for cell in ("탐지기", "적외선 탐지기", "렌즈/전파", "")} == {None}
    roles: dict[str, Role] = {"점검원": "inspector", "감사 담당": "auditor", "환경미화원": "cleaner"}
    assert {cell: role_in(cell) for cell in roles} == {cell: (role, "") for cell, role in roles.items()}
    assert {role_in(cell)[1] for cell in ("관리자", "담당자", "점검원(여)")} == {"role_unclear"}
