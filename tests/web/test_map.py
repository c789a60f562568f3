"""The sweep map on phones of three shapes: no finding is cut off at a wall, and no label lies on one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Route, ViewportSize, expect

from sweep.report import new_id
from tests.web import evidence as made
from tests.web.conftest import PHONE, OpenPhone, Phone
from tests.web.site import Site, seed_ids
from tests.web.test_walls import walled

pytestmark = pytest.mark.browser

PLACES = (
    ("stall-1", 0.0, 0.0),  # a corner of the room
    ("stall-2", 1.95, 0.82),  # the middle of a stall
    ("stall-3", 3.2, 1.55),  # the lower edge of a stall
    ("urinals", 5.4, 1.2),
    ("basins", 0.6, 4.2),
    ("entrance", 5.4, 4.2),
)
RADIUS_M = 0.37
MARKS = ".map-pin, .map-area-number"
"""A disc where a wall is known, and a number alone where only an area is."""
SHAPES: tuple[ViewportSize, ...] = (
    PHONE,
    {"width": 320, "height": 568},
    {"width": 915, "height": 412},
)


def sweep_with_findings(site: Site) -> made.MadeSweep:
    sweep = made.make_sweep(sweep_id=seed_ids("walls"), room_id=site.suspected_room)
    first = sweep.report.findings[0]
    findings = tuple(
        first.model_copy(update={"finding_id": new_id(), "zone_id": zone, "x_m": x_m, "y_m": y_m, "radius_m": RADIUS_M})
        for zone, x_m, y_m in PLACES
    )
    return made.MadeSweep(sweep.report.model_copy(update={"findings": findings}), ())


def boxes_of(page: Any, selector: str) -> list[dict[str, float]]:
    found = page.locator(selector).evaluate_all(
        """elements => elements.map(element => {
            const {left, top, right, bottom} = element.getBoundingClientRect();
            return {left, top, right, bottom};
        })"""
    )
    return [dict(one) for one in found]


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["left"] < other["right"]
        and other["left"] < one["right"]
        and one["top"] < other["bottom"]
        and other["top"] < one["bottom"]
    )


def encloses(outer: dict[str, float], inner: dict[str, float]) -> bool:
    return (
        outer["left"] <= inner["left"]
        and inner["right"] <= outer["right"]
        and outer["top"] <= inner["top"]
        and inner["bottom"] <= outer["bottom"]
    )


def test_findings_at_walls_are_whole_and_no_label_hides_one(open_phone: OpenPhone, site: Site) -> None:
    sweep = sweep_with_findings(site)
    site.demo.deliver(sweep)
    phone = open_phone(site.url)
    phone.log_in(path=f"#/sweeps/{sweep.report.sweep_id}")
    page = phone.page
    for shape in SHAPES:
        page.set_viewport_size(shape)
        page.reload()
        expect(page.locator(MARKS)).to_have_count(len(PLACES))
        phone.settle()
        (frame,) = boxes_of(page, ".frame")
        for marked in (*boxes_of(page, MARKS), *boxes_of(page, "path.map-finding-area")):
            assert encloses(frame, marked), (shape, marked)
        if shape != PHONE:  # on smaller frames a stall is smaller than its label
            continue
        for pin in boxes_of(page, MARKS):
            assert not [label for label in boxes_of(page, ".map-label") if overlap(pin, label)]
        phone.shoot("map-walls", full=False)


def test_the_map_of_a_sweep_is_on_the_first_screen(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    plan = phone.page.get_by_role("group", name=re.compile("점검 지도$"))
    expect(plan).to_be_visible()
    box = plan.bounding_box()
    assert box is not None
    assert box["y"] + 0.6 * box["height"] < PHONE["height"], "most of it is seen before anybody scrolls"
    phone.shoot("sweep-first-screen-ko-light", full=False)


def test_no_name_lies_on_a_door_or_a_pin(phone: Phone, site: Site) -> None:
    base = made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room).report
    sweep = site.demo.deliver(made.MadeSweep(walled(base), ()))
    page = phone.page
    phone.log_in(path=f"#/sweeps/{sweep.sweep_id}")
    expect(page.locator(MARKS)).to_have_count(1)
    for layer in ("verdict", "coverage"):
        phone.settle()
        doors = boxes_of(page, ".map-fixtures .fixture-door")
        assert len(doors) >= 3
        for label in boxes_of(page, ".map-label"):
            assert not [door for door in doors if overlap(door, label)], (layer, label)
            assert not [pin for pin in boxes_of(page, MARKS) if overlap(pin, label)], (layer, label)
        phone.shoot(f"map-names-{layer}", full=False)
        page.get_by_role("switch").click()


def test_pins_of_places_ten_pixels_apart_are_each_hit_and_keep_a_line_to_their_place(phone: Phone, site: Site) -> None:
    report = site.deliver("two pins", candidate_zone="stall-2")
    other = str(new_id())

    def with_another(route: Route) -> None:
        told = route.fetch().json()
        first = told["report"]["findings"][0]
        told["report"]["findings"].append(first | {"finding_id": other})
        for places in (told["finding_places"], told["findings"]):
            again = [one | {"finding_id": other} for one in places if one["finding_id"] == first["finding_id"]]
            places += [one | ({"x_m": one["x_m"] + 0.12} if "x_m" in one else {}) for one in again]
        route.fulfill(json=told)

    phone.page.route(f"**/api/sweeps/{report.sweep_id}", with_another)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    page, pins = phone.page, phone.page.locator(".map-pin-hit")
    expect(pins).to_have_count(2)
    for language in ("ko", "en"):
        phone.set(language=language)
        expect(pins).to_have_count(2)
        boxes = [box for pin in pins.all() if (box := pin.bounding_box()) is not None]
        one, two = sorted(boxes, key=lambda box: box["x"])
        assert all(min(box["width"], box["height"]) >= 48 for box in boxes)
        assert two["x"] >= one["x"] + one["width"] or abs(two["y"] - one["y"]) >= 48, boxes
        expect(page.locator("path.map-pin-line")).to_have_count(2)
        assert phone.violations() == []
        phone.shoot(f"map-two-pins-{language}", full=False)
    for finding_id in (str(report.findings[0].finding_id), other):
        page.locator(f".map-pin-hit[data-place='{finding_id}']").click()
        expect(page).to_have_url(re.compile(finding_id))
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
