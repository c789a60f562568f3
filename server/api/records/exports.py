"""Routes of exports: documents are made by a queue; who asks, who downloads and why is written down.

The inspection log can be had in one request, which waits for its document, or as a job to come back to.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from server.api.access import (
    AS_DOCUMENT,
    NAME_READERS,
    PLANNERS,
    KeyReader,
    LogReader,
    LogWriter,
    OwnDocuments,
    reader_of,
)
from server.api.service.services import Services, services_of
from server.districts.document_register import issue
from server.districts.office import office_of
from server.districts.scope import refuse_foreign
from server.exports.gathering.inspection_log import refuse_english, refuse_narrow, today
from server.exports.gathering.log_parts import sized
from server.exports.gathering.log_request import LogRequest
from server.exports.jobs.export_job import ExportJob
from server.exports.jobs.export_queue import ExportQueue
from server.interface.errors import ApiError, invalid
from server.interface.export_requests import ExportRequest
from server.interface.fields import Reason
from server.interface.formats import Format
from server.interface.request_body import describe, json_body
from server.interface.views.answer import Ok
from server.interface.views.documents import ExportJobList, ExportJobView, ExportSize
from server.people import access_log
from server.people.access_log import Action, Shown, shows
from server.people.auth import Person
from server.projections.log_records import ExportError, Period
from sweep.phrases import Language, Phrase

router = APIRouter(tags=["exports"])

DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {one.about.media_type.split(";")[0]: {} for one in Format}}
}


@router.get(
    "/api/exports/inspection-log",
    dependencies=[AS_DOCUMENT],
    response_class=Response,
    responses=DOCUMENT,
    openapi_extra=shows("inspection_log", "person_names"),
)
async def export_log(
    request: Request,
    person: LogReader,
    reason: Reason,
    format_: Annotated[Format, Query(alias="format")] = Format.CSV,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    room_id: UUID | None = None,
    sweep_id: UUID | None = None,
    language: Language = "ko",
    *,
    with_sheets: bool = False,
) -> Response:
    """The log of a period (Korean days, both included), or of one sweep alone.

    Without days that of the last whole calendar month; else from the first of the month of `to`, or until today.
    A PDF of a period is a summary; `with_sheets` adds the form of each sweep and what the equipment says.
    `language=en` is for tables: CSV, XLSX, JSON.
    """
    services = services_of(request)
    day = today().date()
    last_day = last or (Period.last_month(day).last if first is None and sweep_id is None else day)
    first_day = first or last_day.replace(day=1)
    wanted = _wanted(
        services, person, format_, first_day, last_day, room_id, reason, sweep_id, language, with_sheets=with_sheets
    )
    wanted = (await run_in_threadpool(_sized, services, wanted))[0]
    wanted = await _issued(request, person, "log.exported", wanted)
    job = services.exports.submit(person.user_id, wanted)
    await services.exports.wait(job)
    return await _document(services.exports, job)


@router.post(
    "/api/exports",
    dependencies=[AS_DOCUMENT],
    status_code=202,
    openapi_extra=describe(ExportRequest) | shows(),
)
async def post_export(
    request: Request, person: LogWriter, body: Annotated[ExportRequest, json_body(ExportRequest)]
) -> ExportJobView:
    """Ask for a document; look at it with GET until it is ready."""
    services = services_of(request)
    named = {name: str(value) for name in ("room_id", "sweep_id") if (value := getattr(body, name)) is not None}
    if named:
        await run_in_threadpool(_refuse_foreign, services, person, named)
    wanted = _wanted(
        services,
        person,
        body.format,
        body.period_first,
        body.period_last,
        body.room_id,
        body.reason,
        body.sweep_id,
        body.language,
        with_sheets=body.with_sheets,
    )
    if body.is_redacted:
        wanted = _redacted(wanted, person)
    wanted = (await run_in_threadpool(_sized, services, wanted))[0]
    wanted = await _issued(request, person, "log.asked", wanted)
    job = services.exports.submit(person.user_id, wanted)
    await services.exports.tell()
    return _view(services.exports, job)


@router.get("/api/exports/size", dependencies=[AS_DOCUMENT], openapi_extra=shows())
async def get_export_size(
    request: Request,
    person: LogWriter,
    format_: Annotated[Format, Query(alias="format")],
    first: Annotated[date, Query(alias="from")],
    last: Annotated[date, Query(alias="to")],
    room_id: UUID | None = None,
    *,
    with_sheets: bool = False,
) -> ExportSize:
    """How large the log of a period is, before anybody asks for it: sweeps, and how many documents hold them."""
    services = services_of(request)
    wanted = _wanted(services, person, format_, first, last, room_id, "", None, with_sheets=with_sheets)
    _, count, parts = await run_in_threadpool(_sized, services, wanted)
    return ExportSize(sweeps=count, parts=parts)


@router.get("/api/exports", openapi_extra=shows())
async def list_exports(request: Request, person: OwnDocuments) -> ExportJobList:
    """One's own documents of the last hour, newest first."""
    queue = services_of(request).exports
    return ExportJobList(exports=tuple(_view(queue, job) for job in await queue.all_of(person.user_id)))


