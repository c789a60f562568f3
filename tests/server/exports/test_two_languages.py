"""The log in English: every column, no Korean word but what people and places are called; and in Korean as it was."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from server.exports.columns import COLUMNS, cells_of
from server.exports.gathering import inspection_log
from server.exports.gathering.log_request import LogRequest
from server.exports.logs.csv_log import SEAL_HEADING, write_csv
from server.exports.logs.json_log import json_parts
from server.exports.logs.xlsx_log import write_xlsx
from server.exports.seal import Seal
from server.interface.formats import Format
from server.projections.by_eye import hand_entries
from server.projections.form_fields import HandEntries
from server.projections.log_records import ExportError, LogRow, Original, SweepPage
from server.projections.log_rows import build_log_row
from sweep.phrases import Language
from sweep.report.case_records import CaseStep
from sweep.report.inspection_records import InspectionRecorded
from sweep.report.visit_records import VisitNote, ZoneCheck
from tests.entry_factory import signer
from tests.report_factory import SWEEP_ID
from tests.server.conftest import SECOND_IN_SOAK, Site
from tests.server.sweep_kit import Probe

from . import sample_sweeps as s
from .test_probe_state import WAS

KOREAN = Path(__file__).with_name("korean_log.csv")
"""Cells of the rows of `rows_in("ko")`; made anew by `python -m tests.server.exports.test_two_languages`."""
NAMES = {"Facility", "Room"}
"""They may have no other."""
HANGUL = re.compile("[가-힣]")


def _hand(language: Language) -> HandEntries:
    note = VisitNote(
        v=1, sweep_id=s.numbered(0xC2), noted=s.clock(9), by_eye="marks", spots=("vent", "door_lock"), marks="2 holes",
        occasion="joint", companions="Mapo police", emergency_bell="broken", measures=("sticker", "repair_asked"),
        confirmed_by="Keeper",
        zones=(
            ZoneCheck(
                zone_id="stall-1", fine=("vent",), marked=("partition",), broken=("light",), holes=2, floor_gap_mm=7,
                ceiling_gap_mm=310, emergency_bell="works", sticker=True,
            ),
        ),
    )  # fmt: skip
    steps: list[dict[str, Any]] = [
        {"step": "room_closed", "guarded_by": "Keeper"},
        {"step": "police_called", "receipt_no": "2026-0431"},
        {"step": "defect_found", "defect": "hole", "measured_mm": None, "duty": "defect", "due": date(2026, 3, 20)},
    ]
    said = {"v": 1, "case_id": s.numbered(1), "finding_id": None, "decided": s.clock(40)}
    return hand_entries(
        ("점검자-01", note),
        [CaseStep.model_validate(said | {"step": step}) for step in steps],
        photographed=["A", None],
        zone_names={"stall-1": "Stall 1" if language == "en" else "1번 칸"},
        language=language,
    )


def _row(page: SweepPage, language: Language, hand: HandEntries | None = None) -> LogRow:
    return build_log_row(
        page.row.header, page.row.place, page.report, report_state=page.row.report_state, states=page.states,
        entries=page.entries, gaps=page.gaps, alarms=page.alarms, hand=hand, language=language,
    )  # fmt: skip


def _inspected(language: Language) -> LogRow:
    said = InspectionRecorded.model_validate(
        {
            "v": 1, "sweep_id": s.numbered(0xC6), "plan_version": 1, "declared_empty": True, "borescope_rule": False,
            "zones": (
                {"zone_id": "a", "name": {"ko": "칸", "en": "Stall"}},
                {"zone_id": "b", "name": {"ko": "문", "en": "Door"}},
            ),
            "instruments": (
                {"instrument_id": s.numbered(9), "kind": "rf_finder", "maker": "Maker", "model": "M",
                 "serial": "1", "checked": None},
            ),
            "looks": (
                {"zone_id": "a", "instrument_id": s.numbered(9), "kind": "rf_finder", "saw": "signal", "after_s": 1,
                 "place": None, "afterwards": None},
                {"zone_id": "a", "instrument_id": None, "kind": "by_eye", "saw": "nothing", "after_s": 2,
                 "place": None, "afterwards": None},
            ),
            "entered": {"utc": s.STARTED, "behind_ms": 0}, "left": {"utc": s.STARTED, "behind_ms": 0},
            "door_in": "matched", "door_out": "matched", "recorded": s.clock(9), "typed_from": "L-1",
            "account": "p-abcdefghij",
        }
    )  # fmt: skip
    page = s.live_page()
    header = replace(page.row.header, mode="instruments", probe_id="")
    return build_log_row(
        header, s.place(), None, report_state="present", inspection=said, language=language, entries=s.make_entries()
    )


def rows_in(language: Language) -> list[LogRow]:
    """Rows of every kind there is."""
    live = s.live_page(WAS)
    noted = _row(live, language, _hand(language))
    told = replace(noted, persons="confirmed", findings=(("found", 1), ("suspected", 2)))
    place = replace(noted.place, open_things=(("found", 1),), find_asks="hand_over")
    listed = replace(_row(live, language), equipment="", equipment_result="not_measured")
    return [
        *(_row(page, language) for page in (s.simulated_page(), s.page_of_format_2(), s.unfinished_page())),
        _row(s.found_page(), language),
        noted,
        _inspected(language),
        replace(noted, persons="found", findings=(("found", 1),), place=place),
        *(replace(told, persons=one) for one in ("confirmed", "suspected", "recheck", "not_done", "nothing_unusual")),
        replace(noted, equipment_result="no_report", report_state="erased", persons="not_recorded"),
        replace(noted, equipment_result="clear", unable=(1, 3)),
        replace(noted, equipment_result="nothing_detected", unable=(1, 3), zones_total=1),
        replace(
            noted, equipment_result="partly", is_aborted=True, zones_not_looked=(), zones_not_assessable=(),
            findings=(("recheck", 1),), persons="recheck",
        ),
        replace(listed, original=Original("Detector", "Fine", 2, has_time=False, document="A-1", cited="B-2")),
        replace(listed, original=Original("Detector", "Fine", None, has_time=True, document="", cited="")),
    ]  # fmt: skip


def _read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _korean_words(row: dict[str, str]) -> list[str]:
    return [f"{name}: {cell}" for name, cell in row.items() if HANGUL.search(cell) and name not in NAMES]


def test_korean_rows_are_byte_for_byte_what_they_were() -> None:
    assert write_csv(rows_in("ko"), "SEAL").splitlines() == KOREAN.read_bytes().splitlines()


def test_every_column_speaks_english_in_every_kind_of_row() -> None:
    rows = rows_in("en")
    read = _read(write_csv(rows, Seal(1, "AAAA", "W", 0, s.STARTED).words("en"), "en"))
    assert [*read[0]] == [*(column.en for column in COLUMNS), SEAL_HEADING.en]
    assert len(set(read[0])) == len(COLUMNS) + 1
    assert [_korean_words(row) for row in read] == [[]] * len(rows)
    simulated, _, unfinished, found, noted, inspected, *_ = read
    assert simulated["Result of the equipment"] == "[Simulation] Places to inspect"
    assert simulated["Zones looked at"].startswith("5 of 6 zones: ")
    assert simulated["Why: equipment"].startswith("1 place to inspect: ")
    assert unfinished["Signatures"] == "Valid (1 entry) · 2 missing · 1 alarm"
    assert found["State of what was found"] == "Suspected device found: 1"
    assert noted["By eye, by zone"] == (
        "Stall 1: nothing unusual: 1, marked: Partition gaps, screw holes, broken: Lights, holes: 2, gap below 7 mm, "
        "gap above 310 mm, closed by a sticker"
    )
    assert noted["Measures"].endswith("112 called (receipt 2026-0431), Repair asked for (Hole, by 2026-03-20)")
    assert inspected["Instruments, by zone"].startswith("Stall – RF finder: Signal, not located / ")
    assert inspected["Mode"] == "Instruments · typed afterwards (list L-1)"


def test_sheet_and_json_have_the_same_cells() -> None:
    rows = rows_in("en")
    cells = [[str(cell) for cell in cells_of(row)] for row in rows]
    assert [[*row.values()][:-1] for row in _read(write_csv(rows, "", "en"))] == cells
    log, notes = _sheets(write_xlsx(rows, s.PERIOD, s.GENERATED, language="en"))
    heads = [column.en for column in COLUMNS]
    assert log[3:] == [heads, *cells]
    assert [cell for line in (*log[:3], *notes) for cell in line if HANGUL.search(cell)] == []
    told = json.loads(b"".join(json_parts(rows, s.PERIOD, s.GENERATED, "")))["sweeps"]
    assert [[str(cell) for cell in one["columns"].values()] for one in told] == cells
    assert [[*one["columns"]] for one in told] == [heads] * len(rows)


def _sheets(book: bytes) -> list[list[list[str]]]:
    """Cells of its two sheets: that which is filed is the office's Korean form."""
    read = CalamineWorkbook.from_filelike(io.BytesIO(book))
    assert read.sheet_names == ["Inspection log", "Notes"]
    sheets = [read.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in read.sheet_names]
    return [
        [[str(int(cell)) if isinstance(cell, float) else str(cell) for cell in line] for line in sheet]
        for sheet in sheets
    ]


