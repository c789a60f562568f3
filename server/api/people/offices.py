"""Routes of an office's documents: how they look, and by what names people stand on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import AccountKeeper, LogReader, UsernamePath, reader_of
from server.api.service.services import Services, services_of
from server.districts import office
from server.interface.fields import DistrictId
from server.interface.office_requests import DocumentNameRequest, OfficeRequest
from server.interface.request_body import describe, json_body
from server.interface.views.answer import Ok
from server.interface.views.offices import NamedPeople, OfficeView
from server.people import access_log, document_names
from server.people.access_log import shows
from server.people.auth import Person
from server.store.erasure import destroy_dead_keys

router = APIRouter(tags=["offices"])
Asked = Annotated[DistrictId | None, Query()]
"""Another district's than one's own, for people of the whole city."""


@router.get("/api/office", openapi_extra=shows())
def get_office(request: Request, person: LogReader, district: Asked = None) -> OfficeView:
    """How the documents of one's own office look; who sees all may ask for another."""
    services = services_of(request)
    with services.db.read() as connection:
        return office.office_view(connection, _of(services, person, district))


@router.put("/api/office", openapi_extra=describe(OfficeRequest) | shows())
def put_office(
    request: Request,
    person: AccountKeeper,
    body: Annotated[OfficeRequest, json_body(OfficeRequest)],
    district: Asked = None,
) -> OfficeView:
    """Have them look otherwise: approval boxes, the word before a number, names or pseudonyms."""
    services = services_of(request)
    with services.db.write() as connection:
        where = _of(services, person, district)
        return office.change_office(connection, where, body, actor=person.display_name)


@router.get("/api/office/names", openapi_extra=shows("person_names"))
def list_names(request: Request, person: AccountKeeper, district: Asked = None) -> NamedPeople:
    """Who stands on documents by what name; written down."""
    services = services_of(request)
    with services.db.write() as connection:
        where = _of(services, person, district)
        access_log.note(connection, reader_of(request, person), "names.viewed", where, ("person_names",))
        return document_names.named_people(connection, where)


@router.put("/api/users/{username}/document-name", openapi_extra=describe(DocumentNameRequest) | shows())
def put_name(
    request: Request,
    person: AccountKeeper,
    username: UsernamePath,
    body: Annotated[DocumentNameRequest, json_body(DocumentNameRequest)],
) -> Ok:
    """By what name somebody stands on documents, beside the pseudonym."""
    services = services_of(request)
    with services.db.write() as connection:
        had_one = document_names.set_name(connection, username, body.name, actor=person.display_name)
    if had_one:
        destroy_dead_keys(services.db)
    return Ok()


@router.delete("/api/users/{username}/document-name", openapi_extra=shows())
def delete_name(request: Request, person: AccountKeeper, username: UsernamePath) -> Ok:
    """Erase that name: its key is gone before this is answered, and documents that were being made begin anew."""
    services = services_of(request)
    with services.db.write() as connection:
        document_names.erase_name(connection, username, actor=person.display_name)
    destroy_dead_keys(services.db)
    return Ok()


def _of(services: Services, person: Person, asked: str | None) -> str:
    return person.district_id or asked or services.settings.tenant
