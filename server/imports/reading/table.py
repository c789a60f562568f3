"""A file as rows: of a layout that is known as it is published, or of an office's own list by its columns.

Input is a `Grid`; output is a `Table`.  A published layout is known by its headings and needs no answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from server.imports.reading.columns import Own, kind_of, known_headings, propose, rows_of
from server.imports.reading.cuts import Cut, squash_heading
from server.imports.reading.dittos import without_dittos
from server.imports.reading.fields import Kind
from server.imports.reading.grid import MAX_CELL_LETTERS, Grid, read_grid
from server.imports.reading.lines import Line
from server.interface.errors import ApiError, invalid
from sweep.phrases import Phrase

Layout = Literal["seoul", "national", "changing_rooms"] | Kind
"""Published layouts of facilities, and the kinds of offices' own lists."""
HEADINGS: dict[Layout, frozenset[str]] = {
    "seoul": frozenset({"연번", "도로명주소", "지번주소", "건물명", "구명칭"}),
    "national": frozenset({"화장실명", "소재지도로명주소", "소재지지번주소", "관리기관명"}),
    "changing_rooms": frozenset({"시설명", "탈의실명", "주소"}),
}
"""Columns, without spaces and hyphens, by which each published layout is known."""
OF_FACILITIES: Final[frozenset[Layout]] = frozenset({"seoul", "national", "changing_rooms", "facilities"})
OF_PLACES: Final[frozenset[Layout]] = OF_FACILITIES | {"rooms"}
_HEADINGS = known_headings() | {squash_heading(one) for needed in HEADINGS.values() for one in needed}


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it came."""

    line: int
    """Of the file, from 1 on; a row of CSV may take several."""
    cells: dict[str, str]
    """By column, without spaces and hyphens in its name; cells without spaces around them."""
    doubts: tuple[str, ...] = ()
    """What is wrong with the row itself."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows."""

    layout: Layout
    encoding: str
    sha256: str
    rows: tuple[RawRow, ...]
    """Of a published layout."""
    own: tuple[Own, ...]
    """Of an office's own list."""
    blank_rows: int
    cuts: dict[Cut, int]
    epoch: Literal[1900, 1904] | None = None


def open_grid(data: bytes, sheet: str | None = None) -> Grid:
    """The table of a file; ApiError 400 or 413 with one line when there is none."""
    return without_dittos(read_grid(data, _HEADINGS, sheet))


def layout_of(grid: Grid) -> Layout | None:
    """The published layout that a grid has."""
    columns = {_heading(name) for name in grid.columns}
    return next((layout for layout, needed in HEADINGS.items() if needed <= columns), None)


def read_table(
    data: bytes,
    *,
    sheet: str | None = None,
    kind: Kind | None = None,
    answers: Mapping[tuple[Kind, str], str] | None = None,
) -> Table:
    """The rows of a file; ApiError 400 or 413 with one line when it is none, 409 while a column waits for an answer."""
    grid = open_grid(data, sheet)
    if sheet is None and len(grid.sheets) > 1:
        raise ApiError(409, Phrase("sheet_unanswered", sheets=", ".join(grid.sheets)[:300]))
    published = layout_of(grid) if kind in {None, "facilities"} else None
    if published is not None:
        columns = [_heading(name) for name in grid.columns]
        rows = tuple(_row(line, columns, grid.cut_columns) for line in grid.rows)
        return Table(published, grid.encoding, grid.sha256, rows, (), grid.blank, grid.cuts, grid.epoch)
    told = answers or {}
    chosen = kind or kind_of(grid, told)
    if chosen is None:
        raise invalid(Phrase("heading_layout_unknown"), code="import_refused")
    own = tuple(rows_of(grid, chosen, propose(grid, chosen, told)))
    return Table(chosen, grid.encoding, grid.sha256, (), own, grid.blank, grid.cuts, grid.epoch)


def _heading(cell: str) -> str:
    return "".join(unicodedata.normalize("NFC", cell).replace("-", "").split())


def _row(line: Line, columns: list[str], cut: Mapping[int, Cut]) -> RawRow:
    doubts = []
    if len(line.cells) != len(columns) and any(line.cells[len(columns) :]):
        doubts.append("too_many_cells")
    if len(line.cells) < len(columns):
        doubts.append("too_few_cells")
    if any("\ufffd" in cell for cell in line.cells):
        doubts.append("text_unreadable")
    if any(len(cell) > MAX_CELL_LETTERS for cell in line.cells):
        doubts.append("text_too_long")
    told = [cell[:MAX_CELL_LETTERS] for cell in line.cells]
    row = {name: cell for index, (name, cell) in enumerate(zip(columns, told, strict=False)) if index not in cut}
    if len(told) > len(columns):
        row["+"] = ",".join(told[len(columns) :])[:MAX_CELL_LETTERS]
    return RawRow(line.number, row, tuple(doubts))