@router.get(
    "/api/exports/access-log",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}},
    openapi_extra=shows("access_log"),
)
async def export_access_log(
    request: Request,
    person: KeyReader,
    month: Annotated[str, Query(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$")],
    reason: Reason,
) -> Response:
    """Who looked at what in a month of Korean time, for the monthly review, as CSV."""
    services = services_of(request)
    await _note(request, person, "access_log.exported", month, reason, ("access_log",))

    def write() -> bytes:
        with services.db.read() as connection:
            return b"".join(access_log.review_lines(connection, month))

    name = f"access-log_{month}.csv"
    return Response(
        await run_in_threadpool(write),
        media_type=Format.CSV.about.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/api/exports/{job_id}", openapi_extra=shows())
async def get_export(request: Request, person: OwnDocuments, job_id: UUID) -> ExportJobView:
    """How far one of one's own documents is."""
    queue = services_of(request).exports
    return _view(queue, await queue.find(person.user_id, job_id))


@router.get(
    "/api/exports/{job_id}/file",
    response_class=Response,
    responses=DOCUMENT,
    openapi_extra=shows("inspection_log", "person_names"),
)
async def get_export_file(request: Request, person: OwnDocuments, job_id: UUID) -> Response:
    """The document; each download is written down with the reason that was given for it."""
    queue = services_of(request).exports
    job = await queue.find(person.user_id, job_id)
    if not job.is_over:
        raise ApiError(409, Phrase("export_not_ready"))
    if job.state == "ready":
        await _note(request, person, "log.downloaded", job.wanted.file_name, job.wanted.reason, job.wanted.shown)
    return await _document(queue, job)


@router.delete("/api/exports/{job_id}", openapi_extra=shows())
async def delete_export(request: Request, person: OwnDocuments, job_id: UUID) -> Ok:
    """Forget a document; one that is being made is not made any further."""
    queue = services_of(request).exports
    await queue.forget(await queue.find(person.user_id, job_id))
    return Ok()


def _refuse_foreign(services: Services, person: Person, named: dict[str, str]) -> None:
    with services.db.read() as connection:
        refuse_foreign(connection, person.district_id, named)


def _sized(services: Services, wanted: LogRequest) -> tuple[LogRequest, int, int]:
    """The same in parts where it has to be, how many sweeps and parts; ApiError 400 for more than are made."""
    with services.db.read() as connection:
        try:
            return sized(connection, wanted)
        except ExportError as error:
            raise invalid(error, code="export_refused") from None


def _wanted(
    services: Services,
    person: Person,
    format_: Format,
    first: date,
    last: date,
    room_id: UUID | None,
    reason: str,
    sweep_id: UUID | None,
    language: Language = "ko",
    *,
    with_sheets: bool,
) -> LogRequest:
    organisation = person.district_id or services.settings.tenant
    try:
        wanted = LogRequest(
            format_,
            Period(first, last),
            room_id,
            organisation,
            person.display_name,
            reason,
            person.district_id,
            sweep_id,
            with_sheets,
            may_name=person.role in NAME_READERS,
            language=language,
        )
        refuse_english(wanted)
    except ExportError as error:
        raise invalid(error, code="export_refused") from None
    return wanted


def _redacted(wanted: LogRequest, person: Person) -> LogRequest:
    """The same as a copy for information disclosure; ApiError 403 for who does not give such out, 400 of one place."""
    if person.role not in PLANNERS:
        raise ApiError(403, Phrase("role_needed", roles=" or ".join(sorted(PLANNERS))), code="not_allowed")
    redacted = replace(wanted, is_redacted=True, with_sheets=False, may_name=False)
    try:
        refuse_narrow(redacted)
    except ExportError as error:
        raise invalid(error, code="export_refused") from None
    return redacted


async def _document(queue: ExportQueue, job: ExportJob) -> Response:
    if job.failure is not None:
        raise job.failure
    media_type, name = job.wanted.ending.about.media_type, job.wanted.file_name
    if job.heard is None:
        return FileResponse(job.path, media_type=media_type, filename=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(job.size)}
    return StreamingResponse(await queue.pieces(job), media_type=media_type, headers=headers)


def _view(queue: ExportQueue, job: ExportJob) -> ExportJobView:
    return ExportJobView(
        job_id=job.job_id,
        state=job.state,
        percent=job.percent,
        parts=job.parts,
        parts_done=job.parts_done,
        left_s=queue.left_s(job),
        ahead=queue.ahead_of(job),
        format=job.wanted.format,
        period_first=job.wanted.period.first,
        period_last=job.wanted.period.last,
        room_id=job.wanted.room_id,
        sweep_id=job.wanted.sweep_id,
        language=job.wanted.language,
        file_name=job.wanted.file_name,
        size=job.size,
        failure=job.failure.body if job.failure is not None else None,
        asked=job.asked,
    )


async def _note(
    request: Request, person: Person, action: Action, object_id: str, reason: str, shown: tuple[Shown, ...]
) -> None:
    """Write down before anything is given that somebody asked."""
    services, reader = services_of(request), reader_of(request, person)

    def write() -> None:
        with services.db.write() as connection:
            access_log.note(connection, reader, action, object_id, shown, reason)

    await run_in_threadpool(write)


async def _issued(request: Request, person: Person, action: Action, wanted: LogRequest) -> LogRequest:
    """The same with the number of a new document, before anything of it is made; the access is written down with it."""
    services, reader = services_of(request), reader_of(request, person)

    def write() -> LogRequest:
        with services.db.write() as connection:
            office = office_of(connection, wanted.organisation)
            settled = replace(wanted, may_name=wanted.may_name and office.shows_names)
            access_log.note(connection, reader, action, wanted.file_name, settled.shown, wanted.reason)
            document_no = issue(
                connection,
                wanted.organisation,
                "redacted_copy" if wanted.is_redacted else "inspection_log",
                wanted.file_name,
                today=today().date(),
                made_by=person.display_name,
                reason=wanted.reason,
            )
            return replace(settled, document_no=document_no)

    return await run_in_threadpool(write)
