"""Which lines below a heading are no rows of the list: headings again, sums, notes, signatures, numbers of pages.

Pure.  Input is a line of a grid and the headings of its columns; output is the name of what it is, empty for a row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from server.imports.reading.cuts import squash_heading
from server.imports.reading.grid import Grid
from server.imports.reading.lines import Line

_UNITS = "건|개소|개|실|곳|칸|명|대|종"
_SUM = re.compile(
    rf"(?:[가-힣\d]{{1,8}}[조동월주반팀과])?(?:총|총?(?:합계|소계|총계|계|누계|평균)(?:\d+(?:{_UNITS})?)?)"
)
_SUM_OF = re.compile(r".{1,20}\s(?:소\s?계|합\s?계|누\s?계|총\s?계|중간\s?집계|계)")
"""A sum with what it is of before it: `신관 계`, `3~4주차 중간집계`."""
_BARE_SUM = re.compile(r"[^소합누총집\s]\s*계$")
"""A sum by one letter, with which units' names end, too: `총무과 서무 계`."""
_NUMBER = re.compile(rf"[-–]|\d[\d,.]*\s*(?:{_UNITS}|회|%)?(?:\s*\([^()]*\))?")
_SUM_ALONE = re.compile(rf"(?:.{{1,20}}\s)?(?:총|합계|소계|계|이상)?\s*:?\s*\d+\s*(?:{_UNITS})(?:\s*\([^()]*\))?")
_NOTE = re.compile(r"※|\*|☞|▶|©|주\s*\d?\s*[):]|(?:작성|확인|결재|검토|출처|자료)(?:자|일)?\s*:")
_SECTION = re.compile(r"[■□▣◈◆◇●○◎▷▶☐]\s*\S|[<\[【〈][^<>]+[>\]】〉]$|[-–—=*]{2,}.+[-–—=*]{2,}$")
"""What heads a part of a list; a square alone is what a cut left."""
_PAGE = re.compile(r"[-–]\s*\d+\s*(?:/\s*\d+\s*)?[-–]|\d+\s*/\s*\d+\s*(?:쪽|페이지)?|\d+\s*(?:쪽|페이지)")


def headings_of(grid: Grid) -> list[set[str]]:
    """Of each column what a heading may say again; of two lines put together, each."""
    return [{squash_heading(one) for one in (heading, *heading.split())} for heading in grid.columns]


def is_other_heading(row: Line, headings: Sequence[set[str]]) -> bool:
    """Are these the headings of another table, which has its columns in other places?"""
    plain = [squash_heading(cell) for cell in row.cells if cell]
    known = set().union(*headings)
    alike = sum(one in others for one, others in zip(map(squash_heading, row.cells), headings, strict=False) if one)
    return sum(one in known for one in plain) >= max(3, 0.6 * len(plain)) and alike * 2 < len(plain)


def problem_of(row: Line, headings: Sequence[set[str]]) -> str:
    """Why a line is no row of the list; empty for a row."""
    filled = [cell for cell in row.cells if cell]
    if not filled:
        return "row_is_empty"
    if row.is_struck:
        return "row_is_struck"
    plain = [squash_heading(cell) for cell in row.cells]
    alike = sum(one in others for one, others in zip(plain, headings, strict=False) if one)
    if (alike >= 2 and alike * 2 >= len(filled)) or is_other_heading(row, headings):
        return "row_is_heading"
    is_alone = len(filled) == 1
    if _is_sum(filled) or (is_alone and _SUM_ALONE.fullmatch(filled[0])):
        return "row_is_sum"
    is_across = len(set(filled)) == 1 and len(plain) > 2 and (len(filled[0]) > 20 or len(filled) > 2)
    if is_across or filled[0].startswith(("※", "*", "주)", "주:", "☞", "▶")):
        return "row_is_note"
    if is_alone and any(form.match(filled[0]) for form in (_NOTE, _SECTION)):
        return "row_is_note"
    return "row_is_note" if is_alone and _PAGE.fullmatch(filled[0]) else ""


def _is_sum(filled: Sequence[str]) -> bool:
    """Does the first cell name a sum, and, where a unit's name ends so, too, stand nothing but numbers beside it?"""
    first, *others = filled
    if not (_SUM.fullmatch(squash_heading(first)) or _SUM_OF.fullmatch(first)):
        return False
    return _BARE_SUM.search(first) is None or all(one == first or _NUMBER.fullmatch(one) for one in others)
