"""What comes in about facilities and rooms: new ones, what is known of a room, on what basis it is inspected."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from server.interface.fields import Degrees, DistrictId, Floor, Line, OptionalLine, RoomSex, Stalls, clean
from server.interface.views.imports import ImportKind
from sweep.phrases import Phrase
from sweep.report import LocalText, Plan, Record, RoomKind


class FacilityRequest(Record):
    """A new facility."""

    name: LocalText
    address: Line
    code: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    district_id: DistrictId | None = None
    """For people of the whole city; those of a district add to their own."""
    latitude_deg: Degrees | None = None
    longitude_deg: Degrees | None = None


class FacilityChange(Record):
    """A facility as it is called, and where it is, from now on."""

    name: LocalText
    address: Line
    latitude_deg: Degrees | None = None
    longitude_deg: Degrees | None = None


class RoomName(Record):
    """A room as it is called from now on."""

    name: LocalText


class ClosedRequest(Record):
    """Is a facility or room no more? It keeps its history, and nothing is due there."""

    is_closed: bool


class JoinRequest(Record):
    """It is the same as this one, under which it goes on."""

    into: UUID


class RoomRequest(Record):
    """A new room; without a plan it gets a template marked as not verified."""

    name: LocalText
    kind: RoomKind
    plan: Plan | None = None
    sex: RoomSex | None = None
    """None: as the name says, if it does; the same of the floor."""
    floor: Floor | None = None
    stalls: Stalls | None = None
    """None: as the plan has them."""


class RoomPartsRequest(Record):
    """For whom a room is, on which floor, with how many stalls; null: not known."""

    sex: RoomSex | None
    floor: Floor | None
    stalls: Stalls | None


class BasisRequest(Record):
    """On what basis a room is inspected; a consent has its date and says where the document is kept."""

    basis: Literal["statute", "ordinance", "consent"]
    citation: OptionalLine = ""
    dated: date | None = None
    document: OptionalLine = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.basis == "consent" and (self.dated is None or not self.document):
            raise ValueError(Phrase("consent_incomplete"))
        if self.basis != "consent" and not self.citation:
            raise ValueError(Phrase("clause_needed"))
        return self


class ImportAnswerRequest(Record):
    """What a person decides about a row of a file."""

    answer: Literal["add", "update", "close", "leave"]
    room_ids: Annotated[tuple[UUID, ...], Field(max_length=30)] = ()
    """With `add`, of a past inspection whose row names no one room: where it was."""


class ColumnAnswerRequest(Record):
    """What a column is."""

    heading: Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(clean)]
    field: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,32}$")]


class PhraseAnswerRequest(Record):
    """What a phrase says."""

    rule: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,32}$")]
    phrase: Annotated[str, StringConstraints(max_length=100), AfterValidator(clean)]
    answer: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,32}$")]


class ColumnAnswersRequest(Record):
    """What columns of lists of this kind are, and what phrases in them say."""

    kind: ImportKind
    columns: Annotated[tuple[ColumnAnswerRequest, ...], Field(max_length=100)] = ()
    phrases: Annotated[tuple[PhraseAnswerRequest, ...], Field(max_length=500)] = ()
