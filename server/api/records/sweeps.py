"""Routes of sweeps: the whole of one, a person's verdict on a finding, bodies and their erasure."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import (
    DETAIL_READERS,
    DetailReader,
    Eraser,
    Inspector,
    Viewer,
    reader_of,
)
from server.api.people.second_person import prove_second
from server.api.records.created import created
from server.api.service.reading import reading
from server.api.service.services import Services, services_of
from server.districts.scope import refuse_foreign
from server.ingest import erasure_requests, persons, visit_entries
from server.ingest.entry_rows import Outcome
from server.interface.case_requests import SecondPerson
from server.interface.errors import ApiError, invalid, not_found
from server.interface.fields import OptionalLine
from server.interface.request_body import describe, json_body
from server.interface.sweep_requests import DispositionRequest, EraseRequest
from server.interface.views.entries import EntryCreated, ErasuresAsked
from server.interface.views.sweeps import SweepDetail
from server.interface.visit_requests import SignatureRequest, VisitNoteRequest
from server.people import access_log
from server.people.access_log import shows
from server.people.auth import Person
from server.places import sweeps
from server.projections.projecting import catch_up
from server.store.pending_sweeps import is_due
from server.store.stored_bodies import find_body
from sweep.entry.kinds import CROP_TYPE, DISPOSITION, SEALED_PHOTO_TYPE, VISIT_NOTED, VISIT_SIGNED
from sweep.phrases import Phrase

router = APIRouter(tags=["sweeps"])

Commitment = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


def as_json(view: BaseModel) -> Response:
    """A large view as JSON, serialised once instead of validated again."""
    return Response(view.model_dump_json(), media_type="application/json")


@router.get(
    "/api/sweeps/{sweep_id}",
    response_model=SweepDetail,
    openapi_extra=shows("device_addresses", "device_names", "crops"),
)
def get_sweep(request: Request, person: Viewer, sweep_id: UUID) -> Response:
    """Everything about one sweep; addresses, names and crops for inspectors only."""
    may_see = person.role in DETAIL_READERS
    db = services_of(request).db
    catch_up(db, sweep_id)
    with reading(request, lacks=partial(is_due, sweep_id=sweep_id)) as connection:
        detail = sweeps.sweep_detail(connection, sweep_id, may_see_details=may_see, shown_to=person.display_name)
    shown: tuple[access_log.Shown, ...] = (
        *(("device_addresses", "device_names") if detail.details else ()),
        *(("crops",) if detail.crops else ()),
    )
    if shown:
        with db.write() as connection:
            access_log.note(connection, reader_of(request, person), "sweep.viewed", str(sweep_id), shown)
    return as_json(detail)


@router.post(
    "/api/findings/{finding_id}/disposition", status_code=201, openapi_extra=describe(DispositionRequest) | shows()
)
async def post_disposition(
    request: Request,
    person: Inspector,
    finding_id: UUID,
    body: Annotated[DispositionRequest, json_body(DispositionRequest)],
) -> EntryCreated:
    """Append a person's verdict on a finding, as an entry that the server signs; once for each decision id."""
    services = services_of(request)
    await run_in_threadpool(_refuse_foreign, services, person, "sweep_id", str(body.sweep_id))
    outcome = await run_in_threadpool(
        persons.record_disposition, services.db, services.server_signer, person, finding_id, body
    )
    return created(services, outcome, body.sweep_id, DISPOSITION)


@router.post("/api/sweeps/{sweep_id}/note", status_code=201, openapi_extra=describe(VisitNoteRequest) | shows())
async def post_visit_note(
    request: Request,
    person: Inspector,
    sweep_id: UUID,
    body: Annotated[VisitNoteRequest, json_body(VisitNoteRequest)],
) -> EntryCreated:
    """Append what people saw by eye and did on the spot, as an entry that the server signs; the last note counts."""
    services = services_of(request)
    outcome = await run_in_threadpool(
        visit_entries.note_visit, services.db, services.server_signer, person, sweep_id, body
    )
    return created(services, outcome, sweep_id, VISIT_NOTED)


