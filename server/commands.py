"""Commands for a probe, built from what a person asked for: ids, times, names and the plan are the server's.

Input is a command request; output is a `Command` that the probe can carry out without asking back.  It refuses unknown
probes and rooms, and two-person commands that name one person twice.  Each command stands in the audit trail.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, select

from server.audit import record
from server.errors import invalid, not_found
from server.facilities import current_plan
from server.requests import AnyCommandRequest, DeclareEmptyRequest, PositionRequest, SimpleRequest, StartRequest
from server.rooms import room_summary
from server.schema import keys
from sweep.report import (
    AbortCommand,
    Command,
    DeclareEmptyCommand,
    FinishCommand,
    PauseCommand,
    PositionCommand,
    ResumeCommand,
    StartCommand,
    WalkCommand,
    are_two_persons,
    new_id,
    utc_now,
)

COMMAND_LIFE = timedelta(seconds=60)  # guessed: nobody wants a lamp to start later than a minute after asking
SIMPLE: dict[str, type[WalkCommand | PauseCommand | ResumeCommand | FinishCommand | AbortCommand]] = {
    "walk": WalkCommand,
    "pause": PauseCommand,
    "resume": ResumeCommand,
    "finish": FinishCommand,
    "abort": AbortCommand,
}


def build_command(connection: Connection, probe_id: str, wanted: AnyCommandRequest, *, actor: str) -> Command:
    """The whole command; ApiError 404 for an unknown probe or room, 400 for one person named twice."""
    if connection.scalar(select(keys.c.key_id).where(keys.c.probe_id == probe_id).limit(1)) is None:
        raise not_found("점검기", "probe")
    command = _build(connection, wanted)
    record(
        connection,
        actor=actor,
        action=f"command.{command.command}",
        object_id=probe_id,
        detail={"command_id": str(command.command_id), "sweep_id": str(command.sweep_id)},
    )
    return command


def _build(connection: Connection, wanted: AnyCommandRequest) -> Command:
    command_id, issued = wanted.command_id or new_id(), utc_now()
    expires = issued + COMMAND_LIFE
    match wanted:
        case StartRequest():
            room = room_summary(connection, wanted.room_id)
            if room is None:
                raise not_found("방", "room")
            _need_two(wanted.inspectors)
            return StartCommand(
                command_id=command_id,
                issued=issued,
                expires=expires,
                command="start",
                sweep_id=new_id(),
                room_id=room.room_id,
                facility_name=room.facility_name,
                room_name=room.room_name,
                room_kind=room.kind,
                plan=current_plan(connection, room.room_id),
                mode=wanted.mode,
                inspectors=wanted.inspectors,
            )
        case DeclareEmptyRequest():
            _need_two(wanted.declared_by)
            return DeclareEmptyCommand(
                command_id=command_id,
                issued=issued,
                expires=expires,
                command="declare_empty",
                sweep_id=wanted.sweep_id,
                declared_by=wanted.declared_by,
            )
        case PositionRequest():
            return PositionCommand(
                command_id=command_id,
                issued=issued,
                expires=expires,
                command="position",
                sweep_id=wanted.sweep_id,
                zone_id=wanted.zone_id,
                x_m=wanted.x_m,
                y_m=wanted.y_m,
                facing_deg=wanted.facing_deg,
            )
        case SimpleRequest():
            return SIMPLE[wanted.command].model_validate(
                {
                    "command_id": command_id,
                    "issued": issued,
                    "expires": expires,
                    "command": wanted.command,
                    "sweep_id": wanted.sweep_id,
                }
            )


def _need_two(names: tuple[str, ...]) -> None:
    if not are_two_persons(names):
        raise invalid("two different persons are needed", ko="서로 다른 두 사람이 필요합니다", code="two_persons")
