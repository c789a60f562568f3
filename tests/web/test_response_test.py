"""The response tests on the phone: light with the seconds left at most, a walk with its prompts in big letters."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from sweep.report import ProgressEvent, ZoneEvent
from sweep.wifi.words import WORDS, response_test_event
from tests.web.conftest import Phone
from tests.web.live_screen import command, pulled, pushed
from tests.web.probe import FakeProbe

pytestmark = pytest.mark.browser

ZONE = "stall-2"
STILL = "() => { const now = Date.now(); Date.now = () => now; }"
"""The page's clock stands, so that nothing grows old on a slow machine."""
LATER_S = 3
LATER = f"() => {{ const now = Date.now() + {LATER_S}_000; Date.now = () => now; }}"


def progress(modality: str | None, zone_id: str | None = ZONE) -> ProgressEvent:
    return ProgressEvent.model_validate(
        {
            "type": "progress", "position_index": 1, "positions": 6, "zone_id": zone_id, "modality": modality,
            "fraction": 0.2,
        }
    )  # fmt: skip


def seconds_left(page: Page) -> int:
    found = re.search(r"최대 (\d+)초 남음", page.locator("section.light").inner_text())
    assert found is not None
    return int(found[1])


def test_the_light_test_tells_how_long_it_may_take_and_how_it_ended(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    page.evaluate(STILL)
    live_probe.tell(progress("wifi"), response_test_event("light", ZONE, 30.0, 114.0))
    expect(command(page)).to_have_text("움직이지 마십시오")
    expect(page.locator(".seconds")).to_have_text(re.compile(r"^(7|8)\d초$"))
    live_phone.shoot("live-light-ko-light", full=False)
    pulled(page)
    card = page.locator("section.light")
    expect(card.get_by_text("조명 반응 시험 중")).to_be_visible()
    expect(card.get_by_text(re.compile(r"3\d초 지남"))).to_be_visible()
    first = seconds_left(page)
    assert 78 <= first <= 84
    page.evaluate(LATER)
    expect(card.get_by_text(f"최대 {first - LATER_S}초 남음")).to_be_visible()  # counted on by itself
    expect(page.get_by_role("button", name="이 자리에서 걷기 시험")).to_have_count(0)
    assert live_phone.violations() == []
    live_phone.set(language="en", theme="dark")
    expect(command(page)).to_have_text("Keep still")
    pulled(page)
    expect(card.get_by_text("Light test going on")).to_be_visible()
    assert live_phone.violations() == []
    live_phone.shoot("live-light-en-dark", full=False)
    live_phone.set(language="ko", theme="light")
    pulled(page)
    live_probe.tell(response_test_event("light", ZONE, 47.0, 114.0, ended="decided"))
    expect(card.get_by_text("전송량이 따라 변하는 기기를 확인해")).to_be_visible()


def test_a_walk_is_offered_after_a_position_and_prompted_in_big_letters(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    page.evaluate(STILL)
    live_probe.tell(progress(None), response_test_event("light", ZONE, 114.0, 114.0, ended="played_out"))
    told = {"type": "zone", "zone_id": ZONE, "modality": "wifi", "verdict": "not_assessable", "quality": 0.9}
    live_probe.tell(ZoneEvent.model_validate(told))
    expect(page.get_by_role("button", name="이 자리에서 걷기 시험")).to_have_count(0)  # Bluetooth is still to come
    live_probe.tell(progress(None, zone_id=None))
    expect(command(page)).to_have_text("1번 칸에 서서 측정하십시오")
    expect(page.get_by_text("지금은 측정하지 않음")).to_have_count(
        0
    )  # a state, where a hand waits for what it is to do
    live_probe.guide(*WORDS.guidance["walk_test"])
    pulled(page)
    offer = page.get_by_role("button", name="이 자리에서 걷기 시험")
    expect(offer).to_be_visible()
    assert live_phone.violations() == []
    live_phone.shoot("live-walk-offer-ko-light", full=False)
    offer.click()
    live_probe.expect("walk")
    live_probe.tell(progress(None), progress("wifi"))
    expect(offer).to_have_count(0)
    live_probe.tell(response_test_event("motion", ZONE, 0.0, 120.0, prompt="stand", next_prompt_s=5.0))
    expect(page.locator("section.motion")).to_contain_text("‘멈추십시오’가 나오면 그 자리에")
    pushed(page)
    expect(command(page)).to_have_text("멈추십시오")
    expect(page.get_by_text(re.compile(r"[45]초 뒤 시작"))).to_be_visible()
    live_probe.tell(response_test_event("motion", ZONE, 12.0, 120.0, prompt="walk", next_prompt_s=8.0))
    prompt = command(page)
    expect(prompt).to_have_text("걸으십시오")
    expect(page.get_by_text(re.compile(r"[678]초 뒤 멈추기"))).to_be_visible()
    assert float(prompt.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) >= 48.0
    assert live_phone.violations() == []
    live_phone.shoot("live-walk-ko-light", full=False)
    live_probe.tell(response_test_event("motion", ZONE, 16.0, 120.0, prompt="stand", next_prompt_s=4.0))
    expect(prompt).to_have_text("멈추십시오")
    expect(page.get_by_text(re.compile(r"[34]초 뒤 걷기"))).to_be_visible()
    live_phone.shoot("live-stand-ko-light", full=False)
    page.get_by_role("button", name=re.compile("사람 들어옴 – 즉시 중지")).click()
    live_probe.expect("pause")
