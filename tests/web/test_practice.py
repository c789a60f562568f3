"""Practice on the phone: hidden by a colleague, told after a demonstration sweep, seen by nobody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from server.places.practice import LENS_EVERY_MS
from sweep.report import StartCommand
from tests.waiting import wait_until
from tests.web.conftest import Phone
from tests.web.probe import FakeProbe
from tests.web.site import REAL_PROBE_ID, Site

pytestmark = pytest.mark.browser


def test_a_practice_from_hiding_to_ones_own_rate(phone: Phone, site: Site) -> None:
    site.make_accounts_older(LENS_EVERY_MS)
    phone.log_in()
    page = phone.page
    me, practice = (page.request.get(f"{site.url}/api/{what}").json() for what in ("me", "practice"))
    for run in practice["runs"]:  # of a time before, when this test is asked again
        page.request.delete(f"{site.url}/api/practice/{run['run_id']}", headers={"X-CSRF-Token": me["csrf_token"]})
    expect(page.get_by_text("최근 한 달 안에 숨긴 렌즈 찾기 연습이 없습니다.", exact=False)).to_be_visible()
    phone.open(f"#/rooms/{site.suspected_room}/practice")
    page.get_by_label("구역").select_option(label="2번 칸")
    page.get_by_role("button", name="목록에 추가").tap()
    page.get_by_label("구역").select_option(label="세면대")
    page.get_by_label("숨긴 것").select_option(label="무선 기기")
    page.get_by_role("button", name="목록에 추가").tap()
    assert phone.violations() == []
    phone.shoot("practice-hide-ko-light")
    page.get_by_role("button", name="2개 숨김 – 저장").tap()
    expect(page.get_by_text("숨긴 뒤에 끝낸 연습 점검이 아직 없습니다.", exact=False)).to_be_visible()
    expect(page.get_by_text("2번 칸")).to_have_count(0)  # where it is stays untold
    begin = page.get_by_role("link", name="연습 점검 시작")
    expect(begin).to_have_attribute("href", f"#/rooms/{site.suspected_room}/start/practice")
    delivered = site.deliver("practised", candidate_zone="stall-2")
    sweep = f"{site.url}/api/sweeps/{delivered.sweep_id}"
    wait_until(
        lambda: page.request.get(sweep).json().get("report_state") == "present", "the sweep is read", every_s=0.1
    )
    page.reload()
    page.get_by_role("button", name="이 점검과 비교").tap()
    expect(page.get_by_text("2번 칸 · 기준 렌즈 · 찾음")).to_be_visible()
    expect(page.get_by_text("세면대 · 무선 기기 · 미탐지")).to_be_visible()
    expect(page.get_by_text("1개 중 1개")).to_be_visible()
    expect(page.get_by_text("실제로는 27%~100% 사이로 봄(90%)")).to_be_visible()
    _with_instruments(phone, site)
    for language, theme in (("ko", "light"), ("en", "dark")):
        phone.set(language=language, theme=theme)
        expect(page.get_by_text("내 탐지율" if language == "ko" else "My detection rate")).to_be_visible()
        assert phone.violations() == []
        assert phone.small_texts() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.shoot(f"practice-{language}-{theme}")
    phone.log_in("supervisor", path=f"#/rooms/{site.suspected_room}/practice")
    page.reload()
    expect(page.get_by_text("Nothing has been compared yet.")).to_be_visible()


def _with_instruments(phone: Phone, site: Site) -> None:
    """Hidden once more, and looked for without a probe: what is found is told apart from what a probe found."""
    page = phone.page
    page.get_by_label("구역").select_option(label="세면대")
    page.get_by_role("button", name="목록에 추가").tap()
    page.get_by_role("button", name="1개 숨김 – 저장").tap()
    page.get_by_role("button", name="본 것 적기").tap()
    page.get_by_role("group", name="2번 칸").get_by_role("radio", name="특이사항 없음").check()
    page.get_by_label("무엇으로").select_option("by_eye")
    page.get_by_role("group", name="1번 칸").get_by_role("radio", name="반짝임").check()
    assert phone.violations() == []
    phone.shoot("practice-instruments-ko-light")
    page.get_by_role("button", name="숨긴 것과 비교").tap()
    expect(page.get_by_text("세면대 · 기준 렌즈 · 미탐지")).to_be_visible()
    result = page.get_by_role("region", name="내 탐지율")
    for told in ("1개 중 1개", "1개 중 0개", "숨기지 않은 곳을 지목한 것 1건(연습 1회)"):
        expect(result.get_by_text(told).first).to_be_visible()


def test_a_practice_on_a_real_probe_says_so_from_the_form_on(phone: Phone, site: Site, live_probe: FakeProbe) -> None:
    phone.log_in(path=f"#/rooms/{site.suspected_room}/start/practice")
    page, mark = phone.page, phone.page.get_by_text("연습 점검 · 실제 점검 아님")
    expect(mark).to_be_visible()
    page.get_by_role("radio", name=re.compile(REAL_PROBE_ID)).check()
    page.get_by_label("점검자 1", exact=True).fill("점검자-01")
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    start = live_probe.expect("start")
    assert isinstance(start, StartCommand)
    assert start.is_practice
    live_probe.state("running")
    expect(page.get_by_text("점검 중", exact=True)).to_be_visible()
    expect(mark).to_be_visible()
    phone.shoot("practice-live-ko-light", full=False)
    page.reload()
    expect(mark).to_be_visible()
    assert phone.violations() == []
