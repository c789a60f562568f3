"""A file as lines of text, whatever wrote it: CSV in the encodings of offices, or a sheet of a workbook.

Output is a `Grid`: merged cells have their value in each of their places, and what is personal is cut (cuts.py) before
anything else sees it.  Where the heading stands is found here too, since what a column may hold follows from it.  It
refuses, with one line, files that are too large, lie about their size, or are no text.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from server.imports.reading.cuts import Cut, cut_cell, cut_of_heading, cut_text, is_cut, like_passwords, squash_heading
from server.imports.reading.heading_lines import LINES_ABOVE, columns_of, find_heading
from server.imports.reading.lines import Line, Raw, cell_at, with_remarks
from server.interface.errors import ApiError, invalid
from sweep.phrases import Phrase

MAX_FILE_BYTES = 32 * 1024 * 1024  # derived: the national file has about 50,000 rows of some 400 bytes
MAX_ROWS = 100_000  # derived: twice the national file
MAX_CELL_LETTERS = 2_000  # guessed: ten times the longest cell of the files that were looked at
MAX_UNPACKED_BYTES = 256 * 1024 * 1024  # guessed: a sheet of MAX_ROWS lines with 20 cells has about 100 MB of XML
MAX_PARTS = 1_000
MOST_SHEETS = 12
MAX_WAIT_S = 60
ROOT = Path(__file__).parents[3]
SEPARATORS: Final = ("\t", ",", ";")
MOST_UNLIKE = 0.01  # guessed: signs that no text has; of random octets it is a tenth
MOST_UNREAD = 0.25  # guessed: letters that no encoding of offices holds; a list with some is read, and they are asked
_NO_LISTS: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"RIFF")
"""How pictures, printed documents and packed files begin."""
_EXIT: Final = {
    3: Phrase("workbook_has_password"),
    4: Phrase("workbook_unreadable"),
    5: Phrase("workbook_too_large"),
}
_READER_MISSING = 6


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a file, whole."""

    encoding: str
    """Of text; `xlsx` or `xls` for a workbook."""
    sha256: str
    columns: tuple[str, ...]
    """Headings as they stand; of two lines put together where one lies above the other, none twice."""
    heading: int
    """Number of its line; what stands above is no row."""
    rows: tuple[Line, ...]
    """Below the heading."""
    blank: int
    cut_columns: dict[int, Cut]
    """Columns that are left out, and why; their cells are empty."""
    column_cuts: dict[int, int]
    """How many cells of each of those were not empty."""
    cuts: dict[Cut, int]
    """How many cells lost something, or everything."""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    epoch: Literal[1900, 1904] | None = None
    """From when a workbook counts its days; None: nobody can tell."""
    above: tuple[str, ...] = ()
    """What stands above the headings; read for the months that a list tells of, never kept."""
    as_above: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Columns by line whose cell said only that it is as above, and now says what that is (dittos.py)."""


def read_grid(data: bytes, known: frozenset[str], sheet: str | None = None) -> Grid:
    """The table of a file, or of one sheet, or of the first that has one.

    `known` are headings, squashed, by which the line of headings is found.  ApiError 400 or 413 with one line.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ApiError(413, Phrase("import_file_too_large", most=MAX_FILE_BYTES), code="too_large")
    is_workbook = data[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}
    raw = _workbook(data, sheet) if is_workbook else _text(data)
    try:
        at, deep = find_heading(raw, known)
    except ApiError:
        for other in () if sheet is not None else raw.sheets[1:MOST_SHEETS]:
            with suppress(ApiError):
                return read_grid(data, known, other)
        raise
    columns = columns_of(raw, at, deep)
    counts: Counter[Cut] = Counter()
    of_columns: Counter[int] = Counter()
    cut_columns = _cut_columns(columns, raw.lines[at + deep :], known)
    rows = [
        with_remarks(line, cut_columns, _cells(line.cells, columns, cut_columns, counts, of_columns))
        for line in raw.lines[at + deep :]
    ]
    return Grid(
        encoding=raw.encoding,
        sha256=hashlib.sha256(data).hexdigest(),
        columns=tuple(columns),
        heading=raw.lines[at].number,
        rows=tuple(rows),
        blank=raw.blank,
        cut_columns=cut_columns,
        column_cuts=dict(of_columns),
        cuts={cut: many for cut, many in counts.items() if many},
        sheet=raw.sheet,
        sheets=raw.sheets,
        epoch=raw.epoch,
        above=tuple(" ".join(dict.fromkeys(filter(None, line.cells))) for line in raw.lines[:at]),
    )


def _cut_columns(columns: Sequence[str], lines: Sequence[Line], known: frozenset[str]) -> dict[int, Cut]:
    """Which columns are left out whole: by what they are called, or because passwords seem to stand in them."""
    found: dict[int, Cut] = {}
    for index, name in enumerate(columns):
        cut = cut_of_heading(name) or ("named_person" if is_cut(cut_text(name)) else None)
        if cut is None and squash_heading(name) not in known:
            cut = "password" if like_passwords([cell for line in lines if (cell := cell_at(line, index))]) else None
        if cut is not None:
            found[index] = cut
    return found


def _cells(
    cells: Sequence[str],
    columns: Sequence[str],
    cut_columns: dict[int, Cut],
    counts: Counter[Cut],
    of_columns: Counter[int],
) -> list[str]:
    kept = []
    for index, cell in enumerate(cells):
        cut = cut_columns.get(index)
        if cut is None:
            kept.append(cut_cell(cell, columns[index] if index < len(columns) else "", counts))
            continue
        kept.append("")
        if cell:
            counts[cut] += 1
            of_columns[index] += 1
    return kept


