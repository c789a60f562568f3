"""A running sweep is one instrument: what is in its picture, how many words, and that nothing moves under a thumb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, Page, ViewportSize, expect

from sweep.report import GuidanceEvent, LookAskedEvent, ProgressEvent
from sweep.run.words import GUIDANCE, STATES, notice_event, state_event
from sweep.wifi.words import response_test_event
from tests.web.conftest import PHONE, SMALL_PHONE, OpenPhone, Phone, sweeping_in
from tests.web.heavy import TICKS, end_of, told_of
from tests.web.live_screen import command, commands, pulled, pushed
from tests.web.probe import FakeProbe
from tests.web.site import Site
from tests.web.test_condition import condition
from tests.web.test_eye_look import answered, asked
from tests.web.test_live_room import progress
from tests.web.test_near import camera, lens, near
from tests.web.test_response_test import STILL
from tests.web.test_second_look import look
from tests.web.test_stop import is_on_top, stop_button

pytestmark = pytest.mark.browser

MOST_SHIFT = 0.02
MOST_WORDS = 15
"""On the screen with the drawer down, beside the stop, the head and what is drawn."""
LEAST_PICTURE_PX = 90
"""So much of the map one sees above the drawer, on the smallest phone."""
SHAPES: dict[str, tuple[ViewportSize, float]] = {
    "412x915": (PHONE, 0.45),
    "360x640": (SMALL_PHONE, 0.40),
    "twice-the-text": (PHONE, 0.40),
    "landscape": ({"width": 915, "height": 412}, 0.45),
}
"""Each with the least share of the height that the picture has."""
NOTE_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const one of list.getEntries()) {
            if (one.hadRecentInput) continue;
            const names = one.sources.map(({node}) => node && (node.className || node.parentElement?.className));
            window.shifts.push({value: one.value, names: names.join(', ')});
        }
    }).observe({type: 'layout-shift', buffered: true});
"""
WORDS = """() => {
    const all = [];
    const walker = document.createTreeWalker(document.querySelector('.instrument'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (element.closest('.visually-hidden, .drawing, svg') || !element.checkVisibility()) continue;
        all.push(...walker.currentNode.textContent.split(/\\s+/).filter(word => /[\\p{L}\\p{N}]/u.test(word)));
    }
    return all;
}"""


@dataclass
class Seen:
    """What one sweep showed, state by state."""

    words: dict[str, list[str]] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)


def box_of(one: Locator) -> FloatRect:
    found = one.bounding_box()
    assert found is not None
    return found


def meet(one: FloatRect, other: FloatRect) -> bool:
    """Whether two boxes share a point."""
    is_beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    is_above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    return not (is_beside or is_above)


def steps(probe: FakeProbe) -> Iterator[tuple[str, str]]:
    """A whole sweep, told step by step: the name of what now stands on the screen, and who commands."""
    assert probe.start is not None
    zones = [zone.zone_id for zone in probe.start.plan.zones]
    go_on = GuidanceEvent(type="guidance", text=GUIDANCE["stand_next"].text())
    probe.tell(progress(None, zone=None), condition(), go_on)
    yield "between", "wait"
    for index, zone in enumerate(zones):
        probe.tell(progress(None, zone=zone))
        yield f"aim {index}", "aim"
        for tick in range(0, TICKS, 4):
            probe.tell(*told_of(zone, index, len(zones), tick))
            yield f"aim {index}, {tick}", "aim"
        if index == 1:
            probe.tell(near(lens(12.0, 4.0)))
            yield "near, a lens", "near"
            probe.tell(near(camera("warmer", -55.0)))
            yield "near, a sender", "near"
            probe.tell(near())
            asking = asked_in(zone)
            probe.tell(asking)
            yield "look", "look"
            probe.tell(answered(asking, "nothing"))
        if index == 2:
            probe.tell(response_test_event("light", zone, 30.0, 114.0, position_index=2))
            yield "light", "test"
            probe.tell(response_test_event("light", zone, 47.0, 114.0, ended="decided"))
            probe.tell(response_test_event("motion", zone, 12.0, 120.0, prompt="walk", next_prompt_s=8.0))
            yield "walk", "test"
            probe.tell(response_test_event("motion", zone, 120.0, 120.0, ended="decided"))
        filmed = told_of(zone, index, len(zones), TICKS)[0]
        probe.tell(filmed, ProgressEvent.model_validate(filmed.model_dump() | {"modality": "wifi"}))
        yield f"held {index}", "aim"
        probe.tell(*end_of(zone, index), progress(None, zone=None))
        probe.tell(go_on)
        yield f"between {index}", "wait" if zone != zones[-1] else "finish"
    probe.tell(notice_event("head_away"))
    yield "head away", "condition"
    probe.tell(notice_event("head_away", is_over=True), look(zone_id=zones[0]))
    yield "second look", "finish"


