"""A day of two inspectors with the instruments that every district has: twelve rooms, mostly without a connection."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select, update

from server.config.settings import Settings
from server.instruments import register
from server.interface.instrument_requests import InstrumentRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.people import auth
from server.places import facilities
from server.projections import projecting
from server.public_page.stickers import replace_sticker
from server.store.schema import entries, rooms, sweeps
from sweep.entry.kinds import INSPECTED, INSPECTION_CONFIRMED
from sweep.report import LocalText
from tests.report_factory import make_plan
from tests.server.conftest import Site, running
from tests.waiting import wait_until
from tests.web.conftest import OpenPhone, Phone
from tests.web.site import PASSWORD, QUICK_HASH
from tests.web.test_offline import wait_for
from tests.web.test_outbox import stored

pytestmark = pytest.mark.browser
ROOMS = 12
PINS = {"kim1": "402913", "kim2": "730264"}
ZONES = ("1번 칸", "2번 칸", "입구")
TAPS = 6
"""A room takes these besides one a zone and what is typed: to the inspection, empty, with what, in; finish, record."""


@pytest.fixture
def office(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[UUID, str]]]:
    """A server with two inspectors who have a PIN each, and rooms with what is on their doors."""
    with running(Settings(data_dir=tmp_path_factory.mktemp("day"), port=0)) as server:
        home = server.services.settings.tenant
        with server.db.write() as connection:
            for number, username in enumerate(PINS, start=1):
                auth.create_user(
                    connection,
                    username=username,
                    display_name=f"점검자-7{number}",
                    role="inspector",
                    password=QUICK_HASH,
                    actor="test",
                    district_id=home,
                )
            doors: dict[UUID, str] = {}
            for number in range(ROOMS):
                name = LocalText(ko=f"가상 화장실 {number + 1:02}", en=f"Made-up restroom {number + 1:02}")
                wanted = FacilityRequest(name=name, address=f"어딘가 {number + 1}")
                facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=home)
                room = RoomRequest(name=name, kind="restroom", plan=make_plan())
                room_id = facilities.add_room(connection, facility_id, room, actor="test")
                doors[room_id] = replace_sticker(connection, room_id, actor="test")
            finder = InstrumentRequest(kind="lens_finder", maker="가상", model="K18", serial="A-1")
            register.add_instrument(connection, finder, actor="test", district_id=home)
            connection.execute(update(rooms).values(created_ms=0))
        for username, pin in PINS.items():
            with httpx.Client(base_url=server.url, timeout=30) as own:
                token = own.post("/api/login", json={"username": username, "password": PASSWORD}).json()["csrf_token"]
                own.put("/api/pin", json={"pin": pin}, headers={"X-CSRF-Token": token}).raise_for_status()
        yield server, doors


class Thumb:
    """One who taps, and counts."""

    def __init__(self, phone: Phone) -> None:
        self.phone, self.page, self.taps = phone, phone.page, 0

    def tap(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name).click()  # type: ignore[arg-type]  # a role by its name
        self.taps += 1

    def wait_until_kept(self, before: str) -> None:
        wait_until(lambda: stored(self.phone) != before, "it is kept", every_s=0.05)

    def inspect(self, room_id: UUID, door: str, other: str, *, dies: bool = False) -> int:
        """A whole room in which nothing is seen; the taps a room takes."""
        self.taps = 0
        page = self.page
        self.phone.open(f"#/rooms/{room_id}")
        self.tap("link", "탐지기·육안 점검")
        self.tap("checkbox", "안에 아무도 없고 문을 닫았습니다.")
        self.tap("radio", "렌즈 탐지기 · 가상 K18 A-1 (작동 확인 없음)")
        page.get_by_label("QR 아래 글자 12자").fill(door)
        self.tap("button", "들어가서 시작")
        for number, zone in enumerate(ZONES):
            expect(page.get_by_text(f"{zone}: 렌즈 탐지기로 살피십시오.")).to_be_visible()
            before = stored(self.phone)
            self.page.get_by_role("button", name="특이사항 없음", exact=True).click()
            if dies and number == 1:  # the battery
                self.wait_until_kept(before)
                page.reload()
        self.tap("button", "점검 마치기")
        page.get_by_label("아이디 또는 배지 번호").fill(other)
        page.get_by_label("PIN 6자리").fill(PINS[other])
        page.get_by_label("QR 아래 글자 12자").fill(door)
        self.tap("button", "서명하여 기록")
        return self.taps


def test_twelve_rooms_of_two_inspectors_arrive_once_each_and_with_both(
    open_phone: OpenPhone, office: tuple[Site, dict[UUID, str]]
) -> None:
    server, doors = office
    half = ROOMS // 2
    pairs = (("kim1", "kim2", list(doors)[:half]), ("kim2", "kim1", list(doors)[half:]))
    for own, other, of_person in pairs:
        phone = open_phone(server.url, service_workers="allow")
        phone.watch.allowed = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
        phone.log_in(own)
        phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        phone.page.reload()
        for room_id in of_person:
            wait_for(phone, f"/api/rooms/{room_id}/state")
        wait_for(phone, "/api/instruments")
        thumb = Thumb(phone)
        for number, room_id in enumerate(of_person):
            is_offline = number not in (0, 3)  # two of the six lie where there is a network
            phone.page.context.set_offline(is_offline)
            assert thumb.inspect(room_id, doors[room_id], other, dies=number == 2) == TAPS
            said = "이 휴대전화에 보관했습니다." if is_offline else "점검자-7"
            expect(phone.page.get_by_text(said).first).to_be_visible()
        phone.page.context.set_offline(False)

    def arrived() -> bool:
        with server.db.read() as connection:
            of_kind = select(func.count()).where(entries.c.kind.in_((INSPECTED, INSPECTION_CONFIRMED)))
            return connection.scalar(of_kind) == 2 * ROOMS

    wait_until(arrived, "all of it is delivered")
    projecting.drain(server.db)
    with server.db.read() as connection:
        found = connection.execute(select(sweeps.c.room_id, sweeps.c.persons, sweeps.c.outcome)).all()
    assert sorted(found) == sorted((room_id, 2, "completed") for room_id in doors)
