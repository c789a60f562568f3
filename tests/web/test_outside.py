"""Outside the door on the phone: measured first or skipped, with the time left at most, and who waits for the air."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sweep.report import ProgressEvent
from sweep.run.outside_baseline import outside_event
from tests.web.conftest import Phone
from tests.web.live_screen import command, commands, pulled, pushed
from tests.web.probe import FakeProbe
from tests.web.test_response_test import LATER, LATER_S, STILL, ZONE

pytestmark = pytest.mark.browser


def progress(**changes: Any) -> ProgressEvent:
    return ProgressEvent(
        type="progress", position_index=0, positions=6, zone_id=None, modality=None, fraction=0.0
    ).model_copy(update=changes)  # fmt: skip


def seconds_left(page: Page) -> int:
    found = re.search(r"길어도 (\d+)분 (\d+)초 남음", page.get_by_role("region", name="진행", exact=True).inner_text())
    assert found is not None
    return 60 * int(found[1]) + int(found[2])


def test_outside_is_measured_first_and_the_time_left_is_counted_down(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    page.evaluate(STILL)
    live_probe.tell(outside_event(6))
    commands(page, "step")
    expect(page.locator(".drawing .layer:not(.away) .leaflet-container")).to_be_visible()  # the plan keeps its place
    assert live_phone.violations() == []
    live_phone.shoot("live-outside-ko-light", full=False)
    page.get_by_role("button", name="문밖에서 측정").click()
    live_probe.expect("outside")
    live_probe.tell(progress(modality="wifi", step="outside", left_s=478.0))
    expect(command(page)).to_have_text("문밖에서 측정 중")
    card = pulled(page).get_by_label("먼저 문밖에서 측정")
    expect(card).to_be_visible()
    first = seconds_left(page)
    assert 474 <= first <= 478
    page.evaluate(LATER)
    expect(page.get_by_text(f"길어도 7분 {first - LATER_S - 420}초 남음")).to_be_visible()  # counted on by itself
    pushed(page)
    live_phone.shoot("live-outside-now-ko-light", full=False)
    page.get_by_role("button", name="그만하고 들어가기").click()
    live_probe.expect("skip_outside")
    live_probe.tell(progress(zone_id=ZONE, modality="wifi", step="inside", left_s=400.0, waits=("ble",)))
    expect(card).to_have_count(0)
    pulled(page)
    expect(page.get_by_text("블루투스: 차례를 기다리는 중")).to_be_visible()
    assert live_phone.violations() == []
    live_phone.shoot("live-waits-ko-light", full=False)
    live_probe.tell(progress(zone_id=ZONE, step="inside", left_s=0.0))
    expect(page.get_by_text("예정한 시간을 넘김")).to_be_visible()
    live_probe.state("paused")
    expect(page.get_by_text("예정한 시간을 넘김")).to_have_count(0)


def test_outside_may_be_skipped(live_phone: Phone, live_probe: FakeProbe) -> None:
    live_probe.tell(outside_event(6))
    live_phone.page.get_by_role("button", name="건너뛰기").click()
    live_probe.expect("skip_outside")
