"""A list as it lies on the table before anything of it is kept: its columns, what each is taken for, its first cells.

Input are the octets of a file and what the district answered before; output is a view.  Nothing is written, and what is
personal was cut before (cuts.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from server.imports import importing
from server.imports.kinds import refuse_role
from server.imports.questions import cut_view, cut_views
from server.imports.reading.columns import Column, kind_of, propose
from server.imports.reading.cuts import cut_text
from server.imports.reading.fields import KINDS, Kind
from server.imports.reading.grid import Grid
from server.imports.reading.phrases import said_of
from server.imports.reading.table import layout_of, open_grid
from server.imports.rows.rows import Given
from server.imports.rows.telling import Asked
from server.interface.fields import Role
from server.interface.views.imports import (
    ImportChoice,
    ImportColumn,
    ImportField,
    ImportLayout,
    ImportLook,
    ImportPhrase,
)
from sweep.report import display_text, local_text

SHOWN_LINES = 20


def look(
    data: bytes,
    file_name: str,
    sheet: str | None,
    kind: Kind | None,
    answers: Mapping[tuple[Kind, str], str],
    role: Role | None = None,
) -> ImportLook:
    """What a file holds; ApiError 400 or 413 where it cannot be read, 403 for a kind that this role does not add."""
    grid = open_grid(data, sheet)
    published = layout_of(grid) if kind in {None, "facilities"} else None
    chosen = None if published is not None else kind or kind_of(grid, answers)
    if role is not None and (layout := published or chosen) is not None:
        refuse_role(layout, role)
    columns = () if chosen is None else propose(grid, chosen, answers)
    found = {column.field for column in columns}
    return ImportLook(
        file_name=display_text(cut_text(file_name), limit=200),
        encoding=grid.encoding,
        sheet=_shown(grid.sheet),
        sheets=tuple(map(_shown, grid.sheets)),
        layout=published or chosen,
        is_published=published is not None,
        kinds=tuple(one for one, about in KINDS.items() if role is None or role in about.brought_by),
        heading_line=grid.heading,
        rows=len(grid.rows),
        columns=tuple(_column(grid, one) for one in columns),
        fields=() if chosen is None else _fields(chosen),
        unanswered=sum(column.field is None for column in columns),
        phrases=(),
        needed=()
        if chosen is None
        else tuple(
            local_text(next(one.said for one in KINDS[chosen].fields if one.name == group[0]))
            for group in KINDS[chosen].needed
            if not found & set(group)
        ),
        cuts=cut_views(grid.cuts),
    )


def with_phrases(connection: Connection, found: ImportLook, data: bytes, given: Given) -> ImportLook:
    """The same with its phrases, once every column is known; none while a sheet is to be chosen."""
    is_open = found.unanswered > 0 or found.needed or (given.sheet is None and len(found.sheets) > 1)
    if found.is_published or found.layout is None or is_open:
        return found
    asked = importing.phrases_of(connection, data, given)
    return found.model_copy(update={"phrases": tuple(_phrase(given.kind or found.layout, one) for one in asked)})


def _phrase(kind: ImportLayout, asked: Asked) -> ImportPhrase:
    return ImportPhrase(
        rule=asked.rule,
        words=said_of(kind, asked.rule),  # type: ignore[arg-type]  # a published layout has no phrases
        phrase=_shown(asked.phrase),
        rows=len(asked.lines),
        lines=asked.lines[:SHOWN_LINES],
        answer=asked.answer,
        choices=tuple(ImportChoice(answer=one, words=words) for one, words in asked.choices),
    )


def _column(grid: Grid, column: Column) -> ImportColumn:
    index = grid.columns.index(column.heading)
    cut = grid.cut_columns.get(index)
    return ImportColumn(
        heading=_shown(cut_text(column.heading)),
        field=column.field,
        said_by=column.said_by,
        cut=None if cut is None else cut_view(cut, grid.column_cuts.get(index, 0)),
        cells=tuple(map(_shown, column.cells)),
    )


def _fields(kind: Kind) -> tuple[ImportField, ...]:
    return tuple(ImportField(field=one.name, words=local_text(one.said)) for one in KINDS[kind].fields)


def _shown(text: str) -> str:
    return display_text(text, limit=100)
