"""The whole way on one machine: an inspector's phone starts a sweep, the simulated probe makes it, the map shows it."""

from __future__ import annotations

import re
import statistics
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.web.agent import PROBE_ID, AgentSite
from tests.web.conftest import OpenPhone
from tests.web.live_screen import pulled
from tests.web.said import said
from tests.web.site import PASSWORD

pytestmark = pytest.mark.browser

SWEEP_MS = 240_000  # half a minute on a machine that does nothing else
SOON_MS = 1_000
"""From the probe to the phone: a hand that hears later what it did cannot be led."""
HEARD = """
    window.near = [];
    window.covered = [];
    const add = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (type, listener, ...more) {
        if (type === "coverage") add.call(this, type, ({data}) => {
            const {zone_id, walls} = JSON.parse(data).event;
            window.covered.push([zone_id, walls.map(({cells}) => cells).join("").replace(/[0.]/g, "").length]);
        });
        return add.call(this, type, type !== "near" ? listener : event => {
            const {sent, event: {things}} = JSON.parse(event.data);
            window.near.push({ms: Date.now() - Date.parse(sent), things});
            listener.call(this, event);
        }, ...more);
    };
"""


def led_to_the_camera(page: Page) -> None:
    """Within a position the phone was told how strongly the transmitter is received, soon, and that the position was
    over.
    """
    told = page.evaluate("window.near")
    things = [thing for one in told for thing in one["things"]]
    heard, seen = ([thing for thing in things if (thing["modality"] == "lens") is lens] for lens in (False, True))
    assert {thing["modality"] for thing in heard} >= {"wifi"}
    assert all(thing["tag"] is not None and thing["channel_mhz"] is not None for thing in heard)
    assert all((thing["right_deg"] is None) is (thing["trend"] == "none") for thing in seen)
    assert [one for one in told if not one["things"]]
    assert statistics.median(one["ms"] for one in told) <= SOON_MS


def walls_filled(page: Page) -> None:
    """Of some zone the phone was told, while one stood there, that more of its walls was seen than before."""
    told = page.evaluate("window.covered")
    grown = [after for before, after in pairwise(told) if before[0] == after[0] and after[1] > before[1]]
    assert grown, told


def test_a_simulated_sweep_from_login_to_evidence(open_phone: OpenPhone, agent_site: AgentSite) -> None:
    phone = open_phone(agent_site.url)
    page = phone.page
    page.add_init_script(HEARD)
    phone.open()
    page.get_by_label("아이디").fill("inspector")
    page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="로그인").click()
    page.locator("a.room", has_text="1층 여자화장실").click()
    page.get_by_role("link", name=re.compile(" 시작$")).click()
    expect(page.get_by_role("radio", name=re.compile(PROBE_ID))).to_be_checked()
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()

    page.get_by_role("button", name="점검자-01 확인").click(timeout=60_000)
    assert page.locator(".tile").count() == 0
    page.get_by_role("button", name="점검자-02 확인").click()
    page.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click()
    expect(page.get_by_text("시뮬레이션 기록 · 실제 점검 아님")).to_be_visible()
    expect(page.locator("button.handle")).to_be_visible(timeout=SWEEP_MS)
    phone.shoot("simulated-live", full=False)
    pulled(page)
    expect(page.locator(".tile.nothing_detected, .tile.to_inspect").first).to_be_visible(timeout=SWEEP_MS)
    assert phone.violations() == []
    devices = page.get_by_label("무선 기기", exact=True)
    expect(devices.locator("li.device").first).to_contain_text(
        re.compile("조명에 따라|확인할 곳|영상"), timeout=SWEEP_MS
    )
    covered = page.get_by_label(said("coverage", "chance"), exact=True)
    expect(covered.get_by_role("button", name="3번 칸")).to_contain_text("%", timeout=SWEEP_MS)
    covered.get_by_role("button", name="3번 칸").click()
    expect(covered.get_by_role("img", name=re.compile("벽·바닥·천장을 펼친 그림"))).to_be_attached()

    over = page.get_by_role("link", name="점검 지도 보기")
    expect(over).to_be_visible(timeout=SWEEP_MS)
    led_to_the_camera(page)
    walls_filled(page)
    page.evaluate("scrollTo(0, 0)")
    expect(over).to_be_in_viewport()  # what comes next stands on top, and the live map does not contradict it
    expect(over).to_have_class(re.compile("primary"))
    expect(page.locator(".leaflet-container")).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="확인할 곳")
    expect(row.locator(".tile.to_inspect").first).to_be_attached()  # what it rests on says so too
    phone.shoot("simulated-done")
    over.click()
    expect(page.get_by_text("증거 기록 2건, 서명 확인됨, 누락 없음")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("simulated-sweep")
    page.get_by_role("button", name="확인할 곳 1: 3번 칸").click()
    sheet = page.get_by_role("dialog", name="확인할 곳 1")
    expect(sheet.get_by_text("손전등과 확대경으로 육안 확인")).to_be_visible()
    expect(sheet.get_by_role("heading", name="카메라로 볼 근거")).to_be_visible()
    assert sheet.locator("li.for").count() >= 1
    assert phone.violations() == []
    phone.shoot("simulated-finding", full=False)