def asked_in(zone: str) -> LookAskedEvent:
    return asked("2번 칸 뒷벽, 무릎 높이, 왼쪽 모서리 옆", zone_id=zone)


def measure(page: Page, name: str, seen: Seen, *, at_most: int = MOST_WORDS) -> None:
    words = page.evaluate(WORDS)
    seen.words[name] = words
    assert len(words) <= at_most, f"{name}: {len(words)} words: {words}"
    height = page.evaluate("innerHeight")
    stage = box_of(page.locator(".stage"))
    seen.shares[name] = stage["height"] / height
    stop = box_of(stop_button(page))
    assert stop["y"] >= height / 2, f"{name}: the stop is in the lower half"
    assert page.evaluate("document.querySelector('main').getBoundingClientRect().right <= innerWidth"), f"{name}: cut"
    pictures = page.locator(".drawing .layer:not(.away)")
    assert pictures.count() == 1, f"{name}: one picture"
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1"), f"{name}: no scroll"


@pytest.mark.parametrize(
    "shape", [pytest.param(one, marks=[] if one == "412x915" else [pytest.mark.soak]) for one in SHAPES]
)
def test_nothing_moves_through_a_whole_sweep(
    open_phone: OpenPhone, site: Site, live_probe: FakeProbe, shape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    size, least = SHAPES[shape]
    phone: Phone = open_phone(site.url, viewport=size)
    page = phone.page
    page.add_init_script(NOTE_SHIFTS)
    sweeping_in(phone, live_probe, site.suspected_room)
    if shape == "twice-the-text":
        page.evaluate("document.documentElement.style.fontSize = '32px'")
    expect(page.locator(".leaflet-container")).to_be_visible()
    page.evaluate("document.querySelector('#screen-title').textContent = 'Women’s restroom, first floor, west wing'")
    page.evaluate(STILL)
    page.wait_for_timeout(500)
    page.evaluate("window.shifts.length = 0")  # from here on: what comes before is a form's
    seen = Seen()
    for name, commander in steps(live_probe):
        commands(page, commander)
        measure(page, name, seen)
        if name in {"between", "aim 1", "near, a lens", "near, a sender", "look", "light", "walk", "head away"}:
            phone.settle()
            phone.shoot(f"instrument-{shape}-{name.replace(',', '').replace(' ', '-')}", full=False)
        if name == "look":
            expect(page.locator(".answers button").first).to_be_enabled()
            measure(page, "look, answers", seen)
            phone.shoot(f"instrument-{shape}-look-answers", full=False)
        if name == "second look":
            before = [box_of(page.locator(one)) for one in (".say", ".mover", ".acts", "button.handle")]
            drawer = pulled(page)
            assert is_on_top(stop_button(page)), "the drawer covers it"
            picture = box_of(page.locator(".drawing"))
            assert picture["height"] >= LEAST_PICTURE_PX and not meet(picture, box_of(drawer)), "the map stays in sight"
            assert drawer.get_by_role("button", name=re.compile("마치기|중단")).count() == 1, "one way to end it"
            assert page.locator(".map-label-hit").first.is_enabled()
            phone.shoot(f"instrument-{shape}-drawer", full=False)
            assert [box_of(page.locator(one)) for one in (".say", ".mover", ".acts", "button.handle")] == before
            pushed(page)
    live_probe.tell(state_event("paused"), condition(camera="off"))
    commands(page, "stop")
    measure(page, "paused", seen)
    phone.shoot(f"instrument-{shape}-paused", full=False)
    live_probe.tell(state_event("running"))
    commands(page, "finish")
    live_probe.tell(state_event("closing"))
    expect(command(page)).to_have_text(STATES["closing"].ko)
    live_probe.state("done")
    expect(page.get_by_text("점검기가 결과를 보내는 중입니다")).to_be_visible()
    expect(page.get_by_text("아직 판정 중", exact=True)).to_be_visible()
    expect(page.locator(".tile")).to_have_count(0)
    phone.shoot(f"instrument-{shape}-done", full=False)
    shifts: list[Any] = page.evaluate("window.shifts")
    shift = sum(one["value"] for one in shifts)
    with capsys.disabled():
        most = max(seen.words.items(), key=lambda one: len(one[1]))
        counts = {name: len(words) for name, words in seen.words.items() if " " not in name or "," in name}
        print(f"\n{shape}: shift {shift:.4f}, picture {min(seen.shares.values()):.1%} of the height at least")
        print(f"words: {len(most[1])} at most ({most[0]}); {counts}")
    assert shift < MOST_SHIFT, sorted(shifts, key=lambda one: -float(one["value"]))[:6]
    assert min(seen.shares.values()) >= least, seen.shares


@pytest.mark.parametrize("shape", ["412x915", pytest.param("360x640", marks=pytest.mark.soak)])
def test_after_a_stop_what_comes_next_is_largest_and_nothing_that_films_lies_where_it_was(
    open_phone: OpenPhone, site: Site, live_probe: FakeProbe, shape: str
) -> None:
    phone: Phone = open_phone(site.url, viewport=SHAPES[shape][0])
    page = phone.page
    sweeping_in(phone, live_probe, site.suspected_room)
    stop = stop_button(page)
    commands(page, "wait")
    was = box_of(stop)
    stop.click()
    live_probe.expect("pause")
    live_probe.state("paused")
    resume = page.get_by_role("button", name="계속하기")
    expect(resume).to_be_visible()
    assert box_of(stop) == was, "whoever presses twice presses the same"
    boxes = [box_of(one) for one in page.get_by_role("button").all() if one.is_visible()]
    assert max(boxes, key=lambda one: one["width"] * one["height"]) == box_of(resume)
    assert not meet(box_of(resume), was)
    resume.click()
    live_probe.expect("resume")
    live_probe.state("waiting_for_empty")
    submit = page.get_by_role("button", name="퇴실 확인 완료, 점검 시작")
    expect(page.get_by_label("본인 PIN 6자리")).to_be_visible()  # the second proves it again
    expect(submit).to_be_disabled()
    assert box_of(stop) == was
    page.evaluate("scrollTo(0, 0)")
    for _ in range(12):  # however far one has scrolled
        assert is_on_top(stop)
        page.mouse.wheel(0, 150)
    submit.scroll_into_view_if_needed()
    assert not meet(box_of(submit), was)
    assert phone.faults() == []
    phone.shoot(f"instrument-{shape}-declare-again", full=False)


@pytest.mark.parametrize(("language", "theme"), [("ko", "light"), pytest.param("en", "dark", marks=pytest.mark.soak)])
def test_each_state_is_accessible_and_says_its_sentence_once(
    live_phone: Phone, live_probe: FakeProbe, language: str, theme: str
) -> None:
    page = live_phone.page
    live_phone.set(language=language, theme=theme)
    page.evaluate(STILL)
    for name, commander in steps(live_probe):
        commands(page, commander)
        if name in {"aim 1", "near, a lens", "near, a sender", "look", "light", "walk", "head away", "between"}:
            assert live_phone.faults() == [], name
            live_phone.shoot(f"instrument-{language}-{theme}-{name.replace(',', '').replace(' ', '-')}", full=False)
            said = command(page).inner_text()
            heard = page.locator("[aria-live], [role=status], [role=alert]").all_inner_texts()
            assert sum(said in one for one in heard) == 1, f"{name}: {heard}"
    handle = page.locator("button.handle")
    handle.focus()
    page.keyboard.press("Enter")
    expect(handle).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.drawer') !== null"), "what was pulled up comes next"
    assert live_phone.faults() == []
    page.keyboard.press("Escape")
    expect(handle).to_be_focused()
    expect(handle).to_have_attribute("aria-expanded", "false")


def test_what_an_eye_takes_for_a_camera_commands_until_its_person_goes_on(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    asking = asked_in("stall-2")
    live_probe.tell(progress(None), asking)
    commands(page, "look")
    live_probe.tell(answered(asking, "camera_like").model_copy(update={"leads_to": "guide"}))
    commands(page, "found")  # said on another phone: this one does not go to the guide by itself
    expect(command(page)).to_have_text("손대지 말고 함께 온 사람을 부르십시오")
    expect(page.locator(".caption")).to_have_text(asking.where.ko)
    expect(page.get_by_role("button", name="확인 안내 열기")).to_be_visible()
    assert live_phone.faults() == []
    live_phone.shoot("instrument-412x915-found", full=False)
    page.get_by_role("button", name="계속 점검").click()
    commands(page, "aim")
    expect(pulled(page).get_by_text("손대지 말고 함께 온 사람을 부르십시오")).to_be_visible()
