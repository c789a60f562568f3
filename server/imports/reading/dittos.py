"""Marks that say "as above" (`〃`, `상동`) as what they stand for, where that is certain; a mark that is not is asked.

Pure.  A mark is certain below a row of the list on the line right above that says something in the same column.  What
lies between (a blank line, a sum, a heading, a note) leaves it; marks that may point elsewhere (`동일`, `좌동`) stay.
"""

from __future__ import annotations

from dataclasses import replace

from server.imports.reading.grid import Grid
from server.imports.reading.lines import Line
from server.imports.reading.row_kinds import headings_of, problem_of

_ABOVE = frozenset(["〃", "″", '"', "“", "”", "''", "상동", "동상", "위와같음", "ditto"])
_ELSEWHERE = frozenset(["동일", "좌동", "우동"])


def is_ditto(cell: str) -> bool:
    """Does a cell point at another one?"""
    return (plain := _plain(cell)) in _ABOVE or plain in _ELSEWHERE


def without_dittos(grid: Grid) -> Grid:
    """The same table with what its marks stand for; their lines and columns are told in `as_above`."""
    headings = headings_of(grid)
    rows: list[Line] = []
    filled: dict[int, frozenset[int]] = {}
    above: Line | None = None
    for found in grid.rows:
        is_below = above is not None and found.number == above.number + 1
        told = {} if above is None or not is_below else _told(found, above)
        line = replace(found, cells=tuple(told.get(index, cell) for index, cell in enumerate(found.cells)))
        if told:
            filled[line.number] = frozenset(told)
        rows.append(line)
        is_row = not problem_of(line, headings) and sum(map(bool, line.cells)) > 1
        above = line if is_row else _alike(line, above) if line.is_struck and is_below and above is not None else None
    return replace(grid, rows=tuple(rows), as_above=filled)


def _alike(struck: Line, above: Line) -> Line:
    """A row that is crossed out, of what it says only what the row above it says, too."""
    both = zip(struck.cells, above.cells, strict=False)
    return replace(struck, cells=tuple(cell if cell == over else "" for cell, over in both))


def _told(line: Line, above: Line) -> dict[int, str]:
    both = enumerate(zip(line.cells, above.cells, strict=False))
    return {index: over for index, (cell, over) in both if _plain(cell) in _ABOVE and over and not is_ditto(over)}


def _plain(cell: str) -> str:
    return "".join(cell.split()).casefold()
