"""Routes of stickers: what anybody sees of a room, reports of the public, and what inspectors do with both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from server.api.access import AS_LIST, OPEN, OptionalSession, PlanKeeper, Planner, client_address
from server.api.service.services import Services, services_of
from server.districts.scope import is_owned
from server.exports.sheets.sticker_sheet import sticker_sheet
from server.ingest import case_entries
from server.interface.errors import ApiError, not_found
from server.interface.fields import FACILITY_ROLES, StickerCode
from server.interface.public_page_requests import CloseReportRequest, ReportCaseRequest, StickerSheetRequest
from server.interface.request_body import describe, json_body, read_body
from server.interface.views.answer import Ok
from server.interface.views.cases import CaseCreated
from server.interface.views.public_page import PublicReportList, StickerRoom, StickerView
from server.people.access_log import shows
from server.people.sessions import Session
from server.places import case_lists
from server.public_page import page, reports, stickers
from server.store.clock import today
from sweep.phrases import Phrase

router = APIRouter(tags=["public page"])
MAX_FORM_BYTES = 8 * 1024  # derived: 500 Korean letters, percent-encoded, are 4,500 bytes
THANKS = (
    "알려 주셔서 고맙습니다. 점검자 두 사람이 살펴봅니다.",
    "Thank you. Two inspectors will have a look.",
)
STYLE_CACHE = {"Cache-Control": "public, max-age=3600"}
NOT_KEPT = {"Cache-Control": "no-store"}


@router.get("/r/style.css", include_in_schema=False, dependencies=[OPEN])
async def get_style() -> Response:
    """How the public page looks."""
    return Response(page.STYLE, media_type="text/css", headers=STYLE_CACHE)


@router.get("/r/{code}", include_in_schema=False, dependencies=[OPEN])
def get_room_page(request: Request, code: str, session: OptionalSession) -> Response:
    """When a room was last checked, and by whom; inspectors and the room's own cleaners are led to the room itself."""
    services = services_of(request)
    try:
        with services.db.read() as connection:
            room = stickers.room_of(connection, code)
            if _may_open(session, room.district_id):
                return RedirectResponse(f"/#/rooms/{room.room_id}", status_code=303, headers=NOT_KEPT)
            if (
                session is not None
                and session.person.role == "cleaner"
                and is_owned(connection, session.person.user_id, room.room_id)
            ):
                return RedirectResponse(f"/#/own/{room.room_id}", status_code=303, headers=NOT_KEPT)
            last = page.last_visit(connection, room.room_id)
    except ApiError as refused:
        return _refusal(refused)
    return HTMLResponse(page.room_page(room, last, services.public_page, code, None), headers=NOT_KEPT)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; empty for anything else."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return {}
    body = await read_body(request, MAX_FORM_BYTES)
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=10, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


@router.post("/r/{code}", include_in_schema=False, dependencies=[OPEN])
def post_report(request: Request, code: str, form: Annotated[dict[str, str], Depends(_form)]) -> Response:
    """Take a report of the public; the answer never says what else is known."""
    services = services_of(request)
    try:
        with services.db.read() as connection:
            room = stickers.room_of(connection, code)
            last = page.last_visit(connection, room.room_id)
        what, text = reports.read_report(form)
        services.report_limits.enter(client_address(request), room.room_id)
        with services.db.write() as connection:
            reports.take_report(connection, room.room_id, what, text)
    except ApiError as refused:
        return _refusal(refused)
    return HTMLResponse(page.room_page(room, last, services.public_page, code, THANKS), headers=NOT_KEPT)


@router.get("/api/stickers/{code}", openapi_extra=shows())
def get_sticker(request: Request, person: PlanKeeper, code: StickerCode) -> StickerRoom:
    """The room that a sticker opens."""
    with services_of(request).db.read() as connection:
        room = stickers.room_of(connection, code)
    if person.district_id is not None and room.district_id != person.district_id:
        raise not_found(Phrase("sticker_not_found"))
    return StickerRoom(room_id=room.room_id)


