"""What a person's command does to the sweep that is running, and the answer to it.

Input is a command of the contract and the sweep's `Control`; output is the event that says whether it was taken.  A
command that asks for what cannot be done now is refused in words and changes nothing.
"""

from __future__ import annotations

from typing import Final

from sweep.modality.control import Control
from sweep.modality.next_position import REFERENCE, NextPosition
from sweep.phrases import Phrase
from sweep.report import (
    AbortCommand,
    AnswerLookCommand,
    Command,
    CommandEvent,
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
    WalkCommand,
    are_two_persons,
    local_text,
)

Standing = PositionCommand | WalkCommand | OutsideCommand | SkipOutsideCommand | SecondLookCommand | ReferenceCommand
"""Commands that say where it is measured next."""

Steering = (
    Standing
    | DeclareEmptyCommand
    | SkipResponseTestsCommand
    | NothingSeenCommand
    | ExplainedCommand
    | AnswerLookCommand
    | PauseCommand
    | ResumeCommand
    | FinishCommand
    | AbortCommand
)
"""Commands about a sweep that is running."""

STOPS: Final = (PauseCommand, FinishCommand, AbortCommand)
"""Never too late while the sweep runs: whoever sent one wants quiet in the room, however long it was on its way."""


def answer(command: Command, accepted: bool, said: Phrase) -> CommandEvent:
    """Whether a command was taken, and what is said of it."""
    return CommandEvent(type="command", command_id=command.command_id, accepted=accepted, text=local_text(said))


def steer(control: Control, command: Steering, *, takes_positions: bool) -> CommandEvent:
    """Do what a command says; `takes_positions`: persons say where to measure."""
    match command:
        case DeclareEmptyCommand(declared_by=by, identified=how):
            if not are_two_persons(by):
                return answer(command, False, Phrase("two_must_declare"))
            control.declare_empty(by, how)
        case PauseCommand():
            control.pause()
        case ResumeCommand():
            control.resume()
            return answer(command, True, Phrase("declare_again_to_go_on"))
        case FinishCommand():
            control.finish()
        case AbortCommand():
            control.abort()
        case SkipResponseTestsCommand(position_index=position_index):
            control.skip_response_tests(position_index)
        case AnswerLookCommand(look_id=look_id, answer=said):
            taken = control.answer_look(look_id, said)
            if taken != "taken":
                return answer(
                    command, False, Phrase("look_two_seconds") if taken == "too_quick" else Phrase("no_such_look")
                )
        case NothingSeenCommand() | ExplainedCommand():
            if not _take_by_eye(control, command):
                return answer(command, False, Phrase("no_such_candidate"))
        case _:
            return _position(control, command, takes_positions=takes_positions)
    return answer(command, True, Phrase("command_accepted"))


def _position(control: Control, command: Standing, *, takes_positions: bool) -> CommandEvent:
    if not takes_positions:
        return answer(command, False, Phrase("sweep_sets_positions"))
    match command:
        case PositionCommand(zone_id=zone_id, x_m=x_m, y_m=y_m, facing_deg=facing_deg):
            control.go_to(NextPosition(zone_id, x_m, y_m, facing_deg))
        case ReferenceCommand():
            control.go_to(REFERENCE)
        case SecondLookCommand(finding_id=finding_id, kind=kind):
            if not control.look_again(finding_id, kind):
                return answer(command, False, Phrase("nothing_to_look_again"))
        case WalkCommand():
            if not control.walk():
                return answer(command, False, Phrase("measure_first"))
        case OutsideCommand() | SkipOutsideCommand():
            is_skipped = isinstance(command, SkipOutsideCommand)
            if not (control.skip_outside() if is_skipped else control.go_outside()):
                return answer(command, False, Phrase("outside_comes_first"))
    return answer(command, True, Phrase("command_accepted"))


def _take_by_eye(control: Control, command: NothingSeenCommand | ExplainedCommand) -> bool:
    """What a person says who looked by eye; False for a candidate that nobody knows."""
    if isinstance(command, ExplainedCommand):
        return control.looks.explained(command.finding_id, command.seen_as)
    return control.looks.nothing_seen(command.finding_id)
