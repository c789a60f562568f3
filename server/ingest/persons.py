"""Entries of people: the server that authenticated a person signs for them, as device `server`, assurance `password`.

Input is a person's decision; output is an entry through the same ingest path as any other.  Dispositions of replays and
simulations are signed with the server's demo key, because no other key may.  A decision that the page gave an id has
that id as its entry's, so that an answer lost and sent again is one decision, whoever sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from server.cases.words import check_words
from server.ingest.arrivals import Arrival
from server.ingest.entries import write_own
from server.ingest.entry_rows import Outcome
from server.ingest.erasure_entries import are_of_one, is_erased
from server.ingest.named_bodies import named_by, named_by_waiting, refuse_held
from server.ingest.photo_declarations import suspend
from server.ingest.said_before import entry_under, outcome_of, record_in
from server.interface.errors import ApiError, invalid, not_found, refuse_links
from server.interface.sweep_requests import DispositionRequest, PhoneClaim
from server.people.auth import Person
from server.people.register import accounts_named, forget_name, refuse_foreign_accounts
from server.projections.projecting import project, project_due
from server.signing.entry_chain import next_of_key
from server.store.clock import clock_reading, entry_time
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.schema import entries, findings, sweeps
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import Body, Envelope, make_body, sign_envelope
from sweep.phrases import Phrase
from sweep.report import (
    BodyErased,
    Disposition,
    LocalText,
    PhoneTime,
    Source,
    new_id,
    to_json,
)
from sweep.report.proof_records import Identified

MAX_CLAIMED_AGE = timedelta(days=30)  # guessed: who decided longer ago than that should look again


@dataclass(frozen=True, slots=True)
class ServerSigner:
    """The server's keys and the tenant it signs for, which is that of its key."""

    tenant: str
    signer: Signer
    demo_signer: Signer
    root_signer: Signer | None = None
    """The district's root key while it lies here; None once it was handed over (root.py)."""
    log_signer: Signer | None = None
    """Signs what this server says of its own log, so that the chain of `signer` is whole at a city; None: `signer`."""

    def for_source(self, source: Source) -> Signer:
        """The key that may sign entries of this source."""
        return self.signer if source == "live" else self.demo_signer


def record_disposition(
    db: Database, server_signer: ServerSigner, person: Person, finding_id: UUID, request: DispositionRequest
) -> Outcome:
    """Append a person's verdict on a finding, or find it appended already under its decision id.

    ApiError 404 when the sweep has no such finding, 409 when the id is that of something else, 400 for a claimed time
    that cannot be.
    """
    for text in () if request.note is None else (request.note.ko, request.note.en):
        check_words(text)
    with db.write() as connection:
        if request.decision_id is not None:
            known = _known_decision(connection, finding_id, request.decision_id, request)
            if known is not None:
                return known
        project_due(connection, request.sweep_id)
        sweep = connection.execute(
            select(sweeps.c.room_id, sweeps.c.source, entries.c.entry_id)
            .join(findings, findings.c.sweep_id == sweeps.c.sweep_id)
            .join(entries, entries.c.log_index == sweeps.c.report_log_index)
            .where(sweeps.c.sweep_id == request.sweep_id, findings.c.finding_id == finding_id)
        ).one_or_none()
        if sweep is None:
            raise not_found(Phrase("finding_not_found"))
        if request.verdict == "camera_found":
            suspend(connection, sweep.room_id, actor=person.display_name)
        decided = clock_reading()
        disposition = Disposition(
            v=1,
            finding_id=finding_id,
            sweep_id=request.sweep_id,
            verdict=request.verdict,
            note=request.note,
            decided=decided,
            claimed=None if request.claimed is None else phone_time(request.claimed, decided.utc),
            account=person.account,
        )
        return write_for(
            connection,
            server_signer,
            person,
            kind=kinds.DISPOSITION,
            source=sweep.source,
            room_id=sweep.room_id,
            sweep_id=request.sweep_id,
            refs=(sweep.entry_id,),
            body=make_body(kinds.DISPOSITION_TYPE, to_json(disposition)),
            entry_id=request.decision_id,
        )


def _known_decision(
    connection: Connection, finding_id: UUID, decision_id: UUID, request: DispositionRequest
) -> Outcome | None:
    """The decision as it was signed before under this id; None when there is none."""
    row = entry_under(connection, decision_id)
    if row is None:
        return None
    signed = record_in(connection, row, kinds.DISPOSITION_TYPE, Disposition)
    claimed = None if request.claimed is None else request.claimed.decided
    wanted = (finding_id, request.sweep_id, request.verdict, request.note, claimed)
    is_same = row.kind == kinds.DISPOSITION and (
        signed is None  # its body was erased: nothing is left to compare, and nothing is signed anew
        or wanted
        == (
            signed.finding_id,
            signed.sweep_id,
            signed.verdict,
            signed.note,
            None if signed.claimed is None else signed.claimed.utc,
        )
    )
    if not is_same:
        raise ApiError(409, Phrase("decision_known"))
    return outcome_of(row)


