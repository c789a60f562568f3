"""Routes of the desk: what needs somebody today, and the city as a map.  Nobody of a facility has either."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import AS_LIST, LogReader
from server.api.records.sweeps import as_json
from server.api.service.reading import reading
from server.api.service.services import services_of
from server.interface.views.desk import CityMap, DeskDay
from server.people.access_log import shows
from server.places import desk
from server.projections.projector import LIST_WAIT_S
from server.signing.keys import all_keys
from server.store.clock import today

router = APIRouter(tags=["desk"])
PROBE_ROLES = frozenset({"probe", "demo"})


@router.get("/api/desk/day", dependencies=[AS_LIST], openapi_extra=shows())
def get_day(request: Request, person: LogReader) -> DeskDay:
    """Open sweeps, reference checks of probes, alarms, what waits of strangers, and how many cases are open."""
    services = services_of(request)
    services.projector.wait(LIST_WAIT_S)
    with reading(request) as connection:
        probes = [key for key in all_keys(connection) if key.role in PROBE_ROLES and key.revoked_from_index is None]
        own = [key for key in probes if person.district_id in {None, key.tenant}]
        return desk.desk_day(connection, today(), own, person.district_id)


@router.get("/api/desk/map", dependencies=[AS_LIST], response_model=CityMap, openapi_extra=shows())
def get_map(request: Request, person: LogReader) -> Response:
    """Outlines of districts, and facilities as points with what stands open there."""
    with reading(request) as connection:
        return as_json(desk.city_map(connection, today(), person.district_id))
