"""What a person gets of a fifth modality: command line, city, PDF and page.

`test_thermometer.py` runs it where the package has record and row.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from server.cli.page_tables import page_tables
from server.config.settings import WEB_DIR
from server.exports.logs.pdf_log import render_pdf
from server.projections.log_records import Printing, SweepHeader
from server.projections.log_rows import build_page
from sweep.cli import build_app
from sweep.report import MODALITIES, SHOWN, SweepReport
from tests.modality.thermometer.modality import NAME
from tests.modality.thermometer.sweeps import recorded
from tests.server.exports import sample_sweeps as made
from tests.web import evidence
from tests.web.conftest import (  # noqa: F401  fixtures
    OpenPhone,
    axe_source,
    browser,
    built_page,
    chromium_path,
    open_phone,
    site,
)
from tests.web.site import Site, seed_ids

SIGNS = {"clear": "○", "candidate": "◆", "nothing_detected": "□", "not_assessable": "△", "not_looked": "－"}
STATES = tuple(SIGNS)
Sheet = list[tuple[float, float, float, str]]
WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="[\d.]+">([^<]*)</word>')


def command(*arguments: str) -> Any:
    done = CliRunner().invoke(build_app([arguments[0]]), [*arguments, "--json", "-"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def with_temperature(report: SweepReport) -> SweepReport:
    """A report whose verdicts differ from modality to modality, and by zone from one modality to the next."""
    coverage, verdicts = [], []
    for number, zone in enumerate(report.plan.zones):
        cover = next(one for one in report.coverage if one.zone_id == report.plan.zones[0].zone_id)
        said = next(one for one in report.verdicts if one.zone_id == zone.zone_id)
        for place, modality in enumerate(MODALITIES):
            state = STATES[(number + place) % len(STATES)]
            if state != "not_looked":
                about: dict[str, Any] = {"zone_id": zone.zone_id, "modality": modality}
                coverage.append(cover.model_copy(update=about))
                target = said.text if state == "clear" else None
                verdicts.append(said.model_copy(update=about | {"verdict": state, "target": target}))
    return report.model_copy(update={"coverage": tuple(coverage), "verdicts": tuple(verdicts)})


def under(sheet: Sheet, names: Sequence[str]) -> list[list[tuple[int, str]]]:
    """The signs of each row of the table of verdicts, each with the number of the heading that it stands under."""
    rows: dict[int, Sheet] = {}
    for message in sheet:
        rows.setdefault(round(message[1]), []).append(message)
    heads = next((row for row in rows.values() if {"구역", *names} <= {message for *_, message in row}), None)
    if heads is None:
        return []
    middle = {message: (x + end) / 2 for x, _, end, message in heads}
    edges = [(middle[one] + middle[other]) / 2 for one, other in pairwise(names)]
    signs = [
        [(sum(x > edge for edge in edges), message) for x, _, _, message in sorted(row) if message in SIGNS.values()]
        for y, row in sorted(rows.items())
        if y > heads[0][1]
    ]
    return [row for row in signs if len(row) == len(names)]


def test_a_replay_measures_it_and_a_simulated_sweep_says_that_nobody_did(tmp_path: Path) -> None:
    recorded(tmp_path / "sweep")
    replayed = command("replay", str(tmp_path / "sweep"), "--quiet", "--state", str(tmp_path / "state"))
    assert {o["zone_id"] for o in replayed["observations"] if o["modality"] == NAME} >= {"stall-2"}
    simulated = command("run", "--sim", "--quick", "--quiet", "--state", str(tmp_path / "simulated"))
    zones = {zone["zone_id"] for zone in simulated["plan"]["zones"]}
    for told in ("coverage", "verdicts"):
        assert {one["zone_id"] for one in simulated[told] if one["modality"] == NAME} == zones


def test_the_page_is_given_its_name_and_icon() -> None:
    told = page_tables()["modalities"][NAME]
    assert (told["name"]["ko"], told["icon"]) == ("온도", SHOWN[NAME].icon)


def test_the_city_counts_what_it_adds() -> None:
    told = command("city", "--rooms", "100", "--per-kind", "10", "--world", "first")
    assert set(told["worlds"]["first"]["leave_one_out"]) == set(MODALITIES)


def test_each_verdict_is_printed_under_its_own_heading(tmp_path: Path) -> None:
    report = with_temperature(made.make_report("live", sweep_id=made.numbered(0xC2), candidate=None))
    page = build_page(SweepHeader.of_report(report), made.place(), report, report_state="present")
    file = tmp_path / "log.pdf"
    file.write_bytes(
        render_pdf([page], made.PERIOD, made.GENERATED, printing=Printing("시범구청", "점검자-01", "보고"))
    )
    done = subprocess.run(["pdftotext", "-bbox", str(file), "-"], check=True, capture_output=True, timeout=60)
    names = [shown.name.ko for shown in SHOWN.values()]
    sheets = [
        [(float(x), float(y), float(end), message) for x, y, end, message in WORD.findall(sheet.replace("\u200b", ""))]
        for sheet in done.stdout.decode().split("</page>")
    ]
    legend = " ".join(message for sheet in sheets for *_, message in sheet)
    assert all(f"{name[0]} {name}" in legend for name in names), legend
    assert next(filter(None, map(under, sheets, repeat(names)))) == [
        [(place, SIGNS[STATES[(number + place) % len(STATES)]]) for place in range(len(names))]
        for number in range(len(report.plan.zones))
    ]


@pytest.mark.browser
def test_the_page_shows_it_and_an_older_page_by_its_id(open_phone: OpenPhone, site: Site, tmp_path: Path) -> None:  # noqa: F811 - a fixture
    sweep = evidence.make_sweep(sweep_id=seed_ids("five"), room_id=site.suspected_room)
    site.demo.deliver(evidence.MadeSweep(with_temperature(sweep.report), ()))
    path = f"#/sweeps/{sweep.report.sweep_id}"
    phone = open_phone(site.url)
    phone.log_in(path=path)
    for shown in (NAME, "온도"):
        expect(phone.page.get_by_role("radio", name=shown, exact=True)).to_have_count(1)
        phone.page.get_by_role("button", name=re.compile("^1번 칸")).first.click()
        expect(phone.page.get_by_role("heading", name=shown, exact=True)).to_be_visible()
        if shown == NAME:
            build_page_again()
            phone.page.reload()


def build_page_again() -> None:
    """With the tables of a contract that has the fifth."""
    web = WEB_DIR.parent
    (web / "src/api/tables.json").write_text(json.dumps(page_tables()), encoding="utf-8")
    WEB_DIR.rename(web / "older")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # Node.js comes as a wheel
    command = ["npm", "run", "build"]
    subprocess.run(command, cwd=web, check=True, capture_output=True, timeout=300, env=os.environ | {"PATH": path})
