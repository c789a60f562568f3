"""The plan editor: a room from a template in five taps, a step back, zones one by one, and no connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Error, Page, Route, expect

from server.api.app import build_services
from server.config.settings import Settings
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.places import facilities
from server.places.layout import lay_out
from sweep.report import Plan, RoomKind, parse_json, to_json
from tests.report_factory import make_zone, text
from tests.web.conftest import OpenPhone, Phone
from tests.web.evidence import restroom_plan
from tests.web.site import add_people, serving

pytestmark = pytest.mark.browser

PLAN = "**/api/rooms/*/plan"
OFFLINE = ("ERR_", "Failed to load resource")
SAVE = "현장과 같음 – 저장"
ODD = Plan(
    version=1,
    is_verified=False,
    width_m=4.0,
    depth_m=3.0,
    zones=(
        make_zone("stall-1", "stall", "1번 칸", "Stall 1", ((0, 0), (1.2, 0), (0, 1.5))),  # a triangle
        make_zone("stall-2", "stall", "2번 칸", "Stall 2", ((1.2, 0), (2.4, 0), (2.4, 1.5), (1.2, 1.5))),
    ),
)


@dataclass(frozen=True, slots=True)
class PlanSite:
    """A server of rooms that nobody has swept."""

    url: str
    rooms: dict[str, UUID]


@pytest.fixture(scope="module")
def plans(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlanSite]:
    """Rooms with the plans that a server makes and takes."""
    folder = tmp_path_factory.mktemp("plans")
    services = build_services(Settings(data_dir=folder))
    wanted: dict[str, tuple[RoomKind, Plan | None]] = {
        "taps": ("restroom", None),
        "booths": ("changing_room", None),
        "drawn": ("restroom", restroom_plan(is_verified=False)),
        "zones": ("restroom", lay_out(3, 0)),
        "offline": ("restroom", lay_out(2, 1)),
        "lost": ("restroom", lay_out(2, 1)),
        "meanwhile": ("restroom", lay_out(2, 1)),
        "odd": ("restroom", ODD),
        "screens": ("restroom", lay_out(4, 3)),
        "long": ("restroom", lay_out(12, 6)),
    }
    with services.db.write() as connection:
        add_people(connection)
        park = FacilityRequest(name=text("은하수공원 공중화장실", "Galaxy Park restrooms"), address="가상구 은하로 3")
        park_id = facilities.add_facility(connection, park, actor="test")
        rooms = {
            name: facilities.add_room(
                connection,
                park_id,
                RoomRequest(name=text("여자 화장실 1층", "Women's restroom, 1F"), kind=kind, plan=plan),
                actor="test",
            )
            for name, (kind, plan) in wanted.items()
        }
    services.db.close()
    with serving(folder) as url:
        yield PlanSite(url, rooms)


@pytest.fixture
def editor(open_phone: OpenPhone, plans: PlanSite) -> Phone:
    """An inspector's phone."""
    found = open_phone(plans.url)
    found.log_in()
    return found


def open_plan(phone: Phone, plans: PlanSite, name: str) -> Page:
    """The editor of a room, from the room itself."""
    phone.open(f"#/rooms/{plans.rooms[name]}")
    phone.page.get_by_role("link", name="도면 확인·수정").tap()
    expect(phone.page.get_by_role("button", name=SAVE)).to_be_visible()
    return phone.page


def room_of(phone: Phone, plans: PlanSite, name: str) -> dict[str, Any]:
    answer = phone.page.request.get(f"{phone.url}/api/rooms/{plans.rooms[name]}")
    assert answer.ok, answer.text()
    found: dict[str, Any] = answer.json()
    return found


def plan_of(phone: Phone, plans: PlanSite, name: str) -> Plan:
    """The room's plan as the server has it."""
    return parse_json(Plan, json.dumps(room_of(phone, plans, name)["plan"]).encode())


def saved(page: Page) -> None:
    """The room is back, and its plan is nobody's guess any more."""
    page.get_by_role("button", name=SAVE).tap()
    expect(page.get_by_text("도면 2판", exact=False)).to_be_visible()
    expect(page.get_by_role("link", name="도면 수정")).to_be_visible()
    expect(page.get_by_text("현장과 견주어 보지 않은 도면입니다.")).to_have_count(0)


def choose(page: Page, what: str, count: int) -> None:
    page.get_by_role("group", name=what, exact=True).get_by_role("radio", name=str(count), exact=True).tap()


def zone(page: Page, name: str) -> Any:
    return page.get_by_role("group", name="도면", exact=False).get_by_role("button", name=name, exact=True)


