"""One word of a thing wherever it stands: a find in list, room, map, checklist, closing list and the text to 112."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from sweep.report import FindingEvent, SweepReport, new_id
from sweep.wifi.words import response_test_event
from tests.waiting import wait_until
from tests.web import evidence as made
from tests.web.conftest import OpenPhone, Phone
from tests.web.live_screen import command, commands, end, pulled
from tests.web.probe import FakeProbe
from tests.web.said import said
from tests.web.site import PASSWORD, Site, seed_ids
from tests.web.test_lost_answers import all_fine
from tests.web.test_near import camera, near, tell_of_stand
from tests.web.test_response_test import STILL, ZONE
from tests.web.test_second_look import look
from tests.web.test_targets import as_reported_now

pytestmark = pytest.mark.browser
STALL = "2번 칸"


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _ask(phone: Phone, path: str, body: dict[str, Any]) -> Any:
    """A POST of this phone's session."""
    token = phone.page.request.get(f"{phone.url}/api/me").json()["csrf_token"]
    answer = phone.page.request.post(f"{phone.url}{path}", data=body, headers={"X-CSRF-Token": token})
    assert answer.ok, answer.text()
    return answer.json()


def _sweep(phone: Phone, report: SweepReport) -> Any:
    return phone.page.request.get(f"{phone.url}/api/sweeps/{report.sweep_id}").json()


def _find(phone: Phone, report: SweepReport, *steps: dict[str, Any]) -> str:
    """Two persons find a camera at the sweep's only place, and take these steps; gives the case."""
    case_id = ""

    def is_there() -> bool:
        nonlocal case_id
        findings = _sweep(phone, report)["findings"]
        case_id = findings[0]["case_id"] if findings else ""
        return bool(findings)

    wait_until(is_there, "the case of the finding", every_s=0.05)
    both = ({"step": "looked_at", "seen": "object"}, {"step": "camera", "was_touched": False})
    for step in (*both, *steps):
        second = {"username": "supervisor", "password": PASSWORD} if step in both else None
        _ask(phone, f"/api/cases/{case_id}/steps", {"step": step, "second_person": second})
    return case_id


CLOSED = {"step": "room_closed", "guarded_by": "감독자-01"}
WITHOUT = {"step": "photographed", "commitment": None, "why_not": "열쇠 없음"}
CALLED = {"step": "police_called", "receipt_no": "2026-112-1"}
HANDED = {
    "step": "handed_over", "officer": "김경위", "rank": "경위", "station": "가상경찰서", "receipt_no": "2026-112-1",
    "seal_no": "봉인 1",
}  # fmt: skip
REPORTED = {"step": "reported_to_city", "to": "시 담당 부서"}


