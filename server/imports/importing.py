"""Imports of files: a preview that changes nothing, its confirmation, and its undoing as a whole.

A preview keeps every row of the file with what it would become and why.  Confirming and undoing go page by page, a
transaction each, so that a running server takes entries in between; one that was cut off is finished by asking again.
A preview that something overtook (another import, a facility added by hand) is refused: it may tell what is not so.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, exists, insert, or_, select, update

from server.imports.kinds import WORK, refuse_role, rows_at_once
from server.imports.reading.answers import answers_of
from server.imports.reading.cuts import cut_text
from server.imports.reading.table import OF_PLACES, Table, read_table
from server.imports.rows.deciding import Decision, Missing
from server.imports.rows.known import KnownPlace
from server.imports.rows.outlines import Districts, stored_districts
from server.imports.rows.rows import By, Given, Judged, Made
from server.imports.rows.telling import Asked, answered, asked, told
from server.ingest.persons import ServerSigner
from server.interface.errors import ApiError, not_found
from server.people import original_names
from server.people.auth import Person
from server.store.audit import record
from server.store.clock import now_ms
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.schema import import_rows, imports
from sweep.phrases import Phrase
from sweep.report import display_text, new_id

STAGED_AT_ONCE = 2_000
MEANWHILE = "came_meanwhile"
"""Reason added to a row that could not be done any more when its turn came."""
LEFT_ALONE = "kept_in_use"
"""Reason added to a row whose facility could not be taken away again."""


class FilePreview(NamedTuple):
    """A whole file, before anything of it is stored."""

    table: Table
    rows: list[Judged]
    missing: list[Missing]


def judge_file(
    connection: Connection, data: bytes, districts: Districts | None = None, given: Given | None = None
) -> FilePreview:
    """What a file would do, beside these outlines or those that are kept; changes nothing.

    ApiError 400 or 413 for a file that cannot be read, 403 for a list of a kind that this person does not add, 409
    while one of its columns waits for an answer.
    """
    how = given or Given()
    answers = answers_of(connection, how.district_id)
    table = read_table(data, sheet=how.sheet, kind=how.kind, answers=answers)
    if how.person is not None:
        refuse_role(table.layout, how.person.role)
    table = told(connection, table, answers, how.district_id)
    where = districts or stored_districts(connection)
    while True:
        rows, missing = WORK[table.layout].judge(connection, table, where, how)
        further = answered(connection, table, rows, answers, how.district_id)
        if further is None:
            return FilePreview(table, rows, missing)
        table = further


def phrases_of(connection: Connection, data: bytes, given: Given) -> list[Asked]:
    """The phrases of a file about which a person is asked, or was; changes nothing."""
    judged = judge_file(connection, data, given=given)
    return asked(connection, judged.table, judged.rows, given.district_id)


def preview(db: Database, data: bytes, file_name: str, *, actor: str, given: Given | None = None) -> UUID:
    """Keep what a file would do as an import to be confirmed; returns its id. No facility changes."""
    how = given or Given()
    with db.read() as connection:
        judged = judge_file(connection, data, given=how)
    import_id = new_id()
    with db.write() as connection:
        connection.execute(
            insert(imports).values(
                import_id=import_id,
                file_name=display_text(cut_text(file_name), limit=200),
                file_sha256=judged.table.sha256,
                layout=judged.table.layout,
                encoding=judged.table.encoding,
                state="staging",
                created_ms=now_ms(),
                created_by=actor,
                district_id=how.district_id,
                cuts_json=json.dumps(judged.table.cuts, sort_keys=True),
            )
        )
    rows = itertools.chain(
        (_row_of(import_id, one) for one in judged.rows),
        (_missing_row(import_id, -number, one) for number, one in enumerate(judged.missing, 1)),
    )
    apart = iter(judged.rows)
    while beside := list(itertools.islice(apart, STAGED_AT_ONCE)):
        with db.write() as connection:
            WORK[judged.table.layout].keep_apart(connection, import_id, beside)
    while some := list(itertools.islice(rows, STAGED_AT_ONCE)):
        with db.write() as connection:
            connection.execute(insert(import_rows), some)
    with db.write() as connection:
        _set_state(connection, import_id, "preview")
        _record(connection, actor, "import.previewed", import_id, rows=len(judged.rows))
    return import_id


def confirm(
    db: Database,
    import_id: UUID,
    *,
    actor: str,
    person: Person | None = None,
    signer: ServerSigner | None = None,
) -> None:
    """Do what the preview showed; ApiError 404 for an unknown import, 409 when it may not be done any more."""
    with db.write() as connection:
        found = _import(connection, import_id)
        if found.state not in {"preview", "confirming"}:
            raise ApiError(409, Phrase("import_already", state=found.state), code="import_state")
        if found.state == "preview":
            _refuse_overtaken(connection, found)
            connection.execute(
                update(imports)
                .where(imports.c.import_id == import_id)
                .values(state="confirming", confirmed_ms=now_ms())
            )
    is_left = import_rows.c.outcome.in_(("new", "changed")) & ~import_rows.c.is_applied
    for _ in _pages(db, found, is_left):
        with db.write() as connection:
            apply_rows(connection, found, _page(connection, found, is_left), By(actor, person, signer))
    with db.write() as connection:
        if _import(connection, import_id).state == "confirming":
            _set_state(connection, import_id, "confirmed")
            _record(connection, actor, "import.confirmed", import_id)


def undo(
    db: Database,
    import_id: UUID,
    *,
    actor: str,
    person: Person | None = None,
    signer: ServerSigner | None = None,
) -> int:
    """Let everything be as before the import, answers to its questions included; returns how many facilities stay.

    A facility stays when a sweep, a plan or a basis refers to it by now.  ApiError 404 for an unknown import; 409 for
    one that was not confirmed, or whose facilities a later import changed: that one has to be undone first.
    """
    with db.write() as connection:
        found = _import(connection, import_id)
        if found.state not in {"confirmed", "confirming", "undoing"}:
            raise ApiError(409, Phrase("import_nothing_to_undo", state=found.state), code="import_state")
        _refuse_built_upon(connection, found)
        _set_state(connection, import_id, "undoing")
    is_left = import_rows.c.is_applied & ~import_rows.c.reasons.contains(LEFT_ALONE)
    for _ in _pages(db, found, is_left):
        with db.write() as connection:
            _take_back(connection, found, _page(connection, found, is_left), By(actor, person, signer))
    with db.write() as connection:
        connection.execute(
            update(imports).where(imports.c.import_id == import_id).values(state="undone", undone_ms=now_ms())
        )
        kept = connection.execute(
            select(import_rows.c.line).where(import_rows.c.import_id == import_id, import_rows.c.is_applied)
        ).all()
        original_names.forget_import(connection, import_id)
        _record(connection, actor, "import.undone", import_id, kept=len(kept))
    destroy_dead_keys(db)
    return len(kept)


def apply_rows(connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By) -> None:
    """Do some rows of a preview; one that cannot be done any more becomes a question."""
    done = WORK[found.layout].apply(connection, found, rows, by)
    made = {line: one for line, one in done.items() if isinstance(one, Made)}
    for row in rows:
        if row.line not in made:
            of_row = update(import_rows).where(import_rows.c.import_id == row.import_id, import_rows.c.line == row.line)
            connection.execute(of_row.values(outcome="question", reasons=f"{MEANWHILE} {row.reasons}".strip()))
    _mark_applied(connection, found, made)


def apply_answer(connection: Connection, found: Row[Any], row: Row[Any], by: By) -> None:
    """Do one row by itself, as an answer decided; ApiError where it cannot be done."""
    done = WORK[found.layout].apply(connection, found, [row], by)[row.line]
    if isinstance(done, ApiError):
        raise done
    _mark_applied(connection, found, {row.line: done})


def _mark_applied(connection: Connection, found: Row[Any], made: Mapping[int, Made]) -> None:
    told = [
        {
            "at_line": line,
            "of_facility": one.facility_id,
            "of_object": one.object_id,
            "before": None if one.before is None else json.dumps(one.before, ensure_ascii=False),
        }
        for line, one in made.items()
    ]
    if told:
        is_it = (import_rows.c.import_id == found.import_id) & (import_rows.c.line == bindparam("at_line"))
        of_row = update(import_rows).where(is_it)
        values: dict[str, Any] = {"facility_id": bindparam("of_facility"), "object_id": bindparam("of_object")}
        connection.execute(of_row.values(is_applied=True, before_json=bindparam("before"), **values), told)


def _take_back(connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By) -> None:
    stay = WORK[found.layout].take_back(connection, found, rows, by)
    for row in rows:
        of_row = update(import_rows).where(import_rows.c.import_id == row.import_id, import_rows.c.line == row.line)
        if row.line in stay:
            connection.execute(of_row.values(reasons=f"{row.reasons} {LEFT_ALONE}".strip()))
        else:
            was_there = {} if row.before_json is not None else {"facility_id": None}
            connection.execute(of_row.values(is_applied=False, object_id=None, **was_there))


def _refuse_overtaken(connection: Connection, found: Row[Any]) -> None:
    since = found.created_ms
    other = select(imports.c.import_id).where(
        imports.c.import_id != found.import_id,
        imports.c.layout.in_(OF_PLACES if found.layout in OF_PLACES else (found.layout,)),
        or_(
            imports.c.state.in_(("confirming", "undoing")),
            imports.c.confirmed_ms >= since,
            imports.c.undone_ms >= since,
        ),
    )
    if connection.scalar(other.limit(1)) is not None or WORK[found.layout].is_overtaken(connection, found):
        raise ApiError(409, Phrase("preview_outdated"))


def _refuse_built_upon(connection: Connection, found: Row[Any]) -> None:
    mine, later = import_rows.alias(), import_rows.alias()
    built_upon = (
        select(imports.c.file_name)
        .join(later, later.c.import_id == imports.c.import_id)
        .where(
            imports.c.state.in_(("confirmed", "confirming")),
            imports.c.import_id != found.import_id,
            imports.c.confirmed_ms >= found.confirmed_ms,
            later.c.is_applied,
            exists().where(
                mine.c.import_id == found.import_id,
                mine.c.is_applied,
                or_(mine.c.facility_id == later.c.facility_id, mine.c.object_id == later.c.object_id),
            ),
        )
    )
    name = connection.scalar(built_upon.limit(1))
    if name is not None:
        raise ApiError(409, Phrase("import_built_upon", name=name))


def _pages(db: Database, found: Row[Any], is_left: Any) -> Iterator[None]:
    """Once for each page that is left."""
    while True:
        with db.read() as connection:
            if not _page(connection, found, is_left):
                return
        yield


def _page(connection: Connection, found: Row[Any], is_left: Any) -> Sequence[Row[Any]]:
    of_import = select(import_rows).where(import_rows.c.import_id == found.import_id, is_left)
    return connection.execute(of_import.order_by(import_rows.c.line).limit(rows_at_once(found.layout))).all()


def _import(connection: Connection, import_id: UUID) -> Row[Any]:
    found = connection.execute(select(imports).where(imports.c.import_id == import_id)).one_or_none()
    if found is None:
        raise not_found(Phrase("import_not_found"))
    return found


def _set_state(connection: Connection, import_id: UUID, state: str) -> None:
    connection.execute(update(imports).where(imports.c.import_id == import_id).values(state=state))


def _record(connection: Connection, actor: str, action: str, import_id: UUID, **detail: int) -> None:
    record(connection, actor=actor, action=action, object_id=str(import_id), detail=detail)


def _row_of(import_id: UUID, judged: Judged) -> dict[str, Any]:
    item = judged.item
    return _values(import_id, judged.line, judged.decision, item.key, judged.mark) | {
        "place_json": item.to_json(),
        "raw_json": json.dumps(judged.raw, ensure_ascii=False),
    }


def _missing_row(import_id: UUID, line: int, missing: Missing) -> dict[str, Any]:
    here: KnownPlace = missing.place
    told = {"name": here.name, "address": here.address}
    return _values(import_id, line, missing.decision, here.key or "", here.sha256 or "") | {
        "place_json": json.dumps(told, ensure_ascii=False),
        "raw_json": "{}",
    }


def _values(import_id: UUID, line: int, decision: Decision, key: str, sha256: str) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "line": line,
        "outcome": decision.outcome,
        "reasons": " ".join(decision.reasons),
        "source_key": key,
        "place_sha256": sha256,
        "facility_id": decision.facility_id,
        "object_id": decision.object_id,
        "is_applied": False,
    }
