"""Every screen of the page on a phone, in both languages and themes: what it says, and that it has no fault.

Screens of a running sweep, of a find and of the end of a visit are held to the same by their own tests.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web import air
from tests.web.conftest import OpenPhone
from tests.web.site import Site

pytestmark = pytest.mark.browser

LOOKS = [("ko", "light"), ("ko", "dark"), ("en", "light"), ("en", "dark")]


def now(*looks: tuple[str, str]) -> pytest.MarkDecorator:
    """These looks each time, the others in the long run."""
    every = [pytest.param(*look, marks=() if look in looks else pytest.mark.soak) for look in LOOKS]
    return pytest.mark.parametrize(("language", "theme"), every)


SCREENS = {
    "rooms": ("#/", "시설과 화장실", "Facilities and rooms"),
    "room": ("#/rooms/{room}", "남자 화장실 1층", "Men's restroom, 1F"),
    "empty-room": ("#/rooms/{untouched}", "여자 화장실 1층", "Women's restroom, 1F"),
    "start": ("#/rooms/{room}/start", "점검 시작", "Start a sweep"),
    "sweep": ("#/sweeps/{sweep}", "남자 화장실 1층", "Men's restroom, 1F"),
    "real-sweep": ("#/sweeps/{real}", "남자 화장실 1층", "Men's restroom, 1F"),
    "transmitter": (
        f"#/sweeps/{{sweep}}/transmitters/wifi-{air.KEY_ID}-{air.CAMERA_TAG}",
        "와이파이 송신기 0011",
        "Wi-Fi transmitter 0011",
    ),
    "ble-transmitter": (
        f"#/sweeps/{{sweep}}/transmitters/ble-{air.KEY_ID}-{air.HINT_TAG}",
        "블루투스 송신기 2200",
        "Bluetooth transmitter 2200",
    ),
    "live": ("#/live", "실시간 점검", "Live sweep"),
    "exports": ("#/exports", "점검일지 내보내기", "Export the inspection log"),
    "settings": ("#/settings", "설정", "Settings"),
    "unknown": ("#/nowhere", "안심 스윕", "Ansim Sweep"),
}

# In Korean and by day these have tests of their own.
MORE = {
    "plan": ("#/rooms/{room}/plan", "도면 수정", "Correct the plan"),
    "visits": ("#/rooms/{room}/visits", "점검 비교", "Visits side by side"),
    "practice": ("#/rooms/{room}/practice", "연습 점검", "Practice"),
    "account": ("#/settings/login", "로그인 방법", "Ways to log in"),
    "checks": ("#/settings/checks", "점검기 기준 점검", "Reference checks of probes"),
}


def address(site: Site, path: str) -> str:
    return path.format(
        room=site.suspected_room, untouched=site.untouched_room, sweep=site.suspected_sweep, real=site.real_sweep
    )


@now(("ko", "light"), ("en", "dark"))
def test_login_screen(open_phone: OpenPhone, site: Site, language: str, theme: str) -> None:
    phone = open_phone(site.url)
    phone.open()
    phone.set(language=language, theme=theme)
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("안심 스윕" if language == "ko" else "Ansim Sweep")
    assert phone.violations() == []
    phone.shoot(f"login-{language}-{theme}")


@now(("ko", "light"))
def test_screens(open_phone: OpenPhone, site: Site, language: str, theme: str) -> None:
    phone = open_phone(site.url)
    phone.log_in()
    phone.set(language=language, theme=theme)
    walked = SCREENS if (language, theme) == ("ko", "light") else SCREENS | MORE
    for name, (path, korean, english) in walked.items():
        phone.open(address(site, path))
        expect(phone.page.get_by_role("heading", level=1)).to_have_text(korean if language == "ko" else english)
        expect(phone.page.get_by_text("불러오는 중" if language == "ko" else "Loading", exact=True)).to_have_count(0)
        assert phone.page.locator("html").get_attribute("lang") == language
        assert phone.faults() == [], name
        phone.shoot(f"{name}-{language}-{theme}")


@now(("en", "dark"))
def test_sheets(open_phone: OpenPhone, site: Site, language: str, theme: str) -> None:
    phone = open_phone(site.url)
    phone.log_in()
    phone.set(language=language, theme=theme)
    phone.open(f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}")
    sheet = phone.page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    assert phone.faults() == []
    phone.shoot(f"finding-{language}-{theme}", full=False)
    sheet.get_by_role("button", name="사진 보기" if language == "ko" else "Show the picture").click()
    expect(sheet.locator("figure img")).to_be_visible()
    assert phone.violations() == []
    sheet.get_by_role(
        "heading", name="현장 판정" if language == "ko" else "Decision on site"
    ).scroll_into_view_if_needed()
    phone.shoot(f"finding-2-{language}-{theme}", full=False)
    phone.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    phone.page.locator(".map-label-hit").first.click()
    expect(sheet).to_be_visible()
    unheard = "이 장비로 들을 수 없는 채널: 6 GHz 59개" if language == "ko" else "cannot hear: 59 in 6 GHz"
    expect(sheet.get_by_text(unheard)).to_be_visible()
    assert phone.violations() == []
    phone.shoot(f"zone-{language}-{theme}", full=False)
