"""Hot and cold within a stand on the phone: by picture, word, sound and vibration; nothing by what is old."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from sweep.report import NearEvent, Nearness
from tests.web.conftest import Phone
from tests.web.live_screen import command, commands, pulled, pushed
from tests.web.probe import FakeProbe
from tests.web.test_live_room import SPY, progress
from tests.web.test_response_test import LATER, STILL, ZONE

pytestmark = pytest.mark.browser

NOTHING: dict[str, Any] = dict.fromkeys(
    ("tag", "channel_mhz", "level_dbm", "best_dbm", "change_db", "step_db", "right_deg", "up_deg", "range_m", "snr")
)


def camera(trend: Any, level_dbm: float | None = -60.0, best_dbm: float = -55.0) -> Nearness:
    told = {"tag": "a" * 16, "channel_mhz": 2437.0, "level_dbm": level_dbm, "best_dbm": best_dbm, "step_db": 6.0}
    return Nearness(**NOTHING | told, modality="wifi", trend=trend, silent_s=0.1)


def lens(right_deg: float | None, up_deg: float | None, *, range_m: float | None = 1.0) -> Nearness:
    told = {"right_deg": right_deg, "up_deg": up_deg, "range_m": range_m, "snr": 12.0}
    trend: Any = "same" if right_deg is not None else "none"
    return Nearness(**NOTHING | told, modality="lens", trend=trend, silent_s=0.1)


def near(*things: Nearness) -> NearEvent:
    return NearEvent(type="near", zone_id=ZONE, things=things)


def tell_of_stand(phone: Phone, probe: FakeProbe) -> None:
    """Tell where the inspector stands, until the phone shows it: from then on it hears what is never told again."""
    probe.tell(progress(None))
    commands(phone.page, "aim")


def test_the_phone_says_warmer_and_colder_by_word_picture_sound_and_vibration(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    page.evaluate(SPY)
    page.evaluate(STILL)
    tell_of_stand(live_phone, live_probe)
    live_probe.tell(near(camera("first")))
    said = command(page)
    expect(said).to_have_text("재는 중 · 천천히 움직이십시오")
    assert page.evaluate("window.cues") == {"tones": 0, "buzzes": []}, "silent until a person asks"
    page.get_by_role("button", name="소리 · 진동 켜기").click()
    page.wait_for_function("() => window.cues.tones === 1")

    live_probe.tell(near(camera("warmer", -55.0)))
    expect(said).to_have_text("가까워짐 · 그쪽으로 계속")
    expect(page.locator(".mover .shape .solid")).to_have_count(1)  # an arrow up, whatever colours one sees
    expect(pulled(page).get_by_text("지금 -55 dBm · 가장 강할 때 -55 dBm")).to_be_visible()
    pushed(page)
    page.wait_for_function("() => window.cues.tones === 3 && window.cues.buzzes.length === 2")
    assert page.evaluate("window.cues.buzzes[1]") == [60, 60, 60]
    live_phone.shoot("near-warmer-ko-light", full=False)

    live_probe.tell(near(camera("colder", -66.0)))
    expect(said).to_have_text("멀어짐 · 되돌아가십시오")
    expect(page.locator(".mover .shape .hollow")).to_have_count(1)
    page.wait_for_function("() => window.cues.tones === 5 && window.cues.buzzes.length === 3")

    live_probe.tell(near(camera("none", None)))
    expect(said).to_have_text("지금 신호 없음 · 잠시 기다리십시오")
    expect(page.locator(".mover .bars rect")).not_to_have_count(0)
    expect(page.locator(".mover .bars .on")).to_have_count(0)
    assert page.evaluate("[window.cues.tones, window.cues.buzzes.length]") == [5, 3], "silence makes no sound"
    live_probe.tell(near())
    commands(page, "aim")


def test_a_reading_that_nothing_follows_is_old_and_a_page_opened_late_hears_no_old_one(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    page.evaluate(STILL)
    tell_of_stand(live_phone, live_probe)
    live_probe.tell(near(camera("warmer", -50.0)))
    said = command(page)
    expect(said).to_have_text("가까워짐 · 그쪽으로 계속")
    page.evaluate(LATER)
    expect(said).to_have_text("오래된 값 · 새 값을 기다리는 중")
    expect(page.locator(".mover .bars .on")).to_have_count(0)
    page.reload()
    commands(page, "aim")


@pytest.mark.soak
def test_a_lens_is_led_to_in_eight_words_at_most(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    page.evaluate(STILL)
    tell_of_stand(live_phone, live_probe)
    for thing, said in (
        (lens(20.0, 3.0), "오른쪽으로 돌리십시오"),
        (lens(-12.0, 3.0), "왼쪽으로 돌리십시오"),
        (lens(2.0, 15.0), "위로 돌리십시오"),
        (lens(2.0, -15.0), "아래로 돌리십시오"),
        (lens(None, None, range_m=None), "화면에서 벗어남 · 천천히 되돌리십시오"),
        (lens(2.0, 1.0, range_m=None), "가운데 · 천천히 다가가십시오"),
        (lens(2.0, 1.0, range_m=0.4), "가운데 · 눈으로 확인하십시오"),
    ):
        live_probe.tell(near(thing, camera("same")))
        if thing.right_deg is not None:
            expect(command(page)).to_have_text(said)
            assert len(said.replace("·", "").split()) <= 8
            other = "무선 기기 aaaa – 변화 없음 · 천천히 더 움직이십시오"
        else:  # what is not in the picture leads nobody while something else is received
            expect(command(page)).to_have_text("변화 없음 · 천천히 더 움직이십시오")
            other = f"렌즈형 반사 – {said}"
        card = pulled(page).get_by_label("가까워지는지", exact=True)
        expect(card.get_by_role("listitem").nth(1)).to_contain_text(other)
        pushed(page)
    live_phone.shoot("near-lens-ko-light", full=False)
    assert live_phone.faults() == []
