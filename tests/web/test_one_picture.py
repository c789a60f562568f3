"""One picture, one imperative, one thumb: log, room, what was seen of it, and the end of a sweep, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from sweep.report import new_id
from sweep.run.words import guidance_event
from tests.web import evidence as made
from tests.web.conftest import PHONE, SMALL_PHONE, OpenPhone, Phone, sweeping_in
from tests.web.heavy import end_of
from tests.web.live_screen import command, commands, pulled
from tests.web.probe import FakeProbe
from tests.web.said import said
from tests.web.site import Site
from tests.web.test_instrument import NOTE_SHIFTS
from tests.web.test_live_room import coverage, device, devices, progress
from tests.web.test_one_number import NUMBER
from tests.web.test_second_look import look
from tests.web.test_stop import stop_button
from tests.web.test_targets import as_reported_now

pytestmark = pytest.mark.browser

MOST_WORDS = 60
MOST_IN_IMPERATIVE = 8
MOST_SHIFT = 0.02
SIZES: dict[str, tuple[ViewportSize, int]] = {"412x915": (PHONE, 16), "360x640": (SMALL_PHONE, 16), "200%": (PHONE, 32)}
"""Each with the pixels of its letters."""
IN_SIGHT = """() => {
    const all = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, element = node.parentElement;
        if (element.closest('.visually-hidden, .skip, nav, script, style') || !element.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const {left, top, width, height, bottom} = range.getBoundingClientRect();
        if (width === 0 || bottom <= 0 || top >= innerHeight) continue;
        const isCut = one => {
            const box = one.getBoundingClientRect();
            return getComputedStyle(one).overflowY !== 'visible' && (top >= box.bottom || bottom <= box.top);
        };
        let around = element;
        while (around !== null && !isCut(around)) around = around.parentElement;
        if (around !== null) continue;
        const on = document.elementFromPoint(left + width / 2, Math.min(innerHeight - 1, top + height / 2));
        if (on === null || !(element.contains(on) || on.contains(element))) continue;
        all.push(...node.textContent.split(/\\s+/).filter(word => /[\\p{L}\\p{N}]/u.test(word)));
    }
    return all;
}"""
"""Words that nothing lies over, without the tab bar."""


def words_of(sentence: str) -> int:
    return len([word for word in sentence.split() if re.search(r"\w", word)])


def has_one_picture_one_imperative_one_thumb(phone: Phone, act: re.Pattern[str], *, is_live: bool = False) -> None:
    """The sentence is short and alone, what comes next is one button in the lower half, and few words are in sight."""
    page = phone.page
    phone.settle()
    sentence = command(page) if is_live else page.locator(".imperative")
    expect(sentence).to_have_count(1)
    assert 1 <= words_of(sentence.inner_text()) <= MOST_IN_IMPERATIVE, sentence.inner_text()
    primary = [one for one in page.locator(".button.primary").all() if one.is_visible() and is_in_sight(page, one)]
    assert [act.search(one.inner_text()) is not None for one in primary] == [True], [
        one.inner_text() for one in primary
    ]
    box = primary[0].bounding_box()
    assert box is not None
    assert box["y"] >= page.evaluate("innerHeight") / 2, "under the thumb"
    words = page.evaluate(IN_SIGHT)
    assert len(words) <= MOST_WORDS, (len(words), words)


def is_in_sight(page: Page, one: object) -> bool:
    box = one.bounding_box()  # type: ignore[attr-defined]  # a locator
    return bool(box and box["y"] < page.evaluate("innerHeight"))


@contextmanager
def nothing_moves(phone: Phone) -> Iterator[None]:
    phone.page.add_init_script(NOTE_SHIFTS)
    yield
    phone.settle()
    shifts = phone.page.evaluate("window.shifts")
    assert sum(one["value"] for one in shifts) < MOST_SHIFT, shifts


def fits(phone: Phone, check: Callable[[], None], *sizes: str) -> None:
    """At each size nothing runs out of the screen's sides and all that a phone is held to holds, in both themes."""
    page = phone.page
    for name in sizes or SIZES:
        size, letters_px = SIZES[name]
        page.set_viewport_size(size)
        page.evaluate("px => { document.documentElement.style.fontSize = `${px}px`; }", letters_px)
        check()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert phone.small_targets() == [], name
    page.set_viewport_size(PHONE)
    page.evaluate("document.documentElement.style.fontSize = ''")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert phone.faults() == [], scheme


def test_a_room_says_in_one_sentence_what_comes_next(open_phone: OpenPhone, site: Site) -> None:
    own = site.another_room()
    site.deliver("one sentence", candidate_zone=None, is_real=True, room_id=own.room_id)
    phone = open_phone(site.url)
    page = phone.page
    with nothing_moves(phone):
        phone.log_in(path=f"#/rooms/{own.room_id}")
        expect(page.locator(".leaflet-container")).to_be_visible()
        page.wait_for_load_state("networkidle")
    expect(page.locator(".imperative")).to_have_text("다시 점검하십시오")
    plan = page.locator(".plan").bounding_box()
    assert plan is not None
    assert plan["height"] >= 0.35 * PHONE["height"]
    start = re.compile("시작")
    has_one_picture_one_imperative_one_thumb(phone, start)
    phone.shoot("one-picture-room", full=False)
    fits(phone, lambda: expect(page.locator(".imperative")).to_be_visible())


