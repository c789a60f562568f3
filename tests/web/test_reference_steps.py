"""The reference check on the phone: led step by step, and what to do when it fails."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sweep.report import CheckStatus, ClockReading, ReferenceCheck, ReferencePart, utc_now
from sweep.run.outside_baseline import outside_event
from sweep.run.reference.words import reference_event
from tests.web.conftest import Phone
from tests.web.live_screen import command, pulled, pushed
from tests.web.probe import FakeProbe

pytestmark = pytest.mark.browser


def came_to(status: CheckStatus, *off: str) -> ReferenceCheck:
    parts = tuple(
        ReferencePart(
            part=part, status="failed" if part in off else "passed", value=-41.2, expected=-38.0, unit="dBm", cusum=1.0
        )
        for part in ("lens", "wifi", "rf")
    )
    now = utc_now()
    checked = ClockReading(utc=now, synchronised=True, max_error_ms=10)
    return ReferenceCheck(status=status, checked=checked, parts=parts)


def test_the_check_is_led_step_by_step_and_says_what_to_do_when_it_fails(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    live_probe.tell(outside_event(6))
    expect(command(page)).to_contain_text("기준판을")
    live_phone.shoot("live-reference-ko-light", full=False)
    for number in (1, 2, 3):
        assert page.get_by_role("button", name="기준 점검 시작").count() == 0
        assert len(command(page).inner_text().split()) <= 8
        page.get_by_role("button", name=f"{number}단계 했음").click()
    expect(page.get_by_role("button", name="문밖에서 측정")).to_be_visible()
    assert live_phone.violations() == []
    card = pulled(page).get_by_label("기준 점검", exact=True)
    expect(card.locator("li.over")).to_have_count(3)
    pushed(page)
    page.get_by_role("button", name="기준 점검 시작").click()
    live_probe.expect("reference")
    live_probe.tell(reference_event(1, 3))
    expect(command(page)).to_contain_text("움직이지 않기")
    expect(page.get_by_role("button", name="문밖에서 측정")).to_have_count(0)  # not while one holds still
    pulled(page)
    expect(card.locator(".repeats .over")).to_have_count(1)
    expect(card.get_by_role("button")).to_have_count(0)
    live_probe.tell(reference_event(3, 3, came_to("failed", "lens")))
    expect(card.get_by_text("렌즈와 조명 창을 마른 천으로 닦기")).to_be_visible()
    expect(card.get_by_text("기준 송신기의 전원과")).to_have_count(0)
    expect(card.get_by_text("‘점검 중단’을 누르고, 점검 시작에서 다른 점검기를")).to_be_visible()
    expect(page.get_by_text("기준 점검을 통과한 다음에 합니다")).to_be_visible()
    expect(card.get_by_text("판정은 ‘이상 없음’이 되지 않습니다")).to_be_visible()
    assert live_phone.violations() == []
    assert live_phone.small_texts() == []
    live_phone.shoot("live-reference-failed-ko-light")
    pushed(page)
    page.get_by_role("button", name="다시 점검").click()
    live_probe.expect("reference")
    live_probe.tell(reference_event(3, 3, came_to("out_of_control", "wifi")))
    pulled(page)
    expect(card.get_by_text("다른 점검기로 바꾸고 수리를 맡기기")).to_be_visible()
    expect(card.get_by_text("휴대전화를 3 m 밖으로 치우기")).to_be_visible()
    live_phone.set(language="en", theme="dark")
    pulled(page)
    expect(page.get_by_text("Take another probe, have this one repaired")).to_be_visible()
    assert live_phone.violations() == []
    live_phone.shoot("live-reference-en-dark")
    live_probe.tell(reference_event(3, 3, came_to("passed")))
    expect(page.get_by_text("What to do")).to_have_count(0)