@router.post("/api/rooms/{room_id}/sticker", status_code=201, openapi_extra=shows())
def post_sticker(request: Request, person: Planner, room_id: UUID) -> StickerView:
    """A new sticker for a room; the old one opens nothing any more."""
    services = services_of(request)
    with services.db.write() as connection:
        code = stickers.replace_sticker(connection, room_id, actor=person.display_name)
    return StickerView(code=code, url=_url(services, code))


@router.post(
    "/api/facilities/{facility_id}/stickers",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
    openapi_extra=shows(),
)
def post_sticker_sheet(request: Request, person: Planner, facility_id: UUID) -> Response:
    """Stickers of all rooms of a facility as a sheet to print; rooms without one get one."""
    services = services_of(request)
    _url(services, "")
    with services.db.write() as connection:
        found = stickers.stickers_of(connection, facility_id, actor=person.display_name)
    return _printed(services, found)


@router.post(
    "/api/stickers/sheet",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
    openapi_extra=describe(StickerSheetRequest) | shows(),
)
def post_chosen_stickers(
    request: Request, person: Planner, body: Annotated[StickerSheetRequest, json_body(StickerSheetRequest)]
) -> Response:
    """Stickers of chosen rooms as one sheet to print; rooms without one get one, or all of them a new one."""
    services = services_of(request)
    _url(services, "")
    with services.db.write() as connection:
        found = stickers.stickers_for(
            connection, body.room_ids, person.district_id, is_new=body.is_new, actor=person.display_name
        )
    return _printed(services, found)


@router.get("/api/public-reports", dependencies=[AS_LIST], openapi_extra=shows())
def list_reports(request: Request, person: PlanKeeper) -> PublicReportList:
    """What the public wrote and nobody closed: candidates to be looked at."""
    with services_of(request).db.read() as connection:
        return reports.open_reports(connection, person.district_id)


@router.post(
    "/api/public-reports/{report_id}/case", status_code=201, openapi_extra=describe(ReportCaseRequest) | shows()
)
def post_report_case(
    request: Request,
    person: PlanKeeper,
    report_id: UUID,
    body: Annotated[ReportCaseRequest, json_body(ReportCaseRequest)],
) -> CaseCreated:
    """Open a case for a report, in one's own words: a stranger's text never gets into the log."""
    services = services_of(request)
    with services.db.write() as connection:
        report = reports.waiting_report(connection, report_id, person.district_id)
        case_id = case_entries.take_public_report(connection, services.server_signer, person, report.room_id, body.what)
        reports.close_report(
            connection,
            report_id,
            "case_opened",
            str(case_id),
            actor=person.display_name,
            district_id=person.district_id,
        )
        return case_lists.case_created(connection, case_entries.find_case(connection, case_id), today())


@router.post("/api/public-reports/{report_id}/close", openapi_extra=describe(CloseReportRequest) | shows())
def post_close(
    request: Request,
    person: PlanKeeper,
    report_id: UUID,
    body: Annotated[CloseReportRequest, json_body(CloseReportRequest)],
) -> Ok:
    """Say what became of a report."""
    with services_of(request).db.write() as connection:
        reports.close_report(
            connection,
            report_id,
            body.outcome,
            body.note,
            actor=person.display_name,
            district_id=person.district_id,
        )
    return Ok()


def _may_open(session: Session | None, district_id: str | None) -> bool:
    if session is None or session.person.role in FACILITY_ROLES:
        return False
    return session.person.district_id in {None, district_id}


def _printed(services: Services, found: Sequence[stickers.Sticker]) -> Response:
    """A sheet of stickers."""
    named = [(one.code, _url(services, one.code), one.facility, one.room) for one in found]
    headers = {"Content-Disposition": 'attachment; filename="stickers.pdf"'}
    return Response(sticker_sheet(named, datetime.now(UTC)), media_type="application/pdf", headers=headers)


def _url(services: Services, code: str) -> str:
    """What a QR code says; ApiError 409 while nobody said under which address people reach this server."""
    public_url = services.settings.public_url
    if not public_url:
        raise ApiError(409, Phrase("public_url_needed"))
    return f"{public_url.rstrip('/')}/r/{code}"


def _refusal(refused: ApiError) -> Response:
    said: dict[str, Any] = {"status_code": refused.status, "headers": NOT_KEPT | refused.headers}
    return HTMLResponse(page.refusal_page(refused.message.ko, refused.message.en), **said)
