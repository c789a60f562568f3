"""Routes of proofs: what a Pi's server said in one's own name and waits, and proving it.

A session alone proves nothing here, for a phone may lie about: each proof is made by a passkey, a PIN or the password
in its very request.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request

from server.api.access import INSPECTORS, CaseWorker, client_address
from server.api.people.passkeys import needed_party
from server.api.people.second_factor import use_code
from server.api.service.services import services_of
from server.ingest import proof_entries
from server.interface.case_requests import ProveRequest
from server.interface.errors import ApiError
from server.interface.request_body import describe, json_body
from server.interface.views.cases import ProofList
from server.interface.views.entries import EntryCreated
from server.interface.views.people import PasskeyChallenge
from server.people import passkeys, pins
from server.people.access_log import shows
from server.people.auth import Person, check_password
from server.people.challenges import CHALLENGE_S
from server.people.login_delays import LoginAttempt
from server.people.passkeys import encoded
from server.people.second_factor import factor_needed, needs_second_factor
from server.projections.proof_rows import Claim
from sweep.entry.kinds import DISPOSITION
from sweep.phrases import Phrase
from sweep.report.proof_records import PasskeyAssertion

router = APIRouter(tags=["cases"])


@router.get("/api/proofs", openapi_extra=shows())
def list_proofs(request: Request, person: CaseWorker) -> ProofList:
    """What waits for one's own proof."""
    with services_of(request).db.read() as connection:
        return ProofList(waiting=proof_entries.waiting_for(connection, person))


@router.post("/api/proofs/{entry_id}/options", openapi_extra=shows())
def proof_options(request: Request, person: CaseWorker, entry_id: UUID) -> PasskeyChallenge:
    """The challenge by which a passkey proves this entry: it follows from the entry's hash; 409 without passkeys."""
    party, claim = needed_party(request), _claim(request, person, entry_id)
    with services_of(request).db.read() as connection:
        ids = passkeys.ids_of(connection, person.user_id)
    challenge = encoded(proof_entries.challenge_of(claim.row.entry_hash))
    return PasskeyChallenge(challenge=challenge, rp_id=party.rp_id, timeout_ms=CHALLENGE_S * 1000, credential_ids=ids)


@router.post("/api/proofs/{entry_id}", status_code=201, openapi_extra=describe(ProveRequest) | shows())
def prove(
    request: Request, person: CaseWorker, entry_id: UUID, body: Annotated[ProveRequest, json_body(ProveRequest)]
) -> EntryCreated:
    """Prove what a Pi said in one's own name: from then on it counts, once everybody whom it names has proven it."""
    services, claim = services_of(request), _claim(request, person, entry_id)
    if claim.row.kind == DISPOSITION and person.role not in INSPECTORS:
        raise ApiError(403, Phrase("role_needed", roles=" or ".join(sorted(INSPECTORS))), code="not_allowed")
    proven, assertion = _proved(request, person, body, claim)
    if proven.user_id != person.user_id:
        raise ApiError(403, Phrase("proof_of_another_person"), code="another_person")
    if needs_second_factor(proven):
        raise factor_needed()
    with services.db.write() as connection:
        still = proof_entries.find_claim(connection, person, entry_id)
        outcome = proof_entries.prove(
            connection, services.server_signer, replace(person, way=proven.way), still, assertion
        )
    return EntryCreated(entry_id=outcome.entry_id, log_index=outcome.log_index)


def _claim(request: Request, person: Person, entry_id: UUID) -> Claim:
    with services_of(request).db.read() as connection:
        return proof_entries.find_claim(connection, person, entry_id)


def _proved(
    request: Request, person: Person, body: ProveRequest, claim: Claim
) -> tuple[Person, PasskeyAssertion | None]:
    """Who has proven it, and a passkey's assertion; ApiError 401 or 429 for what does not hold."""
    services = services_of(request)
    attempt = LoginAttempt(client_address(request), person.username, f"session {person.user_id}")
    services.delays.enter(attempt)
    assertion: PasskeyAssertion | None = None
    if body.passkey is not None:
        party, answer = needed_party(request), body.passkey
        challenge = proof_entries.challenge_of(claim.row.entry_hash)
        proven, public_key = passkeys.prove_over(services.db, party, challenge, answer)
        said: dict[str, Any] = {name: getattr(answer, name) for name in ASSERTED}
        assertion = PasskeyAssertion(rp_id=party.rp_id, public_key=encoded(public_key), **said)
    elif body.pin is not None:
        proven = pins.check_pin(services.db, services.devices, person.username, body.pin, by_badge=False)
    else:
        proven = use_code(
            services, check_password(services.db, person.username, body.password or ""), body.code, attempt
        )
    services.delays.succeeded(attempt)
    return proven, assertion


ASSERTED = ("client_data", "authenticator_data", "signature")
