"""What an office keeps besides the log: the day's list, a quarter's report, a copy for disclosure, what was given, who
follows whom.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
from sqlalchemy import select, update

from server.exports.gathering.redacted_copy import LEAST_FACILITIES, redacted_copy
from server.exports.logs.office_paper import paper_hwpx, paper_pdf
from server.people.access_log import Reader, note
from server.projections import projecting
from server.projections.log_records import Printing
from server.store.clock import today
from server.store.schema import audit, instruments, issued_documents, rooms, users
from tests.server.conftest import Client, Site
from tests.server.district_kit import person
from tests.server.documents.paper_kit import hwpx_tables, pdf_words
from tests.server.exports import sample_sweeps as s
from tests.server.inspection_kit import MAPO, Ground, ground

GIVEN = {
    "document_no": "여성가족과-3",
    "day": today().isoformat(),
    "recipient": "서울특별시 여성가족정책실",
    "basis": "duty",
    "purpose": "분기 보고",
    "items": "점검자 번호",
    "form": "file",
    "limits": "목적 외 이용 금지",
}


@pytest.fixture
def mapo(site: Site) -> Ground:
    return ground(site)


def _username(client: Client) -> str:
    found: str = client.get("/api/me").json()["user"]["username"]
    return found


def _name(client: Client) -> str:
    found: str = client.get("/api/me").json()["user"]["display_name"]
    return found


def _delete(client: Client, path: str) -> int:
    return client.http.delete(path, headers={"X-CSRF-Token": client.csrf}).status_code


def _paired(mapo: Ground, supervisor: Client) -> str:
    pair = {"first_username": _username(mapo.first), "second_username": mapo.second_name}
    found: str = supervisor.post("/api/schedule/pairs", pair).json()["pairs"][0]["pair_id"]
    return found


def test_the_day_s_list_is_numbered_made_out_to_two_and_knows_no_case(mapo: Ground, site: Site, tmp_path: Path) -> None:
    supervisor = person(site, "supervisor", MAPO)
    pair_id = _paired(mapo, supervisor)
    with site.db.write() as connection:
        connection.execute(update(rooms).values(created_ms=0, sex="women", floor=1, stalls=4))
    glint = mapo.look(mapo.zones[0], saw="glint", place={"x_m": 1.0, "y_m": 0.5}, afterwards="not_explained")
    assert mapo.record(mapo.body(looks=[glint])).status_code == 201
    projecting.drain(site.db)
    order = {"facility_id": str(mapo.facility_id), "first_day": str(today()), "last_day": str(today())}
    assert supervisor.post("/api/schedule/orders", order | {"with_police": True, "reason": "합동"}).status_code == 201
    path = f"/api/schedule/rounds/{pair_id}/list"
    for number, caller in enumerate((supervisor, mapo.first), start=1):
        answer = caller.post(path)
        assert answer.status_code == 200, answer.text
        said = pdf_words(answer.content, tmp_path)
        assert f"문서번호 점검 {today().year}-{number:04}" in said
        assert f"받은 사람 {_name(mapo.first)}" in said
        assert "mapo-gu · 여 · 1층 · 4칸 · 경찰 합동" in said
        for box in ("□ 특이사항 없음", "□ 렌즈 탐지기", "□ 환풍구", "외부 유출 금지", "사후 입력"):
            assert box in said, box
        for never in ("반짝임", "확인 건", "발견", "안전"):
            assert never not in said, never
    with site.db.read() as connection:
        listed = [json.loads(one) for one in connection.scalars(select(issued_documents.c.about_json))]
    assert listed == [{"rooms": [str(mapo.room_id)], "day": str(today())}] * 2
    assert person(site, "supervisor", "demo-gu").post(path).status_code == 404
    assert person(site, "viewer", MAPO).post(path).status_code == 403


def test_what_is_typed_later_from_the_list_says_so_and_is_no_check_with_an_instrument(
    mapo: Ground, site: Site, tmp_path: Path
) -> None:
    supervisor = person(site, "supervisor", MAPO)
    pair_id = _paired(mapo, supervisor)
    with site.db.write() as connection:
        connection.execute(update(rooms).values(created_ms=0))
    order = {"facility_id": str(mapo.facility_id), "first_day": str(today()), "last_day": str(today())}
    assert supervisor.post("/api/schedule/orders", order | {"with_police": False, "reason": "합동"}).status_code == 201
    assert supervisor.post(f"/api/schedule/rounds/{pair_id}/list").status_code == 200
    (issued,) = supervisor.get("/api/documents").json()["documents"]
    unknown = mapo.body(door_in=None, door_out=None, typed_from="점검 2026-9999")
    answer = mapo.record(unknown)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "list_not_of_room")
    typed = mapo.body(each_s=0, door_in=None, door_out=None, typed_from=issued["document_no"])
    answer = mapo.record(typed)
    assert answer.status_code == 201, answer.text
    assert mapo.confirm(typed["sweep_id"]).status_code == 201
    summary = supervisor.get(f"/api/sweeps/{typed['sweep_id']}").json()["summary"]
    assert summary["mode"] == "instruments", "not one whose instruments are known to have worked in every zone"
    query = {"reason": "월간 보고", "format": "pdf", "sweep_id": typed["sweep_id"]}
    said = pdf_words(supervisor.get("/api/exports/inspection-log", **query).content, tmp_path)
    assert f"사후 입력, 점검표 {issued['document_no']}" in said
    these_days = {"reason": "월간 보고", "from": str(today() - timedelta(days=1))}
    csv = supervisor.get("/api/exports/inspection-log", **these_days).content.decode()
    assert f"탐지기 · 사후 입력(점검표 {issued['document_no']})" in csv


def test_a_quarter_is_reported_to_the_city_with_each_way_in_a_column_of_its_own(
    mapo: Ground, site: Site, tmp_path: Path
) -> None:
    body = mapo.body()
    assert mapo.record(body).status_code == 201
    assert mapo.confirm(body["sweep_id"]).status_code == 201
    officer, day = person(site, "district_officer", MAPO), today()
    asked: dict[str, Any] = {"year": day.year, "quarter": (day.month + 2) // 3, "reason": "분기 보고"}
    answer = officer.get("/api/exports/statistics", **asked, format="pdf")
    assert answer.status_code == 200, answer.text
    said = pdf_words(answer.content, tmp_path)
    for expected in (
        f"{day.year}년 {(day.month + 2) // 3}분기 불법촬영기기 점검 결과 보고",
        f"문서번호 점검 {day.year}-0001",
        "방식이 다른 점검은 더하지 않습니다.",
        "카메라가 없다는 증명이 아닙니다",
        "끝.",
    ):
        assert expected in said, expected
    tables = hwpx_tables(officer.get("/api/exports/statistics", **asked, format="hwpx").content, tmp_path)
    ways = next(table for table in tables if table[0][1].startswith("측정"))
    assert ways[1:] == [[MAPO, "0", "0", "1", "0", "0", "0"]]
    assert officer.get("/api/documents").json()["documents"][0]["kind"] == "quarter_report"


def test_a_copy_for_disclosure_tells_of_no_place_and_says_what_was_taken_out(tmp_path: Path) -> None:
    pages = [s.live_page(), s.found_page(), s.simulated_page()]
    rows = [page.row for page in pages]
    paper = redacted_copy(rows, s.PERIOD, s.GENERATED, Printing("시범구청", "구담당-01", "정보공개 청구"))
    said = pdf_words(paper_pdf(paper), tmp_path)
    assert "공공기관의 정보공개에 관한 법률 제9조제1항 제6호" in said
    assert "공공기관의 정보공개에 관한 법률 제9조제1항 제4호" in said
    for row in rows:
        for secret in (
            *row.header.inspectors,
            str(row.header.sweep_id),
            row.entry_hash or "–none–",
            *row.places_to_inspect,
        ):
            assert secret not in said, secret
    for word in ("발견", "의심기기", "확인할 곳", s.DEVICE_ADDRESS):
        assert word not in said, word
    assert "합계를 비공개합니다" in said, "of few facilities a sum would be about one"
    listed, out = hwpx_tables(paper_hwpx(paper), tmp_path)[-2:]
    assert len(listed) == 1 + sum(not row.is_demo for row in rows), "a simulation is no inspection"
    assert {(row[6], row[7]) for row in listed[1:]} == {("비공개", "비공개")}, "alike in every line"
    by_what = {row[0]: int(row[1]) for row in out[1:]}
    assert by_what["점검자·동행·확인자(성명과 번호)"] == 5
    assert f"비공개 합계 {sum(by_what.values())}건" in said


def test_sums_are_told_of_many_facilities_by_way_and_without_adding_them(tmp_path: Path) -> None:
    row = s.live_page().row
    many = [replace(row, place=replace(row.place, facility_number=f"F-{number}")) for number in range(LEAST_FACILITIES)]
    paper = redacted_copy(many, s.PERIOD, s.GENERATED, Printing("시범구청"))
    sums = next(part for part in paper.sections if part.title == "점검 결과 합계")
    assert [line[0] for line in sums.rows] == ["측정(점검기)", "탐지기(측정기록 없음)", "육안(측정기록 없음)"]
    assert sums.rows[0][-1] == str(LEAST_FACILITIES)


def test_a_copy_for_disclosure_is_asked_for_by_who_plans_and_of_a_whole_period(
    mapo: Ground, site: Site, tmp_path: Path
) -> None:
    body = mapo.body()
    assert mapo.record(body).status_code == 201
    officer = person(site, "district_officer", MAPO)
    wanted: dict[str, Any] = {
        "format": "pdf",
        "period_first": str(today()),
        "period_last": str(today()),
        "reason": "정보공개 청구",
        "is_redacted": True,
    }
    assert person(site, "inspector", MAPO).post("/api/exports", wanted).status_code == 403
    for narrow in ({"room_id": str(mapo.room_id)}, {"format": "csv"}):
        answer = officer.post("/api/exports", wanted | narrow)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "export_refused")
    job = officer.post("/api/exports", wanted).json()
    assert job["file_name"].startswith("redacted-log_")
    while officer.get(f"/api/exports/{job['job_id']}").json()["state"] in {"queued", "running"}:
        pass
    said = pdf_words(officer.get(f"/api/exports/{job['job_id']}/file").content, tmp_path)
    assert "정보공개용 사본" in said
    assert _name(mapo.first) not in said
    assert "K18" not in said


def test_what_was_given_away_stands_in_a_register_with_the_files_that_the_police_got(
    mapo: Ground, site: Site, tmp_path: Path
) -> None:
    officer, auditor = person(site, "district_officer", MAPO), person(site, "auditor", MAPO)
    strange = mapo.first.post(f"/api/rooms/{mapo.room_id}/cases", {"step": {"step": "reported", "what": "점"}})
    case_id = strange.json()["case"]["case_id"]
    with site.db.write() as connection:
        reader = Reader("감독자-01", "supervisor", "127.0.0.1")
        note(connection, reader, "case.given", f"{case_id} sha256 00", ("bodies",), "수사 협조")
    year = today().year
    (first,) = [
        one for one in officer.post("/api/provisions", GIVEN).json()["provisions"] if one["provision_id"] is not None
    ]
    assert officer.post("/api/provisions", GIVEN | {"day": "2099-01-01"}).status_code == 400
    assert officer.post("/api/provisions", GIVEN | {"document_no": "잘못"}).status_code == 201
    found = auditor.get("/api/provisions", year=year).json()["provisions"]
    police = next(one for one in found if one["provision_id"] is None)
    assert (police["basis"], police["document_no"]) == ("investigation", f"확인 건 {case_id}")
    wrong = next(one["provision_id"] for one in found if one["document_no"] == "잘못")
    assert _delete(auditor, f"/api/provisions/{wrong}") == 403
    assert _delete(person(site, "supervisor", "demo-gu"), f"/api/provisions/{wrong}") == 404
    assert _delete(officer, f"/api/provisions/{wrong}") == 200
    assert person(site, "supervisor", "demo-gu").get("/api/provisions", year=year).json() == {"provisions": []}
    answer = auditor.get("/api/exports/provisions", year=year, reason="연말 점검", format="hwpx")
    *_, table = hwpx_tables(answer.content, tmp_path)
    assert len(table) == 4
    assert any("기재 취소" in row[2] for row in table)
    said = pdf_words(auditor.get("/api/exports/provisions", year=year, reason="연말 점검").content, tmp_path)
    for expected in ("개인정보 제3자 제공 대장", "서울특별시 여성가족정책실", "제18조제2항제7호", "제공 2건"):
        assert expected in said, expected
    assert first["limits"] == "목적 외 이용 금지"


def test_an_office_goes_over_in_one_act_with_a_document(mapo: Ground, site: Site, tmp_path: Path) -> None:
    officer, follower = person(site, "district_officer", MAPO), person(site, "inspector", MAPO)
    supervisor = person(site, "supervisor", MAPO)
    leaver = _username(mapo.first)
    leaver_name, follower_name = _name(mapo.first), _name(follower)
    _paired(mapo, supervisor)
    with site.db.write() as connection:
        user_id = connection.scalar(select(users.c.user_id).where(users.c.username == leaver))
        finder = UUID(mapo.instruments["lens_finder"])
        connection.execute(
            update(instruments).where(instruments.c.instrument_id == finder).values(holder_user_id=user_id)
        )
    strange = mapo.first.post(f"/api/rooms/{mapo.room_id}/cases", {"step": {"step": "reported", "what": "점"}})
    case_id = strange.json()["case"]["case_id"]
    act = {"from_username": leaver, "to_username": _username(follower), "reason": "인사 이동", "is_leaving": True}
    assert supervisor.post("/api/handovers", act).status_code == 403
    assert officer.post("/api/handovers", act | {"to_username": leaver}).status_code == 400
    stranger = _username(person(site, "inspector", "demo-gu"))
    assert officer.post("/api/handovers", act | {"to_username": stranger}).status_code == 404
    (made,) = officer.post("/api/handovers", act).json()["handovers"]
    assert (made["cases"], made["instruments"], made["keys"], made["pairs"]) == (1, 1, 0, 1)
    assert mapo.first.get("/api/me").json()["user"] is None, "whoever left is logged out"
    shown = officer.get(f"/api/instruments/{finder}").json()["instrument"]["holder"]
    assert shown["username"] == _username(follower)
    (pair,) = officer.get("/api/schedule/pairs").json()["pairs"]
    assert follower_name in pair["names"]
    with site.db.read() as connection:
        of_case = select(audit.c.action).where(audit.c.object_id == case_id)
        assert "case.handed" in connection.scalars(of_case).all()
    path = f"/api/handovers/{made['handover_id']}/document"
    said = pdf_words(officer.get(path, reason="서명").content, tmp_path)
    for expected in (
        "업무 인수인계서",
        leaver_name,
        follower_name,
        "렌즈 탐지기",
        "인수자가 이어받음",
        made["document_no"],
    ):
        assert expected in said, expected
    assert case_id in said.replace(" ", ""), "it is broken over lines"
    tables = hwpx_tables(officer.get(path, reason="서명", format="hwpx").content, tmp_path)
    assert [row[0] for row in tables[-1][1:]] == ["인계자", "인수자", "확인자"]
    assert person(site, "district_officer", "demo-gu").get(path, reason="x").status_code == 404


def test_the_last_key_of_the_evidence_goes_to_nobody_without_one(mapo: Ground, site: Site) -> None:
    officer = person(site, "district_officer", MAPO)
    first, follower = person(site, "evidence_officer", MAPO), person(site, "evidence_officer", MAPO)
    for_key = str(pyrage.x25519.Identity.generate().to_public())
    assert first.post("/api/evidence-keys", {"recipient": for_key}).status_code == 201
    act = {"from_username": _username(first), "to_username": _username(follower), "reason": "휴직", "is_leaving": False}
    answer = officer.post("/api/handovers", act)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "handover_without_key")
    own = str(pyrage.x25519.Identity.generate().to_public())
    assert follower.post("/api/evidence-keys", {"recipient": own}).status_code == 201
    (made,) = officer.post("/api/handovers", act).json()["handovers"]
    assert made["keys"] == 1
    assert first.get("/api/me").status_code == 200, "who stays keeps the account"
