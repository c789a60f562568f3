"""The number of coverage of one sweep wherever it is shown: it is the report's, to the per cent, with its interval."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

from server.exports.logs.csv_log import write_csv
from server.projections.log_records import Place, SweepHeader
from server.projections.log_rows import build_log_row
from sweep.cli.output import out
from sweep.cli.report_view import LENSES, show_report
from sweep.judge.coverage import targets_of
from sweep.modality.targets import Chance, Estimate
from sweep.report import CoverageEvent, Modality, SweepReport, Target, new_id, parse_json, utc_now
from sweep.report.words import COVERAGE_WORDS, TARGET_WORDS, curve_words
from tests.report_factory import text
from tests.web import evidence as made
from tests.web.conftest import Phone
from tests.web.live_screen import pulled
from tests.web.probe import FakeProbe
from tests.web.said import said
from tests.web.site import Site
from tests.web.test_targets import WORDS, as_reported_now

pytestmark = pytest.mark.browser

NUMBER: Final = re.compile(r"\d+% \(\d+–\d+%\)")
UNKNOWN: Final = said("coverage", "unknown")
FIRST: Final[Target] = "pinhole_1mm"
CARD: Final = said("coverage", "chance")
AWKWARD: Final = (  # probability, low, high, and as they are said: halves, a hundredth more, and what two cannot write
    (0.125, 0.115, 0.135, "12% (11–14%)"),
    (0.29, 0.2899, 0.2901, "29% (28–30%)"),
    (0.485, 0.3199, 0.6001, "48% (31–61%)"),
    (0.9999, 0.8999, 1.0, "99% (89–100%)"),
    (0.005, 0.0, 0.0149, "0% (0–2%)"),
)
Said = dict[tuple[str, str], str]
"""What is said by the id of the zone and the Korean name of the target."""


def with_awkward_numbers(report: SweepReport) -> SweepReport:
    """The same, but that the first lens was found with these probabilities in the first zones."""
    zones = [zone.zone_id for zone in report.plan.zones]
    awkward: dict[tuple[str, Modality], Estimate] = {
        (zone, "lens"): Estimate((Chance(FIRST, "rendered", *numbers[:3]),))
        for zone, numbers in zip(zones, AWKWARD, strict=False)
    }
    instead = {(one.zone_id, one.target): one for one in targets_of(awkward, WORDS)}
    targets = tuple(instead.get((one.zone_id, one.target), one) for one in report.targets)
    return report.model_copy(update={"targets": targets})


def truth_of(report: SweepReport) -> Said:
    """By the report's numbers alone; halves and hundredths by a rule of its own."""
    told: Said = {}
    for one in report.targets:
        said_of = UNKNOWN
        if one.probability is not None and one.low is not None and one.high is not None:
            likely, low, high = (round(10_000 * share) for share in (one.probability, one.low, one.high))
            said_of = f"{likely // 100}% ({low // 100}–{(high + 99) // 100}%)"
        told[one.zone_id, TARGET_WORDS[one.target].ko] = said_of
    return told


def first_of(told: Said) -> dict[str, str]:
    """Of the target that stands for a zone."""
    return {zone: words for (zone, target), words in told.items() if target == TARGET_WORDS[FIRST].ko}


def line(shown: Locator) -> str:
    return " ".join(shown.inner_text().split())


def number_in(shown: str) -> str:
    found = NUMBER.findall(shown)
    assert len(found) <= 1, shown
    return found[0] if found else UNKNOWN if UNKNOWN in shown else shown


def on_map(page: Page) -> dict[str, str]:
    page.get_by_role("switch", name="찾았을 확률").click()
    expect(page.locator("path.map-covered").first).to_be_attached()
    hits = page.locator(".map-label-hit[data-place] .map-label")
    return {
        one.evaluate("one => one.closest('[data-place]').dataset.place"): number_in(
            " ".join(one.locator("> span:not(.visually-hidden)").all_inner_texts())
        )
        for one in hits.all()
    }


def in_list(shown: Locator, truth: Said, zone_id: str) -> Said:
    """Every target that a card or sheet names, with its number."""
    rows = shown.locator("li.small > .head")
    expect(rows).to_have_count(sum(zone == zone_id for zone, _ in truth))
    return {(zone_id, row.locator("strong").inner_text()): number_in(line(row)) for row in rows.all()}


