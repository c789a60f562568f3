"""Routes of a district's instruments: the register, who holds what, checks, out of use and back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import AS_LIST, LogReader, PlanKeeper, Planner
from server.api.service.reading import reading
from server.api.service.services import services_of
from server.instruments import register
from server.interface.fields import DistrictId, Search
from server.interface.instrument_requests import InstrumentCheckRequest, InstrumentRequest, RetiredRequest
from server.interface.request_body import describe, json_body
from server.interface.views.instruments import InstrumentDetail, InstrumentHolders, InstrumentList
from server.people.access_log import shows
from server.store.clock import today
from sweep.report.inspection_records import InstrumentKind

router = APIRouter(tags=["instruments"])


@router.get("/api/instruments", dependencies=[AS_LIST], openapi_extra=shows())
def list_instruments(
    request: Request,
    person: LogReader,
    search: Annotated[Search, Query()] = "",
    kind: InstrumentKind | None = None,
    with_retired: bool = False,
    district: Annotated[DistrictId | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 300,
) -> InstrumentList:
    """Instruments of one's own district, by words in maker, model, number and holder; who sees all may ask for one."""
    with reading(request) as connection:
        return register.instruments_of(
            connection,
            person.district_id or district,
            today(),
            search=search,
            kind=kind,
            with_retired=with_retired,
            limit=limit,
        )


@router.get("/api/instruments/holders", openapi_extra=shows())
def list_holders(
    request: Request, person: Planner, district: Annotated[DistrictId | None, Query()] = None
) -> InstrumentHolders:
    """To whom an instrument of one's own district may be given; who sees all asks for one."""
    where = person.district_id or district
    with reading(request) as connection:
        return InstrumentHolders(people=() if where is None else register.holders_of(connection, where))


@router.get("/api/instruments/{instrument_id}", openapi_extra=shows())
def get_instrument(request: Request, _person: LogReader, instrument_id: UUID) -> InstrumentDetail:
    """One instrument, with what was done about it."""
    with reading(request) as connection:
        return register.instrument_detail(connection, instrument_id, today())


@router.post("/api/instruments", status_code=201, openapi_extra=describe(InstrumentRequest) | shows())
def post_instrument(
    request: Request, person: Planner, body: Annotated[InstrumentRequest, json_body(InstrumentRequest)]
) -> InstrumentDetail:
    """Add an instrument to the register."""
    with services_of(request).db.write() as connection:
        added = register.add_instrument(connection, body, actor=person.display_name, district_id=person.district_id)
        return register.instrument_detail(connection, added, today())


@router.put("/api/instruments/{instrument_id}", openapi_extra=describe(InstrumentRequest) | shows())
def put_instrument(
    request: Request,
    person: Planner,
    instrument_id: UUID,
    body: Annotated[InstrumentRequest, json_body(InstrumentRequest)],
) -> InstrumentDetail:
    """Write an instrument down anew, or give it to somebody else."""
    with services_of(request).db.write() as connection:
        register.change_instrument(connection, instrument_id, body, actor=person.display_name)
        return register.instrument_detail(connection, instrument_id, today())


@router.put("/api/instruments/{instrument_id}/retired", openapi_extra=describe(RetiredRequest) | shows())
def put_retired(
    request: Request, person: Planner, instrument_id: UUID, body: Annotated[RetiredRequest, json_body(RetiredRequest)]
) -> InstrumentDetail:
    """Take an instrument out of use, or back into use."""
    with services_of(request).db.write() as connection:
        register.retire(connection, instrument_id, is_retired=body.is_retired, actor=person.display_name)
        return register.instrument_detail(connection, instrument_id, today())


@router.post(
    "/api/instruments/{instrument_id}/checks", status_code=201, openapi_extra=describe(InstrumentCheckRequest) | shows()
)
def post_check(
    request: Request,
    person: PlanKeeper,
    instrument_id: UUID,
    body: Annotated[InstrumentCheckRequest, json_body(InstrumentCheckRequest)],
) -> InstrumentDetail:
    """Write a check of an instrument down; whoever takes it along in the morning tries it."""
    with services_of(request).db.write() as connection:
        register.add_check(connection, instrument_id, body, today=today(), actor=person.display_name)
        return register.instrument_detail(connection, instrument_id, today())


@router.delete("/api/instruments/{instrument_id}/checks/{check_id}", openapi_extra=shows())
def delete_check(request: Request, person: Planner, instrument_id: UUID, check_id: UUID) -> InstrumentDetail:
    """Withdraw a check that was written down wrongly: it stays, and counts no more."""
    with services_of(request).db.write() as connection:
        register.withdraw_check(connection, instrument_id, check_id, actor=person.display_name)
        return register.instrument_detail(connection, instrument_id, today())
