"""A live view that is dead, unfinished or faster than the clock says so: and the way back from a dead one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect

from sweep.report.words import words_of
from sweep.wifi.words import response_test_event
from tests.web.conftest import OpenPhone, Phone
from tests.web.live_screen import commands, pulled, pushed
from tests.web.probe import FakeProbe
from tests.web.relay import Network
from tests.web.site import PROBE_ID, Site, running_site, serving
from tests.web.test_by_ear import press_start
from tests.web.test_live_room import progress
from tests.web.test_response_test import ZONE
from tests.web.test_start import choose_probe

pytestmark = pytest.mark.browser


@pytest.fixture
def network() -> Iterator[Network]:
    """Leads to no server yet."""
    made = Network(0)
    yield made
    made.cut()


@pytest.mark.soak
def test_after_a_restart_the_page_tells_what_it_knows(
    open_phone: OpenPhone,
    network: Network,
    built_page: None,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "site"
    with running_site(folder) as site:
        network.lead_to(int(site.url.rpartition(":")[2]))
        address = f"http://127.0.0.1:{network.port}"
        phone, second = open_phone(address), open_phone(address)
        for one in (phone, second):
            one.watch.allowed = ("ERR_", "Failed to load resource")
        probe = FakeProbe(site.url, PROBE_ID, site.demo)
        probe.state("idle")
        phone.log_in(path=f"#/rooms/{site.suspected_room}/start")
        page = phone.page
        choose_probe(page)
        page.get_by_role("button", name="점검자-02 고르기").click()
        page.get_by_role("button", name="점검 준비").click()
        probe.expect("start")
        probe.state("running")
        probe.measure(2)
        expect(page.get_by_text("3번 칸 · 와이파이")).to_be_visible()
        second.log_in("supervisor", path=f"#/live/{PROBE_ID}")
        expect(second.page.get_by_text("3번 칸 · 와이파이")).to_be_visible()
        probe.close()

    # The server is gone: what was seen last stands there with its time, also after the page was opened again.
    expect(page.get_by_text(re.compile(r"지금 상태가 아닐 수 있음 · 마지막 연결 \d\d:\d\d"))).to_be_visible()
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("button", name=re.compile("^소변기")).click()
    page.get_by_role("button", name="이 자리에서 측정").click()
    stale = page.get_by_text("서버에 닿지 않습니다.")
    expect(stale).to_be_visible()
    with serving(folder) as url:
        network.lead_to(int(url.rpartition(":")[2]))
        page.reload()  # still without an answer of the server
        expect(page.locator(".caption")).to_have_text("3번 칸 · 와이파이")
        expect(pulled(page).locator(".tile.not_assessable")).not_to_have_count(0)
        pushed(page)
        expect(page.get_by_text(re.compile("마지막 연결 "))).to_be_visible()
        expect(page.get_by_role("note")).to_contain_text("실제 점검 아님")
        assert phone.violations() == []
        phone.shoot("live-without-server", full=False)
        page.unroute("**/api/**")
        # It is back and knows nothing of the sweep: so says the page, and keeps the stop.
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.get_by_text("서버가 다시 시작되어 점검기의 응답을 기다리고 있습니다.")).to_be_visible()
        expect(page.get_by_text("점검기가 시작 명령을 받기를 기다립니다.")).to_have_count(0)
        expect(stale).to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("^사람 들어옴|^사람 들어옴 – 즉시 중지"))).to_be_visible()
        assert phone.violations() == []
        # The probe goes on; a phone that never saw the plan names the zone all the same.
        again = FakeProbe(url, PROBE_ID, site.demo)
        again.start, again.sweep_id = probe.start, probe.sweep_id
        again.state("running")
        again.measure(2)
        expect(page.get_by_text("점검 중", exact=True).first).to_be_visible()
        expect(page.get_by_text("서버가 다시 시작되어")).to_have_count(0)
        second.page.evaluate("localStorage.clear()")
        second.page.reload()
        expect(second.page.get_by_text("3번 칸 · 와이파이")).to_be_visible()
        assert "stall-3" not in second.page.locator("body").inner_text()
        # The probe was switched on again: the sweep is gone, and a reload does not wait for its start.
        again.sweep_id = None
        again.state("idle")
        for _ in range(2):
            expect(page.get_by_text("이 점검은 더 이상 진행되고 있지 않습니다.")).to_be_visible()
            assert page.get_by_text("점검기가 시작 명령을").count() == 0
            page.reload()
        expect(page.get_by_role("link", name="다시 시작하기")).to_be_visible()
        assert phone.violations() == []
        phone.shoot("live-gone", full=False)
        again.close()


def test_a_page_that_could_not_load_comes_back_by_itself(phone: Phone, site: Site) -> None:
    phone.watch.allowed = ("ERR_", "Failed to load resource")
    phone.log_in(path="#/settings")
    page = phone.page
    expect(page.get_by_role("heading", level=1, name="설정")).to_be_visible()
    page.route("**/api/rooms*", lambda route: route.abort())
    phone.open("#/")
    expect(page.get_by_text("서버에 닿지 않습니다.")).to_be_visible()
    page.unroute("**/api/rooms*")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("a.room", has_text="남자 화장실 1층").first).to_be_visible()


def test_back_from_a_transmitter_is_the_finding(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    page = phone.page
    page.get_by_role("button", name="확인할 곳 1: 2번 칸").click()
    sheet = page.get_by_role("dialog", name="확인할 곳 1")
    for way in ("arrow", "gesture"):
        sheet.get_by_role("link", name="이 송신기 보기").first.click()
        expect(page.get_by_role("heading", level=1, name=re.compile("와이파이"))).to_be_visible()
        if way == "arrow":
            page.get_by_role("link", name="뒤로").click()
        else:
            page.go_back()
        expect(sheet).to_be_visible()
    assert UUID(page.url.rpartition("/")[2]) == site.finding_id
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page).to_have_url(re.compile(f"#/sweeps/{site.suspected_sweep}$"))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_zone_of_a_running_sweep_says_that_it_is_not_finished(
    live_phone: Phone, live_probe: FakeProbe, language: str
) -> None:
    """Until the report says which it is, no zone says as it would then that nothing was detected in it."""
    page, is_korean = live_phone.page, language == "ko"
    live_phone.set(language=language)
    live_probe.measure(4)
    labels = page.locator(".map-label-hit")
    end = getattr(words_of("zone")["nothing_detected"], language)
    so_far = f"지금까지 {end}" if is_korean else f"{end} so far"
    expect(labels.filter(has_text=so_far).first).to_be_attached()
    for label in labels.filter(has_text=end).all():
        assert so_far in label.inner_text()
    rows = pulled(page).get_by_role("region", name="구역별 진행" if is_korean else "Zones so far").get_by_role("row")
    cells = rows.filter(has_text=end).locator("td").filter(has_text=end)
    expect(cells.first).to_contain_text(so_far)
    assert all(so_far in one for one in cells.all_inner_texts())
    note = "끝나기 전까지 바뀔 수 있습니다" if is_korean else "all of it may still change"
    expect(page.get_by_text(note)).to_be_visible()
    assert live_phone.faults() == []
    live_phone.shoot(f"live-so-far-{language}", full=False)
    live_probe.finish()
    expect(labels.filter(has_text=end).first).to_be_attached()
    expect(page.get_by_text(so_far)).to_have_count(0)
    expect(page.get_by_text(note)).to_have_count(0)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_seconds_of_a_simulation_say_that_they_run_faster(
    open_phone: OpenPhone, site: Site, probe: FakeProbe, language: str
) -> None:
    phone = open_phone(site.url)
    phone.log_in(path=f"#/rooms/{site.suspected_room}/start")
    page = phone.page
    press_start(page, probe)
    phone.set(language=language)
    pace = page.locator(".caption").get_by_text("실제보다 빠르게 진행" if language == "ko" else "faster than the clock")
    probe.tell(progress("wifi"), response_test_event("light", ZONE, 30.0, 114.0))
    commands(page, "test")
    expect(page.locator(".seconds")).to_have_text(re.compile(r"^\d+ ?(초|s)$"))
    expect(pace).to_be_in_viewport(ratio=1)
    box = pace.bounding_box()
    assert box is not None and box["x"] + box["width"] <= 412
    assert phone.faults() == []
    phone.shoot(f"live-pace-{language}", full=False)
    probe.tell(response_test_event("light", ZONE, 47.0, 114.0, ended="decided"), progress(None, zone=None))
    expect(page.locator(".seconds")).to_have_text("")
    expect(pace).to_have_count(0)
    probe.state("aborted")