def _text(data: bytes) -> Raw:
    encoding, text, is_whole = _decoded(data)
    is_text = is_whole and encoding == "utf-8-sig" and "\0" not in text  # nothing else is that by chance
    if data.startswith(_NO_LISTS) or not (is_text or _is_like_text(text)):
        raise invalid(Phrase("file_is_no_list"), code="import_refused")
    raw = Raw(encoding)
    head = text[:20_000]
    separator = max(SEPARATORS, key=lambda one: (head.count(one), one == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    began = 1
    try:
        for cells in reader:
            clean = tuple(_clean(cell) for cell in cells)
            if any(clean):
                raw.lines.append(Line(began, clean))
            else:
                raw.blank += 1
            began = reader.line_num + 1
            if len(raw.lines) > MAX_ROWS + LINES_ABOVE:
                raise invalid(Phrase("csv_too_many_rows", most=MAX_ROWS), code="import_refused")
    except csv.Error as error:
        raise invalid(Phrase("csv_line_invalid", line=began, why=error), code="import_refused") from None
    return raw


_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Digits, letters and marks of the width of a Hangul letter, which are the same ones."""


def _clean(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).translate(_WIDE).split())


def _decoded(data: bytes) -> tuple[str, str, bool]:
    """(encoding, text, is it whole): UTF-8 where it is that, else CP949; what neither holds is U+FFFD, and asked."""
    wide = _wide(data)
    for encoding in (*wide, "utf-8-sig", "cp949"):
        try:
            return encoding, data.decode(encoding), True
        except UnicodeDecodeError:
            continue
    broken = [(data.decode(encoding, "replace"), encoding) for encoding in ("utf-8-sig", "cp949")]
    text, encoding = min(broken, key=lambda one: one[0].count("\ufffd"))
    return encoding, text, False


def _is_like_text(text: str) -> bool:
    """May it be a list, and no picture, torn or packed file, or noise?"""
    head = text[:20_000]
    unlike = sum(unicodedata.category(one) in {"Cc", "Cn", "Co", "Cs"} and one not in "\t\r\n\f\x1a" for one in head)
    return unlike <= len(head) * MOST_UNLIKE and head.count("\ufffd") <= len(head) * MOST_UNREAD


def _wide(data: bytes) -> tuple[str, ...]:
    """UTF-16 where a mark says so, or where the first octets of separators, digits and line ends are nought."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return ("utf-16",)
    head = data[: 4_000 // 2 * 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 10 < len(head):
        return ()
    return ("utf-16-le",) if odd > even else ("utf-16-be",)


def _workbook(data: bytes, sheet: str | None) -> Raw:
    _refuse_bomb(data)
    command = [sys.executable, "-m", "server.imports.reading.sheet_process", *([] if sheet is None else [sheet])]
    try:
        ended = subprocess.run(command, input=data, capture_output=True, cwd=ROOT, timeout=MAX_WAIT_S, check=False)
    except (subprocess.TimeoutExpired, OSError):
        raise invalid(Phrase("workbook_too_large"), code="import_refused") from None
    if ended.returncode:
        if ended.returncode == _READER_MISSING:
            raise ApiError(503, Phrase("workbook_reader_missing"), code="workbook_reader_missing")
        # Whatever else ends that process is the bound of its memory or time.
        raise invalid(_EXIT.get(ended.returncode, Phrase("workbook_too_large")), code="import_refused")
    told = json.loads(ended.stdout)
    if len(told["rows"]) > MAX_ROWS + LINES_ABOVE:
        raise invalid(Phrase("csv_too_many_rows", most=MAX_ROWS), code="import_refused")
    rows = [[_clean(cell) for cell in row] for row in told["rows"]]
    merged = [(top, bottom, left, right) for (top, left), (bottom, right) in told["merged"]]
    for top, bottom, left, right in merged:
        _fill(rows, top, bottom, left, right)
    raw = Raw(
        "xls" if data[:2] != b"PK" else "xlsx",
        merged=[(top + 1, bottom + 1, left, right) for top, bottom, left, right in merged],
        sheet=told["sheet"],
        sheets=tuple(told["sheets"]),
        epoch=told["epoch"],
    )
    struck = {row + 1: columns for row, columns in told["struck"]}
    for number, row in enumerate(rows, 1):
        if any(row):
            crossed = struck.get(number, ())
            raw.lines.append(Line(number, tuple(row), frozenset(crossed or ()), is_struck=crossed is None))
        else:
            raw.blank += 1
    return raw


def _fill(rows: list[list[str]], top: int, bottom: int, left: int, right: int) -> None:
    """The value of a merged cell in each of its places; of a range beyond the table only what lies in it."""
    if top >= len(rows) or left >= len(rows[top]):
        return
    value = rows[top][left]
    for row in rows[top : bottom + 1]:
        for index in range(left, min(right + 1, len(row))):
            row[index] = value


def _refuse_bomb(data: bytes) -> None:
    """ApiError 400 for a ZIP that says itself that it is too large; one that lies about it ends the other process."""
    if data[:2] != b"PK":
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            infos = parts.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise invalid(Phrase("workbook_unreadable"), code="import_refused") from None
    if len(infos) > MAX_PARTS or sum(one.file_size for one in infos) > MAX_UNPACKED_BYTES:
        raise invalid(Phrase("workbook_too_large"), code="import_refused")
