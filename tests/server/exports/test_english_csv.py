"""The log in English: the same records, with no Korean word but what people and places are called."""

from __future__ import annotations

import csv
import io
import re

import pytest

from server.exports.gathering import inspection_log
from server.exports.gathering.log_request import LogRequest
from server.exports.logs import english_csv
from server.interface.formats import Format
from server.projections.log_records import ExportError, SweepPage
from tests.entry_factory import signer
from tests.report_factory import SWEEP_ID
from tests.server.conftest import SECOND_IN_SOAK, Site
from tests.server.sweep_kit import Probe

from . import sample_sweeps as s


def _read(*pages: SweepPage) -> list[dict[str, str]]:
    out = io.BytesIO()
    english_csv.write(out, pages, "log 5 AAAA")
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_a_row_says_in_english_what_the_korean_one_says() -> None:
    simulated, unfinished, found, sure = _read(
        s.simulated_page(), s.unfinished_page(), s.found_page(), s.page_of_format_2()
    )
    assert simulated["Result of the equipment"] == "[Simulation: no real inspection] Places to inspect"
    assert (simulated["Zones looked at"], simulated["Places to inspect"]) == ("5/6", "1")
    assert simulated["Not judged"].startswith("Not assessable: ") and " / Not inspected: " in simulated["Not judged"]
    assert unfinished["Signatures"] == "valid (1 entries), 2 missing, 1 alarms"
    assert found["State of what was found"] == "Suspected device found: 1"
    assert "1 mm pinhole lens [Measured on rendered scenes" in sure[[*english_csv.COLUMNS][-1]]
    for row in (simulated, unfinished, found, sure):
        named = {"Inspectors", "Facility", "Room"}
        assert [name for name, cell in row.items() if re.search("[가-힣]", cell) and name not in named] == []
        assert row["Log"] == "log 5 AAAA"


def test_a_hostile_name_stays_a_cell() -> None:
    (row,) = _read(s.hostile_page())
    assert row["Facility"].startswith("'")


@SECOND_IN_SOAK
def test_whoever_asks_gets_it_as_csv_alone(site: Site) -> None:
    probe = Probe()
    site.admit(signer("probe"))
    for wire in (probe.opened(SWEEP_ID), probe.report(SWEEP_ID)):
        assert site.send(wire).status_code == 200
    asked = {"reason": "monthly", "sweep_id": str(SWEEP_ID), "language": "en"}
    officer = site.login("supervisor")
    answer = officer.get("/api/exports/inspection-log", format="csv", **asked)
    assert answer.status_code == 200, answer.text
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert row["Sweep"] == str(SWEEP_ID)
    refused = officer.get("/api/exports/inspection-log", format="pdf", **asked)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "export_refused")
    with pytest.raises(ExportError, match="CSV alone"):
        inspection_log.refuse_english(LogRequest(Format.PDF, s.PERIOD, None, "", "", "", language="en"))
