"""Route of the quarterly statistics: counts of facilities, visits and cases by district, for a reason, as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import LogReader, reader_of
from server.api.services import services_of
from server.documents.inspection_log import MEDIA_TYPES
from server.documents.statistics import gather, has_demo, quarter_of
from server.exports import statistics_table
from server.exports.words import KST
from server.interface.fields import Line
from server.people import access_log
from server.people.access_log import shows
from server.projections.projecting import drain

router = APIRouter(tags=["exports"])
Year = Annotated[int, Query(ge=2000, le=2200)]
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPES[kind].split(";")[0]: {} for kind in ("csv", "xlsx")}}
}


@router.get("/api/exports/statistics", response_class=Response, responses=DOCUMENT, openapi_extra=shows())
def export_statistics(
    request: Request,
    person: LogReader,
    reason: Line,
    year: Year,
    quarter: Annotated[int, Query(ge=1, le=4)],
    format_: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx",
) -> Response:
    """The statistics of a quarter (Korean days): one line for the own district, or one for each and their sum."""
    services, now = services_of(request), datetime.now(UTC).astimezone(KST)
    period, name = quarter_of(year, quarter), f"statistics_{year}-Q{quarter}.{format_}"
    with services.db.write() as connection:
        access_log.note(connection, reader_of(request, person), "statistics.exported", name, (), reason)
    drain(services.db)
    with services.db.read() as connection:
        lines = gather(connection, period, person.district_id, now.date())
        if format_ == "csv":
            data = statistics_table.write_csv(lines, period)
        else:
            is_demo = has_demo(connection, person.district_id)
            data = statistics_table.write_xlsx(lines, period, now, has_demo=is_demo)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=MEDIA_TYPES[format_], headers=headers)
