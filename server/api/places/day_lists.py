"""Route of the day's list on paper: what a pair visits, numbered, made out to the two, written down."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import PlanKeeper
from server.api.service.services import services_of
from server.districts.document_register import issue
from server.exports.gathering.inspection_log import printing_of
from server.exports.sheets.day_list import ListedRoom, day_list
from server.interface.errors import not_found
from server.interface.views.schedule import RoundView
from server.people.access_log import shows
from server.places.rooms import room_rows
from server.schedule import listing
from server.schedule.pairs import police_today
from server.schedule.periods import today
from server.store.db import Database
from sweep.phrases import Phrase

router = APIRouter(tags=["schedule"])


@router.post(
    "/api/schedule/rounds/{pair_id}/list",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
    openapi_extra=shows(),
)
def post_list(request: Request, person: PlanKeeper, pair_id: UUID) -> Response:
    """Today's rooms of a pair in walking order, with boxes to tick: a new number each time. ApiError 404."""
    services, made = services_of(request), datetime.now(UTC)
    plan = listing.day_plan(services.db, services.policy, today=today(), district_id=person.district_id)
    found = next((one for one in plan.rounds if one.pair.pair_id == pair_id), None)
    if found is None:
        raise not_found(Phrase("pair_not_found"))
    rooms = _listed(services.db, found)
    district_id = found.pair.district_id
    with services.db.write() as connection:
        document_no = issue(
            connection,
            district_id,
            "day_list",
            f"list_{plan.today}.pdf",
            today=plan.today,
            made_by=person.display_name,
            reason=", ".join(found.pair.names),
            about={"rooms": [str(room_id) for room_id, _ in rooms], "day": plan.today.isoformat()},
        )
        printing = printing_of(connection, district_id, person.display_name, document_no=document_no)
    data = day_list([room for _, room in rooms], found.pair.names, plan.today, made, printing)
    name = f"list_{plan.today}_{document_no.rsplit('-', 1)[-1]}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(data, media_type="application/pdf", headers=headers)


def _listed(db: Database, planned: RoundView) -> list[tuple[UUID, ListedRoom]]:
    """The rooms of a round in its order."""
    wanted = [room_id for stop in planned.stops for room_id in stop.rooms]
    with db.read() as connection:
        rows = {row.room_id: row for row in room_rows(connection, wanted)}
        police = police_today(connection, today())
    return [
        (
            room_id,
            ListedRoom(
                expected=stop.expected,
                facility=row.facility_ko,
                facility_number=row.code,
                address=row.address,
                room=row.name_ko,
                sex=row.sex,
                floor=row.floor,
                stalls=row.stalls,
                with_police=stop.facility_id in police,
            ),
        )
        for stop in planned.stops
        for room_id in stop.rooms
        if (row := rows.get(room_id)) is not None
    ]
