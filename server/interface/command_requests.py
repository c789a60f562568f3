"""Commands for a probe, as the phone asks for them; `server.api.probes.commands` makes the report's of them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, RootModel

from server.interface.case_requests import SecondPerson
from server.interface.fields import PersonName, Slug
from sweep.report import BankCapacity, EyeAnswer, LookKind, Mode, Record, SeenAs, UtcTime


class CommandRequestBase(Record):
    """What every command request carries."""

    command_id: UUID | None = None
    """Made by the caller so that sending twice does it once; the server makes one when absent."""


class StartRequest(CommandRequestBase):
    """Begin a sweep of a room."""

    command: Literal["start"]
    room_id: UUID
    mode: Mode
    inspectors: Annotated[tuple[PersonName, ...], Field(min_length=2, max_length=6)]
    told_time: UtcTime | None = None
    """The phone's time of day, which a probe takes whose own clock nobody has set, and says so."""
    is_practice: bool = False
    """Things were hidden to be found: it is made by the same rules and counts as no inspection."""
    has_radio_earphone: bool = False
    """Who sweeps by ear wears an earphone that transmits."""


class DeclareEmptyRequest(CommandRequestBase):
    """Two persons declare the room empty and closed."""

    command: Literal["declare_empty"]
    sweep_id: UUID
    declared_by: tuple[PersonName, PersonName]
    """As they call themselves; where both are identified, the command names their accounts instead."""
    second_person: SecondPerson | None = None
    """Needed where the probe is real, once for each pair in a sweep and anew after each pause."""


class PositionRequest(CommandRequestBase):
    """The inspector stands here now."""

    command: Literal["position"]
    sweep_id: UUID
    zone_id: Slug
    x_m: Annotated[float, Field(ge=0, le=200)]
    y_m: Annotated[float, Field(ge=0, le=200)]
    facing_deg: Annotated[float, Field(ge=0, lt=360)]


class SkipResponseTestsRequest(CommandRequestBase):
    """No response test at this position, or no more of it."""

    command: Literal["skip_trials"]
    sweep_id: UUID
    position_index: Annotated[int, Field(ge=0, le=400)]
    """As the response test told it."""


class SecondLookRequest(CommandRequestBase):
    """The inspector stands at the next place of a second look."""

    command: Literal["second_look"]
    sweep_id: UUID
    finding_id: UUID
    kind: LookKind


class NothingSeenRequest(CommandRequestBase):
    """The inspector looked at a candidate's spot by eye and saw nothing."""

    command: Literal["nothing_seen"]
    sweep_id: UUID
    finding_id: UUID


class ExplainedRequest(CommandRequestBase):
    """The inspector looked at a candidate's spot by eye and knows what it is."""

    command: Literal["explained"]
    sweep_id: UUID
    finding_id: UUID
    seen_as: SeenAs


class AnswerLookRequest(CommandRequestBase):
    """What the inspector says who looked at a place by eye."""

    command: Literal["answer_look"]
    sweep_id: UUID
    look_id: UUID
    answer: EyeAnswer


class BankRequest(CommandRequestBase):
    """What power bank is plugged in, and how full it was then."""

    command: Literal["bank"]
    sweep_id: UUID | None
    """Null where no sweep goes on."""
    capacity_mah: BankCapacity
    charge: Literal["full", "unknown", "same"]


class SimpleRequest(CommandRequestBase):
    """Measure outside the door or skip that; walk where the last position was; go on, or close a sweep."""

    command: Literal["walk", "outside", "skip_outside", "reference", "resume", "finish"]
    sweep_id: UUID


class StopRequest(CommandRequestBase):
    """Somebody came in, or the sweep is to end: stop."""

    command: Literal["pause", "abort"]
    sweep_id: UUID | None
    """Null: whatever the probe is doing, when the page has not heard what that is."""


AnyCommandRequest = Annotated[
    StartRequest
    | DeclareEmptyRequest
    | PositionRequest
    | SkipResponseTestsRequest
    | SecondLookRequest
    | NothingSeenRequest
    | ExplainedRequest
    | AnswerLookRequest
    | BankRequest
    | SimpleRequest
    | StopRequest,
    Field(discriminator="command"),
]


class CommandRequest(RootModel[AnyCommandRequest]):
    """A command for a probe, as the phone asks for it."""
