"""What the page says of what was looked for: probabilities by target, walls unrolled, nothing clear without proof."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from sweep.judge.coverage import estimate, targets_of, with_walls
from sweep.judge.verdicts import NO_GROUNDS, verdict_of
from sweep.modality.directions import CELLS, SeenDirections, to_cells
from sweep.modality.measurement import Measurement
from sweep.report import SweepReport, new_id
from sweep.run.modalities import SENSING_MODALITIES, WEIGHERS, vocabulary_of
from tests.server.standing.reports import report_of
from tests.web import evidence as made
from tests.web.conftest import Phone
from tests.web.said import said
from tests.web.site import Site

WORDS = vocabulary_of(SENSING_MODALITIES)

pytestmark = pytest.mark.browser


def as_reported_now(report: SweepReport) -> SweepReport:
    """The same with targets and walls, as a probe whose camera showed all but what was behind it would report it."""
    steps = np.full((CELLS, CELLS), -1, np.int16)
    steps[12:30, 4:36] = 30
    seen = SeenDirections(
        farthest=to_cells(steps), triples=to_cells(np.where(steps > 0, 12, -1)), reference_e=3_000.0, is_anchored=True
    )
    measured = [
        Measurement(c.zone_id, p.position_id, c.modality, c.dwell_s, c.samples, 0, c.quality, None, unheard_mhz=(),
                    seen=seen if c.modality == "lens" else None)
        for c in report.coverage
        for p in report.positions
        if p.zone_id == c.zone_id and c.status != "not_looked"
    ]  # fmt: skip
    estimates = estimate(report.plan, report.positions, measured, WEIGHERS)
    targets = targets_of(estimates, WORDS)
    coverage = with_walls(report.coverage, estimates)
    by_zone = {finding.zone_id: finding for finding in report.findings}
    verdicts = []
    for cover in coverage:
        ours = [t for t in targets if (t.zone_id, t.modality) == (cover.zone_id, cover.modality)]
        verdicts.append(verdict_of(cover, by_zone.get(cover.zone_id), ours, NO_GROUNDS, WORDS))
    candidates = tuple(finding.model_copy(update={"stage": "first_look"}) for finding in report.findings)
    changes = {
        "v": 2, "targets": targets, "coverage": coverage, "verdicts": tuple(verdicts), "findings": candidates,
    }  # fmt: skip
    return SweepReport.model_validate(report.model_dump() | changes)


def test_a_method_that_is_clear_of_all_its_targets_by_the_field_names_them(phone: Phone, site: Site) -> None:
    made_up = made.make_sweep(sweep_id=new_id(), room_id=new_id()).report
    said_clear = report_of("++++")
    parts = ("v", "plan", "coverage", "verdicts", "targets", "findings", "positions", "observations")
    report = made_up.model_dump() | {part: said_clear.model_dump()[part] for part in parts}
    site.demo.deliver(made.MadeSweep(SweepReport.model_validate(report), ()))
    phone.log_in(path=f"#/sweeps/{made_up.sweep_id}")
    phone.unfold("구역별 판정")
    phone.page.get_by_role("region", name="구역별 판정").get_by_role("button").first.click()
    wifi = phone.page.get_by_role("dialog").get_by_role("listitem").filter(has_text="와이파이").first
    expect(wifi).to_contain_text(said("method", "clear"))
    expect(wifi).to_contain_text("대상: 대상")


def test_a_zone_says_what_would_have_been_found_and_shows_its_walls(phone: Phone, site: Site) -> None:
    sweep = made.make_sweep(sweep_id=new_id(), room_id=new_id())
    report = site.demo.deliver(made.MadeSweep(as_reported_now(sweep.report), ()))
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    page = phone.page
    places = page.get_by_role("region", name="확인할 곳", exact=True)
    expect(places.get_by_role("button")).to_have_count(len(report.findings))  # a first look's count like all others
    phone.unfold("구역별 판정")
    row = page.get_by_role("region", name="구역별 판정").get_by_role("button").first
    expect(row).to_contain_text(said("zone", "nothing_detected"))
    assert phone.violations() == []
    phone.shoot("targets-sweep")
    row.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("판정 불가")).to_have_count(0)
    expect(sheet.get_by_text(re.compile("이상 없음이라고 하지 않는 것: 1 mm 핀홀 렌즈"))).to_be_visible()
    expect(sheet.get_by_text(re.compile(r"^\d+% \(\d+–\d+%\)$")).first).to_be_visible()
    walls = sheet.get_by_role("img", name=re.compile("거의 보지 못한 부분"))
    walls.scroll_into_view_if_needed()
    expect(walls.get_by_text("뒷벽", exact=True)).to_be_visible()
    assert all(walls.locator(f"path.seen-{shade}").count() > 0 for shade in range(4)), "near and with care is darkest"
    phone.shoot("targets-zone", full=False)
    assert phone.violations() == []
