"""Looks by eye in what is printed and exported: one line, and never a place of suspicion."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from server.exports.columns import COLUMNS
from server.exports.logs.csv_log import write_csv
from server.exports.logs.hwpx_log import render_hwpx
from server.exports.logs.json_log import json_parts
from server.exports.logs.pdf_log import printed_log, render_pdf
from server.exports.logs.xlsx_log import write_xlsx
from server.exports.printed.map import printed_map
from server.exports.printed.sweep import printed_sweep
from server.projections.log_records import Printing, SweepPage
from sweep.report import EyeLook, EyeOutcome, eye_looks_line
from tests.report_factory import text

from . import sample_sweeps as s

PRINTING = Printing("시범구청", "점검자-01", "월간 보고")
WHERE = "1번 칸 뒷벽, 무릎 높이, 왼쪽 모서리 옆"
LOOKS = tuple(
    EyeLook.model_validate(
        {
            "look_id": s.numbered(900 + n), "zone_id": "stall-1", "observation_id": s.numbered(950 + n),
            "is_close": False, "x_m": 0.5, "y_m": 0.1, "radius_m": 0.3, "where": text(WHERE, "there"),
            "answer": answer, "asked_ns": n, "answered_ns": None if answer == "not_answered" else n + 1,
            "planned_s": 10.0, "seconds": 5.0, "prior_log10_odds": -4.0, "posterior_log10_odds": -4.0,
            "posterior_pointed_log10_odds": -4.0, "is_control": answer == "nothing",
        }
    )
    for n, answer in enumerate(get_args(EyeOutcome), start=1)
)  # fmt: skip


def pages() -> tuple[SweepPage, SweepPage]:
    """The same sweep without and with looks."""
    bare = s.live_page()
    assert bare.report is not None
    report = bare.report.model_copy(update={"eye_looks": LOOKS})
    line = eye_looks_line(LOOKS)
    assert line is not None
    return bare, replace(bare, report=report, row=replace(bare.row, eye_looks=line.ko))


def test_the_line_counts_each_answer_and_what_nobody_looked_at() -> None:
    _, looked = pages()
    assert looked.row.eye_looks == (
        "육안 살핌 6곳: 나사·반사 1, 구멍 1, 바닥이 보이는 구멍 1, 아무것도 없음 1, 모르겠음 1, 카메라 같음 1"
        " · 눈으로 살펴보지 않은 곳 1"
    )


def test_tables_differ_in_their_line_only() -> None:
    rows: list[dict[str, str]] = []
    for page in pages():
        (row,) = csv.DictReader(io.StringIO(write_csv([page.row], "").decode("utf-8-sig"), newline=""))
        rows.append(row)
    bare, looked = rows
    assert {key for key, value in looked.items() if bare[key] != value} == {"육안 살핌"}
    read = [json.loads(b"".join(json_parts([page.row], s.PERIOD, s.GENERATED, "")))["sweeps"][0] for page in pages()]
    assert {key for key, value in read[1].items() if read[0][key] != value} == {"columns"}
    assert len({column.ko for column in COLUMNS}) == len(COLUMNS)


def test_the_map_and_the_sheets_show_no_place_of_a_look() -> None:
    bare, looked = pages()
    assert bare.report is not None
    assert looked.report is not None
    assert printed_map(looked.report) == printed_map(bare.report)
    sheets: list[Any] = [printed_sweep(page, 1) for page in (bare, looked)]
    assert {key for key, value in sheets[1].items() if sheets[0][key] != value} == {"fields", "eye_looks"}
    new = [field for field in sheets[1]["fields"] if field not in sheets[0]["fields"]]
    assert [field[0] for field in new] == ["육안 살핌"]
    assert WHERE not in json.dumps(sheets[1], ensure_ascii=False, default=str)


@pytest.mark.parametrize("kind", ["xlsx", "hwpx", "pdf"])
def test_no_document_names_where_somebody_looked(kind: str, tmp_path: Path) -> None:
    _, page = pages()
    if kind == "xlsx":
        data = write_xlsx([page.row], s.PERIOD, s.GENERATED)
    elif kind == "hwpx":
        log = printed_log([page.row], s.PERIOD, s.GENERATED, PRINTING)
        data = render_hwpx(log | {"sweeps": [printed_sweep(page, 1)], "has_cover": False})
    else:
        file = tmp_path / "log.pdf"
        file.write_bytes(render_pdf([page], s.PERIOD, s.GENERATED, printing=PRINTING))
        done = subprocess.run(["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True, timeout=60)
        printed = "".join(done.stdout.decode().replace("\u200b", "").split())
        assert "육안살핌6곳" in printed
        assert "".join(WHERE.split()) not in printed
        return
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        said = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    said = re.sub(r"<[^>]+>", "", said)
    assert page.row.eye_looks in said
    assert WHERE not in said
