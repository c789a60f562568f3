"""What a district answered about columns and phrases of its lists: remembered, and forgotten again when told so.

Input are answers of a person; output are rows of a table with an audit trail.  A city's answers are its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select

from server.imports.reading import phrases
from server.imports.reading.columns import refuse_answer
from server.imports.reading.cuts import squash_heading
from server.imports.reading.fields import KINDS, LEFT_OUT, Kind
from server.interface.errors import invalid, not_found
from server.interface.views.imports import ColumnAnswer, ColumnAnswers
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.schema import facilities, import_columns
from sweep.phrases import Phrase
from sweep.report import LocalText, local_text, new_id

OF_CITY = ""
"""In the place of a district's id."""


def answers_of(connection: Connection, district_id: str | None) -> dict[tuple[Kind, str], str]:
    """Fields by kind of list and heading."""
    return {(row.kind, row.heading_mark): row.field for row in _kept(connection, district_id)}


def _kept(connection: Connection, district_id: str | None) -> Iterator[Row[Any]]:
    """Answers in the order of their headings; none whose mark is not that of the phrase that was asked.

    Marks without signs were kept once, and an answer about `○` would hold for `×`: such a phrase is asked again.
    """
    found = (
        select(import_columns)
        .where(import_columns.c.district_id == (district_id or OF_CITY))
        .order_by(import_columns.c.kind, import_columns.c.heading)
    )
    for row in connection.execute(found):
        rule = phrases.rule_in(row.heading_mark)
        if not rule or row.heading_mark == phrases.mark_of(rule, row.heading):
            yield row


def list_answers(connection: Connection, district_id: str | None) -> ColumnAnswers:
    """What was answered, as people see it."""
    answers = []
    for row in _kept(connection, district_id):
        rule = phrases.rule_in(row.heading_mark)
        answers.append(
            ColumnAnswer(
                answer_id=row.answer_id,
                kind=row.kind,
                heading=row.heading,
                of=phrases.said_of(row.kind, rule) if rule else None,
                field=row.field,
                words=_words(connection, row.kind, rule, row.field),
                answered=from_ms(row.answered_ms),
                answered_by=row.answered_by,
            )
        )
    return ColumnAnswers(answers=tuple(answers))


def _words(connection: Connection, kind: Kind, rule: str, answer: str) -> LocalText:
    """An answer about a column, or a phrase, in words."""
    if not rule:
        field = KINDS[kind].field(answer)
        return local_text(Phrase("import_field_left_out") if field is None or answer == LEFT_OUT else field.said)
    facility_id = phrases.facility_in(answer)
    if facility_id is None:
        return phrases.words_of_answer(answer)
    name = connection.scalar(select(facilities.c.name_ko).where(facilities.c.facility_id == facility_id))
    return LocalText(ko=name, en=name) if name else local_text(Phrase("import_choice_gone"))


def remember(
    connection: Connection,
    district_id: str | None,
    kind: Kind,
    fields: Mapping[str, str],
    *,
    actor: str,
    said: Mapping[tuple[str, str], str] | None = None,
) -> None:
    """Remember what columns are, by heading, and what phrases say, by rule and phrase.

    ApiError 400 for what no column may be and no phrase may say.
    """
    of = district_id or OF_CITY
    told = []
    for heading, field in fields.items():
        refuse_answer(kind, heading, field)
        told.append((heading, squash_heading(heading), field))
    for (rule, phrase), answer in (said or {}).items():
        phrases.refuse_phrase(kind, rule, phrase, answer)
        _refuse_facility(connection, district_id, answer)
        told.append((phrase, phrases.mark_of(rule, phrase), answer))
    for heading, mark, field in told:
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


def _refuse_facility(connection: Connection, district_id: str | None, answer: str) -> None:
    """ApiError 400 for a facility that is not there, or another district's."""
    facility_id = phrases.facility_in(answer)
    if facility_id is None:
        return
    found = select(facilities.c.facility_id).where(facilities.c.facility_id == facility_id)
    if district_id is not None:
        found = found.where(facilities.c.district_id == district_id)
    if connection.scalar(found) is None:
        raise invalid(Phrase("phrase_answer_unknown"), code="phrase_answer_unknown")


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
