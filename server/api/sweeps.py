"""Routes of sweeps: the whole of one, a person's verdict on a finding, bodies and their erasure."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server import access_log, persons, sweeps
from server.access import RANKS, Admin, Inspector, Viewer, client_address, reader_of
from server.access_log import shows
from server.auth import check_password
from server.errors import ApiError, invalid, not_found
from server.fields import OptionalLine
from server.login_delays import LoginAttempt
from server.projections import catch_up
from server.requests import DispositionRequest, EraseRequest, describe, json_body
from server.schema import body_data, body_refs
from server.services import services_of
from server.views import EntryCreated, EntryEvent, SweepDetail
from sweep.report.kinds import CROP_TYPE, DISPOSITION

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
    may_see = RANKS[person.role] >= RANKS["inspector"]
    db = services_of(request).db
    catch_up(db, sweep_id)
    with db.read() as connection:
        detail = sweeps.sweep_detail(connection, sweep_id, may_see_details=may_see)
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
    outcome = await run_in_threadpool(persons.dispose, services.db, services.notary, person, finding_id, body)
    if outcome.is_new:
        services.hub.announce("entry", EntryEvent(sweep_id=body.sweep_id, kind=DISPOSITION).model_dump_json())
    return EntryCreated(entry_id=outcome.entry_id, log_index=outcome.log_index)


@router.get(
    "/api/bodies/{commitment}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "application/octet-stream": {}}}},
    openapi_extra=shows("crops", "bodies"),
)
def get_body(request: Request, person: Inspector, commitment: Commitment, reason: OptionalLine = "") -> Response:
    """A body that is there; each access is written down. Only PNG is shown, all else is downloaded for a reason."""
    db = services_of(request).db
    with db.read() as connection:
        row = connection.execute(
            select(body_data.c.data, body_refs.c.media_type)
            .join(body_refs, body_refs.c.commitment == body_data.c.commitment)
            .where(body_data.c.commitment == commitment)
            .limit(1)
        ).one_or_none()
    if row is None:
        raise not_found("본문", "body")
    is_crop = row.media_type == CROP_TYPE
    if not is_crop and not reason:
        raise invalid(
            "reason: say why this is downloaded", ko="내려받는 까닭(reason)을 적어야 합니다", code="reason_needed"
        )
    with db.write() as connection:
        action: access_log.Action = "body.viewed" if is_crop else "body.downloaded"
        reader = reader_of(request, person)
        access_log.note(connection, reader, action, commitment, ("crops" if is_crop else "bodies",), reason)
    if is_crop:
        return Response(row.data, media_type=CROP_TYPE, headers={"Cache-Control": "private, no-store"})
    disposition = f'attachment; filename="{commitment[:16]}.bin"'
    return Response(
        row.data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": disposition, "Cache-Control": "private, no-store"},
    )


@router.post("/api/bodies/{commitment}/erase", status_code=201, openapi_extra=describe(EraseRequest) | shows())
def erase_body(
    request: Request, person: Admin, commitment: Commitment, body: Annotated[EraseRequest, json_body(EraseRequest)]
) -> EntryCreated:
    """Erase a body for good; a second person proves agreement with a password in this very request."""
    services = services_of(request)
    attempt = LoginAttempt(client_address(request), body.second_person_username, f"session {person.user_id}")
    services.delays.enter(attempt)
    second = check_password(services.db, body.second_person_username, body.second_person_password)
    services.delays.succeeded(attempt)
    if second.must_change_password:
        raise ApiError(
            403,
            "password_change_needed",
            "두 번째 사람이 먼저 비밀번호를 바꾸어야 합니다",
            "the second person has to log in and change the password first",
        )
    if RANKS[second.role] < RANKS["inspector"]:
        raise ApiError(403, "not_allowed", "권한이 없습니다", "the second person needs the role inspector")
    outcome = persons.erase(services.db, services.notary, person, second, commitment, body.reason)
    services.db.scrub()
    return EntryCreated(entry_id=outcome.entry_id, log_index=outcome.log_index)
