"""Erasures that two persons made at a Pi: at the city they erase nothing, and two of its persons may carry them out.

Input is a district; output are the `body.erased` of relays that wait in quarantine, of bodies that are still here.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from server.ingest.erasure_entries import is_erased
from server.ingest.named_bodies import named_by
from server.interface.views.entries import ErasureAsked
from server.signing import keys
from server.store.clock import from_ms
from server.store.schema import IS_QUARANTINED, entries
from server.store.schema import keys as key_table
from server.store.stored_bodies import bodies_of
from sweep.entry import kinds
from sweep.report import BodyErased, ContractError, parse_json
from sweep.report.log_records import RELAYS

MOST = 200  # guessed: as many as two persons look through in a day


def asked(connection: Connection, district_id: str | None) -> tuple[ErasureAsked, ...]:
    """Erasures that a Pi of this district, or any, asks for; the oldest first."""
    statement = (
        select(entries)
        .join(key_table, key_table.c.key_id == entries.c.key_id)
        .where(
            IS_QUARANTINED,
            entries.c.kind == kinds.BODY_ERASED,
            key_table.c.role.in_(sorted(RELAYS)),
            entries.c.reason.not_in(sorted(keys.WAITING_CODES)),
        )
        .order_by(entries.c.log_index)
    )
    if district_id is not None:
        statement = statement.where(key_table.c.tenant == district_id)
    found: list[ErasureAsked] = []
    for row in connection.execute(statement):
        said = _said(connection, row.log_index)
        if said is None or is_erased(connection, said.commitment, by_what_counts=True):
            continue
        holders = named_by(connection, said.commitment).holders
        if any((one.room_id, one.sweep_id, one.tenant) == (row.room_id, row.sweep_id, row.tenant) for one in holders):
            found.append(
                ErasureAsked(
                    entry_id=row.entry_id,
                    log_index=row.log_index,
                    key_id=row.key_id,
                    commitment=said.commitment,
                    first_person=row.subject,
                    second_person=said.second_person,
                    reason=said.reason,
                    room_id=row.room_id,
                    sweep_id=row.sweep_id,
                    received=from_ms(row.received_ms),
                )
            )
        if len(found) == MOST:
            break
    return tuple(found)


def _said(connection: Connection, log_index: int) -> BodyErased | None:
    for body in bodies_of(connection, log_index):
        if body.media_type == kinds.ERASED_TYPE and body.data is not None:
            try:
                return parse_json(BodyErased, body.data)
            except ContractError:
                return None
    return None
