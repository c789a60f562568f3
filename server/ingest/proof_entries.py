"""Proofs as entries: a person of this server confirms what a Pi's server said in their name.

Input are a person who has just proven who they are and an entry of a relay; output is the entry of the proof, or a
refusal: nobody proves for another, and nothing is proven twice.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import Connection, select

from server.ingest.entry_rows import Outcome
from server.ingest.persons import ServerSigner, write_for
from server.interface.errors import ApiError, not_found
from server.interface.views.cases import ClaimView
from server.people.auth import Person
from server.projections.claim_words import claim_of, claim_view
from server.projections.proof_rows import Claim
from server.store.schema import IS_ACCEPTED, entries, unproven
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase
from sweep.report import to_json
from sweep.report.proof_records import PasskeyAssertion, ProofGiven

MOST = 500  # guessed: what a pair leaves waiting in a month
CHALLENGE_LEAD = b"ansim-proof-v1\n"


def challenge_of(entry_hash: str) -> bytes:
    """What a passkey signs to prove the entry of this hash: anybody can compute it (sweep/LOG.md)."""
    return hashlib.sha256(CHALLENGE_LEAD + entry_hash.encode()).digest()


def find_claim(connection: Connection, person: Person, entry_id: UUID) -> Claim:
    """What waits for this person's proof under this id; ApiError 404, or 409 when they need not prove it."""
    row = connection.execute(
        select(entries)
        .join(unproven, unproven.c.log_index == entries.c.log_index)
        .where(entries.c.entry_id == entry_id, IS_ACCEPTED)
    ).one_or_none()
    claim = None if row is None else claim_of(connection, row)
    if claim is None:
        raise not_found(Phrase("entry_that_waits_for_a_proof_not_found"))
    if person.display_name not in claim.missing:
        raise ApiError(409, Phrase("not_named"))
    return claim


def prove(
    connection: Connection, server_signer: ServerSigner, person: Person, claim: Claim, passkey: PasskeyAssertion | None
) -> Outcome:
    """Append a person's proof of what a Pi said in their name; `person.way` is how they have just proven it."""
    said = ProofGiven.model_validate(
        {
            "v": 1,
            "entry_hash": claim.row.entry_hash,
            "name": person.display_name,
            "account": person.account,
            "way": person.way,
            "passkey": passkey,
        }
    )
    return write_for(
        connection,
        server_signer,
        person,
        kind=kinds.PROOF_GIVEN,
        source=claim.row.source,
        room_id=claim.row.room_id,
        sweep_id=claim.row.sweep_id,
        refs=(claim.row.entry_id,),
        body=make_body(kinds.PROOF_GIVEN_TYPE, to_json(said)),
    )


def waiting_for(connection: Connection, person: Person) -> tuple[ClaimView, ...]:
    """What waits for this person's own proof, the oldest first."""
    statement = select(entries).join(unproven, unproven.c.log_index == entries.c.log_index).where(IS_ACCEPTED)
    if person.district_id is not None:
        statement = statement.where(entries.c.tenant == person.district_id)  # a relay speaks for its own only
    found = []
    for row in connection.execute(statement.order_by(entries.c.log_index)):
        claim = claim_of(connection, row)
        if claim is not None and person.display_name in claim.missing:
            found.append(claim_view(claim))
        if len(found) == MOST:
            break
    return tuple(found)
