"""The route of reference checks: how a probe read against the district's target, morning after morning."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import CheckReader
from server.api.probes.probes import ProbeId
from server.api.service.services import services_of
from server.interface.views.probes import ReferenceChecks, ReferenceCheckView
from server.people.access_log import shows
from server.projections.reference_rows import checks_of
from server.store.clock import from_ms

router = APIRouter(tags=["probes"])


@router.get("/api/probes/{probe_id}/reference-checks", openapi_extra=shows())
def list_reference_checks(
    request: Request, person: CheckReader, probe_id: ProbeId, limit: Annotated[int, Query(ge=1, le=400)] = 60
) -> ReferenceChecks:
    """The last checks of a probe, the newest first."""
    with services_of(request).db.read() as connection:
        found = checks_of(connection, probe_id, limit, person.district_id)
    return ReferenceChecks(
        probe_id=probe_id,
        checks=tuple(
            ReferenceCheckView(
                at=from_ms(row.checked_ms), log_index=row.log_index, key_id=row.key_id, source=row.source, told=told
            )
            for row, told in found
        ),
    )
