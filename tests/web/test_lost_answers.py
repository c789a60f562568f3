"""An answer that gets lost or comes late, and a phone that changes hands: each record is of its author and place."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.conftest import Phone
from tests.web.said import said
from tests.web.signing import draw_signature
from tests.web.site import PASSWORD, Site
from tests.web.test_outbox import DISPOSITIONS, OFFLINE, decide_offline, signed

pytestmark = pytest.mark.browser


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def all_fine(page: Page, name: str = "모두 이상 없음") -> None:
    """Call a whole zone fine; said sooner than it can be looked at, it is asked once more."""
    press(page, name)
    really = page.get_by_role("button", name="예, 다 보았음")
    if really.count() > 0:
        really.click()


def sign(page: Page, name: str) -> None:
    """A companion of the police writes the name and signs by finger."""
    page.get_by_text("서명 받기").click()
    page.get_by_label("소속(경찰서·기관)").fill("가상경찰서")
    page.get_by_label("이름").fill(name)
    page.get_by_label("계급·직위").fill("경위")
    draw_signature(page)
    press(page, "서명 기록")


def lose_the_answer(route: Route) -> None:
    """The server has it, and the phone is told nothing."""
    route.fetch()
    route.abort()


def test_a_checklist_and_signatures_wait_in_the_outbox(phone: Phone, site: Site) -> None:
    report = site.deliver("kept visit", candidate_zone=None, is_real=True)
    phone.watch.allowed = OFFLINE
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/checklist")
    page = phone.page

    def visit() -> Any:
        return page.request.get(f"{site.url}/api/sweeps/{report.sweep_id}").json()["visit"]

    all_fine(page)
    for _ in report.plan.zones[1:]:
        press(page, "다음 구역")
    press(page, "마지막 화면")
    page.route("**/api/sweeps/*/note", lambda route: route.abort())
    press(page, "서명하여 기록")
    expect(page.get_by_text("연결이 없어 점검표를 휴대전화에 보관했습니다. 연결되면 보냅니다.")).to_be_visible()
    phone.open("#/settings")
    expect(page.get_by_text("1건, 연결되면 보냄")).to_be_visible()
    expect(page.get_by_text("점검표", exact=True)).to_be_visible()
    assert phone.violations() == []
    page.unroute("**/api/sweeps/*/note")
    press(page, "지금 보내기")
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    assert visit()["noted_by"] == "점검자-01"

    phone.open(f"#/sweeps/{report.sweep_id}/after")
    expect(page.get_by_text("모두 보냈습니다.")).to_be_visible()
    page.route("**/api/sweeps/*/signatures", lose_the_answer)
    sign(page, "김경위")
    expect(page.get_by_text("휴대전화에 보관했습니다. 연결되면 보냅니다.")).to_be_visible()
    assert [one["name"] for one in visit()["signatures"]] == ["김경위"], "its answer alone was lost"
    page.unroute("**/api/sweeps/*/signatures")
    sign(page, "박경위")  # another companion, on the form that is empty again
    expect(page.get_by_text("입회인 · 가상경찰서 경위 박경위")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("모두 보냈습니다.")).to_be_visible()
    assert [one["name"] for one in visit()["signatures"]] == ["김경위", "박경위"]
    assert phone.violations() == []


def test_what_is_begun_on_a_phone_is_not_recorded_by_the_next_person(phone: Phone, site: Site) -> None:
    report = site.deliver("begun by another", candidate_zone="stall-2")
    decide_offline(phone, report)
    page = phone.page
    begun = page.get_by_role("dialog").get_by_role("radio", name=said("decision", "camera_found"))
    begun.check()
    answer = page.request.post(f"{phone.url}/api/login", data={"username": "supervisor", "password": PASSWORD})
    assert answer.ok
    page.unroute(DISPOSITIONS)
    page.evaluate("dispatchEvent(new Event('online'))")  # sent in the first one's name, and refused
    expect(begun).not_to_be_checked()
    expect(page.get_by_role("button", name="판정 남기기")).to_have_count(0)  # nothing is chosen
    assert signed(phone, report) == []


def test_a_late_answer_belongs_to_the_zone_it_was_asked_for(phone: Phone, site: Site) -> None:
    report = site.deliver("late answer", candidate_zone=None, is_real=True)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/checklist")
    page = phone.page
    first, second = (zone.name.ko for zone in report.plan.zones[:2])
    held: list[Route] = []
    page.route("**/api/rooms/*/cases", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks what it is given
    press(page, "하나 더하기")
    press(page, "구멍 보수 요청")
    expect(page.get_by_role("heading", level=2, name=first)).to_be_visible()
    press(page, "다음 구역")
    expect(page.get_by_role("heading", level=2, name=second)).to_be_visible()
    with page.expect_response("**/api/rooms/*/cases"):
        held[0].continue_()
    press(page, "이전 구역")
    expect(page.get_by_text("보수 요청함: 구멍")).to_be_visible()
    press(page, "다음 구역")
    expect(page.get_by_role("heading", level=2, name=second)).to_be_visible()
    expect(page.get_by_text("보수 요청함")).to_have_count(0)
    expect(page.locator("output")).to_have_text("0")
