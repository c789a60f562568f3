"""Routes of facilities, rooms and plans."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request

from server import facilities, rooms
from server.access import Admin, Inspector, Viewer
from server.requests import MAX_PLAN_BYTES, FacilityRequest, RoomRequest, describe, json_body
from server.services import services_of
from server.views import FacilityCreated, RoomCreated, RoomDetail, RoomList
from sweep.report import Plan

router = APIRouter(tags=["rooms"])


@router.get("/api/rooms")
def list_rooms(request: Request, _person: Viewer) -> RoomList:
    """All rooms with their last sweep."""
    with services_of(request).db.read() as connection:
        return RoomList(rooms=rooms.room_list(connection))


@router.get("/api/rooms/{room_id}")
def get_room(request: Request, _person: Viewer, room_id: UUID) -> RoomDetail:
    """One room with its plan, the plan's history and its sweeps."""
    with services_of(request).db.read() as connection:
        return rooms.room_detail(connection, room_id)


@router.put("/api/rooms/{room_id}/plan", openapi_extra=describe(Plan))
def put_plan(
    request: Request, person: Inspector, room_id: UUID, plan: Annotated[Plan, json_body(Plan, MAX_PLAN_BYTES)]
) -> RoomDetail:
    """Add the next version of a room's plan."""
    db = services_of(request).db
    with db.write() as connection:
        facilities.add_plan(connection, room_id, plan, actor=person.display_name)
    with db.read() as connection:
        return rooms.room_detail(connection, room_id)


@router.post("/api/facilities", status_code=201, openapi_extra=describe(FacilityRequest))
def post_facility(
    request: Request, person: Admin, body: Annotated[FacilityRequest, json_body(FacilityRequest)]
) -> FacilityCreated:
    """Add a facility."""
    with services_of(request).db.write() as connection:
        return FacilityCreated(facility_id=facilities.add_facility(connection, body, actor=person.display_name))


@router.post("/api/facilities/{facility_id}/rooms", status_code=201, openapi_extra=describe(RoomRequest))
def post_room(
    request: Request,
    person: Admin,
    facility_id: UUID,
    body: Annotated[RoomRequest, json_body(RoomRequest, MAX_PLAN_BYTES)],
) -> RoomCreated:
    """Add a room; without a plan it gets a template marked as not verified."""
    with services_of(request).db.write() as connection:
        return RoomCreated(room_id=facilities.add_room(connection, facility_id, body, actor=person.display_name))
