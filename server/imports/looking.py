"""A list as it lies on the table before anything of it is kept: its columns, what each is taken for, its first cells.

Input are the octets of a file and what the district answered before; output is a view.  Nothing is written, and what is
personal was cut before (cuts.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from server.imports.kinds import refuse_role
from server.imports.questions import cut_view, cut_views
from server.imports.reading.columns import Column, kind_of, propose
from server.imports.reading.cuts import cut_text
from server.imports.reading.fields import KINDS, Kind
from server.imports.reading.grid import Grid
from server.imports.reading.table import layout_of, open_grid
from server.interface.fields import Role
from server.interface.views.imports import ImportColumn, ImportField, ImportLook
from sweep.report import display_text, local_text


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
        needed=()
        if chosen is None
        else tuple(
            local_text(next(one.said for one in KINDS[chosen].fields if one.name == group[0]))
            for group in KINDS[chosen].needed
            if not found & set(group)
        ),
        cuts=cut_views(grid.cuts),
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
