"""A whole day: two inspectors, two phones, three rooms, one camera, one thing like a camera, one hole; and bad luck.

Real: server, agent, Chromium, a profile that outlives its browser.  Simulated: air, camera and head of the probe, which
sweeps two of the rooms; made up: what another probe had reported of all three, the places that persons decide about.
At each named moment the pages are held to what server and probe know.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.waiting import wait_until
from tests.web import day_truth as truth
from tests.web.agent import PROBE_ID
from tests.web.conftest import OpenPhone, Phone
from tests.web.day import ROOT, Day, Room
from tests.web.handset import TROUBLE, Handset
from tests.web.live_screen import pulled
from tests.web.said import said
from tests.web.site import PASSWORD
from tests.web.test_lost_answers import all_fine, lose_the_answer, press, sign
from tests.web.test_outbox import DISPOSITIONS, log_in_by_form
from tests.web.test_stop import stop_button

pytestmark = [pytest.mark.browser, pytest.mark.soak]

FIRST, SECOND = "점검자-01", "감독자-01"
USERNAMES: Final = {FIRST: "inspector", SECOND: "supervisor"}
SWEEP_MS: Final = 1_200_000  # a minute on a machine that does nothing else


@pytest.fixture
def day(built_page: None, tmp_path: Path) -> Iterator[Day]:
    with Day(tmp_path) as made:
        yield made


def moment(name: str) -> None:
    """So that a run that failed says how far the day was."""
    print(f"- {name}", flush=True)


def test_a_whole_day_of_two_inspectors(
    day: Day, open_phone: OpenPhone, browser: Browser, chromium_path: str, tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    handset = Handset(browser, chromium_path, tmp_path, f"http://127.0.0.1:{day.first.port}")
    request.addfinalizer(handset.close)
    second = open_phone(f"http://127.0.0.1:{day.second.port}")
    second.watch.allowed = TROUBLE
    for phone, name in ((handset.phone, FIRST), (second, SECOND)):
        phone.open()
        log_in_by_form(phone, USERNAMES[name])
        truth.of_person(phone, name)
        truth.of_pending(phone, 0)
    camera, confuser, hole = day.rooms

    seen_camera, seen_confuser, seen_nothing = day.deliver("stall-2", "stall-1", None)
    for sweep_id, room in zip((seen_camera, seen_confuser, seen_nothing), day.rooms, strict=True):
        truth.of_sweep(handset.phone, day, sweep_id)
        truth.of_room(second, day, room)
    first_sweep = swept_with_server_and_network_lost(day, handset.phone, second, camera)
    decided_by_both(day, handset.phone, second, camera, seen_camera)
    second_sweep = swept_with_the_answer_lost(day, handset.phone, second, confuser)
    decided_on_anothers_phone(day, handset.phone, second, confuser, seen_confuser)
    hole_written_down_in_two_browsers(day, handset, hole, seen_nothing)
    visits_end(day, handset.phone, second, (first_sweep, second_sweep, seen_nothing))
    the_day_is_exported(day, handset.phone, tmp_path)
    assert "Traceback" not in day.agent_said()


def begin(day: Day, phone: Phone, other: Phone, room: Room) -> None:
    """The holder of `phone` starts a quick sweep of a room with the other one, who watches it."""
    page = phone.page
    phone.open(f"#/rooms/{room.room_id}/start")
    expect(page.get_by_role("radio", name=re.compile(PROBE_ID))).to_be_checked(timeout=truth.PATIENCE_MS)
    page.get_by_role("radio", name=re.compile("^간이")).check()
    page.get_by_label("점검자 2", exact=True).fill(SECOND)
    press(page, "점검 준비")
    other.open(f"#/live/{PROBE_ID}")
    for one in (phone, other):
        truth.of_state(one, day)
    declare(page)


def declare(page: Page) -> None:
    for name in (FIRST, SECOND):
        page.get_by_role("button", name=f"{name} 확인").click(timeout=SWEEP_MS)
    press(page, "퇴실 확인 완료, 점검 시작")


def end_of(day: Day, phone: Phone, other: Phone) -> str:
    """Both go from the live screen to the report when it is there; the sweep's id."""
    for one in (phone, other):
        one.page.get_by_role("link", name="점검 지도 보기").click(timeout=SWEEP_MS)
        expect(one.page.get_by_text("증거 기록 2건, 서명 확인됨, 누락 없음")).to_be_visible(timeout=truth.PATIENCE_MS)
    sweep_id = phone.page.url.rpartition("/")[2]
    kinds = [entry["kind"] for entry in day.entries() if entry["sweep_id"] == sweep_id]
    assert sorted(kinds) == ["sweep.opened", "sweep.report"], "nothing lost, nothing doubled"
    wait_until(lambda: day.waiting_on_probe() == 0, "the probe's outbox is empty", every_s=0.1)
    return sweep_id


