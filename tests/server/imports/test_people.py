"""People come in by lists: invited as by hand, without names and passwords, and taken back until they began."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from server.imports import importing, looking, questions
from server.imports.people import own_people
from server.imports.reading import answers, cuts, grid
from server.imports.reading.fields import KINDS
from server.imports.rows.border import Named
from server.imports.rows.reasons import REASONS
from server.imports.rows.rows import Given
from server.interface.errors import ApiError
from server.interface.people_requests import InviteRequest
from server.people import auth
from server.people.first_passwords import random_code
from server.store.schema import import_rows, imports, users
from tests.server.conftest import PASSWORD, QUICK_HASH, Client, Site
from tests.server.district_kit import person
from tests.server.imports.bringing import CELLS, DALBIT, HANBIT, TEAM, act, bring, finders, own_row, rows_of, told
from tests.server.imports.files import workbook


@given(st.fixed_dictionaries({field.name: CELLS for field in KINDS["people"].fields}))
def test_what_is_asked_nothing_of_a_person_can_be_invited(cells: dict[str, str]) -> None:
    names = own_people.Names(None, {"hanbit-gu": set()})  # type: ignore[arg-type]  # its names are all there
    item = own_people.read_item(own_row(cells), Named("hanbit-gu", "한빛구"), names, {})
    assert set(item.doubts) | set(item.notes) <= REASONS.keys()
    assert own_people.item_of(item.to_json()) == item
    if not item.doubts:
        InviteRequest(username=item.username, display_name=item.display_name, role=item.known_role)


def accounts(client: Client, *usernames: str) -> list[tuple[Any, ...]]:
    """Name, role, district and state of these accounts."""
    found = {one["username"]: one for one in client.get("/api/users").json()["users"]}
    shown = ("display_name", "role", "district_id", "is_active", "first_password")
    return [tuple(found[name][one] for one in shown) for name in usernames if name in found]


NEW = ("doyun.kim", "seoyeon.park", "haejun.lee")


def test_people_are_invited_and_taken_back_until_they_began(hanbit: Site, officer: Client) -> None:
    seen = bring(officer, TEAM, look=True)
    assert seen.json()["layout"] == "people"
    assert not any(name in seen.text for name in ("김도윤", "박서연", "이해준"))
    found = bring(officer, TEAM).json()
    assert told(officer, found) == [
        ("new", []),
        ("new", ["name_numbered"]),
        ("new", ["name_numbered"]),
    ]
    assert accounts(officer, *NEW) == []
    act(officer, found, "confirm")
    invited = [
        ("점검자-31", "inspector", HANBIT, True, "waiting"),
        ("감독자-01", "supervisor", HANBIT, True, "waiting"),
        ("점검자-02", "inspector", HANBIT, True, "waiting"),
    ]
    assert accounts(officer, *NEW) == invited
    assert bring(officer, TEAM).json()["counts"]["same"] == 3
    assert officer.post("/api/users/doyun.kim/first-password").status_code == 201
    with hanbit.db.write() as connection:  # one of them begins
        auth.set_password(connection, "seoyeon.park", QUICK_HASH, actor="감독자-01")
    act(officer, found, "undo")
    assert [one[3] for one in accounts(officer, *NEW)] == [False, True, False]
    assert told(officer, found)[1] == ("new", ["name_numbered", "kept_in_use"])
    back = bring(officer, TEAM).json()
    assert told(officer, back) == [
        ("question", ["account_switched_off"]),
        ("same", []),
        ("question", ["account_switched_off"]),
    ]
    act(officer, back, "confirm")
    path = f"/api/imports/{back['import_id']}/rows/{rows_of(officer, back)[0]['line']}/answer"
    assert officer.post(path, {"answer": "update"}).status_code == 200
    assert accounts(officer, "doyun.kim") == invited[:1]
    act(officer, back, "undo")
    assert accounts(officer, "doyun.kim")[0][3] is False


def test_nobody_knows_the_password_of_who_came_by_a_list(hanbit: Site, officer: Client) -> None:
    act(officer, bring(officer, TEAM).json(), "confirm")
    with hanbit.db.read() as connection:
        rows = connection.execute(select(users).where(users.c.username.in_(NEW))).all()
    assert {(row.must_change_password, row.enrolment_hash) for row in rows} == {(True, "")}
    for password in (PASSWORD, "", "doyun.kim", random_code()):
        with pytest.raises(ApiError):
            auth.check_password(hanbit.db, "doyun.kim", password)


def test_no_name_number_or_password_of_a_person_is_kept_or_shown(hanbit: Site, officer: Client) -> None:
    secrets = ("김도윤", "Hanbit#24", "pw:zx81zx", "900101-1234567", "010-2345-6789", "doyun.kim@hanbit")
    text = (
        "이메일,성명,역할,초기비번,로그인용,주민번호,연락처,표시이름\n"
        f"{secrets[5]}.example.kr,{secrets[0]},점검자,{secrets[1]},{secrets[1]},{secrets[3]},{secrets[4]},\n"
        f"sy@hanbit.example.kr,{secrets[0]},점검자 {secrets[2]},{secrets[1]},{secrets[1]},,,\n"
        f"hj@hanbit.example.kr,{secrets[0]},점검자,x,{secrets[1]},,,{secrets[0]}\n"
    )
    seen = bring(officer, text, look=True, kind="people")
    columns = {one["heading"]: one["field"] for one in seen.json()["columns"]}
    assert (columns["로그인용"], columns["초기비번"], columns["연락처"]) == ("left_out", "left_out", "left_out")
    found = bring(officer, text, kind="people")
    assert found.status_code == 201, found.text
    assert [one[0] for one in told(officer, found.json())] == ["new", "question", "question"]
    assert told(officer, found.json())[2][1] == ["name_may_be_real"]
    shown = (
        seen.text.replace(secrets[5], "") + found.text + json.dumps(rows_of(officer, found.json()), ensure_ascii=False)
    )
    act(officer, found.json(), "confirm")
    with hanbit.db.read() as connection:
        tables = (imports, import_rows, users)
        kept = "".join(str(tuple(row)) for table in tables for row in connection.execute(select(table)))
    assert [one for one in secrets if one in shown + kept] == []
    assert accounts(officer, "doyun.kim")[0][:2] == ("점검자-02", "inspector")


@pytest.mark.parametrize(
    ("line", "outcome", "reason"),
    [
        ("a.b,,감사자,한빛구", "refused", "role_above_own"),
        ("a.b,,시스템관리자,", "refused", "role_above_own"),
        ("a.b,,점검자,달빛구청", "refused", "other_district"),
        ("a.b,,점검자,없는구", "refused", "other_district"),
        ("a.b,,관리자,", "question", "role_unclear"),
        ("a.b,,,", "question", "role_missing"),
        (",,점검자,", "question", "username_missing"),
        ("홍길동,,점검자,", "question", "username_unclear"),
        ("a.b,점검자-01,점검자,", "question", "display_name_taken"),
        ("a.b,홍길동,점검자,", "question", "name_may_be_real"),
        ("a.b,시설주-01,시설주,", "question", "facilities_needed"),
        ("first,점검자-01,감독자,", "question", "account_differs"),
        ("other,,점검자,", "question", "username_taken"),
        ("A.B,,점검자,", "new", "username_in_small"),
        ("first,,점검자,", "same", ""),
    ],
)
def test_a_row_of_a_person_is_refused_or_asked_about(
    hanbit: Site, officer: Client, line: str, outcome: str, reason: str
) -> None:
    with hanbit.db.write() as connection:
        auth.create_user(
            connection,
            username="other",
            display_name="달빛-01",
            role="inspector",
            password=QUICK_HASH,
            actor="담당-01",
            district_id=DALBIT,
        )
    ((found, reasons),) = told(officer, bring(officer, f"아이디,표시이름,역할,소속\n{line}\n", kind="people").json())
    assert (found, not reason or reason in reasons) == (outcome, True), reasons


def test_a_city_says_of_everybody_in_which_district(hanbit: Site) -> None:
    admin = person(hanbit, "admin", None)
    text = "아이디,역할,소속\na.a,점검자,\nb.b,점검자,달빛구청 여성과\nc.c,시청담당자,\nd.d,시청담당자,한빛구\n"
    found = bring(admin, text, kind="people").json()
    assert told(admin, found) == [
        ("question", ["district_missing"]),
        ("new", ["name_numbered"]),
        ("new", ["name_numbered"]),
        ("question", ["role_contradicts_district"]),
    ]
    act(admin, found, "confirm")
    assert [one[1:3] for one in accounts(admin, "b.b", "c.c")] == [("inspector", DALBIT), ("city_officer", None)]


def test_who_adds_none_by_hand_brings_none_in_and_sees_none(hanbit: Site, officer: Client) -> None:
    city, other = person(hanbit, "city_officer", None), person(hanbit, "district_officer", DALBIT)
    for text, kind in ((finders(), "instruments"), (TEAM, "people")):
        assert {bring(city, text, look=look).status_code for look in (True, False)} == {403}
        found = bring(officer, text, kind=kind).json()
        path = f"/api/imports/{found['import_id']}"
        assert {city.get(one).status_code for one in (path, f"{path}/rows")} == {403}
        assert {city.post(f"{path}/{what}").status_code for what in ("confirm", "undo")} == {403}
        assert city.post(f"{path}/rows/2/answer", {"answer": "leave"}).status_code == 403
        assert {other.get(one).status_code for one in (path, f"{path}/rows")} == {404}
    assert city.get("/api/imports").json() == {"imports": []}
    assert len(officer.get("/api/imports").json()["imports"]) == 2
    assert bring(city, "시설명,주소\n가람공원,한빛구 가람로 1\n", look=True).json()["kinds"] == ["rooms", "facilities"]
    seen = bring(officer, TEAM, look=True).json()
    assert seen["kinds"] == ["inspections", "rooms", "facilities", "instruments", "people"]


def test_a_command_invites_nobody(hanbit: Site) -> None:
    with pytest.raises(ApiError) as caught:
        importing.preview(hanbit.db, TEAM.encode(), "명단.csv", actor="sweep-server", given=Given(kind="people"))
    assert caught.value.status == 403


def test_what_came_in_meanwhile_is_a_question(hanbit: Site, officer: Client) -> None:
    found = bring(officer, TEAM).json()
    with hanbit.db.write() as connection:
        auth.create_user(
            connection,
            username="doyun.kim",
            display_name="점검자-77",
            role="inspector",
            password=QUICK_HASH,
            actor="담당-01",
            district_id=HANBIT,
        )
    answer = officer.post(f"/api/imports/{found['import_id']}/confirm")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "preview_outdated")
    with hanbit.db.write() as connection:  # as if it came after the confirmation began
        connection.execute(imports.update().values(state="confirming", confirmed_ms=1))
    assert act(officer, found, "confirm")["open_questions"] == 1
    assert told(officer, found)[0] == ("question", ["came_meanwhile"])
    assert accounts(officer, "haejun.lee")[0][3] is True


def test_a_workbook_without_its_reader_says_what_is_missing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "python_calamine.py").write_text("raise ModuleNotFoundError(__name__)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ApiError, match="python-calamine") as caught:
        grid.read_grid(workbook([("시설명", "주소"), ("가", "나")]), frozenset({"시설명", "주소"}))
    assert (caught.value.status, caught.value.code) == (503, "workbook_reader_missing")


@pytest.mark.parametrize("filled", [["Hanbit#24", "Abc!2345"], ["qwer1234!"]])
def test_cells_that_look_like_passwords_cut_their_column(filled: Sequence[str]) -> None:
    assert cuts.like_passwords(filled)
    for plain in (["K18-PRO", "RF-7"], ["a@b.example.kr"], ["2026.3.1."], ["A-0017"], ["가나다!1"]):
        assert not cuts.like_passwords(plain)


def test_a_heading_that_names_a_person_is_left_out(hanbit: Site) -> None:
    seen = looking.look("시설명,주소,대표 김철수\n가람,한빛구 가람로 1,x\n".encode(), "a.csv", None, None, {})
    assert seen.columns[2].field == "left_out"
    assert "김철수" not in seen.model_dump_json()
    seen = looking.look(
        "시설명,주소,관리자 연락처\n가람,한빛구 가람로 1,02-123-4567\n".encode(), "a.csv", None, None, {}
    )
    assert seen.columns[2].heading == "관리자 연락처"
    with hanbit.db.write() as connection:
        answers.remember(connection, None, "facilities", {"관리자 연락처": "phone"}, actor="담당-01")
    import_id: UUID = importing.preview(
        hanbit.db, "시설명,주소,관리자 연락처\n가람,한빛구 가람로 1,02-123-4567\n".encode(), "a.csv", actor="담당-01"
    )
    with hanbit.db.read() as connection:
        page = questions.import_row_page(connection, import_id, outcome=None, is_open=False, after=None, limit=9)
    assert [row.outcome for row in page.rows] == ["new"]