def test_a_find_of_the_guide_is_everywhere_at_once(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    room = site.another_room()
    report = site.deliver("everywhere", candidate_zone=ZONE, is_real=True, room_id=room.room_id)
    phone.log_in(path="#/settings")
    case_id = _find(phone, report, CLOSED, WITHOUT)
    page = phone.page
    phone.open("#/")
    card = page.locator("a.room", has_text=room.name)
    expect(card).to_contain_text(said("persons", "found"))
    expect(card.locator(".next")).not_to_contain_text(re.compile("육안 확인|눈으로 확인"))
    of_today = phone.of_today(room.room_id)
    expect(of_today).to_have_class(re.compile(r"\bfound\b"))
    expect(of_today).to_contain_text(said("finding", "found"))
    phone.open(f"#/rooms/{room.room_id}")
    expect(page.locator("main .results").first).to_contain_text(said("persons", "found"))
    expect(page.get_by_role("link", name="점검 시작")).not_to_have_class(re.compile("primary"))
    expect(page.get_by_role("button", name="바로 시작")).to_have_count(0)
    history = page.locator(".history a", has=page.locator("[data-persons=found]"))
    expect(history.first).to_contain_text(said("persons", "found"))  # the same word in list and history

    phone.open(f"#/sweeps/{report.sweep_id}")
    expect(page.locator(".map-pin")).to_have_text(f"1 {said('finding', 'found')}")
    shown = page.locator("section.result")
    expect(shown.locator("[data-persons]")).to_contain_text(said("persons", "found"))
    expect(shown.locator("[data-equipment]")).to_contain_text(said("equipment", "to_inspect"))

    phone.open(f"#/find/{case_id}")
    where = f"{room.name} {STALL} 뒷벽, 높이 모름, "
    expect(page.get_by_text(where)).to_be_visible()
    link = page.get_by_role("link", name="112 문자").get_attribute("href") or ""
    assert where in unquote(link)

    phone.open(f"#/sweeps/{report.sweep_id}/checklist")
    while not page.get_by_role("heading", level=2, name=STALL).is_visible():
        page.locator(".turns .primary").click()
    expect(page.get_by_text("이 구역에서 의심기기를 발견했습니다.")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("standing-checklist", full=False)
    all_fine(page, "다른 곳은 모두 이상 없음")
    for _ in range(len(report.plan.zones)):
        if page.get_by_role("heading", name="점검구분·동행·조치").is_visible():
            break
        page.locator(".turns .primary").click()
    expect(page.get_by_role("checkbox", name="현장 보존")).to_be_checked()
    _press(page, "서명하여 기록")
    expect(page.get_by_text("현장 기재를 기록했습니다")).to_be_visible()
    note = _sweep(phone, report)["visit"]["note"]
    assert (note["by_eye"], note["marks"]) == ("marks", f"{STALL}: {said('finding', 'found')}")

    for step in (CALLED, HANDED, REPORTED):
        expect(page.get_by_text("문을 닫고 ‘점검 중’ 표지를 그대로 둡니다")).to_be_visible()
        expect(page.get_by_text("표지를 떼고 문을 엽니다")).to_have_count(0)
        second = {"username": "supervisor", "password": PASSWORD} if step is HANDED else None
        _ask(phone, f"/api/cases/{case_id}/steps", {"step": step, "second_person": second})
        page.reload()
    # All steps are made, and the police have not said what it was.
    expect(page.get_by_text("문을 닫고 ‘점검 중’ 표지를 그대로 둡니다")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("standing-closing")
    _says_the_police(phone, case_id)
    phone.open(f"#/sweeps/{report.sweep_id}/after")
    page.reload()
    expect(page.get_by_text("표지를 떼고 문을 엽니다")).to_be_visible()


def _says_the_police(phone: Phone, case_id: str) -> None:
    """The guide takes down that it was none, with date and number of the paper; then nothing is left to do."""
    page = phone.page
    title = page.locator("h2")
    phone.open(f"#/find/{case_id}")
    expect(title).to_have_text("할 일을 마쳤습니다")
    _press(page, "경찰 확인 결과 기록")
    expect(title).to_have_text("경찰이 무엇이라고 했습니까?")
    _press(page, "카메라 아님")
    page.locator("input[type=date]").fill("2026-11-20")
    assert phone.violations() == []
    _press(page, "다음")
    page.get_by_role("textbox").fill("수사-5")
    _press(page, "기록하고 다음")
    expect(title).to_have_text("카메라가 아닙니다")
    expect(page.get_by_role("button", name="경찰이 문서로 요청함")).to_have_count(0)
    step = page.request.get(f"{phone.url}/api/cases/{case_id}").json()["events"][-1]["step"]
    assert step == {"step": "police_result", "result": "none", "dated": "2026-11-20", "document_no": "수사-5"}


def test_who_leaves_the_guide_before_its_answer_comes_is_followed_by_nothing(phone: Phone, site: Site) -> None:
    """No word of Svelte in the console, which every test of a page holds its phones to."""
    report = site.deliver("left", candidate_zone=ZONE, is_real=True, room_id=site.another_room().room_id)
    phone.log_in(path="#/settings")
    case_id = _find(phone, report)
    page, held = phone.page, list[Route]()
    asked = f"**/api/cases/{case_id}"

    def hold(route: Route) -> None:
        held.append(route)

    page.route(asked, hold)
    phone.open(f"#/find/{case_id}")
    wait_until(lambda: page.title() and held, "the guide's question")
    phone.open("#/rooms")
    expect(page.locator("a.room").first).to_be_visible()
    with page.expect_response(asked):
        held[0].continue_()
    page.wait_for_load_state("networkidle")


def test_a_first_looks_candidate_takes_every_decision_and_opens_its_guide(phone: Phone, site: Site) -> None:
    sweep = made.make_sweep(sweep_id=seed_ids(f"early end {site.real.sent}"), room_id=site.another_room().room_id)
    report = as_reported_now(sweep.report).model_copy(update={"outcome": "aborted"})
    site.demo.deliver(made.MadeSweep(report, ()))
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/findings/{report.findings[0].finding_id}")
    page = phone.page
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("link", name=re.compile("확인 안내"))).to_be_visible()
    for code in ("cannot_exclude", "camera_found"):
        sheet.get_by_role("radio", name=said("decision", code)).check()
        note = sheet.get_by_label(re.compile("덧붙이는 말|고치는 사유"))
        note.fill("" if code == "cannot_exclude" else "가까이서 렌즈를 보았음")
        _press(page, "판정 남기기")
        expect(sheet.get_by_text(f"현장 판정: {said('decision', code)}")).to_be_visible()
    sheet.get_by_role("link", name=re.compile("발견 안내")).click()
    expect(page.get_by_role("heading", level=2, name="손대지 마십시오")).to_be_visible()


def test_a_room_that_may_wait_says_so_and_shows_what_hatching_means(phone: Phone, site: Site) -> None:
    own = site.another_room()
    site.deliver("may wait", candidate_zone=None, is_real=True, room_id=own.room_id)

    def not_drawn_yet(route: Route) -> None:
        """The server's own answer, but that the day that was drawn for the room has not come."""
        told = route.fetch().json()
        route.fulfill(json=told | {"items": [one for one in told["items"] if one["room_id"] != str(own.room_id)]})

    phone.page.route("**/api/schedule?*", not_drawn_yet)
    phone.log_in(path=f"#/rooms/{own.room_id}")
    page = phone.page
    expect(page.locator(".next .imperative")).to_have_text("다시 점검하십시오")
    expect(page.get_by_text("오늘 기한 없음")).to_be_visible()
    expect(page.get_by_text("오늘까지 마쳐야 할 점검 없음")).to_have_count(0)
    expect(page.locator(".hatched")).to_be_in_viewport()
    assert phone.faults() == []


def test_on_paper_stand_the_rooms_name_and_what_is_folded_and_nothing_to_press(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    page = phone.page
    zones = page.get_by_role("button", name=re.compile("^3번 칸 .*알 수 없음$"))
    expect(page.get_by_text("구역별 판정")).to_be_visible()
    expect(zones).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(zones).to_be_visible()
    expect(page.get_by_role("region", name="무선 기기와 위치").get_by_role("listitem").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("note")).to_be_visible()  # what is no real sweep
    assert page.locator(".button:visible, nav:visible").count() == 0
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(zones).to_be_hidden()


def test_a_room_leads_to_its_newest_sweep_while_an_older_place_stands_open(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    room_id = site.another_room().room_id
    first = site.deliver("first sight", candidate_zone=ZONE, is_real=True, room_id=room_id)
    newest = site.deliver("next day", candidate_zone=ZONE, is_real=True, room_id=room_id, again=first)
    phone.log_in(path=f"#/rooms/{room_id}")
    for name, path in (("점검 지도 열기", ""), ("점검표 적기", "/checklist")):
        link = phone.page.get_by_role("link", name=name)
        expect(link).to_have_attribute("href", f"#/sweeps/{newest.sweep_id}{path}")


def test_who_corrects_a_decision_says_why(phone: Phone, site: Site) -> None:
    report = site.deliver("corrected", candidate_zone=ZONE)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/findings/{report.findings[0].finding_id}")
    page = phone.page
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("radio", name=said("decision", "no_camera")).check()
    _press(page, "판정 남기기")
    expect(sheet.get_by_role("heading", name="내 판정 고치기")).to_be_visible()
    expect(sheet.get_by_role("radio", name=said("decision", "no_camera"))).to_be_checked()
    sheet.get_by_role("radio", name=said("decision", "recheck")).check()
    _press(page, "판정 남기기")
    expect(sheet.get_by_text("앞의 판정을 고치는 사유를 적으십시오.")).to_be_visible()
    sheet.get_by_label("고치는 사유").fill("다른 나사를 보았음")
    assert phone.violations() == []
    phone.shoot("standing-corrected", full=False)
    _press(page, "판정 남기기")
    expect(sheet.locator("li.noted strong")).to_have_text([said("decision", "no_camera"), said("decision", "recheck")])


def _zone(page: Page, zone_id: str) -> Locator:
    return page.locator(f".map-label-hit[data-place='{zone_id}']")


def test_ending_early_asks_for_the_place_and_the_map_says_it_until_the_report(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    live_probe.measure(3)
    live_probe.tell(look(zone_id=ZONE))
    expect(_zone(page, ZONE)).to_contain_text(said("zone", "to_inspect"))
    end(page, "여기까지 마치기")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text(f"아직 다시 보지 않은 곳이 있습니다: {STALL}")).to_be_visible()
    assert live_phone.violations() == []
    live_phone.shoot("standing-end-early", full=False)
    _press(page, "먼저 그곳을 보기")
    expect(sheet).to_have_count(0)
    live_probe.tell(look(zone_id=ZONE, state="nothing_seen_by_eye"))
    end(page, "여기까지 마치기")
    expect(sheet.get_by_text("아직 다시 보지 않은 곳이")).to_have_count(0)
    sheet.get_by_role("button", name="마치기", exact=True).click()
    live_probe.expect("finish")
    # While the report is on its way nothing is said of any zone, and above all not that nothing was detected.
    live_probe.state("closing")
    live_probe.tell(FindingEvent(type="finding", finding_id=new_id(), zone_id="stall-3", strength="weak"))
    live_probe.state("done")
    expect(page.get_by_text("아직 판정 중").first).to_be_visible()
    expect(page.get_by_text(said("zone", "nothing_detected"))).to_have_count(0)


def test_the_guide_says_which_sweep_saw_the_thing_last(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    room = site.another_room()
    report = site.deliver("first-seen", candidate_zone=ZONE, is_real=True, room_id=room.room_id)
    phone.log_in(path="#/settings")
    case_id = _find(phone, report, CLOSED, WITHOUT)
    later = site.deliver("seen-again", candidate_zone="stall-3", is_real=True, room_id=room.room_id, again=report)

    def is_seen_again() -> bool:
        return phone.page.request.get(f"{phone.url}/api/cases/{case_id}").json()["seen_again"] is not None

    wait_until(is_seen_again, "the later sweep joins the case", every_s=0.05)
    phone.open(f"#/find/{case_id}")
    expect(phone.page.get_by_text("같은 것을")).to_contain_text("다시 보았고")
    expect(phone.page.locator(".spot")).to_contain_text(f"점검: {STALL}")
    link = phone.page.get_by_role("link", name="112 문자").get_attribute("href") or ""
    spots = unquote(link).partition(room.name)[2]
    assert re.search(rf"^ 3번 칸 .+\([-0-9]+ 점검: {STALL} .+\)", spots), spots
    assert phone.violations() == []
    phone.shoot("standing-seen-again", full=False)
    phone.open(f"#/sweeps/{later.sweep_id}/checklist")
    for _ in later.plan.zones:
        phone.page.locator(".turns .primary").click()
    expect(phone.page.get_by_role("checkbox", name="현장 보존")).to_be_checked()


def test_before_anything_is_decided_the_guide_leads_to_the_map_of_the_newest_sweep(
    open_phone: OpenPhone, site: Site
) -> None:
    phone = open_phone(site.url)
    room = site.another_room()
    report = site.deliver("first-map", candidate_zone=ZONE, is_real=True, room_id=room.room_id)
    phone.log_in(path="#/settings")
    finding = report.findings[0].finding_id
    case_id = next(one["case_id"] for one in _sweep(phone, report)["findings"] if one["finding_id"] == str(finding))
    link = phone.page.get_by_role("link", name="확인할 곳 지도로 보기")
    phone.open(f"#/find/{case_id}")
    expect(link).to_have_attribute("href", re.compile(f"/sweeps/{report.sweep_id}/findings/{finding}$"))
    later = site.deliver("newest-map", candidate_zone=ZONE, is_real=True, room_id=room.room_id, again=report)

    def is_seen_again() -> bool:
        return phone.page.request.get(f"{phone.url}/api/cases/{case_id}").json()["seen_again"] is not None

    wait_until(is_seen_again, "the later sweep joins the case", every_s=0.05)
    phone.page.reload()
    expect(link).to_have_attribute("href", re.compile(f"/sweeps/{later.sweep_id}$"))
    link.click()
    expect(phone.page.locator(".map-pin").first).to_be_visible()


def test_while_the_light_plays_nothing_else_commands(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    page.evaluate(STILL)
    tell_of_stand(live_phone, live_probe)
    expect(command(page)).to_have_text("천장 · 환풍구 · 조명")
    live_probe.tell(near(camera("same")))
    commands(page, "near")
    expect(page.get_by_text("천장 · 환풍구 · 조명")).to_have_count(0)
    live_probe.tell(response_test_event("light", ZONE, 3.0, 114.0))
    commands(page, "test")
    expect(command(page)).to_have_text("움직이지 마십시오")
    expect(page.get_by_text("천천히 더 움직이십시오")).to_have_count(0)
    expect(page.get_by_role("list", name="비출 곳")).to_have_count(0)
    expect(pulled(page).get_by_text("그동안 움직이지 마십시오.")).to_be_visible()
    assert live_phone.violations() == []


def test_without_a_connection_a_found_room_is_found_and_nothing_waits(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    phone.watch.allowed = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource", "ERR_FAILED")
    room_id = site.another_room().room_id
    report = site.deliver("found, then offline", candidate_zone=ZONE, is_real=True, room_id=room_id)
    phone.log_in(path="#/settings")
    _find(phone, report)
    page = phone.page
    page.route("**/api/sweeps/*", lambda route: route.abort())  # what was seen in a sweep is never kept on a phone
    phone.open(f"#/rooms/{room_id}")
    expect(page.locator("main .results").first).to_contain_text(said("persons", "found"))
    expect(page.get_by_text("점검 결과는 연결되면 지도에 나옵니다.")).to_be_visible()
    expect(_zone(page, ZONE)).to_be_visible()
    expect(page.get_by_text("아직 보지 않음")).to_have_count(0)


@pytest.mark.parametrize(("days", "words"), [(0, "까지"), (-1, "점검일 지남")], ids=["on its day", "the day after"])
def test_what_is_due_today_is_not_past_its_day(phone: Phone, site: Site, days: int, words: str) -> None:
    korea = datetime.now(UTC) + timedelta(hours=9)
    until = (korea + timedelta(days=days)).date()

    name = {"ko": "한빛공원", "en": "Hanbit Park"}
    item = {
        "room_id": str(site.untouched_room), "facility_id": str(new_id()), "district_id": None,
        "facility_name": name, "room_name": name, "kind": "restroom", "rule": "monthly", "state": "overdue",
        "drawn": "2026-01-02", "until": until.isoformat(), "last_done": None, "is_again": False,
        "with_police": False,
    }  # fmt: skip
    listed = {"today": korea.date().isoformat(), "is_working_day": True, "rules": [], "counts": {}, "items": [item]}

    def due(route: Route) -> None:
        route.fulfill(json=listed | {"is_cut": False})

    phone.page.route("**/api/schedule?*", due)
    phone.page.route("**/api/cases?*", lambda route: route.fulfill(json={"cases": []}))  # nothing is folded away
    phone.log_in()
    tag = phone.page.locator("a.today-room", has_text=f"{name['ko']} {name['ko']}").locator(".due")
    expect(tag).to_contain_text(words)
    assert ("점검일 지남" in tag.inner_text()) is (days < 0)