def swept_with_server_and_network_lost(day: Day, phone: Phone, other: Phone, room: Room) -> str:
    """Somebody comes in; the first phone has no network; the server is killed; the sweep goes on."""
    moment("the first room: somebody comes in")
    begin(day, phone, other, room)
    for one in (phone, other):
        expect(one.page.locator(".state")).to_have_text("점검 중", timeout=truth.PATIENCE_MS)
    stop_button(other.page).click()
    for one in (phone, other):
        expect(one.page.locator(".state")).to_have_text("멈춤", timeout=truth.PATIENCE_MS)
        truth.of_state(one, day)
        truth.of_live_coverage(one, day, room)

    moment("the server is killed while the sweep stands still, and the first phone loses its network")
    day.first.cut()
    day.city.kill()
    for one in (phone, other):
        expect(one.page.get_by_text(truth.STALE)).to_be_visible(timeout=truth.PATIENCE_MS)
        expect(stop_button(one.page)).to_be_visible()
    day.city.start()
    truth.of_state(other, day, "paused")
    truth.of_live_coverage(other, day, room)
    expect(phone.page.get_by_text(truth.STALE)).to_be_visible()

    moment("the network is back, and they go on")
    day.first.join()
    truth.of_state(phone, day)
    other.page.get_by_role("button", name=re.compile("계속하기")).click()
    declare(other.page)
    expect(pulled(other.page).locator(".tile .number").first).to_be_visible(timeout=SWEEP_MS)
    for one in (phone, other):
        truth.of_state(one, day)
        truth.of_live_coverage(one, day, room)
    sweep_id = end_of(day, phone, other)
    truth.of_sweep(phone, day, sweep_id)
    truth.of_room(phone, day, room)
    truth.of_room(other, day, room)
    return sweep_id


def swept_with_the_answer_lost(day: Day, phone: Phone, other: Phone, room: Room) -> str:
    """The server takes an entry and is killed before it has said so: the probe sends it again."""
    moment("the second room: the server dies between taking an entry and saying so")
    begin(day, phone, other, room)
    expect(phone.page.locator(".state")).to_have_text("점검 중", timeout=SWEEP_MS)
    sweep_id = str(day.probe_as_known()["sweep_id"])
    day.probe.lose_answers_from(b"POST /api/entries ")
    day.wait_for_first_entry(sweep_id)
    assert day.waiting_on_probe() == 2, "nobody told the probe that the first one is there"
    day.city.kill()
    day.probe.cut()
    day.city.start()
    day.probe.join()
    assert end_of(day, phone, other) == sweep_id
    truth.of_sweep(other, day, sweep_id)
    truth.of_room(phone, day, room)
    return sweep_id


def sheet(phone: Phone, sweep_id: str, day: Day) -> Locator:
    """The sheet of the sweep's only finding."""
    (finding,) = day.sweep(sweep_id)["report"]["findings"]
    phone.open(f"#/sweeps/{sweep_id}/findings/{finding['finding_id']}")
    found = phone.page.get_by_role("dialog")
    expect(found).to_be_visible()
    return found


def decide(opened: Locator, verdict: str, note: str = "") -> None:
    opened.get_by_role("radio", name=re.compile(verdict)).check()
    if note:
        opened.get_by_label("덧붙이는 말").fill(note)
    opened.get_by_role("button", name="판정 남기기").click()


def decided_by_both(day: Day, phone: Phone, other: Phone, room: Room, sweep_id: str) -> None:
    """The second decides what the first has open; the first one's answer is lost."""
    moment("both decide on one finding")
    mine, theirs = sheet(phone, sweep_id, day), sheet(other, sweep_id, day)
    mine.get_by_role("radio", name=said("decision", "cannot_exclude")).check()
    decide(theirs, said("decision", "cannot_exclude"), "구멍 뒤에 유리")
    expect(theirs.get_by_text("판정을 기록했습니다")).to_be_visible()
    truth.of_decisions(other, day, sweep_id)
    phone.page.route(DISPOSITIONS, lose_the_answer)
    decide(mine, said("decision", "cannot_exclude"), "나사가 아님")
    expect(mine.get_by_text("연결이 없어 휴대전화에 보관했습니다")).to_be_visible()
    phone.page.unroute(DISPOSITIONS)
    moment("what waited was sent again: the open sheet says so by itself")
    expect(mine.get_by_text("판정을 기록했습니다")).to_be_visible(timeout=truth.PATIENCE_MS)
    expect(mine.get_by_text("연결이 없어 휴대전화에 보관했습니다")).to_have_count(0)
    truth.of_decisions(phone, day, sweep_id)
    assert by_whom(day, sweep_id) == [(SECOND, "cannot_exclude"), (FIRST, "cannot_exclude")]
    truth.of_pending(phone, 0)
    for one in (phone, other):
        truth.of_room(one, day, room)


