"""The probe's own state on the phone: what stands there is the same on two phones, also on one that opens it anew."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sweep.report import BankCommand, ConditionEvent, DoctorEvent, LiveEvent, ProbeCondition, ProgressEvent
from sweep.run.words import GUIDANCE, NOTICES, STATES, guidance_event, notice_event, state_event
from tests.waiting import wait_until
from tests.web import evidence as made
from tests.web.conftest import OpenPhone, Phone, prove_second
from tests.web.live_screen import pulled, told
from tests.web.probe import FakeProbe
from tests.web.site import REAL_PROBE_ID, Site, seed_ids

pytestmark = pytest.mark.browser

WELL: dict[str, Any] = {
    "type": "condition", "battery_v": 4.93, "is_undervolted": False, "processor_c": 52.1, "is_slowed": False,
    "disk_free_bytes": 3_100_000_000, "head": "there", "camera": "on", "camera_because": None, "lost": {},
}  # fmt: skip
STATE = "점검기 상태"


def condition(**other: Any) -> ConditionEvent:
    return ConditionEvent.model_validate(WELL | other)


@pytest.fixture
def phones(open_phone: OpenPhone, site: Site, live_probe: FakeProbe, live_phone: Phone) -> tuple[Phone, Phone]:
    """The one that started a live sweep, and a supervisor's, which looks on."""
    second = open_phone(site.url)
    second.log_in("supervisor", path=f"#/live/{REAL_PROBE_ID}")
    live_probe.tell(state_event("running"))
    live_probe.measure(2)
    live_probe.tell(condition())
    return live_phone, second


def said(page: Page) -> list[str]:
    """The state, its line, and what stands as a warning."""
    card = told(page)
    expect(card).not_to_contain_text("stall-")  # before the plan is there
    return [line for line in card.inner_text().split("\n") if line and "%" not in line and line != "·"]


def agree(phones: tuple[Phone, Phone], *texts: str) -> None:
    """Both phones say these, and say the same; so does the first when it is opened anew."""
    for one in phones:
        told(one.page)
        for text in texts:
            expect(one.page.get_by_text(text).first).to_be_visible()
    first, second = (said(one.page) for one in phones)
    assert first == second
    phones[0].page.reload()
    told(phones[0].page)
    for text in texts:
        expect(phones[0].page.get_by_text(text).first).to_be_visible()
    wait_until(lambda: said(phones[0].page) == first, f"the page that is opened anew to say {first}", every_s=0.05)


def test_a_probe_that_is_well_says_so_in_one_line(phones: tuple[Phone, Phone], live_probe: FakeProbe) -> None:
    agree(phones, "점검 중", "배터리 4.9 V", "52 °C", "저장 공간 3.1 GB", "카메라 켜짐")
    line = phones[0].page.get_by_role("list", name=STATE)
    assert line.locator(".bad").count() == 0
    box = line.bounding_box()
    assert box is not None
    assert box["height"] < 48, "it takes two lines of small type at most"
    assert phones[0].violations() == []
    phones[0].shoot("condition-running", full=False)
    phones[0].page.get_by_text("출입구").last.scroll_into_view_if_needed()
    phones[0].shoot("condition-running-all-four", full=False)
    phones[0].set(language="en", theme="dark")
    pulled(phones[0].page)
    expect(phones[0].page.get_by_text("Battery 4.9 V")).to_be_visible()
    assert phones[0].violations() == []
    phones[0].shoot("condition-running-en-dark", full=False)


TROUBLES: dict[str, tuple[list[LiveEvent], tuple[str, ...]]] = {
    "head-pulled": (
        [
            condition(battery_v=None, head="away", camera="off", camera_because="head_away"),
            notice_event("head_away"),
            notice_event("camera_cut_with_head"),
        ],
        ("센서 헤드 응답 없음", "카메라 전원 끊김", NOTICES["head_away"].ko, NOTICES["camera_cut_with_head"].ko),
    ),
    "head-not-found-yet": (
        [
            condition(battery_v=None, head="away", camera="off", camera_because="head_awaited"),
            notice_event("head_away"),
        ],
        ("센서 헤드 응답 없음", "카메라: 센서 헤드를 기다리는 중"),
    ),
    "camera-pulled": (
        [condition(camera="fault", camera_because="camera_failed"), notice_event("camera_failed")],
        ("카메라 촬영 실패", "카메라가 촬영하지 못했습니다"),
    ),
    "battery-low": (
        [condition(battery_v=4.52, is_undervolted=True), notice_event("battery_low")],
        ("배터리 4.5 V", "전원 전압 낮음", NOTICES["battery_low"].ko),
    ),
    "hot": (
        [condition(processor_c=83.4, is_slowed=True), notice_event("hot")],
        ("83 °C", "느려짐", "점검기가 뜨거워"),
    ),
    "disk-low": (
        [condition(disk_free_bytes=180_000_000, lost={"head_line_bad_crc": 3, "wifi_dropped": 9}),
         notice_event("disk_low")],
        ("저장 공간 180 MB", "유실 12건", "저장 공간이 얼마 남지 않았습니다"),
    ),
}  # fmt: skip


