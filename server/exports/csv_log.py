"""The inspection log as CSV: one line per sweep, for spreadsheets and for programs.

Input is rows, output is bytes: UTF-8 with a byte-order mark (Excel takes it for CP949 without one), CRLF, every field
quoted.  A cell that a spreadsheet would run as a formula gets an apostrophe in front; line breaks, control and
bidirectional characters are spelled out, so a cell stays a cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from .columns import COLUMNS, cells_of
from .rows import LogRow
from .safe_text import defuse_formula


def write_csv(rows: Iterable[LogRow]) -> bytes:
    """The log as CSV bytes, in the order of the rows given."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([column.heading for column in COLUMNS])
    for row in rows:
        writer.writerow([defuse_formula(str(cell)) for cell in cells_of(row)])
    return text.getvalue().encode("utf-8-sig")
