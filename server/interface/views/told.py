"""What districts' servers told this one: how far each has come, lists over all of them, and statistics of a quarter."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from server.interface.fields import CaseBegan, CaseState, EquipmentResult, PersonsResult, VisitMode
from server.interface.views.answer import View
from server.interface.views.schedule import DueState, Method
from sweep.report import LocalText, RoomKind


class TellingView(View):
    """How far a district's server has come with what it tells."""

    v: int
    stream_id: UUID
    number: int
    """Tell what follows it next."""


class ToldPlace(View):
    """Where something is; names only where this server knows the facility itself."""

    district_id: str
    district_name: LocalText | None
    facility_id: UUID
    facility_name: LocalText | None
    room_id: UUID


class ToldCaseView(ToldPlace):
    """A case as its district told it."""

    case_id: UUID
    kind: RoomKind
    began: CaseBegan | None
    state: CaseState
    opened: date
    changed: date
    due: date | None


class ToldCaseList(View):
    """Cases, the newest first."""

    cases: tuple[ToldCaseView, ...]
    is_cut: bool
    """More than were asked for."""


class ToldRoomView(ToldPlace):
    """When a room is due, as its district told it."""

    method: Method
    state: DueState
    until: date
    done: date | None


class ToldRoomList(View):
    """Rooms by the day until which they are due, the oldest first."""

    rooms: tuple[ToldRoomView, ...]
    is_cut: bool


class ToldResultView(ToldPlace):
    """What a visit ended with, as its district told it."""

    sweep_id: UUID
    day: date
    mode: VisitMode
    equipment: EquipmentResult
    persons: PersonsResult


class ToldResultList(View):
    """Results of one district, the newest first."""

    results: tuple[ToldResultView, ...]
    is_cut: bool


class ToldStatistics(View):
    """Of a district, or of all: how its rooms and cases stand, and results of the quarter."""

    district_id: str | None
    """Null: of all."""
    name: LocalText | None
    heard: datetime | None
    """When its server was heard last, null: never yet; of all, the one that was not heard for longest."""
    silent_since: datetime | None
    """Since when its server says nothing, where that is longer than it may be; of all, the one silent for longest."""
    is_whole: bool
    """False: more is on its way."""
    rooms: int
    overdue: int
    missed: int
    open_cases: int
    found: int
    """Of these, those in which a camera was found."""
    results: int
    equipment: dict[EquipmentResult, int]
    persons: dict[PersonsResult, int]


class ToldQuarter(View):
    """What all districts told, as it stands now and for a quarter."""

    year: int
    quarter: int
    districts: tuple[ToldStatistics, ...]
    total: ToldStatistics