def phone_time(claim: PhoneClaim, now: datetime) -> PhoneTime:
    """The claim beside the server's clock; ApiError 400 when it lies after its sending or too far before it."""
    waited = claim.sent - claim.decided
    if waited < timedelta(0):
        raise invalid(Phrase("decided_in_the_future"), code="decided_in_the_future")
    if waited > MAX_CLAIMED_AGE:
        raise invalid(Phrase("decided_too_long_ago", days=MAX_CLAIMED_AGE.days), code="decided_too_long_ago")
    return PhoneTime(utc=claim.decided, behind_ms=round((now - claim.sent) / timedelta(milliseconds=1)))


def erase(
    db: Database,
    server_signer: ServerSigner,
    first: Person,
    second: Person,
    commitment: str,
    reason: LocalText,
    *,
    despite_waiting: bool = False,
) -> Outcome:
    """Erase a body for good by a two-person entry; ApiError 404, or 409 when it is erased already or held.

    `despite_waiting`: both know that entries which do not count name it too, and answer for erasing it.

    When this returns nobody has its key any more, here or in what was copied from the database before.
    """
    refuse_links(reason)
    if first.user_id == second.user_id:
        raise ApiError(403, Phrase("second_person_must_agree"), code="second_person_needed")
    with db.write() as connection:
        named = named_by(connection, commitment)
        holders = named.holders
        if not holders:
            raise not_found(Phrase("body_not_found"))
        if not are_of_one(holders):
            raise ApiError(409, Phrase("shared_body", keys=", ".join(sorted({row.key_id for row in holders}))))
        if is_erased(connection, commitment, by_what_counts=True):
            raise ApiError(409, Phrase("already_erased"))
        refuse_held(connection, named)
        if named.waiting and not despite_waiting:
            raise named_by_waiting(named)
        accounts = accounts_named(connection, (row.log_index for row in holders), commitment)
        for person in (first, second):
            refuse_foreign_accounts(connection, accounts, person.district_id)
        erased = BodyErased(
            v=1,
            commitment=commitment,
            second_person=second.display_name,
            reason=reason,
            identified=identified(first, second),
            despite=tuple(row.entry_id for row in named.waiting)[:256] or None,
            account=first.account,
            second_account=second.account,
        )
        outcome = write_for(
            connection,
            server_signer,
            first,
            kind=kinds.BODY_ERASED,
            source=holders[0].source or "live",
            room_id=holders[0].room_id,
            sweep_id=holders[0].sweep_id,
            refs=tuple(row.entry_id for row in holders)[:256],
            body=make_body(kinds.ERASED_TYPE, to_json(erased)),
        )
        for sweep_id in {row.sweep_id for row in holders}:
            project(connection, sweep_id)
        for account in accounts:
            forget_name(connection, account)
    destroy_dead_keys(db)
    return outcome


def identified(first: Person, second: Person) -> Identified:
    """How two persons proved who they are, as an entry says it."""
    return Identified.model_validate({"first": first.way, "second": second.way})


def source_of(is_demo: bool) -> Source:
    """What people say of a room is: in a demonstration's facility a simulation, like its sweeps."""
    return "simulated" if is_demo else "live"


def write_visit(
    connection: Connection,
    server_signer: ServerSigner,
    person: Person,
    room_id: UUID,
    sweep_id: UUID,
    *,
    kind: str,
    is_demo: bool,
    body: Body,
) -> Outcome:
    """Write the first entry of a visit without a probe, as `write_for`."""
    return write_for(
        connection,
        server_signer,
        person,
        kind=kind,
        source=source_of(is_demo),
        room_id=room_id,
        sweep_id=sweep_id,
        refs=(),
        body=body,
    )


def write_for(
    connection: Connection,
    server_signer: ServerSigner,
    person: Person,
    *,
    kind: str,
    source: Source,
    room_id: UUID | None,
    sweep_id: UUID | None,
    refs: tuple[UUID, ...],
    body: Body,
    entry_id: UUID | None = None,
    more: tuple[Body, ...] = (),
) -> Outcome:
    """Sign an entry for a person who is logged in, and write it; inside a write transaction.

    `more`: bodies beside the one that says what was done.
    """
    signer = server_signer.for_source(source)
    seq, prev = next_of_key(connection, signer.key_id)
    envelope = Envelope(
        v=1,
        kind=kind,
        entry_id=entry_id or new_id(),
        tenant=server_signer.tenant,
        room_id=room_id,
        sweep_id=sweep_id,
        key_id=signer.key_id,
        subject=person.display_name,
        assurance="passkey" if person.way == "passkey" else "password",
        source=source,
        seq=seq,
        prev=prev,
        refs=refs,
        bodies=tuple(one.ref for one in (body, *more)),
        time=entry_time(),
        seen_checkpoint=None,
    )
    arrival = Arrival(
        sign_envelope(envelope, signer), envelope, (body, *more), envelope.bodies, envelope.entry_id, None
    )
    return write_own(connection, arrival)
