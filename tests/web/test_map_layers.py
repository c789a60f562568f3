"""What the map says: verdict and coverage each for itself, a person's decision, and where in the room one stands."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from sweep.report import PositionCommand, new_id
from sweep.report.words import chance_of
from tests.web import evidence as made
from tests.web.conftest import Phone
from tests.web.probe import FakeProbe
from tests.web.said import said
from tests.web.site import Site
from tests.web.test_targets import as_reported_now

pytestmark = pytest.mark.browser


def label_of(page: Page, zone: str) -> str:
    label = page.locator(f".map-label-hit[data-place='{zone}'] .map-label")
    return " ".join(label.locator("> span:not(.visually-hidden)").all_inner_texts())


@pytest.mark.soak
def test_no_label_says_verdict_and_coverage_in_one(phone: Phone, site: Site) -> None:
    sweep = made.make_sweep(sweep_id=new_id(), room_id=new_id())
    report = site.demo.deliver(made.MadeSweep(as_reported_now(sweep.report), ()))
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    page = phone.page
    expect(page.locator(".map-pin")).to_have_count(1)
    assert label_of(page, "stall-2") == "2번 칸"  # that it is to be inspected says its pin
    expect(page.get_by_role("button", name=f"{said('zone', 'to_inspect')} 1: 2번 칸")).to_be_visible()
    assert not [text for text in page.locator(".map-label").all_inner_texts() if "%" in text]
    assert page.locator("path.map-to_inspect").count() == 1
    page.get_by_role("switch", name="찾았을 확률").click()
    expect(page.locator("path.map-covered")).to_have_count(6)
    first = next(one for one in report.targets if one.zone_id == "stall-2")
    assert label_of(page, "stall-2") == f"2번 칸 {chance_of(first)}"
    # The colour of a verdict would be read as a verdict on the coverage.
    assert page.locator("path.map-to_inspect, path.map-clear, path.map-not_assessable").count() == 0
    assert page.locator(".map-label .map-icon").count() == 0
    assert phone.violations() == []
    assert phone.small_texts() == []
    phone.shoot("map-coverage", full=False)


@pytest.mark.parametrize(("verdict", "state"), [("camera_found", "found"), ("no_camera", "no_camera")])
def test_a_persons_decision_stands_on_the_map(phone: Phone, site: Site, verdict: str, state: str) -> None:
    report = site.deliver(f"map-{verdict}", candidate_zone="stall-2")
    finding = report.findings[0].finding_id
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/findings/{finding}")
    page = phone.page
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("radio", name=said("decision", verdict)).check()
    sheet.get_by_role("button", name="판정 남기기").click()
    expect(sheet.get_by_text("판정을 기록했습니다.")).to_be_visible()
    page.keyboard.press("Escape")
    word = said("finding", state)
    expect(page.locator(".map-pin")).to_have_text(f"1 {word}")
    label = page.locator(".map-label-hit[data-place='stall-2']")
    expect(label).to_contain_text(said("zone", "to_inspect"))  # the equipment's word stays, for who listens
    pin = page.get_by_role("button", name=f"확인할 곳 1 {word}: 2번 칸")
    expect(pin).to_be_visible()
    assert phone.violations() == []
    phone.shoot(f"map-{verdict}", full=False)


@pytest.mark.soak
def test_doors_and_toilets_tell_where_one_stands(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    expect(page.get_by_text("정밀 점검 중").or_(page.locator(".map-fixtures")).first).to_be_visible()
    drawn = page.locator(".map-fixtures path")
    # Three toilets of two parts, two basins with their edge, three urinals of two parts, four doors of gap and leaf.
    expect(drawn).to_have_count(3 * 2 + (2 + 1) + 3 * 2 + 4 * 2)
    # The toilet at the wall, and the door at the floor; the map may be drawn anew meanwhile.
    page.wait_for_function(
        """() => {
            const box = selector => document.querySelector(selector)?.getBoundingClientRect();
            const [stall, tank, leaf] =
                ['path.map-zone', '.map-fixtures path.fixture', '.map-fixtures path.fixture-door'].map(box);
            if (!stall || !tank || !leaf) return false;
            const middle = stall.top + stall.height / 2;
            return stall.top <= tank.bottom && tank.bottom < middle && middle < leaf.bottom;
        }"""
    )
    page.get_by_role("button", name=re.compile("^1번 칸")).click()
    sheet = page.get_by_role("dialog")
    names = sheet.get_by_role("radio").evaluate_all("all => all.map(one => one.closest('label').innerText.trim())")
    assert names == ["변기 쪽", "왼쪽", "문 쪽", "오른쪽"]
    assert live_phone.violations() == []
    live_phone.shoot("position-facing", full=False)
    sheet.get_by_role("radio", name="문 쪽").check()
    sheet.get_by_role("button", name="이 자리에서 측정").click()
    command = live_probe.expect("position")
    assert isinstance(command, PositionCommand)
    assert (command.zone_id, command.facing_deg) == ("stall-1", 90)