def tell_live(probe: FakeProbe, report: SweepReport) -> None:
    probe.measure(len(report.plan.zones))
    for zone in report.plan.zones:
        targets = tuple(one for one in report.targets if one.zone_id == zone.zone_id)
        walls = tuple(wall for one in report.coverage if one.zone_id == zone.zone_id for wall in one.walls)
        probe.tell(CoverageEvent(type="coverage", zone_id=zone.zone_id, targets=targets, walls=walls))


def export(phone: Phone, report: SweepReport, form: str) -> bytes:
    query = f"format={form}&sweep_id={report.sweep_id}&reason=check"
    answer = phone.page.request.get(f"{phone.url}/api/exports/inspection-log?{query}")
    assert answer.ok, answer.text()
    return answer.body()


def of_columns(content: bytes, names: dict[str, str]) -> Said:
    """What the CSV says, by zone and target."""
    rows = [row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))) if row]
    assert len(rows) == 1
    told: Said = {}
    for part in rows[0][COVERAGE_WORDS["chance"].ko].split("; "):
        target, curve, zones = re.fullmatch(r"(.+)\[(.+)\]: (.+)", part).groups()  # type: ignore[union-attr]  # else it fails
        assert curve.endswith(said("coverage", "unproven"))
        for name, words in re.findall(rf"([^,]+?) (\d+% \([^)]+\)|{UNKNOWN})(?:, |$)", zones):
            told[names[name], target] = words
    return told


