"""The most that a page is told: a room full of devices with all its walls, a day of 5,000 rooms, as many places."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

from sweep.report import (
    MODALITIES,
    CoverageEvent,
    DeviceLevel,
    DevicesEvent,
    DeviceSummary,
    LiveEvent,
    ProgressEvent,
    TargetCoverage,
    WallView,
    ZoneEvent,
)
from tests.report_factory import text
from tests.web.test_today import item

ROOMS = 5_000
DEVICES = 16  # as many as one message may hold
LOOKS = 6  # places that ask for a second look, guessed
TICKS = 12  # steps of a filming that are told
CELLS = 250  # of six surfaces: as many as a zone's walls are told in


def walls(tenth: int) -> tuple[WallView, ...]:
    """A zone's surfaces at the most cells that are told."""
    cells = "".join(str((tenth + index) % 10) for index in range(CELLS))
    return tuple(
        WallView(surface=surface, corner=corner, cell_m=0.15, columns=25, cells=cells)  # type: ignore[arg-type]  # a surface's name
        for surface, corner in (("wall", 0), ("wall", 1), ("wall", 2), ("wall", 3), ("floor", 0), ("ceiling", 0))
    )


def covered(zone: str, tenth: int) -> CoverageEvent:
    """How well a zone was seen by then."""
    target = TargetCoverage(
        zone_id=zone, target="pinhole_1mm", modality="lens", probability=0.6, low=0.5, high=0.7, source="rendered",
        reason=None, text=text("말", "word"),
    )  # fmt: skip
    return CoverageEvent(type="coverage", zone_id=zone, targets=(target,), walls=walls(tenth))


def told_of(zone: str, index: int, zones: int, tick: int) -> list[LiveEvent]:
    """One step at one position: how far it is, and its walls, which fill."""
    share = tick / TICKS
    progress = ProgressEvent(
        type="progress", position_index=index, positions=zones, zone_id=zone, modality="lens",
        fraction=(index + share) / zones, step="inside", stand_s=None, left_s=400.0 - tick,
    )  # fmt: skip
    return [progress, covered(zone, index + tick)]


def end_of(zone: str, index: int) -> list[LiveEvent]:
    """What is told at the end of a position: verdicts, coverage, devices."""
    devices = tuple(
        DeviceSummary(
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
        covered(zone, index),
        DevicesEvent(type="devices", quiet=7, untold=2, devices=devices, left_out=3, stands=index + 1, next_stand=None),
    ]


def answer_due(page: Page, rooms: int = ROOMS) -> None:
    """The schedule is told of so many rooms."""
    due = {"today": "2026-11-27", "is_working_day": True, "rules": [], "counts": {}, "is_cut": False}
    body = json.dumps({**due, "items": [item(number) for number in range(rooms)]})

    def fulfil(route: Any) -> None:
        route.fulfill(status=200, content_type="application/json", body=body)

    page.route("**/api/schedule?*", fulfil)


def answer_places(page: Page, url: str, count: int = ROOMS) -> None:
    """The desk's map is told of so many places, two in a hundred with an open case."""
    places = [
        {
            "facility_id": f"019c0000-0000-7000-9000-{number:012}", "district_id": None,
            "name": {"ko": f"{number:04}번 공원", "en": f"Park {number:04}"}, "is_special": False,
            "latitude_deg": 37.45 + number % 71 * 0.0031, "longitude_deg": 126.8 + number // 71 * 0.0047,
            "rooms": 1, "first_room_id": f"019c0000-0000-7000-a000-{number:012}", "open_cases": int(number % 50 == 0),
            "is_found": False,
        }
        for number in range(count)
    ]  # fmt: skip
    known = page.request.get(f"{url}/api/desk/map").json()
    body = json.dumps({**known, "places": places, "unplaced": 0})

    def fulfil(route: Any) -> None:
        route.fulfill(status=200, content_type="application/json", body=body)

    page.route("**/api/desk/map", fulfil)
