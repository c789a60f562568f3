"""The inspection log as CSV: one line per sweep, for spreadsheets and for programs.

Input is rows, output is bytes: UTF-8 with a byte-order mark (Excel takes it for CP949 without one), CRLF, every field
quoted.  A cell that a spreadsheet would run as a formula gets an apostrophe in front; line breaks, control and
bidirectional characters are spelled out, so a cell stays a cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from server.exports.columns import cells_of, headings
from server.interface.safe_text import defuse_formula
from server.interface.told import word
from server.projections.log_records import Document, LogRow
from sweep.phrases import Language
from sweep.report import LocalText

ROWS_AT_ONCE = 200
SEAL_HEADING = LocalText(ko="기록 원장", en="Log")
"""Last column, of this form alone: the sheet and the PDF say it once, above or below their rows."""


def write(out: BinaryIO, document: Document) -> None:
    """Line by line."""
    out.writelines(csv_parts(document.rows, document.printing.seal, document.language))


def write_csv(rows: Iterable[LogRow], seal: str, language: Language = "ko") -> bytes:
    """The log as CSV bytes, in the order of the rows given; `seal` is the state of the log, see seal.py."""
    return b"".join(csv_parts(rows, seal, language))


def csv_parts(rows: Iterable[LogRow], seal: str, language: Language) -> Iterator[bytes]:
    """The same bytes, the heading first and then some rows at a time."""
    yield lines([[*headings(language), word(language, SEAL_HEADING)]]).encode("utf-8-sig")
    rest = iter(rows)
    while some := tuple(islice(rest, ROWS_AT_ONCE)):
        yield lines([defuse_formula(str(cell)) for cell in (*cells_of(row), seal)] for row in some).encode()


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as text, every cell quoted."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
