"""Commands of persons to a probe, fetched by long poll: each carries an id, so that the same command twice does the
same once, and a time after which nothing begins by it.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from .base import Count, LocalText, Metres, Mode, Pseudonym, Record, Slug, UtcTime
from .condition import BankCapacity
from .eye_looks import EyeAnswer
from .findings import LookKind, SeenAs
from .known import KnownThing
from .plan import Plan, RoomKind
from .proof_records import Identified


class CommandBase(Record):
    """What every command carries."""

    command_id: UUID
    issued: UtcTime
    expires: UtcTime
    """Later than this by the server's clock, nothing begins or is declared; a stop is never too late."""


class StartCommand(CommandBase):
    """Begin a sweep of a room."""

    command: Literal["start"]
    sweep_id: UUID
    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    room_kind: RoomKind = "restroom"
    plan: Plan
    mode: Mode
    inspectors: Annotated[tuple[Pseudonym, ...], Field(min_length=2, max_length=6)]
    told_time: UtcTime | None = None
    """The phone's time of day when it asked: for a probe whose own clock nobody has set."""
    known: Annotated[tuple[KnownThing, ...], Field(max_length=64)] = ()
    """What earlier visits explained."""
    is_practice: bool = False
    """Somebody hid things to be found: all that comes of it says `practice` and counts as no inspection."""
    has_radio_earphone: bool = False
    """Who sweeps by ear wears an earphone that transmits: RF windows meanwhile count as own transmissions."""


class DeclareEmptyCommand(CommandBase):
    """Two named persons declare the room empty and closed; nothing optical happens before."""

    command: Literal["declare_empty"]
    sweep_id: UUID
    declared_by: Annotated[tuple[Pseudonym, Pseudonym], Field()]
    identified: Identified | None = None
    """How each of the two was identified in this sweep; None: by two names only, as in a demonstration."""
    accounts: tuple[UUID, UUID] | None = None
    """Ids of their accounts at the server, by which a renewal knows them again; they say nothing to the probe."""


class PositionCommand(CommandBase):
    """The inspector stands here now."""

    command: Literal["position"]
    sweep_id: UUID
    zone_id: Slug
    x_m: Metres
    y_m: Metres
    facing_deg: Annotated[float, Field(ge=0, lt=360)]


class WalkCommand(CommandBase):
    """Begin a walking test where the last position was: the probe prompts, somebody walks and positions."""

    command: Literal["walk"]
    sweep_id: UUID


class OutsideCommand(CommandBase):
    """The inspector stands outside the closed door: measure there, to compare with."""

    command: Literal["outside"]
    sweep_id: UUID


class ReferenceCommand(CommandBase):
    """The inspector stands before the reference target: make the day's check, three times."""

    command: Literal["reference"]
    sweep_id: UUID


class SkipOutsideCommand(CommandBase):
    """Nobody measures outside the door; the report says so."""

    command: Literal["skip_outside"]
    sweep_id: UUID


class SkipResponseTestsCommand(CommandBase):
    """No response test at this position, or no more of it; the sweep goes on with the next one."""

    command: Literal["skip_trials"]
    sweep_id: UUID
    position_index: Count
    """As the response test told it, so that a late word skips nothing else."""


class SecondLookCommand(CommandBase):
    """The inspector stands at the next place of a second look, and it may begin there."""

    command: Literal["second_look"]
    sweep_id: UUID
    finding_id: UUID
    kind: LookKind


class NothingSeenCommand(CommandBase):
    """The inspector looked at a candidate's spot by eye and saw nothing; no second look is made of it any more."""

    command: Literal["nothing_seen"]
    sweep_id: UUID
    finding_id: UUID


class ExplainedCommand(CommandBase):
    """The inspector looked at a candidate's spot by eye and knows what it is; no second look is made of it any more."""

    command: Literal["explained"]
    sweep_id: UUID
    finding_id: UUID
    seen_as: SeenAs


class AnswerLookCommand(CommandBase):
    """What the inspector says who looked at a place by eye."""

    command: Literal["answer_look"]
    sweep_id: UUID
    look_id: UUID
    answer: EyeAnswer


class PauseCommand(CommandBase):
    """Stop measuring and switch the camera and lamps off until `resume` (somebody came in)."""

    command: Literal["pause"]
    sweep_id: UUID


class ResumeCommand(CommandBase):
    """Go on after a pause; the room must be declared empty again."""

    command: Literal["resume"]
    sweep_id: UUID


class FinishCommand(CommandBase):
    """Close the sweep with what there is and write the report."""

    command: Literal["finish"]
    sweep_id: UUID


class AbortCommand(CommandBase):
    """Stop at once; the report says aborted and by whom."""

    command: Literal["abort"]
    sweep_id: UUID


class BankCommand(CommandBase):
    """Somebody says what power bank is plugged in, and how full it was then."""

    command: Literal["bank"]
    sweep_id: UUID
    """The sweep that it is said in; the nil UUID where none goes on: a bank belongs to no sweep."""
    capacity_mah: BankCapacity
    charge: Literal["full", "unknown", "same"]
    """`same`: as it was before the probe was off."""


Command = Annotated[
    StartCommand
    | DeclareEmptyCommand
    | PositionCommand
    | WalkCommand
    | OutsideCommand
    | SkipOutsideCommand
    | ReferenceCommand
    | SkipResponseTestsCommand
    | SecondLookCommand
    | NothingSeenCommand
    | ExplainedCommand
    | AnswerLookCommand
    | PauseCommand
    | ResumeCommand
    | FinishCommand
    | AbortCommand
    | BankCommand,
    Field(discriminator="command"),
]


class CommandList(Record):
    """Answer of the long poll, oldest first; empty when the wait ran out."""

    commands: Annotated[tuple[Command, ...], Field(max_length=100)]
