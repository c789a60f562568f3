"""The registers of the office in a real Chromium: found by words, changed and taken back, with what was done beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, expect

from server.config.settings import Settings
from server.interface.fields import Role
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.people import auth
from server.places import facilities
from sweep.report import LocalText
from tests.server.conftest import PASSWORD, QUICK_HASH, Site, running
from tests.web.conftest import OpenPhone, Phone

pytestmark = pytest.mark.browser
WIDE: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900},
    "is_mobile": False,
    "has_touch": False,
    "device_scale_factor": 1,
}
PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("officer", "담당-77", "district_officer"),
    ("kim", "점검자-07", "inspector"),
    ("lee", "점검자-08", "inspector"),
    ("choi", "점검자-09", "inspector"),
)


@pytest.fixture(scope="module")
def door(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with an officer, inspectors, and facilities of which two may be one."""
    folder = tmp_path_factory.mktemp("registers")
    with running(Settings(data_dir=folder, port=0, public_url="https://ansim.example.kr")) as server:
        tenant = server.services.settings.tenant
        with server.db.write() as connection:
            for username, name, role in PEOPLE:
                auth.create_user(
                    connection,
                    username=username,
                    display_name=name,
                    role=role,
                    password=QUICK_HASH,
                    actor="test",
                    district_id=tenant,
                    is_demonstration=role == "district_officer",
                )
            auth.create_user(
                connection,
                username="root-admin",
                display_name="관리자-77",
                role="admin",
                password=QUICK_HASH,
                actor="test",
                is_demonstration=True,
            )
            for name, address in (
                ("한빛근린공원 화장실", "서울특별시 한빛구 한빛로 12"),
                ("한빛근린공원화장실", "서울시 한빛구 한빛로12"),
                ("솔밭시장", "한빛구 솔밭길 3"),
            ):
                text = LocalText(ko=name, en=name)
                wanted = FacilityRequest(name=text, address=address)
                facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=tenant)
                _add_rooms(connection, facility_id)
        yield server


def _add_rooms(connection: Any, facility_id: UUID) -> None:
    for name in ("1층 남", "1층 여"):
        room = RoomRequest(name=LocalText(ko=name, en=name), kind="restroom")
        facilities.add_room(connection, facility_id, room, actor="test")


def _desk(open_phone: OpenPhone, door: Site, page: str, username: str = "officer", **modes: Any) -> Phone:
    desk = open_phone(door.url, **(modes or WIDE))
    desk.ask("/api/login", {"username": username, "password": PASSWORD})
    desk.open(f"#/desk/{page}")
    return desk


def _row(desk: Phone, text: str) -> Locator:
    return desk.page.locator("main [data-row]").filter(has_text=text)


def _open(desk: Phone, text: str) -> Locator:
    """The panel of a row, opened as a keyboard does: to the search, to the row, in."""
    page = desk.page
    expect(_row(desk, text).first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()
    page.keyboard.type(text)
    expect(page.locator("main [data-row]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox").first).to_have_value(text)
    page.keyboard.press("j")
    expect(_row(desk, text)).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="고른 줄")
    expect(panel.get_by_role("heading", level=2).first).to_be_visible()
    return panel


def test_an_account_from_its_invitation_to_a_lost_phone_and_back(open_phone: OpenPhone, door: Site) -> None:
    desk = _desk(open_phone, door, "accounts")
    page = desk.page
    page.get_by_role("button", name="계정 만들기").click()
    page.get_by_label("아이디", exact=True).fill("park")
    page.get_by_label("표시 이름(실명 없이)").fill("점검자-21")
    assert desk.violations() == []
    desk.shoot("accounts-invite-1440x900", full=False)
    page.get_by_role("button", name="만들기", exact=True).click()
    told = page.get_by_role("region", name="점검자-21에게 전할 것")
    expect(told.locator("dd")).to_have_count(2)
    assert desk.violations() == []
    told.get_by_role("button", name="전했습니다").click()
    expect(told).to_have_count(0)

    panel = _open(desk, "점검자-07")
    expect(panel).to_contain_text("기록상 번호")
    panel.get_by_role("button", name="분실 처리", exact=True).click()
    expect(panel.get_by_role("button", name="분실 처리하기")).to_be_disabled()  # nothing is chosen beforehand
    panel.get_by_role("radio", name=re.compile("^휴대전화")).check()
    assert desk.violations() == []
    desk.shoot("accounts-lost-1440x900", full=False)
    panel.get_by_role("button", name="분실 처리하기").click()
    expect(page.get_by_text("점검자-07: 휴대전화 분실 처리.")).to_be_visible()
    expect(page.get_by_role("region", name="점검자-07에게 전할 것").locator("dd")).to_have_count(2)
    expect(panel.get_by_role("listitem").filter(has_text="분실 처리").first).to_contain_text("휴대전화")
    expect(_row(desk, "점검자-07")).to_contain_text("첫 로그인 전")
    page.get_by_role("button", name="전했습니다").click()

    panel.get_by_role("button", name="사용 중지", exact=True).click()
    panel.get_by_role("button", name="사용 중지하기").click()
    expect(page.get_by_text("점검자-07: 사용을 중지했습니다.")).to_be_visible()
    page.get_by_role("button", name="되돌리기").click()
    expect(page.get_by_text("되돌렸습니다.")).to_be_visible()
    expect(page.get_by_role("region", name="점검자-07에게 전할 것")).to_be_visible()
    expect(panel.get_by_role("listitem").filter(has_text="다시 사용").first).to_be_visible()
    desk.shoot("accounts-1440x900", full=False)