def test_one_sweep_says_one_number_everywhere(
    live_phone: Phone, live_probe: FakeProbe, site: Site, tmp_path: Path
) -> None:
    page, start = live_phone.page, live_probe.start
    assert start is not None
    assert live_probe.sweep_id is not None
    sweep = made.make_sweep(
        sweep_id=live_probe.sweep_id, room_id=start.room_id, source="live", started=utc_now(), plan=start.plan
    )
    report = with_awkward_numbers(as_reported_now(sweep.report))
    names = {zone.name.ko: zone.zone_id for zone in report.plan.zones}
    truth = truth_of(report)
    assert list(first_of(truth).values())[: len(AWKWARD)] == [words for *_, words in AWKWARD]
    assert UNKNOWN in truth.values()

    tell_live(live_probe, report)
    card = pulled(page).get_by_label(CARD, exact=True)
    live: Said = {}
    for name, zone_id in names.items():
        chip = card.get_by_role("button", name=name)
        expect(chip).to_contain_text(first_of(truth)[zone_id])
        chip.click()
        expect(chip).to_have_attribute("aria-pressed", "true")
        card.locator("details").evaluate("one => { one.open = true; }")
        live |= in_list(card, truth, zone_id)
    assert live == truth
    assert live_phone.faults() == []
    live_phone.shoot("one-number-live")

    live_probe.state("closing")
    site.real.deliver(made.MadeSweep(report, ()))
    live_probe.state("done")
    live_phone.open(f"#/sweeps/{report.sweep_id}")
    assert on_map(page) == first_of(truth)
    curve = curve_words("rendered").ko
    expect(page.get_by_role("list", name="범례")).to_contain_text(f"{TARGET_WORDS[FIRST].ko}만")
    expect(page.get_by_role("region", name="얼마나 보았나")).to_contain_text(
        f"{TARGET_WORDS[FIRST].ko}: {CARD} · {curve}"
    )
    assert live_phone.violations() == []
    live_phone.shoot("one-number-sweep")
    live_phone.unfold("구역별 판정")
    rows = page.get_by_role("region", name="구역별 판정").get_by_role("button")
    expect(rows).to_have_count(len(names))
    told: Said = {}
    for row, (name, zone_id) in zip(rows.all(), names.items(), strict=True):
        assert number_in(line(row)) == first_of(truth)[zone_id]
        row.click()
        sheet = page.get_by_role("dialog", name=name)
        expect(sheet).to_contain_text(f"{TARGET_WORDS[FIRST].ko} {first_of(truth)[zone_id]}")
        expect(sheet.get_by_role("heading", name=CARD).last).to_be_visible()
        told |= in_list(sheet, truth, zone_id)
        if zone_id == report.plan.zones[1].zone_id:
            live_phone.shoot("one-number-zone", full=False)
        page.keyboard.press("Escape")
    assert told == truth
    detail = page.request.get(f"{live_phone.url}/api/sweeps/{report.sweep_id}").json()
    assert truth_of(parse_json(SweepReport, json.dumps(detail["report"]).encode())) == truth

    compared(live_phone, site, report, truth, names)

    assert of_columns(export(live_phone, report, "csv"), names) == truth
    file = tmp_path / "log.pdf"
    file.write_bytes(export(live_phone, report, "pdf"))
    done = subprocess.run(["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True, timeout=60)
    printed = " ".join(done.stdout.decode().replace("\u200b", "").split())
    guessed = sum(one.source == "guessed" and one.probability is not None for one in report.targets)
    assert printed.count("% 추정 (") == guessed
    printed = printed.replace("% 추정 (", "% (")
    assert sorted(NUMBER.findall(printed)) == sorted(words for words in truth.values() if words != UNKNOWN)
    heads, rest = divmod(printed.count(said("coverage", "unproven")), len({one.target for one in report.targets}))
    assert heads >= 1
    assert rest == 0, "in each head of the table, which is repeated where it goes over a page"
    assert said("coverage", "product") in printed


def compared(phone: Phone, site: Site, report: SweepReport, truth: Said, names: dict[str, str]) -> None:
    """Beside an earlier visit whose probe told of no targets."""
    page = phone.page
    query = f"one={site.real_sweep}&other={report.sweep_id}"
    answer = page.request.get(f"{phone.url}/api/rooms/{report.room_id}/comparison?{query}").json()
    newer = [target for zone in answer["zones"] for target in zone["newer"]["targets"]]
    whole: dict[str, Any] = report.model_dump(mode="json") | {"targets": newer}
    assert truth_of(parse_json(SweepReport, json.dumps(whole).encode())) == truth
    phone.open(f"#/rooms/{report.room_id}/visits")
    page.get_by_label("이전 점검").select_option(value=str(site.real_sweep))
    page.get_by_label("나중 점검").select_option(value=str(report.sweep_id))
    table = page.get_by_role("table", name="구역별 판정과 찾았을 확률")
    expect(table.get_by_role("columnheader").last).to_contain_text(said("coverage", "unproven"))
    told = {
        zone_id: number_in(line(table.get_by_role("row", name=name).get_by_role("cell").last))
        for name, zone_id in names.items()
    }
    assert told == first_of(truth)
    others = page.locator("details:has(summary:text-is('다른 대상까지 보기'))")
    others.evaluate("one => { one.open = true; }")
    for target in {target for _, target in truth if target != TARGET_WORDS[FIRST].ko}:
        lines = others.locator(f"h4:text-is('{target}') + ul li").all_inner_texts()
        assert [one.rpartition(" → ")[2].strip() for one in lines] == [truth[zone, target] for zone in names.values()]
    assert phone.violations() == []
    phone.shoot("one-number-compared")


def test_the_command_line_says_the_same(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    report = with_awkward_numbers(as_reported_now(made.make_sweep(sweep_id=new_id(), room_id=new_id()).report))
    out.width, before = 200, out.width
    try:
        show_report(report)
        short = " ".join(capsys.readouterr().out.split())
        show_report(report, verbose=True)
    finally:
        out.width = before
    printed = " ".join(capsys.readouterr().out.split())
    for zone in report.plan.zones:
        number = truth_of(report)[zone.zone_id, TARGET_WORDS[FIRST].ko]
        told = number if number == UNKNOWN else f"{LENSES[FIRST].ko} {number}"
        assert f"{zone.name.ko}: {told}" in short
    assert said("coverage", "product") in short
    for (zone_id, target), words in truth_of(report).items():
        name = next(zone.name.ko for zone in report.plan.zones if zone.zone_id == zone_id)
        if words != UNKNOWN:
            assert f"{name} · {target}: {CARD} {words}, " in printed
    row = build_log_row(SweepHeader.of_report(report), Place(text("곳"), None, text("방"), "restroom"), report,
                        report_state="present")  # fmt: skip
    names = {zone.name.ko: zone.zone_id for zone in report.plan.zones}
    assert of_columns(write_csv([row], "-"), names) == truth_of(report)
