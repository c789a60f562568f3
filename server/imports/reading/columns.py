"""What each column of an office's own list is: one table of headings (headings.toml), and the district's answers.

Input is a `Grid` and what a district answered before; output is a proposal for each column.  A heading that the table
and the district do not know is asked, and so is one whose cells are not what its heading says.  Nothing is guessed from
cells alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from server.imports.reading import cells, values
from server.imports.reading.cuts import Cut, cut_of_heading, masked, names_covered, squash_heading, without_aside
from server.imports.reading.fields import KINDS, LEFT_OUT, Field, Kind
from server.imports.reading.grid import Grid
from server.imports.reading.heading_words import count_in, ways_to_read
from server.imports.reading.lines import Line, tells_a_mistake, tells_an_end
from server.imports.reading.periods import NONE, Months, months_of_section, months_of_titles
from server.imports.reading.row_kinds import headings_of, is_other_heading, problem_of
from server.interface.errors import ApiError, invalid
from sweep.phrases import Phrase

HEADINGS = Path(__file__).parent / "headings.toml"
FITS = 0.5  # guessed: what does not fit is asked about row by row; a column of something else fits nowhere
SHOWN_ROWS = 5
SEEN_ROWS = 500
MAY_BE_UNKNOWN = frozenset({"hours", "phone", "operator", "installed"})
"""Fields that a place may lack: `미상` in one of them says as much as an empty cell."""
_OF_PEOPLE = re.compile(r"점검자|점검원|성명|성함|담당|입회자|참여자")
"""In the heading of a column that nobody knows yet: persons may stand there beside their offices."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it is."""

    heading: str
    field: str | None
    """None: somebody has to say."""
    said_by: Literal["table", "district", "rule", "nobody"]
    cut: Cut | None
    cells: tuple[str, ...]
    """Of the first rows; none of what is never imported."""


def known_headings() -> frozenset[str]:
    """Every heading of the table, squashed."""
    return _KNOWN


def _read_headings() -> Mapping[tuple[str, str], frozenset[str]]:
    told: dict[str, dict[str, list[str]]] = tomllib.loads(HEADINGS.read_text(encoding="utf-8"))
    return {(kind, name): frozenset(found) for kind, fields in told.items() for name, found in fields.items()}


_HEADINGS = _read_headings()
_KNOWN = frozenset(heading for headings in _HEADINGS.values() for heading in headings)


def _called(kind: Kind, heading: str) -> list[Field]:
    """What a heading may mean: by the first way to read it that stands in the table."""
    for plain in ways_to_read(heading):
        if found := [one for one in KINDS[kind].fields if _is_called(kind, one, plain)]:
            return found
    count = count_in(heading)
    return [one for one in KINDS[kind].fields if one.name == count]


def _is_called(kind: Kind, field: Field, plain: str) -> bool:
    return plain in _HEADINGS.get((kind, field.name), _HEADINGS.get(("any", field.name), frozenset()))


def kind_of(grid: Grid, answers: Mapping[tuple[Kind, str], str]) -> Kind | None:
    """What a list is about: of the kinds whose needed columns are there, the one that leaves the fewest open."""
    open_columns: dict[Kind, int] = {}
    for kind, is_about in KINDS.items():
        columns = propose(grid, kind, answers)
        found = {column.field for column in columns}
        if all(found & set(group) for group in is_about.needed) and (not is_about.telling or found & is_about.telling):
            open_columns[kind] = sum(column.field is None for column in columns)
    return min(open_columns, key=lambda kind: open_columns[kind], default=None)


def propose(grid: Grid, kind: Kind, answers: Mapping[tuple[Kind, str], str]) -> tuple[Column, ...]:
    """What each column is, by the district's answers and by the table."""
    found = [_propose(grid, kind, index, heading, answers) for index, heading in enumerate(grid.columns)]
    taken: dict[str, int] = {}
    for column in found:
        if column.field is not None:
            taken[column.field] = taken.get(column.field, 0) + 1
    twice = {name for name, many in taken.items() if many > 1 and name != LEFT_OUT}
    return tuple(
        Column(one.heading, None, "nobody", one.cut, one.cells) if one.field in twice else one for one in found
    )


def _propose(grid: Grid, kind: Kind, index: int, heading: str, answers: Mapping[tuple[Kind, str], str]) -> Column:
    cut = grid.cut_columns.get(index)
    if cut is not None:
        return Column(heading, LEFT_OUT, "rule", cut, ())
    plain = squash_heading(heading)
    filled = [cell for row in grid.rows[:SEEN_ROWS] if (cell := _cell(row, index))]
    if not plain:  # what somebody wrote in the margin
        return Column(heading, LEFT_OUT, "rule", None, ())
    first = [_cell(row, index) for row in grid.rows[:SHOWN_ROWS]]
    shown = tuple(names_covered(first) if _OF_PEOPLE.search(plain) else masked(first))
    answered = answers.get((kind, plain))
    if answered is not None:
        field = KINDS[kind].field(answered)
        # A person said so: it is something else only where no cell fits, and what does not is asked row by row.
        if answered == LEFT_OUT or (field is not None and _fits(field, filled, share=0.0)):
            return Column(heading, answered, "district", None, _shown(field, first))
        return Column(heading, None, "nobody", None, shown)
    fields = _called(kind, heading)
    fitting = [one for one in fields if _fits(one, filled)]
    if len(fitting) == 1 and (len(fields) == 1 or fitting[0].fits is not None):
        return Column(heading, fitting[0].name, "table", None, _shown(fitting[0], first))
    return Column(heading, None, "nobody", None, shown)


