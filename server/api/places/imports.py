"""Routes of imports: a list is looked at, previewed, confirmed; its questions are answered; it is undone as a whole."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from server.api.access import CityOffice, ImportKeeper
from server.api.service.services import services_of
from server.imports import importing, looking, questions
from server.imports.reading import answers
from server.imports.reading.grid import MAX_FILE_BYTES
from server.imports.rows import outlines
from server.imports.rows.rows import Given
from server.interface.fields import Line
from server.interface.place_requests import ColumnAnswersRequest, ImportAnswerRequest
from server.interface.request_body import describe, json_body, read_body
from server.interface.views.answer import Ok
from server.interface.views.imports import (
    ColumnAnswers,
    ImportKind,
    ImportList,
    ImportLook,
    ImportOutcome,
    ImportRowList,
    ImportView,
)
from server.people.access_log import shows
from server.server_keys.root import sign_waiting

router = APIRouter(tags=["imports"])
Sheet = Annotated[str, Query(min_length=1, max_length=100)]
ANY_LIST = "application/octet-stream"
LineNumber = Annotated[int, Path(ge=-1_000_000, le=1_000_000)]


def _raw_body(max_bytes: int) -> Any:
    async def read(request: Request) -> bytes:
        return await read_body(request, max_bytes)

    return Depends(read)


def _raw(media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}


@router.post("/api/imports/look", openapi_extra=_raw(ANY_LIST) | shows())
def post_look(
    request: Request,
    person: ImportKeeper,
    file_name: Line,
    data: Annotated[bytes, _raw_body(MAX_FILE_BYTES)],
    kind: ImportKind | None = None,
    sheet: Sheet | None = None,
) -> ImportLook:
    """Look at a list, CSV or a workbook: what its columns are taken for. Nothing is kept; what is personal is cut."""
    given = Given(sheet=sheet, kind=kind, district_id=person.district_id, person=person)
    with services_of(request).db.read() as connection:
        known = answers.answers_of(connection, person.district_id)
        found = looking.look(data, file_name, sheet, kind, known, person.role)
        return looking.with_phrases(connection, found, data, given)


@router.get("/api/imports/columns", openapi_extra=shows())
def list_columns(request: Request, person: ImportKeeper) -> ColumnAnswers:
    """What one's district said that columns of its lists are."""
    with services_of(request).db.read() as connection:
        return answers.list_answers(connection, person.district_id)


@router.put("/api/imports/columns", openapi_extra=describe(ColumnAnswersRequest) | shows())
def put_columns(
    request: Request, person: ImportKeeper, body: Annotated[ColumnAnswersRequest, json_body(ColumnAnswersRequest)]
) -> ColumnAnswers:
    """Say what columns are and what phrases say; remembered for the district's next lists of this kind."""
    fields = {one.heading: one.field for one in body.columns}
    said = {(one.rule, one.phrase): one.answer for one in body.phrases}
    with services_of(request).db.write() as connection:
        answers.remember(connection, person.district_id, body.kind, fields, actor=person.display_name, said=said)
        return answers.list_answers(connection, person.district_id)


@router.delete("/api/imports/columns/{answer_id}", openapi_extra=shows())
def delete_column(request: Request, person: ImportKeeper, answer_id: UUID) -> ColumnAnswers:
    """Forget what a column was said to be."""
    with services_of(request).db.write() as connection:
        answers.forget(connection, person.district_id, answer_id, actor=person.display_name)
        return answers.list_answers(connection, person.district_id)


@router.post("/api/imports", status_code=201, openapi_extra=_raw(ANY_LIST) | shows())
def post_import(
    request: Request,
    person: ImportKeeper,
    file_name: Line,
    data: Annotated[bytes, _raw_body(MAX_FILE_BYTES)],
    kind: ImportKind | None = None,
    sheet: Sheet | None = None,
) -> ImportView:
    """Preview a list: every row with what it would become; nothing changes. 409 while a column waits for an answer."""
    db = services_of(request).db
    given = Given(sheet=sheet, kind=kind, district_id=person.district_id, person=person)
    import_id = importing.preview(db, data, file_name, actor=person.display_name, given=given)
    with db.read() as connection:
        return questions.import_view(connection, import_id)


