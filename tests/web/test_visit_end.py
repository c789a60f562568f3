"""The end of a visit: a checklist zone by zone, signatures over its hash, and a sheet that tells no suspicion."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPhone, Phone
from tests.web.said import said
from tests.web.signing import draw_signature
from tests.web.site import Site
from tests.web.test_lost_answers import all_fine

pytestmark = pytest.mark.browser


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _sweep(page: Page, site: Site, sweep_id: object) -> Any:
    return page.request.get(f"{site.url}/api/sweeps/{sweep_id}").json()


def _looked_at(phone: Phone, name: str) -> None:
    """Nothing on the screen is too small, too pale, or without a name."""
    phone.shoot(name)
    assert phone.violations() == [], name
    assert phone.small_texts() == [], name
    assert phone.small_targets() == [], name


def test_a_checklist_is_filled_zone_by_zone_and_survives_the_phone(phone: Phone, site: Site) -> None:
    report = site.deliver("checklist", candidate_zone=None, is_real=True)
    phone.watch.allowed = ("status of 409",)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    page = phone.page
    page.get_by_role("link", name="점검표 적기").click()
    zones = report.plan.zones
    expect(page.get_by_role("heading", level=2, name=zones[0].name.ko)).to_be_visible()
    _press(page, "모두 이상 없음")
    expect(page.get_by_text(re.compile(r"정말 다 보았습니까\? [0-9]+개 부위, [0-9.]+초"))).to_be_visible()
    expect(page.get_by_role("group", name="환풍구").get_by_role("radio", name="못 봄")).to_be_checked()
    expect(page.locator(".turns .primary")).to_be_disabled()  # nobody goes on without an answer
    _press(page, "예, 다 보았음")
    page.get_by_role("group", name="환풍구").get_by_role("radio", name="의심").check()
    page.get_by_role("group", name="조명").get_by_role("radio", name="고장").check()
    _press(page, "조명 고장 보수 요청")
    expect(page.get_by_text("보수 요청함: 조명 고장")).to_be_visible()
    _press(page, "하나 더하기")
    page.get_by_label("아래 틈 – 5 mm 이하").fill("9")
    page.get_by_label("위 틈 – 300 mm 이상").fill("320")
    expect(page.get_by_text("아래 틈이 5 mm를 넘습니다.")).to_be_visible()
    expect(page.get_by_text("위 틈이 300 mm보다")).to_have_count(0)
    page.get_by_label("비상벨").select_option("works")
    page.get_by_label("구멍·틈을 스티커로 막음").check()
    _press(page, "칸막이 아래 틈 보수 요청")
    expect(page.get_by_text("보수 요청함: 칸막이 아래 틈")).to_be_visible()
    expect(page.get_by_role("link", name="사진 찍기").first).to_have_attribute("href", re.compile("#/photos/"))
    _looked_at(phone, "checklist-zone")
    page.reload()
    expect(page.get_by_text("적던 점검표에서 이어집니다.")).to_be_visible()
    expect(page.get_by_text("보수 요청함: 칸막이 아래 틈")).to_be_visible()
    for zone in zones[1:]:
        _press(page, "다음 구역")
        expect(page.get_by_role("heading", level=2, name=zone.name.ko)).to_be_visible()
        all_fine(page)
    _press(page, "마지막 화면")
    expect(page.get_by_text(f"{zones[0].name.ko}: 환풍구, 구멍 1곳")).to_be_visible()
    page.get_by_role("radio", name="합동").check()
    _press(page, "서명하여 기록")
    expect(page.get_by_text("함께 온 기관을 적으십시오")).to_be_visible()
    page.get_by_label("동행·입회").fill("가상경찰서 여성청소년과")
    page.get_by_label("점검 스티커 부착").check()
    _looked_at(phone, "checklist-last")
    _press(page, "서명하여 기록")
    expect(page.get_by_role("heading", name="현장 기재를 기록했습니다")).to_be_visible()
    note = _sweep(page, site, report.sweep_id)["visit"]["note"]
    assert (note["by_eye"], note["marks"], note["occasion"]) == (
        "marks", f"{zones[0].name.ko}: 환풍구, 구멍 1곳", "joint",
    )  # fmt: skip
    assert note["measures"] == ["sticker", "hole_closed", "repair_asked"]
    assert note["emergency_bell"] == "works"
    first = note["zones"][0]
    assert (first["zone_id"], first["marked"], first["holes"]) == (zones[0].zone_id, ["vent"], 1)
    assert first["broken"] == ["light"]
    assert (first["floor_gap_mm"], first["ceiling_gap_mm"], first["sticker"]) == (9, 320, True)
    assert len(note["zones"]) == len(zones)
    expect(page.get_by_text("적던 점검표가 있습니다")).to_have_count(0)
    _signed_by_a_companion(phone, site, report.sweep_id)
    page.get_by_role("link", name="시설 확인서 보기").click()
    sheet = page.get_by_role("article")
    expect(sheet).to_contain_text(re.compile(rf"{re.escape(zones[0].name.ko)}: [^:]*환풍구"))
    for words in (
        "한빛공원 공중화장실",
        "가상경찰서 여성청소년과",
        "아래 틈 9 mm",
        "조명 고장",
        "카메라가 없다는 증명서가 아닙니다",
        "입회인",
    ):
        expect(sheet).to_contain_text(words)
    _looked_at(phone, "keeper-sheet")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="인쇄하거나 PDF로 저장")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(sheet).to_be_visible()


def _signed_by_a_companion(phone: Phone, site: Site, sweep_id: object) -> None:
    page = phone.page
    page.get_by_text("서명 받기").click()
    page.get_by_label("소속(경찰서·기관)").fill("가상경찰서")
    _press(page, "서명 기록")
    expect(page.get_by_text("서명란에 서명하십시오")).to_be_visible()
    page.get_by_label("이름").fill("김경위")
    draw_signature(page)
    _press(page, "서명 기록")
    expect(page.get_by_text("입회인은 계급이나 직위도 적습니다.")).to_be_visible()
    page.get_by_label("계급·직위").fill("경위")
    page.reload()
    expect(page.get_by_label("이름")).to_have_value("김경위")
    expect(page.locator("polyline")).to_have_count(1)
    shown = page.locator("code").inner_text().replace(" ", "")
    assert _sweep(page, site, sweep_id)["visit"]["note_hash"] == shown
    _looked_at(phone, "after-visit")
    _press(page, "서명 기록")
    expect(page.get_by_text("입회인 · 가상경찰서 경위 김경위")).to_be_visible()
    (kept,) = _sweep(page, site, sweep_id)["visit"]["signatures"]
    assert (kept["signed_as"], kept["is_of_last_note"]) == ("witness", True)


def test_a_zone_with_a_place_to_inspect_is_called_fine_by_no_tap(phone: Phone, site: Site) -> None:
    report = site.deliver(
        "fine beside a place", candidate_zone="stall-2", is_real=True, room_id=site.another_room().room_id
    )
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/checklist")
    page = phone.page
    _press(page, "다음 구역")
    expect(page.get_by_text("점검기가 이 구역에서 확인할 곳을 찾았습니다.")).to_be_visible()
    (place,) = report.findings
    look = page.get_by_role("link", name="확인할 곳으로")
    expect(look).to_have_attribute("href", re.compile(str(place.finding_id)))
    all_fine(page, "다른 곳은 모두 이상 없음")
    _looked_at(phone, "checklist-waiting")
    for zone in report.plan.zones[2:]:
        _press(page, "다음 구역")
        expect(page.get_by_role("heading", level=2, name=zone.name.ko)).to_be_visible()
    _press(page, "마지막 화면")
    expect(page.get_by_role("button", name="2번 칸")).to_contain_text("확인할 곳 남음")
    expect(page.get_by_role("button", name="1번 칸")).to_contain_text("아직 안 봄")


def test_the_sheet_of_a_suspicion_is_that_of_none(open_phone: OpenPhone, site: Site) -> None:
    """Whoever keeps the building may be the offender: sheets of two visits differ in nothing but time."""
    phone = open_phone(site.url, color_scheme="dark")
    phone.log_in(path="#/settings")
    phone.set(language="en")
    sheets = []
    for name, zone in (("quiet sheet", None), ("suspicious sheet", "stall-2")):
        report = site.deliver(name, candidate_zone=zone, is_real=True)
        phone.open(f"#/sweeps/{report.sweep_id}/sheet")
        sheet = phone.page.get_by_role("article")
        expect(sheet).to_contain_text("no proof that there is no camera")
        sheets.append(re.sub(r"\d{1,2}:\d\d(:\d\d)?", "", sheet.inner_text()))
    assert sheets[0] == sheets[1]
    _looked_at(phone, "keeper-sheet-en-dark")


def test_evidence_a_decision_and_the_form_take_three_taps_at_most(phone: Phone, site: Site) -> None:
    """After identification, from the sweep's page: what each costs the thumb is counted where it is pressed."""
    report = site.deliver("counted taps", candidate_zone="stall-2", is_real=True)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    page = phone.page
    page.evaluate("() => { window.taps = 0; addEventListener('pointerdown', () => { window.taps++; }, true); }")

    def taps() -> int:
        return int(page.evaluate("() => { const n = window.taps; window.taps = 0; return n; }"))

    page.get_by_role("button", name=re.compile("^1.*2번 칸")).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("figure").first).to_be_visible()
    evidence = taps()
    sheet.locator("label", has_text=said("decision", "cannot_exclude")).click()
    sheet.get_by_role("button", name="판정 남기기").click()
    expect(sheet.get_by_text("판정을 기록했습니다")).to_be_visible()
    decide = taps()
    sheet.get_by_role("button", name="닫기").click()
    taps()
    page.get_by_text("점검일지 내려받기(PDF)").first.click()
    with page.expect_download() as form:
        page.get_by_role("button", name="담당 부서 제출").click()
    assert form.value.suggested_filename.endswith(".pdf")
    export = taps()
    assert {"evidence": evidence, "decide": decide, "export": export} == {"evidence": 1, "decide": 2, "export": 2}