def test_facilities_are_renamed_marked_joined_and_parted(open_phone: OpenPhone, door: Site) -> None:
    desk = _desk(open_phone, door, "facilities")
    page = desk.page
    panel = _open(desk, "솔밭시장")
    panel.get_by_role("button", name="이름·주소 변경").click()
    panel.get_by_label("이름", exact=True).fill("솔밭전통시장")
    panel.get_by_role("button", name="저장").click()
    expect(page.get_by_text("솔밭전통시장: 저장했습니다.")).to_be_visible()
    expect(panel.get_by_text("솔밭시장 → 솔밭전통시장")).to_be_visible()
    page.get_by_role("button", name="되돌리기").click()
    expect(panel.get_by_text("솔밭전통시장 → 솔밭시장")).to_be_visible()
    panel.get_by_role("button", name="특별관리구역 지정").first.click()
    panel.get_by_role("button", name="특별관리구역 지정").last.click()
    expect(_row(desk, "솔밭시장")).to_contain_text("특별관리구역")
    assert desk.violations() == []
    desk.shoot("facilities-1440x900", full=False)

    page.get_by_role("searchbox").first.fill("")
    panel = _open(desk, "한빛근린공원화장실")
    panel.get_by_role("button", name="합치기", exact=True).first.click()
    into = panel.get_by_role("combobox", name="어디에")
    into.select_option(label="한빛근린공원 화장실 · 서울특별시 한빛구 한빛로 12")
    assert desk.violations() == []
    desk.shoot("facilities-join-1440x900", full=False)
    panel.get_by_role("button", name="합치기", exact=True).last.click()
    expect(page.get_by_text("한빛근린공원화장실: 한빛근린공원 화장실에 합쳤습니다.")).to_be_visible()
    expect(panel.get_by_text("→ 한빛근린공원 화장실")).to_be_visible()
    page.get_by_role("button", name="되돌리기", exact=True).click()
    expect(page.get_by_text("되돌렸습니다.")).to_be_visible()
    expect(panel.get_by_role("listitem").filter(has_text="합치기 되돌림")).to_have_count(1)

    page.get_by_role("searchbox").first.fill("")
    page.get_by_role("button", name="시설 추가").click()
    page.get_by_label("이름", exact=True).fill("새싹공원")
    page.get_by_label("주소", exact=True).fill("한빛구 새싹길 1")
    page.get_by_role("button", name="추가", exact=True).click()
    expect(_row(desk, "새싹공원")).to_have_count(1)
    page.get_by_role("button", name="되돌리기").click()
    expect(_row(desk, "새싹공원")).to_have_count(0)
    page.get_by_role("combobox", name="보기").select_option("폐쇄·합침 포함")
    expect(_row(desk, "새싹공원")).to_contain_text("폐쇄")


def test_what_is_taken_back_is_what_was_done_though_another_row_stands_open(open_phone: OpenPhone, door: Site) -> None:
    desk = _desk(open_phone, door, "facilities")
    page = desk.page
    panel = _open(desk, "솔밭시장")
    panel.get_by_role("button", name="이름·주소 변경").click()
    panel.get_by_label("이름", exact=True).fill("솔밭장터")
    panel.get_by_role("button", name="저장").click()
    expect(page.get_by_text("솔밭장터: 저장했습니다.")).to_be_visible()
    page.get_by_role("searchbox").first.fill("")
    _row(desk, "한빛근린공원 화장실").click()
    other = page.get_by_role("region", name="고른 줄")
    expect(other.get_by_role("heading", level=2).first).to_have_text("한빛근린공원 화장실")
    page.get_by_role("button", name="되돌리기", exact=True).click()
    expect(page.get_by_text("되돌렸습니다.")).to_be_visible()
    expect(other.get_by_role("heading", level=2).first).to_have_text("한빛근린공원 화장실")
    page.get_by_role("searchbox").first.fill("")
    expect(_row(desk, "솔밭시장")).to_have_count(1)
    expect(_row(desk, "한빛근린공원 화장실")).to_have_count(1)

    desk.open("#/desk/accounts")
    panel = _open(desk, "점검자-09")
    panel.get_by_role("button", name="사용 중지", exact=True).click()
    panel.get_by_role("button", name="사용 중지하기").click()
    expect(page.get_by_text("점검자-09: 사용을 중지했습니다.")).to_be_visible()
    page.get_by_role("searchbox").first.fill("")
    _open(desk, "점검자-08")
    page.get_by_role("button", name="되돌리기", exact=True).click()
    expect(page.get_by_role("region", name="점검자-09에게 전할 것")).to_be_visible()
    page.get_by_role("button", name="전했습니다").click()


