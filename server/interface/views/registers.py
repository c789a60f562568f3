"""Facilities and rooms as the office keeps lists of them: what is known, what was joined or closed, what was done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.interface.fields import RoomSex
from server.interface.views.answer import View
from server.interface.views.places import BasisView
from server.interface.views.trail import AuditLine
from sweep.report import LocalText, RoomKind


class FacilityRow(View):
    """A facility in the register."""

    facility_id: UUID
    district_id: str | None
    name: LocalText
    address: str
    code: str | None
    latitude_deg: float | None
    longitude_deg: float | None
    is_demo: bool
    is_special: bool
    """A special zone, inspected more often."""
    closed: datetime | None
    rooms: int
    """That are open."""
    joined_into: UUID | None
    """It turned out to be the same as this one."""


class FacilityRegister(View):
    """Facilities by name."""

    facilities: tuple[FacilityRow, ...]
    is_cut: bool
    """There are more."""


class RoomRow(View):
    """A room in the register."""

    room_id: UUID
    facility_id: UUID
    district_id: str | None
    facility_name: LocalText
    room_name: LocalText
    kind: RoomKind
    sex: RoomSex | None
    floor: int | None
    stalls: int | None
    closed: datetime | None
    joined_into: UUID | None
    basis: BasisView | None
    """On what basis it is inspected; null: nobody recorded one."""
    sticker: datetime | None
    """Since when its sticker holds; null: it has none."""


class RoomRegister(View):
    """Rooms by facility and name."""

    rooms: tuple[RoomRow, ...]
    is_cut: bool
    """There are more."""


class JoinedPlace(View):
    """What was joined with a facility or room."""

    place_id: UUID
    name: LocalText
    joined: datetime
    may_part: bool
    """Nothing followed: it can be undone."""


class FacilityRecord(View):
    """A facility with its rooms, and what was done about it, newest first."""

    facility: FacilityRow
    rooms: tuple[RoomRow, ...]
    joined: tuple[JoinedPlace, ...]
    history: tuple[AuditLine, ...]


class RoomRecord(View):
    """A room with every basis that was recorded, and what was done about it, newest first."""

    room: RoomRow
    bases: tuple[BasisView, ...]
    joined: tuple[JoinedPlace, ...]
    history: tuple[AuditLine, ...]
