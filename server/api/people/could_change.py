"""Route for auditors: which keys and persons could have changed a record at a time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request

from server.api.access import Auditor, reader_of
from server.api.service.services import services_of
from server.ingest.case_entries import find_case
from server.interface.errors import invalid, not_found
from server.interface.fields import Line
from server.interface.views.could_change import CouldHaveChanged
from server.people import access_log
from server.people.access_log import shows
from server.places import rooms
from server.places.could_change import could_have_changed
from sweep.phrases import Phrase

router = APIRouter(tags=["log"])


@router.get("/api/rooms/{room_id}/could-change", openapi_extra=shows())
def get_could_change(
    request: Request, person: Auditor, room_id: UUID, at: datetime, reason: Line, case_id: UUID | None = None
) -> CouldHaveChanged:
    """Which keys and persons could have changed the record of a room, or of one of its cases, at a time."""
    if at.tzinfo is None:
        raise invalid(Phrase("time_without_zone"))
    services = services_of(request)
    with services.db.read() as connection:
        rooms.room_detail(connection, room_id)
        case = None if case_id is None else find_case(connection, case_id)
        if case is not None and case.room_id != room_id:
            raise not_found(Phrase("case_not_found"))
        found = could_have_changed(connection, room_id, at, case)
    with services.db.write() as connection:
        access_log.note(connection, reader_of(request, person), "changers.viewed", str(case_id or room_id), (), reason)
    return found