def test_rooms_get_a_basis_and_stickers_on_one_sheet(open_phone: OpenPhone, door: Site) -> None:
    desk = _desk(open_phone, door, "register")
    page = desk.page
    panel = _open(desk, "솔밭시장 · 1층 남")
    panel.get_by_role("button", name="점검 근거 기록").click()
    panel.get_by_label("조항·문서").fill("공중화장실 등에 관한 법률 제12조")
    assert desk.violations() == []
    panel.get_by_role("button", name="저장").click()
    expect(_row(desk, "솔밭시장 · 1층 남")).to_contain_text("법률")
    expect(panel.get_by_role("listitem").filter(has_text="점검 근거 기록")).to_contain_text("법률")
    desk.shoot("register-1440x900", full=False)

    page.get_by_role("searchbox").first.fill("")
    page.get_by_role("combobox", name="보기").select_option("스티커 없는 방")
    rows = page.locator("main [data-row]")
    expect(rows.nth(1)).to_be_visible()
    page.get_by_role("button", name="모두 고르기").click()
    button = page.get_by_role("button", name=re.compile(r"^스티커 인쇄\([1-9]"))
    expect(button).to_be_visible()
    many = int(re.sub(r"\D", "", button.inner_text()))
    page.get_by_role("checkbox", checked=True).first.uncheck()
    page.get_by_role("button", name=f"스티커 인쇄({many - 1})").click()
    assert desk.violations() == []
    desk.shoot("stickers-1440x900", full=False)
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF 만들기").click()
    assert download.value.path().read_bytes()[:5] == b"%PDF-"
    expect(page.get_by_text(f"스티커 {many - 1}장을 만들었습니다.")).to_be_visible()
    expect(rows).to_have_count(1)


def test_pairs_are_picked_from_a_list(open_phone: OpenPhone, door: Site) -> None:
    desk = _desk(open_phone, door, "pairs")
    page = desk.page
    page.get_by_role("button", name="조 만들기").click()
    page.get_by_role("combobox", name="첫째 점검자").select_option("lee")
    second = page.get_by_role("combobox", name="둘째 점검자")
    expect(second.locator("option[value=lee]")).to_have_count(0)
    second.select_option("choi")
    assert desk.violations() == []
    page.get_by_role("button", name="만들기", exact=True).click()
    panel = _open(desk, "점검자-08")
    panel.get_by_role("button", name="조 풀기").first.click()
    assert desk.violations() == []
    desk.shoot("pairs-1440x900", full=False)
    panel.get_by_role("button", name="조 풀기").last.click()
    expect(_row(desk, "점검자-08")).to_have_count(0)
    page.get_by_role("button", name="되돌리기").click()
    expect(_row(desk, "점검자-08")).to_have_count(1)


def test_rules_are_shown_with_their_bases(open_phone: OpenPhone, door: Site) -> None:
    desk = _desk(open_phone, door, "rules")
    panel = _open(desk, "법정 점검")
    expect(panel).to_contain_text("공중화장실 등에 관한 법률 제12조")
    expect(panel).to_contain_text("낮출 수 없습니다")
    assert desk.violations() == []
    desk.shoot("rules-1440x900", full=False)
    desk.page.get_by_role("searchbox").first.fill("")
    panel = _open(desk, "물체 사진")
    expect(panel).to_contain_text("180일")


def test_a_month_of_the_access_log_is_reviewed(open_phone: OpenPhone, door: Site) -> None:
    desk = _desk(open_phone, door, "access", "root-admin")
    page = desk.page
    expect(page.get_by_text("해당하는 것이 없습니다.")).to_be_visible()
    assert page.get_by_label("사유", exact=True).input_value() == "월간 점검"
    page.get_by_role("button", name="조회").click()
    panel = _open(desk, "접속 기록 열람")
    expect(panel).to_contain_text("관리자-77 (root-admin)")
    expect(panel).to_contain_text("127.0.0.1")
    assert desk.violations() == []
    desk.shoot("access-1440x900", full=False)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV 내려받기").click()
    assert "접속 기록 열람" in download.value.path().read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("page", ["accounts", "facilities", "register", "pairs", "rules"])
def test_registers_in_a_hand(open_phone: OpenPhone, door: Site, page: str) -> None:
    phone = _desk(open_phone, door, page, service_workers="block")
    expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
    phone.page.wait_for_load_state("networkidle")
    for language in ("ko", "en"):
        phone.set(language=language)
        rows = phone.page.locator("main [data-row]")
        expect(phone.page.get_by_role("searchbox").first).to_be_visible()
        assert phone.violations() == []
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if rows.count():
            rows.first.click()
            expect(phone.page.get_by_role("link", name=re.compile("^(뒤로|Back)"))).to_be_visible()
            expect(phone.page.locator("main h2").first).to_be_visible()
            assert phone.violations() == []
            assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            phone.shoot(f"{page}-one-412x915-{language}", full=False)
            phone.open(f"#/desk/{page}")
        phone.shoot(f"{page}-412x915-{language}", full=False)
