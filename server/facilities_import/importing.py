"""Imports of files: a preview that changes nothing, its confirmation, and its undoing as a whole.

A preview keeps every row of the file with what it would become and why.  Confirming and undoing go page by page, a
transaction each, so that a running server takes entries in between; one that was cut off is finished by asking again.
A preview that something overtook (another import, a facility added by hand) is refused: it may tell what is not so.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, exists, insert, or_, select, update

from server.facilities_import import placing
from server.facilities_import.answers import answers_of
from server.facilities_import.border import Border
from server.facilities_import.columns import Kind
from server.facilities_import.cuts import cut_text
from server.facilities_import.deciding import Decision, Missing, decide
from server.facilities_import.known import Known, KnownPlace, read_known
from server.facilities_import.layouts import place_in
from server.facilities_import.outlines import Districts, stored_districts
from server.facilities_import.own_places import own_facility, own_room
from server.facilities_import.own_rooms import apply_room, decide_rooms, rooms_there, take_back_room
from server.facilities_import.place import Place, place_of
from server.facilities_import.reading import OF_FACILITIES, Table, read_table
from server.interface.errors import ApiError, not_found
from server.store.audit import record
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import facilities, import_rows, imports
from sweep.phrases import Phrase
from sweep.report import display_text, new_id

ROWS_AT_ONCE = 250  # derived: some 2,000 rows of tables; 0.1 s on SQLite here, so that a probe never waits a second
STAGED_AT_ONCE = 2_000
OF_PLACES = OF_FACILITIES | {"rooms"}
LEFT_ALONE = "kept_in_use"
"""Reason added to a row whose facility could not be taken away again."""


class Item(Protocol):
    """What a row tells."""

    @property
    def key(self) -> str:
        """What it is known by in lists like this."""
        ...

    def to_json(self) -> str:
        """As it is kept."""
        ...


class Judged(NamedTuple):
    """A row of a file and what it is."""

    line: int
    raw: dict[str, str]
    item: Item
    mark: str
    """Of what it says; of a room in a list of rooms, of what it says of its facility."""
    decision: Decision


class FilePreview(NamedTuple):
    """A whole file, before anything of it is stored."""

    table: Table
    rows: list[Judged]
    missing: list[Missing]


@dataclass(frozen=True, slots=True)
class Given:
    """How a file was given: its sheet, what it is about, and for whom."""

    sheet: str | None = None
    kind: Kind | None = None
    """None: told by its columns."""
    district_id: str | None = None
    """The one that it is confined to; None: the whole city's."""


def judge_file(
    connection: Connection, data: bytes, districts: Districts | None = None, given: Given | None = None
) -> FilePreview:
    """What a file would do, beside these outlines or those that are kept; changes nothing.

    ApiError 400 or 413 for a file that cannot be read, 409 while one of its columns waits for an answer.
    """
    how = given or Given()
    answers = answers_of(connection, how.district_id)
    table = read_table(data, sheet=how.sheet, kind=how.kind, answers=answers)
    districts = districts or stored_districts(connection)
    known = read_known(connection, table.layout, how.district_id)
    if table.rows:
        places = [place_in(table.layout, row, districts) for row in table.rows]
        told = [(row.line, row.cells, "") for row in table.rows]
    else:
        read = own_room if table.layout == "rooms" else own_facility
        places = [read(own, districts) for own in table.own]
        told = [(own.line, own.raw, own.problem) for own in table.own]
    border = Border.of(connection, how.district_id)
    placed = [border.place(place) for place in places]
    refused = [problem or outside for (_, _, problem), (_, outside) in zip(told, placed, strict=True)]
    kept = [place for (place, _), problem in zip(placed, refused, strict=True) if not problem]
    decisions, missing = _decided(connection, table, kept, known)
    decided = iter(decisions)
    is_rooms = table.layout == "rooms"
    rows = [
        Judged(
            line,
            cells,
            place,
            place.facility_sha256 if is_rooms else place.sha256,
            Decision("refused", (problem,)) if problem else next(decided),
        )
        for (line, cells, _), (place, _), problem in zip(told, placed, refused, strict=True)
    ]
    return FilePreview(table, rows, missing)


def _decided(
    connection: Connection, table: Table, places: Sequence[Place], known: Known
) -> tuple[list[Decision], list[Missing]]:
    if table.layout == "rooms":
        return decide_rooms(places, known, rooms_there(connection)), []
    return decide(places, known, is_own=table.layout == "facilities")


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
    while some := list(itertools.islice(rows, STAGED_AT_ONCE)):
        with db.write() as connection:
            connection.execute(insert(import_rows), some)
    with db.write() as connection:
        _set_state(connection, import_id, "preview")
        _record(connection, actor, "import.previewed", import_id, rows=len(judged.rows))
    return import_id


def confirm(db: Database, import_id: UUID, *, actor: str) -> None:
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
    for _ in _pages(db, import_id, is_left):
        with db.write() as connection:
            _apply(connection, found, _page(connection, import_id, is_left), actor)
    with db.write() as connection:
        if _import(connection, import_id).state == "confirming":
            _set_state(connection, import_id, "confirmed")
            _record(connection, actor, "import.confirmed", import_id)


def undo(db: Database, import_id: UUID, *, actor: str) -> int:
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
    for _ in _pages(db, import_id, is_left):
        with db.write() as connection:
            _take_back(connection, found, _page(connection, import_id, is_left))
    with db.write() as connection:
        connection.execute(
            update(imports).where(imports.c.import_id == import_id).values(state="undone", undone_ms=now_ms())
        )
        kept = connection.execute(
            select(import_rows.c.line).where(import_rows.c.import_id == import_id, import_rows.c.is_applied)
        ).all()
        _record(connection, actor, "import.undone", import_id, kept=len(kept))
    return len(kept)


