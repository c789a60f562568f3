"""A place to inspect, opened in the room: a sentence and pictures first, numbers folded, the decision at the thumb."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from sweep.report.words import words_of
from tests.web.conftest import PHONE, SMALL_PHONE, Phone
from tests.web.said import said
from tests.web.site import Site

pytestmark = pytest.mark.browser

MOST_WORDS = 60
CHOICES = tuple(text.ko for text in words_of("decision").values())


def height_in_view(element: Locator, view_height: int) -> float:
    box = element.bounding_box()
    assert box is not None
    return min(box["y"] + box["height"], view_height) - max(box["y"], 0)


def test_a_sentence_first_pictures_next_and_numbers_folded(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}")
    sheet = phone.page.get_by_role("dialog")
    sentence = sheet.locator(".content p").filter(has_text=re.compile("방식에서")).first
    expect(sentence).to_have_text("렌즈·와이파이, 2가지 방식에서 모두 카메라일 때 나타나는 신호가 감지되었습니다.")
    # Of lens, Wi-Fi and RF: a crop that waits to be asked for, levels over six positions, a level beside that outside.
    expect(sheet.locator(".for figure .cover")).to_have_count(1)
    expect(sheet.locator(".for figure", has_text="6곳에서 잰 전파 세기. 2번 칸에서 가장 강함(-48 dBm)")).to_be_visible()
    expect(sheet.locator(".for figure rect.ours")).to_have_count(1)
    expect(sheet.locator(".against figure")).to_contain_text("여기 -38 dBm, 문밖 -39 dBm")
    bars, no_chance = (
        sheet.get_by_role("img", name=re.compile("^출발점에서")),
        sheet.get_by_text("확률로 읽지 마십시오"),
    )
    expect(bars).to_be_hidden()
    expect(sheet.locator("code").first).to_be_hidden()
    sheet.get_by_text("계산과 수치 보기").click()
    expect(bars).to_be_visible()
    expect(no_chance.first).to_be_visible()
    expect(sheet.get_by_text("곳에 1곳꼴")).to_have_count(0)
    assert phone.violations() == []
    assert phone.small_texts() == []


def test_the_decision_is_at_the_thumb_however_far_one_reads(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}")
    page = phone.page
    sheet = page.get_by_role("dialog")
    for shape in (PHONE, SMALL_PHONE):
        page.set_viewport_size(shape)
        for text in ("손전등과 확대경으로 육안 확인", "카메라가 아니라고 볼 근거", "함께 알아둘 한계"):
            sheet.get_by_text(text).first.scroll_into_view_if_needed()
            for choice in CHOICES:
                label = sheet.locator("label", has=page.get_by_role("radio", name=choice))
                assert height_in_view(label, shape["height"]) >= 48
    page.set_viewport_size(PHONE)
    phone.shoot("finding-pinned", full=False)
    sheet.get_by_role("radio", name=said("decision", "camera_found")).check()
    for shape in (SMALL_PHONE, PHONE):
        page.set_viewport_size(shape)
        assert height_in_view(sheet.get_by_role("button", name="판정 남기기"), shape["height"]) >= 48
    steps = sheet.locator("form li")
    assert steps.all_inner_texts() == [
        "손대지 말고 물러나십시오", "112 – 연습: 전화하지 마십시오", "판정을 남기십시오",
    ]  # fmt: skip
    expect(sheet.locator("a[href^='tel:']")).to_have_count(0)  # from a simulation nobody is called
    assert len(sheet.locator("form").inner_text().split()) <= MOST_WORDS
    expect(sheet.get_by_label("덧붙이는 말")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("finding-deciding", full=False)