def test_a_room_with_something_to_look_at_leads_there(open_phone: OpenPhone, site: Site) -> None:
    own = site.another_room()
    report = site.deliver("leads there", candidate_zone="stall-2", is_real=True, room_id=own.room_id)
    phone = open_phone(site.url)
    phone.log_in(path=f"#/rooms/{own.room_id}")
    page = phone.page
    expect(page.locator(".imperative")).to_have_text("확인할 곳을 눈으로 확인하십시오")
    page.locator(".dock .button.primary").click()
    expect(page).to_have_url(re.compile(rf"#/(find/|sweeps/{report.sweep_id})"))


def test_what_was_seen_begins_where_nobody_looked_well(open_phone: OpenPhone, site: Site) -> None:
    base = made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room).report
    sweep = site.demo.deliver(made.MadeSweep(as_reported_now(base), ()))
    phone = open_phone(site.url)
    page = phone.page
    with nothing_moves(phone):
        phone.log_in(path=f"#/sweeps/{sweep.sweep_id}")
        expect(page.locator(".leaflet-container")).to_be_visible()
        page.wait_for_load_state("networkidle")
    page.get_by_role("switch", name="찾았을 확률").click()
    rows = page.get_by_role("list", name="덜 본 구역부터").get_by_role("button")
    expect(rows).to_have_count(len(base.plan.zones))
    told = [int(one[0].split("%")[0]) if (one := NUMBER.findall(text)) else -1 for text in rows.all_inner_texts()]
    assert told == sorted(told), "what nobody can tell comes first, then the least"
    assert len(set(told)) > 1
    expect(page.locator("main")).to_contain_text(said("coverage", "product"))
    # A place that nobody has judged comes before every gap.
    expect(page.locator(".imperative")).to_have_text("확인할 곳 1부터 보십시오")
    has_one_picture_one_imperative_one_thumb(phone, re.compile("확인할 곳 1 보기"))
    phone.shoot("one-picture-coverage", full=False)
    fits(phone, lambda: expect(page.locator(".imperative")).to_be_visible())
    page.locator(".dock").get_by_role("button", name="확인할 곳 1 보기").click()
    expect(page.get_by_role("dialog", name="확인할 곳 1")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("switch", name="찾았을 확률").click()
    expect(page.locator(".imperative")).to_have_count(0)


def test_without_a_place_the_least_seen_zone_is_the_first(open_phone: OpenPhone, site: Site) -> None:
    base = made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room, candidate_zone=None).report
    sweep = site.demo.deliver(made.MadeSweep(as_reported_now(base), ()))
    phone = open_phone(site.url)
    phone.log_in(path=f"#/sweeps/{sweep.sweep_id}")
    page = phone.page
    page.get_by_role("switch", name="찾았을 확률").click()
    rows = page.get_by_role("list", name="덜 본 구역부터").get_by_role("button")
    first = rows.first.locator("strong").inner_text()
    expect(page.locator(".imperative")).to_have_text(f"{first}부터 눈으로 더 보십시오")
    has_one_picture_one_imperative_one_thumb(phone, re.compile(re.escape(first)))
    page.get_by_role("button", name=f"{first} 자세히 보기").click()
    expect(page.get_by_role("dialog", name=first)).to_be_visible()


