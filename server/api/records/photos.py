"""Routes of photographs of objects: declare the room empty, send a sealed one, see that there are some, open one."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from server.api.access import INSPECTORS, CaseReader, EvidenceOfficer, Inspector, reader_of
from server.api.people.second_person import prove_second
from server.api.service.disk import refuse_when_full
from server.api.service.services import services_of
from server.cases.photographing import MAX_EDGE_PX, MAX_PER_CASE, PREVIEW_S
from server.districts.scope import refuse_foreign
from server.ingest import photo_declarations, photo_entries
from server.ingest.case_entries import catch_up_case, find_case
from server.interface.errors import invalid
from server.interface.photo_requests import (
    MAX_PHOTO_REQUEST_BYTES,
    OpenPhotoRequest,
    PhotoCheckRequest,
    PhotoDeclarationRequest,
    PhotoRequest,
)
from server.interface.request_body import describe, json_body
from server.interface.sealed_photos import MAX_SEALED_BYTES, too_large
from server.interface.views.photos import (
    PhotoCreated,
    PhotoDeclaration,
    PhotoList,
    PhotoView,
    SealedPhotoView,
)
from server.people import access_log, evidence_keys
from server.people.access_log import shows
from server.people.auth import Person
from server.projections.photo_rows import PHOTO_COLUMNS
from server.store.clock import from_ms, now_ms
from server.store.schema import photos
from server.store.stored_rows import StoredCase, StoredDeclaration, StoredPhoto
from sweep.phrases import Phrase

router = APIRouter(tags=["photographs"])


@router.get("/api/cases/{case_id}/photos", openapi_extra=shows())
def list_photos(request: Request, person: CaseReader, case_id: UUID) -> PhotoList:
    """The photographs of a case: that they are there, when and of what sort; and whether one may be taken now."""
    services = services_of(request)
    catch_up_case(services.db, case_id)
    with services.db.read() as connection:
        case = find_case(connection, case_id)
        statement = select(*PHOTO_COLUMNS).where(photos.c.case_id == case.case_id).order_by(photos.c.log_index)
        views = tuple(_view(row) for row in connection.execute(statement).all())
        declared = photo_declarations.living(connection, case.case_id, person)
        return PhotoList(
            photos=views,
            left=max(0, MAX_PER_CASE - len(views)),
            why_not=photo_entries.reason_against(connection, case),
            declaration=None if declared is None else _declaration(connection, case, declared, person),
        )


@router.post(
    "/api/cases/{case_id}/photo-declarations",
    status_code=201,
    openapi_extra=describe(PhotoDeclarationRequest) | shows(),
)
async def post_declaration(
    request: Request,
    person: Inspector,
    case_id: UUID,
    body: Annotated[PhotoDeclarationRequest, json_body(PhotoDeclarationRequest)],
) -> PhotoDeclaration:
    """Two persons declare the room empty and closed: for some minutes the page's camera may open, for the object."""
    return await run_in_threadpool(_declare, request, person, case_id, body)


@router.delete("/api/cases/{case_id}/photo-declarations", openapi_extra=shows())
def end_declarations(request: Request, person: Inspector, case_id: UUID) -> PhotoList:
    """Somebody came in: nothing may be photographed for this case until two persons declare it anew."""
    services = services_of(request)
    with services.db.write() as connection:
        case = find_case(connection, case_id)
        photo_declarations.end(connection, case.case_id, "person", actor=person.display_name)
    return list_photos(request, person, case_id)


@router.post("/api/cases/{case_id}/photos", status_code=201, openapi_extra=describe(PhotoRequest) | shows())
async def post_photo(
    request: Request,
    person: Inspector,
    case_id: UUID,
    body: Annotated[PhotoRequest, json_body(PhotoRequest, MAX_PHOTO_REQUEST_BYTES)],
) -> PhotoCreated:
    """Record a photograph that the phone sealed to the evidence officers; the same again is the same."""
    return await run_in_threadpool(_take, request, person, case_id, body)


