"""The workbook: strings are strings, demonstrations are marked, the same input gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree as ET

from xlsxwriter.worksheet import Worksheet

from server.exports.columns import COLUMNS
from server.exports.logs.xlsx_log import LogSheet, write_xlsx
from server.exports.logs.xlsx_words import DEMO_NOTICE
from server.interface.words import EQUIPMENT, PERSONS
from server.projections.log_records import LogRow

from . import sample_sweeps as s

_NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def _write(rows: list[LogRow]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(write_xlsx(rows, s.PERIOD, s.GENERATED)))


def _cells(book: zipfile.ZipFile, number: int = 1) -> dict[str, str]:
    """Text by cell reference of a sheet."""
    sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 - made a line above
    cells = {}
    for cell in sheet.iterfind(".//m:c", _NS):
        texts = [part.text or "" for part in cell.iterfind("m:is/m:t", _NS)]
        cells[cell.attrib["r"]] = "".join(texts) or cell.findtext("m:v", default="", namespaces=_NS)
    return cells


def test_rows_and_headings_are_where_the_panes_freeze() -> None:
    book = _write([s.live_page().row])
    cells = _cells(book)
    assert cells["A4"] == COLUMNS[0].ko
    assert cells["A5"] == "실측"
    assert (cells["X4"], cells["Z4"]) == ("점검 결과(사람)", "장비 점검 결과")
    assert (cells["X5"], cells["Z5"]) == ("미기재", "일부 판정 불가")
    assert cells["T5"] == "0"
    assert "2026-03-01 ~ 2026-03-31" in cells["A2"]
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert 'ySplit="4"' in sheet
    assert "A3" not in cells


def test_the_sheet_that_is_filed_fits_a4_and_leaves_room_to_write() -> None:
    book = _write([s.live_page().row, s.simulated_page().row])
    cells = _cells(book, 2)
    assert [cells[f"{column}4"] for column in "ABCDN"] == [
        "번호",
        "점검일시",
        "시설명(관리번호)",
        "위치(성별·층·칸)",
        "확인자",
    ]
    assert [cells[f"{column}1"] for column in "LMN"] == ["담당", "검토", "확인"]
    assert (cells["A5"], cells["B5"], cells["D5"]) == ("1", "2026-03-12 10:20", "1층 남자화장실 · 남 · 1층 · 3칸")
    assert (cells["J5"], cells["H6"]) == ("", "[시뮬레이션 기록] 미기재")
    sheet = book.read("xl/worksheets/sheet2.xml").decode()
    assert 'paperSize="9"' in sheet and 'fitToHeight="0"' in sheet and 'orientation="landscape"' in sheet
    assert 'fitToWidth="4"' in book.read("xl/worksheets/sheet1.xml").decode()


def test_a_demonstration_raises_a_notice_and_says_so_in_its_cells() -> None:
    cells = _cells(_write([s.simulated_page().row, s.live_page().row]))
    assert cells["A3"] == DEMO_NOTICE.ko
    assert "시뮬레이션" in DEMO_NOTICE.ko[:16], "what is left of it on the second sheet across"
    assert cells["A5"] == "시뮬레이션 기록 · 실제 점검 아님"
    assert cells["Z5"] == "[시뮬레이션 기록] 확인할 곳"


def test_the_notes_explain_results_in_the_words_that_the_cells_have() -> None:
    book = _write([])
    notes = {word for cell, word in _cells(book, 3).items() if cell.startswith("A")}
    assert b'fitToPage="1"' in book.read("xl/worksheets/sheet3.xml"), "a word and its meaning on one sheet of paper"
    results = {word.ko for word in (*EQUIPMENT.values(), *PERSONS.values())}
    assert notes - results == {"기록 해시", "빠진 내용"}
    assert {EQUIPMENT[code].ko for code in ("to_inspect", "nothing_detected", "partly", "clear")} <= notes


def test_hostile_text_becomes_neither_formula_nor_link() -> None:
    book = _write([s.hostile_page().row])
    everything = b"".join(book.read(name) for name in book.namelist())
    assert not re.search(rb"<f[ >]", everything)
    assert b"<hyperlink" not in everything
    cells = _cells(book)
    assert cells["E5"] == s.HOSTILE_FORMULA
    assert cells["G5"] == s.HOSTILE_MARKUP
    assert cells["M5"] == "@SUM(1+1), \\x09=1+1"


def test_the_same_input_gives_the_same_bytes() -> None:
    rows = [s.simulated_page().row, s.found_page().row]
    assert write_xlsx(rows, s.PERIOD, s.GENERATED) == write_xlsx(rows, s.PERIOD, s.GENERATED)


class ForgetfulSheet(LogSheet):
    """It forgets some cells between two rows."""

    kept_cells = 30


def test_remembered_cells_are_those_that_xlsxwriter_writes() -> None:
    rows = [s.simulated_page().row, s.found_page().row, s.hostile_page().row, s.live_page().row] * 20
    remembered = write_xlsx(rows, s.PERIOD, s.GENERATED, ForgetfulSheet)
    assert write_xlsx(rows, s.PERIOD, s.GENERATED, Worksheet) == remembered


def test_an_empty_log_opens() -> None:
    assert _cells(_write([]))["A4"] == COLUMNS[0].ko
