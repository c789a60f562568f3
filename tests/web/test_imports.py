"""Instruments, people and past inspections by lists in a real Chromium: looked at, asked about, applied, undone."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from tests.server.imports.files import workbook
from tests.web.conftest import OpenPhone, Phone
from tests.web.test_registers import WIDE

pytestmark = pytest.mark.browser
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FINDERS = (
    ("점검장비 보유현황", "", "", "", "", "", "", "", ""),
    ("구분", "제조사", "모델명", "제조번호", "보관자", "작동확인일", "유효기간", "확인기관", "쓰임"),
    ("렌즈 탐지기", "가상광학", "K18", "KX-0017", "", "2026-11-02", "2027-05-01", "한빛구청", "화장실"),
    ("열화상 카메라", "가상광학", "T3", "TX-31", "성춘향 주무관", "", "", "", "탈의실"),
    ("복합 탐지기", "가상전자", "NK", "NX-9", "", "", "", "", ""),
    ("합계", "", "", "", "", "", "", "", ""),
)
TEAM = (
    "연번,성명,이메일,역할,초기비번,연락처\n"
    "1,김도윤,doyun.kim@hanbit.example.kr,점검원,Hanbit#24,010-2345-6789\n"
    "2,박서연 팀장,seoyeon.park@hanbit.example.kr,점검반장,Hanbit#24,02-123-4567\n"
    "3,최지우,jiwoo.choi@hanbit.example.kr,감사자,Hanbit#24,\n"
    "4,정민서,minseo@hanbit.example.kr,관리자,Hanbit#24,\n"
)


@pytest.fixture
def officer(open_phone: OpenPhone, city: str) -> Phone:
    """The desk of a district's officer."""
    found = open_phone(city, **WIDE)
    found.log_in("officer-hanbit", path="#/desk/import")
    return found


def _look(page: Page, name: str, media_type: str, data: bytes) -> None:
    page.get_by_label("CSV·엑셀 파일").set_input_files({"name": name, "mimeType": media_type, "buffer": data})
    page.get_by_role("button", name="열 확인").click()


def test_instruments_come_in_by_a_workbook(officer: Phone) -> None:
    page = officer.page
    _look(page, "장비.xlsx", SHEET, workbook(FINDERS))
    expect(page.get_by_label("목록 종류")).to_have_value("instruments")
    expect(page.get_by_text("무엇인지 알 수 없는 열 1개를 고르십시오.")).to_be_visible()
    kinds = page.get_by_label("목록 종류").get_by_role("option")
    expect(kinds).to_have_text(["고르십시오", "지난 점검", "화장실·탈의실", "시설", "점검 장비", "사람(계정)"])
    page.get_by_label("쓰임", exact=True).select_option("left_out")
    officer.shoot("import-instruments-columns", full=False)
    page.get_by_role("button", name="전체 행 검사").click()
    phrases = page.get_by_role("region", name="한 번에 답할 말")
    expect(phrases.get_by_label("장비 종류: 복합 탐지기")).to_have_value("")
    page.get_by_role("button", name="전체 행 검사").click()
    expect(page.get_by_text("보관자가 이 구의 계정과 맞지 않습니다").first).to_be_visible()
    expect(page.get_by_text("장비 종류를 알 수 없습니다").first).to_be_visible()
    page.get_by_role("button", name="적용하기").click()
    expect(page.get_by_text("적용됨")).to_be_visible()
    imager = page.get_by_role("listitem").filter(has_text="TX-31").first
    expect(imager.get_by_role("button")).to_have_text(["새로 등록", "그대로 두기"])
    assert "성춘향" not in page.content()
    imager.get_by_role("button", name="새로 등록").click()
    expect(imager.get_by_text("새로 등록 · ")).to_be_visible()
    officer.shoot("import-instruments-applied", full=False)
    where = page.url
    officer.open("#/desk/instruments")
    expect(page.get_by_text("KX-0017")).to_be_visible()
    expect(page.get_by_text("TX-31")).to_be_visible()
    page.goto(where)
    page.get_by_role("button", name="통째로 되돌리기").click()
    expect(page.get_by_text("되돌림", exact=True)).to_be_visible()
    officer.open("#/desk/instruments")
    expect(page.get_by_role("heading", level=1, name="점검 장비")).to_be_visible()
    expect(page.get_by_text("KX-0017")).to_have_count(0)


