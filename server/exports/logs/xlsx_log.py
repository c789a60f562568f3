"""The inspection log as an Excel workbook: one row per sweep with every column, a sheet to be printed and filed, and
one that explains the words.

Input is rows and the period, output is the bytes of an .xlsx, written row by row.  Text is written as strings, never as
formulas, links or numbers; a replay or a simulation is coloured, says so in its cells and raises a notice on top.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell_fast
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import CellStringTuple, Worksheet

from server.exports.columns import (
    COLUMNS,
    cells_of,
    equipment_line,
    measures_words,
    occasion_words,
    persons_line,
)
from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.interface.safe_text import plain_text
from server.interface.words import EQUIPMENT, NOT_RECORDED, PERSONS, kst
from server.projections.log_records import Document, LogRow, Period, Printing

TITLE = "불법촬영기기 점검일지"
DEMO_NOTICE = "색칠된 행은 시뮬레이션·재생 기록입니다. 실제 점검이 아니므로 점검 실적으로 쓸 수 없습니다."
"""Its beginning says what the rows are: the second sheet of paper across has room for no more."""
_HEADER_ROW = 3
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": False,
}
PRINTED = "제출용"
PAGES_WIDE = 4  # derived: all columns are four times as wide as a sheet of A3 across
KEPT_CELLS = 1_024  # derived: the words that every line of a log repeats, at most a few megabytes
_NOTES = (
    (
        EQUIPMENT["clear"].ko,
        "점검 범위 안에서, 표에 적힌 대상에 대하여 이상이 없었다는 뜻입니다. 카메라가 없다는 증명이 아닙니다.",
    ),
    (EQUIPMENT["nothing_detected"].ko, "본 범위에서 감지된 것이 없습니다. 기기가 없다는 뜻이 아닙니다."),
    (EQUIPMENT["partly"].ko, "점검이 중단되었거나, 어떤 방식으로도 판정하지 못한 구역이 있습니다."),
    (EQUIPMENT["to_inspect"].ko, "장비가 지목한 위치가 있습니다. 사람이 판정하여도 장비 점검 결과는 바뀌지 않습니다."),
    (EQUIPMENT["not_measured"].ko, "점검자가 탐지기나 눈으로 확인하였습니다. 측정값과 찾았을 확률이 없습니다."),
    (EQUIPMENT["no_report"].ko, "점검은 시작되었으나 보고서가 접수되지 않았거나 본문이 삭제되었습니다."),
    (
        PERSONS["found"].ko,
        "사람이 눈으로 확인하여 카메라이거나 배제할 수 없다고 판정하였습니다. 장비는 그렇게 판정하지 않습니다.",
    ),
    (PERSONS["suspected"].ko, "의심으로 적고 두 사람의 판정을 기다리는 곳이 있거나 의심흔적을 보았습니다."),
    (PERSONS["recheck"].ko, "사람이 다시 보기를 요청하였거나, 아직 판정하지 않은 확인할 곳이 남았습니다."),
    ("미기재", "장비가 재지 않는 항목입니다. 현장에서 적어야 합니다."),
    ("기록 해시", "서명된 원본 기록의 SHA-256 값입니다. 이 파일과 원본 기록이 다르면 원본 기록이 우선합니다."),
    (
        "빠진 내용",
        "기기 주소, 기기 이름, 와이파이 이름(SSID), 사진은 넣지 않습니다. 성명은 기관이 정한 때에 제출용에만 적습니다.",
    ),
)


class LogSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """A worksheet that remembers how it wrote a text: a log says the same in most of its cells, a million of them."""

    fh: Any
    kept_cells = KEPT_CELLS

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[str, Format], str] = {}

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        """Write a cell; of one that says what another said only the name is made anew."""
        if type(cell) is not CellStringTuple:
            super()._write_cell(row, col, cell)
            return
        start = f'<c r="{xl_rowcol_to_cell_fast(row, col)}"'
        rest = self._kept.get((cell.string, cell.format))
        if rest is None:
            file, self.fh = self.fh, io.StringIO()
            super()._write_cell(row, col, cell)
            written, self.fh = self.fh.getvalue(), file
            rest = written.removeprefix(start)
            if len(rest) == len(written):
                raise TypeError("XlsxWriter writes cells in another way than this release knows")
            if len(self._kept) >= self.kept_cells:
                self._kept.clear()
            self._kept[cell.string, cell.format] = rest
        self.fh.write(start + rest)


def write(out: BinaryIO, document: Document) -> None:
    """Row by row."""
    stream_xlsx(
        out, document.rows, document.period, document.generated, count=document.count, has_demo=document.has_demo,
        printing=document.printing,
    )  # fmt: skip


def write_xlsx(rows: Iterable[LogRow], period: Period, generated: datetime, sheet: type[Worksheet] = LogSheet) -> bytes:
    """The log as .xlsx bytes; `generated` is an aware time and the only clock (same input, same bytes)."""
    lines, buffer = tuple(rows), io.BytesIO()
    has_demo = any(row.is_demo for row in lines)
    stream_xlsx(buffer, lines, period, generated, count=len(lines), has_demo=has_demo, sheet=sheet)
    return buffer.getvalue()


def stream_xlsx(
    out: BinaryIO,
    rows: Iterable[LogRow],
    period: Period,
    generated: datetime,
    *,
    count: int,
    has_demo: bool,
    printing: Printing | None = None,
    sheet: type[Worksheet] = LogSheet,
) -> None:
    """The same into a file, one row in memory at a time; `count` and `has_demo` are told before the rows are read.

    XlsxWriter keeps the rows in a file meanwhile: in a folder that only this process's owner can read and that is gone
    at the end.
    """
    with (
        tempfile.TemporaryDirectory(prefix="log-") as folder,
        xlsxwriter.Workbook(out, _OPTIONS | {"tmpdir": folder}) as book,
    ):
        printing = printing or Printing()
        created = generated.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": TITLE, "created": created, "comments": f"{period.first} ~ {period.last}"})
        _write_log(
            book,
            book.add_worksheet("점검일지", sheet),
            PrintedSheet(
                book, book.add_worksheet(PRINTED, sheet), period, generated, count, has_demo=has_demo, printing=printing
            ),
            rows,
            period,
            generated,
            count,
            has_demo=has_demo,
            seal=printing.seal,
        )
        _write_notes(book)


def _style(book: Workbook, **settings: object) -> Format:
    return book.add_format({"font_name": "맑은 고딕", "font_size": 10, "valign": "top", **settings})


def _write_log(
    book: Workbook,
    sheet: Worksheet,
    printed: PrintedSheet,
    rows: Iterable[LogRow],
    period: Period,
    generated: datetime,
    count: int,
    *,
    has_demo: bool,
    seal: str,
) -> None:
    heading = _style(
        book, bold=True, bg_color="#E8ECF1", border=1, border_color="#9AA3AD", text_wrap=True, valign="vcenter"
    )
    cell = _style(book, text_wrap=True, border=1, border_color="#C9CFD6")
    demo = _style(book, text_wrap=True, border=1, border_color="#C9CFD6", bg_color="#F3E8D2", italic=True)
    number_cell, number_demo = (
        _style(book, border=1, border_color="#C9CFD6", align="center", **more)
        for more in ({}, {"bg_color": "#F3E8D2", "italic": True})
    )
    sheet.write_string(0, 0, TITLE, _style(book, bold=True, font_size=15))
    of_what = f"기간 {period.first} ~ {period.last} · 점검 {count}건 · 작성 {kst(generated)} (한국시간)"
    sheet.write_string(1, 0, f"{of_what} · {seal}" if seal else of_what, _style(book))
    if has_demo:
        sheet.write_string(2, 0, DEMO_NOTICE, _style(book, bold=True, font_color="#9B1C1C"))
    sheet.set_row(_HEADER_ROW, 32)
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, column.width)
        sheet.write_string(_HEADER_ROW, index, column.heading, heading)
    for number, row in enumerate(rows, start=_HEADER_ROW + 1):
        for index, value in enumerate(cells_of(row)):
            style = demo if row.is_demo else cell
            if isinstance(value, int):
                sheet.write_number(number, index, value, number_demo if row.is_demo else number_cell)
            else:
                sheet.write_string(number, index, value, style)
        printed.write(row, number - _HEADER_ROW)
    _set_up_page(sheet, count)


class PrintedSheet:
    """The sheet that an office files: what the printed summary says, on A4 across, under approval boxes."""

    def __init__(
        self,
        book: Workbook,
        sheet: Worksheet,
        period: Period,
        generated: datetime,
        count: int,
        *,
        has_demo: bool,
        printing: Printing,
    ) -> None:
        boxed = {"border": 1, "border_color": "#9AA3AD", "font_size": 9, "text_wrap": True}
        heading = _style(book, bold=True, bg_color="#E8ECF1", align="center", **boxed | {"valign": "vcenter"})
        self._sheet, self._printing = sheet, printing
        demo = boxed | {"bg_color": "#F3E8D2", "italic": True}
        self._plain, self._demo = _style(book, **boxed), _style(book, **demo)
        self._numbers = _style(book, align="center", **boxed), _style(book, align="center", **demo)
        last = len(FILED)
        sheet.write_string(0, 0, TITLE, _style(book, bold=True, font_size=15))
        boxes = last + 1 - len(printing.approval)
        for column, word in enumerate(printing.approval, start=boxes):
            sheet.write_string(0, column, plain_text(word), heading)
        words = f"기간 {period.first} ~ {period.last} · 점검 {count}건 · 작성 {kst(generated)} (한국시간)"
        if printing.document_no:
            words = f"문서번호 {plain_text(printing.document_no)} · {words}"
        sheet.set_row(1, 40)
        sheet.write_string(1, 0, words, _style(book, font_size=9))
        for column in range(boxes, last + 1):
            sheet.write_blank(1, column, None, self._plain)
        if has_demo:
            sheet.write_string(2, 0, DEMO_NOTICE, _style(book, bold=True, font_color="#9B1C1C"))
        sheet.set_row(_HEADER_ROW, 30)
        sheet.set_column(0, 0, 5)
        sheet.write_string(_HEADER_ROW, 0, "번호", heading)
        for index, (word, width, _) in enumerate(FILED, start=1):
            sheet.set_column(index, index, width)
            sheet.write_string(_HEADER_ROW, index, word, heading)
        sheet.freeze_panes(_HEADER_ROW + 1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEADER_ROW)
        sheet.set_footer("&L불법촬영기기 점검일지&C&P / &N&R관계자 외 열람 금지")

    def write(self, row: LogRow, number: int) -> None:
        """The line of a sweep, the first of them as number 1."""
        style, line = self._demo if row.is_demo else self._plain, _HEADER_ROW + number
        self._sheet.write_number(line, 0, number, self._numbers[row.is_demo])
        for index, (_, _, cell) in enumerate(FILED, start=1):
            self._sheet.write_string(line, index, plain_text(cell(row, self._printing)), style)


def _place_words(row: LogRow) -> str:
    """Room, sex, floor and stalls."""
    name = row.place.room_name.ko
    parts = (sex_words(row.place.sex), floor_words(row.place.floor), stalls_words(row.stalls or row.place.stalls))
    return " · ".join((name, *(part for part in parts if part)))


FILED: tuple[tuple[str, float, Callable[[LogRow, Printing], str]], ...] = (
    ("점검일시", 16, lambda row, _: kst(row.header.counted_start)[:16]),
    (
        "시설명(관리번호)",
        24,
        lambda row, _: f"{row.place.facility_name.ko} ({row.place.facility_number or NOT_RECORDED})",
    ),
    ("위치(성별·층·칸)", 22, lambda row, _: _place_words(row)),
    ("구분", 9, lambda row, _: occasion_words(row)),
    ("점검자", 14, lambda row, printing: ", ".join(printing.who(one) for one in row.header.inspectors)),
    ("동행", 12, lambda row, _: ", ".join(row.hand.companions)),
    ("점검 결과", 15, lambda row, _: persons_line(row)),
    ("장비 결과", 13, lambda row, _: equipment_line(row)),
    ("의심흔적", 12, lambda row, _: row.hand.suspicious_marks or ""),
    ("비상벨", 8, lambda row, _: row.hand.emergency_bell or ""),
    ("조치", 20, lambda row, _: measures_words(row)),
    ("사진", 8, lambda row, _: f"{row.hand.photographs}장" if row.hand.photographs else ""),
    ("확인자", 11, lambda row, _: row.hand.confirmed_by or ""),
)
"""Heading, width and words of each column of the sheet that is filed; what nobody noted is left to be written in."""


def _set_up_page(sheet: Worksheet, lines: int) -> None:
    sheet.freeze_panes(_HEADER_ROW + 1, 2)
    sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + max(lines, 1), len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(PAGES_WIDE, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.repeat_columns(0, 1)
    sheet.set_footer("&L불법촬영기기 점검일지&C&P / &N&R관계자 외 열람 금지")


def _write_notes(book: Workbook) -> None:
    sheet = book.add_worksheet("설명")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    for number, (word, meaning) in enumerate(_NOTES):
        sheet.write_string(number, 0, word, _style(book, bold=True, text_wrap=True))
        sheet.write_string(number, 1, meaning, _style(book, text_wrap=True))
