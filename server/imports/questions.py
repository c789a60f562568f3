"""Imports as people see them, and the questions that a file leaves to them.

Output are views; the one thing written is an answer, once: `add` the row as a facility of its own, `update` the one
that it may be, `close` the one that the file no longer lists, or `leave` everything as it is.  Undoing the import
undoes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update

from server.imports.importing import apply_answer
from server.imports.inspections.past_rows import chosen_in, past_of
from server.imports.kinds import layouts_of, refuse_role
from server.imports.reading.cuts import CUTS, Cut
from server.imports.reading.table import HEADINGS as PUBLISHED
from server.imports.reading.table import OF_FACILITIES
from server.imports.rows.reasons import CHOOSE_ROOM, CUT_WORDS, MEND_IN_FILE, OUTCOMES, WHICH_ONE, words_of
from server.imports.rows.rows import By
from server.ingest.persons import ServerSigner
from server.interface.errors import ApiError, invalid, not_found
from server.interface.fields import Role
from server.interface.views.imports import (
    ImportCut,
    ImportList,
    ImportOutcome,
    ImportRoom,
    ImportRowList,
    ImportRowView,
    ImportView,
    ReasonCount,
)
from server.people import original_names
from server.people.auth import Person
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.schema import facilities, import_rows, imports
from sweep.phrases import Phrase
from sweep.report import local_text

Answer = Literal["add", "update", "close", "leave"]
SHOWN_IMPORTS = 100


def list_imports(connection: Connection, district_id: str | None = None, role: Role | None = None) -> ImportList:
    """The newest imports of a district, or all; of lists that somebody of this role brings in."""
    statement = select(imports).order_by(imports.c.created_ms.desc()).limit(SHOWN_IMPORTS)
    if district_id is not None:
        statement = statement.where(imports.c.district_id == district_id)
    if role is not None:
        statement = statement.where(imports.c.layout.in_(layouts_of(role)))
    found = connection.execute(statement).all()
    return ImportList(imports=tuple(_view(connection, row) for row in found))


def refuse_kind(connection: Connection, import_id: UUID, role: Role) -> None:
    """ApiError 404, or 403 for an import of a kind that somebody of this role does not bring in."""
    refuse_role(_found(connection, import_id).layout, role)


def import_view(connection: Connection, import_id: UUID) -> ImportView:
    """One import with its counts; ApiError 404."""
    return _view(connection, _found(connection, import_id))


def import_row_page(
    connection: Connection,
    import_id: UUID,
    *,
    outcome: str | None,
    is_open: bool,
    after: int | None,
    limit: int,
) -> ImportRowList:
    """Rows of an import in the order of the file, what it no longer lists first; ApiError 404."""
    found_import = _found(connection, import_id)
    statement = (
        select(import_rows, facilities.c.name_ko.label("known_as"))
        .outerjoin(facilities, facilities.c.facility_id == import_rows.c.facility_id)
        .where(import_rows.c.import_id == import_id)
        .order_by(import_rows.c.line)
        .limit(limit + 1)
    )
    if outcome is not None:
        statement = statement.where(import_rows.c.outcome == outcome)
    if is_open:
        statement = statement.where(import_rows.c.outcome == "question", import_rows.c.answer.is_(None))
    if after is not None:
        statement = statement.where(import_rows.c.line > after)
    found = connection.execute(statement).all()
    shown = found[:limit]
    return ImportRowList(
        rows=tuple(_row_view(found_import.layout, row) for row in shown),
        next=shown[-1].line if len(found) > limit else None,
    )


def answer(
    connection: Connection,
    import_id: UUID,
    line: int,
    choice: Answer,
    *,
    actor: str,
    room_ids: Sequence[UUID] = (),
    person: Person | None = None,
    signer: ServerSigner | None = None,
) -> None:
    """Answer the question of one row; ApiError 404, 409 when it is answered or its import is not confirmed, 400.

    `room_ids`: where a past inspection was, of a row that leaves the choice.
    """
    found = _found(connection, import_id)
    row = connection.execute(
        select(import_rows).where(import_rows.c.import_id == import_id, import_rows.c.line == line)
    ).one_or_none()
    if row is None or row.outcome != "question":
        raise not_found(Phrase("question_not_found"))
    if found.state != "confirmed":
        raise ApiError(409, Phrase("import_not_confirmed", state=found.state), code="import_state")
    if row.answer is not None:
        raise ApiError(409, Phrase("already_answered"))
    if choice not in _possible(found.layout, row):
        raise invalid(Phrase("wrong_answer", choice=choice), code="wrong_answer")
    of_row = update(import_rows).where(import_rows.c.import_id == import_id, import_rows.c.line == line)
    if choice == "add":
        connection.execute(of_row.values(facility_id=None, object_id=None))
    if room_ids or (choice == "add" and _candidates(found.layout, row)):
        past = chosen_in(past_of(row.place_json), [str(one) for one in room_ids])
        connection.execute(of_row.values(place_json=past.to_json()))
    connection.execute(of_row.values(answer=choice, answered_by=actor, answered_ms=now_ms()))
    if choice != "leave":
        asked = select(import_rows).where(import_rows.c.import_id == import_id, import_rows.c.line == line)
        apply_answer(connection, found, connection.execute(asked).one(), By(actor, person, signer))
    else:
        original_names.forget_line(connection, import_id, line)
    detail = {"line": line, "answer": choice}
    record(connection, actor=actor, action="import.answered", object_id=str(import_id), detail=detail)


def reason_counts(rows: Iterable[tuple[ImportOutcome, str]]) -> tuple[ReasonCount, ...]:
    """How many rows have which outcome for which reason; `rows` are (outcome, reasons with spaces)."""
    counts = Counter((outcome, reason) for outcome, reasons in rows for reason in reasons.split())
    return tuple(
        ReasonCount(outcome=outcome, reason=reason, words=words_of(reason), rows=count)
        for (outcome, reason), count in sorted(counts.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
    )


def cut_views(cuts: Mapping[Cut, int]) -> tuple[ImportCut, ...]:
    """How many cells lost something, by what."""
    return tuple(cut_view(cut, cuts[cut]) for cut in CUTS if cuts.get(cut))


def cut_view(cut: Cut, cells: int) -> ImportCut:
    """One of them."""
    return ImportCut(cut=cut, words=local_text(CUT_WORDS[cut]), cells=cells)


def _possible(layout: str, row: Row[Any]) -> tuple[Answer, ...]:
    """What may be answered: a row whose cells say too little is put right in the file, and not here."""
    if row.line < 0:
        return ("close", "leave")
    reasons = frozenset(row.reasons.split())
    to_mend = reasons & MEND_IN_FILE - (CHOOSE_ROOM if _candidates(layout, row) else frozenset())
    if layout not in PUBLISHED and to_mend:
        return ("leave",)
    if row.facility_id is None and row.object_id is None:
        return ("add", "leave")
    is_sure = layout not in OF_FACILITIES and not reasons & WHICH_ONE
    return ("update", "leave") if is_sure else ("add", "update", "leave")


def _candidates(layout: str, row: Row[Any]) -> tuple[tuple[str, str], ...]:
    """Rooms among which a person chooses where a past inspection was."""
    return past_of(row.place_json).candidates if layout == "inspections" else ()


def _found(connection: Connection, import_id: UUID) -> Row[Any]:
    found = connection.execute(select(imports).where(imports.c.import_id == import_id)).one_or_none()
    if found is None:
        raise not_found(Phrase("import_not_found"))
    return found


def _view(connection: Connection, row: Row[Any]) -> ImportView:
    of_import = import_rows.c.import_id == row.import_id
    columns = (import_rows.c.outcome, import_rows.c.reasons)
    grouped = connection.execute(select(*columns, func.count().label("rows")).where(of_import).group_by(*columns)).all()
    counts: Counter[str] = Counter()
    told: list[tuple[ImportOutcome, str]] = []
    for one in grouped:
        counts[one.outcome] += one.rows
        told += [(one.outcome, one.reasons)] * one.rows
    lines = connection.scalar(select(func.count()).where(of_import, import_rows.c.line > 0)) or 0
    is_open = select(func.count()).where(of_import, import_rows.c.outcome == "question", import_rows.c.answer.is_(None))
    return ImportView(
        import_id=row.import_id,
        file_name=row.file_name,
        layout=row.layout,
        encoding=row.encoding,
        state=row.state,
        created=from_ms(row.created_ms),
        created_by=row.created_by,
        confirmed=None if row.confirmed_ms is None else from_ms(row.confirmed_ms),
        undone=None if row.undone_ms is None else from_ms(row.undone_ms),
        rows=lines,
        not_listed=sum(counts.values()) - lines,
        counts={outcome: counts[outcome] for outcome in OUTCOMES},
        open_questions=(connection.scalar(is_open) or 0) if row.state == "confirmed" else 0,
        cuts=cut_views(json.loads(row.cuts_json)),
        reasons=reason_counts(told),
    )


def _row_view(layout: str, row: Row[Any]) -> ImportRowView:
    place: dict[str, Any] = json.loads(row.place_json)
    reasons: Sequence[str] = row.reasons.split()
    return ImportRowView(
        line=row.line,
        outcome=row.outcome,
        reasons=tuple(reasons),
        words=tuple(words_of(reason) for reason in reasons),
        source_key=row.source_key,
        name=place.get("name", ""),
        address=place.get("address", ""),
        district=place.get("district", ""),
        facility_id=row.facility_id,
        known_as=row.known_as or place.get("known_as"),
        raw=json.loads(row.raw_json),
        answers=_possible(layout, row) if row.outcome == "question" and row.answer is None else (),
        rooms=tuple(ImportRoom(room_id=UUID(one), name=name) for one, name in _candidates(layout, row)),
        answer=row.answer,
        answered_by=row.answered_by,
    )
