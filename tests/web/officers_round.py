"""The month of an officer at hand (its server and desk), and the round of two inspectors in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from playwright.sync_api import Page, Response, expect
from sqlalchemy import select

from server.places.facilities import current_plan
from server.projections import projecting
from server.store.schema import facilities, instruments, rooms, stickers
from sweep.report import new_id
from tests.server.conftest import Site
from tests.web.conftest import OpenPhone, Phone
from tests.web.said import said
from tests.web.signing import draw_signature
from tests.web.site import PASSWORD

HOME = "hanbit-gu"
PIN = "402913"
NOT_DONE = re.compile(": 미실시$")
ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-")
ID_NAMED = re.compile(f"{ID.pattern}|{HOME}")


@dataclass
class Month:
    """What one month needs at hand: the pages of people, and every answer that was no success."""

    site: Site
    desk: Phone
    is_named: bool = False
    """Has the office said what the district is called?"""
    refused: set[tuple[str, str, int]] = field(default_factory=set)

    @property
    def page(self) -> Page:
        return self.desk.page

    def watch(self, phone: Phone) -> None:
        def on_response(answer: Response) -> None:
            if answer.status >= 400:
                path = answer.url.removeprefix(self.site.url).partition("?")[0]
                self.refused.add((answer.request.method, path, answer.status))

        phone.page.on("response", on_response)

    def open(self, path: str, title: str) -> Page:
        """A page of the desk, which axe has nothing against, and which calls things by their names."""
        self.desk.open(path)
        expect(self.page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
        self.page.wait_for_load_state("networkidle")
        assert self.desk.violations() == [], path
        assert not (ID_NAMED if self.is_named else ID).search(self.page.inner_text("main")), path
        self.desk.shoot(f"month-{title}", full=False)
        return self.page

    def rooms(self) -> dict[str, tuple[UUID, str]]:
        """Rooms of the list by name, with the code on each door."""
        of_room = select(rooms.c.room_id, rooms.c.name_ko, facilities.c.name_ko.label("of"), stickers.c.code)
        of_room = of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        of_room = of_room.join(stickers, stickers.c.room_id == rooms.c.room_id)
        with self.site.db.read() as connection:
            found = connection.execute(of_room.where(~facilities.c.is_demo)).all()
        return {f"{row.of} {row.name_ko}": (row.room_id, row.code) for row in found}


def go_round(month: Month, open_phone: OpenPhone, number: str) -> None:
    """One room by the phone, one with a find, one typed from paper, one by eye and alone."""
    plain, found, typed, by_eye = (month.rooms()[name] for name in sorted(month.rooms()))
    phone = open_phone(month.site.url)
    month.watch(phone)
    phone.log_in("kim")
    _inspect(phone, *plain, is_found=False)
    _inspect(phone, *found, is_found=True)
    _through_the_guide(phone)
    _by_api(month, "kim", *typed, kind="lens_finder", typed_from=number)
    _by_api(month, "lee", *by_eye, kind="by_eye")
    projecting.drain(month.site.db)


def _inspect(phone: Phone, room_id: UUID, code: str, *, is_found: bool) -> None:
    page = phone.page
    phone.open(f"#/rooms/{room_id}")
    page.get_by_role("link", name="탐지기·육안 점검").click()
    page.get_by_label("안에 아무도 없고 문을 닫았습니다.").check()
    page.get_by_role("radio", name="렌즈 탐지기 · 가상 K18 A-0017").check()
    page.get_by_label("QR 아래 글자 12자").fill(code)
    page.get_by_role("button", name="들어가서 시작").click()
    if is_found:
        page.get_by_role("button", name="반짝임").click()
        page.get_by_role("button", name="구역 가운데로").click()
        page.get_by_role("button", name=said("decision", "cannot_exclude"), exact=True).click()
    nothing, finish = (
        page.get_by_role("button", name="특이사항 없음", exact=True),
        page.get_by_text("모든 구역을 보았습니다."),
    )
    expect(nothing).to_be_visible()
    for _ in range(_zones_left(page)):
        before = _zones_left(page)
        nothing.click()
        expect(page.get_by_role("button", name=NOT_DONE)).to_have_count(before - 1)
    expect(finish).to_be_visible()
    page.get_by_role("button", name="점검 마치기").click()
    page.get_by_label("QR 아래 글자 12자").fill(code)
    _second(page, "lee")
    assert phone.violations() == []
    page.get_by_role("button", name="서명하여 기록").click()
    expect(page.get_by_role("heading", name="장비 측정기록 없음(점검자 확인)")).to_be_visible()
    assert phone.violations() == []


def _zones_left(page: Page) -> int:
    return page.get_by_role("button", name=NOT_DONE).count()


def _second(page: Page, username: str) -> None:
    page.get_by_label("아이디 또는 배지 번호").fill(username)
    page.get_by_label(re.compile("^PIN")).fill(PIN)


def _press(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()


def _through_the_guide(phone: Phone) -> None:
    """From what the finder showed to the city, as two do it."""
    page = phone.page
    page.get_by_role("link", name="확인 안내 열기").click()
    _press(page, "물체가 있음", "카메라이거나 배제할 수 없음", "아무도 만지지 않음")
    _second(page, "lee")
    _press(page, "기록하고 다음", "손대지 않겠습니다 – 다음", "다른 사람이 지킴", "점검자-72", "기록하고 다음")
    assert phone.violations() == []
    _press(page, "신고했습니다 – 다음")
    page.get_by_label("번호", exact=True).fill("2026-112-000431")
    _press(page, "기록하고 다음", "경찰이 도착했습니다")
    page.get_by_label("경찰관", exact=True).fill("김경위")
    _press(page, "경위", "다음")
    page.get_by_role("textbox").fill("가상경찰서 한빛지구대")
    _press(page, "다음", "봉인 번호 없음", "다음")
    _second(page, "lee")
    _press(page, "기록하고 다음")
    expect(page.get_by_role("heading", level=2, name="경찰관의 확인 서명을 받으십시오")).to_be_visible()
    draw_signature(page)
    _press(page, "기록하고 다음", "한빛구 담당 부서", "기록하고 다음")
    expect(page.get_by_role("heading", level=2, name="할 일을 마쳤습니다")).to_be_visible()
    assert phone.violations() == []


def _by_api(month: Month, username: str, room_id: UUID, code: str, *, kind: str, typed_from: str | None = None) -> None:
    """As the phone sends an inspection of every zone in which nothing was seen."""
    with month.site.db.read() as connection:
        zones = [zone.zone_id for zone in current_plan(connection, room_id).zones]
        finder = None if kind == "by_eye" else str(connection.scalar(select(instruments.c.instrument_id)))
    left = datetime.now(UTC)
    looks = [
        {
            "zone_id": zone,
            "instrument_id": finder,
            "kind": kind,
            "saw": "nothing",
            "place": None,
            "afterwards": None,
            "after_s": 0 if typed_from else 20 * number,
        }
        for number, zone in enumerate(zones, start=1)
    ]
    body = {
        "sweep_id": str(new_id()),
        "plan_version": 1,
        "looks": looks,
        "declared_empty": True,
        "borescope_rule": False,
        "typed_from": typed_from,
        "entered": (left - timedelta(seconds=20 * len(zones) + 5)).isoformat(),
        "left": left.isoformat(),
        "sent": left.isoformat(),
        "door_in": code,
        "door_out": code,
    }
    with httpx.Client(base_url=month.site.url, timeout=30) as own:
        token = own.post("/api/login", json={"username": username, "password": PASSWORD}).json()["csrf_token"]
        answer = own.post(f"/api/rooms/{room_id}/inspections", json=body, headers={"X-CSRF-Token": token})
        assert answer.status_code == 201, answer.text
