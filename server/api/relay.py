"""The route of the way down: what a Pi's server fetches from its city's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import Server
from server.api.services import services_of
from server.interface.errors import invalid
from server.interface.fields import MAX_LOG_INDEX
from server.people.access_log import shows
from server.relay.offer import down_for
from server.relay.sealing import SealedError
from server.relay.shift import Down

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
    with services.db.read() as connection:
        try:
            return down_for(
                connection,
                after=after,
                recipient=recipient,
                tenant=server.tenant or services.notary.tenant,
                shift_hours=services.settings.shift_hours,
            )
        except SealedError as error:
            raise invalid(f"recipient: {error}", code="no_recipient") from None
