"""A file of facilities as rows of text: its encoding, its layout and its lines; nothing is judged here.

Input are bytes of a CSV file in UTF-8 (with or without a byte order mark) or CP949, separated by commas or tabs; output
is a `Table`.  It refuses, with one line, files that are too large, have no heading it knows, or are no text.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from dataclasses import dataclass
from typing import Literal

from server.interface.errors import ApiError, invalid
from sweep.phrases import Phrase

Layout = Literal["seoul", "national", "changing_rooms"]
MAX_FILE_BYTES = 32 * 1024 * 1024  # derived: the national file has about 50,000 rows of some 400 bytes
MAX_ROWS = 100_000  # derived: twice the national file
MAX_COLUMNS = 100  # derived: the widest known layout has 34
MAX_CELL_LETTERS = 2_000  # guessed: ten times the longest cell of the files that were looked at
HEADINGS: dict[Layout, frozenset[str]] = {
    "seoul": frozenset({"연번", "도로명주소", "지번주소", "건물명", "구명칭"}),
    "national": frozenset({"화장실명", "소재지도로명주소", "소재지지번주소", "관리기관명"}),
    "changing_rooms": frozenset({"시설명", "탈의실명", "주소"}),
}
"""Columns, without spaces and hyphens, by which each layout is known."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it came."""

    line: int
    """Of the file, the heading is 1; a row may take several."""
    cells: dict[str, str]
    """By column, without spaces and hyphens in its name; cells without spaces around them."""
    doubts: tuple[str, ...] = ()
    """What is wrong with the row itself."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows."""

    layout: Layout
    encoding: str
    sha256: str
    rows: tuple[RawRow, ...]
    blank_rows: int


def read_table(data: bytes) -> Table:
    """The rows of a file; ApiError 400 or 413 with one line when it is none of a known layout."""
    if len(data) > MAX_FILE_BYTES:
        raise ApiError(413, Phrase("import_file_too_large", most=MAX_FILE_BYTES), code="too_large")
    encoding, text = _decoded(data)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in first else ",")
    rows: list[RawRow] = []
    blank, began = 0, 1
    try:
        columns = [_heading(cell) for cell in next(reader, [])]
        layout = _layout_of(columns)
        began = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(began, columns, cells))
            else:
                blank += 1
            began = reader.line_num + 1
            if len(rows) > MAX_ROWS:
                raise invalid(Phrase("csv_too_many_rows", most=MAX_ROWS), code="import_refused")
    except csv.Error as error:
        raise invalid(Phrase("csv_line_invalid", line=began, why=error), code="import_refused") from None
    return Table(layout, encoding, hashlib.sha256(data).hexdigest(), tuple(rows), blank)


def _decoded(data: bytes) -> tuple[str, str]:
    """(encoding, text): UTF-8 where it is that, else CP949; what neither holds becomes U+FFFD and is asked about."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return encoding, data.decode(encoding)
        except UnicodeDecodeError:
            continue
    broken = [(data.decode(encoding, "replace"), encoding) for encoding in ("utf-8-sig", "cp949")]
    text, encoding = min(broken, key=lambda one: one[0].count("\ufffd"))
    return encoding, text


def _heading(cell: str) -> str:
    return "".join(unicodedata.normalize("NFC", cell).replace("-", "").split())


def _layout_of(columns: list[str]) -> Layout:
    if len(columns) > MAX_COLUMNS or len(set(columns)) != len(columns):
        raise invalid(Phrase("heading_column_twice"), code="import_refused")
    for layout, needed in HEADINGS.items():
        if needed <= set(columns):
            return layout
    raise invalid(Phrase("heading_layout_unknown"), code="import_refused")


def _row(line: int, columns: list[str], cells: list[str]) -> RawRow:
    doubts = []
    if len(cells) != len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        doubts.append("too_many_cells")
    if len(cells) < len(columns):
        doubts.append("too_few_cells")
    clean = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
    if any("\ufffd" in cell for cell in clean):
        doubts.append("text_unreadable")
    if any(len(cell) > MAX_CELL_LETTERS for cell in clean):
        doubts.append("text_too_long")
    row = dict(zip(columns, (cell[:MAX_CELL_LETTERS] for cell in clean), strict=False))
    if len(clean) > len(columns):
        row["+"] = ",".join(clean[len(columns) :])[:MAX_CELL_LETTERS]
    return RawRow(line, row, tuple(doubts))
