"""Routes of inspections with other instruments than a probe: one person records, the other confirms."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from server.api.access import INSPECTORS, Inspector
from server.api.people.second_person import prove_second
from server.api.service.services import services_of
from server.districts.scope import refuse_foreign
from server.ingest import inspection_entries
from server.ingest.entry_rows import Outcome
from server.interface.inspection_requests import ConfirmationRequest, InspectionRequest
from server.interface.request_body import describe, json_body
from server.interface.views.entries import EntryCreated
from server.people.access_log import shows
from server.people.auth import Person
from sweep.entry.kinds import INSPECTED, INSPECTION_CONFIRMED
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
    if outcome.is_new:
        services.exchange.entry_read(body.sweep_id, INSPECTED)
    return EntryCreated(entry_id=outcome.entry_id, log_index=outcome.log_index)


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
    if outcome.is_new:
        services.exchange.entry_read(sweep_id, INSPECTION_CONFIRMED)
    return EntryCreated(entry_id=outcome.entry_id, log_index=outcome.log_index)


def _confirm(request: Request, person: Person, sweep_id: UUID, body: ConfirmationRequest) -> Outcome:
    services = services_of(request)
    second = prove_second(request, person, body.second_person, about=str(sweep_id), roles=INSPECTORS)
    with services.db.read() as connection:
        refuse_foreign(connection, second.district_id, {"sweep_id": str(sweep_id)})
    way = cast("SecondWay", second.way)
    return inspection_entries.confirm_inspection(
        services.db, services.server_signer, second, way, sweep_id, body.shown_hash
    )
