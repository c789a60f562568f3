"""Lines of a file as they stand, before anybody knows what they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Line:
    """A line with something in it."""

    number: int
    """Of the file, from 1 on; of CSV the first of those that it takes."""
    cells: tuple[str, ...]
    struck: frozenset[int] = frozenset()
    """Columns whose cell is crossed out."""
    is_struck: bool = False
    """All that the line itself says is."""
    may_be_gone: bool = False
    """A remark that was left out says that what it is about is no more."""


@dataclass(slots=True)
class Raw:
    """A file, or a sheet of one."""

    encoding: str
    lines: list[Line] = field(default_factory=list)
    blank: int = 0
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First and last line, first and last column."""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    epoch: Literal[1900, 1904] | None = None


_CLOSED = re.compile(
    r"폐쇄|폐지|철거|멸실|사용\s*중지|사용\s*안\s*함|공사\s*중|삭제"
    r"|폐기|불용|매각|분실|망실|퇴직|퇴사|사퇴|사임|전출|면직|해촉|휴직"
)


def tells_an_end(cell: str) -> bool:
    """Does a cell say that the place, thing or person of its row may be gone?"""
    return _CLOSED.search(cell) is not None


def cell_at(line: Line, index: int) -> str:
    """A cell; nothing beyond the end of its line."""
    return line.cells[index] if index < len(line.cells) else ""
