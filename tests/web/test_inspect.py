"""An inspection with other instruments in a real Chromium: taps, a room made wholly offline, and the second person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from server.config.settings import Settings
from server.instruments import register
from server.interface.instrument_requests import InstrumentRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.people import auth
from server.places import facilities
from server.projections import projecting
from server.public_page.stickers import replace_sticker
from server.store.clock import today
from server.store.schema import alarms, entries, rooms, sweeps
from sweep.entry.kinds import INSPECTED, INSPECTION_CONFIRMED, VISIT_SIGNED
from sweep.report import LocalText
from tests.report_factory import make_plan
from tests.server.conftest import Site, running
from tests.waiting import wait_until
from tests.web.conftest import OpenPhone, Phone
from tests.web.site import PASSWORD, QUICK_HASH
from tests.web.test_lost_answers import all_fine, sign
from tests.web.test_offline import wait_for

pytestmark = pytest.mark.browser
NOTHING = "특이사항 없음"
MINUTES_AGO = """minutes => {
    const at = new Date(Date.now() - 60_000 * minutes);
    at.setMinutes(at.getMinutes() - at.getTimezoneOffset());
    return at.toISOString().slice(0, 16);
}"""
"""As a person types it: by the phone's own clock and zone."""
PIN, WRONG_PIN = "402913", "730264"


@dataclass(frozen=True)
class Door:
    """A server with one room, and what is on its door."""

    site: Site
    room_id: UUID
    code: str


