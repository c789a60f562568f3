"""The CSV log: bytes that Excel reads as Korean, cells that stay cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exports.columns import COLUMNS
from server.exports.logs.csv_log import SEAL_HEADING, write_csv
from server.interface.safe_text import ADDRESS_BLANKED, defuse_formula, plain_text
from server.projections.log_records import LogRow
from sweep.report import has_unsafe_character

from . import sample_sweeps as s

SEAL = "기록 원장 5건, 루트 해시 AAAA · 외부 증인의 서명 없음(운영 기관의 서명뿐)"


def _read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _rows() -> list[LogRow]:
    return [page().row for page in (s.simulated_page, s.live_page, s.unfinished_page, s.found_page, s.hostile_page)]


def test_bytes_start_with_the_mark_and_lines_end_with_crlf() -> None:
    data = write_csv(_rows(), SEAL)
    assert data.startswith(b'\xef\xbb\xbf"')
    assert data.count(b"\r\n") == 6
    assert data.count(b"\n") == 6
    assert data.count(b"\r") == 6


def test_an_empty_log_has_its_headings() -> None:
    text = write_csv([], SEAL).decode("utf-8-sig")
    assert next(csv.reader([text])) == [*(column.ko for column in COLUMNS), SEAL_HEADING.ko]


def test_the_words_of_a_row() -> None:
    simulated, live, unfinished, found, _ = _read(write_csv(_rows(), SEAL))
    assert simulated["기록 구분"] == "시뮬레이션 기록 · 실제 점검 아님"
    assert simulated["장비 점검 결과"] == "[시뮬레이션 기록] 확인할 곳"
    assert simulated["점검 결과(사람)"] == "[시뮬레이션 기록] 미기재"
    assert (simulated["성별"], simulated["층"], simulated["칸"]) == ("여", "1층", "3칸")
    assert simulated["점검 시작(한국시간)"] == "2026-03-12 10:20:00"
    assert simulated["점검자"] == "점검자-01, 점검자-02"
    assert simulated["미점검·판정 불가"] == "판정 불가 3곳: 3번 칸, 세면대, 출입구 / 미점검 1곳: 청소도구함"
    assert simulated["감지된 것 없음(구역)"] == "1곳: 1번 칸"
    assert (simulated["확인할 곳(건)"], simulated["확인할 곳 위치"]) == ("1", "2번 칸 뒷벽, 높이 모름, 왼쪽 모서리 옆")
    assert simulated["현장 판정"] == "확인할 곳 1건"
    assert live["기록 구분"] == "실측"
    assert (live["장비 점검 결과"], live["점검 결과(사람)"]) == ("일부 판정 불가", "미기재")
    assert live["점검구분(정기·수시·합동)"] == "정기"
    assert unfinished["장비 점검 결과"] == "[재생 기록] 결과 없음"
    assert unfinished["서명 검증"] == "서명 유효(1건) · 누락 2건 · 경보 1건"
    assert found["장비 점검 결과"] == "확인할 곳"
    assert found["점검 결과(사람)"] == "의심기기 발견(경찰 확인 중)"
    assert found["점검 결과 근거"] == "사람이 눈으로 보고 카메라이거나 배제할 수 없다고 판정함 1건"
    assert found["현장 판정"] == "의심기기 발견 1건"
    assert "112" in found["다음 조치"]
    assert {row[SEAL_HEADING.ko] for row in (simulated, live, unfinished, found)} == {SEAL}
    assert all("안전" not in cell for row in (simulated, live, unfinished, found) for cell in row.values())


def test_hostile_cells_are_defused() -> None:
    row = _read(write_csv(_rows(), SEAL))[-1]
    assert row["시설명"] == "'" + s.HOSTILE_FORMULA
    assert row["관리번호"] == "'+1|cmd"
    assert row["점검자"] == "'@SUM(1+1), \\x09=1+1"
    assert row["동행·입회"] == "'-1+1, \\x0d\\x0a=cmd"
    assert row["확인자"] == "'\uff1d1+1"
    assert row["위치(방)"] == s.HOSTILE_MARKUP
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert not has_unsafe_character(cell)


@given(st.text(max_size=60))
def test_any_text_stays_one_harmless_cell(text: str) -> None:
    cell = defuse_formula(plain_text(text))
    assert not has_unsafe_character(cell)
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([cell])
    assert next(csv.reader([line.getvalue()])) == [cell]


@pytest.mark.parametrize("address", ["02:00:5e:10:ff:01", "02-00-5E-10-FF-01", "0200.5e10.ff01"])
def test_a_device_address_in_a_sentence_is_blanked(address: str) -> None:
    assert plain_text(f"송신기 {address} 근처") == f"송신기 {ADDRESS_BLANKED} 근처"


def test_identifiers_and_hashes_are_not_taken_for_addresses() -> None:
    kept = f"{s.numbered(0xC1)} {'0a' * 32} 12:34:56 2026-03-12"
    assert plain_text(kept) == kept


def test_the_document_lists_every_column_in_order() -> None:
    document = (Path(__file__).parents[3] / "server" / "exports" / "README.md").read_text()
    section = document.split("## Columns of CSV, XLSX and JSON")[1].split("## ")[0]
    listed = [line.removeprefix("- ").split(": ")[0] for line in section.splitlines() if line.startswith("- ")]
    assert listed == [*(column.ko for column in COLUMNS), SEAL_HEADING.ko]
