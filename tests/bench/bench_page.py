"""Is the page smooth on a cheap phone: a running sweep, the screens of a sweep, and a day of 5,000 rooms.

Tasks are counted by the main thread's own processor time, four times as long as here (`tests/web/tasks.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, expect

from sweep.report import ProgressEvent, new_id
from tests.web import evidence as made
from tests.web.conftest import (
    DESK,
    OpenPhone,
    Phone,
    axe_source,
    browser,
    built_page,
    chromium_path,
    live_phone,
    live_probe,
    open_phone,
    phone,
    site,
)
from tests.web.heavy import DEVICES, LOOKS, ROOMS, TICKS, answer_due, answer_places, end_of, told_of
from tests.web.live_screen import pulled
from tests.web.probe import FakeProbe
from tests.web.site import Site
from tests.web.tasks import LONG_MS, SLOWER, Tasks, traced
from tests.web.test_second_look import look
from tests.web.test_targets import as_reported_now
from tests.web.test_transmitters import CAMERA

__all__ = [
    "axe_source",
    "browser",
    "built_page",
    "chromium_path",
    "live_phone",
    "live_probe",
    "open_phone",
    "phone",
    "site",
]

SHOWN_MS = 1_000.0
CITY = 20_000
CITY_SHOWN_MS = 2_000.0
STEP_MS = 40


def sweep_through(phone: Phone, probe: FakeProbe) -> None:
    """Every zone in turn, as the agent tells it, hurried."""
    assert probe.start is not None
    zones = [zone.zone_id for zone in probe.start.plan.zones]
    for index, zone in enumerate(zones):
        stand = ProgressEvent(
            type="progress", position_index=index, positions=len(zones), zone_id=zone, modality=None,
            fraction=index / len(zones), step="inside", stand_s=200.0,
        )  # fmt: skip
        probe.tell(stand)
        for tick in range(TICKS):
            probe.tell(*told_of(zone, index, len(zones), tick))
            phone.page.wait_for_timeout(STEP_MS)
        probe.tell(*end_of(zone, index))
        phone.page.wait_for_timeout(STEP_MS)
    expect(phone.page.locator("button.handle")).to_contain_text(f"기기 {DEVICES + 3}")


def say(report: Callable[[str], None], what: str, tasks: Tasks) -> None:
    report(
        f"{what}: longest task {tasks.most_ms:.0f} ms of {SLOWER:.0f}-fold processor time, {len(tasks.long)} above "
        f"{LONG_MS:.0f} ms of {len(tasks.longest_ms)}"
    )
    for task in tasks.long:
        report(f"    {task.ms:.0f} ms: {'; '.join(task.did)}")


def test_a_running_sweep_blocks_nobody(
    browser: Browser, live_phone: Phone, live_probe: FakeProbe, report: Callable[[str], None]
) -> None:
    expect(live_phone.page.locator(".leaflet-container")).to_be_visible()
    with traced(browser, live_phone.page) as tasks:
        sweep_through(live_phone, live_probe)
    say(report, "a running sweep", tasks)
    with traced(browser, live_phone.page) as looked:
        live_probe.tell(*(look(finding_id=new_id()) for _ in range(LOOKS)))
        expect(live_phone.page.locator("button.handle")).to_contain_text(f"확인할 곳 {LOOKS}")
    say(report, f"{LOOKS} second looks", looked)
    with traced(browser, live_phone.page) as again:
        live_phone.page.reload()  # the server tells all of it again at once
        expect(live_phone.page.locator(".leaflet-container")).to_be_visible()
        expect(live_phone.page.locator("button.handle")).to_contain_text(f"확인할 곳 {LOOKS}")
    say(report, "a page opened in the middle of it", again)
    with traced(browser, live_phone.page) as drawn:
        drawer = pulled(live_phone.page)
        expect(drawer.get_by_label("무선 기기", exact=True).locator("li.device")).to_have_count(DEVICES)
        expect(drawer.get_by_label("확인할 곳", exact=True).locator("article")).to_have_count(LOOKS)
    say(report, "its drawer pulled up", drawn)
    assert tasks.most_ms <= LONG_MS


def test_screens_of_a_sweep_block_nobody(
    browser: Browser, phone: Phone, site: Site, report: Callable[[str], None]
) -> None:
    made_now = made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room)
    with_walls = site.demo.deliver(made.MadeSweep(as_reported_now(made_now.report), ())).sweep_id
    phone.log_in(path="#/settings")
    page = phone.page
    strange: dict[str, Any] = {"step": {"step": "reported", "what": "환풍구의 검은 점"}}
    token = page.request.get(f"{site.url}/api/me").json()["csrf_token"]
    case = phone.ask(f"/api/rooms/{site.suspected_room}/cases", strange, token)["case"]["case_id"]
    sweep = f"#/sweeps/{site.suspected_sweep}"
    for name, path, there in (
        ("the map of a sweep", sweep, ".map-label-hit"),
        ("an evidence sheet", f"{sweep}/findings/{site.finding_id}", "dialog figure"),
        ("a transmitter", f"{sweep}/transmitters/{CAMERA}", "circle.heard"),
        ("a room", f"#/rooms/{site.suspected_room}", ".leaflet-container"),
        ("the start of a sweep", f"#/rooms/{site.suspected_room}/start", "main button"),
        ("the guide through a find", f"#/find/{case}", "main h2"),
        ("walls of a zone", f"#/sweeps/{with_walls}", "dialog path.seen-0"),
    ):
        phone.open("#/settings")
        page.reload()  # with nothing of it in the page's memory
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        with traced(browser, page) as shown:
            page.evaluate("path => { location.hash = path; }", path)
            if "walls" in name:
                phone.unfold("구역별 판정")
                page.get_by_role("region", name="구역별 판정").get_by_role("button").first.click()
            expect(page.locator(there).first).to_be_visible()
            page.wait_for_load_state("networkidle")  # what is fetched ahead as well
        say(report, name, shown)


def test_a_day_of_5000_rooms_is_there_at_once(browser: Browser, phone: Phone, report: Callable[[str], None]) -> None:
    phone.watch.allowed = ("Failed to load resource",)  # the rooms are made up: the server knows none of them
    phone.log_in(path="#/settings")
    page = phone.page
    answer_due(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with traced(browser, page) as shown:
        page.evaluate("location.hash = '#/'")
        expect(page.locator("a.today-room").first).to_be_visible()
    say(report, f"{ROOMS} rooms shown", shown)
    total = sum(shown.longest_ms)
    report(f"{ROOMS} rooms: {total:.0f} ms of {SLOWER:.0f}-fold processor time from the touch to the list")
    with traced(browser, page) as scrolled:
        page.get_by_role("button", name="나머지").click()
        for _ in range(20):
            page.mouse.wheel(0, 2_000)
            page.wait_for_timeout(STEP_MS)
    say(report, f"{ROOMS} rooms scrolled", scrolled)
    assert total <= SHOWN_MS
    assert scrolled.most_ms <= LONG_MS


def test_a_map_of_5000_places_is_smooth(
    browser: Browser, open_phone: OpenPhone, site: Site, report: Callable[[str], None]
) -> None:
    phone = open_phone(site.url)
    phone.log_in("chief", path="#/settings")
    page = phone.page
    answer_due(page)
    answer_places(page, site.url)
    with traced(browser, page) as shown:
        phone.open("#/desk/map")
        expect(page.locator(".leaflet-container canvas")).to_be_visible()
        expect(page.get_by_role("region", name=str(ROOMS))).to_be_visible()
    say(report, f"a map of {ROOMS} places", shown)
    phone.shoot("desk-map-5000", full=False)
    total = sum(shown.longest_ms)
    report(f"a map of {ROOMS} places: {total:.0f} ms of {SLOWER:.0f}-fold processor time until it stands")
    with traced(browser, page) as moved:
        box = page.locator(".leaflet-container").bounding_box()
        assert box is not None
        for step in range(6):
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.mouse.wheel(0, -240 if step < 4 else 240)
            page.wait_for_timeout(400)
    say(report, f"a map of {ROOMS} places zoomed", moved)
    assert total <= SHOWN_MS


def test_lists_of_20000_rooms_are_quick(
    browser: Browser, open_phone: OpenPhone, site: Site, report: Callable[[str], None]
) -> None:
    """Pages of a desk with a city's rooms, each opened, searched in and gone through."""
    desk = open_phone(site.url, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1)
    desk.log_in("chief", path="#/settings")
    page = desk.page
    answer_due(page, CITY)
    answer_places(page, site.url, CITY)
    one = page.request.get(f"{site.url}/api/rooms?limit=1").json()["rooms"][0]

    def rooms(route: Any) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        first, limit = int(asked.get("after", ["0"])[0]), int(asked["limit"][0])
        made = [one | {"room_id": f"{number}"} for number in range(first, min(CITY, first + limit))]
        after = str(first + limit) if first + limit < CITY else None
        route.fulfill(json={"rooms": made, "next": after})

    page.route("**/api/rooms?*", rooms)
    for name, path, there in (
        ("the schedule", "#/desk/due", f"[aria-setsize='{CITY}']"),
        ("the map", "#/desk/map", ".leaflet-container canvas"),
        ("the records", "#/desk/rooms", "[aria-setsize]"),
    ):
        desk.open("#/settings")
        page.reload()
        page.wait_for_load_state("networkidle")
        with traced(browser, page) as shown:
            desk.open(path)
            expect(page.locator(there).first).to_be_visible()
            page.wait_for_load_state("networkidle")
        say(report, f"{name} of {CITY} rooms", shown)
        report(f"{name} of {CITY} rooms: {sum(shown.longest_ms):.0f} ms of {SLOWER:.0f}-fold processor time in all")
        with traced(browser, page) as moved:
            for _ in range(20):
                page.keyboard.press("j")
                page.wait_for_timeout(STEP_MS)
            page.keyboard.press("/")
            page.keyboard.type("공원", delay=STEP_MS)
            page.wait_for_timeout(400)
        say(report, f"{name} of {CITY} rooms, 20 rows gone through and searched in", moved)
        assert sum(shown.longest_ms) <= CITY_SHOWN_MS
