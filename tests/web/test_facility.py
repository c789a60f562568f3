"""People of facilities on the page: the cleaner's daily look in three taps, and what an owner gets to see."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPhone, Phone

pytestmark = pytest.mark.browser


@pytest.fixture
def cleaner(open_phone: OpenPhone, city: str) -> Phone:
    found = open_phone(city)
    found.log_in("cleaner")
    return found


def test_a_cleaner_writes_down_the_daily_look_in_three_taps(cleaner: Phone) -> None:
    page = cleaner.page
    expect(page.get_by_role("heading", level=1)).to_have_text("오늘 확인할 곳")
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("link", name="설정")).to_have_count(0)
    rooms = page.locator("a.room")
    name = rooms.first.locator("strong").inner_text()
    assert cleaner.violations() == []
    cleaner.shoot("cleaner")
    rooms.first.tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_text("이상 없음").tap()
    assert cleaner.violations() == []
    cleaner.shoot("cleaner-look")
    page.get_by_role("button", name="기록하기").tap()
    expect(page.get_by_text(f"기록했습니다: {name}")).to_be_visible()
    expect(rooms.first).to_contain_text("오늘 살펴봄")
    cleaner.shoot("cleaner-done")
    page.reload()
    expect(rooms.first).to_contain_text("오늘 살펴봄")
    expect(rooms.nth(1)).not_to_contain_text("오늘 살펴봄")


def test_what_is_strange_is_told_in_words_and_nothing_comes_back(cleaner: Phone, city: str) -> None:
    cleaner.watch.allowed = ("status of 400",)
    page = cleaner.page
    page.locator("a.room").nth(1).tap()
    submit = page.get_by_role("button", name="기록하기")
    expect(submit).to_be_disabled()
    page.get_by_text("이상한 것이 있음").tap()
    strange = page.get_by_label("무엇이 어디에 있습니까")
    strange.fill("https://example.com/clip")
    submit.tap()
    expect(page.locator(".field-error")).to_be_visible()
    expect(strange).to_have_value("https://example.com/clip")
    strange.fill("셋째 칸 휴지걸이 위에 작은 구멍")
    cleaner.shoot("cleaner-strange")
    submit.tap()
    expect(page.get_by_text(re.compile("점검자 두 사람이 살펴봅니다"))).to_be_visible()
    answer = page.request.get(f"{city}/api/facility/rooms").json()
    assert {key for room in answer["rooms"] for key in room} == {
        "room_id",
        "facility_name",
        "room_name",
        "last_checked",
        "agency",
    }


def test_a_sticker_leads_its_cleaner_to_the_look(cleaner: Phone) -> None:
    page = cleaner.page
    room = page.locator("a.room").first
    link, name = room.get_attribute("href"), room.locator("strong").inner_text()
    cleaner.open(str(link))  # where the sticker of the room leads: tests/server/public_page
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    cleaner.open("#/own/0190a000-0000-7000-8000-000000000000")
    expect(page.get_by_text("이 계정의 방이 아닙니다.")).to_be_visible()
    page.get_by_role("button", name="English").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today's look")
    page.get_by_role("button", name="Log out").tap()
    expect(page.get_by_label("User name")).to_be_visible()


def test_an_owner_sees_days_of_checks_and_nothing_else(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    phone.log_in("owner")
    page = phone.page
    expect(page.get_by_role("heading", level=1)).to_have_text("우리 시설")
    expect(page.locator(".room").first).to_contain_text(re.compile("마지막 점검 20[0-9-]+ · "))
    expect(page.get_by_role("navigation")).to_have_count(0)
    words = page.locator("main").inner_text()
    assert not re.search("확인 건|확인할 곳|의심|육안|재점검|배정|예정|이상", words), words
    assert phone.violations() == []
    phone.shoot("owner")
    for path in ("#/desk", "#/exports", "#/live", "#/own/0190a000-0000-7000-8000-000000000000"):
        phone.open(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("우리 시설")
    page.get_by_role("link", name="설정").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("설정")
    page.get_by_role("link", name="뒤로").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("우리 시설")