FEW = ("camera-pulled", "head-pulled", "disk-low")
"""Of every kind one: the others only say other words."""


@pytest.mark.parametrize("troubles", [FEW, pytest.param(tuple(TROUBLES), marks=pytest.mark.soak)], ids=["few", "all"])
def test_what_is_wrong_stands_there_until_it_is_over(
    phones: tuple[Phone, Phone], live_probe: FakeProbe, troubles: tuple[str, ...]
) -> None:
    for trouble in troubles:
        events, texts = TROUBLES[trouble]
        live_probe.tell(*events)
        agree(phones, *texts)
        assert phones[0].page.get_by_role("list", name=STATE).locator(".bad").count() > 0, trouble
        assert phones[0].violations() == [], trouble
        phones[0].shoot(f"condition-{trouble}", full=False)
        told(phones[0].page)
        over = [one.model_copy(update={"is_over": True}) for one in events if one.type == "notice"]
        live_probe.tell(condition(), *over)
        for phone in phones:
            expect(phone.page.locator(".bad")).to_have_count(0)
            expect(phone.page.locator(".state")).to_have_text("점검 중")
            expect(phone.page.locator(".notice").filter(has=phone.page.locator("svg"))).to_have_count(0)


def test_a_pause_and_a_stop_without_a_network_are_told_as_they_are(
    phones: tuple[Phone, Phone], live_probe: FakeProbe
) -> None:
    first, second = phones
    stop = first.page.get_by_role("button", name=re.compile("^사람 들어옴 – 즉시 중지"))
    stop.click()
    for phone in phones:  # one pressed it, the other is told who did
        expect(phone.page.get_by_text(re.compile("서버가 받음|점검자-01 님이 멈춤을 눌렀고"))).to_be_visible()
    first.shoot("condition-someone-came-in", full=False)
    second.shoot("condition-someone-came-in-second-phone", full=False)
    live_probe.expect("pause")
    live_probe.tell(state_event("paused"), condition(camera="off"))
    agree(phones, "멈춤", STATES["paused"].ko, "카메라 꺼짐")
    assert first.page.get_by_role("list", name=STATE).locator(".bad").count() == 0, "as it should be"
    assert first.violations() == []
    first.shoot("condition-paused", full=False)
    live_probe.tell(state_event("running"), condition())
    expect(first.page.locator(".state")).to_have_text("점검 중")
    first.watch.allowed = ("Failed to load resource", "ERR_")
    first.page.route("**/api/**", lambda route: route.abort())
    first.page.evaluate("dispatchEvent(new Event('offline'))")
    stop.click()
    expect(first.page.get_by_text("점검기의 버튼을 누르십시오")).to_be_visible()
    expect(first.page.get_by_text("지금 상태가 아닐 수 있음")).to_be_visible()
    expect(second.page.get_by_text("지금 상태가 아닐 수 있음")).to_have_count(0)
    assert first.violations() == []
    first.shoot("condition-stop-without-network", full=False)
    first.page.unroute("**/api/**")
    first.page.evaluate("dispatchEvent(new Event('online'))")
    live_probe.expect("pause")


def test_what_to_do_next_outlasts_a_pause_and_whoever_is_nearer_declares(
    phones: tuple[Phone, Phone], live_probe: FakeProbe
) -> None:
    between = progress(0).model_copy(update={"zone_id": None, "modality": None})
    live_probe.tell(progress(5).model_copy(update={"waits": ("ble",)}))
    agree(phones, "3번 칸 · 와이파이", "블루투스: 차례를 기다리는 중")
    live_probe.tell(state_event("paused"), between, guidance_event("stand_next"), state_event("waiting_for_empty"))
    second = phones[1].page
    second.get_by_role("button", name="감독자-01 확인").click()
    prove_second(second, "inspector")
    second.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click()
    assert live_probe.expect_declaration() == ("감독자-01", "점검자-01")
    live_probe.tell(state_event("running"))
    for phone in phones:
        expect(phone.page.locator(".state")).to_have_text("점검 중")
    agree(phones, "구역 6곳 중", GUIDANCE["stand_next"].ko)
    for phone in phones:
        expect(phone.page.get_by_text("차례를 기다리는 중")).to_have_count(0)


