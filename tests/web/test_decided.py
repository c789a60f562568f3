"""What was decided in the guide is decided on the sheet of its place too: by whom and when, and what may follow."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from sweep.report import SweepReport
from tests.web.conftest import OpenPhone, Phone
from tests.web.said import said
from tests.web.site import Site
from tests.web.test_find import _case_of, _deliver, _take

pytestmark = pytest.mark.browser
LOOKED = {"step": "looked_at", "seen": "object"}
SCREW = {"step": "not_camera", "what": "나사", "reopens": None}
HOLE: dict[str, Any] = {
    "step": "defect_found", "defect": "hole", "measured_mm": None, "is_door": False, "has_own_ventilation": False,
    "installed": None, "due": None,
}  # fmt: skip
BOTH, ONE = re.compile(r"점검자-01 · 감독자-01, \d{4}"), re.compile(r"점검자-01, \d{4}")
"""A hole to repair is for one of the two who looked to record."""


def _sheet(phone: Phone, report: SweepReport) -> Locator:
    phone.open("#/")
    phone.open(f"#/sweeps/{report.sweep_id}/findings/{report.findings[0].finding_id}")
    sheet = phone.page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="지금까지의 판정")).to_be_visible()
    return sheet


@pytest.mark.parametrize(
    ("decision", "word", "state", "offered"),
    [
        ({"step": "camera", "was_touched": False}, said("decision", "camera_found"), "found", "지금 할 일 – 발견 안내"),
        (SCREW, said("decision", "no_camera"), "no_camera", "확인 안내 열기"),
        (HOLE, "보수할 것", "defect", "확인 안내 열기"),
    ],
)
def test_the_sheet_says_what_the_guide_decided_and_offers_no_other_decision(
    open_phone: OpenPhone, site: Site, decision: dict[str, Any], word: str, state: str, offered: str
) -> None:
    phone = open_phone(site.url)
    report = _deliver(site, f"decided {state}")
    phone.log_in(path="#/settings")
    case_id = _case_of(phone.page, site, report)
    sheet = _sheet(phone, report)
    expect(sheet.get_by_text("아직 판정이 없습니다.")).to_be_visible()
    expect(sheet.get_by_role("radio")).to_have_count(4)
    expect(sheet.get_by_role("link", name="두 사람 확인 – 확인 안내 열기")).to_be_visible()

    for step in (LOOKED, decision):
        _take(phone.page, site, case_id, step)
    sheet = _sheet(phone, report)
    made = sheet.locator("li.noted", has_text=word)
    expect(made).to_contain_text(ONE if decision is HOLE else BOTH)
    expect(sheet.get_by_text(said("finding", state), exact=True).first).to_be_visible()
    expect(sheet.get_by_role("link", name=offered, exact=True)).to_be_visible()
    expect(sheet.get_by_text("아직 판정이 없습니다.")).to_have_count(0)
    expect(sheet.get_by_text(re.compile("두 사람이 이 안내를 마칠 때까지"))).to_have_count(0)
    expect(sheet.get_by_role("radio")).to_have_count(0)
    assert phone.violations() == []
    phone.shoot(f"decided-{state}", full=False)


def test_what_is_reopened_may_be_decided_again(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    report = _deliver(site, "decided and reopened")
    phone.log_in(path="#/settings")
    case_id = _case_of(phone.page, site, report)
    for step in (LOOKED, SCREW, {"step": "reopened", "why": "다시 반짝임"}):
        _take(phone.page, site, case_id, step)
    sheet = _sheet(phone, report)
    expect(sheet.locator("li.noted")).to_contain_text(["나사", "다시 반짝임"])
    expect(sheet.get_by_role("radio")).to_have_count(4)
