"""Entries about erasures take effect: the body that an accepted `body.erased` or `photo.expired` names is destroyed.

Input is the body of such an entry and its log index; output are rows: the body gone, its commitment among the erased,
so that it is never kept again.  An erasure of a body that has not come yet holds for when it comes.  The same again
changes nothing, and nothing brings an erased body back.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from server.store.audit import record
from server.store.bodies import keys_of
from server.store.clock import now_ms
from server.store.down_changes import note_change
from server.store.schema import body_data, body_refs, entries, erased_bodies
from sweep.entry import kinds
from sweep.report import BodyErased, ContractError, parse_json
from sweep.report.photo_records import PhotoExpired


def take_effect(
    connection: Connection, bodies: Iterable[tuple[str, bytes]], log_index: int, *, actor: str
) -> list[tuple[UUID | None, int]]:
    """Erase what an accepted entry about an erasure names; inside the transaction that lets it count.

    `bodies` are its own, (media type, data): without one that can be read nobody knows what it names, and nothing is
    done.  Returns (sweep, log index) of the entries that carried the body, which are to be projected anew.
    """
    said = _read(bodies)
    if said is None or is_erased(connection, said.commitment):
        return []
    slot = connection.scalar(select(body_data.c.slot).where(body_data.c.commitment == said.commitment))
    connection.execute(delete(body_data).where(body_data.c.commitment == said.commitment))
    values = {"commitment": said.commitment, "erased_ms": now_ms(), "log_index": log_index, "slot": slot}
    connection.execute(insert(erased_bodies).values(**values))
    keys_of(connection).is_due = True  # the key of the body is to be destroyed, too
    note_change(connection, log_index=log_index)
    record(connection, actor=actor, action="body.erased", object_id=said.commitment, detail=_detail(said))
    holders = (
        select(entries.c.sweep_id, entries.c.log_index)
        .join(body_refs, body_refs.c.log_index == entries.c.log_index)
        .where(body_refs.c.commitment == said.commitment)
    )
    return [(row.sweep_id, row.log_index) for row in connection.execute(holders)]


def is_erased(connection: Connection, commitment: str) -> bool:
    """Was this body erased here?"""
    known = select(erased_bodies.c.commitment).where(erased_bodies.c.commitment == commitment)
    return connection.scalar(known) is not None


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