@router.get("/api/imports", openapi_extra=shows())
def list_imports(request: Request, person: ImportKeeper) -> ImportList:
    """The newest imports of one's district, or all."""
    with services_of(request).db.read() as connection:
        return questions.list_imports(connection, person.district_id, person.role)


@router.get("/api/imports/{import_id}", openapi_extra=shows())
def get_import(request: Request, person: ImportKeeper, import_id: UUID) -> ImportView:
    """One import with its counts and reasons."""
    with services_of(request).db.read() as connection:
        questions.refuse_kind(connection, import_id, person.role)
        return questions.import_view(connection, import_id)


@router.get("/api/imports/{import_id}/rows", openapi_extra=shows())
def list_import_rows(
    request: Request,
    person: ImportKeeper,
    import_id: UUID,
    outcome: ImportOutcome | None = None,
    is_open: bool = False,
    after: Annotated[int | None, Query(ge=-1_000_000, le=1_000_000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ImportRowList:
    """A page of its rows; with `is_open` only the questions that wait for an answer."""
    with services_of(request).db.read() as connection:
        questions.refuse_kind(connection, import_id, person.role)
        return questions.import_row_page(
            connection, import_id, outcome=outcome, is_open=is_open, after=after, limit=limit
        )


@router.post("/api/imports/{import_id}/confirm", openapi_extra=shows())
def post_confirm(request: Request, person: ImportKeeper, import_id: UUID) -> ImportView:
    """Do what the preview shows; asked again, it finishes what was cut off."""
    services = services_of(request)
    with services.db.read() as connection:
        questions.refuse_kind(connection, import_id, person.role)
    importing.confirm(services.db, import_id, actor=person.display_name, person=person, signer=services.server_signer)
    with services.db.write() as connection:
        sign_waiting(connection, services.server_signer)
        return questions.import_view(connection, import_id)


@router.post("/api/imports/{import_id}/undo", openapi_extra=shows())
def post_undo(request: Request, person: ImportKeeper, import_id: UUID) -> ImportView:
    """Let everything be as before the import; what is in use by now stays, with a reason."""
    services = services_of(request)
    with services.db.read() as connection:
        questions.refuse_kind(connection, import_id, person.role)
    importing.undo(services.db, import_id, actor=person.display_name, person=person, signer=services.server_signer)
    with services.db.write() as connection:
        sign_waiting(connection, services.server_signer)
        return questions.import_view(connection, import_id)


@router.post("/api/imports/{import_id}/rows/{line}/answer", openapi_extra=describe(ImportAnswerRequest) | shows())
def post_answer(
    request: Request,
    person: ImportKeeper,
    import_id: UUID,
    line: LineNumber,
    body: Annotated[ImportAnswerRequest, json_body(ImportAnswerRequest)],
) -> Ok:
    """Answer the question of a row."""
    services = services_of(request)
    with services.db.write() as connection:
        questions.refuse_kind(connection, import_id, person.role)
        questions.answer(
            connection,
            import_id,
            line,
            body.answer,
            actor=person.display_name,
            room_ids=body.room_ids,
            person=person,
            signer=services.server_signer,
        )
        sign_waiting(connection, services.server_signer)
    return Ok()


@router.put("/api/outlines", openapi_extra=_raw("application/geo+json") | shows())
def put_outlines(
    request: Request, person: CityOffice, data: Annotated[bytes, _raw_body(outlines.MAX_OUTLINES_BYTES)]
) -> Ok:
    """Keep the outlines of districts, against which coordinates of files are held."""
    found = outlines.read_outlines(data)
    with services_of(request).db.write() as connection:
        outlines.store_outlines(connection, found, actor=person.display_name)
    return Ok()
