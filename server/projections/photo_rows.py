"""Photographs of objects as rows: which entry holds one, of which case, and what evidence officers said of it.

Input is an entry that has just been accepted; output are rows of `photos`, which hold ids, codes and times only.  The
rows can be thrown away and computed anew from the entries; nobody reads a picture here.
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection, delete, exists, insert, select, update

from server.signing.validity import allowed
from server.standing.cases import FOUND
from server.store.alarms import raise_alarm
from server.store.schema import IS_ACCEPTED, cases, entries, erased_bodies, photos
from server.store.stored_bodies import StoredBody, bodies_of, find_body
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.report import ContractError, parse_json
from sweep.report.photo_records import PhotoChecked, PhotoHead, PhotoOpened, PhotoTaken

R = TypeVar("R", bound=BaseModel)
PHOTO_COLUMNS = (
    photos,
    exists().where(erased_bodies.c.commitment == photos.c.commitment).label("is_deleted"),
)
"""A photograph, and whether it is deleted."""


def take_effect(connection: Connection, log_index: int) -> None:
    """An entry about a photograph counts."""
    row = connection.execute(select(entries).where(entries.c.log_index == log_index)).one()
    match row.kind:
        case kinds.PHOTO_TAKEN:
            _taken(connection, row)
        case kinds.PHOTO_OPENED:
            opened = _read(connection, row, kinds.PHOTO_OPENED_TYPE, PhotoOpened)
            if opened is not None:
                _change(connection, opened.photo_id, opened=photos.c.opened + 1)
        case _:
            checked = _read(connection, row, kinds.PHOTO_CHECKED_TYPE, PhotoChecked)
            if checked is not None and (checked.has_metadata or not checked.hash_matches):
                _change(connection, checked.photo_id, is_doubted=True)
                code = "photo_doubted" if checked.opens else "photo_not_openable"
                raise_alarm(connection, code, key_id=row.key_id, sweep_id=row.sweep_id, log_index=row.log_index)


def told_of(connection: Connection, log_index: int) -> PhotoTaken | None:
    """What was said when the photograph of this entry was taken; None where nothing readable says so."""
    for body in bodies_of(connection, log_index):
        if body.media_type == kinds.PHOTO_TAKEN_TYPE and body.data is not None:
            try:
                return parse_json(PhotoTaken, body.data)
            except ContractError:
                return None
    return None


def head_of(connection: Connection, commitment: str) -> PhotoHead | None:
    """What a sealed photograph says of itself; None once it is deleted."""
    body = find_body(connection, commitment)
    if body is None or body.data is None:
        return None
    try:
        return parse_json(PhotoHead, body.data.partition(b"\n")[0])
    except ContractError:
        return None


def drop(connection: Connection, log_index: int) -> None:
    """An entry about a photograph counts no more."""
    connection.execute(delete(photos).where(photos.c.log_index == log_index))


def rebuild_photos(connection: Connection) -> None:
    """Compute anew which entries hold photographs; what has been overdue for a while waits anew."""
    connection.execute(delete(photos))
    statement = select(entries).where(entries.c.kind.in_(sorted(kinds.PHOTO_KINDS)), IS_ACCEPTED)
    for row in allowed(connection, connection.execute(statement.order_by(entries.c.log_index)).all()):
        take_effect(connection, row.log_index)


def is_held(connection: Connection, commitment: str) -> bool:
    """Does this body belong to a photograph of a case in which a camera was found?"""
    of_case = photos.join(cases, cases.c.case_id == photos.c.case_id)
    held = select(photos.c.photo_id).select_from(of_case).where(cases.c.state.in_(sorted(FOUND)))
    return connection.scalar(held.where(photos.c.commitment == commitment).limit(1)) is not None


def _taken(connection: Connection, row: StoredEntry) -> None:
    taken = _read(connection, row, kinds.PHOTO_TAKEN_TYPE, PhotoTaken)
    sealed = next((body for body in bodies_of(connection, row.log_index, with_data=False) if _is_sealed(body)), None)
    if taken is None or sealed is None:
        return
    connection.execute(delete(photos).where(photos.c.log_index == row.log_index))
    if connection.scalar(select(photos.c.photo_id).where(photos.c.photo_id == taken.photo_id)) is not None:
        return  # the first one stands
    case = connection.execute(
        select(cases.c.recorded_room_id, cases.c.sweep_id).where(cases.c.case_id == taken.case_id)
    ).one_or_none()
    if case is not None and (case.recorded_room_id, case.sweep_id) != (row.room_id, row.sweep_id):
        return  # of another place than its case
    connection.execute(
        insert(photos).values(
            photo_id=taken.photo_id,
            log_index=row.log_index,
            case_id=taken.case_id,
            shows=taken.shows,
            person=row.subject,
            account=taken.account,
            taken_ms=row.received_ms,
            commitment=sealed.commitment,
            declaration_id=taken.declaration_id,
            opened=0,
            is_doubted=False,
        )
    )


def _is_sealed(body: StoredBody) -> bool:
    return body.media_type == kinds.SEALED_PHOTO_TYPE


def _change(connection: Connection, photo_id: UUID, **values: Any) -> None:
    connection.execute(update(photos).where(photos.c.photo_id == photo_id).values(**values))


def _read(connection: Connection, row: StoredEntry, media_type: str, model: type[R]) -> R | None:
    """What an entry says; None when its body is away or cannot be read, which marks the entry."""
    for body in bodies_of(connection, row.log_index):
        if body.media_type == media_type and body.data is not None:
            try:
                return parse_json(model, body.data)
            except ContractError:
                wrong = {"is_readable": False, "reason": "unreadable_body"}
                connection.execute(update(entries).where(entries.c.log_index == row.log_index).values(wrong))
                raise_alarm(
                    connection, "unreadable_body", key_id=row.key_id, sweep_id=row.sweep_id, log_index=row.log_index
                )
    return None
