"""Is the page smooth on a cheap phone: a running sweep, and a day of 5,000 rooms.

Tasks are counted by the main thread's own processor time, four times as long as here (`tests/web/tasks.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, expect

from sweep.report import (
    MODALITIES,
    CoverageEvent,
    DeviceLevel,
    DevicesEvent,
    DeviceTold,
    LiveEvent,
    ProgressEvent,
    TargetCoverage,
    WallView,
    ZoneEvent,
)
from tests.report_factory import text
from tests.web.conftest import (
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
from tests.web.probe import FakeProbe
from tests.web.tasks import SLOWER, Tasks, traced
from tests.web.test_today import item

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

LONGEST_MS = 50.0
"""What a browser calls a long task: what comes meanwhile, a press on the stop among it, waits."""
SHOWN_MS = 1_000.0
ROOMS = 5_000
DEVICES = 16  # as many as one message may hold
TICKS = 12  # steps of a filming that are told
STEP_MS = 40
CELLS = 250  # of six surfaces: as many as a zone's walls are told in


def walls(tenth: int) -> tuple[WallView, ...]:
    """A zone's surfaces at the most cells that are told."""
    cells = "".join(str((tenth + index) % 10) for index in range(CELLS))
    return tuple(
        WallView(surface=surface, corner=corner, cell_m=0.15, columns=25, cells=cells)  # type: ignore[arg-type]  # a surface's name
        for surface, corner in (("wall", 0), ("wall", 1), ("wall", 2), ("wall", 3), ("floor", 0), ("ceiling", 0))
    )


def told_of(zone: str, index: int, zones: int, tick: int) -> list[LiveEvent]:
    """One step at one stand."""
    share = tick / TICKS
    progress = ProgressEvent(
        type="progress", position_index=index, positions=zones, zone_id=zone, modality="lens",
        fraction=(index + share) / zones, step="inside", stand_s=None, left_s=400.0 - tick,
    )  # fmt: skip
    return [progress]


def end_of(zone: str, index: int) -> list[LiveEvent]:
    """What is told at the end of a stand: verdicts, coverage, devices."""
    target = TargetCoverage(
        zone_id=zone, target="pinhole_1mm", modality="lens", probability=0.6, low=0.5, high=0.7, source="rendered",
        reason=None, text=text("말", "word"),
    )  # fmt: skip
    devices = tuple(
        DeviceTold(
            modality="wifi", tag=f"{number:016x}", group="act" if number == 0 else "look", why="video_uplink",
            vendor="Hidden Eye", channel_mhz=2437.0,
            levels=tuple(
                DeviceLevel(position_index=stand, zone_id=zone, level_dbm=-80.0 + 3 * stand + number % 7)
                for stand in range(index + 1)
            ),
        )
        for number in range(DEVICES)
    )  # fmt: skip
    return [
        *(ZoneEvent(type="zone", zone_id=zone, modality=one, verdict="clear", quality=0.8) for one in MODALITIES),
        CoverageEvent(type="coverage", zone_id=zone, targets=(target,), walls=walls(index)),
        DevicesEvent(type="devices", quiet=7, untold=2, devices=devices, left_out=3, stands=index + 1, next_stand=None),
    ]


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
    expect(phone.page.get_by_label("무선 기기", exact=True).locator("li.device")).to_have_count(DEVICES)


def say(report: Callable[[str], None], what: str, tasks: Tasks) -> None:
    counts = sum(one > LONGEST_MS for one in tasks.longest_ms)
    report(
        f"{what}: longest task {tasks.most_ms:.0f} ms of {SLOWER:.0f}-fold processor time, {counts} above "
        f"{LONGEST_MS:.0f} ms of {len(tasks.longest_ms)}"
    )
    for line in tasks.of_longest:
        report(f"    {line}")


def test_a_running_sweep_blocks_nobody(
    browser: Browser, live_phone: Phone, live_probe: FakeProbe, report: Callable[[str], None]
) -> None:
    expect(live_phone.page.locator(".leaflet-container")).to_be_visible()
    with traced(browser, live_phone.page) as tasks:
        sweep_through(live_phone, live_probe)
    say(report, "a running sweep", tasks)
    with traced(browser, live_phone.page) as again:
        live_phone.page.reload()  # the server tells all of it again at once
        expect(live_phone.page.get_by_label("무선 기기", exact=True).locator("li.device")).to_have_count(DEVICES)
        expect(live_phone.page.locator(".leaflet-container")).to_be_visible()
    say(report, "a page opened in the middle of it", again)
    assert tasks.most_ms <= LONGEST_MS


def answer_due(page: Page) -> None:
    due = {"today": "2026-11-27", "is_working_day": True, "rules": [], "counts": {}, "is_cut": False}
    body = json.dumps({**due, "items": [item(number) for number in range(ROOMS)]})

    def fulfil(route: Any) -> None:
        route.fulfill(status=200, content_type="application/json", body=body)

    page.route("**/api/schedule?*", fulfil)


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
    assert scrolled.most_ms <= LONGEST_MS


def test_a_map_of_5000_places_is_smooth(
    browser: Browser, open_phone: OpenPhone, site: Any, report: Callable[[str], None]
) -> None:
    phone = open_phone(site.url)
    phone.log_in("chief", path="#/settings")
    page = phone.page
    answer_due(page)
    places = [
        {
            "facility_id": f"019c0000-0000-7000-9000-{number:012}", "district_id": None,
            "name": {"ko": f"{number:04}번 공원", "en": f"Park {number:04}"}, "is_special": False,
            "latitude_deg": 37.45 + number % 71 * 0.0031, "longitude_deg": 126.8 + number // 71 * 0.0047,
            "open_cases": number % 50 == 0, "is_found": False,
        }
        for number in range(ROOMS)
    ]  # fmt: skip
    known = page.request.get(f"{site.url}/api/desk/map").json()

    def fulfil(route: Any) -> None:
        route.fulfill(
            status=200, content_type="application/json", body=json.dumps({**known, "places": places, "unplaced": 0})
        )

    page.route("**/api/desk/map", fulfil)
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
