"""Routes of the quarterly statistics: rooms, visits and cases by district, to look at, or for a reason as a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import AS_DOCUMENT, LogReader, reader_of
from server.api.service.reading import reading
from server.api.service.services import Services, services_of
from server.districts.document_register import issue
from server.exports.gathering.inspection_log import printing_of
from server.exports.gathering.statistics import bound_of, gather, quarter_of, simulated_in
from server.exports.logs import statistics_table
from server.exports.logs.office_paper import paper_hwpx, paper_pdf
from server.exports.logs.quarter_report import quarter_report
from server.exports.logs.statistics_table import DAY_MS, HOUR_MS, DistrictLine, interval_of, median_of
from server.interface.fields import Reason
from server.interface.formats import Format
from server.interface.views.documents import DistrictStatistics, QuarterStatistics
from server.interface.words import KST
from server.people import access_log
from server.people.access_log import shows
from server.people.auth import Person
from server.projections.log_records import Printing
from server.projections.projecting import drain
from server.projections.projector import LIST_WAIT_S

router = APIRouter(tags=["exports"])
Year = Annotated[int, Query(ge=2000, le=2200)]
Quarter = Annotated[int, Query(ge=1, le=4)]
Simulated = Annotated[bool, Query(description="Simulated and replayed sweeps alone, in the place of the real ones.")]
COUNTS = frozenset(DistrictStatistics.model_fields) - {
    "at_most", "eye_seen_low", "eye_seen_high", "looked", "to_look_h", "to_call_h", "to_repair_days",
}  # fmt: skip
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            one.about.media_type.split(";")[0]: {} for one in (Format.CSV, Format.XLSX, Format.PDF, Format.HWPX)
        }
    }
}


@router.get("/api/statistics", dependencies=[AS_DOCUMENT], openapi_extra=shows())
def get_statistics(
    request: Request, person: LogReader, year: Year, quarter: Quarter, simulated: Simulated = False
) -> QuarterStatistics:
    """The statistics of a quarter (Korean days) to look at: the own district, or each one and their sum.

    Real work alone: what was simulated or replayed is never added to it, and has statistics of its own (`simulated`).
    """
    services, today = services_of(request), datetime.now(UTC).astimezone(KST).date()
    period = quarter_of(year, quarter)
    services.projector.wait(LIST_WAIT_S)
    with reading(request) as connection:
        lines = gather(connection, period, person.district_id, today, is_demo=simulated)
        made_up = simulated_in(connection, period, person.district_id)
    return QuarterStatistics(
        year=year,
        quarter=quarter,
        first=period.first,
        last=period.last,
        is_over=period.last < today,
        is_demo=simulated,
        simulated=made_up,
        districts=tuple(_view(line) for line in lines),
        total=_view(statistics_table.total_of(lines)),
    )


def _view(line: DistrictLine) -> DistrictStatistics:
    low, high = interval_of(line.eye_seen, line.eye_shown)
    return DistrictStatistics(
        **{name: getattr(line, name) for name in COUNTS},
        at_most=bound_of(line),
        eye_seen_low=low,
        eye_seen_high=high,
        looked=len(line.to_look_ms),
        to_look_h=median_of(line.to_look_ms, HOUR_MS),
        to_call_h=median_of(line.to_call_ms, HOUR_MS),
        to_repair_days=median_of(line.to_repair_ms, DAY_MS),
    )


@router.get(
    "/api/exports/statistics",
    dependencies=[AS_DOCUMENT],
    response_class=Response,
    responses=DOCUMENT,
    openapi_extra=shows(),
)
def export_statistics(
    request: Request,
    person: LogReader,
    reason: Reason,
    year: Year,
    quarter: Quarter,
    format_: Annotated[Literal["csv", "xlsx", "pdf", "hwpx"], Query(alias="format")] = "xlsx",
    simulated: Simulated = False,
) -> Response:
    """The statistics of a quarter (Korean days): one line for the own district, or one for each and their sum.

    As a table, or as the report that an office sends to the city (PDF, HWPX), under a number of its register.
    Real work alone, or simulations and replays alone, marked.
    """
    services, now = services_of(request), datetime.now(UTC).astimezone(KST)
    period, kind = quarter_of(year, quarter), "-simulated" if simulated else ""
    name = f"statistics_{year}-Q{quarter}{kind}.{format_}"
    with services.db.write() as connection:
        access_log.note(connection, reader_of(request, person), "statistics.exported", name, (), reason)
        printing = (
            Printing() if format_ in {"csv", "xlsx"} else _issued(connection, services, person, name, reason, now)
        )
    drain(services.db)
    with services.db.read_whole() as connection:
        lines = gather(connection, period, person.district_id, now.date(), is_demo=simulated)
        notice = statistics_table.notice_of(simulated_in(connection, period, person.district_id), is_demo=simulated)
    if format_ == "csv":
        data = statistics_table.write_csv(lines, period, is_demo=simulated)
    elif format_ == "xlsx":
        data = statistics_table.write_xlsx(lines, period, now, notice)
    else:
        paper = quarter_report(lines, period, year, quarter, now, printing, notice=notice, is_demo=simulated)
        data = paper_pdf(paper) if format_ == "pdf" else paper_hwpx(paper)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=Format(format_).about.media_type, headers=headers)


def _issued(
    connection: Connection, services: Services, person: Person, name: str, reason: str, now: datetime
) -> Printing:
    """How the report looks, under the number of a new document."""
    district_id = person.district_id or services.settings.tenant
    document_no = issue(
        connection, district_id, "quarter_report", name, today=now.date(), made_by=person.display_name, reason=reason
    )
    return replace(printing_of(connection, district_id, person.display_name, document_no=document_no), reason=reason)