def test_a_hostile_name_stays_a_cell() -> None:
    (row,) = _read(write_csv([_row(s.hostile_page(), "en")], "", "en"))
    assert row["Suspicious marks"] == "Not recorded"
    assert (row["Inspectors"][:2], row["Facility number"][:2]) == ("'@", "'+")


@SECOND_IN_SOAK
def test_whoever_asks_gets_it_as_a_table(site: Site) -> None:
    probe = Probe()
    site.admit(signer("probe"))
    for wire in (probe.opened(SWEEP_ID), probe.report(SWEEP_ID)):
        assert site.send(wire).status_code == 200
    officer = site.login("supervisor")
    get = partial(officer.get, "/api/exports/inspection-log", reason="monthly", sweep_id=str(SWEEP_ID), language="en")
    answer = get(format="csv")
    assert answer.status_code == 200, answer.text
    (row,) = _read(answer.content)
    assert row["Sweep"] == str(SWEEP_ID)
    assert _korean_words(row) == []
    assert "inspection-log-english_" in answer.headers["content-disposition"]
    (told,) = json.loads(get(format="json").content)["sweeps"]
    cells = [str(cell) for cell in told["columns"].values()]
    assert cells == [*row.values()][:-1]
    assert _sheets(get(format="xlsx").content)[0][4] == cells
    refused = get(format="pdf")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "export_refused")
    with pytest.raises(ExportError, match="Korean form"):
        inspection_log.refuse_english(LogRequest(Format.PDF, s.PERIOD, None, "", "", "", language="en"))


if __name__ == "__main__":
    KOREAN.write_bytes(write_csv(rows_in("ko"), "SEAL").replace(b"\r\n", b"\n"))