def test_a_room_from_a_template_in_five_taps(editor: Phone, plans: PlanSite) -> None:
    page = open_plan(editor, plans, "taps")
    expect(page.get_by_text("기본 도면에서 시작합니다", exact=False)).to_be_visible()
    page.evaluate("window.taps = 0; addEventListener('pointerdown', () => { window.taps += 1 }, true)")
    choose(page, "대변기 칸", 5)
    choose(page, "소변기", 3)
    choose(page, "세면대", 2)
    saved(page)
    assert page.evaluate("window.taps") <= 5
    made = plan_of(editor, plans, "taps")
    # The same room as the server lays out from a file with these counts.
    laid = lay_out(5, 3).model_copy(update={"version": 2, "is_verified": True})
    assert made == laid
    (latest, _) = room_of(editor, plans, "taps")["plan_history"]
    assert (latest["version"], latest["created_by"]) == (2, "점검자-01")


@pytest.mark.soak
def test_a_changing_room_has_booths(editor: Phone, plans: PlanSite) -> None:
    page = open_plan(editor, plans, "booths")
    choose(page, "탈의 칸", 4)
    expect(page.get_by_role("group", name="소변기")).to_have_count(0)
    saved(page)
    made = plan_of(editor, plans, "booths")
    assert made == lay_out(4, 0, is_changing_room=True).model_copy(update={"version": 2, "is_verified": True})


def test_a_plan_that_is_right_is_said_to_be_so_and_not_redrawn(editor: Phone, plans: PlanSite) -> None:
    before = plan_of(editor, plans, "drawn")
    saved(open_plan(editor, plans, "drawn"))
    assert plan_of(editor, plans, "drawn") == before.model_copy(update={"version": 2, "is_verified": True})


def test_zones_one_by_one_and_every_step_back(editor: Phone, plans: PlanSite) -> None:
    page = open_plan(editor, plans, "zones")
    undo = page.get_by_role("button", name="되돌리기")
    expect(undo).to_be_disabled()
    zone(page, "3번 칸").tap()
    page.get_by_label("종류").select_option(label="장애인 칸")
    page.get_by_role("button", name="폭 늘리기").tap()
    page.get_by_role("button", name="마침").tap()
    zone(page, "1번 칸").tap()
    page.get_by_role("button", name="구역 삭제").tap()
    expect(zone(page, "2번 칸")).to_have_count(0)  # what is left is numbered anew
    undo.tap()
    expect(zone(page, "2번 칸")).to_be_visible()
    page.get_by_role("button", name="좌우 바꾸기").tap()
    zone(page, "출입구").tap()
    page.get_by_role("button", name="문을 옆 벽으로").tap()
    page.get_by_role("button", name="맞은편 벽으로").tap()
    undo.tap()
    page.get_by_role("button", name="마침").tap()
    saved(page)
    boxes = {
        one.zone_id: (one.kind, one.name.ko, min(one.polygon), max(one.polygon))
        for one in plan_of(editor, plans, "zones").zones
    }
    assert boxes == {
        "stall-3": ("stall", "장애인 칸", (0.0, 0.0), (1.5, 1.5)),
        "stall-2": ("stall", "2번 칸", (1.5, 0.0), (2.5, 1.5)),
        "stall-1": ("stall", "1번 칸", (2.5, 0.0), (3.5, 1.5)),
        "entrance": ("entrance", "출입구", (0.0, 2.7), (0.9, 3.9)),
        "basins": ("basin", "세면대", (1.5, 3.0), (3.5, 3.9)),
    }


@pytest.mark.soak
def test_a_drawing_that_rows_cannot_say_starts_from_a_template(editor: Phone, plans: PlanSite) -> None:
    page = open_plan(editor, plans, "odd")
    expect(page.get_by_text("기본 도면에서 시작합니다", exact=False)).to_be_visible()
    expect(zone(page, "2번 칸")).to_be_visible()
    page.get_by_role("button", name="미확인 상태로 저장").tap()
    expect(page.get_by_text("도면 2판", exact=False)).to_be_visible()
    expect(page.get_by_text("현장과 견주어 보지 않은 도면입니다.", exact=False)).to_be_visible()
    assert len(plan_of(editor, plans, "odd").zones) == 4


def send_now(page: Page) -> None:
    """Tap for it, unless it goes by itself first, as it does once the server answers again."""
    send, nothing = page.get_by_role("button", name="지금 보내기"), page.get_by_text("없음", exact=True)
    expect(send.or_(nothing).first).to_be_visible()
    if not nothing.is_visible():
        with suppress(Error):
            send.tap(timeout=5_000)
    expect(nothing).to_be_visible()


