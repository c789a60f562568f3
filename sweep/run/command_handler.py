"""What a person's command does to the sweep that is running, and the answer to it.

Input is a command of the contract and the sweep's `Control`; output is the event that says whether it was taken.  A
command that asks for what cannot be done now is refused in words and changes nothing.
"""

from __future__ import annotations

from typing import Final

from sweep.modality.control import Control
from sweep.modality.next_position import REFERENCE, NextPosition
from sweep.report import (
    AbortCommand,
    Command,
    CommandEvent,
    DeclareEmptyCommand,
    ExplainedCommand,
    FinishCommand,
    LocalText,
    NothingSeenCommand,
    OutsideCommand,
    PauseCommand,
    PositionCommand,
    ReferenceCommand,
    ResumeCommand,
    SecondLookCommand,
    SkipOutsideCommand,
    SkipResponseTestsCommand,
    WalkCommand,
    are_two_persons,
)

Standing = PositionCommand | WalkCommand | OutsideCommand | SkipOutsideCommand | SecondLookCommand | ReferenceCommand
"""Commands that say where it is measured next."""

Steering = (
    Standing
    | DeclareEmptyCommand
    | SkipResponseTestsCommand
    | NothingSeenCommand
    | ExplainedCommand
    | PauseCommand
    | ResumeCommand
    | FinishCommand
    | AbortCommand
)
"""Commands about a sweep that is running."""

STOPS: Final = (PauseCommand, FinishCommand, AbortCommand)
"""Never too late while the sweep runs: whoever sent one wants quiet in the room, however long it was on its way."""


def answer(command: Command, accepted: bool, ko: str, en: str) -> CommandEvent:
    """Whether a command was taken, in both languages."""
    return CommandEvent(type="command", command_id=command.command_id, accepted=accepted, text=LocalText(ko=ko, en=en))


def steer(control: Control, command: Steering, *, takes_positions: bool) -> CommandEvent:
    """Do what a command says; `takes_positions`: persons say where to measure."""
    match command:
        case DeclareEmptyCommand(declared_by=by, identified=how):
            if not are_two_persons(by):
                return answer(
                    command, False, "서로 다른 두 사람이 확인해야 합니다", "Two different persons must declare it"
                )
            control.declare_empty(by, how)
        case PauseCommand():
            control.pause()
        case ResumeCommand():
            control.resume()
            ko = "두 사람이 다시 퇴실을 확인하면 이어집니다"
            return answer(command, True, ko, "Declare the room empty again to go on")
        case FinishCommand():
            control.finish()
        case AbortCommand():
            control.abort()
        case SkipResponseTestsCommand(position_index=position_index):
            control.skip_response_tests(position_index)
        case NothingSeenCommand() | ExplainedCommand():
            if not _take_by_eye(control, command):
                return answer(command, False, "그런 후보가 없습니다", "No such candidate")
        case _:
            return _position(control, command, takes_positions=takes_positions)
    return answer(command, True, "접수됨", "Accepted")


def _position(control: Control, command: Standing, *, takes_positions: bool) -> CommandEvent:
    if not takes_positions:
        return answer(command, False, "이 점검에서는 위치를 지정할 수 없음", "This sweep sets its own positions")
    match command:
        case PositionCommand(zone_id=zone_id, x_m=x_m, y_m=y_m, facing_deg=facing_deg):
            control.go_to(NextPosition(zone_id, x_m, y_m, facing_deg))
        case ReferenceCommand():
            control.go_to(REFERENCE)
        case SecondLookCommand(finding_id=finding_id, kind=kind):
            if not control.look_again(finding_id, kind):
                ko = "다시 볼 것이 없거나 이미 다 보았습니다"
                return answer(command, False, ko, "Nothing to look at again there, or it is done")
        case WalkCommand():
            if not control.walk():
                return answer(command, False, "먼저 한 자리에서 측정하세요", "Measure at a position first")
        case OutsideCommand() | SkipOutsideCommand():
            is_skipped = isinstance(command, SkipOutsideCommand)
            if not (control.skip_outside() if is_skipped else control.go_outside()):
                ko = "문밖 측정은 안에서 측정하기 전에만 할 수 있습니다"
                return answer(command, False, ko, "Outside is measured only before the first position inside")
    return answer(command, True, "접수됨", "Accepted")


def _take_by_eye(control: Control, command: NothingSeenCommand | ExplainedCommand) -> bool:
    """What a person says who looked by eye; False for a candidate that nobody knows."""
    if isinstance(command, ExplainedCommand):
        return control.looks.explained(command.finding_id, command.seen_as)
    return control.looks.nothing_seen(command.finding_id)
