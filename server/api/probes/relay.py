"""The route of the way down: what a Pi's server fetches from its city's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import Server
from server.api.service.services import services_of
from server.interface.errors import invalid
from server.interface.fields import MAX_LOG_INDEX
from server.people.access_log import shows
from server.places.case_lists import rooms_of_open_cases
from server.relay.offer import HOUR_MS, down_for
from server.relay.sealing import SealedError
from server.relay.shift import Down
from server.schedule.periods import day_of, today
from server.schedule.shift import rooms_of_shift
from server.store.clock import now_ms
from sweep.phrases import Phrase

router = APIRouter(tags=["relay"])


@router.get("/api/relay/down", openapi_extra=shows())
def get_down(
    request: Request,
    server: Server,
    after: Annotated[int, Query(ge=0, le=MAX_LOG_INDEX)] = 0,
    recipient: Annotated[str, Query(max_length=100)] = "",
) -> Down:
    """Changes after a number for the Pi's server that signed the request; places of its district, sealed to it."""
    services = services_of(request)
    hours, district_id = services.settings.shift_hours, server.tenant or services.server_signer.tenant
    last_day = day_of(now_ms() + hours * HOUR_MS)
    shift = rooms_of_shift(services.db, services.policy, today=today(), last_day=last_day, district_id=district_id)
    with services.db.read() as connection:
        try:
            return down_for(
                connection,
                after=after,
                recipient=recipient,
                relay=server,
                shift=shift | rooms_of_open_cases(connection, district_id),
                shift_hours=hours,
            )
        except SealedError as error:
            raise invalid(Phrase("recipient_invalid", why=error), code="no_recipient") from None
