"""What an inspector sees first in the morning: open cases, what is due in the round's order, the probe in the bag."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from server.api.app import build_services
from server.config.settings import Settings
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.places import facilities
from server.public_page import stickers
from sweep.report import BankState, ConditionEvent
from tests.report_factory import text
from tests.web.conftest import OpenPhone, Phone
from tests.web.probe import FakeProbe
from tests.web.said import said
from tests.web.site import PROBE_ID, add_people, serving

pytestmark = pytest.mark.browser

LONG = 5_000
MOST_MS = 1_000


def test_cases_first_then_the_round_then_what_is_due(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    phone.log_in("inspector-hanbit-1")
    page = phone.page
    today = page.get_by_role("region", name="오늘")
    cards = today.locator("a.today-room")
    expect(cards.first).to_be_visible()
    ranks = cards.evaluate_all(
        """all => all.map(one => one.matches('.found') ? 0 : one.matches('.open') ? 1
            : one.querySelector('.place') ? 2 : one.querySelector('.overdue, .missed') ? 3 : 4)"""
    )
    assert ranks == sorted(ranks)
    assert set(ranks) >= {0, 1}
    # Which round the pair has depends on what else was done in this city: the cards say what the server says of it.
    me = page.request.get(f"{city}/api/me").json()["user"]["display_name"]
    rounds = page.request.get(f"{city}/api/schedule/rounds").json()["rounds"]
    own = {room for one in rounds if me in one["pair"]["names"] for stop in one["stops"] for room in stop["rooms"]}
    links = cards.evaluate_all("all => all.map(one => one.getAttribute('href').split('/').pop())")
    without_case = {room: rank for room, rank in zip(links, ranks, strict=True) if rank > 1}
    assert {room for room, rank in without_case.items() if rank == 2} == own & set(without_case)
    # A camera that was found stands on the room's own card as well, whatever its last sweep said.
    name = cards.first.locator("strong").inner_text()
    facility = cards.first.locator(".small").first.inner_text()
    group = page.locator("section", has=page.get_by_role("heading", name=facility, exact=True))
    expect(group.locator("a.room", has_text=name)).to_contain_text(said("persons", "found"))
    # Of several cases in a room the cameras are counted as such, and one of them says what to do.
    stands = page.request.get(f"{city}/api/rooms/{links[0]}/state").json()["open_cases"]
    finds = [one for one in stands if one["is_found"]]
    others = len(stands) - len(finds)
    tags = [f"{said('finding', 'found')} {len(finds)}건"] * bool(finds) + [f"확인 건 {others}건"] * bool(others)
    repairs = any(one["state"] == "defect" for one in stands)
    expect(cards.first.locator(".tag")).to_have_text([*tags, *[re.compile("^보수 기한 ")] * repairs])
    if finds:
        assert any(one["next"]["ko"] in cards.first.inner_text() for one in finds)
    assert phone.violations() == []
    assert phone.small_texts() == []
    assert phone.small_targets() == []
    phone.shoot("today")
    cards.first.click()
    # Other tests may have decided here: the room says of each case what comes next in it, cameras first.
    steps = [one["next"]["ko"] for one in sorted(stands, key=lambda one: not one["is_found"])]
    expect(page.locator("main .case .act")).to_have_text(steps)
    lines = page.locator("main .case .line").all_inner_texts()
    assert all(re.fullmatch(r".+ · (\d{4}년 )?\d+월 \d+일부터", line) for line in lines), lines
    if not stands:
        expect(page.get_by_text(re.compile(f"^{said('finding', 'found')} [0-9]+건")).first).to_be_visible()
    expect(page.get_by_text(re.compile("^마지막으로 마친 점검"))).to_be_visible()
    assert phone.violations() == []
    assert phone.small_targets() == []
    phone.shoot("today-room", full=False)


MOST_SHIFT = 0.1  # "good" by web.dev's Cumulative Layout Shift
WATCH_SHIFTS = """
    window.shifted = 0;
    window.watched = new PerformanceObserver(list => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
    });
    window.watched.observe({type: 'layout-shift'});
"""
SHIFTED = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.shifted)))))"""


@pytest.mark.parametrize("is_late", [False, True], ids=["together", "late"])
def test_the_day_pushes_nothing_away(open_phone: OpenPhone, city: str, is_late: bool) -> None:
    phone = open_phone(city)
    page = phone.page
    phone.log_in("inspector-hanbit-1", path="#/settings")
    page.evaluate(WATCH_SHIFTS)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/schedule?*", hold)
    with page.expect_response("**/api/rooms"), page.expect_request("**/api/schedule?*"):
        phone.open("#/")
    page.evaluate("0")  # a round trip: what the browser told before it, the held request too, has arrived
    rooms, of_today = page.locator("a.room"), page.locator("a.today-room")
    if is_late:  # then what is known is shown, and the place of the rest is kept
        expect(rooms.first).to_be_visible()
        assert page.get_by_role("status").count() > 0
        assert of_today.count() == 0
    held.pop().continue_()
    expect(of_today.first).to_be_visible()
    expect(rooms.first).to_be_visible()
    shifted = page.evaluate(SHIFTED)
    print(f"layout shift {'late' if is_late else 'together'}: {shifted:.3f}")
    assert shifted <= MOST_SHIFT


