"""Routes of the registers of facilities and rooms: found, called otherwise, closed, joined and parted again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import AS_LIST, LogReader, Planner
from server.api.service.reading import reading
from server.api.service.services import services_of
from server.districts.scope import refuse_foreign
from server.interface.fields import DistrictId, Search
from server.interface.place_requests import ClosedRequest, FacilityChange, JoinRequest, RoomName
from server.interface.request_body import describe, json_body
from server.interface.views.registers import FacilityRecord, FacilityRegister, RoomRecord, RoomRegister
from server.people.access_log import shows
from server.places import changes, register

router = APIRouter(tags=["registers"])


@router.get("/api/facilities", dependencies=[AS_LIST], openapi_extra=shows())
def list_facilities(
    request: Request,
    person: LogReader,
    search: Annotated[Search, Query()] = "",
    district: Annotated[DistrictId | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 300,
    *,
    only_special: bool = False,
    with_closed: bool = False,
) -> FacilityRegister:
    """Facilities of one's own district by words in name, address and number; who sees all may ask for one."""
    with reading(request) as connection:
        return register.facility_register(
            connection,
            person.district_id or district,
            search=search,
            only_special=only_special,
            with_closed=with_closed,
            limit=limit,
        )


@router.get("/api/facilities/{facility_id}", openapi_extra=shows())
def get_facility(request: Request, _person: LogReader, facility_id: UUID) -> FacilityRecord:
    """One facility with its rooms, what was joined with it, and what was done about it."""
    with reading(request) as connection:
        return register.facility_record(connection, facility_id)


@router.put("/api/facilities/{facility_id}", openapi_extra=describe(FacilityChange) | shows())
def put_facility(
    request: Request, person: Planner, facility_id: UUID, body: Annotated[FacilityChange, json_body(FacilityChange)]
) -> FacilityRecord:
    """Call a facility otherwise, or say where it is; what it was called stays in its history."""
    with services_of(request).db.write() as connection:
        changes.change_facility(connection, facility_id, body, actor=person.display_name)
        return register.facility_record(connection, facility_id)


@router.put("/api/facilities/{facility_id}/closed", openapi_extra=describe(ClosedRequest) | shows())
def put_facility_closed(
    request: Request, person: Planner, facility_id: UUID, body: Annotated[ClosedRequest, json_body(ClosedRequest)]
) -> FacilityRecord:
    """Close a facility, or open it again: nothing is due where it is closed, and its history stays."""
    with services_of(request).db.write() as connection:
        changes.close_facility(connection, facility_id, is_closed=body.is_closed, actor=person.display_name)
        return register.facility_record(connection, facility_id)


@router.put("/api/facilities/{facility_id}/joined", openapi_extra=describe(JoinRequest) | shows())
def put_facility_joined(
    request: Request, person: Planner, facility_id: UUID, body: Annotated[JoinRequest, json_body(JoinRequest)]
) -> FacilityRecord:
    """Say that a facility is the same as another, to which its rooms, orders and people go."""
    with services_of(request).db.write() as connection:
        refuse_foreign(connection, person.district_id, {"facility_id": str(body.into)})
        changes.join_facility(connection, facility_id, body.into, actor=person.display_name)
        return register.facility_record(connection, facility_id)


@router.delete("/api/facilities/{facility_id}/joined", openapi_extra=shows())
def delete_facility_joined(request: Request, person: Planner, facility_id: UUID) -> FacilityRecord:
    """Undo that, as long as nothing followed; 409 for one that was not joined, and afterwards."""
    with services_of(request).db.write() as connection:
        changes.part(connection, "facility", facility_id, actor=person.display_name)
        return register.facility_record(connection, facility_id)


@router.get("/api/room-register", dependencies=[AS_LIST], openapi_extra=shows())
def list_room_register(
    request: Request,
    person: LogReader,
    search: Annotated[Search, Query()] = "",
    district: Annotated[DistrictId | None, Query()] = None,
    lacks: register.Lacks | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 300,
    *,
    with_closed: bool = False,
) -> RoomRegister:
    """Rooms of one's own district with basis and sticker, or those that lack one; who sees all may ask for one."""
    with reading(request) as connection:
        return register.room_register(
            connection,
            person.district_id or district,
            search=search,
            lacks=lacks,
            with_closed=with_closed,
            limit=limit,
        )


@router.get("/api/room-register/{room_id}", openapi_extra=shows())
def get_room_record(request: Request, _person: LogReader, room_id: UUID) -> RoomRecord:
    """One room with every basis, what was joined with it, and what was done about it."""
    with reading(request) as connection:
        return register.room_record(connection, room_id)


@router.put("/api/rooms/{room_id}/name", openapi_extra=describe(RoomName) | shows())
def put_room_name(
    request: Request, person: Planner, room_id: UUID, body: Annotated[RoomName, json_body(RoomName)]
) -> RoomRecord:
    """Call a room otherwise; what it was called stays in its history."""
    with services_of(request).db.write() as connection:
        changes.rename_room(connection, room_id, body.name, actor=person.display_name)
        return register.room_record(connection, room_id)


@router.put("/api/rooms/{room_id}/closed", openapi_extra=describe(ClosedRequest) | shows())
def put_room_closed(
    request: Request, person: Planner, room_id: UUID, body: Annotated[ClosedRequest, json_body(ClosedRequest)]
) -> RoomRecord:
    """Close a room, or open it again."""
    with services_of(request).db.write() as connection:
        changes.close_room(connection, room_id, is_closed=body.is_closed, actor=person.display_name)
        return register.room_record(connection, room_id)


@router.put("/api/rooms/{room_id}/joined", openapi_extra=describe(JoinRequest) | shows())
def put_room_joined(
    request: Request, person: Planner, room_id: UUID, body: Annotated[JoinRequest, json_body(JoinRequest)]
) -> RoomRecord:
    """Say that a room is the same as another of its facility, which its stickers open from now on."""
    with services_of(request).db.write() as connection:
        refuse_foreign(connection, person.district_id, {"room_id": str(body.into)})
        changes.join_room(connection, room_id, body.into, actor=person.display_name)
        return register.room_record(connection, room_id)


@router.delete("/api/rooms/{room_id}/joined", openapi_extra=shows())
def delete_room_joined(request: Request, person: Planner, room_id: UUID) -> RoomRecord:
    """Undo that, as long as nothing followed; 409 for one that was not joined, and afterwards."""
    with services_of(request).db.write() as connection:
        changes.part(connection, "room", room_id, actor=person.display_name)
        return register.room_record(connection, room_id)
