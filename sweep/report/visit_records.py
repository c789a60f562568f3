"""Body of what the inspectors noted of their visit: what they saw by eye, and what a log asks besides.

It is the persons' own word, beside the report and never part of it: by eye a person may say that nothing was unusual,
which no probe may say before its weights were measured in the field.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from .base import ClockReading, Record, Text

ByEye = Literal["nothing_unusual", "marks", "not_done"]
Occasion = Literal["regular", "ad_hoc", "joint"]
Spot = Literal["vent", "ceiling", "light", "socket", "door_lock", "partition", "toilet_bin", "basin"]
Bell = Literal["works", "broken", "none", "not_tested"]
Measure = Literal["sticker", "hole_closed", "repair_asked", "scene_kept", "police_called"]


class Noted(Record):
    """What people on the spot say of a visit, without what the server knows itself."""

    by_eye: ByEye
    """What they saw: nothing unusual, marks (holes, scratches, strange things), or that they did not look."""
    spots: Annotated[tuple[Spot, ...], Field(max_length=8)]
    """Where they looked, each once; empty when they did not look."""
    marks: Text | None
    """What the marks are and where; null without any."""
    occasion: Occasion
    """A regular inspection, one at another time, or one together with others."""
    companions: Text | None
    """Who came along, by office and rank: no names."""
    emergency_bell: Bell
    measures: Annotated[tuple[Measure, ...], Field(max_length=5)]
    """What was done there and then, each once."""
    confirmed_by: Text | None
    """Who of the facility or the police confirmed it, by office: no names."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.by_eye == "marks") != (self.marks is not None):
            raise ValueError("marks are described, and only marks")
        if (self.by_eye == "not_done") != (not self.spots):
            raise ValueError("who looked names where, and who did not names nothing")
        if len(set(self.spots)) < len(self.spots) or len(set(self.measures)) < len(self.measures):
            raise ValueError("each spot and each measure stands once")
        return self


class VisitNote(Noted):
    """A note of a visit as the server signed it for a person; a later one of the same sweep takes its place."""

    v: Literal[1]
    sweep_id: UUID
    noted: ClockReading
    """When the server signed it."""
