"""Routes of the rules of the office, which are files of the body: inspections and retention; and the access log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import AS_LIST, KeyReader, LogReader, reader_of
from server.api.service.services import services_of
from server.config import inspection_policy, retention
from server.ingest.photo_retention import count_due
from server.interface.fields import Reason
from server.interface.views.rules import AccessList, PeriodView, PolicyRule, PolicyView, RetentionView
from server.people import access_log
from server.people.access_log import shows
from server.schedule.listing import rule_view
from server.store.overdue_bodies import count_overdue
from sweep.report import LocalText

router = APIRouter(tags=["rules"])
MOST_ACCESSES = 5_000
"""At once; the rest of a month is in its file."""
Month = Annotated[str, Query(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$")]


@router.get("/api/policy", openapi_extra=shows())
def get_policy(request: Request, _person: LogReader) -> PolicyView:
    """How often which rooms are inspected, on what basis, and what fulfils it."""
    services = services_of(request)
    return PolicyView(
        rules=tuple(
            PolicyRule(
                **rule_view(rule).model_dump(),
                rooms=rule.rooms,
                facilities=rule.facilities,
                only_special=rule.only_special,
                modes=rule.counted,
                persons=rule.needed_persons,
                again_per_day=rule.again_per_day,
            )
            for rule in services.policy
        ),
        is_own=services.settings.inspection_policy != inspection_policy.STANDARD,
    )


@router.get("/api/retention", openapi_extra=shows())
def get_retention(request: Request, person: LogReader) -> RetentionView:
    """What is kept how long, on what basis and who removes it; for the whole city also how much is over its period."""
    services = services_of(request)
    due: dict[str, int] = {}
    if person.district_id is None:
        with services.db.read() as connection:
            for name, period in services.periods.items():  # photographs are held while a case is open
                by_case = name == "photographs"
                due[name] = (
                    count_due(connection, period.days)
                    if by_case
                    else count_overdue(connection, period.media_types, period.days)
                )
    return RetentionView(
        periods=tuple(
            PeriodView(
                name=name,
                words=LocalText(ko=period.ko, en=period.en),
                days=period.days,
                by=period.by,
                basis=period.basis,
                due=due.get(name),
            )
            for name, period in services.periods.items()
        ),
        is_own=services.settings.retention != retention.STANDARD,
    )


@router.get("/api/access-log", dependencies=[AS_LIST], openapi_extra=shows("access_log"))
def get_access_log(request: Request, person: KeyReader, month: Month, reason: Reason) -> AccessList:
    """Who looked at what in a month of Korean time, the newest first; that one looked at it stands there, too."""
    services = services_of(request)
    with services.db.write() as connection:
        access_log.note(connection, reader_of(request, person), "access_log.viewed", month, ("access_log",), reason)
    with services.db.read() as connection:
        return access_log.accesses(connection, month, MOST_ACCESSES)
