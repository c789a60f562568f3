"""Lines of a file as they stand, before anybody knows what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Subject = Literal["place", "thing", "person"]
"""Of what a row tells."""


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
    may_be_gone: frozenset[Subject] = frozenset()
    """A remark that was left out says of one of these, if the row is about it, that it is no more."""


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


_OF_ANY = r"사용\s*중지|사용\s*안\s*함|삭제"
_GONE: Final[Mapping[Subject, re.Pattern[str]]] = {
    "place": re.compile(rf"폐쇄|폐지|철거|멸실|공사\s*중|{_OF_ANY}"),
    "thing": re.compile(rf"폐기|불용|매각|(?<!제\d)(?<!제 \d)(?<!제\d\d)분실|망실|멸실|{_OF_ANY}"),
    "person": re.compile(rf"퇴직|퇴사|사퇴|사임(?!당)|전출|면직|해촉|휴직|{_OF_ANY}"),
}
"""By what a list is about: 신사임당공원 is no resignation, and 제2분실 is an annex."""


def tells_an_end(cell: str, about: Subject) -> bool:
    """Does a cell say that the place, thing or person of its row may be gone?"""
    return _GONE[about].search(cell) is not None


def ends_told(line: Line, columns: Iterable[int]) -> frozenset[Subject]:
    """What these cells of a line say may be gone, if the line is about it."""
    cells = [cell for index in columns if (cell := cell_at(line, index))]
    return frozenset(about for about in _GONE if any(tells_an_end(cell, about) for cell in cells))


def cell_at(line: Line, index: int) -> str:
    """A cell; nothing beyond the end of its line."""
    return line.cells[index] if index < len(line.cells) else ""
