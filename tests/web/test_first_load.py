"""What the first load costs on the wire, as the real server compresses it, and that nothing else comes with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.web.conftest import DESK, PHONE, SMALL_PHONE, OpenPhone, Phone
from tests.web.site import Site
from tests.web.test_instrument import NOTE_SHIFTS
from tests.web.test_transmitters import CAMERA

pytestmark = pytest.mark.browser
MOST_BYTES = 130_000
"""Of the first load, to the first screen with its contents; guessed for a few seconds on a slow mobile network."""

MOST_ROOM_BYTES = 200_000
"""Of a room opened with nothing kept: the page, the room, its answers."""
MOST_SHIFT = 0.01


@dataclass
class Wire:
    """Octets of bodies and headers as they came over the network, by path."""

    octets: dict[str, int] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)

    def listen(self, phone: Phone) -> None:
        """Count from now on, with nothing kept from before."""
        session = phone.page.context.new_cdp_session(phone.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        self._paths[event["requestId"]] = re.sub(r"^https?://[^/]+", "", event["request"]["url"])

    def _came(self, event: dict[str, Any]) -> None:
        path = self._paths.get(event["requestId"], "?")
        self.octets[path] = self.octets.get(path, 0) + int(event["encodedDataLength"])

    @property
    def total(self) -> int:
        return sum(self.octets.values())

    def names(self) -> str:
        return " ".join(sorted(self.octets))


@pytest.mark.parametrize(("language", "other", "heading"), [("ko", "en", "시설과 화장실"), ("en", "ko", "Facilities")])
def test_the_first_load_of_a_phone_is_small(
    open_phone: OpenPhone, site: Site, language: str, other: str, heading: str
) -> None:
    phone, wire = open_phone(site.url, locale="ko-KR" if language == "ko" else "en-GB"), Wire()
    wire.listen(phone)
    phone.log_in()
    expect(phone.page.get_by_role("heading", level=1, name=re.compile(heading))).to_be_visible()
    expect(phone.page.locator("main a").first).to_be_visible()
    print(f"first load in {language}: {wire.total} octets in {len(wire.octets)} answers")
    assert 20_000 < wire.total <= MOST_BYTES, wire.octets
    assert re.search(rf"/assets/{language}-[\w-]+", wire.names())
    assert not re.search(rf"/assets/{other}-[\w-]+|leaflet|/assets/(Desk|SweepScreen|LiveScreen)", wire.names())


def test_the_first_load_of_the_desk_is_small(open_phone: OpenPhone, city: str) -> None:
    phone, wire = open_phone(city, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1), Wire()
    wire.listen(phone)
    phone.log_in("supervisor-hanbit", path="#/desk")
    expect(phone.page.get_by_role("heading", level=1, name="오늘 할 일")).to_be_visible()
    print(f"first load of the desk: {wire.total} octets in {len(wire.octets)} answers")
    assert 20_000 < wire.total <= MOST_BYTES, wire.octets


def test_a_room_is_small(open_phone: OpenPhone, site: Site) -> None:
    # What its service worker fetches for a place without a connection comes once a release, after the page.
    phone, wire = open_phone(site.url, service_workers="allow"), Wire()
    wire.listen(phone)
    phone.log_in(path=f"#/rooms/{site.suspected_room}")
    expect(phone.page.locator(".leaflet-container")).to_be_visible()
    shown = wire.total
    phone.page.wait_for_load_state("networkidle")
    answers = sum(octets for path, octets in wire.octets.items() if path.startswith("/api/"))
    print(f"a room: {shown} octets until it stands, {wire.total} in all, {answers} of them answers")
    print(*(f"{octets:7} {path}" for path, octets in sorted(wire.octets.items(), key=lambda one: -one[1])), sep="\n")
    assert 50_000 < wire.total <= MOST_ROOM_BYTES, wire.octets


@pytest.mark.parametrize("viewport", [pytest.param(PHONE, marks=pytest.mark.soak), SMALL_PHONE], ids=["phone", "small"])
def test_the_strip_of_a_simulation_pushes_nothing_away(
    open_phone: OpenPhone, site: Site, viewport: ViewportSize
) -> None:
    for path in (
        f"#/rooms/{site.suspected_room}",
        f"#/sweeps/{site.suspected_sweep}",
        f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}",
        f"#/sweeps/{site.suspected_sweep}/transmitters/{CAMERA}",
        f"#/sweeps/{site.suspected_sweep}/after",
    ):
        phone = open_phone(site.url, viewport=viewport)
        phone.page.add_init_script(NOTE_SHIFTS)
        phone.log_in(path=path)
        expect(phone.page.locator("main > *").nth(1)).to_be_visible()
        phone.page.wait_for_load_state("networkidle")
        phone.settle()
        shifts = phone.page.evaluate("window.shifts")
        total = sum(one["value"] for one in shifts)
        print(f"{path}: {total:.3f} {shifts}")
        assert total < MOST_SHIFT, (path, shifts)
        phone.page.context.close()