def test_a_program_that_stood_still_asks_persons_anew(phones: tuple[Phone, Phone], live_probe: FakeProbe) -> None:
    live_probe.tell(state_event("waiting_for_empty"), condition(camera="off"), notice_event("probe_hung"))
    agree(phones, "퇴실 확인 대기", "점검 프로그램이 멈춰 있어 카메라와 조명이 꺼졌습니다", "카메라 꺼짐")
    phones[0].shoot("condition-hung", full=False)


@pytest.mark.soak  # each trouble opens its page anew as well
def test_a_page_that_opens_late_knows_all_that_holds(phones: tuple[Phone, Phone], live_probe: FakeProbe) -> None:
    """More was said since than the server once kept: the notice and the zones of the beginning still hold."""
    live_probe.tell(notice_event("battery_low"))
    for n in range(5):
        live_probe.tell(*(condition(battery_v=4.5 + volts / 1000, processor_c=50.0 + n) for volts in range(45)))
        live_probe.tell(*(progress(n) for _ in range(45)))
    agree(phones, "전원 전압이 낮습니다", "배터리 4.5 V")
    tiles = pulled(phones[0].page).get_by_role("region", name="구역별 진행")
    expect(tiles).to_be_visible()
    assert tiles.inner_text().count("%") == 8, "two zones by four modalities"
    expect(phones[0].page.get_by_text("받지 못한 알림")).to_have_count(0)


def test_the_report_says_how_the_probe_was_and_what_nobody_could_tell(open_phone: OpenPhone, site: Site) -> None:
    was = ProbeCondition(
        lowest_battery_v=4.52, undervolted_s=3.0, highest_processor_c=None, slowed_s=0.0,
        least_disk_free_bytes=180_000_000, head_absences=2, head_away_s=9.4, camera_faults={"camera_failed": 1},
        camera_power_cuts={"head_away": 2}, hangs=1, lost={"head_line_bad_crc": 3, "wifi_dropped": 9},
    )  # fmt: skip
    made_sweep = made.make_sweep(
        sweep_id=seed_ids("condition"), room_id=site.suspected_room, started=made.STARTED - timedelta(days=90)
    )
    report = site.demo.deliver(replace(made_sweep, report=made_sweep.report.model_copy(update={"condition": was})))
    phone = open_phone(site.url)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    phone.unfold("기록과 장비")
    card = phone.page.get_by_role("region", name=STATE)
    expect(card).to_be_visible()
    for said in ("가장 낮을 때 4.5 V", "2번 끊김, 모두 9초", "촬영하지 못한 자리 1곳, 전원 끊김 2번", "알 수 없음",
                 "센서 헤드 통신 3, 와이파이 9", "180 MB 남음"):  # fmt: skip
        expect(card.get_by_text(said).first).to_be_visible()
    assert phone.violations() == []
    card.scroll_into_view_if_needed()
    phone.shoot("condition-report", full=False)


def progress(n: int) -> ProgressEvent:
    return ProgressEvent.model_validate(
        {"type": "progress", "position_index": 2, "positions": 6, "zone_id": "stall-3", "modality": "wifi",
         "fraction": n / 10}
    )  # fmt: skip


