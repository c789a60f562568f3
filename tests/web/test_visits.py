"""A room over its visits on the phone: two side by side, chosen by hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Phone
from tests.web.said import said
from tests.web.site import Site

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll('main a, main button, main select, main summary')]
    .filter(one => one.checkVisibility())
    .map(one => [one.getBoundingClientRect(), one])
    .filter(([box]) => box.width < 47.9 || box.height < 47.9)
    .map(([box, one]) => `${one.textContent.trim()}: ${box.width.toFixed(0)} x ${box.height.toFixed(0)}`)"""


def choose_two(phone: Phone, older: object, newer: object, *, language: str = "ko") -> None:
    page = phone.page
    page.get_by_label("이전 점검" if language == "ko" else "Earlier visit").select_option(value=str(older))
    page.get_by_label("나중 점검" if language == "ko" else "Later visit").select_option(value=str(newer))


def test_two_visits_side_by_side(phone: Phone, site: Site) -> None:
    found = site.deliver("side by side", candidate_zone="stall-2")
    phone.log_in("viewer", path=f"#/rooms/{site.suspected_room}")
    page = phone.page
    page.get_by_role("link", name="점검 두 건 비교").tap()
    expect(page.get_by_role("heading", level=1, name="점검 비교")).to_be_visible()
    choose_two(phone, site.real_sweep, found.sweep_id)
    spot = page.locator("li.noted.came")
    expect(spot).to_contain_text("새로 나타남 · 2번 칸")
    expect(spot.locator(".said")).to_have_text(said("finding", "to_inspect"))
    expect(page.get_by_text("시뮬레이션이나 재생이 섞여 있습니다", exact=False)).to_be_visible()
    row = page.get_by_role("row", name=re.compile("2번 칸"))
    expect(row).to_contain_text(said("zone", "to_inspect"))
    expect(row).to_contain_text("판정이 달라짐")
    expect(page.get_by_text(re.compile(r"처음 확인된 기기 \d+대 · 그대로 \d+대 · 없어짐 \d+대"))).to_be_visible()
    spot.get_by_role("link", name="나중 기록").tap()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_same_visit_twice_compares_nothing(phone: Phone, site: Site) -> None:
    phone.log_in("viewer", path=f"#/rooms/{site.suspected_room}/visits")
    choose_two(phone, site.real_sweep, site.real_sweep)
    expect(phone.page.get_by_text("서로 다른 점검 두 개를 고르십시오.")).to_be_visible()


def test_a_room_without_two_visits_says_so(phone: Phone, site: Site) -> None:
    phone.log_in("viewer", path=f"#/rooms/{site.untouched_room}/visits")
    expect(phone.page.get_by_text("보고서가 있는 점검이 두 번 이상 있어야 합니다", exact=False)).to_be_visible()


@pytest.mark.parametrize(
    ("language", "theme"),
    [
        ("ko", "dark"),
        ("en", "light"),
        pytest.param("ko", "light", marks=pytest.mark.soak),
        pytest.param("en", "dark", marks=pytest.mark.soak),
    ],
)
def test_the_comparison_on_a_phone(phone: Phone, site: Site, language: str, theme: str) -> None:
    phone.log_in("viewer", path=f"#/rooms/{site.suspected_room}/visits")
    phone.set(language=language, theme=theme)
    page = phone.page
    choose_two(phone, site.real_sweep, site.suspected_sweep, language=language)
    expect(page.locator("li.noted.came")).to_be_visible()
    page.locator("summary").last.tap()
    assert phone.violations() == []
    assert phone.small_texts() == []
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.shoot(f"visits-{language}-{theme}")
