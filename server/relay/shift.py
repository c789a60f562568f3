"""What comes down from the city, v1: records that both sides read strictly (RELAY.md).

The answer holds signed entries as they stand in the city's log, and a sealed `Shift`: places, which rooms are to be
visited, and room for what a shift will carry (cases, checklists, public verifiers of persons), which no server fills.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from server.interface.fields import MAX_LOG_INDEX, Degrees, Line, OptionalLine, Slug
from sweep.report import LocalText, Plan, Record, RoomKind

CHANGES_AT_ONCE = 50  # derived: as many of the largest plans (100 kB) make half of what one answer may hold
MOST_ROOMS = 1_000  # guessed: more than all pairs of a district visit in a day
Number = Annotated[int, Field(ge=0, le=MAX_LOG_INDEX)]
Later = Annotated[tuple[dict[str, Any], ...], Field(max_length=1_000)]
"""Of a form that is not laid down yet; kept sealed, read by nobody."""


class ShiftFacility(Record):
    """A facility of the city."""

    facility_id: UUID
    code: Line | None
    name: LocalText
    address: OptionalLine
    latitude_deg: Degrees | None
    longitude_deg: Degrees | None


class ShiftRoom(Record):
    """A room of the city."""

    room_id: UUID
    facility_id: UUID
    name: LocalText
    kind: RoomKind


class ShiftPlan(Record):
    """A version of a room's plan."""

    room_id: UUID
    plan: Plan
    created_ms: Number
    created_by: Line


class AssignedRoom(Record):
    """A room to be visited, with its newest plan."""

    room_id: UUID
    plan_version: Number


class Assignment(Record):
    """All rooms of the shift; what came down before and is none of them goes."""

    rooms: Annotated[tuple[AssignedRoom, ...], Field(max_length=MOST_ROOMS)]


class Shift(Record):
    """What one server is given for a shift."""

    v: Literal[1]
    tenant: Slug
    made_ms: Number
    expires_ms: Number
    """After it, what came down and was not used is removed."""
    facilities: tuple[ShiftFacility, ...]
    rooms: tuple[ShiftRoom, ...]
    plans: tuple[ShiftPlan, ...]
    cases: Later = ()
    checklists: Later = ()
    assignments: Annotated[tuple[Assignment, ...], Field(max_length=1)] = ()
    """None: of a city of an older release, which gives the places of the whole district."""
    verifiers: Later = ()


class DownEntry(Record):
    """An entry about a key or an erasure, in its place in the city's log."""

    log_index: Number
    wire: Annotated[str, StringConstraints(max_length=1_000_000)]
    """As it travels to an ingest path (sweep/ENTRY.md)."""


class Down(Record):
    """The answer to a server that asks."""

    v: Literal[1]
    after: Number
    """Ask with this number next."""
    is_more: bool
    entries: tuple[DownEntry, ...]
    sealed: str
    """A `Shift` in JSON, sealed by age to the recipient that asked; base64."""