def test_without_a_connection_it_waits_on_the_phone(editor: Phone, plans: PlanSite) -> None:
    editor.watch.allowed = OFFLINE
    page = open_plan(editor, plans, "offline")
    page.route(PLAN, lambda route: route.abort())
    choose(page, "대변기 칸", 3)
    page.get_by_role("button", name=SAVE).tap()
    waiting = page.get_by_role("link", name="이 휴대전화에 1건 보관 중", exact=False)
    expect(waiting).to_be_visible()
    # Opened again it begins with what waits, and a second correction takes its place.
    page = open_plan(editor, plans, "offline")
    expect(zone(page, "3번 칸")).to_be_visible()
    choose(page, "대변기 칸", 4)
    page.get_by_role("button", name=SAVE).tap()
    waiting.tap()
    expect(page.get_by_text("도면 수정: 여자 화장실 1층")).to_be_visible()
    assert editor.violations() == []
    assert plan_of(editor, plans, "offline").version == 1
    page.unroute(PLAN)
    send_now(page)
    made = plan_of(editor, plans, "offline")
    assert (made.version, made.is_verified) == (2, True)
    assert sum(one.kind == "stall" for one in made.zones) == 4


def test_an_answer_that_got_lost_makes_no_second_version(editor: Phone, plans: PlanSite) -> None:
    editor.watch.allowed = (*OFFLINE, "status of 409")
    page = open_plan(editor, plans, "lost")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(PLAN, lose)
    choose(page, "세면대", 3)
    page.get_by_role("button", name=SAVE).tap()
    page.get_by_role("link", name="이 휴대전화에 1건 보관 중", exact=False).tap()
    page.unroute(PLAN)
    send_now(page)
    assert plan_of(editor, plans, "lost").version == 2


def test_a_plan_that_changed_meanwhile_is_said_and_saved_over(editor: Phone, plans: PlanSite) -> None:
    editor.watch.allowed = ("status of 409",)
    page = open_plan(editor, plans, "meanwhile")
    token = page.request.get(f"{editor.url}/api/me").json()["csrf_token"]
    other = lay_out(7, 0).model_copy(update={"version": 2})
    answer = page.request.put(
        f"{editor.url}/api/rooms/{plans.rooms['meanwhile']}/plan",
        data=to_json(other).decode(),
        headers={"X-CSRF-Token": token, "Content-Type": "application/json"},
    )
    assert answer.ok, answer.text()
    page.get_by_role("button", name=SAVE).tap()
    expect(page.get_by_role("alert")).to_contain_text("도면이 그사이 바뀌었습니다")
    page.get_by_role("button", name=SAVE).tap()
    expect(page.get_by_text("도면 3판", exact=False)).to_be_visible()
    assert sum(one.kind == "stall" for one in plan_of(editor, plans, "meanwhile").zones) == 2


SMALL = """() => [...document.querySelectorAll('main a, main button, main select, main summary, main input')]
    .filter(one => one.checkVisibility())
    .map(one => [one.closest('label') ?? one, one])
    .map(([area, one]) => [area.getBoundingClientRect(), one])
    .filter(([box]) => box.width < 47.9 || box.height < 47.9)
    .map(([box, one]) => `${one.textContent.trim() || one.name}: ${box.width.toFixed(0)} x ${box.height.toFixed(0)}`)"""


@pytest.mark.parametrize(
    ("language", "theme"),
    [
        ("ko", "light"),
        pytest.param("en", "dark", marks=pytest.mark.soak),
        pytest.param("ko", "dark", marks=pytest.mark.soak),
        pytest.param("en", "light", marks=pytest.mark.soak),
    ],
)
def test_the_editor_on_a_phone(open_phone: OpenPhone, plans: PlanSite, language: str, theme: str) -> None:
    phone = open_phone(plans.url)
    phone.log_in()
    phone.set(language=language, theme=theme)
    page = phone.page
    for name in ("screens", "long"):
        phone.open(f"#/rooms/{plans.rooms[name]}/plan")
        page.get_by_role("button", name="1번 칸" if language == "ko" else "Stall 1", exact=True).wait_for()
        page.locator("summary").tap()
        assert phone.violations() == []
        assert page.evaluate(SMALL) == []
        assert phone.small_texts() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.shoot(f"plan-{name}-{language}-{theme}")
        page.get_by_role("button", name="2번 칸" if language == "ko" else "Stall 2", exact=True).tap()
        assert phone.violations() == []
        assert page.evaluate(SMALL) == []
        assert phone.small_texts() == []
        phone.shoot(f"plan-zone-{name}-{language}-{theme}")


def test_who_may_not_change_plans_finds_no_way_in(open_phone: OpenPhone, plans: PlanSite) -> None:
    phone = open_phone(plans.url)
    phone.log_in("viewer", path=f"#/rooms/{plans.rooms['screens']}")
    expect(phone.page.get_by_text("도면 1판", exact=False)).to_be_visible()
    expect(phone.page.get_by_role("link", name="도면", exact=False)).to_have_count(0)
    phone.open(f"#/rooms/{plans.rooms['screens']}/plan")
    expect(phone.page.get_by_text("이 계정으로는 도면을 고칠 수 없습니다.")).to_be_visible()