def test_the_log_says_what_it_is_and_where_nothing_asks_for_a_hand_so(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    page = phone.page
    with nothing_moves(phone):
        phone.log_in("supervisor-hanbit", path="#/desk/log")
        expect(page.locator("a.entry").first).to_be_visible()
        page.wait_for_load_state("networkidle")
    expect(page.get_by_role("heading", level=1)).to_have_text("한빛구 점검 기록: 서명과 순서")
    assert page.request.get(f"{city}/api/entries?only_waiting=true").json()["entries"] == []
    expect(page.get_by_text("지금 확인할 기록이 없습니다")).to_be_visible()
    expect(page.locator(".imperative, .dock, a.entry .act, a.entry .tag")).to_have_count(0)
    words = page.evaluate(IN_SIGHT)
    assert len(words) <= MOST_WORDS, (len(words), words)
    phone.shoot("one-picture-log", full=False)
    fits(phone, lambda: expect(page.locator("a.entry").first).to_be_visible())


def test_a_menu_that_comes_late_pushes_no_page_away(open_phone: OpenPhone, city: str) -> None:
    phone, held = open_phone(city), list[Route]()
    page = phone.page

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/assets/Desk-[\w-]+\.js"), hold)
    with nothing_moves(phone):
        phone.log_in("supervisor-hanbit", path="#/desk/log")
        expect(page.locator(".menu").get_by_role("status")).to_be_visible()
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        for one in held:
            one.continue_()
        expect(page.get_by_role("navigation", name="업무 메뉴")).to_be_visible()
        expect(page.locator("a.entry").first).to_be_visible()
        page.wait_for_load_state("networkidle")


def test_the_log_begins_with_what_asks_for_a_hand(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    phone.log_in("admin", path="#/desk/log")
    page = phone.page
    rows = page.locator("a.entry")
    expect(rows.first).to_be_visible()
    waiting = page.request.get(f"{city}/api/entries?only_waiting=true").json()["entries"]
    assert {one["status"] for one in waiting} == {"conflict", "quarantined"}
    for number, one in enumerate(waiting[:4]):
        expect(rows.nth(number)).to_have_attribute("href", f"#/desk/log/{one['log_index']}")
        expect(rows.nth(number).locator(".act")).to_be_visible()
    expect(page.locator(".imperative")).to_have_text(f"기록 {len(waiting)}건을 확인하십시오")
    has_one_picture_one_imperative_one_thumb(phone, re.compile("확인하기$"))
    phone.shoot("one-picture-log-asks", full=False)
    assert phone.faults() == []
    page.locator(".dock a").click()
    expect(page).to_have_url(re.compile(rf"#/desk/log/{waiting[0]['log_index']}$"))


def through(probe: FakeProbe) -> None:
    """Every zone is through, and the probe says so."""
    assert probe.start is not None
    for index, zone in enumerate(probe.start.plan.zones):
        probe.tell(*end_of(zone.zone_id, index))
    probe.tell(progress(None, zone=None), guidance_event("finish"))


def test_when_every_zone_is_through_the_end_is_at_the_thumb(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    through(live_probe)
    commands(page, "finish")
    expect(command(page)).to_have_text("구역을 다 보았습니다. 마치십시오")
    has_one_picture_one_imperative_one_thumb(live_phone, re.compile("점검 마치기"), is_live=True)
    finish, stop = page.get_by_role("button", name="점검 마치기").bounding_box(), stop_button(page).bounding_box()
    assert finish is not None
    assert stop is not None
    assert 0 <= stop["y"] - (finish["y"] + finish["height"]) < 0.15 * PHONE["height"], "just above the stop"
    assert live_phone.faults() == []
    live_phone.shoot("one-picture-finish", full=False)
    page.get_by_role("button", name="점검 마치기").click()
    page.get_by_role("dialog").get_by_role("button", name="마치기", exact=True).click()
    live_probe.expect("finish")


def test_what_is_to_be_looked_at_again_comes_before_the_end(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    through(live_probe)
    live_probe.tell(look(), guidance_event("look_again"))
    see = page.get_by_role("button", name="확인할 곳 보기")
    expect(see).to_have_class(re.compile("primary"))
    expect(page.get_by_role("button", name="여기까지 마치기")).not_to_have_class(re.compile("primary"))
    see.click()
    expect(page.locator(".drawer.isOpen").get_by_label("확인할 곳", exact=True)).to_be_visible()


def test_whoever_watches_a_sweep_ends_none(open_phone: OpenPhone, live_phone: Phone, live_probe: FakeProbe) -> None:
    through(live_probe)
    commands(live_phone.page, "finish")
    other = open_phone(live_phone.url)
    other.log_in("viewer", path=f"#/live/{live_probe.probe_id}")
    expect(other.page.locator(".say")).to_have_attribute("data-commander", "finish")
    expect(other.page.get_by_role("button", name="점검 마치기")).to_have_count(0)


def test_where_nothing_is_planned_the_screen_names_the_act_that_helps(
    open_phone: OpenPhone, site: Site, live_probe: FakeProbe
) -> None:
    phone = sweeping_in(open_phone(site.url), live_probe, site.suspected_room)
    page = phone.page
    live_probe.measure(1)
    live_probe.tell(progress(None, zone=None), devices(device(-70.0, -62.0)), coverage("stall-1", "5", 0.5))
    commands(page, "wait")
    expect(command(page)).to_have_text("2번 칸에 서서 측정하십시오")
    drawer = pulled(page)
    expect(drawer.get_by_role("heading", name="지금까지 나온 것 (참고)")).to_be_visible()
    expect(drawer.get_by_text("지금은 측정하지 않음")).to_have_count(0)
    has_one_picture_one_imperative_one_thumb(phone, re.compile("2번 칸에서 측정"), is_live=True)
    assert phone.faults() == []
    phone.shoot("one-picture-drawer", full=False)
    page.get_by_role("button", name="2번 칸에서 측정").click()
    page.get_by_role("dialog").get_by_role("button", name="이 자리에서 측정").click()
    assert live_probe.expect("position").zone_id == "stall-2"  # type: ignore[union-attr]  # the command just named
