"""The day in a basement: with the network cut, a page that is opened again shows today's rooms and their plans."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.waiting import wait_until
from tests.web.conftest import OpenPhone, Phone
from tests.web.site import Site
from tests.web.test_outbox import log_in_by_form, stored

pytestmark = pytest.mark.browser
EARLIER = re.compile("연결이 없습니다. .+에 받아 둔 내용입니다.")
IN_CACHES = """async () => (await Promise.all((await caches.keys()).map(async name =>
    (await (await caches.open(name)).keys()).map(request => new URL(request.url).pathname)))).flat()"""
IS_KEPT = """async path => {
    if (!(await indexedDB.databases()).some(one => one.name === 'ansim-outbox')) return false;
    const answer = asked => new Promise(done => { asked.onsuccess = () => done(asked.result); });
    const db = await answer(indexedDB.open('ansim-outbox'));
    const key = await answer(db.transaction('phone_key').objectStore('phone_key').get('key'));
    const mac = key && await crypto.subtle.sign('HMAC', key.names, new TextEncoder().encode(path));
    const name = mac && [...new Uint8Array(mac)].map(one => one.toString(16).padStart(2, '0')).join('');
    const found = name && await answer(db.transaction('answers').objectStore('answers').getKey(name));
    db.close();
    return found !== undefined;
}"""


def wait_for(phone: Phone, path: str) -> None:
    """Until the phone keeps the answer to this question."""
    wait_until(lambda: phone.page.evaluate(IS_KEPT, path), f"the phone keeps {path}", every_s=0.05)


def wait_until_forgotten(phone: Phone) -> None:
    """Until the phone keeps nothing for reading, and no key."""
    wait_until(
        lambda: "phone_key: []" in stored(phone) and "answers: []" in stored(phone), "all is forgotten", every_s=0.05
    )


def test_today_is_there_without_a_connection_and_gone_with_the_login(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url, service_workers="allow")
    phone.watch.allowed = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    phone.log_in()
    page = phone.page
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    # The rooms that the day asks for are fetched ahead, each with its plan and its state; which, has been drawn by lot.
    expect(page.get_by_role("link", name=re.compile("남자 화장실 1층")).first).to_be_visible()
    asked_for = page.locator("a.today-room").evaluate_all("all => all.map(one => one.hash.split('/')[2])")
    for room_id in asked_for:
        wait_for(phone, f"/api/rooms/{room_id}/state")
    # So is one that somebody opened.
    phone.open(f"#/rooms/{site.suspected_room}")
    wait_for(phone, f"/api/rooms/{site.suspected_room}/state")
    phone.open("#/")

    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("status").filter(has_text=EARLIER)).to_be_visible()
    page.get_by_role("link", name=re.compile("남자 화장실 1층")).first.click()
    expect(page.get_by_role("heading", name="남자 화장실 1층")).to_be_visible()
    expect(page.locator(".leaflet-container")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^2번 칸"))).to_be_visible()
    assert phone.violations() == []
    phone.shoot("offline-room-412x915", full=False)
    phone.set(language="en")
    expect(page.get_by_text(re.compile("No connection. This is as the server said at"))).to_be_visible()
    phone.shoot("offline-room-412x915-en", full=False)
    phone.set(language="ko")
    # What was never asked for says so.
    phone.open(f"#/rooms/{site.real_sweep}")
    expect(page.get_by_role("alert")).to_contain_text("서버에 닿지 않습니다")

    lying = stored(phone)
    for told in ("한빛공원", "남자 화장실", "stall-2", "점검자-02"):
        assert told not in lying, told
    kept = page.evaluate(IN_CACHES)
    assert "/index.html" in kept
    assert [path for path in kept if path.startswith("/api/")] == []

    phone.open("#/")
    expect(page.get_by_role("status").filter(has_text=EARLIER)).to_be_visible()
    page.get_by_role("link", name="설정").click()
    expect(page.get_by_role("heading", level=1, name="설정")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text=EARLIER)).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("status").filter(has_text=EARLIER)).to_have_count(
        0
    )  # by itself, where nothing is asked for
    phone.open("#/")
    expect(page.get_by_role("link", name=re.compile("남자 화장실 1층")).first).to_be_visible()
    phone.open("#/settings")
    page.get_by_role("button", name="로그아웃").click()
    expect(page.get_by_label("아이디")).to_be_visible()
    wait_until_forgotten(phone)
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("서버에 닿지 않습니다")  # nobody is remembered, nothing is shown
    page.context.set_offline(False)


def test_the_day_ends_with_the_login(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    phone.page.clock.install()
    phone.log_in()
    wait_for(phone, "/api/rooms")
    assert "phone_key: [{" in stored(phone)
    phone.page.clock.fast_forward("12:00:01")
    wait_until_forgotten(phone)


def test_another_person_reads_nothing_of_it(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    phone.log_in()
    wait_for(phone, "/api/rooms")
    phone.open("#/settings")
    phone.watch.allowed = ("ERR_", "Failed to load resource")
    phone.page.get_by_role("button", name="로그아웃").click()
    phone.page.route("**/api/rooms", lambda route: route.abort())
    log_in_by_form(phone, "supervisor")
    expect(phone.page.get_by_role("navigation")).to_be_visible()
    phone.open("#/")
    expect(phone.page.get_by_role("alert")).to_contain_text("서버에 닿지 않습니다")
