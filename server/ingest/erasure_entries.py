"""Entries about erasures take effect: the body that an accepted `body.erased` or `photo.expired` names is destroyed.

Input is the body of such an entry and its log index; output are rows: the body gone, its commitment among the erased,
so that it is never kept again.  It acts only on what belongs wholly to the room, sweep and source that its envelope
names: a body that an entry of elsewhere names too stays, with an alarm.  An erasure of a body that has not come yet
holds for when it comes, unless it is a demonstration's.  The same again changes nothing, and nothing brings an erased
body back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from server.ingest.named_bodies import named_by
from server.store.alarms import raise_alarm
from server.store.audit import record
from server.store.bodies import keys_of
from server.store.clock import now_ms
from server.store.down_changes import note_change
from server.store.schema import IS_ACCEPTED, body_data, body_refs, entries, erased_bodies
from sweep.entry import kinds
from sweep.report import BodyErased, ContractError, parse_json
from sweep.report.photo_records import PhotoExpired

NOT_OF_THIS = "erasure_not_of_this"
_ABOUT = (
    entries.c.kind,
    entries.c.key_id,
    entries.c.room_id,
    entries.c.sweep_id,
    entries.c.source,
)


def take_effect(
    connection: Connection, bodies: Iterable[tuple[str, bytes]], log_index: int, *, actor: str
) -> list[tuple[UUID | None, int]]:
    """Erase what an accepted entry about an erasure names; inside the transaction that lets it count.

    `bodies` are its own, (media type, data): without one that can be read nobody knows what it names, and nothing is
    done.  Returns (sweep, log index) of the entries that carried the body, which are to be projected anew.
    """
    said = _read(bodies)
    if said is None:
        return []
    if is_erased(connection, said.commitment):
        where = erased_bodies.c.commitment == said.commitment
        if not is_erased(connection, said.commitment, by_what_counts=True):  # it was erased by who may not, and now is
            connection.execute(update(erased_bodies).where(where).values(log_index=log_index))
        return []
    row = connection.execute(select(*_ABOUT).where(entries.c.log_index == log_index)).one()
    if not _may_erase(row, named_by(connection, said.commitment).holders):
        raise_alarm(connection, NOT_OF_THIS, key_id=row.key_id, sweep_id=row.sweep_id, log_index=log_index)
        return []
    slot = connection.scalar(select(body_data.c.slot).where(body_data.c.commitment == said.commitment))
    connection.execute(delete(body_data).where(body_data.c.commitment == said.commitment))
    values = {"commitment": said.commitment, "erased_ms": now_ms(), "log_index": log_index, "slot": slot}
    connection.execute(insert(erased_bodies).values(**values))
    keys_of(connection).is_due = True  # the key of the body is to be destroyed, too
    note_change(connection, log_index=log_index)
    record(connection, actor=actor, action="body.erased", object_id=said.commitment, detail=_detail(said))
    return [(one.sweep_id, one.log_index) for one in holders_of(connection, said.commitment)]


def is_erased(connection: Connection, commitment: str, *, by_what_counts: bool = False) -> bool:
    """Was this body erased here? `by_what_counts`: by an entry that counts."""
    known = select(erased_bodies.c.commitment).where(erased_bodies.c.commitment == commitment)
    if by_what_counts:
        known = known.join(entries, entries.c.log_index == erased_bodies.c.log_index).where(IS_ACCEPTED)
    return connection.scalar(known) is not None


def holders_of(connection: Connection, commitment: str) -> Sequence[Row[Any]]:
    """The entries that name a body, in the order of the log."""
    statement = select(entries).join(body_refs, body_refs.c.log_index == entries.c.log_index)
    return connection.execute(statement.where(body_refs.c.commitment == commitment).order_by(entries.c.log_index)).all()


def are_of_one(holders: Sequence[Row[Any]]) -> bool:
    """Do all of these entries speak of one room, one sweep and one source?"""
    return len({(row.room_id, row.sweep_id, row.source) for row in holders}) <= 1


def _may_erase(erasure: Any, holders: Sequence[Row[Any]]) -> bool:
    """Does the body, which belongs to these entries, belong to what the erasure (a row of `_ABOUT`) speaks of?

    The tenant is not compared: only the log's own pen signs an erasure, for every district of its city.
    """
    if erasure.kind == kinds.PHOTO_EXPIRED:
        return all(row.kind == kinds.PHOTO_TAKEN for row in holders) and are_of_one(holders)
    if not holders:
        return bool(erasure.source == "live")
    of = (erasure.room_id, erasure.sweep_id, erasure.source)
    return all((row.room_id, row.sweep_id, row.source) == of for row in holders)


def _detail(said: BodyErased | PhotoExpired) -> dict[str, object]:
    if isinstance(said, BodyErased):
        return {"second_person": said.second_person}
    return {"kept_days": said.kept_days, "basis": said.basis}


def _read(bodies: Iterable[tuple[str, bytes]]) -> BodyErased | PhotoExpired | None:
    for media_type, data in bodies:
        try:
            match media_type:
                case kinds.ERASED_TYPE:
                    return parse_json(BodyErased, data)
                case kinds.PHOTO_EXPIRED_TYPE:
                    return parse_json(PhotoExpired, data)
                case _:
                    pass
        except ContractError:
            return None
    return None