def by_whom(day: Day, sweep_id: str) -> list[tuple[str, str]]:
    return [(one["subject"], one["verdict"]) for one in day.sweep(sweep_id)["dispositions"]]


def decided_on_anothers_phone(day: Day, phone: Phone, other: Phone, room: Room, sweep_id: str) -> None:
    """Decided without a network; then the second one takes over the phone: nothing goes out in another name."""
    moment("the first decides without a network")
    opened = sheet(phone, sweep_id, day)
    day.first.cut()
    decide(opened, "카메라 아님", "거울 조각")
    expect(opened.get_by_text("연결이 없어 휴대전화에 보관했습니다")).to_be_visible(timeout=truth.PATIENCE_MS)
    expect(opened.locator(".noted.waiting")).to_have_count(1)
    assert by_whom(day, sweep_id) == []

    moment("the second takes over the phone")
    opened.get_by_role("radio", name=said("decision", "cannot_exclude")).check()  # begun by the first, not recorded
    phone.page.route(DISPOSITIONS, lambda route: route.abort())  # not before the second one is logged in
    day.first.join()
    answer = phone.page.request.post(f"{phone.url}/api/login", data={"username": "supervisor", "password": PASSWORD})
    assert answer.ok, answer.text()
    phone.page.unroute(DISPOSITIONS)
    phone.page.evaluate("dispatchEvent(new Event('online'))")  # which sends what waits, in the first one's name
    expect(opened.get_by_role("radio", name=said("decision", "cannot_exclude"))).not_to_be_checked()
    truth.of_person(phone, SECOND)
    expect(phone.page.get_by_text(f"{FIRST}: 1건, 본인만 열 수 있게 봉인됨")).to_be_visible()
    assert by_whom(day, sweep_id) == []
    decide(sheet(phone, sweep_id, day), "카메라 아님", "거울 조각")
    wait_until(lambda: by_whom(day, sweep_id) == [(SECOND, "no_camera")], "the second one's own", every_s=0.1)

    moment("the first has the phone back")
    phone.open("#/settings")
    press(phone.page, "로그아웃")
    expect(phone.page.get_by_text("이 휴대전화에 1건 보관 중")).to_be_visible()
    log_in_by_form(phone, USERNAMES[FIRST])
    truth.of_person(phone, FIRST)
    truth.of_pending(phone, 0)
    assert by_whom(day, sweep_id) == [(SECOND, "no_camera"), (FIRST, "no_camera")]
    for one in (phone, other):
        truth.of_room(one, day, room)


def hole_written_down_in_two_browsers(day: Day, handset: Handset, room: Room, sweep_id: str) -> None:
    """A hole by eye; the browser dies over the checklist; the note's answer is lost in the one after it."""
    moment("the third room: a hole, and a browser that dies")
    page = handset.phone.page
    handset.phone.open(f"#/sweeps/{sweep_id}/checklist")
    all_fine(page)
    press(page, "하나 더하기")
    page.route("**/api/rooms/*/cases", lose_the_answer)
    press(page, "구멍 보수 요청")
    expect(page.locator(".alert, .field-error").first).to_be_visible()
    handset.die()
    phone = handset.switch_on()
    page = phone.page
    phone.open(f"#/sweeps/{sweep_id}/checklist")
    returned(phone)
    phone.open(f"#/sweeps/{sweep_id}/checklist")
    expect(page.get_by_text("적던 점검표에서 이어집니다.")).to_be_visible()
    expect(page.locator("output")).to_have_text("1")
    press(page, "구멍 보수 요청")
    expect(page.get_by_text("보수 요청함: 구멍")).to_be_visible()
    assert len(day.get(f"/api/rooms/{room.room_id}/state")["open_cases"]) == 1, "asked for twice, opened once"
    truth.of_room(phone, day, room)
    phone.open(f"#/sweeps/{sweep_id}/checklist")
    for zone in day.sweep(sweep_id)["report"]["plan"]["zones"][1:]:
        press(page, "다음 구역")
        expect(page.get_by_role("heading", level=2, name=zone["name"]["ko"])).to_be_visible()
        all_fine(page)
    press(page, "마지막 화면")
    page.route("**/api/sweeps/*/note", lose_the_answer)
    press(page, "서명하여 기록")
    expect(page.get_by_text("휴대전화에 보관했습니다").first).to_be_visible()
    truth.of_pending(phone, 1)
    page.unroute("**/api/sweeps/*/note")
    truth.of_pending(phone, 0)
    note = day.sweep(sweep_id)["visit"]
    assert (note["noted_by"], note["note"]["marks"]) == (FIRST, "1번 칸: 구멍 1곳")


