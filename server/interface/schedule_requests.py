"""What comes in about the schedule: who walks together, visits besides the regular ones, special zones."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.interface.fields import DistrictId, Reason, Username
from sweep.report import Record

OrderDay = Annotated[date, Field(ge=date(2020, 1, 1), le=date(2100, 12, 31))]


class PairRequest(Record):
    """Two inspectors who walk together."""

    first_username: Username
    second_username: Username
    district_id: DistrictId | None = None
    """For inspectors of the whole city; null: their own district, or this server's."""


class VisitOrderRequest(Record):
    """A visit besides the regular ones."""

    facility_id: UUID
    first_day: OrderDay
    last_day: OrderDay
    """Korean days, both included."""
    with_police: bool = False
    reason: Reason


class SpecialRequest(Record):
    """Is a facility a special zone, inspected more often?"""

    is_special: bool
