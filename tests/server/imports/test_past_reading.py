"""Rows of lists of past inspections: read, or asked about."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.imports.inspections.past_rows import read_past
from server.imports.reading import past_values
from server.imports.reading.table import read_table
from server.imports.rows.reasons import REASONS
from server.interface.errors import ApiError
from server.store.clock import today
from tests.server.imports.judging import fresh_database, judge_folder
from tests.server.imports.past_lists import PLACES, ROOMS, csv_list, places_truth, workbook_list
from tests.server.imports.past_office import HEADING, row_of


def test_messy_lists_of_past_inspections_come_in_without_a_wrong_row(tmp_path: Path) -> None:
    lists = {ROOMS: (PLACES.encode(), places_truth()), "점검대장.csv": csv_list(), "분기실적.xlsx": workbook_list()}
    for name, (data, truth) in lists.items():
        (tmp_path / name).write_bytes(data)
        stem = name.rpartition(".")[0]
        (tmp_path / f"{stem}.truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
    verdicts = {one.name: one for one in judge_folder(tmp_path, fresh_database) if one.name != ROOMS}
    assert {one.name: (one.refusal, one.wrong) for one in verdicts.values()} == dict.fromkeys(verdicts, ("", []))
    assert {one.name: (one.right, one.asked, one.refused) for one in verdicts.values()} == {
        "점검대장.csv": (4, 14, 0),
        "분기실적.xlsx": (4, 7, 0),
    }


WORDS = ("2025.3.7. 14:30", "25.3.7", "육안", "이상없음", "발견", "홍길동", "2명")
CELLS = st.text(max_size=20) | st.sampled_from(WORDS)


@given(st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=6))
def test_every_row_is_accounted_for_whatever_it_says(cells: list[list[str]]) -> None:
    lines = [",".join(f'"{cell.replace(chr(34), "")}"' for cell in row) for row in cells]
    with contextlib.suppress(ApiError):
        table = read_table("\n".join((HEADING, row_of(), *lines)).encode("utf-8", "ignore"), kind="inspections")
        told = [read_past(own, table.epoch, today()) for own in table.own]
        assert {doubt for one in told for doubt in one.doubts} <= REASONS.keys()
        assert all(one.doubts or (one.past.day and one.past.method and one.past.result) for one in told)


@pytest.mark.parametrize(
    ("cell", "counted"),
    [
        ("홍길동, 김철수", 2),
        ("홍길동 외 1명", 2),
        ("홍길동", 1),
        ("홍길동 김철수", None),
        ("점검반", None),
        ("김○○", None),
    ],
)
def test_persons_are_counted_only_where_that_is_sure(cell: str, counted: int | None) -> None:
    assert past_values.counted_names(cell) == counted


@pytest.mark.parametrize(
    ("cell", "at", "doubt"),
    [
        ("14:30", "14:30", ""),
        ("오후 2시 5분", "14:05", ""),
        ("14:00~15:00", "14:00", ""),
        ("02:30", "02:30", ""),
        ("2:30", None, "time_in_two_ways"),
        ("오전 12:10", None, "time_in_two_ways"),
        ("25:00", None, "time_unclear"),
        ("점심", None, "time_unclear"),
    ],
)
def test_a_time_is_read_or_asked_about(cell: str, at: str | None, doubt: str) -> None:
    assert past_values.past_time(cell) == (at, doubt)


def test_a_sign_that_may_deny_a_word_is_asked_about() -> None:
    past_result, past_method = past_values.past_result, past_values.past_method
    for cell in ("이상없음 ×", "□ 이상없음", "이상없음(△)"):
        assert past_result(cell) == (None, "result_unclear"), cell
    assert past_method("렌즈형 ×, 육안 ○") == (None, "method_unclear")
    assert past_result("○ 이상없음") == ("nothing_unusual", "")
