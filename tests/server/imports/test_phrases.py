"""Phrases of lists that are asked about once: what is asked, what an answer does, and how it is taken back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from server.districts.register import add_district
from server.imports.reading.phrases import mark_of
from server.store.schema import import_columns
from sweep.report import LocalText
from tests.server.conftest import Client, Site
from tests.server.district_kit import person
from tests.server.imports.bringing import act, bring, rows_of, told

ROOMS = (
    "시설명,남녀구분,층,칸수\n"
    "두물누리관,남,1,3\n"
    ",아주머니,1,5\n"
    ",여,2,4\n"
    "은빛나래센터,아주머니,1,2\n"
    "은빛나래센터,공용,2,2\n"
    "은빛나래센터,남,3,2\n"
    "은빛나래센터,김서연,4,2\n"
)


@pytest.fixture
def officer(site: Site) -> Client:
    """Who brings lists of a district in."""
    with site.db.write() as connection:
        for district_id, name in (("hanbit-gu", "한빛구"), ("dalbit-gu", "달빛구")):
            add_district(connection, district_id, LocalText(ko=name, en=name), actor="담당-01")
    return person(site, "district_officer", "hanbit-gu")


def _phrases(client: Client, text: str, **parameters: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = bring(client, text, look=True, **parameters).json()["phrases"]
    return {(one["rule"], one["phrase"]): one for one in found}


def _say(client: Client, kind: str, *said: tuple[str, str, str]) -> Any:
    phrases = [dict(zip(("rule", "phrase", "answer"), one, strict=True)) for one in said]
    return client.put("/api/imports/columns", {"kind": kind, "phrases": phrases})


def test_one_answer_serves_every_row_with_the_phrase(officer: Client) -> None:
    asked = _phrases(officer, ROOMS, kind="rooms")
    assert {key: (one["lines"], one["answer"]) for key, one in asked.items()} == {
        ("above", ""): ([3, 4], None),
        ("name", "두물누리관"): ([2], None),
        ("name", "은빛나래센터"): ([5, 6, 7, 8], None),
        ("sex", "아주머니"): ([3, 5], None),
    }  # a name that stands in a wrong column is no phrase
    answers = (("above", "", "as_above"), ("name", "두물누리관", "new"), ("name", "은빛나래센터", "new"))
    assert _say(officer, "rooms", *answers, ("sex", "아주머니", "men")).status_code == 200
    assert {one["answer"] for one in _phrases(officer, ROOMS, kind="rooms").values()} == {"as_above", "new", "men"}
    assert _say(officer, "rooms", ("sex", "아주머니", "women")).status_code == 200
    found = bring(officer, ROOMS, kind="rooms").json()
    assert [outcome for outcome, _ in told(officer, found)] == [*["new"] * 6, "question"]
    assert [row["name"] for row in rows_of(officer, found)][:3] == ["두물누리관"] * 3
    assert rows_of(officer, found)[1]["raw"] == {"남녀구분": "아주머니", "층": "1", "칸수": "5"}
    act(officer, found, "confirm")
    rooms = officer.get("/api/rooms", search="두물누리관").json()["rooms"]
    assert sorted(one["room_name"]["ko"] for one in rooms) == [
        "1층 남자 화장실",
        "1층 여자 화장실",
        "2층 여자 화장실",
    ]
    assert act(officer, found, "undo")["state"] == "undone"


def test_an_answer_is_remembered_beside_the_columns_and_forgotten(officer: Client, site: Site) -> None:
    assert _say(officer, "people", ("role", "총괄반장", "supervisor")).status_code == 200
    text = "아이디,역할\nhaneul.pyo,총괄반장\n"
    assert _phrases(officer, text)["role", "총괄반장"]["answer"] == "supervisor"
    (kept,) = officer.get("/api/imports/columns").json()["answers"]
    assert (kept["of"]["ko"], kept["heading"], kept["words"]["ko"]) == ("역할", "총괄반장", "감독자")
    other = person(site, "district_officer", "dalbit-gu")
    assert other.get("/api/imports/columns").json()["answers"] == []
    path = f"/api/imports/columns/{kept['answer_id']}"
    assert officer.http.delete(path, headers={"X-CSRF-Token": officer.csrf}).status_code == 200
    assert _phrases(officer, text)["role", "총괄반장"]["answer"] is None


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("rooms", ("sex", "아주머니", "supervisor")),
        ("rooms", ("role", "반장", "supervisor")),
        ("people", ("role", "김서연", "inspector")),
        ("rooms", ("name", "먼곳회관", "0" * 32)),
        ("inspections", ("result", "가" * 61, "found")),
    ],
)
def test_what_is_no_answer_is_refused(officer: Client, kind: str, said: tuple[str, str, str]) -> None:
    refused = _say(officer, kind, said)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "phrase_answer_unknown")
    assert officer.get("/api/imports/columns").json()["answers"] == []


FACILITIES = (
    "시설명,주소,남자대변기,여자대변기\n버들못공원 화장실,한빛구 버들못길 14,3,5\n윗말주민C 개방,한빛구 윗말로 31,2,3\n"
)
PAST = (
    "□ 2025년 11월,,,,,\n"
    "점검일,시설명,남녀,점검방법,점검결과,문서번호\n"
    "□ 2025년 11월,,,,,\n"
    "11.4(화),버들못공원,여,전파형,無,안전-1\n"
    "45987,윗말주민센터,여,인계-1,無,안전-2\n"
    "11/27,윗말주민센터,남·여,인계-1,미실시(한파),안전-3\n"
    "11/28,윗말주민센터,남·여,렌즈형,無,안전-4\n"
    "11.5(화),버들못공원,여,전파형,無,안전-5\n"
)


def test_past_inspections_are_read_by_answers(officer: Client) -> None:
    act(officer, bring(officer, FACILITIES).json(), "confirm")
    asked = _phrases(officer, PAST)
    assert set(asked) == {("name", "윗말주민센터"), ("method", "인계-1"), ("result", "미실시(한파)")}
    place = next(one["answer"] for one in asked["name", "윗말주민센터"]["choices"] if "윗말주민C" in one["words"]["ko"])
    assert _say(
        officer,
        "inspections",
        ("name", "윗말주민센터", place),
        ("method", "인계-1", "instruments"),
        ("result", "미실시(한파)", "left_out"),
    ).is_success
    later = _phrases(officer, PAST)  # which rooms are there is known by now
    assert {one for one, said in later.items() if said["answer"] is None} == {("sex", "남·여")}
    _say(officer, "inspections", ("sex", "남·여", "both"))
    found = bring(officer, PAST).json()
    assert told(officer, found)[1:] == [
        ("new", []),
        ("new", ["told_by_answer"]),
        ("refused", ["left_out_by_answer"]),
        ("new", ["told_by_answer"]),
        ("question", ["weekday_contradicts_day"]),
    ]
    both = rows_of(officer, found)[4]
    assert both["known_as"] == "윗말주민C 개방 · 남자 화장실, 윗말주민C 개방 · 여자 화장실"
    assert act(officer, found, "confirm")["counts"]["new"] == 3
    again = bring(officer, PAST).json()
    assert [outcome for outcome, _ in told(officer, again)][1:5] == ["same", "same", "refused", "same"]
    assert act(officer, found, "undo")["state"] == "undone"


def test_letters_of_a_name_that_stand_apart_are_put_together_where_it_is_written_so(officer: Client) -> None:
    heading = "시설명,주소,남자대변기,여자대변기\n"
    text = f"{heading}미 루 공 원 화장실,한빛구 미루길 7,2,4\n"
    assert [reasons[0] for _, reasons in told(officer, bring(officer, text).json())] == ["name_spaced"]
    assert set(_phrases(officer, text)) == {("spacing", "미 루 공 원 화장실")}
    _say(officer, "facilities", ("spacing", "미 루 공 원 화장실", "joined"))
    found = bring(officer, text).json()
    assert [(row["outcome"], row["name"]) for row in rows_of(officer, found)] == [("new", "미루공원 화장실")]
    act(officer, found, "confirm")
    rooms = "시설명,남녀구분,층,칸수\n미 루 공 원  화장실,공용,2,1\n"
    (row,) = rows_of(officer, bring(officer, rooms, kind="rooms").json())
    assert (row["name"], row["outcome"], "name_joined" in row["reasons"]) == ("미루공원 화장실", "new", True)


CHECKED = (
    "종류,제조사,모델명,일련번호,작동확인일,유효기간,작동확인결과\n"
    "렌즈 탐지기,가상광학,K18,A-1,2025-03-02,2025-09-02,○\n"
    "렌즈 탐지기,가상광학,K18,A-2,2025-03-02,2025-09-02,×\n"
    "렌즈 탐지기,가상광학,K18,A-3,2025-03-02,2025-09-02,작동 ×\n"
)


def test_an_answer_about_a_sign_is_none_about_its_contrary(officer: Client) -> None:
    assert set(_phrases(officer, CHECKED)) == {("passed", "○"), ("passed", "×"), ("passed", "작동 ×")}
    assert _say(officer, "instruments", ("passed", "○", "passed")).status_code == 200
    assert [outcome for outcome, _ in told(officer, bring(officer, CHECKED).json())] == ["new", "question", "question"]
    _say(officer, "instruments", ("passed", "×", "failed"), ("passed", "작동×", "failed"))
    assert [one["answer"] for one in _phrases(officer, CHECKED).values()] == ["passed", "failed", "failed"]
    act(officer, bring(officer, CHECKED).json(), "confirm")
    there = officer.get("/api/instruments").json()["instruments"]
    assert {one["serial"]: one["checks"][0]["has_passed"] for one in there} == {"A-1": True, "A-2": False, "A-3": False}


def test_a_mark_keeps_signs_and_an_empty_one_is_refused(officer: Client) -> None:
    marks = [mark_of("passed", one) for one in ("○", "×", "△", "✓", "", "1/2", "1~2", "12")]
    assert len(set(marks)) == len(marks)
    assert mark_of("sex", "Ｌady  ♀") == mark_of("sex", "lady♀")
    for said in (("passed", " ", "passed"), ("passed", "", "passed")):
        assert _say(officer, "instruments", said).status_code == 400
    assert _say(officer, "rooms", ("above", "위", "as_above")).status_code == 400


def test_an_answer_that_was_kept_without_its_signs_holds_nowhere(officer: Client, site: Site) -> None:
    assert _say(officer, "instruments", ("passed", "적정×", "failed")).status_code == 200
    with site.db.write() as connection:
        connection.execute(update(import_columns).values(heading_mark="passed=적정"))
    text = CHECKED.replace(",○", ",적정")
    assert _phrases(officer, text)["passed", "적정"]["answer"] is None
    assert officer.get("/api/imports/columns").json()["answers"] == []


def test_an_answer_holds_only_in_a_cell_that_is_in_doubt(officer: Client) -> None:
    text = "시설명,남녀구분,층,칸수\n" + "".join(
        f"은빛나래센터,{sex},{floor},2\n"
        for sex, floor in (("여", "1~2층"), ("여", "12층"), ("남", "1/2"), ("남", "12"))
    )
    _say(officer, "rooms", ("name", "은빛나래센터", "new"), ("floor", "1~2층", "floor_1"), ("floor", "12층", "floor_1"))
    _say(officer, "rooms", ("floor", "12", "floor_2"), ("sex", "여", "men"))
    found = bring(officer, text, kind="rooms").json()
    assert [outcome for outcome, _ in told(officer, found)] == ["new", "new", "question", "new"]
    act(officer, found, "confirm")
    rooms = officer.get("/api/rooms", search="은빛나래센터").json()["rooms"]
    assert {one["room_name"]["ko"] for one in rooms} == {
        "1층 여자 화장실",
        "12층 여자 화장실",
        "12층 남자 화장실",
    }
