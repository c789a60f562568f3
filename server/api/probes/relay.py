"""Routes between servers: what a Pi's fetches from its city's, what a district's tells the one above it, and what that
one shows of it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import AS_LIST, Server, ToldReader
from server.api.service.reading import reading
from server.api.service.services import services_of
from server.interface.errors import ApiError, invalid
from server.interface.fields import MAX_LOG_INDEX, CaseState, DistrictId, PersonsResult
from server.interface.request_body import BYTES_PER_VALUE, MAX_LIVE_BYTES, describe
from server.interface.told_requests import TellRequest
from server.interface.views.schedule import DueState
from server.interface.views.told import TellingView, ToldCaseList, ToldQuarter, ToldResultList, ToldRoomList
from server.people.access_log import shows
from server.places.case_lists import rooms_of_open_cases
from server.relay.offer import HOUR_MS, down_for
from server.relay.sealing import SealedError
from server.relay.shift import Down
from server.relay.telling_keys import districts_of
from server.relay.told import take, told_case_list, told_quarter, told_result_list, told_room_list
from server.schedule.periods import day_of, today
from server.schedule.shift import rooms_of_shift
from server.store.clock import now_ms
from sweep.phrases import Phrase
from sweep.report import parse_json

router = APIRouter(tags=["relay"])
Limit = Annotated[int, Query(ge=1, le=1_000)]


@router.get("/api/relay/down", openapi_extra=shows())
def get_down(
    request: Request,
    server: Server,
    after: Annotated[int, Query(ge=0, le=MAX_LOG_INDEX)] = 0,
    recipient: Annotated[str, Query(max_length=100)] = "",
) -> Down:
    """Changes after a number for the Pi's server that signed the request; places of its district, sealed to it."""
    services = services_of(request)
    with services.db.read() as connection:
        if districts_of(connection, server.key.key_id):  # it tells, and nothing comes back
            raise ApiError(403, Phrase("key_tells_only"), code="key_tells_only")
    hours, district_id = services.settings.shift_hours, server.key.tenant or services.server_signer.tenant
    last_day = day_of(now_ms() + hours * HOUR_MS)
    shift = rooms_of_shift(services.db, services.policy, today=today(), last_day=last_day, district_id=district_id)
    with services.db.read() as connection:
        try:
            return down_for(
                connection,
                after=after,
                recipient=recipient,
                relay=server.key,
                shift=shift | rooms_of_open_cases(connection, district_id),
                shift_hours=hours,
            )
        except SealedError as error:
            raise invalid(Phrase("recipient_invalid", why=error), code="no_recipient") from None


@router.post("/api/relay/told", openapi_extra=describe(TellRequest) | shows())
def post_told(request: Request, server: Server, district: DistrictId) -> TellingView:
    """Take how cases, due rooms and results of a district stand, from its server; the same again changes nothing.

    403 for a district of which its key may not tell, and for a Pi's server, which relays for probes.
    """
    told = parse_json(TellRequest, server.body, max_bytes=MAX_LIVE_BYTES, max_values=MAX_LIVE_BYTES // BYTES_PER_VALUE)
    with services_of(request).db.write() as connection:
        known = districts_of(connection, server.key.key_id)
        if not known:
            raise ApiError(403, Phrase("not_a_districts_server"), code="not_a_districts_server")
        if district not in known:
            raise ApiError(403, Phrase("district_not_of_key", district=district), code="district_not_of_key")
        return take(connection, district, told)


@router.get("/api/told/statistics", dependencies=[AS_LIST], openapi_extra=shows())
def get_told_statistics(
    request: Request,
    _person: ToldReader,
    year: Annotated[int, Query(ge=2000, le=2200)],
    quarter: Annotated[int, Query(ge=1, le=4)],
) -> ToldQuarter:
    """How rooms and cases of each district stand whose server tells this one, and its results of a quarter."""
    silent_hours = services_of(request).settings.told_silent_hours
    with reading(request) as connection:
        return told_quarter(connection, today(), year, quarter, silent_hours=silent_hours)


@router.get("/api/told/cases", dependencies=[AS_LIST], openapi_extra=shows())
def list_told_cases(
    request: Request,
    _person: ToldReader,
    district: DistrictId | None = None,
    state: CaseState | None = None,
    limit: Limit = 200,
) -> ToldCaseList:
    """Open cases that districts told, or those at a state; the newest first."""
    with reading(request) as connection:
        return told_case_list(connection, today(), district_id=district, state=state, limit=limit)


@router.get("/api/told/rooms", dependencies=[AS_LIST], openapi_extra=shows())
def list_told_rooms(
    request: Request,
    _person: ToldReader,
    district: DistrictId | None = None,
    state: DueState = "overdue",
    limit: Limit = 200,
) -> ToldRoomList:
    """Rooms that districts told, by how they stand in the schedule; those that were due first come first."""
    with reading(request) as connection:
        return told_room_list(connection, district_id=district, state=state, limit=limit)


@router.get("/api/told/results", dependencies=[AS_LIST], openapi_extra=shows())
def list_told_results(
    request: Request,
    _person: ToldReader,
    district: DistrictId,
    persons: PersonsResult | None = None,
    limit: Limit = 200,
) -> ToldResultList:
    """Results that a district told; the newest first."""
    with reading(request) as connection:
        return told_result_list(connection, district_id=district, persons=persons, limit=limit)