def test_people_come_in_without_names_and_passwords(officer: Phone) -> None:
    page = officer.page
    _look(page, "명단.csv", "text/csv", TEAM.encode("cp949"))
    expect(page.get_by_label("목록 종류")).to_have_value("people")
    expect(page.get_by_text("가져오지 않음(비밀번호)")).to_be_visible()
    expect(page.get_by_text("박○○○○○")).to_be_visible()
    officer.shoot("import-people-columns", full=False)
    page.get_by_role("button", name="전체 행 검사").click()
    expect(page.get_by_text("초대하는 사람이 줄 수 없는 역할입니다")).to_be_visible()
    expect(page.get_by_text("역할을 알 수 없습니다").first).to_be_visible()
    assert not any(secret in page.content() for secret in ("김도윤", "Hanbit#24", "2345-6789"))
    page.get_by_role("button", name="적용하기").click()
    expect(page.get_by_text("적용됨")).to_be_visible()
    expect(page.get_by_text("비밀번호는 목록으로 주지 않습니다")).to_be_visible()
    officer.shoot("import-people-applied", full=False)
    where = page.url
    page.get_by_role("main").get_by_role("link", name="계정 화면").click()
    page.get_by_label("아이디, 표시 이름, 역할").fill("doyun")
    expect(page.get_by_role("link", name="doyun.kim")).to_contain_text("첫 로그인 전")
    page.goto(where)
    page.get_by_role("button", name="통째로 되돌리기").click()
    expect(page.get_by_text("되돌림", exact=True)).to_be_visible()
    officer.open("#/desk/accounts/doyun.kim")
    expect(page.get_by_role("region", name="점검자-").get_by_text("사용 중지").first).to_be_visible()


def test_a_past_inspection_comes_in_is_cited_and_goes_again(officer: Phone, city: str) -> None:
    page = officer.page
    rooms = page.request.get(f"{city}/api/rooms?limit=200").json()["rooms"]
    names = Counter(one["facility_name"]["ko"] for one in rooms)
    room = next(one for one in rooms if names[one["facility_name"]["ko"]] == 2)
    where = f"{room['facility_name']['ko']},{room['room_name']['ko']}"
    data = (
        "점검일시,시설명,세부위치,점검방법,점검결과,문서번호,점검자,비고\n"
        f"2025-03-07 14:30,{where},렌즈탐지기,이상없음,점검-11,홍길동·김철수,조용히\n"
        f"25.3.8,{where},육안,이상없음,점검-12,홍길동,\n"
        f"2025-03-09,{where},육안,발견,점검-13,홍길동,\n"
    )
    _look(page, "점검대장.csv", "text/csv", data.encode("cp949"))
    expect(page.get_by_label("목록 종류")).to_have_value("inspections")
    expect(page.get_by_text("홍○○·김○○")).to_be_visible()
    expect(page.get_by_role("cell", name="이상없음").first).to_be_visible()
    officer.shoot("import-past-columns", full=False)
    page.get_by_role("button", name="전체 행 검사").click()
    expect(page.get_by_text("연도가 두 자리입니다").first).to_be_visible()
    expect(page.get_by_text("결과에 발견이나 의심이 적혀 있습니다").first).to_be_visible()
    page.get_by_role("button", name="적용하기").click()
    expect(page.get_by_text("적용됨")).to_be_visible()
    officer.shoot("import-past-applied", full=False)
    imported = page.url
    officer.open(f"#/desk/rooms/{room['room_id']}")
    visit = page.locator(".visit").filter(has_text="가져온 기록")
    expect(visit).to_have_count(1)
    expect(visit).to_contain_text("가져온 기록(장비 측정기록 없음)")
    expect(visit).to_contain_text("특이사항 없음(육안·탐지기)")
    officer.shoot("history-imported", full=False)
    visit.get_by_role("link", name="원본 문서번호 적기").click()
    expect(page.get_by_role("heading", name="가져온 기록(장비 측정기록 없음)")).to_be_visible()
    expect(page.get_by_text("원본 문서를 확인하지 않아 어떤 점검 의무도 채우지 않습니다.")).to_be_visible()
    assert not any(name in page.content() for name in ("홍길동", "김철수"))
    page.get_by_role("button", name="원본 문서번호 적기").click()
    page.get_by_label("원본 문서번호").fill("환경과-2025-77")
    page.get_by_role("button", name="서명하여 기록").click()
    expect(page.get_by_text("원본 환경과-2025-77 확인")).to_be_visible()
    officer.shoot("imported-cited", full=False)
    page.goto(imported)
    page.get_by_role("button", name="통째로 되돌리기").click()
    expect(page.get_by_text("되돌림", exact=True)).to_be_visible()
    officer.open(f"#/desk/rooms/{room['room_id']}")
    expect(page.locator("#visits-title")).to_be_visible()
    expect(page.locator(".visit").filter(has_text="가져온 기록")).to_have_count(0)