@router.post("/api/sweeps/{sweep_id}/signatures", status_code=201, openapi_extra=describe(SignatureRequest) | shows())
async def post_signature(
    request: Request,
    person: Inspector,
    sweep_id: UUID,
    body: Annotated[SignatureRequest, json_body(SignatureRequest)],
) -> EntryCreated:
    """Take down a signature by finger over the last note of a visit: of an inspector, the keeper or a companion."""
    services = services_of(request)
    outcome = await run_in_threadpool(
        visit_entries.sign_visit, services.db, services.server_signer, person, sweep_id, body
    )
    return created(services, outcome, sweep_id, VISIT_SIGNED)


@router.get(
    "/api/bodies/{commitment}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "application/octet-stream": {}}}},
    openapi_extra=shows("crops", "bodies"),
)
def get_body(request: Request, person: DetailReader, commitment: Commitment, reason: OptionalLine = "") -> Response:
    """A body that is there; each access is written down. Only PNG is shown, all else is downloaded for a reason."""
    db = services_of(request).db
    with db.read() as connection:
        found = find_body(connection, commitment)
    if found is None or found.data is None:
        raise not_found(Phrase("body_not_found"))
    if found.media_type == SEALED_PHOTO_TYPE:
        raise ApiError(403, Phrase("open_as_photograph"))
    is_crop = found.media_type == CROP_TYPE
    if not is_crop and not reason:
        raise invalid(Phrase("reason_needed"), code="reason_needed")
    with db.write() as connection:
        action: access_log.Action = "body.viewed" if is_crop else "body.downloaded"
        reader = reader_of(request, person)
        access_log.note(connection, reader, action, commitment, ("crops" if is_crop else "bodies",), reason)
    if is_crop:
        return Response(found.data, media_type=CROP_TYPE, headers={"Cache-Control": "private, no-store"})
    disposition = f'attachment; filename="{commitment[:16]}.bin"'
    return Response(
        found.data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": disposition, "Cache-Control": "private, no-store"},
    )


@router.get("/api/erasures/asked", openapi_extra=shows())
def get_asked(request: Request, person: Eraser) -> ErasuresAsked:
    """Erasures that two persons made at a Pi: here they wait until two persons of this server erase the same body."""
    with services_of(request).db.read() as connection:
        return ErasuresAsked(asked=erasure_requests.asked(connection, person.district_id))


@router.post("/api/bodies/{commitment}/erase", status_code=201, openapi_extra=describe(EraseRequest) | shows())
async def erase_body(
    request: Request, person: Eraser, commitment: Commitment, body: Annotated[EraseRequest, json_body(EraseRequest)]
) -> EntryCreated:
    """Erase a body for good; a second person proves agreement with a password in this very request."""
    services = services_of(request)
    outcome = await run_in_threadpool(_erase, request, person, commitment, body)
    await services.exports.drop_outdated()
    return EntryCreated(entry_id=outcome.entry_id, log_index=outcome.log_index)


def _erase(request: Request, person: Person, commitment: str, body: EraseRequest) -> Outcome:
    services = services_of(request)
    named = SecondPerson(
        username=body.second_person_username, password=body.second_person_password, code=body.second_person_code
    )
    second = prove_second(request, person, named, about=commitment, roles=DETAIL_READERS)
    _refuse_foreign(services, second, "commitment", commitment)
    return persons.erase(
        services.db,
        services.server_signer,
        person,
        second,
        commitment,
        body.reason,
        despite_waiting=body.despite_waiting,
    )


def _refuse_foreign(services: Services, person: Person, name: str, value: str) -> None:
    with services.db.read() as connection:
        refuse_foreign(connection, person.district_id, {name: value})
