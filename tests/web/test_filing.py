"""The desk's page of an office's documents in a real Chromium: their form, what was given, who follows whom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from server.config.settings import Settings
from server.people import auth
from server.store.schema import users
from tests.server.conftest import PASSWORD, QUICK_HASH, Site, running
from tests.waiting import wait_until
from tests.web.conftest import DESK, OpenPhone, Phone

pytestmark = pytest.mark.browser
PEOPLE = {
    "officer": ("district_officer", "구담당-77"),
    "leaver": ("inspector", "점검자-77"),
    "heir": ("inspector", "점검자-78"),
}


@pytest.fixture(scope="module")
def door(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a district officer and two inspectors."""
    with running(Settings(data_dir=tmp_path_factory.mktemp("office"), port=0)) as server:
        with server.db.write() as connection:
            for username, (role, name) in PEOPLE.items():
                auth.create_user(
                    connection,
                    username=username,
                    display_name=name,
                    role=role,  # type: ignore[arg-type]  # a role by its name
                    password=QUICK_HASH,
                    actor="test",
                    district_id=server.services.settings.tenant,
                )
            connection.execute(update(users).values(is_demonstration=True))
        yield server


def _opened(phone: Phone) -> Page:
    phone.ask("/api/login", {"username": "officer", "password": PASSWORD})
    phone.open("#/desk/filing")
    expect(phone.page.get_by_label("결재란 1")).to_have_value("담당")
    return phone.page


def test_an_office_says_how_its_documents_look_what_it_gave_away_and_who_follows_whom(
    open_phone: OpenPhone, door: Site
) -> None:
    desk = open_phone(door.url, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1)
    page = _opened(desk)
    page.get_by_label("결재란 2").fill("팀장")
    page.get_by_label("결재란 4").fill("국장")
    page.get_by_label("문서번호 앞에 둘 말").fill("여성가족과")
    page.get_by_role("checkbox", name="점검자 번호 옆에 성명 적기").check()
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.get_by_text("이제부터 만드는 문서에 쓰입니다")).to_be_visible()
    seen = page.request.get(f"{door.url}/api/office").json()
    assert seen["approval"] == ["담당", "팀장", "확인", "국장"]
    assert (seen["number_word"], seen["shows_names"]) == ("여성가족과", True)

    desk.unfold("문서에 적을 성명")
    page.get_by_role("button", name="성명 보기").click()
    page.get_by_label("점검자-77의 성명").fill("김점검")
    page.get_by_label("점검자-77의 성명").press("Enter")
    kept = [{"username": "leaver", "name": "김점검"}]
    wait_until(lambda: page.request.get(f"{door.url}/api/office/names").json()["people"] == kept, "the name is kept")
    page.get_by_role("button", name="지우기: 점검자-77").click()
    expect(page.get_by_text("점검자-77: 성명을 지웠습니다.")).to_be_visible()
    expect(page.get_by_label("점검자-77의 성명")).to_have_value("")

    desk.unfold("문서 등록대장")
    page.get_by_role("button", name="제공 기록", exact=True).click()
    for label, words in (
        ("문서번호 또는 자료", "여성가족과-1"),
        ("제공받는 자", "서울특별시 여성가족정책실"),
        ("제공 목적", "분기 보고"),
        ("제공 항목", "점검자 번호"),
    ):
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name="제공 기록", exact=True).click()
    line = page.get_by_role("listitem").filter(has_text="서울특별시 여성가족정책실")
    expect(line).to_contain_text("소관 업무")
    line.get_by_role("button", name="잘못 적음").click()
    expect(line).to_contain_text("기재 취소")
    assert desk.violations() == []
    desk.shoot("filing-desk")

    desk.unfold("업무 인수인계")
    page.get_by_role("combobox", name="넘기는 사람").select_option("leaver")
    page.get_by_role("combobox", name="받는 사람").select_option("heir")
    page.get_by_label("사유", exact=True).last.fill("인사 이동")
    page.get_by_role("button", name="넘기기", exact=True).click()
    expect(page.get_by_text("점검자-77의 업무를 점검자-78에게 넘깁니까?")).to_be_visible()
    assert desk.violations() == []
    page.get_by_role("button", name="예, 넘깁니다").click()
    expect(page.get_by_text("인수인계서를 받아 서명하십시오")).to_be_visible()
    page.get_by_text("점검자-77 → 점검자-78").click()
    with page.expect_download() as made:
        page.get_by_role("button", name="PDF").last.click()
    assert made.value.suggested_filename.startswith("handover_")


def test_the_page_in_a_hand(open_phone: OpenPhone, door: Site) -> None:
    phone = open_phone(door.url)
    page = _opened(phone)
    for title in ("문서 등록대장", "정보공개용 사본", "업무 인수인계"):
        phone.unfold(title)
    expect(page.get_by_role("button", name="PDF 만들기")).to_be_visible()
    assert phone.faults() == []
    phone.shoot("filing-phone")
