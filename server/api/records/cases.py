"""Routes of cases: what stands open, what became of it, and the next step, each an entry."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import AS_LIST, CASE_WORKERS, CaseGiver, CaseReader, CaseWorker, Inspector, Viewer, reader_of
from server.api.people.second_person import prove_second
from server.api.service.reading import reading
from server.api.service.services import Services, services_of
from server.cases.words import needed
from server.districts.scope import refuse_foreign
from server.exports.gathering.case_file import asked_for
from server.exports.gathering.log_request import LogRequest
from server.ingest import case_entries
from server.interface.case_requests import CaseRequest, StepRequest
from server.interface.fields import Reason
from server.interface.formats import Format
from server.interface.request_body import describe, json_body
from server.interface.views.cases import CaseCreated, CaseDetail, CaseList, RoomState
from server.interface.words import KST
from server.people import access_log
from server.people.access_log import shows
from server.people.auth import Person
from server.places import case_lists
from server.projections.case_rows import steps_of
from server.projections.log_records import Period
from server.projections.projector import LIST_WAIT_S
from server.store.clock import from_ms, today
from sweep.entry.kinds import CASE_STEP
from sweep.report.case_records import Wanted

router = APIRouter(tags=["cases"])
SHOWN: dict[Wanted, tuple[access_log.Shown, ...]] = {
    "addresses": ("device_addresses", "device_names"),
    "wifi_timeline": ("bodies",),
    "photographs": ("photographs",),
}
"""What the access log says of each thing that the police may ask for."""


@router.get("/api/cases", dependencies=[AS_LIST], openapi_extra=shows())
def list_cases(
    request: Request,
    person: Viewer,
    room_id: UUID | None = None,
    open_only: bool = True,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CaseList:
    """Cases of the district, or of one room: open ones, or all."""
    services = services_of(request)
    services.projector.wait(LIST_WAIT_S)
    with reading(request) as connection:
        return case_lists.case_page(
            connection,
            today(),
            room_id=room_id,
            district_id=person.district_id,
            open_only=open_only,
            after=after,
            limit=limit,
        )


@router.get("/api/cases/{case_id}", openapi_extra=shows())
def get_case(request: Request, _person: CaseReader, case_id: UUID) -> CaseDetail:
    """A case with its steps."""
    with reading(request) as connection:
        row = case_entries.find_case(connection, case_id)
        return case_lists.case_detail(connection, row, today())


@router.get("/api/rooms/{room_id}/state", openapi_extra=shows())
def get_room_state(request: Request, _person: Viewer, room_id: UUID) -> RoomState:
    """What a room is: its open cases and its last completed visit."""
    services = services_of(request)
    services.projector.wait(LIST_WAIT_S)
    with reading(request) as connection:
        return case_lists.room_state(connection, room_id, today())


@router.get(
    "/api/cases/{case_id}/file",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
    openapi_extra=shows("bodies", "device_addresses", "device_names", "photographs"),
)
async def get_case_file(request: Request, person: CaseGiver, case_id: UUID, reason: Reason) -> Response:
    """The file of a found camera for the police, after 112 was called: a ZIP that `verify` checks.

    Addresses, radio records and sealed photographs are in it as far as a recorded request of the police asks for them.
    The process that makes the documents of a period makes it, and keeps it for nobody.
    """
    services = services_of(request)
    wanted = await run_in_threadpool(_file_of_case, services, person, case_id, reason)
    data = await services.exports.take(services.exports.submit(person.user_id, wanted))

    def note() -> None:
        with services.db.write() as connection:
            case = case_entries.find_case(connection, case_id)
            asked = asked_for(steps_of(connection, case.case_id, case.sweep_id))
            shown = tuple(dict.fromkeys(("bodies", *(what for one in asked for what in SHOWN[one]))))
            named = f"{case.case_id} sha256 {hashlib.sha256(data).hexdigest()}"
            access_log.note(connection, reader_of(request, person), "case.given", named, shown, reason)

    await run_in_threadpool(note)
    headers = {"Content-Disposition": f'attachment; filename="{wanted.file_name}"', "Cache-Control": "no-store"}
    return Response(data, media_type="application/zip", headers=headers)


def _file_of_case(services: Services, person: Person, case_id: UUID, reason: str) -> LogRequest:
    case_entries.catch_up_case(services.db, case_id)
    with services.db.read() as connection:
        case = case_entries.find_case(connection, case_id)
    case_entries.refuse_file(case)
    organisation = case.district_id or services.settings.tenant
    period = Period(from_ms(case.opened_ms).astimezone(KST).date(), datetime.now(UTC).astimezone(KST).date())
    return LogRequest(Format.ZIP, period, None, organisation, person.display_name, reason, case_id=case.case_id)


@router.post("/api/rooms/{room_id}/cases", status_code=201, openapi_extra=describe(CaseRequest) | shows())
def post_case(
    request: Request,
    person: Inspector,
    room_id: UUID,
    body: Annotated[CaseRequest, json_body(CaseRequest, words_for=needed)],
) -> CaseCreated:
    """Open a case that no finding opened: something strange, or a defect to be repaired."""
    services = services_of(request)
    with services.db.write() as connection:
        case_id = case_entries.open_case(connection, services.server_signer, person, room_id, body)
        return case_lists.case_created(connection, case_entries.find_case(connection, case_id), today())


@router.post("/api/cases/{case_id}/steps", status_code=201, openapi_extra=describe(StepRequest) | shows())
async def post_step(
    request: Request,
    person: CaseWorker,
    case_id: UUID,
    body: Annotated[StepRequest, json_body(StepRequest, words_for=needed)],
) -> CaseCreated:
    """Take the next step of a case; a wrong turn is answered with what has to come first."""
    services = services_of(request)
    created = await run_in_threadpool(_take_step, request, person, case_id, body)
    if created.case.sweep_id is not None:
        services.exchange.entry_read(created.case.sweep_id, CASE_STEP)
    return created


def _take_step(request: Request, person: Person, case_id: UUID, body: StepRequest) -> CaseCreated:
    services, second = services_of(request), None
    case_entries.catch_up_case(services.db, case_id)
    with services.db.read() as connection:
        case_entries.refuse_wrong_turn(connection, case_entries.find_case(connection, case_id), body)
    if body.second_person is not None:
        second = prove_second(request, person, body.second_person, about=str(case_id), roles=CASE_WORKERS)
    with services.db.write() as connection:
        if second is not None:
            refuse_foreign(connection, second.district_id, {"case_id": str(case_id)})
        case = case_entries.find_case(connection, case_id)
        case_entries.take_step(connection, services.server_signer, person, case, body, second)
        return case_lists.case_created(connection, case_entries.find_case(connection, case_id), today())
