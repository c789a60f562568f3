"""Why light is played, for whom, for how long at most, and a person who skips it: the same on two phones."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from sweep.modality.messages import SKIPPED, ResponseTestBegins
from sweep.report import ProgressEvent, ResponseTestEvent, ResponseTestFlow, SkipResponseTestsCommand
from sweep.wifi.words import response_test_event
from tests.web.conftest import OpenPhone, Phone
from tests.web.live_screen import pulled
from tests.web.probe import FakeProbe
from tests.web.site import REAL_PROBE_ID, Site
from tests.web.test_response_test import ZONE, progress

pytestmark = pytest.mark.browser

POSITION = 1


def flow(tag: str, why: str, *, vendor: str | None = None, level_dbm: float | None = -52.0) -> ResponseTestFlow:
    return ResponseTestFlow(tag=tag * 4, channel_mhz=2437.0, rssi_dbm=level_dbm, vendor=vendor, why=why)


AHEAD = ResponseTestBegins(
    (
        flow("a1b2", "video_uplink"),
        flow("c3d4", "no_clock", vendor="<i>Example</i> Semiconductor"),
        flow("e5f6", "answered", level_dbm=None),
    ),
    5, 0, 2,
)  # fmt: skip


def light(elapsed_s: float, *, ahead: ResponseTestBegins = AHEAD, ended: str | None = None) -> ResponseTestEvent:
    return response_test_event("light", ZONE, elapsed_s, 114.0, ended=ended, position_index=POSITION, ahead=ahead)


@pytest.fixture
def phones(open_phone: OpenPhone, site: Site, live_probe: FakeProbe, live_phone: Phone) -> tuple[Phone, Phone]:
    """The one that started a live sweep, and another inspector's."""
    second = open_phone(site.url)
    second.log_in("supervisor", path=f"#/live/{REAL_PROBE_ID}")
    return live_phone, second


def test_why_and_how_long_it_is_stands_on_both_phones_and_a_skip_on_one_shows_on_both(
    phones: tuple[Phone, Phone], live_probe: FakeProbe
) -> None:
    first, second = phones
    live_probe.tell(progress("wifi"), light(30.0))
    for phone in phones:
        card = pulled(phone.page).locator("section.light")
        expect(card.get_by_text("이 자리의 시험 2번 중 1번째")).to_be_visible()
        expect(card.get_by_role("heading", name="왜 시험하는가")).to_be_visible()
        rows = card.get_by_role("listitem")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_contain_text("와이파이 송신기 a1b2")
        expect(rows.nth(0)).to_contain_text("6번 채널 · -52 dBm")
        expect(rows.nth(0)).to_contain_text("영상처럼 보내고 있음")
        expect(rows.nth(1)).to_contain_text("<i>Example</i> Semiconductor")
        expect(rows.nth(1)).to_contain_text("간격이 고르지 않아 카메라인지 알 수 없음")
        expect(rows.nth(2)).to_contain_text("카메라를 누가 보는 중인지 통화인지 알 수 없음")
        expect(card.get_by_text("그 밖에 2대도 함께 시험합니다.")).to_be_visible()
        expect(card.get_by_text(re.compile(r"최대 [78]\d초 남음"))).to_be_visible()
        assert phone.violations() == []
    first.shoot("live-light-why-ko-light", full=False)
    second.set(language="en", theme="dark")
    expect(pulled(second.page).get_by_text("Why it is made")).to_be_visible()
    assert second.violations() == []
    second.shoot("live-light-why-en-dark", full=False)
    second.set(language="ko", theme="light")
    pulled(second.page)
    skip = first.page.get_by_role("button", name="이 자리의 시험 건너뛰기")
    expect(second.page.get_by_role("button", name="이 자리의 시험 건너뛰기")).to_be_visible()
    first.shoot("live-light-skip-button-ko-light", full=False)
    skip.click()
    command = live_probe.expect("skip_trials")
    assert isinstance(command, SkipResponseTestsCommand)
    assert command.position_index == POSITION
    live_probe.tell(light(36.0, ended=SKIPPED))
    for phone in phones:
        card = phone.page.locator("section.light")
        expect(card.get_by_text("사람이 건너뛰어 시험을 끝냄. 반응이 없다는 뜻이 아님")).to_be_visible()
        expect(card.get_by_role("button")).to_have_count(0)
    first.shoot("live-light-skipped-ko-light", full=False)
    second.shoot("live-light-skipped-second-phone", full=False)
    following = ProgressEvent.model_validate(
        progress("wifi").model_dump() | {"position_index": POSITION + 1, "modality": None, "zone_id": "stall-3"}
    )
    live_probe.tell(following)
    for phone in phones:
        expect(phone.page.locator("section.light")).to_have_count(0)


def test_who_only_looks_on_cannot_skip(
    open_phone: OpenPhone, site: Site, live_probe: FakeProbe, live_phone: Phone
) -> None:
    viewer = open_phone(site.url)
    viewer.log_in("viewer", path=f"#/live/{REAL_PROBE_ID}")
    live_probe.tell(progress("wifi"), light(30.0))
    expect(pulled(viewer.page).get_by_role("heading", name="왜 시험하는가")).to_be_visible()
    expect(viewer.page.get_by_role("button", name="이 자리의 시험 건너뛰기")).to_have_count(0)
    expect(live_phone.page.get_by_role("button", name="이 자리의 시험 건너뛰기")).to_be_visible()
