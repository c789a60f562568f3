"""Routes of inspections without a probe: one records, another confirms; an officer cites the original of a past one."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from server.api.access import INSPECTORS, Inspector, PastKeeper
from server.api.people.second_person import prove_second
from server.api.records.created import created
from server.api.service.services import services_of
from server.districts.scope import refuse_foreign
from server.ingest import import_entries, inspection_entries
from server.ingest.entry_rows import Outcome
from server.interface.errors import ApiError
from server.interface.inspection_requests import CitationRequest, ConfirmationRequest, InspectionRequest
from server.interface.request_body import describe, json_body
from server.interface.views.answer import Ok
from server.interface.views.entries import EntryCreated
from server.people import original_names
from server.people.access_log import shows
from server.people.auth import Person
from server.people.sealed_pins import open_pin
from server.store.erasure import destroy_dead_keys
from sweep.entry.kinds import INSPECTED, INSPECTION_CITED, INSPECTION_CONFIRMED
from sweep.report.proof_records import SecondWay

router = APIRouter(tags=["sweeps"])


@router.post("/api/rooms/{room_id}/inspections", status_code=201, openapi_extra=describe(InspectionRequest) | shows())
async def post_inspection(
    request: Request,
    person: Inspector,
    room_id: UUID,
    body: Annotated[InspectionRequest, json_body(InspectionRequest)],
) -> EntryCreated:
    """Record what was seen in a room, zone by zone, as an entry that the server signs; once for each id."""
    services = services_of(request)
    outcome = await run_in_threadpool(
        inspection_entries.record_inspection, services.db, services.server_signer, person, room_id, body
    )
    answer = created(services, outcome, body.sweep_id, INSPECTED)
    if body.second_sealed is not None and await run_in_threadpool(_confirm_sealed, request, person, body):
        services.exchange.entry_read(body.sweep_id, INSPECTION_CONFIRMED)
    return answer


@router.post(
    "/api/sweeps/{sweep_id}/confirmation", status_code=201, openapi_extra=describe(ConfirmationRequest) | shows()
)
async def post_confirmation(
    request: Request,
    person: Inspector,
    sweep_id: UUID,
    body: Annotated[ConfirmationRequest, json_body(ConfirmationRequest)],
) -> EntryCreated:
    """Let the second person confirm an inspection, by something of their own, as an entry of theirs."""
    services = services_of(request)
    outcome = await run_in_threadpool(_confirm, request, person, sweep_id, body)
    return created(services, outcome, sweep_id, INSPECTION_CONFIRMED)


@router.post("/api/sweeps/{sweep_id}/citation", status_code=201, openapi_extra=describe(CitationRequest) | shows())
async def post_citation(
    request: Request,
    person: PastKeeper,
    sweep_id: UUID,
    body: Annotated[CitationRequest, json_body(CitationRequest)],
) -> EntryCreated:
    """Cite the original of an imported inspection, which one has at hand: only from then on it can fulfil a rule."""
    services = services_of(request)
    outcome = await run_in_threadpool(
        import_entries.cite_original,
        services.db,
        services.server_signer,
        person,
        sweep_id,
        body.document,
        body.shown_hash,
    )
    return created(services, outcome, sweep_id, INSPECTION_CITED)


@router.delete("/api/sweeps/{sweep_id}/original-names", openapi_extra=shows())
def delete_original_names(request: Request, person: PastKeeper, sweep_id: UUID) -> Ok:
    """Erase the names that an office's list has for an imported inspection; their key is gone before the answer."""
    services = services_of(request)
    with services.db.write() as connection:
        original_names.forget_of_sweep(connection, sweep_id, actor=person.display_name)
    destroy_dead_keys(services.db)
    return Ok()


def _confirm_sealed(request: Request, person: Person, body: InspectionRequest) -> bool:
    """Whether the second person's PIN came along and is theirs; else it stays an inspection of one, which pages say."""
    services = services_of(request)
    shown_hash = inspection_entries.hash_to_confirm(services.db, body.sweep_id)
    second = open_pin(services.devices, body.second_sealed or "", str(body.sweep_id))
    if shown_hash is None or second is None:
        return False
    try:
        return _confirm(
            request, person, body.sweep_id, ConfirmationRequest(shown_hash=shown_hash, second_person=second)
        ).is_new
    except ApiError:
        return False


def _confirm(request: Request, person: Person, sweep_id: UUID, body: ConfirmationRequest) -> Outcome:
    services = services_of(request)
    second = prove_second(request, person, body.second_person, about=str(sweep_id), roles=INSPECTORS)
    with services.db.read() as connection:
        refuse_foreign(connection, second.district_id, {"sweep_id": str(sweep_id)})
    way = cast("SecondWay", second.way)
    return inspection_entries.confirm_inspection(
        services.db, services.server_signer, second, way, sweep_id, body.shown_hash
    )
