"""What comes in about accounts and districts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.interface.fields import DistrictId, PersonName, Role, Username
from sweep.report import LocalText, Record


class DistrictRequest(Record):
    """A district and its name."""

    district_id: DistrictId
    name: LocalText


class InviteRequest(Record):
    """Somebody who gets an account."""

    username: Username
    display_name: PersonName
    role: Role
    district_id: DistrictId | None = None
    """None: one's own, or for people of the whole city the whole city."""
    facility_ids: Annotated[tuple[UUID, ...], Field(max_length=200)] = ()
    """Of an owner, a member of staff or a cleaner."""


class MoveRequest(Record):
    """Another district or role for somebody."""

    role: Role
    district_id: DistrictId | None = None
