"""Starting a sweep with gloves on: nothing to scroll for, nothing to type twice, nothing of the sweep before."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, Route, expect

from sweep.report import CommandEvent, new_id
from tests.report_factory import text
from tests.web.conftest import Phone
from tests.web.probe import FakeProbe
from tests.web.site import PROBE_ID, REAL_PROBE_ID, Site

pytestmark = pytest.mark.browser


def choose_probe(page: Page) -> None:
    """The demo probe, by hand: another may still count as online from a test a moment ago, and then none is chosen."""
    page.get_by_role("radio", name=re.compile(PROBE_ID)).check()


def start_by_touch(page: Page) -> None:
    page.get_by_role("link", name=re.compile(" 시작$")).click()
    choose_probe(page)
    page.get_by_role("button", name="점검자-02 고르기").click()
    page.get_by_role("button", name="점검 준비").click()


@pytest.mark.soak
def test_the_start_is_in_view_and_the_partner_one_touch_away(phone: Phone, site: Site, probe: FakeProbe) -> None:
    phone.log_in(path=f"#/rooms/{site.suspected_room}")
    page = phone.page
    start = page.get_by_role("link", name=re.compile(" 시작$"))
    expect(start).to_be_visible()
    box, menu = start.bounding_box(), page.get_by_role("navigation").bounding_box()
    assert box is not None
    assert menu is not None
    assert box["y"] + box["height"] <= menu["y"]
    start.click()
    prepare = page.get_by_role("button", name="점검 준비")
    before = prepare.bounding_box()
    partner = page.get_by_role("button", name="점검자-02 고르기")
    expect(page.get_by_label("점검자 2", exact=True)).to_have_value("")
    partner.click()
    expect(page.get_by_label("점검자 2", exact=True)).to_have_value("점검자-02")
    expect(partner).to_have_attribute("aria-pressed", "true")
    assert prepare.bounding_box() == before
    assert phone.violations() == []
    phone.shoot("start-partner", full=False)


def test_a_new_sweep_is_not_shown_as_the_one_before(phone: Phone, site: Site, probe: FakeProbe) -> None:
    probe.sweep_id = UUID("018f0000-0000-7000-8000-000000000001")
    probe.state("done")
    phone.log_in(path=f"#/rooms/{site.suspected_room}")
    page = phone.page
    start_by_touch(page)
    probe.expect("start")  # accepted: the probe has said nothing of its state yet
    expect(page.get_by_text("점검기가 시작 명령을 받기를 기다립니다.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("실시간 연결됨")).to_be_visible()
    expect(page.get_by_text("점검기가 시작 명령을 받기를 기다립니다.")).to_be_visible()
    assert page.get_by_text("점검 마침").count() == 0
    assert phone.violations() == []
    probe.state("waiting_for_empty")
    expect(page.get_by_role("button", name="점검자-02 확인")).to_be_visible()
    probe.state("aborted")


def test_a_refused_start_says_why_and_offers_another(phone: Phone, site: Site, probe: FakeProbe) -> None:
    phone.log_in(path=f"#/rooms/{site.suspected_room}")
    page = phone.page
    start_by_touch(page)
    probe.expect("start")
    words = text("배터리가 모자랍니다.", "The battery is low.")
    probe.tell(CommandEvent(type="command", command_id=new_id(), accepted=False, text=words))
    expect(page.get_by_text("점검기가 거절함: 배터리가 모자랍니다.")).to_be_visible()
    assert phone.violations() == []
    page.get_by_role("link", name="다시 시작하기").click()
    expect(page.get_by_role("heading", level=1, name="점검 시작")).to_be_visible()
    # Asked anew, the page waits for the probe: the refusal was of the sweep before, though the server replays it.
    choose_probe(page)
    page.get_by_role("button", name="점검자-02 고르기").click()
    page.get_by_role("button", name="점검 준비").click()
    expect(page.get_by_text("실시간 연결됨")).to_be_visible()
    expect(page.get_by_text("점검기가 시작 명령을 받기를 기다립니다.")).to_be_visible()
    assert page.get_by_text("점검기가 거절함").count() == 0
    probe.expect("start")


def test_a_second_probe_does_not_undo_the_choice(phone: Phone, site: Site, probe: FakeProbe) -> None:
    phone.log_in(path="#/live")
    page = phone.page
    known = page.request.get(f"{site.url}/api/probes").json()["probes"]
    online: set[str] = {PROBE_ID}

    def answer(route: Any) -> None:
        probes = [{**one, "online": one["probe_id"] in online, "state": "idle"} for one in known]
        route.fulfill(status=200, content_type="application/json", body=json.dumps({"probes": probes}))

    page.route("**/api/probes", answer)
    page.clock.install()
    phone.open(f"#/rooms/{site.suspected_room}/start")
    only = page.get_by_role("radio", name=re.compile(PROBE_ID))
    expect(only).to_be_checked()
    online.add(REAL_PROBE_ID)
    page.clock.run_for(6_000)
    expect(page.get_by_role("radio", name=re.compile(REAL_PROBE_ID))).to_be_enabled()
    expect(only).to_be_checked()
    page.clock.resume()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_start_with_the_colleague_lies_under_nothing_while_a_place_waits(
    phone: Phone, site: Site, language: str
) -> None:
    """What comes first is the place; who goes on with the same colleague finds that below it, without a scroll."""
    room = site.another_room()
    site.deliver("colleague", candidate_zone="stall-2", is_real=True, room_id=room.room_id)
    phone.log_in(path="#/settings")
    phone.set(language=language)
    phone.open(f"#/rooms/{room.room_id}")
    page = phone.page
    start = page.get_by_role("button", name=re.compile("^동료 점검자-02님과 바로 시작|^Start with"))
    expect(start).to_be_visible()
    expect(page.locator(".dock .primary")).to_have_count(1)
    assert page.evaluate("scrollY") == 0
    for one in (page.locator(".dock .primary"), start):
        reached = """one => [0.02, 0.5, 0.98].every(part => {
            const {left, top, width, height} = one.getBoundingClientRect();
            const at = document.elementFromPoint(left + width / 2, top + part * height);
            return height >= 48 && one.contains(at);
        })"""
        assert one.evaluate(reached), "its middle line is covered"
    assert phone.faults() == []
    phone.shoot(f"room-start-with-{language}", full=False)
    start.click()
    expect(page).to_have_url(re.compile("/start$|#/live"))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_probe_that_is_busy_is_said_to_be_so(phone: Phone, site: Site, probe: FakeProbe, language: str) -> None:
    def busy(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json=told | {"probes": [one | {"online": True, "state": "running"} for one in told["probes"]]})

    phone.page.route("**/api/probes", busy)
    phone.log_in(path="#/settings")
    phone.set(language=language)
    phone.open(f"#/rooms/{site.suspected_room}/start")
    words = "연결된 점검기가 다른 점검 중입니다." if language == "ko" else "The probe that is connected is busy"
    expect(phone.page.get_by_role("status").filter(has_text=words)).to_be_visible()
    assert phone.faults() == []
    phone.shoot(f"start-busy-{language}", full=False)
