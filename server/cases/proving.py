"""What a Pi says in persons' names that clears something, so that it waits until they have proven it at the city.

Pure.  Input is a verdict, a step or a note; output is how many persons have to prove it.  What raises a suspicion or
protects somebody never waits: a camera, the room closed, 112 called, a photograph, a new case.  Everything else does,
so that a kind of step nobody has thought of here clears nothing either.
"""

from __future__ import annotations

from sweep.report import Disposition
from sweep.report.case_records import (
    CameraFound,
    DefectFound,
    HandedOver,
    LookedAt,
    NotCamera,
    NotReached,
    Photographed,
    PoliceCalled,
    Reopened,
    Reported,
    RoomClosed,
    Step,
)
from sweep.report.visit_records import VisitNote

AT_ONCE = (CameraFound, NotReached, Photographed, PoliceCalled, Reopened, Reported, RoomClosed)
RAISING = frozenset({"camera_found", "cannot_exclude"})
"""Verdicts that close nothing."""


def provers_of_verdict(verdict: Disposition) -> int:
    """How many persons have to prove a verdict at the city."""
    return 0 if verdict.verdict in RAISING else 1


def provers_of_step(step: Step, *, opens: bool) -> int:
    """How many persons have to prove a step; `opens`: it is the first of a case of its own."""
    match step:
        case LookedAt():
            return 2 if step.seen == "nothing" else 0
        case NotCamera():
            return 2
        case HandedOver(second_person=str()):
            return 2
        case DefectFound() if opens:
            return 0
        case _:
            return 0 if isinstance(step, AT_ONCE) else 1


def provers_of_note(note: VisitNote) -> int:
    """How many persons have to prove a note of a visit: nobody one that tells of marks."""
    return 0 if note.by_eye == "marks" else 1


def second_of(step: Step) -> str | None:
    """The second person whom a step names."""
    return step.second_person if isinstance(step, (LookedAt, NotCamera, CameraFound, HandedOver)) else None
