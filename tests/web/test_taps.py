"""How many taps the commonest tasks take, counted on the page: start, stop, resume, map.

Typing counts as the tap on its field.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPhone, Phone
from tests.web.probe import FakeProbe
from tests.web.site import PASSWORD, REAL_PROBE_ID, Site

pytestmark = pytest.mark.browser

COUNT = (
    "window.taps = 0; addEventListener('click', e => { window.taps += e.isTrusted && e.detail > 0 ? 1 : 0; }, true);"
)


def taps(page: Page) -> int:
    """Since the last asking; the page must not be loaded anew between two."""
    found = page.evaluate("() => { const was = window.taps; window.taps = 0; return was; }")
    return int(found)


def declare(page: Page) -> None:
    """Two persons, the second with user name and password of their own."""
    page.get_by_role("button", name=re.compile("점검자-01 확인")).click()
    page.get_by_role("radio", name="비밀번호").click()
    for label, said in (("본인 아이디", "supervisor"), ("본인 비밀번호", PASSWORD)):
        page.get_by_label(label).click()
        page.get_by_label(label).fill(said)
    page.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click()


def test_start_stop_resume_and_map_take_few_taps(open_phone: OpenPhone, site: Site, live_probe: FakeProbe) -> None:
    phone: Phone = open_phone(site.url)
    page = phone.page
    phone.watch.allowed = ("Failed to load resource",)  # the sweep ends without an entry: its map is not there
    page.add_init_script(COUNT)
    phone.log_in()
    taps(page)
    page.locator("a.room", has_text="남자 화장실 1층").first.click()
    page.get_by_role("link", name="점검 시작").click()
    radio = page.get_by_role("radio", name=re.compile(REAL_PROBE_ID))
    expect(radio).to_be_enabled()
    if not radio.is_checked():
        radio.click()
    page.get_by_role("button", name=re.compile("고르기$")).first.click()
    page.get_by_role("button", name="점검 준비").click()
    live_probe.expect("start")
    live_probe.state("waiting_for_empty")
    expect(page.get_by_role("heading", name="비었는지 두 사람이 확인")).to_be_visible()
    start = taps(page)
    declare(page)
    identified = taps(page)
    live_probe.expect("declare_empty")
    live_probe.state("running")

    page.get_by_role("button", name=re.compile("사람 들어옴")).click()
    stop = taps(page)
    live_probe.expect("pause")
    live_probe.state("paused")
    page.get_by_role("button", name=re.compile("계속하기")).click()
    resume = taps(page)
    live_probe.expect("resume")
    live_probe.state("aborted")
    page.get_by_role("link", name="점검 지도 보기").click()
    sweep_map = taps(page)
    print(
        f"taps: start {start}, both identified and declared {identified}, stop {stop}, resume {resume}, map {sweep_map}"
    )
    assert start <= 5
    assert identified <= 5
    assert stop == 1
    assert resume == 1
    assert sweep_map == 1
