"""A second look on the phone: led to the spot and from view to view, or ended in two taps by who looked by eye."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from sweep.modality.looks import ViewName
from sweep.report import LookView, ProgressEvent, SecondLookEvent, new_id
from sweep.run.reference.words import reference_event
from sweep.run.reporting.look_words import ASKED, VIEWS, looked_text
from tests.web.conftest import Phone
from tests.web.live_screen import pulled
from tests.web.probe import FakeProbe
from tests.web.test_response_test import ZONE

pytestmark = pytest.mark.browser
CROP = base64.b64encode(cv2.imencode(".png", np.full((48, 48), 90, np.uint8))[1].tobytes()).decode()
FINDING = new_id()
VIEW_PLACES: tuple[tuple[ViewName, float], ...] = (("near", 0.6), ("left", 0.3), ("right", 0.9))


def look(done: int = 0, **changes: Any) -> SecondLookEvent:
    views = tuple(
        LookView(
            name=name, zone_id=ZONE, x_m=x_m, y_m=0.7, facing_deg=270.0, is_done=number < done,
            text=VIEWS[name].text(range="0.6"),
        )
        for number, (name, x_m) in enumerate(VIEW_PLACES)
    )  # fmt: skip
    return SecondLookEvent(
        type="second_look", finding_id=FINDING, zone_id=ZONE, kind="lens", state="asked" if done == 0 else "looking",
        x_m=0.62, y_m=0.1, radius_m=0.3, from_x_m=0.6, from_y_m=1.1, views=views, longest_s=40.0, crop=CROP,
        text=ASKED["lens"].text(),
    ).model_copy(update=changes)  # fmt: skip


def test_the_phone_leads_from_view_to_view_and_two_taps_end_it(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    live_probe.tell(
        ProgressEvent(
            type="progress", position_index=1, positions=6, zone_id=None, modality=None, fraction=0.2, step="inside"
        ),
        look(),
    )
    card = pulled(page).get_by_label("확인할 곳", exact=True)
    expect(card.get_by_text("3번 중 1번째")).to_be_visible()
    card.get_by_role("button", name="처음 본 모습 보기").click()
    expect(card.get_by_role("img", name="처음 보았을 때의 사진")).to_be_visible()
    assert live_phone.violations() == []
    live_phone.shoot("live-second-look-ko-light")
    card.get_by_role("button", name="이 자리에서 다시 보기").click()
    asked = live_probe.expect("second_look")
    assert (asked.finding_id, asked.kind) == (FINDING, "lens")  # type: ignore[union-attr]  # the command just named
    live_probe.tell(look(1, has_time=False))
    expect(card.get_by_text("3번 중 2번째")).to_be_visible()
    expect(card.get_by_text("렌즈 다시 보기를 생략")).to_be_visible()
    card.get_by_role("button", name="눈으로 보았음").click()
    card.get_by_role("button", name="아무것도 없음").click()
    assert live_probe.expect("nothing_seen").finding_id == FINDING  # type: ignore[union-attr]  # the command just named
    live_probe.tell(look(1, state="nothing_seen_by_eye", text=looked_text("lens", "nothing_seen_by_eye")))
    expect(card.get_by_role("button")).to_have_count(0)
    other = new_id()
    live_probe.tell(look(finding_id=other))
    card.get_by_role("button", name="눈으로 보았음").click()
    assert live_phone.violations() == []
    live_phone.shoot("live-second-look-named-ko-light")
    card.get_by_role("button", name="나사").click()
    named = live_probe.expect("explained")
    assert (named.finding_id, named.seen_as) == (other, "screw")  # type: ignore[union-attr]  # the command just named
    live_probe.tell(look(finding_id=other, state="explained", text=looked_text("lens", "explained", "screw")))
    expect(card.get_by_text("눈으로 보고 확인한 것: 나사")).to_be_visible()
    live_probe.tell(reference_event(1, 3))
    expect(page.get_by_label("기준 점검")).to_contain_text("3번 중 2번째")
    assert live_phone.violations() == []
