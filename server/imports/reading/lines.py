"""Lines of a file as they stand, before anybody knows what they are."""

from __future__ import annotations

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


def cell_at(line: Line, index: int) -> str:
    """A cell; nothing beyond the end of its line."""
    return line.cells[index] if index < len(line.cells) else ""