@router.post("/api/photos/{photo_id}/open", openapi_extra=describe(OpenPhotoRequest) | shows("photographs"))
def open_photo(
    request: Request,
    person: EvidenceOfficer,
    photo_id: UUID,
    body: Annotated[OpenPhotoRequest, json_body(OpenPhotoRequest)],
) -> SealedPhotoView:
    """A sealed photograph for the officer's browser, for a reason: an entry and a line of the access log come first."""
    services = services_of(request)
    with services.db.write() as connection:
        photo = photo_entries.find(connection, photo_id)
        case = find_case(connection, photo.case_id)
        access_log.note(
            connection, reader_of(request, person), "photo.opened", str(photo_id), ("photographs",), body.reason
        )
        opened = photo_entries.open_one(connection, services.server_signer, person, photo, case, body)
    return SealedPhotoView(
        photo_id=photo_id,
        sealed=base64.b64encode(opened.sealed).decode(),
        plain_sha256=opened.head.plain_sha256,
        plain_size=opened.head.plain_size,
        log_index=opened.log_index,
        arrows=() if opened.told is None else opened.told.arrows,
        named=opened.named,
    )


@router.post("/api/photos/{photo_id}/checks", status_code=201, openapi_extra=describe(PhotoCheckRequest) | shows())
def post_check(
    request: Request,
    person: EvidenceOfficer,
    photo_id: UUID,
    body: Annotated[PhotoCheckRequest, json_body(PhotoCheckRequest)],
) -> PhotoView:
    """What the officer's browser found: does it open, is it the declared picture, and free of metadata?"""
    services = services_of(request)
    with services.db.write() as connection:
        photo = photo_entries.find(connection, photo_id)
        case = find_case(connection, photo.case_id)
        photo_entries.check(connection, services.server_signer, person, photo, case, body)
        return _view(photo_entries.find(connection, photo_id))


def _declare(request: Request, person: Person, case_id: UUID, body: PhotoDeclarationRequest) -> PhotoDeclaration:
    services = services_of(request)
    with services.db.read() as connection:
        photo_entries.refuse_unless_possible(connection, find_case(connection, case_id))
    second = prove_second(request, person, body.second_person, about=str(case_id), roles=INSPECTORS)
    with services.db.write() as connection:
        refuse_foreign(connection, second.district_id, {"case_id": str(case_id)})
        case = find_case(connection, case_id)
        photo_entries.refuse_unless_possible(connection, case)
        declared = photo_declarations.declare(connection, person, second, case.case_id)
        return _declaration(connection, case, declared, person)


def _take(request: Request, person: Person, case_id: UUID, body: PhotoRequest) -> PhotoCreated:
    services = services_of(request)
    refuse_when_full(services.settings)
    sealed = _decoded(body.sealed)
    catch_up_case(services.db, case_id)
    with services.db.write() as connection:
        case = find_case(connection, case_id)
        row = photo_entries.take(connection, services.server_signer, person, case, body, sealed)
        left = photo_entries.left_of(connection, row.declaration_id)
    if case.sweep_id is not None:
        services.exchange.entry_read(case.sweep_id, "photo.taken")
    return PhotoCreated(photo=_view(row), left=left)


def _decoded(text: str) -> bytes:
    try:
        sealed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(Phrase("sealed_not_base64"), code="photo_not_sealed") from None
    if len(sealed) > MAX_SEALED_BYTES:
        raise too_large()
    return sealed


def _declaration(
    connection: Connection, case: StoredCase, declared: StoredDeclaration, person: Person
) -> PhotoDeclaration:
    keys = evidence_keys.live(connection, case.district_id, declared.declared_ms)
    return PhotoDeclaration(
        declaration_id=declared.declaration_id,
        declared_by=(declared.first_name, declared.second_name),
        remaining_s=max(0, (declared.ends_ms - now_ms()) // 1000),
        left=photo_entries.left_of(connection, declared.declaration_id),
        recipients=tuple(evidence_keys.key_view(key, person) for key in keys),
        max_edge_px=MAX_EDGE_PX,
        preview_s=PREVIEW_S,
    )


def _view(row: StoredPhoto) -> PhotoView:
    return PhotoView(
        photo_id=row.photo_id,
        taken=from_ms(row.taken_ms),
        shows=row.shows,
        person=row.person,
        commitment=row.commitment,
        state="deleted" if row.is_deleted else "kept",
        opened=row.opened,
        is_doubted=row.is_doubted,
        log_index=row.log_index,
    )