def returned(phone: Phone) -> None:
    """After the browser died the page says who is logged in, as the server does, or asks for it."""
    form = phone.page.get_by_label("아이디")
    expect(form.or_(phone.page.get_by_role("navigation"))).to_be_visible()
    if form.is_visible():  # a browser writes a new cookie down within half a minute
        log_in_by_form(phone, USERNAMES[FIRST])
    truth.of_person(phone, FIRST)
    truth.of_pending(phone, 0)


def visits_end(day: Day, phone: Phone, other: Phone, sweeps: tuple[str, ...]) -> None:
    """Checklists of the other two rooms, and a witness's signature for each of the three; one answer is lost."""
    for sweep_id in sweeps[:2]:
        moment("a checklist")
        other.open(f"#/sweeps/{sweep_id}/checklist")
        zones = day.sweep(sweep_id)["report"]["plan"]["zones"]
        for number, zone in enumerate(zones, start=1):
            expect(other.page.get_by_role("heading", level=2, name=zone["name"]["ko"])).to_be_visible()
            all_fine(other.page)
            if number == 1:
                other.page.get_by_role("group", name="환풍구").get_by_role("radio", name="의심").check()
            press(other.page, "다음 구역" if number < len(zones) else "마지막 화면")
        press(other.page, "서명하여 기록")
        expect(other.page.get_by_role("heading", name="현장 기재를 기록했습니다")).to_be_visible()
    for sweep_id in sweeps:
        moment("a witness signs")
        phone.open(f"#/sweeps/{sweep_id}/after")
        if sweep_id == sweeps[0]:
            phone.page.route("**/api/sweeps/*/signatures", lose_the_answer)
        sign(phone.page, "김경위")
        if sweep_id == sweeps[0]:
            expect(phone.page.get_by_text("휴대전화에 보관했습니다").first).to_be_visible()
            phone.page.unroute("**/api/sweeps/*/signatures")
        expect(phone.page.get_by_text("입회인 · 가상경찰서 경위 김경위")).to_be_visible(timeout=truth.PATIENCE_MS)
        (kept,) = day.sweep(sweep_id)["visit"]["signatures"]
        assert (kept["name"], kept["taken_by"], kept["is_of_last_note"]) == ("김경위", FIRST, True)
        expect(phone.page.get_by_text("모두 보냈습니다.")).to_be_visible(timeout=truth.PATIENCE_MS)
        phone.open(f"#/sweeps/{sweep_id}/sheet")
        expect(phone.page.get_by_role("article")).to_contain_text("카메라가 없다는 증명서가 아닙니다")
        expect(phone.page.get_by_role("article")).to_contain_text("입회인")


def the_day_is_exported(day: Day, phone: Phone, folder: Path) -> None:
    """Nothing waits anywhere; the form is downloaded; the log as a package holds without the server."""
    moment("the day's end")
    truth.of_pending(phone, 0)
    assert day.waiting_on_probe() == 0
    phone.open("#/exports")
    phone.page.get_by_label("다운로드 사유").fill("하루 마감")
    with phone.page.expect_download() as waiting:
        press(phone.page, "내려받기")
    assert waiting.value.path().read_bytes().startswith(b"%PDF")
    entries = day.entries()
    assert len({one["entry_id"] for one in entries}) == len(entries)
    counts = Counter(one["kind"] for one in entries)
    wanted = {"disposition": 4, "sweep.opened": 5, "sweep.report": 5, "visit.noted": 3, "visit.signed": 3}
    assert {kind: counts[kind] for kind in wanted} == wanted
    assert {one["status"] for one in entries} == {"accepted"}
    day.city.kill()  # what it wrote speaks for itself
    package = folder / "day.package"
    for command in (
        ["-m", "server.cli", "export", "entries", str(package), "--data-dir", str(day.city.folder)],
        ["-m", "server.verifier", str(package)],
    ):
        said = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, cwd=ROOT)
        assert said.returncode == 0, said.stdout + said.stderr
