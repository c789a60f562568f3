"""The list of rooms of a city: searched by the server, shown page by page, and kept when the server goes away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server.api.app import build_services
from server.config.settings import Settings
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.places import facilities
from tests.report_factory import text
from tests.web.conftest import OpenPhone
from tests.web.site import add_people, serving

pytestmark = pytest.mark.browser

ROOMS = 120


@pytest.fixture
def city(built_page: None, tmp_path: Path) -> Iterator[str]:
    """A server with more rooms than one page of the list holds."""
    services = build_services(Settings(data_dir=tmp_path))
    with services.db.write() as connection:
        add_people(connection)
        for number in range(ROOMS // 6):
            name = text(f"{number:02d}번 공원", f"Park {number:02d}")
            facility_id = facilities.add_facility(connection, FacilityRequest(name=name, address="x"), actor="test")
            for floor in range(6):
                name = text(f"여자 화장실 {floor}층", f"Women's restroom {floor}F")
                request = RoomRequest(name=name, kind="restroom")
                facilities.add_room(connection, facility_id, request, actor="test")
    services.db.close()
    with serving(tmp_path) as url:
        yield url


def test_more_rooms_and_a_search(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    phone.log_in()
    page, shown = phone.page, phone.page.locator("a.room")
    more = page.get_by_role("button", name="더 보기")
    expect(shown).to_have_count(50)
    expect(page.get_by_role("heading", name="08번 공원")).to_be_visible()
    assert phone.violations() == []
    more.click()
    expect(shown).to_have_count(100)
    more.click()
    expect(shown).to_have_count(ROOMS)
    expect(more).to_have_count(0)
    expect(page.get_by_text("6곳", exact=True)).to_have_count(ROOMS // 6)

    search = page.get_by_role("searchbox")
    search.fill("17번 3층")
    expect(shown).to_have_count(1)
    expect(page.get_by_role("heading", name="17번 공원")).to_be_visible()
    search.fill("없는 이름")
    expect(page.get_by_text("찾는 이름의 화장실이 없습니다.")).to_be_visible()
    search.fill("")
    expect(shown).to_have_count(50)

    phone.watch.allowed = ("Failed to load resource", "ERR_")
    page.route(re.compile("/api/rooms"), lambda route: route.abort())
    more.click()
    expect(page.get_by_role("alert")).to_contain_text("서버에 닿지 않습니다")
    expect(shown).to_have_count(50)
    page.unroute(re.compile("/api/rooms"))
    page.evaluate("dispatchEvent(new Event('online'))")  # as when the network is back; the button does the same
    expect(shown).to_have_count(100)
    shown.last.click()
    expect(page.get_by_role("heading", name="여자 화장실 3층")).to_be_visible()