@pytest.mark.soak
def test_a_bank_shows_per_cents_with_their_bounds_and_is_asked_for_when_it_was_changed(
    phones: tuple[Phone, Phone], live_probe: FakeProbe
) -> None:
    bank = {
        "likely_share": 0.62, "least_share": 0.48, "most_share": 0.71, "used_wh": 11.2, "is_measured": True,
        "capacity_mah": 10_000, "inputs": ("a",), "because": None,
    }  # fmt: skip
    live_probe.tell(condition(bank=bank))
    first, second = phones
    for phone in phones:
        told(phone.page)
        expect(phone.page.get_by_text("보조배터리 약 62% (48%~71%)")).to_be_visible()
        expect(phone.page.get_by_role("button", name="가득 찬 상태로 꽂음")).to_have_count(0)
    unknown = {"likely_share": None, "least_share": 0.0, "most_share": 1.0, "inputs": ("b",), "because": "bank_swapped"}
    live_probe.tell(condition(bank=bank | unknown))
    card = first.page.get_by_role("region", name="보조배터리를 알려 주십시오")
    expect(card).to_contain_text("보조배터리가 바뀌었습니다")
    expect(first.page.get_by_text("보조배터리 잔량 모름")).to_be_visible()
    expect(second.page.get_by_role("region", name="보조배터리를 알려 주십시오")).to_be_visible()
    assert first.violations() == []
    first.shoot("bank-swapped-ko-light", full=False)
    card.get_by_label("표시 용량").fill("20000")
    card.get_by_role("button", name="가득 찬 상태로 꽂음").click()
    command = live_probe.expect("bank")
    assert isinstance(command, BankCommand)
    assert (command.capacity_mah, command.charge) == (20_000, "full")
    live_probe.tell(condition(bank=bank | {"capacity_mah": 20_000, "likely_share": 0.08, "least_share": 0.0}))
    for phone in phones:
        expect(phone.page.get_by_role("region", name="보조배터리를 알려 주십시오")).to_have_count(0)
    expect(first.page.get_by_text("보조배터리 약 8% (0%~71%)")).to_have_class(re.compile("bad"))


def test_what_the_probe_lacks_is_shown_before_a_sweep_with_what_to_do(
    phones: tuple[Phone, Phone], live_probe: FakeProbe, site: Site
) -> None:
    def check(code: str, state: str, ko: str, found: str, advice: str | None) -> dict[str, Any]:
        return {
            "group": "machine", "code": code, "state": state, "title": {"ko": ko, "en": code},
            "found": {"ko": found, "en": found}, "advice": advice and {"ko": advice, "en": f"en {advice}"},
        }  # fmt: skip

    checks = [
        check("clock", "ok", "시계", "동기화됨", None),
        check("trigger", "wrong", "외부 트리거", "꺼짐", "modprobe.d에 추가 후 재시작"),
        check("watchdog", "note", "하드웨어 감시", "꺼짐", "system.conf에 추가"),
        check("camera", "unknown", "카메라", "전원을 켜야 알 수 있음", None),
    ]

    def doctor(listed: list[dict[str, Any]]) -> DoctorEvent:
        told = {"type": "doctor", "looked": "2026-05-04T01:00:00Z", "checks": listed}
        return DoctorEvent.model_validate_json(json.dumps(told))

    live_probe.tell(doctor(checks))
    live_probe.tell(condition(processor_c=61.0))
    first = phones[0]
    told(first.page)
    card = first.page.get_by_role("region", name="점검기 자가 진단")
    expect(first.page.get_by_text("61 °C")).to_be_visible()
    expect(card).to_have_count(0)  # a sweep goes on
    live_probe.tell(state_event("done"))
    for phone in phones:
        card = phone.page.get_by_role("region", name="점검기 자가 진단")
        expect(card).to_contain_text("점검 전에 고칠 것 1건")
        expect(card).to_contain_text("외부 트리거: 꺼짐")
        expect(card).to_contain_text("할 일: modprobe.d에 추가 후 재시작")
        expect(card).to_contain_text("알 수 없음 1건")
        expect(card.get_by_text("시계")).not_to_be_visible()
    card = first.page.get_by_role("region", name="점검기 자가 진단")
    card.get_by_text("참고 1건").click()
    expect(card).to_contain_text("할 일: system.conf에 추가")
    card.get_by_text("진단 항목 4개 모두 보기").click()
    for line in (
        "시계 (정상): 동기화됨",
        "외부 트리거 (이상): 꺼짐",
        "하드웨어 감시 (참고): 꺼짐",
        "카메라 (알 수 없음): 전원을 켜야",
    ):
        expect(card.get_by_text(line)).to_be_visible()  # every line of `sweep doctor`
    assert first.violations() == []
    first.shoot("doctor-ko-light", full=False)
    # The page waits for the report: it asks the room for it, and never for a sweep of which the server has nothing.
    first.page.wait_for_event("response", lambda answer: answer.url.endswith(f"/api/rooms/{site.suspected_room}"))
    first.set(language="en")
    expect(first.page.get_by_role("region", name="The probe's own checks")).to_contain_text("1 to be mended")
    live_probe.tell(doctor(checks[:1]))
    card = first.page.get_by_role("region", name="The probe's own checks")
    expect(card).to_contain_text("Nothing to be mended before a sweep")
    expect(card).not_to_contain_text("not known")
    expect(card).not_to_contain_text("What to do")