@pytest.mark.soak
@pytest.mark.parametrize(("language", "theme"), [("ko", "dark"), ("en", "light"), ("en", "dark")])
def test_each_screen_of_the_end_in_the_other_looks(
    open_phone: OpenPhone, site: Site, language: str, theme: str, tmp_path: Path
) -> None:
    phone = open_phone(site.url, color_scheme=theme)
    page = phone.page
    report = site.deliver(f"end {language} {theme}", candidate_zone=None, is_real=True)
    phone.log_in(path="#/settings")
    phone.set(language=language)
    phone.open(f"#/sweeps/{report.sweep_id}/checklist")
    for number in range(len(report.plan.zones)):
        expect(page.get_by_role("heading", level=2)).to_be_visible()
        if number in {0, 4}:
            _looked_at(phone, f"checklist-{language}-{theme}-{number}")
        page.locator(".turns .primary").click()
    _looked_at(phone, f"checklist-{language}-{theme}-last")
    page.locator("main .button.primary.big").click()
    page.locator("summary").first.click()
    expect(page.locator(".pad")).to_be_visible()
    _looked_at(phone, f"after-{language}-{theme}")
    phone.open(f"#/sweeps/{report.sweep_id}/sheet")
    expect(page.get_by_role("article")).to_be_visible()
    _looked_at(phone, f"sheet-{language}-{theme}")
    paper = page.pdf(format="A4", print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1, "one sheet of paper"
    (tmp_path / "sheet.pdf").write_bytes(paper)
