"""Commands for a probe, built from what a person asked for: ids, times, names and the plan are the server's.

Input is a command request; output is a `Command` that the probe can carry out without asking back.  It refuses unknown
probes and rooms, and two-person commands that name one person twice.  Each command stands in the audit trail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.command_requests import (
    AnswerLookRequest,
    BankRequest,
    DeclareEmptyRequest,
    ExplainedRequest,
    NothingSeenRequest,
    PositionRequest,
    SecondLookRequest,
    SimpleRequest,
    SkipResponseTestsRequest,
    StartRequest,
    StopRequest,
)
from server.interface.errors import ApiError, invalid, not_found
from server.interface.plain_text import unlike
from server.places.facilities import current_plan
from server.places.history import known_things
from server.places.rooms import room_summary
from server.store.audit import record
from server.store.schema import keys
from sweep.phrases import Phrase
from sweep.report import (
    AbortCommand,
    AnswerLookCommand,
    BankCommand,
    Command,
    DeclareEmptyCommand,
    ExplainedCommand,
    FinishCommand,
    NothingSeenCommand,
    OutsideCommand,
    PauseCommand,
    PositionCommand,
    ReferenceCommand,
    ResumeCommand,
    SecondLookCommand,
    SkipOutsideCommand,
    SkipResponseTestsCommand,
    StartCommand,
    WalkCommand,
    are_two_persons,
    new_id,
    utc_now,
)
from sweep.report.proof_records import Identified

COMMAND_LIFE = timedelta(seconds=60)  # guessed: nobody wants a lamp to start later than a minute after asking
STOP_LIFE = timedelta(minutes=15)  # derived: as long as the declaration holds that a stop ends
OrdinaryRequest = (
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
)
NO_SWEEP = UUID(int=0)
STOPS: dict[str, type[PauseCommand | AbortCommand]] = {"pause": PauseCommand, "abort": AbortCommand}
PASSED_ON: dict[str, type[Command]] = {
    "position": PositionCommand,
    "skip_trials": SkipResponseTestsCommand,
    "second_look": SecondLookCommand,
    "nothing_seen": NothingSeenCommand,
    "explained": ExplainedCommand,
    "answer_look": AnswerLookCommand,
    "walk": WalkCommand,
    "outside": OutsideCommand,
    "skip_outside": SkipOutsideCommand,
    "reference": ReferenceCommand,
    "resume": ResumeCommand,
    "finish": FinishCommand,
}
"""Commands that carry what was asked for and nothing of the server's but id and times."""


class Declarers(NamedTuple):
    """Who declares a room empty, and how each was identified."""

    names: tuple[str, str]
    """Pseudonyms."""
    identified: Identified
    accounts: tuple[UUID, UUID]
    """Ids, by which they are known again: two people may have the same pseudonym."""


def build_command(
    connection: Connection, probe_id: str, wanted: OrdinaryRequest, *, actor: str, declarers: Declarers | None = None
) -> Command:
    """The whole command; ApiError 404 for an unknown probe or room, 400 for one person named twice.

    `declarers`: of a declaration, the two persons where they were identified; None: those that the request names.
    """
    if (
        connection.scalar(
            select(keys.c.key_id).where(keys.c.probe_id == probe_id, keys.c.revoked_from_index.is_(None)).limit(1)
        )
        is None
    ):
        raise not_found(Phrase("probe_not_found"))
    command = _build(connection, wanted, declarers)
    note_command(connection, probe_id, command, actor=actor)
    return command


def build_stop(wanted: StopRequest, running: UUID | None) -> PauseCommand | AbortCommand:
    """A stop, made without a database, which may be busy or full; `running` is the sweep the probe was last heard in.

    ApiError 409 when neither the page nor the server knows which sweep is meant.
    """
    sweep_id = wanted.sweep_id or running
    if sweep_id is None:
        raise ApiError(409, Phrase("no_sweep_known"))
    return STOPS[wanted.command].model_validate({**_asked(wanted, STOP_LIFE), "sweep_id": sweep_id})


def note_command(connection: Connection, probe_id: str, command: Command, *, actor: str) -> None:
    """Write a command into the audit trail, and how those were identified who declared a room empty."""
    detail = {"command_id": str(command.command_id), "sweep_id": str(command.sweep_id)}
    if isinstance(command, DeclareEmptyCommand):
        detail["declared_by"] = ", ".join(command.declared_by)
        if command.identified is not None:
            detail |= {"first": command.identified.first, "second": command.identified.second}
    record(
        connection,
        actor=actor,
        action=f"command.{command.command}",
        object_id=probe_id,
        detail=detail,
    )


def _asked(wanted: OrdinaryRequest | StopRequest, life: timedelta) -> dict[str, Any]:
    """What was asked for, with the id and the times that every command carries."""
    issued = utc_now()
    return {
        **wanted.model_dump(),
        "command_id": wanted.command_id or new_id(),
        "issued": issued,
        "expires": issued + life,
    }


def _build(connection: Connection, wanted: OrdinaryRequest, declarers: Declarers | None) -> Command:
    asked = _asked(wanted, COMMAND_LIFE)
    match wanted:
        case StartRequest():
            room = room_summary(connection, wanted.room_id)
            if room is None:
                raise not_found(Phrase("room_not_found"))
            _need_two(wanted.inspectors)
            return StartCommand(
                **asked,
                sweep_id=new_id(),
                facility_name=room.facility_name,
                room_name=room.room_name,
                room_kind=room.kind,
                plan=current_plan(connection, room.room_id),
                known=known_things(connection, room.room_id, asked["issued"]),
            )
        case DeclareEmptyRequest():
            declared_by = wanted.declared_by if declarers is None else declarers.names
            _need_two(declared_by)
            return DeclareEmptyCommand(
                command_id=asked["command_id"],
                issued=asked["issued"],
                expires=asked["expires"],
                command="declare_empty",
                sweep_id=wanted.sweep_id,
                declared_by=declared_by,
                identified=None if declarers is None else declarers.identified,
                accounts=None if declarers is None else declarers.accounts,
            )
        case BankRequest():
            return BankCommand.model_validate({**asked, "sweep_id": wanted.sweep_id or NO_SWEEP})
        case _:
            return PASSED_ON[wanted.command].model_validate(asked)


def _need_two(names: tuple[str, ...]) -> None:
    if not (are_two_persons(names) and unlike(names) == len(names)):
        raise invalid(Phrase("two_persons"), code="two_persons")
