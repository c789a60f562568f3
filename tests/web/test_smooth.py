"""A cheap phone is never busy for long: counted is the work that a task, a step of the zoom, and a day come to."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPhone, Phone
from tests.web.heavy import DEVICES, LOOKS, ROOMS, answer_due, answer_places, end_of
from tests.web.live_screen import pulled
from tests.web.probe import FakeProbe
from tests.web.site import Site
from tests.web.test_second_look import look

pytestmark = [pytest.mark.browser, pytest.mark.soak]

MOST_ADDED = 200
"""Elements that one task may put into the document."""
COUNT_ADDED = """(() => {
    // Tasks of timers are told apart by their number, others by a message that comes after them.
    let task = 0;
    const later = window.setTimeout, channel = new MessageChannel();
    channel.port1.onmessage = () => { task += 1; };
    window.setTimeout = (work, ...more) => later((...given) => { task += 1; work(...given); }, ...more);
    window.added = [];
    new MutationObserver(records => {
        const all = new Set();
        for (const node of records.flatMap(({addedNodes}) => [...addedNodes]))
            if (node.nodeType === Node.ELEMENT_NODE)
                for (const one of [node, ...node.querySelectorAll('*')]) all.add(one);
        const words = [...all].map(one => one.getAttribute('aria-label')).filter(Boolean).slice(0, 3).join(', ');
        const before = window.added[task] ?? {count: 0, words: ''};
        window.added[task] = {count: before.count + all.size, words: `${before.words} ${words}`};
        channel.port2.postMessage(0);
    }).observe(document, {childList: true, subtree: true});
})()"""
COUNT_DRAWN = """(() => {
    window.drawn = {};
    const on = CanvasRenderingContext2D.prototype;
    for (const name of ['arc', 'fill', 'stroke', 'strokeText', 'fillText', 'drawImage']) {
        const draw = on[name];
        on[name] = function (...given) { window.drawn[name] = (window.drawn[name] ?? 0) + 1; draw.apply(this, given); };
    }
})()"""
COUNT_WRITTEN = """(() => {
    window.written = 0;
    const {stringify} = JSON, {encode} = TextEncoder.prototype;
    const note = text => { window.written = Math.max(window.written, text?.length ?? 0); return text; };
    JSON.stringify = (...given) => note(stringify(...given));
    TextEncoder.prototype.encode = function (text) { note(text); return encode.call(this, text); };
})()"""


def test_a_page_opened_in_the_middle_of_a_sweep_is_made_piece_by_piece(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    expect(page.locator(".leaflet-container")).to_be_visible()
    assert live_probe.start is not None
    zones = [zone.zone_id for zone in live_probe.start.plan.zones]
    for index, zone in enumerate(zones):
        live_probe.tell(*end_of(zone, index))
    live_probe.tell(*(look(zone_id=zones[index % len(zones)]) for index in range(LOOKS)))
    devices = page.get_by_label("무선 기기", exact=True).locator("li.device")
    pulled(page)
    expect(devices).to_have_count(DEVICES)
    page.add_init_script(COUNT_ADDED)
    page.reload()
    expect(page.get_by_role("button", name="사람 들어옴")).to_be_visible()
    expect(page.locator(".leaflet-container")).to_be_visible()
    pulled(page)
    expect(devices).to_have_count(DEVICES)
    added = sorted((one for one in page.evaluate("window.added") if one), key=lambda one: -int(one["count"]))
    print(*(f"{one['count']} elements in a task: {one['words']}" for one in added[:8]), sep="\n")
    assert sum(one["count"] for one in added) > 2 * MOST_ADDED, "the page was made, and counted"
    assert added[0]["count"] <= MOST_ADDED, added[0]


def test_a_step_of_the_zoom_at_5000_places_draws_what_is_in_sight(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    phone.log_in("chief", path="#/settings")
    page = phone.page
    answer_due(page)
    answer_places(page, site.url)
    page.add_init_script(COUNT_DRAWN)
    phone.open("#/desk/map")
    page.reload()
    canvas = page.locator(".leaflet-container canvas")
    expect(canvas).to_be_visible()
    page.wait_for_function("() => window.drawn.drawImage > 0")
    before = page.evaluate("({...window.drawn})")
    page.get_by_role("button", name="확대").click()
    page.wait_for_function("before => window.drawn.drawImage > before", arg=before["drawImage"])
    after = page.evaluate("({...window.drawn})")
    step = {name: after[name] - before.get(name, 0) for name in after}
    print(f"drawn at first {before}, by a step of the zoom {step}")
    box = canvas.bounding_box()
    assert box is not None
    cells = (box["width"] / 34 + 2) * (box["height"] / 34 + 2)
    assert step["drawImage"] <= 2 * cells, "places that lie close are one dot, and it is drawn once or twice"
    assert step["strokeText"] <= 40, "a number is painted once for all dots that have it"


def test_a_day_of_5000_rooms_is_sealed_as_it_came(phone: Phone) -> None:
    phone.watch.allowed = ("Failed to load resource",)  # the rooms are made up: the server knows none of them
    page = phone.page
    answer_due(page)
    page.add_init_script(COUNT_WRITTEN)
    phone.log_in()
    page.reload()
    expect(page.locator("a.today-room").first).to_be_visible()
    page.wait_for_function("async () => (await indexedDB.databases()).some(one => one.name === 'ansim-outbox')")
    kept = """async least => {
        const answer = asked => new Promise(done => { asked.onsuccess = () => done(asked.result); });
        const db = await answer(indexedDB.open('ansim-outbox'));
        const all = await answer(db.transaction('answers').objectStore('answers').getAll());
        db.close();
        return all.some(({sealed}) => sealed.byteLength > least);
    }"""
    page.wait_for_function(kept, arg=100 * ROOMS)
    assert 0 < page.evaluate("window.written") < 10 * ROOMS, "2 MB are neither written anew nor taken apart"