@pytest.fixture
def door(built_page: None, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Address of a server and the code on the door of its only room."""
    services = build_services(Settings(data_dir=tmp_path))
    with services.db.write() as connection:
        add_people(connection)
        name = text("한빛공원 공중화장실", "Hanbit Park restrooms")
        facility_id = facilities.add_facility(connection, FacilityRequest(name=name, address="x"), actor="test")
        room = RoomRequest(name=text("여자 화장실", "Women's restroom"), kind="restroom")
        room_id = facilities.add_room(connection, facility_id, room, actor="test")
        code = stickers.replace_sticker(connection, room_id, actor="test")
    services.db.close()
    with serving(tmp_path) as url:
        yield url, code


def test_a_doors_sticker_opens_its_room(open_phone: OpenPhone, door: tuple[str, str]) -> None:
    url, code = door
    phone = open_phone(url)
    phone.log_in()
    page = phone.page
    room = page.get_by_role("heading", level=1, name="여자 화장실")
    page.goto(f"{url}/r/{code}")  # as the phone's own camera opens it
    expect(room).to_be_visible()
    phone.open("#/")
    page.get_by_text("문에 붙은 QR이나 코드로 열기").click()
    field = page.get_by_label("QR 아래 글자 12자")
    field.fill(code[:6])
    page.get_by_role("button", name="열기", exact=True).click()
    expect(page.get_by_text("글자 12자를 모두 입력하십시오.")).to_be_visible()
    assert phone.violations() == []
    field.fill(f"{code[:4]}-{code[4:8]} {code[8:]}".lower())
    page.get_by_role("button", name="열기", exact=True).click()
    expect(room).to_be_visible()


READER = """
    window.seen = [];
    window.BarcodeDetector = class {
        async detect(video) {
            if (video.videoWidth === 0) return [];
            return window.seen.map(rawValue => ({rawValue}));
        }
    };
"""


def test_a_doors_qr_is_scanned_without_a_picture(open_phone: OpenPhone, door: tuple[str, str]) -> None:
    url, code = door
    phone = open_phone(url)
    page = phone.page
    page.add_init_script(READER)
    phone.log_in()
    page.get_by_text("문에 붙은 QR이나 코드로 열기").click()
    page.get_by_role("button", name="문에 붙은 QR 스캔").click()
    video = page.locator("video")
    page.wait_for_function("() => document.querySelector('video')?.srcObject?.active === true")
    page.evaluate("window.stream = document.querySelector('video').srcObject")
    assert phone.violations() == []
    phone.shoot("today-scan-ko-light", full=False)
    page.evaluate("window.seen = ['https://example.org/menu']")  # another QR beside it is nobody's room
    page.get_by_role("button", name="카메라 끄기").click()
    expect(video).to_have_count(0)
    page.wait_for_function("() => !window.stream.active")
    assert page.locator("input[type=file], input[capture]").count() == 0
    page.get_by_role("button", name="문에 붙은 QR 스캔").click()
    page.evaluate("said => { window.seen = ['https://example.org/menu', said]; }", f"{url}/r/{code}")
    expect(page.get_by_role("heading", level=1, name="여자 화장실")).to_be_visible()


def test_the_probe_in_the_bag(phone: Phone, probe: FakeProbe) -> None:
    phone.log_in()
    strip = phone.page.get_by_role("link", name=re.compile(PROBE_ID))
    expect(strip).to_contain_text("보조배터리 잔량 모름")
    expect(strip).to_contain_text("오늘 기준 점검을 하지 않음")
    probe.tell(condition(0.8))
    expect(strip).to_contain_text("보조배터리 80%")
    assert phone.violations() == []


@pytest.mark.soak
def test_a_long_list_stays_smooth(phone: Phone) -> None:
    phone.watch.allowed = ("Failed to load resource",)
    phone.log_in(path="#/settings")
    page = phone.page
    due = {"today": "2026-11-27", "is_working_day": True, "rules": [], "counts": {}, "is_cut": False}
    items = [item(number) for number in range(LONG)]
    page.route(
        "**/api/schedule?*",
        lambda route: route.fulfill(
            status=200, content_type="application/json", body=json.dumps({**due, "items": items})
        ),
    )
    phone.open("#/")
    more = page.get_by_role("button", name=re.compile("^나머지"))
    expect(more).to_be_visible()
    took = page.evaluate(
        """async () => {
            const times = [];
            for (;;) {
                const buttons = [...document.querySelectorAll('button')];
                const more = buttons.find(one => one.innerText.startsWith('나머지'));
                if (!more) return times;
                const began = performance.now();
                more.click();
                await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
                times.push(performance.now() - began);
            }
        }"""
    )
    assert len(page.locator(".list a.today-room").all()) == LONG
    print(f"a page of 50 more: {max(took):.0f} ms at most, {sum(took) / len(took):.0f} ms on average")
    assert max(took) <= MOST_MS


def condition(share: float) -> ConditionEvent:
    bank = BankState(
        likely_share=share, least_share=share - 0.1, most_share=share + 0.1, used_wh=5.0, is_measured=True,
        capacity_mah=10_000, inputs=None, because=None,
    )  # fmt: skip
    return ConditionEvent(
        type="condition", battery_v=None, is_undervolted=None, processor_c=None, is_slowed=None, disk_free_bytes=None,
        head=None, camera=None, camera_because=None, lost={}, bank=bank,
    )  # fmt: skip


def item(number: int) -> dict[str, Any]:
    name = {"ko": f"{number:04}번 공원", "en": f"Park {number:04}"}
    return {
        "room_id": f"019c0000-0000-7000-8000-{number:012}", "facility_id": f"019c0000-0000-7000-9000-{number:012}",
        "district_id": None, "facility_name": name, "room_name": {"ko": "화장실", "en": "Restroom"},
        "kind": "restroom", "rule": "monthly", "state": "due", "drawn": None, "until": "2026-11-30",
        "last_done": None, "is_again": False, "with_police": False,
    }  # fmt: skip
