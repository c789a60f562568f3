"""An officer's month in a real Chromium: an Excel file comes in, two inspectors go round, and documents go out."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth
from server.store.clock import today
from tests.server.conftest import (  # noqa: F401  fixtures of both kinds of database
    Site,
    database_kind,
    database_url,
    migrated_postgres,
    migrated_sqlite,
    postgres,
    running,
)
from tests.server.documents.paper_kit import hwpx_tables, pdf_words
from tests.server.imports.files import workbook
from tests.web.conftest import OpenPhone
from tests.web.officers_round import HOME, PIN, Month, go_round
from tests.web.site import PASSWORD, QUICK_HASH
from tests.web.test_registers import WIDE

pytestmark = pytest.mark.browser
PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("officer", "한빛구 담당자", "district_officer"),
    ("kim", "점검자-71", "inspector"),
    ("lee", "점검자-72", "inspector"),
    ("choi", "점검자-73", "inspector"),
)
LIST = (
    ("시설명", "주소", "남녀구분", "층", "칸수"),
    ("가람공원", "한빛구 가람로 1", "남", 1, "2칸"),
    ("가람공원", "한빛구 가람로 1", "여", 1, "2칸"),
    ("솔밭시장", "한빛구 솔밭길 3", "남", 1, "1칸"),
    ("솔밭시장", "한빛구 솔밭길 3", "여", 1, "2칸"),
)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOTALS = [
    ("실측 점검", 0),
    ("탐지기(작동 확인) 점검(측정기록 없음)", 2),
    ("탐지기 점검(측정기록 없음)", 1),
    ("육안 점검(측정기록 없음)", 1),
]
"""Measured, with instruments and by eye: never summed."""
EXPECTED = {("POST", "/api/login", 401)}
"""What may be refused on the way."""


@pytest.fixture
def door(built_page: None, database_url: str, tmp_path: Path) -> Iterator[Site]:  # noqa: F811  the fixture of that name
    """A server of a district that has people and nothing else."""
    settings = Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        port=0,
        tenant=HOME,
        login_attempts_per_minute=10_000,
        public_url="https://ansim.example.kr",
    )
    with running(settings) as server:
        with server.db.write() as connection:
            for username, name, role in PEOPLE:
                auth.create_user(
                    connection,
                    username=username,
                    display_name=name,
                    role=role,
                    password=QUICK_HASH,
                    actor="test",
                    district_id=HOME,
                )
        for username in ("kim", "lee", "choi"):
            with httpx.Client(base_url=server.url, timeout=30) as own:
                token = own.post("/api/login", json={"username": username, "password": PASSWORD}).json()["csrf_token"]
                own.put("/api/pin", json={"pin": PIN}, headers={"X-CSRF-Token": token}).raise_for_status()
        yield server


@pytest.mark.parametrize(
    "database_kind",
    [pytest.param("sqlite", marks=pytest.mark.soak), pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)
def test_from_an_excel_file_to_the_months_documents(open_phone: OpenPhone, door: Site, tmp_path: Path) -> None:
    desk = open_phone(door.url, **WIDE)
    month = Month(door, desk)
    month.watch(desk)
    desk.log_in("officer", path="#/desk")
    month.open("#/desk", "오늘 할 일")
    _import(month)
    _set_up(month)
    _order(month)
    number = _print_list(month, tmp_path)
    go_round(month, open_phone, number)
    _report(month, open_phone)
    _hand_over(month)
    _file(month, tmp_path)
    assert month.refused <= EXPECTED


def _import(month: Month) -> None:
    page = month.open("#/desk/import", "목록 가져오기")
    page.get_by_label("CSV·엑셀 파일").set_input_files(
        {"name": "화장실.xlsx", "mimeType": EXCEL, "buffer": workbook(LIST)}
    )
    page.get_by_role("button", name="열 확인").click()
    page.get_by_role("button", name="전체 행 검사").click()
    expect(page.get_by_role("heading", level=1, name="화장실.xlsx")).to_be_visible()
    page.get_by_role("button", name="적용하기").click()
    expect(page.get_by_text("적용됨")).to_be_visible()
    assert month.desk.violations() == []


def _set_up(month: Month) -> None:
    """Rules are looked at, a special zone is marked, and documents, teams, instruments and doors are made ready."""
    month.open("#/desk/rules", "점검 기준·보존기간")
    page = month.open("#/desk/filing", "문서 관리")
    page.get_by_label("기관 이름(문서 머리에 적힘)").fill("한빛구")
    page.get_by_label("결재란 2").fill("팀장")
    page.get_by_label("결재란 3").fill("과장")
    page.get_by_label("문서번호 앞에 둘 말").fill("여성가족과")
    names = page.get_by_role("checkbox", name="점검자 번호 옆에 성명 적기")
    page.get_by_text("점검자 번호 옆에 성명 적기").click()
    expect(names).to_be_checked()
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.get_by_text("이제부터 만드는 문서에 쓰입니다")).to_be_visible()
    month.is_named = True

    page = month.open("#/desk/facilities", "시설 대장")
    page.locator("main [data-row]").filter(has_text="솔밭시장").click()
    panel = page.get_by_role("region", name="고른 줄")
    panel.get_by_role("button", name="특별관리구역 지정").first.click()
    panel.get_by_role("button", name="특별관리구역 지정").last.click()
    expect(page.locator("main [data-row]").filter(has_text="솔밭시장")).to_contain_text("특별관리구역")

    page = month.open("#/desk/pairs", "점검 조")
    page.get_by_role("button", name="조 만들기").click()
    page.get_by_role("combobox", name="첫째 점검자").select_option("kim")
    page.get_by_role("combobox", name="둘째 점검자").select_option("lee")
    page.get_by_role("button", name="만들기", exact=True).click()
    expect(page.locator("main [data-row]")).to_have_count(1)

    page = month.open("#/desk/instruments", "점검 장비")
    page.get_by_role("button", name="장비 등록").click()
    for label, word in (("제조사", "가상"), ("모델", "K18"), ("일련번호", "A-0017")):
        page.get_by_label(label, exact=True).fill(word)
    page.get_by_role("combobox", name="보관자").select_option("점검자-71")
    page.get_by_role("button", name="저장").click()
    row = page.get_by_role("listitem").filter(has_text="가상 K18 A-0017")
    row.get_by_role("button", name="확인 기록").click()
    row.get_by_label("유효기간").fill((today() + timedelta(days=90)).isoformat())
    row.get_by_label("확인한 곳(이름 없이)").fill("여성가족과")
    row.get_by_role("radio", name="이상 없음").check()
    row.get_by_role("button", name="저장").click()
    expect(row).to_contain_text("작동 확인됨")

    page = month.open("#/desk/register", "방 대장: 점검 근거와 스티커")
    page.get_by_role("button", name="모두 고르기").click()
    page.get_by_role("button", name="스티커 인쇄").first.click()
    with page.expect_download() as made:
        page.get_by_role("button", name="PDF 만들기").click()
    assert made.value.path().read_bytes()[:5] == b"%PDF-"


def _order(month: Month) -> None:
    """Both facilities are to be visited today."""
    found = month.rooms()
    assert len(found) == len(LIST) - 1, found
    for name in ("가람공원", "솔밭시장"):
        room_id = next(room_id for room, (room_id, _) in found.items() if room.startswith(name))
        month.desk.open(f"#/desk/rooms/{room_id}")
        page = month.page
        page.get_by_text("점검 지시하기").click()
        page.get_by_label("사유").fill("월간 점검")
        page.get_by_role("button", name="지시하기").click()
        expect(page.get_by_text("월간 점검 · 한빛구 담당자")).to_be_visible()
        assert month.desk.violations() == []


def _print_list(month: Month, folder: Path) -> str:
    page = month.open("#/desk/due", "점검 일정")
    page.get_by_text("점검자-71 · 점검자-72").first.click()
    with page.expect_download() as made:
        page.get_by_role("button", name="점검표 인쇄(종이): 점검자-71 · 점검자-72").click()
    said = pdf_words(made.value.path().read_bytes(), folder)
    assert "문서번호 여성가족과-" in said
    assert all(name in said for name in ("한빛구", "가람공원", "솔밭시장", "점검자-71"))
    assert HOME not in said
    return "여성가족과-" + said.partition("문서번호 여성가족과-")[2].split()[0]


def _report(month: Month, open_phone: OpenPhone) -> None:
    """Somebody writes from the sticker; the officer opens a case for it, and two inspectors see that it is none."""
    room_id, code = month.rooms()[max(month.rooms())]
    public = open_phone(month.site.url)
    month.watch(public)
    public.page.goto(f"{month.site.url}/r/{code}")
    expect(public.page.get_by_role("heading", level=1)).to_contain_text("솔밭시장")
    assert HOME not in public.page.content()
    assert public.violations() == []
    public.page.get_by_role("textbox").fill("둘째 칸 문에 작은 구멍이 있어요")
    public.page.get_by_role("button").click()
    expect(public.page.get_by_role("status")).to_be_visible()
    page = month.open("#/desk/cases", "확인 건")
    page.get_by_text("솔밭시장").first.click()
    expect(page.get_by_text("둘째 칸 문에 작은 구멍이 있어요")).to_be_visible()
    page.get_by_label("확인 건에 적을 내용").fill("둘째 칸 문의 작은 구멍")
    page.get_by_role("button", name="확인 건 열기").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("솔밭시장")
    assert month.desk.violations() == []
    with httpx.Client(base_url=month.site.url, timeout=30) as own:
        token = own.post("/api/login", json={"username": "kim", "password": PASSWORD}).json()["csrf_token"]
        (case,) = own.get(f"/api/cases?room_id={room_id}").json()["cases"]
        for step in ({"step": "looked_at", "seen": "nothing"}, {"step": "not_camera", "what": "나사 자국"}):
            body = {"step": step, "second_person": {"username": "lee", "password": PASSWORD}}
            path = f"/api/cases/{case['case_id']}/steps"
            own.post(path, json=body, headers={"X-CSRF-Token": token}).raise_for_status()


def _hand_over(month: Month) -> None:
    page = month.open("#/desk/filing", "문서 관리")
    month.desk.unfold("업무 인수인계")
    page.get_by_role("combobox", name="넘기는 사람").select_option("lee")
    page.get_by_role("combobox", name="받는 사람").select_option("choi")
    page.get_by_label("사유", exact=True).last.fill("인사 이동")
    page.get_by_role("button", name="넘기기", exact=True).click()
    page.get_by_role("button", name="예, 넘깁니다").click()
    page.get_by_text("점검자-72 → 점검자-73").click()
    assert month.desk.violations() == []
    with page.expect_download() as made:
        page.get_by_role("button", name="PDF").last.click()
    assert made.value.path().read_bytes()[:5] == b"%PDF-"
    page = month.open("#/desk/pairs", "점검 조")
    expect(page.locator("main [data-row]")).to_contain_text("점검자-73")


def _file(month: Month, folder: Path) -> None:
    """The log in three forms and the report of the quarter, read back."""
    page = month.open("#/exports", "점검일지 내보내기")
    page.get_by_role("button", name="이번 달").click()
    page.get_by_label("다운로드 사유").fill("월간 보고")
    given: dict[str, bytes] = {}
    for name in ("PDF", "한글(HWPX)", "CSV"):
        if name == "CSV":
            page.get_by_text("기타(프로그램용 CSV·JSON)").click()
        page.get_by_role("radio", name=re.compile(f"^{re.escape(name)}")).check()
        if name == "PDF":
            page.get_by_label("점검마다 점검일지 서식도 붙이기").check()
        with page.expect_download() as made:
            page.get_by_role("button", name="내려받기", exact=True).click()
        given[name] = made.value.path().read_bytes()
    assert month.desk.violations() == []
    said = pdf_words(given["PDF"], folder)
    for expected in ("한빛구", "문서번호 여성가족과-", "담당 팀장 과장", "가상 K18", *(name for name, count in TOTALS)):
        assert expected in said, expected
    assert HOME not in said
    tables = hwpx_tables(given["한글(HWPX)"], folder)
    assert tables[0][0] == ["결 재", "담당", "팀장", "과장"]
    assert [(row[0], sum(map(int, row[1:-1]))) for row in tables[2][1:]] == TOTALS
    rows = list(csv.DictReader(io.StringIO(given["CSV"].decode("utf-8-sig"))))
    ways = Counter(row["점검 방식(측정·탐지기·육안)"] for row in rows)
    assert sorted(ways.values()) == [1, 1, 2], ways

    page = month.open("#/desk/statistics", "분기 통계")
    page.get_by_label("다운로드 사유").fill("분기 보고")
    with page.expect_download() as made:
        page.get_by_role("button", name="PDF").click()
    said = pdf_words(made.value.path().read_bytes(), folder)
    assert "문서번호 여성가족과-" in said
    assert "한빛구" in said
    assert HOME not in said
    with page.expect_download() as made:
        page.get_by_role("button", name="HWPX").click()
    tables = hwpx_tables(made.value.path().read_bytes(), folder)
    ((name, *counts),) = next(table[1:] for table in tables if table[0][1].startswith("측정"))
    full, quick, by_instrument, by_eye, imported, uncounted = map(int, counts)
    assert (name, full, quick, by_instrument, imported) == ("한빛구", 0, 0, 2, 0)
    assert by_eye + uncounted == 2, "one by eye, and one that nobody confirmed"