ROOMS = (
    "공공청사 화장실 칸수 조사,,,,\n"
    ",,,,단위: 칸\n"
    "층,건물,성별,대변기,소변기\n"
    "1층,두물누리관,신사,3,4\n"
    "1층,,숙녀,5,0\n"
    "2층,,신사,2,3\n"
    "2층,,아주머니,4,0\n"
    "1층,은빛나래센터,남,2,2\n"
    "1층,은빛나래센터,아주머니,3,0\n"
)


def test_a_phrase_is_answered_once_for_all_of_its_rows(officer: Phone) -> None:
    page = officer.page
    _look(page, "청사.csv", "text/csv", ROOMS.encode("cp949"))
    page.get_by_label("목록 종류").select_option("rooms")
    page.get_by_label("건물", exact=True).select_option("name")
    page.get_by_role("button", name="전체 행 검사").click()
    phrases = page.get_by_role("region", name="한 번에 답할 말 4개")
    expect(phrases.get_by_role("row").filter(has_text="은빛나래센터")).to_contain_text("2 (8, 9행)")
    expect(phrases.get_by_role("row").filter(has_text="(빈칸)")).to_contain_text("3 (5, 6, 7행)")
    phrases.get_by_label("시설명: (빈칸)").select_option("as_above")
    phrases.get_by_label("시설명: 두물누리관").select_option("new")
    phrases.get_by_label("시설명: 은빛나래센터").select_option("new")
    phrases.get_by_label("남녀 구분: 아주머니").select_option("men")
    officer.shoot("import-phrases", full=False)
    page.get_by_role("button", name="전체 행 검사").click()
    page.get_by_role("button", name="열과 말의 답 바꾸기").click()
    answered = page.get_by_label("남녀 구분: 아주머니")
    expect(answered).to_have_value("men")
    answered.select_option("women")
    page.get_by_role("button", name="전체 행 검사").click()
    expect(page.get_by_text("담당자의 답대로 읽은 말이 있습니다")).to_be_visible()
    expect(page.get_by_role("heading", name="사람이 정할 것")).to_have_count(0)
    officer.shoot("import-phrases-preview", full=False)
    page.get_by_role("button", name="적용하기").click()
    expect(page.get_by_text("적용됨")).to_be_visible()
    page.get_by_role("button", name="통째로 되돌리기").click()
    expect(page.get_by_text("되돌림", exact=True)).to_be_visible()