def apply_row(connection: Connection, found: Row[Any], row: Row[Any], actor: str) -> None:
    """Do one row by itself, as an answer decided: what is new, or the facility that it names as the row tells it."""
    layout, facility_id, object_id = found.layout, row.facility_id, None
    before: dict[str, Any] | None = None
    if layout == "rooms":
        facility_id, object_id, before = apply_room(connection, row, actor=actor, district_id=found.district_id)
    elif facility_id is None:
        facility_id = new_id()
        place = place_of(row.place_json)
        placing.insert_places(connection, layout, [(facility_id, place)], actor=actor, district_id=found.district_id)
    elif row.line < 0:
        before = placing.close_place(connection, layout, facility_id)
    else:
        before = placing.change_place(connection, layout, facility_id, place_of(row.place_json))
    _mark_applied(connection, row, facility_id, object_id, before)


def _apply(connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], actor: str) -> None:
    in_one = [row for row in rows if row.outcome == "new" and found.layout in OF_FACILITIES]
    new = [(new_id(), place_of(row.place_json)) for row in in_one]
    placing.insert_places(connection, found.layout, new, actor=actor, district_id=found.district_id)
    made = [{"at_line": row.line, "made": facility_id} for row, (facility_id, _) in zip(in_one, new, strict=True)]
    if made:
        of_row = update(import_rows).where(
            import_rows.c.import_id == found.import_id, import_rows.c.line == bindparam("at_line")
        )
        connection.execute(of_row.values(is_applied=True, facility_id=bindparam("made")), made)
    done = {row.line for row in in_one}
    for row in rows:
        if row.line not in done:
            apply_row(connection, found, row, actor)


def _take_back(connection: Connection, found: Row[Any], rows: Sequence[Row[Any]]) -> None:
    if found.layout not in OF_FACILITIES:
        for row in rows:
            _taken_back(connection, row, is_gone=take_back_room(connection, row))
        return
    made = [row.facility_id for row in rows if row.before_json is None]
    used = placing.in_use(connection, made)
    placing.remove_places(connection, [facility_id for facility_id in made if facility_id not in used])
    for row in rows:
        if row.before_json is not None:
            placing.restore_place(connection, found.layout, row.facility_id, json.loads(row.before_json))
            of_row = (import_rows.c.import_id == row.import_id) & (import_rows.c.line == row.line)
            connection.execute(update(import_rows).where(of_row).values(is_applied=False))
        else:
            _taken_back(connection, row, is_gone=row.facility_id not in used)


def _taken_back(connection: Connection, row: Row[Any], *, is_gone: bool) -> None:
    of_row = update(import_rows).where(import_rows.c.import_id == row.import_id, import_rows.c.line == row.line)
    if not is_gone:
        connection.execute(of_row.values(reasons=f"{row.reasons} {LEFT_ALONE}".strip()))
        return
    was_there = row.before_json is not None
    kept = {"facility_id": row.facility_id} if was_there else {"facility_id": None}
    connection.execute(of_row.values(is_applied=False, object_id=None, **kept))


def _refuse_overtaken(connection: Connection, found: Row[Any]) -> None:
    since = found.created_ms
    other = select(imports.c.import_id).where(
        imports.c.import_id != found.import_id,
        imports.c.layout.in_(OF_PLACES),
        or_(
            imports.c.state.in_(("confirming", "undoing")),
            imports.c.confirmed_ms >= since,
            imports.c.undone_ms >= since,
        ),
    )
    by_hand = select(facilities.c.facility_id).where(facilities.c.created_ms >= since)
    if connection.scalar(other.limit(1)) is not None or connection.scalar(by_hand.limit(1)) is not None:
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
                mine.c.import_id == found.import_id, mine.c.is_applied, mine.c.facility_id == later.c.facility_id
            ),
        )
    )
    name = connection.scalar(built_upon.limit(1))
    if name is not None:
        raise ApiError(409, Phrase("import_built_upon", name=name))


def _pages(db: Database, import_id: UUID, is_left: Any) -> Iterator[None]:
    """Once for each page that is left."""
    while True:
        with db.read() as connection:
            if not _page(connection, import_id, is_left):
                return
        yield


def _page(connection: Connection, import_id: UUID, is_left: Any) -> Sequence[Row[Any]]:
    of_import = select(import_rows).where(import_rows.c.import_id == import_id, is_left)
    return connection.execute(of_import.order_by(import_rows.c.line).limit(ROWS_AT_ONCE)).all()


def _import(connection: Connection, import_id: UUID) -> Row[Any]:
    found = connection.execute(select(imports).where(imports.c.import_id == import_id)).one_or_none()
    if found is None:
        raise not_found(Phrase("import_not_found"))
    return found


def _mark_applied(
    connection: Connection,
    row: Row[Any],
    facility_id: UUID | None,
    object_id: UUID | None,
    before: dict[str, Any] | None,
) -> None:
    of_row = update(import_rows).where(import_rows.c.import_id == row.import_id, import_rows.c.line == row.line)
    told = None if before is None else json.dumps(before, ensure_ascii=False)
    connection.execute(of_row.values(is_applied=True, facility_id=facility_id, object_id=object_id, before_json=told))


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
        "is_applied": False,
    }
