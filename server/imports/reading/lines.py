"""Lines of a file as they stand, before anybody knows what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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
    """A remark that was left out says of one of these, if the row is about it, that it is no more, or not yet."""
    may_be_miswritten: bool = False
    """A remark that was left out speaks of a mistake: cells changed places, a sheet that spoilt a number."""


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
    "place": re.compile(
        rf"폐쇄|폐지|철거|멸실|공사\s*중|미개[방소]|(?:설계|준비|건립)\s*중|(?:개[방소]|준공|신설|설치|운영)\s*예정|\(가칭\)|{_OF_ANY}"
    ),
    "thing": re.compile(rf"폐기|불용|매각|반납|(?<!제\d)(?<!제 \d)(?<!제\d\d)분실|망실|멸실|{_OF_ANY}"),
    "person": re.compile(rf"퇴직|퇴사|사퇴|사임(?!당)|전출|면직|해촉|휴직|{_OF_ANY}"),
}
"""By what a list is about: 신사임당공원 is no resignation, and 제2분실 is an annex."""


_MISTAKE: Final = re.compile(
    r"바뀜|바뀌|바뀐|뒤바|잘못|오기재|오기입|오타|착오|오류|정정|(?:^|\s)오기(?:$|[\s),.])|(?:이|가|로|으로)\s*맞[음는]"
)


def tells_a_mistake(cell: str) -> bool:
    """Does a cell say that something in its row is written wrongly?"""
    return _MISTAKE.search(cell) is not None


def tells_an_end(cell: str, about: Subject) -> bool:
    """Does a cell say that the place, thing or person of its row may be gone, or not be there yet?"""
    return _GONE[about].search(cell) is not None


def with_remarks(line: Line, columns: Iterable[int], kept: Iterable[str]) -> Line:
    """The line with what is kept of its cells, and what those of these columns warn of."""
    left_out = [cell for index in columns if (cell := cell_at(line, index))]
    gone = frozenset(about for about in _GONE if any(tells_an_end(cell, about) for cell in left_out))
    return replace(line, cells=tuple(kept), may_be_gone=gone, may_be_miswritten=any(map(tells_a_mistake, left_out)))


def cell_at(line: Line, index: int) -> str:
    """A cell; nothing beyond the end of its line."""
    return line.cells[index] if index < len(line.cells) else ""
