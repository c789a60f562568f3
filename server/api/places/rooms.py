"""Routes of facilities, rooms and plans."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import AS_LIST, PlanKeeper, Planner, Viewer
from server.api.records.sweeps import as_json
from server.api.service.reading import reading
from server.api.service.services import services_of
from server.districts.register import existing_district
from server.interface.fields import Search
from server.interface.place_requests import BasisRequest, FacilityRequest, RoomPartsRequest, RoomRequest
from server.interface.request_body import MAX_PLAN_BYTES, describe, json_body
from server.interface.views.places import FacilityCreated, RoomBases, RoomCreated, RoomDetail, RoomList
from server.interface.views.visits import VisitComparison
from server.people.access_log import shows
from server.places import bases, comparison, facilities, rooms
from server.projections.projector import LIST_WAIT_S
from sweep.report import Plan

router = APIRouter(tags=["rooms"])


@router.get("/api/rooms", dependencies=[AS_LIST], response_model=RoomList, openapi_extra=shows())
def list_rooms(
    request: Request,
    person: Viewer,
    search: Annotated[Search, Query()] = "",
    facility_id: UUID | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """A page of rooms with their last sweep: those of a facility, or whose names contain every word of `search`."""
    with reading(request) as connection:
        found = rooms.room_page(
            connection,
            search=search,
            facility_id=facility_id,
            after=after,
            limit=limit,
            district_id=person.district_id,
        )
    return as_json(found)


@router.get("/api/rooms/{room_id}", openapi_extra=shows())
def get_room(request: Request, _person: Viewer, room_id: UUID) -> RoomDetail:
    """One room with its plan, the plan's history and its sweeps."""
    services = services_of(request)
    services.projector.wait(LIST_WAIT_S)
    with reading(request) as connection:
        return rooms.room_detail(connection, room_id)


@router.get("/api/rooms/{room_id}/comparison", openapi_extra=shows())
def get_comparison(
    request: Request, _person: Viewer, room_id: UUID, one: Annotated[UUID, Query()], other: Annotated[UUID, Query()]
) -> VisitComparison:
    """Two visits of a room side by side: coverage, verdicts, what stayed, came or went, and what was repaired."""
    services = services_of(request)
    services.projector.wait(LIST_WAIT_S)
    with reading(request) as connection:
        return comparison.compare_visits(connection, room_id, one, other)


@router.put("/api/rooms/{room_id}/plan", openapi_extra=describe(Plan) | shows())
def put_plan(
    request: Request, person: PlanKeeper, room_id: UUID, plan: Annotated[Plan, json_body(Plan, MAX_PLAN_BYTES)]
) -> RoomDetail:
    """Add the next version of a room's plan."""
    db = services_of(request).db
    with db.write() as connection:
        facilities.add_plan(connection, room_id, plan, actor=person.display_name)
    with db.read() as connection:
        return rooms.room_detail(connection, room_id)


@router.put("/api/rooms/{room_id}/parts", openapi_extra=describe(RoomPartsRequest) | shows())
def put_parts(
    request: Request, person: Planner, room_id: UUID, body: Annotated[RoomPartsRequest, json_body(RoomPartsRequest)]
) -> RoomDetail:
    """Say for whom a room is, on which floor and with how many stalls, as the log prints it."""
    db = services_of(request).db
    with db.write() as connection:
        facilities.set_parts(connection, room_id, body, actor=person.display_name)
    with db.read() as connection:
        return rooms.room_detail(connection, room_id)


@router.get("/api/rooms/{room_id}/bases", openapi_extra=shows())
def get_bases(request: Request, _person: Viewer, room_id: UUID) -> RoomBases:
    """On what basis a room is inspected, and on what it was before."""
    with reading(request) as connection:
        return bases.bases_of(connection, room_id)


@router.post("/api/rooms/{room_id}/bases", status_code=201, openapi_extra=describe(BasisRequest) | shows())
def post_basis(
    request: Request, person: Planner, room_id: UUID, body: Annotated[BasisRequest, json_body(BasisRequest)]
) -> RoomBases:
    """Record on what basis a room is inspected from now on."""
    with services_of(request).db.write() as connection:
        bases.add_basis(connection, room_id, body, actor=person.display_name)
        return bases.bases_of(connection, room_id)


@router.post("/api/facilities", status_code=201, openapi_extra=describe(FacilityRequest) | shows())
def post_facility(
    request: Request, person: Planner, body: Annotated[FacilityRequest, json_body(FacilityRequest)]
) -> FacilityCreated:
    """Add a facility."""
    with services_of(request).db.write() as connection:
        district_id = person.district_id or existing_district(connection, body.district_id)
        added = facilities.add_facility(connection, body, actor=person.display_name, district_id=district_id)
    return FacilityCreated(facility_id=added)


@router.post("/api/facilities/{facility_id}/rooms", status_code=201, openapi_extra=describe(RoomRequest) | shows())
def post_room(
    request: Request,
    person: Planner,
    facility_id: UUID,
    body: Annotated[RoomRequest, json_body(RoomRequest, MAX_PLAN_BYTES)],
) -> RoomCreated:
    """Add a room; without a plan it gets a template marked as not verified."""
    with services_of(request).db.write() as connection:
        return RoomCreated(room_id=facilities.add_room(connection, facility_id, body, actor=person.display_name))
