"""How many taps the ten commonest tasks take for each of the two persons, counted on the page.

Typing counts as the tap on its field; what the second person enters to be identified is counted with the rest.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sweep.report import StartCommand
from tests.web.conftest import OpenPhone, Phone
from tests.web.live_screen import end
from tests.web.probe import FakeProbe
from tests.web.site import REAL_PROBE_ID, Site
from tests.web.test_declare import PIN, set_pin

pytestmark = pytest.mark.browser

COUNT = (
    "window.taps = 0; addEventListener('click', e => { window.taps += e.isTrusted && e.detail > 0 ? 1 : 0; }, true);"
)
LIMITS = {"start": 3, "stop": 1, "resume": 1, "map": 1, "decide": 2, "export": 2}
MOST = 3
ASKED = "점검기가 시작 명령을 받기를 기다립니다."


def taps(page: Page) -> int:
    """Since the last asking; the page must not be loaded anew between two."""
    found = page.evaluate("() => { const was = window.taps; window.taps = 0; return was; }")
    return int(found)


def declare(page: Page) -> tuple[int, int]:
    """Two persons, each for himself: the second by a PIN. Returns the taps of each."""
    page.get_by_role("button", name="점검자-01 확인").click()
    first = taps(page)
    who, pin = page.get_by_label("본인 아이디 또는 배지 번호"), page.get_by_label("본인 PIN 6자리")
    if who.input_value() == "":
        who.click()
        who.fill("supervisor")
    pin.click()
    pin.fill(PIN)
    page.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click()
    return first, taps(page)


def only_the_live_probe(page: Page, url: str) -> None:
    """Another may still count as online from a test a moment ago."""
    known = page.request.get(f"{url}/api/probes").json()["probes"]
    mine = [{**one, "online": True, "state": "idle"} for one in known if one["probe_id"] == REAL_PROBE_ID]
    body = json.dumps({"probes": mine})

    def answer(route: Any) -> None:
        route.fulfill(status=200, content_type="application/json", body=body)

    page.route("**/api/probes", answer)


@pytest.mark.soak
def test_the_commonest_tasks_take_few_taps(open_phone: OpenPhone, site: Site, live_probe: FakeProbe) -> None:
    set_pin(site, "supervisor")
    phone: Phone = open_phone(site.url)
    page = phone.page
    phone.watch.allowed = ("Failed to load resource",)  # the sweep ends without an entry: its map is not there
    page.add_init_script(COUNT)
    phone.log_in()
    only_the_live_probe(page, site.url)
    taken: dict[str, tuple[int, int]] = {}
    taps(page)

    page.locator("a.room", has_text="남자 화장실 1층").first.click()
    page.get_by_role("button", name=re.compile("^동료 점검자-02님과 바로 시작")).click()
    expect(page.get_by_text(ASKED)).to_be_visible()
    start = live_probe.expect("start")
    assert isinstance(start, StartCommand)
    assert (start.mode, start.inspectors) == ("full", ("점검자-01", "점검자-02"))
    live_probe.state("waiting_for_empty")
    expect(page.get_by_role("heading", name="두 사람의 퇴실 확인")).to_be_visible()
    prepared = taps(page)
    first, second = declare(page)
    taken["start"] = prepared + first, second
    assert live_probe.expect_declaration() == ("점검자-01", "감독자-01")
    live_probe.state("running")

    page.get_by_role("button", name=re.compile("^소변기")).click()
    page.get_by_role("button", name="이 자리에서 측정").click()
    taken["stand"] = taps(page), 0
    live_probe.expect("position")
    page.get_by_role("button", name=re.compile("사람 들어옴")).click()
    taken["stop"] = taps(page), 0
    live_probe.expect("pause")
    live_probe.state("paused")
    page.get_by_role("button", name=re.compile("계속하기")).click()
    taken["resume"] = taps(page), 0
    live_probe.expect("resume")
    live_probe.state("waiting_for_empty")
    # After somebody came in both declare anew: the other one's name stands there, the PIN never.
    expect(page.get_by_label("본인 아이디 또는 배지 번호")).to_have_value("supervisor")
    expect(page.get_by_label("본인 PIN 6자리")).to_have_value("")
    taken["declare again"] = declare(page)
    live_probe.expect_declaration()
    live_probe.state("running")
    end(page, "여기까지 마치기")
    page.get_by_role("button", name="마치기", exact=True).click()
    taken["finish"] = taps(page), 0
    live_probe.expect("finish")
    live_probe.state("aborted")
    page.get_by_role("link", name="점검 지도 보기").click()
    taken["map"] = taps(page), 0

    # In the next room the button names who proved to be there, not whom the first start had named.
    phone.open(f"#/rooms/{site.suspected_room}")
    expect(page.get_by_role("button", name=re.compile("^동료 감독자-01님과 바로 시작"))).to_be_visible()
    assert phone.violations() == []
    phone.shoot("room-start-at-once", full=False)

    report = site.deliver("taps", candidate_zone="stall-2")
    phone.open(f"#/sweeps/{report.sweep_id}")
    page.get_by_role("button", name="확인할 곳 1: 2번 칸").click()
    sheet = page.get_by_role("dialog", name="확인할 곳 1")
    expect(sheet).to_contain_text("카메라로 볼 근거")
    taken["evidence"] = taps(page), 0
    sheet.get_by_role("radio", name=re.compile("카메라 아님")).click()
    sheet.get_by_role("button", name="판정 남기기").click()
    expect(sheet.get_by_text("판정을 기록했습니다.")).to_be_visible()
    taken["decide"] = taps(page), 0
    page.keyboard.press("Escape")
    page.get_by_role("link", name="내보내기").click()
    page.get_by_role("button", name="담당 부서 제출").click()
    taken["export"] = taps(page), 0
    expect(page.get_by_text("요청한 문서")).to_be_visible()

    print("taps of the first and of the second person:", taken)
    assert all(max(taken[task]) <= most for task, most in LIMITS.items()), taken
    assert all(max(each) <= MOST for each in taken.values()), taken


@pytest.mark.soak
def test_on_a_later_day_and_in_another_room_a_start_takes_no_more(
    open_phone: OpenPhone, site: Site, live_probe: FakeProbe
) -> None:
    set_pin(site, "supervisor")
    phone: Phone = open_phone(site.url)
    page = phone.page
    page.add_init_script(COUNT)
    phone.log_in(path=f"#/rooms/{site.suspected_room}/start")
    only_the_live_probe(page, site.url)
    page.get_by_label("점검자 2", exact=True).fill("감독자-01")
    page.get_by_role("radio", name=re.compile("^간이")).check()
    page.get_by_role("button", name="점검 준비").click()
    expect(page.get_by_text(ASKED)).to_be_visible()
    live_probe.expect("start")
    live_probe.state("aborted")

    page.clock.install(time=datetime.now(UTC) + timedelta(days=1))
    phone.open("#/rooms")
    page.reload()
    taps(page)
    page.locator("a.room", has_text="여자 화장실 1층").first.click()
    page.get_by_role("button", name=re.compile("^동료 감독자-01님과 바로 시작")).click()
    expect(page.get_by_text(ASKED)).to_be_visible()
    start = live_probe.expect("start")
    assert isinstance(start, StartCommand)
    assert (start.mode, start.inspectors) == ("full", ("점검자-01", "감독자-01")), "yesterday's quick one is over"
    live_probe.state("waiting_for_empty")
    expect(page.get_by_role("heading", name="두 사람의 퇴실 확인")).to_be_visible()
    assert page.get_by_label("본인 아이디 또는 배지 번호").input_value() == "", (
        "nor is anybody's name of yesterday kept"
    )
    prepared = taps(page)
    first, second = declare(page)
    assert prepared + first <= LIMITS["start"]
    assert second <= LIMITS["start"]
    live_probe.expect_declaration()
    live_probe.state("aborted")


@pytest.mark.soak
def test_the_form_starts_with_what_the_day_had(open_phone: OpenPhone, site: Site, live_probe: FakeProbe) -> None:
    phone: Phone = open_phone(site.url)
    page = phone.page
    phone.log_in()
    only_the_live_probe(page, site.url)
    phone.open(f"#/rooms/{site.suspected_room}/start")
    second = page.get_by_label("점검자 2", exact=True)
    expect(second).to_have_value("")
    second.fill("감독자-02")
    page.get_by_role("radio", name=re.compile("^간이")).check()
    page.get_by_role("button", name="점검 준비").click()
    expect(page.get_by_text(ASKED)).to_be_visible()
    live_probe.expect("start")
    live_probe.state("aborted")
    for username, proposed, mode in (("inspector", "감독자-02", "quick"), ("supervisor", "", "full")):
        phone.log_in(username, path=f"#/rooms/{site.suspected_room}/start")
        page.reload()
        expect(second).to_have_value(proposed)
        expect(page.locator(f"input[value={mode}]")).to_be_checked()
