"""Instruments and people come in by lists: through the doors that add one by hand, checked first, and taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.districts.register import add_district
from server.imports import answers, cuts, grid, importing, looking, questions
from server.imports.own_instruments import kind_in
from server.imports.own_people import role_in
from server.imports.rows import Given
from server.interface.errors import ApiError
from server.interface.fields import Role
from server.people import auth
from server.people.document_names import set_name
from server.people.first_passwords import random_code
from server.store.clock import today
from server.store.schema import import_rows, imports, instruments, users
from sweep.report import LocalText
from tests.server.conftest import PASSWORD, QUICK_HASH, Client, Site
from tests.server.district_kit import person
from tests.server.imports.test_lists import workbook
from tests.server.inspection_kit import ground

HANBIT, DALBIT = "hanbit-gu", "dalbit-gu"
FINDERS = (
    "장비종류,제조사,모델명,일련번호,보관자,작동확인일,유효기간,확인기관\n"
    "렌즈 탐지기,가상광학,K18,A-0017,점검자-01,{day},{until},한빛구청\n"
    "전파 탐지기,가상전자,R7,0042,,,,\n"
    "손전등,가상조명,T1,,,,,\n"
)
TEAM = (
    "아이디,성명,표시이름,역할,소속\n"
    "doyun.kim,김도윤,점검자-31,점검자,한빛구청 여성가족과\n"
    "seoyeon.park,박서연,,감독자,한빛구\n"
    "haejun.lee,이해준,,점검자,\n"
)


def finders() -> str:
    """Three instruments, one of them checked today."""
    return FINDERS.format(day=today().isoformat(), until=(today() + timedelta(days=30)).isoformat())


@pytest.fixture
def hanbit(site: Site) -> Site:
    """A server with two districts and one inspector who bears a number."""
    with site.db.write() as connection:
        for district_id, name in ((HANBIT, "한빛구"), (DALBIT, "달빛구")):
            add_district(connection, district_id, LocalText(ko=name, en=name), actor="담당-01")
        auth.create_user(
            connection,
            username="first",
            display_name="점검자-01",
            role="inspector",
            password=QUICK_HASH,
            actor="담당-01",
            district_id=HANBIT,
        )
        set_name(connection, "first", "홍길동", actor="담당-01")
    return site


@pytest.fixture
def officer(hanbit: Site) -> Client:
    return person(hanbit, "district_officer", HANBIT)


def bring(client: Client, text: str, *, look: bool = False, **parameters: str) -> Any:
    """The answer to a list."""
    path = "/api/imports/look" if look else "/api/imports"
    headers = {"X-CSRF-Token": client.csrf}
    told = {"file_name": "목록.csv"} | parameters
    return client.http.post(path, content=text.encode("cp949"), headers=headers, params=told)


def rows_of(client: Client, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an import."""
    return list(client.get(f"/api/imports/{found['import_id']}/rows").json()["rows"])


def told(client: Client, found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Outcome and reasons of each row."""
    return [(row["outcome"], row["reasons"]) for row in rows_of(client, found)]


def act(client: Client, found: dict[str, Any], what: str) -> dict[str, Any]:
    """An import after this."""
    answer = client.post(f"/api/imports/{found['import_id']}/{what}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


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
    act(officer, bring(officer, finders()).json(), "confirm")
    day = (today() - timedelta(days=1)).isoformat()
    later = finders().replace(today().isoformat(), day)
    found = bring(officer, later).json()
    assert told(officer, found) == [("changed", ["check_new"]), ("same", []), ("same", [])]
    act(officer, found, "confirm")
    assert register(officer)[1][3] == 2
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
        ({"일련번호": "-"}, "serial_missing"),
        ({"일련번호": "1.24E+11"}, "serial_unclear"),
        ({"일련번호": "2026-03-01"}, "serial_unclear"),
        ({"일련번호": "A-1~A-4"}, "several_in_row"),
        ({"작동확인일": "2026-03-01", "유효기간": ""}, "check_incomplete"),
        ({"작동확인일": "2026-03-01", "유효기간": "2028-03-01", "확인기관": "한빛구청"}, "check_days_disagree"),
        ({"작동확인일": "2005-03-01", "유효기간": "2005-09-01", "확인기관": "한빛구청"}, "date_unbelievable"),
        ({"작동확인일": "2026-03-01", "유효기간": "2026-09-01", "확인기관": "이정훈"}, "checker_may_be_person"),
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
    assert seen["kinds"] == ["rooms", "facilities", "instruments", "people"]


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


def test_instruments_of_the_register_are_of_the_own_district(hanbit: Site, officer: Client) -> None:
    text = finders().replace("확인기관\n", "확인기관,보유기관\n").replace("한빛구청\n", "한빛구청,달빛구청\n")
    found = bring(officer, text).json()
    assert told(officer, found)[0] == ("refused", ["other_district"])
    act(officer, found, "confirm")
    with hanbit.db.read() as connection:
        assert set(connection.scalars(select(instruments.c.district_id))) == {HANBIT}
