"""The response tests on the phone: light with the seconds left at most, a walk with its prompts in big letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sweep.report import ProgressEvent, ZoneEvent
from sweep.wifi.words import WORDS, trial_event
from tests.web.conftest import OpenPhone, Phone
from tests.web.probe import FakeProbe, connected_probe
from tests.web.site import Site

pytestmark = pytest.mark.browser

REAL_PROBE = "probe-02"
ZONE = "stall-2"


@pytest.fixture
def probe(site: Site) -> Iterator[FakeProbe]:
    with connected_probe(site.url, REAL_PROBE, site.real) as connected:
        yield connected


@pytest.fixture
def phone(open_phone: OpenPhone, site: Site, probe: FakeProbe) -> Phone:
    """In the middle of a live sweep that this phone has started."""
    found = open_phone(site.url)
    found.log_in(path=f"#/rooms/{site.suspected_room}/start")
    page = found.page
    page.get_by_role("radio", name=re.compile(REAL_PROBE)).check()
    page.get_by_label("점검자 1", exact=True).fill("점검자-01")
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    probe.expect("start")
    probe.state("running")
    probe.tell(progress(None))
    return found


def progress(modality: str | None) -> ProgressEvent:
    return ProgressEvent.model_validate(
        {
            "type": "progress", "position_index": 1, "positions": 6, "zone_id": ZONE, "modality": modality,
            "fraction": 0.2,
        }
    )  # fmt: skip


def seconds_left(page: Page) -> int:
    found = re.search(r"길어도 (\d+)초 남음", page.get_by_label("조명 반응 시험", exact=True).first.inner_text())
    assert found is not None
    return int(found[1])


def test_the_light_test_tells_how_long_it_may_take_and_how_it_ended(phone: Phone, probe: FakeProbe) -> None:
    page = phone.page
    probe.tell(progress("wifi"), trial_event("light", ZONE, 30.0, 114.0))
    card = page.locator("section.light")
    expect(card.get_by_text("조명 반응 시험 중")).to_be_visible()
    expect(card.get_by_text(re.compile(r"3\d초 / 최대 114초"))).to_be_visible()
    first = seconds_left(page)
    assert 78 <= first <= 84
    expect(card.get_by_text(re.compile(f"길어도 {first - 2}초 남음"))).to_be_visible()  # counted on by itself
    expect(page.get_by_role("button", name="이 자리에서 걷기 시험")).to_have_count(0)
    assert phone.violations() == []
    phone.shoot("live-light-ko-light", full=False)
    phone.set(language="en", theme="dark")
    expect(card.get_by_text("Light test going on")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("live-light-en-dark", full=False)
    phone.set(language="ko", theme="light")
    probe.tell(trial_event("light", ZONE, 47.0, 114.0, ended="decided"))
    expect(card.get_by_text("전송량이 따라 변하는 기기를 확인해")).to_be_visible()


def test_a_walk_is_offered_after_a_position_and_prompted_in_big_letters(phone: Phone, probe: FakeProbe) -> None:
    page = phone.page
    probe.tell(trial_event("light", ZONE, 114.0, 114.0, ended="played_out"))
    told = {"type": "zone", "zone_id": ZONE, "modality": "wifi", "verdict": "not_assessable", "quality": 0.9}
    probe.tell(ZoneEvent.model_validate(told))
    probe.guide(*WORDS.guidance["walk_test"])
    offer = page.get_by_role("button", name="이 자리에서 걷기 시험")
    expect(offer).to_be_visible()
    assert phone.violations() == []
    phone.shoot("live-walk-offer-ko-light", full=False)
    offer.click()
    probe.expect("walk")
    probe.tell(progress(None), progress("wifi"))
    expect(offer).to_have_count(0)
    probe.tell(trial_event("motion", ZONE, 0.0, 120.0, prompt="stand", next_prompt_s=5.0))
    card = page.locator("section.motion")
    expect(card.get_by_text("멈추세요", exact=True)).to_be_visible()
    expect(card.get_by_text(re.compile(r"[45]초 뒤 시작"))).to_be_visible()
    probe.tell(trial_event("motion", ZONE, 12.0, 120.0, prompt="walk", next_prompt_s=8.0))
    prompt = card.get_by_text("걸으세요")
    expect(prompt).to_be_visible()
    expect(card.get_by_text(re.compile(r"[678]초 뒤 멈추기"))).to_be_visible()
    assert float(prompt.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) >= 48.0
    assert phone.violations() == []
    phone.shoot("live-walk-ko-light", full=False)
    probe.tell(trial_event("motion", ZONE, 16.0, 120.0, prompt="stand", next_prompt_s=4.0))
    expect(card.get_by_text("멈추세요", exact=True)).to_be_visible()
    expect(card.get_by_text(re.compile(r"[34]초 뒤 걷기"))).to_be_visible()
    phone.shoot("live-stand-ko-light", full=False)
    page.get_by_role("button", name=re.compile("누가 들어옴")).click()
    probe.expect("pause")
