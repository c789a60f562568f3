"""Entries of people: the server that authenticated a person signs for them, as device `server`, assurance `password`.

Input is a person's decision; output is an entry through the same write door as any other.  Dispositions of replays and
simulations are signed with the server's demo key, because no other key may.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from server import kinds
from server.arrivals import Arrival
from server.audit import record
from server.auth import Person
from server.clock import entry_time, now_ms
from server.db import Database
from server.entries import Outcome, write
from server.errors import ApiError, not_found
from server.projections import project
from server.requests import DispositionRequest
from server.schema import IS_ACCEPTED, body_data, body_refs, entries, erased_bodies, findings, sweeps
from sweep.entry import Body, Envelope, Signer, make_body, sign_envelope
from sweep.report import ClockReading, Disposition, LocalText, Source, new_id, to_json


@dataclass(frozen=True, slots=True)
class Notary:
    """The server's two keys and the tenant it signs for."""

    tenant: str
    signer: Signer
    demo_signer: Signer

    def for_source(self, source: Source) -> Signer:
        """The key that may sign entries of this source."""
        return self.signer if source == "live" else self.demo_signer


def dispose(db: Database, notary: Notary, person: Person, finding_id: UUID, request: DispositionRequest) -> Outcome:
    """Append a person's verdict on a finding; ApiError 404 when the sweep has no such finding."""
    with db.write() as connection:
        sweep = connection.execute(
            select(sweeps.c.room_id, sweeps.c.source, entries.c.entry_id)
            .join(findings, findings.c.sweep_id == sweeps.c.sweep_id)
            .join(entries, entries.c.log_index == sweeps.c.report_log_index)
            .where(sweeps.c.sweep_id == request.sweep_id, findings.c.finding_id == finding_id)
        ).one_or_none()
        if sweep is None:
            raise not_found("후보", "finding")
        when = entry_time()
        disposition = Disposition(
            v=1,
            finding_id=finding_id,
            sweep_id=request.sweep_id,
            verdict=request.verdict,
            note=request.note,
            decided=ClockReading(utc=when.utc, synchronised=when.synchronised, max_error_ms=when.max_error_ms),
        )
        return _write_for(
            connection,
            notary,
            person,
            kind=kinds.DISPOSITION,
            source=sweep.source,
            room_id=sweep.room_id,
            sweep_id=request.sweep_id,
            refs=(sweep.entry_id,),
            body=make_body(kinds.DISPOSITION_TYPE, to_json(disposition)),
        )


def erase(db: Database, notary: Notary, first: Person, second: Person, commitment: str, reason: LocalText) -> Outcome:
    """Erase body, salt and plain hash by a two-person entry; ApiError 404, or 409 when it is erased already."""
    if first.user_id == second.user_id:
        raise ApiError(403, "second_person_needed", "다른 사람이 함께 승인해야 합니다", "a second person must agree")
    with db.write() as connection:
        holders = connection.execute(
            select(entries)
            .join(body_refs, body_refs.c.log_index == entries.c.log_index)
            .where(body_refs.c.commitment == commitment)
            .order_by(entries.c.log_index)
        ).all()
        if not holders:
            raise not_found("본문", "body")
        known = select(erased_bodies.c.log_index).where(erased_bodies.c.commitment == commitment)
        if connection.scalar(known) is not None:
            raise ApiError(409, "already_erased", "이미 삭제된 본문입니다", "this body is erased already")
        erased = kinds.BodyErased(v=1, commitment=commitment, second_person=second.display_name, reason=reason)
        outcome = _write_for(
            connection,
            notary,
            first,
            kind=kinds.BODY_ERASED,
            source=holders[0].source or "live",
            room_id=holders[0].room_id,
            sweep_id=holders[0].sweep_id,
            refs=tuple(row.entry_id for row in holders)[:256],
            body=make_body(kinds.ERASED_TYPE, to_json(erased)),
        )
        connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
        connection.execute(
            insert(erased_bodies).values(commitment=commitment, erased_ms=now_ms(), log_index=outcome.log_index)
        )
        record(
            connection,
            actor=first.display_name,
            action="body.erased",
            object_id=commitment,
            detail={"second_person": second.display_name},
        )
        for sweep_id in {row.sweep_id for row in holders}:
            project(connection, sweep_id)
        return outcome


def _write_for(
    connection: Connection,
    notary: Notary,
    person: Person,
    *,
    kind: str,
    source: Source,
    room_id: UUID | None,
    sweep_id: UUID | None,
    refs: tuple[UUID, ...],
    body: Body,
) -> Outcome:
    signer = notary.for_source(source)
    own = (entries.c.key_id == signer.key_id) & IS_ACCEPTED
    last_seq = connection.scalar(select(func.max(entries.c.seq)).where(own)) or 0
    prev = connection.scalar(select(entries.c.entry_hash).where(own, entries.c.seq == last_seq))
    envelope = Envelope(
        v=1,
        kind=kind,
        entry_id=new_id(),
        tenant=notary.tenant,
        room_id=room_id,
        sweep_id=sweep_id,
        key_id=signer.key_id,
        subject=person.display_name,
        assurance="password",
        source=source,
        seq=last_seq + 1,
        prev=prev,
        refs=refs,
        bodies=(body.ref,),
        time=entry_time(),
        seen_checkpoint=None,
    )
    arrival = Arrival(sign_envelope(envelope, signer), envelope, (body,), envelope.bodies, envelope.entry_id, None)
    return write(connection, arrival, quarantine_max_bytes=0)
