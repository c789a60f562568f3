"""Walls as they were seen: white to teal by the report's probability, the largest gap marked, places on their walls."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

import pytest
from playwright.sync_api import Locator, expect

from sweep.report import LensObservation, SweepReport, WallSpot, WallView, new_id
from sweep.report.words import chance_of
from tests.web import evidence as made
from tests.web.conftest import PHONE, SMALL_PHONE, Phone
from tests.web.live_screen import NOTE_WALLS, commands, painted, pulled
from tests.web.probe import FakeProbe
from tests.web.site import Site
from tests.web.test_eye_look import asked
from tests.web.test_live_room import coverage, progress
from tests.web.test_response_test import ZONE
from tests.web.test_targets import as_reported_now

pytestmark = pytest.mark.browser

FILLS = """all => all.map(one => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    canvas.fillStyle = getComputedStyle(one).fill;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
})"""


def walled(report: SweepReport) -> SweepReport:
    """As a probe tells it that knows how high the glint is."""
    seen = tuple(
        one.model_copy(update={"elevation_deg": -24.0}) if isinstance(one, LensObservation) else one
        for one in report.observations
    )
    return as_reported_now(report.model_copy(update={"observations": seen}))


def hue_of(red: int, green: int, blue: int) -> float | None:
    """In degrees; None for white, grey and black."""
    most, least = max(red, green, blue), min(red, green, blue)
    if most - least < 8:
        return None
    sixth = (
        (green - blue) / (most - least) % 6
        if most == red
        else (blue - red) / (most - least) + 2
        if most == green
        else (red - green) / (most - least) + 4
    )
    return 60.0 * sixth


def largest_gap_m2(wall: WallView) -> float:
    """Of cells side by side with less than a tenth."""
    left = {at for at, tenths in enumerate(wall.cells) if tenths == "0"}
    largest = 0
    while left:
        found, size = [left.pop()], 0
        while found:
            at = found.pop()
            size += 1
            column = at % wall.columns
            beside = [at - wall.columns, at + wall.columns]
            beside += [at - 1] if column > 0 else []
            beside += [at + 1] if column < wall.columns - 1 else []
            found += [one for one in beside if one in left]
            left -= set(beside)
        largest = max(largest, size)
    return float(largest * wall.cell_m**2)


def shown_walls(phone: Phone, zone_id: str) -> Locator:
    """The unrolled walls of a zone of the sweep that is open."""
    phone.page.locator(f'[data-place="{zone_id}"]').click()
    figure = phone.page.get_by_role("dialog").locator("figure", has=phone.page.locator(".seen-picture")).first
    expect(figure).to_be_visible()
    return figure


def test_what_the_plan_knows_stands_on_its_wall(phone: Phone, site: Site) -> None:
    sweep = made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room)
    report = site.demo.deliver(made.MadeSweep(walled(sweep.report), ()))
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    for zone_id, most in (("urinals", 1), ("stall-2", 2)):  # of a stall its door too
        drawn = shown_walls(phone, zone_id).locator("path.fixture:not(.under)")
        lines = [one for one in drawn.evaluate_all("all => all.map(one => one.getAttribute('d'))") if one]
        assert len(lines) == most, zone_id
        phone.page.keyboard.press("Escape")


def test_basins_and_their_mirror_stand_on_the_wall_of_a_look(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    spot = WallSpot(corner=2, along_m=0.4, width_m=2.0, up_m=1.2, height_m=2.4)
    live_probe.tell(
        progress(None, zone="basins"), asked("세면대 정면 벽, 가슴 높이, 가운데", zone_id="basins", spot=spot)
    )
    commands(page, "look")
    drawn = page.locator(".seen-picture path.fixture:not(.under)")
    expect(drawn).to_have_count(1)
    assert (drawn.get_attribute("d") or "").count("M") >= 4, "mirror, board, and a basin with its tap"
    live_phone.shoot("walls-basins", full=False)


def test_walls_are_painted_as_they_were_seen(phone: Phone, site: Site) -> None:
    sweep = made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room)
    report = site.demo.deliver(made.MadeSweep(walled(sweep.report), ()))
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    figure = shown_walls(phone, "stall-2")
    (chance,) = (
        one for one in report.targets if (one.zone_id, one.target, one.modality) == ("stall-2", "pinhole_1mm", "lens")
    )
    expect(figure.locator("figcaption")).to_contain_text(chance_of(chance) or "판정 불가")
    (told,) = (one for one in report.coverage if (one.zone_id, one.modality) == ("stall-2", "lens"))
    painted = figure.locator("path.seen-0, path.seen-1, path.seen-2, path.seen-3")
    cells = sum(path.count("M") for path in painted.evaluate_all("all => all.map(one => one.getAttribute('d'))"))
    assert cells == sum(len(wall.cells) - wall.cells.count(".") for wall in told.walls)
    themes: tuple[Literal["light", "dark"], ...] = ("dark", "light")
    for theme in themes:
        phone.page.emulate_media(color_scheme=theme)
        hues = [hue_of(*colour) for colour in figure.locator("path[class^=seen-]").evaluate_all(FILLS)]
        assert all(hue is None or 168.0 <= hue <= 185.0 for hue in hues), "teal and never green"
        assert any(hue is not None for hue in hues)
    expect(figure.locator("path.gap")).to_have_count(1)
    largest = max(largest_gap_m2(wall) for wall in told.walls)
    expect(figure.get_by_text(re.compile(r"^가장 큰 빈 곳: "))).to_contain_text(f"{largest:.1f}".removesuffix(".0"))
    expect(figure.locator("[data-surface=back] .disc")).to_have_count(1)
    expect(figure.locator(".disc")).to_have_count(1)
    for shape, size in ((PHONE, "16px"), (SMALL_PHONE, "16px"), (PHONE, "32px")):
        phone.page.set_viewport_size(shape)
        phone.page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        figure.locator(".seen-picture").scroll_into_view_if_needed()
        assert phone.violations() == []
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.shoot(f"walls-{shape['width']}-{size}", full=False)


def test_an_area_is_no_place_on_a_wall(phone: Phone, site: Site) -> None:
    report = walled(made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room).report)
    by_air = tuple(one for one in report.findings[0].evidence_for if one.modality != "lens")
    finding = report.findings[0].model_copy(update={"evidence_for": by_air, "radius_m": 0.9})
    sent = site.demo.deliver(made.MadeSweep(report.model_copy(update={"findings": (finding,)}), ()))
    phone.log_in(path=f"#/sweeps/{sent.sweep_id}")
    figure = shown_walls(phone, "stall-2")
    expect(figure.locator(".disc")).to_have_count(0)
    expect(figure.locator("[data-surface=floor] circle.soft")).to_have_count(1)
    expect(figure.get_by_text("벽·높이 모름")).to_be_visible()


def test_without_a_declaration_nothing_is_painted(phone: Phone, site: Site) -> None:
    report = walled(made.make_sweep(sweep_id=new_id(), room_id=site.suspected_room, source="live").report)
    undeclared = replace(made.MadeSweep(report, ()), is_declared=False)
    sent = site.real.deliver(undeclared)
    phone.log_in(path=f"#/sweeps/{sent.sweep_id}")
    figure = shown_walls(phone, "stall-2")
    expect(figure.get_by_text("퇴실 확인이 있는 동안에만 칠합니다.")).to_be_visible()
    expect(figure.locator("path[class^=seen-]")).to_have_count(0)
    expect(figure.locator("path.gap")).to_have_count(0)


def test_a_running_sweep_paints_while_its_declaration_holds(live_phone: Phone, live_probe: FakeProbe) -> None:
    live_probe.tell(progress(None), coverage("stall-1", "0", 0.31), progress(None, zone=None))
    card = pulled(live_phone.page).locator("figure", has=live_phone.page.locator(".seen-picture"))
    expect(card.locator("figcaption")).to_contain_text("31% (21–41%)")
    expect(card.locator("path.seen-0")).to_have_count(6)
    expect(card.locator("path.gap")).to_have_count(1)
    live_probe.state("paused")
    expect(card.locator("path.seen-0")).to_have_count(0)
    expect(card.get_by_text("퇴실 확인이 있는 동안에만 칠합니다.")).to_be_visible()


def test_walls_fill_while_one_looks_at_them_and_are_white_once_somebody_comes_in(
    live_phone: Phone, live_probe: FakeProbe
) -> None:
    page = live_phone.page
    page.evaluate(NOTE_WALLS)
    live_probe.tell(progress(None))
    commands(page, "aim")
    stage = page.locator(".stage")
    for number, (cells, shades) in enumerate((("0000", 1), ("0010", 2), ("0121", 3), ("1345", 3))):
        now = coverage(ZONE, "0", 0.1 * number + 0.1)
        walls = tuple(wall.model_copy(update={"cells": 12 * cells}) for wall in now.walls)
        live_probe.tell(progress("lens", 0.1 * number), now.model_copy(update={"walls": walls}))
        expect(stage.locator("path[class^=seen-]")).to_have_count(6 * shades)
        if shades == 3:
            live_phone.shoot(f"walls-filling-{number}", full=False)
    page.wait_for_function("() => window.walls.at(-1).share === 1")
    assert painted(page)[-1] == [0.0, 0.25, 0.75, 1.0]
    live_probe.state("paused")
    expect(stage.locator("path[class^=seen-]")).to_have_count(0)
    page.wait_for_function("() => window.walls.at(-1).share === 0")
