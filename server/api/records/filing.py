"""Routes of what an office keeps about its documents: which there are, what was given away, and handovers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import AS_DOCUMENT, NAME_READERS, AccountKeeper, FilingReader, Planner, reader_of
from server.api.service.services import Services, services_of
from server.districts.document_register import documents_of, issue
from server.districts.office import office_of
from server.districts.scope import refuse_foreign
from server.exports.gathering.inspection_log import printing_of
from server.exports.gathering.office_records import handover_paper, provision_paper
from server.exports.logs.office_paper import OfficePaper, paper_hwpx, paper_pdf
from server.interface.fields import DistrictId, Reason
from server.interface.formats import Format
from server.interface.office_requests import HandoverRequest, ProvisionRequest
from server.interface.request_body import describe, json_body
from server.interface.views.answer import Ok
from server.interface.views.offices import Handovers, IssuedDocuments, Provisions
from server.people import access_log, provisions
from server.people.access_log import shows
from server.people.auth import Person
from server.places import handover
from server.server_keys.root import sign_waiting
from server.store.clock import from_ms, today

router = APIRouter(tags=["offices"])
Asked = Annotated[DistrictId | None, Query()]
"""Another district's than one's own, for people of the whole city."""
Year = Annotated[int, Query(ge=2000, le=2200)]
Paper = Annotated[Literal["pdf", "hwpx"], Query(alias="format")]
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {one.about.media_type: {} for one in (Format.PDF, Format.HWPX)}}
}


@router.get("/api/documents", openapi_extra=shows())
def list_documents(
    request: Request,
    person: FilingReader,
    district: Asked = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> IssuedDocuments:
    """The register of documents that were made, the newest first."""
    services = services_of(request)
    with services.db.read() as connection:
        return documents_of(connection, _of(services, person, district), limit)


@router.get("/api/provisions", openapi_extra=shows())
def list_provisions(request: Request, person: FilingReader, year: Year, district: Asked = None) -> Provisions:
    """What was given to other agencies and persons in a year."""
    services = services_of(request)
    with services.db.read() as connection:
        return provisions.register_of(connection, _of(services, person, district), year)


@router.post("/api/provisions", status_code=201, openapi_extra=describe(ProvisionRequest) | shows())
def post_provision(
    request: Request,
    person: Planner,
    body: Annotated[ProvisionRequest, json_body(ProvisionRequest)],
    district: Asked = None,
) -> Provisions:
    """Write down that something was given away."""
    services = services_of(request)
    with services.db.write() as connection:
        where = _of(services, person, district)
        provisions.write_down(connection, where, body, today=today(), actor=person.display_name)
        return provisions.register_of(connection, where, body.day.year)


@router.delete("/api/provisions/{provision_id}", openapi_extra=shows())
def delete_provision(request: Request, person: Planner, provision_id: UUID, district: Asked = None) -> Ok:
    """Say that a line was written down wrongly: it stays, marked."""
    services = services_of(request)
    with services.db.write() as connection:
        where = _of(services, person, district)
        provisions.withdraw(connection, where, provision_id, actor=person.display_name)
    return Ok()


@router.get(
    "/api/exports/provisions",
    dependencies=[AS_DOCUMENT],
    response_class=Response,
    responses=DOCUMENT,
    openapi_extra=shows(),
)
def export_provisions(
    request: Request,
    person: FilingReader,
    reason: Reason,
    year: Year,
    format_: Paper = "pdf",
    district: Asked = None,
) -> Response:
    """The register of a year as a document, under a number of its own."""
    services, name, made = services_of(request), f"provisions_{year}.{format_}", datetime.now(UTC)
    with services.db.write() as connection:
        where = _of(services, person, district)
        access_log.note(connection, reader_of(request, person), "provisions.exported", name, (), reason)
        document_no = issue(
            connection,
            where,
            "provision_register",
            name,
            today=today(),
            made_by=person.display_name,
            reason=reason,
        )
        found = provisions.register_of(connection, where, year).provisions
        printing = printing_of(connection, where, person.display_name, document_no=document_no)
    return _document(provision_paper(found, year, made, replace(printing, reason=reason)), format_, name)


@router.get("/api/handovers", openapi_extra=shows())
def list_handovers(request: Request, person: FilingReader) -> Handovers:
    """Who left their office to whom."""
    with services_of(request).db.read() as connection:
        return handover.handovers_of(connection, person.district_id)


@router.post("/api/handovers", status_code=201, openapi_extra=describe(HandoverRequest) | shows())
async def post_handover(
    request: Request, person: AccountKeeper, body: Annotated[HandoverRequest, json_body(HandoverRequest)]
) -> Handovers:
    """Hand everything over that somebody holds, in one act; their account is switched off with it if they leave."""
    services = services_of(request)

    def act() -> Handovers:
        with services.db.write() as connection:
            for username in (body.from_username, body.to_username):
                refuse_foreign(connection, person.district_id, {"username": username})
            handover.hand_over(connection, person, body, today=today())
            sign_waiting(connection, services.server_signer)
            return handover.handovers_of(connection, person.district_id)

    found = await run_in_threadpool(act)
    await services.end_dead_streams()
    return found


@router.get(
    "/api/handovers/{handover_id}/document",
    response_class=Response,
    responses=DOCUMENT,
    openapi_extra=shows("person_names"),
)
def get_handover_document(
    request: Request, person: AccountKeeper, handover_id: UUID, reason: Reason, format_: Paper = "pdf"
) -> Response:
    """The document of a handover, to be signed by three; written down."""
    services = services_of(request)
    with services.db.write() as connection:
        row, told = handover.handover_row(connection, handover_id, person.district_id)
        may_name = person.role in NAME_READERS and office_of(connection, row.district_id).shows_names
        shown: tuple[access_log.Shown, ...] = ("person_names",) if may_name else ()
        access_log.note(connection, reader_of(request, person), "handover.printed", str(handover_id), shown, reason)
        printing = printing_of(
            connection, row.district_id, person.display_name, document_no=row.document_no, may_name=may_name
        )
        accounts = (row.from_account, row.to_account)
        paper = handover_paper(connection, told, accounts, row.reason, from_ms(row.made_ms), printing)
    return _document(paper, format_, f"handover_{handover_id}.{format_}")


def _document(paper: OfficePaper, format_: Literal["pdf", "hwpx"], name: str) -> Response:
    data = paper_pdf(paper) if format_ == "pdf" else paper_hwpx(paper)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(data, media_type=Format(format_).about.media_type, headers=headers)


def _of(services: Services, person: Person, asked: str | None) -> str:
    return person.district_id or asked or services.settings.tenant