def _shown(field: Field | None, first: Sequence[str]) -> tuple[str, ...]:
    if field is None or not field.names_people:
        is_said = (lambda _cell: False) if field is None or field.fits is None else field.fits
        return tuple(cell if is_said(cell) else masked([cell])[0] for cell in first)
    return tuple(names_covered(first))


def _fits(field: Field, filled: list[str], share: float = FITS) -> bool:
    if field.fits is None or not filled:
        return True
    fitting = sum(map(field.fits, filled))
    return fitting > 0 and fitting >= share * len(filled)


def _cell(row: Line, index: int) -> str:
    return row.cells[index] if index < len(row.cells) else ""


@dataclass(frozen=True, slots=True)
class Own:
    """A row of an office's own list."""

    line: int
    said: dict[str, str]
    """Cells by field; empty ones too."""
    raw: dict[str, str]
    """Cells by heading, of the columns that are imported and name nobody."""
    problem: str = ""
    """Why it is no row of the list at all: a heading, a sum, a note."""
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What was read without asking, and is said."""
    told: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Phrases of this row that a person was asked about, with the answer, by rule (phrases.py)."""
    months: Months = NONE
    """Of which it may tell, by the title and the line that heads its part of the list."""
    above: bool = False
    """It has no name, and stands right below a row that has one."""


def rows_of(grid: Grid, kind: Kind, columns: tuple[Column, ...]) -> list[Own]:
    """Rows by field; ApiError 409 while a column waits for an answer, 400 where a needed one is missing."""
    waiting = [column.heading for column in columns if column.field is None]
    if waiting:
        raise ApiError(409, Phrase("columns_unanswered", columns=", ".join(waiting)[:300]), code="columns_unanswered")
    found = {column.field for column in columns}
    for group in KINDS[kind].needed:
        if not found & set(group):
            wanted = next(one for one in KINDS[kind].fields if one.name == group[0])
            raise invalid(Phrase("column_needed", column=wanted.said), code="column_needed")
    used = [(index, column) for index, column in enumerate(columns) if column.field not in {None, LEFT_OUT}]
    headings = headings_of(grid)
    apart = {column.heading for _, column in used if _names_people(kind, column)}
    rows = []
    months = titles = months_of_titles(grid.above)
    is_other = False
    for row in grid.rows:
        own = _own(row, kind, used, grid.as_above.get(row.number, ()), len(columns), apart)
        texts = set(filter(None, row.cells))
        heads = months_of_section(texts.pop(), titles, months) if len(texts) == 1 else None
        months = months if heads is None else heads
        problem = problem_of(row, headings) or ("row_is_note" if heads is not None else own.problem)
        is_other = is_other or is_other_heading(row, headings)
        doubts = (*own.doubts, "below_other_heading") if is_other and not problem else own.doubts
        rows.append(replace(own, problem=problem, months=months, doubts=doubts))
    return rows


def _names_people(kind: Kind, column: Column) -> bool:
    field = KINDS[kind].field(column.field or "")
    return field is not None and field.names_people


def _own(
    row: Line,
    kind: Kind,
    used: list[tuple[int, Column]],
    as_above: Collection[int],
    width: int,
    apart: Collection[str],
) -> Own:
    said, raw, notes = {}, {}, set()
    for index, column in used:
        name, cell = column.field or "", _cell(row, index)
        if kind != "inspections" and (whole := without_aside(cell)) != cell:
            cell = whole
            notes.add("aside_cut")
        if cell:
            raw[column.heading] = cell
        if name in MAY_BE_UNKNOWN and values.is_unknown(cell):
            cell = ""
            notes.add("told_as_unknown")
        said[name] = cell[: cells.LONGEST_TEXT * 2]
    doubts = values.doubts_of_row([cell for cell in said.values() if cell])
    about = KINDS[kind].about
    if about in row.may_be_gone or any(tells_an_end(cell, about) for cell in row.cells):
        doubts.append("may_be_closed")
    if row.may_be_miswritten or any(map(tells_a_mistake, row.cells)):
        doubts.append("may_be_miswritten")
    if any(index in row.struck for index, _ in used):
        doubts.append("cell_is_struck")
    if any(row.cells[width:]):
        doubts.append("too_many_cells")
    if any(len(_cell(row, index)) > cells.LONGEST_TEXT for index, _ in used):
        doubts.append("text_too_long")
    if any(index in as_above for index, _ in used):
        notes.add("ditto_filled")
    raw = {heading: cell for heading, cell in raw.items() if heading not in apart}
    problem = "" if any(_cell(row, index) for index, _ in used) else "row_is_note"
    return Own(row.number, said, raw, problem, tuple(doubts), tuple(sorted(notes)))


def refuse_answer(kind: Kind, heading: str, field: str) -> None:
    """ApiError 400 for an answer that no column may have."""
    if cut_of_heading(heading) is not None:
        raise invalid(Phrase("column_never_imported"), code="column_never_imported")
    if field != LEFT_OUT and KINDS[kind].field(field) is None:
        raise invalid(Phrase("column_unknown_field"), code="column_unknown_field")
