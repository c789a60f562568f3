"""Facilities and rooms with what stands open there, and sweeps as lists of them show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from server.interface.fields import EquipmentResult, FindAsks, FindingState, PersonsResult, RoomSex, VisitMode
from server.interface.views.answer import View
from sweep.report import LocalText, Plan, RoomKind, Source


class SweepSummary(View):
    """A sweep in a list."""

    sweep_id: UUID
    room_id: UUID
    source: Source
    mode: VisitMode
    outcome: Literal["completed", "aborted"] | None
    """Null: opened, and no report has come yet."""
    started: datetime
    """The time that counts: what the probe's clock said, or the receipt when that cannot be."""
    started_claimed: datetime
    """What the probe's clock said."""
    received: datetime
    """When the server received the first entry about it."""
    ended: datetime | None
    equipment: EquipmentResult
    """What the equipment says; no person changes it."""
    persons: PersonsResult
    """What persons say, by their notes, decisions and cases."""
    candidates: int
    """Findings of the report."""
    not_assessable_zones: int
    """Zones of which no modality could say anything."""
    is_demo: bool
    inspectors: tuple[str, ...]
    probe_id: str
    at_city: bool | None
    """Does the city's server have every entry about it that counts here? Null where no city is configured."""


class StateCount(View):
    """How many stand at a state."""

    state: FindingState
    count: int


class RoomStanding(View):
    """What persons have not closed yet in a room, over all its sweeps that count; no later sweep takes it away."""

    state: FindingState
    """The gravest of them."""
    counts: tuple[StateCount, ...]
    """The gravest first."""
    sweep_id: UUID | None
    """The newest sweep with the gravest of them; null: a person opened that case."""
    started: datetime
    asks: FindAsks | None
    """What the find that is the least far asks for; null: nothing was found."""


class RoomSummary(View):
    """A room in a list."""

    room_id: UUID
    facility_id: UUID
    facility_code: str | None
    district_id: str | None
    facility_name: LocalText
    room_name: LocalText
    kind: RoomKind
    sex: RoomSex | None
    """For whom it is; null: nobody said, and the same of the floor."""
    floor: int | None
    """1 is the ground floor, -1 the first below it."""
    stalls: int | None
    """As they were counted; null: as the plan has them."""
    is_demo: bool
    plan_version: int
    plan_verified: bool
    last_sweep: SweepSummary | None
    """Newest sweep; replays and simulations count in a demonstration facility only."""
    standing: RoomStanding | None
    """Null when nothing stands open."""
    equipment: EquipmentResult | None
    """Places that nobody has decided on, else what the last sweep says; null when it was never swept."""
    persons: PersonsResult | None
    """The gravest of what stands open by persons and of what they say of the last sweep."""


class RoomList(View):
    """A page of rooms, by facility and name."""

    rooms: tuple[RoomSummary, ...]
    next: UUID | None
    """Ask with `after` this room for the next page; null on the last one."""


class PlanVersion(View):
    """One version in the history of a plan."""

    version: int
    is_verified: bool
    created: datetime
    created_by: str


class RoomDetail(RoomSummary):
    """A room with its plan and sweeps."""

    address: str
    latitude_deg: float | None
    longitude_deg: float | None
    """Of its facility."""
    plan: Plan
    plan_history: tuple[PlanVersion, ...]
    """Newest first."""
    sweeps: tuple[SweepSummary, ...]
    """Newest first, replays and simulations marked `is_demo`."""


class BasisView(View):
    """On what basis a room is inspected."""

    basis: Literal["statute", "ordinance", "consent"]
    citation: str
    dated: date | None
    """Of the owner's consent."""
    document: str
    """Where it is kept."""
    recorded: datetime
    recorded_by: str


class RoomBases(View):
    """What was recorded of a room, newest first; the first one counts, and without any there is no basis."""

    bases: tuple[BasisView, ...]


class FacilityCreated(View):
    """A facility was added."""

    facility_id: UUID


class RoomCreated(View):
    """A room was added."""

    room_id: UUID


class OwnRoom(View):
    """A room as people of its facility see it: the day of the last visit, nothing of what was seen or will come."""

    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    last_checked: date | None
    """Day in Korea."""
    agency: LocalText | None
    """Who checks it."""


class OwnRoomList(View):
    """The rooms of one's facilities."""

    rooms: tuple[OwnRoom, ...]
