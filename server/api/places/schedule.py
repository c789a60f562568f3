"""Routes of the schedule: what is due, the day's rounds, pairs, ordered visits, looks by eye; no calendar feed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import AS_LIST, Inspector, LogReader, Planner
from server.api.service.reading import reading
from server.api.service.services import services_of
from server.interface.fields import DistrictId
from server.interface.request_body import describe, json_body
from server.interface.schedule_requests import PairRequest, SpecialRequest, VisitOrderRequest
from server.interface.views.answer import Ok
from server.interface.views.schedule import (
    DayPlan,
    DueList,
    DueState,
    InspectorList,
    PairDetail,
    PairList,
    VisitOrderList,
)
from server.people.access_log import shows
from server.places.practice import is_lens_due
from server.schedule import listing, pairs, visits
from server.schedule.periods import today

router = APIRouter(tags=["schedule"])


@router.get("/api/schedule", dependencies=[AS_LIST], openapi_extra=shows())
def get_schedule(
    request: Request,
    person: LogReader,
    state: Annotated[list[DueState] | None, Query()] = None,
    method: Literal["equipment", "visual"] = "equipment",
    district: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 1_000,
) -> DueList:
    """What is due today, overdue, or was missed; with `state` also what is done or waits to be drawn.

    Of one's own district; who sees all may ask for one.
    """
    services = services_of(request)
    return listing.due_list(
        services.db,
        services.policy,
        today=today(),
        district_id=person.district_id or district,
        states=listing.LISTED if state is None else state,
        method=method,
        limit=limit,
        read=partial(reading, request),
    )


@router.get("/api/schedule/rounds", dependencies=[AS_LIST], openapi_extra=shows())
def get_rounds(request: Request, person: LogReader) -> DayPlan:
    """Today's rounds of each pair, in an order of short straight lines."""
    services = services_of(request)
    read = partial(reading, request)
    plan = listing.day_plan(services.db, services.policy, today=today(), district_id=person.district_id, read=read)
    if person.role != "inspector":
        return plan
    with read() as connection:
        return plan.model_copy(update={"is_lens_due": is_lens_due(connection, person.user_id)})


@router.get("/api/schedule/pairs", dependencies=[AS_LIST], openapi_extra=shows())
def list_pairs(request: Request, person: LogReader) -> PairList:
    """Who walks together."""
    with reading(request) as connection:
        return PairList(pairs=tuple(pairs.pairs_of(connection, person.district_id)))


@router.post("/api/schedule/pairs", status_code=201, openapi_extra=describe(PairRequest) | shows())
def post_pair(request: Request, person: Planner, body: Annotated[PairRequest, json_body(PairRequest)]) -> PairList:
    """Let two inspectors of a district walk together."""
    with services_of(request).db.write() as connection:
        pairs.add_pair(connection, body, actor=person.display_name, district_id=person.district_id)
        return PairList(pairs=tuple(pairs.pairs_of(connection, person.district_id)))


@router.get("/api/schedule/inspectors", openapi_extra=shows())
def list_inspectors(
    request: Request, person: Planner, district: Annotated[DistrictId | None, Query()] = None
) -> InspectorList:
    """Who may be of a pair in one's own district; who sees all may ask for one."""
    with reading(request) as connection:
        return InspectorList(people=pairs.inspectors_of(connection, person.district_id or district))


@router.get("/api/schedule/pairs/{pair_id}", openapi_extra=shows())
def get_pair(request: Request, person: LogReader, pair_id: UUID) -> PairDetail:
    """One pair, with what was done about it."""
    with reading(request) as connection:
        return pairs.pair_detail(connection, pair_id, person.district_id)


@router.delete("/api/schedule/pairs/{pair_id}", openapi_extra=shows())
def delete_pair(request: Request, person: Planner, pair_id: UUID) -> Ok:
    """Let two persons be no pair any more."""
    with services_of(request).db.write() as connection:
        pairs.remove_pair(connection, pair_id, actor=person.display_name, district_id=person.district_id)
    return Ok()


@router.get("/api/schedule/orders", dependencies=[AS_LIST], openapi_extra=shows())
def list_orders(request: Request, person: LogReader) -> VisitOrderList:
    """Visits that were ordered besides the regular ones."""
    with reading(request) as connection:
        return VisitOrderList(orders=pairs.orders_of(connection, person.district_id))


@router.post("/api/schedule/orders", status_code=201, openapi_extra=describe(VisitOrderRequest) | shows())
def post_order(
    request: Request, person: Planner, body: Annotated[VisitOrderRequest, json_body(VisitOrderRequest)]
) -> VisitOrderList:
    """Order a visit besides the regular ones, alone or with the police."""
    with services_of(request).db.write() as connection:
        pairs.order_visit(connection, body, actor=person.display_name, district_id=person.district_id)
        return VisitOrderList(orders=pairs.orders_of(connection, person.district_id))


@router.delete("/api/schedule/orders/{order_id}", openapi_extra=shows())
def delete_order(request: Request, person: Planner, order_id: UUID) -> Ok:
    """Call an ordered visit off."""
    with services_of(request).db.write() as connection:
        pairs.call_off(connection, order_id, actor=person.display_name, district_id=person.district_id)
    return Ok()


@router.put("/api/facilities/{facility_id}/special", openapi_extra=describe(SpecialRequest) | shows())
def put_special(
    request: Request, person: Planner, facility_id: UUID, body: Annotated[SpecialRequest, json_body(SpecialRequest)]
) -> Ok:
    """Mark a facility as a special zone, which is inspected more often, or no longer."""
    with services_of(request).db.write() as connection:
        pairs.mark_special(connection, facility_id, is_special=body.is_special, actor=person.display_name)
    return Ok()


@router.post("/api/rooms/{room_id}/looks", status_code=201, openapi_extra=shows())
def post_look(request: Request, person: Inspector, room_id: UUID) -> Ok:
    """Write down a look by eye at a room, just now and without equipment."""
    with services_of(request).db.write() as connection:
        visits.note_look(connection, room_id, by=person.display_name)
    return Ok()
