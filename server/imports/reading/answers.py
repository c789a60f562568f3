"""What a district answered about the columns of its lists: remembered by heading, and forgotten again when told so.

Input are answers of a person; output are rows of a table with an audit trail.  A city's answers are its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from server.imports.reading.columns import refuse_answer
from server.imports.reading.cuts import squash_heading
from server.imports.reading.fields import KINDS, LEFT_OUT, Kind
from server.interface.errors import not_found
from server.interface.views.imports import ColumnAnswer, ColumnAnswers
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.schema import import_columns
from sweep.phrases import Phrase
from sweep.report import local_text, new_id

OF_CITY = ""
"""In the place of a district's id."""


def answers_of(connection: Connection, district_id: str | None) -> dict[tuple[Kind, str], str]:
    """Fields by kind of list and heading."""
    found = select(import_columns).where(import_columns.c.district_id == (district_id or OF_CITY))
    return {(row.kind, row.heading_mark): row.field for row in connection.execute(found)}


def list_answers(connection: Connection, district_id: str | None) -> ColumnAnswers:
    """What was answered, as people see it."""
    found = (
        select(import_columns)
        .where(import_columns.c.district_id == (district_id or OF_CITY))
        .order_by(import_columns.c.kind, import_columns.c.heading)
    )
    answers = []
    for row in connection.execute(found):
        field = KINDS[row.kind].field(row.field)
        said = Phrase("import_field_left_out") if field is None or row.field == LEFT_OUT else field.said
        answers.append(
            ColumnAnswer(
                answer_id=row.answer_id,
                kind=row.kind,
                heading=row.heading,
                field=row.field,
                words=local_text(said),
                answered=from_ms(row.answered_ms),
                answered_by=row.answered_by,
            )
        )
    return ColumnAnswers(answers=tuple(answers))


def remember(
    connection: Connection, district_id: str | None, kind: Kind, fields: Mapping[str, str], *, actor: str
) -> None:
    """Remember what columns are, by heading; ApiError 400 for what no column may be."""
    of = district_id or OF_CITY
    for heading, field in fields.items():
        refuse_answer(kind, heading, field)
        mark = squash_heading(heading)
        is_it = (import_columns.c.district_id == of) & (import_columns.c.kind == kind)
        connection.execute(delete(import_columns).where(is_it, import_columns.c.heading_mark == mark))
        connection.execute(
            insert(import_columns).values(
                answer_id=new_id(),
                district_id=of,
                kind=kind,
                heading=heading,
                heading_mark=mark,
                field=field,
                answered_ms=now_ms(),
                answered_by=actor,
            )
        )
        detail = {"kind": kind, "heading": heading, "field": field}
        record(connection, actor=actor, action="import.column_answered", object_id=of, detail=detail)


def forget(connection: Connection, district_id: str | None, answer_id: UUID, *, actor: str) -> None:
    """Forget an answer; ApiError 404 without it, or for another district's."""
    of = district_id or OF_CITY
    is_it = (import_columns.c.answer_id == answer_id) & (import_columns.c.district_id == of)
    row = connection.execute(select(import_columns).where(is_it)).one_or_none()
    if row is None:
        raise not_found(Phrase("import_answer_not_found"))
    connection.execute(delete(import_columns).where(is_it))
    detail = {"kind": row.kind, "heading": row.heading, "field": row.field}
    record(connection, actor=actor, action="import.column_forgotten", object_id=of, detail=detail)
