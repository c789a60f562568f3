"""Route of the inspection log; each export is written down with who, which period and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from server.access import Inspector
from server.audit import record
from server.errors import ApiError, invalid
from server.exports.fonts import FontsMissingError
from server.exports.rows import ExportError, Period
from server.fields import Line
from server.inspection_log import MEDIA_TYPES, Format, LogRequest, today, write_log
from server.projections import drain
from server.services import services_of

router = APIRouter(tags=["exports"])

DEFAULT_DAYS = 31


@router.get(
    "/api/exports/inspection-log",
    response_class=Response,
    responses={200: {"content": {media_type.split(";")[0]: {} for media_type in MEDIA_TYPES.values()}}},
)
def export_log(
    request: Request,
    person: Inspector,
    reason: Line,
    format_: Annotated[Format, Query(alias="format")] = "csv",
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    room_id: UUID | None = None,
) -> Response:
    """The log of a period (Korean days, both included; the last month when not given) as CSV, PDF or XLSX."""
    services, now = services_of(request), today()
    last_day = last or now.date()
    try:
        period = Period(first or last_day - timedelta(days=DEFAULT_DAYS - 1), last_day)
        wanted = LogRequest(format_, period, room_id, services.settings.tenant, person.display_name, reason)
        with services.db.write() as connection:
            record(
                connection,
                actor=person.display_name,
                action="log.exported",
                object_id=wanted.file_name,
                detail={"reason": reason, "room_id": str(room_id) if room_id else None},
            )
        drain(services.db)
        with services.db.read() as connection:
            document = write_log(connection, wanted, now)
    except (FontsMissingError, OverflowError) as error:  # the first is an ExportError too
        raise ApiError(503, "export_unavailable", "지금은 문서를 만들 수 없습니다", str(error)) from None
    except ExportError as error:
        raise invalid(str(error), code="export_refused") from None
    return Response(
        document,
        media_type=MEDIA_TYPES[format_],
        headers={"Content-Disposition": f'attachment; filename="{wanted.file_name}"'},
    )
