"""What inspectors need every day beside a sweep: a repair up to its closing, the way there, the first run alone."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from server.store.clock import today
from tests.web.conftest import DESK, OpenPhone, Phone
from tests.web.test_photos import FOUND, ask, new_case
from tests.web.test_plan import send_now

pytestmark = pytest.mark.browser
BOTH_LANGUAGES = pytest.mark.parametrize("language", ["ko", pytest.param("en", marks=pytest.mark.soak)])
INSPECTOR = "inspector-hanbit-1"
STEPS = "**/api/cases/*/steps"
TO, DUE = "보수를 맡은 곳", "보수 기한"


def room_of(page: Page, city: str) -> str:
    """A room of whoever is logged in in which no find waits for the police."""
    rooms = [
        one["room_id"] for one in ask(page, city, "/api/rooms?limit=50")["rooms"][1:]
    ]  # finds are made in the first
    return str(next(one for one in rooms if not ask(page, city, f"/api/rooms/{one}/state")["is_found"]))


def events(page: Page, city: str, case_id: str) -> list[dict[str, Any]]:
    return [event["step"] for event in ask(page, city, f"/api/cases/{case_id}")["events"]]


@BOTH_LANGUAGES
def test_a_broken_lock_goes_to_the_facility_with_a_day_and_is_closed_by_whoever_confirms_it(
    open_phone: OpenPhone, city: str, language: str
) -> None:
    phone = open_phone(city)
    page = phone.page
    phone.log_in(INSPECTOR)
    room_id = room_of(page, city)
    phone.open(f"#/rooms/{room_id}")
    phone.set(language=language)
    is_korean = language == "ko"
    page.get_by_role("link", name="보수 요청" if is_korean else "Ask for a repair").click()
    submit = page.get_by_role("button", name="보수 요청 기록" if is_korean else "Record it")
    submit.click()
    expect(page.locator(".alert")).to_contain_text(
        "무엇을 보수하는지" if is_korean else "Choose what is to be repaired"
    )
    page.get_by_role("radio", name="출입문·잠금장치 고장" if is_korean else "Broken door or lock").check()
    due = (today() + timedelta(days=3)).isoformat()
    expect(page.get_by_label(DUE if is_korean else "Repair by")).to_have_value(due)
    assert phone.faults() == []
    phone.shoot(f"repair-ask-{language}")
    page.get_by_role("button", name="시설 관리 담당" if is_korean else "The facility", exact=True).click()
    submit.click()
    expect(page.get_by_role("status")).to_be_visible()
    assert phone.faults() == []
    case = [
        one
        for one in ask(page, city, f"/api/cases?room_id={room_id}&limit=50")["cases"]
        if (one["state"], one["due"]) == ("defect", due)
    ][-1]
    assert [one["step"] for one in events(page, city, case["case_id"])] == ["defect_found", "repair_handed"]

    said = re.compile(f"^{DUE}" if is_korean else "^repair (by|was due)")
    phone.open(f"#/rooms/{room_id}")
    expect(
        page.get_by_role("region", name="다음 할 일" if is_korean else "Next").get_by_text(said).first
    ).to_be_visible()
    assert phone.faults() == []
    phone.shoot(f"repair-room-{language}")
    phone.open("#/rooms")
    expect(phone.of_today(room_id).get_by_text(said).first).to_be_visible()
    phone.shoot(f"repair-today-{language}")

    # It is closed by somebody else, who goes and looks.
    other = open_phone(city)
    other.log_in("supervisor-hanbit", path=f"#/find/{case['case_id']}")
    other.set(language=language)
    button = other.page.get_by_role("button", name="기록하고 다음" if is_korean else "Record, then next")
    other.page.get_by_role("button", name="시설 관리 담당" if is_korean else "The facility", exact=True).click()
    button.click()
    other.page.get_by_role("button", name="예" if is_korean else "Yes", exact=True).click()
    button.click()
    expect(
        other.page.get_by_role("heading", name="보수를 확인하여" if is_korean else "the repair holds")
    ).to_be_visible()
    assert other.violations() == []
    assert [one["step"] for one in events(page, city, case["case_id"])][2:] == ["repaired", "rechecked"]
    assert ask(page, city, f"/api/cases/{case['case_id']}")["state"] == "hole_repaired"


def test_the_desk_lists_a_repair_with_its_day_and_hands_it_over(open_phone: OpenPhone, city: str) -> None:
    desk = open_phone(city, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1)
    desk.log_in("supervisor-hanbit")
    page = desk.page
    room_id = room_of(page, city)
    opened = ask(page, city, f"/api/rooms/{room_id}/cases", {"step": {"step": "defect_found", "defect": "partition"}})
    case_id = opened["case"]["case_id"]
    desk.open(f"#/desk/case/{case_id}")
    page.get_by_role("radio", name="시설에 보수 요청").check()
    page.get_by_label(TO).fill("구 시설관리팀")
    due = (today() + timedelta(days=10)).isoformat()
    page.get_by_label(DUE).fill(due)
    page.get_by_role("button", name="이 단계 기록하기").click()
    expect(page.get_by_text("구 시설관리팀").first).to_be_visible()
    assert desk.violations() == []
    assert events(page, city, case_id)[-1] == {"step": "repair_handed", "handed_to": "구 시설관리팀", "due": due}
    desk.open("#/desk/cases?state=defect")
    row = page.locator(f"a.room[href='#/desk/case/{case_id}']")
    expect(row).to_contain_text(DUE)


def test_nothing_is_repaired_while_a_find_in_the_room_waits_for_the_police(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    page = phone.page
    phone.log_in(INSPECTOR)
    find = new_case(page, city, *FOUND)
    room_id = ask(page, city, f"/api/cases/{find}")["room_id"]
    opened = ask(page, city, f"/api/rooms/{room_id}/cases", {"step": {"step": "defect_found", "defect": "hole"}})
    case_id = opened["case"]["case_id"]
    phone.open(f"#/find/{case_id}")
    expect(page.get_by_role("heading", name="시설에 보수를 맡기십시오")).to_be_visible()
    expect(page.get_by_label(DUE)).not_to_have_value("")
    assert phone.faults() == []
    phone.shoot("repair-hand-ko")
    page.get_by_role("button", name="시설 관리 담당").click()
    page.get_by_role("button", name="기록하고 다음").click()
    expect(page.get_by_role("heading", name="아직 보수하지 마십시오")).to_be_visible()
    expect(page.get_by_role("button", name="경찰이 문서로 요청함")).to_have_count(0)
    assert phone.faults() == []
    phone.shoot("repair-held-ko")


def test_a_repair_is_handed_over_without_a_connection_and_sent_later(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    page = phone.page
    phone.watch.allowed = ("Failed to load resource",)
    phone.log_in(INSPECTOR)
    room_id = room_of(page, city)
    opened = ask(page, city, f"/api/rooms/{room_id}/cases", {"step": {"step": "defect_found", "defect": "light"}})
    case_id = opened["case"]["case_id"]

    def refuse(route: Route) -> None:
        route.abort()

    page.route(STEPS, refuse)
    phone.open(f"#/find/{case_id}")
    page.get_by_role("button", name="시설 관리 담당").click()
    page.get_by_role("button", name="기록하고 다음").click()
    expect(page.get_by_text("기록 1건을 이 휴대전화에 보관했습니다")).to_be_visible()
    expect(page.get_by_role("heading", name="누가 보수했습니까?")).to_be_visible()
    assert len(events(page, city, case_id)) == 1
    page.unroute(STEPS, refuse)
    phone.open("#/settings")
    send_now(page)
    assert events(page, city, case_id)[-1]["step"] == "repair_handed"


@pytest.mark.parametrize(
    ("agent", "starts"),
    [
        ("Mozilla/5.0 (Linux; Android 15; SM-S921N)", "geo:"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "maps:?ll="),
    ],
)
def test_the_way_opens_in_the_phones_own_map_and_asks_nobody_before(
    open_phone: OpenPhone, city: str, agent: str, starts: str
) -> None:
    phone: Phone = open_phone(city, user_agent=agent)
    page = phone.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    phone.log_in(INSPECTOR)
    rooms = page.locator("li:has(> a.today-room)")
    expect(rooms.first).to_be_visible()
    for row in rooms.all():
        way = row.get_by_role("link", name=re.compile("지도 앱으로 길 찾기$"))
        assert re.match("geo:|maps:", way.get_attribute("href") or "")
    room_id = room_of(page, city)
    phone.open(f"#/rooms/{room_id}")
    way = page.get_by_role("link", name=re.compile("지도 앱으로 길 찾기$"))
    link = way.get_attribute("href") or ""
    assert link.startswith(starts) and re.search(r"3\d\.\d+,12\d\.\d+", link), link
    assert phone.faults() == []
    assert [url for url in asked if not url.startswith((city, "blob:", "data:"))] == []


@BOTH_LANGUAGES
def test_the_first_run_is_made_alone_and_leaves_nothing_behind(open_phone: OpenPhone, city: str, language: str) -> None:
    phone = open_phone(city)
    page = phone.page
    phone.log_in(INSPECTOR, path="#/settings")
    phone.set(language=language)
    is_korean = language == "ko"
    page.get_by_role("link", name="처음이면 혼자 3분 연습" if is_korean else "New here?").click()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method != "GET" else None)
    mark = page.get_by_text("연습 점검 · 실제 점검 아님" if is_korean else "Practice · not a real sweep")
    expect(
        page.get_by_role("heading", name="처음 3분 연습" if is_korean else "The first three minutes")
    ).to_be_visible()
    heading = page.get_by_role("heading", level=2)

    def shown(words: str, name: str) -> None:
        expect(heading).to_contain_text(words, timeout=20_000)
        expect(mark).to_be_in_viewport()
        assert phone.faults() == []
        phone.shoot(f"first-{name}-{language}", full=False)

    def press(korean: str, english: str) -> None:
        page.get_by_role("button", name=re.compile(korean if is_korean else english)).click()

    shown("혼자 한 번" if is_korean else "Try it once", "start")
    press("연습 동료님과 바로 시작", "Start with")
    shown("2번 칸 안에" if is_korean else "Stand in stall 2", "walk")
    press("이 자리에서 측정", "Measure from here")
    shown("왼쪽 칸막이" if is_korean else "Left partition", "aim")
    shown("왼쪽 경첩 옆" if is_korean else "left hinge", "look")
    press("나사", "screw")
    shown("문 쪽을" if is_korean else "mind the door", "calm")
    shown("지금 멈추십시오" if is_korean else "stop now", "stop")
    press("사람 들어옴", "Someone came in")
    shown("만에 멈췄습니다" if is_korean else "Stopped within", "stopped")
    press("계속하기", "Go on")
    shown("판정하십시오" if is_korean else "Decide on", "evidence")
    press("카메라 아님", "Not a camera")
    shown("내려받으십시오" if is_korean else "Download the log", "export")
    with page.expect_download() as saving:
        press("담당 부서 제출", "For the office")
    lines = Path(saving.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0] == lines[-1] == ("연습 점검 · 실제 점검 아님" if is_korean else "Practice · not a real sweep")
    shown("마쳤습니다" if is_korean else "That was all", "done")
    assert sent == [], "nothing of it reaches the server, so that it counts nowhere"
