"""Text of a record made fit for a document: visible, composed, bounded and free of device addresses.

Input is any string of a report, a plan or a person; output is one line in which control, formatting and bidirectional
characters are spelled out and anything that looks like a full device address is blanked.  It leaves markup alone: each
writer passes strings as data, never as source.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from sweep.report import display_text

KEPT_TEXTS = 1_024  # derived: the words that every line of a log repeats, at most a few megabytes
CELL_LIMIT = 2_000  # derived: far under the 32,767 characters of a spreadsheet cell, longer than any sentence
ADDRESS_BLANKED = "[기기 주소 생략]"

_ADDRESS = re.compile(
    r"(?<![0-9A-Fa-f])(?:(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})(?![0-9A-Fa-f])"
)
# What a spreadsheet takes for the start of a formula, also behind spaces and in its full-width forms, which some
# input methods type and some programs fold to ASCII.
_FORMULA_START = re.compile(r"^\s*[=+\-@|＝＋－＠]|^[\t\r\n]")  # noqa: RUF001 - the full-width signs are meant


@lru_cache(maxsize=KEPT_TEXTS)
def plain_text(text: str, *, limit: int = CELL_LIMIT) -> str:
    """One line that is safe to show: composed (NFC), hostile characters spelled out, addresses blanked, cut to `limit`.

    Addresses should never be in a sentence of a report; blanking them here keeps them out of an export all the same.
    """
    return _ADDRESS.sub(ADDRESS_BLANKED, display_text(unicodedata.normalize("NFC", text), limit=limit))


def defuse_formula(text: str) -> str:
    """`text` with an apostrophe in front when a spreadsheet that opens the CSV would run it as a formula.

    The apostrophe stays visible in programs that know no formulas: a false character is better than a false cell.
    """
    return "'" + text if _FORMULA_START.match(text) else text


def csv_line(cells: Sequence[str], *, is_first: bool = False) -> bytes:
    """One line of a table that is no log, its cells made fit; the first one begins with the byte-order mark."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(
        [defuse_formula(display_text(cell, limit=CELL_LIMIT)) for cell in cells]
    )
    return text.getvalue().encode("utf-8-sig" if is_first else "utf-8")