@pytest.fixture
def door(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A server with two inspectors, one room with a sticker, and a lens finder."""
    with running(Settings(data_dir=tmp_path_factory.mktemp("inspect"), port=0)) as server:
        home = server.services.settings.tenant
        name = LocalText(ko="가상 화장실", en="Made-up restroom")
        with server.db.write() as connection:
            for number in (1, 2):
                auth.create_user(
                    connection,
                    username=f"kim{number}",
                    display_name=f"점검자-7{number}",
                    role="inspector",
                    password=QUICK_HASH,
                    actor="test",
                    district_id=home,
                )
            auth.create_user(
                connection,
                username="park",
                display_name="감독자-71",
                role="supervisor",
                password=QUICK_HASH,
                actor="test",
                district_id=home,
            )
            wanted = FacilityRequest(name=name, address="어딘가 1")
            facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=home)
            room = RoomRequest(name=name, kind="restroom", plan=make_plan())
            room_id = facilities.add_room(connection, facility_id, room, actor="test")
            code = replace_sticker(connection, room_id, actor="test")
            finder = InstrumentRequest(kind="lens_finder", maker="가상", model="K18", serial="A-1")
            register.add_instrument(connection, finder, actor="test", district_id=home)
        with httpx.Client(base_url=server.url, timeout=30) as own:
            token = own.post("/api/login", json={"username": "kim2", "password": PASSWORD}).json()["csrf_token"]
            own.put("/api/pin", json={"pin": PIN}, headers={"X-CSRF-Token": token}).raise_for_status()
        yield Door(server, room_id, code)


def _enter(phone: Phone, door: Door) -> Page:
    page = phone.page
    phone.open(f"#/rooms/{door.room_id}/inspect")
    page.get_by_label("안에 아무도 없고 문을 닫았습니다.").check()
    page.get_by_role("radio", name="렌즈 탐지기 · 가상 K18 A-1 (작동 확인 없음)").check()
    page.get_by_label("QR 아래 글자 12자").fill(door.code)
    assert phone.violations() == []
    page.get_by_role("button", name="들어가서 시작").click()
    return page


def _ready(open_phone: OpenPhone, door: Door) -> Phone:
    """A phone that holds the page and the room, so that it needs no connection."""
    phone = open_phone(door.site.url, service_workers="allow")
    phone.watch.allowed = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    phone.log_in("kim1", path=f"#/rooms/{door.room_id}")
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    phone.page.reload()
    expect(phone.page.get_by_role("link", name="탐지기·육안 점검")).to_be_visible()
    wait_for(phone, f"/api/rooms/{door.room_id}/state")
    phone.open(f"#/rooms/{door.room_id}/inspect")
    wait_for(phone, "/api/instruments")
    return phone


@pytest.mark.parametrize(("pin", "is_proved"), [(PIN, True), (WRONG_PIN, False)])
def test_a_room_takes_one_tap_a_zone_offline_and_is_delivered_later(
    open_phone: OpenPhone, door: Door, pin: str, is_proved: bool
) -> None:
    phone = _ready(open_phone, door)
    page = _enter(phone, door)
    page.context.set_offline(True)
    zones = ("1번 칸", "2번 칸", "입구")
    for zone in zones:
        expect(page.get_by_text(f"{zone}: 렌즈 탐지기로 살피십시오.")).to_be_visible()
        expect(page.get_by_role("button", name=f"{zone}: 미실시")).to_be_visible()  # nothing is filled in beforehand
        page.get_by_role("button", name=NOTHING, exact=True).click()  # the only tap
        expect(page.get_by_role("button", name=f"{zone}: {NOTHING}")).to_be_visible()
    expect(page.get_by_text("모든 구역을 보았습니다.")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("inspect-seen-412x915", full=False)
    page.get_by_role("button", name="점검 마치기").click()
    page.get_by_label("코드를 읽을 수 없음").check()
    page.get_by_label("아이디 또는 배지 번호").fill("kim2")
    expect(page.get_by_role("button", name="서명하여 기록")).to_be_disabled()  # a name without a proof
    page.get_by_label("PIN 6자리").fill(pin)
    assert phone.violations() == []
    phone.shoot("inspect-leaving-412x915", full=False)
    page.get_by_role("button", name="서명하여 기록").click()
    expect(page.get_by_text("이 휴대전화에 보관했습니다.")).to_be_visible()
    page.context.set_offline(False)

    def arrived() -> bool:
        with door.site.db.read() as connection:
            kind = INSPECTION_CONFIRMED if is_proved else INSPECTED
            return connection.scalar(select(entries.c.log_index).where(entries.c.kind == kind)) is not None

    wait_until(arrived, "it is delivered")
    projecting.drain(door.site.db)
    with door.site.db.read() as connection:
        row = connection.execute(select(sweeps)).one()
    said = (door.room_id, "completed", "nothing_unusual", 2 if is_proved else 1)
    assert (row.room_id, row.outcome, row.said, row.persons) == said

    phone.open(f"#/sweeps/{row.sweep_id}")
    expect(page.get_by_role("heading", name="장비 측정기록 없음(점검자 확인)")).to_be_visible()
    if is_proved:
        expect(page.get_by_text("점검자-72 확인")).to_be_visible()
        return
    page.get_by_label("아이디 또는 배지 번호").fill("kim2")
    page.get_by_label("PIN 또는 비밀번호").fill(PASSWORD)
    assert phone.violations() == []
    page.get_by_role("button", name="두 번째 사람이 확인").click()
    expect(page.get_by_text("점검자-72 확인")).to_be_visible()
    phone.shoot("inspect-confirmed-412x915", full=False)


def test_the_checklist_and_a_signature_are_taken_before_any_of_it_is_delivered(
    open_phone: OpenPhone, door: Door
) -> None:
    phone = _ready(open_phone, door)
    page = _enter(phone, door)
    page.context.set_offline(True)
    for _ in range(3):
        page.get_by_role("button", name=NOTHING, exact=True).click()
    page.get_by_role("button", name="점검 마치기").click()
    page.get_by_label("QR 아래 글자 12자").fill(door.code)
    page.get_by_role("button", name="서명하여 기록").click()
    page.get_by_role("link", name="점검표 적기").click()
    for zone, onward in (("1번 칸", "다음 구역"), ("2번 칸", "다음 구역"), ("입구", "마지막 화면")):
        expect(page.get_by_role("heading", level=2, name=zone)).to_be_visible()
        all_fine(page)
        page.get_by_role("button", name=onward).click()
    page.get_by_role("button", name="서명하여 기록").click()
    expect(page.get_by_role("heading", name="현장 기재를 기록했습니다")).to_be_visible()
    sign(page, "김경위")
    expect(page.get_by_text("입회인 · 가상경찰서 경위 김경위")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("inspect-after-offline-412x915")
    page.get_by_role("link", name="시설 확인서 보기").click()
    expect(page.get_by_role("article")).to_contain_text("가상 화장실")
    page.context.set_offline(False)

    def arrived() -> bool:
        with door.site.db.read() as connection:
            return connection.scalar(select(entries.c.log_index).where(entries.c.kind == VISIT_SIGNED)) is not None

    wait_until(arrived, "all of it is delivered")
    projecting.drain(door.site.db)
    with door.site.db.read() as connection:
        sweep_id = connection.scalar(select(sweeps.c.sweep_id))
    visit = page.request.get(f"{door.site.url}/api/sweeps/{sweep_id}").json()["visit"]
    assert [one["fine"] != [] for one in visit["note"]["zones"]] == [True] * 3
    (signature,) = visit["signatures"]
    assert (signature["name"], signature["is_of_last_note"]) == ("김경위", True)
    assert visit["claimed"]["utc"] < visit["noted"], "as the phone said, beside the server's own time"


def test_a_glint_has_a_place_and_an_eyes_word_before_it_stands(open_phone: OpenPhone, door: Door) -> None:
    phone = open_phone(door.site.url)
    phone.log_in("kim1")
    page = _enter(phone, door)
    page.get_by_role("button", name="반짝임").click()
    expect(page.get_by_text("1번 칸: 본 자리를 도면에서 누르십시오.")).to_be_visible()
    assert phone.violations() == []
    page.get_by_role("button", name="도면").click(position={"x": 60, "y": 60})
    expect(page.get_by_text("만지지 말고 그 자리를 눈으로 보십시오.")).to_be_visible()
    phone.shoot("inspect-glint-412x915", full=False)
    page.get_by_role("button", name="눈으로 확인: 카메라 아님").click()
    expect(page.get_by_role("button", name="1번 칸: 반짝임")).to_be_visible()
    page.reload()  # a dead battery
    expect(page.get_by_text("하던 점검에서 이어집니다.")).to_be_visible()
    page.get_by_role("button", name="미실시 2곳 남기고 마치기").click()
    expect(page.get_by_text("미실시: 2번 칸, 입구")).to_be_visible()
    page.get_by_label("QR 아래 글자 12자").fill(door.code)
    page.get_by_role("button", name="서명하여 기록").click()
    expect(page.get_by_text("미실시 2곳: 2번 칸, 입구")).to_be_visible()
    phone.set(language="en")
    expect(page.get_by_role("heading", name="No measurement (persons looked)")).to_be_visible()
    assert phone.violations() == []


def test_a_list_on_paper_is_typed_in_later_and_says_so(open_phone: OpenPhone, door: Door) -> None:
    issued = _issued(door)
    phone = open_phone(door.site.url)
    phone.log_in("kim1")
    page = phone.page
    phone.open(f"#/rooms/{door.room_id}/inspect")
    page.get_by_label("안에 아무도 없고 문을 닫았습니다.").check()
    page.get_by_role("radio", name="렌즈 탐지기 · 가상 K18 A-1 (작동 확인 없음)").check()
    page.get_by_label("종이 점검표를 나중에 입력(사후 입력)").check()
    begin = page.get_by_role("button", name="입력 시작")
    expect(begin).to_be_disabled()
    page.get_by_label("점검표 문서번호").fill(issued)
    page.get_by_label("들어간 때").fill(page.evaluate(MINUTES_AGO, 2))
    page.get_by_label("나온 때").fill(page.evaluate(MINUTES_AGO, 3))
    expect(begin).to_be_disabled()  # they left before they came
    page.get_by_label("나온 때").fill(page.evaluate(MINUTES_AGO, 1))
    assert phone.violations() == []
    phone.shoot("inspect-typed-412x915", full=False)
    begin.click()
    for zone in ("1번 칸", "2번 칸", "입구"):
        expect(page.get_by_text(f"{zone}: 종이에 적힌 결과를 누르십시오.")).to_be_visible()
        page.get_by_role("button", name=NOTHING, exact=True).click()
    page.get_by_role("button", name="점검 마치기").click()
    page.get_by_role("button", name="서명하여 기록").click()
    expect(page.get_by_role("heading", name="장비 측정기록 없음(점검자 확인)")).to_be_visible()
    with door.site.db.read() as connection:
        assert connection.scalar(select(alarms.c.code)) is None  # neither pace nor door are told by paper
    sweep_id = page.url.rpartition("/")[2]
    said = page.request.get(f"{door.site.url}/api/sweeps/{sweep_id}").json()["inspection"]["said"]
    assert (said["typed_from"], {look["after_s"] for look in said["looks"]}) == (issued, {0})


def _issued(door: Door) -> str:
    """Number of a list on paper that was made today for this room."""
    with door.site.db.write() as connection:
        connection.execute(update(rooms).values(created_ms=0))
        facility_id = connection.scalar(select(rooms.c.facility_id).where(rooms.c.room_id == door.room_id))
    with httpx.Client(base_url=door.site.url, timeout=60) as office:
        login = office.post("/api/login", json={"username": "park", "password": PASSWORD})
        office.headers["X-CSRF-Token"] = login.json()["csrf_token"]
        pair = {"first_username": "kim1", "second_username": "kim2"}
        pair_id = office.post("/api/schedule/pairs", json=pair).json()["pairs"][0]["pair_id"]
        day = str(today())
        order = {
            "facility_id": str(facility_id),
            "first_day": day,
            "last_day": day,
            "with_police": False,
            "reason": "합동",
        }
        office.post("/api/schedule/orders", json=order).raise_for_status()
        office.post(f"/api/schedule/rounds/{pair_id}/list").raise_for_status()
        number: str = office.get("/api/documents").json()["documents"][0]["document_no"]
        return number
