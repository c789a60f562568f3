"""The inspection log as an Excel workbook: one row per sweep with every column, in Korean a sheet to be printed and
filed, and one that explains the words.

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

from server.exports.columns import COLUMNS, cells_of, occasion_words
from server.exports.logs.xlsx_words import DEMO_NOTICE, FOR_WHOM, NAME, NOTES, TITLE
from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.exports.results import equipment_line, measures_words, persons_line
from server.interface.safe_text import plain_text
from server.interface.told import either, many, word
from server.interface.words import NOT_RECORDED, kst
from server.projections.log_records import Document, LogRow, Period, Printing
from sweep.phrases import Language

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
        printing=document.printing, language=document.language,
    )  # fmt: skip


def write_xlsx(
    rows: Iterable[LogRow],
    period: Period,
    generated: datetime,
    sheet: type[Worksheet] = LogSheet,
    language: Language = "ko",
) -> bytes:
    """The log as .xlsx bytes; `generated` is an aware time and the only clock (same input, same bytes)."""
    lines, buffer = tuple(rows), io.BytesIO()
    has_demo = any(row.is_demo for row in lines)
    stream_xlsx(buffer, lines, period, generated, count=len(lines), has_demo=has_demo, sheet=sheet, language=language)
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
    language: Language = "ko",
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
        book.set_properties(
            {"title": word(language, TITLE), "created": created, "comments": f"{period.first} ~ {period.last}"}
        )
        log = book.add_worksheet(word(language, NAME), sheet)
        printed = None
        if language == "ko":
            filed = book.add_worksheet(PRINTED, sheet)
            printed = PrintedSheet(book, filed, period, generated, count, has_demo=has_demo, printing=printing)
        of_what = of_what_words(period, generated, count, language)
        if printing.seal:
            of_what = f"{of_what} · {printing.seal}"
        _write_log(book, log, printed, rows, of_what, count, language, has_demo=has_demo)
        _write_notes(book, language)


def of_what_words(period: Period, generated: datetime, count: int, language: Language) -> str:
    """Which days it is of, how many sweeps they hold, and when it was made."""
    made = kst(generated)
    return either(
        language,
        f"기간 {period.first} ~ {period.last} · 점검 {count}건 · 작성 {made} (한국시간)",
        f"{period.first} to {period.last} · {many(count, 'sweep')} · made {made} (Korean time)",
    )


def _style(book: Workbook, **settings: object) -> Format:
    return book.add_format({"font_name": "맑은 고딕", "font_size": 10, "valign": "top", **settings})


def _write_log(
    book: Workbook,
    sheet: Worksheet,
    printed: PrintedSheet | None,
    rows: Iterable[LogRow],
    of_what: str,
    count: int,
    language: Language,
    *,
    has_demo: bool,
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
    sheet.write_string(0, 0, word(language, TITLE), _style(book, bold=True, font_size=15))
    sheet.write_string(1, 0, of_what, _style(book))
    if has_demo:
        sheet.write_string(2, 0, word(language, DEMO_NOTICE), _style(book, bold=True, font_color="#9B1C1C"))
    sheet.set_row(_HEADER_ROW, 32)
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, column.width)
        sheet.write_string(_HEADER_ROW, index, word(language, column), heading)
    for number, row in enumerate(rows, start=_HEADER_ROW + 1):
        for index, value in enumerate(cells_of(row)):
            style = demo if row.is_demo else cell
            if isinstance(value, int):
                sheet.write_number(number, index, value, number_demo if row.is_demo else number_cell)
            else:
                sheet.write_string(number, index, value, style)
        if printed is not None:
            printed.write(row, number - _HEADER_ROW)
    _set_up_page(sheet, count, language)


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
        sheet.write_string(0, 0, TITLE.ko, _style(book, bold=True, font_size=15))
        boxes = last + 1 - len(printing.approval)
        for column, office in enumerate(printing.approval, start=boxes):
            sheet.write_string(0, column, plain_text(office), heading)
        words = of_what_words(period, generated, count, "ko")
        if printing.document_no:
            words = f"문서번호 {plain_text(printing.document_no)} · {words}"
        sheet.set_row(1, 40)
        sheet.write_string(1, 0, words, _style(book, font_size=9))
        for column in range(boxes, last + 1):
            sheet.write_blank(1, column, None, self._plain)
        if has_demo:
            sheet.write_string(2, 0, DEMO_NOTICE.ko, _style(book, bold=True, font_color="#9B1C1C"))
        sheet.set_row(_HEADER_ROW, 30)
        sheet.set_column(0, 0, 5)
        sheet.write_string(_HEADER_ROW, 0, "번호", heading)
        for index, (above, width, _) in enumerate(FILED, start=1):
            sheet.set_column(index, index, width)
            sheet.write_string(_HEADER_ROW, index, above, heading)
        sheet.freeze_panes(_HEADER_ROW + 1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEADER_ROW)
        sheet.set_footer(_footer("ko"))

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


def _set_up_page(sheet: Worksheet, lines: int, language: Language) -> None:
    sheet.freeze_panes(_HEADER_ROW + 1, 2)
    sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + max(lines, 1), len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(PAGES_WIDE, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.repeat_columns(0, 1)
    sheet.set_footer(_footer(language))


def _footer(language: Language) -> str:
    return f"&L{word(language, TITLE)}&C&P / &N&R{word(language, FOR_WHOM)}"


def _write_notes(book: Workbook, language: Language) -> None:
    sheet = book.add_worksheet(either(language, "설명", "Notes"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    for number, (what, meaning) in enumerate(NOTES):
        sheet.write_string(number, 0, word(language, what), _style(book, bold=True, text_wrap=True))
        sheet.write_string(number, 1, word(language, meaning), _style(book, text_wrap=True))
