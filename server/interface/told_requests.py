"""What a district's server tells the one above it: things as they stand, by number: ids, codes and days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from server.interface.fields import MAX_LOG_INDEX, CaseBegan, CaseState, EquipmentResult, PersonsResult, VisitMode
from server.interface.views.schedule import DueState, Method
from sweep.report import Record, RoomKind

Number = Annotated[int, Field(ge=0, le=MAX_LOG_INDEX)]
What = Literal["case", "result", "equipment", "visual"]
"""A case, what a visit ended with, and when a room is due for equipment or for looks by eye."""
TOLD_AT_ONCE = 500  # derived: a thing takes 420 bytes at most, and 256 KiB may come at once


class ToldCase(Record):
    """A case as it stands."""

    what: Literal["case"] = "case"
    case_id: UUID
    room_id: UUID
    facility_id: UUID
    kind: RoomKind
    began: CaseBegan | None
    """Null: nobody can read any more by what it was opened."""
    state: CaseState
    opened: date
    changed: date
    due: date | None
    """Until when what comes next is to be done."""
    reopens: date | None


class ToldRoom(Record):
    """When a room is due by one method."""

    what: Literal["room"] = "room"
    room_id: UUID
    facility_id: UUID
    method: Method
    state: DueState
    until: date
    done: date | None
    """When it was visited last, in its period or the one before."""


class ToldResult(Record):
    """What a visit ended with."""

    what: Literal["result"] = "result"
    sweep_id: UUID
    room_id: UUID
    facility_id: UUID
    day: date
    mode: VisitMode
    equipment: EquipmentResult
    persons: PersonsResult


class ToldGone(Record):
    """A thing that was told and is no more."""

    what: Literal["gone"] = "gone"
    of: What
    thing_id: UUID


Said = ToldCase | ToldRoom | ToldResult | ToldGone


class Told(Record):
    """One thing, the newest that is to be said of it."""

    number: Annotated[int, Field(ge=1, le=MAX_LOG_INDEX)]
    said: Annotated[Said, Field(discriminator="what")]


class TellRequest(Record):
    """What follows a number; told again it changes nothing."""

    v: Literal[1]
    stream_id: UUID
    """Numbers are its own; a new one begins at nothing, and takes the place of all that was told before."""
    after: Number
    told: Annotated[tuple[Told, ...], Field(max_length=TOLD_AT_ONCE)]
    """By number, upwards; numbers between them were overtaken."""
    is_more: bool
