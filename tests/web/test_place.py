"""Where a transmitter is, on a phone: its region and the walls on the map, its sentence below, and what to do next."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sweep.judge.locate import locate_uplinks
from sweep.report import Observation
from tests.report_factory import text
from tests.web import evidence as made
from tests.web.air import CAMERA_TAG
from tests.web.conftest import OpenPhone
from tests.web.site import Site, seed_ids

pytestmark = pytest.mark.browser


def placed(site: Site, name: str, levels_dbm: dict[str, float] | None = None) -> made.MadeSweep:
    """A sweep with the place that its levels give; other levels of the camera by zone on demand."""
    sweep = made.make_sweep(sweep_id=seed_ids(name), room_id=site.suspected_room)
    report = sweep.report
    observations: list[Observation] = []
    for one in report.observations:
        if levels_dbm and one.modality == "wifi" and one.addresses[0].tag == CAMERA_TAG and one.rssi_dbm:
            level = levels_dbm[one.zone_id]
            summary = one.rssi_dbm.model_copy(update={"median": level, "max": level})
            observations.append(one.model_copy(update={"rssi_dbm": summary}))
        else:
            observations.append(one)
    places = locate_uplinks(report.plan, report.positions, observations)
    return made.MadeSweep(
        report.model_copy(update={"observations": tuple(observations), "places": places}), sweep.details
    )


def test_the_region_and_the_next_position_are_drawn_and_said(site: Site, open_phone: OpenPhone) -> None:
    report = site.demo.deliver(placed(site, "place"))
    (place,) = report.places
    phone = open_phone(site.url)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    page = phone.page
    expect(page.locator(".map-pin")).to_have_count(1)
    expect(page.locator("path.map-place, path.map-outside, .map-next-position")).to_have_count(0)  # only when asked for
    phone.unfold("무선 기기와 위치")
    page.get_by_role("button", name="지도에 겹쳐 보기").click()
    expect(page.locator("path.map-place")).to_have_count(len(place.region))
    expect(page.get_by_text(place.text.ko)).to_be_visible()
    assert place.next_stand is not None
    expect(page.get_by_text(place.next_stand.text.ko)).to_be_visible()
    expect(page.locator(".map-next-position")).to_be_visible()
    strips = [share for share in place.outside.model_dump().values() if share >= 0.05]
    expect(page.locator("path.map-outside")).to_have_count(len(strips))
    phone.settle()
    phone.shoot("map-place", full=False)
    assert phone.violations() == []
    phone.unfold("구역별 판정")
    page.get_by_role("radio", name="렌즈").check(force=True)  # only where Wi-Fi is shown
    expect(page.locator("path.map-place")).to_have_count(0)


def test_a_transmitter_behind_a_wall_is_shown_there(site: Site, open_phone: OpenPhone) -> None:
    levels = {"stall-1": -62.0, "stall-2": -70.0, "stall-3": -76.0, "urinals": -80.0, "basins": -64.0}
    report = site.demo.deliver(placed(site, "behind-wall", levels))
    (place,) = report.places
    assert place.outside.left_share == max(place.outside.model_dump().values())
    phone = open_phone(site.url)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    page = phone.page
    phone.unfold("무선 기기와 위치")
    expect(page.get_by_text(place.text.ko)).to_be_visible()
    assert "도면 왼쪽 벽 너머" in place.text.ko
    phone.unfold("무선 기기와 위치")
    page.get_by_role("button", name="지도에 겹쳐 보기").click()
    share = page.get_by_text(f"{round(place.outside.left_share * 100)}%", exact=True)
    expect(share.first).to_be_visible()
    phone.settle()
    phone.shoot("map-place-outside", full=False)


def test_a_guess_by_levels_never_names_another_zone_than_the_pin(site: Site, open_phone: OpenPhone) -> None:
    held = placed(site, "levels-against-pin")
    (place,) = held.report.places
    words = text("방 안에 있을 확률이 80%. 가장 유력한 구역: 1번 칸(30%)", "Inside with 80 %; Stall 1 (30 %)")
    inside = place.model_copy(update={"decision": "inside", "text": words})
    report = site.demo.deliver(made.MadeSweep(held.report.model_copy(update={"places": (inside,)}), held.details))
    phone = open_phone(site.url)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    phone.unfold("무선 기기와 위치")
    said = phone.page.locator("section", has=phone.page.get_by_role("heading", name="전파 세기로 어림한 위치")).last
    expect(said).to_contain_text("확인할 곳 1(2번 칸)의 근거")
    expect(said).not_to_contain_text("가장 유력한 구역")
    expect(said).not_to_contain_text("1번 칸(30%)")
