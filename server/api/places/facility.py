"""Routes of people of single facilities: their rooms' last visit, and the daily look of whoever cleans."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request

from server.api.access import Cleaner, FacilityPerson
from server.api.service.services import services_of
from server.ingest.case_entries import report_strange
from server.interface.case_requests import LookRequest
from server.interface.request_body import describe, json_body
from server.interface.views.answer import Ok
from server.interface.views.places import OwnRoomList
from server.people.access_log import shows
from server.places.last_checks import own_rooms
from server.schedule.visits import note_look

router = APIRouter(tags=["facility"])


@router.get("/api/facility/rooms", openapi_extra=shows())
def list_own_rooms(request: Request, person: FacilityPerson) -> OwnRoomList:
    """The rooms of one's facilities, each with the day of its last visit and nothing of what was seen."""
    with services_of(request).db.read() as connection:
        return own_rooms(connection, person.user_id)


@router.post("/api/facility/rooms/{room_id}/looks", status_code=201, openapi_extra=describe(LookRequest) | shows())
def post_own_look(
    request: Request, person: Cleaner, room_id: UUID, body: Annotated[LookRequest, json_body(LookRequest)]
) -> Ok:
    """Write down the daily look at a room; something strange opens a case, of which nothing is said here."""
    services = services_of(request)
    with services.db.write() as connection:
        is_new = note_look(connection, room_id, by=person.display_name, look_id=body.look_id)
        if is_new and body.strange is not None:
            report_strange(connection, services.server_signer, person, room_id, body.strange)
    return Ok()
