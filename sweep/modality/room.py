"""The room that a live or simulated sweep is made in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from sweep.report import KnownThing, LocalText, Plan, RoomKind
from sweep.report.base import Record


class Room(Record):
    """The room to be swept, as a file tells it where no server does."""

    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    room_kind: RoomKind
    plan: Plan
    is_laboratory: bool = False
    """Nobody but those who work there comes in: what is sampled may be kept."""
    known: Annotated[tuple[KnownThing, ...], Field(max_length=64)] = ()
    """What earlier visits explained."""
